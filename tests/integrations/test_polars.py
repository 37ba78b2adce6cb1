"""Polars: frames get what the command writes."""

from pathlib import Path

import pyarrow as pa
import pytest

import link
from tests.integrations.expected import NAMES, Names, by_command, some_table

pl = pytest.importorskip("polars")
from link.integrations.polars import substitute  # noqa: E402


def _frame(table: pa.Table) -> "pl.DataFrame":
    return pl.DataFrame(table)


@pytest.mark.parametrize("names", NAMES)
def test_a_frame_gets_what_the_command_writes(
    work: Path, substituter: link.Substituter, names: Names
) -> None:
    table = some_table()
    expected = _frame(by_command(table, names, work))
    assert substitute(_frame(table), substituter, *names).equals(expected)
    lazy = substitute(_frame(table).lazy(), substituter, *names)
    assert lazy.collect().equals(expected)
    assert lazy.collect(engine="streaming").equals(expected)


def test_columns_of_other_types_stay(substituter: link.Substituter) -> None:
    frame = pl.DataFrame({"text": ["the dog", None], "kind": ["a", "b"], "o": [object(), None]})
    frame = frame.with_columns(kind=pl.col("kind").cast(pl.Enum(["b", "a"])))
    done = substitute(frame, substituter)
    assert done.schema == frame.schema
    assert done["o"][0] is frame["o"][0]
    categories = frame.select(pl.col("text").cast(pl.Categorical))
    swapped = substitute(categories, substituter)
    assert swapped.schema == categories.schema
    assert swapped["text"].to_list() == done["text"].to_list()
