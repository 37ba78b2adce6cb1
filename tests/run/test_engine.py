"""Engines: what is mapped comes back, whatever happens to the processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from link.errors import LinkError, ShardError
from link.run.engine import Engine, Here, Processes, WorkerDiedError
from link.run.progress import Meter
from tests.helpers import environment

# --- what workers do ---


def make_context(meter: Meter) -> tuple[str, Meter]:
    return "context", meter


def fail_to_make(_meter: Meter) -> None:
    raise ValueError("no lexicon")


def square(context: tuple[str, Meter], number: int) -> int:
    assert context[0] == "context"
    context[1].read(number)
    return number * number


def refuse_odd(_context: Any, number: int) -> int:
    if number % 2:
        raise ShardError(f"{number} is odd")
    return number


def break_down(_context: Any, number: int) -> int:
    raise LinkError("everything ends")


def slow_first(_context: Any, number: int) -> int:
    time.sleep(0.5 * (number == 0))
    return number


def die_on_three(_context: Any, number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die_once(_context: Any, flag: Path) -> str:
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return flag.name


def pass_on(_context: Any, rows: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
    return rows, sum(buffer.size for buffer in rows.column(0).buffers() if buffer)


def blocked_signals(_context: Any, _number: int) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("SigBlk:")[2].split()[0], 16)


# --- both engines ---


@pytest.fixture(scope="module", params=[1, 2])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    meter = Meter()
    made: Engine = (
        Here(make_context, meter)
        if request.param == 1
        else Processes(request.param, make_context, meter)
    )
    with closing(made):
        yield made


def test_everything_is_mapped_and_counted(engine: Engine) -> None:
    before = engine.meter.so_far.bytes_done
    items = [(f"key {n}", n) for n in range(20)]
    assert sorted(engine.map(square, items)) == sorted((key, n * n) for key, n in items)
    assert engine.meter.so_far.bytes_done == before + sum(range(20))


def test_results_come_in_the_items_order_if_that_is_asked(engine: Engine) -> None:
    items = [(n, n) for n in range(9)]
    assert list(engine.map(slow_first, items, in_order=True)) == items


def test_a_shard_error_is_a_result(engine: Engine) -> None:
    results = dict(engine.map(refuse_odd, [(n, n) for n in range(4)]))
    assert {key: str(result) for key, result in results.items()} == {
        0: "0",
        1: "1 is odd",
        2: "2",
        3: "3 is odd",
    }


def test_another_error_ends_the_mapping(engine: Engine) -> None:
    with pytest.raises(LinkError, match="everything ends"):
        list(engine.map(break_down, [(n, n) for n in range(9)]))


def test_items_are_taken_as_they_are_needed(engine: Engine) -> None:
    taken = []

    def items() -> Iterator[tuple[int, int]]:
        for number in range(100):
            taken.append(number)
            yield number, number

    results = engine.map(square, items(), in_order=True)
    next(results)
    assert len(taken) <= 2 * engine.jobs + 1
    results.close()


# --- processes alone ---


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    """Some of the tests kill one of them; the others are no worse for it."""
    with closing(Processes(2, make_context, Meter())) as made:
        yield made


def test_a_large_argument_is_under_way_alone(processes: Processes) -> None:
    taken = []

    def items() -> Iterator[tuple[int, int]]:
        for number in range(9):
            taken.append(number)
            yield number, number

    results = processes.map(square, items(), in_order=True, size_of=lambda _: 1 << 40)
    next(results)
    assert len(taken) == 2  # one is done, one waits to be begun
    assert len(list(results)) == 8


@pytest.mark.parametrize("in_order", [False, True])
def test_what_kills_a_process_twice_fails_alone(processes: Processes, in_order: bool) -> None:
    results = dict(processes.map(die_on_three, [(n, n) for n in range(9)], in_order=in_order))
    assert isinstance(results.pop(3), WorkerDiedError)
    assert results == {n: n for n in range(9) if n != 3}


def test_what_is_killed_once_is_done_again(processes: Processes, tmp_path: Path) -> None:
    for name in "123":
        (tmp_path / name).touch()
    items = [(n, tmp_path / f"{n}") for n in range(4)]
    assert sorted(processes.map(die_once, items)) == [(n, f"{n}") for n in range(4)]


def test_a_worker_may_die_while_another_is_started(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(*_given: object) -> None:
        raise OSError("handle is closed")  # what Python 3.11 says then

    monkeypatch.setattr(processes._pool, "submit", submit)
    assert sorted(processes.map(square, [(n, n) for n in range(4)])) == [
        (n, n * n) for n in range(4)
    ]


def test_a_context_that_cannot_be_made_is_told_of() -> None:
    with (
        closing(Processes(2, fail_to_make, Meter())) as engine,
        pytest.raises(LinkError, match="a worker process cannot be set up: ValueError: no lexicon"),
    ):
        list(engine.map(square, [(1, 1)]))


def test_of_rows_only_those_that_are_meant_cross(processes: Processes) -> None:
    rows = pa.record_batch({"n": pa.array(range(100_000))})
    [(_, result)] = processes.map(pass_on, [(0, rows.slice(10, 3))])
    assert not isinstance(result, ShardError)
    assert result[0].to_pydict() == {"n": [10, 11, 12]}
    assert result[1] < 1000


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_nothing_is_left_behind(error: type[BaseException] | None) -> None:
    before = set(threading.enumerate()), set(multiprocessing.active_children())
    try:
        with closing(Processes(2, make_context, Meter())) as engine:
            results = engine.map(slow_first, [(n, n) for n in range(50)])
            next(results)
            if error:
                raise error
    except KeyboardInterrupt:
        pass
    assert (set(threading.enumerate()), set(multiprocessing.active_children())) == before


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_ctrl_c_is_for_the_first_process_alone(processes: Processes) -> None:
    for _, blocked in processes.map(blocked_signals, [(n, n) for n in range(4)]):
        assert isinstance(blocked, int)
        assert blocked >> (signal.SIGINT - 1) & 1


def test_workers_end_when_their_parent_is_killed() -> None:
    code = (
        "import os, sys, time\n"
        "from link.run.engine import Processes\n"
        "from link.run.progress import Meter\n"
        "from tests.run import test_engine\n"
        "if __name__ == '__main__':\n"
        "    engine = Processes(2, test_engine.make_context, Meter())\n"
        "    pids = dict(engine.map(test_engine.own_pid, [(n, n) for n in range(2)]))\n"
        "    print(*set(pids.values()), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment()
    )
    pids = [int(pid) for pid in done.stdout.split()]
    assert pids, done.stderr
    deadline = time.monotonic() + 30
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def own_pid(_context: Any, _number: int) -> int:
    return os.getpid()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
