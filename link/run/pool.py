"""A pool of worker processes that hold one lexicon, and what crosses between them and this one.

    submit(work) -> ticket      to the worker with the least to do; a new one if all have something
    results()    -> [(ticket, result, or the error that came of it)]

Each worker has a pipe of its own. It reads that in a thread, so that sending never waits for work,
and a worker that dies takes down nothing but what it had been given. Workers are spawned, not
forked (the arrays lie in files that all of them map); Ctrl-C does not reach them, since this
process stops them; and they end when it does, however it ends.
"""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, reduction, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType
from typing import Any

from link.errors import LinkError, ShardError
from link.kernel.compiled import CompiledLexicon
from link.lexicon.arrays_file import load_compiled
from link.policy import Policy
from link.run.meter import BYTES, CELLS, Meter

_PATIENCE_SECONDS = 10.0  # for workers that are told to stop


class WorkerDiedError(Exception):
    """The process that had been given some work is gone."""


@dataclass(frozen=True, slots=True)
class Hands:
    """What a worker has at hand for its work. `meter`: counts it; reading may raise."""

    lexicon: CompiledLexicon
    policy: Policy
    meter: Meter

    @property
    def count(self) -> Callable[[int], None]:
        """To be called with bytes read; may raise."""
        return self.meter.read


Work = Callable[..., Any]
"""A function of a module, called in a worker with its `Hands` and with what was submitted."""


@dataclass(eq=False)
class _Worker:
    process: SpawnProcess
    pipe: "Connection[Any, Any]"
    tickets: list[int] = field(default_factory=list)


class Pool:
    """Worker processes, started when there is something for them to do.

    `folder`: the compiled lexicon. `lock`: a file descriptor that every worker keeps open. `meter`:
    is told where the workers count.
    """

    def __init__(
        self,
        jobs: int,
        folder: Path,
        policy: Policy,
        lock: int | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.jobs = jobs
        self._context = multiprocessing.get_context("spawn")
        # When this is started together with the first worker, it unblocks what is blocked then.
        resource_tracker.ensure_running()
        # Without locks, which a killed worker might hold: each has a counter of its own.
        self._counters: list[Any] = []
        self._stop = self._context.RawValue("b", 0)
        self._folder = folder
        self._policy = policy
        self._lock = lock
        self._meter = meter
        self._workers: list[_Worker] = []
        self._last_ticket = 0
        self._lost: list[int] = []

    @property
    def bytes_read(self) -> int:
        """What all workers together have counted."""
        return sum(int(counter[BYTES]) for counter in self._counters)

    def submit(self, work: Work, *arguments: object) -> int:
        """Have `work(hands, *arguments)` done; the ticket comes back with its result."""
        self._last_ticket += 1
        worker = min(self._workers, key=lambda each: len(each.tickets), default=None)
        if worker is None or (worker.tickets and len(self._workers) < self.jobs):
            worker = self._start()
        worker.tickets.append(self._last_ticket)
        try:
            worker.pipe.send((self._last_ticket, work, arguments))
        except OSError:
            self._bury(worker)
        return self._last_ticket

    def results(self, timeout_seconds: float | None = None) -> list[tuple[int, Any]]:
        """What has come back: (ticket, result), or (ticket, error).

        Waits until there is something, or for so long. The error of work that went down with its
        worker is `WorkerDiedError`.
        """
        found: list[tuple[int, Any]] = []
        if not self._lost:
            pipes = {worker.pipe: worker for worker in self._workers}
            for pipe in connection.wait(list(pipes), timeout_seconds):
                worker = pipes[pipe]  # type: ignore[index]
                try:
                    ticket, result = worker.pipe.recv()
                except (EOFError, OSError):
                    self._bury(worker)
                else:
                    worker.tickets.remove(ticket)
                    found.append((ticket, result))
        found += [(ticket, WorkerDiedError()) for ticket in self._lost]
        self._lost.clear()
        return found

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        counter = self._context.RawArray("q", CELLS)
        self._counters.append(counter)
        if self._meter:
            self._meter.also(counter)
        given = (theirs, self._folder, self._policy, counter, self._stop, _Inherited(self._lock))
        process = self._context.Process(target=_serve, args=given, daemon=True)
        worker = _Worker(process, ours)
        with undisturbed():
            process.start()
            theirs.close()
            self._workers.append(worker)
        return worker

    def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        self._lost += worker.tickets
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()

    def close(self) -> None:
        """Stop what is at work, and see every process gone."""
        self._stop.value = 1
        for worker in self._workers:
            worker.pipe.close()  # which ends it, as soon as it has cleaned up
        for worker in self._workers:
            worker.process.join(_PATIENCE_SECONDS)
            worker.process.kill()
            worker.process.join()
        self._workers.clear()


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


class _WorkersMeter(Meter):
    """The meter of a process that can be told to stop."""

    def __init__(self, counter: Any, stop: Any) -> None:
        super().__init__(counter)
        self._stop = stop

    def read(self, size_bytes: int) -> None:
        self.check()
        super().read(size_bytes)

    def check(self) -> None:
        if self._stop.value:
            raise ShardError("stopped")


class _Inherited:
    """A file descriptor that a process which is being started gets as well, and never closes."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[object, ...]:
        if self._descriptor is None:
            return _Inherited, (None,)
        return _inherited, (reduction.DupFd(self._descriptor),)


def _inherited(descriptor: Any) -> _Inherited:
    return _Inherited(descriptor.detach())


def _serve(
    pipe: "Connection[Any, Any]",
    folder: Path,
    policy: Policy,
    counter: Any,
    stop: Any,
    _lock: _Inherited,
) -> None:
    """Do what comes through the pipe until it ends."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, waiting, stop), daemon=True).start()
    hands = Hands(load_compiled(folder), policy, _WorkersMeter(counter, stop))
    while (given := waiting.get()) is not None:
        ticket, work, arguments = given
        try:
            result = work(hands, *arguments)
        except LinkError as error:
            result = error
        except Exception as error:  # what is wrong with one piece is no reason to die
            result = ShardError(f"{type(error).__name__}: {error}; this is a defect of LINK")
        with suppress(OSError):  # nobody is there any more
            pipe.send((ticket, result))
        del given, arguments, result


def _receive(pipe: "Connection[Any, Any]", waiting: "queue.SimpleQueue[Any]", stop: Any) -> None:
    """Take in what is sent. The pipe ends when the run has stopped this process, or was killed."""
    with suppress(EOFError, OSError):
        while True:
            waiting.put(pipe.recv())
    if not stop.value:
        os._exit(1)
    with suppress(queue.Empty):
        while True:
            waiting.get_nowait()
    waiting.put(None)
