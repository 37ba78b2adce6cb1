"""Ragged arrays: many runs of different lengths, without a loop over them.

starts   [ 3,        10,   14 ]
lengths  [ 4,         1,    2 ]
ragged   [ 3 4 5 6 | 10 | 14 15 ]
"""

import numpy as np

from link.block import Int64s


def ragged_range(starts: Int64s, lengths: Int64s) -> Int64s:
    """All positions of all runs, one run after another; shape (lengths.sum(),)."""
    before = np.cumsum(lengths) - lengths
    positions = np.repeat(starts - before, lengths)
    positions += np.arange(len(positions))
    return positions


def interleave(evens: Int64s, odds: Int64s) -> Int64s:
    """[e0, o0, e1, o1, …]; both of the same length."""
    both = np.empty(2 * len(evens), np.int64)
    both[0::2] = evens
    both[1::2] = odds
    return both


def orbit(following: Int64s, roots: Int64s) -> Int64s:
    """What is reached from some places by going on and on; ascending.

    `following`: int64, shape (places,), the place behind each, always a later one; `places` itself
    is the end. Steps of 1, 2, 4, … are taken by all places at once, so passes are few however long
    the way is.
    """
    size = len(following)
    reached = np.zeros(size + 1, np.bool_)
    reached[roots] = True
    step = np.append(following, size)
    while True:
        at = np.flatnonzero(reached[:-1])
        to = step.take(at)
        reached[to] = True
        if (to == size).all():
            return np.flatnonzero(reached[:-1])
        step = step.take(step)
