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
from link.kernel.compiled import CompiledLexicon, Senses
from link.kernel.table import WordKeys, word_keys
from link.kernel.text import Text
from link.kernel.window import Window
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


def find_sides(text: Text, spelled: UInt8s) -> tuple[UInt8s, UInt8s]:
    """The classes of what stands right before and right behind each word of a text.

    `spelled`: how each word is.
    """
    words = text.words
    before, behind = np.full((2, len(words)), context.EDGE, np.uint8)
    if len(words) < 2:
        return before, behind
    classes = _classes_of(text, spelled)
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
    (context.COMMA, context.COMMAS, (alphabet.MARKER, alphabet.OTHER_HYPHEN)),
    (context.QUOTE, context.QUOTES, range(alphabet.CURLY_APOSTROPHE, alphabet.OTHER_BLANK)),
    (context.NUMBER, context.DIGITS, ()),
    (_NONE, BLANKS + "\n", (alphabet.OTHER_BLANK,)),
):
    _MARKS[alphabet.class_set(_own, *_classes)] = _class


def _marks(window: Window, begins: Int64s, ends: Int64s) -> tuple[UInt8s, UInt8s]:
    """The classes of the first and of the last mark in gaps, _NONE where there is none."""
    first: UInt8s = _MARKS.take(window.flat.take(begins))
    last = first.copy()
    sizes = ends - begins
    longer = where_true(sizes > 1)
    begins, sizes = begins.take(longer), sizes.take(longer)
    flat = window.flat.take(begins), window.flat.take(begins + 1)
    one, other = first.take(longer), _MARKS.take(flat[1])  # most gaps of several bytes have two
    two_feeds = (flat[0] == ord("\n")) & (flat[1] == ord("\n"))
    first[longer] = np.where(two_feeds, context.EDGE, np.where(one == _NONE, other, one))
    last[longer] = np.where(two_feeds, context.EDGE, np.where(other == _NONE, one, other))

    rows = where_true(sizes > 2)
    longer, begins, sizes = longer.take(rows), begins.take(rows), sizes.take(rows)
    flat_of_all = window.flat.take(ragged_range(begins, sizes))
    found = where_true(_MARKS.take(flat_of_all) != _NONE)
    owner = longer.repeat(sizes).take(found)
    opens = firsts(owner)
    marks = _MARKS.take(flat_of_all.take(found))
    feeds = longer.compress(sums(flat_of_all == ord("\n"), sizes) > 1)
    for result, which in ((first, opens), (last, np.append(opens, True)[1:])):
        result[longer] = _NONE
        result[owner.compress(which)] = marks.compress(which)
        result[feeds] = context.EDGE
    return first, last


def _classes_of(text: Text, spelled: UInt8s) -> UInt8s:
    """The classes of all words of a text."""
    starts, ends, entries = text.words.starts, text.words.ends, text.entries
    if text.looked_at is not None:
        entries = text.look_up(starts, ends)
    result: UInt8s = text.lexicon.classes.take(entries)
    rows = where_true(result == context.EDGE)  # not known
    small = spelled.take(rows) == SMALL
    result[rows] = context.NAME
    rows = rows.compress(small)
    result[rows] = _by_ending(word_keys(text.window, starts.take(rows), ends.take(rows)))
    return result


def _by_ending(keys: WordKeys) -> UInt8s:
    """`context.class_of_unknown` of some words."""
    folded = np.frombuffer(keys.buffer, np.uint8)
    stops = keys.starts + keys.sizes - 1
    last = folded.take(stops)
    result = np.full(len(stops), context.UNKNOWN, np.uint8)
    rows = where_true(_TELLING.take(last))
    last, sizes = last.take(rows), keys.sizes.take(rows)
    second, third = (
        folded.take(np.maximum(stops.take(rows) - by, 0)) * (sizes > by) for by in (1, 2)
    )
    some = np.full(len(rows), context.UNKNOWN, np.uint8)
    some[(last == ord("s")) & (second != ord("s"))] = context.NOUNS
    some[(last == ord("d")) & (second == ord("e")) & (sizes > 3)] = context.ED
    is_ing = (last == ord("g")) & (second == ord("n")) & (third == ord("i")) & (sizes > 5)
    some[is_ing] = context.ING
    some[(last == ord("y")) & (second == ord("l"))] = context.ADVERB
    some[(last == ord("s")) & (second == ord("'"))] = context.POSSESSIVE
    result[rows] = some
    return result


_TELLING = np.zeros(256, np.bool_)
_TELLING[[*b"sdgy"]] = True
