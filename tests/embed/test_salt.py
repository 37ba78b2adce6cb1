"""A donor's embeddings: which anchors a piece takes, and how much of each."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import load_file, save_file

from link.embed.salt import coefficients, sparsemax_support
from link.errors import UsageError
from tests.embed.helpers import INPUT, Clone, run, unit, write_model

SCORES = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1, 1, width=32))


@settings(deadline=None)
@given(SCORES)
def test_the_support_is_that_of_the_projection_on_the_simplex(scores: np.ndarray) -> None:
    """Sparsemax is max(z - τ, 0) with τ such that it sums to 1, which bisection finds."""
    low, high = scores.min() - 1, scores.max()
    for _ in range(100):
        tau = (low + high) / 2
        low, high = (tau, high) if np.maximum(scores - tau, 0).sum() > 1 else (low, tau)
    clear = np.abs(scores - tau) > 1e-9
    chosen = np.isin(np.arange(len(scores)), sparsemax_support(scores))
    assert np.array_equal(chosen[clear], (scores > tau)[clear])


def some_rows(seed: int, anchors: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.normal(size=(1, anchors, width)), draw.normal(size=(anchors, 5))


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(6, 12))
def test_an_anchor_maps_to_itself(seed: int, anchors: int, width: int) -> None:
    near, old = some_rows(seed, anchors, width)
    for own in range(anchors):
        alpha = coefficients(near[:, own], near, 1e-12)
        assert np.allclose(alpha @ old, old[own], atol=1e-4)


@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 9), st.integers(1, 9))
def test_it_goes_to_the_pseudo_inverse_as_the_ridge_goes_to_0(
    seed: int, anchors: int, width: int
) -> None:
    near, old = some_rows(seed, anchors, width)
    own = np.random.default_rng(seed + 1).normal(size=(1, width))
    expected = own @ np.linalg.pinv(near[0]) @ old
    errors = [
        np.abs(coefficients(own, near, ridge) @ old - expected).max() for ridge in (1, 1e-3, 1e-9)
    ]
    scale = 1 + np.abs(np.linalg.pinv(near[0])).max() ** 3
    assert errors[2] < 1e-5 * scale
    assert errors[2] <= errors[0] + 1e-9


def test_a_donor_that_knows_the_clone_leads_to_the_twins(tmp_path: Path, clone: Clone) -> None:
    """The donor's rows are the old model's of the twins, turned: what is near stays near."""
    model = write_model(tmp_path / "old.safetensors", clone.english)
    args = (model, clone.english, clone.cloned)
    by_lexicon, _ = run(tmp_path / "lexicon.safetensors", *args, lexicons=[clone.lexicon])
    draw = np.random.default_rng(5)
    turn, _ = np.linalg.qr(draw.normal(size=(48, 48)))
    donor = tmp_path / "donor.safetensors"
    save_file({INPUT: (by_lexicon[INPUT] @ turn).astype(np.float32)}, donor)
    new, report = run(
        tmp_path / "salt.safetensors",
        *args,
        method="salt",
        donor=donor,
        lexicons=[clone.lexicon],
        ridge=1e-9,
    )
    assert report["anchors"] > 300
    assert report["origins"]["donor"] > 200
    assert report["origins"]["random"] == 0
    cosine = (unit(new[INPUT]) * unit(by_lexicon[INPUT])).sum(1)
    assert np.median(cosine) > 0.95


def test_a_ridge_that_is_too_small_for_equal_anchors_is_told() -> None:
    near = np.ones((1, 2, 3))
    assert coefficients(near[:, 0], near, 1e-3).shape == (1, 2)
    with pytest.raises(UsageError, match="--ridge 0 is too small"):
        coefficients(near[:, 0], near, 0)


def test_salt_needs_a_donor_with_its_tokenizer(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    args = (tmp_path / "new.safetensors", model, clone.english, clone.cloned)
    with pytest.raises(UsageError, match="--method salt and --donor go together"):
        run(*args, method="salt")
    donor = write_model(tmp_path / "donor.safetensors", 77)
    with pytest.raises(UsageError, match=r"77 rows.*--donor-tokenizer"):
        run(*args, method="salt", donor=donor)
    assert load_file(donor)[INPUT].shape[0] == 77
