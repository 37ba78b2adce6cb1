"""Which words of a text may be swapped, alone or as phrases: the units that are drawn."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from link.language.characters import APOSTROPHES, LOOKALIKES
from link.language.english import (
    CONTRACTED_ENDINGS,
    CONTRACTIONS_IN_S,
    FORMS_OF_DO,
    is_lone_letter,
    is_never_name,
)
from link.language.headwords import CAPITAL, CAPITALS, SMALL, Headword, Language, parts_of
from link.language.rules import LOST_TO, NAMES, SENSE
from link.policy import KEEP, STRICT, WEIGHT, Policy
from link.reference.protect import protecting_rules
from link.reference.senses import part_of
from link.reference.text import Text, shape_of, spelled_gap, spelling_of

Variants = Mapping[tuple[int, int], Headword]  # (language, how the lexicon spells it) -> headword


class Headwords:
    """A lexicon: its headwords of some languages, found by their forms.

    `languages`: the language that `Headword.language` is an index of.
    """

    def __init__(
        self, headwords: Sequence[Headword], languages: Sequence[Language] = (Language(),)
    ) -> None:
        self.languages = tuple(languages)
        self._by_form: dict[str, dict[tuple[int, int], Headword]] = {}
        self.beginnings: set[str] = set()  # what a phrase may begin with, its first word and more
        self.inside: set[str] = set()  # words that stand in a phrase behind its first
        for headword in headwords:
            for form in headword.forms:
                variants = self._by_form.setdefault(form, {})
                variants[headword.language, headword.spelling] = headword
                parts = parts_of(form)
                self.inside.update(parts[2::2])
                self.beginnings.update("".join(parts[:end]) for end in range(1, len(parts), 2))

    def variants(self, form: str, languages: Collection[int]) -> Variants:
        """The headwords of a form in some languages."""
        found = self._by_form.get(form, {})
        return {key: headword for key, headword in found.items() if key[0] in languages}


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or phrase that the lexicon covers.

    `first`: its (first) word; `words`: how many. `start`, `end`: what a swap replaces, `source`;
    `at`: behind what an annotation stands. All are places in a text, characters, until `placed`
    makes them places in a document, bytes. `choices`: language -> headword; none if it may not be
    swapped, and then `lost` is the rule, as an index into `LOST_TO`. `drawn`: whether its draw is
    low enough, may it be swapped or not.
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

    def placed(self, words: int, offsets: Sequence[int]) -> "Unit":
        """The unit behind so many words of its document; `offsets`: of the text's characters."""
        start, end, at = offsets[self.start], offsets[self.end], offsets[self.at]
        return replace(self, first=self.first + words, start=start, end=end, at=at)


def find_units(
    text: Text, headwords: Headwords, policy: Policy, languages: Collection[int]
) -> Iterator[Unit]:
    """Left to right: at each word the longest phrase that may be swapped, or the word itself."""
    finder = _Finder(text, headwords, policy, languages)
    word = 0
    while word < len(text.words):
        unit = finder.phrase(word) or finder.word(word)
        if unit:
            yield unit
        word += unit.words if unit else 1


_APART = re.compile(f" [{APOSTROPHES}{LOOKALIKES}]")


class _Finder:
    def __init__(
        self, text: Text, headwords: Headwords, policy: Policy, languages: Collection[int]
    ) -> None:
        self.text = text
        self.headwords = headwords
        self.keeps_names = policy.names == KEEP
        self.sense = policy.sense
        self.languages = languages
        self.protected = protecting_rules(text, policy.protect, policy.protect_pattern)

    def _unit(self, word: int, words: int, ending: int, choices: Mapping[int, Headword]) -> Unit:
        start, at = self.text.words[word][0], self.text.words[word + words - 1][1]
        source = self.text.text[start : at - ending]
        begins = self.text.begins[word]
        return Unit(word, words, start, at - ending, at, source, begins, choices)

    def _ending(self, word: int) -> int:
        """Of a word `X's` that may be a possessive, how many characters the ending has."""
        form, end = self.text.forms[word], self.text.words[word][1]
        is_possessive = form.endswith("'s") and form not in CONTRACTIONS_IN_S
        return 2 if is_possessive and self.text.text[end - 1] in "sS" else 0

    def word(self, word: int) -> Unit | None:
        """A word, if the lexicon has it."""
        form, ending = self.text.forms[word], 0
        variants = self.headwords.variants(form, self.languages)
        if not variants and (ending := self._ending(word)):
            form = form.removesuffix("'s")
            variants = self.headwords.variants(form, self.languages)
        if not variants or self._is_piece(word):
            return None
        unit = self._unit(word, 1, ending, {})
        spelled = SMALL if is_never_name(form) else spelling_of(shape_of(unit.source))
        choices = self._choose(variants, self._spellings(word, spelled))
        if not choices or (self.keeps_names and is_lone_letter(form)):
            return replace(unit, lost=LOST_TO.index(NAMES))
        if self.protected[word]:
            return replace(unit, lost=self.protected[word])
        if self.sense != WEIGHT:
            narrowed = {one: self._narrowed(word, form, own) for one, own in choices.items()}
            choices = {language: own for language, own in narrowed.items() if own}
        return replace(unit, choices=choices, lost=None if choices else LOST_TO.index(SENSE))

    def _narrowed(self, word: int, form: str, headword: Headword) -> Headword | None:
        """The headword with its translations of the part of speech that the context tells; None if
        it has none, be it strict or the word an auxiliary or particle.
        """
        part = part_of(self.text, word, form, headword, self.sense == STRICT)
        if part is None:
            return headword
        return headword.narrowed(part) if part in headword.parts else None

    def _is_piece(self, word: int) -> bool:
        """Whether a word says little without its neighbour: `do` before `not`, and the parts of a
        contraction that is spelled apart (`does n't`, `i 've`, `it 's`).
        """
        form, gap = self.text.forms[word], self.text.gaps[word]
        is_done = (
            form in FORMS_OF_DO and spelled_gap(gap) == " " and self.text.forms[word + 1] == "not"
        )
        return is_done or self._is_apart(word) or (word > 0 and self._is_apart(word - 1))

    def _is_apart(self, word: int) -> bool:
        """Whether a word and the next are a contraction in two pieces."""
        if word + 1 == len(self.text.words):
            return False
        gap, form, follows = self.text.gaps[word], *self.text.forms[word : word + 2]
        if follows == "n't":
            return gap == " "
        is_ending = follows in CONTRACTED_ENDINGS and _APART.fullmatch(gap)
        stem = form.removesuffix("'s")
        return bool(is_ending) and (follows != "s" or f"{stem}'s" in CONTRACTIONS_IN_S)

    def _spellings(self, word: int, spelled: int) -> list[int]:
        """As what a lexicon may spell a word that is spelled so here; the best first."""
        begins, heading = self.text.begins[word], self.text.headings[word]
        if not self.keeps_names:
            best = SMALL if spelled == CAPITAL and begins else spelled
            return [best, *(other for other in (SMALL, CAPITAL, CAPITALS) if other != best)]
        if spelled == CAPITAL and (begins or heading != SMALL):
            return [SMALL, CAPITAL]
        if spelled == heading == CAPITALS:
            return [SMALL, CAPITAL, CAPITALS]
        return [spelled]

    def _choose(self, variants: Variants, spellings: Sequence[int]) -> dict[int, Headword]:
        """For each language the headword of the first spelling that there is."""
        return {
            language: variants[language, spelling]
            for spelling in reversed(spellings)
            for language in self.languages
            if (language, spelling) in variants
        }

    def phrase(self, word: int) -> Unit | None:
        """The longest phrase at a word that may be swapped."""
        longest = None
        form, words, ending = self.text.forms[word], 1, 0
        while form in self.headwords.beginnings and not ending:
            last = word + words
            if last == len(self.text.words) or not (gap := spelled_gap(self.text.gaps[last - 1])):
                break
            later = self.text.forms[last]
            if later not in self.headwords.inside and (ending := self._ending(last)):
                later = later.removesuffix("'s")  # and nothing goes on behind a possessive
            form += gap + later
            words += 1
            variants = self.headwords.variants(form, self.languages)
            if variants and (choices := self._choices(variants, word, words)):
                longest = self._unit(word, words, ending, choices)
        return longest

    def _choices(self, variants: Variants, word: int, words: int) -> dict[int, Headword]:
        """As what some words may be swapped together."""
        if any(self.protected[word : word + words]):
            return {}
        if self.keeps_names:
            variants = {key: one for key, one in variants.items() if self._fits(word + 1, one)}
        spelled = SMALL if is_never_name(self.text.forms[word]) else self.text.spelled[word]
        return self._choose(variants, self._spellings(word, spelled))

    def _fits(self, first: int, headword: Headword) -> bool:
        """Whether the later words of a phrase are spelled as the lexicon has them, or stand in a
        heading in which their capitals tell nothing.
        """
        places = slice(first, first + len(headword.later))
        return all(
            here == spelling
            or here == heading == CAPITALS
            or (here == CAPITAL and heading != SMALL)
            for spelling, here, heading in zip(
                headword.later, self.text.spelled[places], self.text.headings[places], strict=True
            )
        )
