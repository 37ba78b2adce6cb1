"""A survey of shards for `link stats`: find them, count what they hold, keep the account.

Tallies are added up in the order of the shards, and within one in that of its pieces, whoever has
made them. One bad shard never stops the rest.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from link.errors import ShardError, UsageError, place_of
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.ahead import read_ahead
from link.run.context import Ray, WorkerContext, engine_of
from link.run.plan import refuse_useless
from link.run.progress import Meter
from link.run.shard import job_of, open_source
from link.run.shards import DoPieces, as_shard_errors, map_shards
from link.run.task import Task
from link.shards.codecs import NONE
from link.shards.fields import Fields, check_names
from link.shards.find import STANDARD_STREAM, Shard, find_shards
from link.shards.formats import TEXT
from link.shards.text import LINE
from link.stats.figures import Inputs, TokenizerNamed, stats_dict
from link.stats.sample_plan import SamplePlan, plan_sample
from link.stats.sampling import Sampling
from link.stats.survey import Survey, Surveyed, tokenizer_of
from link.stats.tally import MOST_REASONS, Tally
from link.stats.view import Sampled
from link.stats.weighting import weigh


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
    ray: Ray | None = None


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
    check_names([] if spec.by is None else [spec.by])
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


@dataclass(slots=True)
class ShardTally:
    """What one shard holds, and its size as stored."""

    tally: Tally
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StatsWork:
    """Counts what a shard holds.

    `by`: the field whose values are told apart. `sampling`: which documents are looked at.
    """

    by: str | None
    tokenizer: str | None
    sampling: Sampling | None

    def do(self, task: Task, context: WorkerContext, do_pieces: DoPieces[Surveyed]) -> ShardTally:
        """Raises `ShardError` if the shard cannot be read to its end."""
        progress = context.meter.read
        with as_shard_errors(task.path, task.format_out), open_source(task, progress) as source:
            # Swaps need to know which record a document is in, and so do groups.
            job = replace(job_of(task, source), swaps=self.by is not None)
            survey = Survey(task.name, job, self.by, self.tokenizer, self.sampling)
            survey.check()
            tally = Tally()
            lines = 0
            with (
                closing(read_ahead(task.path, source.pieces())) as pieces,
                closing(do_pieces(survey, pieces)) as found,
            ):
                for _, surveyed in found:
                    for bad in surveyed.bad[: MOST_REASONS - len(tally.bad_reasons)]:
                        byte = None if bad.byte is None else bad.byte + tally.bytes_read
                        place = place_of(bad.number + lines, byte)
                        tally.bad_reasons.append(f"{task.path}: {place}: {bad.reason}")
                    lines += surveyed.lines
                    tally.merge(surveyed.tally)
            return ShardTally(tally, source.size_bytes)


def take_stats(spec: StatsSpec, planned: StatsPlan, meter: Meter) -> StatsReport:
    """Read the shards and add up what they hold, in their order."""
    report = StatsReport()
    work = StatsWork(spec.by, spec.tokenizer, planned.sample.sampling if planned.sample else None)
    context = WorkerContext(spec.lexicons.compiled, spec.policy, meter)
    jobs = spec.jobs if planned.tasks else 1
    found: dict[Task, ShardTally | ShardError] = {}
    with (
        engine_of(jobs, context, ray=spec.ray) as engine,
        closing(map_shards(engine, work, planned.tasks, context, in_order=True)) as outcomes,
    ):
        left = iter(planned.tasks)
        task = next(left, None)
        for done, outcome in outcomes:
            found[done] = outcome
            while task in found:
                _add(report, task, found.pop(task))
                task = next(left, None)
    return report


def _add(report: StatsReport, task: Task, outcome: ShardTally | ShardError) -> None:
    if isinstance(outcome, ShardError):
        report.failed.append((task.path, str(outcome)))
        return
    report.size_bytes += outcome.size_bytes
    report.shard_of_rows += [report.shards] * len(outcome.tally.sample)
    report.shard_sizes.append(outcome.size_bytes)
    report.shards += 1
    report.tally.merge(outcome.tally)


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
