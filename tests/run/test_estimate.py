"""A dry run: it writes nothing, lists the shards, and its estimate is what the run then does."""

import json
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.errors import UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run import estimate as module
from link.run.estimate import Estimate, estimate
from link.run.plan import RunSpec, plan
from link.run.run import execute
from link.run.shard import sample_shard
from link.run.task import ShardReport, Task
from tests.helpers import TINY_LEXICON, compress, json_lines, link, some_records, tree

LEXICON = Lexicon.from_pairs([("dog", "Hund"), ("house", "Gebäude"), ("the", "der")], language="de")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(json_lines(some_records(300, 1)))
    (folder / "b.jsonl.zst").write_bytes(compress(json_lines(some_records(300, 2)), "zst"))
    pq.write_table(pa.Table.from_pylist(some_records(300, 3)), folder / "c.parquet")
    (folder / "notes.md").write_text("no shard")
    return folder


def spec_of(corpus: Path, **more: object) -> RunSpec:
    return RunSpec(
        inputs=[str(corpus)],
        output=corpus.parent / "out",
        lexicons=Lexicons.of([LEXICON]),
        policy=Policy(ratio=0.5),
        **more,  # type: ignore[arg-type]
    )


def estimated(spec: RunSpec) -> Estimate:
    return estimate(spec, plan(spec), lambda _: None)


@pytest.mark.parametrize("container", [None, "jsonl", "parquet", "arrow"])
def test_of_shards_that_fit_the_sample_the_estimate_is_exact(
    corpus: Path, container: str | None
) -> None:
    spec = spec_of(corpus, container=container)
    before = tree(corpus.parent)
    result = estimated(spec)
    assert tree(corpus.parent) == before
    execute(spec, plan(spec))
    assert spec.output is not None
    outputs = [path for task, _ in result.shards if (path := task.output.path)]
    assert result.bytes_to_read == sum(path.stat().st_size for path in corpus.glob("[abc].*"))
    assert result.bytes_to_write == sum(path.stat().st_size for path in outputs)
    assert result.fits


def test_what_is_done_already_is_said_and_not_counted(corpus: Path) -> None:
    spec = spec_of(corpus)
    execute(spec, plan(spec))
    assert spec.output is not None
    (spec.output / "a.jsonl").unlink()
    result = estimated(spec)
    assert [is_done for _, is_done in result.shards] == [False, True, True]
    assert result.bytes_to_read == (corpus / "a.jsonl").stat().st_size


def test_another_run_in_the_folder_is_refused_as_the_run_itself_would_be(corpus: Path) -> None:
    spec = spec_of(corpus)
    execute(spec, plan(spec))
    with pytest.raises(UsageError, match="format was null, now"):
        estimated(spec_of(corpus, container="parquet"))
    assert estimated(spec_of(corpus, container="parquet", overwrite=True)).bytes_to_write


def test_a_disk_that_is_too_small_is_noticed(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    needed = estimated(spec_of(corpus)).bytes_to_write
    assert needed is not None
    for free in (needed, needed - 1):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage(0, 0, free))
        assert estimated(spec_of(corpus)).fits == (free == needed)


def test_a_sample_of_many_shards_is_spread_over_them(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        shutil.copy(corpus / "a.jsonl", corpus / f"z{number:02}.jsonl")
    sampled: list[Task] = []

    def sample(task: Task, do_pieces: Any, size_bytes: int) -> ShardReport:
        sampled.append(task)
        return sample_shard(task, do_pieces, size_bytes)

    monkeypatch.setattr(module, "sample_shard", sample)
    result = estimated(spec_of(corpus))
    assert result.sample_read < result.bytes_to_read
    assert result.bytes_to_write == pytest.approx(result.bytes_to_read * 1.05, rel=0.2)
    tasks = plan(spec_of(corpus)).tasks
    assert (len(sampled), sampled[0], sampled[-1]) == (8, tasks[0], tasks[-1])


def test_a_shard_whose_sample_fails_is_named(corpus: Path) -> None:
    (corpus / "bad.jsonl").write_bytes(b'{"id": 1}\n')
    [(path, reason)] = estimated(spec_of(corpus)).failed
    assert path == str(corpus / "bad.jsonl")
    assert "line 1" in reason


def test_the_command_lists_the_shards_and_exits_by_what_it_found(
    corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    command = ("substitute", "in", "-o", "out", "-l", "tiny.tsv", "--dry-run")
    done = link(*command, cwd=tmp_path)
    assert done.returncode == 0
    assert [line.split("\t")[0::2] for line in done.stdout.decode().splitlines()] == [
        ["todo", f"in/{name}"] for name in ("a.jsonl", "b.jsonl.zst", "c.parquet")
    ]
    assert b"not a shard, ignored: in/notes.md" in done.stderr
    assert b"to write" in done.stderr
    assert not (tmp_path / "out").exists()
    (corpus / "bad.jsonl").write_bytes(json.dumps({"text": 5}).encode())
    assert link(*command, "-q", cwd=tmp_path).returncode == 1
