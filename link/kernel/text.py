"""Text: a window with its words looked up; and what becomes known of it."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from link.arrays import Bools, UInt8s
from link.block import Int64s
from link.kernel.compiled import CONTRACTED, CompiledLexicon, Senses
from link.kernel.table import WordKeys, lookup, word_keys
from link.kernel.window import Window
from link.kernel.words import Words, spellings

NOT_LOST = -1


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A window, its words, and their entries in a lexicon.

    `keys`: of all words. `entries`: int64, shape (words,), the entry of each as a whole, `dog's` included, 0 for
    none; `flags`: uint8, the lexicon's of each; `spelled`: uint8, how each is. `looked_at`: the
    words that were looked up, ascending; None for all.
    """

    window: Window
    words: Words
    lexicon: CompiledLexicon
    keys: WordKeys
    entries: Int64s
    flags: UInt8s
    spelled: UInt8s
    looked_at: Int64s | None = None

    def flags_of(self, index: Int64s) -> UInt8s:
        """The lexicon's flags of some words, ascending, whether they were looked up or not."""
        if self.looked_at is None:
            return self.flags.take(index)
        return self.lexicon.flags.take(lookup(self.lexicon.tables, self.keys.take(index)))


def text_of(
    window: Window, words: Words, lexicon: CompiledLexicon, looked_at: Int64s | None = None
) -> Text:
    """The words looked up, all of them or those of some indices."""
    keys = word_keys(window, words.starts, words.ends)
    if looked_at is None:
        entries = lookup(lexicon.tables, keys)
    else:
        entries = np.zeros(len(words), np.int64)
        entries[looked_at] = lookup(lexicon.tables, keys.take(looked_at))
    flags, spelled = lexicon.flags.take(entries), spellings(window, words.starts, words.ends)
    return Text(window, words, lexicon, keys, entries, flags, spelled, looked_at)


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
    """The stems of a text's possessive words."""
    words, rows = text.words, text.words.possessive
    kept = text.flags_of(rows) & CONTRACTED == 0
    rows, ends = rows.compress(kept), words.stems.compress(kept)
    keys = word_keys(text.window, words.starts.take(rows), ends)
    return Stems(rows, ends, lookup(text.lexicon.tables, keys))


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What is drawn, told of each word of a text; shapes are (words,).

    `words`: int16, how many words the unit has that begins here, 0 where none does. `starts`,
    `ends`: int64, what a swap of it replaces; `at`: int64, behind what its annotation stands: the
    end of `dog's`. `senses`: int64, shape (languages that are chosen among, words), the sense in
    each, 0 where it has none or may not be swapped. `lost`: int8, the rule of `LOST_TO` that keeps
    it from being swapped, NOT_LOST where none does. `spelled`: uint8, SMALL, CAPITAL or CAPITALS.
    `begins`: bool, whether it begins a sentence, told of those with capitals alone.
    """

    words: npt.NDArray[np.int16]
    starts: Int64s
    ends: Int64s
    at: Int64s
    senses: Senses
    lost: npt.NDArray[np.int8]
    spelled: UInt8s
    begins: Bools

    @property
    def is_eligible(self) -> Bools:
        """Which begin a unit that may be swapped."""
        return any_of(self.senses)

    def take(self, rows: Int64s) -> "Units":
        """Some of them; shapes are those of `rows` then."""
        columns = {each.name: getattr(self, each.name).take(rows, axis=-1) for each in fields(self)}
        return Units(**columns)


def any_of(senses: Senses) -> Bools:
    """Which words have a sense in any language."""
    found: Bools = senses[0] > 0
    for others in senses[1:]:
        found |= others > 0
    return found
