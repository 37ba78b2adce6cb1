"""What is swapped in documents: a chain of functions from arrays to arrays, one window at a time.

    documents ─▶ sections ─▶ window ─▶ words ─▶ entries ─▶ units ─▶ draws ─▶ swaps

A document is its text in UTF-8 and a 64-bit key. A window is about a megabyte of whole
documents, or a section of one that is longer: such a document is gone through twice, since its
ratio is one figure. What the rules are, docs/words.md says; docs/kernel.md goes through the steps.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from link.block import Buffer, Int64s, UInt64s
from link.kernel import draw
from link.kernel.arrays import NO_PLACES, Bools, sums, where_true
from link.kernel.compiled import CompiledLexicon
from link.kernel.sections import sections
from link.kernel.text import Text, text_of
from link.kernel.translations import (
    AS_SPELLED,
    CAPITALISED,
    IN_CAPITALS,
    choose_translations,
)
from link.kernel.units import Units, find_units
from link.kernel.window import window_of
from link.kernel.words import Words, find_words
from link.language import draws
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LOST_TO, SECTION_BYTES
from link.policy import (
    ANNOTATE,
    FIRST,
    MIX_DOCUMENT,
    OF_ELIGIBLE,
    PER_WORD,
    REPLACE,
    Policy,
)

WINDOW_BYTES = 1 << 20
"""Of half as many, the cost of some 800 numpy calls shows; the arrays of twice as many leave the
processor's caches."""


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
class Substitution:
    """What is to be swapped in some documents."""

    counts: Counts
    swaps: Swaps


Look = Callable[[Text, Units, Int64s], object]
"""Sees each text with all its units, and which document each part of its window is of."""


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """What goes through in one window: several documents, or a section of one.

    `documents`: int64, which each text is of. `begin`, `before`: bytes and words of the document
    that stand before the section.
    """

    texts: Sequence[Buffer]
    documents: Int64s
    begin: int = 0
    before: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A piece and its units. `drawn`: which words are, covered or not, with `of="eligible"`."""

    piece: _Piece
    text: Text
    units: Units
    drawn: Bools | None

    @property
    def words(self) -> Words:
        return self.text.words


@dataclass(frozen=True, slots=True, eq=False)
class _Settings:
    """What decides about documents. `states`: by purpose, uint64, where their draws begin."""

    lexicon: CompiledLexicon
    policy: Policy
    states: dict[int, UInt64s]
    touched: Bools
    language: Int64s | None


def substitute(
    texts: Sequence[Buffer],
    keys: UInt64s,
    lexicon: CompiledLexicon,
    policy: Policy,
    *,
    look: Look | None = None,
    window_bytes: int = WINDOW_BYTES,
    section_bytes: int = SECTION_BYTES,
) -> Substitution:
    """The swaps of documents, given as their texts in UTF-8 and uint64 keys.

    The result depends neither on `window_bytes` nor on which documents come together. `look` sees
    all documents, those that are not touched too. `section_bytes`: to be changed by tests alone.
    """
    _keep_freed_memory()
    settings = _settings(keys, lexicon, policy)
    counts = _no_counts(settings)
    run_bytes = min(window_bytes, section_bytes)
    seen = settings.touched if look is None else np.ones(len(keys), np.bool_)
    for piece in _pieces(texts, where_true(~seen), run_bytes):
        long = len(piece.texts[0]) > section_bytes
        for part in sections(piece.texts[0], section_bytes) if long else [None]:
            words = find_words(window_of(piece.texts if part is None else [part]))
            counts.words[piece.documents] += words.counts
    swaps = [_NO_SWAPS]
    for piece in _pieces(texts, where_true(seen), run_bytes):
        long = len(piece.texts[0]) > section_bytes
        once = None if long else [_find(piece, settings, every=look is not None)]

        def found(piece: _Piece = piece, once: list[_Found] | None = once) -> Iterator[_Found]:
            """What is found in a long document is found anew each time, not kept."""
            return iter(once) if once else _find_in_sections(piece, settings, section_bytes, look)

        limits = _thresholds(policy, found)
        for one in found():
            if look is not None:
                look(one.text, one.units, piece.documents)
            swaps.append(_draw(one, limits, settings, counts))
    if len(swaps) == 2:  # most blocks are one window
        return Substitution(counts, swaps[1])
    columns = {
        each.name: np.concatenate([getattr(one, each.name) for one in swaps])
        for each in fields(Swaps)
    }
    return Substitution(counts, Swaps(**columns))


@cache
def _keep_freed_memory() -> None:
    """Make glibc keep what is freed; otherwise each window's arrays would be faulted in anew.

    It gives large blocks back to the system at once, up to the largest one that it has seen freed.
    This one is never touched, so it takes no memory.
    """
    np.empty(31 << 20, np.uint8)


def _settings(keys: UInt64s, lexicon: CompiledLexicon, policy: Policy) -> _Settings:
    states = {
        purpose: draw.document_states(keys, policy.seed, purpose)
        for purpose in (draws.PORTION, draws.WORD, draws.TRANSLATION, draws.LANGUAGE, draws.MODE)
    }
    portion = np.uint64(draws.threshold(policy.portion))
    language = None
    if lexicon.languages > 1 and policy.mix == MIX_DOCUMENT:
        weights = np.broadcast_to(lexicon.weights, (len(keys), lexicon.languages))
        language = draw.picks(states[draws.LANGUAGE], weights)
    touched = draw.draws_of(states[draws.PORTION]) < portion
    return _Settings(lexicon, policy, states, touched, language)


def _no_counts(settings: _Settings) -> Counts:
    documents, languages = len(settings.touched), settings.lexicon.languages
    by_language = np.zeros(languages, np.int64)
    if settings.language is not None:
        by_language = np.bincount(settings.language[settings.touched], minlength=languages)
    words, covered, eligible, swapped = np.zeros((4, documents), np.int64)
    return Counts(
        settings.touched,
        words,
        covered,
        eligible,
        swapped,
        lost=np.zeros(len(LOST_TO), np.int64),
        swapped_by_language=np.zeros(languages, np.int64),
        documents_by_language=by_language,
        annotated=np.zeros(1, np.int64),
        language=settings.language,
    )


# --- windows -------------------------------------------------------------------------------------


def _pieces(texts: Sequence[Buffer], documents: Int64s, window_bytes: int) -> Iterator[_Piece]:
    """Some documents in runs that fit a window; a longer one comes alone."""
    sizes = np.array([len(texts[document]) for document in documents.tolist()], np.int64)
    ends = sizes.cumsum()
    first = 0
    while first < len(documents):
        limit = ends[first] - sizes[first] + window_bytes
        last = max(int(ends.searchsorted(limit, "right")), first + 1)
        run = documents[first:last]
        yield _Piece([texts[document] for document in run.tolist()], run)
        first = last


def _find_in_sections(
    piece: _Piece, settings: _Settings, section_bytes: int, look: Look | None
) -> Iterator[_Found]:
    """What is found in the sections of a long document, one after the other."""
    begin = before = 0
    for section in sections(piece.texts[0], section_bytes):
        part = _Piece([section], piece.documents, begin, before)
        found = _find(part, settings, every=look is not None)
        yield found
        begin += len(section)
        before += len(found.words)


def _find(piece: _Piece, settings: _Settings, *, every: bool) -> _Found:
    """A piece's units. `every`: all words are to be looked up, whatever is drawn."""
    lexicon, policy = settings.lexicon, settings.policy
    window = window_of(piece.texts)
    words = find_words(window)
    sizes = words.counts
    drawn = looked_at = None
    if policy.of == OF_ELIGIBLE:
        numbers = _numbers(draws.WORD, piece, words, np.arange(len(words)), sizes, settings)
        drawn = draw.draws_of(numbers) < np.uint64(draws.threshold(policy.ratio))
        if not every and lexicon.phrases.transitions is None:
            looked_at = where_true(drawn)
    text = text_of(window, words, lexicon, looked_at)
    language = settings.language
    if language is not None:
        language = np.repeat(language.take(piece.documents), sizes)
    return _Found(piece, text, find_units(text, policy, language), drawn)


def _numbers(
    purpose: int, piece: _Piece, words: Words, index: Int64s, counts: Int64s, settings: _Settings
) -> UInt64s:
    """A random number for each of some words, `counts` of them in each of a piece's texts."""
    states = np.repeat(settings.states[purpose].take(piece.documents), counts)
    return draw.word_numbers(states, index - np.repeat(words.first - piece.before, counts))


# --- draws ---------------------------------------------------------------------------------------


def _thresholds(policy: Policy, found: Callable[[], Iterator[_Found]]) -> UInt64s | None:
    """Below which draw an eligible unit is swapped, per document of a piece; None: below any."""
    if policy.of == OF_ELIGIBLE:
        return None  # what is not drawn is no longer there
    words = eligible = np.zeros(1, np.int64)
    for one in found():
        words = words + one.words.counts
        eligible = eligible + sums(one.units.words * one.units.is_eligible, one.words.counts)
    shares = policy.ratio * words / np.maximum(eligible, 1)
    return draw.thresholds(np.minimum(1.0, shares))


def _draw(found: _Found, limits: UInt64s | None, settings: _Settings, counts: Counts) -> Swaps:
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
        numbers = _numbers(draws.WORD, piece, words, every, by_text, settings)
        is_eligible &= draw.draws_of(numbers) < limits.repeat(by_text)
    index = where_true(is_eligible)
    counts.swapped[piece.documents] += sums(units.words * is_eligible, by_text)
    by_text = index.searchsorted(words.last) - index.searchsorted(words.first)

    def numbers_for(purpose: int) -> UInt64s:
        return _numbers(purpose, piece, words, index, by_text, settings)

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
    units: Units, index: Int64s, settings: _Settings, numbers: Numbers
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
    senses: Int64s, piece: _Piece, by_text: Int64s, settings: _Settings, numbers: Numbers
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
_NO_SWAPS = Swaps(
    *(NO_PLACES, NO_PLACES, NO_PLACES, NO_PLACES, NO_PLACES, NO_PLACES), annotated=NO_PLACES > 0
)
