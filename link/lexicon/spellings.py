"""Translations in all spellings, as bytes: as the lexicon has them, Capitalised, in CAPITALS.

All texts are one array of code points, and how many each has:

    texts      "Maß"  "rot"       points   [ M a ß r o t ]    lengths  [ 3  3 ]
    capitals   "MASS" "ROT"                [ M A S S R O T ]           [ 4  3 ]

What a capital is, `language/unicode.py` defines; this is the same for many texts at once.
"""

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from link.arrays import ragged_range, where_true
from link.block import Int64s
from link.kernel.compiled import json_escaped
from link.language.unicode import (
    CODE_POINTS,
    DOTTED_LANGUAGES,
    LETTER,
    capitals,
    properties,
)

Points = npt.NDArray[np.uint32]

_UTF_32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_I, _J = ord("i"), ord("j")


class _Ragged(NamedTuple):
    """Texts one behind the other; `lengths`: int64, how many points each has."""

    points: Points
    lengths: Int64s


class _Capitals(NamedTuple):
    """What each code point becomes: a code point, or CODE_POINTS + an index into `several`."""

    of: Points
    several: list[str]


def in_all_spellings(
    as_spelled: Sequence[str], runs: Sequence[tuple[str, int]]
) -> pa.LargeBinaryArray:
    """The texts, all of them Capitalised, all in CAPITALS; `runs`: where each language ends."""
    own: list[_Ragged] = []
    capitalised: list[_Ragged] = []
    in_capitals: list[_Ragged] = []
    begin = 0
    for code, end in runs or [("", len(as_spelled))]:
        texts = _ragged(as_spelled[begin:end])
        own.append(texts)
        capitalised.append(_capitalised(texts, code))
        in_capitals.append(_upper(texts, code))
        begin = end
    return _binary([*own, *capitalised, *in_capitals])


def in_json(texts: pa.LargeBinaryArray) -> pa.LargeBinaryArray:
    """The texts as they stand inside JSON strings; the same array if nothing is to be escaped."""
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    if not (data < ord(" ")).any() and not any((data == one).any() for one in b'"\\'):
        return texts
    return _binary([_ragged([json_escaped(text.decode()) for text in texts.to_pylist()])])


def _ragged(texts: Sequence[str]) -> _Ragged:
    return _Ragged(_points("".join(texts)), np.fromiter(map(len, texts), np.int64, len(texts)))


def _points(text: str) -> Points:
    return np.frombuffer(text.encode(_UTF_32), np.uint32)


def _binary(parts: Sequence[_Ragged]) -> pa.LargeBinaryArray:
    """All texts of all parts, in UTF-8."""
    points = np.concatenate([part.points for part in parts])
    lengths = np.concatenate([part.lengths for part in parts])
    data = points.tobytes().decode(_UTF_32).encode()
    offsets = np.concatenate((np.zeros(1, np.int64), lengths.cumsum()))
    if len(data) > len(points):
        beyond = where_true(points >= 0x80)  # each takes another byte, or two, or three
        more = 1 + (points[beyond] >= 0x800).astype(np.int64) + (points[beyond] >= 0x10000)
        so_far = np.concatenate((np.zeros(1, np.int64), more.cumsum()))
        offsets += so_far[beyond.searchsorted(offsets)]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(lengths), buffers)


# --- capitals ------------------------------------------------------------------------------------


def _upper(texts: _Ragged, language: str) -> _Ragged:
    """`upper_text` of each."""
    upper, _ = _capitals(language in DOTTED_LANGUAGES)
    return _spelled_out(_Ragged(upper.of.take(texts.points), texts.lengths), upper.several)


def _capitalised(texts: _Ragged, language: str) -> _Ragged:
    """`capitalised_text` of each."""
    _, title = _capitals(language in DOTTED_LANGUAGES)
    points = texts.points.copy()
    at, ends = _first_letters(texts)
    if language == "nl":
        follows = at[at + 1 < ends]
        is_ij = (points[follows] == _I) & (points[follows + 1] == _J)
        points[follows[is_ij] + 1] = title.of[_J]
    points[at] = title.of.take(points[at])
    return _spelled_out(_Ragged(points, texts.lengths), title.several)


def _first_letters(texts: _Ragged) -> tuple[Int64s, Int64s]:
    """Where the first letter of each text is, and where the text ends; of texts that have one."""
    ends = texts.lengths.cumsum()
    at = ends - texts.lengths
    rest = where_true(at < ends)
    found = np.zeros(len(at), np.bool_)
    while rest.size:
        is_letter = properties().take(texts.points[at[rest]]) & 15 == LETTER
        found[rest[is_letter]] = True
        rest = rest[~is_letter]
        at[rest] += 1
        rest = rest[at[rest] < ends[rest]]
    return at[found], ends[found]


def _spelled_out(texts: _Ragged, several: Sequence[str]) -> _Ragged:
    """The texts with all the characters of capitals that are several (ß -> SS)."""
    points, lengths = texts
    at = where_true(points >= CODE_POINTS)
    if not at.size:
        return texts
    spelled = [several[index] for index in (points[at] - CODE_POINTS).tolist()]
    sizes = np.fromiter(map(len, spelled), np.int64, len(spelled))
    owner = np.searchsorted(lengths.cumsum(), at, "right")
    repeats = np.ones(len(points), np.int64)
    repeats[at] = sizes
    out = points.repeat(repeats)
    begins = at + np.cumsum(sizes - 1) - (sizes - 1)
    out[ragged_range(begins, sizes)] = _points("".join(spelled))
    more = np.bincount(owner, sizes - 1, len(lengths)).astype(np.int64)
    return _Ragged(out, lengths + more)


@lru_cache(maxsize=2)
def _capitals(dotted: bool) -> tuple[_Capitals, _Capitals]:
    """Upper case and title case."""
    of = capitals() | ({"i": ("İ", "İ")} if dotted else {})
    own = np.fromiter(map(ord, of), np.int64, len(of))
    return _capitals_of(own, [upper for upper, _ in of.values()]), _capitals_of(
        own, [title for _, title in of.values()]
    )


def _capitals_of(own: Int64s, capitals: Sequence[str]) -> _Capitals:
    """Each code point's capital; `own`: the code points of those that have one."""
    of = np.arange(CODE_POINTS, dtype=np.uint32)
    of[own] = [
        ord(capital) if len(capital) == 1 else CODE_POINTS + index
        for index, capital in enumerate(capitals)
    ]
    return _Capitals(of, [*capitals])
