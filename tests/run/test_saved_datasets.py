"""Datasets that Hugging Face `datasets` saved in folders: swapped, and loaded as before."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from link.errors import UsageError
from link.lexicon import Lexicon
from link.policy import Policy
from link.run.plan import plan
from link.shards.formats import ARROW, JSONL, PARQUET
from link.substituter import Substituter
from tests.helpers import data_tree, some_records
from tests.run.helpers import run, spec_of

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:(datasets|multiprocess|dill|fsspec)"
)

ALL = Policy(ratio=1)
RECORDS = [{**record, "tags": ["the dog", None]} for record in some_records(30)]
COMPANIONS = ("dataset_info.json", "state.json")


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Hugging Face `datasets`, without a network and without bars."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    module = pytest.importorskip("datasets")
    module.disable_progress_bars()
    yield module
    module.enable_progress_bars()


def swapped(lexicon: Lexicon, records: list[dict[str, Any]] = RECORDS) -> list[dict[str, Any]]:
    texts = Substituter(lexicon, ALL).batch(record["text"] for record in records)
    return [{**record, "text": text} for record, text in zip(records, texts, strict=True)]


@pytest.mark.parametrize(("num_shards", "jobs"), [(1, 1), (3, 1), (3, 2)])
def test_a_saved_dataset_is_loaded_with_its_words_swapped(
    num_shards: int, jobs: int, tmp_path: Path, lexicon: Lexicon, datasets: Any
) -> None:
    before = datasets.Dataset.from_list(RECORDS)
    before.info.description = "the dog"
    before.save_to_disk(tmp_path / "in", num_shards=num_shards)
    report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, ALL, jobs=jobs))
    assert (report.shards, report.failed, report.left_alone) == (num_shards, [], [])
    assert sorted(data_tree(tmp_path / "out")) == sorted(data_tree(tmp_path / "in"))
    after = datasets.load_from_disk(tmp_path / "out")
    assert after.features == before.features
    assert after.info.description == "the dog"
    assert after.to_list() == swapped(lexicon)


def test_splits_are_loaded_with_their_words_swapped(
    tmp_path: Path, lexicon: Lexicon, datasets: Any
) -> None:
    splits = {"train": RECORDS[:20], "test": RECORDS[20:]}
    made = {name: datasets.Dataset.from_list(records) for name, records in splits.items()}
    datasets.DatasetDict(made).save_to_disk(tmp_path / "in")
    report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, ALL))
    assert report.left_alone == []
    after = datasets.load_from_disk(tmp_path / "out")
    assert {name: split.to_list() for name, split in after.items()} == {
        name: swapped(lexicon, records) for name, records in splits.items()
    }


def fingerprint(folder: Path) -> str:
    state = json.loads((folder / "state.json").read_bytes())
    assert isinstance(state["_fingerprint"], str)
    return state["_fingerprint"]


def test_other_swaps_are_another_dataset_to_its_caches(
    tmp_path: Path, lexicon: Lexicon, datasets: Any
) -> None:
    datasets.Dataset.from_list(RECORDS).save_to_disk(tmp_path / "in")
    found = {"in": fingerprint(tmp_path / "in")}
    for name, policy in (("a", ALL), ("same", ALL), ("b", Policy(seed=1)), ("c", Policy(seed=2))):
        run(spec_of(tmp_path / "in", tmp_path / name, lexicon, policy))
        found[name] = fingerprint(tmp_path / name)
    assert found["a"] == found["same"]
    assert len(set(found.values())) == 4
    loaded = {datasets.load_from_disk(tmp_path / name)._fingerprint for name in found}
    assert len(loaded) == 4


def test_caches_beside_a_saved_dataset_are_left_alone(
    tmp_path: Path, lexicon: Lexicon, datasets: Any
) -> None:
    datasets.Dataset.from_list(RECORDS).save_to_disk(tmp_path / "in")
    cached = datasets.load_from_disk(tmp_path / "in").map(lambda record: record)
    [cache] = (tmp_path / "in").glob("cache-*.arrow")
    assert cached.cache_files
    report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, ALL))
    assert report.left_alone == [cache]
    assert datasets.load_from_disk(tmp_path / "out").to_list() == swapped(lexicon)


def test_a_run_again_leaves_the_dataset_as_it_is(
    tmp_path: Path, lexicon: Lexicon, datasets: Any
) -> None:
    datasets.Dataset.from_list(RECORDS).save_to_disk(tmp_path / "in", num_shards=2)
    spec = spec_of(tmp_path / "in", tmp_path / "out", lexicon, ALL)
    run(spec)
    before = data_tree(tmp_path / "out")
    report = run(spec)
    assert report.done_before == 2
    assert data_tree(tmp_path / "out") == before


@pytest.mark.parametrize("container", [PARQUET, JSONL])
def test_in_another_format_it_is_no_saved_dataset_any_more(
    container: str, tmp_path: Path, lexicon: Lexicon, datasets: Any
) -> None:
    datasets.Dataset.from_list(RECORDS).save_to_disk(tmp_path / "in")
    spec = spec_of(tmp_path / "in", tmp_path / "out", lexicon, ALL, container=container)
    report = run(spec)
    assert [path.name for path in report.left_alone] == [*COMPANIONS]
    [name] = data_tree(tmp_path / "out")
    files = {"data_files": str(tmp_path / "out" / name), "cache_dir": str(tmp_path / "cache")}
    builder = "json" if container == JSONL else container
    assert datasets.load_dataset(builder, split="train", **files).to_list() == swapped(lexicon)


def test_in_its_own_format_it_stays_one(tmp_path: Path, lexicon: Lexicon, datasets: Any) -> None:
    datasets.Dataset.from_list(RECORDS).save_to_disk(tmp_path / "in")
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, ALL, container=ARROW))
    assert datasets.load_from_disk(tmp_path / "out").to_list() == swapped(lexicon)


@pytest.mark.parametrize("names", [COMPANIONS[:1], COMPANIONS[1:], ("dataset_dict.json",)])
def test_files_of_these_names_that_go_with_no_dataset_are_shards(
    names: tuple[str, ...], tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).write_bytes(b'{"text":"a dog"}\n')
    planned = plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    assert [task.name for task in planned.tasks] == list(names)
    assert planned.companions == []


def test_companions_alone_are_no_shards(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    for name in COMPANIONS:
        (tmp_path / "in" / name).write_bytes(b'{"_data_files": []}')
    with pytest.raises(UsageError, match="no shards"):
        plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
