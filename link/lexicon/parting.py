"""Which separators part the translations of a file: `kisa, visa` are two words, `08/15` is one.

Whether commas, semicolons, slashes and bars do is a habit of whoever made the file. It shows in how
often they stand in translations of short headwords, and in whether the parts are translations of
their own elsewhere. In the public lexicons that part translations so, a tenth of the rows and more
do; in those that give a pair a line, commas stand in at most 0.3 % of the rows, in sentences.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from link.lexicon.formats.buchmeier import split_outside_brackets

HABIT_SHARE = 0.05
"""Where a separator stands in as many of the rows it is a habit, whatever the parts are."""

FEWEST_ROWS = 3
"""Where it is in fewer rows it is no habit yet: it parts single words, and nothing else."""

KNOWN_SHARE, KNOWN_PARTS = 0.005, 0.5
"""Where it is rarer, but stands in so many of the rows, as many of the parts must be known."""

MOST_WORDS_OF_ALTERNATIVES = 2
"""Of a headword of more words, a comma in the translation belongs to a sentence."""

_CHARACTERS = {"commas": ",،、，", "semicolons": ";؛；", "slashes": "/", "bars": "|"}
_SLASH = re.compile(r"\s+/\s+|(?<=\w\w)/(?=\w\w)")
_ANY = re.compile(f"[{''.join(_CHARACTERS.values())}]")
_AROUND = re.compile(rf"\s*{_ANY.pattern}\s*")
_STRAY = ' \t…·"“”„«»|'


@dataclass(frozen=True, slots=True)
class Habits:
    """`separators`: those that part translations; `of_words`: those that part only single words.
    `notes`: how that was decided, in words.
    """

    separators: tuple[str, ...] = ()
    of_words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def habits_of(pairs: Collection[tuple[str, str]], bare: Callable[[str], str] = str.strip) -> Habits:
    """What parts the translations of a file; `pairs`: its headwords and translations, `bare`: takes
    off what does not belong to them.

    >>> habits_of([("guest", "mgeni, wageni"), ("dog", "mbwa")]).separators
    ('commas',)
    """
    candidates = [(bare(source), bare(target)) for source, target in pairs if _ANY.search(target)]
    if not any(_ANY.search(target) for _, target in candidates):
        return Habits()
    known = {bare(target).casefold() for _, target in pairs}
    separators: dict[str, bool] = {}  # whether it parts only single words
    notes = []
    for name in _CHARACTERS:
        found = [parted(source, target, (name,)) for source, target in candidates]
        parts = [part for each in found if len(each) > 1 for part in each]
        if not parts:
            continue
        count = sum(len(each) > 1 for each in found)
        share = count / len(pairs)
        known_parts = sum(part.casefold() in known for part in parts) / len(parts)
        is_habit = share >= HABIT_SHARE or (share >= KNOWN_SHARE and known_parts >= KNOWN_PARTS)
        singly = count < FEWEST_ROWS and not all(map(_is_word, parts))
        if singly:
            is_habit &= any(len(one) > 1 and all(map(_is_word, one)) for one in found)
        if is_habit:
            separators[name] = count < FEWEST_ROWS
        does = "separate" if is_habit else "do not separate"
        what = "single words" if is_habit and singly else "translations"
        notes.append(
            f"{name} {does} {what}: they stand in {count:,} of {len(pairs):,} rows, and "
            f"{known_parts:.0%} of the parts are translations of their own"
        )
    of_words = tuple(name for name, only in separators.items() if only)
    return Habits(tuple(separators), of_words, tuple(notes))


def parted(
    source: str, target: str, separators: Iterable[str], of_words: Collection[str] = ()
) -> list[str]:
    """The translations in one, parted by some separators; whole where a part has no letter, or
    where one of `of_words` would part more than single words.

    >>> parted("guest", "mgeni, wageni", ["commas"]), parted("so-so", "08/15", ["slashes"])
    (['mgeni', 'wageni'], ['08/15'])
    """
    if "," in source or source.count(" ") >= MOST_WORDS_OF_ALTERNATIVES:
        return [target]
    parts = [target]
    for name in separators:
        pieces = [part for whole in parts for part in _split(whole, name)]
        if name not in of_words or all(map(_is_word, pieces)):
            parts = pieces
    parts = [part for part in dict.fromkeys(part.strip(_STRAY) for part in parts) if part]
    has_letters = all(any(map(str.isalpha, part)) for part in parts)
    return parts if has_letters and len(parts) > 1 else [target]


def _is_word(part: str) -> bool:
    """Whether it is a single word, or several with other separators between."""
    return " " not in _AROUND.sub("/", part.strip(_STRAY))


def _split(text: str, name: str) -> Iterable[str]:
    if name == "slashes":
        return _SLASH.split(text) if "/" in text else [text]
    if not any(character in text for character in _CHARACTERS[name]):
        return [text]
    return split_outside_brackets(text, _CHARACTERS[name])
