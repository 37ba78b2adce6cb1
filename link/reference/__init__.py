"""The reference kernel: what is right, in plain Python, one word at a time.

It is the executable specification that the fast kernel is held to. It shares with it the frozen
Unicode tables, the flat code of one character, a few patterns (`rules.py`) and the definition of a
draw for one number, and nothing of how words are found, looked up, protected, joined to phrases,
drawn, capitalised or spliced. Every rule of the design stands here once:

    text.py      characters, words, sentences
    protect.py   protected spans
    units.py     which words, and phrases of several, may be swapped
    this file    drawing, spelling, putting together
"""

from collections.abc import Sequence
from dataclasses import dataclass

from link.block import Block
from link.kernel.compiled import (
    CAPITALS,
    Headword,
    Language,
    cumulative_thresholds,
    integer_weights,
    lemma_hash,
)
from link.kernel.draw import (
    LANGUAGE,
    MODE,
    ONE,
    PORTION,
    TRANSLATION,
    WORD,
    mix_one,
    stream,
    threshold,
)
from link.kernel.pieces import BLOCK_CHARACTERS
from link.kernel.reference.text import Character, begins_sentence, decode, find_words
from link.kernel.reference.units import Document, Unit, find_units, spelling_of
from link.language.unicode import (
    LETTER,
    LOWER,
    TITLE,
    UPPER,
    capitalised_text,
    character_case,
    character_class,
    upper_text,
)
from link.policy import FIRST, MIX_DOCUMENT, OF_WORDS, PER_WORD, Policy

__all__ = [
    "Character",
    "DocumentCounts",
    "ReferenceSwap",
    "begins_sentence",
    "decode",
    "find_words",
    "spell",
    "substitute",
]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class DocumentCounts:
    """What was found and done in a document, in words: those of a phrase count each."""

    touched: bool
    words: int
    covered: int
    eligible: int
    swapped: int


@dataclass(frozen=True, slots=True)
class ReferenceSwap:
    """One swap: offsets of the swapped (or annotated) bytes in the document, old and new."""

    document: int
    start: int
    end: int
    new_start: int
    new_end: int
    language: int
    annotated: bool


def substitute(
    block: Block,
    headwords: Sequence[Headword],
    policy: Policy,
    languages: Sequence[Language] = (Language(),),
    swaps: list[ReferenceSwap] | None = None,
    block_characters: int = BLOCK_CHARACTERS,
) -> tuple[bytes, list[DocumentCounts]]:
    """The block's new bytes, and what was done to each document; into `swaps`, what was swapped."""
    data = bytes(block.data)
    out, counts = [], []
    done = 0
    for number, (start, end, key) in enumerate(
        zip(block.starts, block.ends, block.keys, strict=True)
    ):
        document = Document(list(decode(data[start:end], block.escaped)), int(key))
        substitution = _Substitution(
            document, headwords, policy, languages, block.escaped, block_characters
        )
        new, counted = substitution.run(number, swaps)
        out += [data[done:start], new]
        counts.append(counted)
        done = end
    return b"".join([*out, data[done:]]), counts


class _Substitution:
    """What is done to one document."""

    def __init__(
        self,
        document: Document,
        headwords: Sequence[Headword],
        policy: Policy,
        languages: Sequence[Language],
        escaped: bool,
        block_characters: int,
    ) -> None:
        self.block_characters = block_characters
        self.document = document
        self.headwords = headwords
        self.policy = policy
        self.languages = languages
        self.weights = integer_weights(languages)
        self.escaped = escaped
        self.states = {
            purpose: mix_one(document.key ^ stream(policy.seed, purpose))
            for purpose in (PORTION, WORD, TRANSLATION, LANGUAGE, MODE)
        }

    def run(self, number: int, swaps: list[ReferenceSwap] | None) -> tuple[bytes, DocumentCounts]:
        characters, policy = self.document.characters, self.policy
        words = len(self.document.words)
        if self.states[PORTION] >> 11 >= threshold(policy.portion):
            unchanged = b"".join(character.raw for character in characters)
            return unchanged, DocumentCounts(False, words, 0, 0, 0)

        units = find_units(
            self.document,
            self.headwords,
            policy,
            self._languages_of_document(),
            self.block_characters,
        )
        if policy.of == OF_WORDS:
            eligible = sum(unit.words for unit in units if unit.choices)
            limit = threshold(min(1.0, policy.ratio * words / max(eligible, 1)))
        else:
            limit = threshold(policy.ratio)
            units = [unit for unit in units if self._draw(WORD, unit.first) < limit]
            eligible = sum(unit.words for unit in units if unit.choices)

        out, done, size, swapped = [], 0, 0, 0
        for unit in units:
            if not unit.choices or self._draw(WORD, unit.first) >= limit:
                continue
            language, headword = self._choose_language(unit)
            written = self._written(unit, headword, language)
            annotated = self._draw(MODE, unit.first) < threshold(policy.annotate_share)
            kept = characters[done : unit.annotate_end if annotated else unit.start]
            if annotated:
                opening, closing = policy.bracket_pair
                written = f" {opening}{written}{closing}"
            done = unit.annotate_end if annotated else unit.swap_end
            new = _json_string(written) if self.escaped else written.encode()
            out += [character.raw for character in kept] + [new]
            size += sum(len(character.raw) for character in kept)
            if swaps is not None:
                at = sum(len(character.raw) for character in characters[: unit.start])
                end = at + sum(
                    len(character.raw) for character in characters[unit.start : unit.swap_end]
                )
                swaps.append(
                    ReferenceSwap(number, at, end, size, size + len(new), language, annotated)
                )
            size += len(new)
            swapped += unit.words
        out += [character.raw for character in characters[done:]]
        covered = sum(unit.words for unit in units)
        return b"".join(out), DocumentCounts(True, words, covered, eligible, swapped)

    # --- draws ---

    def _draw(self, purpose: int, ordinal: int) -> int:
        return _nth(self.states[purpose], ordinal) >> 11

    def _languages_of_document(self) -> list[int]:
        everything = list(range(len(self.languages)))
        if self.policy.mix == MIX_DOCUMENT and len(self.languages) > 1:
            return [_pick(self.states[LANGUAGE], self.weights, everything)]
        return everything

    def _choose_language(self, unit: Unit) -> tuple[int, Headword]:
        """One of the languages that cover the unit, by weight."""
        known = sorted(unit.choices)
        language = known[0]
        if len(known) > 1:
            language = _pick(_nth(self.states[LANGUAGE], unit.first), self.weights, known)
        return language, unit.choices[language]

    def _written(self, unit: Unit, headword: Headword, language: int) -> str:
        """The chosen translation, capitalised as what it stands for."""
        state = self.states[TRANSLATION]
        if self.policy.translation == PER_WORD:
            state = _nth(state, unit.first)
        translation = _choose(headword, state, self.policy)
        source = self.document.text(unit.start, unit.swap_end)
        code = self.languages[language].code
        if headword.spelling == CAPITALS and spelling_of(source) == CAPITALS:
            return capitalised_text(translation, code) if unit.begins else translation
        return spell(translation, source, headword.own_capital, unit.begins, code)


def _nth(state: int, ordinal: int) -> int:
    """Output number `ordinal` of SplitMix64 started at `state`."""
    return mix_one((state + (ordinal + 1) * _GOLDEN) & _MASK)


def _pick(number: int, weights: Sequence[int], among: Sequence[int]) -> int:
    """One of some languages, by weight and the upper half of a random number."""
    point = (number >> 32) * sum(weights[one] for one in among) >> 32
    for one in among:
        point -= weights[one]
        if point < 0:
            return one
    raise AssertionError("a point is below the sum of the weights")


def _choose(headword: Headword, state: int, policy: Policy) -> str:
    if policy.translation == FIRST:
        return headword.translations[0]
    number = mix_one(state ^ lemma_hash(headword.lemma)) >> 11
    for translation, limit in zip(
        headword.translations, cumulative_thresholds(headword.weights), strict=True
    ):
        if number < limit:
            return translation
    raise AssertionError(f"a draw is below {ONE}, and that is the last limit")


def _json_string(text: str) -> bytes:
    escaped = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    escaped |= {"\b": "\\b", "\f": "\\f"}
    return "".join(
        escaped.get(character, character if character >= " " else f"\\u{ord(character):04x}")
        for character in text
    ).encode()


# --- case ----------------------------------------------------------------------------------------


def spell(translation: str, source: str, own_capital: bool, begins: bool, language: str) -> str:
    """The translation, capitalised as the source word is."""
    cases = [character_case(c) for c in source if character_class(c) == LETTER]
    if cases.count(UPPER) >= 2 and LOWER not in cases and TITLE not in cases:
        return upper_text(translation, language)
    if cases[0] not in (UPPER, TITLE) or (own_capital and not begins):
        return translation
    return capitalised_text(translation, language)
