"""Tables: what all columnar doors go through, and what crosses to other processes."""

import pickle
from pathlib import Path

import pyarrow as pa
import pytest

import link
from link.errors import LinkError, ShardError
from link.integrations import tables
from link.integrations.tables import Tables
from tests.integrations.expected import NAMES, Names, by_command, some_table


@pytest.mark.parametrize("names", NAMES)
def test_a_table_gets_what_the_command_writes(
    work: Path, substituter: link.Substituter, names: Names
) -> None:
    table = some_table()
    assert Tables(substituter, *names)(table) == by_command(table, names, work)


def test_how_a_table_is_cut_changes_nothing(
    substituter: link.Substituter, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = some_table().replace_schema_metadata({"of": "the owner"})
    whole = Tables(substituter)(table)
    assert whole.schema.equals(table.schema, check_metadata=True)
    cut = pa.concat_tables([table.slice(0, 7), table.slice(7, 0), table.slice(7)])
    monkeypatch.setattr(tables, "_MOST_BYTES", 1000)
    assert Tables(substituter)(cut) == whole
    assert Tables(substituter)(table.slice(0, 0)) == table.slice(0, 0)


def test_what_is_no_text_or_key_is_refused(substituter: link.Substituter) -> None:
    table = pa.table({"text": ["the dog", "a house"], "id": ["a", None], "n": [1.5, 2.5]})
    with pytest.raises(ShardError, match="no column 'body'; the columns are text, id, n"):
        Tables(substituter, "body")(table)
    with pytest.raises(ShardError, match="row 2 of a batch of 2: key column 'id' is null"):
        Tables(substituter, key_field="id")(table)
    with pytest.raises(ShardError, match="key column 'n' must hold strings or whole numbers"):
        Tables(substituter, key_field="n")(table)


# --- copies of a substituter ----------------------------------------------------------------------


def test_a_copy_swaps_as_the_original_and_is_the_same_bytes_every_time(
    work: Path, substituter: link.Substituter
) -> None:
    before = pickle.dumps(substituter)
    texts = some_table()["meta"].combine_chunks().field("body").to_pylist()
    swapped = substituter.batch(texts)
    assert pickle.dumps(substituter) == before
    copy = pickle.loads(before)
    assert copy.batch(texts) == swapped
    assert pickle.dumps(copy) == before
    again = link.Substituter(link.Lexicon.load(work / "tiny.tsv"), substituter.policy)
    assert pickle.dumps(again) == before
    other = link.Substituter(link.Lexicon.load(work / "tiny.tsv"), link.Policy(seed=8))
    assert pickle.dumps(other) != before


def test_a_copy_for_another_kernel_is_refused(
    substituter: link.Substituter, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = substituter.__getstate__() | {"kernel_version": 1}
    with pytest.raises(LinkError, match="install the same link-corpus everywhere"):
        link.Substituter.__new__(link.Substituter).__setstate__(state)


# --- keys -----------------------------------------------------------------------------------------


def test_keys_of_a_batch_name_its_documents(work: Path, substituter: link.Substituter) -> None:
    table = some_table().slice(10)
    for key in ("id", "number"):
        expected = by_command(table, Names("text", key), work)["text"].to_pylist()
        assert substituter.batch(table["text"].to_pylist(), table[key].to_pylist()) == expected


@pytest.mark.parametrize("key", [None, True, 1.5, b"a"])
def test_a_key_is_a_string_or_a_whole_number(substituter: link.Substituter, key: object) -> None:
    with pytest.raises(TypeError, match="a key is a string or a whole number, but this is"):
        substituter.batch(["the dog"], [key])  # type: ignore[list-item]


def test_there_are_as_many_keys_as_texts(substituter: link.Substituter) -> None:
    with pytest.raises(ValueError, match="there are 2 texts, but 1 keys"):
        substituter.batch(["the dog", "a house"], ["a"])
