"""Protected spans that are segments: addresses, and names of things in programs, files and sites.

    see  http://x.org/a_b  (or  a.b=1),  and/or
    ---  ----------------   --  -----    ------     segments

Each rule looks at the few characters it is about and at their neighbours. docs/words.md says what
they are.
"""

import numpy as np

from link.arrays import NO_SPANS, Bools, Spans, UInt8s, is_one_of, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.alphabet import ENDS_URL, SEPARATES, SPACE, WORD_CLASS, class_set
from link.kernel.lines import Lines
from link.kernel.table import gather_lanes, lane_keys
from link.kernel.window import Window
from link.language import unicode
from link.language.english import SLASHED
from link.language.unicode import DIGIT, LETTER, UNDERSCORE

IS_ASCII_LETTER = class_set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
IS_ASCII_ALPHANUMERIC = IS_ASCII_LETTER | class_set("0123456789")
_FOLLOWS_EQUALS = class_set("\"'-")
_FOLLOWS_CALL = class_set(")\"'0123456789_&*$@-")
_BEGINS_PATH = class_set(".~")
_SLASHED = np.sort(lane_keys(*SLASHED))


def stands_at(buffer: bytes | bytearray, places: Int64s, word: str) -> Bools:
    """Whether a word of up to eight ASCII characters stands at each place of a buffer."""
    sizes = np.full(len(places), len(word))
    stands: Bools = gather_lanes(buffer, places, sizes, 1)[0] == lane_keys(word)
    return stands


class Segments:
    """The segments of a window, and what its rules ask of places."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.flat = window.flat
        self.separators = where_true(window.kinds & np.uint8(SEPARATES) != 0)
        self.joined = self._joined()

    def places(self, *characters: str) -> Int64s:
        """Where one of `MARKS` stands, ascending; or the first of several in a row."""
        places = self.window.marks[characters[0]]
        for by, character in enumerate(characters[1:], start=1):
            places = places.compress(self.behind(places, by) == ord(character))
        return places

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

    def urls(self, lines: Lines) -> Spans:
        dots = self.places(".")
        for by in (1, 2, 3):
            dots = dots.compress(self.before(dots, by) == ord("w"))
        dots = dots.compress(~self.is_word(dots - 4))
        places = np.concatenate((self.places(":", "/", "/"), dots))
        if not places.size:
            return NO_SPANS
        line = np.unique(lines.of(places))
        begins = lines.feeds.take(line)
        ends = ragged_range(begins, lines.feeds.take(line + 1) + 1 - begins)
        ends = ends.compress(self.kind(ends, ENDS_URL))
        return self.at(places)[0], ends.take(ends.searchsorted(places))

    def emails(self) -> Spans:
        ats, hashes = self.places("@"), self.places("#")
        ats = ats.compress(self.is_word(ats + 1))
        follows = self.word_class(hashes + 1)
        named = ((follows == LETTER) | (follows == UNDERSCORE)) & (self.before(hashes) != ord("#"))
        return self.at(np.concatenate((ats, hashes.compress(named))))

    def identifiers(self) -> Spans:
        equals, hashes, dollars = self.places("="), self.places("#"), self.places("$")
        follows = self.is_word(equals + 1) | _FOLLOWS_EQUALS.take(self.behind(equals))
        numbered = self.is_word(hashes - 1) & (self.behind(hashes) - ord("0") < 10)
        found = (
            self._dotted(),
            equals.compress(self.is_word(equals - 1) & follows),
            self.joined,
            self._scoped(),
            dollars.compress(self.word_class(dollars + 1) == LETTER),
            hashes.compress(numbered),  # `repository#12`
            self.places("\\", "'"),  # an apostrophe as programs spell it
            self._options(),
            self._paths(),
            self._roles(),
        )
        return self.at(np.concatenate(found))

    def _scoped(self) -> Int64s:
        """`module::name`, `.. directive::`"""
        colons = self.places(":", ":")
        begins, ends = self.at(colons)
        names = ends == colons + 2
        for by, character in enumerate(" ..", start=1):
            names &= self.before(begins, by) == ord(character)
        return colons.compress(names | self.is_word(colons + 2))

    def _dotted(self) -> Int64s:
        """A dot between a word character and a letter, with up to two `_` between."""
        dots = self.places(".")
        dots = dots.compress(self.is_word(dots - 1) & self.is_word(dots + 1))
        follows = self.word_class(dots + 1)
        for by in (2, 3):
            follows = np.where(follows == UNDERSCORE, self.word_class(dots + by), follows)
        return dots.compress(follows == LETTER)

    def _joined(self) -> Int64s:
        """Underscores between letters or digits."""
        lows = self.places("_")
        inner = np.ones(len(lows), np.bool_)
        for by in (-1, 1):
            beside = self.word_class(lows + by)
            inner &= (beside == LETTER) | (beside == unicode.MARK) | (beside == DIGIT)
        return lows.compress(inner)

    def _options(self) -> Int64s:
        """`--name` behind white space."""
        hyphens = self.places("-", "-")
        hyphens = hyphens.compress(self.word_class(hyphens + 2) == LETTER)
        return hyphens.compress(self.kind(hyphens - 1, SPACE))

    def _paths(self) -> Int64s:
        """Two slashes in a segment, but in `his/her/their`; what a path begins with."""
        slashes, drives = self.places("/"), self.places(":", "\\")
        begins, _ = self.at(slashes)
        behind = where_true(begins[1:] == begins[:-1])
        begins = begins.take(behind)
        sizes = slashes.take(slashes.searchsorted(begins)) - begins
        word = gather_lanes(self.window.folded, begins, sizes, 1)[0]
        spared = is_one_of(word, _SLASHED)
        found = np.zeros(len(slashes), np.bool_)
        found[behind.compress(~spared)] = True
        first = self.before(slashes)
        opens = self.is_word(slashes + 1) | (self.behind(slashes) == ord("."))
        found |= self.kind(slashes - 1, SEPARATES) & opens
        found |= _BEGINS_PATH.take(first) & self.kind(slashes - 2, SEPARATES)
        dots = (first == ord(".")) & (self.before(slashes, 2) == ord("."))
        found |= dots & self.kind(slashes - 3, SEPARATES)
        drives = drives.compress(IS_ASCII_LETTER.take(self.before(drives)))
        drives = drives.compress(self.kind(drives - 2, SEPARATES))
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

    def placeholders(self) -> Spans:
        """`{name}`, and what stands behind `%(`, `<|` or `|>`."""
        braces = self.places("{")
        braces = braces.compress(self.is_word(braces + 1) & ~self.is_word(braces - 1))
        begins, ends = self.at(braces + 1)
        closed = self.behind(ends, 0) == ord("}")
        opening = (self.places("%", "("), self.places("<", "|"), self.places("|", ">"))
        others = self.at(np.concatenate(opening) + 2)
        return (
            np.concatenate((begins.compress(closed) - 1, others[0])),
            np.concatenate((ends.compress(closed) + 1, others[1])),
        )

    def entities(self) -> Spans:
        """What stands in a segment before the `;` of an entity, `caf&eacute;`."""
        ands = self.places("&")
        names = ands + 1 + (self.behind(ands) == ord("#"))
        begins, ends = self.at(ands)
        kept = (self.behind(ends, 0) == ord(";")) & (ends > names)
        kept &= np.append(ands[1:], len(self.flat)) > ends  # the last of its segment
        names, begins, ends = (one.compress(kept) for one in (names, begins, ends))
        sizes = ends - names
        others = ~IS_ASCII_ALPHANUMERIC.take(self.flat.take(ragged_range(names, sizes)))
        kept = sums(others, sizes) == 0
        return begins.compress(kept), ends.compress(kept)
