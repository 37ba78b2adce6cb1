"""Words that are not swapped alone: `do` before `not`, the parts of a contraction spelled apart.

    they do not   does n't   i 've   it 's   the dog 's
         --       ---- ---   - --    -- -                  none of the last

Few places are looked at: those words, and apostrophes beside a blank.
"""

import numpy as np

from link.arrays import UInt8s, where_true
from link.block import Int64s, UInt64s
from link.kernel.compiled import CONTRACTED, DOES, SPACE
from link.kernel.matches import gaps
from link.kernel.table import LANE, gather_lanes, lane_view, word_keys
from link.kernel.text import Text
from link.language.english import CONTRACTED_ENDINGS


def _numbers(*words: str) -> UInt64s:
    """The keys of words of one lane."""
    return np.array([int.from_bytes(word.encode(), "little") for word in words], np.uint64)


_ENDINGS = _numbers(*CONTRACTED_ENDINGS)
_S, _NOT, _NEGATION = _numbers("s", "not", "n't")


def short_keys(text: Text, index: Int64s) -> UInt64s:
    """The folded bytes of some words, ascending, as numbers; 0 for those of more than a lane."""
    keys = word_keys(text.window, text.words.starts.take(index), text.words.ends.take(index))
    lanes: UInt64s = gather_lanes(lane_view(keys.buffer), keys.starts, keys.sizes, 1)[0]
    lanes[keys.sizes > LANE] = 0
    return lanes


def contracted(text: Text, flags: UInt8s) -> Int64s:
    """The words that are not swapped alone, in no order. `flags`: the lexicon's, of each word."""
    doing = where_true(flags >= DOES)
    doing = doing.compress(~text.words.end_texts(doing))
    doing = doing.compress(short_keys(text, doing + 1) == _NOT)
    doing = doing.compress(gaps(text, doing) == SPACE)

    flat = text.window.flat
    begins, ends = text.words.apostrophes
    before, behind = flat.take(begins - 1), flat.take(ends)
    spaced = (before == ord(" ")) | (behind == ord(" "))
    spaced &= (flat.take(begins) != ord("&")) & (flat.take(begins) != ord("\\"))  # spelled out
    rows = where_true(spaced)
    apart = _apart(text, begins.take(rows), ends.take(rows))

    within = begins.compress(behind | 0x20 == ord("t"))
    negations = np.sort(text.words.starts.searchsorted(within, "right") - 1)
    negations = negations.compress(negations > 0)
    negations = negations.compress(short_keys(text, negations) == _NEGATION)
    gap = text.words.starts.take(negations) - 1
    one_blank = (text.words.ends.take(negations - 1) == gap) & (flat.take(gap) == ord(" "))
    negations = negations.compress(one_blank)
    return np.concatenate((doing, apart, apart + 1, negations - 1, negations))


def _behind(text: Text, begins: Int64s, ends: Int64s) -> Int64s:
    """The words behind some gaps, ascending; of those that are gaps between two words."""
    words = text.words
    if not len(words):
        return begins[:0]
    order = np.argsort(begins)
    begins, ends = begins.take(order), ends.take(order)
    word = words.starts.searchsorted(ends)
    known = (word > 0) & (words.starts.take(word, mode="clip") == ends)
    known &= words.ends.take(word - 1, mode="clip") == begins
    return word.compress(known)


def _apart(text: Text, begins: Int64s, ends: Int64s) -> Int64s:
    """The first words of contractions in which some apostrophes stand beside a blank."""
    flat = text.window.flat
    begins = begins - (flat.take(begins - 1) == ord(" "))
    ends = ends + (flat.take(ends) == ord(" "))
    later = _behind(text, begins, ends)
    endings = short_keys(text, later)
    known = np.isin(endings, _ENDINGS)
    later, endings = later.compress(known), endings.compress(known)
    first = later - 1
    return first.compress((endings != _S) | (text.flags_of(first) & CONTRACTED > 0))
