"""How a translation is capitalised: as the source word is.

    dog, Dog, DOG  ->  perro, Perro, PERRO        Hund, Hund, HUND

A word of one letter is never all-capitals. A headword that always has a capital (`I`, `Monday`)
tells nothing by having it: its translation is written as the lexicon spells it, and capitalised
only where a sentence begins.
"""

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.compiled import AS_SPELLED, CAPITALISED, CAPITALS, CompiledLexicon
from link.kernel.decode import points_of
from link.kernel.sentences import begins_sentence
from link.kernel.unicode import LOWER, TITLE, UNCASED, UPPER, cases_of
from link.kernel.words import Words


def spellings(
    lexicon: CompiledLexicon,
    window: bytes,
    words: Words,
    swapped: Int64s,
    swap_ends: Int64s,
    entries: Int64s,
    *,
    gaps: Int64s,
    opens: npt.NDArray[np.bool_],
    escaped: bool,
) -> Int64s:
    """AS_SPELLED, CAPITALISED or CAPITALS (int64) for each swapped word (indices into `words`).

    `swap_ends`, `entries`: per swapped word. `gaps`: where the gap before each begins; `opens`:
    whether it is the first word of its document.
    """
    result = np.full(len(swapped), AS_SPELLED, np.int64)
    starts = words.starts.take(swapped)
    raw = np.frombuffer(window, np.uint8)
    first = raw.take(starts)
    capital = (first >= ord("A")) & (first <= ord("Z"))
    may_be_capitals = capital.copy()
    special = np.flatnonzero((first >= 0x80) | (first == ord("\\")))
    if special.size:
        at = np.searchsorted(words.characters.starts, starts.take(special))
        case = cases_of(words.characters.points.take(at))
        capital[special] = (case == UPPER) | (case == TITLE)
        may_be_capitals[special] = (case == UPPER) | (case == UNCASED)
    result[capital] = CAPITALISED

    # The second byte of nearly all of these is a small ASCII letter: not all-capitals.
    rows = np.flatnonzero(may_be_capitals)
    second = raw.take(starts.take(rows) + 1, mode="clip")
    small = (second >= ord("a")) & (second <= ord("z")) & (first.take(rows) != ord("\\"))
    rows = rows.compress(~small)
    if rows.size:
        from_ = starts.take(rows)
        points, owner = points_of(window, words.characters, from_, swap_ends.take(rows) - from_)
        cases = cases_of(points)
        upper = np.bincount(owner[cases == UPPER], minlength=len(rows))
        others = np.bincount(owner[(cases == LOWER) | (cases == TITLE)], minlength=len(rows))
        result[rows[(upper >= 2) & (others == 0)]] = CAPITALS

    own = np.flatnonzero(result == CAPITALISED)
    own = own.compress(lexicon.own_capital.take(entries.take(own)))
    if own.size:
        begins = begins_sentence(window, words, swapped.take(own), gaps.take(own), escaped)
        result[own[~(begins | opens.take(own))]] = AS_SPELLED
    return result
