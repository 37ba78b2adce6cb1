"""Engines: they map a function over items, in this process or in several.

    engine.map(function, [(key, argument), …])    ->  (key, result), …
                function(context, argument)            runs where the engine says

The function belongs to a module, and what it gets and gives can be pickled. The context is made
once a process: lexicon, policy, and a meter. A `ShardError` is a result like any other; whatever
else goes wrong ends the mapping.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import reduction
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from link.errors import LinkError, ShardError, unforeseen
from link.run.progress import CELLS, Meter

A = TypeVar("A")
K = TypeVar("K")
R = TypeVar("R")

Outcomes = Generator[tuple[K, R | ShardError], None, None]
Setup = Callable[[Meter], Any]
"""Makes the context of a process, which counts its work in a meter; it can be pickled."""

MOST_BYTES = 16 << 20
"""Arguments of so many bytes are under way at a time; a larger one is under way alone."""

_PATIENCE_SECONDS = 10.0  # for workers that are told to stop


def no_bytes(_argument: object) -> int:
    """Arguments hold nothing to speak of."""
    return 0


class WorkerDiedError(ShardError):
    """The process that was to do something died, also when it had nothing else to do."""

    def __init__(self) -> None:
        super().__init__(
            "not done, because a worker process died (out of memory, or killed), and died again "
            "with this shard alone"
        )


class Engine(Protocol):
    """Maps functions. `jobs`: how many items are at work at a time. `splits_shards`: whether it
    pays to send pieces of a shard to its processes.
    """

    jobs: int
    splits_shards: bool
    meter: Meter

    def map(
        self,
        function: Callable[[Any, A], R],
        items: Iterable[tuple[K, A]],
        *,
        in_order: bool = False,
        size_of: Callable[[A], int] = no_bytes,
    ) -> Outcomes[K, R]:
        """Results as they come, or in the items' order.

        `size_of`: the bytes that an argument holds in memory while it is under way.
        """

    def close(self) -> None:
        """End what is at work."""


class Here:
    """This process, one item after the other."""

    jobs = 1
    splits_shards = False

    def __init__(self, setup: Setup, meter: Meter) -> None:
        self.meter = meter
        self.context = setup(meter)

    def map(
        self,
        function: Callable[[Any, A], R],
        items: Iterable[tuple[K, A]],
        *,
        in_order: bool = False,
        size_of: Callable[[A], int] = no_bytes,
    ) -> Outcomes[K, R]:
        for key, argument in items:
            try:
                result: R | ShardError = function(self.context, argument)
            except ShardError as error:
                result = error
            yield key, result

    def close(self) -> None:
        """Nothing is at work."""


class Processes:
    """A pool of processes on this machine.

    A process that dies takes the whole pool with it, so everything that was under way is done once
    more, each item alone in a new process; the item that kills that one too has failed.
    """

    splits_shards = True

    def __init__(self, jobs: int, setup: Setup, meter: Meter, lock: int | None = None) -> None:
        """`lock`: a file descriptor that every process keeps open as long as it lives."""
        self.jobs = jobs
        self.meter = meter
        self._setup = setup
        self._lock = lock
        self._spawn = multiprocessing.get_context("spawn")
        self._stop = self._spawn.RawValue("b", 0)
        self._others = set(multiprocessing.active_children())
        self._pool = self._new_pool(jobs)

    def _new_pool(self, jobs: int) -> ProcessPoolExecutor:
        # Cells have no locks, which a killed worker might hold: each worker counts in its own.
        cells = [self._spawn.RawArray("q", CELLS) for _ in range(jobs)]
        for each in cells:
            self.meter.also(each)
        given = (self._setup, cells, self._spawn.Value("i"), self._stop, _Inherited(self._lock))
        return ProcessPoolExecutor(jobs, self._spawn, _begin, given)

    def map(
        self,
        function: Callable[[Any, A], R],
        items: Iterable[tuple[K, A]],
        *,
        in_order: bool = False,
        size_of: Callable[[A], int] = no_bytes,
    ) -> Outcomes[K, R]:
        most = 2 * self.jobs if in_order else self.jobs  # so that no worker waits for another
        at_work: dict[Future[R], tuple[K, A]] = {}  # in their order
        held_bytes = 0

        def done() -> Outcomes[K, R]:
            nonlocal held_bytes
            if in_order:
                found = [next(iter(at_work))]
            else:
                found = list(wait(at_work, return_when=FIRST_COMPLETED).done)
            for future in found:
                key, argument = at_work.pop(future)
                held_bytes -= size_of(argument)
                result = self._result(future, function, argument)
                yield key, result

        for key, argument in items:
            while at_work and (len(at_work) >= most or held_bytes + size_of(argument) > MOST_BYTES):
                yield from done()
            at_work[self._submit(function, argument)] = key, argument
            held_bytes += size_of(argument)
        while at_work:
            yield from done()

    def _submit(self, function: Callable[[Any, A], R], argument: A) -> "Future[R]":
        try:
            with undisturbed():  # it may start a process
                return self._pool.submit(_do, function, argument)
        except BrokenProcessPool:
            pass
        except OSError as error:
            if error.errno is not None:
                raise
            # A worker died while another was being started, and the pool has closed its queue.
        self._pool.shutdown()
        self._pool = self._new_pool(self.jobs)
        return self._submit(function, argument)

    def _result(
        self, future: "Future[R]", function: Callable[[Any, A], R], argument: A
    ) -> R | ShardError:
        try:
            return future.result()
        except ShardError as error:
            return error
        except BrokenProcessPool:
            pass
        with self._new_pool(1) as alone:
            with undisturbed():
                future = alone.submit(_do, function, argument)
            try:
                return future.result()
            except ShardError as error:
                return error
            except BrokenProcessPool:
                return WorkerDiedError()
            except BaseException:
                self._stop.value = 1
                raise

    def close(self) -> None:
        self._stop.value = 1
        workers = set(multiprocessing.active_children()) - self._others
        killer = threading.Timer(_PATIENCE_SECONDS, _kill, [workers])
        killer.start()
        self._pool.shutdown(cancel_futures=True)
        killer.cancel()
        killer.join()


def _kill(workers: Iterable[BaseProcess]) -> None:
    for worker in workers:
        worker.kill()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Starting a process is not interrupted half-way; and the process never sees Ctrl-C.

    A signal that comes meanwhile is raised as `KeyboardInterrupt` afterwards.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {each: signal.signal(each, remember) for each in (signal.SIGINT, signal.SIGTERM)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the child inherits that
    try:
        yield
    except BlockingIOError as error:
        raise LinkError(
            "no more processes can be started (ulimit -u); raise that, or lower --jobs"
        ) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for each, handler in before.items():
            if handler is not None:
                signal.signal(each, handler)
    if came:
        raise KeyboardInterrupt


# --- in a worker ---------------------------------------------------------------------------------

_context: Any = None


class _WorkerMeter(Meter):
    """The meter of a process that can be told to stop."""

    def __init__(self, cells: Any, stop: Any) -> None:
        super().__init__(cells)
        self._stop = stop

    def read(self, size_bytes: int) -> None:
        self.check()
        super().read(size_bytes)

    def check(self) -> None:
        if self._stop.value:
            raise KeyboardInterrupt


class _Inherited:
    """A file descriptor that a process which is being started gets as well, and never closes."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[object, ...]:
        descriptor = self._descriptor
        return _inherited, (None if descriptor is None else reduction.DupFd(descriptor),)


def _inherited(copy: Any) -> _Inherited:
    return _Inherited(copy and copy.detach())


def _begin(setup: Setup, cells: list[Any], begun: Any, stop: Any, _lock: _Inherited) -> None:
    """Set up this process, which ends when its parent does, however that ends."""
    global _context
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with begun.get_lock():
        number = begun.value
        begun.value += 1
    try:
        _context = setup(_WorkerMeter(cells[number % len(cells)], stop))
    except Exception as error:  # to be raised by what needs the context
        _context = error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"
    parent.join()
    os._exit(1)


def _do(function: Callable[[Any, A], R], argument: A) -> R:
    if isinstance(_context, Exception):
        raise LinkError(f"a worker process cannot be set up: {unforeseen(_context)}")
    return function(_context, argument)


def _rows_as_stream(rows: pa.RecordBatch) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """How rows cross: pickled as they are, a slice of them would bring along all its buffers."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    return _rows_of_stream, (bytes(sink.getvalue()),)


def _rows_of_stream(data: bytes) -> pa.RecordBatch:
    return pa.ipc.open_stream(data).read_next_batch()


reduction.register(pa.RecordBatch, _rows_as_stream)
