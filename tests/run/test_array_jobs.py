"""The tasks of an array job share a run: in any order, more than once, with another count."""

import shutil
from pathlib import Path

import pytest

from link.errors import UsageError
from link.lexicon import Lexicon
from link.run.folder import RunFolder, Slice
from link.run.plan import plan
from link.run.run import execute, merge
from tests.helpers import json_lines, some_records, tree
from tests.run.helpers import manifest_of, run, spec_of

SHARDS = 7


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for number in range(SHARDS):
        path = tmp_path / "in" / f"sub{number % 2}" / f"{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(json_lines(some_records(5, number)))
    (tmp_path / "in" / "notes.md").write_text("left alone")
    return tmp_path / "in"


def do_task(corpus: Path, out: Path, lexicon: Lexicon, index: int, count: int) -> int:
    """Gives how many shards of the task had been done before."""
    spec = spec_of(corpus, out, lexicon, swaps=True, part=Slice(index, count))
    report = execute(spec, plan(spec))
    assert not report.failed
    return report.done_before


def test_an_array_job_makes_the_same_tree(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    run(spec_of(corpus, tmp_path / "alone", lexicon, swaps=True))
    out = tmp_path / "out"
    for index in (2, 0, 2):  # out of order, one twice, one never
        before = do_task(corpus, out, lexicon, index, 3)
    assert before == 2
    assert not (out / "_link/manifest.json").exists()
    for index in (1, 0):  # resumed with another count
        do_task(corpus, out, lexicon, index, 2)
    merge(out)
    assert tree(out) == tree(tmp_path / "alone")
    merge(out)
    assert tree(out) == tree(tmp_path / "alone")


def test_a_run_goes_on_where_tasks_have_stopped(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    run(spec_of(corpus, tmp_path / "alone", lexicon, swaps=True))
    do_task(corpus, tmp_path / "out", lexicon, 1, 3)
    report = run(spec_of(corpus, tmp_path / "out", lexicon, swaps=True))
    assert report.done_before == 2
    assert tree(tmp_path / "out") == tree(tmp_path / "alone")


def test_what_no_task_has_done_is_told(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    do_task(corpus, tmp_path / "out", lexicon, 0, 3)
    totals, missing = merge(tmp_path / "out")
    assert len(missing) == SHARDS - 3
    manifest = manifest_of(tmp_path / "out")
    assert manifest["totals"]["shards"] == 3
    assert [each["shard"] for each in manifest["failed"]] == missing
    assert manifest["totals"]["documents"] == totals.documents == 15


def test_tasks_work_side_by_side(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    out = tmp_path / "out"
    with RunFolder(out, part=Slice(0, 3)).locked():
        do_task(corpus, out, lexicon, 1, 3)


@pytest.mark.parametrize(
    ("at_work", "begun", "said"),
    [
        (Slice(0, 3), Slice(0, 3), "another task-0-of-3 is at work"),
        (Slice(0, 3), Slice(1, 2), "task-0-of-3 is at work on .*, and would do the same shards"),
        (Slice(0, 3), None, "another run is at work"),
        (None, Slice(0, 3), "a run that is not a task of an array job is at work"),
    ],
)
def test_what_would_do_the_same_shards_waits(
    at_work: Slice | None,
    begun: Slice | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("link.run.folder._PATIENCE_SECONDS", 0.1)
    with (
        RunFolder(tmp_path, part=at_work).locked(),
        pytest.raises(UsageError, match=said),
        RunFolder(tmp_path, part=begun).locked(),
    ):
        pass


def test_a_merge_waits_for_tasks(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    do_task(corpus, tmp_path / "out", lexicon, 0, 2)
    monkeypatch.setattr("link.run.folder._PATIENCE_SECONDS", 0.1)
    with (
        RunFolder(tmp_path / "out", part=Slice(1, 2)).locked(),
        pytest.raises(UsageError, match="another run is at work"),
    ):
        merge(tmp_path / "out")


def test_a_task_of_another_run_is_refused(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    do_task(corpus, tmp_path / "out", lexicon, 0, 2)
    other = spec_of(corpus, tmp_path / "out", lexicon, part=Slice(1, 2))
    with pytest.raises(UsageError, match="holds another run: swaps was true, now false"):
        execute(other, plan(other))


def test_a_failed_task_leaves_the_others_alone(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (corpus / "sub0" / "0.jsonl").write_bytes(b"no json\n")
    spec = spec_of(corpus, tmp_path / "out", lexicon, part=Slice(0, 2))
    report = execute(spec, plan(spec))
    assert [Path(path).name for path, _ in report.failed] == ["0.jsonl"]
    again = spec_of(corpus, tmp_path / "out", lexicon, part=Slice(1, 2))
    assert not execute(again, plan(again)).failed
    _, missing = merge(tmp_path / "out")
    assert missing == ["sub0/0.jsonl"]
    shutil.rmtree(tmp_path / "out" / "_link" / "records")
    _, missing = merge(tmp_path / "out")
    assert len(missing) == SHARDS
