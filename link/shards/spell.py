"""How rows are spelled as JSON, type by type; `docs/formats.md` has the table.

What has no spelling that keeps the value is refused, never approximated.
"""

import base64
import json
from typing import Any

import pyarrow as pa
import pyarrow.types as types

from link.errors import ShardError

RECORD_FIELD = "record"
RECORD_MARK = {b"link": b"the other fields of the record, as JSON"}
"""The metadata of a `record` column, by which its members become fields again."""


class UnspellableError(Exception):
    """A type has no spelling in JSON; the message names it."""


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type that values are cast to before they are spelled.

    Raises `UnspellableError` for a type that JSON has no spelling for.

    >>> plain_type(pa.list_(pa.date32()))
    LargeListType(large_list<item: string>)
    """
    if types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if types.is_boolean(kind) or types.is_integer(kind) or types.is_null(kind):
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
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.large_list(plain_type(kind.value_type))
    if types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        if len({field.name for field in fields}) < len(fields):
            raise UnspellableError(f"{kind}, in which a name comes twice")
        return pa.struct([(field.name, plain_type(field.type)) for field in fields])
    if types.is_map(kind):
        return pa.map_(plain_type(kind.key_type), plain_type(kind.item_type))
    raise UnspellableError(str(kind))


def _in_utc(kind: pa.DataType) -> pa.DataType:
    """The type with every time zone replaced by UTC, so that no zone table is needed."""
    if types.is_timestamp(kind) and kind.tz is not None:
        return pa.timestamp(kind.unit, "UTC")
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.large_list(_in_utc(kind.value_type))
    if types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        return pa.struct([(field.name, _in_utc(field.type)) for field in fields])
    if types.is_map(kind):
        return pa.map_(_in_utc(kind.key_type), _in_utc(kind.item_type))
    return kind


def check_spellable(schema: pa.Schema) -> None:
    """Raise `ShardError` if a column has no spelling in JSON."""
    if len(set(schema.names)) < len(schema.names):
        raise ShardError("two columns have one name, which JSON cannot spell")
    for field in schema:
        try:
            pa.array([], field.type).cast(_in_utc(field.type)).cast(plain_type(field.type))
        except (UnspellableError, pa.ArrowException) as error:
            raise ShardError(
                f"column {field.name!r} holds {field.type}, which JSON has no spelling for "
                f"({error}); keep the shard's format, or leave the column out first"
            ) from error


def json_lines(rows: pa.RecordBatch) -> bytes:
    """The rows as JSON Lines, one record a line, fields in the columns' order.

    Raises `pa.ArrowInvalid` for a value that has no spelling.
    """
    columns = [
        rows.column(i).cast(_in_utc(field.type)).cast(plain_type(field.type))
        for i, field in enumerate(rows.schema)
    ]
    folded = [field.metadata == RECORD_MARK for field in rows.schema]
    names = rows.schema.names
    lines = []
    for values in zip(*(column.to_pylist() for column in columns), strict=True):
        if any(folded):
            lines.append(_unfolded(names, values, folded.index(True)))
        else:
            lines.append(_dumps(dict(zip(names, values, strict=True))))
    return "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_base64)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _unfolded(names: list[str], values: tuple[Any, ...], record: int) -> str:
    """A record whose other fields are JSON text in one column, as one object again.

    A null text is a field of the record only if the JSON text says so.
    """
    rest = values[record]
    fields = json.loads(rest)
    texts = {
        name: value
        for place, (name, value) in enumerate(zip(names, values, strict=True))
        if place != record and value is not None
    }
    return _dumps(_merged(fields, texts))


def _merged(fields: dict[str, Any], texts: dict[str, Any]) -> dict[str, Any]:
    """`texts` put into `fields`, objects into objects."""
    result = dict(fields)
    for name, value in texts.items():
        before = result.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            present = {key: each for key, each in value.items() if each is not None}
            result[name] = _merged(before, present)
        else:
            result[name] = value
    return result
