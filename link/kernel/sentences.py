"""Whether a word begins a sentence, told from the gap before it.

A word begins a sentence if it is the first of its document, or if the gap between it and the word
before

- holds a terminator (`. ! ? …`), closing quotes, brackets or emphasis put aside, and then a space
  or line break:                                    He left." I stayed.
- holds a blank line (spaces aside);
- holds a line break and then, spaces aside, a list or heading marker:   ⏎- I stayed

A single line break begins nothing: text is often hard-wrapped. Nor does the full stop of an
abbreviation or an initial that a name may follow (`Mr. Brown`, `J. Brown`).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.decode import points_of
from link.kernel.unicode import Points, UInt8s
from link.kernel.words import Words

ABBREVIATED = 4
"""The flag of an entry behind which a full stop ends no sentence."""

TERMINATORS = ".!?\u2026\u203c\u203d\u2047\u2048\u2049"
CLOSERS = "\"')]}*_~`\u2019\u201d\u00bb\u203a"
BLANKS = (
    " \t\r\f\v\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)
HYPHENS = "\u2010\u2011"
NEWLINES = "\n\u0085\u2028\u2029"
MARKERS = "-*+#\u2022\u2023\u25e6\u2043\u2013\u2014"


def sorted_points(characters: str) -> Points:
    """Characters as an array of code points."""
    return np.array(sorted(map(ord, characters)), np.uint32)


_TERMINATORS, _CLOSERS, _NEWLINES, _MARKERS = map(
    sorted_points, (TERMINATORS, CLOSERS, NEWLINES, MARKERS)
)
_BLANKS = sorted_points(BLANKS)
_SPACES = sorted_points(BLANKS + NEWLINES)


def begins_sentence(
    window: bytes,
    words: Words,
    chosen: Int64s,
    gap_starts: Int64s,
    escaped: bool,
    flags_of: Callable[[Int64s], UInt8s],
) -> npt.NDArray[np.bool_]:
    """For each chosen word (indices, none the first of its document) whether it begins a sentence.

    `gap_starts`: int64, where the word before ended. `flags_of`: the lexicon's flags of words.
    """
    result = np.zeros(len(chosen), np.bool_)
    starts = words.starts.take(chosen)
    points, owner = points_of(window, words.characters, gap_starts, starts - gap_starts, escaped)
    result[_ending(points, owner)] = True
    result[_after_abbreviation(points, owner, chosen, result, flags_of)] = False
    return result


def _after_abbreviation(
    points: Points,
    owner: Int64s,
    chosen: Int64s,
    begins: npt.NDArray[np.bool_],
    flags_of: Callable[[Int64s], UInt8s],
) -> Int64s:
    """The words whose gap is a full stop, then blanks with at most one line break, behind one."""
    count = len(chosen)
    first = np.searchsorted(owner, np.arange(count))
    stops = np.zeros(count, np.bool_)
    some = np.flatnonzero(first < len(points))
    first = first.take(some)
    stops[some] = (points.take(first) == ord(".")) & (owner.take(first) == some)
    every = np.bincount(owner, minlength=count)
    feeds = np.bincount(owner[np.isin(points, _NEWLINES)], minlength=count)
    spaces = np.bincount(owner[np.isin(points, _SPACES)], minlength=count)
    rows = np.flatnonzero(begins & stops & (feeds <= 1) & (spaces == every - 1))
    return rows.compress(flags_of(chosen.take(rows) - 1) & ABBREVIATED > 0)


def _ending(points: Points, owner: Int64s) -> Int64s:
    """The gaps (with repetitions) that end a sentence, or a paragraph, or begin a list item."""
    open_points, open_owner = _without(_CLOSERS, points, owner)
    dense_points, dense_owner = _without(_BLANKS, points, owner)
    return np.concatenate(
        (
            _followed(open_points, open_owner, _TERMINATORS, _SPACES),
            _followed(dense_points, dense_owner, _NEWLINES, _NEWLINES),
            _followed(dense_points, dense_owner, _NEWLINES, _MARKERS),
        )
    )


def _without(some: Points, points: Points, owner: Int64s) -> tuple[Points, Int64s]:
    kept = ~np.isin(points, some)
    return points[kept], owner[kept]


def _followed(points: Points, owner: Int64s, before: Points, after: Points) -> Int64s:
    """The owners of each neighbouring pair of points that is (one of before, one of after)."""
    pair = np.isin(points[:-1], before) & np.isin(points[1:], after) & (owner[:-1] == owner[1:])
    return owner[:-1].compress(pair)
