"""Samples: which shards are read, which passages taken, and how far figures may be off.

Each passage of a document is taken with the same chance, so no long document outweighs the rest; it
stands for the part of the document that it is. Of all documents that are read, how many they are
and how many bytes of text they hold is known; all else is estimated by ratio to these. Where the
corpus is much larger than the sample, only some shards are read, drawn by the seed, each with the
same chance.

How far each figure may be off is told by the bootstrap: units (passages, copies of one together; or
shards, where these were drawn) are drawn anew from those of the sample, with replacement, and every
figure is made again from each such draw. (Efron, Tibshirani, An Introduction to the Bootstrap,
chapters 5 and 25; Särndal, Swensson, Wretman, Model Assisted Survey Sampling, chapter 5.)
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from link.block import Block, Int64s, UInt64s
from link.errors import LinkError
from link.kernel.draw import draws_of
from link.language.draws import threshold
from link.run.documents import STATS, in_drawn_order, passages_in, read_documents
from link.run.task import Task
from link.stats.tally import COLUMN, COLUMNS, MILLION, OF_DOCUMENTS, Tally

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
LOOKED_AT_SHARDS = 8
LOOKED_AT_BYTES = 4 << 20
"""How much of each of those is read, decompressed, to learn how much text a stored byte holds."""

MOST_TIMES = 50
"""A corpus of more times the sample's text is not read whole."""

ENOUGH_TIMES = 10
LEAST_SHARDS = 20
"""Of such a corpus so many times the sample is read, and so many shards at least."""

_FENCE = re.compile(rb"(?:^|\n)[ ]{0,3}```[^`\n]*(?=\n|$)")

LEAST_UNITS = 20
"""Of fewer passages or shards no error is told."""

REPLICATES = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """Passages; shapes are (passages,). `document`: int64, which of the block's they are of.

    `numbers`: uint64, the same for copies. `parts`: int64, millionths of their documents.
    """

    texts: list[bytes]
    numbers: UInt64s
    document: Int64s
    parts: Int64s


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which passages are taken. `rate`: the chance of each."""

    seed: int
    rate: float

    def take(self, block: Block) -> Taken:
        found = passages_in(block, self.seed, STATS)
        taken = np.flatnonzero(draws_of(found.numbers) < np.uint64(threshold(self.rate)))
        document = found.document[taken]
        firsts = np.searchsorted(found.document, document)
        texts = [found.texts[place] for place in taken.tolist()]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        whole = np.array([len(block.texts[each]) for each in document.tolist()], np.int64)
        for number, (first, place) in enumerate(zip(firsts, taken, strict=True)):
            before = b"".join(found.texts[first:place])
            if len(_FENCE.findall(before)) % 2:  # it begins inside fenced code
                texts[number] = b"```\n" + texts[number]
        parts = np.where(whole > 0, MILLION * sizes // np.maximum(whole, 1), MILLION)
        return Taken(texts, found.numbers[taken], document, parts)


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """The shards that are read. `size_bytes`: of all that there are, as stored."""

    tasks: list[Task]
    sampling: Sampling
    asked_bytes: int
    size_bytes: int
    is_of_shards: bool


def plan_sample(tasks: Sequence[Task], sample_bytes: int, seed: int) -> SamplePlan | None:
    """None if the sample is as large as all there is."""
    stored = sum(task.size_bytes for task in tasks)
    text_bytes = stored * _text_per_stored_byte(tasks)
    chosen = list(tasks)
    if text_bytes > MOST_TIMES * sample_bytes and len(tasks) > LEAST_SHARDS:
        share = ENOUGH_TIMES * sample_bytes / text_bytes
        count = min(len(tasks), max(LEAST_SHARDS, round(share * len(tasks))))
        drawn = set(in_drawn_order(tasks, seed)[:count])
        chosen = [task for task in tasks if task in drawn]
    own = sum(task.size_bytes for task in chosen)
    if not own or not text_bytes or sample_bytes >= text_bytes * own / stored:
        return None
    sampling = Sampling(seed, sample_bytes / (text_bytes * own / stored))
    return SamplePlan(chosen, sampling, sample_bytes, stored, len(chosen) < len(tasks))


def _text_per_stored_byte(tasks: Sequence[Task]) -> float:
    """By a look at the begins of some shards, evenly spread."""
    read = [0]
    text = 0

    def count(size: int) -> None:
        read[0] += size

    for task in tasks[:: max(1, len(tasks) // LOOKED_AT_SHARDS)][:LOOKED_AT_SHARDS]:
        try:
            for found in read_documents(task, count):
                text += sum(len(each) for block in found.batch.blocks for each in block.texts)
                if found.bytes + found.batch.size_bytes >= LOOKED_AT_BYTES:
                    break
        except LinkError:
            continue  # it will fail when its turn comes, and be reported then
    return text / read[0] if read[0] else 0.0


def bootstrap_errors(
    units: Floats, estimates: Callable[[Floats], dict[str, Floats]], is_left: float, seed: int
) -> dict[str, float] | None:
    """How far off each figure may be, at `CONFIDENCE`; None of fewer than `LEAST_UNITS` units.

    `units`: figures of what was drawn, float64, shape (units, columns). `estimates`: figures of all
    there is, from sums over units, shape (…, columns). `is_left`: the share that was not drawn.
    """
    count = len(units)
    if count < LEAST_UNITS:
        return None
    random = np.random.default_rng(seed)
    draws = (random.integers(count, size=count) for _ in range(REPLICATES))
    times = [np.bincount(draw, minlength=count) @ units for draw in draws]
    found = estimates(units.sum(axis=0))
    more = math.sqrt(is_left * count / (count - 1))
    return {
        name: more * float(np.quantile(np.abs(each - found[name]), CONFIDENCE))
        for name, each in estimates(np.array(times)).items()
    }


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen in the shards that were read, and what was taken of them.

    `seen`: float64, shape (shards, 3): bytes as stored, documents, bytes of text. `sums`: figures
    of what was taken of each; float64, shape (shards, COLUMNS).
    """

    plan: SamplePlan
    tally: Tally
    seen: Floats
    sums: Floats

    @property
    def scales(self) -> Floats:
        """By what each figure of the sample is multiplied; float64, shape (COLUMNS,)."""
        return self._scales(self.sums.sum(axis=0), self.seen.sum(axis=0))

    def _scales(self, sums: Floats, seen: Floats) -> Floats:
        """Of several samples: of shapes (…, COLUMNS) and (…, 3)."""
        read, documents, text = np.moveaxis(seen, -1, 0)
        more = np.ones_like(read)
        if self.plan.is_of_shards:
            more = np.maximum(1.0, self.plan.size_bytes / np.maximum(1.0, read))
        scales = np.empty_like(sums)
        for columns, of, all_of_it in (
            (slice(None), "bytes_text", text),
            (slice(OF_DOCUMENTS), "documents", documents),
        ):
            scale = more * all_of_it / np.maximum(1.0, sums[..., COLUMN[of]])
            scales[..., columns] = scale[..., None]
        return scales

    def as_dict(self, ratio: float) -> dict[str, Any]:
        """The published figures of the sample. `ratio`: the one asked."""
        tally = self.tally
        rows, numbers, keys = map(np.concatenate, zip(*tally.sample, strict=True))
        return {
            "bytes": int(rows[:, COLUMN["bytes_text"]].sum()),
            "bytes_asked": self.plan.asked_bytes,
            "documents": len(np.unique(keys)),
            "documents_seen": tally.documents_seen,
            "share": round(self.plan.sampling.rate, 6),
            "seed": self.plan.sampling.seed,
            "confidence": CONFIDENCE,
            "errors": self._errors(rows, numbers, ratio),
        }

    def _errors(self, rows: Int64s, numbers: UInt64s, ratio: float) -> dict[str, float | None]:
        if self.plan.is_of_shards:
            units, is_left = np.hstack((self.sums, self.seen)), 1.0
        else:
            different, which = np.unique(numbers, return_inverse=True)
            units = np.zeros((len(different), len(COLUMNS)))
            np.add.at(units, which, rows)
            is_left = 1 - self.plan.sampling.rate  # drawn without replacement
        errors = bootstrap_errors(units, self._estimates, is_left, self.plan.sampling.seed)
        if errors is None:
            return dict.fromkeys(self._estimates(units.sum(axis=0)))
        # A sample in which every document reaches the ratio says little of those that do not: the
        # interval is as wide as if one more passage had half of the ratio to offer.
        touched = units[:, COLUMN["words_touched"]]
        one_more = ratio * float(touched @ touched) / max(1.0, float(touched.sum())) ** 2
        errors["ratio_expected"] = math.hypot(errors["ratio_expected"], one_more)
        words = float(touched.sum() * self.scales[COLUMN["words_touched"]])
        errors["swapped_expected"] = math.hypot(errors["swapped_expected"], one_more * words)
        return {name: round(error, 6) for name, error in errors.items()}

    def _estimates(self, units: Floats) -> dict[str, Floats]:
        """Figures of all there is, from sums over units; shape (…, columns), of each figure (…).

        Of drawn shards with those of what was seen of them.
        """
        sums = units[..., : len(COLUMNS)]
        seen = self.seen.sum(axis=0) + np.zeros((*sums.shape[:-1], 1))
        if self.plan.is_of_shards:
            seen = units[..., len(COLUMNS) :]
        of = dict(zip(COLUMNS, np.moveaxis(sums * self._scales(sums, seen), -1, 0), strict=True))

        def by(above: str, below: str) -> Floats:
            share: Floats = of[above] / np.maximum(of[below], 1e-9)
            return share

        figures = {name: of[name] for name in ("words", "bytes_text_after")}
        figures["swapped_expected"] = of["expected_millionths"] / MILLION
        figures["token_coverage"] = by("covered", "words")
        figures["eligible_share"] = figures["reachable_ratio"] = by("eligible", "words")
        figures["ratio_expected"] = by("expected_millionths", "words_touched") / MILLION
        if self.plan.is_of_shards:
            figures |= {name: of[name] for name in ("documents", "bytes_text")}
        if self.tally.arrays["sums"][COLUMN["tokens"]]:
            figures |= {"tokens.before": of["tokens"], "tokens.after": of["tokens_after"]}
            figures["tokens.fertility_before"] = by("tokens", "words")
            figures["tokens.fertility_after"] = by("tokens_after", "words")
            figures["tokens.budget_factor"] = by("tokens_after", "tokens")
        return figures
