"""What is swapped in documents: a chain of functions from arrays to arrays, one window at a time.

    documents ─▶ sections ─▶ window ─▶ words ─▶ entries ─▶ units ─▶ draws ─▶ swaps

A document is its text in UTF-8 and a 64-bit key. A window is up to 2 MiB of whole documents, or
a section of one that is longer: what may be swapped in such a document waits until all of it has
been found, since its ratio is one figure. docs/words.md has the rules, docs/kernel.md the steps.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial

import numpy as np

from link.arrays import Bools, sums, where_true
from link.block import Buffer, Int64s, UInt64s
from link.kernel import draw
from link.kernel.compiled import CompiledLexicon
from link.kernel.lines import find_lines
from link.kernel.protect import lost_to_spans
from link.kernel.swaps import (
    NO_SWAPS,
    Counts,
    Settings,
    Swaps,
    Waiting,
    draw_swaps,
    translations_of,
    word_draws,
)
from link.kernel.units import find_units
from link.kernel.window import Window, sections, window_of
from link.kernel.words import NOT_LOST, Text, Units, Words, any_of, find_words, text_of
from link.language import draws
from link.language.rules import ITSELF, LOST_TO, SECTION_BYTES
from link.policy import MIX_DOCUMENT, OF_ELIGIBLE, OF_WORDS, Policy

WINDOW_BYTES = 1 << 21
"""More than the blocks of a shard, so that each is one window: of half as many, the cost of some
2,000 numpy calls shows."""

MOST_WAITING_BYTES = 1 << 24
"""Of a document that is longer, what may be swapped does not wait until all of it has been found:
the document is gone through twice instead, so that memory is bounded."""


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
    seen = settings.touched if look is None else np.ones(len(keys), np.bool_)
    for documents in _runs(texts, where_true(~seen), window_bytes, section_bytes):
        for window, _ in _windows(texts, documents, section_bytes):
            counts.words[documents] += find_words(window).counts
    swaps = [NO_SWAPS]
    for documents in _runs(texts, where_true(seen), window_bytes, section_bytes):
        windows = partial(_windows, texts, documents, section_bytes)
        size = len(texts[documents[0]])
        waits = size > section_bytes and policy.of == OF_WORDS
        found = _find_all(windows(), documents, settings, counts, look, waits)
        if waits and size > MOST_WAITING_BYTES:
            for _ in found:  # to count: the ratio is that of the whole document
                pass
            found = _find_all(windows(), documents, settings, _no_counts(settings), None)
        elif waits:
            found = iter([some.alone() for some in found])
        swaps += [draw_swaps(some, settings, counts) for some in found]
    return Substitution(counts, _joined(swaps))


def _find_all(
    windows: Iterator[tuple[Window, int]],
    documents: Int64s,
    settings: Settings,
    counts: Counts,
    look: Look | None,
    waits: bool = False,
) -> Iterator[Waiting]:
    """What may be swapped in the windows of a run of documents; what is found is counted.

    `waits`: the texts are let go of before all has been found.
    """
    before = 0
    for window, begin in windows:
        words = find_words(window)
        counts.words[documents] += words.counts
        every = look is not None
        text, units, drawn = _find(window, words, documents, before, settings, every, waits)
        if look is not None:
            look(text, units, documents)
        yield _waiting(text, units, drawn, documents, (begin, before), settings, counts)
        before += len(words)


def _joined(swaps: list[Swaps]) -> Swaps:
    if len(swaps) == 2:  # nothing, and one window, as of most blocks
        return swaps[1]
    found = {each.name: [getattr(one, each.name) for one in swaps] for each in fields(Swaps)}
    swaps.clear()  # of a long document there are many: what is joined is let go of
    return Swaps(**{name: np.concatenate(found.pop(name)) for name in list(found)})


@cache
def _keep_freed_memory() -> None:
    """Make glibc keep what is freed; otherwise each window's arrays would be faulted in anew.

    It gives large blocks back to the system at once, up to the largest one that it has seen freed.
    This one is never touched, so it takes no memory.
    """
    np.empty(31 << 20, np.uint8)


def _settings(keys: UInt64s, lexicon: CompiledLexicon, policy: Policy) -> Settings:
    purposes = (draws.PORTION, draws.WORD, draws.TRANSLATION, draws.LANGUAGE, draws.MODE)
    states = {one: draw.document_states(keys, policy.seed, one) for one in purposes}
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
    lost, swapped_by, annotated = (np.zeros(one, np.int64) for one in (len(LOST_TO), languages, 1))
    found = (words, covered, eligible, swapped, lost, swapped_by, by_language, annotated)
    return Counts(settings.touched, *found, settings.language)


# --- windows -------------------------------------------------------------------------------------


def _runs(
    texts: Sequence[Buffer], documents: Int64s, window_bytes: int, section_bytes: int
) -> Iterator[Int64s]:
    """Some documents in runs that fit a window; one longer than a section comes alone."""
    sizes = np.array([len(texts[document]) for document in documents.tolist()], np.int64)
    ends = sizes.cumsum()
    alone = np.append(where_true(sizes > section_bytes), len(documents))
    first = 0
    while first < len(documents):
        limit = ends[first] - sizes[first] + window_bytes
        last = min(ends.searchsorted(limit, "right"), alone[alone.searchsorted(first)])
        last = max(int(last), first + 1)
        yield documents[first:last]
        first = last


def _windows(
    texts: Sequence[Buffer], documents: Int64s, section_bytes: int
) -> Iterator[tuple[Window, int]]:
    """The window of a run of documents; or those of the sections of a long one; with how many bytes
    of it stand before each.
    """
    run = [texts[document] for document in documents.tolist()]
    if len(run[0]) <= section_bytes:
        yield window_of(run), 0
        return
    begin = 0
    for section in sections(run[0], section_bytes):
        yield window_of([section]), begin
        begin += len(section)


def _find(
    window: Window,
    words: Words,
    documents: Int64s,
    before: int,
    settings: Settings,
    every: bool,
    waits: bool,
) -> tuple[Text, Units, Bools | None]:
    """A window's units, and which words are drawn or may be; None for all.

    `before`: how many words of the document stand before it. `every`: also documents that are not
    touched are here. `waits`: words are drawn without the text.
    """
    lexicon, policy, counts = settings.lexicon, settings.policy, words.counts
    drawn = None
    if every or policy.of == OF_ELIGIBLE:
        drawn = settings.touched.take(documents).repeat(counts)
    if drawn is not None and policy.of == OF_ELIGIBLE:
        index, threshold = np.arange(len(words)), np.uint64(draws.threshold(policy.ratio))
        drawn &= word_draws(documents, words.first - before, counts, index, settings) < threshold
    text = text_of(window, words, lexicon)
    language = settings.language
    if language is not None:
        language = language.take(documents).repeat(counts)
    lines, rules = find_lines(window), None
    if policy.protect or policy.protect_pattern:
        rules = lost_to_spans(window, words, lines, policy)
    units = find_units(text, policy, lines, rules, language, every or waits)
    if lexicon.is_itself.any():
        _leave_itself(text, units, documents, before, settings)
    return text, units, drawn


def _leave_itself(
    text: Text, units: Units, documents: Int64s, before: int, settings: Settings
) -> None:
    """Words whose translation is drawn to be themselves are not eligible, in place.

    `before`: how many words of the document stand before those of the window.
    """
    lexicon, first = settings.lexicon, text.words.first
    left = []
    for senses in units.senses:
        rows = where_true(lexicon.may_be_itself.take(senses))
        number = first.searchsorted(rows, "right") - 1
        ordinals = rows - first.take(number) + before
        drawn = translations_of(senses.take(rows), documents.take(number), ordinals, settings)
        left.append(rows.compress(lexicon.is_itself.take(drawn)))
        senses[left[-1]] = 0
    rows = np.concatenate(left)
    rows = rows.compress(~any_of(units.senses[:, rows]))
    units.lost[rows] = LOST_TO.index(ITSELF)


def _waiting(
    text: Text,
    units: Units,
    drawn: Bools | None,
    documents: Int64s,
    position: tuple[int, int],
    settings: Settings,
    counts: Counts,
) -> Waiting:
    """The units of a window that may be swapped, or are drawn; what was found is counted.

    `position`: how many bytes and words of the document stand before the window.
    """
    begin, before = position
    by_text = text.words.counts
    sizes, is_eligible = units.words, units.is_eligible
    is_lost = units.lost != NOT_LOST
    if drawn is not None:
        sizes, is_eligible, is_lost = sizes * drawn, is_eligible & drawn, is_lost & drawn
    counts.covered[documents] += sums(sizes, by_text)
    counts.eligible[documents] += sums(sizes * is_eligible, by_text)
    lost = where_true(is_lost)
    counts.lost[:] += np.bincount(
        units.lost.take(lost), units.words.take(lost), len(LOST_TO)
    ).astype(np.int64)
    rows = where_true(is_eligible)
    by_text = sums(is_eligible, by_text)
    origins, firsts = text.window.starts - begin, text.words.first - before
    return Waiting(documents, origins, firsts, by_text, rows, rows, units, text)
