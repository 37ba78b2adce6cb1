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


def narrowed(text: Text, index: Int64s, senses: Senses, policy: Policy) -> Senses:
    """Senses narrowed to the part of speech that the context tells, 0 where there is none.

    `index`: the words, ascending, and of each its sense in `senses`. With `--sense strict` a part
    of speech that has no translation may be told as well.
    """
    lexicon = text.lexicon
    alternatives = lexicon.alternatives.take(senses)
    rows = where_true(alternatives)
    if not rows.size:
        return senses
    alternatives = alternatives.take(rows)
    places = lexicon.contexts[int(policy.sense == STRICT)].take(alternatives)
    index = index.take(rows)
    places += _side(text, index, index - 1, 1) * np.intp(len(context.CLASSES))
    places += _side(text, index + 1, index + 1, -1)
    alternatives *= np.int32(lexicon.part_senses.shape[1])
    alternatives += lexicon.numbers.take(places)
    result: Senses = senses.copy()
    result[rows] = lexicon.part_senses.reshape(-1).take(alternatives)
    return result


def _side(text: Text, gaps: Int64s, neighbours: Int64s, step: int) -> UInt8s:
    """The classes of what stands on one side of some words.

    `gaps`: the gaps on that side, each by the number of the word behind it; `neighbours`: the words
    beyond them. `step`: 1 for the side before, -1 for the side behind.
    """
    between = text.between.take(gaps)
    classes: UInt8s = _MARKS.take(between)
    longer = where_true(between == 0)
    classes[longer] = _marks_in(text, gaps.take(longer), step)
    # A mark's class is below _WORD and _NONE above it: so the smaller one counts.
    flags = text.flags.take(neighbours, mode="wrap") & compiled.CLASS | _WORD
    np.minimum(classes, flags.astype(np.uint8), out=classes)
    unknown = where_true(classes == _WORD)
    classes[unknown] = _classes_of_unknown(text, neighbours.take(unknown))
    classes &= np.uint8(compiled.CLASS)
    return classes


_WORD = compiled.CLASS + 1  # a bit beside the class of a neighbouring word
assert len(context.CLASSES) <= _WORD
_NONE = 255  # no mark: the neighbouring word counts
_MARKS = np.full(256, context.EDGE, np.uint8)
for _class, _own, _classes in (
    (context.COMMA, context.COMMAS, (alphabet.MARKER, alphabet.OTHER_HYPHEN)),
    (context.QUOTE, context.QUOTES, range(alphabet.CURLY_APOSTROPHE, alphabet.OTHER_BLANK)),
    (context.NUMBER, context.DIGITS, ()),
    (_NONE, BLANKS + "\n", (alphabet.OTHER_BLANK,)),
):
    _MARKS[alphabet.class_set(_own, *_classes)] = _class


def _marks_in(text: Text, gaps: Int64s, step: int) -> UInt8s:
    """The class of the mark that is nearest to the word, in each of some gaps of any length; _NONE
    where there is none, EDGE where there are several line feeds. `gaps`, `step`: as for `_side`.
    """
    words, flat = text.words, text.window.flat
    begins, stops = words.ends.take(gaps - 1), words.starts.take(gaps, mode="wrap")
    begins[gaps == 0], stops[gaps == len(words)] = 0, len(flat)
    near, far = (stops - 1, begins)[::step]
    own, other = flat.take(near), flat.take(far)
    result: UInt8s = _MARKS.take(own)
    rows = where_true((stops - begins > 2) & (result != context.EDGE))
    result = np.where(result == _NONE, _MARKS.take(other), result)
    result[(own == ord("\n")) & (other == ord("\n"))] = context.EDGE

    sizes = (stops - begins).take(rows)
    owner = rows.repeat(sizes)
    found = flat.take(ragged_range(begins.take(rows), sizes))
    marks = _MARKS.take(found)
    places = where_true(marks != _NONE)[::step]
    result[owner.take(places)] = marks.take(places)  # the last one counts, which is the nearest
    feeds = owner.take(where_true(found == ord("\n")))
    result[np.bincount(feeds, minlength=len(gaps)) > 1] = context.EDGE
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
"""The class of an unknown word by its last two bytes; in -ed and -ng more of it is looked at."""
_BY_ENDING.reshape(256, 256)[ord("s")] = context.NOUNS
_LAST_TWO = b"ss", b"ed", b"ng", b"ly", b"'s"
_BY_ENDING[[int.from_bytes(two, "little") for two in _LAST_TWO]] = [
    *(context.UNKNOWN, context.ED, context.ING, context.ADVERB, context.POSSESSIVE)
]
