"""One draw, defined: a mix of (seed, purpose, document key, place), with no state.

So a draw depends on nothing but the document and the seed, and raising a ratio only raises the
threshold that the same draw is compared with: swaps are nested.

The mixer is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
generators", OOPSLA 2014, variant 13 of Stafford), and a document's words take the generator's
successive outputs from the document's own starting state. A draw is the top 53 bits, an integer
below `ONE`; a probability p is the threshold ceil(p * ONE).
"""

import math
from collections.abc import Sequence

ONE = 1 << 53
"""Draws are integers below this; they are exact as 64-bit floats."""

# What a draw is for; each purpose has a stream of its own.
PORTION, WORD, TRANSLATION, LANGUAGE, MODE = 1, 2, 3, 4, 5

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
FIRST_FACTOR, SECOND_FACTOR = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mix_one(number: int) -> int:
    """SplitMix64's finaliser of one 64-bit number.

    >>> hex(mix_one(1))
    '0x5692161d100b05e5'
    """
    number = (number ^ number >> 30) * FIRST_FACTOR & MASK
    number = (number ^ number >> 27) * SECOND_FACTOR & MASK
    return number ^ number >> 31


def stream(seed: int, purpose: int) -> int:
    """The 64-bit number that sets one seed's draws for one purpose apart from all others."""
    return mix_one(mix_one((seed + GOLDEN) & MASK) ^ purpose)


def threshold(probability: float) -> int:
    """A draw below this happens with the given probability; 0 never, `ONE` always."""
    return math.ceil(probability * ONE)


def cumulative_thresholds(weights: Sequence[float]) -> list[int]:
    """Thresholds t so that choice k is taken when t[k-1] <= draw < t[k]; the last is ONE.

    >>> [t / ONE for t in cumulative_thresholds([1, 3])]
    [0.25, 1.0]
    """
    if len(weights) == 1:
        return [ONE]
    total = sum(weights)
    so_far = 0.0
    result = []
    for weight in weights:
        so_far += weight
        result.append(min(ONE, threshold(so_far / total)))
    result[-1] = ONE
    return result
