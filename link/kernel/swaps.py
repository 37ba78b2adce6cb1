"""Which of the units found are swapped, for what: draws, translations, capitals."""

from dataclasses import dataclass, replace

import numpy as np

from link.arrays import NO_PLACES, Bools, sums, where_true
from link.block import Int64s, UInt64s
from link.kernel import draw
from link.kernel.compiled import CompiledLexicon
from link.kernel.senses import narrowed
from link.kernel.words import Text, Units
from link.language import draws
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.policy import ANNOTATE, FIRST, OF_WORDS, PER_WORD, REPLACE, WEIGHT, Policy

AS_SPELLED, CAPITALISED, IN_CAPITALS = SMALL, CAPITAL, CAPITALS
"""How a translation is written: number n of them is row `spelling * translations + n` of all."""


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
class Settings:
    """What decides about documents.

    `states`: by purpose, uint64, where each document's draws begin. `touched`: bool. `language`:
    int64, of each, where each takes one of several.
    """

    lexicon: CompiledLexicon
    policy: Policy
    states: dict[int, UInt64s]
    touched: Bools
    language: Int64s | None


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """Units that may be swapped, before they are drawn.

    Per text of a window, int64: `documents`, which it is of; `origins`, where the document begins;
    `firsts`, its first word, counted from the window's; `counts`, how many of the units it has. Per
    unit, int64 (`alone`: 32 bits): `index`, its first word; `rows`, where it is told of in `units`.
    `text`: the window, unless all that its context tells is known.
    """

    documents: Int64s
    origins: Int64s
    firsts: Int64s
    counts: Int64s
    index: Int64s
    rows: Int64s
    units: Units
    text: Text | None

    def alone(self) -> "Waiting":
        """The same in little memory, holding on to nothing that is told of other words."""
        columns = {name: own.take(self.rows, axis=-1) for name, own in self.units._asdict().items()}
        columns |= {name: columns[name].astype(np.int32) for name in ("starts", "ends", "at")}
        return replace(
            self,
            index=self.index.astype(np.int32),
            rows=np.arange(len(self.rows), dtype=np.int32),
            units=Units(**columns),
            text=None,
        )

    def take(self, drawn: Bools) -> "Waiting":
        """Those that are drawn."""
        counts, kept = sums(drawn, self.counts), where_true(drawn)
        index = self.index.take(kept)
        rows = index if self.rows is self.index else self.rows.take(kept)
        return replace(self, counts=counts, index=index, rows=rows)


def word_draws(
    documents: Int64s, firsts: Int64s, counts: Int64s, index: Int64s, settings: Settings
) -> UInt64s:
    """The draw of each of some words, `counts` of them in each document; as `Waiting` has them."""
    states = settings.states[draws.WORD].take(documents)
    states -= firsts.astype(np.uint64) * np.uint64(draws.GOLDEN)  # of the window's first word
    return draw.draws_of(draw.word_numbers(states.repeat(counts), index))


def draw_swaps(waiting: Waiting, settings: Settings, counts: Counts) -> Swaps:
    """The swaps among some units; what is done is added to the counts.

    What was found in their documents has been counted in whole: the ratio depends on it.
    """
    policy, lexicon = settings.policy, settings.lexicon
    if policy.of == OF_WORDS:  # otherwise they are drawn already
        documents = waiting.documents
        eligible = np.maximum(counts.eligible.take(documents), 1)
        shares = np.minimum(1.0, policy.ratio * counts.words.take(documents) / eligible)
        limits = np.ceil(shares * draws.ONE).astype(np.uint64).repeat(waiting.counts)
        drawn = word_draws(documents, waiting.firsts, waiting.counts, waiting.index, settings)
        waiting = waiting.take(drawn < limits)
    units, rows, by_text = waiting.units, waiting.rows, waiting.counts
    by_language = units.senses.take(rows, axis=-1)
    if waiting.text is not None and policy.sense != WEIGHT and lexicon.has_alternatives:
        for of_language in by_language:
            of_language[:] = narrowed(waiting.text, rows, of_language, policy)
    documents = waiting.documents.repeat(by_text)
    ordinals = waiting.index - waiting.firsts.repeat(by_text)

    def numbers_for(purpose: int) -> UInt64s:
        return draw.word_numbers(settings.states[purpose].take(documents), ordinals)

    senses, language = by_language[0], np.zeros(len(rows), np.int64)
    if len(by_language) > 1:
        weights = lexicon.weights * (by_language.T > 0)
        language = draw.picks(numbers_for(draws.LANGUAGE), weights)
        senses = by_language[language, np.arange(len(rows))]
    elif lexicon.languages > 1:
        language = lexicon.language_of.take(senses)
    row = translations_of(senses, documents, ordinals, settings)
    row += len(lexicon.cumulative) * _spellings(units, rows, senses, lexicon)
    annotated = np.full(len(row), policy.mode == ANNOTATE)
    if policy.mode not in (REPLACE, ANNOTATE):
        share = np.uint64(draws.threshold(policy.annotate_share))
        annotated = draw.draws_of(numbers_for(draws.MODE)) < share

    words, origin = units.words.take(rows), waiting.origins.repeat(by_text)
    np.add.at(counts.swapped, waiting.documents, sums(words, by_text))
    for number in range(lexicon.languages):
        counts.swapped_by_language[number] += (words * (language == number)).sum()
    counts.annotated[:] += int(words[annotated].sum())
    start, end, at = (each.take(rows) - origin for each in (units.starts, units.ends, units.at))
    return Swaps(documents, start, end, at, row, language, annotated)


def translations_of(
    senses: Int64s, documents: Int64s, ordinals: Int64s, settings: Settings
) -> Int64s:
    """The translation that each of some words draws, of these documents and places in them."""
    lexicon, translation = settings.lexicon, settings.policy.translation
    if translation == FIRST:
        return lexicon.first.take(senses)
    states = settings.states[draws.TRANSLATION].take(documents)
    if translation == PER_WORD:
        states = draw.word_numbers(states, ordinals)
    drawn = draw.lemma_draws(states, lexicon.lemmas.take(senses))
    tables = lexicon.first, lexicon.cumulative, lexicon.guides
    return draw.choose_translations(*tables, senses, drawn)


def _spellings(units: Units, index: Int64s, senses: Int64s, lexicon: CompiledLexicon) -> Int64s:
    """How the translation of each of some units is written: as its source word is.

    A headword that always has a capital (`I`, `Monday`), or only capitals (`US`), tells nothing by
    having them: its translation is capitalised only where a sentence begins.
    """
    spelled = units.spelled.take(index).astype(np.int64)
    rows = where_true(spelled)
    some, is_capitals = senses.take(rows), spelled.take(rows) == CAPITALS
    own = np.where(is_capitals, lexicon.own_capitals.take(some), lexicon.own_capital.take(some))
    rows = rows.compress(own)
    spelled[rows] = np.where(units.begins.take(index.take(rows)), CAPITALISED, AS_SPELLED)
    return spelled


NO_SWAPS = Swaps(*(NO_PLACES,) * 6, NO_PLACES > 0)
