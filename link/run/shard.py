"""One shard: read, substitute, write, publish. Pure in its inputs, whatever engine calls it.

SubstitutionWork.do      has the output uploaded, if it goes to a store; resumes a large shard
  process_shard          opens the input, the output and the sidecar
    job_of               what is done with each piece, after a first pass where that is needed
    transform            reads pieces, has them done, writes what comes of them in order
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from link.block import Buffer, Int64s
from link.errors import CheckpointError, RecordError, ShardError, place_of
from link.publish import published
from link.run.ahead import read_ahead, size_of_content
from link.run.checkpoint import Checkpoints, checkpoints_of, is_in_streams
from link.run.context import WorkerContext
from link.run.counts import Totals
from link.run.job import Done, Job, refusal
from link.run.mirror import staged
from link.run.progress import Meter, PendingBytes
from link.run.shards import DoPieces, as_shard_errors
from link.run.task import ErrorPolicy, File, Output, ShardReport, Task
from link.shards.batch import Piece
from link.shards.codecs import NONE, CompressedSink, Tally, compressor
from link.shards.columns import Columns, TextIsRecordError, infer_columns
from link.shards.fields import path_of
from link.shards.files import Status
from link.shards.find import STANDARD_STREAM
from link.shards.formats import COLUMNAR, JSONL, TEXT
from link.shards.jsonl import JsonLines
from link.shards.quarantine import FAIL, SKIP, Quarantine
from link.shards.rows import size_of, without_rows
from link.shards.sidecar import Sidecar, gone_with_its_shard
from link.shards.sink import BytesSink, Sink, new_sink, sink_like
from link.shards.source import Progress, Source
from link.shards.streams import standard_output


@dataclass(frozen=True, slots=True)
class SubstitutionWork:
    """Substitutes a shard, and publishes the result.

    `settings`: hash of what decides the output; "" if there are to be no checkpoints.
    """

    settings: str = ""

    def do(self, task: Task, context: WorkerContext, do_pieces: DoPieces[Done]) -> ShardReport:
        given = do_pieces, context.meter, context.threads
        with (
            staged(task) as here,
            as_shard_errors(task.path, task.output.format, task.output.path),
            checkpoints_of(here, self.settings) as checkpoints,
        ):
            try:
                return process_shard(here, *given, checkpoints=checkpoints)
            except CheckpointError:
                checkpoints.begin_again()
                return process_shard(here, *given, checkpoints=checkpoints)


def process_shard(
    task: Task,
    do_pieces: DoPieces[Done],
    meter: Meter,
    threads: int = 1,
    *,
    checkpoints: Checkpoints | None = None,
    most_bytes: int | None = None,
) -> ShardReport:
    """Substitute one shard and publish the result.

    `meter`: counts what is done meanwhile. `threads`: how many may compress the output.
    `checkpoints`: of this shard. `most_bytes`: try the first so many bytes (decompressed), and
    write the result nowhere. Raises `ShardError` if the shard cannot be read to its end or its
    output cannot be written; `CheckpointError` if it cannot resume from the last checkpoint.
    """
    output = task.output
    checkpoints = checkpoints or Checkpoints()
    pending = PendingBytes(meter)
    with (
        as_shard_errors(task.path, output.format, output.path),
        meter.shard(task.size_bytes),
        gone_with_its_shard(output.swaps),
        open_source(task, pending.read) as source,
        _opened(output, checkpoints.path, is_trial=most_bytes is not None) as file,
        Sidecar(output.swaps) as sidecar,  # closed, and so published, before the output
    ):
        written = Tally(file)
        checkpoints.opened(written)
        job = job_of(task, source, most_bytes)
        sink = _sink(task, job, source, written, threads)
        totals = transform(
            task, source, job, sink, do_pieces, sidecar, pending, checkpoints, most_bytes=most_bytes
        )
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
        output=File(
            output.path.name if output.path else STANDARD_STREAM, written.size_bytes, written.sha256
        ),
        totals=totals,
        swaps=File(output.swaps.name, *sidecar.file) if output.swaps else None,
        bytes_before=checkpoints.last.totals.bytes_in,
    )


def sample_shard(task: Task, do_pieces: DoPieces[Done], size_bytes: int) -> ShardReport:
    """What substituting about the first `size_bytes` (decompressed) of a shard would give.

    Nothing is written. Raises `ShardError` as `process_shard` does.
    """
    on_error = FAIL if task.errors.on_error == FAIL else SKIP
    task = replace(
        task,
        output=replace(task.output, swaps=None),
        errors=replace(task.errors, quarantine=None, on_error=on_error),
    )
    return process_shard(task, do_pieces, Meter(), most_bytes=size_bytes)


def open_source(task: Task, progress: Progress | None = None) -> Source:
    """The shard, to be read. `progress` is called with numbers of input bytes, as stored."""
    shard = task.input
    return Source(
        shard.path,
        shard.format,
        shard.codec,
        document=shard.document,
        block_bytes=shard.block_bytes,
        twice=_needs_first_pass(task),
        progress=progress,
    )


def _opened(
    output: Output, checkpoint: Path | None, *, is_trial: bool
) -> AbstractContextManager[BinaryIO]:
    if is_trial:
        return Path(os.devnull).open("wb")
    return published(output.path, checkpoint=checkpoint) if output.path else standard_output()


def _sink(task: Task, job: Job, source: Source, written: Tally, threads: int) -> Sink:
    output = task.output
    file = CompressedSink(written, compressor(output.codec, output.level, threads))
    if task.input.format == output.format:
        texts = [path_of(name) for name in task.input.fields.texts]
        return sink_like(source, file, texts, output.inner)
    return new_sink(output.format, file, job.out_schema, output.inner)


# --- what is to be done --------------------------------------------------------------------------


def job_of(task: Task, source: Source, most_bytes: int | None = None) -> Job:
    """What is to be done with the pieces of a shard, or with those of its beginning.

    Raises `ShardError` if it cannot be done.
    """
    job = Job(
        task.path,
        task.input.format,
        task.output.format,
        task.input.fields,
        task.input.document,
        source.schema,
        _columns_of(task, source, most_bytes) if _needs_first_pass(task) else None,
        swaps=task.output.swaps is not None,
    )
    job.check()
    return job


def _needs_first_pass(task: Task) -> bool:
    """Whether all of a shard must be read before the first row of it can be written."""
    return task.input.format == JSONL and task.output.format in (*COLUMNAR, TEXT)


def _columns_of(task: Task, source: Source, most_bytes: int | None) -> Columns:
    """The columns of JSON Lines, which takes a first pass over the shard."""
    fields = task.input.fields
    finder = JsonLines(fields, refusal(JSONL, task.output.format, task.input.document))

    def good_lines() -> Iterator[bytes]:
        read_bytes = 0
        for piece in source.pieces(again=True):
            assert isinstance(piece.content, bytes), "JSON Lines are bytes"
            yield bytes(finder.find(piece.content, piece.first).blocks[0].data)
            read_bytes += len(piece.content)
            if most_bytes is not None and read_bytes >= most_bytes:
                return

    try:
        return infer_columns(good_lines(), fields)
    except TextIsRecordError as error:
        raise ShardError(f"{task.path}: {error}") from error


# --- and done ------------------------------------------------------------------------------------


def transform(
    task: Task,
    source: Source,
    job: Job,
    sink: Sink,
    do_pieces: DoPieces[Done],
    sidecar: Sidecar,
    pending: PendingBytes | None = None,
    checkpoints: Checkpoints | None = None,
    *,
    most_bytes: int | None = None,
) -> Totals:
    """Do a shard's pieces, and put what comes of them where it belongs.

    `pending`: counts what is done. `checkpoints`: of this shard. `most_bytes`: stop after so many,
    decompressed. Raises `ShardError`.
    """
    pending = pending or PendingBytes(Meter())
    checkpoints = checkpoints or Checkpoints()
    last = checkpoints.last
    totals, lines, ends_line = replace(last.totals), last.lines, True
    stream_end = totals.bytes_in + task.output.stream_bytes
    size_bytes = source.status.size_bytes if source.status else None
    with ExitStack() as stack:
        quarantine = stack.enter_context(_quarantine(task, source, checkpoints))
        if last.quarantine:
            quarantine.open()
        stack.push(lambda kind, _error, _trace: sink.abandon() if kind else None)
        pieces = pending.pieces(checkpoints.remaining(source.pieces(), pending))
        read = read_ahead(task.path, pieces, size_bytes=size_bytes)
        read = stack.enter_context(closing(read))
        for piece, done in stack.enter_context(closing(do_pieces(job, read))):
            if done.bad:
                _take_bad_records(task.errors, task.path, piece, done, lines, totals, quarantine)
            if done.swaps is not None:
                sidecar.write(done.swaps, totals.records_written, lines)
            content, sizes = content_of(job, piece, done)
            totals.bytes_out += sink.write(content, sizes)
            if piece.ends_group:
                sink.end_group(piece.metadata)
            if job.is_verbatim:
                ends_line = _ends_line(content, ends_line)
            totals.add(done.totals)
            totals.bytes_in += size_of_content(piece.content)
            lines += done.lines
            pending.done(done.totals)
            checkpoints.read(piece)
            if totals.bytes_in >= stream_end and is_in_streams(task):
                stream_end = totals.bytes_in + task.output.stream_bytes
                if isinstance(sink, BytesSink):  # and not one that only compares
                    sink.end_stream()
                checkpoints.add(lines, totals, quarantine.written())
            if most_bytes is not None and totals.bytes_in >= most_bytes:
                break
        else:
            pending.end()
        if task.output.followed and not ends_line:
            sink.write([b"\n"])
        sink.close()
    if not totals.conserved:
        raise ShardError(f"{task.path}: records were lost, which is a defect of LINK: {totals}")
    return totals


def _quarantine(task: Task, source: Source, checkpoints: Checkpoints) -> Quarantine:
    """The quarantine, whose file is a shard like the one that is read."""

    def new(file: Tally) -> Sink:
        return sink_like(source, CompressedSink(file, compressor(task.input.codec or NONE)))

    before = checkpoints.last.quarantine
    return Quarantine(task.errors.quarantine, new, checkpoints.path, before)


def _take_bad_records(
    errors: ErrorPolicy,
    path: str,
    piece: Piece,
    done: Done,
    lines: int,
    totals: Totals,
    quarantine: Quarantine,
) -> None:
    """Do with the bad records of a piece what was asked for, and count them.

    `path`: of the shard. `lines`, `totals`: of all pieces before. Raises `ShardError` if they are
    one too many.
    """
    places = [
        replace(
            record,
            number=record.number + lines,
            byte=None if record.byte is None else record.byte + totals.bytes_in,
        )
        for record in done.bad
    ]
    first, last = places[0], places[-1]
    if errors.on_error == FAIL:
        raise RecordError(first.reason, shard=path, number=first.number, byte=first.byte)
    if errors.on_error == SKIP:
        totals.records_skipped += len(places)
    else:
        if isinstance(piece.content, bytes):
            quarantine.put_lines(places)
        else:
            rows = [piece.content.slice(record.number - 1, 1) for record in done.bad]
            quarantine.put_rows(places, rows)
        totals.records_quarantined += len(places)
    bad = totals.records_quarantined + totals.records_skipped
    if errors.max_errors is not None and bad > errors.max_errors:
        raise ShardError(
            f"{path}: more than {errors.max_errors} bad records (--max-errors); "
            f"the last one: {place_of(last.number, last.byte)}: {last.reason}"
        )


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


def _ends_line(content: Sequence[Buffer | pa.Buffer], before: bool) -> bool:
    """Whether what has been written so far ends a line. `before`: whether it did before this."""
    for buffer in reversed(content):
        if len(memoryview(buffer)):
            return memoryview(buffer)[-1] == ord("\n")
    return before
