"""Text: a window with its words looked up; and what becomes known of it."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from link.arrays import Bools, UInt8s
from link.block import Int64s
from link.kernel.compiled import CONTRACTED, CompiledLexicon, Entries, Senses
from link.kernel.table import lookup, word_keys
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


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What is drawn, told of each word of a text; shapes are (words,).

    `words`: int16, how many words the unit has that begins here, 0 where none does. `starts`,
    `ends`: int64, what a swap of it replaces; `at`: int64, behind what its annotation stands: the
    end of `dog's`. `senses`: int32, shape (languages that are chosen among, words), the sense in
    each, 0 where it has none or may not be swapped. `lost`: int8, the rule of `LOST_TO` that keeps
    it from being swapped, -1 where none does. `spelled`: uint8, SMALL, CAPITAL or CAPITALS.
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
