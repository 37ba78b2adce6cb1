"""The lookup: every headword is found, and nothing else is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.kernel.compiled import SPELLINGS
from link.kernel.window import window_of
from link.kernel.words import find_words, text_of
from link.language.headwords import Headword
from link.lexicon.arrays import compile_headwords
from tests.kernel.helpers import headword, swapped_text
from tests.strategies import MAX_FORM_BYTES, examples

_LETTERS = "abcdefghijklmnopqrstuvwxyzéß犬"


def entries_of(words: list[str], headwords: list[str]) -> list[int]:
    """For each word the number of its headword, from 1; 0 if it is none."""
    lexicon = compile_headwords([Headword((form,), form, ("x",), (1.0,)) for form in headwords])
    window = window_of([" ".join(words).encode()])
    found = text_of(window, find_words(window), lexicon).entries
    assert len(found) == len(words)
    senses: list[int] = lexicon.senses[found * SPELLINGS].tolist()
    return senses


def assert_exactly_found(headwords: list[str], others: list[str]) -> None:
    """All headwords, each as itself, and none of the others."""
    expected = [*range(1, len(headwords) + 1), *(0 for _ in others)]
    assert entries_of([*headwords, *others], headwords) == expected


def _generated(count: int, seed: int) -> list[str]:
    random_ = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < count:
        size = random_.choice((3, 5, 7, 8, 9, 12, 15, 16, 17, 24, 33))
        words["".join(random_.choices(_LETTERS, k=size))] = None
    return list(words)


def test_each_of_50_000_headwords_is_found_and_as_many_others_are_not() -> None:
    words = _generated(100_000, seed=1)
    assert_exactly_found(words[::2], words[1::2])


_FORMS = st.text(st.sampled_from("ab_é犬"), min_size=1, max_size=40).filter(
    lambda form: not form.startswith("_") and not form.endswith("_")
)


@examples(150)
@given(st.lists(_FORMS, unique=True, max_size=60), st.integers(0, 60))
def test_any_set_of_headwords_is_told_from_any_other_words(words: list[str], cut: int) -> None:
    assert_exactly_found(words[:cut], words[cut:])


ALPHABET = "".join(map(chr, range(ord("a"), ord("z") + 1))) * 20


@pytest.mark.parametrize("odd", [0, 1])
def test_prefixes_of_a_headword_are_other_words(odd: int) -> None:
    prefixes = [ALPHABET[:size] for size in range(1, 300)]
    assert_exactly_found(prefixes[odd::2], prefixes[1 - odd :: 2])


@pytest.mark.parametrize("lane", range(8))
def test_words_that_differ_in_one_byte_of_one_lane_are_other_words(lane: int) -> None:
    words = [
        ALPHABET[:at] + letter + ALPHABET[at + 1 : 64]
        for at in range(8 * lane, 8 * lane + 8)
        for letter in "xyz"
        if letter != ALPHABET[at]
    ]
    assert_exactly_found(words[::2], words[1::2])


def test_words_of_equal_first_and_last_lanes_are_other_words() -> None:
    words = [f"abcdefgh{middle:08d}ijklmnop" for middle in range(2000)]
    assert_exactly_found(words[::2], words[1::2])


@pytest.mark.parametrize("size_bytes", [1, 7, 8, 9, 16, 17, 64, 65, MAX_FORM_BYTES, 5000])
def test_a_lone_headword_of_any_length_is_found(size_bytes: int) -> None:
    word = (ALPHABET * 10)[:size_bytes]
    assert_exactly_found([word], [f"{word}x", f"x{word}", word[:-1] or "y", word + word])


@pytest.mark.parametrize("ending", ["", "'s", "’S"])
@pytest.mark.parametrize("word", ["a", "counterrevolutionaries", "é" * 40, "犬" * 40, "𐐨" * 40])
def test_a_long_headword_is_found_with_an_ending_too(word: str, ending: str) -> None:
    assert swapped_text(f"y {word}{ending}", [headword(word, "x")]) == f"y x{ending}"


def test_headwords_are_found_in_any_case_and_nothing_wins_by_its_hash() -> None:
    headwords = _generated(1000, seed=2)
    shouted = [word.replace("ß", "ẞ").upper() for word in headwords]
    assert entries_of(shouted, headwords) == list(range(1, 1001))


def test_no_word_is_found_in_an_empty_lexicon() -> None:
    assert_exactly_found([], ["a", "dog", "dog's", "é", ALPHABET])
