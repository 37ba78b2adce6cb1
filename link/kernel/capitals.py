"""What the capitals of a word tell: how it is spelled, whether it begins a sentence or stands in a
heading. docs/words.md has the rules.

    THE SLEEPING DOG                all words in capitals: a heading
    The Dog and the House           a heading, if it stands alone between blank lines
    ## The Sleeping Dog             a heading
"""

import numpy as np

from link.block import Int64s
from link.kernel.arrays import Bools, UInt8s, firsts, ragged_range, sums, where_true
from link.kernel.compiled import ABBREVIATED, FUNCTION_WORD
from link.kernel.lines import Lines
from link.kernel.text import Text
from link.kernel.window import (
    CLOSER,
    CURLY_APOSTROPHE,
    LOWER_LETTER,
    MARKER,
    OTHER_BLANK,
    OTHER_LETTER,
    TERMINATOR,
    UPPER_LETTER,
    Window,
)
from link.language.characters import BLANKS, CLOSERS, LIST_MARKERS, TERMINATORS
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LONG_WORD

_A, _SMALL_A, _LETTERS = np.uint8(ord("A")), np.uint8(ord("a")), 26


def is_upper(flat: UInt8s) -> Bools:
    """Which classes are those of capital letters."""
    result: Bools = (flat - _A < _LETTERS) | (flat == UPPER_LETTER)
    return result


def is_lower(flat: UInt8s) -> Bools:
    """Which classes are those of small letters."""
    result: Bools = (flat - _SMALL_A < _LETTERS) | (flat == LOWER_LETTER)
    return result


def begins_character(window: Window, places: Int64s) -> Bools:
    """Whether a character begins at each place: it is no UTF-8 continuation byte."""
    result: Bools = np.frombuffer(window.data, np.uint8).take(places) & 0xC0 != 0x80
    return result


def spellings(window: Window, starts: Int64s, ends: Int64s) -> UInt8s:
    """How each of some words is spelled: SMALL, CAPITAL or CAPITALS."""
    first = window.flat.take(starts)
    capital = is_upper(first)
    result: UInt8s = capital.view(np.uint8).copy()
    rows = where_true(capital | (first == OTHER_LETTER))
    # The second byte of nearly all of these is a small ASCII letter: not all capitals.
    second = window.flat.take(starts.take(rows) + 1)
    rows = rows.compress(
        (second - _SMALL_A >= _LETTERS) & (ends.take(rows) - starts.take(rows) > 1)
    )
    if rows.size:
        sizes = ends.take(rows) - starts.take(rows)
        places = ragged_range(starts.take(rows), sizes)
        flat = window.flat.take(places)
        upper = sums(is_upper(flat) & begins_character(window, places), sizes)
        lower = sums(is_lower(flat), sizes)
        result[rows.compress((upper >= 2) & (lower == 0))] = CAPITALS
    return result


assert (SMALL, CAPITAL) == (False, True)


# --- sentences -----------------------------------------------------------------------------------

# What a place is in the gap between two words: bits, since some are several things.
_TERMINATOR, _CLOSER, _BLANK, _FEED, _MARKER, _STOP = (1 << bit for bit in range(6))
_ROLES = np.zeros(256, np.uint8)
for _role, _own, _classes in (
    (_TERMINATOR, TERMINATORS, [TERMINATOR]),
    (_CLOSER, CLOSERS, [CLOSER, CURLY_APOSTROPHE]),
    (_BLANK, BLANKS, [OTHER_BLANK]),
    (_FEED, "\n", []),
    (_MARKER, LIST_MARKERS, [MARKER]),
    (_STOP, ".", []),
):
    _ROLES[[ord(character) for character in _own if character < "\x80"] + _classes] |= _role


def begin_sentences(text: Text, index: Int64s) -> Bools:
    """Whether each of some words, ascending, begins a sentence."""
    words = text.words
    is_first = np.zeros(len(words) + 1, np.bool_)
    is_first[words.first] = True
    result: Bools = is_first.take(index)
    gaps = words.ends.take(index - 1)
    sizes = words.starts.take(index) - gaps
    rows = where_true(~result & (sizes > 1))
    if not rows.size:
        return result
    gaps, sizes = gaps.take(rows), sizes.take(rows)
    roles = _ROLES.take(text.window.flat.take(ragged_range(gaps, sizes)))
    owner = np.repeat(np.arange(len(rows)), sizes)
    ended = _followed(roles, owner, _CLOSER, _TERMINATOR, _BLANK | _FEED)
    parted = _followed(roles, owner, _BLANK, _FEED, _FEED | _MARKER)
    begins = np.zeros(len(rows), np.bool_)
    begins[ended] = True
    begins[parted] = True

    # The full stop of an abbreviation, then blanks and at most one line feed, end none.
    last = sizes.cumsum()
    stops = begins & (roles.take(last - sizes) & _STOP > 0)
    stops &= sums(roles & (_BLANK | _FEED) == 0, sizes) == 1
    stops &= sums(roles & _FEED > 0, sizes) <= 1
    stopped = where_true(stops)
    flags = text.flags_of(index.take(rows.take(stopped)) - 1)
    begins[stopped.compress(flags & ABBREVIATED > 0)] = False
    result[rows] = begins
    return result


def _followed(roles: UInt8s, owner: Int64s, aside: int, before: int, after: int) -> Int64s:
    """The owners of neighbours of roles `before` and `after`, some characters put aside."""
    kept = where_true(roles & aside == 0)
    roles, owner = roles.take(kept), owner.take(kept)
    pair = (roles[:-1] & before > 0) & (roles[1:] & after > 0) & (owner[:-1] == owner[1:])
    return owner[:-1].compress(pair)


# --- headings ------------------------------------------------------------------------------------


def headings(text: Text, lines: Lines, index: Int64s) -> UInt8s:
    """The kind of heading that each of some words stands in: CAPITALS, CAPITAL, SMALL for none.

    The words ascend.
    """
    if not index.size:
        return np.zeros(0, np.uint8)
    starts = text.words.starts
    line = lines.of(starts.take(index))
    opens = firsts(line)
    some = line.compress(opens)
    begins = starts.searchsorted(lines.feeds.take(some))
    ends = starts.searchsorted(lines.feeds.take(some + 1))
    return _kinds(text, lines, some, begins, ends).take(opens.cumsum() - 1)


def _kinds(text: Text, lines: Lines, line: Int64s, begins: Int64s, ends: Int64s) -> UInt8s:
    """The kind of some lines, from their first word to before the first of the next."""
    result = np.full(len(line), SMALL, np.uint8)
    alive = np.arange(len(line))
    for numerator, denominator in ((1, 1), (1, 2), (0, 1), (1, 4)):
        # No heading holds a small word that is no function word; most lines have one here.
        first, last = begins.take(alive), ends.take(alive) - 1
        index = first + (last - first) * numerator // denominator
        small = ~is_upper(text.window.flat.take(text.words.starts.take(index)))
        small &= text.window.flat.take(text.words.starts.take(index)) != OTHER_LETTER
        rows = where_true(small)
        other = text.flags_of(index.take(rows)) & FUNCTION_WORD == 0
        alive = np.delete(alive, rows.compress(other))
    if not alive.size:
        return result
    begins, counts = begins.take(alive), (ends - begins).take(alive)
    every = ragged_range(begins, counts)
    last = counts.cumsum()

    def number(which: Bools) -> Int64s:
        return sums(which, counts)

    starts, stops = text.words.starts.take(every), text.words.ends.take(every)
    spelled = spellings(text.window, starts, stops)
    is_function = text.flags_of(every) & FUNCTION_WORD > 0
    small, in_capitals = spelled == SMALL, spelled == CAPITALS
    sizes = _characters(text.window, starts, stops)
    capitals = (number(small) == 0) & (number(in_capitals) > 0)
    capitals &= number(~in_capitals & (sizes > 1)) == 0
    capitals &= (counts > 1) | (sizes.take(last - counts) >= LONG_WORD)
    titled = ~capitals & (number(small & ~is_function) == 0) & (number(~small) > 0)
    own = line.take(alive)
    marked = text.window.flat.take(lines.begins.take(own)) == ord("#")
    blank = np.concatenate(([True], lines.is_blank, [True]))
    alone = blank.take(own) & blank.take(own + 2) & (number(is_function) > 0)
    result[alive.compress(titled & (marked | alone))] = CAPITAL
    result[alive.compress(capitals)] = CAPITALS
    return result


def _characters(window: Window, starts: Int64s, ends: Int64s) -> Int64s:
    """How many characters each word has."""
    if window.data.isascii():
        return ends - starts
    return sums(begins_character(window, ragged_range(starts, ends - starts)), ends - starts)
