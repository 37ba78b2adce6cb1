"""Which documents a preview shows: drawn from anywhere in the input, or named by their records.

Those with the lowest draws are taken, so the same ones however they are stored, and more of them
only add to fewer. Of an input that is too large to be read for a look some shards are drawn, and of
each its begin is read.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from link.errors import UsageError
from link.language.draws import ONE
from link.run.documents import PREVIEW, Read, draws_by_key, in_drawn_order, read_documents
from link.run.task import Task
from link.shards.find import STANDARD_STREAM


@dataclass(frozen=True, slots=True)
class Document:
    """`number`: of its line or row in the shard, from 1. `text`: in UTF-8."""

    shard: str
    number: int
    field: str
    text: bytes
    key: int


@dataclass(slots=True)
class Drawn:
    """Documents in the order of the input, and what was looked at to find them.

    `begins_of`: the shards that were not read to their end.
    """

    documents: list[Document] = field(default_factory=list)
    shards: int = 0
    seen: int = 0
    bad: int = 0
    begins_of: list[str] = field(default_factory=list)


def draw_documents(tasks: Sequence[Task], count: int, seed: int, most_bytes: int | None) -> Drawn:
    """Up to `count` different documents that are not empty.

    `most_bytes`: how much is read at most, decompressed, if the input is larger than that as it is
    stored, or its size unknown. Raises `ShardError` where a shard cannot be read, and `UsageError`
    where there is no document.
    """
    known = all(task.path != STANDARD_STREAM for task in tasks)
    limit = None
    if most_bytes is not None and not (known and sum(t.size_bytes for t in tasks) <= most_bytes):
        some = set(in_drawn_order(tasks, seed)[:count])
        tasks = [task for task in tasks if task in some]
        limit = max(1, most_bytes // len(tasks))
    drawn = Drawn(shards=len(tasks))
    lowest: dict[tuple[int, bytes], Document] = {}
    for task in tasks:
        for read in read_documents(task, numbered=True):
            if limit is not None and read.bytes >= limit:
                drawn.begins_of.append(task.path)
                break
            drawn.seen += read.batch.documents
            drawn.bad += len(read.batch.bad)
            bound = max(lowest)[0] if len(lowest) == count else ONE
            for draw, document in _low_ones(task, read, seed, count, bound):
                lowest.setdefault((draw, document.text), document)
            kept = set(heapq.nsmallest(count, lowest))
            lowest = {key: each for key, each in lowest.items() if key in kept}
    drawn.documents = list(lowest.values())
    if not drawn.documents:
        raise UsageError(
            "no document in the input: every text is empty or null, or no record meets --where"
            + (f"; {drawn.bad:,} records are bad" if drawn.bad else "")
        )
    return drawn


def _low_ones(
    task: Task, read: Read, seed: int, count: int, bound: int
) -> Iterator[tuple[int, Document]]:
    """The documents of a batch that may be among the `count` lowest, and their draws."""
    for number, block in enumerate(read.batch.blocks):
        draws = draws_by_key(block.keys, seed, PREVIEW)
        wanted = (block.ends > block.starts) & (draws <= np.uint64(bound))
        different = np.unique(draws[wanted])[:count]
        wanted &= draws <= different.max(initial=0)
        for index in np.flatnonzero(wanted).tolist():
            yield int(draws[index]), _document(task, read, number, index)


def find_records(tasks: Sequence[Task], numbers: Sequence[int]) -> Drawn:
    """The documents of some lines or rows of a shard, by number, from 1.

    Raises `UsageError` where there are several shards, or a record holds no document.
    """
    if len(tasks) != 1:
        raise UsageError(
            f"--record is a line or row of one shard, but there are {len(tasks):,}; name one"
        )
    task, drawn, missing = tasks[0], Drawn(shards=1), set(numbers)
    lines = 0
    for read in read_documents(task, numbered=True):
        for bad in read.batch.bad:
            if bad.number + read.lines in missing:
                number = bad.number + read.lines
                raise UsageError(f"{task.path}: record {number:,} is a bad one: {bad.reason}")
        for place, block in enumerate(read.batch.blocks):
            own = read.batch.places[place].line + read.lines + 1
            wanted = np.isin(own, list(numbers)) & (block.ends > block.starts)
            drawn.documents += [
                _document(task, read, place, index) for index in np.flatnonzero(wanted).tolist()
            ]
        lines = read.lines + read.batch.lines
        if lines >= max(numbers):
            break
    missing -= {document.number for document in drawn.documents}
    if missing:
        number = min(missing)
        end = "" if number <= lines else f"; the shard ends after {lines:,}"
        raise UsageError(
            f"{task.path}: record {number:,} has no document that could be swapped{end}"
        )
    return drawn


def _document(task: Task, read: Read, block: int, index: int) -> Document:
    own, places = read.batch.blocks[block], read.batch.places[block]
    return Document(
        task.path,
        int(places.line[index]) + read.lines + 1,
        read.names[int(places.field[index])] if len(read.names) > 1 else "",
        bytes(own.texts[index]),
        int(own.keys[index]),
    )
