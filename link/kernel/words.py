"""Where words begin and end in a window.

    _dog_    don’t    3rd    rock'n'roll    snake_case    well-known
     ---     -----           -----------    ----------    ---- -----

A run of letters, marks, digits, `_` and apostrophes that join is where the class changes; what it
begins and ends with is then put aside where that is no part of a word. docs/words.md has the rule.
"""

from dataclasses import dataclass

import numpy as np

from link.arrays import NO_SPANS, Bools, Spans, UInt8s, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.alphabet import OTHER_LETTER, UPPER, WORD_CLASS
from link.kernel.window import Window, begins_character
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.unicode import APOSTROPHE, LETTER, MARK, UNDERSCORE


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a window, in order.

    `starts`, `ends`: int64, shape (words,), places in the window. `first`, `last`: int64, shape
    (texts,): text t holds the words `first[t]` to `last[t] - 1`. `possessive`: int64, ascending,
    the words that end in an apostrophe and an s; `stems`: int64, where what is before that ends.
    `apostrophes`: begins and ends of all that may be one, in no order.
    """

    starts: Int64s
    ends: Int64s
    first: Int64s
    last: Int64s
    possessive: Int64s
    stems: Int64s
    apostrophes: Spans

    @property
    def counts(self) -> Int64s:
        """How many words each text has."""
        return self.last - self.first

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def begin_texts(self) -> Bools:
        """Which words are the first of a text; shape (words + 1,), behind the last is none."""
        result = np.zeros(len(self) + 1, np.bool_)
        result[self.first] = True
        result[-1] = True
        return result

    def end_texts(self, index: Int64s) -> Bools:
        """Whether each of some words is the last of its text."""
        return self.begin_texts.take(index + 1)


def find_words(window: Window) -> Words:
    """The words of a window's texts."""
    classes = window.kinds & np.uint8(WORD_CLASS)
    apostrophes, stems = _join(classes, window)
    inside = classes != 0
    bounds = where_true(inside[1:] != inside[:-1])
    starts, ends = bounds[0::2] + 1, bounds[1::2] + 1
    _trim_ends(classes, starts, ends, window.places("_"))
    opening = classes.take(starts)
    is_word = opening == LETTER
    if not is_word.all():
        rows = where_true((opening == MARK) | (opening == UNDERSCORE))
        starts[rows] += _leading(classes, starts.take(rows), ends.take(rows))
        is_word[rows] = classes.take(starts.take(rows)) == LETTER
        kept = where_true(is_word)
        starts, ends = starts.take(kept), ends.take(kept)
    first, last = starts.searchsorted(window.starts), starts.searchsorted(window.ends)
    if not (stems[0].size and starts.size):
        return Words(starts, ends, first, last, *NO_SPANS, apostrophes)
    word = starts.searchsorted(stems[0], "right") - 1
    whole = (word >= 0) & (ends.take(word, mode="clip") == stems[1])
    word, at = word.compress(whole), stems[0].compress(whole)
    order = np.argsort(word, kind="stable")
    return Words(starts, ends, first, last, word.take(order), at.take(order), apostrophes)


def _join(classes: UInt8s, window: Window) -> tuple[Spans, Spans]:
    """Class the apostrophes that join.

    Where all apostrophes begin and end; of those that join and stand before an s, where they begin
    and where that ends.
    """
    plain, ticks = window.places("'"), window.places("`")
    begins = np.concatenate((plain, ticks, window.apostrophes[0]))
    ends = np.concatenate((plain + 1, ticks + 1, window.apostrophes[1]))
    before = classes.take(begins - 1)
    marked = where_true(before == MARK)
    if marked.size:  # what carries the marks must be a letter
        bases = where_true(classes != MARK)
        before[marked] = classes.take(bases.take(bases.searchsorted(begins.take(marked)) - 1))
    joins = (before == LETTER) & (classes.take(ends) == LETTER)
    every = begins, ends
    begins, ends = begins.compress(joins), ends.compress(joins)
    classes[ragged_range(begins, ends - begins)] = APOSTROPHE
    is_s = window.flat.take(ends) | 0x20 == ord("s")
    return every, (begins.compress(is_s), ends.compress(is_s) + 1)


def _trim_ends(classes: UInt8s, starts: Int64s, ends: Int64s, lows: Int64s) -> None:
    """Put aside, in place, the `_` that runs end with. `lows`: where any stand."""
    lows = lows.compress(classes.take(lows + 1) == 0)
    if not lows.size:
        return
    rows = ends.searchsorted(lows + 1)
    begins, stops = starts.take(rows), ends.take(rows)
    sizes = stops - begins
    order = ragged_range(begins, sizes)
    kept = where_true(classes.take(order) != UNDERSCORE)
    counts = sizes.cumsum()
    found = kept.searchsorted(counts) - 1
    at = np.append(order.take(kept), 0).take(found)
    has_one = (found >= 0) & (at >= begins) & (at < stops)
    ends[rows] = np.where(has_one, at + 1, begins + 1)


def _leading(classes: UInt8s, starts: Int64s, ends: Int64s) -> Int64s:
    """How many bytes of marks and `_` some runs begin with."""
    sizes = ends - starts
    opening = classes.take(ragged_range(starts, sizes))
    others = where_true((opening != MARK) & (opening != UNDERSCORE))
    begins = sizes.cumsum() - sizes
    following = np.append(others, len(opening)).take(others.searchsorted(begins))
    longest: Int64s = np.minimum(following - begins, sizes - 1)
    return longest


def spellings(window: Window, starts: Int64s, ends: Int64s) -> UInt8s:
    """How each of some words is spelled: SMALL, CAPITAL or CAPITALS."""
    result: UInt8s = window.kinds.take(starts) >> np.uint8(7)  # UPPER
    rows = where_true(result)
    # The second byte of nearly all of these is a small letter: not all capitals.
    rows = rows.compress(window.kinds.take(starts.take(rows) + 1) != LETTER)
    if window.has_uncased:  # a letter without case tells nothing of those behind
        uncased = window.flat.take(starts) == OTHER_LETTER
        uncased |= window.flat.take(starts + 1) == OTHER_LETTER
        rows = np.concatenate((rows, where_true(uncased)))
    rows = rows.compress(ends.take(rows) - starts.take(rows) > 1)
    if rows.size:
        sizes = ends.take(rows) - starts.take(rows)
        places = ragged_range(starts.take(rows), sizes)
        kinds, flat = window.kinds.take(places), window.flat.take(places)
        upper = sums((kinds >= UPPER) & begins_character(window, places), sizes)
        lower = sums((kinds == LETTER) & (flat != OTHER_LETTER), sizes)
        result[rows.compress((upper >= 2) & (lower == 0))] = CAPITALS
    return result


assert (SMALL, CAPITAL) == (False, True)
