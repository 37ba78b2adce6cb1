"""What the columns of a table are, by their names: source, targets, weight, part of speech.

    source target weight pos      en de      word translations      en de fr      eng_Latn swh_Latn

A column that is named by a language, its code or English name, holds words of that language; there
may be several, also of one language.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from link.lexicon.formats.parsed import Row, trimmed
from link.lexicon.formats.pos import part_of_speech
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
    is_english = _ENGLISH.fullmatch(small[source]) or small[source] == "english"
    named = [i for i in others if names[i] != "id" or is_english]  # else a number, not Indonesian
    targets = [(i, language) for i in named if (language := _language(names[i]))]
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
    return [f"columns ignored: {', '.join(columns.others)}"]


def rows_of(number: int, values: Sequence[object], columns: Columns) -> Iterator[Row]:
    """The pairs in a row's values. A cell holds a word, or a list of them; a weight stands for all
    words of a cell, or there is a list of weights as well.
    """
    pos = values[columns.pos] if columns.pos is not None else None
    tag = part_of_speech(pos) if isinstance(pos, str) else ""
    weight = values[columns.weight] if columns.weight is not None else None
    for source in texts_in(values[columns.source]):
        for place, language in columns.targets:
            for text, each in _weighted(values[place], weight):
                yield Row(number, source, text, each, tag, language)


def texts_in(value: object) -> list[str]:
    """The words in a cell: one, or a list of them; null, empty or no text is none."""
    return [text for text, _ in _weighted(value, None)]


def _weighted(value: object, weight: object) -> Iterator[tuple[str, str]]:
    """The words in a cell, and the text of a number that each weighs ("" if there is none)."""
    every = value if isinstance(value, list) else [value]
    weights = weight if isinstance(weight, list) else [weight] * len(every)
    for one, each in zip_longest(every, weights[: len(every)]):
        if isinstance(one, str) and (text := trimmed(one)):
            is_number = each is not None and not isinstance(each, bool)
            yield text, decimal(trimmed(str(each))) if is_number else ""


def decimal(weight: str) -> str:
    """A weight with a decimal point: tables of many countries have a comma.

    >>> decimal("0,5"), decimal("1,000,000"), decimal("")
    ('0.5', '1,000,000', '')
    """
    return weight.replace(",", ".") if weight.count(",") == 1 else weight
