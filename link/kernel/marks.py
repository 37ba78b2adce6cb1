"""Marks: where in flat text the characters stand that rules look at, and what is around them.

One `bytes.translate` picks them out, less than a tenth of a text, each kind's places together. What
stands between separators is a segment:

    see  http://x.org/a_b  (or  a.b=1),  and/or
    ---  ----------------   --  -----    ------     segments

What this file leaves to others: the rules (`protect.py`, `blocks.py`).
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.flat import (
    A_DIGIT,
    FLAT_BLANKS,
    LOWER_LETTER,
    MARKER,
    OTHER_LETTER,
    TERMINATOR,
    Flat,
)
from link.kernel.lines import Lines, find_lines
from link.kernel.ragged import ragged_range
from link.kernel.unicode import UInt8s

Bools = npt.NDArray[np.bool_]
Spans = tuple[Int64s, Int64s]
"""Begins and ends, each int64."""

# Kinds of characters that rules look at. Blanks and letters, which are most of a text, have none.
FEED, TICK, LESS, GREATER, PAREN, BRACKET, BRACE, DOT, SLASH, EQUALS = range(1, 11)
UNDERSCORE, COLON, AT, HASH, DOLLAR, AMPERSAND, BACKSLASH, HYPHEN, CLOSING, TILDE = range(11, 21)
KIND_OF = {
    FEED: b"\n",
    TICK: b"`",
    LESS: b"<",
    GREATER: b">",
    PAREN: b"(",
    BRACKET: b"]",
    BRACE: b"{}",
    DOT: b".",
    SLASH: b"/",
    EQUALS: b"=",
    UNDERSCORE: b"_",
    COLON: b":",
    AT: b"@",
    HASH: b"#",
    DOLLAR: b"$",
    AMPERSAND: b"&",
    BACKSLASH: b"\\",
    HYPHEN: b"-",
    CLOSING: b")",
    TILDE: b"~",
}
KINDS = bytearray(256)
for _kind, _characters in KIND_OF.items():
    for _character in _characters:
        KINDS[_character] = _kind
TRANSLATE = bytes(KINDS)
SEPARATORS = FLAT_BLANKS + b'\n"`<>()[]{},;|' + bytes([TERMINATOR, MARKER])

DIGITS = bytes(range(ord("0"), ord("9") + 1))
SMALL_ASCII = bytes(range(ord("a"), ord("z") + 1))
ASCII_LETTERS = SMALL_ASCII + SMALL_ASCII.upper()


def byte_set(characters: bytes) -> Bools:
    """Which of the 256 bytes belong to some characters."""
    found = np.zeros(256, np.bool_)
    found[list(characters)] = True
    return found


IS_SEPARATOR = byte_set(SEPARATORS)
SEPARATES = IS_SEPARATOR.tobytes()
IS_SPACE = byte_set(FLAT_BLANKS + b"\n")
IS_DIGIT = byte_set(DIGITS)
IS_LETTER = byte_set(ASCII_LETTERS + bytes(range(LOWER_LETTER, OTHER_LETTER + 1)))
IS_WORD = byte_set(ASCII_LETTERS + DIGITS + b"_" + bytes(range(LOWER_LETTER, A_DIGIT + 1)))
IS_ASCII_LETTER = byte_set(ASCII_LETTERS)
IS_SMALL = byte_set(SMALL_ASCII + bytes([LOWER_LETTER]))
IS_PLAIN = IS_WORD & ~byte_set(b"_")
BEGINS_NAME = IS_LETTER | byte_set(b"_")
FOLLOWS_EQUALS = IS_WORD | byte_set(b"\"'-")
PRECEDES_OPTION = byte_set(FLAT_BLANKS + b"\n`([")
FOLLOWS_CALL = byte_set(b")\"'0123456789_&*$@-")
FOLLOWS_LESS = byte_set(ASCII_LETTERS + b"/!?")
IS_HEXADECIMAL = byte_set(DIGITS + b"abcdefABCDEF")
IS_ASCII_ALPHANUMERIC = byte_set(ASCII_LETTERS + DIGITS)
A_CAPITAL, LETTERS = np.uint8(ord("A")), 26
FEW_SEPARATORS = 16  # in a URL
FOLLOWS_PROMPT = byte_set(ASCII_LETTERS + b"./~")
ENDS_URL = byte_set(FLAT_BLANKS + b'\n<>"`{}')


class Marks:
    """A flat text, its lines, and where in it what stands."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.text = flat.text
        self.raw = np.frombuffer(flat.text, np.uint8)
        kinds = np.frombuffer(flat.text.translate(TRANSLATE), np.uint8)
        special = np.flatnonzero(kinds != 0)
        kinds = kinds.take(special)
        # Each kind's places stand together, in order.
        self._places = special.take(np.argsort(kinds, kind="stable"))
        self._stops = np.cumsum(np.bincount(kinds, minlength=TILDE + 1)).tolist()

    @cached_property
    def lines(self) -> Lines:
        return find_lines(self.text, self.of(FEED))

    @cached_property
    def separators(self) -> Int64s:
        """The places of what separates segments, ascending; a line feed is the first and last."""
        found = np.frombuffer(self.text.translate(SEPARATES), np.bool_)
        places: Int64s = np.flatnonzero(found)
        return places

    @property
    def spaces(self) -> Int64s:
        """The places of blanks and line feeds, ascending."""
        return self.separators.compress(IS_SPACE.take(self.raw.take(self.separators)))

    def before(self, positions: Int64s, by: int = 1) -> UInt8s:
        """The characters some places before others; at the very begin, a line feed."""
        return self.raw.take(np.maximum(positions - by, 0))

    def behind(self, positions: Int64s, by: int = 1) -> UInt8s:
        return self.raw.take(np.minimum(positions + by, len(self.raw) - 1))

    def text_at(self, positions: Int64s, characters: bytes) -> Bools:
        """Whether some characters stand at each place."""
        result = np.ones(len(positions), np.bool_)
        for by, character in enumerate(characters):
            result &= self.behind(positions, by) == character
        return result

    def of(self, kind: int) -> Int64s:
        """The places of all characters of a kind, ascending."""
        places: Int64s = self._places[self._stops[kind - 1] : self._stops[kind]]
        return places

    def segments(self, positions: Int64s) -> Spans:
        """The segments that some places, none of them a separator, stand in."""
        at = np.searchsorted(self.separators, positions)
        return self.separators.take(at - 1) + 1, self.separators.take(at)

    def all_between(self, begins: Int64s, ends: Int64s, allowed: Bools) -> Bools:
        """Whether all characters from each begin to before each end are allowed."""
        lengths = ends - begins
        owner = np.repeat(np.arange(len(lengths)), lengths)
        others = owner.compress(~allowed.take(self.raw.take(ragged_range(begins, lengths))))
        result = np.ones(len(lengths), np.bool_)
        result[others] = False
        return result

    def inner_lows(self) -> Int64s:
        """Underscores between two letters or digits."""
        lows = self.of(UNDERSCORE)
        return lows[IS_PLAIN.take(self.before(lows)) & IS_PLAIN.take(self.behind(lows))]
