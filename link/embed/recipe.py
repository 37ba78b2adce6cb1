"""Recipes: of which old rows each new row is made, and how much of each; and the rows they make."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.embed.vocabulary import Vocabulary
from link.embed.weights import Float32s, Float64s, Tensor, block_rows

COPIED, LEXICON, DONOR, PIECES, RANDOM = range(5)
ORIGINS = ("copied", "lexicon", "donor", "pieces", "random")
"""Where a row comes from: the same piece of the old vocabulary, the lexicon, a donor model, the old
vocabulary's pieces of its text, or a draw."""


@dataclass(frozen=True)
class Recipe:
    """`origin`: of each new row, uint8, shape (rows,). The old rows of new row k are
    `sources[offsets[k]:offsets[k + 1]]`, with `coefficients` of the same places; `keys[k]` is what
    a random row is drawn from, with the seed.
    """

    origin: npt.NDArray[np.uint8]
    offsets: Int64s
    sources: Int64s
    coefficients: Float64s
    keys: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.origin)

    def entries(self, row: int) -> slice:
        """Where a row's sources are."""
        return slice(int(self.offsets[row]), int(self.offsets[row + 1]))


class RecipeMaker:
    """Puts a recipe together. The first to give a piece its sources has the say."""

    def __init__(self, target: Vocabulary, rows: int) -> None:
        self.origin = np.full(rows, RANDOM, np.uint8)
        unused = (b"%d" % number for number in range(len(target), rows))
        kinds = [b"%d:%b" % piece for piece in target.pieces]
        self._keys = [*kinds, *(b"3:" + number for number in unused)]
        nothing = np.zeros(0, np.int64)
        self._parts: list[tuple[Int64s, Int64s, Float64s]] = [(nothing, nothing, np.zeros(0))]

    @property
    def has_row(self) -> npt.NDArray[np.bool_]:
        """Which rows are made by now: shape (rows,)."""
        return np.asarray(self.origin != RANDOM)

    def add(self, origin: int, rows: Int64s, sources: Int64s, coefficients: Float64s) -> None:
        """Sources of rows; those of rows that have some already are passed over."""
        new = ~self.has_row[rows]
        self._parts.append((rows[new], sources[new], coefficients[new]))
        self.origin[rows[new]] = origin

    def add_means(self, source: Vocabulary, target: Vocabulary) -> None:
        """Rows that are missing: the mean of the old rows of the pieces of their text."""
        missing = [one for one in np.flatnonzero(~self.has_row).tolist() if one < len(target)]
        cuts = cut_pieces(source, target, missing)
        sizes = np.fromiter(map(len, cuts), np.int64, len(cuts))
        rows = np.repeat(np.array(missing, np.int64), sizes)
        sources = np.array([number for cut in cuts for number in cut], np.int64)
        self.add(PIECES, rows, sources, 1.0 / np.repeat(sizes, sizes))

    def made(self) -> Recipe:
        """The recipe: sources of a row ascend, and each stands once."""
        rows, sources, shares = map(np.concatenate, zip(*self._parts, strict=True))
        size = int(sources.max(initial=0)) + 1
        keys, key = np.unique(rows * size + sources, return_inverse=True)
        offsets = np.searchsorted(keys // size, np.arange(len(self.origin) + 1))
        coefficients = np.bincount(key, shares, len(keys)).astype(np.float64)
        return Recipe(self.origin, offsets, keys % size, coefficients, self._keys)


def cut_pieces(
    source: Vocabulary, target: Vocabulary, numbers: Sequence[int]
) -> list[tuple[int, ...]]:
    """The old pieces of each new piece's text; () of special ones and where there are none."""
    texts = [_text(target, number) for number in numbers]
    cuts = source.cut([text or "" for text in texts])
    found = []
    for number, text, cut in zip(numbers, texts, cuts, strict=True):
        if not cut and text is None:  # part of a character: by its bytes
            cut = tuple(map(source.byte, target.pieces[number].data))
        found.append(cut if min(cut, default=0) >= 0 else ())
    return found


def _text(target: Vocabulary, number: int) -> str | None:
    if not target.has_text(number):
        return ""
    try:
        return target.pieces[number].data.decode()
    except UnicodeDecodeError:
        return None


@dataclass(frozen=True)
class Cook:
    """Makes rows of one matrix by a recipe. `pieces`: how many of the old rows have a piece.
    `match_norms`: a row that is a sum gets the mean length of what it is a sum of, by the size of
    the coefficients.
    """

    recipe: Recipe
    tensor: Tensor
    pieces: int
    seed: int
    match_norms: bool = False

    @cached_property
    def spread(self) -> tuple[Float64s, Float64s]:
        """Mean and standard deviation of the old rows by dimension: shape (width,) each."""
        mean, squares = np.zeros(self.tensor.width), np.zeros(self.tensor.width)
        for block in self.tensor.blocks(self.pieces):
            mean += block.sum(0, np.float64) / self.pieces
        for block in self.tensor.blocks(self.pieces):
            squares += np.square(block - mean).sum(0) / self.pieces
        return mean, np.sqrt(squares)

    def rows(self, numbers: Int64s) -> Float32s:
        """Some new rows: shape (numbers, width). A row does not depend on the others."""
        made = np.zeros((len(numbers), self.tensor.width), np.float32)
        copied = self.recipe.origin[numbers] == COPIED
        sources = self.recipe.sources[self.recipe.offsets[numbers[copied]]]
        made[copied] = self.tensor.rows(sources)
        for place in np.flatnonzero(~copied).tolist():
            number = int(numbers[place])
            if self.recipe.origin[number] == RANDOM:
                made[place] = self._drawn(number)
            else:
                made[place] = self._summed(self.recipe.entries(number))
        return made

    def blocks(self) -> Iterator[Float32s]:
        """All new rows, a block after the other."""
        step = block_rows(self.tensor.width)
        for begin in range(0, len(self.recipe), step):
            yield self.rows(np.arange(begin, min(len(self.recipe), begin + step)))

    def _summed(self, entries: slice) -> Float32s:
        sources, coefficients = self.recipe.sources[entries], self.recipe.coefficients[entries]
        total = np.zeros(self.tensor.width, np.float32)
        norm = 0.0
        is_matched = self.match_norms and self.tensor.width > 1
        step = block_rows(self.tensor.width)
        for begin in range(0, len(sources), step):
            part = slice(begin, begin + step)
            rows, own = self.tensor.rows(sources[part]), coefficients[part]
            total += own.astype(np.float32) @ rows
            if is_matched:
                norm += float(np.abs(own) @ np.linalg.norm(rows, axis=1))
        if not is_matched:
            return total
        length = float(np.linalg.norm(total)) * float(np.abs(coefficients).sum())
        return total * np.float32(norm / length) if length else total

    def _drawn(self, number: int) -> Float32s:
        normal = drawn(self.seed, self.recipe.keys[number], self.tensor.width)
        mean, std = self.spread
        return (mean + std * normal).astype(np.float32)


def drawn(seed: int, key: bytes, count: int) -> Float64s:
    """Standard normal numbers that depend on seed and key alone: shape (count,).

    Philox (Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", 2011) with a hash of
    both as its key, whose bits no version of numpy changes; then Box and Muller's transform.
    """
    digest = hashlib.blake2b(b"%d:%b" % (seed, key), digest_size=16).digest()
    half = (count + 1) // 2
    bits = np.random.Philox(key=int.from_bytes(digest, "little")).random_raw(2 * half)
    uniform = ((bits >> np.uint64(11)) + 0.5) / float(1 << 53)
    radius, angle = np.sqrt(-2 * np.log(uniform[:half])), 2 * np.pi * uniform[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
