"""A sample of text from shards: so many bytes, drawn evenly over all documents.

Those passages are taken whose numbers (`run/documents.py`) are the lowest, as many as are wanted;
the last of these are held out. So a sample does not depend on the order of shards or documents, a
larger one holds a smaller one, and it does not come from anybody's head.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

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


@dataclass(slots=True)
class Drawn:
    """What was drawn of an input, and what was seen to find it.

    `train`, `held_out`: passages of UTF-8, by ascending numbers. `text_bytes`, `documents`: all
    that were seen; `bad`: records left out. `shards`: those that were read, in order.
    """

    train: list[bytes] = field(default_factory=list)
    held_out: list[bytes] = field(default_factory=list)
    text_bytes: int = 0
    documents: int = 0
    bad: int = 0
    shards: list[Task] = field(default_factory=list)

    @property
    def train_bytes(self) -> int:
        return sum(map(len, self.train))

    @property
    def held_out_bytes(self) -> int:
        return sum(map(len, self.held_out))


def draw_passages(
    tasks: Sequence[Task],
    wanted_bytes: int,
    seed: int,
    *,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> Drawn:
    """A sample of `wanted_bytes`, or all if there is less; up to twice as much is in memory.

    The shards are read in an order drawn by the seed, until `ENOUGH` text has been seen. Raises
    `ShardError` if one cannot be read to its end, or has a bad record (but with `skip_bad`).
    """
    drawn = Drawn()
    kept: list[tuple[int, bytes]] = []
    kept_bytes, bound = 0, 2**64 - 1
    for task in in_drawn_order(tasks, seed):
        if drawn.text_bytes >= ENOUGH * wanted_bytes:
            break
        drawn.shards.append(task)
        for read in read_documents(task, progress):
            if read.batch.bad and not skip_bad:
                raise ShardError(
                    f"{read.why_bad(task.path, read.batch.bad[0])}; "
                    f"correct it, or drop such records with --on-error skip"
                )
            drawn.bad += len(read.batch.bad)
            drawn.documents += read.batch.documents
            low, seen_bytes = _low_ones(read, seed, bound)
            drawn.text_bytes += seen_bytes
            kept += low
            kept_bytes += sum(len(text) for _, text in low)
            if kept_bytes > 2 * wanted_bytes + PASSAGE_BYTES:
                kept, kept_bytes = _lowest(kept, wanted_bytes)
                bound = kept[-1][0]
    kept, kept_bytes = _lowest(kept, wanted_bytes)
    texts = [without_lone_surrogates(text) for _, text in kept]
    held_out = _held_out(texts, kept_bytes)
    drawn.train, drawn.held_out = texts[: len(texts) - held_out], texts[len(texts) - held_out :]
    return drawn


def _low_ones(read: Read, seed: int, bound: int) -> tuple[list[tuple[int, bytes]], int]:
    """Numbers up to a bound and their passages; and how many bytes of text there were in all."""
    low, seen_bytes = [], 0
    for block in read.batch.blocks:
        found = passages_in(block, seed, PASSAGE)
        seen_bytes += sum(map(len, found.texts))
        for place in np.flatnonzero(found.numbers <= np.uint64(bound)).tolist():
            if found.texts[place]:
                low.append((int(found.numbers[place]), found.texts[place]))
    return low, seen_bytes


def _lowest(
    kept: list[tuple[int, bytes]], wanted_bytes: int
) -> tuple[list[tuple[int, bytes]], int]:
    """The passages that make up the wanted bytes, by ascending numbers; and their bytes."""
    kept.sort()
    sizes = list(itertools.accumulate(len(text) for _, text in kept))
    enough = int(np.searchsorted(sizes, wanted_bytes)) + 1
    return kept[:enough], sizes[:enough][-1] if sizes else 0


def _held_out(texts: Sequence[bytes], size_bytes: int) -> int:
    """How many passages of a sample, the last ones, are held out: at least one, but never all."""
    wanted = min(HELD_OUT_SHARE * size_bytes, MOST_HELD_OUT_BYTES)
    sizes = list(itertools.accumulate(map(len, reversed(texts))))
    return max(0, min(len(texts) - 1, int(np.searchsorted(sizes, wanted)) + 1))
