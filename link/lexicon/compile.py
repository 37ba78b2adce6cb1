"""From a lexicon to what the kernel works with."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from link.kernel.compiled import MOST_LATER
from link.language.context import part_number
from link.language.english import is_never_name
from link.language.headwords import CAPITAL, CAPITALS, SMALL, Headword, parts_of
from link.language.unicode import (
    APOSTROPHE,
    LETTER,
    LOWER,
    MARK,
    SEPARATOR,
    UNDERSCORE,
    UPPER,
    character_case,
    character_class,
    fold_text,
)
from link.lexicon.clean import Translation
from link.lexicon.inflect import Inflections

NO_INFLECTIONS = Inflections()

_PLAIN_WORD = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")


def is_one_word(text: str) -> bool:
    """Whether a text is exactly one word, by the kernel's rules."""
    if (text.isascii() and text.isalpha()) or _PLAIN_WORD.fullmatch(text):
        return True
    classes = [character_class(character) for character in text]
    if not classes or SEPARATOR in classes or classes[0] != LETTER or classes[-1] == UNDERSCORE:
        return False
    return all(
        before in (LETTER, MARK) and behind == LETTER
        for before, one, behind in zip(
            classes, classes[1:], [*classes[2:], SEPARATOR], strict=False
        )
        if one == APOSTROPHE
    )


def is_matchable(text: str) -> bool:
    """Whether a text is a word, or words with single spaces or hyphens between."""
    if text.isascii() and (
        text.isalpha() or all(map(str.isalpha, text.replace("-", " ").split(" ")))
    ):
        return True
    return all(is_one_word(word) for word in parts_of(text)[::2])


def to_headwords(
    entries: Mapping[str, tuple[Translation, ...]], inflections: Inflections = NO_INFLECTIONS
) -> list[Headword]:
    """The headwords of words, and inflected forms that are no headwords.

    Headwords that differ in case (`May`, `may`) are kept apart by how their words are spelled; of
    those that differ in nothing else (`iPhone`, `iphone`) the first is taken. A form of one lemma
    has that lemma, so that translations are drawn for both alike.
    """
    chosen: dict[tuple[str, int], str] = {}
    for headword in entries:
        if _is_small(headword):  # most are
            if headword.isalpha() or is_matchable(headword):
                chosen.setdefault((headword, SMALL), headword)
        elif is_matchable(headword):
            chosen.setdefault((fold_text(headword), spelling_of(headword)), headword)
    own = [
        _headword(forms, forms[0], headword, entries[headword])
        for forms, headword in _with_decomposed(chosen)
    ]
    known = {folded for folded, _ in chosen}
    return own + [
        _headword(
            (folded,),
            fold_text(lemmas[0]) if len(lemmas) == 1 else folded,
            form,
            translations,
        )
        for form, (lemmas, translations) in inflections.forms.items()
        if (folded := fold_text(form)) not in known
    ]


def _headword(
    forms: tuple[str, ...], lemma: str, spelled: str, translations: tuple[Translation, ...]
) -> Headword:
    texts: tuple[str, ...]
    weights: tuple[float, ...]
    tags: tuple[str, ...]
    texts, weights, tags = zip(*translations)  # noqa: B905  (costs as much again, of equal tuples)
    parts = tuple(map(part_number, tags)) if any(tags) else ()
    is_name = forms[0][0] == "i" and is_never_name(parts_of(forms[0])[0])
    if _is_small(spelled) and not is_name:
        more = 0 if spelled.isalpha() else spelled.count(" ") + spelled.count("-")
        return Headword(forms, lemma, texts, weights, False, SMALL, (SMALL,) * more, 0, parts)
    spelling, *others = map(_spelling_of_word, parts_of(spelled)[::2])
    return Headword(
        forms=forms,
        lemma=lemma,
        translations=texts,
        weights=weights,
        own_capital=spelling != SMALL or is_name,
        spelling=SMALL if is_name else spelling,
        later=tuple(others[:MOST_LATER]) + (SMALL,) * len(others[MOST_LATER:]),
        parts=parts,
    )


def _is_small(headword: str) -> bool:
    """Whether all letters of a headword are small ones of ASCII, so that it is its own form."""
    return headword.isascii() and headword.islower()


def spelling_of(headword: str) -> int:
    """How a headword's (first) word is spelled: SMALL, CAPITAL or CAPITALS. `I` counts as small."""
    first = parts_of(headword)[0]
    return SMALL if is_never_name(fold_text(first)) else _spelling_of_word(first)


def _spelling_of_word(word: str) -> int:
    if word.isascii():  # nearly all, and told at once
        if word.islower():
            return SMALL
        first_is_capital = word[:1].isupper()
        if not (first_is_capital and word.isupper() and sum(map(str.isupper, word)) > 1):
            return CAPITAL if first_is_capital else SMALL
        return CAPITALS
    cases = [character_case(character) for character in word if character.isalpha()]
    if cases.count(UPPER) >= 2 and LOWER not in cases:
        return CAPITALS
    return CAPITAL if cases[:1] == [UPPER] else SMALL


def _with_decomposed(
    chosen: Mapping[tuple[str, int], str],
) -> Iterable[tuple[tuple[str, ...], str]]:
    """Text may spell é as one character or as two; both forms lead to the headword."""
    taken = set(chosen)
    for (folded, spelling), headword in chosen.items():
        forms: tuple[str, ...] = (folded,)
        if not folded.isascii():
            decomposed = fold_text(unicodedata.normalize("NFD", headword))
            if (decomposed, spelling) not in taken:
                taken.add((decomposed, spelling))
                forms = (folded, decomposed)
        yield forms, headword
