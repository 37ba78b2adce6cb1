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
from link.kernel import alphabet
from link.kernel.compiled import Entries, Senses
from link.kernel.table import WordKeys
from link.kernel.words import Text
from link.language import context
from link.language.characters import BLANKS
from link.language.headwords import SMALL
from link.policy import STRICT, Policy

_SCORES = np.array(context.scores(), np.int16).reshape(-1)


def narrowed(text: Text, index: Int64s, senses: Senses, policy: Policy) -> Senses:
    """Senses narrowed to the part of speech that the context tells, 0 where there is none.

    `index`: the words, ascending, and of each its sense in `senses`. With `--sense strict` a part
    of speech that has no translation may be told as well.
    """
    lexicon = text.lexicon
    alternatives = lexicon.alternatives.take(senses)
    rows = where_true(alternatives)
    alternatives, index = alternatives.take(rows), index.take(rows)
    before, behind = (_side(text, index, by).astype(np.intp) for by in (0, 1))
    behind += len(context.CLASSES)
    priors = lexicon.priors[int(policy.sense == STRICT)]

    def scores(
        number: int, which: Entries, before: Int64s, behind: Int64s
    ) -> npt.NDArray[np.int16]:
        places = lexicon.score_places[number].take(which)
        score: npt.NDArray[np.int16] = priors[number].take(which)
        score += _SCORES.take(places + before)
        score += _SCORES.take(places + behind)
        return score

    best = scores(0, alternatives, before, behind)
    chosen = lexicon.part_senses[0].take(alternatives)
    for number in range(1, len(lexicon.parts)):
        some = where_true(priors[number].take(alternatives) > context.LEAST_SCORE)
        which = alternatives.take(some)
        score = scores(number, which, before.take(some), behind.take(some))
        better = where_true(score > best.take(some))
        some = some.take(better)
        best[some] = score.take(better)
        chosen[some] = lexicon.part_senses[number].take(which.take(better))
    result: Senses = senses.copy()
    result[rows] = chosen
    return result


def _side(text: Text, rows: Int64s, behind: int) -> UInt8s:
    """The classes of what stands right before some words, or right `behind` (1) them."""
    words, flat = text.words, text.window.flat
    index = rows + behind  # the words behind the gaps
    begins, ends = words.ends.take(index - 1), words.starts.take(index, mode="clip")
    result: UInt8s = _MARKS.take(flat.take(begins if behind else ends - 1))
    longer = where_true(ends - begins > 1)
    result[longer] = _marks_in(flat, begins.take(longer), ends.take(longer), behind)
    result[words.begin_texts.take(index)] = context.EDGE
    bare = where_true(result == _NONE)
    result[bare] = _classes_of(text, index.take(bare) + (behind - 1))
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


def _marks_in(flat: UInt8s, begins: Int64s, ends: Int64s, first: int) -> UInt8s:
    """The class of the first (1) or last (0) mark in each gap, _NONE where there is none."""
    places = flat.take(ragged_range(begins, ends - begins))
    marks = _MARKS.take(places)
    found = where_true(marks != _NONE)
    owner = np.arange(len(begins)).repeat(ends - begins).take(found)
    opens = firsts(owner)
    which = opens if first else np.append(opens[1:], True)[: len(opens)]
    result = np.full(len(begins), _NONE, np.uint8)
    result[owner.compress(which)] = marks.take(found.compress(which))
    result[sums(places == ord("\n"), ends - begins) > 1] = context.EDGE
    return result


def _classes_of(text: Text, index: Int64s) -> UInt8s:
    """The classes of some words, ascending."""
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
