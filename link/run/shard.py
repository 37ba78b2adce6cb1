"""One shard: read, substitute, write, publish. Pure in its inputs, whatever engine calls it."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from link.block import Buffer
from link.errors import OutputClosedError, ShardError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import substitute
from link.policy import Policy
from link.report.counts import Totals
from link.shards.codecs import NONE, SUFFIX_OF, Tally, compressor, decompressing, sniff
from link.shards.fields import Fields
from link.shards.find import STANDARD_STREAM
from link.shards.jsonl import BLOCK_BYTES, BadRecord, read_batches
from link.shards.publish import published
from link.shards.quarantine import FAIL, QUARANTINE, Quarantine


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to be done: where it lies, where its output goes (None: standard output), and how.

    `codec_in` is "" where the stream itself has to tell. `name`: relative to the output folder.
    `followed`: another shard follows on the same stream, so that the last line has to be ended.
    `on_error`: what becomes of a bad record; `quarantine`: the file it is put into then;
    `max_errors`: how many bad records are borne before the shard fails all the same.
    """

    path: str
    name: str
    output: Path | None
    codec_in: str
    codec_out: str
    level: int | None
    fields: Fields
    block_bytes: int = BLOCK_BYTES
    followed: bool = False
    on_error: str = FAIL
    quarantine: Path | None = None
    max_errors: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is stored: what tells whether it is still the same."""

    path: str
    size_bytes: int
    sha256: str
    modified_ns: int | None = None


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What became of a shard."""

    name: str
    input: File
    output: File
    totals: Totals

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ShardReport":
        """The report that `as_dict` gave; `KeyError` or `TypeError` if it is none."""
        return cls(
            values["name"],
            File(**values["input"]),
            File(**values["output"]),
            Totals(**values["totals"]),
        )


def process_shard(
    task: Task,
    lexicon: CompiledLexicon,
    policy: Policy,
    progress: Callable[[int], object] | None = None,
) -> ShardReport:
    """Substitute one shard and publish the result.

    `progress` is called with the number of input bytes (as stored) of each read. Raises
    `ShardError` if the shard cannot be read to its end or its output cannot be written.
    """
    try:
        with _input(task) as file:
            status = os.fstat(file.fileno())
            source = Tally(file, progress)
            looks_like = sniff(cast(BufferedReader, file).peek(4))
            codec = task.codec_in or looks_like
            if codec == NONE != looks_like:
                raise ShardError(
                    f"{task.path}: holds {looks_like} data, which its name does not say; "
                    f"let it end in {SUFFIX_OF[looks_like]}"
                )
            with _output(task) as out, Quarantine(task.quarantine) as quarantine:
                sink = Tally(out)
                totals = _transform(task, source, codec, sink, quarantine, lexicon, policy)
    except BrokenPipeError as error:
        raise OutputClosedError("nobody reads standard output any more") from error
    except OSError as error:
        where = error.filename or task.output or "standard output"
        raise ShardError(f"{task.path}: {error.strerror or error} ({where})") from error
    stored = task.output.name if task.output else STANDARD_STREAM
    return ShardReport(
        name=task.name,
        input=File(task.path, source.size_bytes, source.sha256, status.st_mtime_ns),
        output=File(stored, sink.size_bytes, sink.sha256),
        totals=totals,
    )


def _output(task: Task) -> AbstractContextManager[BinaryIO]:
    if task.output:
        return published(task.output)
    if sys.stdout is None:
        raise ShardError("standard output is closed")
    return nullcontext(sys.stdout.buffer)


def _input(task: Task) -> AbstractContextManager[BinaryIO]:
    if task.path != STANDARD_STREAM:
        return Path(task.path).open("rb")
    if sys.stdin is None:
        raise ShardError("standard input is closed")
    return nullcontext(sys.stdin.buffer)


def _transform(
    task: Task,
    source: Tally,
    codec: str,
    sink: Tally,
    quarantine: Quarantine,
    lexicon: CompiledLexicon,
    policy: Policy,
) -> Totals:
    totals = Totals()
    ended = True
    compression = compressor(task.codec_out, task.level)
    with decompressing(source, codec, task.path) as stream:
        for batch in read_batches(
            stream,
            task.path,
            task.fields,
            task.block_bytes,
            keep_bad=task.on_error != FAIL,
        ):
            done = substitute(batch.block, lexicon, policy)
            for piece in done.pieces:
                totals.bytes_out += memoryview(piece).nbytes
                sink.write(compression.compress(piece) if compression else piece)
            if sum(map(_line_breaks, done.pieces)) != _line_breaks(batch.block.data):
                raise ShardError(f"{task.path}: a line was lost, which is a defect of LINK")
            ended = _ended(batch.block.data, ended)
            totals.bytes_in += batch.size_bytes
            totals.records_read += batch.records + len(batch.bad)
            totals.records_written += batch.records
            if task.on_error == QUARANTINE:
                quarantine.put(batch.bad)
                totals.records_quarantined += len(batch.bad)
            else:
                totals.records_skipped += len(batch.bad)
            _refuse_too_many(totals, batch.bad, task)
            totals.add_documents(done.counts, policy)
    if task.followed and not ended:
        sink.write(compression.compress(b"\n") if compression else b"\n")
    if compression:
        sink.write(compression.flush())
    if not totals.conserved:
        raise ShardError(f"{task.path}: records were lost, which is a defect of LINK: {totals}")
    return totals


def _line_breaks(data: Any) -> int:
    if isinstance(data, bytes):
        return data.count(b"\n")
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))


def _ended(data: Buffer, before: bool) -> bool:
    """Whether what has been written so far ends a line."""
    return data[-1] == ord("\n") if len(data) else before


def _refuse_too_many(totals: Totals, bad: tuple[BadRecord, ...], task: Task) -> None:
    count = totals.records_quarantined + totals.records_skipped
    if task.max_errors is not None and count > task.max_errors:
        last = bad[-1]
        raise ShardError(
            f"{task.path}: more than {task.max_errors} bad records (--max-errors); the last one: "
            f"line {last.line}, byte {last.byte}: {last.reason}"
        )
