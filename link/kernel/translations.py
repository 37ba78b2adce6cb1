"""Which translation a draw takes, and how translations are written."""

import numpy as np

from link.arrays import where_true
from link.block import Int64s, UInt64s

AS_SPELLED, CAPITALISED, IN_CAPITALS = range(3)
"""How a translation is written: number n of them is row `spelling * translations + n` of all."""

GUIDE_BITS = np.uint64(32)
GUIDE_SHIFT = np.uint64(21)  # of a 53-bit draw, 32 bits find the part
GUIDE_ONE = np.uint64(1 << 32)


def choose_translations(
    first: Int64s, cumulative: UInt64s, guides: Int64s, senses: Int64s, draws: UInt64s
) -> Int64s:
    """The translation each sense takes for its draw; int64 like `senses`.

    `first`, `cumulative`, `guides`: those of the compiled lexicon.

    Every n-th part of the draws has its own place to begin the search (a guide table: Chen and
    Asau 1974), from where the threshold is at most a few steps away.
    """
    begins = first.take(senses)
    counts = (first.take(senses + 1) - begins).view(np.uint64)
    part = (draws >> GUIDE_SHIFT) * counts >> GUIDE_BITS
    chosen: Int64s = guides.take(begins + part.view(np.int64))
    rest = where_true(draws >= cumulative.take(chosen))
    while rest.size:
        chosen[rest] += 1
        rest = rest[draws.take(rest) >= cumulative.take(chosen.take(rest))]
    return chosen
