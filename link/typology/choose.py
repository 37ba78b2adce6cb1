"""Which languages to choose: the nearest to one, or a few that stand for many."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from link.errors import UsageError
from link.typology.distances import Distance, Features, distances

Distances = npt.NDArray[np.float64]


def nearest(
    code: str, among: Sequence[str], weights: Mapping[str, float], features: Features
) -> list[Distance]:
    """Languages by their distance to one, which is left out; of equal ones the code decides.

    Those of which nothing is known that is known of the one are left out, too.
    """
    found = distances(code, among, weights, features)
    [own] = distances(code, [code], weights, features)
    known = [each for each in found if not math.isnan(each.total) and each.code != own.code]
    return sorted(known, key=lambda each: (each.total, each.code))


def matrix(codes: Sequence[str], weights: Mapping[str, float], features: Features) -> Distances:
    """The distance of each language to each other, the mean of both ways; float64, shape
    (codes, codes).

    Raises `UsageError` for two of which nothing is known for both.
    """
    rows = [distances(code, codes, weights, features) for code in codes]
    table = np.array([[each.total for each in row] for row in rows])
    if np.isnan(table).any():
        one, other = np.argwhere(np.isnan(table))[0]
        raise UsageError(
            f"{codes[one]} and {codes[other]} have no known features in common; leave one out"
        )
    mean: Distances = (table + table.T) / 2
    return mean


def medoids(table: Distances, count: int) -> tuple[list[int], npt.NDArray[np.int64]]:
    """Some rows that stand for all: the sum of distances to the nearest of them is small.

    Gives these rows, ascending, and of each row the one of them that it is nearest to. PAM
    (Kaufman and Rousseeuw 1990): greedy first, then the best exchange of a chosen and another row
    as long as one helps. The first of equal ones is taken, so the result is a function of the
    table.
    """
    chosen = [int(table.sum(axis=0).argmin())]
    while len(chosen) < count:
        near = table[:, chosen].min(axis=1)
        costs = np.minimum(table, near[:, None]).sum(axis=0)
        costs[chosen] = np.inf
        chosen.append(int(costs.argmin()))
    cost = table[:, chosen].min(axis=1).sum()
    while True:
        best, exchange = cost, None
        for place in range(count):
            others = [row for at, row in enumerate(chosen) if at != place]
            near = table[:, others].min(axis=1) if others else np.full(len(table), np.inf)
            costs = np.minimum(table, near[:, None]).sum(axis=0)
            row = int(costs.argmin())
            if costs[row] < best - 1e-12:
                best, exchange = costs[row], (place, row)
        if exchange is None:
            chosen.sort()
            return chosen, np.array(chosen)[table[:, chosen].argmin(axis=1)]
        chosen[exchange[0]] = exchange[1]
        cost = best
