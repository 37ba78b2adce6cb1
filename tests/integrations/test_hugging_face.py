"""Hugging Face datasets: what the command writes, with the features and format that they had."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict

import link
from link.integrations.hugging_face import substitute
from tests.integrations.expected import NAMES, Names, by_command, some_table


@pytest.fixture
def dataset(work: Path) -> Dataset:
    pq.write_table(some_table(), work / "some.parquet")
    return Dataset.from_parquet(str(work / "some.parquet"), cache_dir=str(work / "cache"))


@pytest.mark.parametrize("names", NAMES)
def test_a_dataset_gets_what_the_command_writes(
    work: Path, dataset: Dataset, substituter: link.Substituter, names: Names
) -> None:
    expected = by_command(some_table(), names, work).to_pylist()
    done = substitute(dataset, substituter, *names, batch_size=7)
    assert done.to_list() == expected
    assert done.features == dataset.features
    streamed = substitute(dataset.to_iterable_dataset(), substituter, *names, batch_size=7)
    assert list(streamed) == expected
    assert streamed.features == dataset.features


def test_the_format_stays_and_so_do_the_parts(
    dataset: Dataset, substituter: link.Substituter
) -> None:
    parts = DatasetDict({"train": dataset.with_format("pandas", columns=["text"])})
    done = substitute(parts, substituter)
    assert done["train"].format == parts["train"].format
    assert done["train"].with_format(None)["id"] == dataset["id"]


def test_a_second_time_comes_from_the_cache_and_another_policy_does_not(
    dataset: Dataset, substituter: link.Substituter
) -> None:
    first = substitute(dataset, substituter)
    again = link.Substituter(substituter.lexicons, substituter.policy)
    assert substitute(dataset, again).cache_files == first.cache_files
    other = link.Substituter(substituter.lexicons, link.Policy(ratio=0.5, seed=8))
    assert substitute(dataset, other).cache_files != first.cache_files


def test_several_processes_give_the_same(dataset: Dataset, substituter: link.Substituter) -> None:
    one = substitute(dataset, substituter)
    assert substitute(dataset, substituter, num_proc=2).to_list() == one.to_list()
