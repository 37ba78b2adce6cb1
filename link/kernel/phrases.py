"""Phrases: headwords of several words, as walks from word to word.

    in · spite · of         entries of words 41, 97, 12
    41 ──97──▶ n1 ──12──▶ n2, which ends "in spite of"      transitions (state, gap, entry) -> node

What this file leaves to others: walking (`matches.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from link.block import Int64s
from link.kernel.arrays import Bools, UInt8s
from link.kernel.table import Entries, Table, build_number_table

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
    extends: Bools
    first_node: int
    pairs: Bools


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
    pairs[hash_pairs(states[begins], seconds, len(pairs))] = True
    transitions = build_number_table(keys, numbers) if nodes else None
    phrases_found = Phrases(transitions, entries, extends, first_node, pairs)
    return phrases_found, np.frombuffer(flags, np.uint8)


def hash_pairs(heads: Entries, seconds: Entries, size: int) -> Int64s:
    """A number below `size`, a power of two, for each pair of entries."""
    mixed = heads.astype(np.uint32) * np.uint32(_ODD)
    mixed ^= seconds.astype(np.uint32)
    mixed *= np.uint32(_ODDER)
    mixed >>= np.uint32(33 - size.bit_length())
    number: Int64s = mixed.astype(np.int64)
    return number
