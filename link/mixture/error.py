"""How far off a ratio of two sums over units that were drawn may be.

The delete-one jackknife, with Student's t. (Särndal, Swensson, Wretman, Model Assisted Survey
Sampling, chapter 5; Efron, The Jackknife, chapter 3.)
"""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CONFIDENCE = 0.95
_LEAST_UNITS = 5  # of fewer, no error can be told
_LARGEST_SHARE = 0.9  # of a unit, for the jackknife


def half_width(above: Floats, below: Floats) -> float:
    """Of the interval that holds the ratio of two sums over units; inf where these are too few."""
    count, total = len(above), float(below.sum())
    if not total:
        return 0.0
    if count < _LEAST_UNITS:
        return math.inf
    share = np.minimum(below / total, _LARGEST_SHARE)
    rest = (above - above.sum() / total * below) / (1 - share)
    return student(count - 1) * math.sqrt((count - 1) / count * float(rest @ rest)) / total


def student(free: int) -> float:
    """The quantile of Student's t that leaves half of 1 - `CONFIDENCE` above it, of 4 degrees of
    freedom or more (the expansion of Abramowitz and Stegun, 26.7.5).

    >>> round(student(10), 2), round(student(100), 3)
    (2.23, 1.984)
    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return (
        z
        + (z**3 + z) / (4 * free)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * free**3)
    )
