"""What the columns of a table are, by their names: source, targets, weight, part of speech.

    source target weight pos      en de      word translations      en de fr      eng_Latn swh_Latn

A column that is named by a language's code holds words of that language; there may be several.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from link.lexicon.formats.pairs import trimmed

SOURCE = ("source", "src", "en", "eng", "english", "word", "headword", "term")
TARGET = ("target", "tgt", "trg", "translation", "translations", "foreign")
WEIGHT = ("weight", "score", "probability", "prob", "count", "frequency")
POS = ("pos", "part of speech", "part_of_speech", "category")

_CODE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,8})*")
_ENGLISH = re.compile(r"(?:en|eng)(?:[-_][A-Za-z]{2,8})*")


@dataclass(frozen=True, slots=True)
class Columns:
    """Places in a row. `targets`: place and language ("" if the name does not say) of each."""

    source: int
    targets: tuple[tuple[int, str], ...]
    weight: int | None
    pos: int | None

    @property
    def language(self) -> str:
        """The target's language, if there is one target and its name says."""
        return self.targets[0][1] if len(self.targets) == 1 else ""


def columns_of(header: Sequence[str], *, strict: bool = False) -> Columns | None:
    """Which column is what; None if no column is known to be the source, or none the target.

    `strict`: only known names and codes count, not that there is just one other column.

    >>> columns_of(["pos", "en", "de"])
    Columns(source=1, targets=((2, 'de'),), weight=None, pos=0)
    >>> columns_of(["dog", "Hund"]) is None
    True
    """
    names = [trimmed(name) for name in header]
    small = [name.lower() for name in names]

    def find(known: Iterable[str]) -> int | None:
        return next((small.index(name) for name in known if name in small), None)

    english = (name.lower() for name in names if _ENGLISH.fullmatch(name))
    source, target, weight, pos = find((*SOURCE, *english)), find(TARGET), find(WEIGHT), find(POS)
    if source is None:
        return None
    if target is not None:
        return Columns(source, ((target, ""),), weight, pos)
    others = [i for i in range(len(names)) if i not in (source, weight, pos)]
    codes = [i for i in others if _CODE.fullmatch(names[i]) and small[i] not in POS]
    if codes:
        return Columns(source, tuple((i, names[i]) for i in codes), weight, pos)
    if strict or len(others) != 1 or not 2 <= len(names[others[0]]) <= 12:
        return None
    return Columns(source, ((others[0], ""),), weight, pos)
