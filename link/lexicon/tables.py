"""Building what the kernel looks up: perfect hash tables, walks of phrases, guides of draws.

The kernel says what they are (`kernel/table.py`, `kernel/compiled.py`). A table is built by trying
one displacement after another for all buckets that are not settled yet, in array passes.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from link.arrays import where_true
from link.block import Int64s, UInt64s
from link.kernel.compiled import (
    HYPHEN,
    INSIDE,
    MOST_LATER,
    SPACE,
    STARTS,
    Entries,
    Flags,
    Phrases,
    Table,
)
from link.kernel.draw import GUIDE_ONE, GUIDE_SHIFT
from link.kernel.table import (
    LANE,
    buckets,
    gather_lanes,
    hash_keys,
    hash_pairs,
    slot,
)

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_MOST_DISPLACEMENTS = 2000
_FEWEST_PAIRS = 1 << 10


def build_tables(headwords: Sequence[bytes], entries: Entries) -> tuple[Table, ...]:
    """Tables of distinct folded headwords (UTF-8, not empty) with their entries (int32)."""
    buffer = b"".join((*headwords, bytes(LANE)))
    sizes = np.fromiter(map(len, headwords), np.int64, len(headwords))
    starts = sizes.cumsum() - sizes
    classes = _lane_class(sizes)
    tables = []
    for lanes in np.unique(classes).tolist():
        rows = where_true(classes == lanes)
        keys = gather_lanes(buffer, starts[rows], sizes[rows], lanes)
        salt = 0
        while (table := _build_table(keys, entries[rows], salt)) is None:
            salt += 1
        tables.append(table)
    return tuple(tables)


def build_number_table(keys: UInt64s, entries: Entries) -> Table:
    """A table of distinct numbers, none of them 0, with their entries."""
    lanes = keys.reshape(1, -1)
    salt = 0
    while (table := _build_table(lanes, entries, salt)) is None:
        salt += 1
    return table


def _lane_class(sizes: Int64s) -> Int64s:
    """How many lanes the table for keys of a size (in bytes) has: the next power of two."""
    return np.exp2(np.ceil(np.log2(np.maximum(sizes, LANE) / LANE))).astype(np.int64)


def _build_table(keys: UInt64s, entries: Entries, salt: int) -> Table | None:
    """None if no displacement settles every bucket (two keys of one hash, say)."""
    lanes, count = keys.shape
    slots = 1 << max((3 * count // 2).bit_length(), 1)
    table = Table(
        displacements=np.zeros(max(slots // 4, 2), np.uint64),
        keys=np.zeros((lanes, slots), np.uint64),
        entries=np.zeros(slots, np.int32),
        salt=np.array([salt], np.uint64),
    )
    hashes = hash_keys(table, keys)
    bucket = buckets(table, hashes)
    sizes = np.bincount(bucket, minlength=len(table.displacements)).take(bucket)
    owner, claims = np.full(slots, -1), np.full(slots, -1)
    for size in np.unique(sizes)[::-1].tolist():  # large buckets while there is much room
        rest = where_true(sizes == size)
        for displacement in range(_MOST_DISPLACEMENTS):
            # All keys of unsettled buckets claim a slot; a bucket settles if none of them lost one.
            table.displacements[bucket[rest]] = displacement * _GOLDEN & _MASK
            at = slot(table, hashes[rest])
            free = owner[at] < 0
            claims[at] = -1
            claims[at[free]] = rest[free]
            settling = np.ones(len(table.displacements), np.bool_)
            settling[bucket[rest[claims[at] != rest]]] = False
            settled = settling[bucket[rest]]
            owner[at[settled]] = rest[settled]
            rest = rest[~settled]
            if not rest.size:
                break
        else:
            return None
    taken = owner >= 0
    table.keys[:, taken] = keys[:, owner[taken]]
    table.entries[taken] = entries[owner[taken]]
    return table


def pattern(spellings: Sequence[int]) -> int:
    """How the words behind the first are spelled, two bits each."""
    return sum(one << 2 * place for place, one in enumerate(spellings[:MOST_LATER]))


def build_phrases(
    phrases: Mapping[str, Sequence[str]], entry_of: Mapping[str, int], first_node: int
) -> tuple[Phrases, Flags]:
    """The walks of phrases, and the flags of all entries below `first_node`.

    `phrases`: of each phrase, its words and what stands between them. `entry_of`: the entries of
    phrases and words.
    """
    flags = np.zeros(first_node, np.uint16)
    nodes: dict[int, int] = {}
    ends: dict[int, int] = {}
    for phrase, (first, *rest) in phrases.items():
        state = entry_of[first]
        flags[state] |= STARTS
        for separator, word in zip(rest[::2], rest[1::2], strict=True):
            number = entry_of[word]
            flags[number] |= INSIDE
            key = state << 32 | number << 1 | (HYPHEN if separator == "-" else SPACE)
            state = nodes.setdefault(key, first_node + len(nodes))
        ends[state] = entry_of[phrase]
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
    return phrases_found, flags


def guides(first: Int64s, cumulative: UInt64s) -> Int64s:
    """For part p of the n of each headword, the first translation whose threshold lies in it."""
    counts = np.diff(first)
    headword = np.repeat(np.arange(len(counts)), counts)
    part = (np.arange(len(cumulative)) - first[headword]).view(np.uint64)
    counts_of = counts[headword].view(np.uint64)
    # The smallest draw of a part: ceil(part * 2**32 / n), in the draw's upper 32 bits.
    smallest = (part * GUIDE_ONE + counts_of - np.uint64(1)) // counts_of << GUIDE_SHIFT
    found: Int64s = first[headword].copy()
    rest = where_true(smallest >= cumulative[found])
    while rest.size:
        found[rest] += 1
        rest = rest[smallest[rest] >= cumulative[found[rest]]]
    return found
