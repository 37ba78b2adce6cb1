"""One shard: read, substitute, write, publish. Pure in its inputs, whatever engine calls it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from link.block import Buffer, Int64s
from link.errors import ShardError
from link.publish import published
from link.run.ahead import read_ahead
from link.run.aside import quarantine_sink, set_aside
from link.run.context import WorkerContext
from link.run.counts import Totals
from link.run.job import Done, Job, refusal
from link.run.mirror import staged
from link.run.progress import Meter, PendingBytes
from link.run.shards import DoPieces, as_shard_errors
from link.run.task import File, ShardReport, Task
from link.shards.batch import Piece
from link.shards.codecs import CompressedSink, Tally, compressor
from link.shards.columns import Columns, TextIsRecordError, infer_columns
from link.shards.fields import path_of
from link.shards.files import Status
from link.shards.find import STANDARD_STREAM
from link.shards.formats import COLUMNAR, JSONL, TEXT
from link.shards.jsonl import JsonLines
from link.shards.quarantine import FAIL, SKIP, Quarantine
from link.shards.rows import size_of, without_rows
from link.shards.sidecar import Sidecar, gone_with_its_shard
from link.shards.sink import Sink, new_sink, sink_like
from link.shards.source import Progress, Source
from link.shards.streams import standard_output


class SubstitutionWork:
    """Substitutes a shard, and publishes the result."""

    def do(self, task: Task, context: WorkerContext, do_pieces: DoPieces[Done]) -> ShardReport:
        with staged(task) as here:
            return process_shard(here, do_pieces, context.meter, context.threads)


def process_shard(
    task: Task, do_pieces: DoPieces[Done], meter: Meter, threads: int = 1
) -> ShardReport:
    """Substitute one shard and publish the result.

    `meter`: counts what is done meanwhile. `threads`: how many may compress the output. Raises
    `ShardError` if the shard cannot be read to its end or its output cannot be written.
    """
    pending = PendingBytes(meter)
    with (
        as_shard_errors(task.path, task.format_out, task.output),
        meter.shard(task.size_bytes),
        gone_with_its_shard(task.swaps),
        open_source(task, pending.read) as source,
        _output(task) as out,
        Sidecar(task.swaps) as sidecar,  # closed, and so published, before the output
    ):
        written = Tally(out)
        job = job_of(task, source)
        sink = _sink(task, job, source, written, threads)
        totals = transform(task, source, job, sink, do_pieces, sidecar, pending)
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
            source.content_sha256,
        ),
        output=File(stored, written.size_bytes, written.sha256),
        totals=totals,
        swaps=File(task.swaps.name, *sidecar.file) if task.swaps else None,
    )


@dataclass(frozen=True, slots=True)
class Sample:
    """What became of a shard's begin; bytes as stored."""

    bytes_read: int
    bytes_written: int
    totals: Totals


def sample_shard(task: Task, do_pieces: DoPieces[Done], size_bytes: int) -> Sample:
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
        as_shard_errors(task.path, task.format_out, task.output),
        open_source(task, count) as source,
        Path(os.devnull).open("wb") as nowhere,
    ):
        written = Tally(nowhere)
        job = job_of(task, source, size_bytes)
        sink = _sink(task, job, source, written, threads=1)
        totals = transform(task, source, job, sink, do_pieces, most_bytes=size_bytes)
    return Sample(read_bytes, written.size_bytes, totals)


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
    """What is to be done with the pieces of a shard, or with those of its begin.

    Raises `ShardError` if it cannot be done.
    """
    columns = _surveyed(task, source, most_bytes) if _needs_survey(task) else None
    job = Job(
        task.path,
        task.format_in,
        task.format_out,
        task.fields,
        task.document,
        source.schema,
        columns,
        swaps=task.swaps is not None,
    )
    job.check()
    return job


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


def transform(
    task: Task,
    source: Source,
    job: Job,
    sink: Sink,
    do_pieces: DoPieces[Done],
    sidecar: Sidecar | None = None,
    pending: PendingBytes | None = None,
    most_bytes: int | None = None,
) -> Totals:
    """Do a shard's pieces, and put what comes of them where it belongs.

    `most_bytes`: stop after so many, decompressed. Raises `ShardError`.
    """
    totals = Totals()
    with ExitStack() as stack:
        open_quarantine = partial(quarantine_sink, task, source)
        quarantine = stack.enter_context(Quarantine(task.quarantine, open_quarantine))
        stack.push(lambda kind, _error, _trace: sink.abandon() if kind else None)
        lines = read_bytes = 0
        ended = True
        read = pending.pieces(source.pieces()) if pending else source.pieces()
        size = source.status.size_bytes if source.status else None
        read = stack.enter_context(closing(read_ahead(task.path, read, size_bytes=size)))
        pieces = stack.enter_context(closing(do_pieces(job, read)))
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
            if pending:
                pending.done(done.totals)
            content_in = piece.content
            size = len(content_in) if isinstance(content_in, bytes) else size_of(content_in)
            totals.bytes_in += size
            lines += done.lines
            read_bytes += size
            if most_bytes is not None and read_bytes >= most_bytes:
                break
        if pending:
            pending.end()
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


def _sink(task: Task, job: Job, source: Source, written: Tally, threads: int) -> Sink:
    file = CompressedSink(written, compressor(task.codec_out, task.level, threads))
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
