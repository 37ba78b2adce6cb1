"""The slow path: where the values of an object stand, by the scanner of Python's `json` itself.

It reads what Python's `json` reads, `NaN` and lone surrogates included.
"""

import json
import re
from collections.abc import Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # public, but not in stubs

import msgspec

from link.shards.fields import Path

_RAW_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SPACE = re.compile(r"[ \t\n\r]*")
# Numbers stay text: nobody needs their values here, and some have too many digits for `int`.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def check_object(text: str) -> None:
    """Raise `json.JSONDecodeError` unless the text is one JSON object and nothing else."""
    at = _after_space(text, 0)
    _, end = _JSON.raw_decode(text, at)
    if _after_space(text, end) != len(text):
        raise json.JSONDecodeError("more follows behind the value", text, end)
    if text[at] != "{":
        raise json.JSONDecodeError("another kind of value", text, at)


def members(text: str, at: int = 0) -> Iterator[tuple[str, int, int]]:
    """The fields of the object at an index, and from where to where their values stand.

    Of a field that comes twice the last one counts, as in `json.loads`.
    """
    at = _after_space(text, _after_space(text, at) + 1)  # over the brace
    while text[at] != "}":
        name, at = scanstring(text, at + 1)
        at = _after_space(text, _after_space(text, at) + 1)  # over the colon
        _, end = _JSON.raw_decode(text, at)
        yield name, at, end
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def raw_members(raw: bytes) -> dict[str, bytes]:
    """An object's fields as they are spelled; of one that comes twice the last counts."""
    try:
        return {name: bytes(value) for name, value in _RAW_FIELDS.decode(raw).items()}
    except (msgspec.DecodeError, RecursionError):
        text = raw.decode()
        return {name: text[start:end].encode() for name, start, end in members(text)}


def find(text: str, path: Path) -> tuple[int, int] | None:
    """Where the value at a path stands in the text of an object; None if there is none."""
    start, end = 0, len(text)
    for name in path:
        if not text.startswith("{", _after_space(text, start)):
            return None
        places = {key: (i, j) for key, i, j in members(text, start)}
        if name not in places:
            return None
        start, end = places[name]
    return start, end


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None, "the pattern matches nothing at least"
    return match.end()
