"""Where words begin and end, in raw bytes.

A word is a maximal run of letters, marks, digits and `_` that begins with a letter once leading
and trailing `_` are taken off; an apostrophe between two letters (a letter may carry marks) joins.

    _dog_    don’t    3rd    rock'n'roll    snake_case    well-known
     ---     -----           -----------    ----------    ---- -----

One `bytes.translate` classifies every byte; what ASCII alone cannot decide (UTF-8 sequences, JSON
escapes, apostrophes, underscores) is rare, and is mended by array passes over where it stands:

    I don\\u2019t_ know\\n        bytes of JSON text
    L.LLLAAAAAAL_.LLLL..        classes: the escape counts as the character it stands for
    - -----------  ----         words

What this file does not do: fold, look up, or know what a sentence is.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.ragged import interleave, ragged_range
from link.kernel.unicode import (
    APOSTROPHE,
    DIGIT,
    LETTER,
    MARK,
    SEPARATOR,
    UNDERSCORE,
    Points,
    UInt8s,
    character_class,
    classes_of,
)

PAD = 16
"""Zero bytes behind a window, so that looking a few bytes ahead needs no bounds check."""

# Two more classes, before it is known what stands there.
_BACKSLASH, _NON_ASCII = 6, 7

_NO_POSITIONS = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters that are not plain ASCII bytes: UTF-8 sequences and `\\u` escapes.

    `starts`, `ends`: int64, shape (characters,), ascending byte offsets into the window;
    `points`: uint32, their code points.
    """

    starts: Int64s
    ends: Int64s
    points: Points


_NO_CHARACTERS = Characters(_NO_POSITIONS, _NO_POSITIONS, np.empty(0, np.uint32))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a window, in order.

    `starts`, `ends`: int64, shape (words,), byte offsets into the window. `first`, `last`: int64,
    shape (documents,): document d holds the words `first[d]` to `last[d] - 1`. `apostrophes`:
    where the apostrophes stand that join, ascending. `escapes`: where the backslashes stand that
    escape, ascending. `has_strays`: some bytes beyond ASCII, but those behind
    a backslash that escapes, are of no character.
    """

    starts: Int64s
    ends: Int64s
    first: Int64s
    last: Int64s
    apostrophes: Int64s
    characters: Characters
    escapes: Int64s
    has_strays: bool


def find_words(window: bytes, starts: Int64s, ends: Int64s, escaped: bool) -> Words:
    """The words of the documents at `starts`, `ends` (int64 byte offsets into `window`)."""
    padded = window + bytes(PAD)
    raw = np.frombuffer(padded, np.uint8)
    classes = np.frombuffer(bytearray(padded).translate(_class_table(escaped)), np.uint8)
    edges = _edges(classes, starts, ends)

    rare = np.flatnonzero(classes >= UNDERSCORE)
    escapes = _take_escapes(classes, rare) if escaped else _NO_POSITIONS
    escaped_characters = _unicode_escapes(raw, escapes)
    kinds = classes.take(rare)  # behind an escaping backslash nothing is what it looks like
    non_ascii = rare[kinds == _NON_ASCII]
    sequences = _take_utf8(raw, classes, non_ascii, edges)
    characters = _merge(sequences, escaped_characters)
    if characters.starts.size:
        lengths = characters.ends - characters.starts
        of_bytes = np.repeat(classes_of(characters.points), lengths)
        classes[ragged_range(characters.starts, lengths)] = of_bytes

    apostrophes = _join(classes, rare[kinds == APOSTROPHE], characters, edges)
    _strip(classes, rare[kinds == UNDERSCORE], characters, edges)

    is_word = classes != SEPARATOR
    bounds = np.flatnonzero(is_word[1:] != is_word[:-1])
    bounds += 1
    if is_word[0]:
        bounds = np.concatenate((np.zeros(1, np.int64), bounds))
    if edges.size:  # a run is cut in two where a document ends inside it
        places = np.searchsorted(bounds, edges)
        bounds = np.insert(bounds, np.repeat(places, 2), np.repeat(edges, 2))
    run_starts = bounds[0::2].copy()

    # Documents are runs of runs: outside, inside, outside, inside, …
    first = np.searchsorted(run_starts, starts)
    last = np.searchsorted(run_starts, ends)
    keep = classes.take(run_starts) == LETTER
    if edges.size:
        keep &= run_starts < bounds[1::2]
    keep &= _inside(first, last, len(run_starts))
    kept = np.flatnonzero(keep)
    return Words(
        run_starts.take(kept),
        bounds.take(2 * kept + 1),
        np.searchsorted(kept, first),
        np.searchsorted(kept, last),
        apostrophes,
        characters,
        escapes,
        has_strays=len(non_ascii) != int((sequences.ends - sequences.starts).sum()),
    )


def _inside(first: Int64s, last: Int64s, size: int) -> npt.NDArray[np.bool_]:
    """Which of `size` places lie in one of the ranges [first[i], last[i]), which ascend."""
    bounds = np.empty(2 * len(first) + 2, np.int64)
    bounds[0], bounds[-1] = 0, size
    bounds[1:-1] = interleave(first, last)
    alternating = np.zeros(len(bounds) - 1, np.bool_)
    alternating[1::2] = True
    return np.repeat(alternating, bounds[1:] - bounds[:-1])


@lru_cache(maxsize=2)
def _class_table(escaped: bool) -> bytes:
    table = bytearray(character_class(chr(byte)) for byte in range(128)) + bytes([_NON_ASCII]) * 128
    if escaped:
        table[ord("\\")] = _BACKSLASH
    return bytes(table)


def _edges(classes: UInt8s, starts: Int64s, ends: Int64s) -> Int64s:
    """Where a document begins or ends with no separator in between; none in JSON or lines."""
    both = np.concatenate((starts, ends))
    touching = (
        (both > 0) & (classes.take(both - 1) != SEPARATOR) & (classes.take(both) != SEPARATOR)
    )
    return np.unique(both[touching]) if touching.any() else _NO_POSITIONS


def _crosses(edges: Int64s, before: Int64s, after: Int64s) -> npt.NDArray[np.bool_]:
    """Whether a document's edge lies behind byte `before` and not behind byte `after`."""
    behind: Int64s = np.searchsorted(edges, before, "right")
    return np.not_equal(behind, np.searchsorted(edges, after, "right"))


# --- what is not plain ASCII ---------------------------------------------------------------------


def _take_escapes(classes: UInt8s, rare: Int64s) -> Int64s:
    """Take the JSON escapes out of the classes; where the backslashes stand that escape."""
    slashes: Int64s = rare[classes.take(rare) == _BACKSLASH]
    if not slashes.size:
        return slashes
    escaping: Int64s = escaping_backslashes(slashes)
    classes[slashes] = SEPARATOR
    classes[escaping + 1] = SEPARATOR  # `\\n` holds no letter n
    return escaping


def escaping_backslashes(slashes: Int64s) -> Int64s:
    """The backslashes that escape: in a run of them, every other one, beginning with the first."""
    continues = np.zeros(len(slashes), np.bool_)
    np.equal(slashes[1:], slashes[:-1] + 1, out=continues[1:])
    if not continues.any():
        return slashes
    order = np.arange(len(slashes))
    run_first = np.maximum.accumulate(np.where(continues, 0, order))
    return slashes.compress((order - run_first) & 1 == 0)


def _unicode_escapes(raw: UInt8s, escaping: Int64s) -> Characters:
    """The `\\uXXXX` among the escapes; a surrogate pair is one character of twelve bytes."""
    starts = escaping.compress(raw.take(escaping + 1) == ord("u"))
    if not starts.size:
        return _NO_CHARACTERS
    digits = _HEX.take(raw.take(starts[:, None] + np.arange(2, 6)))
    valid = (digits < 16).all(axis=1)
    starts = starts[valid]
    points = digits[valid].astype(np.uint32) @ np.array([4096, 256, 16, 1], np.uint32)
    lengths = np.full(len(starts), 6)

    high = np.flatnonzero((points[:-1] >> 10 == 0x36) & (points[1:] >> 10 == 0x37))
    high = high[starts[high + 1] == starts[high] + 6]
    points[high] = 0x10000 + ((points[high] & 0x3FF) << 10 | points[high + 1] & 0x3FF)
    lengths[high] = 12
    kept = np.ones(len(starts), np.bool_)
    kept[high + 1] = False
    return Characters(starts[kept], (starts + lengths)[kept], points[kept])


def _take_utf8(raw: UInt8s, classes: UInt8s, non_ascii: Int64s, edges: Int64s) -> Characters:
    """The well-formed UTF-8 sequences (Unicode standard, table 3-7); all else separates."""
    classes[non_ascii] = SEPARATOR
    sizes = _SEQUENCE_BYTES.take(raw.take(non_ascii))
    starts = non_ascii[sizes > 0]
    sizes = sizes[sizes > 0]
    lead = raw.take(starts)
    second, third, fourth = (raw.take(starts + offset) for offset in (1, 2, 3))
    valid = (second >= _SECOND_LOW.take(lead)) & (second <= _SECOND_HIGH.take(lead))
    valid &= (sizes < 3) | (third & 0xC0 == 0x80)
    valid &= (sizes < 4) | (fourth & 0xC0 == 0x80)
    if edges.size:
        valid &= ~_crosses(edges, starts, starts + sizes - 1)
    if not valid.all():
        starts, sizes, lead = starts[valid], sizes[valid], lead[valid]
        second, third, fourth = second[valid], third[valid], fourth[valid]
    points: Points = (lead & _LEAD_BITS.take(sizes)).astype(np.uint32)
    for size, following in ((2, second), (3, third), (4, fourth)):
        np.copyto(points, points << np.uint32(6) | following & np.uint8(0x3F), where=sizes >= size)
    return Characters(starts, starts + sizes, points)


def _merge(one: Characters, other: Characters) -> Characters:
    if not other.starts.size:
        return one
    if not one.starts.size:
        return other
    starts = np.concatenate((one.starts, other.starts))
    order = np.argsort(starts, kind="stable")
    ends = np.concatenate((one.ends, other.ends))
    points = np.concatenate((one.points, other.points))
    return Characters(starts[order], ends[order], points[order])


_HEX = np.full(256, 255, np.uint8)
for _digit in b"0123456789abcdefABCDEF":
    _HEX[_digit] = int(chr(_digit), 16)

_SEQUENCE_BYTES = np.zeros(256, np.int64)
_SEQUENCE_BYTES[0xC2:0xE0] = 2
_SEQUENCE_BYTES[0xE0:0xF0] = 3
_SEQUENCE_BYTES[0xF0:0xF5] = 4
_LEAD_BITS = np.array([0, 0, 0x1F, 0x0F, 0x07], np.uint8)
_SECOND_LOW = np.full(256, 0x80, np.uint8)
_SECOND_LOW[[0xE0, 0xF0]] = 0xA0, 0x90  # no overlong forms
_SECOND_HIGH = np.full(256, 0xBF, np.uint8)
_SECOND_HIGH[[0xED, 0xF4]] = 0x9F, 0x8F  # no surrogates, nothing beyond U+10FFFF


# --- apostrophes and underscores -----------------------------------------------------------------


def _join(classes: UInt8s, plain: Int64s, characters: Characters, edges: Int64s) -> Int64s:
    """Turn the apostrophes that do not stand between two letters into separators; the others."""
    starts, ends = _with_characters(classes, plain, characters, APOSTROPHE)
    before = classes.take(starts - 1)  # at the very start: the padding, which is no letter
    joined = ((before == LETTER) | (before == MARK)) & (classes.take(ends) == LETTER)
    if edges.size:
        joined &= ~_crosses(edges, starts - 1, ends)
    loose = ~joined
    classes[ragged_range(starts[loose], (ends - starts)[loose])] = SEPARATOR
    return starts.compress(joined)


def _strip(classes: UInt8s, plain: Int64s, characters: Characters, edges: Int64s) -> None:
    """Turn the underscores that lead or trail a run into separators."""
    starts, ends = _with_characters(classes, plain, characters, UNDERSCORE)
    if not starts.size:
        return
    opens = np.ones(len(starts), np.bool_)
    np.not_equal(starts[1:], ends[:-1], out=opens[1:])
    if edges.size:
        opens |= _crosses(edges, starts - 1, starts)
    closes = np.append(opens[1:], True)
    group_starts, group_ends = starts[opens], ends[closes]
    leads = classes.take(group_starts - 1) == SEPARATOR
    trails = classes.take(group_ends) == SEPARATOR
    if edges.size:
        leads |= _crosses(edges, group_starts - 1, group_starts)
        trails |= _crosses(edges, group_ends - 1, group_ends)
    loose = leads | trails
    classes[ragged_range(group_starts[loose], (group_ends - group_starts)[loose])] = SEPARATOR


def _with_characters(
    classes: UInt8s, plain: Int64s, characters: Characters, wanted: int
) -> tuple[Int64s, Int64s]:
    """Where characters of one class begin and end, the plain bytes and the others together."""
    others = classes.take(characters.starts) == wanted
    if not others.any():
        return plain, plain + 1
    starts = np.concatenate((plain, characters.starts[others]))
    ends = np.concatenate((plain + 1, characters.ends[others]))
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order]


assert DIGIT < UNDERSCORE < APOSTROPHE < _BACKSLASH  # "rare" above means: from UNDERSCORE on
