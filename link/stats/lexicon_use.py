"""What of a lexicon a corpus makes use of: headwords seen, translations, parts of speech."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from link.arrays import Bools
from link.block import Int64s
from link.kernel.compiled import CompiledLexicon
from link.language.context import PARTS
from link.language.headwords import Headword
from link.language.unicode import fold_text
from link.lexicon.several import Lexicons

MOST_EXAMPLES = 30
NO_PART = "(none)"


@dataclass(frozen=True, slots=True)
class LexiconUse:
    """`headwords`, those `seen` in any form, and some of the `unseen`, in the lexicon's order.

    `per_headword`, `per_word`: translations, by headwords and by eligible running words. `pos`:
    swaps by the translation's part of speech, empty if the lexicon has none.
    """

    headwords: int
    seen: int
    unseen: list[str]
    per_headword: float
    per_word: float
    pos: dict[str, int]


def use_of(lexicons: Lexicons, entries: Int64s, senses: Int64s, swapped_rows: Int64s) -> LexiconUse:
    """`entries`, `senses`: how often each was found; `swapped_rows`: swaps by translation."""
    compiled = lexicons.compiled
    all_headwords = _compiled_headwords(lexicons)
    is_seen = _senses_seen(compiled, entries, senses)
    seen = {
        (headword.language, headword.lemma)
        for headword, found in zip(all_headwords, is_seen[1:].tolist(), strict=False)
        if found
    }
    _add_lemmas_of_forms(lexicons, seen)
    known: dict[tuple[int, str], str] = {}
    for number, part in enumerate(lexicons.parts):
        for headword in part.entries:
            known.setdefault((number, fold_text(headword)), headword)
    unseen = [spelled for key, spelled in known.items() if key not in seen]
    pairs = sum(part.report.pairs for part in lexicons.parts)
    counts = np.diff(compiled.first)
    found_words = int(senses.sum())
    return LexiconUse(
        headwords=len(known),
        seen=len(known) - len(unseen),
        unseen=_spread(unseen, MOST_EXAMPLES),
        per_headword=pairs / max(1, sum(len(part.entries) for part in lexicons.parts)),
        per_word=float(counts @ senses) / found_words if found_words else 0.0,
        pos=_parts_of_speech(compiled, swapped_rows),
    )


def _compiled_headwords(lexicons: Lexicons) -> list[Headword]:
    """The headwords in the order of the compiled lexicon's senses, from 1."""
    return [
        headword._replace(language=number)
        for number, part in enumerate(lexicons.parts)
        for headword in part.headwords
    ]


def _senses_seen(compiled: CompiledLexicon, entries: Int64s, senses: Int64s) -> Bools:
    """Whether each sense was found: as it is spelled, or at least its form."""
    seen: Bools = senses > 0
    by_entry = compiled.senses.reshape(len(compiled.flags), -1)
    seen[by_entry[entries > 0].ravel()] = True
    seen[0] = False
    return seen


def _add_lemmas_of_forms(lexicons: Lexicons, seen: set[tuple[int, str]]) -> None:
    """An inflected form of several headwords is a lemma of its own; it shows all of them."""
    for number, part in enumerate(lexicons.parts):
        for form, (lemmas, _) in part.inflections.forms.items():
            if len(lemmas) > 1 and (number, fold_text(form)) in seen:
                seen.update((number, fold_text(lemma)) for lemma in lemmas)


def _spread(items: list[str], most: int) -> list[str]:
    """Some of them, evenly spread."""
    step = max(1, len(items) // most)
    return items[::step][:most]


def translations_of_entries(lexicons: Lexicons, entries: Iterable[int]) -> Iterator[list[str]]:
    """The translations of entries, of all their senses, each once."""
    compiled = lexicons.compiled
    by_entry = compiled.senses.reshape(len(compiled.flags), -1)
    for entry in entries:
        texts: dict[str, None] = {}
        for sense in by_entry[entry].tolist():
            if sense:
                first, last = compiled.first[sense : sense + 2].tolist()
                texts |= {compiled.texts[row].as_py().decode(): None for row in range(first, last)}
        yield list(texts)


def _parts_of_speech(compiled: CompiledLexicon, swapped_rows: Int64s) -> dict[str, int]:
    """How many swaps were of each part of speech; nothing if the lexicon tells none."""
    if not (compiled.translation_parts >= 0).any():
        return {}
    sums = np.bincount(compiled.translation_parts + 1, swapped_rows, len(PARTS) + 1)
    counts = dict(zip((NO_PART, *PARTS), sums.astype(int).tolist(), strict=True))
    return dict(sorted(((n, c) for n, c in counts.items() if c), key=lambda item: -item[1]))
