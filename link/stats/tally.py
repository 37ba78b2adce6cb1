"""Tally: all that `link stats` counts. Those of two pieces, or shards, add up to that of both.

All sums are of whole numbers, so nothing depends on how the work was shared out. Only what the
table of forms lets go (`forms.py`) hangs on the order, which is that of the pieces and shards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.stats.census import Census
from link.stats.columns import COLUMN, COLUMNS
from link.stats.forms import FormTable

Floats = npt.NDArray[np.float64]

REACH_BINS = 10_000
"""Quantiles of the reachable ratio are exact to one of these."""

COARSE_BINS = 1_000  # of the reachable ratio, by length
RATIO_BINS = 50
LENGTH_BINS = 40  # powers of two, in words

MOST_GROUPS = 10_000
"""Values of the `--by` field that are told apart while counting; the rest becomes `OTHER`."""

OTHER = "(other)"
MOST_REASONS = 5


@dataclass(frozen=True, slots=True)
class SampleRows:
    """Documents of a sample, with what is needed to weigh them.

    `rows`: int64, shape (documents, COLUMNS), of what was read of each. Shape (documents,):
    `chance`: float64, of the document to be taken; `share`: float64, how much of its text was
    read, 0 to 1; `group`: its value of the `--by` field, "" without one; `language`: int64, -1
    where it has none. `known`: float64, shape (documents, auxiliaries), of its whole text.
    """

    rows: Int64s
    chance: Floats
    share: Floats
    known: Floats
    group: Sequence[str]
    language: Int64s


@dataclass(slots=True)
class Tally:
    """Counts of pieces or shards. `arrays`: by name, int64; those of two tallies are added up.

    `sums`: figures by `COLUMNS`; `lost`, `entries`, `covered_entries`, `senses`,
    `eligible_by_language`: see `Census`; `swapped_rows`: swaps by the lexicon's translation;
    `swapped_by_language`; `languages`: figures, by language and column, where documents have one;
    `reach`, `reach_by_length`, `ratio`: documents by the ratio they can reach, by that and their
    length, and by the ratio they were given. Of a sample, `sample` holds the documents, and these
    arrays count them as they are, without weights.

    `known`: of a sample, sums over all records that were seen, as `SampleRows.known` has them.
    """

    arrays: dict[str, Int64s] = field(default_factory=dict)
    groups: dict[str, Int64s] = field(default_factory=dict)
    forms: FormTable = field(default_factory=FormTable)
    records: int = 0
    bad_records: int = 0
    bad_reasons: list[str] = field(default_factory=list)
    documents_seen: int = 0
    bytes_read: int = 0
    known: Floats | None = None
    sample: list[SampleRows] = field(default_factory=list)

    def add(self, name: str, values: npt.NDArray[Any]) -> None:
        """Add to the array of a name."""
        own = self.arrays.get(name)
        if own is None:
            self.arrays[name] = values.astype(np.int64)
        else:
            own += values

    def add_group(self, name: str, figures: Int64s) -> None:
        """Add figures to those of a value of the `--by` field."""
        if name not in self.groups and len(self.groups) >= MOST_GROUPS:
            name = OTHER
        if name in self.groups:
            self.groups[name] = self.groups[name] + figures
        else:
            self.groups[name] = figures

    def add_census(self, census: Census, rows: Int64s, groups: Sequence[str] | None) -> None:
        """Add what a block holds; `rows`: figures of its documents, `groups`: their values."""
        counts = census.substitution.counts
        self.add("sums", rows.sum(axis=0))
        self.add("lost", census.lost)
        self.add("entries", census.entries)
        self.add("covered_entries", census.covered_entries)
        self.add("senses", census.senses)
        self.add("eligible_by_language", census.eligible_by_language)
        self.add("swapped_by_language", counts.swapped_by_language)
        rows_swapped = census.substitution.swaps.row % census.translations
        self.add("swapped_rows", np.bincount(rows_swapped, minlength=census.translations))
        for name, histogram in histograms_of(rows).items():
            self.add(name, histogram)
        if counts.language is not None:
            by_language = np.zeros((len(counts.swapped_by_language), len(COLUMNS)), np.int64)
            np.add.at(by_language, counts.language, rows)
            self.add("languages", by_language)
        if groups is not None:
            names, which = np.unique(np.array(groups, object), return_inverse=True)
            for number, name in enumerate(names.tolist()):
                self.add_group(name, rows[which == number].sum(axis=0))
        for forms in census.forms:
            self.forms.add(forms)

    def merge(self, other: "Tally") -> None:
        """Add another tally, which is not to be used any more."""
        for name, values in other.arrays.items():
            self.add(name, values)
        for name, figures in other.groups.items():
            self.add_group(name, figures)
        self.forms.merge(other.forms)
        self.records += other.records
        self.bad_records += other.bad_records
        self.bad_reasons = (self.bad_reasons + other.bad_reasons)[:MOST_REASONS]
        self.documents_seen += other.documents_seen
        self.bytes_read += other.bytes_read
        if other.known is not None:
            self.known = other.known if self.known is None else self.known + other.known
        self.sample += other.sample

    def __getstate__(self) -> dict[str, Any]:
        """On its way to another process: most of a piece's arrays are zeros."""
        state = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**state, "arrays": {name: _sparse(each) for name, each in self.arrays.items()}}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self.arrays = {name: _dense(*each) for name, each in state["arrays"].items()}


def _sparse(values: Int64s) -> tuple[tuple[int, ...], Int64s, Int64s]:
    at = np.flatnonzero(values)
    return values.shape, at, values.ravel().take(at)


def _dense(shape: tuple[int, ...], at: Int64s, values: Int64s) -> Int64s:
    result = np.zeros(shape, np.int64)
    result.ravel()[at] = values
    return result


def histograms_of(rows: Int64s, weights: Floats | None = None) -> dict[str, npt.NDArray[Any]]:
    """Documents by what ratio they can reach, by that and length, and by what ratio they got.

    Documents without words count nowhere, and for the last only touched ones do.
    """
    words = rows[:, COLUMN["words"]]
    some = np.flatnonzero(words > 0)
    words, eligible = words.take(some), rows[some, COLUMN["eligible"]]
    own = None if weights is None else weights.take(some)
    length = np.minimum(np.frexp(words.astype(np.float64))[1] - 1, LENGTH_BINS - 1)
    coarse = COARSE_BINS + 1
    by_length = np.bincount(
        length * coarse + eligible * COARSE_BINS // words, own, LENGTH_BINS * coarse
    )
    touched = np.flatnonzero(rows[some, COLUMN["documents_touched"]] > 0)
    swapped = rows[some, COLUMN["swapped"]].take(touched)
    given = np.minimum(swapped * RATIO_BINS // words.take(touched), RATIO_BINS - 1)
    return {
        "reach": np.bincount(eligible * REACH_BINS // words, own, REACH_BINS + 1),
        "reach_by_length": by_length.reshape(LENGTH_BINS, coarse),
        "ratio": np.bincount(given, None if own is None else own.take(touched), RATIO_BINS),
    }
