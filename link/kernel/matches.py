"""Which phrases a text holds: all of their beginnings are walked at once.

Each pass takes one more word at every place where a walk goes on; there are as many passes as the
longest phrase has words, over ever fewer places. Then, of the phrases that may be swapped, the
longest at each place is kept, and left to right each blocks those that begin inside it.

What this file leaves to others: which phrases may be swapped (`units.py`).
"""

from dataclasses import dataclass

import numpy as np

from link.arrays import NO_PLACES, firsts, left_to_right, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.alphabet import OTHER_BLANK, OTHER_HYPHEN
from link.kernel.alphabet import SPACE as WHITE_SPACE
from link.kernel.compiled import HYPHEN, INSIDE, NO_GAP, SPACE, STARTS
from link.kernel.table import hash_pairs, lookup_numbers
from link.kernel.text import Stems, Text
from link.kernel.window import Window, begins_character
from link.language.rules import LONGEST_GAP


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Phrases in a text, in no order: int64s.

    `first`: their first words; `words`: how many; `entries`: of the lexicon; `ends`: where they
    end, a possessive's ending aside.
    """

    first: Int64s
    words: Int64s
    entries: Int64s
    ends: Int64s

    def take(self, rows: Int64s) -> "Matches":
        """Some of them."""
        columns = (self.first, self.words, self.entries, self.ends)
        return Matches(*(column.take(rows) for column in columns))


def find_phrases(text: Text, stems: Stems) -> Matches:
    """All phrases of a text, overlapping ones too. `stems`: of all its possessives.

    A phrase may end in a possessive, whose ending stays; none goes on behind such a word.
    """
    words, phrases, flags = text.words, text.lexicon.phrases, text.lexicon.flags
    nothing = Matches(NO_PLACES, NO_PLACES, NO_PLACES, NO_PLACES)
    if phrases.transitions is None or len(words) < 2:
        return nothing
    heads = entries = text.entries
    may_start, inside = text.flags & STARTS > 0, text.flags & INSIDE > 0
    stems = stems.take(where_true(~inside.take(stems.rows)))
    if stems.rows.size:
        entries = heads.copy()
        entries[stems.rows] = stems.entries
        inside[stems.rows] = flags.take(stems.entries) & INSIDE > 0
    goes_on = np.zeros(len(words), np.bool_)  # the next word may stand inside a phrase
    goes_on[:-1] = inside[1:]
    goes_on[words.last.compress(words.counts > 0) - 1] = False
    first = where_true(may_start & goes_on)
    pairs = hash_pairs(heads.take(first), entries.take(first + 1), len(phrases.pairs))
    first = first.compress(phrases.pairs.take(pairs))
    states = heads.take(first).astype(np.uint64)
    goes_on[stems.rows] = False
    found = []
    count = 1
    while first.size:
        last = first + (count - 1)
        gap = gaps(text, last)
        keys = states << np.uint64(32) | gap.view(np.uint64)
        keys |= entries.take(last + 1).astype(np.uint64) << np.uint64(1)
        keys[gap == NO_GAP] = 0
        nodes = lookup_numbers(phrases.transitions, keys)
        kept = where_true(nodes * (keys > 0))
        first, count = first.take(kept), count + 1
        states = nodes.take(kept).astype(np.uint64)
        nodes = nodes.take(kept) - phrases.first_node
        ended = phrases.entries.take(nodes)
        rows = where_true(ended)
        found.append((first.take(rows), np.full(len(rows), count), ended.take(rows)))
        more = phrases.extends.take(nodes) & goes_on.take(first + (count - 1))
        first, states = first.compress(more), states.compress(more)
    if not found:
        return nothing
    first, sizes, ended = (np.concatenate(column) for column in zip(*found, strict=True))
    last = first + sizes - 1
    ends = words.ends.take(last)
    if stems.rows.size:
        at = np.minimum(stems.rows.searchsorted(last), len(stems.rows) - 1)
        ends = np.where(stems.rows.take(at) == last, stems.ends.take(at), ends)
    return Matches(first, sizes, ended.astype(np.int64), ends)


def segment(first: Int64s, words: Int64s) -> Int64s:
    """Those of some phrases (rows) that are units: the longest at each place, left to right."""
    order = np.lexsort((-words, first))
    begins = first.take(order)
    order = order.compress(firsts(begins))
    begins = first.take(order)
    return order.take(left_to_right(begins, begins + words.take(order)))


def gaps(text: Text, index: Int64s) -> Int64s:
    """What stands behind some words, none the last of its text: SPACE, HYPHEN or NO_GAP."""
    window = text.window
    starts, ends = text.words.ends.take(index), text.words.starts.take(index + 1)
    sizes = ends - starts
    result = _GAP_OF.take(window.flat.take(starts))
    result[sizes > 1] = NO_GAP
    longer = (window.kinds.take(starts) & WHITE_SPACE > 0) | (
        window.flat.take(starts) == OTHER_HYPHEN
    )
    rows = where_true(longer & (sizes > 1) & (sizes <= LONGEST_GAP))
    if rows.size:
        result[rows] = _longer_gaps(window, starts.take(rows), sizes.take(rows))
    return result


def _longer_gaps(window: Window, starts: Int64s, sizes: Int64s) -> Int64s:
    """The same for gaps of more than one byte."""
    places = ragged_range(starts, sizes)
    weights = _WEIGHTS.take(window.flat.take(places))
    weights += begins_character(window, places)
    totals = sums(weights, sizes)
    characters, feeds, spaces, hyphens = (
        totals >> shift & _MOST for shift in (0, _FEED, _SPACES, _HYPHENS)
    )
    result = np.full(len(starts), NO_GAP)
    result[(spaces == sizes) & ((feeds == 1) | ((feeds == 0) & (characters == 1)))] = SPACE
    result[(hyphens == sizes) & (characters == 1)] = HYPHEN
    return result


_GAP_OF = np.full(256, NO_GAP)
_GAP_OF[list(b" \t\r\f\v\n")] = SPACE
_GAP_OF[ord("-")] = HYPHEN

# What each class adds to four counts in one number: characters, line feeds, blanks, hyphens.
_FEED, _SPACES, _HYPHENS = 12, 24, 36
_MOST = (1 << 12) - 1
_WEIGHTS = np.zeros(256, np.int64)
_WEIGHTS[[*b" \t\r\f\v\n", OTHER_BLANK]] = 1 << _SPACES
_WEIGHTS[ord("\n")] += 1 << _FEED
_WEIGHTS[OTHER_HYPHEN] = 1 << _HYPHENS
assert LONGEST_GAP <= _MOST
