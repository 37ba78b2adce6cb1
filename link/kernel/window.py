"""Window: some bytes of a block with the documents and words in them, and what was asked of them.

What is asked more than once (the entries of words, the flat text, the lines) is worked out when it
is first needed: with names swapped and nothing protected, none of it is.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.compiled import CAPITAL, CAPITALS, SMALL, CompiledLexicon
from link.kernel.decode import points_of
from link.kernel.flat import Flat, flatten
from link.kernel.marks import Marks
from link.kernel.phrases import HYPHEN, LONGEST_GAP, NO_GAP, SPACE
from link.kernel.protect import Rules
from link.kernel.rules import NOTHING_OPEN, Carried
from link.kernel.sentences import (
    ABBREVIATED,
    IS_BLANK,
    IS_HYPHEN,
    IS_NEWLINE,
    begins_sentence,
    roles_of,
)
from link.kernel.table import Entries, lookup, padded_lower, word_keys
from link.kernel.unicode import LOWER, TITLE, UNCASED, UPPER, UInt8s, cases_of
from link.kernel.words import Words, find_words

Bools = npt.NDArray[np.bool_]

_LONGEST_SPELLING = 12  # bytes of one character: an escaped surrogate pair

# What one byte between two words is to a phrase.
_GAP_OF_BYTE = np.full(256, NO_GAP)
_GAP_OF_BYTE[list(b" \t\r\f\v\n")] = SPACE
_GAP_OF_BYTE[ord("-")] = HYPHEN
# What longer gaps that may be in a phrase begin with.
_BEGINS_GAP = _GAP_OF_BYTE == SPACE
_BEGINS_GAP[ord("\\")] = True
_BEGINS_GAP[0x80:] = True
# ASCII that neither ends a sentence, nor a line, nor may be an escape.
_IS_PLAIN = np.ones(256, np.bool_)
_IS_PLAIN[0x80:] = False
_IS_PLAIN[list(b".!?\n\\")] = False
_IS_TERMINATOR = np.zeros(256, np.bool_)
_IS_TERMINATOR[list(b".!?")] = True
_UNKNOWN = -1


@dataclass(eq=False)
class Window:
    """Some bytes of a block and the documents in them; offsets are the window's own.

    `documents`: which of the block's. `escaped`: as the block says. `before`: how many words of the
    first document stand before the window, and `carried`: what is open there. `exact`: the flat
    text has one byte a character in any case.
    """

    data: bytes
    documents: slice
    starts: Int64s
    ends: Int64s
    escaped: bool
    lexicon: CompiledLexicon
    touched: Bools
    before: int = 0
    carried: Carried = NOTHING_OPEN
    exact: bool = False

    @cached_property
    def words(self) -> Words:
        return find_words(self.data, self.starts, self.ends, self.escaped)

    @cached_property
    def sizes(self) -> Int64s:
        """How many words each document has."""
        return self.words.last - self.words.first

    @cached_property
    def chosen(self) -> Int64s | None:
        """The words of touched documents; None for all."""
        if self.touched.all():
            return None
        return np.flatnonzero(np.repeat(self.touched, self.sizes))

    # --- the lexicon's entries ---

    @cached_property
    def entries(self) -> Entries:
        """The entry of each word as a whole, `dog's` included; of untouched documents none."""
        if self.chosen is None:
            return self.look_up(self.words.starts, self.words.ends)
        entries = np.zeros(len(self.words.starts), np.int32)
        starts, ends = self.words.starts.take(self.chosen), self.words.ends.take(self.chosen)
        entries[self.chosen] = self.look_up(starts, ends)
        return entries

    def look_up(self, starts: Int64s, ends: Int64s) -> Entries:
        """The entries of some words, or of what comes before their endings."""
        longest = self.lexicon.longest
        keys = word_keys(self.data, self._lower, self.words, starts, ends, longest)
        return lookup(self.lexicon.tables, keys)

    @cached_property
    def _lower(self) -> bytes:
        return padded_lower(self.data)

    def entries_of(self, index: Int64s) -> Entries:
        """The entries of some words."""
        if "entries" in self.__dict__:  # looked up already
            return self.entries.take(index)
        return self.look_up(self.words.starts.take(index), self.words.ends.take(index))

    def flags_of(self, index: Int64s) -> UInt8s:
        """The lexicon's flags of some words."""
        flags: UInt8s = self.lexicon.flags.take(self.entries_of(index))
        return flags

    # --- context ---

    @cached_property
    def flat(self) -> Flat:
        """The touched documents."""
        rows = np.flatnonzero(self.touched)
        starts, ends = self.starts.take(rows), self.ends.take(rows)
        return flatten(self.data, self.words, starts, ends, self.escaped, exact=self.exact)

    @cached_property
    def marks(self) -> Marks:
        return Marks(self.flat)

    @cached_property
    def rules(self) -> Rules:
        return Rules(self.marks, self.carried)

    @cached_property
    def is_first(self) -> Bools:
        """Whether each word is the first of its document or, of a piece of one, of a block."""
        first = np.zeros(len(self.words.starts), np.bool_)
        first[self.words.first.compress(self.sizes > 0)] = True
        return first

    @cached_property
    def is_last(self) -> Bools:
        """Whether each word is the last of its document."""
        last = np.zeros(len(self.words.starts), np.bool_)
        last[self.words.last.compress(self.sizes > 0) - 1] = True
        return last

    def begins_sentence(self, index: Int64s) -> Bools:
        """Whether each of some words begins a sentence."""
        known = self._begins.take(index)
        new = np.flatnonzero(known == _UNKNOWN)
        if new.size:
            words = index.take(new)
            self._begins[words] = known[new] = self._find_begins(words)
        return np.greater(known, 0)

    @cached_property
    def _begins(self) -> npt.NDArray[np.int8]:
        """1 for words that begin a sentence, 0 for others, _UNKNOWN where nobody has asked yet."""
        return np.full(len(self.words.starts), _UNKNOWN, np.int8)

    def _find_begins(self, index: Int64s) -> Bools:
        raw = np.frombuffer(self.data, np.uint8)
        begins = self.is_first.take(index)
        gaps = self.words.ends.take(index - 1, mode="clip")
        sizes = self.words.starts.take(index) - gaps
        rows = np.flatnonzero(~begins & (sizes > 1))
        # Most gaps are `, ` or begin with `. `, and need not be looked at character by character.
        first, second = raw.take(gaps.take(rows)), raw.take(gaps.take(rows) + 1)
        two = sizes.take(rows) == 2
        plain = two & _IS_PLAIN.take(first) & (second < 0x80)
        space = second == ord(" ")
        if self.escaped:
            slash = (second == ord("\\")) & ~two
            space |= slash & (raw.take(gaps.take(rows) + 2) == ord("n"))
            plain |= two & (first == ord("\\")) & (second == ord("n"))  # a single line break
        else:
            space |= second == ord("\n")
        ended = space & _IS_TERMINATOR.take(first)
        begins[rows[ended]] = True
        stopped = np.flatnonzero(ended & (first == ord(".")))
        flags = self.flags_of(index.take(rows.take(stopped)) - 1)
        ended[stopped[flags & ABBREVIATED > 0]] = False
        rows = rows[~plain & ~ended]
        if rows.size:
            index, gaps = index.take(rows), gaps.take(rows)
            begins[rows] = begins_sentence(
                self.data, self.words, index, gaps, self.escaped, self.flags_of
            )
        return begins

    def gaps(self, index: Int64s) -> Int64s:
        """What stands behind each of some words, none the last of its document: SPACE, HYPHEN or
        NO_GAP.
        """
        starts, ends = self.words.ends.take(index), self.words.starts.take(index + 1)
        raw = np.frombuffer(self.data, np.uint8)
        result = _GAP_OF_BYTE.take(raw.take(starts))
        sizes = ends - starts
        rows = np.flatnonzero(sizes != 1)
        result[rows] = NO_GAP
        if self.escaped:  # most of the others are a single line break, in two bytes
            first, second = raw.take(starts.take(rows)), raw.take(starts.take(rows) + 1)
            feeds = (sizes.take(rows) == 2) & (first == ord("\\")) & (second == ord("n"))
            result[rows.compress(feeds)] = SPACE
            rows = rows.compress(~feeds)
        possible = _BEGINS_GAP.take(raw.take(starts.take(rows)))
        possible &= sizes.take(rows) <= LONGEST_GAP * _LONGEST_SPELLING
        rows = rows.compress(possible)
        if rows.size:
            result[rows] = self._long_gaps(starts.take(rows), sizes.take(rows))
        return result

    def _long_gaps(self, starts: Int64s, sizes: Int64s) -> Int64s:
        characters = self.words.characters
        points, owner = points_of(self.data, characters, starts, sizes, self.escaped)
        count = len(starts)
        roles = roles_of(points)
        feeds, blanks, hyphens = (
            np.bincount(owner[roles & role > 0], minlength=count)
            for role in (IS_NEWLINE, IS_BLANK, IS_HYPHEN)
        )
        every = np.bincount(owner, minlength=count)
        result = np.full(count, NO_GAP)
        space = (feeds == 1) | ((feeds == 0) & (blanks == 1))
        result[space & (feeds + blanks == every) & (every <= LONGEST_GAP)] = SPACE
        result[(hyphens == 1) & (every == 1)] = HYPHEN
        return result

    def spellings(self, starts: Int64s, ends: Int64s) -> UInt8s:
        """How each of some words is spelled: SMALL, CAPITAL or CAPITALS."""
        result = np.full(len(starts), SMALL, np.uint8)
        raw = np.frombuffer(self.data, np.uint8)
        first = raw.take(starts)
        capital = (first >= ord("A")) & (first <= ord("Z"))
        may_be_capitals = capital
        special = np.flatnonzero((first >= 0x80) | (first == ord("\\")))
        if special.size:
            may_be_capitals = capital.copy()
            characters = self.words.characters
            at = np.searchsorted(characters.starts, starts.take(special))
            case = cases_of(characters.points.take(at))
            capital[special] = (case == UPPER) | (case == TITLE)
            may_be_capitals[special] = (case == UPPER) | (case == UNCASED)
        result[capital] = CAPITAL

        # The second byte of nearly all of these is a small ASCII letter: not all-capitals.
        rows = np.flatnonzero(may_be_capitals)
        second = raw.take(starts.take(rows) + 1, mode="clip")
        small = (second >= ord("a")) & (second <= ord("z"))
        small |= ends.take(rows) == starts.take(rows) + 1  # `I`
        small &= first.take(rows) != ord("\\")
        rows = rows.compress(~small)
        if rows.size:
            from_ = starts.take(rows)
            sizes = ends.take(rows) - from_
            characters = self.words.characters
            points, owner = points_of(self.data, characters, from_, sizes, self.escaped)
            cases = cases_of(points)
            upper = np.bincount(owner[cases == UPPER], minlength=len(rows))
            others = np.bincount(owner[(cases == LOWER) | (cases == TITLE)], minlength=len(rows))
            result[rows[(upper >= 2) & (others == 0)]] = CAPITALS
        return result
