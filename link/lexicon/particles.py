"""Headwords of the pattern `to run`, `a dog`, `the sea` stand for `run`, `dog`, `sea` as well.

Many dictionaries mark verbs and nouns so; running text rarely has the words so. A bare headword
that a lexicon has keeps its own translations; the others are added, and counted.
"""

from link.lexicon.account import Account
from link.lexicon.clean import Entries, Translation, limit, merge
from link.lexicon.formats.parsed import Row
from link.lexicon.inflect import is_form_of
from link.lexicon.steps import Hygiene

ADDED = "added, the bare headword of `to run`, `a dog`, `the sea`"

_PARTICLES = {"to": "verb", "a": "noun", "an": "noun", "the": "noun"}
_OTHER_WORDS = {"few", "little", "lot"}  # `a few` is not `few`


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
