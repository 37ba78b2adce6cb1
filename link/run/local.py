"""Engines on one machine: this process, or a pool of processes.

A pool takes a shard to each process, and a shard that is large beside the others in pieces to all
of them: then this process reads, and writes what comes back, in order. The bytes are the same.
"""

import shutil
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from link.errors import LinkError, ShardError, reason_of
from link.kernel.compiled import CompiledLexicon
from link.lexicon.arrays_file import save_compiled
from link.lexicon.cache import lend
from link.policy import Policy
from link.run.job import Done, Job
from link.run.meter import Meter
from link.run.pool import Hands, Pool, WorkerDiedError
from link.run.shard import (
    Engine,
    ShardReport,
    Task,
    content_for,
    in_this_process,
    process_shard,
    told_of,
)
from link.shards.batch import Piece
from link.shards.formats import COLUMNAR
from link.shards.jsonl import BLOCK_BYTES

Outcome = tuple[Task, ShardReport | LinkError]
Answer = tuple[Done, bytes, bytes | None]
"""What a worker made of a piece: the account, then content and swaps as they cross."""

PIECES_A_WORKER = 2  # one at work, one waiting


def run_here(
    tasks: Sequence[Task],
    lexicon: CompiledLexicon,
    policy: Policy,
    meter: Meter,
) -> Generator[Outcome, None, None]:
    """One shard after the other, in this process."""
    engine = in_this_process(lexicon, policy)
    for task in tasks:
        yield task, _processed(task, engine, policy, meter)


def run_in_pool(
    tasks: Sequence[Task],
    lexicon: CompiledLexicon,
    policy: Policy,
    meter: Meter,
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
    alone, others = (list(tasks), []) if in_order else split(tasks, jobs)
    with (
        compiled_files(lexicon, scratch) as folder,
        closing(Pool(jobs, folder, policy, lock, meter)) as pool,
    ):
        engine = _in_pieces(pool)
        for task in alone:
            yield task, _processed(task, engine, policy, meter, threads=jobs)
        yield from _one_each(pool, others)


def split(tasks: Sequence[Task], jobs: int) -> tuple[list[Task], list[Task]]:
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
    meter: Meter,
    threads: int = 1,
) -> ShardReport | LinkError:
    try:
        return process_shard(task, engine, policy, meter, threads)
    except ShardError as error:
        return error


@contextmanager
def compiled_files(lexicon: CompiledLexicon, scratch: Path) -> Iterator[Path]:
    """The lexicon's arrays in a folder that workers map into memory: the cached ones, or copies."""
    scratch.mkdir(parents=True)
    try:
        try:
            if not lend(lexicon, scratch):
                save_compiled(lexicon, scratch)
        except OSError as error:
            raise ShardError(f"{scratch} cannot be written: {reason_of(error)}") from error
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def died(path: str) -> ShardError:
    return ShardError(
        f"{path}: not done, because a worker process died (out of memory, or killed); "
        f"run the same command again, with fewer --jobs if memory was short"
    )


# --- a shard to each process ---------------------------------------------------------------------


def _one_each(pool: Pool, tasks: Sequence[Task]) -> Generator[Outcome, None, None]:
    todo = deque(tasks)
    at_work: dict[int, Task] = {}
    while todo or at_work:
        while todo and len(at_work) < pool.jobs:
            task = todo.popleft()
            at_work[pool.submit(_do_shard, task)] = task
        for ticket, result in pool.results():
            done = at_work.pop(ticket, None)
            if done is not None:  # and not a piece of a shard that has failed meanwhile
                yield done, died(done.path) if isinstance(result, WorkerDiedError) else result


def _do_shard(hands: Hands, task: Task) -> ShardReport:
    engine = in_this_process(hands.lexicon, hands.policy)
    return process_shard(task, engine, hands.policy, hands.meter)


# --- a shard in pieces ---------------------------------------------------------------------------


def _in_pieces(pool: Pool) -> Engine:
    """The engine that has the pieces of one shard done by all processes.

    What is under way is bounded by number and by size, so a giant record is under way alone.
    """
    most_pieces = pool.jobs * PIECES_A_WORKER
    most_bytes = 2 * most_pieces * BLOCK_BYTES

    def each(job: Job, pieces: Iterable[Piece]) -> Generator[tuple[Piece, Done], None, None]:
        under_way: deque[tuple[int, Piece, int]] = deque()  # ticket, piece, size
        answers: dict[int, object] = {}
        total = 0
        for piece in pieces:
            content = packed(content_for(job, piece))
            while under_way and (
                len(under_way) == most_pieces or total + len(content) > most_bytes
            ):
                ticket, first, size = under_way.popleft()
                yield first, _answer(pool, job, ticket, answers)
                total -= size
            under_way.append(
                (pool.submit(_do_piece, job, content, piece.first), piece, len(content))
            )
            total += len(content)
            del content, piece
        while under_way:
            ticket, first, _ = under_way.popleft()
            yield first, _answer(pool, job, ticket, answers)

    return each


def _answer(pool: Pool, job: Job, ticket: int, answers: dict[int, object]) -> Done:
    """What became of a piece; `answers` keeps those that came back before their turn."""
    while ticket not in answers:
        answers.update(pool.results())
    answer = answers.pop(ticket)
    if isinstance(answer, WorkerDiedError):
        raise died(job.shard)
    if isinstance(answer, LinkError):
        raise answer
    assert isinstance(answer, tuple), "a worker answers with what it made of the piece"
    return landed(job, *answer)


def _do_piece(hands: Hands, job: Job, content: bytes, first: bool) -> Answer:
    with told_of(job.shard, job.target):
        rows_or_bytes = unpacked(content) if job.source in COLUMNAR else content
        return crossing(job.do(rows_or_bytes, hands.lexicon, hands.policy, first=first))


def crossing(done: Done) -> Answer:
    """What became of a piece, as it crosses to another process."""
    swaps = None if done.swaps is None else packed(done.swaps)
    if isinstance(done.content, pa.RecordBatch):
        content = packed(done.content)
    else:
        content = b"".join(map(memoryview, done.content))
    return replace(done, content=(), swaps=None), content, swaps


def landed(job: Job, done: Done, content: bytes, swaps: bytes | None) -> Done:
    """What became of a piece, when it has crossed."""
    return replace(
        done,
        content=unpacked(content) if job.gives_rows else [content],
        swaps=None if swaps is None else unpacked(swaps),
    )


def packed(content: bytes | pa.RecordBatch) -> bytes:
    """Rows as an Arrow stream: pickled, a slice of them would bring along all of their buffers."""
    if isinstance(content, bytes):
        return content
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, content.schema) as writer:
        writer.write_batch(content)
    return bytes(sink.getvalue())


def unpacked(data: bytes) -> pa.RecordBatch:
    return pa.ipc.open_stream(data).read_next_batch()
