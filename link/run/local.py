"""The local engine: shards in this process, or in a pool of processes that share one lexicon.

An engine maps `process_shard` over tasks and yields an outcome for each; names, bytes, atomicity
and records are the same on all of them.
"""

import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path

from link.errors import LinkError, ShardError
from link.kernel.compiled import CompiledLexicon, load_compiled, save_compiled
from link.policy import Policy
from link.run.shard import ShardReport, Task, process_shard

Outcome = tuple[Task, ShardReport | LinkError]

_POLL_SECONDS = 0.2


def run_here(
    tasks: Sequence[Task],
    lexicon: CompiledLexicon,
    policy: Policy,
    progress: Callable[[int], object],
) -> Generator[Outcome, None, None]:
    """One shard after the other, in this process."""
    for task in tasks:
        try:
            yield task, process_shard(task, lexicon, policy, progress)
        except ShardError as error:
            yield task, error


def run_in_pool(
    tasks: Sequence[Task],
    lexicon: CompiledLexicon,
    policy: Policy,
    progress: Callable[[int], object],
    *,
    jobs: int,
    scratch: Path,
) -> Generator[Outcome, None, None]:
    """Shards in `jobs` processes, as they are done. `scratch` holds the lexicon meanwhile."""
    context = multiprocessing.get_context("spawn")
    bytes_read: Synchronized[int] = context.Value("Q", 0)
    stop = context.Event()
    seen = 0
    with _compiled_files(lexicon, scratch) as folder:
        executor = ProcessPoolExecutor(
            min(jobs, len(tasks)),
            mp_context=context,
            initializer=_start_worker,
            initargs=(folder, policy, bytes_read, stop),
        )
        try:
            with _no_interrupts():  # workers begin life with Ctrl-C ignored; the parent stops them
                waiting: dict[Future[ShardReport], Task] = {
                    executor.submit(_work, task): task for task in tasks
                }
            while waiting:
                done, _ = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
                progress(bytes_read.value - seen)
                seen = bytes_read.value
                for future in done:
                    yield waiting[future], _outcome(future, waiting.pop(future))
        finally:
            stop.set()
            executor.shutdown(wait=True, cancel_futures=True)


def _outcome(future: "Future[ShardReport]", task: Task) -> ShardReport | LinkError:
    try:
        return future.result()
    except ShardError as error:
        return error
    except BrokenProcessPool:
        return ShardError(
            f"{task.path}: not done, because a worker process died (out of memory, or killed); "
            f"run the same command again, with fewer --jobs if memory was short"
        )


@contextmanager
def _no_interrupts() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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


def _start_worker(
    folder: Path, policy: Policy, bytes_read: "Synchronized[int]", stop: Event
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
    return process_shard(task, _Worker.lexicon, _Worker.policy, _count_or_stop)


def _count_or_stop(size: int) -> None:
    if _Worker.stop.is_set():
        raise ShardError("stopped")
    with _Worker.bytes_read.get_lock():
        _Worker.bytes_read.value += size
