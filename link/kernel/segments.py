"""Protected spans that are segments: addresses, and names of things in programs, files and sites.

    see  http://x.org/a_b  (or  a.b=1),  and/or
    ---  ----------------   --  -----    ------     segments

Each rule looks at the few characters it is about and at their neighbours. docs/words.md says what
they are.
"""

import numpy as np

from link.arrays import Bools, Spans, UInt8s, firsts, where_true
from link.block import Int64s, UInt64s
from link.kernel.window import (
    ENDS_URL,
    MARK,
    MARKS,
    OTHER_LETTER,
    SEPARATES,
    SPACE,
    UPPER,
    WORD_CLASS,
    Window,
)
from link.language.english import SLASHED
from link.language.unicode import DIGIT, LETTER, UNDERSCORE
from link.language.unicode import MARK as A_MARK


def byte_set(characters: str) -> Bools:
    """Which of the 256 classes are some ASCII characters."""
    found = np.zeros(256, np.bool_)
    found[[ord(character) for character in characters]] = True
    return found


_ASCII_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
IS_ASCII_LETTER = byte_set(_ASCII_LETTERS)
IS_ASCII_ALPHANUMERIC = byte_set(_ASCII_LETTERS + "0123456789")
_BEGINS_VARIABLE = byte_set(_ASCII_LETTERS + "_")
_FOLLOWS_EQUALS = byte_set("\"'-")
_FOLLOWS_CALL = byte_set(")\"'0123456789_&*$@-")
_PRECEDES_OPTION = byte_set("`([{")
_BEGINS_PATH = byte_set(".~")
_FOLLOWS_ROLE = byte_set("\r\n<")
_FEW_SEPARATORS = 16  # in a URL
_SMALL = np.uint64(int.from_bytes(b" " * 8, "little"))  # the bit of small ASCII letters
_SLASHED = np.array([int.from_bytes(word.encode(), "little") for word in SLASHED], np.uint64)


def lanes_of(window: Window, places: Int64s) -> UInt64s:
    """Eight bytes from each place, as little-endian numbers."""
    view = np.ndarray((len(window.data) - 7,), np.dtype("<u8"), window.data, 0, (1,))
    lanes: UInt64s = view[places]
    return lanes


def _marks(window: Window) -> dict[str, Int64s]:
    """Where each of `MARKS` stands."""
    every = where_true(window.kinds & np.uint8(MARK) != 0)
    which = window.flat.take(every)
    every = every.take(np.argsort(which, kind="stable"))
    stops = np.bincount(which, minlength=256).cumsum()
    return {one: every[stops[ord(one) - 1] : stops[ord(one)]] for one in MARKS}


class Segments:
    """The segments of a window, and what its rules ask of places."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.flat = window.flat
        self.separators = where_true(window.kinds & np.uint8(SEPARATES) != 0)
        self.marks = _marks(window)
        self.joined = self._joined()

    def places(self, character: str) -> Int64s:
        """Where one of `MARKS` stands, ascending."""
        return self.marks[character]

    def at(self, places: Int64s) -> Spans:
        """The segments that some places are in, or that begin there."""
        number = self.separators.searchsorted(places)
        return self.separators.take(number - 1) + 1, self.separators.take(number)

    def behind(self, places: Int64s, by: int = 1) -> UInt8s:
        return self.flat.take(places + by)

    def before(self, places: Int64s, by: int = 1) -> UInt8s:
        return self.flat.take(places - by, mode="clip")

    def word_class(self, places: Int64s) -> UInt8s:
        """The class for words of what stands at each place; 0 is none."""
        classes: UInt8s = self.window.kinds.take(places, mode="clip") & np.uint8(WORD_CLASS)
        return classes

    def is_word(self, places: Int64s) -> Bools:
        found: Bools = self.word_class(places) > 0
        return found

    def kind(self, places: Int64s, bit: int) -> Bools:
        """Whether what stands at each place SEPARATES, is of SPACE, or ENDS_URL."""
        found: Bools = self.window.kinds.take(places) & np.uint8(bit) != 0
        return found

    # --- the rules ---

    def urls(self) -> Spans:
        colons, dots = self.places(":"), self.places(".")
        colons = colons.compress(self.behind(colons) == ord("/"))
        colons = colons.compress(self.behind(colons, 2) == ord("/"))
        dots = dots.compress(self.before(dots) == ord("w"))
        for by in (2, 3):
            dots = dots.compress(self.before(dots, by) == ord("w"))
        dots = dots.compress(~self.is_word(dots - 4))
        places = np.concatenate((colons, dots))
        begins, _ = self.at(places)
        number = self.separators.searchsorted(places)
        for _ in range(_FEW_SEPARATORS):
            on = where_true(~self.kind(self.separators.take(number), ENDS_URL))
            if not on.size:
                return begins, self.separators.take(number)
            number[on] += 1
        ends = where_true(self.window.kinds & np.uint8(ENDS_URL) != 0)
        return begins, ends.take(ends.searchsorted(places))

    def emails(self) -> Spans:
        ats, hashes = self.places("@"), self.places("#")
        ats = ats.compress(self.is_word(ats + 1))
        follows = self.word_class(hashes + 1)
        named = ((follows == LETTER) | (follows == UNDERSCORE)) & (self.before(hashes) != ord("#"))
        return self.at(np.concatenate((ats, hashes.compress(named))))

    def identifiers(self) -> Spans:
        found = (
            self._dotted(),
            self._assigned(),
            self.joined,
            self._scoped(),
            self._options(),
            self._variables(),
            self._numbered(),
            self._paths(),
            self._roles(),
        )
        return self.at(np.concatenate(found))

    def _dotted(self) -> Int64s:
        """A dot between a word character and a letter, with up to two `_` between."""
        dots = self.places(".")
        dots = dots.compress(self.is_word(dots - 1) & self.is_word(dots + 1))
        follows = self.word_class(dots + 1)
        for by in (2, 3):
            follows = np.where(follows == UNDERSCORE, self.word_class(dots + by), follows)
        return dots.compress(follows == LETTER)

    def _assigned(self) -> Int64s:
        equals = self.places("=")
        follows = self.is_word(equals + 1) | _FOLLOWS_EQUALS.take(self.behind(equals))
        return equals.compress(self.is_word(equals - 1) & follows)

    def _joined(self) -> Int64s:
        """Underscores between letters or digits."""
        lows = self.places("_")
        inner = np.ones(len(lows), np.bool_)
        for by in (-1, 1):
            beside = self.word_class(lows + by)
            inner &= (beside == LETTER) | (beside == A_MARK) | (beside == DIGIT)
        return lows.compress(inner)

    def _scoped(self) -> Int64s:
        colons = self.places(":")
        colons = colons.compress(self.behind(colons) == ord(":"))
        return colons.compress(self.is_word(colons + 2))

    def _options(self) -> Int64s:
        hyphens = self.places("-")
        hyphens = hyphens.compress(self.behind(hyphens) == ord("-"))
        hyphens = hyphens.compress(self.word_class(hyphens + 2) == LETTER)
        opens = _PRECEDES_OPTION.take(self.before(hyphens)) | self.kind(hyphens - 1, SPACE)
        return hyphens.compress(opens)

    def _variables(self) -> Int64s:
        dollars = self.places("$")
        return dollars.compress(_BEGINS_VARIABLE.take(self.behind(dollars)))

    def _numbered(self) -> Int64s:
        """`repository#12`"""
        hashes = self.places("#")
        follows = self.behind(hashes)
        return hashes.compress(
            self.is_word(hashes - 1) & (follows >= ord("0")) & (follows <= ord("9"))
        )

    def _slashed(self, slashes: Int64s, segment: Int64s) -> Bools:
        """Whether each slash is one of several in a segment that holds no word of `SLASHED`.

        `segment`: the number of the segment of each.
        """
        found = np.zeros(len(slashes), np.bool_)
        found[1:] = segment[1:] == segment[:-1]
        found[:-1] |= found[1:]
        rows = where_true(found)
        if not rows.size:
            return found
        slashes, segment = slashes.take(rows), segment.take(rows)
        first = firsts(segment)
        begins = np.concatenate((self.separators.take(segment.compress(first) - 1), slashes)) + 1
        owner = np.concatenate((segment.compress(first), segment))
        stops = np.append(slashes, len(self.flat))
        ends = stops.take(stops.searchsorted(begins))
        sizes = np.minimum(ends, self.separators.take(owner)) - begins
        short = where_true((sizes > 0) & (sizes < 8))
        lanes = lanes_of(self.window, begins.take(short)) | _SMALL
        lanes &= (np.uint64(1) << (8 * sizes.take(short)).astype(np.uint64)) - np.uint64(1)
        spared = owner.take(short).compress(np.isin(lanes, _SLASHED))
        found[rows] = ~np.isin(segment, spared)
        return found

    def _paths(self) -> Int64s:
        """Two slashes in a segment, or what a path begins with."""
        slashes, backslashes = self.places("/"), self.places("\\")
        found = self._slashed(slashes, self.separators.searchsorted(slashes))
        first = self.before(slashes)
        opens = self.is_word(slashes + 1) | (self.behind(slashes) == ord("."))
        found |= self.kind(slashes - 1, SEPARATES) & opens
        found |= _BEGINS_PATH.take(first) & self.kind(slashes - 2, SEPARATES)
        dots = (first == ord(".")) & (self.before(slashes, 2) == ord("."))
        found |= dots & self.kind(slashes - 3, SEPARATES)
        drives = backslashes.compress(self.before(backslashes) == ord(":"))
        drives = drives.compress(IS_ASCII_LETTER.take(self.before(drives, 2)))
        drives = drives.compress(self.kind(drives - 3, SEPARATES))
        return np.concatenate((slashes.compress(found), drives))

    def _roles(self) -> Int64s:
        """`:role:`"""
        colons = self.places(":")
        colons = colons.compress(self.kind(colons - 1, SEPARATES) & self.is_word(colons + 1))
        _, ends = self.at(colons)
        return colons.compress(self.before(ends) == ord(":"))

    def calls(self) -> Spans:
        """What stands in a segment before `(`."""
        parens = self.places("(")
        parens = parens.compress(self.is_word(parens - 1))
        parens = parens.compress(_FOLLOWS_CALL.take(self.behind(parens)))
        return self.at(parens - 1)[0], parens

    def camels(self) -> Spans:
        """A small letter and a capital behind it."""
        kinds = self.window.kinds
        capital = kinds[1:] >= UPPER
        capital &= kinds[:-1] == LETTER
        places = where_true(capital)
        places = places.compress(self.behind(places, 0) != OTHER_LETTER)
        return places, places + 2

    def placeholders(self) -> Spans:
        """`{name}`, `%(name)s`, what stands behind `<|`, or between `|>` and a line feed or `<`."""
        braces, parens = self.places("{"), self.places("(")
        bars, greater = self.places("|"), self.places(">")
        braces = braces.compress(self.is_word(braces + 1) & ~self.is_word(braces - 1))
        begins, ends = self.at(braces + 1)
        closed = self.behind(ends, 0) == ord("}")
        parens = parens.compress(self.before(parens) == ord("%"))
        bars = bars.compress(self.before(bars) == ord("<"))
        others = self.at(np.concatenate((parens, bars)) + 1)
        roles = self.at(greater.compress(self.before(greater) == ord("|")) + 1)
        is_alone = _FOLLOWS_ROLE.take(self.behind(roles[1], 0))
        return (
            np.concatenate((begins.compress(closed) - 1, others[0], roles[0].compress(is_alone))),
            np.concatenate((ends.compress(closed) + 1, others[1], roles[1].compress(is_alone))),
        )
