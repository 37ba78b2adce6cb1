"""Which documents are taken: by their keys alone, nested, and of copies no more than asked for."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from link.mixture.choose import Choice, Epochs
from tests.strategies import settings  # noqa: F401  # the profile

KEYS = np.arange(20_000, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
SEEDS = st.integers(0, (1 << 64) - 1)
LANGUAGES = ("de", "es", "sw", "tr")


@given(SEEDS, st.fractions(0, 1), st.fractions(0, 1))
def test_keeping_more_only_adds_documents(seed: int, one: Fraction, other: Fraction) -> None:
    less, more = (Choice("de", seed, share).kept(KEYS) for share in sorted((one, other)))
    assert not (less & ~more).any()
    assert abs(more.mean() - max(one, other)) < 0.02


@given(SEEDS, st.integers(0, 4))
def test_each_document_is_in_as_many_sources_as_asked_for(seed: int, copies: int) -> None:
    kept = [Choice(name, seed, copies=copies, siblings=LANGUAGES).kept(KEYS) for name in LANGUAGES]
    assert (np.sum(kept, axis=0) == copies).all()
    assert all(abs(each.mean() - copies / 4) < 0.02 for each in kept)
    more = [Choice(n, seed, copies=copies + 1, siblings=LANGUAGES).kept(KEYS) for n in LANGUAGES]
    assert all(not (each & ~wider).any() for each, wider in zip(kept, more, strict=True))


@given(SEEDS, st.integers(0, 3), st.fractions(0, 1))
def test_epochs_are_what_is_asked_for_and_nested(seed: int, full: int, part: Fraction) -> None:
    times = Epochs("de", seed, full, part).times(KEYS)
    assert set(times.tolist()) <= {full, full + 1}
    assert abs(times.mean() - (full + part)) < 0.02
    assert (times <= Epochs("de", seed, full, (1 + part) / 2).times(KEYS)).all()


def test_places_differ_by_epoch_source_and_seed_and_are_even() -> None:
    epochs = Epochs("de", 1, 2, Fraction(0))
    all_places = [
        epochs.places(KEYS, 0),
        epochs.places(KEYS, 1),
        Epochs("es", 1, 2, Fraction(0)).places(KEYS, 0),
        Epochs("de", 2, 2, Fraction(0)).places(KEYS, 0),
    ]
    assert len(np.unique(np.concatenate(all_places))) == 4 * len(KEYS)
    for places in all_places:
        in_tenths = np.bincount((places >> np.uint64(32)).astype(np.int64) * 10 >> 32)
        assert (abs(in_tenths - 2000) < 250).all()
