"""Rows: where the text stands in Arrow record batches, and how swapped text is put back.

    offsets   0     5        12  12         one column of text: its data buffer is the block's
    data      |the dog|it barks|            bytes, its offsets are the spans; nothing is copied

A null text is no document. A text in a struct is named by its path (`meta.body`). Every other
column is handed on as it is.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types
import xxhash

from link.block import Block, Buffer, Int64s
from link.errors import ShardError
from link.shards.batch import BadRecord, Batch, Places
from link.shards.fields import IN_LISTS, Fields, Path, list_of, path_of
from link.shards.jsonl import Refuse
from link.shards.spell import NO_CAST, plain_type
from link.shards.text_column import Bools, TextColumn, as_large_binary, is_valid

Swapped = tuple[Buffer | pa.Buffer, Int64s, Int64s]
"""A block's new bytes, and the spans of its documents in them."""


_NAME_IT = "name the one that holds the text with --text-field"


class Rows:
    """Finds the documents in record batches of one schema; it keeps nothing between batches.

    `refuse`: why a text cannot be written where it is to go. `strict`: all strings of a row must be
    UTF-8, not only its texts. `placed`: say of each document which row it is in. Raises
    `ShardError` where the schema has no such text.
    """

    def __init__(
        self,
        fields: Fields,
        schema: pa.Schema,
        refuse: Refuse | None = None,
        *,
        strict: bool = False,
        placed: bool = False,
    ) -> None:
        self._fields = fields
        self._schema = schema
        self._refuse = refuse
        self._strict = strict
        self._placed = placed
        self._texts = [
            path for path in map(path_of, dict.fromkeys(fields.texts)) if has_field(schema, path)
        ]
        twice = [path[0] for path in map(path_of, fields.texts) if schema.names.count(path[0]) > 1]
        if twice:
            raise ShardError(f"column {twice[0]!r} occurs twice; give the columns other names")
        if not self._texts:
            names = ", ".join(schema.names) or "none at all"
            kinds = {name: field_type(schema, (name,)) for name in map(list_of, fields.texts)}
            lists = [name for name, kind in kinds.items() if kind is not None and is_list(kind)]
            hint = f"{lists[0]!r} is a list; {IN_LISTS}" if lists else _NAME_IT
            raise ShardError(
                f"no column {' or '.join(map(repr, fields.texts))}; the columns are {names}; {hint}"
            )
        for path in self._texts:
            found = field_type(schema, path)
            if not (is_text(found) or types.is_null(found)):  # nothing but null texts
                raise ShardError(
                    f"column {'.'.join(path)!r} does not hold text but {found}; "
                    f"{IN_LISTS if is_list(found) else _NAME_IT}"
                )
        self._key = None if fields.key is None else path_of(fields.key)
        if self._key is not None:
            found = field_type(schema, self._key)
            if found is None or not (is_text(found) or types.is_integer(found)):
                raise ShardError(
                    f"key column {fields.key!r} must hold strings or whole numbers, "
                    f"but {'is absent' if found is None else f'holds {found}'}"
                )

    @property
    def needed(self) -> list[str]:
        """The columns without which documents cannot be found."""
        names = [path[0] for path in self._texts]
        conditions = (path_of(name) for name, _ in self._fields.where)
        names += [path[0] for path in conditions if has_field(self._schema, path)]
        return list(dict.fromkeys(names if self._key is None else [*names, self._key[0]]))

    @property
    def names(self) -> list[str]:
        """The text fields that there are."""
        return [".".join(path) for path in self._texts]

    @property
    def text_columns(self) -> list[str]:
        """The columns in which documents stand."""
        return list(dict.fromkeys(path[0] for path in self._texts))

    def find(self, rows: pa.RecordBatch, first: bool = True) -> Batch:
        """The documents in some rows."""
        bad = self._bad_rows(rows)
        good = without_rows(rows, [record.number - 1 for record in bad])
        wanted = self._wanted(good)
        blocks = tuple(self._block(good, path, wanted) for path in self._texts)
        places = tuple(self._places(good, bad, wanted)) if self._placed else ()
        return Batch(blocks, len(good), tuple(bad), len(rows), size_of(rows), good, places)

    def put_back(self, rows: pa.RecordBatch, swapped: Sequence[Swapped]) -> pa.RecordBatch:
        """The rows that `find` found good, with the swapped texts of its blocks in place."""
        wanted = self._wanted(rows)
        for path, (data, starts, ends) in zip(self._texts, swapped, strict=True):
            column = TextColumn.of(rows, path)
            growth = np.zeros(len(rows), np.int64)
            documents = np.flatnonzero(column.valid & wanted)
            old = column.offsets[documents + 1] - column.offsets[documents]
            growth[documents] = (ends - starts) - old
            offsets = column.offsets.copy()
            offsets[1:] += np.cumsum(growth)
            rows = _replace_column(rows, path, column.with_texts(offsets, data))
        return rows

    # --- which rows, which texts ---

    def _block(self, rows: pa.RecordBatch, path: Path, wanted: Bools) -> Block:
        column = TextColumn.of(rows, path)
        documents = np.flatnonzero(column.valid & wanted)
        starts, ends = column.offsets[documents], column.offsets[documents + 1]
        view = memoryview(column.data)
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        texts = [view[start:end] for start, end in spans]
        if self._key is None:
            keys = map(xxhash.xxh3_64_intdigest, texts)
        else:
            key = _values(rows, self._key)
            key = as_large_binary(key) if is_text(key.type) else key
            values = key.take(pa.array(documents)).to_pylist()
            keys = map(xxhash.xxh3_64_intdigest, map(_as_key, values))
        numbers = np.fromiter(keys, np.uint64, len(texts))
        return Block(column.data, starts, ends, numbers, escaped=False, texts=texts)

    def _places(
        self, rows: pa.RecordBatch, bad: Sequence[BadRecord], wanted: Bools
    ) -> Iterator[Places]:
        """Of the documents in some good rows."""
        every = np.arange(len(rows) + len(bad))
        lines = np.delete(every, [record.number - 1 for record in bad])
        for field, path in enumerate(self._texts):
            documents = np.flatnonzero(TextColumn.of(rows, path).valid & wanted)
            yield Places(documents, lines.take(documents), np.full(len(documents), field))

    def _wanted(self, rows: pa.RecordBatch) -> Bools:
        """Whether the conditions hold in each row."""
        wanted = np.ones(len(rows), np.bool_)
        for name, value in self._fields.where:
            path = path_of(name)
            spelled = spelled_values(rows, path)
            same = (each == value or (each is None and value == "null") for each in spelled)
            wanted &= np.fromiter(same, np.bool_, len(rows)) & has_field(rows.schema, path)
            if len(path) > 1 and wanted.any():  # a field of nothing is absent, not null
                wanted &= is_valid(_values(rows, path[:-1]))
        return wanted

    def _bad_rows(self, rows: pa.RecordBatch) -> list[BadRecord]:
        reasons: dict[int, str] = {}
        checked = [(".".join(path), TextColumn.of(rows, path).strings()) for path in self._texts]
        if self._strict:
            checked += [
                (field.name, rows.column(i))
                for i, field in enumerate(rows.schema)
                if field.name not in self.text_columns
            ]
        for name, column in checked:
            for row in _not_utf8(column):
                reasons.setdefault(row, f"column {name!r} is not UTF-8")
        if self._key is not None:
            nulls = ~is_valid(_values(rows, self._key))
            has_text = np.zeros(len(rows), np.bool_)
            for path in self._texts:
                has_text |= TextColumn.of(rows, path).valid
            for row in np.flatnonzero(nulls & has_text & self._wanted(rows)).tolist():
                reasons.setdefault(row, f"key column {self._fields.key!r} is null")
        if self._refuse is not None:
            for path in self._texts:
                column = TextColumn.of(rows, path).strings()
                for row in range(len(rows)):
                    if row not in reasons:
                        reason = self._refuse(column[row].as_py())
                        if reason:
                            reasons[row] = reason
        return [BadRecord(row + 1, None, reasons[row]) for row in sorted(reasons)]


def size_of(rows: pa.RecordBatch) -> int:
    """How many bytes the rows take, without the dictionaries that they share with others."""
    columns = (
        column.indices if types.is_dictionary(column.type) else column for column in rows.columns
    )
    return sum(column.nbytes for column in columns)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type can hold documents."""
    if types.is_dictionary(kind):
        return is_text(kind.value_type)
    return kind in _TEXT_TYPES


_TEXT_TYPES = (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary())


def is_list(kind: pa.DataType) -> bool:
    """Whether a column of this type holds lists, of whatever kind."""
    return bool(
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def has_field(schema: pa.Schema, path: Path) -> bool:
    """Whether there is a column, or a field of structs in a column, at a path."""
    return field_type(schema, path) is not None


def field_type(schema: pa.Schema, path: Path) -> pa.DataType | None:
    """The type at a path; None if there is none, or more than one."""
    index = schema.get_field_index(path[0])
    if index < 0:
        return None
    kind = schema.field(index).type
    for name in path[1:]:
        if not types.is_struct(kind) or kind.get_field_index(name) < 0:
            return None
        kind = kind.field(kind.get_field_index(name)).type
    return kind


def _values(rows: pa.RecordBatch, path: Path) -> pa.Array:
    """The values at a path; null where a struct around them is."""
    column = rows.column(path[0])
    if len(path) > 1:
        column = pc.struct_field(column, list(path[1:]))
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column


def _replace_column(rows: pa.RecordBatch, path: Path, new: pa.Array) -> pa.RecordBatch:
    index = rows.schema.get_field_index(path[0])
    column = _replaced(rows.column(index), path[1:], new)
    return rows.set_column(index, rows.schema.field(index), column)


def _replaced(column: pa.Array, path: Path, new: pa.Array) -> pa.Array:
    """A struct column with another field at a path; nulls stay where they are."""
    if not path:
        return new
    children = [column.field(i) for i in range(column.type.num_fields)]
    index = column.type.get_field_index(path[0])
    children[index] = _replaced(children[index], path[1:], new)
    mask = column.is_null() if column.null_count else None
    return pa.StructArray.from_arrays(children, fields=list(column.type), mask=mask)


def without_rows(rows: pa.RecordBatch, numbers: Sequence[int]) -> pa.RecordBatch:
    """The rows but for some, by ascending number. (Arrow cannot filter every type.)"""
    if not numbers:
        return rows
    bounds = [-1, *numbers, len(rows)]
    if len(numbers) == len(rows):
        return rows.slice(0, 0)
    kept = [
        rows.slice(before + 1, after - before - 1)
        for before, after in itertools.pairwise(bounds)
        if after - before > 1
    ]
    return joined(kept, rows.schema)


def joined(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Record batches as one, of which a column must not outgrow its offsets."""
    if len(batches) == 1:
        return batches[0]
    [batch] = pa.Table.from_batches(batches, schema).combine_chunks().to_batches()
    return batch


def _not_utf8(column: pa.Array) -> list[int]:
    """The rows in which a string is not UTF-8; raises `pa.ArrowInvalid` for other damage."""
    if _is_utf8(column):
        return []
    with suppress(*NO_CAST):  # dictionaries are shared between rows
        column = column.cast(plain_type(column.type))
    rows = (column.take(pa.array([row])) for row in range(len(column)))
    return [row for row, value in enumerate(rows) if not _is_utf8(value)]


def _is_utf8(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        if "UTF8" not in str(error):
            raise
        return False
    return True


def spelled_values(rows: pa.RecordBatch, path: Path) -> list[str | None]:
    """The values at a path, strings as they are and others as JSON spells them; None for null, and
    where there is no such column.
    """
    if not has_field(rows.schema, path):
        return [None] * len(rows)
    values = _values(rows, path)
    if is_text(values.type):
        raw = as_large_binary(values).to_pylist()
        return [None if value is None else value.decode("utf-8", "replace") for value in raw]
    with suppress(*NO_CAST):
        values = values.cast(plain_type(values.type))
    return [_spelled(value) if value.is_valid else None for value in values]


def _spelled(scalar: pa.Scalar) -> str | None:
    """A value's text, or what JSON spells it as; None if it is not UTF-8."""
    try:
        value = scalar.as_py()
    except UnicodeDecodeError:
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=repr)


def _as_key(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode()
