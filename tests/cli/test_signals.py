"""Runs that are interrupted, killed or lose a worker: nothing half-done, and the same bytes the
next time."""

import array
import fcntl
import os
import random
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.processes import (
    DEADLINE_SECONDS,
    kill,
    kill_all,
    members,
    published,
    running,
    state,
    wait_for,
    workers,
    workers_at_work,
)
from tests.helpers import (
    TINY_LEXICON,
    environment,
    json_lines,
    link,
    partial_files,
    some_text,
    start_link,
    tree,
)

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")

SLOWLY = ("--compression", "zst:19")  # so that there is time to be interrupted
SMALL, LARGE = "a.jsonl", ("b.jsonl", "c.jsonl")
ALL, ONE = "in", f"in/{LARGE[0]}"  # two processes do a shard each, or one shard in pieces
INTERRUPTED = "link: error: interrupted; run the same command again to resume\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of a small shard and two that take a while, and what an uninterrupted run gives."""
    folder = tmp_path_factory.mktemp("signals")
    (folder / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    (folder / "in").mkdir()
    random_ = random.Random(3)
    for name, documents in ((SMALL, 2), (LARGE[0], 40), (LARGE[1], 40)):
        noise = (random_.randbytes(10_000).hex() for _ in range(documents))
        records = [{"text": some_text(random_, 300), "noise": each} for each in noise]
        (folder / "in" / name).write_bytes(json_lines(records))
    for inputs, out in ((ALL, "whole"), (ONE, "one")):
        assert link(*_command(out, inputs=inputs), cwd=folder).returncode == 0
    return folder


def _command(out: Path | str, *options: str, inputs: str = ALL) -> tuple[str, ...]:
    return ("substitute", inputs, "-o", str(out), "-l", "tiny.tsv", "-q", *SLOWLY, *options)


def _whole(folder: Path, inputs: str) -> dict[str, bytes]:
    """What an uninterrupted run of these inputs leaves."""
    return tree(folder / ("whole" if inputs == ALL else "one"))


@contextmanager
def _at_work(folder: Path, out: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A run that is writing a large shard. Of its processes none is left afterwards."""
    inputs, *others = options
    process = start_link(*_command(out, *others, inputs=inputs), cwd=folder)
    try:
        wait_for(lambda: _writes_a_large_shard(out, inputs))
        yield process
    finally:
        kill_all(process)


def _writes_a_large_shard(out: Path, inputs: str) -> bool:
    small_done = (out / f"{SMALL}.zst").exists()
    return (small_done or inputs == ONE) and any(path.parent == out for path in partial_files(out))


def _comes_to_its_end(folder: Path, out: Path, inputs: str) -> None:
    """What has been published is whole, and the same command again does the rest."""
    whole = _whole(folder, inputs)
    assert published(out) <= published(folder / "whole")  # all, if the last was nearly done
    assert all((out / name).read_bytes() == whole[name] for name in published(out))
    assert link(*_command(out, inputs=inputs), cwd=folder).returncode == 0
    assert tree(out) == whole


def _interrupt(process: "subprocess.Popen[bytes]", number: int) -> None:
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)


# --- interrupted ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "jobs", "inputs"),
    [
        (signal.SIGINT, "1", ALL),
        (signal.SIGTERM, "2", ALL),
        (signal.SIGINT, "2", ONE),
    ],
)
def test_an_interrupted_run_resumes_to_the_same_bytes(
    folder: Path, tmp_path: Path, number: int, jobs: str, inputs: str
) -> None:
    out = tmp_path / "out"
    with _at_work(folder, out, inputs, "-j", jobs) as process:
        wait_for(lambda: jobs == "1" or workers_at_work(process))
        _interrupt(process, number)
        stdout, stderr = process.communicate(timeout=DEADLINE_SECONDS)
        wait_for(lambda: not members(process))
    message = stderr.decode().lstrip("\n")  # a terminal's ^C ends with a line of its own
    assert (process.returncode, stdout, message) == (130, b"", INTERRUPTED)
    assert partial_files(out) == []
    assert not (out / "_link" / "compiled").exists()
    _comes_to_its_end(folder, out, inputs)


@pytest.mark.parametrize(
    ("stalled", "jobs", "number"),
    [
        ("input", "2", signal.SIGINT),
        ("output", "1", signal.SIGINT),
        ("output", "2", signal.SIGTERM),
    ],
)
def test_an_interrupted_pipe_ends_at_once(
    folder: Path, tmp_path: Path, stalled: str, jobs: str, number: int
) -> None:
    """Also while it waits for its neighbours in the pipe."""
    data = (folder / ONE).read_bytes() * 12
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with source.open("rb") as file, target.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "link", *_pipe(jobs)],
            cwd=folder,
            env=environment() | {"TMPDIR": str(scratch)},
            stdin=subprocess.PIPE if stalled == "input" else file,
            stdout=subprocess.PIPE if stalled == "output" else written,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            if stalled == "input":
                assert process.stdin is not None
                process.stdin.write(data)
                process.stdin.flush()
                wait_for(lambda: target.stat().st_size and _has_read_all(process))
            else:
                assert process.stdout is not None
                assert process.stdout.read(1)
            _interrupt(process, number)
            assert process.wait(15) == 130
            assert process.stderr is not None
            said = process.stderr.read().decode().lstrip("\n")
            assert said == "link: error: interrupted; the output is not complete\n"
            wait_for(lambda: not members(process))
        finally:
            kill_all(process)
    assert list(scratch.iterdir()) == []


def _has_read_all(process: "subprocess.Popen[bytes]") -> bool:
    """Whether a process sleeps at an empty pipe."""
    assert process.stdin is not None
    waiting = array.array("i", [0])
    fcntl.ioctl(process.stdin, termios.FIONREAD, waiting)
    return waiting[0] == 0 and state(process.pid) == "S"


def _pipe(jobs: str) -> tuple[str, ...]:
    return ("substitute", "-", "-o", "-", "-l", "tiny.tsv", "-q", "-j", jobs)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_pipe_whose_reader_leaves_ends_without_a_word(
    folder: Path, tmp_path: Path, jobs: str
) -> None:
    """`zstdcat x.jsonl.zst | link substitute - -o - -l en-de | head -n 3`"""
    (tmp_path / "x.jsonl").write_bytes((folder / ONE).read_bytes() * 10)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    begin = {"cwd": folder, "stderr": subprocess.PIPE}
    cat = subprocess.Popen(["cat", tmp_path / "x.jsonl"], stdout=subprocess.PIPE, **begin)
    process = subprocess.Popen(
        [sys.executable, "-m", "link", "substitute", "-", "-o", "-", "-l", "en-de", "-j", jobs],
        env=environment() | {"TMPDIR": str(scratch)},
        stdin=cat.stdout,
        stdout=subprocess.PIPE,
        start_new_session=True,
        **begin,
    )
    head = subprocess.Popen(
        ["head", "-n", "3"], stdin=process.stdout, stdout=subprocess.PIPE, **begin
    )
    try:
        for stream in (cat.stdout, process.stdout):
            assert stream is not None
            stream.close()  # it is the neighbours' now
        lines, _ = head.communicate(timeout=DEADLINE_SECONDS)
        assert lines.count(b"\n") == 3
        assert process.wait(DEADLINE_SECONDS) == 141
        assert process.stderr is not None
        assert process.stderr.read() == b""
        wait_for(lambda: not members(process))
    finally:
        kill_all(process)
        for neighbour in (cat, head):
            neighbour.kill()
            neighbour.communicate(timeout=DEADLINE_SECONDS)
    assert list(scratch.iterdir()) == []


# --- killed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("inputs", [ALL, ONE])
def test_a_killed_run_leaves_no_process_and_resumes_to_the_same_bytes(
    folder: Path, tmp_path: Path, inputs: str
) -> None:
    out = tmp_path / "out"
    with _at_work(folder, out, inputs, "-j", "2") as process:
        wait_for(lambda: workers_at_work(process))
        kill(process)
        wait_for(lambda: not members(process))
    _comes_to_its_end(folder, out, inputs)


def test_a_killed_runs_idle_worker_goes_away_too(folder: Path, tmp_path: Path) -> None:
    with _at_work(folder, tmp_path / "out", ALL, "-j", "3") as process:
        kill(process)
        wait_for(lambda: not members(process), seconds=15)


def test_no_run_begins_beside_a_worker_that_outlives_its_run(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with _at_work(folder, out, ALL, "-j", "2") as process:
        wait_for(lambda: workers_at_work(process))
        stopped, *_ = workers_at_work(process)
        os.kill(stopped, signal.SIGSTOP)
        kill(process)
        wait_for(lambda: workers(process) == [stopped])  # the other may have begun a shard
        before = {path: path.stat().st_ino for path in partial_files(out)}
        refused = link(*_command(out, "-j", "2"), cwd=folder)
        assert b"another run is at work" in refused.stderr
        assert refused.returncode == 2
        assert {path: path.stat().st_ino for path in partial_files(out)} == before
        os.kill(stopped, signal.SIGCONT)
        _comes_to_its_end(folder, out, ALL)
        assert not running(stopped)


# --- without a worker -----------------------------------------------------------------------------


@pytest.mark.parametrize("inputs", [ALL, ONE])
def test_what_a_killed_worker_was_doing_is_done_again(
    folder: Path, tmp_path: Path, inputs: str
) -> None:
    out = tmp_path / "out"
    with _at_work(folder, out, inputs, "-j", "2") as process:
        # Of one shard, before it can have done its pieces: what is left is the writing.
        find = workers if inputs == ONE else workers_at_work
        wait_for(lambda: find(process))
        os.kill(find(process)[0], signal.SIGKILL)
        _, stderr = process.communicate(timeout=60)
        wait_for(lambda: not members(process))
    assert (process.returncode, stderr) == (0, b"")
    _comes_to_its_end(folder, out, inputs)
