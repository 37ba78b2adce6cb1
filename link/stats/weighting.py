"""From a sample to all documents: weights, estimates and their errors.

The estimators are those of survey sampling (Särndal, Swensson and Wretman: Model Assisted Survey
Sampling, 1992). Documents are drawn independently of each other with known chances; their weights
are calibrated, so that what is known of all documents (bytes of text, runs of letters) comes out
exactly (chapter 6), and the variance of totals and ratios is that of the residuals from it, by
Taylor's linearisation (chapter 5). Of a document that is only read in part no share of the variance
is taken off for its chance to be taken. Where only some shards were read, these are the units, and
what is between them is the variance.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from link.block import Int64s
from link.stats.columns import COLUMN, COLUMNS
from link.stats.tally import Floats, SampleRows

CONFIDENCE = 0.95
_COUNTED = [COLUMN[name] for name in COLUMNS if name.startswith("documents")]
_BEFORE, _AFTER = COLUMN["bytes_text"], COLUMN["bytes_text_after"]
_DOCUMENTS = 2
"""Which of the auxiliaries (`sampling.py`) is the number of documents."""

_LEAST_FOR_REGRESSION = 20
_LEAST_CHANGE = 20  # a weight that falls by more is none
_MOST_PULL = 0.9


@dataclass(frozen=True)
class Weighted:
    """A sample's documents with their weights; shapes are (documents,).

    `values`: float64, shape (documents, COLUMNS), of whole documents. `weights`: of their words and
    bytes, for sums; `counts`: how many documents of the corpus each stands for. `known`: shape
    (documents, auxiliaries), by which `weights` are calibrated. `kept`: the share of the variance
    that its chance leaves. `shard`: which shard each is of; `shard_sizes`: stored bytes of all that
    were read; `expansion`: of what was read to all there is.
    """

    values: Floats
    weights: Floats
    counts: Floats
    known: Floats
    kept: Floats
    shard: Int64s
    shard_sizes: Floats
    expansion: float

    def totals(self, rows: Int64s | None = None) -> Floats:
        """Estimates of all figures, over all documents or some of the sample's."""
        own = slice(None) if rows is None else rows
        result: Floats = self.weights[own] @ self.values[own]
        result[_COUNTED] = self.counts[own] @ self.values[own][:, _COUNTED]
        return result * self.expansion

    def error_of_total(self, name: str) -> float:
        """The half-width of the interval that holds the figure's sum (`CONFIDENCE`)."""
        values = self.values[:, COLUMN[name]]
        if not self._is_of_shards:
            return self._error(values)
        sums = self._by_shard(values)
        rest = sums - sums.sum() / self.shard_sizes.sum() * self.shard_sizes
        return self._error_of_shards(rest) * self.expansion

    def error_of_ratio(self, numerator: str, denominator: str, unseen: float = 0.0) -> float:
        """That of a ratio of two sums.

        `unseen`: how far a ratio of a document may be from what was seen without one like it being
        in the sample; the interval is as wide as if one more document had been like that.
        """
        above, below = self.values[:, COLUMN[numerator]], self.values[:, COLUMN[denominator]]
        total = float(self.weights @ below)
        if not total:
            return 0.0
        rest = above - float(self.weights @ above) / total * below
        if self._is_of_shards:
            error = self._error_of_shards(self._by_shard(rest)) / total
        else:
            error = self._error(rest) / total
        parts = self.weights * below
        one_more = float(parts @ parts) / total**2  # the share of a document of usual weight
        return math.hypot(error, 2 * unseen * one_more)

    @property
    def _is_of_shards(self) -> bool:
        return self.expansion > 1

    def _by_shard(self, values: Floats) -> Floats:
        weighted = self.weights * values
        return np.bincount(self.shard, weighted, len(self.shard_sizes)).astype(np.float64)

    def _error_of_shards(self, rest: Floats) -> float:
        count = len(rest)
        if count < 2:
            return math.inf
        spread = float(((rest - rest.mean()) ** 2).sum())
        return student(count - 1) * math.sqrt(count / (count - 1) * spread)

    def _error(self, values: Floats) -> float:
        """Of a sum over all documents, by the residuals from what is known of them."""
        count, known = self.known.shape
        free = count - known - 1
        if free < 1:
            return math.inf
        scale = np.sqrt(self.weights / np.maximum(self.known[:, 0], 1.0))
        scaled = self.known * scale[:, None]
        inverse = np.linalg.pinv(scaled)  # shape (auxiliaries, documents)
        slopes = inverse @ (values * scale)
        # A document that pulls the line towards itself has too small a residual (HC3: MacKinnon
        # and White, 1985).
        pull = np.minimum((scaled * inverse.T).sum(axis=1), _MOST_PULL)
        parts = self.weights * (values - self.known @ slopes) / (1 - pull)
        variance = float(self.kept @ parts**2)
        return student(free) * math.sqrt(variance)


def weigh(
    sample: list[SampleRows],
    shard_of_rows: list[int],
    known_of_all: Floats,
    shard_sizes: list[int],
    size_bytes: int,
) -> Weighted:
    """Weigh a sample. `size_bytes`: of all shards that there are, `shard_sizes` of those read."""
    rows = np.concatenate([each.rows for each in sample])
    chance = np.concatenate([each.chance for each in sample])
    share = np.concatenate([each.share for each in sample])
    known = np.concatenate([each.known for each in sample])
    values = rows / share[:, None]
    values[:, _COUNTED] = rows[:, _COUNTED]
    growth = values[:, _AFTER] - values[:, _BEFORE]
    values[:, _BEFORE] = known[:, 0]
    values[:, _AFTER] = known[:, 0] + growth
    weights, used = _calibrated(1 / chance, known, known_of_all)
    return Weighted(
        values=values,
        weights=weights,
        counts=known_of_all[_DOCUMENTS] / (1 / chance).sum() / chance,
        known=known[:, :used],
        kept=np.where(share < 1, 1.0, 1 - chance),
        shard=np.repeat(shard_of_rows, [len(each.rows) for each in sample]),
        shard_sizes=np.array(shard_sizes, np.float64),
        expansion=max(1.0, size_bytes / max(1, sum(shard_sizes))),
    )


def _calibrated(weights: Floats, known: Floats, wanted: Floats) -> tuple[Floats, int]:
    """Weights near the given ones, with which the sums of some of `known` are as wanted; of how
    many of its columns.

    Generalised regression, with residuals as large as the document. Where there are few documents,
    or a weight would be next to nothing, only the bytes of text are brought to their sum.
    """
    sizes = np.maximum(known[:, 0], 1.0)
    if len(weights) >= _LEAST_FOR_REGRESSION:
        own, missing = known[:, :_DOCUMENTS], (wanted - weights @ known)[:_DOCUMENTS]
        squares = (own * (weights / sizes)[:, None]).T @ own
        slopes = np.linalg.pinv(squares) @ missing
        result: Floats = weights * (1 + own / sizes[:, None] @ slopes)
        if (result > weights / _LEAST_CHANGE).all():
            return result, _DOCUMENTS
    total = float(weights @ known[:, 0])
    return weights * (float(wanted[0]) / total if total else 1.0), 1


def student(free: int) -> float:
    """The quantile of Student's t that leaves half of 1 - `CONFIDENCE` above it.

    Exact for one and two degrees of freedom, else the expansion of Abramowitz and Stegun, 26.7.5.

    >>> round(student(10), 2), round(student(100), 3)
    (2.23, 1.984)
    """
    above = (1 - CONFIDENCE) / 2
    if free == 1:
        return math.tan(math.pi * (0.5 - above))
    if free == 2:
        level = 2 * (1 - above) - 1
        return level * math.sqrt(2 / (1 - level**2))
    z = NormalDist().inv_cdf(1 - above)
    return (
        z
        + (z**3 + z) / (4 * free)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * free**4)
    )
