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

from link.arrays import sums, where_true
from link.block import Buffer, Int64s, UInt64s
from link.kernel import draw
from link.kernel.compiled import CompiledLexicon
from link.kernel.sections import sections
from link.kernel.swaps import (
    NO_SWAPS,
    Counts,
    Found,
    Piece,
    Settings,
    Swaps,
    draw_swaps,
    numbers_of,
)
from link.kernel.text import Text, Units, text_of
from link.kernel.units import find_units
from link.kernel.window import window_of
from link.kernel.words import find_words
from link.language import draws
from link.language.rules import LOST_TO, SECTION_BYTES
from link.policy import (
    MIX_DOCUMENT,
    OF_ELIGIBLE,
    Policy,
)

WINDOW_BYTES = 1 << 20
"""Of half as many, the cost of some 800 numpy calls shows; the arrays of twice as many leave the
processor's caches."""


@dataclass(frozen=True, slots=True, eq=False)
class Substitution:
    """What is to be swapped in some documents."""

    counts: Counts
    swaps: Swaps


Look = Callable[[Text, Units, Int64s], object]
"""Sees each text with all its units, and which document each part of its window is of."""


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
    swaps = [NO_SWAPS]
    for piece in _pieces(texts, where_true(seen), run_bytes):
        long = len(piece.texts[0]) > section_bytes
        once = None if long else [_find(piece, settings, every=look is not None)]

        def found(piece: Piece = piece, once: list[Found] | None = once) -> Iterator[Found]:
            """What is found in a long document is found anew each time, not kept."""
            return iter(once) if once else _find_in_sections(piece, settings, section_bytes, look)

        limits = _thresholds(policy, found)
        for one in found():
            if look is not None:
                look(one.text, one.units, piece.documents)
            swaps.append(draw_swaps(one, limits, settings, counts))
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


def _settings(keys: UInt64s, lexicon: CompiledLexicon, policy: Policy) -> Settings:
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
    return Settings(lexicon, policy, states, touched, language)


def _no_counts(settings: Settings) -> Counts:
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


def _pieces(texts: Sequence[Buffer], documents: Int64s, window_bytes: int) -> Iterator[Piece]:
    """Some documents in runs that fit a window; a longer one comes alone."""
    sizes = np.array([len(texts[document]) for document in documents.tolist()], np.int64)
    ends = sizes.cumsum()
    first = 0
    while first < len(documents):
        limit = ends[first] - sizes[first] + window_bytes
        last = max(int(ends.searchsorted(limit, "right")), first + 1)
        run = documents[first:last]
        yield Piece([texts[document] for document in run.tolist()], run)
        first = last


def _find_in_sections(
    piece: Piece, settings: Settings, section_bytes: int, look: Look | None
) -> Iterator[Found]:
    """What is found in the sections of a long document, one after the other."""
    begin = before = 0
    for section in sections(piece.texts[0], section_bytes):
        part = Piece([section], piece.documents, begin, before)
        found = _find(part, settings, every=look is not None)
        yield found
        begin += len(section)
        before += len(found.words)


def _find(piece: Piece, settings: Settings, *, every: bool) -> Found:
    """A piece's units. `every`: all words are to be looked up, whatever is drawn."""
    lexicon, policy = settings.lexicon, settings.policy
    window = window_of(piece.texts)
    words = find_words(window)
    sizes = words.counts
    drawn = looked_at = None
    if policy.of == OF_ELIGIBLE:
        numbers = numbers_of(draws.WORD, piece, words, np.arange(len(words)), sizes, settings)
        drawn = draw.draws_of(numbers) < np.uint64(draws.threshold(policy.ratio))
        if not every and lexicon.phrases.transitions is None:
            looked_at = where_true(drawn)
    text = text_of(window, words, lexicon, looked_at)
    language = settings.language
    if language is not None:
        language = np.repeat(language.take(piece.documents), sizes)
    return Found(piece, text, find_units(text, policy, language), drawn)


def _thresholds(policy: Policy, found: Callable[[], Iterator[Found]]) -> UInt64s | None:
    """Below which draw an eligible unit is swapped, per document of a piece; None: below any."""
    if policy.of == OF_ELIGIBLE:
        return None  # what is not drawn is no longer there
    words = eligible = np.zeros(1, np.int64)
    for one in found():
        words = words + one.words.counts
        eligible = eligible + sums(one.units.words * one.units.is_eligible, one.words.counts)
    shares = policy.ratio * words / np.maximum(eligible, 1)
    return draw.thresholds(np.minimum(1.0, shares))
