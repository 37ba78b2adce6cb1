"""Which phrases a text holds: all of their beginnings are walked at once.

Each pass takes one more word at every place where a walk goes on; there are as many passes as the
longest phrase has words, over ever fewer places. Then, of the phrases that may be swapped, the
longest at each place is kept, and left to right each blocks those that begin inside it.
"""

from typing import NamedTuple

import numpy as np

from link.arrays import NO_PLACES, firsts, left_to_right, where_true
from link.block import Int64s
from link.kernel.compiled import INSIDE, NO_GAP, STARTS
from link.kernel.table import hash_pairs, lookup_numbers
from link.kernel.words import Stems, Text, gaps


class Matches(NamedTuple):
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
        return Matches(*(column.take(rows) for column in self))


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
