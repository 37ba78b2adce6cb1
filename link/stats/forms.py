"""FormTable: how often each form without an entry in the lexicon occurs, in bounded memory.

Up to `MOST_FORMS` forms all counts are exact. Beyond that forms are dropped: those stay whose
hashes are below 2**64 / 2**level, so that the number of all forms can be estimated from them
("adaptive sampling": Flajolet, Computing 43, 1990), and those that came `FREQUENT` times, so that
the list of the most frequent ones is right. A form that was dropped and comes again is counted from
then on: each time that forms are dropped, a count may lose less than `FREQUENT`.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import xxhash

from link.arrays import Bools, ragged_range
from link.block import Int64s
from link.kernel.words import Text

MOST_FORMS = 1 << 21
"""About 100 MB, and twice as much for a moment when tables are joined."""

FREQUENT = 16
MOST_FORM_BYTES = 64
"""Longer forms that begin alike are counted as one."""

_PATIENCE = 1 << 17  # forms that wait to be joined, at least
_SCHEMA = pa.schema({"text": pa.large_binary(), "words": pa.int64(), "covered": pa.int64()})


@dataclass(frozen=True, slots=True)
class Types:
    """How many forms there are. `is_exact`: none was ever dropped."""

    all: float
    covered: float
    is_exact: bool


@dataclass(frozen=True)
class FormsTold:
    """A table in JSON. Bytes that are no UTF-8 are spelled as by `surrogateescape`."""

    level: int
    text: list[str]
    words: list[int]
    covered: list[int]


class FormTable:
    """Forms: running words, and those of them that are covered all the same (possessives of
    headwords, words inside phrases)."""

    def __init__(self, most: int = MOST_FORMS) -> None:
        self._most = most
        self._parts = [_SCHEMA.empty_table()]
        self._level = 0

    def add(self, forms: pa.Table) -> None:
        """Count some forms: a table as `forms_of` gives."""
        self._parts.append(forms)
        if sum(map(len, self._parts[1:])) > max(_PATIENCE, 2 * len(self._parts[0])):
            self._join()

    def merge(self, other: "FormTable") -> None:
        """Count what another table has counted. The order of merging decides what is dropped."""
        self._level = max(self._level, other._level)
        self.add(other.table())

    def table(self) -> pa.Table:
        """Columns `text`, `words`, `covered`; by ascending text."""
        self._join()
        return self._parts[0]

    def as_told(self) -> FormsTold:
        """What JSON can hold of it."""
        texts = [
            text.decode("utf-8", "surrogateescape") for text in self.table()["text"].to_pylist()
        ]
        words, covered = (self.column(name).tolist() for name in ("words", "covered"))
        return FormsTold(self._level, texts, words, covered)

    @classmethod
    def of_told(cls, told: FormsTold) -> "FormTable":
        """Raises `ValueError` if it cannot be one."""
        table = cls()
        table._level = told.level
        texts = [text.encode("utf-8", "surrogateescape") for text in told.text]
        table.add(pa.table([texts, told.words, told.covered], schema=_SCHEMA))
        return table

    def column(self, name: str) -> Int64s:
        """`words` or `covered`."""
        column: Int64s = self.table()[name].to_numpy()
        return column

    def types(self) -> Types:
        stays = self._stays(self.table())
        scale = float(1 << self._level)
        covered = stays & (self.column("covered") > 0)
        return Types(float(stays.sum()) * scale, float(covered.sum()) * scale, not self._level)

    def most_frequent_uncovered(self, most: int) -> list[tuple[str, int]]:
        """The forms with the most words that are not covered, and how many those are."""
        missing = self.column("words") - self.column("covered")
        rows = np.flatnonzero(missing)
        if len(rows) > most:
            least = np.partition(missing.take(rows), -most)[-most]
            rows = rows.compress(missing.take(rows) >= least)
        texts = self.table()["text"].take(pa.array(rows)).to_pylist()
        found = zip(texts, missing.take(rows).tolist(), strict=True)
        decoded = ((text.decode("utf-8", "replace"), count) for text, count in found)
        return sorted(decoded, key=lambda one: (-one[1], one[0]))[:most]

    def _stays(self, table: pa.Table) -> Bools:
        """By its hash alone."""
        if not self._level:
            return np.ones(len(table), np.bool_)
        hashes = map(xxhash.xxh3_64_intdigest, table["text"].to_pylist())
        stays: Bools = (
            np.fromiter(hashes, np.uint64, len(table)) >> np.uint64(64 - self._level) == 0
        )
        return stays

    def _join(self) -> None:
        if len(self._parts) > 1:
            table = _summed(pa.concat_tables(self._parts))
            self._parts = [self._fewer(table) if len(table) > self._most else table]

    def _fewer(self, table: pa.Table) -> pa.Table:
        words, frequent = table["words"].to_numpy(), FREQUENT
        while True:
            often = words >= frequent
            kept = self._stays(table) | often
            if kept.sum() <= self._most * 3 // 4:
                return table.filter(pa.array(kept))
            if often.sum() > self._most // 2:
                frequent *= 2
            else:
                self._level += 1


def forms_of(text: Text, index: Int64s, covered: Bools) -> pa.Table:
    """The forms of some words of a text, as a table for `FormTable.add`."""
    keys = text.keys.take(index)
    sizes = np.minimum(keys.sizes, MOST_FORM_BYTES)
    data = np.frombuffer(keys.buffer, np.uint8).take(ragged_range(keys.starts, sizes))
    offsets = np.concatenate((np.zeros(1, np.int64), sizes.cumsum()))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    texts = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(sizes), buffers)
    return _summed(pa.table([texts, np.ones(len(sizes), np.int64), covered], _SCHEMA.names))


def _summed(forms: pa.Table) -> pa.Table:
    """Each form once, by ascending text."""
    sums = [("words", "sum"), ("covered", "sum")]
    summed = forms.group_by("text", use_threads=False).aggregate(sums)
    summed = summed.select(["text", "words_sum", "covered_sum"]).rename_columns(_SCHEMA.names)
    return summed.cast(_SCHEMA).sort_by("text")
