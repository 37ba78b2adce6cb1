"""Phrases: headwords of several words, as walks from word to word.

    in · spite · of         entries of words 41, 97, 12
    41 ──97──▶ n1 ──12──▶ n2, which ends "in spite of"      transitions (state, gap, entry) -> node

What this file leaves to others: walking (`matches.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from link.block import Int64s
from link.kernel.arrays import Bools, UInt8s
from link.kernel.table import Entries, Table, build_number_table
from link.language.headwords import parts_of

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
    several: Mapping[str, int], words: Mapping[str, int], first_node: int
) -> tuple[Phrases, UInt8s]:
    """The walks of phrases (form -> entry), and the flags of all entries below `first_node`."""
    flags = np.zeros(first_node, np.uint8)
    nodes: dict[int, int] = {}
    ends: dict[int, int] = {}
    extended = set()
    for form, entry in several.items():
        first, *rest = parts_of(form)
        state = words[first]
        flags[state] |= STARTS
        for separator, word in zip(rest[::2], rest[1::2], strict=True):
            flags[words[word]] |= INSIDE
            extended.add(state)
            gap = HYPHEN if separator == "-" else SPACE
            key = state << 32 | words[word] << 1 | gap
            state = nodes.setdefault(key, first_node + len(nodes))
        ends[state] = entry
    transitions = None
    if nodes:
        keys = np.fromiter(nodes, np.uint64, len(nodes))
        transitions = build_number_table(keys, np.fromiter(nodes.values(), np.int32, len(nodes)))
    order = range(first_node, first_node + len(nodes))
    entries = np.array([ends.get(node, 0) for node in order], np.int32)
    extends = np.array([node in extended for node in order], np.bool_)
    pairs = np.zeros(max(_FEWEST_PAIRS, 1 << (16 * len(nodes)).bit_length()), np.bool_)
    begins = np.array([key for key in nodes if key >> 32 < first_node], np.uint64)
    heads, seconds = begins >> np.uint64(32), (begins & np.uint64(0xFFFFFFFF)) >> np.uint64(1)
    pairs[hash_pairs(heads.astype(np.int32), seconds.astype(np.int32), len(pairs))] = True
    return Phrases(transitions, entries, extends, first_node, pairs), flags


def hash_pairs(heads: Entries, seconds: Entries, size: int) -> Int64s:
    """A number below `size`, a power of two, for each pair of entries."""
    mixed = heads.astype(np.uint32) * np.uint32(_ODD)
    mixed ^= seconds.astype(np.uint32)
    mixed *= np.uint32(_ODDER)
    mixed >>= np.uint32(33 - size.bit_length())
    number: Int64s = mixed.astype(np.int64)
    return number
