"""Which part of speech a word has, as far as what stands beside it tells."""

from link.language import context
from link.language.characters import BLANKS
from link.language.headwords import SMALL, Headword
from link.reference.text import Text


def part_of(text: Text, word: int, form: str, headword: Headword, strict: bool) -> int | None:
    """The part of speech that fits best, of those that a headword has translations of; None if
    there is nothing to choose.

    `form`: of the word, a possessive's ending aside. `strict`: any part of speech that the English
    word has is tried.
    """
    priors = context.priors(form, headword.weight_of_parts(), strict)
    if len(priors) < 2:
        return None
    before, behind = sides(text, word)
    scores = context.scores()[context.ending_of(form)]
    return max(
        sorted(priors),
        key=lambda part: priors[part] + scores[part][0][before] + scores[part][1][behind],
    )


def sides(text: Text, word: int) -> tuple[int, int]:
    """The classes of what stands right before a word and right behind it.

    >>> [context.CLASSES[side] for side in sides(Text("the dog, or"), 1)]
    ['THE', 'COMMA']
    """
    before = behind = context.EDGE
    if word > 0:
        before = _side(text, word - 1, text.gaps[word - 1], -1)
    if word + 1 < len(text.words):
        behind = _side(text, word + 1, text.gaps[word], 0)
    return before, behind


def _side(text: Text, word: int, gap: str, place: int) -> int:
    """The class of a neighbour, or of the mark in the gap that stands at this place of it."""
    marks = gap.strip(BLANKS + "\n")
    if gap.count("\n") > 1:
        return context.EDGE
    if marks:
        mark = marks[place]
        if mark in context.COMMAS:
            return context.COMMA
        if mark in context.QUOTES:
            return context.QUOTE
        return context.NUMBER if mark in context.DIGITS else context.EDGE
    form = text.forms[word]
    known = context.known_classes().get(form)
    if known is not None:
        return known
    return context.class_of_unknown(form) if text.spelled[word] == SMALL else context.NAME
