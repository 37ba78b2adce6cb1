"""The frozen tables agree with Python's `unicodedata`, for every code point that both know."""

import sys
import unicodedata
from collections.abc import Iterator

import numpy as np
import pytest

from link.language.unicode import (
    APOSTROPHE,
    DIGIT,
    LETTER,
    LOWER,
    MARK,
    SEPARATOR,
    TITLE,
    UNCASED,
    UNDERSCORE,
    UPPER,
    capitalised_text,
    cases_of,
    character_case,
    character_class,
    classes_of,
    fold_points,
    fold_text,
    upper_text,
)

FROZEN = (15, 0, 0)
CLASS_OF_CATEGORY = {"L": LETTER, "M": MARK, "Nd": DIGIT}
CASE_OF_CATEGORY = {"Lu": UPPER, "Ll": LOWER, "Lt": TITLE}
OURS = {"'": APOSTROPHE, "’": APOSTROPHE, "ʼ": APOSTROPHE, "_": UNDERSCORE}

EVERY_POINT = np.arange(sys.maxunicode + 1, dtype=np.uint32)


def _version_of_python() -> tuple[int, ...]:
    return tuple(map(int, unicodedata.unidata_version.split(".")))


def _known_to_python() -> Iterator[str]:
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point)) != "Cn":
            yield chr(point)


def _is_frozen(text: str) -> bool:
    """Whether no character is newer than the frozen tables, as far as that can be told."""
    return _version_of_python() <= FROZEN or all(map(character_class, text))


def test_letters_marks_and_digits_are_those_of_unicode() -> None:
    wrong = []
    for character in _known_to_python():
        category = unicodedata.category(character)
        expected = CLASS_OF_CATEGORY.get(category) or CLASS_OF_CATEGORY.get(category[0], SEPARATOR)
        expected = OURS.get(character, expected)
        if character_class(character) != expected and _is_frozen(character):
            wrong.append(character)
    assert not wrong


def test_case_is_that_of_unicode() -> None:
    wrong = []
    for character in _known_to_python():
        expected = CASE_OF_CATEGORY.get(unicodedata.category(character), UNCASED)
        if character_case(character) != expected and _is_frozen(character):
            wrong.append(character)
    assert not wrong


def test_folding_is_simple_case_folding_and_one_kind_of_apostrophe() -> None:
    wrong = []
    for character in _known_to_python():
        expected = "'" if character in "’ʼ" else character.casefold()
        if len(expected) == 1 and fold_text(character) != expected and _is_frozen(expected):
            wrong.append(character)
    assert not wrong


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("İ", "İ"),
        ("ẞ", "ß"),
        ("ß", "ß"),
        ("ſ", "s"),
        ("ς", "σ"),
        ("\u212a", "k"),
        ("Ꭰ", "Ꭰ"),
        ("ꭰ", "Ꭰ"),
    ],
)
def test_one_character_folds_to_one_character(text: str, folded: str) -> None:
    assert fold_text(text) == folded


def test_folding_twice_is_folding_once() -> None:
    once = fold_points(EVERY_POINT)
    assert np.array_equal(fold_points(once), once)


def test_capitals_are_those_of_unicode() -> None:
    wrong = []
    for character in _known_to_python():
        if upper_text(character) != character.upper() and _is_frozen(character.upper()):
            wrong.append(character)
        is_letter = character_class(character) == LETTER
        if is_letter and capitalised_text(character) != character.title():
            wrong += [character] if _is_frozen(character.title()) else []
    assert not wrong


@pytest.mark.parametrize("language", ["tr", "az"])
def test_the_turkish_i_keeps_its_dot(language: str) -> None:
    assert upper_text("iı", language) == "İI"
    assert (capitalised_text("iı", language), capitalised_text("ıi", language)) == ("İı", "Ii")


def test_arrays_of_code_points_say_what_single_characters_say() -> None:
    characters = list(map(chr, EVERY_POINT.tolist()))
    assert classes_of(EVERY_POINT).tolist() == list(map(character_class, characters))
    assert cases_of(EVERY_POINT).tolist() == list(map(character_case, characters))
    assert "".join(map(chr, fold_points(EVERY_POINT).tolist())) == fold_text("".join(characters))
