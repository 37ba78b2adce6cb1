"""The frozen Unicode tables: what is a letter, how it folds, how it is capitalised.

A swap may not depend on the Unicode version of the Python that runs it, so the tables are a file
of this package (`unicode.txt`, made by `scripts/make_unicode_tables.py`). The scalar functions
here are the definition; the array functions say the same for whole arrays of code points.

What is left to others: where words begin and end (`words.py`), normalisation (the lexicon room).
"""

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Classes of characters, as far as words are concerned.
SEPARATOR, LETTER, MARK, DIGIT, UNDERSCORE, APOSTROPHE = range(6)

# Letter case, in the high half of a property byte.
UNCASED, LOWER, UPPER, TITLE = range(4)

_PROPERTIES = {
    "O": LETTER | UNCASED << 4,
    "L": LETTER | LOWER << 4,
    "U": LETTER | UPPER << 4,
    "T": LETTER | TITLE << 4,
    "M": MARK,
    "D": DIGIT,
    "C": UNDERSCORE,
    "A": APOSTROPHE,
}
_PAGE = 256  # code points a page
CODE_POINTS = 0x110000

APOSTROPHE_FOLD = ord("'")
DOTTED_LANGUAGES = frozenset({"tr", "az"})  # i and ı are two letters, with capitals İ and I

UInt8s = npt.NDArray[np.uint8]
Points = npt.NDArray[np.uint32]


class Tables(NamedTuple):
    """The tables as arrays and dictionaries; see the functions below for what they mean."""

    page_of: npt.NDArray[np.intp]  # (4352,): code point >> 8 -> row of `pages`
    pages: UInt8s  # (pages, 256): class in the low half of the byte, case in the high half
    fold_from: Points  # (folds,), ascending
    fold_to: Points  # (folds,)
    capitals: dict[str, tuple[str, str]]  # character -> (upper case, title case)


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables, read once a process."""
    flat = np.zeros(CODE_POINTS, np.uint8)
    folds: list[tuple[int, int]] = []
    capitals: dict[str, tuple[str, str]] = {}
    text = resources.files(__package__).joinpath("unicode.txt").read_text(encoding="ascii")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        kind, first, second, *rest = line.split(" ")
        if kind == "class":
            flat[int(first, 16) : int(second, 16) + 1] = _PROPERTIES[rest[0]]
        elif kind == "fold":
            folds.append((int(first, 16), int(second, 16)))
        else:
            capitals[chr(int(first, 16))] = (_joined(second), _joined(rest[0]))
    folds += [(point, APOSTROPHE_FOLD) for point in (0x02BC, 0x2019)]
    ordered = np.array(sorted(folds), np.uint32)
    numbers: dict[bytes, int] = {}
    page_of = [numbers.setdefault(page.tobytes(), len(numbers)) for page in flat.reshape(-1, _PAGE)]
    pages = np.frombuffer(b"".join(numbers), np.uint8).reshape(-1, _PAGE)
    return Tables(np.array(page_of), pages, ordered[:, 0].copy(), ordered[:, 1].copy(), capitals)


def _joined(points: str) -> str:
    return "".join(chr(int(point, 16)) for point in points.split("+"))


# --- one character, one string: the definition ---------------------------------------------------


@lru_cache(maxsize=1 << 16)
def character_class(character: str) -> int:
    """SEPARATOR, LETTER, MARK, DIGIT, UNDERSCORE or APOSTROPHE.

    >>> character_class("é") == LETTER, character_class("\\u02bc") == APOSTROPHE
    (True, True)
    """
    return int(_property(character)) & 15


def character_case(character: str) -> int:
    """UNCASED, LOWER, UPPER or TITLE."""
    return int(_property(character)) >> 4


def _property(character: str) -> int:
    point = ord(character)
    found = tables()
    return int(found.pages[found.page_of[point >> 8], point & 255])


@lru_cache(maxsize=1)
def _fold_map() -> dict[int, int]:
    found = tables()
    return dict(zip(found.fold_from.tolist(), found.fold_to.tolist(), strict=True))


def fold_text(text: str) -> str:
    """The form under which words are compared: simple case folding, one kind of apostrophe.

    >>> fold_text("DON’T"), fold_text("Straße")
    ("don't", 'straße')
    """
    return text.lower() if text.isascii() else text.translate(_fold_map())


def upper_text(text: str, language: str = "") -> str:
    """Upper case by the full Unicode mapping and the target language's rules.

    >>> upper_text("straße"), upper_text("iyi", "tr")
    ('STRASSE', 'İYİ')
    """
    return text.translate(_upper_map(language in DOTTED_LANGUAGES))


@lru_cache(maxsize=2)
def _upper_map(dotted: bool) -> dict[int, str]:
    plain = {ord(own): upper for own, (upper, _) in tables().capitals.items()}
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
            _, title = tables().capitals.get(character, (character, character))
            if character == "i" and language in DOTTED_LANGUAGES:
                title = "İ"
            return text[:index] + title + text[index + 1 :]
    return text


# --- arrays of code points -----------------------------------------------------------------------


def classes_of(points: Points) -> UInt8s:
    """The class of each code point; any shape."""
    classes: UInt8s = _properties_of(points) & np.uint8(15)
    return classes


def cases_of(points: Points) -> UInt8s:
    """The letter case of each code point; any shape."""
    cases: UInt8s = _properties_of(points) >> np.uint8(4)
    return cases


def _properties_of(points: Points) -> UInt8s:
    found = tables()
    properties: UInt8s = found.pages[found.page_of[points >> 8], points & 255]
    return properties


def fold_points(points: Points) -> Points:
    """Each code point folded, as `fold_text` does."""
    found = tables()
    at = np.searchsorted(found.fold_from, points)
    at[at == len(found.fold_from)] = 0
    return np.where(found.fold_from[at] == points, found.fold_to[at], points)
