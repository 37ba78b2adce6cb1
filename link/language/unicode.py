"""The frozen Unicode tables: what is a letter, how it folds, how it is capitalised.

A swap may not depend on the Unicode version of the Python that runs it, so the tables are a file
of this package (`unicode.txt`, made by `scripts/make_unicode_tables.py`).

What is left to others: where words begin and end, normalisation (the lexicon room).
"""

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from link.language.characters import IGNORED, JOINERS

# Classes of characters, as far as words are concerned.
SEPARATOR, LETTER, MARK, DIGIT, UNDERSCORE, APOSTROPHE = range(6)

# Letter case, in the high half of a property byte. Title case (`ǅ`) counts as upper case.
UNCASED, LOWER, UPPER = range(3)

_PROPERTIES = {
    "O": LETTER | UNCASED << 4,
    "L": LETTER | LOWER << 4,
    "U": LETTER | UPPER << 4,
    "T": LETTER | UPPER << 4,
    "M": MARK,
    "D": DIGIT,
    "C": UNDERSCORE,
    "A": APOSTROPHE,
}
CODE_POINTS = 0x110000

DOTTED_LANGUAGES = frozenset({"tr", "az"})  # i and ı are two letters, with capitals İ and I


class _Tables(NamedTuple):
    properties: npt.NDArray[np.uint8]  # (CODE_POINTS,): class in the low half, case in the high one
    folds: dict[int, str]  # code point -> what it folds to, ascending
    capitals: dict[str, tuple[str, str]]  # character -> (upper case, title case)


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    """The tables, read once a process."""
    properties = np.zeros(CODE_POINTS, np.uint8)
    folds: dict[int, str] = {}
    capitals: dict[str, tuple[str, str]] = {}
    text = resources.files(__package__).joinpath("unicode.txt").read_text(encoding="ascii")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        kind, first, second, *rest = line.split(" ")
        if kind == "class":
            properties[int(first, 16) : int(second, 16) + 1] = _PROPERTIES[rest[0]]
        elif kind == "fold":
            folds[int(first, 16)] = chr(int(second, 16))
        else:
            capitals[chr(int(first, 16))] = (_joined(second), _joined(rest[0]))
    properties[[ord(character) for character in IGNORED]] = MARK
    folds |= dict.fromkeys(map(ord, IGNORED), "")
    folds |= {ord(one): "'" for one in JOINERS if not one.isascii()}
    return _Tables(properties, dict(sorted(folds.items())), capitals)


def _joined(points: str) -> str:
    return "".join(chr(int(point, 16)) for point in points.split("+"))


def properties() -> npt.NDArray[np.uint8]:
    """Of each code point, its class in the low half of a byte, its case in the high one."""
    return _tables().properties


def mark_ranges() -> str:
    """The marks as ranges, for a class of a regular expression: one by one they are much slower."""
    marks = np.flatnonzero(properties() & 15 == MARK)
    starts = marks[np.diff(marks, prepend=-2) > 1]
    ends = marks[np.diff(marks, append=CODE_POINTS + 1) > 1]
    return "".join(
        f"{chr(a)}-{chr(b)}" for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def folds() -> dict[int, str]:
    """The code points that fold to another character or to none, ascending, with what they do."""
    return _tables().folds


def capitals() -> dict[str, tuple[str, str]]:
    """Characters that have capitals, with their upper and title case (full mapping)."""
    return _tables().capitals


# --- one character, one string: the definition ---------------------------------------------------


def character_class(character: str) -> int:
    """SEPARATOR, LETTER, MARK, DIGIT, UNDERSCORE or APOSTROPHE.

    >>> character_class("é") == LETTER, character_class("\\u02bc") == APOSTROPHE
    (True, True)
    """
    return _property(character) & 15


def character_case(character: str) -> int:
    """UNCASED, LOWER or UPPER."""
    return _property(character) >> 4


@lru_cache(maxsize=1 << 16)
def _property(character: str) -> int:
    return int(_tables().properties[ord(character)])


def fold_text(text: str) -> str:
    """The form under which words are compared: simple case folding, one kind of apostrophe, no
    soft hyphens and joiners.

    >>> fold_text("DON’T"), fold_text("Straße"), fold_text("to\\u00adday")
    ("don't", 'straße', 'today')
    """
    folded = text.lower() if text.isascii() else text.translate(folds())
    return folded.replace("`", "'")


def upper_text(text: str, language: str = "") -> str:
    """Upper case by the full Unicode mapping and the target language's rules.

    >>> upper_text("straße"), upper_text("iyi", "tr")
    ('STRASSE', 'İYİ')
    """
    dotted = language in DOTTED_LANGUAGES
    return text.upper() if text.isascii() and not dotted else text.translate(_upper_map(dotted))


@lru_cache(maxsize=2)
def _upper_map(dotted: bool) -> dict[int, str]:
    plain = {ord(own): upper for own, (upper, _) in capitals().items()}
    return plain | ({ord("i"): "İ"} if dotted else {})


def capitalised_text(text: str, language: str = "") -> str:
    """The text with its first letter in title case; what stands before that letter stays.

    >>> capitalised_text("über"), capitalised_text("iyi", "tr"), capitalised_text("ijs", "nl")
    ('Über', 'İyi', 'IJs')
    """
    if "a" <= text[:1] <= "z" and text[0] != "i":  # nearly all; `i` may be dotted, or half of `ij`
        return text[0].upper() + text[1:]
    for index, character in enumerate(text):
        if character_class(character) == LETTER:
            if language == "nl" and text[index : index + 2] == "ij":
                return text[:index] + "IJ" + text[index + 2 :]
            _, title = capitals().get(character, (character, character))
            if character == "i" and language in DOTTED_LANGUAGES:
                title = "İ"
            return text[:index] + title + text[index + 1 :]
    return text
