"""The values of a field by which records are told apart (`--by`), a document each.

A piece is looked through once more for them: readers that find text know nothing of groups.
"""

import pyarrow as pa

from link.errors import ShardError
from link.shards.batch import Places
from link.shards.fields import path_of
from link.shards.formats import TEXT
from link.shards.json_values import ValueFinder, text_of
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
        self._values = ValueFinder([self._path])

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
        [value] = self._values(memoryview(record))
        return None if value is None or value[0] == ord("n") else text_of(value)


def _shown(value: str | None) -> str:
    if value is None:
        return ABSENT
    value = value.encode("utf-8", "backslashreplace").decode()  # halves of surrogate pairs
    return value if len(value) <= MOST_CHARACTERS else f"{value[:MOST_CHARACTERS]}…"
