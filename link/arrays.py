"""Ragged arrays: many runs of different lengths, without a loop over them.

starts   [ 3,        10,   14 ]
lengths  [ 4,         1,    2 ]
ragged   [ 3 4 5 6 | 10 | 14 15 ]
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from link.block import Int64s

_T = TypeVar("_T", bound=np.generic)
Bools = npt.NDArray[np.bool_]
UInt8s = npt.NDArray[np.uint8]
Spans = tuple[Int64s, Int64s]
"""Begins and ends, each int64."""

NO_PLACES = np.empty(0, np.int64)
NO_SPANS = (NO_PLACES, NO_PLACES)


def where_true(mask: npt.NDArray[np.generic]) -> Int64s:
    """The places where an array is not zero, ascending: `np.flatnonzero`, but faster.

    Of booleans numpy finds them fastest. If 2 to 10 % are true, it is faster to find the groups of
    eight that hold any first.
    """
    if mask.dtype != np.bool_:
        mask = mask != 0
    if len(mask) < _SAMPLE or not 0.02 < np.count_nonzero(mask[:_SAMPLE]) / _SAMPLE <= 0.1:
        return mask.nonzero()[0]
    size = len(mask) // 8 * 8
    eights = np.ascontiguousarray(mask[:size]).view(np.uint64)
    some = (eights != 0).nonzero()[0]
    within = eights[some].view(np.bool_).nonzero()[0]
    places: Int64s = some.take(within >> 3)
    places <<= 3
    within &= 7
    places += within
    return np.append(places, mask[size:].nonzero()[0] + size)


_SAMPLE = 1 << 15
"""From how many places at the beginning the share is told; shorter arrays are not worth it."""


def ragged_range(starts: Int64s, lengths: Int64s) -> Int64s:
    """All positions of all runs, one run after another; shape (lengths.sum(),)."""
    before = lengths.cumsum() - lengths
    positions = np.repeat(starts - before, lengths)
    positions += np.arange(len(positions))
    return positions


def interleave(evens: Int64s, odds: Int64s) -> Int64s:
    """[e0, o0, e1, o1, …]; both of the same length."""
    both = np.empty(2 * len(evens), np.int64)
    both[0::2] = evens
    both[1::2] = odds
    return both


def firsts(sorted_values: npt.NDArray[np.generic]) -> Bools:
    """Whether each value differs from the one before it."""
    result = np.ones(len(sorted_values), np.bool_)
    np.not_equal(sorted_values[1:], sorted_values[:-1], out=result[1:])
    return result


def is_one_of(values: npt.NDArray[_T], sorted_values: npt.NDArray[_T]) -> Bools:
    """Whether each value is one of a few others: `np.isin` with less ceremony."""
    found: Bools = sorted_values.take(sorted_values.searchsorted(values), mode="clip") == values
    return found


def counts_below(values: Int64s, limits: Int64s) -> Int64s:
    """How many of some values are below each of some limits; both ascend.

    `values.searchsorted(limits)`, but faster where the values are fewer.
    """
    first = limits.searchsorted(values, "right")  # of the limits that are above each
    below: Int64s = np.bincount(first, minlength=len(limits) + 1)[:-1].cumsum()
    return below


def begins_of_runs(places: Int64s) -> Bools:
    """Whether each place (ascending) is not right behind the one before it."""
    result = np.ones(len(places), np.bool_)
    np.not_equal(places[1:], places[:-1] + 1, out=result[1:])
    return result


def sums(values: npt.NDArray[np.generic], lengths: Int64s) -> Int64s:
    """The sum of each run of values, one run behind another; booleans count as 0 and 1."""
    result = np.zeros(len(lengths), np.int64)
    some = where_true(lengths)
    if some.size:
        begins = (lengths.cumsum() - lengths).take(some)
        result[some] = np.add.reduceat(values, begins, dtype=np.int64)
    return result


def merged(spans: Spans) -> Spans:
    """The same spans, ascending, those that overlap or touch as one."""
    starts, ends = spans
    if len(starts) < 2:
        return spans
    if (starts[1:] < starts[:-1]).any():
        order = np.argsort(starts, kind="stable")
        starts, ends = starts.take(order), ends.take(order)
    ends = np.maximum.accumulate(ends)
    opens = np.ones(len(starts), np.bool_)
    np.greater(starts[1:], ends[:-1], out=opens[1:])
    closes = np.append(opens[1:], True)
    return starts.compress(opens), ends.compress(closes)


def orbit(following: Int64s, roots: Int64s) -> Int64s:
    """What is reached from some places by going on and on; ascending.

    `following`: int64, shape (places,), the place behind each, always a later one; `places` itself
    is the end. `roots`: ascending. Steps of 1, 2, 4, … are taken by all places at once (pointer
    doubling), so passes are few however long the way is.
    """
    size = len(following)
    reached = np.zeros(size + 1, np.bool_)
    reached[roots] = True
    reached[size] = True
    step = np.append(following, size)
    new = roots
    for _ in range(_FEW_STEPS):  # nearly always enough
        new = step.take(new)
        new = new.compress(~reached.take(new))
        if not new.size:
            return where_true(reached[:-1])
        reached[new] = True
    while True:
        at = where_true(reached[:-1])
        to = step.take(at)
        reached[to] = True
        if (to == size).all():
            return where_true(reached[:-1])
        step = step.take(step)


_FEW_STEPS = 4


def left_to_right(begins: Int64s, ends: Int64s) -> Int64s:
    """Those of some spans (rows) of which each blocks those that begin inside it.

    The spans ascend and begin at different places.
    """
    apart = np.ones(len(begins), np.bool_)
    np.greater_equal(begins[1:], np.maximum.accumulate(ends)[:-1], out=apart[1:])
    return orbit(begins.searchsorted(ends), where_true(apart))
