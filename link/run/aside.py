"""Bad records: what `--on-error` says becomes of them, in one shard."""

from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from link.errors import RecordError, ShardError, place_of
from link.run.counts import Totals
from link.run.job import Done
from link.shards.batch import BadRecord, Piece
from link.shards.codecs import NONE, CompressedSink, Tally, compressor
from link.shards.quarantine import FAIL, SKIP, Quarantine
from link.shards.sink import Sink, sink_like
from link.shards.source import Source

if TYPE_CHECKING:
    from link.run.task import Task


def set_aside(
    task: "Task",
    piece: Piece,
    done: Done,
    quarantine: Quarantine,
    totals: Totals,
    *,
    lines: int,
    read_bytes: int,
) -> None:
    """Do with a piece's bad records what was asked; `lines`, `read_bytes`: all before the piece."""
    places = [_shifted(record, lines, read_bytes) for record in done.bad]
    if task.on_error == FAIL:
        first = places[0]
        raise RecordError(first.reason, shard=task.path, number=first.number, byte=first.byte)
    if task.on_error == SKIP:
        totals.records_skipped += len(places)
    else:
        if isinstance(piece.content, bytes):
            quarantine.put_lines(places)
        else:
            rows = [piece.content.slice(record.number - 1, 1) for record in done.bad]
            quarantine.put_rows(places, rows)
        totals.records_quarantined += len(places)
    if task.max_errors is not None:
        count = totals.records_quarantined + totals.records_skipped
        if count > task.max_errors:
            last = places[-1]
            raise ShardError(
                f"{task.path}: more than {task.max_errors} bad records (--max-errors); "
                f"the last one: {place_of(last.number, last.byte)}: {last.reason}"
            )


def _shifted(record: BadRecord, lines: int, read_bytes: int) -> BadRecord:
    """The record with its place in the shard instead of in its piece."""
    byte = None if record.byte is None else record.byte + read_bytes
    return replace(record, number=record.number + lines, byte=byte)


def quarantine_sink(task: "Task", source: Source, file: BinaryIO) -> Sink:
    """A shard like the one that is read, for its bad records."""
    return sink_like(source, CompressedSink(Tally(file), compressor(task.codec_in or NONE)))
