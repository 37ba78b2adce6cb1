"""The fast path: the wanted values of a line of JSON, and what its strings say, by msgspec."""

import json
import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from link.block import Buffer
from link.shards.fields import Path

_TEXT = msgspec.json.Decoder(str)


def decoded(data: bytes, start: int, end: int) -> Buffer:
    """What the JSON string `data[start:end]` says, in UTF-8: its own bytes if it has no escapes.

    A lone surrogate counts as the three bytes that UTF-8 would give it.
    """
    start, end = start + 1, end - 1
    if data.find(b"\\", start, end) < 0:
        return memoryview(data)[start:end]
    parts = []
    while start < end:  # a long text in pieces: as a string it may take four times its size
        cut = (
            _BETWEEN.search(data, start + _MOST_DECODED, end)
            if end - start > _MOST_DECODED
            else None
        )
        stop = cut.start() if cut else end
        string = b'"%b"' % data[start:stop]
        try:
            parts.append(_TEXT.decode(string).encode())
        except msgspec.DecodeError:
            parts.append(str(json.loads(string)).encode("utf-8", "surrogatepass"))
        start = stop
    return b"".join(parts) if len(parts) > 1 else parts[0]


_MOST_DECODED = 1 << 22
# Before a character that no escape and no pair of escapes reaches into.
_BETWEEN = re.compile(rb"(?<=[^\\]{12})[^\\\x80-\xbf]|(?<!\\)\\(?!u[dD][c-fC-F])")


def decoder(paths: Sequence[Path]) -> "msgspec.json.Decoder[Any] | None":
    """A decoder of a line to a struct of its wanted values; `getter` finds them in it.

    msgspec cannot hand out an object and a field of it both, and takes no names that JSON would
    have to escape: then there is none, and every line is left to the slow path.
    """
    tree: dict[str, Any] = {}
    for path in paths:
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
            if branch is _LEAF:
                return None
        if branch.setdefault(path[-1], _LEAF) is not _LEAF:
            return None
    try:
        return msgspec.json.Decoder(_struct(tree))
    except ValueError:
        return None


_LEAF: dict[str, Any] = {"": "a value that is wanted as it is spelled"}


def _struct(tree: dict[str, Any]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        "Record",
        [
            (
                _attribute(name),
                msgspec.Raw if branch is _LEAF else _struct(branch),
                msgspec.field(name=name, default=None),
            )
            for name, branch in tree.items()
        ],
    )


def _attribute(name: str) -> str:
    return "field_" + name.encode().hex()


def getter(path: Path) -> Callable[[Any], Any]:
    """Finds the value at a path in what `decoder` gives; None if there is none."""
    attributes = [_attribute(name) for name in path]
    if len(attributes) == 1:
        return attrgetter(attributes[0])

    def get(record: Any) -> Any:
        for attribute in attributes:
            record = getattr(record, attribute, None)
        return record

    return get
