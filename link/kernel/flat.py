"""The text as one byte a character: what rules about more than one word look at.

    data   {"text":"S\\u00e9e\\nx@y.org …"}     raw bytes, escapes and UTF-8 as they stand
    flat   ⏎ S l e ⏎ x @ y . o r g ␣ · ⏎        one byte a character, a blank line between documents

An ASCII character is its own byte, whether it is spelled as itself or as an escape. Any other is
one of a few classes: a letter (by case), a mark, a digit, a dash; blanks are a space, line breaks
are a line feed, curly quotes are `"`, apostrophes `'`. So a rule is the same for every spelling of
a text, and regular expressions or neighbour comparisons say what it is.

What this file leaves to others: the rules (`protect.py`), and where words are (`words.py`).
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.ragged import ragged_range
from link.kernel.sentences import BLANKS, CLOSERS, MARKERS, NEWLINES, OPENERS, TERMINATORS
from link.kernel.unicode import (
    APOSTROPHE,
    DIGIT,
    LETTER,
    LOWER,
    MARK,
    SEPARATOR,
    UNDERSCORE,
    UPPER,
    Points,
    UInt8s,
    character_case,
    character_class,
    tables,
)
from link.kernel.words import Words

# Codes of what is not ASCII.
LOWER_LETTER, UPPER_LETTER, OTHER_LETTER, A_MARK, A_DIGIT = range(0x80, 0x85)
OTHER, TERMINATOR, MARKER, OTHER_BLANK = range(0x85, 0x89)

_LINE_FEED = ord("\n")
_BETWEEN = 2  # line feeds between two documents, which are a blank line


@lru_cache(maxsize=1 << 16)
def flat_code(character: str, kind: int | None = None) -> int:
    """The byte that stands for a character.

    `kind`: SEPARATOR for one that is no part of a word, whatever it looks like: a byte of no valid
    character, or what follows a backslash in JSON.

    >>> [chr(flat_code(c)) for c in "aé—’"], chr(flat_code("d", SEPARATOR))
    (['a', '\\x80', '\\x87', "'"], '\\x85')
    """
    found = character_class(character)
    if kind == SEPARATOR and found != SEPARATOR:
        return OTHER
    if character.isascii():
        return ord(character)
    if found == LETTER:
        case = character_case(character)
        return {LOWER: LOWER_LETTER, UPPER: UPPER_LETTER}.get(case, OTHER_LETTER)
    of_words = {MARK: A_MARK, DIGIT: A_DIGIT, APOSTROPHE: ord("'"), UNDERSCORE: ord("_")}
    return of_words.get(found) or _SEPARATORS.get(character, OTHER)


_SEPARATORS = {
    **dict.fromkeys(MARKERS, MARKER),
    **dict.fromkeys(CLOSERS + OPENERS, ord('"')),
    **dict.fromkeys(TERMINATORS, TERMINATOR),
    **dict.fromkeys(BLANKS, OTHER_BLANK),
    **dict.fromkeys(NEWLINES, _LINE_FEED),
}
FLAT_BLANKS = b" \t\r\f\v" + bytes([OTHER_BLANK])

# What takes the place of a backslash, by what it makes of the byte behind it.
_BEFORE = np.arange(256, dtype=np.uint8)
_BEFORE[list(b"\n\r\f\t")] = ord(" ")
_BENIGN = np.zeros(256, np.bool_)
_BENIGN[list(b'nrtbf"\\\\')] = True


@dataclass(frozen=True, slots=True)
class Flat:
    """Some documents of a window, flat: a line feed before and behind, two between any two.

    `starts`: int64, where each document begins in `text`. `has_letters`: there may be some beyond
    ASCII.
    """

    text: bytearray
    starts: Int64s
    has_letters: bool
    _dropped: Int64s  # bytes of the window that are not in the text
    _moved: Int64s  # where these would be, if they were: places of what is kept
    _inserted: Int64s  # line feeds of the text that are not in the window

    def original(self, positions: Int64s) -> Int64s:
        """Where in the window the characters at some positions of `text` begin."""
        if not (self._inserted.size or self._moved.size):
            return positions - 1
        kept = positions - np.searchsorted(self._inserted, positions) - 1
        at: Int64s = kept + np.searchsorted(self._moved, kept, "right")
        return at

    def position(self, at: Int64s) -> Int64s:
        """Where in the text the characters stand that begin at some places of the window."""
        if not (self._inserted.size or self._dropped.size):
            return at + 1
        kept = at - np.searchsorted(self._dropped, at)
        order = np.arange(1, len(self._inserted) + 1)
        positions: Int64s = kept + 1 + np.searchsorted(self._inserted - order, kept, "right")
        return positions


def flatten(
    window: bytes,
    words: Words,
    starts: Int64s,
    ends: Int64s,
    escaped: bool,
    *,
    exact: bool = False,
) -> Flat:
    """The documents at `starts`, `ends` (int64, ascending, not overlapping) of a window.

    `words`: those of the window, for the characters and escapes that were found with them.

    Nearly always a character may as well stand for itself as often as it has bytes: no rule minds
    two letters for an é, or a blank before a line break. Then nothing has to move, which is faster.
    `exact`: a character is one byte in any case.
    """
    framed = bytearray(b"".join((b"\n", window, b"\n")).translate(_byte_table()))
    out = np.frombuffer(framed, np.uint8)[1:-1]
    characters = words.characters
    short = _short_escapes(words, starts, ends) if escaped else starts[:0]
    behind = out.take(short + 1)
    if not exact and _BENIGN.take(behind).all() and not (characters.points < 0x80).any():
        return _flatten_in_place(framed, words, short, behind, starts, ends)

    keep = _inside(starts, ends, len(window))
    if characters.starts.size:
        out[characters.starts] = _codes_of(characters.points)
        rest = characters.ends - characters.starts - 1
        keep[ragged_range(characters.starts + 1, rest)] = False
    keep[short] = False
    out[short + 1] = _short_escape_codes().take(behind)
    apart = np.minimum(starts[1:] - ends[:-1], _BETWEEN)
    for nth in range(_BETWEEN):
        between = ends[:-1][apart > nth] + nth
        out[between] = _LINE_FEED
        keep[between] = True
    dropped = np.flatnonzero(~keep)
    inserted = np.repeat(starts[1:] - np.searchsorted(dropped, starts[1:]), _BETWEEN - apart)
    framed = bytearray(b"".join((b"\n", out[keep].tobytes(), b"\n")))
    return _flat(framed, words, starts, dropped, inserted)


def _flatten_in_place(
    framed: bytearray, words: Words, short: Int64s, behind: UInt8s, starts: Int64s, ends: Int64s
) -> Flat:
    """The documents, every byte where it was; only documents that touch are moved apart."""
    out = np.frombuffer(framed, np.uint8)[1:-1]
    characters = words.characters
    if characters.starts.size:
        codes = _codes_of(characters.points)
        lengths = characters.ends - characters.starts
        is_feed = codes == _LINE_FEED
        out[ragged_range(characters.starts, lengths)] = np.repeat(
            np.where(is_feed, np.uint8(OTHER_BLANK), codes), lengths
        )
        out[characters.ends[is_feed] - 1] = _LINE_FEED
    codes = _short_escape_codes().take(behind)
    out[short + 1] = codes
    out[short] = _BEFORE.take(codes)
    begins = np.append(0, ends)
    between = np.append(starts, len(out)) - begins
    out[ragged_range(begins, between)] = ord(" ")
    for nth in range(1, _BETWEEN + 1):
        out[starts[between[:-1] >= nth] - nth] = _LINE_FEED
    missing = np.maximum(_BETWEEN - between[1:-1], 0)
    inserted = np.repeat(starts[1:], missing)
    return _flat(framed, words, starts, starts[:0], inserted)


def _flat(text: bytearray, words: Words, starts: Int64s, dropped: Int64s, inserted: Int64s) -> Flat:
    """The flat text of what is kept and framed, with line feeds put in before some of it."""
    if inserted.size:
        raw = np.frombuffer(text, np.uint8)
        text = bytearray(np.insert(raw, inserted + 1, _LINE_FEED).tobytes())
    moved = dropped - np.arange(len(dropped))
    inserted = inserted + np.arange(1, len(inserted) + 1)
    has_letters = words.characters.starts.size > 0
    flat = Flat(text, starts, has_letters, dropped, moved, inserted)
    return replace(flat, starts=flat.position(starts))


def _short_escapes(words: Words, starts: Int64s, ends: Int64s) -> Int64s:
    """The backslashes of documents that escape one byte: of a `\\u` that is none, too."""
    short, long = words.escapes, words.characters.starts
    if not (short.size and starts.size):
        return short[:0]
    if long.size:
        at = np.searchsorted(long, short)
        at[at == len(long)] = 0
        short = short[long.take(at) != short]
    document = np.searchsorted(starts, short, "right") - 1
    inside = (document >= 0) & (short + 1 < ends.take(np.maximum(document, 0)))
    return short[inside]


def _inside(starts: Int64s, ends: Int64s, size: int) -> npt.NDArray[np.bool_]:
    """Which of `size` bytes lie in a document."""
    bounds = np.empty(2 * len(starts) + 2, np.int64)
    bounds[0], bounds[-1] = 0, size
    bounds[1:-1:2], bounds[2:-1:2] = starts, ends
    alternating = np.zeros(len(bounds) - 1, np.bool_)
    alternating[1::2] = True
    return np.repeat(alternating, np.diff(bounds))


@lru_cache(maxsize=1)
def _byte_table() -> bytes:
    """ASCII as it is, and what a byte of no valid character counts as."""
    return bytes(range(128)) + bytes(flat_code(chr(b), SEPARATOR) for b in range(128, 256))


@lru_cache(maxsize=1)
def _short_escape_codes() -> UInt8s:
    """By the (translated) byte behind a backslash: what the two stand for."""
    named = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    codes = [flat_code(named.get(chr(b), chr(b)), SEPARATOR) for b in range(128)]
    return np.array([*codes, *range(128, 256)], np.uint8)


@lru_cache(maxsize=1)
def _code_table() -> UInt8s:
    """The code of every code point; `flat_code` says the same of one."""
    found = tables()
    of_property = np.full(256, OTHER, np.uint8)
    for case in range(4):
        of_property[LETTER | case << 4] = {LOWER: LOWER_LETTER, UPPER: UPPER_LETTER}.get(
            case, OTHER_LETTER
        )
    of_property[MARK], of_property[DIGIT] = A_MARK, A_DIGIT
    of_property[UNDERSCORE], of_property[APOSTROPHE] = ord("_"), ord("'")
    codes: UInt8s = of_property[found.pages][found.page_of].ravel()
    codes[:128] = np.arange(128)
    for character in _SEPARATORS:
        codes[ord(character)] = flat_code(character)
    return codes


def _codes_of(points: Points) -> UInt8s:
    codes: UInt8s = _code_table().take(points)
    return codes
