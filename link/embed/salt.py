"""Rows by way of a donor: a model of the target language whose embeddings say what is near what.

After "Semantic Aware Linear Transfer" (Lee and others, arXiv 2505.10945). Anchors are pieces with a
row in the donor (A) and in the old model (B). A piece takes the anchors that are near it in the
donor, writes its donor row as a sum of theirs, and takes the same sum of their old rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.embed.pairs import Pairs
from link.embed.vocabulary import SPECIAL, Vocabulary
from link.embed.weights import Float32s, Float64s, Tensor, unit
from link.errors import UsageError

RIDGE = 1e-3
MOST_NEAR = 512
"""Anchors of a piece; more have a share of their cosines only where nearly all are the same."""

_PIECES_AT_A_TIME = 256


@dataclass(frozen=True, slots=True)
class Anchors:
    """Rows of the donor and of the old model that stand for the same: shape (anchors,) each.

    Ascending by the donor piece's bytes, then the old row, so that their order depends on no
    vocabulary's.
    """

    donor: Int64s
    source: Int64s


def find_anchors(source: Vocabulary, donor: Vocabulary, pairs: Pairs) -> Anchors:
    """Pieces that both vocabularies have, and pairs of words that are one piece on each side."""
    twins = donor.twins(source)
    found = {
        (number, twin)
        for number, twin in enumerate(twins.tolist())
        if twin >= 0 and donor.pieces[number].kind != SPECIAL
    }
    words = [(space + one, space + other) for one, other in pairs for space in ("", " ")]
    sources = source.cut([one for one, _ in words])
    donors = donor.cut([other for _, other in words])
    for own, theirs in zip(sources, donors, strict=True):
        if len(own) == len(theirs) == 1 and twins[theirs[0]] < 0:
            found.add((theirs[0], own[0]))
    ordered = sorted(found, key=lambda one: (donor.pieces[one[0]], one[1]))
    columns = np.array(ordered, np.int64).reshape(-1, 2)
    return Anchors(columns[:, 0], columns[:, 1])


def transfer(
    pieces: Int64s, anchors: Anchors, tensor: Tensor, ridge: float = RIDGE
) -> Iterator[tuple[int, Int64s, Float64s]]:
    """Of each donor piece its place in `pieces`, the old rows that it is made of, and how much of
    each. `tensor`: the donor's embeddings.

    A piece whose donor row is zero is left out. The donor's rows of all anchors are in memory.
    """
    rows = tensor.rows(anchors.donor)
    units = unit(rows)
    for begin in range(0, len(pieces), _PIECES_AT_A_TIME):
        own = tensor.rows(pieces[begin : begin + _PIECES_AT_A_TIME])
        near = [sparsemax_support(cosines) for cosines in unit(own) @ units.T]
        sizes = np.fromiter(map(len, near), np.int64, len(near))
        nonzero = own.any(axis=1)
        for size in np.unique(sizes).tolist():  # those of one size are solved together
            places = np.flatnonzero((sizes == size) & nonzero)
            chosen = np.stack([near[place] for place in places]) if len(places) else None
            if chosen is None:
                continue
            alpha = coefficients(own[places], rows[chosen], ridge)
            for place, sources, share in zip(places.tolist(), chosen, alpha, strict=True):
                yield begin + place, anchors.source[sources], share


def sparsemax_support(scores: npt.NDArray[np.floating], most: int = MOST_NEAR) -> Int64s:
    """Where the sparsemax of some scores is above zero, ascending (Martins and Astudillo, 2016).

    With scores in descending order z, these are the k first, for the largest k such that
    1 + k z_k > z_1 + … + z_k. At most `most` of them.

    >>> sparsemax_support(np.array([0.1, 2.0, 1.5, 0.9])).tolist()
    [1, 2]
    """
    order = np.argsort(-scores, kind="stable")[:most]
    z = scores[order].astype(np.float64)
    k = np.arange(1, len(z) + 1)
    return np.sort(order[: np.flatnonzero(1 + k * z > np.cumsum(z))[-1] + 1])


def coefficients(own: Float32s, near: Float32s, ridge: float) -> Float64s:
    """α = e Aᵀ (A Aᵀ + λ I)⁻¹ of several e at a time: shape (pieces, anchors).

    `own`: e, shape (pieces, width). `near`: A, shape (pieces, anchors, width). `ridge`: λ, not
    below 0. As λ goes to 0, α B goes to e A⁺ B. Raises `UsageError` if there is no solution.
    """
    a, e = near.astype(np.float64), own.astype(np.float64)
    gram = a @ a.transpose(0, 2, 1) + ridge * np.eye(a.shape[1])
    right = a @ e[:, :, None]
    try:
        return np.linalg.solve(gram, right)[:, :, 0]
    except np.linalg.LinAlgError:
        raise UsageError(
            f"--ridge {ridge:g} is too small for this donor, which has rows that are the same; "
            f"raise it, say to {RIDGE:g}"
        ) from None
