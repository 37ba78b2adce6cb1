"""Phrases: headwords of several words, found by walking all their beginnings at once.

    in · spite · of         entries of words 41, 97, 12
    41 ──97──▶ n1 ──12──▶ n2, which ends "in spite of"      transitions (state, gap, entry) -> node

Each pass takes one more word at every place where a walk goes on; there are as many passes as the
longest phrase has words, over ever fewer places. Then, of the phrases that may be swapped, the
longest at each place is kept, and left to right each blocks those that begin inside it.

What this file leaves to others: which phrases may be swapped (`units.py`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.arrays import UInt8s, firsts, orbit, where_true
from link.kernel.table import Entries, Table, build_number_table, lookup_numbers

STARTS, INSIDE = 16, 32
"""Flags of entries: a phrase begins with the word, or goes on with it."""

NO_GAP, SPACE, HYPHEN = -1, 0, 1

_ODD, _ODDER = 0x9E3779B1, 0x85EBCA77  # multipliers of xxHash's 32-bit mixing
_FEWEST_PAIRS = 1 << 10
MOST_LATER = 31
"""Words behind the first whose spelling is kept in mind; others are as good as small."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """The walks. Nodes are numbered from `first_node`; `entries`: int32, the entry of the phrase
    that ends at each node or 0; `extends`: whether a longer phrase goes on from there. `pairs`: by
    a hash of two entries, whether a phrase may begin with them: a filter that lets few others pass.
    """

    transitions: Table | None
    entries: Entries
    extends: npt.NDArray[np.bool_]
    first_node: int
    pairs: npt.NDArray[np.bool_]


def pattern(spellings: Sequence[int]) -> int:
    """How the words behind the first are spelled, two bits each."""
    return sum(one << 2 * place for place, one in enumerate(spellings[:MOST_LATER]))


def build_phrases(
    parts: Iterable[Sequence[str]],
    phrases: Iterable[int],
    words: Mapping[str, int],
    first_node: int,
) -> tuple[Phrases, UInt8s]:
    """The walks of phrases, and the flags of all entries below `first_node`.

    `parts`: of each phrase, its words and what stands between them; `phrases`: its entry. `words`:
    the entries of words.
    """
    flags = bytearray(first_node)
    nodes: dict[int, int] = {}
    ends: dict[int, int] = {}
    for (first, *rest), entry in zip(parts, phrases, strict=True):
        state = words[first]
        flags[state] |= STARTS
        for separator, word in zip(rest[::2], rest[1::2], strict=True):
            number = words[word]
            flags[number] |= INSIDE
            key = state << 32 | number << 1 | (HYPHEN if separator == "-" else SPACE)
            state = nodes.setdefault(key, first_node + len(nodes))
        ends[state] = entry
    keys = np.fromiter(nodes, np.uint64, len(nodes))
    numbers = np.fromiter(nodes.values(), np.int32, len(nodes))
    states = (keys >> np.uint64(32)).astype(np.int32)
    entries = np.zeros(len(nodes), np.int32)
    entries[np.fromiter(ends, np.int64, len(ends)) - first_node] = [*ends.values()]
    extends = np.zeros(len(nodes), np.bool_)
    extends[states[states >= first_node] - first_node] = True
    pairs = np.zeros(max(_FEWEST_PAIRS, 1 << (16 * len(nodes)).bit_length()), np.bool_)
    begins = states < first_node
    seconds = ((keys[begins] & np.uint64(0xFFFFFFFF)) >> np.uint64(1)).astype(np.int32)
    pairs[_hash_pairs(states[begins], seconds, len(pairs))] = True
    transitions = build_number_table(keys, numbers) if nodes else None
    phrases_found = Phrases(transitions, entries, extends, first_node, pairs)
    return phrases_found, np.frombuffer(flags, np.uint8)


def _hash_pairs(heads: Entries, seconds: Entries, size: int) -> Int64s:
    """A number below `size`, a power of two, for each pair of entries."""
    mixed = heads.astype(np.uint32) * np.uint32(_ODD)
    mixed ^= seconds.astype(np.uint32)
    mixed *= np.uint32(_ODDER)
    mixed >>= np.uint32(33 - size.bit_length())
    number: Int64s = mixed.astype(np.int64)
    return number


@dataclass(frozen=True, slots=True)
class Matches:
    """Phrases in a text, in no order: their first words, how many words, and their entries."""

    first: Int64s
    words: Int64s
    entries: Int64s

    def take(self, rows: Int64s) -> "Matches":
        """Some of them."""
        return Matches(self.first.take(rows), self.words.take(rows), self.entries.take(rows))


def find_phrases(
    phrases: Phrases,
    flags: UInt8s,
    heads: Entries,
    entries: Entries,
    is_last: npt.NDArray[np.bool_],
    ends: Int64s,
    gaps: Callable[[Int64s], Int64s],
) -> Matches:
    """All phrases of a text, overlapping ones too.

    `flags`: of the lexicon's entries; `heads`, `entries`: int32, the entry of each word where it
    begins a phrase, and elsewhere in one; `is_last`: whether a document ends behind the word;
    `ends`: words behind which no phrase goes on that did not begin there; `gaps`: for some words,
    what stands behind them (SPACE, HYPHEN, NO_GAP).
    """
    found: list[tuple[Int64s, Int64s, Int64s]] = []
    if phrases.transitions is not None and len(entries) > 1:
        goes_on = np.zeros(len(entries), np.bool_)  # the next word may stand inside a phrase
        np.greater(flags.take(entries[1:]) & INSIDE, 0, out=goes_on[:-1])
        goes_on &= ~is_last
        first: Int64s = where_true((flags.take(heads) & STARTS > 0) & goes_on)
        pairs = _hash_pairs(heads.take(first), entries.take(first + 1), len(phrases.pairs))
        first = first.compress(phrases.pairs.take(pairs))
        states = heads.take(first).astype(np.uint64)
        goes_on[ends] = False
        words = 1
        while first.size:
            last = first + (words - 1)
            gap = gaps(last)
            keys = states << np.uint64(32) | gap.view(np.uint64)
            keys |= entries.take(last + 1).astype(np.uint64) << np.uint64(1)
            keys[gap == NO_GAP] = 0
            nodes = lookup_numbers(phrases.transitions, keys)
            kept = where_true(nodes * (keys > 0))
            first, words = first.take(kept), words + 1
            states = nodes.take(kept).astype(np.uint64)
            nodes = nodes.take(kept) - phrases.first_node
            ended = phrases.entries.take(nodes)
            rows = where_true(ended)
            count = np.full(len(rows), words, np.int64)
            found.append((first.take(rows), count, ended.take(rows).astype(np.int64)))
            more = phrases.extends.take(nodes) & goes_on.take(first + (words - 1))
            first, states = first.compress(more), states.compress(more)
    if not found:
        nothing = np.empty(0, np.int64)
        return Matches(nothing, nothing, nothing)
    joined = [np.concatenate(column) for column in zip(*found, strict=True)]
    return Matches(*joined)


def segment(first: Int64s, words: Int64s) -> Int64s:
    """Those of some phrases (rows) that are units: the longest at each place, left to right."""
    order = np.lexsort((-words, first))
    begins = first.take(order)
    order = order.compress(firsts(begins))
    begins = first.take(order)
    ends = begins + words.take(order)
    following = begins.searchsorted(ends)
    apart = np.ones(len(order), np.bool_)
    np.greater_equal(begins[1:], np.maximum.accumulate(ends)[:-1], out=apart[1:])
    return order.take(orbit(following, where_true(apart)))
