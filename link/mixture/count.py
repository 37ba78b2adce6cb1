"""How much text a source has: documents, tokens, words and bytes, counted or from a sample.

A sample is that of `link stats` (`link.stats.sample`): passages of documents, each with the same
chance, from all shards or from some; totals are estimated by ratio to what is known of all that was
read. What `Choice` leaves out is not there.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from link.block import Block, Buffer, Int64s, UInt64s
from link.errors import ShardError, UsageError
from link.kernel.window import window_of
from link.kernel.words import find_words
from link.mixture.choose import Choice
from link.run.counts import Count
from link.run.documents import read_documents
from link.run.engine import Engine
from link.run.progress import Meter
from link.run.task import Task
from link.shards.source import Progress
from link.stats.sample import Floats, SamplePlan, Sampling, bootstrap_errors, plan_sample
from link.tokens import Tokenizer, load_tokenizer
from link.tokens.counts import without_lone_surrogates

TOKENS, WORDS, BYTES = range(3)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a source has. `bytes`: of text. Of an error, half of the width of the interval that
    holds the true number in 95 of 100 samples; None where too little was seen to tell.
    """

    documents: Count | None
    tokens: Count | None
    words: Count | None
    bytes: Count | None


@dataclass(frozen=True, slots=True)
class Counted:
    """`errors`: None if everything was counted. `bad`: records that were left out."""

    amount: Amount
    errors: Amount | None
    bad: int


@dataclass(frozen=True, slots=True)
class Counting:
    """What is done with a shard; it is pickled with every one."""

    task: Task
    choice: Choice
    tokenizer: str
    sampling: Sampling | None
    skip_bad: bool


@dataclass(slots=True)
class ShardCount:
    """What was seen in a shard: documents and bytes that are kept, and its size as stored.

    `sums`: tokens, words and bytes that were counted; `rows`, `numbers`: of passages of a sample.
    """

    documents: int = 0
    bytes: int = 0
    size_bytes: int = 0
    bad: int = 0
    sums: Int64s = field(default_factory=lambda: np.zeros(3, np.int64))
    rows: list[Int64s] = field(default_factory=list)
    numbers: list[UInt64s] = field(default_factory=list)


def count_source(
    engine: Engine,
    tasks: list[Task],
    choice: Choice,
    tokenizer: str,
    *,
    sample_bytes: int | None = None,
    skip_bad: bool = False,
) -> Counted:
    """Count a source's shards. `sample_bytes`: of text that is counted; None for all.

    Raises `ShardError` if one cannot be read, or has a bad record (but with `skip_bad`).
    """
    plan = None
    if sample_bytes is not None and choice.share:
        plan = plan_sample(tasks, math.ceil(sample_bytes / choice.share), choice.seed)
    sampling = plan.sampling if plan else None
    chosen = plan.tasks if plan else tasks
    items = ((task, Counting(task, choice, tokenizer, sampling, skip_bad)) for task in chosen)
    counts: list[ShardCount] = []
    for _, result in engine.map(count_shard, items, in_order=True):
        if isinstance(result, ShardError):
            raise result
        counts.append(result)
    bad = sum(count.bad for count in counts)
    if plan is not None:
        return Counted(*_estimate(plan, counts), bad)
    tokens, words, size = sum((count.sums for count in counts), np.zeros(3, np.int64)).tolist()
    return Counted(Amount(sum(c.documents for c in counts), tokens, words, size), None, bad)


def count_shard(meter: Meter, counting: Counting) -> ShardCount:
    """Count what a shard has. Raises `ShardError`."""
    count = ShardCount(size_bytes=counting.task.size_bytes)
    for block, bad in kept_blocks(counting.task, counting.choice, counting.skip_bad, meter.read):
        count.bad += bad
        count.documents += len(block.texts)
        count.bytes += sum(map(len, block.texts))
        if counting.sampling is None:
            count.sums += _measured(block.texts, counting.tokenizer).sum(axis=0)
            continue
        taken = counting.sampling.take(block)
        if taken.texts:
            rows = _measured(taken.texts, counting.tokenizer)
            count.sums += rows.sum(axis=0)
            count.rows.append(rows)
            count.numbers.append(taken.numbers)
    return count


def kept_blocks(
    task: Task, choice: Choice, skip_bad: bool, progress: Progress | None
) -> Iterable[tuple[Block, int]]:
    """The documents of a shard that are there, and how many bad records came before them."""
    for read in read_documents(task, progress):
        if read.batch.bad and not skip_bad:
            raise ShardError(
                f"{read.why_bad(task.path, read.batch.bad[0])}; "
                f"mend it, or leave out such records with --on-error skip"
            )
        bad = len(read.batch.bad)
        for block in read.batch.blocks:
            kept = np.flatnonzero(choice.kept(block.keys))
            texts = [block.texts[place] for place in kept.tolist()]
            starts, ends = block.starts[kept], block.ends[kept]
            own = replace(block, starts=starts, ends=ends, keys=block.keys[kept], texts=texts)
            yield own, bad
            bad = 0


def _measured(texts: Iterable[Buffer], tokenizer: str) -> Int64s:
    """Tokens, words and bytes of some texts: int64, shape (texts, 3)."""
    plain = [without_lone_surrogates(text) for text in texts]
    tokens = tokenizer_of(tokenizer).count([str(text, "utf-8", "replace") for text in plain]).tokens
    found = find_words(window_of(plain))
    words = found.last - found.first
    return np.stack([tokens, words, np.fromiter(map(len, plain), np.int64, len(plain))], axis=1)


@lru_cache(maxsize=1)
def tokenizer_of(path: str) -> Tokenizer:
    """The tokenizer of a file, loaded once a process."""
    return load_tokenizer(path)


def _estimate(plan: SamplePlan, counts: list[ShardCount]) -> tuple[Amount, Amount]:
    """What all shards have, and how far off that may be.

    By ratio to the bytes that were seen; of drawn shards these are scaled by stored sizes first.
    """
    sums = np.array([count.sums for count in counts], np.float64)
    seen = np.array([(c.size_bytes, c.documents, c.bytes) for c in counts], np.float64)
    if not sums[:, BYTES].any():
        raise UsageError("not one document is in the sample; name a larger --sample, or --count")
    if plan.is_of_shards:
        units, is_left = np.hstack((sums, seen)), 1.0
    else:
        numbers = np.concatenate([each for count in counts for each in count.numbers])
        different, which = np.unique(numbers, return_inverse=True)
        units, is_left = np.zeros((len(different), 3)), 1 - plan.sampling.rate
        np.add.at(units, which, np.concatenate([row for count in counts for row in count.rows]))

    def estimates(units: Floats) -> dict[str, Floats]:
        of_shards = units[..., 3:] if plan.is_of_shards else seen.sum(axis=0)
        read, documents, text = np.moveaxis(of_shards, -1, 0)
        more = plan.size_bytes / np.maximum(1.0, read)
        tokens, words, size = np.moveaxis(units[..., :3], -1, 0)
        scale = more * text / np.maximum(1.0, size)
        return {
            "documents": more * documents,
            "tokens": scale * tokens,
            "words": scale * words,
            "bytes": more * text,
        }

    found = {name: round(float(each)) for name, each in estimates(units.sum(axis=0)).items()}
    errors = bootstrap_errors(units, estimates, is_left, plan.sampling.seed)
    off = {name: None if errors is None else math.ceil(errors[name]) for name in found}
    return Amount(**found), Amount(**off)
