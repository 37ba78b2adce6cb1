"""How rows are spelled as JSON, type by type; `docs/formats.md` has the table.

What has no spelling that keeps the value is refused, never approximated.
"""

import base64
import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from link.errors import ShardError
from link.shards.json_values import check_object, members

_OUT_OF_RANGE = "<value out of range"

RECORD_FIELD = "record"
RECORD_MARK = {b"link": b"the other fields of the record, as JSON"}
"""The metadata of a `record` column, by which its members become fields again."""


class UnspellableError(Exception):
    """A type has no spelling in JSON; the message names it."""


NO_CAST = (UnspellableError, pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError)
"""What comes of values that JSON cannot spell. Other errors of Arrow may be want of memory."""


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type that values are cast to before they are spelled.

    Raises `UnspellableError` for a type that JSON has no spelling for.

    >>> plain_type(pa.list_(pa.date32()))
    LargeListType(large_list<item: string>)
    """
    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_null(kind):
        return pa.bool_()  # all of them null; Arrow cannot cast lists of nulls
    if types.is_boolean(kind) or types.is_integer(kind):
        return kind
    if types.is_floating(kind):
        return pa.float64()
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return pa.large_string()
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return pa.large_binary()
    if types.is_decimal(kind) or types.is_date(kind) or types.is_time(kind):
        return pa.string()
    if types.is_timestamp(kind):
        return pa.string()
    nested = _nested(kind, plain_type)
    if nested is None:
        raise UnspellableError(str(kind))
    return nested


def _nested(kind: pa.DataType, of: Callable[[pa.DataType], pa.DataType]) -> pa.DataType | None:
    """A nested type with `of` its inner types in their places; None of any other type."""
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.large_list(of(kind.value_type))
    if types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        if len({field.name for field in fields}) < len(fields):
            raise UnspellableError(f"{kind}, in which a name occurs twice")
        return pa.struct([(field.name, of(field.type)) for field in fields])
    return pa.map_(of(kind.key_type), of(kind.item_type)) if types.is_map(kind) else None


def _in_utc(kind: pa.DataType) -> pa.DataType:
    """The type with every time zone replaced by UTC, so that no zone table is needed."""
    if types.is_null(kind):
        return pa.bool_()
    if types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp(kind.unit, "UTC")
    return _nested(kind, _in_utc) or kind


def check_spellable(schema: pa.Schema) -> None:
    """Raise `ShardError` if a column has no spelling in JSON."""
    if len(set(schema.names)) < len(schema.names):
        raise ShardError("two columns have one name, which JSON cannot represent")
    for field in schema:
        try:
            _plain(pa.nulls(0, field.type))
        except NO_CAST as error:
            raise ShardError(
                f"column {field.name!r} holds {field.type}, which JSON cannot represent "
                f"({error}); keep the shard's format, or leave the column out first"
            ) from error


def json_lines(rows: pa.RecordBatch) -> bytes:
    """The rows as JSON Lines, one record a line, fields in the columns' order.

    Raises `pa.ArrowInvalid` for a value that has no spelling.
    """
    columns = [_plain(column) for column in rows.columns]
    folded = [field.metadata == RECORD_MARK for field in rows.schema]
    names = rows.schema.names
    lines = []
    for values in zip(*(column.to_pylist() for column in columns), strict=True):
        if any(folded):
            lines.append(_unfolded(names, values, folded.index(True)))
        else:
            lines.append(_dumps(dict(zip(names, values, strict=True))))
    return b"".join(line + b"\n" for line in lines)


def _plain(column: pa.Array) -> pa.Array:
    """The column in its plain type, in which Python's `json` spells its values."""
    wanted = plain_type(column.type)
    plain = column.cast(_in_utc(column.type)).cast(wanted)
    _check_calendar(column.type, plain)
    return plain


def _check_calendar(kind: pa.DataType, plain: pa.Array) -> None:
    """Raise `pa.ArrowInvalid` for a date or time that Arrow has spelled as out of range."""
    if types.is_dictionary(kind):
        _check_calendar(kind.value_type, plain)
    elif types.is_date(kind) or types.is_time(kind) or types.is_timestamp(kind):
        if pc.any(pc.starts_with(plain, _OUT_OF_RANGE)).as_py():
            raise pa.ArrowInvalid(f"a {kind} is beyond the calendar")
    elif types.is_struct(kind):
        for i in range(kind.num_fields):
            _check_calendar(kind.field(i).type, plain.field(i))
    elif types.is_map(kind):
        _check_calendar(kind.key_type, plain.keys)
        _check_calendar(kind.item_type, plain.items)
    elif types.is_large_list(plain.type):
        _check_calendar(kind.value_type, plain.flatten())


def _dumps(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, default=_base64)
    return text.encode("utf-8", "surrogatepass")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _unfolded(names: list[str], values: tuple[Any, ...], record: int) -> bytes:
    """A record whose other fields are JSON text in one column, as one object again.

    These fields are spelled as they are in that text. A null text is a field of the record only if
    the text has it.
    """
    texts = {name: value for place, (name, value) in enumerate(zip(names, values, strict=True))}
    rest = texts.pop(names[record])
    return _merged(rest.encode() if isinstance(rest, str) else b"", _without_nulls(texts))


def _merged(raw: bytes, texts: dict[str, Any]) -> bytes:
    """The object that JSON text holds, with texts put into it and into the objects in it."""
    try:
        check_object(raw.decode())
    except ValueError as error:
        raise pa.ArrowInvalid(f"column {RECORD_FIELD!r} does not hold a JSON object") from error
    fields = members(raw)
    for name, value in texts.items():
        before = fields.get(name, b"")
        is_inner = isinstance(value, dict) and before.startswith(b"{")
        fields[name] = _merged(before, value) if is_inner else _dumps(value)
    parts = (b"%b: %b" % (_dumps(name), value) for name, value in fields.items())
    return b"{%b}" % b", ".join(parts)


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """An object without fields that are null, or objects of nothing else."""
    inner = {
        name: _without_nulls(each) if isinstance(each, dict) else each
        for name, each in value.items()
    }
    return {name: each for name, each in inner.items() if each is not None and each != {}}
