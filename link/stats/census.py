"""Census: which words and headwords documents hold, beside what a substitution makes of them.

    words     the   dog   xylem  in  spite of  Xylem
    entries    13    7      0    20    0   21     0       bincount: words by the lexicon's entries
    covered     1    1      0     1    1   1      0
    forms                 xylem                 xylem     hashes, counted: words without an entry

Everything is counted over all documents and all words, whatever the policy touches or draws. What
the words are, which are covered and which may be swapped is the kernel's own finding
(`substitute.py` hands it on); here it is only counted. A word's form is its folded spelling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from link.arrays import Bools, firsts, ragged_range, sums, where_true
from link.block import Buffer, Int64s, UInt64s
from link.kernel.compiled import NOT_COVERED, CompiledLexicon
from link.kernel.draw import mix
from link.kernel.substitute import Substitution, substitute
from link.kernel.table import LANE, WordKeys, gather_lanes, lane_view
from link.kernel.words import Text, Units
from link.language.rules import LOST_TO
from link.policy import Policy

_FINGERPRINT_LANES = 8
MOST_FORM_BYTES = _FINGERPRINT_LANES * LANE
"""Longer forms that begin alike are counted as one."""


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms of words without an entry; shapes are (forms,).

    `hashes`: uint64, ascending, no two the same. `counts`: int64, running words; `covered`: those
    of them that are covered all the same (possessives of headwords, words inside phrases).
    `texts`: the forms in UTF-8, cut at `MOST_FORM_BYTES`.
    """

    hashes: UInt64s
    counts: Int64s
    covered: Int64s
    texts: pa.LargeBinaryArray


@dataclass(frozen=True, slots=True)
class Census:
    """What documents hold, in words (those of a phrase count each), and what becomes of them.

    Per document, int64: `covered`, `eligible`; words are those of `substitution.counts`. Of all
    together, int64: `lost`, by rule of `LOST_TO`; `entries` and `covered_entries`, by the lexicon's
    entry, all words and the covered ones; `senses`, eligible words by the lexicon's sense;
    `eligible_by_language`. `forms`: one a window. `translations`: how many rows the lexicon has.
    """

    substitution: Substitution
    covered: Int64s
    eligible: Int64s
    lost: Int64s
    entries: Int64s
    covered_entries: Int64s
    senses: Int64s
    eligible_by_language: Int64s
    forms: tuple[Forms, ...]
    translations: int


def take_census(
    texts: Sequence[Buffer], keys: UInt64s, lexicon: CompiledLexicon, policy: Policy
) -> Census:
    """Count what documents hold, and substitute them; they are given as to `substitute`."""
    look = _Look(len(texts), lexicon)
    substitution = substitute(texts, keys, lexicon, policy, look=look)
    return Census(
        substitution=substitution,
        covered=look.covered,
        eligible=look.eligible,
        lost=look.lost,
        entries=look.entries,
        covered_entries=look.covered_entries,
        senses=look.senses,
        eligible_by_language=look.eligible_by_language,
        forms=tuple(look.forms),
        translations=len(lexicon.cumulative),
    )


class _Look:
    """Counts what the windows of a block hold, one after the other."""

    def __init__(self, documents: int, lexicon: CompiledLexicon) -> None:
        self.lexicon = lexicon
        self.covered, self.eligible = np.zeros((2, documents), np.int64)
        self.lost = np.zeros(len(LOST_TO), np.int64)
        entries = len(lexicon.flags)
        self.entries, self.covered_entries = np.zeros((2, entries), np.int64)
        self.senses = np.zeros(len(lexicon.first) - 1, np.int64)
        self.eligible_by_language = np.zeros(lexicon.languages, np.int64)
        self.forms: list[Forms] = []

    def __call__(self, text: Text, units: Units, documents: Int64s) -> None:
        counts = text.words.counts
        self.covered[documents] += sums(units.words, counts)
        self.eligible[documents] += sums(units.words * units.is_eligible, counts)
        lost = where_true(units.lost >= 0)
        self.lost += _counted(units.lost.take(lost), units.words.take(lost), len(LOST_TO))
        self._count_senses(units)

        entries = text.entries
        is_covered = units.words > 0
        several = where_true(units.words > 1)
        sizes = units.words.take(several).astype(np.int64)
        is_covered[ragged_range(several, sizes)] = True
        size = len(self.entries)
        self.entries += np.bincount(entries, minlength=size)
        self.covered_entries += np.bincount(entries.compress(is_covered), minlength=size)
        others = where_true(entries == NOT_COVERED)
        self.forms.append(_forms_of(text, others, is_covered.take(others)))

    def _count_senses(self, units: Units) -> None:
        for senses in units.senses:
            some = where_true(senses)
            own = self.lexicon.whole.take(senses.take(some))
            words = units.words.take(some)
            self.senses += _counted(own, words, len(self.senses))
            self.eligible_by_language += _counted(
                self.lexicon.language_of.take(own), words, len(self.eligible_by_language)
            )


def _counted(numbers: npt.NDArray[np.integer], words: npt.NDArray[np.int16], size: int) -> Int64s:
    """How many words each number stands for."""
    result: Int64s = np.bincount(numbers, words, size).astype(np.int64)
    return result


def _fingerprints(keys: WordKeys) -> UInt64s:
    """A 64-bit hash of each key that is not empty, of its first `_FINGERPRINT_LANES` lanes.

    Of keys of one lane no two have the same one.
    """
    view = lane_view(keys.buffer)
    hashes = mix(gather_lanes(view, keys.starts, keys.sizes, 1)[0])
    rows = where_true(keys.sizes > LANE)
    for lane in range(1, _FINGERPRINT_LANES):
        if not rows.size:
            break
        starts = keys.starts.take(rows) + lane * LANE
        sizes = np.minimum(keys.sizes.take(rows) - lane * LANE, LANE)
        hashes[rows] = mix(hashes.take(rows) ^ gather_lanes(view, starts, sizes, 1)[0])
        rows = rows.compress(keys.sizes.take(rows) > (lane + 1) * LANE)
    return hashes


def _forms_of(text: Text, index: Int64s, covered: Bools) -> Forms:
    """The forms of some words of a text."""
    keys = text.keys.take(index)
    hashes = _fingerprints(keys)
    order = np.argsort(hashes)
    hashes = hashes.take(order)
    begins = where_true(firsts(hashes)) if hashes.size else order
    first = order.take(begins)
    so_far = np.concatenate((np.zeros(1, np.int64), np.cumsum(covered.take(order))))
    bounds = np.append(begins, len(order))
    return Forms(
        hashes=hashes.take(begins),
        counts=np.diff(bounds),
        covered=np.diff(so_far.take(bounds)),
        texts=_texts_of(keys, first),
    )


def _texts_of(keys: WordKeys, index: Int64s) -> pa.LargeBinaryArray:
    sizes = np.minimum(keys.sizes.take(index), MOST_FORM_BYTES)
    at = ragged_range(keys.starts.take(index), sizes)
    data = np.frombuffer(keys.buffer, np.uint8).take(at)
    offsets = np.concatenate((np.zeros(1, np.int64), sizes.cumsum()))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(index), buffers)


def texts_of_entries(lexicon: CompiledLexicon) -> list[str]:
    """The folded form of each entry of one word; "" for entries of several words, and for none."""
    texts = [""] * len(lexicon.flags)
    for table in lexicon.tables:
        slots = where_true(table.entries > 0)
        raw = np.ascontiguousarray(table.keys[:, slots].T).astype("<u8").tobytes()
        size = table.lanes * LANE
        for n, entry in enumerate(table.entries[slots].tolist()):
            key = raw[n * size : (n + 1) * size].rstrip(b"\0")
            texts[entry] = key.decode("utf-8", "replace")
    return texts
