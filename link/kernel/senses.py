"""Which part of speech a word has, by what stands beside it; and senses narrowed to it.

    She   took   a   light   coat          light: NOUN 64, ADJ 28, VERB 8 of a hundred
                 THE   ?     NOUN          + scores of THE before and NOUN behind: ADJ

A sense with translations of several parts of speech is there once more for each part, with those
alone: so to choose a part is to put one sense in place of another. docs/words.md has the rule.
"""

import numpy as np
import numpy.typing as npt

from link.arrays import UInt8s, firsts, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.capitals import spellings
from link.kernel.compiled import CompiledLexicon, Senses
from link.kernel.table import word_keys
from link.kernel.text import Text
from link.kernel.window import (
    CLOSER,
    CURLY_APOSTROPHE,
    LETTER_APOSTROPHE,
    MARKER,
    OPENER,
    OPENING_APOSTROPHE,
    OTHER_BLANK,
    OTHER_HYPHEN,
    Window,
)
from link.language import context
from link.language.characters import BLANKS
from link.language.headwords import SMALL

_SCORES = np.array(context.scores(), np.int16).reshape(-1)
_WIDTH = len(context.CLASSES)


def narrowed(text: Text, senses: Senses, sides: tuple[UInt8s, UInt8s], strict: bool) -> Senses:
    """Senses narrowed to the part of speech that the context tells, 0 where there is none.

    `senses`: of each word; `sides`: as `find_sides` gives them. `strict`: a part of speech that has
    no translation may be told as well.
    """
    lexicon = text.lexicon
    alternatives = lexicon.alternatives.take(senses)
    rows = where_true(alternatives)
    if not rows.size:
        return senses
    alternatives = alternatives.take(rows)
    before, behind = (side.take(rows).astype(np.int32) for side in sides)
    behind += _WIDTH
    priors = lexicon.priors[int(strict)]
    best = _scores(lexicon, 0, priors, alternatives, before, behind)
    chosen = lexicon.part_senses[0].take(alternatives)
    for number in range(1, len(lexicon.parts)):
        some = where_true(priors[number].take(alternatives) > context.LEAST_SCORE)
        which = alternatives.take(some)
        score = _scores(lexicon, number, priors, which, before.take(some), behind.take(some))
        better = where_true(score > best.take(some))
        some = some.take(better)
        best[some] = score.take(better)
        chosen[some] = lexicon.part_senses[number].take(which.take(better))
    result: Senses = senses.copy()
    result[rows] = chosen
    return result


def _scores(
    lexicon: CompiledLexicon,
    number: int,
    priors: npt.NDArray[np.int16],
    alternatives: Senses,
    before: npt.NDArray[np.int32],
    behind: npt.NDArray[np.int32],
) -> npt.NDArray[np.int16]:
    """The scores of the alternatives of one number, between those classes."""
    base = lexicon.score_places[number].take(alternatives)
    scores: npt.NDArray[np.int16] = priors[number].take(alternatives)
    scores += _SCORES.take(base + before)
    scores += _SCORES.take(base + behind)
    return scores


def find_sides(text: Text) -> tuple[UInt8s, UInt8s]:
    """The classes of what stands right before and right behind each word of a text."""
    words = text.words
    before, behind = np.full((2, len(words)), context.EDGE, np.uint8)
    if len(words) < 2:
        return before, behind
    classes = _classes_of(text)
    first, last = _marks(text.window, words.ends[:-1], words.starts[1:])
    np.copyto(before[1:], np.where(last == _NONE, classes[:-1], last))
    np.copyto(behind[:-1], np.where(first == _NONE, classes[1:], first))
    edges = words.first.compress(words.counts > 0)
    before[edges] = context.EDGE
    behind[words.last.compress(words.counts > 0) - 1] = context.EDGE
    return before, behind


_NONE = 255  # no mark: the neighbour itself is told of
_MARKS = np.full(256, context.EDGE, np.uint8)
for _class, _own, _classes in (
    (context.COMMA, context.COMMAS, (MARKER, OTHER_HYPHEN)),
    (
        context.QUOTE,
        context.QUOTES,
        (OPENER, CLOSER, CURLY_APOSTROPHE, LETTER_APOSTROPHE, OPENING_APOSTROPHE),
    ),
    (context.NUMBER, context.DIGITS, ()),
):
    _MARKS[[*(ord(mark) for mark in _own if mark.isascii()), *_classes]] = _class
_MARKS[[OTHER_BLANK, *(ord(blank) for blank in BLANKS + "\n" if blank.isascii())]] = _NONE


def _marks(window: Window, begins: Int64s, ends: Int64s) -> tuple[UInt8s, UInt8s]:
    """The classes of the first and of the last mark in gaps, _NONE where there is none."""
    first: UInt8s = _MARKS.take(window.flat.take(begins))
    last = first.copy()
    sizes = ends - begins
    longer = where_true(sizes > 1)
    if not longer.size:
        return first, last
    sizes = sizes.take(longer)
    flat = window.flat.take(ragged_range(begins.take(longer), sizes))
    found = where_true(_MARKS.take(flat) != _NONE)
    owner = longer.repeat(sizes).take(found)
    opens = firsts(owner)
    marks = _MARKS.take(flat.take(found))
    for result, one in ((first, opens), (last, np.append(opens, True)[1:])):
        result[longer] = _NONE
        result[owner.compress(one)] = marks.compress(one)
        result[longer.compress(sums(flat == ord("\n"), sizes) > 1)] = context.EDGE
    return first, last


def _classes_of(text: Text) -> UInt8s:
    """The classes of all words of a text."""
    starts, ends, entries = text.words.starts, text.words.ends, text.entries
    if text.looked_at is not None:
        entries = text.look_up(starts, ends)
    result: UInt8s = text.lexicon.classes.take(entries)
    rows = where_true(result == context.EDGE)  # not known
    starts, ends = starts.take(rows), ends.take(rows)
    unknown = _by_ending(text, starts, ends)
    unknown[spellings(text.window, starts, ends) != SMALL] = context.NAME
    result[rows] = unknown
    return result


def _by_ending(text: Text, starts: Int64s, ends: Int64s) -> UInt8s:
    """`context.class_of_unknown` of some words, ascending."""
    keys = word_keys(text.window, starts, ends)
    folded = np.frombuffer(keys.buffer, np.uint8)
    stops = keys.starts + keys.sizes
    last, second, third = (
        folded.take(np.maximum(stops - by, 0)) * (keys.sizes >= by) for by in (1, 2, 3)
    )
    result = np.full(len(starts), context.UNKNOWN, np.uint8)
    result[(last == ord("s")) & (second != ord("s"))] = context.NOUNS
    result[(last == ord("d")) & (second == ord("e")) & (keys.sizes > 3)] = context.ED
    is_ing = (last == ord("g")) & (second == ord("n")) & (third == ord("i")) & (keys.sizes > 5)
    result[is_ing] = context.ING
    result[(last == ord("y")) & (second == ord("l"))] = context.ADVERB
    result[(last == ord("s")) & (second == ord("'"))] = context.POSSESSIVE
    return result
