"""What these tests share: lexicons made of words, and what a text loses to which rule."""

from collections.abc import Mapping, Sequence

from link.language.english import is_never_name
from link.language.headwords import SMALL, Headword, Language, parts_of
from link.language.rules import LOST_TO
from link.language.unicode import fold_text
from link.policy import Policy
from link.reference import Headwords, Result, substitute
from link.reference.text import Text, shape_of, spelling_of

ALL = Policy(ratio=1, names="swap", protect="none")
"""Swaps all that is covered."""

SPANS = Policy(ratio=1, names="swap")
"""Swaps all that is covered and not protected."""

AS_USUAL = Policy(ratio=1)
"""Swaps all that is covered, but names and protected spans."""


def headword(
    spelled: str, *translations: str, language: int = 0, parts: tuple[int, ...] = ()
) -> Headword:
    """A headword that a lexicon spells so."""
    form, words = fold_text(spelled), parts_of(spelled)[::2]
    first, *later = (spelling_of(shape_of(word)) for word in words)
    own_capital = first != SMALL
    if is_never_name(fold_text(words[0])):
        first = SMALL
    weights = (1.0,) * len(translations)
    return Headword(
        (form,), form, translations, weights, own_capital, first, tuple(later), language, parts
    )


def lexicon(spelled: Mapping[str, str], languages: Sequence[Language] = (Language(),)) -> Headwords:
    """A lexicon of one translation each, the same in all languages."""
    return Headwords(
        [
            headword(source, target, language=number)
            for number in range(len(languages))
            for source, target in spelled.items()
        ],
        languages,
    )


def pairs(*lines: str) -> dict[str, str]:
    """Headwords and their translations; `+` is a space."""
    spelled = (pair.replace("+", " ").partition("=") for line in lines for pair in line.split(" "))
    return {source: target for source, _, target in spelled}


def swapped(text: str, spelled: Mapping[str, str], policy: Policy = ALL, code: str = "") -> str:
    """What becomes of a text."""
    return run(text, lexicon(spelled, [Language(code)]), policy).text.decode()


def run(text: str, headwords: Headwords, policy: Policy = ALL, **sizes: int) -> Result:
    """All that the reference kernel says of a text."""
    return substitute(text.encode("utf-8", "surrogateescape"), 7, headwords, policy, **sizes)


def lost(text: str, policy: Policy = SPANS) -> dict[str, list[str]]:
    """The words that each rule takes, with a lexicon that has all words of the text."""
    headwords = lexicon(dict.fromkeys(Text(text).forms, "swapped"))
    found: dict[str, list[str]] = {}
    for unit in run(text, headwords, policy).units:
        if unit.lost is not None:
            found.setdefault(LOST_TO[unit.lost], []).append(unit.source)
    return found
