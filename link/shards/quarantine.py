"""What becomes of bad records, and the file that keeps those that are set aside.

A quarantine is two files: NAME, a shard like the one they come from with nothing but the bad
records (lines byte for byte, rows with all their columns), and NAME.reasons.jsonl with a line for
each: where it stood, what is wrong, and where it is in NAME (its decompressed bytes, or its rows).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import pyarrow as pa

from link.publish import published
from link.shards.batch import BadRecord
from link.shards.sink import Sink
from link.untrusted import MOST_LINE_BYTES, open_file, parse_json

FAIL, SKIP, QUARANTINE = "fail", "skip", "quarantine"
ON_ERROR = (FAIL, SKIP, QUARANTINE)

REASONS_SUFFIX = ".reasons.jsonl"


class Quarantine:
    """The quarantine of one shard. Files appear when it closes, and only if there is something.

    `open_sink` makes, of a file, what the shard's own container is written by. Without a path
    nothing may be put.
    """

    def __init__(self, path: Path | None, open_sink: Callable[[BinaryIO], Sink]) -> None:
        self._path = path
        self._open_sink = open_sink
        self._stack = ExitStack()
        self._files: tuple[Sink, BinaryIO] | None = None
        self._offset = 0

    def __enter__(self) -> "Quarantine":
        self._stack.__enter__()
        if self._path:  # an earlier try may have left some
            for path in (self._path, self.reasons_path(self._path)):
                path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._files:
            sink, _ = self._files
            self._stack.push(lambda kind, _error, _trace: sink.abandon() if kind else sink.close())
        self._stack.__exit__(kind, error, trace)

    def put_lines(self, records: Iterable[BadRecord]) -> None:
        """Set lines aside; `number` and `byte` are those of the shard."""
        for record in records:
            sink, reasons = self._open()
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
            sink, reasons = self._open()
            _write_line(reasons, row=record.number, reason=record.reason, index=self._offset)
            sink.write(row)
            self._offset += 1

    def _open(self) -> tuple[Sink, BinaryIO]:
        if self._files is None:
            assert self._path is not None, "a shard whose bad records are set aside has a place"
            file = self._stack.enter_context(published(self._path))
            reasons = self._stack.enter_context(published(self.reasons_path(self._path)))
            self._files = (self._open_sink(file), reasons)
        return self._files

    @staticmethod
    def reasons_path(path: Path) -> Path:
        return path.with_name(path.name + REASONS_SUFFIX)


def read_reasons(path: Path) -> Iterator[Any]:
    """The reasons of a quarantine. Raises `OSError` or `ValueError` if they cannot be read."""
    with open_file(Quarantine.reasons_path(path)) as file:
        while line := file.readline(MOST_LINE_BYTES):
            yield parse_json(line, Any)


def _write_line(file: BinaryIO, **values: Any) -> None:
    file.write((json.dumps(values) + "\n").encode())
