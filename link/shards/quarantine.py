"""What becomes of bad records, and the file that keeps those that are set aside.

A quarantine is two files: NAME with the bad lines themselves, byte for byte, and NAME.reasons.jsonl
with a line for each: where it stood, what is wrong, and where it is in NAME.
"""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from link.shards.jsonl import BadRecord
from link.shards.publish import published

FAIL, SKIP, QUARANTINE = "fail", "skip", "quarantine"
ON_ERROR = (FAIL, SKIP, QUARANTINE)

REASONS_SUFFIX = ".reasons.jsonl"


class Quarantine:
    """The quarantine of one shard. Files appear when it closes, and only if there is something.

    Without a path nothing may be put.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stack = ExitStack()
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        self._offset = 0

    def __enter__(self) -> "Quarantine":
        self._stack.__enter__()
        if self._path:  # an earlier try may have left some
            for path in (self._path, self._reasons_path(self._path)):
                path.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def put(self, records: Iterable[BadRecord]) -> None:
        """Set records aside."""
        for record in records:
            lines, reasons = self._open()
            raw = record.raw if record.raw.endswith(b"\n") else record.raw + b"\n"
            reason = {
                "line": record.line,
                "byte": record.byte,
                "reason": record.reason,
                "offset": self._offset,
                "size_bytes": len(record.raw),
            }
            lines.write(raw)
            reasons.write((json.dumps(reason) + "\n").encode())
            self._offset += len(raw)

    def _open(self) -> tuple[BinaryIO, BinaryIO]:
        if self._files is None:
            assert self._path is not None, "a shard whose bad records are set aside has a place"
            self._files = (
                self._stack.enter_context(published(self._path)),
                self._stack.enter_context(published(self._reasons_path(self._path))),
            )
        return self._files

    @staticmethod
    def _reasons_path(path: Path) -> Path:
        return path.with_name(path.name + REASONS_SUFFIX)
