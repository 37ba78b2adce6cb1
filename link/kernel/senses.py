"""Which part of speech a word has, by what stands beside it; and senses narrowed to it.

    She   took   a   light   coat          light: NOUN 64, ADJ 28, VERB 8 of a hundred
                 THE   ?     NOUN          + scores of THE before and NOUN behind: ADJ

A sense with translations of several parts of speech is there once more for each part, with those
alone: so to choose a part is to put one sense in place of another. docs/words.md has the rule.
"""

import numpy as np

from link.arrays import UInt8s, firsts, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel import alphabet
from link.kernel.compiled import Senses
from link.kernel.table import WordKeys
from link.kernel.words import Text
from link.language import context
from link.language.characters import BLANKS
from link.language.headwords import SMALL
from link.policy import STRICT, Policy


def narrowed(text: Text, index: Int64s, senses: Senses, policy: Policy) -> Senses:
    """Senses narrowed to the part of speech that the context tells, 0 where there is none.

    `index`: the words, ascending, and of each its sense in `senses`. With `--sense strict` a part
    of speech that has no translation may be told as well.
    """
    lexicon = text.lexicon
    alternatives = lexicon.alternatives.take(senses)
    rows = where_true(alternatives)
    alternatives = alternatives.take(rows)
    places = lexicon.contexts[int(policy.sense == STRICT)].take(alternatives)
    number = lexicon.numbers.take(places + _sides(text, index.take(rows)))
    result: Senses = senses.copy()
    result[rows] = lexicon.part_senses[number, alternatives]
    return result


def _sides(text: Text, index: Int64s) -> Int64s:
    """The classes of what stands right before some words, times their number, plus those of what
    stands right behind.
    """
    words, flat, count = text.words, text.window.flat, len(index)
    gaps = np.concatenate((index, index + 1))  # by the words behind them
    begins, ends = words.ends.take(gaps - 1), words.starts.take(gaps, mode="clip")
    first, last = begins, ends - 1
    near = np.concatenate((last[:count], first[count:]))
    sides: UInt8s = _MARKS.take(flat.take(near))
    longer = where_true(last > first)
    far = (first + last).take(longer) - near.take(longer)
    sides[longer] = _marks_in(flat, near.take(longer), far)
    sides[words.begin_texts.take(gaps)] = context.EDGE
    bare = where_true(sides == _NONE)
    neighbours = np.concatenate((index - 1, index + 1)).take(bare)
    sides[bare] = _classes_of(text, neighbours)
    result: Int64s = sides[:count].astype(np.intp)
    result *= len(context.CLASSES)
    result += sides[count:]
    return result


_NONE = 255  # no mark: the neighbour itself is told of
_MARKS = np.full(256, context.EDGE, np.uint8)
for _class, _own, _classes in (
    (context.COMMA, context.COMMAS, (alphabet.MARKER, alphabet.OTHER_HYPHEN)),
    (context.QUOTE, context.QUOTES, range(alphabet.CURLY_APOSTROPHE, alphabet.OTHER_BLANK)),
    (context.NUMBER, context.DIGITS, ()),
    (_NONE, BLANKS + "\n", (alphabet.OTHER_BLANK,)),
):
    _MARKS[alphabet.class_set(_own, *_classes)] = _class


def _marks_in(flat: UInt8s, near: Int64s, far: Int64s) -> UInt8s:
    """The class of the nearest mark in each gap of several bytes, _NONE where there is none; where
    there are several line feeds, EDGE. `near`, `far`: the ends of the gaps.
    """
    own, other = flat.take(near), flat.take(far)
    result: UInt8s = _MARKS.take(own)
    np.copyto(result, _MARKS.take(other), where=result == _NONE)
    result[(own == ord("\n")) & (other == ord("\n"))] = context.EDGE

    rows = where_true(np.abs(far - near) > 1)
    near, far = near.take(rows), far.take(rows)
    sizes = np.abs(far - near) + 1
    places = flat.take(ragged_range(np.minimum(near, far), sizes))
    marks = _MARKS.take(places)
    found = where_true(marks != _NONE)
    owner = np.arange(len(rows)).repeat(sizes).take(found)
    opens = firsts(owner)
    closes = np.append(opens[1:], True)[: len(opens)]
    nearest = np.where((near < far).take(owner), opens, closes)
    longer = np.full(len(rows), _NONE, np.uint8)
    longer[owner.compress(nearest)] = marks.take(found.compress(nearest))
    longer[sums(places == ord("\n"), sizes) > 1] = context.EDGE
    result[rows] = longer
    return result


def _classes_of(text: Text, index: Int64s) -> UInt8s:
    """The classes of some words."""
    result: UInt8s = text.lexicon.classes.take(text.entries.take(index))
    rows = where_true(result == context.EDGE)  # not known
    small = text.spelled.take(index.take(rows)) == SMALL
    result[rows] = context.NAME
    rows = rows.compress(small)
    result[rows] = _by_ending(text.keys.take(index.take(rows)))
    return result


def _by_ending(keys: WordKeys) -> UInt8s:
    """`context.class_of_unknown` of some words."""
    folded = np.frombuffer(keys.buffer, np.uint8)
    stops = keys.starts + keys.sizes - 1
    last = folded.take(stops)
    second, third = (folded.take(np.maximum(stops - by, 0)) * (keys.sizes > by) for by in (1, 2))
    result = np.full(len(stops), context.UNKNOWN, np.uint8)
    result[(last == ord("s")) & (second != ord("s"))] = context.NOUNS
    result[(last == ord("d")) & (second == ord("e")) & (keys.sizes > 3)] = context.ED
    is_ing = (last == ord("g")) & (second == ord("n")) & (third == ord("i"))
    result[is_ing & (keys.sizes > 5)] = context.ING
    result[(last == ord("y")) & (second == ord("l"))] = context.ADVERB
    result[(last == ord("s")) & (second == ord("'"))] = context.POSSESSIVE
    return result
