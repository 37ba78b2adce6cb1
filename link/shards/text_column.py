"""A column of text in a record batch, whatever its type, as offsets and bytes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as types

from link.block import Buffer, Int64s
from link.shards.fields import Path

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column of text: int64 offsets from 0, the bytes they point into, and which rows hold one.

    `own_valid` is false where the text is null, `valid` also where a struct around it is.
    """

    offsets: Int64s
    data: pa.Buffer
    valid: Bools
    own_valid: Bools
    own_type: pa.DataType

    @classmethod
    def of(cls, rows: pa.RecordBatch, path: Path) -> "TextColumn":
        own = rows.column(path[0])
        around = np.ones(len(rows), np.bool_)
        for name in path[1:]:
            around &= is_valid(own)
            own = own.field(own.type.get_field_index(name))
        large = as_large_binary(own)
        own_valid = is_valid(large)
        _, offsets, data = large.buffers()
        if not len(large) or data is None:
            ends, data = np.zeros(len(large) + 1, np.int64), pa.py_buffer(b"")
        else:
            ends = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1]
            if ends[0] < 0 or ends[-1] > data.size or (np.diff(ends) < 0).any():
                raise pa.ArrowInvalid(f"the offsets of column {'.'.join(path)!r} are damaged")
            data = data.slice(ends[0], ends[-1] - ends[0])
        return cls(ends - ends[0], data, own_valid & around, own_valid, own.type)

    def strings(self) -> pa.LargeStringArray:
        """The texts as strings, not yet known to be UTF-8."""
        return self._array(self.offsets, self.data, pa.large_string())

    def with_texts(self, offsets: Int64s, data: Buffer | pa.Buffer) -> pa.Array:
        """The column in its own type, with other texts."""
        if types.is_null(self.own_type):
            return pa.nulls(len(offsets) - 1)
        if not types.is_dictionary(self.own_type):
            return self._in_type(offsets, data, self.own_type)
        encoded = self._in_type(offsets, data, self.own_type.value_type).dictionary_encode()
        indices = encoded.indices.cast(self.own_type.index_type)
        return pa.DictionaryArray.from_arrays(
            indices, encoded.dictionary, ordered=self.own_type.ordered
        )

    def _in_type(self, offsets: Int64s, data: Buffer | pa.Buffer, wanted: pa.DataType) -> pa.Array:
        is_binary = types.is_binary(wanted) or types.is_large_binary(wanted)
        kind = pa.large_binary() if is_binary else pa.large_string()
        return self._array(offsets, data, kind).cast(wanted)

    def _array(self, offsets: Int64s, data: Buffer | pa.Buffer, kind: pa.DataType) -> pa.Array:
        mask = None if self.own_valid.all() else pa.array(self.own_valid).buffers()[1]
        buffers = [mask, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(kind, len(offsets) - 1, buffers)


def as_large_binary(array: pa.Array) -> pa.Array:
    """64-bit offsets and bytes that nobody has looked at, whatever kind of text it was."""
    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    return array.cast(pa.large_binary())


def is_valid(values: pa.Array) -> Bools:
    result: Bools = values.is_valid().to_numpy(zero_copy_only=False)
    return result
