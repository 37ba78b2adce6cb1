"""FormTable: how often each form occurs, in bounded memory; two tables add up to that of both.

Up to `MOST_FORMS` forms all counts are exact. Beyond that forms are let go: which ones stay is for
their hashes to say (those below 2**64 / 2**level), so that the number of all forms can be told from
the number that stayed ("adaptive sampling": Flajolet, Computing 43, 1990), and forms that came
`FREQUENT` times at least stay whatever their hash, so that the list of the most frequent ones is
right. A form that was let go and comes again is counted from then on: each time that forms are let
go, a count may lose less than `FREQUENT`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from link.arrays import Bools
from link.block import Int64s, UInt64s
from link.stats.census import Forms

MOST_FORMS = 1 << 21
"""About 100 MB, and twice as much for a moment when tables are joined."""

FREQUENT = 16
_PATIENCE = 1 << 17  # forms that wait to be joined, at least


@dataclass(frozen=True, slots=True)
class FormCounts:
    """What a table tells of its forms. `is_exact`: none was ever let go."""

    types: float
    covered_types: float
    is_exact: bool


class FormTable:
    """Forms by hash, with how often they came and how often they were covered."""

    def __init__(self, most: int = MOST_FORMS) -> None:
        self._most = most
        self._table = _NO_FORMS
        self._waiting: list[Forms] = []
        self._level = 0

    def add(self, forms: Forms) -> None:
        """Count some forms."""
        self._waiting.append(forms)
        waiting = sum(len(each.hashes) for each in self._waiting)
        if waiting > max(_PATIENCE, 2 * len(self._table.hashes)):
            self._settle()

    def merge(self, other: "FormTable") -> None:
        """Count what another table has counted. The order of merging decides what is let go."""
        other._settle()
        self._level = max(self._level, other._level)
        self.add(other._table)

    @property
    def forms(self) -> Forms:
        """All forms that are known, by ascending hash."""
        self._settle()
        return self._table

    def counts(self) -> FormCounts:
        """How many forms there are."""
        forms = self.forms
        sampled = self._sampled(forms.hashes)
        scale = float(1 << self._level)
        return FormCounts(
            types=float(sampled.sum()) * scale,
            covered_types=float((sampled & (forms.covered > 0)).sum()) * scale,
            is_exact=self._level == 0,
        )

    def most_frequent_uncovered(self, most: int) -> Iterator[tuple[str, int]]:
        """The forms with the most words that are not covered, and how many those are."""
        forms = self.forms
        missing = forms.counts - forms.covered
        rows = np.flatnonzero(missing > 0)
        if len(rows) > most:
            least = np.partition(missing.take(rows), len(rows) - most)[len(rows) - most]
            rows = rows.compress(missing.take(rows) >= least)
        texts = [
            text.decode("utf-8", "replace") for text in forms.texts.take(pa.array(rows)).to_pylist()
        ]
        found = zip(texts, missing.take(rows).tolist(), strict=True)
        yield from sorted(found, key=lambda one: (-one[1], one[0]))[:most]

    def _sampled(self, hashes: UInt64s) -> Bools:
        if not self._level:
            return np.ones(len(hashes), np.bool_)
        below: Bools = np.less(hashes, np.uint64(1 << 64 - self._level))
        return below

    def _settle(self) -> None:
        if self._waiting:
            self._table = _joined([self._table, *self._waiting])
            self._waiting.clear()
        if len(self._table.hashes) <= self._most:
            return
        frequent = FREQUENT
        while True:
            often = self._table.counts >= frequent
            kept = self._sampled(self._table.hashes) | often
            if int(kept.sum()) <= self._most * 3 // 4:
                break
            if int(often.sum()) > self._most // 2:
                frequent *= 2
            else:
                self._level += 1
        self._table = _taken(self._table, np.flatnonzero(kept))


_NONE = np.empty(0, np.int64)
_NO_FORMS = Forms(np.empty(0, np.uint64), _NONE, _NONE, pa.nulls(0, pa.large_binary()))


def _joined(tables: list[Forms]) -> Forms:
    hashes = np.concatenate([each.hashes for each in tables])
    order = np.argsort(hashes)
    hashes = hashes.take(order)
    is_new = np.ones(len(hashes), np.bool_)
    is_new[1:] = hashes[1:] != hashes[:-1]
    begins = np.flatnonzero(is_new)
    texts = pa.concat_arrays([each.texts for each in tables])

    def sums(columns: list[Int64s]) -> Int64s:
        values = np.concatenate(columns).take(order)
        return np.add.reduceat(values, begins) if len(begins) else values

    return Forms(
        hashes.take(begins),
        sums([each.counts for each in tables]),
        sums([each.covered for each in tables]),
        texts.take(pa.array(order.take(begins))),
    )


def _taken(forms: Forms, rows: Int64s) -> Forms:
    return Forms(
        forms.hashes.take(rows),
        forms.counts.take(rows),
        forms.covered.take(rows),
        forms.texts.take(pa.array(rows)),
    )
