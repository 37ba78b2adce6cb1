"""A sample of text from shards: so many bytes, drawn evenly over all documents.

Those passages are taken whose numbers (`run/documents.py`) are the lowest, as many as are wanted;
the last of these are held out. So a sample does not depend on the order of shards or documents, a
larger one holds a smaller one, and it does not come from anybody's head. The shards are read twice,
because the bound is known only after all draws have been seen; only the lowest draws are kept in
memory, no text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from link.block import Int64s, UInt64s
from link.errors import ShardError
from link.run.documents import (
    PASSAGE,
    PASSAGE_BYTES,
    Read,
    in_drawn_order,
    passages_in,
    read_documents,
)
from link.run.task import Task
from link.shards.source import Progress
from link.tokens.counts import without_lone_surrogates

HELD_OUT_SHARE = 0.02
MOST_HELD_OUT_BYTES = 4 << 20
ENOUGH = 20
"""No further shard is begun once so many times the wanted bytes have been seen."""


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
    shards: Sequence[Task]


def find_bounds(
    tasks: Sequence[Task],
    wanted_bytes: int,
    seed: int,
    *,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Bounds:
    """What of an input makes a sample of `wanted_bytes`, or all if it has less.

    The shards are read in an order drawn by the seed, until `ENOUGH` text has been seen. Raises
    `ShardError` if one cannot be read to its end, or has a bad record (but with `skip_bad`).
    """
    lowest = _Lowest(wanted_bytes)
    documents = bad = 0
    shards: list[Task] = []
    for task in in_drawn_order(tasks, seed):
        if lowest.seen_bytes >= ENOUGH * wanted_bytes:
            break
        shards.append(task)
        for read in _good(task, skip_bad, progress):
            bad += len(read.batch.bad)
            documents += read.batch.documents
            for block in read.batch.blocks:
                found = passages_in(block, seed, PASSAGE)
                sizes = np.fromiter(map(len, found.texts), np.int64, len(found.texts))
                lowest.add(found.numbers[sizes > 0], sizes[sizes > 0])
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
        shards=tuple(shards),
    )


def passages(
    bounds: Bounds, seed: int, progress: Progress | None = None
) -> Iterator[tuple[bytes, bool]]:
    """The sample: passages of text, and whether each is held out.

    Passages of one draw are copies of one another, and may be more than are wanted: these end then.
    """
    left = {False: bounds.train_bytes, True: bounds.held_out_bytes}
    for task in bounds.shards:
        for read in _good(task, bounds.bad > 0, progress):
            for block in read.batch.blocks:
                found = passages_in(block, seed, PASSAGE)
                taken = found.numbers <= np.uint64(max(0, bounds.held_out))
                for place in np.flatnonzero(taken).tolist():
                    text, is_held_out = found.texts[place], int(found.numbers[place]) > bounds.train
                    if text and left[is_held_out] > 0:
                        left[is_held_out] -= len(text)
                        yield without_lone_surrogates(text), is_held_out


def _good(task: Task, skip_bad: bool, progress: Progress | None) -> Iterator[Read]:
    for read in read_documents(task, progress):
        if read.batch.bad and not skip_bad:
            raise ShardError(
                f"{read.why_bad(task.path, read.batch.bad[0])}; "
                f"mend it, or leave out such records with --on-error skip"
            )
        yield read


class _Lowest:
    """The passages with the lowest draws, as many as make up the wanted bytes."""

    def __init__(self, wanted_bytes: int) -> None:
        self._wanted = wanted_bytes
        self._draws, self._sizes = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
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
        draws, sizes = np.concatenate(self._draws), np.concatenate(self._sizes)
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
