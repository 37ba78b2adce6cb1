"""What was set aside beside what had to be: bad records, byte for byte, and their reasons."""

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from link.errors import ShardError, reason_of
from link.report.counts import Totals
from link.run.job import Done
from link.run.shard import Task
from link.run.verify.differences import Differences
from link.run.verify.rows import key_of
from link.shards.batch import Piece
from link.shards.codecs import NONE
from link.shards.formats import COLUMNAR
from link.shards.quarantine import SKIP, Quarantine, read_reasons
from link.shards.source import Source


class SetAside:
    """Takes the bad records of a shard in order, and then looks at its quarantine."""

    def __init__(self, task: Task, differences: Differences) -> None:
        self._task = task
        self._differences = differences
        self._reasons: list[dict[str, Any]] = []
        self._wanted: list[Any] = []  # lines, or what stands for rows
        self._offset = 0

    def expect(self, piece: Piece, done: Done, lines: int, read_bytes: int, totals: Totals) -> None:
        """The bad records of a piece; `lines`, `read_bytes`: all before it."""
        if self._task.on_error == SKIP:
            totals.records_skipped += len(done.bad)
            return
        totals.records_quarantined += len(done.bad)
        content: Any = piece.content
        for bad in done.bad:
            record = replace(bad, number=bad.number + lines)
            if isinstance(content, bytes):
                assert bad.byte is not None, "a line has a place"
                raw = bad.raw if bad.raw.endswith(b"\n") else bad.raw + b"\n"
                self._reasons.append(
                    {
                        "line": record.number,
                        "byte": bad.byte + read_bytes,
                        "reason": bad.reason,
                        "offset": self._offset,
                        "size_bytes": len(bad.raw),
                    }
                )
                self._wanted.append(raw)
                self._offset += len(raw)
            else:
                self._reasons.append(
                    {"row": record.number, "reason": bad.reason, "index": self._offset}
                )
                self._wanted.append(_row_key(content.slice(bad.number - 1, 1)))
                self._offset += 1

    def end(self) -> None:
        """Compare the quarantine with what had to be set aside."""
        path = self._task.quarantine
        if path is None:
            return
        reasons = Quarantine.reasons_path(path)
        if not self._wanted:
            for each in (path, reasons):
                if os.path.lexists(each):
                    self._differences.add(str(each), "should not be there: no record is bad")
            return
        if not path.is_file():
            self._differences.add(str(path), "is not there")
            return
        try:
            if any(one != other for one, other in zip_longest(self._found(), self._wanted)):
                self._differences.add(str(path), "does not hold the bad records of the original")
            told = zip_longest(read_reasons(path), self._reasons)
            if any(one != other for one, other in told):
                self._differences.add(str(reasons), "does not say what is wrong with the records")
        except (OSError, ValueError, ShardError) as error:
            self._differences.add(str(path), f"cannot be read: {reason_of(error)}")

    def _found(self) -> Iterator[Any]:
        task = self._task
        codec = task.codec_in or NONE
        with Source(str(task.quarantine), task.format_in, codec, document=task.document) as source:
            if task.format_in in COLUMNAR:
                for piece in source.pieces():
                    rows: Any = piece.content
                    for index in range(len(rows)):
                        yield _row_key(rows.slice(index, 1))
                return
            data = b"".join(piece.content for piece in source.pieces())
        for raw in self._wanted:  # cut as they should be: a document may have several lines
            yield data[: len(raw)]
            data = data[len(raw) :]
        if data:
            yield data


def _row_key(row: pa.RecordBatch) -> tuple[str, ...]:
    return tuple(key_of(column) for column in row.columns)
