"""Engines on one machine: this process, or a pool of processes.

A pool takes a shard to each process, and a shard that is large beside the others in pieces to all
of them: then this process reads, and writes what comes back, in order. The bytes are the same.

Processes are spawned, not forked (the arrays live in files that all of them map), they ignore
Ctrl-C (the parent stops them), and die with the parent.
"""

import multiprocessing
import os
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import reduction
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from link.errors import LinkError, ShardError
from link.kernel.compiled import CompiledLexicon, load_compiled, save_compiled
from link.policy import Policy
from link.run.job import Done, Job
from link.run.shard import (
    Engine,
    ShardReport,
    Task,
    content_for,
    in_this_process,
    process_shard,
)
from link.shards.batch import Piece
from link.shards.formats import COLUMNAR
from link.shards.jsonl import BLOCK_BYTES

Outcome = tuple[Task, ShardReport | LinkError]
Answer = tuple[Done, bytes]
"""What a worker made of a piece: all but the content, and the content as it crosses."""

_T = TypeVar("_T")

_POLL_SECONDS = 0.2
_PIECES_A_WORKER = 2  # one at work, one waiting


def run_here(
    tasks: Sequence[Task],
    lexicon: CompiledLexicon,
    policy: Policy,
    progress: Callable[[int], object],
) -> Generator[Outcome, None, None]:
    """One shard after the other, in this process."""
    engine = in_this_process(lexicon, policy)
    for task in tasks:
        yield task, _processed(task, engine, policy, progress)


def run_in_pool(
    tasks: Sequence[Task],
    lexicon: CompiledLexicon,
    policy: Policy,
    progress: Callable[[int], object],
    *,
    jobs: int,
    scratch: Path,
    lock: int | None = None,
    in_order: bool = False,
) -> Generator[Outcome, None, None]:
    """Shards in `jobs` processes, as they are done. `scratch` holds the lexicon meanwhile.

    `lock`: a file descriptor that every process is to keep open as long as it lives.
    `in_order`: one shard after the other, because they go to one stream.
    """
    alone, others = (list(tasks), []) if in_order else _split(tasks, jobs)
    with _pool(jobs, lexicon, policy, scratch, lock) as pool:
        engine = _in_pieces(pool, jobs)
        for task in alone:
            yield task, _processed(task, engine, policy, progress, threads=jobs)
        yield from pool.shards(others, progress)


def _split(tasks: Sequence[Task], jobs: int) -> tuple[list[Task], list[Task]]:
    """The shards for all processes together, and those for one each.

    A shard that is more than one process' share of the work would keep the others waiting, and so
    would shards that are fewer than the processes.
    """
    sizes = [task.size_bytes for task in tasks]
    share = sum(sizes) / jobs
    sized = list(zip(tasks, sizes, strict=True))
    others = [task for task, size in sized if size <= share]
    if len(others) < jobs:
        return list(tasks), []
    return [task for task, size in sized if size > share], others


def _processed(
    task: Task,
    engine: Engine,
    policy: Policy,
    progress: Callable[[int], object],
    threads: int = 1,
) -> ShardReport | LinkError:
    try:
        return process_shard(task, engine, policy, progress, threads)
    except ShardError as error:
        return error


# --- a pool --------------------------------------------------------------------------------------


class _Pool:
    """Worker processes, started when there is something for them to do."""

    def __init__(self, jobs: int, folder: Path, policy: Policy, lock: int | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._bytes_read: Synchronized[int] = context.Value("Q", 0)
        self._stop = context.Event()
        self._executor = ProcessPoolExecutor(
            jobs,
            mp_context=context,
            initializer=_start_worker,
            initargs=(folder, policy, self._bytes_read, self._stop, _Inherited(lock)),
        )

    def shards(
        self, tasks: Sequence[Task], progress: Callable[[int], object]
    ) -> Generator[Outcome, None, None]:
        """A shard to each process."""
        seen = 0
        waiting = {self._submit(_work, task): task for task in tasks}
        while waiting:
            done, _ = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
            progress(self._bytes_read.value - seen)
            seen = self._bytes_read.value
            for future in done:
                yield waiting[future], _outcome(future, waiting.pop(future))

    def piece(self, job: Job, content: bytes, *, first: bool) -> "Future[Answer]":
        """A piece of a shard to one process."""
        return self._submit(_work_piece, job, content, first)

    def _submit(self, function: Callable[..., _T], *arguments: object) -> "Future[_T]":
        with _children_deaf_to_interrupts():
            try:
                return self._executor.submit(function, *arguments)
            except BrokenProcessPool as error:
                broken: Future[_T] = Future()
                broken.set_exception(error)
                return broken

    def close(self) -> None:
        """Stop what is at work, and wait for the processes to end."""
        self._stop.set()
        self._executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _pool(
    jobs: int, lexicon: CompiledLexicon, policy: Policy, scratch: Path, lock: int | None
) -> Iterator[_Pool]:
    with _compiled_files(lexicon, scratch) as folder:
        pool = _Pool(jobs, folder, policy, lock)
        try:
            yield pool
        finally:
            pool.close()


def _in_pieces(pool: _Pool, jobs: int) -> Engine:
    """The engine that has the pieces of one shard done by all processes.

    What is under way is bounded by number and by size, so a giant record is under way alone.
    """
    most_pieces = jobs * _PIECES_A_WORKER
    most_bytes = 2 * most_pieces * BLOCK_BYTES

    def each(job: Job, pieces: Iterable[Piece]) -> Generator[tuple[Piece, Done], None, None]:
        under_way: deque[tuple[Piece, int, Future[Answer]]] = deque()
        total = 0
        try:
            for piece in pieces:
                content = _packed(content_for(job, piece))
                while under_way and (
                    len(under_way) == most_pieces or total + len(content) > most_bytes
                ):
                    total -= under_way[0][1]
                    yield _result(job, *under_way.popleft())
                under_way.append((piece, len(content), pool.piece(job, content, first=piece.first)))
                total += len(content)
                del content, piece
            while under_way:
                yield _result(job, *under_way.popleft())
        finally:
            for _, _, future in under_way:
                future.cancel()

    return each


def _result(job: Job, piece: Piece, _size: int, future: "Future[Answer]") -> tuple[Piece, Done]:
    try:
        done, content = future.result()
    except BrokenProcessPool:
        raise ShardError(_died(job.shard)) from None
    return piece, replace(done, content=_unpacked(content) if job.gives_rows else [content])


def _outcome(future: "Future[ShardReport]", task: Task) -> ShardReport | LinkError:
    try:
        return future.result()
    except ShardError as error:
        return error
    except BrokenProcessPool:
        return ShardError(_died(task.path))


def _died(path: str) -> str:
    return (
        f"{path}: not done, because a worker process died (out of memory, or killed); "
        f"run the same command again, with fewer --jobs if memory was short"
    )


@contextmanager
def _children_deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started here inherit that Ctrl-C is blocked; here it only waits."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# --- what crosses between processes --------------------------------------------------------------


def _packed(content: bytes | pa.RecordBatch) -> bytes:
    """Rows as an Arrow stream: pickled, a slice of them would bring along all of their buffers."""
    if isinstance(content, bytes):
        return content
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, content.schema) as writer:
        writer.write_batch(content)
    return bytes(sink.getvalue())


def _unpacked(data: bytes) -> pa.RecordBatch:
    return pa.ipc.open_stream(data).read_next_batch()


@contextmanager
def _compiled_files(lexicon: CompiledLexicon, scratch: Path) -> Iterator[Path]:
    """The lexicon's arrays in a folder that workers map into memory."""
    scratch.mkdir(parents=True)
    try:
        try:
            save_compiled(lexicon, scratch)
        except OSError as error:
            raise ShardError(f"{scratch} cannot be written: {error.strerror or error}") from error
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


# --- in a worker ---------------------------------------------------------------------------------


class _Worker:
    """What a worker process keeps between shards."""

    lexicon: CompiledLexicon
    policy: Policy
    bytes_read: "Synchronized[int]"
    stop: Event


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


def _start_worker(
    folder: Path,
    policy: Policy,
    bytes_read: "Synchronized[int]",
    stop: Event,
    _lock: _Inherited,
) -> None:
    threading.Thread(target=_die_with_the_run, daemon=True).start()
    _Worker.lexicon = load_compiled(folder)
    _Worker.policy = policy
    _Worker.bytes_read = bytes_read
    _Worker.stop = stop


def _die_with_the_run() -> None:
    """A run that is killed leaves nobody to report to, and a lock that the next run takes."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "this is a worker"
    parent.join()
    os._exit(1)


def _work(task: Task) -> ShardReport:
    engine = in_this_process(_Worker.lexicon, _Worker.policy)
    return process_shard(task, engine, _Worker.policy, _count_or_stop)


def _work_piece(job: Job, content: bytes, first: bool) -> Answer:
    done = job.do(
        _unpacked(content) if job.source in COLUMNAR else content,
        _Worker.lexicon,
        _Worker.policy,
        first=first,
    )
    if isinstance(done.content, pa.RecordBatch):
        return replace(done, content=()), _packed(done.content)
    return replace(done, content=()), b"".join(map(memoryview, done.content))


def _count_or_stop(size: int) -> None:
    if _Worker.stop.is_set():
        raise ShardError("stopped")
    with _Worker.bytes_read.get_lock():
        _Worker.bytes_read.value += size
