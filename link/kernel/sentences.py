"""Whether a word begins a sentence, told from the gap before it.

A word begins a sentence if it is the first of its document, or if the gap between it and the word
before

- holds a terminator (`. ! ? …`), closing quotes, brackets or emphasis put aside, and then a space
  or line break:                                    He left." I stayed.
- holds a blank line (spaces aside);
- holds a line break and then, spaces aside, a list or heading marker:   ⏎- I stayed

A single line break begins nothing: text is often hard-wrapped.
"""

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.decode import points_of
from link.kernel.unicode import Points
from link.kernel.words import Characters, Words

TERMINATORS = ".!?\u2026\u203c\u203d\u2047\u2048\u2049"
CLOSERS = "\"')]}*_~`\u2019\u201d\u00bb\u203a"
BLANKS = (
    " \t\r\f\v\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)
NEWLINES = "\n\u0085\u2028\u2029"
MARKERS = "-*+#\u2022\u2023\u25e6\u2043\u2013\u2014"


def _sorted_points(characters: str) -> Points:
    return np.array(sorted(map(ord, characters)), np.uint32)


_TERMINATORS, _CLOSERS, _NEWLINES, _MARKERS = map(
    _sorted_points, (TERMINATORS, CLOSERS, NEWLINES, MARKERS)
)
_BLANKS = _sorted_points(BLANKS)
_SPACES = _sorted_points(BLANKS + NEWLINES)


def begins_sentence(
    window: bytes, words: Words, chosen: Int64s, gap_starts: Int64s, escaped: bool
) -> npt.NDArray[np.bool_]:
    """For each chosen word (indices) whether it begins a sentence, by the gap before it alone.

    `gap_starts`: int64, where the word before ended (or the document began).
    """
    result = np.zeros(len(chosen), np.bool_)
    starts = words.starts.take(chosen)
    single = starts - gap_starts == 1  # the usual space, which begins nothing
    rest = np.flatnonzero(~single)
    if rest.size:
        starts, gap_starts = starts.take(rest), gap_starts.take(rest)
        points, owner = points_of(
            window, words.characters, gap_starts, starts - gap_starts, escaped
        )
        result[rest[_ending(points, owner)]] = True
    return result


def summary_of_gap(gap: bytes, characters: Characters, escaped: bool) -> bytes:
    """A few bytes that can stand for the beginning of a gap, as far as sentences are concerned."""
    points, owner = points_of(gap, characters, np.zeros(1, np.int64), np.array([len(gap)]), escaped)
    if _ending(points, owner).size:
        return b". "
    for summary, put_aside, ends in ((b".", _CLOSERS, _TERMINATORS), (b"\n", _BLANKS, _NEWLINES)):
        rest, _ = _without(put_aside, points, owner)
        if np.isin(rest[-1:], ends).any():
            return summary
    return b""


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
