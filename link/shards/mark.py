"""Marks: a field that is put into records of JSON Lines behind all others, without rewriting them.

{"text": "Der Hund"  }⏎   ->   {"text": "Der Hund"  ,"link":{…}}⏎
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from link.block import Buffer
from link.shards.jsonl import BLANKS, BOM


def with_marks(
    data: bytes, field: str, marks: Sequence[Mapping[str, Any] | None], *, first: bool
) -> bytes:
    """Some good lines with the marks in place; None for a record without one.

    `first`: the shard begins with them. Raises `ValueError` if there are not as many records.
    """
    view = memoryview(data)
    name = json.dumps(field).encode()
    pieces: list[Buffer] = []
    done = 0
    for brace, mark in zip(_closing_braces(data, first), marks, strict=True):
        if mark is not None:
            pieces += (view[done:brace], b",%b:%b" % (name, msgspec.json.encode(mark)))
            done = brace
    pieces.append(view[done:])
    return b"".join(pieces)


def _closing_braces(data: bytes, first: bool) -> Iterator[int]:
    """Where each record's last brace stands: only blanks follow it in its line."""
    begin = len(BOM) if first and data.startswith(BOM) else 0
    while begin < len(data):
        end = data.find(b"\n", begin) + 1 or len(data)
        size = len(data[begin:end].rstrip(BLANKS))
        if size:
            yield begin + size - 1
        begin = end
