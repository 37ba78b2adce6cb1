"""English forms: what a headword stands for beside itself.

Inflected forms: running English holds `dogs` and `walked`, many lexicons `dog` and `walk`.

Forms are looked up in lemminflect's table (MIT licence, from the NIH SPECIALIST lexicon), when a
lexicon is compiled and never later; nothing is guessed for words that are not in the table.

Bare headwords: many dictionaries have `to run`, `a dog`, `the sea` for `run`, `dog`, `sea`.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from link.lexicon.clean import Entries, Translation, is_identity, limit, merge
from link.lexicon.formats.parsed import Row
from link.lexicon.report import Account
from link.lexicon.steps import Hygiene

_COLUMNS = {
    "noun": ("NNS",),
    "verb": ("VBD", "VBN", "VBG", "VBZ"),
    "adj": ("JJR", "JJS"),
    "adv": ("RBR", "RBS"),
}
"""The library's tags of the forms that a line of its table holds, by the line's category."""

_PARTS = {part: frozenset({part}) for part in _COLUMNS} | {"verb": frozenset({"verb", "aux"})}
"""The parts of speech that have a category's forms."""

_MODALS = frozenset({"can", "may", "must", "shall", "will"})
"""As auxiliaries these have no past: `would` is another word than `will`."""

# What the library says of these words in place of its table.
_WITHOUT = (*_MODALS, "dare", "ought")
_BE = "was/were,been,being,is"

LEMMAS_ONLY = "lemmas"
"""The value of `# headwords:` by which a lexicon says that it holds no inflected forms."""

# Frequent forms that a lexicon of running words would hold, and their lemmas.
_TELLTALE = dict(
    pair.split(":")
    for pair in """
    days:day years:year men:man women:woman children:child eyes:eye hands:hand words:word
    things:thing houses:house made:make came:come took:take knew:know seen:see went:go gave:give
    coming:come looking:look asked:ask wanted:want looked:look says:say goes:go older:old
    greatest:great
    """.split()
)
_TELLING_SHARE = 0.3
_FEWEST_TELLING = 5


ADDED = "added, the bare headword of `to run`, `a dog`, `the sea`"

_PARTICLES = {"to": "verb", "a": "noun", "an": "noun", "the": "noun"}
_OTHER_WORDS = {"few", "little", "lot"}  # `a few` is not `few`


@dataclass(frozen=True, slots=True)
class Inflections:
    """Forms that a lexicon does not hold: form -> its lemmas' headwords and its translations."""

    forms: Mapping[str, tuple[tuple[str, ...], tuple[Translation, ...]]] = field(
        default_factory=dict
    )

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
    taken = {*map(str.casefold, entries)}
    found: dict[str, dict[str, tuple[Translation, ...]]] = {}
    spelled: dict[str, str] = {}  # of forms that differ in case only, the first counts
    words = [headword for headword in entries if headword.isascii() and headword.isalpha()]
    for headword in sorted(words, key=lambda word: word[0].isupper()):
        for form, parts in _forms_of(headword).items():
            folded = form.lower()  # all ASCII
            if folded in taken or spelled.setdefault(folded, form) != form:
                continue
            own = [
                one
                for one in entries[headword]
                if (not one.pos or one.pos.lower() in parts) and not is_identity(form, one.text)
            ]
            if own:
                found.setdefault(form, {})[headword] = tuple(own)
    return Inflections(
        {
            form: (tuple(by), next(iter(by.values())) if len(by) == 1 else merge(by.values()))
            for form, by in sorted(found.items())
        }
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
    word = word.lower()
    if not (word.isascii() and word.isalpha()):
        return False
    is_lemma = f"{word},{part},{word}" in _tables().lemmas
    return is_lemma or (part == "noun" and word in _nouns())


def _forms_of(headword: str) -> dict[str, frozenset[str]]:
    """Inflected form -> the parts of speech in which the headword has it; of a name, its plural."""
    tables = _tables()
    forms: dict[str, frozenset[str]] = {}
    lemma = headword.lower()
    if headword[:1].isupper():
        for word in (headword.capitalize(), lemma):
            for form in _spellings(tables.forms["noun"].get(word, "")):
                if form.lower() != lemma:
                    forms[form.capitalize()] = _PARTS["noun"]
        return forms
    for category, columns_of in tables.forms.items():
        columns = columns_of.get(lemma)
        # `saw` is listed as if it were the lemma of a verb, and is not only that
        if columns and f"{lemma},{category},{lemma}" in tables.lemmas:
            parts = _PARTS[category]
            for form in _spellings(columns.lower()):
                if form != lemma:
                    forms[form] = forms[form] | parts if form in forms else parts
    return forms


def _spellings(columns: str) -> list[str]:
    """The forms in a line's columns that are words of ASCII letters."""
    found = columns.replace("/", ",").split(",")
    return [form for form in found if form.isalpha() and form.isascii()]


class _Tables(NamedTuple):
    """`forms`: category -> word -> the columns of its line, `/` between spellings of one form.
    `lemmas`: lines of a word, a category, and what is its lemma there.
    """

    forms: dict[str, dict[str, str]]
    lemmas: set[str]


def table_files() -> list[bytes]:
    """lemminflect's tables as they are on disk: forms, lemmas, and what comes in place of either.

    The library itself would take longer to read them than all else about a lexicon takes, and has
    pickled models beside them.
    """
    found = find_spec("lemminflect")
    folder = Path(found.origin if found and found.origin else "lemminflect").parent / "resources"
    return [(folder / name).read_bytes() for name in _FILES]


_FILES = ("infl_lu.csv.gz", "lemma_lu.csv.gz", "infl_overrides.csv", "lemma_overrides.csv")


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    """What the library makes of its tables, of words that are looked up."""
    forms, lemmas, own_forms, own_lemmas = table_files()
    by_category: dict[str, dict[str, str]] = {category: {} for category in _COLUMNS}
    for line in gzip.decompress(forms).decode().splitlines():
        word, category, columns = line.split(",", 2)
        by_category[category][word] = columns
    for of_words in by_category.values():
        of_words |= dict.fromkeys((*_WITHOUT, "be"), "")
    by_category["verb"]["be"] = _BE
    for word, tag, form in _rows(own_forms):
        for category, tags in _COLUMNS.items():
            if tag in tags:
                known = by_category[category].get(word, "").split(",")
                each = dict(zip_longest(tags, known, fillvalue="")) | {tag: form}
                by_category[category][word] = ",".join(each.values())
    listed = gzip.decompress(lemmas).decode().splitlines()
    lines = {*listed}
    for line in [line for line in listed if "/" in line or not line.islower()]:
        word, category, several = line.split(",")
        lines.update([f"{word},{category},{lemma.lower()}" for lemma in several.split("/")])
    for word, part, lemma in _rows(own_lemmas):
        lines.discard(f"{word},{part.lower()},{word}")
        lines.add(f"{word},{part.lower()},{lemma.lower()}")
    return _Tables(by_category, lines)


@lru_cache(maxsize=1)
def _nouns() -> frozenset[str]:
    """All forms of all nouns."""
    lines = (line.partition(",noun,") for line in _tables().lemmas)
    return frozenset(word for word, noun, _ in lines if noun)


def _rows(data: bytes) -> list[list[str]]:
    lines = [line.strip() for line in data.decode().splitlines()]
    return [line.split(",") for line in lines if line and not line.startswith("#")]


# --- bare headwords ------------------------------------------------------------------------------


def add_bare_headwords(entries: Entries, account: Account, hygiene: Hygiene) -> None:
    """Add the headwords that are covered by others with a particle, behind them."""
    if not hygiene.does("particles"):
        return
    found: dict[str, list[tuple[Translation, ...]]] = {}
    for headword, translations in entries.items():
        particle, _, bare = headword.partition(" ")
        part = _PARTICLES.get(particle)
        if part and bare and bare not in entries and _is_of(bare, part):
            found.setdefault(bare, []).append(
                tuple(one if one.pos else one._replace(pos=part) for one in translations)
            )
            account.note(ADDED, Row(0, headword, bare))
    added: Entries = {bare: merge(groups) for bare, groups in found.items()}
    if hygiene.does("most"):
        limit(added, hygiene.most_translations, account)
    entries.update(added)


def _is_of(bare: str, part: str) -> bool:
    """Whether the word behind a particle is such a word: `to the left` has no verb.

    Of a verb the first word tells (`give up`), of a noun there is just one.
    """
    first, _, rest = bare.partition(" ")
    if bare in _OTHER_WORDS or (rest and part == "noun"):
        return False
    return is_form_of(first, part)
