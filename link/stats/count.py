"""What `link stats` does with shards: find their documents, count what they hold, keep the account.

Tallies are added up in the order of the shards, and within one in that of its pieces, whoever has
made them. One bad shard never stops the rest.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from link.block import Buffer, Int64s, UInt64s, block_of
from link.errors import ShardError, UsageError, place_of
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.ahead import read_ahead
from link.run.context import Ray, WorkerContext, engine_of
from link.run.documents import reading_tasks
from link.run.folder import Slice
from link.run.job import Job
from link.run.plan import refuse_useless
from link.run.progress import Meter
from link.run.shard import job_of, open_source
from link.run.shards import Content, DoPieces, as_shard_errors, map_shards
from link.run.task import Task
from link.shards.batch import BadRecord, Piece
from link.shards.fields import Fields, check_names
from link.shards.find import STANDARD_STREAM, find_shards
from link.shards.groups import Groups
from link.shards.rows import size_of
from link.splice import splice
from link.stats.sample import SamplePlan, Sampling, plan_sample
from link.stats.tally import COLUMN, MOST_REASONS, OF_DOCUMENTS, TOKEN_COLUMNS, Tally
from link.tokens import Tokenizer, load_tokenizer
from link.tokens.counts import without_lone_surrogates


@dataclass(frozen=True, kw_only=True)
class StatsSpec:
    """What is to be looked at, and by which lexicons and policy.

    `document`: what of plain text is one; None for lines, and for standard input that is JSON
    Lines. `by`: a field whose values are told apart. `tokenizer`: a tokenizer's file.
    `sample_bytes`: how much text is read of all there is; None for all of it. `part`: what of the
    shards is counted here; None for all of them.
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
    part: Slice | None = None


@dataclass(frozen=True, slots=True)
class StatsPlan:
    """The shards that are read. `sample`: how they, and documents in them, were drawn, if so."""

    tasks: list[Task]
    left_alone: list[Path | str]
    shards_found: int
    sample: SamplePlan | None = None

    def of(self, part: Slice | None) -> list[tuple[int, Task]]:
        """What one task of an array job counts, or all: shards, and their numbers among all."""
        numbered = list(enumerate(self.tasks))
        return numbered if part is None else numbered[part.index :: part.count]


@dataclass(frozen=True, slots=True)
class Seen:
    """What there was in a shard. `number`: its place among all shards, from 0.

    `size_bytes`: as stored; `documents`, `text_bytes`: all that are there, taken or not. `sums`: of
    what was taken (`COLUMNS`). `bad_reasons`: of the first bad records. `failure`: why the shard
    could not be read.
    """

    number: int
    size_bytes: int = 0
    documents: int = 0
    text_bytes: int = 0
    sums: Sequence[int] = ()
    bad_reasons: Sequence[str] = ()
    failure: str | None = None


@dataclass(slots=True)
class StatsReport:
    """What came of it. `shards`: in their order."""

    tally: Tally
    shards: list[Seen] = field(default_factory=list)

    @property
    def failed(self) -> list[tuple[int, str]]:
        """Numbers of shards that could not be read, and why."""
        return [(seen.number, seen.failure) for seen in self.shards if seen.failure is not None]

    @property
    def bad_reasons(self) -> list[str]:
        """Of the first bad records of all."""
        return [reason for seen in self.shards for reason in seen.bad_reasons][:MOST_REASONS]


def plan_stats(spec: StatsSpec) -> StatsPlan:
    """Find the shards, and draw a sample if there is to be one. Raises `UsageError`."""
    refuse_useless(spec.lexicons)
    check_names([] if spec.by is None else [spec.by])
    if spec.tokenizer is not None:
        tokenizer_of(spec.tokenizer)  # before any work, whether it can be read
    found = find_shards(spec.inputs)
    tasks = reading_tasks(found, spec.fields, spec.document)
    left_alone = [path for path, _ in found.companions] + found.left_alone
    if spec.sample_bytes is None:
        return StatsPlan(tasks, left_alone, len(tasks))
    if any(task.path == STANDARD_STREAM for task in tasks):
        raise UsageError("--sample needs files, whose sizes are known; - is read to its end")
    sample = plan_sample(tasks, spec.sample_bytes, spec.sample_seed)
    return StatsPlan(tasks if sample is None else sample.tasks, left_alone, len(tasks), sample)


def take_stats(spec: StatsSpec, planned: StatsPlan, meter: Meter) -> StatsReport:
    """Read the shards and add up what they hold, in their order."""
    report = StatsReport(Tally.of(spec.lexicons.compiled))
    sampling = None if planned.sample is None else planned.sample.sampling
    work = StatsWork(spec.by, spec.tokenizer, sampling)
    context = WorkerContext(spec.lexicons.compiled, spec.policy, meter)
    left = planned.of(spec.part)[::-1]
    tasks = [task for _, task in left[::-1]]
    found: dict[Task, list[tuple[Tally, Seen] | ShardError]] = {}  # one may be named twice
    with (
        engine_of(spec.jobs if tasks else 1, context, ray=spec.ray) as engine,
        closing(map_shards(engine, work, tasks, context, in_order=True)) as outcomes,
    ):
        for done, outcome in outcomes:
            found.setdefault(done, []).append(outcome)
            while left and found.get(left[-1][1]):
                number, task = left.pop()
                _add(report, number, found[task].pop())
    return report


def _add(report: StatsReport, number: int, outcome: tuple[Tally, Seen] | ShardError) -> None:
    if isinstance(outcome, ShardError):
        report.shards.append(Seen(number, failure=str(outcome)))
    else:
        tally, seen = outcome
        report.shards.append(replace(seen, number=number))
        report.tally.merge(tally)


# --- in a worker ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatsWork:
    """Counts what a shard holds; see `PieceStats`."""

    by: str | None
    tokenizer: str | None
    sampling: Sampling | None

    def do(
        self, task: Task, context: WorkerContext, do_pieces: DoPieces["Counted"]
    ) -> tuple[Tally, Seen]:
        """Raises `ShardError` if the shard cannot be read to its end."""
        progress = context.meter.read
        with as_shard_errors(task.path, task.output.format), open_source(task, progress) as source:
            # Swaps need to know which record a document is in, and so do groups.
            job = replace(job_of(task, source), swaps=self.by is not None)
            each = PieceStats(job, self.by, self.tokenizer, self.sampling)
            each.check()
            tally, reasons = Tally.of(context.lexicon), list[str]()
            lines = 0
            with (
                closing(read_ahead(task.path, source.pieces())) as pieces,
                closing(do_pieces(each, pieces)) as found,
            ):
                for _, counted in found:
                    for bad in counted.bad[: MOST_REASONS - len(reasons)]:
                        byte = None if bad.byte is None else bad.byte + tally.bytes_read
                        place = place_of(bad.number + lines, byte)
                        reasons.append(f"{task.path}: {place}: {bad.reason}")
                    lines += counted.lines
                    tally.merge(counted.tally)
            sums = () if self.sampling is None else tally.arrays["sums"].tolist()
            sizes = (source.size_bytes, tally.documents_seen, tally.bytes_seen)
            return tally, Seen(0, *sizes, sums, reasons)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in a piece, its first bad records, and how many lines or rows it has."""

    tally: Tally
    bad: tuple[BadRecord, ...]
    lines: int


@dataclass(frozen=True)
class PieceStats:
    """What is counted in the pieces of one shard.

    `job`: how documents are found in it. `by`: the field by whose values they are told apart.
    `tokenizer`: its file. `sampling`: what is looked at; None for all.
    """

    job: Job
    by: str | None = None
    tokenizer: str | None = None
    sampling: Sampling | None = None

    @property
    def shard(self) -> str:
        return self.job.shard

    @property
    def target(self) -> str:
        return self.job.target

    def needed_of(self, piece: Piece) -> Content:
        """What of a piece is looked at."""
        if not isinstance(piece.content, pa.RecordBatch):
            return piece.content
        names = dict.fromkeys(self.job.needed)
        if self.by is not None:
            own = self.by.split(".")[0]
            names |= {own: None} if own in piece.content.schema.names else {}
        return piece.content.select(list(names))

    def check(self) -> None:
        """Raise `ShardError` if the shard cannot be looked at at all."""
        self.job.check()
        if self.by is not None:
            _groups(self.by, self.job.source)

    def do(self, content: Content, context: WorkerContext, *, first: bool, number: int) -> Counted:
        """Count what a piece holds."""
        try:
            batch = self.job.finder.find(content, first)
        except pa.ArrowException as error:
            raise ShardError(f"{self.job.shard}: the data is damaged ({error})") from error
        tally = Tally.of(context.lexicon)
        tally.records = batch.records + len(batch.bad)
        tally.bad_records = len(batch.bad)
        tally.documents_seen = batch.documents
        tally.bytes_read = len(content) if isinstance(content, bytes) else size_of(content)
        for place, block in enumerate(batch.blocks):
            groups = None
            if self.by is not None:
                groups = _groups(self.by, self.job.source).of(content, batch.places[place])
            tally.bytes_seen += sum(map(len, block.texts))
            if self.sampling is None:
                self._count(tally, block.texts, block.keys, groups, context)
                continue
            taken = self.sampling.take(block)
            if len(taken.texts):
                keys = block.keys[taken.document]
                groups = groups and [groups[index] for index in taken.document.tolist()]
                rows = self._count(tally, taken.texts, keys, groups, context, taken.parts)
                tally.sample.append((rows, taken.numbers, keys))
        bad = tuple(replace(each, raw=b"") for each in batch.bad[:MOST_REASONS])
        return Counted(tally, bad, batch.lines)

    def _count(
        self,
        tally: Tally,
        texts: Sequence[Buffer],
        keys: UInt64s,
        groups: list[str] | None,
        context: WorkerContext,
        parts: Int64s | None = None,
    ) -> Int64s:
        """The rows of documents, or of passages that are millionths of some (`parts`)."""
        rows, result = tally.count(texts, keys, context.lexicon, context.policy)
        new = splice(block_of(texts, keys), result.swaps, context.lexicon, context.policy)
        rows[:, COLUMN["bytes_text_after"]] = new.ends - new.starts
        if self.tokenizer is not None:
            before = self._tokens(texts)
            # What is not swapped has the same tokens.
            changed = np.flatnonzero(result.counts.swapped > 0)
            after = before.copy()
            data = memoryview(new.data)
            spans = zip(new.starts[changed].tolist(), new.ends[changed].tolist(), strict=True)
            after[changed] = self._tokens([data[start:end] for start, end in spans])
            at = COLUMN["tokens"]
            rows[:, at : at + 2 * len(TOKEN_COLUMNS)] = np.hstack((before, after))
        if parts is not None:
            rows[:, :OF_DOCUMENTS] *= parts[:, None]
        tally.add_rows(rows, result.counts.language, groups)
        return rows

    def _tokens(self, texts: Sequence[Buffer]) -> Int64s:
        """Columns `TOKEN_COLUMNS` of texts."""
        assert self.tokenizer is not None, "there is a tokenizer"
        counts = tokenizer_of(self.tokenizer).count(
            [str(without_lone_surrogates(text), "utf-8", "replace") for text in texts]
        )
        return np.stack([getattr(counts, name) for name in TOKEN_COLUMNS], axis=1)


@lru_cache(maxsize=1)
def tokenizer_of(path: str) -> Tokenizer:
    """The tokenizer of a file, loaded once a process."""
    return load_tokenizer(path)


@lru_cache(maxsize=4)
def _groups(name: str, container: str) -> Groups:
    return Groups(name, container)
