"""Runs that are interrupted or killed: nothing half-done, and the same bytes the next time."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import TINY_LEXICON, json_lines, link, partial_files, some_text, start_link, tree

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")

SLOWLY = ("--compression", "zst:19")  # so that there is time to be interrupted
DEADLINE_SECONDS = 60
SMALL, LARGE = "a.jsonl", ("b.jsonl", "c.jsonl")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of a small shard and two that take a while, and what an uninterrupted run gives."""
    folder = tmp_path_factory.mktemp("signals")
    (folder / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    (folder / "in").mkdir()
    random_ = random.Random(3)
    for name, documents in ((SMALL, 2), (LARGE[0], 50), (LARGE[1], 50)):
        noise = (random_.randbytes(10_000).hex() for _ in range(documents))
        records = [{"text": some_text(random_, 300), "noise": each} for each in noise]
        (folder / "in" / name).write_bytes(json_lines(records))
    assert link(*_command("whole"), cwd=folder).returncode == 0
    return folder


def _command(out: str, *options: str) -> tuple[str, ...]:
    return ("substitute", "in", "-o", out, "-l", "tiny.tsv", "-q", *SLOWLY, *options)


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def _is_at_work(out: Path) -> bool:
    """Whether the small shard is done and a large one is being written."""
    records = out / "_link" / "records"
    return (records / f"{SMALL}.zst.json").exists() and any(
        path.parent == out for path in partial_files(out)
    )


def _running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def _children(pid: int) -> list[int]:
    children = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            children.append(int(stat.parent.name))
    return children


def _published(out: Path) -> set[str]:
    return {path.name for path in out.iterdir() if not path.name.startswith((".", "_"))}


@pytest.mark.parametrize(
    ("number", "jobs"),
    [(signal.SIGINT, "1"), (signal.SIGTERM, "1"), (signal.SIGINT, "2")],
)
def test_an_interrupted_run_resumes_to_the_same_bytes(
    folder: Path, tmp_path: Path, number: int, jobs: str
) -> None:
    out = tmp_path / "out"
    process = start_link(*_command(str(out), "-j", jobs), cwd=folder)
    _wait_for(lambda: _is_at_work(out))
    workers = _children(process.pid)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    stdout, stderr = process.communicate(timeout=DEADLINE_SECONDS)
    message = stderr.decode().lstrip("\n")  # a terminal's ^C ends with a line of its own
    assert message == "link: error: interrupted; run the same command again to resume\n"
    assert (process.returncode, stdout) == (130, b"")
    whole = tree(folder / "whole")
    assert _published(out) < _published(folder / "whole")
    assert all((out / name).read_bytes() == whole[name] for name in _published(out))
    assert partial_files(out) == []
    _wait_for(lambda: not any(map(_running, workers)))
    assert link(*_command(str(out), "-j", jobs), cwd=folder).returncode == 0
    assert tree(out) == whole


def test_a_killed_run_leaves_no_process_and_resumes_to_the_same_bytes(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = start_link(*_command(str(out), "-j", "2"), cwd=folder)
    _wait_for(lambda: _is_at_work(out))
    workers = _children(process.pid)
    assert len(workers) >= 2
    _kill(process)
    assert _published(out) < _published(folder / "whole")
    _wait_for(lambda: not any(map(_running, workers)))
    assert link(*_command(str(out), "-j", "2"), cwd=folder).returncode == 0
    assert tree(out) == tree(folder / "whole")


def test_a_killed_runs_idle_worker_goes_away_too(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start_link(*_command(str(out), "-j", "3"), cwd=folder)
    _wait_for(lambda: _is_at_work(out))
    workers = _children(process.pid)
    _kill(process)
    try:
        deadline = time.monotonic() + 15
        while any(map(_running, workers)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [pid for pid in workers if _running(pid)] == []
    finally:
        for pid in filter(_running, workers):
            os.kill(pid, signal.SIGKILL)


def test_a_killed_worker_fails_its_shards_and_the_run_says_so(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start_link(*_command(str(out), "-j", "2"), cwd=folder)
    _wait_for(lambda: _is_at_work(out))
    for pid in _children(process.pid):
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
            break
    _, stderr = process.communicate(timeout=DEADLINE_SECONDS)
    lines = stderr.decode().splitlines()
    assert process.returncode == 1
    assert lines
    assert all(line.startswith("link: failed: in/") for line in lines)
    assert all("a worker process died" in line for line in lines)
    assert link(*_command(str(out), "-j", "2"), cwd=folder).returncode == 0
    assert tree(out) == tree(folder / "whole")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait(DEADLINE_SECONDS)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
