"""Which words of a document may be swapped, alone or as phrases: the units that are drawn.

Part of the reference kernel.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from link.kernel.compiled import CAPITAL, CAPITALS, SMALL, Headword
from link.language.english import (
    CONTRACTIONS_IN_S,
    FUNCTION_WORDS,
    is_lone_letter,
    is_never_name,
)
from link.kernel.headings import LONG_WORD
from link.kernel.phrases import LONGEST_GAP
from link.kernel.reference.protect import lines, open_at_end, protected
from link.kernel.reference.text import (
    Character,
    begins_sentence,
    find_words,
    flat_text,
    folded,
    is_abbreviated,
    text_of,
)
from link.kernel.rules import BLANKS, NOTHING_OPEN, Carried
from link.kernel.sentences import HYPHENS
from link.language.unicode import LETTER, LOWER, TITLE, UPPER, character_case, character_class
from link.policy import KEEP, Policy

Variants = Mapping[tuple[int, int], Headword]
"""(language, how the lexicon spells it: SMALL, CAPITAL or CAPITALS) -> headword."""


class Document:
    """A document's characters, words and context, or those of a section of it.

    `carried`: what is open where a section begins.
    """

    def __init__(
        self, characters: Sequence[Character], key: int, carried: Carried = NOTHING_OPEN
    ) -> None:
        self.characters = characters
        self.key = key
        self.words = find_words(characters)
        self.flat = flat_text(characters)
        self.carried = carried

    def sections(self, block_characters: int) -> Iterator["Document"]:
        """The document, cut where a block of it is too long (see `pieces.py`)."""
        begin = counted = 0
        carried = self.carried
        while len(self.flat) - counted > block_characters:
            blank = _behind_blank_line(self.flat[counted:])
            if blank is not None and blank <= block_characters:
                counted += blank
                continue
            spaces = (
                at
                for at in range(counted + block_characters, len(self.flat) - 1)
                if self.flat[at] in BLANKS + "\n"
            )
            cut = next(spaces, None)
            if cut is None:
                break
            yield Document(self.characters[begin : cut + 1], self.key, carried)
            carried = open_at_end(self.flat[begin : cut + 1], carried)
            begin = counted = cut + 1
        yield Document(self.characters[begin:], self.key, carried)

    def text(self, start: int, end: int) -> str:
        return text_of(self.characters[start:end])

    def form(self, word: int) -> str:
        start, end = self.words[word]
        return folded(self.characters[start:end])

    def begins(self, word: int) -> bool:
        """Whether a word begins a sentence."""
        if word == 0:
            return True
        gap = self.text(self.words[word - 1][1], self.words[word][0])
        return begins_sentence(gap) and not is_abbreviated(self.form(word - 1), gap)


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or phrase that the lexicon covers. `choices`: language -> headword; none if it may not
    be swapped.

    `first`: its (first) word; `words`: how many. `start`, `swap_end`: what a swap replaces;
    `annotate_end`: behind what an annotation stands (characters of the document).
    """

    first: int
    words: int
    start: int
    swap_end: int
    annotate_end: int
    begins: bool
    choices: Mapping[int, Headword] = field(default_factory=dict)

    def moved(self, words: int, characters: int) -> "Unit":
        """The unit of a section, in its document."""
        return replace(
            self,
            first=self.first + words,
            start=self.start + characters,
            swap_end=self.swap_end + characters,
            annotate_end=self.annotate_end + characters,
        )


def _behind_blank_line(flat: str) -> int | None:
    """Where the first blank line of a text ends, its line feed included."""
    for start, end in lines(flat):
        if end < len(flat) and not flat[start:end].strip(BLANKS):
            return end + 1
    return None


def find_units(
    document: Document,
    headwords: Sequence[Headword],
    policy: Policy,
    languages: Sequence[int],
    block_characters: int,
) -> list[Unit]:
    """Segmentation, left to right: at each word the longest phrase that may be swapped, or it."""
    units: list[Unit] = []
    word = character = 0
    for section in document.sections(block_characters):
        units += [
            unit.moved(word, character)
            for unit in _Segmentation(section, headwords, policy, languages).units()
        ]
        word += len(section.words)
        character += len(section.characters)
    return units


class _Segmentation:
    def __init__(
        self,
        document: Document,
        headwords: Sequence[Headword],
        policy: Policy,
        languages: Sequence[int],
    ) -> None:
        self.document = document
        self.names_kept = policy.names == KEEP
        self.languages = languages
        self.by_form: dict[str, dict[tuple[int, int], Headword]] = {}
        for headword in headwords:
            if headword.language in languages:
                for form in headword.forms:
                    variants = self.by_form.setdefault(form, {})
                    variants[headword.language, headword.spelling] = headword
        self.longest = max((len(re.split("[ -]", form)) for form in self.by_form), default=1)
        # Words that stand in a phrase behind its first, in any language.
        self.inside = {
            word
            for headword in headwords
            for form in headword.forms
            for word in re.split("[ -]", form)[1:]
        }
        self.is_protected = [False] * len(document.words)
        spans = [span for _, span in protected(document.flat, policy.protect, document.carried)]
        for word, (start, end) in enumerate(document.words):
            self.is_protected[word] = any(begin < end and start < stop for begin, stop in spans)
        self.in_heading = _headings(document)

    def units(self) -> list[Unit]:
        units = []
        word = 0
        while word < len(self.document.words):
            unit = self._phrase(word) or self._word(word)
            if unit:
                units.append(unit)
            word += unit.words if unit else 1
        return units

    # --- one word ---

    def _word(self, word: int) -> Unit | None:
        start, end = self.document.words[word]
        form = self.document.form(word)
        variants, swap_end = self.by_form.get(form, {}), end
        if (
            not variants
            and form.endswith("'s")
            and (form not in CONTRACTIONS_IN_S)
            and form[:-2] in self.by_form
        ):
            form, swap_end = form[:-2], end - 2
            variants = self.by_form[form]
        if not variants:
            return None
        begins = self.document.begins(word)
        choices: dict[int, Headword] = {}
        if not self.is_protected[word] and not (self.names_kept and is_lone_letter(form)):
            spelled = spelling_of(self.document.text(start, swap_end))
            order = self._spellings(word, SMALL if is_never_name(form) else spelled, begins)
            choices = _first_of(variants, order, self.languages)
        return Unit(word, 1, start, swap_end, end, begins, choices)

    def _spellings(self, word: int, spelled: int, begins: bool) -> list[int]:
        """As what a lexicon may spell a word that is spelled so here; the best first."""
        heading = self.in_heading[word]
        if self.names_kept:
            if spelled == SMALL:
                return [SMALL]
            if spelled == CAPITAL:
                return [SMALL, CAPITAL] if begins or heading else [CAPITAL]
            return [SMALL, CAPITAL, CAPITALS] if heading == CAPITALS else [CAPITALS]
        if spelled == SMALL or (spelled == CAPITAL and begins):
            return [SMALL, CAPITAL, CAPITALS]
        if spelled == CAPITAL:
            return [CAPITAL, SMALL, CAPITALS]
        return [CAPITALS, SMALL, CAPITAL]

    # --- several words ---

    def _phrase(self, word: int) -> Unit | None:
        """The longest phrase at a word that may be swapped."""
        best = None
        form, words = self.document.form(word), 1
        while words < self.longest and word + words < len(self.document.words):
            gap = self._gap(word + words)
            if gap is None:
                break
            last = self.document.form(word + words)
            ending = 0
            if last not in self.inside and last.endswith("'s") and last not in CONTRACTIONS_IN_S:
                last, ending = last[:-2], 2
            form += gap + last
            words += 1
            choices = self._choices(self.by_form.get(form, {}), word, words)
            if choices:
                end = self.document.words[word + words - 1][1]
                start = self.document.words[word][0]
                begins = self.document.begins(word)
                best = Unit(word, words, start, end - ending, end, begins, choices)
            if ending:
                break  # nothing goes on behind a possessive
        return best

    def _gap(self, word: int) -> str | None:
        """How a lexicon spells the gap before a word, if a phrase may have it."""
        start, end = self.document.words[word - 1][1], self.document.words[word][0]
        gap = self.document.flat[start:end]
        if gap and self.document.text(start, end) in "-" + HYPHENS:
            return "-"
        blank = f"[{BLANKS}]"
        if len(gap) <= LONGEST_GAP and re.fullmatch(f"{blank}|{blank}*\n{blank}*", gap):
            return " "
        return None

    def _choices(self, variants: Variants, word: int, words: int) -> dict[int, Headword]:
        members = range(word, word + words)
        if not variants or any(self.is_protected[member] for member in members):
            return {}
        spelled = [spelling_of(self.document.text(*self.document.words[each])) for each in members]
        first = SMALL if is_never_name(self.document.form(word)) else spelled[0]
        order = self._spellings(word, first, self.document.begins(word))
        if self.names_kept:
            variants = {
                key: headword
                for key, headword in variants.items()
                if all(
                    here == there or self._may_differ(member, here)
                    for member, here, there in zip(
                        members[1:], spelled[1:], headword.later, strict=True
                    )
                )
            }
        return _first_of(variants, order, self.languages)

    def _may_differ(self, word: int, spelled: int) -> bool:
        """Whether capitals here tell nothing of how the lexicon would spell a word."""
        if spelled == SMALL:
            return False
        return bool(self.in_heading[word]) and (
            spelled == CAPITAL or self.in_heading[word] == CAPITALS
        )


def _first_of(
    variants: Variants, order: Sequence[int], languages: Sequence[int]
) -> dict[int, Headword]:
    """For each language the headword of the first spelling that there is."""
    return {
        language: next(
            variants[language, spelling] for spelling in order if (language, spelling) in variants
        )
        for language in languages
        if any((language, spelling) in variants for spelling in order)
    }


def spelling_of(text: str) -> int:
    """SMALL, CAPITAL or CAPITALS."""
    cases = [character_case(c) for c in text if character_class(c) == LETTER]
    if cases.count(UPPER) >= 2 and LOWER not in cases and TITLE not in cases:
        return CAPITALS
    return CAPITAL if cases[0] in (UPPER, TITLE) else SMALL


# --- headings ------------------------------------------------------------------------------------


def _headings(document: Document) -> list[int]:
    """For each word CAPITALS in a line of capitals, CAPITAL in a heading of capitalised words."""
    result = [SMALL] * len(document.words)
    spelled = [spelling_of(document.text(*word)) for word in document.words]
    every = lines(document.flat)
    blank = [not document.flat[start:end].strip(BLANKS) for start, end in every]
    for number, (start, end) in enumerate(every):
        words = [n for n, word in enumerate(document.words) if start <= word[0] < end]
        if not words:
            continue
        alone = all(blank[near] for near in (number - 1, number + 1) if 0 <= near < len(every))
        small = [n for n in words if spelled[n] == SMALL]
        titled = [n for n in words if document.form(n) in FUNCTION_WORDS]
        first, last = document.words[words[0]]
        if (
            not small
            and any(spelled[n] == CAPITALS for n in words)
            and all(spelled[n] == CAPITALS or len(document.form(n)) == 1 for n in words)
            and (len(words) > 1 or last - first >= LONG_WORD)
        ):
            kind = CAPITALS
        elif (
            set(small) <= set(titled)
            and len(small) < len(words)
            and (document.flat[start:end].lstrip(BLANKS).startswith("#") or (alone and titled))
        ):
            kind = CAPITAL
        else:
            continue
        for n in words:
            result[n] = kind
    return result
