"""What came out: where rows come from, of how much they are made, what they are near to."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.embed.recipe import DONOR, LEXICON, ORIGINS, PIECES, Cook, Recipe
from link.embed.vocabulary import TEXT, Vocabulary
from link.embed.weights import unit

SHOWN_ROWS = 20
SHOWN_NEAREST = 3
_LEAST_BYTES = 4  # of a piece that is shown: a space and three letters


@dataclass(frozen=True, slots=True)
class Near:
    """A new row, and the old pieces whose rows are nearest: `piece` and `cosine`, nearest first."""

    number: int
    piece: str
    nearest: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was made. `tensors`: name -> type; `rows`: of each, `padding` of them for no piece;
    `origins`: how many rows come from where; `effective_sources`: mean and median over the rows
    from the lexicon or donor (`effective_sources`), None without any; `pairs`: spellings of
    pairs that both vocabularies can spell, `unspelled`: others; `cuts`: how often words were cut;
    `anchors`: of the donor; `remarks`: what to look at.
    """

    method: str
    seed: int
    tensors: dict[str, str]
    is_tied: bool
    old_rows: int
    rows: int
    padding: int
    origins: dict[str, int]
    effective_sources: dict[str, float] | None
    near: tuple[Near, ...]
    pairs: int = 0
    unspelled: int = 0
    cuts: int = 0
    anchors: int = 0
    remarks: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return asdict(self)


def counted_origins(recipe: Recipe) -> dict[str, int]:
    """How many rows come from where."""
    counts = np.bincount(recipe.origin, minlength=len(ORIGINS)).tolist()
    return dict(zip(ORIGINS, counts, strict=True))


def effective_sources(recipe: Recipe) -> dict[str, float] | None:
    """Of the rows from the lexicon or donor, mean and median of the exponential of the entropy of
    their coefficients' shares: n for n equal ones. None without such rows.
    """
    is_made = np.isin(recipe.origin, (LEXICON, DONOR))
    if not is_made.any():
        return None
    row = np.repeat(np.arange(len(recipe)), np.diff(recipe.offsets))
    size = np.abs(recipe.coefficients)
    share = size / np.bincount(row, size, len(recipe))[row]
    entropy = -np.bincount(row, share * np.log(np.maximum(share, 1e-300)), len(recipe))
    made = np.exp(entropy[is_made])
    return {"mean": float(made.mean()), "median": float(np.median(made))}


def frequent_rows(
    recipe: Recipe, target: Vocabulary, weight: npt.NDArray[np.float64] | None
) -> Int64s:
    """Rows to show, the most frequent first: whole words that were made by the method, if there are
    enough. `weight`: how frequent each is; without one, a lower number is a more frequent piece.
    """
    numbers = np.arange(len(target))
    origin = recipe.origin[: len(target)]
    by_method = np.isin(origin, (LEXICON, DONOR))
    made = by_method if by_method.any() else origin == PIECES
    is_word = np.fromiter(map(_is_word, target.pieces), bool, len(target))
    order = np.argsort(-weight, kind="stable") if weight is not None else numbers
    words_first = [*order[(made & is_word)[order]], *order[(made & ~is_word)[order]]]
    return np.array(words_first[:SHOWN_ROWS], np.int64)


def _is_word(piece: Any) -> bool:
    kind, data = piece
    return kind == TEXT and len(data) >= _LEAST_BYTES and data[:1] == b" "


def nearest_pieces(
    cook: Cook, numbers: Int64s, source: Vocabulary, target: Vocabulary, most: int = SHOWN_NEAREST
) -> tuple[Near, ...]:
    """The old pieces of text that some new rows are nearest to."""
    own = unit(cook.rows(numbers))
    is_text = np.fromiter((one.kind == TEXT for one in source.pieces), bool, len(source))
    cosines = np.concatenate(
        [own @ unit(block).T for block in cook.tensor.blocks(len(source))], axis=1
    )
    cosines[:, ~is_text] = -np.inf
    near = []
    for number, row in zip(numbers.tolist(), cosines, strict=True):
        nearest = [
            {"piece": source.shown(old), "cosine": round(float(row[old]), 4)}
            for old in np.argsort(-row, kind="stable")[:most].tolist()
        ]
        near.append(Near(number, target.shown(number), nearest))
    return tuple(near)
