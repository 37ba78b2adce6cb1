"""Which documents of a source are taken, how often, and in which order they stand.

Everything is a draw from (seed, source, document key): it does not matter where a document stands.
Raising `keep`, the copies or the epochs only adds documents.

Copies of one English document, swapped into several languages, have one key if the key is a field
of the record (`--key-field id`). Each language then draws a number for the document, and those with
the lowest numbers have it.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import xxhash

from link.block import Int64s, UInt64s
from link.kernel import draw
from link.language.draws import ONE

KEEP, COPY, EPOCH, ORDER = 96, 97, 98, 99
"""Purposes of draws, beside those of others (`link.run.documents`)."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a source is there at all.

    `keep`: the share of its documents. `copies`: in how many of the sources `siblings` (this one
    among them) a document may be; None for all.
    """

    source: str
    seed: int
    keep: Fraction = Fraction(1)
    copies: int | None = None
    siblings: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The share of documents that may be expected."""
        siblings = max(1, len(self.siblings))
        copies = siblings if self.copies is None else min(self.copies, siblings)
        return float(self.keep) * copies / siblings

    def kept(self, keys: UInt64s) -> Bools:
        """Whether each document is there; shape (documents,)."""
        kept: Bools = _draws(keys, self.source, self.seed, KEEP) < np.uint64(_threshold(self.keep))
        if self.copies is None:
            return kept
        own = _draws(keys, self.source, self.seed, COPY)
        rank = np.zeros(len(keys), np.int64)
        for other in self.siblings:
            if other != self.source:
                theirs = _draws(keys, other, self.seed, COPY)
                rank += (theirs < own) | ((theirs == own) & (other < self.source))
        kept &= rank < self.copies
        return kept


@dataclass(frozen=True, slots=True)
class Epochs:
    """How often documents of a source are read: `full` times, and a share `part` once more."""

    source: str
    seed: int
    full: int
    part: Fraction

    def times(self, keys: UInt64s) -> Int64s:
        """How often each document is read; shape (documents,)."""
        more = _draws(keys, self.source, self.seed, EPOCH) < np.uint64(_threshold(self.part))
        times: Int64s = self.full + more.astype(np.int64)
        return times

    def places(self, keys: UInt64s, epoch: int) -> UInt64s:
        """Where each document stands in an epoch: uint64, evenly distributed over all places."""
        states = draw.document_states(_named(keys, self.source), self.seed, ORDER)
        return draw.word_numbers(states, np.full(len(keys), epoch, np.int64))


def _draws(keys: UInt64s, source: str, seed: int, purpose: int) -> UInt64s:
    return draw.draws_of(draw.document_states(_named(keys, source), seed, purpose))


def _named(keys: UInt64s, source: str) -> UInt64s:
    """Keys of one source, which have nothing to do with those of another."""
    named: UInt64s = keys ^ np.uint64(xxhash.xxh3_64_intdigest(source.encode()))
    return named


def _threshold(share: Fraction) -> int:
    return math.ceil(share * ONE)
