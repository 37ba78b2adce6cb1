"""Alignment of pieces, against slow ones written down here; cuts without masked pieces."""

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from link.embed.align import FILLER, align, cut_masked, prior, with_beginnings
from link.embed.pairs import weighted_pairs
from link.embed.vocabulary import TEXT, Piece, Vocabulary
from link.errors import UsageError
from link.lexicon import Lexicon
from tests.helpers import TINY_LEXICON, link

LETTERS = "abc"


def by_characters(pieces: str) -> Vocabulary:
    """A vocabulary of single characters."""
    numbers = {piece: number for number, piece in enumerate(pieces)}

    def encode(texts: list[str]) -> list[list[int]]:
        return [[numbers[character] for character in text] for text in texts]

    return Vocabulary("test", [Piece(TEXT, piece.encode()) for piece in pieces], encode)


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 8))
def test_the_prior_is_half_even_and_half_by_place(m: int, n: int) -> None:
    for j in range(n):
        given_j = [prior(*(np.array([number]) for number in (i, m, j, n)))[0] for i in range(m)]
        for i in range(m):
            low = max(Fraction(i, m), Fraction(j, n))
            high = min(Fraction(i + 1, m), Fraction(j + 1, n))
            share = max(Fraction(0), high - low) * n
            assert given_j[i] == pytest.approx(float(Fraction(1, 2 * m) + share / 2))
        assert sum(given_j) == pytest.approx(1)


def slowly(pairs: dict[tuple[str, str], float], rounds: int) -> dict[tuple[str, str], float]:
    """IBM model 1 by the book: (target, source) -> count."""
    words = {(space + a, space + b): w for (a, b), w in pairs.items() for space in ("", " ")}
    table: dict[tuple[str, str], float] = {}
    for turn in range(rounds + 1):
        count: dict[tuple[str, str], float] = defaultdict(float)
        for (one, other), weight in words.items():
            m, n = len(one), len(other)
            for j, t in enumerate(other):
                likely = []
                for i, s in enumerate(one):
                    overlap = max(0.0, min((i + 1) / m, (j + 1) / n) - max(i / m, j / n))
                    a = 0.5 / m + 0.5 * overlap * n
                    likely.append(a * (table[t, s] if turn else 1))
                for s, share in zip(one, likely, strict=True):
                    count[t, s] += weight * share / sum(likely)
        whole: dict[str, float] = defaultdict(float)
        for (_, s), value in count.items():
            whole[s] += value
        table = {(t, s): value / whole[s] for (t, s), value in count.items()}
    return dict(count)


WORD = st.text(LETTERS, min_size=1, max_size=4)
PAIRS = st.dictionaries(
    st.tuples(WORD, WORD.map(str.upper)), st.floats(0.1, 9), min_size=1, max_size=6
)


@settings(deadline=None)
@given(PAIRS, st.sampled_from([0, 1, 5]))
def test_counts_are_those_of_model_1(pairs: dict[tuple[str, str], float], rounds: int) -> None:
    old, new = by_characters(LETTERS + " "), by_characters(LETTERS.upper() + " ")
    counts = align(old, new, pairs, np.zeros(4, bool), rounds)
    found = {
        (new.shown(t), old.shown(s)): count
        for t, s, count in zip(counts.target, counts.source, counts.count, strict=True)
    }
    expected = {
        (t.replace(" ", "▁"), s.replace(" ", "▁")): count
        for (t, s), count in slowly(pairs, rounds).items()
    }
    assert found == pytest.approx(expected)


def test_masked_pieces_give_way_to_shorter_ones() -> None:
    """`Hund` is one piece; once it has a row, `Hu` and `nd` come up, then `H` and the rest."""
    texts = ["Hund", "Hu", "nd", "H", "u", "n", "d", " ", "x"]
    numbers = {text: number for number, text in enumerate(texts)}

    def encode(words: list[str]) -> list[list[int]]:
        return [[numbers[" "]] * word.startswith(" ") + [numbers["Hund"]] for word in words]

    new = Vocabulary("new", [Piece(TEXT, text.encode()) for text in texts], encode)
    old = by_characters("dog ")
    has_row = np.zeros(len(texts), bool)
    has_row[numbers[" "]] = True
    counts = align(old, new, {("dog", "Hund"): 1.0}, has_row)
    assert counts.cuts == 3
    assert {texts[number] for number in counts.target.tolist()} == set(texts) - {" ", "x"}
    places = {texts[t]: set() for t in counts.target.tolist()}
    best = {}
    for t, s, count in zip(counts.target, counts.source, counts.count, strict=True):
        places[texts[t]].add(s)
        if count > best.get(texts[t], (0, 0))[0]:
            best[texts[t]] = (count, "dog "[s])
    assert best["Hu"][1] == "d"
    assert best["nd"][1] == "g"


@settings(deadline=None)
@given(st.text("aäb", max_size=7), st.sets(st.text("aäb", min_size=1, max_size=3), max_size=5))
def test_a_masked_cut_is_the_best_of_all(text: str, pieces: set[str]) -> None:
    numbers = {piece.encode(): number for number, piece in enumerate(sorted(pieces))}
    spelled = {number: data.decode() for data, number in numbers.items()}
    cut = cut_masked(text, with_beginnings(numbers))
    if not any(piece in text for piece in pieces):
        assert cut == ()
        return
    every = []
    for ends in product([False, True], repeat=max(0, len(text) - 1)):
        bounds = [0, *(at + 1 for at, end in enumerate(ends) if end), len(text)]
        parts = [text[a:b] for a, b in pairwise(bounds)]
        if all(len(part) == 1 or part in pieces for part in parts):
            filled = sum(len(part.encode()) for part in parts if part not in pieces)
            every.append((filled, len(parts)))
    assert all(one == FILLER or spelled[one] in pieces for one in cut)
    left = text
    for one in cut:
        part = left[0] if one == FILLER else spelled[one]
        assert left.startswith(part)
        left = left[len(part) :]
    assert left == ""
    filled = len(text.encode()) - sum(len(spelled[one].encode()) for one in cut if one != FILLER)
    assert (filled, len(cut)) == min(every)


def test_pairs_come_in_the_cases_that_differ_and_share_a_headwords_weight() -> None:
    lexicon = Lexicon.from_pairs([("i", "ben"), ("dog", "it"), ("dog", "köpek")], language="tr")
    pairs = weighted_pairs([lexicon])
    assert pairs["dog", "it"] == 0.5
    assert pairs["Dog", "İt"] == pytest.approx(0.05)
    assert pairs["DOG", "KÖPEK"] == pytest.approx(0.005)
    assert ("I", "BEN") in pairs
    arabic = weighted_pairs([Lexicon.from_pairs([("dog", "كلب")], language="ar")])
    assert sorted(one for one, _ in arabic) == ["DOG", "Dog", "dog"]


def test_swaps_of_a_run_weigh_the_pairs(tmp_path: Path) -> None:
    (tmp_path / "tiny.tsv").write_text(TINY_LEXICON)
    (tmp_path / "in.txt").write_text("the dog sees a dog\nThe green dog\n")
    done = link(
        *("substitute", "in.txt", "-o", "out", "-l", "tiny.tsv", "--ratio", "1", "--swaps"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    lexicon = Lexicon.load(tmp_path / "tiny.tsv")
    plain = weighted_pairs([lexicon])
    swapped = weighted_pairs([lexicon], tmp_path / "out")
    added = {pair: swapped[pair] - plain.get(pair, 0) for pair in swapped}
    assert sum(added.values()) == pytest.approx(6)
    assert added["green", "grün"] == pytest.approx(1)
    assert added["dog", "Hund"] + added["dog", "Köter"] == pytest.approx(3)
    with pytest.raises(UsageError, match="has no swaps of the lexicon's language"):
        weighted_pairs([lexicon], tmp_path / "none")
    with pytest.raises(UsageError, match=r"not one swap of .* is a pair of the lexicon"):
        weighted_pairs([Lexicon.from_pairs([("moon", "Mond")])], tmp_path / "out")
