"""A survey of shards for `link stats`: find them, count what they hold, keep the account.

Tallies are added up in the order of the shards, and within one in that of its pieces, whoever has
made them. One bad shard never stops the rest.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from link.errors import LinkError, ShardError, UsageError, place_of
from link.kernel.compiled import CompiledLexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.report.stats import Inputs, Sampled, TokenizerNamed, stats_dict
from link.report.tally import MOST_REASONS, Tally
from link.report.weighting import weigh
from link.run.job import Job
from link.run.local import (
    PIECES_A_WORKER,
    POLL_SECONDS,
    compiled_files,
    died,
    packed,
    split,
    unpacked,
)
from link.run.plan import refuse_useless
from link.run.pool import Hands, Pool, WorkerDiedError
from link.run.sample_plan import SamplePlan, plan_sample
from link.run.sampling import Sampling
from link.run.shard import Task, open_source, told_of
from link.run.survey import Survey, Surveyed, tokenizer_of
from link.shards.batch import Piece
from link.shards.codecs import NONE
from link.shards.fields import Fields
from link.shards.find import STANDARD_STREAM, Shard, find_shards
from link.shards.formats import COLUMNAR, TEXT
from link.shards.jsonl import BLOCK_BYTES
from link.shards.text import LINE

Progress = Callable[[int], object]
Look = Callable[[Survey, Iterable[Piece]], Generator[Surveyed, None, None]]


@dataclass(frozen=True, kw_only=True)
class StatsSpec:
    """What is to be looked at, and by which lexicons and policy.

    `document`: what of plain text is one; None for lines, and for standard input that is JSON
    Lines. `by`: a field whose values are told apart. `tokenizer`: a tokenizer's file.
    `sample_bytes`: how much text is read of all there is; None for all of it.
    """

    inputs: Sequence[str]
    lexicons: Lexicons
    policy: Policy
    fields: Fields = field(default_factory=Fields)
    document: str | None = None
    by: str | None = None
    tokenizer: str | None = None
    sample_bytes: int | None = None
    sample_seed: int = 0
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class StatsPlan:
    """The shards that are read. `sample`: how they, and documents in them, were drawn, if so."""

    tasks: list[Task]
    left_alone: list[Path | str]
    shards_found: int
    sample: SamplePlan | None = None

    @property
    def size_bytes(self) -> int:
        return sum(task.size_bytes for task in self.tasks)


@dataclass(slots=True)
class ShardTally:
    """What one shard holds, and its size as stored."""

    tally: Tally
    size_bytes: int


@dataclass(slots=True)
class StatsReport:
    """What came of it. `by_shard`: of a sample of shards, which sample rows are of which."""

    tally: Tally = field(default_factory=Tally)
    shards: int = 0
    size_bytes: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # (input, what is wrong)
    shard_of_rows: list[int] = field(default_factory=list)
    shard_sizes: list[int] = field(default_factory=list)


def plan_stats(spec: StatsSpec) -> StatsPlan:
    """Find the shards, and draw a sample if there is to be one. Raises `UsageError`."""
    refuse_useless(spec.lexicons)
    if spec.tokenizer is not None:
        tokenizer_of(spec.tokenizer)  # before any work, whether it can be read
    found = find_shards(spec.inputs)
    tasks = [_task(spec, shard) for shard in found.shards]
    left_alone = [path for path, _ in found.companions] + found.left_alone
    if spec.sample_bytes is None:
        return StatsPlan(tasks, left_alone, len(tasks))
    if any(task.path == STANDARD_STREAM for task in tasks):
        raise UsageError("--sample needs files, whose sizes are known; - is read to its end")
    sample = plan_sample(tasks, spec.sample_bytes, spec.sample_seed)
    chosen = tasks if sample is None else sample.tasks
    return StatsPlan(chosen, left_alone, len(tasks), sample)


def _task(spec: StatsSpec, shard: Shard) -> Task:
    if shard.path == STANDARD_STREAM and spec.document is not None:
        shard = replace(shard, name="stdin.txt", format=TEXT)
    return Task(
        path=shard.path,
        name=shard.name,
        output=None,
        codec_in=shard.codec,
        codec_out=NONE,
        level=None,
        fields=spec.fields,
        format_in=shard.format,
        format_out=shard.format,
        document=spec.document or LINE,
    )


def take_stats(spec: StatsSpec, planned: StatsPlan, progress: Progress) -> StatsReport:
    """Read the shards and add up what they hold."""
    report = StatsReport()
    sampling = planned.sample.sampling if planned.sample else None
    works = [_Work(task, spec.by, spec.tokenizer, sampling) for task in planned.tasks]
    outcomes = (
        _here(works, spec, progress)
        if spec.jobs == 1 or not works
        else _in_pool(works, spec, progress)
    )
    with closing(outcomes):
        for work, outcome in outcomes:
            if isinstance(outcome, LinkError):
                report.failed.append((work.task.path, str(outcome)))
                continue
            report.size_bytes += outcome.size_bytes
            report.shard_of_rows += [report.shards] * len(outcome.tally.sample)
            report.shard_sizes.append(outcome.size_bytes)
            report.shards += 1
            report.tally.merge(outcome.tally)
    return report


# --- one shard -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Work:
    """A shard to be looked at, and what is to be counted in it."""

    task: Task
    by: str | None
    tokenizer: str | None
    sampling: Sampling | None


def _shard(work: _Work, look: Look, progress: Progress | None) -> ShardTally:
    """What a shard holds. Raises `ShardError` if it cannot be read to its end."""
    task = work.task
    with told_of(task), open_source(task, progress) as source:
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
        with closing(look(survey, source.pieces())) as found:
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


Outcome = tuple[_Work, ShardTally | LinkError]


def _outcome(work: _Work, look: Look, progress: Progress | None) -> ShardTally | LinkError:
    try:
        return _shard(work, look, progress)
    except ShardError as error:
        return error


def _here(
    works: Sequence[_Work], spec: StatsSpec, progress: Progress
) -> Generator[Outcome, None, None]:
    look = _in_this_process(spec.lexicons.compiled, spec.policy)
    for work in works:
        yield work, _outcome(work, look, progress)


# --- several processes ---------------------------------------------------------------------------


def _in_pool(
    works: Sequence[_Work], spec: StatsSpec, progress: Progress
) -> Generator[Outcome, None, None]:
    """Shards in several processes, large ones in pieces, in the order of the shards."""
    alone, _ = split([work.task for work in works], spec.jobs)
    large = {task.path for task in alone}
    with (
        tempfile.TemporaryDirectory() as scratch,
        compiled_files(spec.lexicons.compiled, Path(scratch) / "compiled") as folder,
        closing(Pool(spec.jobs, folder, spec.policy)) as pool,
    ):
        waiting: list[_Work] = []
        for work in works:
            if work.task.path not in large:
                waiting.append(work)
                continue
            yield from _one_each(pool, waiting, progress)
            waiting = []
            yield work, _outcome(work, _in_pieces(pool), progress)
        yield from _one_each(pool, waiting, progress)


def _one_each(
    pool: Pool, works: Sequence[_Work], progress: Progress
) -> Generator[Outcome, None, None]:
    """A shard to each process. What is done before its turn waits, of bounded number."""
    todo = deque(works)
    under_way: deque[tuple[int, _Work]] = deque()
    answers: dict[int, object] = {}
    seen = pool.bytes_read
    while todo or under_way:
        while todo and len(under_way) < pool.jobs * PIECES_A_WORKER:
            work = todo.popleft()
            under_way.append((pool.submit(_do_shard, work), work))
        ticket, work = under_way[0]
        while ticket not in answers:
            answers.update(pool.results(POLL_SECONDS))
            progress(pool.bytes_read - seen)
            seen = pool.bytes_read
        under_way.popleft()
        answer = answers.pop(ticket)
        if isinstance(answer, WorkerDiedError):
            yield work, died(work.task.path)
        else:
            assert isinstance(answer, ShardTally | LinkError), "a worker answers with a tally"
            yield work, answer


def _do_shard(hands: Hands, work: _Work) -> ShardTally:
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
    rows_or_bytes = unpacked(content) if survey.job.source in COLUMNAR else content
    return survey.do(rows_or_bytes, hands.lexicon, hands.policy, first=first, number=number)


# --- the figures ---------------------------------------------------------------------------------


def figures(spec: StatsSpec, planned: StatsPlan, report: StatsReport) -> dict[str, Any]:
    """All figures under their published names."""
    return stats_dict(
        report.tally,
        spec.policy,
        spec.lexicons,
        Inputs(
            inputs=list(spec.inputs),
            shards=report.shards,
            shards_found=planned.shards_found,
            size_bytes=report.size_bytes,
            failed=report.failed,
            left_alone=[str(path) for path in planned.left_alone],
        ),
        by=spec.by,
        tokenizer=_tokenizer_named(spec.tokenizer),
        sampled=_sampled(planned, report),
    )


def _tokenizer_named(path: str | None) -> TokenizerNamed | None:
    if path is None:
        return None
    own = tokenizer_of(path)
    return TokenizerNamed(
        name=own.name, kind=own.kind, sha256=own.sha256, vocabulary_size=own.vocabulary_size
    )


def _sampled(planned: StatsPlan, report: StatsReport) -> Sampled | None:
    sample, tally = planned.sample, report.tally
    if sample is None:
        return None
    if not tally.sample or tally.known is None:
        raise UsageError(
            f"not one document is in the sample of {sample.asked_bytes:,} bytes; "
            f"name a larger --sample"
        )
    return Sampled(
        weighted=weigh(
            tally.sample,
            report.shard_of_rows,
            tally.known,
            report.shard_sizes,
            sample.size_bytes if sample.is_of_shards else sum(report.shard_sizes),
        ),
        asked_bytes=sample.asked_bytes,
        seed=sample.sampling.seed,
        rate=sample.sampling.rate,
    )
