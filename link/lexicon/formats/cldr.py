"""Names and keywords of characters in Unicode's CLDR: two files, `en.xml` and another language's.

    <annotation cp="🐕">dog | pet</annotation>             <annotation cp="🐕">Haustier | Hund</…>
    <annotation cp="🐕" type="tts">dog</annotation>        <annotation cp="🐕" type="tts">Hund</…>

They are joined on the character. Its names translate each other. Keywords stand in no order: two of
them are a pair if each shares more characters with the other than with any other keyword (by the
Dice coefficient, over at least two characters); they weigh less than names.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from link.errors import LexiconError
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row
from link.lexicon.formats.xml import elements, inner_text, local_name

NAME_WEIGHT = 2.0
FEWEST_SHARED = 2  # characters
MOST_KEYWORDS = 100
_INHERITED = "↑"
TOO_MANY = f"ignored, more than {MOST_KEYWORDS} keywords of a character"
NO_OTHER = "skipped, the character has no English name or keywords"
_IDENTITY = ("language", "script", "territory")


@dataclass(slots=True)
class _Side:
    """A file: its language; by character the name, the keywords and the number of an entry; and the
    entries with too many keywords.
    """

    language: str = ""
    names: dict[str, str] = field(default_factory=dict)
    keywords: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    crowded: list[int] = field(default_factory=list)


def recognise(head: str) -> bool:
    return "<ldml" in head and re.search(r"<annotation[s\s>]", head) is not None


def read(text: str, other_text: str, path: str, other_path: str) -> Parsed:
    parsed = Parsed(unit="entry", about={"source": "CLDR annotations", "licence": "Unicode-3.0"})
    sides = [_side(text, path), _side(other_text, other_path)]
    english = [side for side in sides if side.language.partition("-")[0] == "en"]
    if len(english) != 1:
        raise LexiconError(
            f'{path} and {other_path}: one must be English (<language type="en"/>), and the other '
            f"another language"
        )
    source, other = sides if sides[0] is english[0] else sides[::-1]
    parsed.about["language"] = other.language
    for character, number in other.numbers.items():
        if character not in source.numbers:
            parsed.drop(NO_OTHER, number)
        elif not (character in other.names or other.keywords.get(character)):
            parsed.drop(EMPTY, number)
        elif character in source.names and character in other.names:
            pair = source.names[character], other.names[character]
            parsed.rows.append(Row(number, *pair, f"{NAME_WEIGHT:g}"))
    for number in sorted({*source.crowded, *other.crowded}):
        parsed.drop(TOO_MANY, number)
    parsed.rows += _keyword_rows(source.keywords, other.keywords, other.numbers)
    return parsed


def _side(text: str, path: str) -> _Side:
    side = _Side()
    tag: list[str] = []
    number = 0
    for element in elements(text, path, "annotation", *_IDENTITY):
        if local_name(element) in _IDENTITY:
            tag.append(element.get("type", ""))
            continue
        number += 1
        character, words = element.get("cp", ""), inner_text(element)
        side.numbers.setdefault(character, number)
        if not words or words.startswith(_INHERITED):
            continue
        if element.get("type") == "tts":
            side.names[character] = words
        else:
            keywords = dict.fromkeys(filter(None, map(str.strip, words.split("|"))))
            if len(keywords) > MOST_KEYWORDS:
                side.crowded.append(number)
            side.keywords[character] = [*keywords][:MOST_KEYWORDS]
    side.language = "-".join(filter(None, tag))
    return side


def _keyword_rows(
    english: Mapping[str, list[str]], other: Mapping[str, list[str]], numbers: Mapping[str, int]
) -> Iterator[Row]:
    """Keywords that are each other's best match, in the order of their first characters."""
    common = [character for character in other if character in english]
    sizes = [Counter(word for each in common for word in side[each]) for side in (english, other)]
    shared: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    for character in common:
        for pair in product(english[character], other[character]):
            shared[pair] += 1
            first.setdefault(pair, numbers[character])
    best: tuple[defaultdict[str, list[float]], ...] = (defaultdict(list), defaultdict(list))
    dice: dict[tuple[str, str], float] = {}
    for pair, count in shared.items():
        if count >= FEWEST_SHARED:
            dice[pair] = 2 * count / (sizes[0][pair[0]] + sizes[1][pair[1]])
            for word, values in zip(pair, best, strict=True):
                values[word].append(dice[pair])
    for pair, value in dice.items():
        tops = [sorted(values[word])[-2:] for word, values in zip(pair, best, strict=True)]
        if all(top[-1] == value and (len(top) == 1 or top[0] < value) for top in tops):
            yield Row(first[pair], *pair, f"{value:.2f}")


FORMAT = Format(
    "cldr",
    "CLDR annotations (XML)",
    recognise,
    read,
    "they name no character in common",
    files=2,
)
