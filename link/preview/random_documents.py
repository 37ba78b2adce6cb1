"""Documents drawn from anywhere in the input: the same ones for the same seed.

Each document has a draw of its own, from its key, and those with the lowest are taken: where it
stands, and how it is stored, does not matter. Of an input that is too large to be read for a look,
shards are drawn by their size, and of each its begin is read.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from link.errors import UsageError
from link.kernel import draw
from link.language.draws import ONE
from link.run.shard import job_of, open_source
from link.run.shards import as_shard_errors
from link.run.task import Task
from link.shards.batch import BadRecord, Batch
from link.shards.find import STANDARD_STREAM
from link.shards.rows import size_of

_DOCUMENT, _SHARD = 65, 66  # what draws are for, beside the kernel's own purposes


@dataclass(frozen=True, slots=True)
class Document:
    """`number`: of its line or row in the shard, from 1. `text`: in UTF-8."""

    shard: str
    number: int
    field: str
    text: bytes
    key: int


@dataclass(slots=True)
class Sampled:
    """Documents in the order of the input, and what was looked at to find them.

    `begins_of`: the shards that were not read to their end.
    """

    documents: list[Document] = field(default_factory=list)
    shards: int = 0
    seen: int = 0
    bad: int = 0
    begins_of: list[str] = field(default_factory=list)


def sample_documents(
    tasks: Sequence[Task], count: int, seed: int, most_bytes: int | None
) -> Sampled:
    """Up to `count` different documents that are not empty.

    `most_bytes`: how much is read at most, decompressed, if the input is larger than that as it is
    stored, or its size unknown. Raises `ShardError` where a shard cannot be read.
    """
    sampled = Sampled()
    for task, wanted, limit in _shares(tasks, count, seed, most_bytes):
        _draw_from(task, wanted, seed, limit, sampled)
    if len(sampled.documents) > count:  # all shards were read: the lowest draws of all
        lowest = sorted(sampled.documents, key=lambda each: _draw(each.key, seed))[:count]
        kept = {id(each) for each in lowest}
        sampled.documents = [each for each in sampled.documents if id(each) in kept]
    return sampled


def find_records(task: Task, numbers: Sequence[int]) -> Sampled:
    """The documents of some lines or rows of a shard, by number, from 1.

    Raises `UsageError` where one of them holds none.
    """
    sampled = Sampled(shards=1)
    missing = set(numbers)
    before = 0
    last = max(missing)
    for batch, names in _batches(task, None, sampled):
        for bad in batch.bad:
            if bad.number + before in missing:
                raise UsageError(_why_bad(task, bad, before))
        for document in _documents(task, batch, names, before):
            if document.number in missing:
                sampled.documents.append(document)
        before += batch.lines
        if before >= last:
            break
    missing -= {document.number for document in sampled.documents}
    if missing:
        number = min(missing)
        end = "" if number <= before else f"; the shard ends after {before:,}"
        raise UsageError(
            f"{task.path}: record {number:,} holds no document that could be swapped{end}"
        )
    return sampled


def _why_bad(task: Task, bad: BadRecord, before: int) -> str:
    return f"{task.path}: record {bad.number + before:,} is a bad one: {bad.reason}"


def _shares(
    tasks: Sequence[Task], count: int, seed: int, most_bytes: int | None
) -> Iterator[tuple[Task, int, int | None]]:
    """The shards to look at, how many documents are wanted of each, and how much of it is read."""
    sizes = [task.size_bytes for task in tasks]
    known = all(task.path != STANDARD_STREAM for task in tasks)
    if most_bytes is None or (known and sum(sizes) <= most_bytes):
        yield from ((task, count, None) for task in tasks)
        return
    if not sum(sizes):
        yield from ((task, count, max(1, most_bytes // len(tasks))) for task in tasks)
        return
    states = draw.document_states(np.arange(count, dtype=np.uint64), seed, _SHARD)
    places = draw.draws_of(states) / ONE * sum(sizes)
    drawn = np.searchsorted(np.cumsum(sizes), places, "right").tolist()
    limit = max(1, most_bytes // len(set(drawn)))
    for place in sorted(set(drawn)):
        yield tasks[place], drawn.count(place), limit


def _draw_from(task: Task, count: int, seed: int, limit: int | None, sampled: Sampled) -> None:
    """Add the documents of a shard that have the lowest draws."""
    taken: list[tuple[int, int, Document]] = []  # a heap: the highest draw is the first to go
    order = before = 0
    sampled.shards += 1
    for batch, names in _batches(task, limit, sampled):
        for document in _documents(task, batch, names, before, seed, taken, count):
            entry = (-_draw(document.key, seed), -order, document)
            order += 1
            own = (document.key, document.text)
            if any(own == (other.key, other.text) for _, _, other in taken):
                continue
            if len(taken) < count:
                heapq.heappush(taken, entry)
            else:
                heapq.heappushpop(taken, entry)
        before += batch.lines
        sampled.seen += batch.documents
        sampled.bad += len(batch.bad)
    sampled.documents += [each for _, _, each in sorted(taken, key=lambda each: -each[1])]


def _draw(key: int, seed: int) -> int:
    keys = np.array([key], np.uint64)
    return int(draw.draws_of(draw.document_states(keys, seed, _DOCUMENT))[0])


def _batches(task: Task, limit: int | None, sampled: Sampled) -> Iterator[tuple[Batch, list[str]]]:
    """What stands in a shard, or in its begin, and the names of its text fields."""
    with as_shard_errors(task.path, task.format_out), open_source(task, None) as source:
        job = replace(job_of(task, source), swaps=True)  # so that documents know their records
        read_bytes = 0
        for piece in source.pieces():
            if limit is not None and read_bytes >= limit:
                sampled.begins_of.append(task.path)
                return
            yield job.finder.find(job.needed_of(piece), piece.first), job.finder.names
            content = piece.content
            read_bytes += len(content) if isinstance(content, bytes) else size_of(content)


def _documents(
    task: Task,
    batch: Batch,
    names: list[str],
    before: int,
    seed: int = 0,
    taken: Sequence[tuple[int, int, Document]] = (),
    count: int = 0,
) -> Iterator[Document]:
    """The documents of a batch that are not empty.

    `taken`, `count`: leave out those whose draw is too high to be among the lowest.
    """
    for block, places in zip(batch.blocks, batch.places, strict=True):
        wanted = block.ends > block.starts
        if count and len(block.keys):
            draws = draw.draws_of(draw.document_states(block.keys, seed, _DOCUMENT))
            limit = -taken[0][0] if len(taken) == count else ONE
            wanted &= draws <= np.uint64(limit)
            lowest = np.unique(draws[wanted])[:count]  # the same document may come often
            wanted &= draws <= lowest.max(initial=0)
        for index in np.flatnonzero(wanted).tolist():
            yield Document(
                task.path,
                int(places.line[index]) + before + 1,
                names[int(places.field[index])] if len(names) > 1 else "",
                bytes(block.texts[index]),
                int(block.keys[index]),
            )
