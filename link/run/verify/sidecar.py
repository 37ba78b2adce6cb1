"""The swaps sidecar beside the swaps that the reference kernel makes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from link.run.shard import File
from link.run.verify.differences import Differences
from link.run.verify.explain import shown
from link.shards.codecs import Tally
from link.shards.sidecar import SCHEMA, read_sidecar
from link.untrusted import open_file


class SidecarCheck:
    """Takes the swaps as they must be, in order. Without a path there must be no sidecar."""

    def __init__(self, path: Path | None, differences: Differences) -> None:
        self._path = path
        self._differences = differences
        self._rows = self._read()
        self._rest: pa.RecordBatch | None = None
        self._file: File | None = None
        self._failed = path is None
        self._seen = 0

    def expect(self, swaps: pa.RecordBatch | None, records: int, lines: int) -> None:
        """The swaps of a piece; `records`, `lines`: how many were written and read before it."""
        if self._failed or swaps is None:
            return
        moved = {
            "record": pc.add(swaps.column("record"), records),
            "record_in": pc.add(swaps.column("record_in"), lines),
        }
        for index in range(0, len(swaps), 4096):
            part = swaps.slice(index, 4096)
            wanted = {name: part.column(name) for name in SCHEMA.names}
            wanted |= {name: column.slice(index, 4096) for name, column in moved.items()}
            if not self._compare(wanted, len(part)):
                return

    def end(self) -> File | None:
        """The sidecar as it is, if all of it could be read."""
        if not self._failed and self._take(1) is not None:
            self._add(f"row {self._seen + 1}", "is of no swap in the shard")
        for _ in self._rows if not self._failed else ():
            pass
        return self._file

    def _compare(self, wanted: dict[str, pa.Array], count: int) -> bool:
        found = self._take(count)
        rows = 0 if found is None else len(found)
        for name, column in wanted.items():
            mine = _plain(column.slice(0, rows))
            theirs = _plain(found.column(name)) if found is not None else mine
            if not mine.equals(theirs):
                place = next(
                    n
                    for n, (one, other) in enumerate(zip(mine, theirs, strict=True))
                    if not one.equals(other)
                )
                self._add(
                    f"row {self._seen + place + 1}",
                    f"{name} should be {_value(mine, place)}, not {_value(theirs, place)} "
                    f"(swap {shown(wanted['source'][place].as_py())} -> "
                    f"{shown(wanted['translation'][place].as_py())} in record "
                    f"{wanted['record'][place].as_py()}, byte {wanted['start'][place].as_py()} "
                    f"of the text)",
                )
                return False
        self._seen += rows
        if rows < count:
            self._add(
                f"row {self._seen + 1}",
                f"is missing: the swap {shown(wanted['source'][rows].as_py())} -> "
                f"{shown(wanted['translation'][rows].as_py())} in record "
                f"{wanted['record'][rows].as_py()}",
            )
            return False
        return True

    def _add(self, place: str, what: str) -> None:
        self._failed = True
        self._differences.add(f"{self._path}: {place}", what)

    def _take(self, count: int) -> pa.RecordBatch | None:
        """The next rows, at most so many; None if there are none."""
        parts: list[pa.RecordBatch] = []
        while count:
            batch = self._rest if self._rest is not None else next(self._rows, None)
            self._rest = None
            if batch is None:
                break
            parts.append(batch.slice(0, count))
            if len(batch) > count:
                self._rest = batch.slice(count)
            count -= len(parts[-1])
        if not sum(map(len, parts)):
            return None
        plain = [
            pa.RecordBatch.from_arrays([_plain(one) for one in part.columns], part.schema.names)
            for part in parts
        ]
        [whole] = pa.Table.from_batches(plain).combine_chunks().to_batches()
        return whole

    def _read(self) -> Iterator[pa.RecordBatch]:
        assert self._path is not None, "there is to be a sidecar"
        if not self._path.is_file():
            self._add("the sidecar", "is not there")
            return
        with open_file(self._path) as file:
            tally = Tally(file)
            while tally.read(1 << 20):
                pass
        self._file = File(self._path.name, tally.size_bytes, tally.sha256)
        yield from read_sidecar(self._path)


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _value(column: pa.Array, place: int) -> str:
    value: Any = column[place].as_py()
    return shown(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
