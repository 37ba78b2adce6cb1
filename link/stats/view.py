"""A tally as figures: as it is, or of a sample with its weights, as estimates for everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from link.block import Int64s
from link.language.rules import LOST_TO
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.stats.columns import COLUMN, COLUMNS
from link.stats.tally import COARSE_BINS, RATIO_BINS, REACH_BINS, Tally, histograms_of
from link.stats.weighting import Weighted

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DIGITS = 6
_RANKS = 100
_NO_ROWS = np.zeros((0, len(COLUMNS)), np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """How a sample was drawn, and its weights."""

    weighted: Weighted
    asked_bytes: int
    seed: int
    rate: float


class View:
    """A tally's figures, of a sample with its weights."""

    def __init__(
        self, tally: Tally, policy: Policy, lexicons: Lexicons, sampled: Sampled | None
    ) -> None:
        self.tally = tally
        self.policy = policy
        self.lexicons = lexicons
        self.weighted = None if sampled is None else sampled.weighted
        compiled = lexicons.compiled
        self._sizes = {
            "sums": (len(COLUMNS),),
            "lost": (len(LOST_TO),),
            "entries": (len(compiled.flags),),
            "covered_entries": (len(compiled.flags),),
            "senses": (len(compiled.first) - 1,),
            "eligible_by_language": (compiled.languages,),
            "swapped_by_language": (compiled.languages,),
            "swapped_rows": (len(compiled.cumulative),),
        }
        if self.weighted is None:
            self.sums = self.array("sums").astype(np.float64)
            self.scale = 1.0
            self._histograms: Mapping[str, Any] = histograms_of(_NO_ROWS) | tally.arrays
        else:
            self.sums = self.weighted.totals()
            read = float(self.array("sums")[COLUMN["words"]])
            self.scale = float(self.sums[COLUMN["words"]]) / read if read else 1.0
            rows = np.rint(self.weighted.values).astype(np.int64)
            weights = self.weighted.counts * self.weighted.expansion
            self._histograms = histograms_of(rows, weights)

    def array(self, name: str) -> Int64s:
        """Counts as they were made: of a sample, those of what was read."""
        return self.tally.arrays.get(name, np.zeros(self._sizes[name], np.int64))

    def scaled(self, count: float) -> int:
        """A count of what was read, as an estimate for everything."""
        return whole(count * self.scale)

    def reachable_quantiles(self) -> dict[str, float | None]:
        reach = self._histograms["reach"]
        values = quantiles_of(reach, REACH_BINS)
        return {f"{q:g}": value for q, value in zip(QUANTILES, values, strict=True)}

    def ratio_histogram(self) -> list[list[float]]:
        """[from, to, documents] by the ratio that was drawn."""
        return [
            [n / RATIO_BINS, (n + 1) / RATIO_BINS, whole(count)]
            for n, count in enumerate(self._histograms["ratio"].tolist())
        ]

    def reach_by_length(self) -> list[list[Any]]:
        """[fewest words, most words, documents, quantiles of the reachable ratio …]."""
        return [
            [1 << n, (2 << n) - 1, whole(row.sum()), *quantiles_of(row, COARSE_BINS)]
            for n, row in enumerate(self._histograms["reach_by_length"])
            if row.any()
        ]

    def types(self) -> tuple[Int64s, Int64s]:
        """Running words of each form that is known, and how many of them are covered."""
        forms = self.tally.forms.forms
        entries, covered = self.array("entries").copy(), self.array("covered_entries").copy()
        entries[0] = covered[0] = 0  # these are the forms
        seen = np.flatnonzero(entries)
        counts = np.concatenate((entries.take(seen), forms.counts))
        return counts, np.concatenate((covered.take(seen), forms.covered))

    def coverage_by_rank(self) -> list[list[float]]:
        counts, covered = self.types()
        if not len(counts):
            return []
        order = np.argsort(-counts, kind="stable")
        words, known = np.cumsum(counts.take(order)), np.cumsum(covered.take(order))
        ranks = np.unique(np.rint(np.geomspace(1, len(counts), _RANKS)).astype(np.int64))
        return [
            [rank, self.scaled(words[rank - 1]), self.scaled(known[rank - 1])]
            for rank in ranks.tolist()
        ]


def quantiles_of(counts: Any, bins: int) -> Sequence[float | None]:
    """Of values in bins from 0 to 1, the last bin for 1 alone."""
    total = float(counts.sum())
    if not total:
        return [None] * len(QUANTILES)
    so_far = np.cumsum(counts)
    return [int(np.searchsorted(so_far, q * total)) / bins for q in QUANTILES]


def whole(value: float) -> int:
    return round(float(value))


def ratio_of(above: float, below: float) -> float | None:
    return round(above / below, DIGITS) if below else None
