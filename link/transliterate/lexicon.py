"""A lexicon with its translations in another script."""

from link.lexicon import Lexicon
from link.lexicon.clean import merge
from link.lexicon.formats import canonical
from link.transliterate.words import Transliterator


def transliterated(lexicon: Lexicon, transliterator: Transliterator, rules: str) -> str:
    """The lexicon as a canonical file, its translations transliterated.

    Translations that become the same are merged, their weights added; one of which nothing is left
    is dropped. `rules`: what the header says they were made with.
    """
    entries = {}
    for headword, translations in lexicon.entries.items():
        new = (each._replace(text=transliterator.text(each.text)) for each in translations)
        if kept := merge([tuple(each for each in new if each.text.strip())]):
            entries[headword] = kept
    return canonical.render([*lexicon.comments, f"# transliterated: {rules}"], entries)
