"""A sample of text from shards: so many bytes, drawn evenly over all documents.

    document   |----- passage 0 -----|----- passage 1 -----|- 2 -|      of about 8 KB, at line ends
    draws         0.73                  0.02                 0.41       from seed, document, number

Those passages are taken whose draws are the lowest, as many as are wanted; the last of these are
held out. So a sample does not depend on the order of shards or documents, a larger one holds a
smaller one, and it does not come from anybody's head. The shards are read twice, because the bound
is known only after all draws have been seen; only the lowest draws are kept in memory, no text.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xxhash

from link.block import Block, Int64s, UInt64s
from link.kernel.draw import document_states, word_numbers
from link.language.draws import mix_one, stream
from link.shards.find import Shard
from link.shards.source import Progress
from link.tokens.documents import Reading, read_batches, texts_of
from link.tokens.train import character_start

PASSAGE_BYTES = 8 << 10
HELD_OUT_SHARE = 0.02
MOST_HELD_OUT_BYTES = 4 << 20
ENOUGH = 20
"""No further shard is begun once so many times the wanted bytes have been seen."""

_PASSAGE, _SHARD = 32, 33  # what draws are for; the kernel has purposes of its own


@dataclass(frozen=True, slots=True)
class Bounds:
    """What of an input is in the sample: passages with draws up to `train` are for training, those
    above it up to `held_out` are not.

    Numbers are bytes of UTF-8 text: `train_bytes`, `held_out_bytes` in the sample, `text_bytes`
    seen. `documents`: seen; `bad`: records left out. `shards`: those that were read, in order.
    """

    train: int
    held_out: int
    train_bytes: int
    held_out_bytes: int
    text_bytes: int
    documents: int
    bad: int
    shards: Sequence[Shard]


def survey(
    shards: Sequence[Shard],
    reading: Reading,
    wanted_bytes: int,
    seed: int,
    progress: Progress | None = None,
) -> Bounds:
    """Find what of an input makes a sample of `wanted_bytes`, or all if it has less.

    The shards are read in an order drawn by the seed, until `ENOUGH` text has been seen.
    """
    lowest = _Lowest(wanted_bytes)
    documents = bad = 0
    read: list[Shard] = []
    for shard in in_drawn_order(shards, seed):
        if lowest.seen_bytes >= ENOUGH * wanted_bytes:
            break
        read.append(shard)
        for batch in read_batches(shard, reading, progress):
            bad += len(batch.bad)
            documents += batch.documents
            for block in batch.blocks:
                lowest.add(*_draws(block, seed)[1:])
    draws, sizes = lowest.taken()
    train = _training_part(sizes)
    return Bounds(
        train=int(draws[train - 1]) if train else -1,
        held_out=int(draws[-1]) if len(draws) else -1,
        train_bytes=int(sizes[:train].sum()),
        held_out_bytes=int(sizes[train:].sum()),
        text_bytes=lowest.seen_bytes,
        documents=documents,
        bad=bad,
        shards=tuple(read),
    )


def passages(
    bounds: Bounds, reading: Reading, seed: int, progress: Progress | None = None
) -> Iterator[tuple[bytes, bool]]:
    """The sample: passages of text, and whether each is held out.

    Passages of one draw are copies of one another, and may be more than are wanted: these end then.
    """
    left = {False: bounds.train_bytes, True: bounds.held_out_bytes}
    for shard in bounds.shards:
        for batch in read_batches(shard, reading, progress):
            for block in batch.blocks:
                texts, draws, _ = _draws(block, seed)
                taken = np.flatnonzero(draws <= np.uint64(max(0, bounds.held_out)))
                for place in taken.tolist():
                    is_held_out = int(draws[place]) > bounds.train
                    if left[is_held_out] > 0:
                        left[is_held_out] -= len(texts[place])
                        yield texts[place], is_held_out


def in_drawn_order(shards: Iterable[Shard], seed: int) -> list[Shard]:
    """The shards in an order that depends on their names and the seed."""
    state = stream(seed, _SHARD)
    return sorted(
        shards,
        key=lambda shard: (
            mix_one(
                state ^ xxhash.xxh3_64_intdigest(shard.name.encode("utf-8", "surrogateescape"))
            ),
            shard.path,
        ),
    )


def passages_of(text: bytes) -> Iterator[bytes]:
    """A document in passages: cut behind a line break, or else before a space, or else anywhere
    between characters.

    >>> [len(passage) for passage in passages_of(b"some words " * 1000)]
    [8188, 2812]
    """
    begin = 0
    while len(text) - begin > PASSAGE_BYTES:
        limit = begin + PASSAGE_BYTES
        end = text.rfind(b"\n", begin, limit) + 1
        if end <= begin:
            end = text.rfind(b" ", begin + 1, limit)
        if end <= begin:
            end = character_start(text, limit)
        yield text[begin:end]
        begin = end
    if begin < len(text):
        yield text[begin:]


def _draws(block: Block, seed: int) -> tuple[list[bytes], UInt64s, Int64s]:
    """A block's passages, and the draw and size in bytes of each."""
    texts: list[bytes] = []
    counts: list[int] = []
    for text in texts_of(block):
        before = len(texts)
        texts.extend(passages_of(text))
        counts.append(len(texts) - before)
    of_document = np.array(counts, np.int64)
    states = np.repeat(document_states(block.keys, seed, _PASSAGE), of_document)
    firsts = np.repeat(np.cumsum(of_document) - of_document, of_document)
    numbers = word_numbers(states, np.arange(len(texts), dtype=np.int64) - firsts)
    return texts, numbers, np.fromiter(map(len, texts), np.int64, len(texts))


class _Lowest:
    """The passages with the lowest draws, as many as make up the wanted bytes."""

    def __init__(self, wanted_bytes: int) -> None:
        self._wanted = wanted_bytes
        self._draws: list[UInt64s] = []
        self._sizes: list[Int64s] = []
        self._kept_bytes = 0
        self._bound = np.uint64(2**64 - 1)
        self.seen_bytes = 0

    def add(self, draws: UInt64s, sizes: Int64s) -> None:
        self.seen_bytes += int(sizes.sum())
        low = np.flatnonzero(draws <= self._bound)
        self._draws.append(draws[low])
        self._sizes.append(sizes[low])
        self._kept_bytes += int(sizes[low].sum())
        if self._kept_bytes > 2 * self._wanted + PASSAGE_BYTES:
            draws, sizes = self.taken()
            self._draws, self._sizes = [draws], [sizes]
            self._kept_bytes = int(sizes.sum())
            self._bound = draws[-1]

    def taken(self) -> tuple[UInt64s, Int64s]:
        """Draws, ascending, and sizes of the passages that make up the wanted bytes."""
        draws = np.concatenate([np.empty(0, np.uint64), *self._draws])
        sizes = np.concatenate([np.empty(0, np.int64), *self._sizes])
        order = np.argsort(draws, kind="stable")
        draws, sizes = draws[order], sizes[order]
        enough = int(np.searchsorted(np.cumsum(sizes), self._wanted)) + 1
        return draws[:enough], sizes[:enough]


def _training_part(sizes: Int64s) -> int:
    """How many of the sample's passages are for training; the others are held out."""
    if len(sizes) < 2:
        return len(sizes)
    wanted = min(HELD_OUT_SHARE * int(sizes.sum()), MOST_HELD_OUT_BYTES)
    held_out = int(np.searchsorted(np.cumsum(sizes[::-1]), wanted)) + 1
    return max(1, len(sizes) - held_out)
