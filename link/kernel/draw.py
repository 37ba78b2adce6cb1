"""Counter-based random draws: every draw is a mix of (seed, document key, position), no state.

So a draw depends on nothing but the document and the seed, and raising a ratio only raises the
threshold that the same draw is compared with: swaps are nested.

The mixer is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
generators", OOPSLA 2014, variant 13 of Stafford), and a document's words take the generator's
successive outputs from the document's own starting state. A draw is the top 53 bits, an integer
below `ONE`; a probability p is the threshold ceil(p * ONE).
"""

import math

import numpy as np
import numpy.typing as npt

from link.block import Int64s, UInt64s

ONE = 1 << 53
"""Draws are integers below this; they are exact as 64-bit floats."""

# What a draw is for; each purpose has a stream of its own.
PORTION, WORD, TRANSLATION, LANGUAGE, MODE = 1, 2, 3, 4, 5

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def mix_one(number: int) -> int:
    """SplitMix64's finaliser of one 64-bit number.

    >>> hex(mix_one(1))
    '0x5692161d100b05e5'
    """
    number = (number ^ number >> 30) * _FIRST & _MASK
    number = (number ^ number >> 27) * _SECOND & _MASK
    return number ^ number >> 31


def stream(seed: int, purpose: int) -> int:
    """The 64-bit number that sets one seed's draws for one purpose apart from all others."""
    return mix_one(mix_one((seed + _GOLDEN) & _MASK) ^ purpose)


def threshold(probability: float) -> int:
    """A draw below this happens with the given probability; 0 never, `ONE` always."""
    return math.ceil(probability * ONE)


def thresholds(probabilities: npt.NDArray[np.float64]) -> UInt64s:
    """`threshold` of each."""
    return np.ceil(probabilities * ONE).astype(np.uint64)


def mix(numbers: UInt64s) -> UInt64s:
    """SplitMix64's finaliser of each number, in place."""
    numbers ^= numbers >> np.uint64(30)
    numbers *= np.uint64(_FIRST)
    numbers ^= numbers >> np.uint64(27)
    numbers *= np.uint64(_SECOND)
    numbers ^= numbers >> np.uint64(31)
    return numbers


def document_states(keys: UInt64s, seed: int, purpose: int) -> UInt64s:
    """Each document's starting state; shape (documents,)."""
    return mix(keys ^ np.uint64(stream(seed, purpose)))


def draws_of(numbers: UInt64s) -> UInt64s:
    """The draw that each 64-bit random number makes: its top 53 bits."""
    draws: UInt64s = numbers >> np.uint64(11)
    return draws


def word_numbers(states: UInt64s, ordinals: Int64s) -> UInt64s:
    """A 64-bit random number a word, from its document's state and its place in the document.

    `states`: uint64, shape (words,), already repeated for each word; `ordinals`: int64, from 0.
    """
    steps = (ordinals + 1).view(np.uint64) * np.uint64(_GOLDEN)
    steps += states
    return mix(steps)


def lemma_draws(states: UInt64s, lemmas: UInt64s) -> UInt64s:
    """One draw for each pair of a state (a document's, or a word's number) and a lemma's hash."""
    return draws_of(mix(states ^ lemmas))


def picks(numbers: UInt64s, weights: Int64s) -> Int64s:
    """For each 64-bit random number one of some columns, by weight and its upper half.

    `weights`: int64, shape (numbers, columns), whole numbers below 2**31 in all, not all 0.
    """
    limits = np.cumsum(weights, axis=1)
    points = ((numbers >> np.uint64(32)) * limits[:, -1].astype(np.uint64)) >> np.uint64(32)
    column: Int64s = np.argmax(limits > points.view(np.int64)[:, None], axis=1)
    return column
