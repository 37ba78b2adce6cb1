"""How a sample is drawn: how much text there is, which shards are read, and at what rate.

A first cheap look at the begins of some shards tells how much text a stored byte holds. Where the
corpus is much larger than the sample, only some shards are read, drawn by the seed, each with the
same chance; within those, documents are drawn (`sampling.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import xxhash

from link.errors import LinkError
from link.run.job import Job
from link.run.shard import open_source
from link.run.shards import as_shard_errors
from link.run.task import Task
from link.shards.rows import size_of
from link.stats.sampling import Sampling

LOOKED_AT_SHARDS = 8
LOOKED_AT_BYTES = 4 << 20
"""How much of each of those is read, decompressed."""

MOST_TIMES = 50
"""A corpus of more times the sample's text is not read whole."""

ENOUGH_TIMES = 10
LEAST_SHARDS = 20
"""Of such a corpus so many times the sample is read, and so many shards at least."""


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """The shards that are read, of `shards` in all; sizes as stored. `sampling`: of documents."""

    tasks: list[Task]
    sampling: Sampling
    asked_bytes: int
    shards: int
    size_bytes: int

    @property
    def is_of_shards(self) -> bool:
        """Whether some shards are not read at all."""
        return len(self.tasks) < self.shards


def plan_sample(tasks: Sequence[Task], sample_bytes: int, seed: int) -> SamplePlan | None:
    """None if the sample is as large as all there is."""
    sizes = [task.size_bytes for task in tasks]
    stored = sum(sizes)
    text_bytes = stored * _text_per_stored_byte(tasks)
    chosen = list(tasks)
    if text_bytes > MOST_TIMES * sample_bytes and len(tasks) > LEAST_SHARDS:
        share = ENOUGH_TIMES * sample_bytes / text_bytes
        count = min(len(tasks), max(LEAST_SHARDS, round(share * len(tasks))))
        drawn = sorted(tasks, key=lambda task: _draw(task, seed))[:count]
        names = {task.name for task in drawn}
        chosen = [task for task in tasks if task.name in names]
    own = sum(task.size_bytes for task in chosen)
    if not stored or not text_bytes or sample_bytes >= text_bytes * own / stored:
        return None
    rate = sample_bytes / (text_bytes * own / stored)
    return SamplePlan(chosen, Sampling(seed, rate), sample_bytes, len(tasks), stored)


def _draw(task: Task, seed: int) -> int:
    name = f"{task.name} {task.path}".encode("utf-8", "surrogatepass")
    return xxhash.xxh3_64_intdigest(name, seed=seed)


def _text_per_stored_byte(tasks: Sequence[Task]) -> float:
    """By a look at the begins of some shards, evenly spread."""
    step = max(1, len(tasks) // LOOKED_AT_SHARDS)
    read = text = 0
    for task in tasks[::step][:LOOKED_AT_SHARDS]:
        try:
            own_read, own_text = _look(task)
        except LinkError:
            continue  # it will fail when its turn comes, and be reported then
        read, text = read + own_read, text + own_text
    return text / read if read else 0.0


def _look(task: Task) -> tuple[int, int]:
    """How many bytes of a shard were read, as stored, and how much text they held."""
    read = text = seen = 0

    def count(size: int) -> None:
        nonlocal read
        read += size

    with as_shard_errors(task.path, task.format_out), open_source(task, count) as source:
        job = Job(
            task.path, task.format_in, task.format_out, task.fields, task.document, source.schema
        )
        for piece in source.pieces():
            batch = job.finder.find(piece.content, piece.first)
            text += sum(len(each) for block in batch.blocks for each in block.texts)
            content = piece.content
            seen += len(content) if isinstance(content, bytes) else size_of(content)
            if seen >= LOOKED_AT_BYTES:
                break
    return read, text
