"""What the columns of a table are, by their names: source, targets, weight, part of speech.

    source target weight pos      en de      word translations      en de fr      eng_Latn swh_Latn

A column that is named by a language, its code or English name, holds words of that language; there
may be several, also of one language.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from link.lexicon.formats.pairs import trimmed
from link.lexicon.languages import known_tag, named_language, with_script

SOURCE = ("source", "src", "en", "eng", "english", "word", "headword", "term")
TARGET = ("target", "tgt", "trg", "translation", "translations", "foreign")
WEIGHT = ("weight", "score", "probability", "prob", "count", "frequency")
POS = ("pos", "part of speech", "part_of_speech", "category")

_ENGLISH = re.compile(r"(?:en|eng)(?:[-_][A-Za-z]{2,8})*")


@dataclass(frozen=True, slots=True)
class Columns:
    """Places in a row. `targets`: place and language ("" if the name does not say) of each.
    `others`: the names of the columns that say nothing here.
    """

    source: int
    targets: tuple[tuple[int, str], ...]
    weight: int | None
    pos: int | None
    others: tuple[str, ...] = ()


def columns_of(header: Sequence[str], *, strict: bool = False) -> Columns | None:
    """Which column is what; None if no column is known to be the source, or none the target.

    `strict`: only known names and codes count, not that there is just one other column.

    >>> columns_of(["pos", "en", "de"])
    Columns(source=1, targets=((2, 'de'),), weight=None, pos=0, others=())
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
    others = [i for i in range(len(names)) if i not in (source, weight, pos) and names[i]]
    targets = [(i, language) for i in others if (language := _language(names[i]))]
    if target is not None:
        targets = [(target, "")]
    elif not targets:
        if strict or len(others) != 1 or not 2 <= len(names[others[0]]) <= 12:
            return None
        targets = [(others[0], "")]
    used = {place for place, _ in targets}
    passed_over = tuple(names[i] for i in others if i not in used)
    return Columns(source, tuple(targets), weight, pos, passed_over)


def _language(name: str) -> str:
    """A column's language, "" if its name is no language's. A code has two or three small letters,
    or says more (`swh_Latn`), so that `No.` and `ID` are none; `tag` and `label` are languages that
    few know, and no columns of them.
    """
    is_code = re.fullmatch(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,8})*", name) and name not in POS
    tag = known_tag(name) if is_code else named_language(name)
    if not tag or not ("-" in tag or with_script(tag)[1]):
        return ""
    return name if is_code else tag


def passed_over(columns: Columns | None) -> list[str]:
    """What a report says of columns that say nothing here."""
    if columns is None or not columns.others:
        return []
    return [f"columns passed over: {', '.join(columns.others)}"]
