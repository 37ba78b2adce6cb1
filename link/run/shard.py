"""One shard: read, substitute, write, publish. Pure in its inputs, whatever engine calls it."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from link.block import Buffer, Int64s
from link.errors import LinkError, OutputClosedError, ShardError, reason_of, unforeseen
from link.kernel.compiled import CompiledLexicon
from link.policy import Policy
from link.report.counts import Count, Totals
from link.run.ahead import read_ahead
from link.run.aside import quarantine_sink, set_aside
from link.run.job import Done, Job, refusal
from link.run.meter import Ahead, Meter
from link.shards.batch import Piece
from link.shards.codecs import CompressedSink, Tally, compressor
from link.shards.columns import Columns, TextIsRecordError, infer_columns
from link.shards.fields import Fields, path_of
from link.shards.files import Status, status_of
from link.shards.find import STANDARD_STREAM
from link.shards.formats import COLUMNAR, JSONL, TEXT
from link.shards.jsonl import BLOCK_BYTES, JsonLines
from link.shards.publish import published
from link.shards.quarantine import FAIL, SKIP, Quarantine
from link.shards.rows import size_of, without_rows
from link.shards.sidecar import Sidecar, gone_with_its_shard
from link.shards.sink import Sink, new_sink, sink_like
from link.shards.source import Progress, Source
from link.shards.streams import standard_output
from link.shards.text import LINE


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to be done: where it lies, where its output goes (None: standard output), and how.

    `codec_in` is "" where the stream itself has to tell; `codec_out` is what the whole output is
    compressed by; `inner`: (codec, level) inside a columnar output, None to keep its own.
    `name`: relative to the output folder. `followed`: another shard follows on the same stream, so
    that the last line has to be ended. `on_error`: what becomes of a bad record; `quarantine`: the
    file it is put into then; `max_errors`: how many bad records are borne before the shard fails
    all the same. `swaps`: the file for the swaps sidecar, if there is to be one.
    """

    path: str
    name: str
    output: Path | None
    codec_in: str
    codec_out: str
    level: int | None
    fields: Fields
    format_in: str = JSONL
    format_out: str = JSONL
    inner: tuple[str, int | None] | None = None
    document: str = LINE
    block_bytes: int = BLOCK_BYTES
    followed: bool = False
    on_error: str = FAIL
    quarantine: Path | None = None
    max_errors: int | None = None
    swaps: Path | None = None

    @property
    def size_bytes(self) -> int:
        """Of the input as stored; 0 if that is not known."""
        try:
            return 0 if self.path == STANDARD_STREAM else status_of(self.path).size_bytes or 0
        except (OSError, LinkError):
            return 0  # it will fail when its turn comes, and be reported then


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is stored: what tells whether it is still the same."""

    path: str
    size_bytes: Count
    sha256: str
    modified_ns: int | None = None
    version: str | None = None
    changed_ns: int | None = None


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What became of a shard. `swaps`: its sidecar."""

    name: str
    input: File
    output: File
    totals: Totals
    swaps: File | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


Engine = Callable[[Job, Iterable[Piece]], Generator[tuple[Piece, Done], None, None]]
"""Does a job on each piece, and hands on both in the pieces' order."""


def in_this_process(lexicon: CompiledLexicon, policy: Policy) -> Engine:
    """The engine without any other process."""

    def each(job: Job, pieces: Iterable[Piece]) -> Generator[tuple[Piece, Done], None, None]:
        for piece in pieces:
            yield piece, job.do(content_for(job, piece), lexicon, policy, first=piece.first)

    return each


def content_for(job: Job, piece: Piece) -> bytes | pa.RecordBatch:
    """What of a piece a job needs: of rows that go out as rows, only some columns."""
    if isinstance(piece.content, pa.RecordBatch) and job.keeps_rows:
        return piece.content.select(job.needed)
    return piece.content


def process_shard(
    task: Task,
    engine: Engine,
    policy: Policy,
    meter: Meter | None = None,
    threads: int = 1,
) -> ShardReport:
    """Substitute one shard and publish the result.

    `meter`: counts what is done meanwhile. `threads`: how many may compress the output. Raises
    `ShardError` if the shard cannot be read to its end or its output cannot be written.
    """
    ahead = Ahead(meter or Meter())
    with (
        told_of(task.path, task.format_out, task.output),
        ahead.meter.shard(task.size_bytes),
        gone_with_its_shard(task.swaps),
        open_source(task, ahead.read) as source,
        _output(task) as out,
        Sidecar(task.swaps) as sidecar,  # closed, and so published, before the output
    ):
        sink = Tally(out)
        totals = _transform(
            task, source, sink, engine, policy, threads, sidecar=sidecar, ahead=ahead
        )
    stored = task.output.name if task.output else STANDARD_STREAM
    status = source.status or Status(None)
    return ShardReport(
        name=task.name,
        input=File(
            task.path,
            source.size_bytes,
            source.sha256,
            status.modified_ns,
            status.version,
            status.changed_ns,
        ),
        output=File(stored, sink.size_bytes, sink.sha256),
        totals=totals,
        swaps=File(task.swaps.name, *sidecar.file) if task.swaps else None,
    )


@contextmanager
def told_of(path: str, format_out: str, output: Path | None = None) -> Iterator[None]:
    """Whatever goes wrong with a shard is an error of ours that names it."""
    try:
        yield
    except LinkError:
        raise
    except BrokenPipeError as error:
        raise OutputClosedError("nobody reads standard output any more") from error
    except OSError as error:
        where = error.filename or output or "standard output"
        raise ShardError(f"{path}: {reason_of(error)} ({where})") from error
    except MemoryError as error:
        raise ShardError(f"{path}: {reason_of(error)}") from error
    except pa.ArrowException as error:
        raise ShardError(
            f"{path}: cannot be written as {format_out} ({error}); "
            f"keep the shard's format, or leave the column that it concerns out first"
        ) from error
    except Exception as error:  # one bad shard never stops the rest
        raise ShardError(f"{path}: {unforeseen(error)}") from error


@dataclass(frozen=True, slots=True)
class Sample:
    """What became of a shard's begin; bytes as stored."""

    bytes_read: int
    bytes_written: int
    totals: Totals


def sample_shard(task: Task, engine: Engine, policy: Policy, size_bytes: int) -> Sample:
    """Substitute about `size_bytes` (decompressed) of a shard, and write the result nowhere.

    Raises `ShardError` as `process_shard` does.
    """
    read_bytes = 0

    def count(size: int) -> None:
        nonlocal read_bytes
        read_bytes += size

    on_error = SKIP if task.on_error != FAIL else FAIL
    task = replace(task, quarantine=None, swaps=None, on_error=on_error)
    with (
        told_of(task.path, task.format_out, task.output),
        open_source(task, count) as source,
        Path(os.devnull).open("wb") as nowhere,
    ):
        sink = Tally(nowhere)
        totals = _transform(task, source, sink, engine, policy, 1, size_bytes)
    return Sample(read_bytes, sink.size_bytes, totals)


def open_source(task: Task, progress: Progress | None) -> Source:
    """The shard, to be read."""
    return Source(
        task.path,
        task.format_in,
        task.codec_in,
        document=task.document,
        block_bytes=task.block_bytes,
        twice=_needs_survey(task),
        progress=progress,
    )


def _output(task: Task) -> AbstractContextManager[BinaryIO]:
    if task.output:
        return published(task.output)
    return standard_output()


def _needs_survey(task: Task) -> bool:
    """Whether all of a shard must be read before the first row of it can be written."""
    return task.format_in == JSONL and task.format_out in (*COLUMNAR, TEXT)


def job_of(task: Task, source: Source, most_bytes: int | None = None) -> Job:
    """What is to be done with the pieces of a shard, or with those of its begin."""
    columns = _surveyed(task, source, most_bytes) if _needs_survey(task) else None
    return Job(
        task.path,
        task.format_in,
        task.format_out,
        task.fields,
        task.document,
        source.schema,
        columns,
        swaps=task.swaps is not None,
    )


def _surveyed(task: Task, source: Source, most_bytes: int | None) -> Columns:
    """The columns of JSON Lines, which takes a first pass over the shard."""
    finder = JsonLines(task.fields, refusal(task.format_in, task.format_out, task.document))

    def good_lines() -> Iterator[bytes]:
        read_bytes = 0
        for piece in source.pieces(again=True):
            assert isinstance(piece.content, bytes), "JSON Lines are bytes"
            yield bytes(finder.find(piece.content, piece.first).blocks[0].data)
            read_bytes += len(piece.content)
            if most_bytes is not None and read_bytes >= most_bytes:
                return

    try:
        return infer_columns(good_lines(), task.fields)
    except TextIsRecordError as error:
        raise ShardError(f"{task.path}: {error}") from error


def _transform(
    task: Task,
    source: Source,
    out: Tally,
    engine: Engine,
    policy: Policy,
    threads: int,
    most_bytes: int | None = None,
    sidecar: Sidecar | None = None,
    ahead: Ahead | None = None,
) -> Totals:
    job = job_of(task, source, most_bytes)
    job.check()
    totals = Totals()
    with ExitStack() as stack:
        open_quarantine = partial(quarantine_sink, task, source)
        quarantine = stack.enter_context(Quarantine(task.quarantine, open_quarantine))
        file = CompressedSink(out, compressor(task.codec_out, task.level, threads))
        sink = _sink(task, job, source, file)
        stack.push(lambda kind, _error, _trace: sink.abandon() if kind else None)
        lines = read_bytes = 0
        ended = True
        read = ahead.pieces(source.pieces()) if ahead else source.pieces()
        size = source.status.size_bytes if source.status else None
        read = stack.enter_context(closing(read_ahead(task.path, read, size_bytes=size)))
        pieces = stack.enter_context(closing(engine(job, read)))
        for piece, done in pieces:
            if done.bad:
                before = {"lines": lines, "read_bytes": read_bytes}
                set_aside(task, piece, done, quarantine, totals, **before)
            if sidecar and done.swaps is not None:
                sidecar.write(done.swaps, totals.records_written, lines)
            content, sizes = content_of(job, piece, done)
            totals.bytes_out += sink.write(content, sizes)
            if piece.ends_group:
                sink.end_group(piece.metadata)
            if job.is_verbatim:
                ended = _ended(content, ended)
            totals.add(done.totals)
            if ahead:
                ahead.done(done.totals)
            content_in = piece.content
            size = len(content_in) if isinstance(content_in, bytes) else size_of(content_in)
            totals.bytes_in += size
            lines += done.lines
            read_bytes += size
            if most_bytes is not None and read_bytes >= most_bytes:
                break
        if ahead:
            ahead.end()
        if task.followed and not ended:
            sink.write([b"\n"])
        sink.close()
    if not totals.conserved:
        raise ShardError(f"{task.path}: records were lost, which is a defect of LINK: {totals}")
    return totals


def content_of(job: Job, piece: Piece, done: Done) -> tuple[Any, Int64s | None]:
    """What is to be written: of rows that stay rows, with the columns that nobody touched."""
    if not (job.keeps_rows and isinstance(done.content, pa.RecordBatch)):
        return done.content, done.sizes
    rows = without_rows(piece.content, [record.number - 1 for record in done.bad])
    columns = list(rows.columns)
    for name, column in zip(done.content.schema.names, done.content.columns, strict=True):
        columns[rows.schema.get_field_index(name)] = column
    each = size_of(rows) // max(1, len(rows))
    new = pa.RecordBatch.from_arrays(columns, schema=rows.schema)
    return new, np.full(len(new), each, np.int64)


def _sink(task: Task, job: Job, source: Source, file: CompressedSink) -> Sink:
    if task.format_in == task.format_out:
        texts = [path_of(name) for name in task.fields.texts]
        return sink_like(source, file, texts, task.inner)
    return new_sink(task.format_out, file, job.out_schema, task.inner)


def _ended(pieces: Sequence[Buffer | pa.Buffer], before: bool) -> bool:
    """Whether what has been written so far ends a line."""
    for piece in reversed(pieces):
        if len(memoryview(piece)):
            return memoryview(piece)[-1] == ord("\n")
    return before
