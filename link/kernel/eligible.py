"""Which of the found words may be swapped, and how much of each word a swap would take.

A word is covered if its folded form is a headword. A word `X's` is looked up whole and then, unless
it is a contraction of the closed list below, as `X`, with its ending left in place.

Every covered word is eligible for now; names and protected spans will be taken away here.
"""

from dataclasses import dataclass

import numpy as np

from link.block import Int64s
from link.kernel.compiled import CompiledLexicon
from link.kernel.decode import words_with
from link.kernel.table import NOT_COVERED, Entries, WordKeys, lookup, word_keys
from link.kernel.words import Words

# After these `'s` is "is", "has" or "us". After `one`, `somebody` and the like it is as often a
# possessive, so those are not here.
CONTRACTIONS_IN_S = tuple(
    f"{word}'s"
    for word in (
        "it he she that this there here what who where when why how let "
        "everything something anything nothing"
    ).split()
)
POSSESSIVE = b"'s"


@dataclass(frozen=True, slots=True)
class Found:
    """What a lookup found for some words: their entries (0: none) and where a swap would end."""

    entries: Entries
    ends: Int64s


def find_covered(
    lexicon: CompiledLexicon, window: bytes, words: Words, chosen: Int64s | None
) -> Found:
    """Look up the chosen words (indices; None: all)."""
    starts = words.starts if chosen is None else words.starts.take(chosen)
    ends = words.ends if chosen is None else words.ends.take(chosen)
    keys = word_keys(window, words, starts, ends, lexicon.longest + len(POSSESSIVE))
    possessive = _possessives(keys, words_with(words.apostrophes, starts, ends))
    if not possessive.size:
        entries = lookup(lexicon.tables, keys)
        return Found(np.maximum(entries, NOT_COVERED, out=entries), ends)
    stems = keys.starts.take(possessive), keys.sizes.take(possessive) - len(POSSESSIVE)
    both = WordKeys(
        keys.buffer,
        np.concatenate((keys.starts, stems[0])),
        np.concatenate((keys.sizes, stems[1])),
    )
    entries, of_stems = np.split(lookup(lexicon.tables, both), [len(starts)])
    by_stem = np.flatnonzero((entries.take(possessive) == NOT_COVERED) & (of_stems > NOT_COVERED))
    rows = possessive.take(by_stem)
    entries[rows] = of_stems.take(by_stem)
    last_apostrophe = np.searchsorted(words.apostrophes, ends.take(rows)) - 1
    ends = ends.copy()
    ends[rows] = words.apostrophes.take(last_apostrophe)
    return Found(np.maximum(entries, NOT_COVERED, out=entries), ends)


def _possessives(keys: WordKeys, with_apostrophe: Int64s) -> Int64s:
    """Those of the words that end in 's."""
    rows = with_apostrophe[keys.sizes.take(with_apostrophe) > len(POSSESSIVE)]
    folded = np.frombuffer(keys.buffer, np.uint8)
    ends = keys.starts.take(rows) + keys.sizes.take(rows)
    return rows.compress(
        (folded.take(ends - 2) == POSSESSIVE[0]) & (folded.take(ends - 1) == POSSESSIVE[1])
    )
