"""Which part of speech a word has, by what stands beside it; and senses narrowed to it.

    She   took   a   light   coat          light: NOUN 64, ADJ 28, VERB 8 of a hundred
                 THE   ?     NOUN          + scores of THE before and NOUN behind: ADJ

A sense with translations of several parts of speech is there once more for each part, with those
alone: so to choose a part is to put one sense in place of another. docs/words.md has the rule.
"""

import numpy as np

from link.arrays import UInt8s, ragged_range, where_true
from link.block import Int64s
from link.kernel import alphabet, compiled
from link.kernel.compiled import Senses
from link.kernel.words import Text
from link.language import context
from link.language.characters import BLANKS
from link.language.headwords import SMALL
from link.policy import STRICT, Policy


def narrow(
    senses: Senses, index: Int64s, starts: Int64s, ends: Int64s, text: Text, policy: Policy
) -> None:
    """Narrow senses to the part of speech that the context tells, in place; to 0 where there is
    none.

    `index`: the words, ascending; `starts`, `ends`: where each is. With `--sense strict` a part of
    speech that has no translation may be told as well.
    """
    lexicon = text.lexicon
    alternatives = lexicon.alternatives.take(senses)
    rows = where_true(alternatives)
    if not rows.size:
        return
    alternatives, index = alternatives.take(rows), index.take(rows)
    places = lexicon.contexts[int(policy.sense == STRICT)].take(alternatives)
    before, behind = _sides(text, index, starts.take(rows), ends.take(rows))
    places += before * np.intp(len(context.CLASSES))
    places += behind
    alternatives *= np.int32(lexicon.part_senses.shape[1])
    alternatives += lexicon.numbers.take(places)
    senses[rows] = lexicon.part_senses.reshape(-1).take(alternatives)


def _sides(text: Text, index: Int64s, starts: Int64s, ends: Int64s) -> UInt8s:
    """The classes of what stands right before and right behind some words; shape (2, words)."""
    words, flat = text.words, text.window.flat
    neighbours, near, far = np.empty((3, 2, len(index)), np.int64)  # near and far ends of the gaps
    np.subtract(index, 1, out=neighbours[0])
    np.add(index, 1, out=neighbours[1])
    words.ends.take(neighbours[0], mode="wrap", out=far[0])
    words.starts.take(neighbours[1], mode="wrap", out=far[1])
    near[1] = ends
    np.subtract(starts, 1, out=near[0])
    far[1] -= 1
    if index[0] == 0:
        far[0, 0] = 0
    if index[-1] == len(words) - 1:
        far[1, -1] = len(flat) - 1
    near, far, neighbours = near.reshape(-1), far.reshape(-1), neighbours.reshape(-1)
    marks: UInt8s = _MARKS.take(flat.take(near))
    longer = where_true((far != near) & (marks != context.EDGE))
    marks[longer] = _marks_in(flat, near.take(longer), far.take(longer))
    flags = text.flags.take(neighbours, mode="wrap") & compiled.CLASS | _WORD
    classes = np.minimum(marks, flags.astype(np.uint8))
    unknown = where_true(classes == _WORD)
    classes[unknown] = _classes_of_unknown(text, neighbours.take(unknown))
    classes &= np.uint8(compiled.CLASS)
    return classes.reshape(2, -1)


_WORD = compiled.CLASS + 1  # added to the class of a word
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
    there are several line feeds, EDGE. `near`, `far`: the ends of the gaps; no EDGE is at `near`.
    """
    own, other = flat.take(near), flat.take(far)
    result: UInt8s = _MARKS.take(own)
    sizes = np.abs(far - near) + 1
    rows = where_true(sizes > 2)
    np.copyto(result, _MARKS.take(other), where=result == _NONE)
    result[(own == ord("\n")) & (other == ord("\n"))] = context.EDGE

    near, far, sizes = near.take(rows), far.take(rows), sizes.take(rows)
    owner = np.arange(len(rows)).repeat(sizes)
    steps = ragged_range(np.zeros(len(rows), np.int64), sizes)
    places = flat.take(far.take(owner) + np.sign(near - far).take(owner) * steps)
    marks = _MARKS.take(places)
    found = where_true(marks != _NONE)
    longer = np.full(len(rows), _NONE, np.uint8)
    longer[owner.take(found)] = marks.take(found)  # the last one counts, which is nearest
    feeds = owner.take(where_true(places == ord("\n")))
    longer[np.bincount(feeds, minlength=len(rows)) > 1] = context.EDGE
    result[rows] = longer
    return result


def _classes_of_unknown(text: Text, index: Int64s) -> UInt8s:
    """The classes of some words that are not known: by their endings, unless they are names."""
    result = np.full(len(index), context.NAME, np.uint8)
    rows = where_true(text.spelled.take(index) == SMALL)
    keys = text.keys.take(index.take(rows))
    folded, stops, sizes = np.frombuffer(keys.buffer, np.uint8), keys.ends, keys.sizes
    last, second = folded.take(stops - 1), folded.take(stops - 2)
    second[sizes == 1] = 0
    classes: UInt8s = _BY_ENDING.take(last * np.intp(256) + second)
    classes[(classes == context.ED) & (sizes <= 3)] = context.UNKNOWN
    ing = where_true(classes == context.ING)
    is_other = folded.take(stops.take(ing) - 3) != ord("i")
    is_other |= sizes.take(ing) <= 5
    classes[ing.compress(is_other)] = context.UNKNOWN
    result[rows] = classes
    return result


_BY_ENDING = np.full(1 << 16, context.UNKNOWN, np.uint8)
"""By the last two bytes of a folded word; for those in -ed and -ng its length counts as well."""
_BY_ENDING.reshape(256, 256)[ord("s")] = context.NOUNS
for _last, _class in zip(
    (b"ss", b"ed", b"ng", b"ly", b"'s"),
    (context.UNKNOWN, context.ED, context.ING, context.ADVERB, context.POSSESSIVE),
    strict=True,
):
    _BY_ENDING[int.from_bytes(_last, "little")] = _class
