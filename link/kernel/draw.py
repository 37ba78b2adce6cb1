"""Draws for whole arrays of words (`link.language.draws` defines one), and what they choose."""

import numpy as np

from link.arrays import where_true
from link.block import Int64s, UInt64s
from link.language.draws import FIRST_FACTOR, GOLDEN, SECOND_FACTOR, stream


def mix(numbers: UInt64s) -> UInt64s:
    """SplitMix64's finaliser of each number, in place."""
    numbers ^= numbers >> np.uint64(30)
    numbers *= np.uint64(FIRST_FACTOR)
    numbers ^= numbers >> np.uint64(27)
    numbers *= np.uint64(SECOND_FACTOR)
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

    `states`: uint64, shape (words,), already repeated for each word; `ordinals`: integers, from 0.
    """
    steps = ordinals.astype(np.uint64)
    steps += np.uint64(1)
    steps *= np.uint64(GOLDEN)
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
