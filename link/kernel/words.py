"""Text: a window, where words begin and end in it, and what the lexicon knows of them.

    _dog_    don’t    3rd    rock'n'roll    snake_case    well-known
     ---     -----           -----------    ----------    ---- -----

A run of letters, marks, digits, `_` and apostrophes that join is where the class changes; what it
begins and ends with is then put aside where that is no part of a word. docs/words.md has the rule.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from link import arrays
from link.arrays import NO_SPANS, Bools, Spans, UInt8s, ragged_range, sums, where_true
from link.block import Int64s, UInt64s
from link.kernel import alphabet
from link.kernel.compiled import CONTRACTED, HYPHEN, NO_GAP, SPACE, CompiledLexicon, Flags, Senses
from link.kernel.table import LANE, WordKeys, gather_lanes, lookup
from link.kernel.window import Window, begins_character
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LONGEST_GAP
from link.language.unicode import APOSTROPHE, LETTER, MARK, UNDERSCORE

NOT_LOST = -1


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of a window, in order.

    `starts`, `ends`: int64, shape (words,), places in the window. `kinds`: uint8, shape (words,),
    the window's where each starts. `first`, `last`: int64, shape (texts,): text t holds the words
    `first[t]` to `last[t] - 1`. `possessive`: int64, ascending, the words that end in an apostrophe
    and an s; `stems`: int64, where what is before that ends. `apostrophes`: begins and ends of all
    that may be one, in no order.
    """

    starts: Int64s
    ends: Int64s
    kinds: UInt8s
    first: Int64s
    last: Int64s
    possessive: Int64s
    stems: Int64s
    apostrophes: Spans

    @property
    def counts(self) -> Int64s:
        """How many words each text has."""
        return self.last - self.first

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def begin_texts(self) -> Bools:
        """Which words are the first of a text; shape (words + 1,), behind the last is none."""
        result = np.zeros(len(self) + 1, np.bool_)
        result[self.first] = True
        result[-1] = True
        return result

    def end_texts(self, index: Int64s) -> Bools:
        """Whether each of some words is the last of its text."""
        return self.begin_texts.take(index + 1)


def find_words(window: Window) -> Words:
    """The words of a window's texts."""
    classes = window.kinds & np.uint8(alphabet.WORD_CLASS)
    apostrophes, stems = _join(classes, window)
    inside = classes != 0
    bounds = where_true(inside[1:] != inside[:-1])
    starts, ends = bounds[0::2] + 1, bounds[1::2] + 1
    _trim_ends(classes, starts, ends, window.marks["_"])
    kinds = window.kinds.take(starts)
    opening = kinds & np.uint8(alphabet.WORD_CLASS)
    is_word = opening == LETTER
    if not is_word.all():
        rows = where_true((opening == MARK) | (opening == UNDERSCORE))
        _trim_starts(classes, starts, ends, rows)
        kinds[rows] = window.kinds.take(starts.take(rows))
        is_word[rows] = kinds.take(rows) & np.uint8(alphabet.WORD_CLASS) == LETTER
        starts, ends, kinds = starts[is_word], ends[is_word], kinds[is_word]  # nearly all are kept
    first, last = starts.searchsorted(window.starts), starts.searchsorted(window.ends)
    if not (stems[0].size and starts.size):
        return Words(starts, ends, kinds, first, last, *NO_SPANS, apostrophes)
    word = starts.searchsorted(stems[0], "right") - 1
    whole = (word >= 0) & (ends.take(word, mode="clip") == stems[1])
    word, at = word.compress(whole), stems[0].compress(whole)
    order = np.argsort(word, kind="stable")
    stems = word.take(order), at.take(order)
    return Words(starts, ends, kinds, first, last, *stems, apostrophes)


def _join(classes: UInt8s, window: Window) -> tuple[Spans, Spans]:
    """Class the apostrophes that join.

    Where all apostrophes begin and end; of those that join and stand before an s, where they begin
    and where that ends.
    """
    plain, ticks = window.marks["'"], window.marks["`"]
    begins = np.concatenate((plain, ticks, window.apostrophes[0]))
    ends = np.concatenate((plain + 1, ticks + 1, window.apostrophes[1]))
    before = classes.take(begins - 1)
    marked = where_true(before == MARK)
    if marked.size:  # what carries the marks must be a letter
        bases = where_true(classes != MARK)
        before[marked] = classes.take(bases.take(bases.searchsorted(begins.take(marked)) - 1))
    joins = (before == LETTER) & (classes.take(ends) == LETTER)
    every = begins, ends
    begins, ends = begins.compress(joins), ends.compress(joins)
    classes[ragged_range(begins, ends - begins)] = APOSTROPHE
    is_s = window.flat.take(ends) | 0x20 == ord("s")
    return every, (begins.compress(is_s), ends.compress(is_s) + 1)


def _trim_ends(classes: UInt8s, starts: Int64s, ends: Int64s, lows: Int64s) -> None:
    """Put aside, in place, the `_` that runs end with. `lows`: where any stand."""
    rows = ends.searchsorted(lows.compress(classes.take(lows + 1) == 0) + 1)
    if rows.size:
        begins, sizes = starts.take(rows), ends.take(rows) - starts.take(rows)
        places = ragged_range(begins, sizes)
        kept = np.where(classes.take(places) != UNDERSCORE, places + 1, 0)
        last = np.maximum.reduceat(kept, sizes.cumsum() - sizes)
        ends[rows] = np.maximum(last, begins + 1)


def _trim_starts(classes: UInt8s, starts: Int64s, ends: Int64s, rows: Int64s) -> None:
    """Put aside, in place, the marks and `_` that some runs begin with, but for the last byte."""
    if rows.size:
        stops, sizes = ends.take(rows), ends.take(rows) - starts.take(rows)
        places = ragged_range(starts.take(rows), sizes)
        aside = (classes.take(places) == MARK) | (classes.take(places) == UNDERSCORE)
        kept = np.where(aside, (stops - 1).repeat(sizes), places)
        starts[rows] = np.minimum.reduceat(kept, sizes.cumsum() - sizes)


def spellings(window: Window, starts: Int64s, ends: Int64s, kinds: UInt8s) -> UInt8s:
    """How each of some words is spelled: SMALL, CAPITAL or CAPITALS. `kinds`: where they start."""
    result: UInt8s = kinds >> np.uint8(7)  # the bit UPPER
    rows = where_true(result)
    # The second byte of nearly all of these is a small letter: not all capitals.
    rows = rows.compress(window.kinds.take(starts.take(rows) + 1) != LETTER)
    if window.has_uncased:  # a letter without case tells nothing of those behind
        uncased = window.flat.take(starts) == alphabet.OTHER_LETTER
        uncased |= window.flat.take(starts + 1) == alphabet.OTHER_LETTER
        rows = np.concatenate((rows, where_true(uncased)))
    rows = rows.compress(ends.take(rows) - starts.take(rows) > 1)
    if rows.size:
        sizes = ends.take(rows) - starts.take(rows)
        places = ragged_range(starts.take(rows), sizes)
        kinds, flat = window.kinds.take(places), window.flat.take(places)
        upper = sums((kinds >= alphabet.UPPER) & begins_character(window, places), sizes)
        lower = sums((kinds == LETTER) & (flat != alphabet.OTHER_LETTER), sizes)
        result[rows.compress((upper >= 2) & (lower == 0))] = CAPITALS
    return result


assert (SMALL, CAPITAL) == (False, True)


# --- texts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A window, its words, and their entries in a lexicon.

    `keys`: of all words; `spelled`: uint8, how each is. `entries`: int64, shape (words,), the entry
    of each as a whole, `dog's` included, 0 for none; `flags`: uint16, the lexicon's of each.
    `between`: uint8, shape (words + 1,), what stands between each word and the one before, if it is
    a single byte of `flat`; 0 for anything else, and at both ends.
    """

    window: Window
    words: Words
    lexicon: CompiledLexicon
    keys: WordKeys
    entries: Int64s
    flags: Flags
    spelled: UInt8s
    between: UInt8s


def text_of(window: Window, words: Words, lexicon: CompiledLexicon) -> Text:
    """The words of a window looked up."""
    keys = word_keys(window, words.starts, words.ends)
    entries = lookup(lexicon.tables, keys)
    flags = lexicon.flags.take(entries)
    spelled = spellings(window, words.starts, words.ends, words.kinds)
    between = np.zeros(len(words) + 1, np.uint8)
    single = words.starts[1:] - words.ends[:-1] == 1
    np.multiply(window.flat.take(words.ends[:-1]), single, out=between[1:-1])
    return Text(window, words, lexicon, keys, entries, flags, spelled, between)


class Stems(NamedTuple):
    """Words that end in 's and are no contractions: where what is before it ends, its entries."""

    rows: Int64s
    ends: Int64s
    entries: Int64s

    def take(self, rows: Int64s) -> "Stems":
        """Some of them."""
        return Stems(*(column.take(rows) for column in self))


def stems_of(text: Text) -> Stems:
    """The stems of a text's possessive words."""
    words, rows = text.words, text.words.possessive
    kept = text.flags.take(rows) & CONTRACTED == 0
    rows, ends = rows.compress(kept), words.stems.compress(kept)
    keys = word_keys(text.window, words.starts.take(rows), ends)
    return Stems(rows, ends, lookup(text.lexicon.tables, keys))


class Units(NamedTuple):
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


def any_of(senses: Senses) -> Bools:
    """Which words have a sense in any language."""
    found: Bools = senses[0] > 0
    for others in senses[1:]:
        found |= others > 0
    return found


def word_keys(window: Window, starts: Int64s, ends: Int64s) -> WordKeys:
    """The keys of some words of a window, ascending.

    Those in which folding left holes are packed behind the window's folded text; of few words all
    are packed, and stand alone.
    """
    text = window.folded
    if not (starts.size and window.holes.size):
        return WordKeys(text, starts, ends)
    if len(starts) > len(window.holes):
        word = starts.searchsorted(window.holes, "right") - 1
        word = word.compress((word >= 0) & (window.holes < ends.take(word, mode="clip")))
        word.sort()
        word = word.compress(arrays.firsts(word))
    else:  # there may be holes in any of these few
        word, text = np.arange(len(starts)), bytearray()
    if not word.size:
        return WordKeys(text, starts, ends)
    own = ends.take(word) - starts.take(word)
    packed = np.frombuffer(window.folded, np.uint8).take(ragged_range(starts.take(word), own))
    kept = packed != 0
    so_far = np.concatenate((np.zeros(1, np.int64), kept.cumsum()))
    bounds = so_far.take(np.concatenate((np.zeros(1, np.int64), own.cumsum())))
    starts, ends = starts.copy(), ends.copy()
    starts[word], ends[word] = len(text) + bounds[:-1], len(text) + bounds[1:]
    buffer = b"".join((text, packed.compress(kept).tobytes(), bytes(LANE)))
    return WordKeys(buffer, starts, ends)


def short_keys(text: Text, index: Int64s) -> UInt64s:
    """The folded bytes of some words as numbers; 0 for those of more than a lane."""
    keys = text.keys.take(index)
    sizes = keys.sizes
    lanes: UInt64s = gather_lanes(keys.buffer, keys.starts, sizes, 1)[0]
    lanes[sizes > LANE] = 0
    return lanes


def gaps(text: Text, index: Int64s) -> Int64s:
    """What stands behind some words, none the last of its text: SPACE, HYPHEN or NO_GAP."""
    window, between = text.window, text.between.take(index + 1)
    result = _GAP_OF.take(between)
    rows = where_true(between == 0)
    first = text.words.ends.take(index.take(rows))
    sizes = text.words.starts.take(index.take(rows) + 1) - first
    kept = window.kinds.take(first) & alphabet.SPACE > 0
    kept |= window.flat.take(first) == alphabet.OTHER_HYPHEN
    kept &= sizes <= LONGEST_GAP
    rows, first, sizes = rows.compress(kept), first.compress(kept), sizes.compress(kept)
    if rows.size:
        result[rows] = _longer_gaps(window, first, sizes)
    return result


def _longer_gaps(window: Window, starts: Int64s, sizes: Int64s) -> Int64s:
    """The same for gaps of more than one byte."""
    places = ragged_range(starts, sizes)
    flat, kinds = window.flat.take(places), window.kinds.take(places)
    characters = sums(begins_character(window, places), sizes)
    feeds = sums(flat == ord("\n"), sizes)
    is_blank = sums(kinds & alphabet.SPACE > 0, sizes) == sizes
    is_hyphen = sums(flat == alphabet.OTHER_HYPHEN, sizes) == sizes
    result = np.full(len(starts), NO_GAP)
    result[is_blank & ((feeds == 1) | ((feeds == 0) & (characters == 1)))] = SPACE
    result[is_hyphen & (characters == 1)] = HYPHEN
    return result


_GAP_OF = np.full(256, NO_GAP)
_GAP_OF[list(b" \t\r\f\v\n")] = SPACE
_GAP_OF[ord("-")] = HYPHEN
