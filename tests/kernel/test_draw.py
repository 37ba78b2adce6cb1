"""The draws: SplitMix64 as published, uniform, and a function of nothing but their arguments."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.kernel import draw
from link.language import draws
from tests.strategies import KEYS, examples

PURPOSES = (draws.PORTION, draws.WORD, draws.TRANSLATION, draws.LANGUAGE, draws.MODE)


@pytest.mark.parametrize(
    ("seed", "outputs"),
    [
        # The generator's published first outputs.
        (
            1234567,
            [
                6457827717110365317,
                3203168211198807973,
                9817491932198370423,
                4593380528125082431,
                16408922859458223821,
            ],
        ),
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]),
    ],
)
def test_a_documents_words_take_the_outputs_of_splitmix64(seed: int, outputs: list[int]) -> None:
    states = np.full(len(outputs), seed, np.uint64)
    assert draw.word_numbers(states, np.arange(len(outputs))).tolist() == outputs


@examples(100)
@given(st.lists(KEYS, min_size=1))
def test_mixing_many_numbers_is_mixing_each(numbers: list[int]) -> None:
    assert draw.mix(np.array(numbers, np.uint64)).tolist() == list(map(draws.mix_one, numbers))


@pytest.mark.parametrize(
    ("probability", "threshold"),
    [(0, 0), (1, draws.ONE), (0.5, draws.ONE // 2), (1e-300, 1), (1 - 2**-53, draws.ONE - 1)],
)
def test_probability_0_never_happens_and_1_always(probability: float, threshold: int) -> None:
    assert draws.threshold(probability) == threshold


def _chi_square(numbers: np.ndarray, bins: int) -> float:
    observed = np.bincount((numbers >> np.uint64(53 - bins.bit_length() + 1)).astype(int))
    expected = len(numbers) / bins
    return float(((observed - expected) ** 2 / expected).sum())


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
def test_draws_are_uniform_over_documents_and_over_words(seed: int, purpose: int) -> None:
    count, bins = 1 << 16, 64
    limit = (bins - 1) + 6 * (2 * (bins - 1)) ** 0.5  # six standard deviations
    states = draw.document_states(np.arange(count, dtype=np.uint64), seed, purpose)
    assert _chi_square(draw.draws_of(states.copy()), bins) < limit
    one_document = np.full(count, states[0])
    words = draw.word_numbers(one_document, np.arange(count))
    assert _chi_square(draw.draws_of(words), bins) < limit
    lemmas = np.arange(count, dtype=np.uint64)
    assert _chi_square(draw.lemma_draws(one_document, lemmas), bins) < limit


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(PURPOSES, 2)))
def test_streams_of_two_purposes_are_uncorrelated(one: int, other: int) -> None:
    keys = np.arange(1 << 16, dtype=np.uint64)
    pair = np.stack(
        [draw.draws_of(draw.document_states(keys, 0, purpose)) for purpose in (one, other)]
    )
    centred = pair / draws.ONE - 0.5
    assert abs(12 * (centred[0] * centred[1]).mean()) < 6 / 256  # six standard deviations


@examples(50)
@given(st.lists(st.tuples(KEYS, st.integers(0, 1 << 40)), min_size=1), st.randoms(), KEYS)
def test_a_draw_depends_on_neither_its_order_nor_its_neighbours(
    places: list[tuple[int, int]], random_: random.Random, seed: int
) -> None:
    def drawn(some: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
        keys, ordinals = zip(*some, strict=True)
        states = draw.document_states(np.array(keys, np.uint64), seed, draws.WORD)
        numbers = draw.word_numbers(states, np.array(ordinals, np.int64))
        return dict(zip(some, numbers.tolist(), strict=True))

    shuffled = list(places)
    random_.shuffle(shuffled)
    assert drawn(shuffled) == drawn(places)
    assert drawn(places[:1]).items() <= drawn(places).items()


@pytest.mark.parametrize("weights", [[1.0], [0.1] * 10, [1e9, 1e-9, 1.0], [1e-300, 1e300]])
def test_the_last_threshold_is_certain(weights: list[float]) -> None:
    limits = draws.cumulative_thresholds(weights)
    assert limits[-1] == draws.ONE
    assert limits == sorted(limits)
