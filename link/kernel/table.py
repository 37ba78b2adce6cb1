"""Word keys, the perfect hash tables, and looking words up in them.

A word's key is its folded bytes, eight to a lane, zeros behind:

    "dog"          lanes  [ g o d ]                     little-endian, one lane
    "translation"  lanes  [ a l s n a r t ][ n o i t ]  two lanes

Words hold no zero byte, so equal lanes are equal words: no collision of hashes can ever cause a
wrong swap. Keys of one lane have a table of their own, those of two, up to four, up to eight, …

A table is looked up in one probe, without a loop ("hash, displace, and compress" of Belazzougui,
Botelho, Dietzfelbinger, ESA 2009, without the compression): a key's hash names a bucket, the
bucket holds a displacement, hash and displacement together name the slot. Building tries one
displacement after another for all buckets that are not settled yet, in array passes.

What this file leaves to others: what may be swapped (`eligible.py`), what a headword is (the
lexicon room compiles).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from link.block import Int64s, UInt64s
from link.kernel.arrays import firsts, ragged_range, where_true
from link.kernel.draw import mix
from link.kernel.window import Window

Entries = npt.NDArray[np.int32]

NOT_COVERED = 0
"""The entry of a word that is no headword; real entries count from 1."""

LANE = 8  # bytes
_LANE_MASK = np.array([(1 << 8 * size) - 1 for size in range(LANE + 1)], np.uint64)
_GOLDEN = 0x9E3779B97F4A7C15  # 2**64 / golden ratio, as Knuth has it
_MULTIPLIER = np.array([_GOLDEN], np.uint64)
_MASK = (1 << 64) - 1
_HALF = np.uint64(32)
_MOST_DISPLACEMENTS = 2000


@dataclass(frozen=True, slots=True)
class Table:
    """Keys of up to `lanes` lanes, and their entries.

    `displacements`: uint64, shape (buckets,). `keys`: uint64, shape (lanes, slots); a free slot has
    0 in every lane. `entries`: int32, shape (slots,). Buckets and slots are powers of two.
    `salt`: uint64, shape (1,), 0 unless the keys made that impossible.
    """

    displacements: UInt64s
    keys: UInt64s
    entries: Entries
    salt: UInt64s

    @property
    def lanes(self) -> int:
        return int(self.keys.shape[0])


@dataclass(frozen=True, slots=True)
class WordKeys:
    """Where the folded bytes of words stand: `buffer[starts[i] : starts[i] + sizes[i]]`."""

    buffer: bytes | bytearray
    starts: Int64s
    sizes: Int64s


# --- building ------------------------------------------------------------------------------------


def build_tables(headwords: Sequence[bytes], entries: Entries) -> tuple[Table, ...]:
    """Tables of distinct folded headwords (UTF-8, not empty) with their entries (int32)."""
    buffer = b"".join(headwords)
    sizes = np.fromiter(map(len, headwords), np.int64, len(headwords))
    starts = sizes.cumsum() - sizes
    classes = _lane_class(sizes)
    view = _lane_view(buffer + bytes(LANE))
    tables = []
    for lanes in np.unique(classes).tolist():
        rows = where_true(classes == lanes)
        keys = _gather_lanes(view, starts[rows], sizes[rows], lanes)
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
    slots = 1 << max((3 * count).bit_length(), 1)
    table = Table(
        displacements=np.zeros(max(slots // 8, 2), np.uint64),
        keys=np.zeros((lanes, slots), np.uint64),
        entries=np.zeros(slots, np.int32),
        salt=np.array([salt], np.uint64),
    )
    hashes = _hash(table, keys)
    buckets = _buckets(table, hashes)
    owner, claims = np.full(slots, -1), np.full(slots, -1)
    rest = np.arange(count)
    for displacement in range(_MOST_DISPLACEMENTS):
        # All keys of unsettled buckets claim a slot; a bucket settles if none of them lost one.
        table.displacements[buckets[rest]] = displacement * _GOLDEN & _MASK
        at = _slot(table, hashes[rest])
        free = owner[at] < 0
        claims[at] = -1
        claims[at[free]] = rest[free]
        settling = np.ones(len(table.displacements), np.bool_)
        settling[buckets[rest[claims[at] != rest]]] = False
        settled = settling[buckets[rest]]
        owner[at[settled]] = rest[settled]
        rest = rest[~settled]
        if not rest.size:
            taken = owner >= 0
            table.keys[:, taken] = keys[:, owner[taken]]
            table.entries[taken] = entries[owner[taken]]
            return table
    return None


def _hash(table: Table, keys: UInt64s) -> UInt64s:
    """A 64-bit hash of each key (shape (lanes, keys)), by multiplication."""
    mixed: UInt64s = keys[0] ^ table.salt if table.salt else keys[0]
    mixed = mixed * _MULTIPLIER
    for lane in keys[1:]:
        mixed ^= mixed >> _HALF
        mixed += lane
        mixed *= _MULTIPLIER
    return mixed


def _buckets(table: Table, hashes: UInt64s) -> Int64s:
    return _top_bits(hashes, len(table.displacements))


def _slot(table: Table, hashes: UInt64s) -> Int64s:
    mixed = table.displacements.take(_buckets(table, hashes))
    mixed ^= hashes
    mixed *= _MULTIPLIER
    return _top_bits(mixed, len(table.entries))


def _top_bits(numbers: UInt64s, size: int) -> Int64s:
    """The top bits of each number, as an index below `size`, a power of two of 2 or more."""
    top: UInt64s = numbers >> np.uint64(65 - size.bit_length())
    return top.view(np.int64)


def _lane_view(buffer: bytes | bytearray) -> UInt64s:
    """Eight bytes from every offset of the buffer, as overlapping little-endian numbers."""
    shape = (len(buffer) - LANE + 1,)
    view: UInt64s = np.ndarray(shape, np.dtype("<u8"), buffer, 0, (1,))
    return view


def _gather_lanes(view: UInt64s, starts: Int64s, sizes: Int64s, lanes: int) -> UInt64s:
    """Words as uint64 lanes, shape (lanes, words); bytes beyond the last lane are left out."""
    last = len(view) - 1
    out = np.empty((lanes, len(starts)), np.uint64)
    for lane in range(lanes):
        at = np.minimum(starts + lane * LANE, last) if lane else starts
        rest = np.maximum(sizes - lane * LANE, 0) if lane else sizes
        np.bitwise_and(
            view[at],
            _LANE_MASK.take(rest, mode="clip"),
            out=out[lane],
        )
    return out


# --- looking up ----------------------------------------------------------------------------------


def word_keys(window: Window, starts: Int64s, ends: Int64s) -> WordKeys:
    """The keys of some words of a window, ascending.

    Those in which folding left holes are packed behind the window's folded text.
    """
    sizes = ends - starts
    if not (starts.size and window.holes.size):
        return WordKeys(window.folded, starts, sizes)
    word = starts.searchsorted(window.holes, "right") - 1
    word = word.compress((word >= 0) & (window.holes < ends.take(word, mode="clip")))
    if not word.size:
        return WordKeys(window.folded, starts, sizes)
    word.sort()
    word = word.compress(firsts(word))
    own = sizes.take(word)
    packed = np.frombuffer(window.folded, np.uint8).take(ragged_range(starts.take(word), own))
    so_far = np.concatenate((np.zeros(1, np.int64), np.cumsum(packed != 0)))
    bounds = so_far.take(np.concatenate((np.zeros(1, np.int64), own.cumsum())))
    starts, sizes = starts.copy(), sizes.copy()
    starts[word] = len(window.folded) + bounds[:-1]
    sizes[word] = bounds[1:] - bounds[:-1]
    buffer = b"".join((window.folded, packed.compress(packed != 0).tobytes(), bytes(LANE)))
    return WordKeys(buffer, starts, sizes)


def lookup(tables: Sequence[Table], keys: WordKeys) -> Entries:
    """The entry of each word; NOT_COVERED where it is no headword."""
    found = np.zeros(len(keys.starts), np.int32)
    view = _lane_view(keys.buffer)
    longer = where_true(keys.sizes > LANE)
    starts, sizes = keys.starts.take(longer), keys.sizes.take(longer)
    for table in tables:
        if table.lanes == 1:  # all words at once, which is cheaper than picking the short ones
            _find(table, _gather_lanes(view, keys.starts, keys.sizes, 1), found)
            found[longer] = NOT_COVERED
            continue
        longest = table.lanes * LANE
        rows = where_true((sizes > longest // 2) & (sizes <= longest))
        if rows.size:
            part = np.empty(len(rows), np.int32)
            lanes = _gather_lanes(view, starts.take(rows), sizes.take(rows), table.lanes)
            _find(table, lanes, part)
            found[longer.take(rows)] = part
    return found


def lookup_numbers(table: Table, keys: UInt64s) -> Entries:
    """The entry of each number; NOT_COVERED where the table lacks it."""
    found = np.empty(len(keys), np.int32)
    _find(table, keys.reshape(1, -1), found)
    return found


FINGERPRINT_LANES = 8


def fingerprints(keys: WordKeys) -> UInt64s:
    """A 64-bit hash of each key that is not empty, of its first `FINGERPRINT_LANES` lanes.

    Of keys of one lane no two have the same one.
    """
    view = _lane_view(keys.buffer)
    hashes = mix(_gather_lanes(view, keys.starts, keys.sizes, 1)[0])
    rows = where_true(keys.sizes > LANE)
    for lane in range(1, FINGERPRINT_LANES):
        if not rows.size:
            break
        starts = keys.starts.take(rows) + lane * LANE
        sizes = np.minimum(keys.sizes.take(rows) - lane * LANE, LANE)
        hashes[rows] = mix(hashes.take(rows) ^ _gather_lanes(view, starts, sizes, 1)[0])
        rows = rows.compress(keys.sizes.take(rows) > (lane + 1) * LANE)
    return hashes


def _find(table: Table, lanes: UInt64s, found: Entries) -> None:
    """Write the entries of words (uint64 lanes, shape (lanes, words)) into `found`."""
    at = _slot(table, _hash(table, lanes))
    same = table.keys[0].take(at) == lanes[0]
    for own, lane in zip(table.keys[1:], lanes[1:], strict=True):
        same &= own.take(at) == lane
    np.multiply(table.entries.take(at), same, out=found)
