"""The frozen tables agree with Python's `unicodedata`, for every code point that both know."""

import sys
import unicodedata
from collections.abc import Iterator

import pytest

from link.language.characters import APOSTROPHES, IGNORED, LOOKALIKES
from link.language.unicode import (
    APOSTROPHE,
    DIGIT,
    LETTER,
    LOWER,
    MARK,
    SEPARATOR,
    UNCASED,
    UNDERSCORE,
    UPPER,
    capitalised_text,
    character_case,
    character_class,
    fold_text,
    folds,
    upper_text,
)

FROZEN = (15, 0, 0)
CLASS_OF_CATEGORY = {"L": LETTER, "M": MARK, "Nd": DIGIT}
CASE_OF_CATEGORY = {"Lu": UPPER, "Ll": LOWER, "Lt": UPPER}
OURS = dict.fromkeys(IGNORED, MARK) | {
    "'": APOSTROPHE,
    "’": APOSTROPHE,
    "ʼ": APOSTROPHE,
    "_": UNDERSCORE,
}


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
    """Without what is longer when it is folded: texts are folded in place."""
    wrong = []
    for character in _known_to_python():
        expected = "'" if character in APOSTROPHES + LOOKALIKES else character.casefold()
        if character in IGNORED:
            expected = ""
        if character in "ȺȾ":
            expected = character
        if len(expected) <= 1 and fold_text(character) != expected and _is_frozen(expected):
            wrong.append(character)
    assert not wrong


def test_a_fold_takes_no_more_bytes() -> None:
    assert all(len(fold.encode()) <= len(chr(own).encode()) for own, fold in folds().items())


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
    assert not set(map(chr, folds())) & set(folds().values())


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
