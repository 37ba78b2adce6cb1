"""JSON Lines as rows: which columns they make, and the rows themselves.

Fields become columns if that loses nothing: every record has the same fields, and each field one
type (or null) throughout the shard. Otherwise the columns are the texts, and `record`, which holds
the other fields of each record as JSON text. Values are those that Python's `json` reads.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from link.shards.fields import Fields, Path, path_of
from link.shards.json_values import members
from link.shards.jsonl import BOM
from link.shards.spell import RECORD_FIELD, RECORD_MARK

_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MOST_DIGITS = 19
_MOST_LEVELS = 30  # Parquet's readers give up not far beyond
_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1

Kind = str | tuple[str, Any] | None
"""What a value is: None for null, a name, `("list", kind)`, or `("object", {name: kind})`."""


class TextIsRecordError(Exception):
    """The text and the column for all other fields would have one name."""


class _VariesError(Exception):
    """No one type holds all the values of a field."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a shard. `folded`: the other fields are in one column, as JSON text."""

    schema: pa.Schema
    texts: tuple[Path, ...]
    folded: bool

    def rows(self, data: bytes) -> pa.RecordBatch:
        """Whole lines, all of them good records, as rows."""
        lines = records_of(data)
        if self.folded:
            values = [
                {
                    **_texts_of(_TEXTS.decode(line.decode()), self.texts),
                    RECORD_FIELD: _rest(line, self.texts),
                }
                for line in lines
            ]
        else:
            values = [json.loads(line) for line in lines]
        return pa.RecordBatch.from_pylist(values, schema=self.schema)


def records_of(data: bytes) -> Iterator[bytes]:
    """The lines that are not blank."""
    return (line for line in data.removeprefix(BOM).split(b"\n") if line.strip())


def text_columns(names: Iterable[str]) -> pa.Schema:
    """A schema of nothing but texts, at the paths that the names say."""
    texts = tuple(map(path_of, names))
    return _schema(_objects(_texts_of(None, texts)), texts)


def infer_columns(pieces: Iterable[bytes], fields: Fields) -> Columns:
    """The columns for the good lines of a shard, which is read to its end."""
    texts = tuple(dict.fromkeys(map(path_of, fields.texts)))
    kind: Kind = None
    try:
        for data in pieces:
            for line in records_of(data):
                kind = _merged(kind, _kind(_VALUES.decode(line.decode())))
        schema = pa.schema([]) if kind is None else _schema(kind, texts)
        return Columns(schema if len(schema) else text_columns(fields.texts), texts, folded=False)
    except _VariesError:
        pass
    schema = text_columns(fields.texts)
    if RECORD_FIELD in schema.names:
        raise TextIsRecordError(
            f"the text field is called {RECORD_FIELD!r}, as is the column for the other fields, "
            f"which this shard needs because they vary; keep its format"
        )
    record = pa.field(RECORD_FIELD, pa.string(), metadata=RECORD_MARK)
    return Columns(schema.append(record), texts, folded=True)


# --- types ---


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):  # `1e400` is no infinity
        raise _VariesError
    return value


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MOST_DIGITS:  # Python refuses to read thousands of them
        raise _VariesError
    return int(text)


_VALUES = json.JSONDecoder(parse_float=_finite, parse_int=_integer)
# Numbers stay text: of these records only the texts matter.
_TEXTS = json.JSONDecoder(parse_int=str, parse_float=str)


def _kind(value: Any, levels: int = 0) -> Kind:
    if levels > _MOST_LEVELS:
        raise _VariesError
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        if not _SMALLEST <= value <= _LARGEST:
            raise _VariesError
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        if not value.isascii() and _LONE_SURROGATE.search(value):
            raise _VariesError
        return "string"
    if isinstance(value, list):
        kind: Kind = None
        for each in value:
            kind = _merged(kind, _kind(each, levels + 1))
        return ("list", kind)
    if not value or any(_LONE_SURROGATE.search(name) for name in value):
        raise _VariesError  # there is no column without fields
    return ("object", {name: _kind(each, levels + 1) for name, each in value.items()})


def _merged(one: Kind, other: Kind) -> Kind:
    """The kind of values of which some are of one and some of the other."""
    if one == other or other is None:
        return one
    if one is None:
        return other
    if not (isinstance(one, tuple) and isinstance(other, tuple) and one[0] == other[0]):
        raise _VariesError
    if one[0] == "list":
        return ("list", _merged(one[1], other[1]))
    if one[1].keys() != other[1].keys():
        raise _VariesError
    return ("object", {name: _merged(kind, other[1][name]) for name, kind in one[1].items()})


def _objects(value: dict[str, Any] | None) -> Kind:
    """The kind of objects with nothing but null in them."""
    if value is None:
        return None
    return ("object", {name: _objects(each) for name, each in value.items()})


def _schema(kind: Kind, texts: tuple[Path, ...]) -> pa.Schema:
    assert isinstance(kind, tuple)
    return pa.schema([(name, _type(each, (name,), texts)) for name, each in kind[1].items()])


def _type(kind: Kind, path: Path, texts: tuple[Path, ...]) -> pa.DataType:
    if kind is None:
        return pa.string() if path in texts else pa.null()
    if isinstance(kind, str):
        return {
            "bool": pa.bool_(),
            "int": pa.int64(),
            "float": pa.float64(),
            "string": pa.string(),
        }[kind]
    if kind[0] == "list":
        return pa.list_(_type(kind[1], (), ()))
    return pa.struct([(name, _type(each, (*path, name), texts)) for name, each in kind[1].items()])


# --- texts, and the rest ---


def _texts_of(value: Any, texts: tuple[Path, ...]) -> dict[str, Any]:
    """A record's texts, objects around them included, and nothing else."""
    result: dict[str, Any] = {}
    for path in texts:
        branch, found = result, value
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
            found = found.get(name) if isinstance(found, dict) else None
        branch[path[-1]] = found.get(path[-1]) if isinstance(found, dict) else None
    return result


def _rest(line: bytes, texts: tuple[Path, ...]) -> str:
    """A record without its texts, every other value spelled as it was."""
    return _without(line.strip().removeprefix(BOM), texts).decode()


def _without(raw: bytes, paths: Iterable[Path]) -> bytes:
    if not raw.startswith(b"{"):
        return raw
    fields = members(raw)
    for name, *below in paths:
        value = fields.get(name)
        if value is None:
            continue
        if below:
            fields[name] = _without(value, [tuple(below)])
        elif value.startswith(b'"'):
            del fields[name]
    return b"{%b}" % b", ".join(
        b"%b: %b" % (json.dumps(name).encode(), value) for name, value in fields.items()
    )
