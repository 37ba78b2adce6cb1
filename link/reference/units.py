"""Which words of a text may be swapped, alone or as phrases: the units that are drawn."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from link.language import english
from link.language.characters import JOINERS
from link.language.headwords import CAPITAL, CAPITALS, SMALL, Headword, Language, parts_of
from link.language.rules import LOST_TO, NAMES, SENSE
from link.policy import KEEP, Policy
from link.reference.protect import protecting_rules
from link.reference.senses import narrowed
from link.reference.text import Text, spelled_gap, spelling_of


class Headwords:
    """A lexicon: its headwords, found by their forms, and what `Headword.language` indexes."""

    def __init__(
        self, headwords: Sequence[Headword], languages: Sequence[Language] = (Language(),)
    ) -> None:
        self.languages = tuple(languages)
        self._by_form: dict[str, dict[tuple[int, int], Headword]] = {}
        self.beginnings: set[str] = set()  # what a phrase may begin with, its first word and more
        self.inside: set[str] = set()  # words that stand in a phrase behind its first
        for headword in headwords:
            for form in headword.forms:
                self._by_form.setdefault(form, {})[headword.language, headword.spelling] = headword
                parts = parts_of(form)
                self.inside.update(parts[2::2])
                self.beginnings.update("".join(parts[:end]) for end in range(1, len(parts), 2))

    def of_form(self, form: str, languages: Collection[int]) -> list[Headword]:
        """The headwords of a form in some languages."""
        found = self._by_form.get(form, {}).values()
        return [headword for headword in found if headword.language in languages]


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or phrase that the lexicon covers.

    `first`: its (first) word; `words`: how many. `start`, `end`: what a swap replaces, `source`;
    `at`: behind what an annotation stands; in characters of a text, or in bytes of a document.
    `choices`: language -> headword; none if it may not be swapped, and then `lost` is the rule, as
    an index into `LOST_TO`. `drawn`: whether its draw is low enough, may it be swapped or not.
    """

    first: int
    words: int
    start: int
    end: int
    at: int
    source: str
    begins: bool
    choices: Mapping[int, Headword]
    lost: int | None = None
    drawn: bool = False


def find_units(
    text: Text, headwords: Headwords, policy: Policy, languages: Collection[int]
) -> Iterator[Unit]:
    """Left to right: at each word the longest phrase that may be swapped, or the word itself."""
    protected = protecting_rules(text, policy.protect, policy.protect_pattern)
    finder = _Finder(text, headwords, policy, languages, protected, _pieces(text))
    done = 0
    for word in range(len(text.words)):
        if word >= done and (found := finder.phrase(word) or finder.word(word)):
            words, ending, choices, lost = found
            done = word + words
            start, at = text.words[word][0], text.words[done - 1][1]
            source, begins = text.text[start : at - ending], text.begins[word]
            yield Unit(word, words, start, at - ending, at, source, begins, choices, lost)


def _pieces(text: Text) -> set[int]:
    """The words that say little without a neighbour: `do` before `not`, and the parts of a
    contraction that is spelled apart (`does n't`, `i 've`, `it 's`).
    """
    pieces = set()
    for word, (form, behind) in enumerate(pairwise(text.forms)):
        gap = text.gaps[word]
        if form in english.FORMS_OF_DO and behind == "not" and spelled_gap(gap) == " ":
            pieces.add(word)
        is_ending = behind in english.CONTRACTED_ENDINGS and re.fullmatch(f" [{JOINERS}]", gap)
        is_stem = behind != "s" or form.removesuffix("'s") + "'s" in english.CONTRACTIONS_IN_S
        if (is_stem and is_ending) or (behind == "n't" and gap == " "):
            pieces |= {word, word + 1}
    return pieces


# How many words, how many characters of a possessive's ending, `choices` and `lost` of a unit.
_Found = tuple[int, int, Mapping[int, Headword], int | None]


@dataclass(frozen=True, slots=True)
class _Finder:
    text: Text
    headwords: Headwords
    policy: Policy
    languages: Collection[int]
    protected: Sequence[int]  # of each word, by which rule
    pieces: Collection[int]

    def word(self, word: int) -> _Found | None:
        """A word, if the lexicon has it."""
        form, ending = self.text.forms[word], 0
        headwords = self.headwords.of_form(form, self.languages)
        if not headwords and (ending := self._ending(word)):
            form = form.removesuffix("'s")
            headwords = self.headwords.of_form(form, self.languages)
        if not headwords or word in self.pieces:
            return None
        choices = self._choose(headwords, word, ending)
        if not choices or (self.policy.names == KEEP and english.is_lone_letter(form)):
            return 1, ending, {}, LOST_TO.index(NAMES)
        if self.protected[word]:
            return 1, ending, {}, self.protected[word]
        choices = {
            language: fitting
            for language, headword in choices.items()
            if (fitting := narrowed(self.text, word, form, headword, self.policy.sense))
        }
        return 1, ending, choices, None if choices else LOST_TO.index(SENSE)

    def phrase(self, word: int) -> _Found | None:
        """The longest phrase at a word that may be swapped."""
        longest = None
        form, words, ending = self.text.forms[word], 1, 0
        while form in self.headwords.beginnings and not ending:
            last = word + words
            if not (gap := spelled_gap(self.text.gaps[last - 1])):
                break
            later = self.text.forms[last]
            if later not in self.headwords.inside and (ending := self._ending(last)):
                later = later.removesuffix("'s")  # and nothing goes on behind a possessive
            form += gap + later
            words += 1
            headwords = self.headwords.of_form(form, self.languages)
            fitting = [headword for headword in headwords if self._fits(word + 1, headword)]
            choices = self._choose(fitting, word)
            if choices and not any(self.protected[word : word + words]):
                longest = words, ending, choices, None
        return longest

    def _ending(self, word: int) -> int:
        """Of a word `X's` that may be a possessive, how many characters the ending has."""
        form, end = self.text.forms[word], self.text.words[word][1]
        is_possessive = form.endswith("'s") and form not in english.CONTRACTIONS_IN_S
        return 2 if is_possessive and self.text.text[end - 1] in "sS" else 0

    def _choose(self, among: Sequence[Headword], word: int, ending: int = 0) -> dict[int, Headword]:
        """For each language the headword that fits best how a (first) word is spelled here."""
        begins, heading = self.text.begins[word], self.text.headings[word]
        start, end = self.text.words[word]
        is_never_name = english.is_never_name(self.text.forms[word])
        spelled = SMALL if is_never_name else spelling_of(self.text.shape[start : end - ending])
        spellings = [spelled]  # that the lexicon may have, the best first
        if self.policy.names != KEEP:
            best = SMALL if spelled == CAPITAL and begins else spelled
            spellings = [best, SMALL, CAPITAL, CAPITALS]
        elif SMALL < spelled <= heading or (spelled == CAPITAL and begins):
            # Capitals that tell nothing here: SMALL < CAPITAL < CAPITALS.
            spellings = [SMALL, CAPITAL, CAPITALS][: spelled + 1]
        return {
            headword.language: headword
            for spelling in reversed(spellings)  # what is better replaces what is worse
            for headword in among
            if headword.spelling == spelling
        }

    def _fits(self, first: int, headword: Headword) -> bool:
        """Whether later words are spelled as in the lexicon, but for capitals in headings."""
        places = slice(first, first + len(headword.later))
        spelled, headings = self.text.spelled[places], self.text.headings[places]
        return self.policy.names != KEEP or all(
            here == spelling or SMALL < here <= heading
            for spelling, here, heading in zip(headword.later, spelled, headings, strict=True)
        )
