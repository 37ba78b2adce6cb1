"""Tally: all that `link stats` counts. Those of two pieces, or shards, add up to that of both.

    words     the   dog   xylem  in  spite of  Xylem
    entries    13    7      0    20    0   21     0       bincount: words by the lexicon's entries
    covered     1    1      0     1    1   1      0
    forms                 xylem                 xylem     counted: words without an entry

Everything is counted over all documents and all words, whatever the policy touches or draws. What
the words are, which are covered and which may be swapped is the kernel's own finding, which
`substitute` hands on; here it is only counted. All sums are of whole numbers, so nothing depends on
how the work was shared out. (Only which forms a full table drops hangs on the order.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from link.arrays import ragged_range, sums, where_true
from link.block import Buffer, Int64s, UInt64s
from link.kernel.compiled import NOT_COVERED, CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.kernel.words import Text, Units
from link.language.rules import LOST_TO
from link.policy import OF_WORDS, Policy
from link.stats.forms import FormsTold, FormTable, forms_of

MILLION = 1_000_000
"""Expected swaps are counted in millionths, so that their sum does not depend on its order."""

TOKEN_COLUMNS = ("tokens", "unknown", "byte_fallback")
COLUMNS = (
    *("documents", "documents_touched", "documents_short", "documents_without_words"),
    *("words", "words_touched", "covered", "eligible", "swapped", "expected_millionths"),
    *("bytes_text", "bytes_text_after"),
    *TOKEN_COLUMNS,
    *(f"{name}_after" for name in TOKEN_COLUMNS),
)
"""Figures of a document: a row, int64, shape (COLUMNS,).

A passage of a document, in a sample, counts for millionths of one in the first `OF_DOCUMENTS`.
"""

OF_DOCUMENTS = 4

COLUMN = {name: number for number, name in enumerate(COLUMNS)}

REACH_BINS = 10_000
"""Quantiles of the reachable ratio are exact to one of these."""

COARSE_BINS = 1_000  # of the reachable ratio, by length
RATIO_BINS = 50
LENGTH_BINS = 40  # powers of two, in words

MOST_GROUPS = 10_000
"""Values of the `--by` field that are told apart while counting; the rest becomes `OTHER`."""

OTHER = "(other)"
MOST_REASONS = 5
NUMBERS = ("records", "bad_records", "documents_seen", "bytes_seen", "bytes_read")


@dataclass(frozen=True)
class TallyTold:
    """A tally in JSON. `arrays`: places and values of what is not zero; `forms`, `sample`: columns;
    `numbers`: the others, by name."""

    arrays: dict[str, list[list[int]]]
    groups: dict[str, list[int]]
    forms: FormsTold
    sample: list[list[Any]]
    numbers: dict[str, int]


@dataclass(slots=True)
class Tally:
    """Counts of pieces or shards.

    `arrays`, int64, by name: `sums`, figures by `COLUMNS`; `lost`, words by rule of `LOST_TO`;
    `entries`, `covered_entries`, words by the lexicon's entry, all and the covered ones; `senses`,
    eligible words by sense; `swapped_rows`, swaps by translation; `eligible_by_language`,
    `swapped_by_language`; `languages`, figures by language and column, where documents have one;
    `reach`, `reach_by_length`, `ratio`: documents by the ratio that they can reach, by that and
    their length, and by the ratio that they were given. `groups`: figures by value of the `--by`
    field. Of a sample these hold what was read; `documents_seen`, `bytes_seen` (of text) are all
    that were there, and `sample` has the rows of
    passages, their numbers and their documents' keys.
    """

    arrays: dict[str, Int64s]
    groups: dict[str, Int64s] = field(default_factory=dict)
    forms: FormTable = field(default_factory=FormTable)
    sample: list[tuple[Int64s, UInt64s, UInt64s]] = field(default_factory=list)
    records: int = 0
    bad_records: int = 0
    documents_seen: int = 0
    bytes_seen: int = 0
    bytes_read: int = 0

    @classmethod
    def of(cls, lexicon: CompiledLexicon) -> "Tally":
        """Nothing is counted yet."""
        shapes = {
            "sums": (len(COLUMNS),),
            "lost": (len(LOST_TO),),
            "entries": (len(lexicon.flags),),
            "covered_entries": (len(lexicon.flags),),
            "senses": (len(lexicon.first) - 1,),
            "swapped_rows": (len(lexicon.cumulative),),
            "eligible_by_language": (lexicon.languages,),
            "swapped_by_language": (lexicon.languages,),
            "languages": (lexicon.languages, len(COLUMNS)),
            "reach": (REACH_BINS + 1,),
            "reach_by_length": (LENGTH_BINS, COARSE_BINS + 1),
            "ratio": (RATIO_BINS,),
        }
        return cls({name: np.zeros(shape, np.int64) for name, shape in shapes.items()})

    def add_group(self, name: str, figures: Int64s) -> None:
        """Add figures to those of a value of the `--by` field."""
        if name not in self.groups and len(self.groups) >= MOST_GROUPS:
            name = OTHER
        self.groups[name] = self.groups.get(name, 0) + figures

    def merge(self, other: "Tally") -> None:
        """Add another tally, which is not to be used any more."""
        for name, values in other.arrays.items():
            self.arrays[name] += values
        for name, figures in other.groups.items():
            self.add_group(name, figures)
        self.forms.merge(other.forms)
        self.sample += other.sample
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def __getstate__(self) -> dict[str, Any]:
        """On its way to another process: most of a piece's arrays are zeros."""
        state = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**state, "arrays": {name: _sparse(each) for name, each in self.arrays.items()}}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self.arrays = {}
        for name, (shape, at, values) in state["arrays"].items():
            self.arrays[name] = np.zeros(shape, np.int64)
            self.arrays[name].ravel()[at] = values

    def as_told(self) -> "TallyTold":
        """What JSON can hold of it."""
        sample = map(np.concatenate, zip(*self.sample, strict=True)) if self.sample else ()
        return TallyTold(
            {name: [each.tolist() for each in _sparse(a)[1:]] for name, a in self.arrays.items()},
            {name: figures.tolist() for name, figures in self.groups.items()},
            self.forms.as_told(),
            [each.tolist() for each in sample],
            {name: getattr(self, name) for name in NUMBERS},
        )

    def add_told(self, told: "TallyTold") -> None:
        """Add another tally. Raises `ValueError` or `IndexError` if it is none of this lexicon."""
        for name, array in self.arrays.items():
            at, values = np.array(told.arrays.get(name, ([], [])), np.int64)
            np.add.at(array.reshape(-1), at, values)
        for name, figures in told.groups.items():
            self.add_group(name, np.array(figures, np.int64).reshape(len(COLUMNS)))
        self.forms.merge(FormTable.of_told(told.forms))
        if told.sample:
            rows, *others = told.sample
            numbers, keys = np.array(others, np.uint64)
            shape = (len(numbers), len(COLUMNS))
            self.sample.append((np.array(rows, np.int64).reshape(shape), numbers, keys))
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + told.numbers.get(name, 0))

    def count(
        self, texts: Sequence[Buffer], keys: UInt64s, lexicon: CompiledLexicon, policy: Policy
    ) -> tuple[Int64s, Substitution]:
        """Count what documents hold, and substitute them; they are given as to `substitute`.

        Gives their rows, int64, shape (documents, COLUMNS), without tokens and bytes after, which
        the caller fills in before `add_rows`.
        """
        look = _Look(self, lexicon, len(texts))
        result = substitute(texts, keys, lexicon, policy, look=look)
        counts = result.counts
        touched, words, eligible = counts.touched, counts.words, look.eligible
        of_words = policy.of == OF_WORDS
        wanted = policy.ratio * words
        expected = np.minimum(wanted, eligible) if of_words else policy.ratio * eligible
        rows = np.zeros((len(words), len(COLUMNS)), np.int64)
        columns: dict[str, npt.NDArray[np.generic]] = {
            "documents": np.ones(len(words), np.int64),
            "documents_touched": touched,
            "documents_short": touched & (eligible < wanted) & of_words,
            "documents_without_words": words == 0,
            "words": words,
            "words_touched": words * touched,
            "covered": look.covered,
            "eligible": eligible,
            "swapped": counts.swapped,
            "expected_millionths": np.rint(expected * touched * MILLION),
            "bytes_text": np.fromiter(map(len, texts), np.int64, len(texts)),
        }
        for name, values in columns.items():
            rows[:, COLUMN[name]] = values
        self.arrays["swapped_by_language"] += counts.swapped_by_language
        translations = len(lexicon.cumulative)
        self.arrays["swapped_rows"] += np.bincount(
            result.swaps.row % translations, minlength=translations
        )
        return rows, result

    def add_rows(self, rows: Int64s, language: Int64s | None, groups: Sequence[str] | None) -> None:
        """Add documents' figures. `language`: int64, of each; `groups`: its `--by` value."""
        self.arrays["sums"] += rows.sum(axis=0)
        self._add_histograms(rows)
        if language is not None:
            np.add.at(self.arrays["languages"], language, rows)
        if groups is not None:
            names, which = np.unique(np.array(groups, object), return_inverse=True)
            for number, name in enumerate(names.tolist()):
                self.add_group(name, rows[which == number].sum(axis=0))

    def _add_histograms(self, rows: Int64s) -> None:
        """Documents without words count nowhere, and for `ratio` only touched ones do."""
        rows = rows[rows[:, COLUMN["words"]] > 0]
        words, eligible = rows[:, COLUMN["words"]], rows[:, COLUMN["eligible"]]
        documents, touched = rows[:, COLUMN["documents"]], rows[:, COLUMN["documents_touched"]]
        whole = words * np.where(documents > 1, MILLION / np.maximum(documents, 1), 1.0)
        length = np.minimum(np.frexp(whole)[1] - 1, LENGTH_BINS - 1)
        coarse = (length, eligible * COARSE_BINS // words)
        given = np.minimum(rows[:, COLUMN["swapped"]] * RATIO_BINS // words, RATIO_BINS - 1)
        np.add.at(self.arrays["reach"], eligible * REACH_BINS // words, documents)
        np.add.at(self.arrays["reach_by_length"], coarse, documents)
        np.add.at(self.arrays["ratio"], given, touched)


class _Look:
    """Counts what the kernel finds in each window. Per document, int64: `covered`, `eligible`."""

    def __init__(self, tally: Tally, lexicon: CompiledLexicon, documents: int) -> None:
        self.tally, self.lexicon = tally, lexicon
        self.covered, self.eligible = np.zeros((2, documents), np.int64)

    def __call__(self, text: Text, units: Units, documents: Int64s) -> None:
        arrays = self.tally.arrays
        counts = text.words.counts
        self.covered[documents] += sums(units.words, counts)
        self.eligible[documents] += sums(units.words * units.is_eligible, counts)
        lost = where_true(units.lost >= 0)
        _add(arrays["lost"], units.lost.take(lost), units.words.take(lost))
        for senses in units.senses:
            some = where_true(senses)
            own = self.lexicon.whole.take(senses.take(some))
            words = units.words.take(some)
            _add(arrays["senses"], own, words)
            _add(arrays["eligible_by_language"], self.lexicon.language_of.take(own), words)
        is_covered = units.words > 0
        several = where_true(units.words > 1)
        sizes = units.words.take(several).astype(np.int64)
        is_covered[ragged_range(several, sizes)] = True
        entries = text.entries
        _add(arrays["entries"], entries)
        _add(arrays["covered_entries"], entries.compress(is_covered))
        others = where_true(entries == NOT_COVERED)
        self.tally.forms.add(forms_of(text, others, is_covered.take(others)))


def _sparse(array: Int64s) -> tuple[tuple[int, ...], Int64s, Int64s]:
    """Shape, and places and values of what is not zero."""
    at = np.flatnonzero(array)
    return array.shape, at, array.ravel().take(at)


def _add(
    array: Int64s, numbers: npt.NDArray[np.integer], words: npt.NDArray[np.int16] | None = None
) -> None:
    """Add to each number of the array how many words it stands for."""
    array += np.bincount(numbers, words, len(array)).astype(np.int64)
