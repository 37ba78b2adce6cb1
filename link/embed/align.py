"""Which pieces of the old vocabulary a piece of the new one stands for, counted over word pairs.

After "Dictionaries to the Rescue" (Sakajo and others, arXiv 2506.01535). Both words of a pair are
cut into pieces, which are aligned by place and, on request, by IBM model 1 (Brown and others,
1993). Pieces that have a row are then masked and the words are cut again, so that shorter pieces
come up, until nothing new does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.embed.pairs import Pairs
from link.embed.vocabulary import TEXT, Vocabulary
from link.embed.weights import Float64s

MOST_CUTS = 10
FILLER = -1
"""A character of a word that no unmasked piece covers."""

_SPACES = ("", " ")
_AT_A_TIME = 1 << 14  # words

Cut = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How often the piece `target` was aligned with the piece `source`: shape (entries,) each,
    ascending by target, then source; each pair of pieces stands once.

    `cuts`: how often words were cut; `pairs`: of words, in all spellings, that both vocabularies
    can spell; `unspelled`: those that one cannot.
    """

    target: Int64s
    source: Int64s
    count: Float64s
    cuts: int
    pairs: int
    unspelled: int


def align(
    source: Vocabulary,
    target: Vocabulary,
    pairs: Pairs,
    has_row: npt.NDArray[np.bool_],
    rounds: int = 0,
) -> Counts:
    """Counts for the target's pieces that have no row yet. `has_row`: shape (target pieces,).

    Each pair counts with and without a space before it. `rounds`: of IBM model 1, after the prior.
    """
    sources = _cut_all(source, (space + one for one, _ in pairs for space in _SPACES))
    cuts = _cut_all(target, (space + other for _, other in pairs for space in _SPACES))
    weights = np.repeat(np.fromiter(pairs.values(), np.float64, len(pairs)), len(_SPACES))
    translations = [other for _, other in pairs]
    spelled = (sources.sizes > 0) & (cuts.sizes > 0)
    places = np.flatnonzero(spelled)
    own = cuts.take(places)
    has_row = has_row.copy()
    found: list[tuple[Int64s, Int64s, Float64s]] = []
    while len(places) and len(found) < MOST_CUTS:
        pieces = _Links(sources.take(places), own, weights[places], len(source))
        t, s, count = pieces.counted(rounds)
        new = ~has_row[t]
        if not new.any():
            break
        found.append((t[new], s[new], count[new]))
        has_row[t[new]] = True
        unmasked = {one: at for one, at in target.by_data[TEXT].items() if not has_row[at]}
        known = with_beginnings(unmasked)
        texts = [_SPACES[place % 2] + translations[place // 2] for place in places.tolist()]
        cut = {text: cut_masked(text, known) for text in dict.fromkeys(texts)}
        own = _ragged([cut[text] for text in texts])
        places, own = places[own.sizes > 0], own.take(np.flatnonzero(own.sizes))
    nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    t, s, count = map(np.concatenate, zip(nothing, *found, strict=True))
    order = np.lexsort((s, t))
    kept = int(spelled.sum())
    return Counts(t[order], s[order], count[order], len(found), kept, len(spelled) - kept)


def prior(i: Int64s, m: Int64s, j: Int64s, n: Int64s) -> Float64s:
    """How likely piece i of m is what piece j of n stands for, before anything is counted.

    Half of it is shared evenly, half goes by place: the share of [j/n, (j+1)/n) that lies in
    [i/m, (i+1)/m). So for each j it sums to 1 over i.

    >>> prior(np.array([0, 1]), np.array([2, 2]), np.array([0, 0]), np.array([2, 2])).tolist()
    [0.75, 0.25]
    """
    overlap = np.minimum((i + 1) / m, (j + 1) / n) - np.maximum(i / m, j / n)
    return np.asarray(0.5 / m + 0.5 * n * np.maximum(overlap, 0.0), np.float64)


class _Ragged(NamedTuple):
    """Cuts of many words: where each begins among all pieces, how many it has, and all pieces."""

    starts: Int64s
    sizes: Int64s
    pieces: npt.NDArray[np.int32]

    def take(self, numbers: Int64s) -> "_Ragged":
        """Some of them, of the same pieces."""
        return _Ragged(self.starts[numbers], self.sizes[numbers], self.pieces)


def _ragged(cuts: Sequence[Cut]) -> _Ragged:
    sizes = np.fromiter(map(len, cuts), np.int64, len(cuts))
    pieces = np.fromiter(chain.from_iterable(cuts), np.int32, int(sizes.sum()))
    return _Ragged(np.cumsum(sizes) - sizes, sizes, pieces)


def _cut_all(vocabulary: Vocabulary, texts: Iterator[str]) -> _Ragged:
    """The cuts of many texts, some at a time: as lists they take ten times as much memory."""
    parts = [_ragged(())]
    while batch := list(islice(texts, _AT_A_TIME)):
        parts.append(_ragged(vocabulary.cut(batch)))
    sizes = np.concatenate([part.sizes for part in parts])
    pieces = np.concatenate([part.pieces for part in parts])
    return _Ragged(np.cumsum(sizes) - sizes, sizes, pieces)


@dataclass(frozen=True)
class _Links:
    """Each piece of a word beside each piece of its translation, some words at a time. `size`: of
    the source's vocabulary.

    All sums go over the words in their order, so that none depends on how the target numbers its
    pieces.
    """

    sources: _Ragged
    targets: _Ragged
    weights: Float64s
    size: int

    def counted(self, rounds: int) -> tuple[Int64s, Int64s, Float64s]:
        """Targets, sources and their counts, ascending."""
        keys = np.zeros(0, np.int64)
        for t, s, *_ in self._some():
            keys = np.union1d(keys, t * self.size + s)
        count = of_source = None
        for _ in range(rounds + 1):
            before, of_before = count, of_source
            count, of_source = np.zeros(len(keys)), np.zeros(self.size)
            for t, s, position, likely, weight in self._some():
                key = np.searchsorted(keys, t * self.size + s)
                if before is not None and of_before is not None:
                    likely = likely * before[key] / of_before[s]
                    likely /= np.bincount(position, likely)[position]
                count += np.bincount(key, weight * likely, len(keys))
                of_source += np.bincount(s, weight * likely, self.size)
        assert count is not None, "there is one pass at least"
        return keys // self.size, keys % self.size, count

    def _some(self) -> Iterator[tuple[Int64s, Int64s, Int64s, Float64s, Float64s]]:
        """Of each link the target's piece, the source's, the number of the target's place, the
        prior, and the pair's weight.
        """
        for begin in range(0, len(self.weights), _AT_A_TIME):
            some = slice(begin, begin + _AT_A_TIME)
            source_at, m, source_pieces = self.sources
            target_at, n, target_pieces = self.targets
            source_at, m, target_at, n = source_at[some], m[some], target_at[some], n[some]
            pair = np.repeat(np.arange(len(m)), m * n)
            place = np.arange(len(pair)) - np.repeat(np.cumsum(m * n) - m * n, m * n)
            i, j = place // n[pair], place % n[pair]
            t = target_pieces[target_at[pair] + j].astype(np.int64)
            s = source_pieces[source_at[pair] + i].astype(np.int64)
            position = (np.cumsum(n) - n)[pair] + j
            real = t != FILLER
            a = prior(i, m[pair], j, n[pair])
            yield t[real], s[real], position[real], a[real], self.weights[some][pair[real]]


def with_beginnings(pieces: Mapping[bytes, int]) -> dict[bytes, int]:
    """The pieces, and beside them all that they begin with, with the number `FILLER`.

    >>> with_beginnings({b"un": 7})
    {b'u': -1, b'un': 7}
    """
    beginnings = {one[:size] for one in pieces for size in range(1, len(one))}
    return dict.fromkeys(beginnings, FILLER) | dict(pieces)


def cut_masked(text: str, known: Mapping[bytes, int]) -> Cut:
    """The text cut into some pieces, with `FILLER` for each character between them.

    As few bytes as possible are filled, then there are as few pieces as possible, then the first is
    as long as possible. () if no piece stands in the text. `known`: of `with_beginnings`.

    >>> cut_masked("Hund", with_beginnings({b"un": 7, b"u": 8}))
    (-1, 7, -1)
    """
    data = text.encode()
    size = len(data)
    filled = size + 1  # what a filled byte costs; a piece costs 1
    # Of what begins at each place: the cost up to the end, the first piece, and where that ends.
    costs, firsts, ends = [0] * (size + 1), [FILLER] * size, [size] * size
    next_start = size
    for begin in reversed(range(size)):
        # A piece may end within a character, a filler goes on to its end.
        first, stop = FILLER, next_start
        best = costs[stop] + filled * (stop - begin) + 1
        for end in range(begin + 1, size + 1):
            number = known.get(data[begin:end])
            if number is None:
                break
            cost = costs[end] + 1
            if number != FILLER and (cost < best or (cost == best and end > stop)):
                best, first, stop = cost, number, end
        costs[begin], firsts[begin], ends[begin] = best, first, stop
        if data[begin] & 0xC0 != 0x80:
            next_start = begin
    cut, place = [], 0
    while place < size:
        cut.append(firsts[place])
        place = ends[place]
    return tuple(cut) if max(cut, default=FILLER) > FILLER else ()
