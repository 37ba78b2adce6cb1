"""Samples: which shards are read, which passages taken, and how far figures may be off.

Each passage of a document is taken with the same chance, so no long document outweighs the rest; it
stands for the part of the document that it is. Of all documents that are read, how many they are
and how many bytes of text they hold is known; all else is estimated by ratio to these. Where the
corpus is much larger than the sample, only some shards are read, drawn by the seed, each with the
same chance.

Errors are those of a ratio of two sums over independent units (passages, copies of one together; or
shards, where these were drawn), by the delete-one jackknife, with Student's t. (Särndal, Swensson,
Wretman, Model Assisted Survey Sampling, chapter 5; Efron, The Jackknife, chapter 3.)
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
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
_LEAST_UNITS = 5  # of fewer, no error can be told
_LARGEST_SHARE = 0.9  # of a unit, for the jackknife


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


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen in each shard: stored bytes, documents, bytes of text; and figures of what was
    taken (`COLUMNS`)."""

    plan: SamplePlan
    seen: list[tuple[int, int, int]] = field(default_factory=list)
    sums: list[Int64s] = field(default_factory=list)

    def add(self, size_bytes: int, tally: Tally) -> None:
        """What was counted in a shard."""
        self.seen.append((size_bytes, tally.documents_seen, tally.bytes_seen))
        self.sums.append(tally.arrays["sums"])

    def scales(self, tally: Tally) -> Floats:
        """By what each figure of the sample is multiplied; float64, shape (COLUMNS,)."""
        read = sum(size for size, *_ in self.seen)
        more = max(1.0, self.plan.size_bytes / read) if self.plan.is_of_shards else 1.0
        sums = np.maximum(tally.arrays["sums"], 1)
        scales = np.full(len(COLUMNS), more * tally.bytes_seen / sums[COLUMN["bytes_text"]])
        scales[:OF_DOCUMENTS] = more * tally.documents_seen / sums[COLUMN["documents"]]
        return scales

    def as_dict(self, tally: Tally, sums: Floats, ratio: float) -> dict[str, Any]:
        """The published figures of the sample. `sums`: the estimates; `ratio`: the one asked."""
        units = self._units(tally)
        totals = {"words": "words", "bytes_text_after": "bytes_text_after"}
        ratios = {
            "token_coverage": ("covered", "words"),
            "eligible_share": ("eligible", "words"),
            "reachable_ratio": ("eligible", "words"),
        }
        if sums[COLUMN["tokens"]]:
            totals |= {"tokens.before": "tokens", "tokens.after": "tokens_after"}
            ratios |= {
                "tokens.fertility_before": ("tokens", "words"),
                "tokens.fertility_after": ("tokens_after", "words"),
                "tokens.budget_factor": ("tokens_after", "tokens"),
            }
        errors = {name: self._of_total(units, sums, column) for name, column in totals.items()}
        errors |= {name: self._of_ratio(units, *columns) for name, columns in ratios.items()}
        # A sample in which every document reaches the ratio says little of those that do not: the
        # interval is as wide as if one more passage had half of the ratio to offer.
        touched = units[:, COLUMN["words_touched"]]
        one_more = ratio * float(touched @ touched) / max(1.0, float(touched.sum())) ** 2
        of_ratio = self._of_ratio(units, "expected_millionths", "words_touched") / MILLION
        errors["ratio_expected"] = math.hypot(of_ratio, one_more)
        words = max(1.0, float(sums[COLUMN["words_touched"]]))
        expected = float(sums[COLUMN["expected_millionths"]]) / MILLION / words
        errors["swapped_expected"] = math.hypot(
            errors["ratio_expected"] * words,
            self._of_total(units, sums, "words_touched") * expected,
        )
        if self.plan.is_of_shards:
            errors["documents"] = self._of_shards(1) * sums[COLUMN["documents"]]
            errors["bytes_text"] = self._of_shards(2) * sums[COLUMN["bytes_text"]]
        return {
            "bytes": int(tally.arrays["sums"][COLUMN["bytes_text"]]),
            "bytes_asked": self.plan.asked_bytes,
            "documents": len(set().union(*(keys.tolist() for _, _, keys in tally.sample))),
            "documents_seen": tally.documents_seen,
            "share": round(self.plan.sampling.rate, 6),
            "seed": self.plan.sampling.seed,
            "confidence": CONFIDENCE,
            "errors": {
                name: round(error, 6) if math.isfinite(error) else None
                for name, error in errors.items()
            },
        }

    def _units(self, tally: Tally) -> Floats:
        """Sums over what was drawn together: shards, or copies of a passage."""
        if self.plan.is_of_shards:
            return np.array(self.sums, np.float64)
        rows, numbers, _ = map(np.concatenate, zip(*tally.sample, strict=True))
        different, which = np.unique(numbers, return_inverse=True)
        units = np.zeros((len(different), len(COLUMNS)))
        np.add.at(units, which, rows)
        return units

    def _of_ratio(self, rows: Floats, numerator: str, denominator: str) -> float:
        kept = 1.0 if self.plan.is_of_shards else 1 - self.plan.sampling.rate
        return math.sqrt(kept) * half_width(
            rows[:, COLUMN[numerator]], rows[:, COLUMN[denominator]]
        )

    def _of_total(self, rows: Floats, sums: Floats, name: str) -> float:
        """All bytes of text, by the figure's ratio to them; of drawn shards these are off too."""
        error = self._of_ratio(rows, name, "bytes_text") * sums[COLUMN["bytes_text"]]
        if not self.plan.is_of_shards:
            return float(error)
        return math.hypot(error, self._of_shards(2) * sums[COLUMN[name]])

    def _of_shards(self, column: int) -> float:
        """Of a sum over all shards by their stored sizes, as a share of it."""
        sizes, values = np.array(self.seen, np.float64)[:, [0, column]].T
        return half_width(values, sizes) * float(sizes.sum() / max(1.0, values.sum()))


def half_width(above: Floats, below: Floats) -> float:
    """Of the interval that holds the ratio of two sums over units; inf where these are too few."""
    count, total = len(above), float(below.sum())
    if not total:
        return 0.0
    if count < _LEAST_UNITS:
        return math.inf
    share = np.minimum(below / total, _LARGEST_SHARE)
    rest = (above - above.sum() / total * below) / (1 - share)
    return student(count - 1) * math.sqrt((count - 1) / count * float(rest @ rest)) / total


def student(free: int) -> float:
    """The quantile of Student's t that leaves half of 1 - `CONFIDENCE` above it, of 4 degrees of
    freedom or more (the expansion of Abramowitz and Stegun, 26.7.5).

    >>> round(student(10), 2), round(student(100), 3)
    (2.23, 1.984)
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return (
        z
        + (z**3 + z) / (4 * free)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    )
