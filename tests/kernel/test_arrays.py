"""Array helpers that have a fast way for some inputs: all ways find the same."""

import numpy as np
import pytest

from link.arrays import where_true
from tests.kernel.helpers import both
from tests.kernel.seeded import case_of

MANY = 1 << 15


@pytest.mark.parametrize("size", [0, 7, MANY - 1, MANY, MANY + 1, MANY + 8, 3 * MANY + 5])
@pytest.mark.parametrize("share", [0, 0.01, 0.021, 0.05, 0.099, 0.3, 1])
def test_the_places_where_an_array_is_not_zero_are_found(size: int, share: float) -> None:
    mask = np.random.default_rng(size).random(size) < share
    expected = np.flatnonzero(mask).tolist()
    assert where_true(mask).tolist() == expected
    assert where_true(mask * np.uint8(6)).tolist() == expected
    every_other = np.repeat(mask, 2)[::2]
    assert where_true(every_other).tolist() == expected
    assert where_true(np.append(True, mask)[1:]).tolist() == expected


@pytest.mark.parametrize("seed", range(3))
def test_many_documents_share_a_window(seed: int) -> None:
    """So many that arrays of the window take their fast ways."""
    case = case_of(seed)
    texts = [text for number in range(40) for text in case_of(100 * seed + number).texts]
    both(texts, case.headwords, case.policy, case.languages)
