"""Words that are not swapped alone: `do` before `not`, the parts of a contraction spelled apart.

    they do not   does n't   i 've   it 's   the dog 's
         --       ---- ---   - --    -- -                  none of the last

Few places are looked at: those words, and apostrophes beside a blank.
"""

import numpy as np

from link.arrays import NO_PLACES, where_true
from link.block import Int64s, UInt64s
from link.kernel.compiled import CONTRACTED, DOES, SPACE
from link.kernel.words import Text, gaps, short_keys
from link.language.english import CONTRACTED_ENDINGS


def _numbers(*words: str) -> UInt64s:
    """The keys of words of one lane."""
    return np.array([int.from_bytes(word.encode(), "little") for word in words], np.uint64)


_ENDINGS = _numbers(*CONTRACTED_ENDINGS)
_S, _NOT, _NEGATION = _numbers("s", "not", "n't")


def contracted(text: Text) -> Int64s:
    """The words that are not swapped alone, in no order."""
    words, flat = text.words, text.window.flat
    if not len(words):
        return NO_PLACES
    doing = where_true(text.flags >= DOES)
    doing = doing.compress(~words.end_texts(doing))
    doing = doing.compress(short_keys(text, doing + 1) == _NOT)
    doing = doing.compress(gaps(text, doing) == SPACE)

    begins, ends = words.apostrophes
    behind = where_true(flat.take(begins - 1) == ord(" "))  # `i 've`
    within = where_true(flat.take(ends) | 0x20 == ord("t"))  # `does n't`
    negation = words.starts.searchsorted(begins.take(within), "right") - 1
    later = np.append(words.starts.searchsorted(ends.take(behind)), negation)
    starts = np.append(ends.take(behind), words.starts.take(negation))
    blanks = np.append(begins.take(behind), words.starts.take(negation)) - 1
    order = np.argsort(later)
    later, starts, blanks = later.take(order), starts.take(order), blanks.take(order)
    known = words.starts.take(later, mode="clip") == starts
    known &= words.ends.take(later - 1, mode="clip") == blanks
    later = later.compress(known & (flat.take(blanks) == ord(" ")))
    keys, before = short_keys(text, later), text.flags.take(later - 1)
    apart = np.isin(keys, _ENDINGS) & ((keys != _S) | (before & CONTRACTED > 0))
    later = later.compress(apart | (keys == _NEGATION))
    return np.concatenate((doing, later - 1, later))
