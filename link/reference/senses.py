"""Which part of speech a word has, as far as what stands beside it tells."""

from link.language import context
from link.language.characters import BLANKS
from link.language.headwords import SMALL, Headword
from link.policy import STRICT, WEIGHT
from link.reference.text import Text

_MARKS = dict.fromkeys(context.COMMAS, context.COMMA)
_MARKS |= dict.fromkeys(context.QUOTES, context.QUOTE)
_MARKS |= dict.fromkeys(context.DIGITS, context.NUMBER)


def narrowed(text: Text, word: int, form: str, headword: Headword, sense: str) -> Headword | None:
    """A headword with its translations of the part of speech that fits best; None if it has none.

    `form`: of the word, a possessive's ending aside. `sense`: `STRICT` tries all parts that the
    English word has, `CONTEXT` those of the translations, auxiliaries and particles.
    """
    priors = context.priors(form, headword.weight_of_parts(), sense == STRICT)
    if sense == WEIGHT or len(priors) < 2:
        return headword
    before, behind = sides(text, word)
    scores = context.scores()[context.ending_of(form)]
    part = max(
        sorted(priors),
        key=lambda part: priors[part] + scores[part][0][before] + scores[part][1][behind],
    )
    return headword.narrowed(part) if part in headword.parts else None


def sides(text: Text, word: int) -> tuple[int, int]:
    """The classes of what stands right before a word and right behind it.

    >>> [context.CLASSES[side] for side in sides(Text("the dog, or"), 1)]
    ['THE', 'COMMA']
    """
    before = _side(text, word - 1, text.gaps[word - 1], -1) if word > 0 else context.EDGE
    is_last = word + 1 == len(text.words)
    behind = context.EDGE if is_last else _side(text, word + 1, text.gaps[word], 0)
    return before, behind


def _side(text: Text, word: int, gap: str, place: int) -> int:
    """The class of a neighbour, or of the mark in the gap that stands at this place of it."""
    if gap.count("\n") > 1:
        return context.EDGE
    if marks := gap.strip(BLANKS + "\n"):
        return _MARKS.get(marks[place], context.EDGE)
    form = text.forms[word]
    unknown = context.class_of_unknown(form) if text.spelled[word] == SMALL else context.NAME
    return context.known_classes().get(form, unknown)
