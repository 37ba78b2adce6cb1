"""What becomes of bad records, and the file that keeps those that are set aside.

A quarantine is two files: NAME, a shard like the one they come from with nothing but the bad
records (lines byte for byte, rows with all their columns), and NAME.reasons.jsonl with a line for
each: where it stood, what is wrong, and where it is in NAME (its decompressed bytes, or its rows).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from link.publish import partial_path, published
from link.shards.batch import BadRecord
from link.shards.codecs import Prefix, Tally
from link.shards.sink import BytesSink, Sink
from link.untrusted import MOST_LINE_BYTES, open_file, parse_json

FAIL, SKIP, QUARANTINE = "fail", "skip", "quarantine"
ON_ERROR = (FAIL, SKIP, QUARANTINE)

REASONS_SUFFIX = ".reasons.jsonl"


class Written(NamedTuple):
    """How far the two files of a quarantine are written. `offset`: in NAME, as in the reasons."""

    records: Prefix
    reasons: Prefix
    offset: int


class Quarantine:
    """The quarantine of one shard. Files appear when it closes, and only if there is something.

    `open_sink` makes, of a file, what the shard's own container is written by. Without a path
    nothing may be put. `checkpoint`: as of `published`. `before`: how far the files were written
    when that was made, if there were some.
    """

    def __init__(
        self,
        path: Path | None,
        open_sink: Callable[[Tally], Sink],
        checkpoint: Path | None = None,
        before: Written | None = None,
    ) -> None:
        self._path = path
        self._open_sink = open_sink
        self._checkpoint = checkpoint
        self._before = before
        self._stack = ExitStack()
        self._files: tuple[Sink, Tally, Tally] | None = None
        self._offset = before.offset if before else 0

    def __enter__(self) -> "Quarantine":
        self._stack.__enter__()
        if self._path:  # an earlier try may have left some
            for path in (self._path, self.reasons_path(self._path)):
                path.unlink(missing_ok=True)
                if not self._before:
                    partial_path(path).unlink(missing_ok=True)
        return self

    def __exit__(self, *raised: Any) -> None:
        if self._files:
            sink, *_ = self._files
            self._stack.push(lambda kind, _error, _trace: sink.abandon() if kind else sink.close())
        self._stack.__exit__(*raised)

    def put_lines(self, records: Iterable[BadRecord]) -> None:
        """Set lines aside; `number` and `byte` are those of the shard."""
        for record in records:
            sink, _, reasons = self.open()
            raw = record.raw if record.raw.endswith(b"\n") else record.raw + b"\n"
            _write_line(
                reasons,
                line=record.number,
                byte=record.byte,
                reason=record.reason,
                offset=self._offset,
                size_bytes=len(record.raw),
            )
            sink.write([raw])
            self._offset += len(raw)

    def put_rows(self, records: Iterable[BadRecord], rows: Iterable[pa.RecordBatch]) -> None:
        """Set rows aside, each as a batch of one; `number` is that of the shard."""
        for record, row in zip(records, rows, strict=True):
            sink, _, reasons = self.open()
            _write_line(reasons, row=record.number, reason=record.reason, index=self._offset)
            sink.write(row)
            self._offset += 1

    def open(self) -> tuple[Sink, Tally, Tally]:
        """The files, to be written to. Raises `CheckpointError` if they are not as they were."""
        if self._files is None:
            assert self._path is not None, "a shard whose bad records are set aside has a place"
            paths = (self._path, self.reasons_path(self._path))
            opened = (published(path, checkpoint=self._checkpoint) for path in paths)
            records, reasons = (Tally(self._stack.enter_context(each)) for each in opened)
            if self._before:
                records.resume_after(self._before.records)
                reasons.resume_after(self._before.reasons)
            self._files = (self._open_sink(records), records, reasons)
        return self._files

    def written(self) -> Written | None:
        """End the compressed stream, and flush the files to the disk: how far they are written."""
        if self._files is None:
            return None
        sink, records, reasons = self._files
        if isinstance(sink, BytesSink):
            sink.end_stream()
        records.sync()
        reasons.sync()
        return Written(records.prefix, reasons.prefix, self._offset)

    @staticmethod
    def reasons_path(path: Path) -> Path:
        return path.with_name(path.name + REASONS_SUFFIX)


def read_reasons(path: Path) -> Iterator[Any]:
    """The reasons of a quarantine. Raises `OSError` or `ValueError` if they cannot be read."""
    with open_file(Quarantine.reasons_path(path)) as file:
        while line := file.readline(MOST_LINE_BYTES):
            yield parse_json(line, Any)


def _write_line(file: Tally, **values: Any) -> None:
    file.write((json.dumps(values) + "\n").encode())
