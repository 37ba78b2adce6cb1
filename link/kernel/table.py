"""Word keys, the perfect hash tables, and looking words up in them.

A word's key is its folded bytes, eight to a lane, zeros behind:

    "dog"          lanes  [ g o d ]                     little-endian, one lane
    "translation"  lanes  [ a l s n a r t ][ n o i t ]  two lanes

Words hold no zero byte, so equal lanes are equal words: no collision of hashes can ever cause a
wrong swap. Keys of one lane have a table of their own, those of two, up to four, up to eight, …

A table is looked up in one probe, without a loop ("hash, displace, and compress" of Belazzougui,
Botelho, Dietzfelbinger, ESA 2009, without the compression): a key's hash names a bucket, the
bucket holds a displacement, hash and displacement together name the slot.
Tables are built by `lexicon/tables.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from link.arrays import where_true
from link.block import Int64s, UInt64s
from link.kernel.compiled import NOT_COVERED, Table

LANE = 8  # bytes
_LANE_MASK = np.array([(1 << 8 * size) - 1 for size in range(LANE + 1)], np.uint64)
_MULTIPLIER = np.array([0x9E3779B97F4A7C15], np.uint64)  # 2**64 / golden ratio, as Knuth has it
_HALF = np.uint64(32)
_ODD, _ODDER = 0x9E3779B1, 0x85EBCA77  # multipliers of xxHash's 32-bit mixing


@dataclass(frozen=True, slots=True)
class WordKeys:
    """Where the folded bytes of words stand: `buffer[starts[i] : ends[i]]`."""

    buffer: bytes | bytearray
    starts: Int64s
    ends: Int64s

    @property
    def sizes(self) -> Int64s:
        return self.ends - self.starts

    def take(self, index: Int64s) -> "WordKeys":
        """Those of some words."""
        return WordKeys(self.buffer, self.starts.take(index), self.ends.take(index))


def hash_keys(table: Table, keys: UInt64s) -> UInt64s:
    """A 64-bit hash of each key (shape (lanes, keys)), by multiplication."""
    mixed: UInt64s = keys[0] ^ table.salt if table.salt else keys[0]
    mixed = mixed * _MULTIPLIER
    for lane in keys[1:]:
        mixed ^= mixed >> _HALF
        mixed += lane
        mixed *= _MULTIPLIER
    return mixed


def buckets(table: Table, hashes: UInt64s) -> Int64s:
    return _top_bits(hashes, len(table.displacements))


def slot(table: Table, hashes: UInt64s) -> Int64s:
    mixed = table.displacements.take(buckets(table, hashes))
    mixed ^= hashes
    mixed *= _MULTIPLIER
    return _top_bits(mixed, len(table.entries))


def _top_bits(numbers: UInt64s, size: int) -> Int64s:
    """The top bits of each number, as an index below `size`, a power of two of 2 or more."""
    top: UInt64s = numbers >> np.uint64(65 - size.bit_length())
    return top.view(np.int64)


def lane_keys(*words: str) -> UInt64s:
    """The keys of words of one lane, in ASCII."""
    return np.array([int.from_bytes(word.encode(), "little") for word in words], np.uint64)


def gather_lanes(buffer: bytes | bytearray, starts: Int64s, sizes: Int64s, lanes: int) -> UInt64s:
    """Words as uint64 lanes, shape (lanes, words); bytes beyond the last lane are left out.

    At least 8 bytes stand behind the last word of the buffer. Each lane is put together from two
    aligned numbers, since numpy gathers these faster than numbers at any offset.
    """
    numbers = np.frombuffer(buffer, np.dtype("<u8"), len(buffer) // LANE)
    at, offsets = starts >> 3, (starts & 7).view(np.uint64) << np.uint64(3)
    out = np.empty((lanes, len(starts)), np.uint64)
    own = numbers.take(at)
    for lane, result in enumerate(out):
        at += 1
        following = numbers.take(at, mode="wrap")  # what is behind a word is masked
        np.right_shift(own, offsets, out=result)
        result |= following << (np.uint64(64) - offsets)
        result &= _LANE_MASK.take(sizes - lane * LANE if lane else sizes, mode="clip")
        own = following
    return out


# --- looking up ----------------------------------------------------------------------------------


def lookup(tables: Sequence[Table], keys: WordKeys) -> Int64s:
    """The entry of each word; NOT_COVERED where it is no headword."""
    found = np.zeros(len(keys.starts), np.int64)
    all_sizes = keys.sizes
    longer = where_true(all_sizes > LANE)
    starts, sizes = keys.starts.take(longer), all_sizes.take(longer)
    for table in tables:
        if table.lanes == 1:  # all words at once, which is cheaper than picking the short ones
            _find(table, gather_lanes(keys.buffer, keys.starts, all_sizes, 1), found)
            found[longer] = NOT_COVERED
            continue
        longest = table.lanes * LANE
        rows = where_true((sizes > longest // 2) & (sizes <= longest))
        if rows.size:
            part = np.empty(len(rows), np.int64)
            lanes = gather_lanes(keys.buffer, starts.take(rows), sizes.take(rows), table.lanes)
            _find(table, lanes, part)
            found[longer.take(rows)] = part
    return found


def lookup_numbers(table: Table, keys: UInt64s) -> Int64s:
    """The entry of each number; NOT_COVERED where the table lacks it."""
    found = np.empty(len(keys), np.int64)
    _find(table, keys.reshape(1, -1), found)
    return found


def _find(table: Table, lanes: UInt64s, found: Int64s) -> None:
    """Write the entries of words (uint64 lanes, shape (lanes, words)) into `found`."""
    at = slot(table, hash_keys(table, lanes))
    same = table.keys[0].take(at) == lanes[0]
    for own, lane in zip(table.keys[1:], lanes[1:], strict=True):
        same &= own.take(at) == lane
    np.multiply(table.entries.take(at), same, out=found)


def hash_pairs(heads: Int64s, seconds: Int64s, size: int) -> Int64s:
    """A number below `size`, a power of two, for each pair of entries."""
    mixed = heads.astype(np.uint32) * np.uint32(_ODD)
    mixed ^= seconds.astype(np.uint32)
    mixed *= np.uint32(_ODDER)
    mixed >>= np.uint32(33 - size.bit_length())
    number: Int64s = mixed.astype(np.int64)
    return number
