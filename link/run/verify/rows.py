"""Rows beside rows: whether record batches hold the same values, and which column differs."""

import math
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.types as types

from link.run.verify.align import Origin, Unit
from link.run.verify.explain import shown


class Actual:
    """The rows of an output, to be taken a few at a time."""

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        self._batches = iter(batches)
        self._rest: list[pa.RecordBatch] = []
        self.taken = 0

    def look(self, count: int) -> list[pa.RecordBatch]:
        """The next rows, as many as there are, which stay where they are."""
        while sum(map(len, self._rest)) < count:
            batch = next(self._batches, None)
            if batch is None:
                break
            self._rest.append(batch)
        found, left = [], count
        for batch in self._rest:
            if left <= 0:
                break
            found.append(batch.slice(0, left))
            left -= len(found[-1])
        return found

    def skip(self, count: int) -> None:
        """Be done with some rows."""
        self.taken += count
        while count and self._rest:
            first = self._rest[0]
            if len(first) > count:
                self._rest[0] = first.slice(count)
                return
            count -= len(self._rest.pop(0))

    def put_back(self, units: Iterable[Unit]) -> None:
        """Rows that were taken, but not used."""
        rows = [unit.row for unit in units if unit.row is not None]
        self._rest[:0] = rows
        self.taken -= len(rows)

    def __iter__(self) -> "Actual":
        return self

    def __next__(self) -> Unit:
        """The next row; after the last one, too, there may be more again (`put_back`)."""
        batches = self.look(1)
        if not batches:
            raise StopIteration
        self.skip(1)
        return unit_of(batches[0], 0, self.taken)


def unit_of(
    rows: pa.RecordBatch, index: int, number: int, record: int = 0, origin: Origin | None = None
) -> Unit:
    """A row; `number` counts from 1."""
    row = rows.slice(index, 1)
    key = tuple(key_of(column) for column in row.columns)
    return Unit(key, number, None, record, origin, row)


def are_same(expected: pa.RecordBatch, actual: list[pa.RecordBatch]) -> bool:
    """Whether the rows surely hold the same; what cannot be told at once is not."""
    if sum(map(len, actual)) != len(expected):
        return False
    start = 0
    for batch in actual:
        part = expected.slice(start, len(batch))
        start += len(batch)
        for mine, theirs in zip(part.columns, batch.columns, strict=True):
            if not _equal(_plain(mine), _plain(theirs)):
                return False
    return True


def _equal(mine: pa.Array, theirs: pa.Array) -> bool:
    if mine.type != theirs.type:
        return False
    if types.is_float32(mine.type) or types.is_float64(mine.type):  # NaN is itself, and -0.0 not 0
        kind = pa.int32() if types.is_float32(mine.type) else pa.int64()
        mine, theirs = mine.view(kind), theirs.view(kind)
    elif types.is_nested(mine.type) and _holds_floats(mine.type):
        return False
    return bool(mine.equals(theirs))


def _holds_floats(kind: pa.DataType) -> bool:
    if types.is_nested(kind):
        return any(_holds_floats(kind.field(i).type) for i in range(kind.num_fields))
    return bool(types.is_floating(kind))


def _plain(column: pa.Array) -> pa.Array:
    """Without a dictionary, and strings as bytes: what is no UTF-8 is compared as well."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_string_view(column.type):
        return column.cast(pa.large_string()).view(pa.large_binary())
    if types.is_string(column.type):
        return column.view(pa.binary())
    if types.is_large_string(column.type):
        return column.view(pa.large_binary())
    return column


def key_of(column: pa.Array) -> str:
    """What stands for a column's one value, the same for the same values alone."""
    plain = _plain(column)
    if types.is_temporal(plain.type):
        plain = plain.cast(pa.int64() if plain.type.bit_width == 64 else pa.int32())
    try:
        [value] = plain.to_pylist()
    except (UnicodeDecodeError, ValueError, OverflowError):
        return str(plain.to_string())
    return repr(value) if not isinstance(value, float) or math.isfinite(value) else str(value)


def columns_that_differ(expected: Unit, actual: Unit) -> list[str]:
    assert expected.row is not None, "rows are compared"
    names = expected.row.schema.names
    return [
        name
        for name, mine, theirs in zip(names, expected.key, actual.key, strict=True)
        if mine != theirs
    ]


def difference_in(expected: Unit, actual: Unit, name: str) -> str:
    """What a column holds, and what it should hold."""
    assert expected.row is not None, "rows are compared"
    at = expected.row.schema.names.index(name)
    return f"column {name!r} should hold {_clip(expected.key[at])}, not {_clip(actual.key[at])}"


def _clip(value: Any) -> str:
    return shown(str(value))
