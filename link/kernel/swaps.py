"""Which of the units found are swapped, for what: draws, translations, capitals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from link.arrays import NO_PLACES, Bools, sums, where_true
from link.block import Buffer, Int64s, UInt64s
from link.kernel import draw
from link.kernel.compiled import CompiledLexicon
from link.kernel.text import Text, Units
from link.kernel.translations import AS_SPELLED, CAPITALISED, IN_CAPITALS, choose_translations
from link.kernel.words import Words
from link.language import draws
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LOST_TO
from link.policy import ANNOTATE, FIRST, PER_WORD, REPLACE, Policy


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What was found and done.

    Per document, in words (those of a phrase count each), int64 (`touched`: bool), shape
    (documents,): `covered` and `eligible` are counted over the words that were looked at: those of
    the touched documents, and with `of="eligible"` only the drawn ones. Of all documents: `lost`,
    how many covered words each rule of `LOST_TO` took away; `swapped_by_language`;
    `documents_by_language`, of touched documents where each takes a language; `annotated`, how many
    of the swapped words stay beside their translation. `language`: int64, per document, where each
    takes one of several.
    """

    touched: Bools
    words: Int64s
    covered: Int64s
    eligible: Int64s
    swapped: Int64s
    lost: Int64s
    swapped_by_language: Int64s
    documents_by_language: Int64s
    annotated: Int64s  # shape (1,)
    language: Int64s | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Swaps:
    """Swaps in ascending order; shapes are (swaps,).

    `document`: int64. `start`, `end`: int64, what is swapped (or annotated), in bytes of the
    document; `at`: int64, behind which byte its annotation stands: the end of `dog's`. `row`:
    int64, of the lexicon's translations in all spellings. `language`: int64. `annotated`: bool.
    """

    document: Int64s
    start: Int64s
    end: Int64s
    at: Int64s
    row: Int64s
    language: Int64s
    annotated: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What goes through in one window: several documents, or a section of one.

    `documents`: int64, which each text is of. `begin`, `before`: bytes and words of the document
    that stand before the section.
    """

    texts: Sequence[Buffer]
    documents: Int64s
    begin: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A piece and its units. `drawn`: which words are, covered or not, with `of="eligible"`."""

    piece: Piece
    text: Text
    units: Units
    drawn: Bools | None

    @property
    def words(self) -> Words:
        return self.text.words


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """What decides about documents. `states`: by purpose, uint64, where their draws begin."""

    lexicon: CompiledLexicon
    policy: Policy
    states: dict[int, UInt64s]
    touched: Bools
    language: Int64s | None


def numbers_of(
    purpose: int, piece: Piece, words: Words, index: Int64s, counts: Int64s, settings: Settings
) -> UInt64s:
    """A random number for each of some words, `counts` of them in each of a piece's texts."""
    states = np.repeat(settings.states[purpose].take(piece.documents), counts)
    return draw.word_numbers(states, index - np.repeat(words.first - piece.before, counts))


def draw_swaps(found: Found, limits: UInt64s | None, settings: Settings, counts: Counts) -> Swaps:
    """The swaps of a piece; what was found and done is added to the counts."""
    piece, words, units = found.piece, found.words, found.units
    by_text = words.counts
    sizes, is_eligible = units.words, units.is_eligible
    touched = settings.touched.take(piece.documents)
    if not touched.all():  # somebody has looked at them
        is_touched = touched.repeat(by_text)
        sizes, is_eligible = sizes * is_touched, is_eligible & is_touched
    if found.drawn is not None:
        sizes, is_eligible = sizes * found.drawn, is_eligible & found.drawn
    counts.words[piece.documents] += by_text
    counts.covered[piece.documents] += sums(sizes, by_text)
    counts.eligible[piece.documents] += sums(sizes * is_eligible, by_text)
    lost = where_true((units.lost >= 0) & (sizes > 0))
    counts.lost[:] += np.bincount(units.lost.take(lost), minlength=len(LOST_TO))

    if limits is not None:
        every = np.arange(len(words))
        numbers = numbers_of(draws.WORD, piece, words, every, by_text, settings)
        is_eligible &= draw.draws_of(numbers) < limits.repeat(by_text)
    index = where_true(is_eligible)
    counts.swapped[piece.documents] += sums(units.words * is_eligible, by_text)
    by_text = index.searchsorted(words.last) - index.searchsorted(words.first)

    def numbers_for(purpose: int) -> UInt64s:
        return numbers_of(purpose, piece, words, index, by_text, settings)

    language, senses = _senses(units, index, settings, numbers_for)
    row = _translations(senses, piece, by_text, settings, numbers_for)
    translations = len(settings.lexicon.cumulative)
    row += translations * _spellings(units, index, senses, settings.lexicon)
    annotated = np.full(len(index), settings.policy.mode == ANNOTATE)
    if settings.policy.mode not in (REPLACE, ANNOTATE):
        share = np.uint64(draws.threshold(settings.policy.annotate_share))
        annotated = draw.draws_of(numbers_for(draws.MODE)) < share

    of_words = units.words.take(index)
    counts.swapped_by_language[:] += np.bincount(
        language, of_words, len(counts.swapped_by_language)
    ).astype(np.int64)
    counts.annotated[:] += int(of_words[annotated].sum())
    text = found.text.window.starts - piece.begin
    origin = text.repeat(by_text)
    return Swaps(
        document=piece.documents.repeat(by_text),
        start=words.starts.take(index) - origin,
        end=units.ends.take(index) - origin,
        at=words.ends.take(index + of_words - 1) - origin,
        row=row,
        language=language,
        annotated=annotated,
    )


Numbers = Callable[[int], UInt64s]
"""Random numbers of the swapped words, by purpose."""


def _senses(
    units: Units, index: Int64s, settings: Settings, numbers: Numbers
) -> tuple[Int64s, Int64s]:
    """The language and the sense of each swap."""
    if len(units.senses) == 1:
        senses = units.senses[0].take(index).astype(np.int64)
        if settings.lexicon.languages == 1:
            return np.zeros(len(index), np.int64), senses
        return settings.lexicon.language_of.take(senses), senses
    senses = units.senses[:, index].T.astype(np.int64)
    language = draw.picks(numbers(draws.LANGUAGE), settings.lexicon.weights * (senses > 0))
    return language, senses[np.arange(len(index)), language]


def _translations(
    senses: Int64s, piece: Piece, by_text: Int64s, settings: Settings, numbers: Numbers
) -> Int64s:
    """The translation of each swap."""
    lexicon, translation = settings.lexicon, settings.policy.translation
    if translation == FIRST:
        return lexicon.first.take(senses)
    if translation == PER_WORD:
        states = numbers(draws.TRANSLATION)
    else:
        states = settings.states[draws.TRANSLATION].take(piece.documents)
        states = states.repeat(by_text)
    drawn = draw.lemma_draws(states, lexicon.lemmas.take(senses))
    return choose_translations(lexicon.first, lexicon.cumulative, lexicon.guides, senses, drawn)


def _spellings(units: Units, index: Int64s, senses: Int64s, lexicon: CompiledLexicon) -> Int64s:
    """How each translation is written: as its source word is.

    A headword that always has a capital (`I`, `Monday`), or only capitals (`US`), tells nothing by
    having them: its translation is capitalised only where a sentence begins.
    """
    spelled = units.spelled.take(index).astype(np.int64)
    rows = where_true(spelled != SMALL)
    some = senses.take(rows)
    own = np.where(
        spelled.take(rows) == CAPITALS,
        lexicon.own_capitals.take(some),
        lexicon.own_capital.take(some),
    )
    rows = rows.compress(own)
    begins = units.begins.take(index.take(rows))
    spelled[rows] = np.where(begins, CAPITALISED, AS_SPELLED)
    return spelled


assert (SMALL, CAPITAL, CAPITALS) == (AS_SPELLED, CAPITALISED, IN_CAPITALS)
NO_SWAPS = Swaps(
    *(NO_PLACES, NO_PLACES, NO_PLACES, NO_PLACES, NO_PLACES, NO_PLACES), annotated=NO_PLACES > 0
)
