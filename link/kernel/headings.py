"""Headings: lines in which capitals say nothing of names.

    THE SLEEPING DOG                all words in capitals
    The Dog and the House           alone between blank lines; small words are function words
    ## The Sleeping Dog             marked by `#`

Few lines can be any of these; a line that holds a small word which is no function word is none.
"""

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.compiled import CAPITAL, CAPITALS, FUNCTION_WORD, SMALL
from link.kernel.decode import points_of
from link.kernel.ragged import ragged_range
from link.kernel.unicode import UInt8s
from link.kernel.window import Window

LONG_WORD = 5
"""Characters of a word in capitals that, alone in its line, is a heading; shorter are names."""


def headings_of(window: Window, index: Int64s) -> UInt8s:
    """The kind of heading that some words stand in: CAPITALS, CAPITAL, or SMALL for none."""
    if not index.size:
        return np.zeros(0, np.uint8)
    words, flat, lines = window.words, window.flat, window.marks.lines
    line = lines.line_of(flat.position(words.starts.take(index)))
    opens = np.ones(len(line), np.bool_)
    np.not_equal(line[1:], line[:-1], out=opens[1:])  # words ascend, or nearly
    some = line.compress(opens)
    begins = np.searchsorted(words.starts, flat.original(lines.feeds.take(some)))
    ends = np.searchsorted(words.starts, flat.original(lines.feeds.take(some + 1)))
    # Documents that are not touched are not in the flat text.
    document = np.searchsorted(words.first, index.compress(opens), "right") - 1
    begins = np.maximum(begins, words.first.take(document))
    ends = np.minimum(ends, words.last.take(document))
    kinds = _kinds(window, some, begins, ends)
    return kinds.take(np.cumsum(opens) - 1)


def _kinds(window: Window, line: Int64s, begins: Int64s, ends: Int64s) -> UInt8s:
    """The kind of some lines, from their first word to before the first of the next."""
    result = np.full(len(begins), SMALL, np.uint8)
    alive = np.arange(len(begins))
    lengths = ends - begins
    for place in (lengths - 1, np.minimum(1, lengths - 1), lengths // 2, lengths // 4):
        rows = begins.take(alive) + place.take(alive)
        alive = alive.compress(~_breaks(window, rows))
    if not alive.size:
        return result
    lengths = lengths.take(alive)
    every = ragged_range(begins.take(alive), lengths)
    owner = np.repeat(np.arange(len(alive)), lengths)
    count = len(alive)

    def number(which: npt.NDArray[np.bool_]) -> Int64s:
        return np.bincount(owner[which], minlength=count)

    starts, stops = window.words.starts.take(every), window.words.ends.take(every)
    spelled = window.spellings(starts, stops)
    is_function = window.flags_of(every) & FUNCTION_WORD > 0
    small, in_capitals = spelled == SMALL, spelled == CAPITALS
    one = _sizes(window, starts, stops) == 1
    long_alone = (lengths > 1) | (_sizes(window, starts, stops)[_firsts(lengths)] >= LONG_WORD)
    capitals = (number(small) == 0) & (number(in_capitals) > 0) & long_alone
    capitals &= number(~(in_capitals | one)) == 0
    result[alive[capitals]] = CAPITALS

    titled = ~capitals & (number(small & ~is_function) == 0) & (number(~small) > 0)
    rows = np.flatnonzero(titled)
    if rows.size:
        marked, alone = _surroundings(window, line.take(alive.take(rows)))
        function_words = number(is_function).take(rows)
        result[alive[rows[marked | (alone & (function_words > 0))]]] = CAPITAL
    return result


def _breaks(window: Window, index: Int64s) -> npt.NDArray[np.bool_]:
    """Whether some words are small in ASCII and no function words: no heading holds such a word."""
    first = np.frombuffer(window.data, np.uint8).take(window.words.starts.take(index))
    result = (first >= ord("a")) & (first <= ord("z"))
    rows = np.flatnonzero(result)
    result[rows] = window.flags_of(index.take(rows)) & FUNCTION_WORD == 0
    return result


def _sizes(window: Window, starts: Int64s, ends: Int64s) -> Int64s:
    """How many characters each word has."""
    if not window.words.characters.starts.size:
        return ends - starts
    _, owner = points_of(window.data, window.words.characters, starts, ends - starts)
    return np.bincount(owner, minlength=len(starts))


def _firsts(lengths: Int64s) -> Int64s:
    return np.cumsum(lengths) - lengths


def _surroundings(
    window: Window, line: Int64s
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether some lines begin with `#`, and whether those around them are blank."""
    lines = window.marks.lines
    marked = window.marks.raw.take(lines.begins.take(line)) == ord("#")
    blank = np.concatenate(([True], lines.is_blank, [True]))
    return marked, blank.take(line) & blank.take(line + 2)
