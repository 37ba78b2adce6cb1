"""Inflected forms: running English holds `dogs` and `walked`, many lexicons `dog` and `walk`.

Forms are looked up in lemminflect's table (MIT licence, from the NIH SPECIALIST lexicon), when a
lexicon is compiled and never later; nothing is guessed for words that are not in the table.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from link.lexicon.hygiene import Translation, is_identity, merge

_UNIVERSAL = {"noun": "NOUN", "verb": "VERB", "aux": "AUX", "adj": "ADJ", "adv": "ADV"}
_TAGS = {
    "NOUN": ("NNS",),
    "VERB": ("VBD", "VBG", "VBN", "VBZ"),
    "AUX": ("VBD", "VBG", "VBN", "VBZ"),
    "ADJ": ("JJR", "JJS"),
    "ADV": ("RBR", "RBS"),
}
_MODALS = frozenset({"can", "may", "must", "shall", "will"})
"""As auxiliaries these have no past: `would` is another word than `will`."""

LEMMAS_ONLY = "lemmas"
"""The value of `# headwords:` by which a lexicon says that it holds no inflected forms."""

# Frequent forms that a lexicon of running words would hold, and their lemmas.
_TELLTALE = {
    "days": "day",
    "years": "year",
    "men": "man",
    "women": "woman",
    "children": "child",
    "eyes": "eye",
    "hands": "hand",
    "words": "word",
    "things": "thing",
    "houses": "house",
    "made": "make",
    "came": "come",
    "took": "take",
    "knew": "know",
    "seen": "see",
    "went": "go",
    "gave": "give",
    "coming": "come",
    "looking": "look",
    "asked": "ask",
    "wanted": "want",
    "looked": "look",
    "says": "say",
    "goes": "go",
    "older": "old",
    "greatest": "great",
}
_TELLING_SHARE = 0.3
_FEWEST_TELLING = 5


@dataclass(frozen=True, slots=True)
class Inflections:
    """Forms that a lexicon does not hold: form -> its lemmas' headwords and its translations."""

    forms: Mapping[str, tuple[tuple[str, ...], tuple[Translation, ...]]] = field(
        default_factory=dict
    )

    @property
    def sha256(self) -> str:
        """The hash of the table: another release of the library may have another one."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def text(self) -> str:
        """The table, a form and its lemmas a line."""
        return "".join(f"{form}\t{','.join(by)}\n" for form, (by, _) in self.forms.items())


def holds_lemmas(entries: Mapping[str, object], stated: str) -> bool:
    """Whether a lexicon holds dictionary forms only: because it says so, or by its words."""
    if stated:
        return stated.strip().lower() == LEMMAS_ONLY
    known = [form for form, lemma in _TELLTALE.items() if lemma in entries]
    if len(known) < _FEWEST_TELLING:
        return False
    return sum(form in entries for form in known) <= _TELLING_SHARE * len(known)


def inflections(entries: Mapping[str, tuple[Translation, ...]]) -> Inflections:
    """The forms of a lexicon's headwords that are no headwords themselves, ignoring case.

    A form takes its lemma's translations of the part of speech that has the form, but none that is
    the form itself (`fall→fallen`); a form of several lemmas (`leaves`) takes those of all.
    """
    taken = {headword.casefold() for headword in entries}
    found: dict[str, dict[str, tuple[Translation, ...]]] = {}
    spelled: dict[str, str] = {}  # of forms that differ in case only, the first counts
    for headword, translations in sorted(entries.items(), key=lambda entry: entry[0][:1].isupper()):
        if not (headword.isascii() and headword.isalpha()):
            continue
        for form, parts in _forms_of(headword).items():
            if form.casefold() in taken or spelled.setdefault(form.casefold(), form) != form:
                continue
            own = tuple(
                one
                for one in translations
                if (not one.pos or one.pos in parts) and not is_identity(form, one.text)
            )
            if own:
                found.setdefault(form, {})[headword] = own
    return Inflections(
        {form: (tuple(by), merge(by.values())) for form, by in sorted(found.items())}
    )


def inflected_forms(word: str) -> set[str]:
    """The inflected forms of a word in any part of speech; none if it is no dictionary form.

    >>> sorted(inflected_forms("planet")), inflected_forms("planets")
    (['planets'], set())
    """
    return set(_forms_of(word)) if word.isascii() and word.isalpha() else set()


def is_form_of(word: str, part: str) -> bool:
    """Whether a word is known as a verb's dictionary form, or as any form of a noun.

    >>> is_form_of("run", "verb"), is_form_of("ran", "verb"), is_form_of("dogs", "noun")
    (True, False, True)
    """
    if not (word.isascii() and word.isalpha()):
        return False
    lemmas = _lemmas_of(word.lower(), _UNIVERSAL[part])
    return word.lower() in lemmas if part == "verb" else bool(lemmas)


def _forms_of(headword: str) -> dict[str, set[str]]:
    """Inflected form -> the parts of speech in which the headword has it; of a name, its plural."""
    forms: dict[str, set[str]] = {}
    capital = headword[:1].isupper()
    for part, form in _looked_up(headword if capital else headword.lower()):
        spelled = form.capitalize() if capital else form
        if spelled.isascii() and spelled.isalpha():
            forms.setdefault(spelled, set()).add(part)
    return forms


@lru_cache(maxsize=1 << 16)
def _looked_up(lemma: str) -> tuple[tuple[str, str], ...]:
    return tuple(_look_up(lemma))


def _look_up(lemma: str) -> Iterator[tuple[str, str]]:
    import lemminflect  # reads its table then

    if lemma in _MODALS:
        return
    if lemma[:1].isupper():
        for tags in (lemminflect.getAllInflections(lemma, each) for each in ("PROPN", "NOUN")):
            for form in (*tags.get("NNPS", ()), *tags.get("NNS", ())):
                if form.lower() != lemma.lower():
                    yield "noun", form
        return
    for part, universal in _UNIVERSAL.items():
        if lemma not in _lemmas_of(lemma, universal):
            continue  # `saw` is listed as if it were the lemma of a verb, and is not only that
        by_tag: Mapping[str, Iterable[str]] = lemminflect.getAllInflections(lemma, universal)
        for tag in _TAGS[universal]:
            for form in by_tag.get(tag, ()):
                if form != lemma:
                    yield part, form


def _lemmas_of(word: str, universal: str) -> tuple[str, ...]:
    import lemminflect

    found = lemminflect.getAllLemmas(word, "VERB" if universal == "AUX" else universal)
    return tuple(lemma for lemmas in found.values() for lemma in lemmas)
