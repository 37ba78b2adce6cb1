"""Rows beside rows: whether record batches hold the same values, and which column differs."""

import math
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.types as types


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


def columns_that_differ(
    names: Sequence[str], expected: Sequence[str], actual: Sequence[str]
) -> list[str]:
    """The columns whose keys differ."""
    columns = zip(names, expected, actual, strict=True)
    return [name for name, mine, theirs in columns if mine != theirs]
