"""The reference kernel: what is right, in plain Python, one word at a time.

It is the executable version of docs/words.md, in the order of that page, and the fast kernel is
held to it:

    text.py      characters, sections, words, sentences, headings
    protect.py   protected spans
    units.py     which words, and phrases of several, may be swapped
    senses.py    their parts of speech
    this file    drawing, translations, capitals, putting together

It shares with the fast kernel frozen tables, closed lists and the definition of one draw, all in
`link.language`, and no algorithm. It is linear in the text, and about a hundred times slower.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

from link.language import draws
from link.language.headwords import CAPITALS, SMALL, Headword, integer_weights, lemma_hash
from link.language.rules import ITSELF, LOST_TO
from link.language.rules import SECTION_BYTES as LONGEST
from link.language.unicode import capitalised_text, upper_text
from link.policy import FIRST, MIX_DOCUMENT, OF_WORDS, PER_WORD, Policy
from link.reference.text import Text, decode, find_words, sections, shape_of, spelling_of
from link.reference.units import Headwords as Headwords
from link.reference.units import Unit as Unit
from link.reference.units import find_units


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found and done in a document, in words: those of a phrase count each.

    `lost`: by rule, in the order of `LOST_TO`. With `of="eligible"` only what is drawn counts as
    covered, eligible or lost. In a document that is not touched only words are counted.
    """

    touched: bool
    words: int
    covered: int = 0
    eligible: int = 0
    swapped: int = 0
    lost: tuple[int, ...] = (0,) * len(LOST_TO)


@dataclass(frozen=True, slots=True)
class Swap:
    """One swap, in bytes of the document.

    `start`, `end`: the word or phrase; an annotation leaves it, and is written behind `at`.
    `source`: what stands there; `translation`: what is written for it, without brackets.
    `language`: an index into the languages of the headwords.
    """

    start: int
    end: int
    at: int
    words: int
    source: str
    translation: str
    language: int
    annotated: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What becomes of a document. `language`: its own, where documents take one of several."""

    text: bytes
    counts: Counts
    language: int | None = None
    units: Sequence[Unit] = ()
    swaps: Sequence[Swap] = ()


def substitute(
    document: bytes, key: int, headwords: Headwords, policy: Policy, section_bytes: int = LONGEST
) -> Result:
    """Swap words of a document, decoded text in UTF-8, by draws of its 64-bit key.

    >>> from link.language.headwords import Headword
    >>> dog = Headword(("dog",), "dog", ("Hund",), (1.0,))
    >>> substitute(b"The dog's bed.", 7, Headwords([dog]), Policy(ratio=1)).text
    b"The Hund's bed."
    """
    number = partial(_number, key, policy.seed)
    text, offsets = decode(document)
    spans = list(sections(text, offsets, section_bytes))
    if number(draws.PORTION) >> 11 >= draws.threshold(policy.portion):
        words = sum(len(find_words(shape_of(text[begin:end]))) for begin, end in spans)
        return Result(document, Counts(False, words))

    languages, language = list(range(len(headwords.languages))), None
    if policy.mix == MIX_DOCUMENT and len(languages) > 1:
        language = _pick(number(draws.LANGUAGE), headwords, languages)
        languages = [language]

    units: list[Unit] = []
    words = 0
    for begin, end in spans:
        section = Text(text[begin:end])
        for unit in find_units(section, headwords, policy, languages):
            start, end, at = (offsets[begin + n] for n in (unit.start, unit.end, unit.at))
            units.append(replace(unit, first=words + unit.first, start=start, end=end, at=at))
        words += len(section.words)

    units = [_but_itself(unit, number, policy) for unit in units]
    eligible = sum(unit.words for unit in units if unit.choices)
    ratio = policy.ratio * words / max(eligible, 1) if policy.of == OF_WORDS else policy.ratio
    limit = draws.threshold(min(1.0, ratio))
    units = [replace(unit, drawn=number(draws.WORD, unit.first) >> 11 < limit) for unit in units]
    drawn = [unit for unit in units if unit.drawn]
    swaps = [_swap(unit, number, headwords, policy) for unit in drawn if unit.choices]

    counted = units if policy.of == OF_WORDS else drawn
    covered, swapped = sum(unit.words for unit in counted), sum(swap.words for swap in swaps)
    lost = [sum(unit.words for unit in counted if unit.lost == n) for n in range(len(LOST_TO))]
    counts = Counts(True, words, covered, covered - sum(lost), swapped, tuple(lost))
    return Result(_splice(document, swaps, policy), counts, language, units, swaps)


def _number(key: int, seed: int, purpose: int, word: int | None = None) -> int:
    """The 64-bit random number of a document for a purpose, or of one of its words: that is output
    number `word` of SplitMix64 started at the document's.
    """
    state = draws.mix_one(key ^ draws.stream(seed, purpose))
    if word is None:
        return state
    return draws.mix_one((state + (word + 1) * draws.GOLDEN) & draws.MASK)


def _pick(number: int, headwords: Headwords, among: Sequence[int]) -> int:
    """One of some languages, by weight and the upper half of a random number."""
    weights = integer_weights(headwords.languages)
    limits = list(accumulate(weights[one] for one in among))
    return among[bisect_right(limits, (number >> 32) * limits[-1] >> 32)]


def _swap(unit: Unit, number: Callable[..., int], headwords: Headwords, policy: Policy) -> Swap:
    """The swap of a unit that is drawn."""
    language = _pick(number(draws.LANGUAGE, unit.first), headwords, sorted(unit.choices))
    headword, code = unit.choices[language], headwords.languages[language].code
    written = _spelled(_translation(unit, headword, number, policy), unit, headword, code)
    annotated = number(draws.MODE, unit.first) >> 11 < draws.threshold(policy.annotate_share)
    place = unit.start, unit.end, unit.at
    return Swap(*place, unit.words, unit.source, written, language, annotated)


def _translation(unit: Unit, headword: Headword, number: Callable[..., int], policy: Policy) -> str:
    """The translation that a unit draws."""
    if policy.translation == FIRST:
        return headword.translations[0]
    own = unit.first if policy.translation == PER_WORD else None
    mixed = draws.mix_one(number(draws.TRANSLATION, own) ^ lemma_hash(headword.lemma))
    limits = draws.cumulative_thresholds(headword.weights)
    return headword.translations[bisect_right(limits, mixed >> 11)]


def _but_itself(unit: Unit, number: Callable[..., int], policy: Policy) -> Unit:
    """The unit without the languages in which it would draw itself."""
    drawn = {n: _translation(unit, own, number, policy) for n, own in unit.choices.items()}
    choices = {n: own for n, own in unit.choices.items() if not own.is_itself(drawn[n])}
    lost = LOST_TO.index(ITSELF) if unit.choices and not choices else unit.lost
    return replace(unit, choices=choices, lost=lost)


def _spelled(translation: str, unit: Unit, headword: Headword, language: str) -> str:
    """A translation with the capitals of what it stands for; `language`: the target's code."""
    spelled = spelling_of(shape_of(unit.source))
    if spelled == CAPITALS and headword.spelling != CAPITALS:
        return upper_text(translation, language)
    tells_nothing = headword.own_capital or spelled == CAPITALS
    if spelled == SMALL or (tells_nothing and not unit.begins):
        return translation
    return capitalised_text(translation, language)


def _splice(document: bytes, swaps: Sequence[Swap], policy: Policy) -> bytes:
    opening, closing = policy.bracket_pair
    out, done = [], 0
    for swap in swaps:
        start, end = (swap.at, swap.at) if swap.annotated else (swap.start, swap.end)
        written = f" {opening}{swap.translation}{closing}" if swap.annotated else swap.translation
        out += [document[done:start], written.encode()]
        done = end
    return b"".join([*out, document[done:]])
