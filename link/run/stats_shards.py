"""Tallies of shards, one after the other or by several processes, in the order of the shards.

A pool takes a shard to each process, and a shard that is large beside the others in pieces to all
of them, as a run does (`local.py`); the tallies are the same.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from link.errors import LinkError, ShardError, place_of
from link.kernel.compiled import CompiledLexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.report.tally import MOST_REASONS, Tally
from link.run.ahead import read_ahead
from link.run.job import Job
from link.run.local import (
    PIECES_A_WORKER,
    compiled_files,
    died,
    packed,
    split,
    unpacked,
)
from link.run.pool import Hands, Pool, WorkerDiedError
from link.run.sampling import Sampling
from link.run.shard import Task, open_source, told_of
from link.run.survey import Survey, Surveyed
from link.shards.batch import Piece
from link.shards.formats import COLUMNAR
from link.shards.jsonl import BLOCK_BYTES

Progress = Callable[[int], object]
_POLL_SECONDS = 0.2

Look = Callable[[Survey, Iterable[Piece]], Generator[Surveyed, None, None]]


@dataclass(slots=True)
class ShardTally:
    """What one shard holds, and its size as stored."""

    tally: Tally
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ShardWork:
    """A shard to be looked at, and what is to be counted in it."""

    task: Task
    by: str | None
    tokenizer: str | None
    sampling: Sampling | None


def _shard(work: ShardWork, look: Look, progress: Progress | None) -> ShardTally:
    """What a shard holds. Raises `ShardError` if it cannot be read to its end."""
    task = work.task
    with told_of(task.path, task.format_out), open_source(task, progress) as source:
        survey = Survey(
            name=task.name,
            # Swaps need to know which record a document is in, and so do groups.
            job=Job(
                task.path,
                task.format_in,
                task.format_out,
                task.fields,
                task.document,
                source.schema,
                swaps=work.by is not None,
            ),
            by=work.by,
            tokenizer=work.tokenizer,
            sampling=work.sampling,
        )
        survey.check()
        tally = Tally()
        lines = 0
        with (
            closing(read_ahead(task.path, source.pieces())) as pieces,
            closing(look(survey, pieces)) as found,
        ):
            for surveyed in found:
                for bad in surveyed.bad[: MOST_REASONS - len(tally.bad_reasons)]:
                    byte = None if bad.byte is None else bad.byte + tally.bytes_read
                    place = place_of(bad.number + lines, byte)
                    tally.bad_reasons.append(f"{task.path}: {place}: {bad.reason}")
                lines += surveyed.lines
                tally.merge(surveyed.tally)
        return ShardTally(tally, source.size_bytes)


def _in_this_process(lexicon: CompiledLexicon, policy: Policy) -> Look:
    def each(survey: Survey, pieces: Iterable[Piece]) -> Generator[Surveyed, None, None]:
        for number, piece in enumerate(pieces):
            content = survey.content(piece)
            yield survey.do(content, lexicon, policy, first=piece.first, number=number)

    return each


Outcome = tuple[ShardWork, ShardTally | LinkError]


def _outcome(work: ShardWork, look: Look, progress: Progress | None) -> ShardTally | LinkError:
    try:
        return _shard(work, look, progress)
    except ShardError as error:
        return error


def tally_here(
    works: Sequence[ShardWork], lexicons: Lexicons, policy: Policy, progress: Progress
) -> Generator[Outcome, None, None]:
    look = _in_this_process(lexicons.compiled, policy)
    for work in works:
        yield work, _outcome(work, look, progress)


# --- several processes ---------------------------------------------------------------------------


def tally_in_pool(
    works: Sequence[ShardWork], lexicons: Lexicons, policy: Policy, progress: Progress, *, jobs: int
) -> Generator[Outcome, None, None]:
    """Shards in several processes, large ones in pieces, in the order of the shards."""
    alone, _ = split([work.task for work in works], jobs)
    large = {task.path for task in alone}
    with (
        tempfile.TemporaryDirectory() as scratch,
        compiled_files(lexicons.compiled, Path(scratch) / "compiled") as folder,
        closing(Pool(jobs, folder, policy)) as pool,
    ):
        waiting: list[ShardWork] = []
        for work in works:
            if work.task.path not in large:
                waiting.append(work)
                continue
            yield from _one_each(pool, waiting, progress)
            waiting = []
            yield work, _outcome(work, _in_pieces(pool), progress)
        yield from _one_each(pool, waiting, progress)


def _one_each(
    pool: Pool, works: Sequence[ShardWork], progress: Progress
) -> Generator[Outcome, None, None]:
    """A shard to each process. What is done before its turn waits, of bounded number."""
    todo = deque(works)
    under_way: deque[tuple[int, ShardWork]] = deque()
    answers: dict[int, object] = {}
    seen = pool.bytes_read
    while todo or under_way:
        while todo and len(under_way) < pool.jobs * PIECES_A_WORKER:
            work = todo.popleft()
            under_way.append((pool.submit(_do_shard, work), work))
        ticket, work = under_way[0]
        while ticket not in answers:
            answers.update(pool.results(_POLL_SECONDS))
            progress(pool.bytes_read - seen)
            seen = pool.bytes_read
        under_way.popleft()
        answer = answers.pop(ticket)
        if isinstance(answer, WorkerDiedError):
            yield work, died(work.task.path)
        else:
            assert isinstance(answer, ShardTally | LinkError), "a worker answers with a tally"
            yield work, answer


def _do_shard(hands: Hands, work: ShardWork) -> ShardTally:
    return _shard(work, _in_this_process(hands.lexicon, hands.policy), hands.count)


def _in_pieces(pool: Pool) -> Look:
    """The pieces of one shard are looked at by all processes.

    What is under way is bounded by number and by size, so a giant record is under way alone.
    """
    most_pieces = pool.jobs * PIECES_A_WORKER
    most_bytes = 2 * most_pieces * BLOCK_BYTES

    def each(survey: Survey, pieces: Iterable[Piece]) -> Generator[Surveyed, None, None]:
        under_way: deque[tuple[int, int]] = deque()  # ticket, size
        answers: dict[int, object] = {}
        total = 0
        for number, piece in enumerate(pieces):
            content = packed(survey.content(piece))
            while under_way and (
                len(under_way) == most_pieces or total + len(content) > most_bytes
            ):
                ticket, size = under_way.popleft()
                yield _answer(pool, survey, ticket, answers)
                total -= size
            ticket = pool.submit(_do_piece, survey, content, piece.first, number)
            under_way.append((ticket, len(content)))
            total += len(content)
        while under_way:
            ticket, _ = under_way.popleft()
            yield _answer(pool, survey, ticket, answers)

    return each


def _answer(pool: Pool, survey: Survey, ticket: int, answers: dict[int, object]) -> Surveyed:
    while ticket not in answers:
        answers.update(pool.results())
    answer = answers.pop(ticket)
    if isinstance(answer, WorkerDiedError):
        raise died(survey.job.shard)
    if isinstance(answer, LinkError):
        raise answer
    assert isinstance(answer, Surveyed), "a worker answers with what it counted"
    return answer


def _do_piece(hands: Hands, survey: Survey, content: bytes, first: bool, number: int) -> Surveyed:
    with told_of(survey.job.shard, survey.job.target):
        rows_or_bytes = unpacked(content) if survey.job.source in COLUMNAR else content
        return survey.do(rows_or_bytes, hands.lexicon, hands.policy, first=first, number=number)
