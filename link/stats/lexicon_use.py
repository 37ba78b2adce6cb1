"""What of a lexicon a corpus makes use of: headwords seen, translations, parts of speech."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from link.arrays import where_true
from link.block import Int64s
from link.kernel.compiled import CompiledLexicon
from link.kernel.table import LANE
from link.language.context import PARTS
from link.language.unicode import fold_text
from link.lexicon.several import Lexicons

MOST_EXAMPLES = 30
NO_PART = "(none)"


def use_of(lexicons: Lexicons, entries: Int64s, senses: Int64s) -> dict[str, Any]:
    """Published figures of headwords and translations.

    `entries`, `senses`: running words of each, and eligible ones; int64.
    """
    compiled = lexicons.compiled
    is_seen = senses > 0  # as it is spelled, or at least its form:
    is_seen[_senses_of_entries(compiled)[entries > 0].ravel()] = True
    headwords = ((n, each) for n, part in enumerate(lexicons.parts) for each in part.headwords)
    seen = {
        (number, headword.lemma)
        for (number, headword), found in zip(headwords, is_seen[1:].tolist(), strict=False)
        if found
    }
    known: dict[tuple[int, str], str] = {}
    for number, part in enumerate(lexicons.parts):
        # An inflected form of several headwords is a lemma of its own; it shows all of them.
        for form, (lemmas, _) in part.inflections.forms.items():
            if len(lemmas) > 1 and (number, fold_text(form)) in seen:
                seen.update((number, fold_text(lemma)) for lemma in lemmas)
        for headword in part.entries:
            known.setdefault((number, fold_text(headword)), headword)
    unseen = [spelled for key, spelled in known.items() if key not in seen]
    step = max(1, len(unseen) // MOST_EXAMPLES)
    pairs = sum(part.report.pairs for part in lexicons.parts)
    spelled = sum(len(part.entries) for part in lexicons.parts)
    found_words = int(senses.sum())
    per_word = float(np.diff(compiled.first) @ senses) / found_words if found_words else 0.0
    return {
        "headwords": len(known),
        "headwords_seen": len(known) - len(unseen),
        "headwords_unseen": len(unseen),
        "headwords_unseen_examples": unseen[::step][:MOST_EXAMPLES],
        "translations_per_headword": round(pairs / max(1, spelled), 4),
        "translations_per_covered_word": round(per_word, 4),
    }


def parts_of_speech(compiled: CompiledLexicon, swapped_rows: Int64s) -> dict[str, int]:
    """How many swaps were of each part of speech; nothing if the lexicon tells none."""
    if not (compiled.translation_parts >= 0).any():
        return {}
    sums = np.bincount(compiled.translation_parts + 1, swapped_rows, len(PARTS) + 1)
    counts = dict(zip((NO_PART, *PARTS), sums.astype(int).tolist(), strict=True))
    return dict(sorted(((n, c) for n, c in counts.items() if c), key=lambda item: -item[1]))


def translations_of(compiled: CompiledLexicon, entries: list[int]) -> Iterator[list[str]]:
    """The translations of entries, of all their senses, each once."""
    for senses in _senses_of_entries(compiled)[entries].tolist():
        spans = [compiled.first[sense : sense + 2].tolist() for sense in senses if sense]
        rows = (row for first, last in spans for row in range(first, last))
        yield list(dict.fromkeys(compiled.texts[row].as_py().decode() for row in rows))


def texts_of_entries(compiled: CompiledLexicon) -> list[str]:
    """The folded form of each entry of one word; "" for entries of several words, and for none."""
    texts = [""] * len(compiled.flags)
    for table in compiled.tables:
        slots = where_true(table.entries > 0)
        raw = np.ascontiguousarray(table.keys[:, slots].T).astype("<u8").tobytes()
        size = table.lanes * LANE
        for n, entry in enumerate(table.entries[slots].tolist()):
            key = raw[n * size : (n + 1) * size].rstrip(b"\0")
            texts[entry] = key.decode("utf-8", "replace")
    return texts


def _senses_of_entries(compiled: CompiledLexicon) -> npt.NDArray[np.integer]:
    """Shape (entries, senses an entry); 0 for none."""
    return compiled.senses.reshape(len(compiled.flags), -1)
