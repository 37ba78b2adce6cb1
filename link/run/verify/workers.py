"""Pieces are recomputed by several processes; what comes back is in the pieces' order.

The reference kernel is slow, so a run's own pool, which shares a compiled lexicon, is of no use:
here every process has the headwords themselves.
"""

import gc
import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from link.errors import LinkError
from link.policy import Policy
from link.run.job import Done, Job
from link.run.local import Answer, crossing, landed, packed, unpacked
from link.run.pool import undisturbed
from link.run.shard import content_for
from link.run.verify.expected import Known, expected
from link.shards.batch import Piece
from link.shards.formats import COLUMNAR

Recompute = Callable[[Job, Iterable[Piece]], Generator[tuple[Piece, Done], None, None]]
"""Says of each piece what must have become of it."""

_PIECES_A_WORKER = 2  # one at work, one waiting
_known: Known
_policy: Policy
_share: float


@contextmanager
def recomputing(
    known: Known, policy: Policy, share: float, jobs: int
) -> Generator[Recompute, None, None]:
    """By so many processes, which are gone when the block ends."""
    if jobs == 1:
        yield _here(known, policy, share)
        return
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(jobs, context, _begin, (known, policy, share))
    before = set(multiprocessing.active_children())
    try:
        yield _by(executor, jobs)
    finally:
        # Never without waiting: its thread would still be at work when Python ends, and fail there.
        for worker in set(multiprocessing.active_children()) - before:
            worker.terminate()
        executor.shutdown(cancel_futures=True)


def _here(known: Known, policy: Policy, share: float) -> Recompute:
    def each(job: Job, pieces: Iterable[Piece]) -> Generator[tuple[Piece, Done], None, None]:
        for piece in pieces:
            content = content_for(job, piece)
            yield piece, expected(job, content, known, policy, share, first=piece.first)

    return each


def _by(executor: ProcessPoolExecutor, jobs: int) -> Recompute:
    def each(job: Job, pieces: Iterable[Piece]) -> Generator[tuple[Piece, Done], None, None]:
        under_way: deque[tuple[Piece, Future[Answer]]] = deque()
        for piece in pieces:
            if len(under_way) == jobs * _PIECES_A_WORKER:
                yield _answer(job, *under_way.popleft())
            content = packed(content_for(job, piece))
            with undisturbed():  # which may start a process
                future = executor.submit(_do, job, content, piece.first)
            under_way.append((piece, future))
        while under_way:
            yield _answer(job, *under_way.popleft())

    return each


def _answer(job: Job, piece: Piece, future: "Future[Answer]") -> tuple[Piece, Done]:
    try:
        return piece, landed(job, *future.result())
    except BrokenProcessPool as error:
        raise LinkError(
            "a worker process died (out of memory, or killed); verify again, with fewer --jobs"
        ) from error


# --- in a worker ---------------------------------------------------------------------------------


def _begin(known: Known, policy: Policy, share: float) -> None:
    global _known, _policy, _share
    gc.disable()  # millions of characters, and no cycle among them
    _known, _policy, _share = known, policy, share


def _do(job: Job, content: bytes, first: bool) -> Answer:
    rows_or_bytes = unpacked(content) if job.source in COLUMNAR else content
    return crossing(expected(job, rows_or_bytes, _known, _policy, _share, first=first))
