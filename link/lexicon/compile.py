"""From a lexicon to what the kernel works with."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from link.kernel.compiled import Headword
from link.kernel.eligible import CONTRACTIONS_IN_S
from link.kernel.reference import decode, find_words
from link.kernel.unicode import TITLE, UPPER, character_case, fold_text
from link.lexicon.hygiene import Translation
from link.lexicon.inflect import Inflections

NO_INFLECTIONS = Inflections()

_PLAIN_WORD = re.compile(r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?")


def is_one_word(text: str) -> bool:
    """Whether a text is exactly one word, by the kernel's rules."""
    if _PLAIN_WORD.fullmatch(text):
        return True
    if " " in text or "-" in text:
        return False
    characters = list(decode(text.encode(), escaped=False))
    return find_words(characters) == [(0, len(characters))]


def to_headwords(
    entries: Mapping[str, tuple[Translation, ...]], inflections: Inflections = NO_INFLECTIONS
) -> list[Headword]:
    """The one-word headwords, with distinct forms, and inflected forms that are no headwords.

    Of two that differ only in case (`May`, `may`) the one in lower case is taken. A form of one
    lemma has that lemma, so that translations are drawn for both alike.
    """
    chosen: dict[str, str] = {}
    for headword in entries:
        if is_one_word(headword):
            folded = fold_text(headword)
            if folded not in chosen or headword == folded:
                chosen[folded] = headword
    own = [
        Headword(
            forms=forms,
            lemma=forms[0],
            translations=tuple(translation.text for translation in entries[headword]),
            weights=tuple(translation.weight for translation in entries[headword]),
            own_capital=_has_own_capital(headword, forms[0]),
        )
        for forms, headword in _with_decomposed(chosen)
    ]
    return own + [
        Headword(
            forms=(folded,),
            lemma=fold_text(lemmas[0]) if len(lemmas) == 1 else folded,
            translations=tuple(translation.text for translation in translations),
            weights=tuple(translation.weight for translation in translations),
            own_capital=_has_own_capital(form, folded),
        )
        for form, (lemmas, translations) in inflections.forms.items()
        if (folded := fold_text(form)) not in chosen
    ]


def _with_decomposed(chosen: Mapping[str, str]) -> Iterable[tuple[tuple[str, ...], str]]:
    """Text may spell é as one character or as two; both forms lead to the headword."""
    taken = set(chosen)
    for folded, headword in chosen.items():
        forms: tuple[str, ...] = (folded,)
        if not folded.isascii():
            decomposed = fold_text(unicodedata.normalize("NFD", headword))
            if decomposed not in taken:
                taken.add(decomposed)
                forms = (folded, decomposed)
        yield forms, headword


def _has_own_capital(headword: str, folded: str) -> bool:
    """Whether English always writes the word with a capital: the lexicon does, or it is `I`."""
    return character_case(headword[0]) in (UPPER, TITLE) or folded.split("'")[0] == "i"


def blocked_contractions(headwords: Iterable[Headword]) -> list[str]:
    """The contractions in 's that are no headwords: they must not pass for possessives."""
    known = {form for headword in headwords for form in headword.forms}
    return [contraction for contraction in CONTRACTIONS_IN_S if contraction not in known]
