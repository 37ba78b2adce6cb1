"""Which part of speech a word has, by what stands beside it; and senses narrowed to it.

    She   took   a   light   coat          light: NOUN 64, ADJ 28, VERB 8 of a hundred
                 THE   ?     NOUN          + scores of THE before and NOUN behind: ADJ

A sense with translations of several parts of speech is there once more for each part, with those
alone: so to choose a part is to put one sense in place of another. docs/words.md has the rule.
"""

import numpy as np

from link.arrays import firsts, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.capitals import spellings
from link.kernel.compiled import Senses
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

_SCORES = np.array(context.scores(), np.int16)
_PARTS, _WIDTH = _SCORES.shape[1], _SCORES.shape[3]


def narrowed(text: Text, senses: Senses, strict: bool) -> Senses:
    """Senses narrowed to the part of speech that the context tells, 0 where there is none.

    `senses`: of each word. `strict`: a part of speech that has no translation may be told as well.
    """
    lexicon = text.lexicon
    rows = where_true(lexicon.alternatives.take(senses))
    if not rows.size:
        return senses
    before, behind = _sides(text, rows)
    alternatives = lexicon.alternatives.take(senses.take(rows))
    base = lexicon.endings.take(alternatives).astype(np.int64) * (2 * _PARTS * _WIDTH)
    before, behind = base + before, base + (behind + _WIDTH)
    best = np.full(len(rows), context.LEAST_SCORE, np.int16)
    chosen = np.zeros(len(rows), np.int32)
    scores = _SCORES.reshape(-1)
    for parts, priors, own in zip(
        lexicon.parts, lexicon.priors[int(strict)], lexicon.part_senses, strict=True
    ):
        score = priors.take(alternatives)
        some = where_true(score > context.LEAST_SCORE)
        which = alternatives.take(some)
        part = parts.take(which) * np.int64(2 * _WIDTH)
        total = score.take(some)
        total += scores.take(before.take(some) + part)
        total += scores.take(behind.take(some) + part)
        better = where_true(total > best.take(some))
        some = some.take(better)
        best[some] = total.take(better)
        chosen[some] = own.take(which.take(better))
    result: Senses = senses.copy()
    result[rows] = chosen
    return result


def _sides(text: Text, index: Int64s) -> tuple[Int64s, Int64s]:
    """The classes of what stands right before some words and right behind them; words ascend."""
    words, begin_texts = text.words, text.words.begin_texts
    before = np.full(len(index), context.EDGE)
    behind = before.copy()
    for side, by, result in ((-1, 0, before), (0, 1, behind)):
        rows = where_true(~begin_texts.take(index + by))
        gap = index.take(rows) + (by - 1)  # behind which word it stands
        marks = _marks(text.window, words.ends.take(gap), words.starts.take(gap + 1), side)
        result[rows] = marks
        rows = rows.compress(marks == _NONE)
        result[rows] = _classes_of(text, index.take(rows) + (2 * by - 1))
    return before, behind


_NONE = -1  # no mark: the neighbour itself is told of
_MARKS = np.full(256, context.EDGE, np.int64)
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


def _marks(window: Window, begins: Int64s, ends: Int64s, side: int) -> Int64s:
    """The class of the first mark in some gaps, or of the last one if `side` is -1."""
    result = _MARKS.take(window.flat.take(begins))
    sizes = ends - begins
    longer = where_true(sizes > 1)
    if not longer.size:
        return result
    result[longer] = _NONE
    begins, sizes = begins.take(longer), sizes.take(longer)
    places = ragged_range(begins, sizes)
    flat = window.flat.take(places)
    found = where_true(_MARKS.take(flat) != _NONE)
    owner = longer.repeat(sizes).take(found)
    if owner.size:
        is_one = firsts(owner) if side == 0 else np.append(firsts(owner)[1:], True)
        owner, found = owner.compress(is_one), found.compress(is_one)
        result[owner] = _MARKS.take(flat.take(found))
    result[longer.compress(sums(flat == ord("\n"), sizes) > 1)] = context.EDGE
    return result


def _classes_of(text: Text, index: Int64s) -> Int64s:
    """The classes of some words, ascending."""
    entries = text.entries.take(index)
    starts, ends = text.words.starts.take(index), text.words.ends.take(index)
    if text.looked_at is not None:
        entries = text.look_up(starts, ends)
    result = text.lexicon.classes.take(entries).astype(np.int64)
    rows = where_true(result == context.EDGE)
    starts, ends = starts.take(rows), ends.take(rows)
    unknown = _by_ending(text, starts, ends)
    unknown[spellings(text.window, starts, ends) != SMALL] = context.NAME
    result[rows] = unknown
    return result


def _by_ending(text: Text, starts: Int64s, ends: Int64s) -> Int64s:
    """`context.class_of_unknown` of some words, ascending."""
    keys = word_keys(text.window, starts, ends)
    folded = np.frombuffer(keys.buffer, np.uint8)
    stops = keys.starts + keys.sizes
    last, second, third = (
        folded.take(np.maximum(stops - by, 0)) * (keys.sizes >= by) for by in (1, 2, 3)
    )
    result = np.full(len(starts), context.UNKNOWN)
    result[(last == ord("s")) & (second != ord("s"))] = context.NOUNS
    result[(last == ord("d")) & (second == ord("e")) & (keys.sizes > 3)] = context.ED
    is_ing = (last == ord("g")) & (second == ord("n")) & (third == ord("i")) & (keys.sizes > 5)
    result[is_ing] = context.ING
    result[(last == ord("y")) & (second == ord("l"))] = context.ADVERB
    result[(last == ord("s")) & (second == ord("'"))] = context.POSSESSIVE
    return result
