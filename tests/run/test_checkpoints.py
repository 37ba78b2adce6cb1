"""Large shards whose run is killed: they go on after the last checkpoint, to the same bytes.

A kill is either an interruption right behind a checkpoint, or a copy of all files as they were
then, so that nothing could be tidied up.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from link.lexicon import Lexicon
from link.policy import Policy
from link.publish import checkpoint_path, partial_path
from link.run.checkpoint import Checkpoints
from link.run.folder import Slice
from link.run.job import Job
from link.run.plan import RunSpec
from link.run.progress import Meter
from link.run.run import RunReport
from tests.helpers import compress, decompress, json_lines, partial_files, some_records, tree
from tests.run import helpers
from tests.run.helpers import run, spec_of
from tests.run.verified import passes

STREAM_BYTES, BLOCK_BYTES = 8_000, 1_500
NAMES = ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.jsonl.bz2", "a.jsonl.xz", "a.txt", "a.txt.zst"]
BAD = b"no json \xff\n"


run_large = partial(helpers.run_large, stream_bytes=STREAM_BYTES, block_bytes=BLOCK_BYTES)
"""A run to which everything is large."""


def lines_of(seed: int = 1) -> list[bytes]:
    """About 80 kB of lines, JSON or not; some are bad, but none of the first."""
    random_ = random.Random(seed)
    lines = json_lines(some_records(400, seed)).splitlines(keepends=True)
    for _ in range(5):
        lines.insert(random_.randrange(90, len(lines)), BAD)
    return lines


def corpus_of(root: Path, name: str, lines: list[bytes]) -> Path:
    (root / "in").mkdir(exist_ok=True)
    codec = name.partition(".")[2].partition(".")[2]
    (root / "in" / name).write_bytes(compress(b"".join(lines), codec))
    return root / "in"


class Killer:
    """Watches the checkpoints of a run, and the pieces that are done.

    `at`: behind which one the run is interrupted. `states`: of an output folder, all files as they
    are behind each.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, out: Path) -> None:
        self.at: int | None = None
        self.count = self.pieces = 0
        self.states: list[dict[str, bytes]] = []
        add, swapped = Checkpoints.add, Job.swapped

        def watched(checkpoints: Checkpoints, *done: Any) -> None:
            add(checkpoints, *done)
            if checkpoints.path:
                self.count += 1
                self.states.append(tree(out))
                if self.count == self.at:
                    raise KeyboardInterrupt

        def counted(job: Job, *arguments: Any, **options: Any) -> Any:
            self.pieces += 1
            return swapped(job, *arguments, **options)

        monkeypatch.setattr(Checkpoints, "add", watched)
        monkeypatch.setattr(Job, "swapped", counted)

    def interrupt(self, at: int, spec: RunSpec) -> None:
        """Run until behind a checkpoint, by its number in this run."""
        self.count, self.at = 0, at
        with pytest.raises(KeyboardInterrupt):
            run_large(spec)
        self.at = None

    def pieces_of(self, do: Callable[[], RunReport]) -> int:
        """How many pieces a run does that comes to its end."""
        before = self.pieces
        assert not do().failed
        return self.pieces - before


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Killer:
    return Killer(monkeypatch, tmp_path / "out")


def laid_out(files: dict[str, bytes], out: Path) -> Path:
    shutil.rmtree(out, ignore_errors=True)
    for name, data in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    return out


OPTIONS: dict[str, Any] = {"on_error": "quarantine"}


# --- going on -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_run_that_is_interrupted_at_every_checkpoint_goes_on_to_the_same_bytes(
    tmp_path: Path, lexicon: Lexicon, killer: Killer, name: str
) -> None:
    corpus, out = corpus_of(tmp_path, name, lines_of()), tmp_path / "out"
    whole = killer.pieces_of(
        lambda: run_large(spec_of(corpus, tmp_path / "whole", lexicon, **OPTIONS))
    )
    checkpoints, done = killer.count, killer.pieces
    assert checkpoints > 5
    for _ in range(checkpoints):
        killer.interrupt(1, spec_of(corpus, out, lexicon, **OPTIONS))
        assert set(partial_files(out)) >= {partial_path(out / name), checkpoint_path(out / name)}
    assert not run_large(spec_of(corpus, out, lexicon, **OPTIONS)).failed
    assert killer.pieces - done == whole  # each was done once
    assert tree(out) == tree(tmp_path / "whole")
    assert any("quarantine" in each for each in tree(out))
    passes(corpus, out)


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_number_of_processes_may_change_in_the_midst_of_a_shard(
    tmp_path: Path, lexicon: Lexicon, killer: Killer, jobs: int
) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl.zst", lines_of()), tmp_path / "out"
    run_large(spec_of(corpus, tmp_path / "whole", lexicon, **OPTIONS))
    killer.interrupt(2, spec_of(corpus, out, lexicon, jobs=jobs, **OPTIONS))
    run_large(spec_of(corpus, out, lexicon, jobs=3 - jobs, **OPTIONS))
    assert tree(out) == tree(tmp_path / "whole")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.txt"])
def test_a_run_that_is_killed_anywhere_goes_on_after_the_last_checkpoint(
    tmp_path: Path, lexicon: Lexicon, killer: Killer, name: str
) -> None:
    """What stands behind the checkpoint may be anything."""
    corpus, out = corpus_of(tmp_path, name, lines_of()), tmp_path / "out"
    pieces = killer.pieces_of(lambda: run_large(spec_of(corpus, out, lexicon, **OPTIONS)))
    whole, states = tree(out), list(killer.states)
    left = [pieces]
    for number, files in enumerate(states):
        for path in files:
            if path.endswith(".link-partial") and "checkpoint" not in path:
                files[path] += random.Random(number).randbytes(number * 3000)
        laid_out(files, out)
        left.append(killer.pieces_of(lambda: run_large(spec_of(corpus, out, lexicon, **OPTIONS))))
        assert tree(out) == whole
    assert left == sorted(set(left), reverse=True)  # each goes on behind the one before
    assert left[-1] <= STREAM_BYTES // BLOCK_BYTES + 1


def test_documents_of_many_lines_go_on(tmp_path: Path, lexicon: Lexicon, killer: Killer) -> None:
    lines = [line + b"\n" * (n % 3) for n, line in enumerate(lines_of()) if line != BAD]
    corpus, out = corpus_of(tmp_path, "a.txt.gz", lines), tmp_path / "out"
    run_large(spec_of(corpus, tmp_path / "whole", lexicon, document="paragraph"))
    killer.interrupt(3, spec_of(corpus, out, lexicon, document="paragraph"))
    run_large(spec_of(corpus, out, lexicon, document="paragraph"))
    assert tree(out) == tree(tmp_path / "whole")


def test_the_progress_counts_what_was_done_before(
    tmp_path: Path, lexicon: Lexicon, killer: Killer
) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl", lines_of()), tmp_path / "out"
    spec = spec_of(corpus, out, lexicon, **OPTIONS)
    killer.interrupt(3, spec)
    meter = Meter()
    report = run_large(spec, meter=meter)
    size = (corpus / "a.jsonl").stat().st_size
    so_far = meter.so_far
    assert so_far.bytes_done == so_far.bytes_total == size
    assert 3 * STREAM_BYTES <= so_far.bytes_before <= 3 * STREAM_BYTES + (1 << 20)
    assert so_far.documents == report.totals.documents == 400
    assert 0 < report.bytes_done_now <= size - 3 * STREAM_BYTES


def test_a_task_of_an_array_job_goes_on(tmp_path: Path, lexicon: Lexicon, killer: Killer) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl.gz", lines_of()), tmp_path / "out"
    corpus_of(tmp_path, "b.jsonl.gz", lines_of(2))
    spec = spec_of(corpus, out, lexicon, part=Slice(1, 2), **OPTIONS)
    killer.interrupt(6, spec)
    others = out / "_link" / "quarantine" / ".a.jsonl.gz.link-partial"
    others.write_bytes(b"at work")
    killer.interrupt(1, spec)
    assert others.read_bytes() == b"at work"
    pieces = killer.pieces_of(lambda: run_large(spec))
    run_large(spec_of(corpus, out, lexicon, part=Slice(0, 2), **OPTIONS))
    run_large(spec_of(corpus, tmp_path / "whole", lexicon, **OPTIONS))
    names = [
        "b.jsonl.gz",
        "_link/quarantine/b.jsonl.gz",
        "_link/quarantine/b.jsonl.gz.reasons.jsonl",
    ]
    assert {name: tree(out)[name] for name in names} == {
        name: tree(tmp_path / "whole")[name] for name in names
    }
    assert 0 < pieces < 3 * STREAM_BYTES // BLOCK_BYTES


# --- what no longer fits --------------------------------------------------------------------------


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def damages() -> Iterator[tuple[str, Callable[[Path, dict[str, Path]], object]]]:
    def rewrite(name: str, change: Callable[[bytes], bytes]) -> Callable[..., object]:
        return lambda _, paths: paths[name].write_bytes(change(paths[name].read_bytes()))

    def edit(change: Callable[[dict[str, Any]], object]) -> Callable[..., object]:
        def edited(data: bytes) -> bytes:
            told = json.loads(data)
            change(told)
            return json.dumps(told).encode()

        return rewrite("checkpoint", edited)

    def linked(_: Path, paths: dict[str, Path]) -> None:
        elsewhere = paths["output"].with_name("elsewhere")
        paths["output"].rename(elsewhere)
        paths["output"].symlink_to(elsewhere)

    for name in ("output", "records", "reasons"):
        yield f"{name} altered", rewrite(name, lambda data: flipped(data, len(data) // 2))
        yield f"{name} cut off", rewrite(name, lambda data: data[:-1])
        yield f"{name} lost", lambda _, paths, name=name: paths[name].unlink()
    yield "output is a link", linked
    yield "checkpoint is no JSON", rewrite("checkpoint", lambda data: data[:-1])
    yield "checkpoint is another value", rewrite("checkpoint", lambda data: b"[1]")
    yield "checkpoint of other settings", edit(lambda told: told.update(settings="0" * 64))
    yield "checkpoint of another input", edit(lambda told: told.update(read_xxh3="0" * 32))
    yield "checkpoint of more input", edit(lambda told: told["totals"].update(bytes_in=1 << 40))
    yield "checkpoint between pieces", edit(lambda told: told["totals"].update(bytes_in=10_001))
    yield "checkpoint of a huge number", edit(lambda told: told["totals"].update(bytes_in=1 << 70))
    yield "checkpoint of a negative size", edit(lambda told: told.update(output=[-1, ""]))
    yield "checkpoint without quarantine", edit(lambda told: told.update(quarantine=7))


@pytest.mark.parametrize("damage", [pytest.param(do, id=name) for name, do in damages()])
def test_what_was_tampered_with_is_done_from_its_begin(
    tmp_path: Path, lexicon: Lexicon, killer: Killer, damage: Callable[..., object]
) -> None:
    name = "a.jsonl.gz"
    corpus, out = corpus_of(tmp_path, name, lines_of()), tmp_path / "out"
    spec = spec_of(corpus, out, lexicon, **OPTIONS)
    pieces = killer.pieces_of(lambda: run_large(spec))
    whole = tree(out)
    last = killer.states[-1]
    quarantine = out / "_link" / "quarantine"
    paths = {
        "output": partial_path(out / name),
        "checkpoint": checkpoint_path(out / name),
        "records": partial_path(quarantine / name),
        "reasons": partial_path(quarantine / f"{name}.reasons.jsonl"),
    }
    laid_out(last, out)
    assert killer.pieces_of(lambda: run_large(spec)) < pieces  # as it is
    laid_out(last, out)
    damage(out, paths)
    kept = (out / "elsewhere").read_bytes() if (out / "elsewhere").exists() else None
    assert killer.pieces_of(lambda: run_large(spec)) == pieces
    if kept is not None:
        assert (out / "elsewhere").read_bytes() == kept
        (out / "elsewhere").unlink()
    assert tree(out) == whole


@pytest.mark.parametrize(
    ("change", "goes_on"),
    [
        (lambda lines: [lines[0].replace(b"0", b"1", 1), *lines[1:]], False),
        (lambda lines: lines[1:], False),
        (lambda lines: lines[:50], False),
        (lambda lines: [], False),
        (lambda lines: [*lines, lines[0]], True),
        (lambda lines: lines[:-3], True),
    ],
)
def test_an_input_that_has_changed_is_done_as_it_is_now(
    tmp_path: Path,
    lexicon: Lexicon,
    killer: Killer,
    change: Callable[[list[bytes]], list[bytes]],
    goes_on: bool,
) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl.zst", lines_of()), tmp_path / "out"
    spec = spec_of(corpus, out, lexicon, **OPTIONS)
    killer.interrupt(3, spec)
    corpus_of(tmp_path, "a.jsonl.zst", change(lines_of()))
    pieces = killer.pieces_of(lambda: run_large(spec))
    fresh = spec_of(corpus, tmp_path / "fresh", lexicon, **OPTIONS)
    assert (pieces < killer.pieces_of(lambda: run_large(fresh))) == goes_on
    assert tree(out) == tree(tmp_path / "fresh")


@pytest.mark.parametrize(
    "other",
    [
        {"policy": Policy(seed=6)},
        {"on_error": "skip"},
        {"compression": ("zst", 5)},
        {"swaps": True},
        {"overwrite": True},
    ],
    ids=str,
)
def test_other_settings_begin_again(
    tmp_path: Path, lexicon: Lexicon, killer: Killer, other: dict[str, Any]
) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl.zst", lines_of()), tmp_path / "out"
    killer.interrupt(3, spec_of(corpus, out, lexicon, **OPTIONS))
    options = {**OPTIONS, **other}
    pieces = killer.pieces_of(lambda: run_large(spec_of(corpus, out, lexicon, **options)))
    fresh = spec_of(corpus, tmp_path / "fresh", lexicon, **options)
    assert pieces == killer.pieces_of(lambda: run_large(fresh))
    assert tree(out) == tree(tmp_path / "fresh")


def test_a_shard_that_is_no_longer_named_leaves_nothing(
    tmp_path: Path, lexicon: Lexicon, killer: Killer
) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl", lines_of()), tmp_path / "out"
    killer.interrupt(6, spec_of(corpus, out, lexicon, **OPTIONS))
    (corpus / "a.jsonl").rename(corpus / "b.jsonl")
    run_large(spec_of(corpus, out, lexicon, **OPTIONS))
    run_large(spec_of(corpus, tmp_path / "fresh", lexicon, **OPTIONS))
    assert tree(out) == tree(tmp_path / "fresh")


# --- what has no checkpoints ----------------------------------------------------------------------


def test_a_shard_that_fails_leaves_nothing(
    tmp_path: Path, lexicon: Lexicon, killer: Killer
) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl", lines_of()), tmp_path / "out"
    assert run_large(spec_of(corpus, out, lexicon)).failed
    assert killer.count > 0
    assert partial_files(out) == []


def test_small_shards_have_no_checkpoint(tmp_path: Path, lexicon: Lexicon, killer: Killer) -> None:
    corpus = corpus_of(tmp_path, "a.jsonl", lines_of())
    run(spec_of(corpus, tmp_path / "out", lexicon, **OPTIONS))
    assert killer.count == 0


def test_with_sidecars_shards_are_the_same_and_begin_again(
    tmp_path: Path, lexicon: Lexicon, killer: Killer
) -> None:
    corpus, out = corpus_of(tmp_path, "a.jsonl.zst", lines_of()), tmp_path / "out"
    run_large(spec_of(corpus, out, lexicon, swaps=True, **OPTIONS))
    assert killer.count == 0
    run_large(spec_of(corpus, tmp_path / "without", lexicon, **OPTIONS))
    for name in ("a.jsonl.zst", "_link/quarantine/a.jsonl.zst"):
        assert (out / name).read_bytes() == (tmp_path / "without" / name).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_streams_one_behind_another_are_one_file_to_other_tools(
    tmp_path: Path, lexicon: Lexicon, name: str
) -> None:
    corpus = corpus_of(tmp_path, name, lines_of())
    run_large(spec_of(corpus, tmp_path / "large", lexicon, **OPTIONS))
    run(spec_of(corpus, tmp_path / "small", lexicon, **OPTIONS))
    codec = name.partition(".")[2].partition(".")[2]
    for path in (name, f"_link/quarantine/{name}"):
        if (tmp_path / "small" / path).exists():
            large, small = ((tmp_path / each / path).read_bytes() for each in ("large", "small"))
            assert codec == "" or large != small
            assert decompress(large, codec) == decompress(small, codec)
