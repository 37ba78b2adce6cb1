"""`OUT/_link/records/`: what has been done, a line a shard, in files that are written once.

    0000000.jsonl                all shards of a run that came to its end
    0000003.jsonl                the third lot of shards that were done together
    task-2-of-8-0000003.jsonl    the same, of one task of an array job

A file appears, whole or not at all, when the outputs that it names are on the disk; no two tasks
write the same file. A line that is not what this version writes is none, and its shard is done
again. Of two lines for one shard the later counts.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from link.publish import PARTIAL_PREFIX, PARTIAL_SUFFIX
from link.run.mirror import Files
from link.run.task import ShardReport
from link.untrusted import MOST_LINE_BYTES, of_kind, open_file

SUFFIX = ".jsonl"
_MOST_BYTES = 4 << 30  # of a file: four million shards


class Records:
    """The records in a folder. `writer`: begins the names of the files that are written
    here. `place`: what they are published by."""

    def __init__(self, folder: Path, writer: str = "", place: Files | None = None) -> None:
        self.folder = folder
        self._place = place or Files(folder)
        self._writer = writer
        self._found: dict[str, Any] | None = None
        self._next = 1

    def told(self) -> dict[str, Any]:
        """The JSON values of all records by their shards' names, as they stand there."""
        if self._found is None:
            self._found = {}
            for path in self.files():
                if path.name.startswith(self._writer):
                    number = path.stem.removeprefix(self._writer)
                    self._next = max(self._next, int(number) + 1 if number.isdigit() else 1)
                for value in _read_lines(path):
                    if isinstance(value, dict) and isinstance(value.get("name"), str):
                        self._found[value["name"]] = value
        return self._found

    def get(self, name: str) -> ShardReport | None:
        """The record of a shard; None if there is none, or none of the kind that a run writes."""
        try:
            return of_kind(self.told()[name], ShardReport)
        except (KeyError, ValueError):
            return None

    def files(self) -> list[Path]:
        """All files of records, in their order. Raises `OSError` if they cannot be listed."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.suffix == SUFFIX)

    def add(self, reports: Iterable[ShardReport]) -> None:
        """Write the records of shards that are on the disk. Raises `OSError`."""
        told = self.told()
        values = {report.name: report.as_dict() for report in reports}
        if not values:
            return
        self._write(self._next, values.values())
        self._next += 1
        told.update(values)

    def put_together(self, names: Iterable[str]) -> None:
        """Leave one file, of the records of these shards alone. Nobody else may be at work."""
        before = self.files()
        if self.folder.is_dir():
            for path in self.folder.glob(f"{PARTIAL_PREFIX}*{PARTIAL_SUFFIX}"):  # of killed writers
                path.unlink(missing_ok=True)
        if [path.stem for path in before] == ["0" * 7]:
            return
        told = self.told()
        self._found = {name: told[name] for name in names if name in told}
        self._next = 1
        path = self._write(0, self._found.values())
        self._place.remove(other for other in before if other != path)

    def remove(self) -> None:
        """Remove all records. Raises `OSError`."""
        self._place.remove(self.files())
        self._found = None

    def _write(self, number: int, values: Iterable[dict[str, Any]]) -> Path:
        # In ASCII: names of files need not be UTF-8; Python's way of writing such names is kept.
        path = self.folder / f"{self._writer}{number:07}{SUFFIX}"
        self._place.publish(path, b"".join(json.dumps(value).encode() + b"\n" for value in values))
        return path


def _read_lines(path: Path) -> Iterator[Any]:
    """The JSON values of a file's lines, as far as it can be read."""
    try:
        with open_file(path) as file:
            if os.fstat(file.fileno()).st_size > _MOST_BYTES:
                return
            while line := file.readline(MOST_LINE_BYTES):
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    continue
    except OSError:
        return
