"""The values of a field by which records are told apart (`--by`), a document each.

A piece is looked through once more for them: readers that find text know nothing of groups.
"""

import json
from collections.abc import Callable

import msgspec
import pyarrow as pa

from link.errors import ShardError
from link.shards.batch import Places
from link.shards.fields import path_of
from link.shards.formats import TEXT
from link.shards.json_fields import decoder, getter
from link.shards.json_walk import find
from link.shards.jsonl import BOM
from link.shards.rows import spelled_values

ABSENT = "(none)"
"""The value of records without the field, or with null in it."""

MOST_CHARACTERS = 100
"""Longer values are cut."""


class Groups:
    """Finds a field's values in the pieces of a shard. Raises `ShardError` for plain text."""

    def __init__(self, name: str, container: str) -> None:
        if container == TEXT:
            raise ShardError(f"plain text has no field {name!r} for --by")
        self._path = path_of(name)
        self._decoder = decoder([self._path])
        self._get: Callable[[object], object] = getter(self._path)

    def of(self, content: bytes | pa.RecordBatch, places: Places) -> list[str]:
        """The value of each document of a block of the piece."""
        lines = places.line.tolist()
        if isinstance(content, pa.RecordBatch):
            values = spelled_values(content, self._path)
            return [_shown(values[line]) for line in lines]
        records = content.removeprefix(BOM).split(b"\n")
        known = {line: _shown(self._value(records[line])) for line in dict.fromkeys(lines)}
        return [known[line] for line in lines]

    def _value(self, record: bytes) -> str | None:
        raw: object = None
        try:
            if self._decoder is None:
                raw = self._walk(record)
            else:
                raw = self._get(self._decoder.decode(record))
        except (msgspec.DecodeError, RecursionError):
            raw = self._walk(record)
        if raw is None:
            return None
        spelled = bytes(raw) if isinstance(raw, msgspec.Raw | bytes) else b""
        value = spelled.decode()
        if value.startswith('"'):
            return str(json.loads(value))
        return None if value == "null" else value

    def _walk(self, record: bytes) -> bytes | None:
        """By the rules of Python's `json`, for lines that msgspec does not take."""
        text = record.decode().rstrip("\r\n")
        place = find(text, self._path)
        return None if place is None else text[place[0] : place[1]].encode()


def _shown(value: str | None) -> str:
    if value is None:
        return ABSENT
    value = value.encode("utf-8", "backslashreplace").decode()  # halves of surrogate pairs
    return value if len(value) <= MOST_CHARACTERS else f"{value[:MOST_CHARACTERS]}…"
