"""Text: a window with its words looked up."""

from dataclasses import dataclass

import numpy as np

from link.block import Int64s
from link.kernel.arrays import UInt8s
from link.kernel.compiled import CONTRACTED, CompiledLexicon
from link.kernel.table import Entries, lookup, word_keys
from link.kernel.window import Window
from link.kernel.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A window, its words, and their entries in a lexicon.

    `entries`: int32, shape (words,), the entry of each word as a whole, `dog's` included, 0 for
    none. `looked_at`: the words that were looked up, ascending; None for all.
    """

    window: Window
    words: Words
    lexicon: CompiledLexicon
    entries: Entries
    looked_at: Int64s | None = None

    def look_up(self, starts: Int64s, ends: Int64s) -> Entries:
        """The entries of some words, or of what comes before their endings; ascending."""
        return lookup(self.lexicon.tables, word_keys(self.window, starts, ends))

    def flags_of(self, index: Int64s) -> UInt8s:
        """The lexicon's flags of some words, ascending."""
        if self.looked_at is None:
            entries = self.entries.take(index)
        else:
            entries = self.look_up(self.words.starts.take(index), self.words.ends.take(index))
        flags: UInt8s = self.lexicon.flags.take(entries)
        return flags


def text_of(
    window: Window, words: Words, lexicon: CompiledLexicon, looked_at: Int64s | None = None
) -> Text:
    """The words looked up, all of them or those of some indices."""
    starts, ends = words.starts, words.ends
    if looked_at is None:
        return Text(window, words, lexicon, lookup(lexicon.tables, word_keys(window, starts, ends)))
    entries = np.zeros(len(words), np.int32)
    keys = word_keys(window, starts.take(looked_at), ends.take(looked_at))
    entries[looked_at] = lookup(lexicon.tables, keys)
    return Text(window, words, lexicon, entries, looked_at)


@dataclass(frozen=True, slots=True, eq=False)
class Stems:
    """Words that end in 's and are no contractions: where what is before it ends, its entries."""

    rows: Int64s
    ends: Int64s
    entries: Int64s

    def take(self, rows: Int64s) -> "Stems":
        """Some of them."""
        return Stems(self.rows.take(rows), self.ends.take(rows), self.entries.take(rows))


def stems_of(text: Text) -> Stems:
    """The stems of a text's possessive words, of those that were looked up."""
    words, rows = text.words, text.words.possessive
    if text.looked_at is not None:
        rows = rows.compress(np.isin(rows, text.looked_at, assume_unique=True))
    rows = rows.compress(text.flags_of(rows) & CONTRACTED == 0)
    ends = words.stems.take(words.possessive.searchsorted(rows))
    return Stems(rows, ends, text.look_up(words.starts.take(rows), ends).astype(np.int64))
