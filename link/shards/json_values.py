r"""JSON records as they are spelled: where a value stands in one, and what it says.

`msgspec` reads a record, and hands out the values that are wanted as slices of its bytes. What it
rejects and Python's `json` accepts (`NaN`, lone surrogates) is read by `json`'s own scanner:

    >>> values = ValueFinder([("text",), ("meta", "id")])
    >>> list(map(bytes, values(memoryview(b'{"text": "a\\n", "meta": {"id": 7.0}}'))))
    [b'"a\\n"', b'7.0']
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from json.decoder import scanstring  # type: ignore[attr-defined]  # public, but not in stubs
from operator import attrgetter
from typing import Any

import msgspec

from link.shards.batch import UnfitError
from link.shards.fields import Path

MOST_LEVELS = 500
"""Of objects and arrays in one another. Python's `json` reads more or less of them by how deeply it
is called itself, and nothing here may depend on that."""

_DECODE_ERRORS = (msgspec.DecodeError, RecursionError)
_RAW_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_SPACE = re.compile(r"[ \t\n\r]*")
# Numbers stay text: nobody needs their values here, and some have too many digits for `int`.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


# --- what a string says ---


def text_of(value: bytes | memoryview) -> str:
    r"""A string's text, lone surrogates included, and any other value as it is spelled.

    >>> text_of(rb'"a\u00e9"'), text_of(b"1.0")
    ('aé', '1.0')
    """
    raw = bytes(value)
    return str(json.loads(raw)) if raw.startswith(b'"') else raw.decode()


# --- where values stand ---


class ValueFinder:
    """Finds the values at some paths of a record.

    `decoder` gives a struct of the wanted values of a line, and `getters` find them in it. msgspec
    cannot hand out an object and a field of it both, and takes no names that JSON would have to
    escape: then there is no decoder, and every line is read by Python's `json`.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.decoder = _decoder(paths)
        self.getters = [_getter(path) for path in paths]

    def __call__(self, line: memoryview) -> list[memoryview | None]:
        """The values' slices of the line, each None if there is none; of two the last one.

        Raises `UnfitError`, with an offset from the line's begin, unless it is a JSON object.
        """
        if self.decoder is not None:
            try:
                record = self.decoder.decode(line)
            except _DECODE_ERRORS:
                pass
            else:
                raws = (get(record) for get in self.getters)
                return [None if raw is None else memoryview(raw) for raw in raws]
        check_levels(bytes(line))
        text = str(line, "utf-8").rstrip("\r\n")
        try:
            check_object(text)
            places = [_find(text, path) for path in self._paths]
        except json.JSONDecodeError as error:
            if text.lstrip().startswith("["):
                raise UnfitError(_LIST, 0) from None
            byte = len(text[: error.pos].encode())
            raise UnfitError(f"not a JSON object: {error.msg}", byte) from None
        except RecursionError:
            raise UnfitError(_TOO_DEEP, 0) from None
        bounds = [place and [len(text[:at].encode()) for at in place] for place in places]
        return [line[each[0] : each[1]] if each else None for each in bounds]


_LEAF: dict[str, Any] = {"": "a value that is wanted as it is spelled"}


def _decoder(paths: Sequence[Path]) -> "msgspec.json.Decoder[Any] | None":
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


def _struct(tree: dict[str, Any]) -> type[msgspec.Struct]:
    fields = []
    for name, branch in tree.items():
        kind = msgspec.Raw if branch is _LEAF else _struct(branch)
        fields.append((_attribute(name), kind, msgspec.field(name=name, default=None)))
    return msgspec.defstruct("Record", fields)


def _attribute(name: str) -> str:
    return "field_" + name.encode().hex()


def _getter(path: Path) -> Callable[[Any], Any]:
    attributes = [_attribute(name) for name in path]
    if len(attributes) == 1:
        return attrgetter(attributes[0])
    return lambda record: reduce(lambda at, name: getattr(at, name, None), attributes, record)


# --- by the rules of Python's `json` ---

_LIST = (
    "a list, not a JSON object; if the shard is one JSON list, write its records a line each "
    "first (jq -c '.[]' FILE.json > FILE.jsonl)"
)
_TOO_DEEP = f"not a JSON object that can be read: nested too deeply, over {MOST_LEVELS} levels"
_BRACKETS = re.compile(rb'\\.|["\[{\]}]', re.DOTALL)
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def check_levels(line: bytes) -> None:
    """Raise `UnfitError` for a record that is nested too deeply."""
    if line.count(b"[") + line.count(b"{") <= MOST_LEVELS:
        return
    level, in_string = 0, False
    for match in _BRACKETS.finditer(line):  # one by one: a pattern of strings would pile them up
        if match[0] == b'"':
            in_string = not in_string
        elif not in_string:
            level += _STEPS.get(match[0], 0)
            if level > MOST_LEVELS:
                raise UnfitError(_TOO_DEEP, 0)


def check_object(text: str) -> None:
    """Raise `json.JSONDecodeError` unless the text is one JSON object and nothing else."""
    at = _after_space(text, 0)
    _, end = _JSON.raw_decode(text, at)
    if _after_space(text, end) != len(text):
        raise json.JSONDecodeError("more follows behind the value", text, end)
    if text[at] != "{":
        raise json.JSONDecodeError("another kind of value", text, at)


def members(raw: bytes) -> dict[str, bytes]:
    """An object's fields as they are spelled; of one that occurs twice the last counts.

    Raises `RecursionError` if Python's `json` has to read it and cannot.
    """
    try:
        return {name: bytes(value) for name, value in _RAW_FIELDS.decode(raw).items()}
    except _DECODE_ERRORS:
        text = raw.decode()
        return {name: text[start:end].encode() for name, start, end in _members(text, 0)}


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """The fields of the object at an index, and from where to where their values stand."""
    at = _after_space(text, _after_space(text, at) + 1)  # over the brace
    while text[at] != "}":
        name, at = scanstring(text, at + 1)
        at = _after_space(text, _after_space(text, at) + 1)  # over the colon
        _, end = _JSON.raw_decode(text, at)
        yield name, at, end
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _find(text: str, path: Path) -> tuple[int, int] | None:
    """Where the value at a path stands in the text of an object; None if there is none."""
    start, end = 0, len(text)
    for name in path:
        if not text.startswith("{", _after_space(text, start)):
            return None
        places = {key: (i, j) for key, i, j in _members(text, start)}
        if name not in places:
            return None
        start, end = places[name]
    return start, end


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None, "the pattern matches nothing at least"
    return match.end()
