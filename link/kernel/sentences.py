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
OPENERS = "\u2018\u201a\u201b\u201c\u201e\u201f\u00ab\u2039"
BLANKS = (
    " \t\r\f\v\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u202f\u205f\u3000"
)
HYPHENS = "\u2010\u2011"
NEWLINES = "\n\u0085\u2028\u2029"
MARKERS = "-*+#\u2022\u2023\u25e6\u2043\u2013\u2014"


# What a character is in a gap: bits, since some are several things.
IS_TERMINATOR, IS_CLOSER, IS_BLANK, IS_NEWLINE, IS_MARKER, IS_HYPHEN, IS_STOP = (
    1 << bit for bit in range(7)
)
IS_SPACE = IS_BLANK | IS_NEWLINE
_ROLES = {
    IS_TERMINATOR: TERMINATORS,
    IS_CLOSER: CLOSERS,
    IS_BLANK: BLANKS,
    IS_NEWLINE: NEWLINES,
    IS_MARKER: MARKERS,
    IS_HYPHEN: HYPHENS + "-",
    IS_STOP: ".",
}
_ROLES_OF = np.zeros(max(map(ord, "".join(_ROLES.values()))) + 2, np.uint8)
for _role, _characters in _ROLES.items():
    _ROLES_OF[[ord(character) for character in _characters]] |= _role


def roles_of(points: Points) -> UInt8s:
    """What each code point may be in a gap, as bits."""
    roles: UInt8s = _ROLES_OF.take(points, mode="clip")  # the last one is none
    return roles


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
    roles = roles_of(points)
    result[_ending(roles, owner)] = True
    result[_after_abbreviation(roles, owner, chosen, result, flags_of)] = False
    return result


def _after_abbreviation(
    roles: UInt8s,
    owner: Int64s,
    chosen: Int64s,
    begins: npt.NDArray[np.bool_],
    flags_of: Callable[[Int64s], UInt8s],
) -> Int64s:
    """The words whose gap is a full stop, then blanks with at most one line break, behind one."""
    count = len(chosen)
    opens = np.ones(len(owner), np.bool_)
    np.not_equal(owner[1:], owner[:-1], out=opens[1:])
    stops = np.zeros(count, np.bool_)
    stops[owner[opens & (roles & IS_STOP > 0)]] = True
    feeds = np.bincount(owner[roles & IS_NEWLINE > 0], minlength=count)
    others = np.bincount(owner[roles & IS_SPACE == 0], minlength=count)
    rows = np.flatnonzero(begins & stops & (feeds <= 1) & (others == 1))
    return rows.compress(flags_of(chosen.take(rows) - 1) & ABBREVIATED > 0)


def _ending(roles: UInt8s, owner: Int64s) -> Int64s:
    """The gaps (with repetitions) that end a sentence, or a paragraph, or begin a list item."""
    return np.concatenate(
        (
            _followed(roles, owner, IS_CLOSER, IS_TERMINATOR, IS_SPACE),
            _followed(roles, owner, IS_BLANK, IS_NEWLINE, IS_NEWLINE | IS_MARKER),
        )
    )


def _followed(roles: UInt8s, owner: Int64s, aside: int, before: int, after: int) -> Int64s:
    """The owners of neighbours of roles `before` and `after`, some characters put aside."""
    kept = np.flatnonzero(roles & aside == 0)
    roles, owner = roles.take(kept), owner.take(kept)
    pair = (roles[:-1] & before > 0) & (roles[1:] & after > 0) & (owner[:-1] == owner[1:])
    return owner[:-1].compress(pair)
