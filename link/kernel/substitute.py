"""The job: a block in, the block with its words swapped out.

    find words  ->  look them up  ->  draw  ->  choose translation and case  ->  splice

goes on over windows of a block, so that memory is bounded. A window holds whole documents, or a
piece of a document that is longer than a window: such a document is surveyed first (how many words,
how many of them eligible), since its ratio is one figure, and then swapped piece by piece
(`pieces.py` says where it is cut).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from link.block import Block, Buffer, Int64s, UInt64s, block_of
from link.kernel import draw
from link.kernel.compiled import (
    AS_SPELLED,
    CAPITALISED,
    CAPITALS,
    SMALL,
    CompiledLexicon,
    choose_translations,
    texts_of,
)
from link.kernel.eligible import LOST_TO, Units, find_units
from link.kernel.pieces import BLOCK_CHARACTERS, pieces_of
from link.kernel.splice import splice
from link.kernel.window import Bools, Window
from link.policy import (
    ANNOTATE,
    FIRST,
    MIX_DOCUMENT,
    OF_ELIGIBLE,
    OF_WORDS,
    PER_WORD,
    REPLACE,
    Policy,
)

WINDOW_BYTES = 1 << 21
"""Two of the readers' blocks: most blocks are one window."""

# glibc gives a large freed block back to the system at once, so that every window's arrays would be
# faulted in anew. It stops doing so for blocks up to the largest one it has seen freed.
np.empty(31 << 20, np.uint8)


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found and done.

    Per document, in words (those of a phrase count each), int64 (`touched`: bool), shape
    (documents,): `covered` and `eligible` are counted over the words that were looked at: those of
    the touched documents, and with `of="eligible"` only the drawn ones. Of the whole block: `lost`,
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


@dataclass(frozen=True, slots=True)
class BlockSwaps:
    """The swaps of a block, ascending; shapes are (swaps,).

    `document`: int64, which of the block's. `start`, `end`: int64, what was swapped (or annotated),
    in bytes from the document's begin. `new_start`, `new_end`: int64, what was written for it, from
    the new document's begin. `row`: int64, of the lexicon's translations in all spellings.
    `language`: int64. `annotated`: bool.
    """

    document: Int64s
    start: Int64s
    end: Int64s
    new_start: Int64s
    new_end: Int64s
    row: Int64s
    language: Int64s
    annotated: Bools


@dataclass(frozen=True, slots=True)
class Substituted:
    """The new bytes, in pieces to be written one after the other, and the spans in them.

    `swaps`: None unless they were asked for.
    """

    pieces: list[Buffer | pa.Buffer]
    starts: Int64s
    ends: Int64s
    counts: Counts
    swaps: BlockSwaps | None = None

    def data(self) -> bytes:
        """All pieces joined."""
        return b"".join(memoryview(piece) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Units of a window and how many of them each document has.

    `np.repeat(x, counts)` gives each unit the x of its document. `every`: all units, if somebody
    is to look at them.
    """

    units: Units
    counts: Int64s
    every: Units | None = None


Look = Callable[[Window, Units, Int64s], object]
"""Sees all units of a window, and how many each document has, whatever becomes of them."""


@dataclass(frozen=True, slots=True)
class Swaps:
    """The swaps of some documents, ascending; shapes are (swaps,), int64.

    `document`: which of them. `start`, `end`: what is swapped or annotated, in bytes of the decoded
    document. `at`: of an annotated one, behind which byte the annotation is inserted. `row`: of the
    lexicon's translations in all spellings. `language`. `annotated`: bool.
    """

    document: Int64s
    start: Int64s
    end: Int64s
    at: Int64s
    row: Int64s
    language: Int64s
    annotated: Bools


@dataclass(frozen=True, slots=True)
class Substitution:
    """What is swapped in some documents, and what was counted."""

    counts: Counts
    swaps: Swaps


def substitute(
    texts: Sequence[Buffer],
    keys: UInt64s,
    lexicon: CompiledLexicon,
    policy: Policy,
    *,
    look: Look | None = None,
) -> Substitution:
    """TEMPORARY: the kernel that takes blocks, as one that takes decoded documents."""
    done = substitute_block(block_of(texts, keys), lexicon, policy, record=True, look=look)
    assert done.swaps is not None
    swaps = done.swaps
    growth = swaps.new_end - swaps.new_start - (swaps.end - swaps.start) * ~swaps.annotated
    before = np.concatenate((np.zeros(1, np.int64), np.cumsum(growth)))
    of_document = before[np.searchsorted(swaps.document, np.arange(len(texts)))]
    at = swaps.new_start - (before[:-1] - of_document.take(swaps.document))
    return Substitution(
        done.counts,
        Swaps(
            swaps.document, swaps.start, swaps.end, at, swaps.row, swaps.language, swaps.annotated
        ),
    )


def substitute_block(
    block: Block,
    lexicon: CompiledLexicon,
    policy: Policy,
    window_bytes: int = WINDOW_BYTES,
    *,
    record: bool = False,
    look: Look | None = None,
    block_characters: int = BLOCK_CHARACTERS,
) -> Substituted:
    """Swap words of a block's documents. Only the bytes of swapped words change.

    The result depends neither on `window_bytes` nor on which documents share a block. `record`:
    give the swaps as well. `look`: called once with each window, in order, and with the units of
    all its documents, those that are not touched too. `block_characters`: see `pieces.py`; to be
    changed by tests alone.
    """
    job = _Job(block, lexicon, policy, record, look)
    data = memoryview(block.data)
    pieces: list[Buffer | pa.Buffer] = []
    done = 0
    longest = min(window_bytes, block_characters)
    for documents in _runs_of_documents(block, window_bytes, longest):
        start, end = int(block.starts[documents.start]), int(block.ends[documents.stop - 1])
        pieces.append(data[done:start])
        if documents.stop - documents.start == 1 and end - start > longest:
            pieces += job.swap_long_document(documents, window_bytes, block_characters)
        else:
            pieces.append(job.swap_documents(documents))
        done = end
    pieces.append(data[done:])
    growth = np.cumsum(job.growth)
    starts, ends = block.starts + growth - job.growth, block.ends + growth
    return Substituted(pieces, starts, ends, job.counts, job.swaps() if record else None)


def _runs_of_documents(block: Block, window_bytes: int, longest: int) -> Iterator[slice]:
    """Runs of documents that fit a window together; one longer than `longest` comes alone."""
    alone = np.append(np.flatnonzero(block.ends - block.starts > longest), len(block.starts))
    first = 0
    while first < len(block.starts):
        limit = block.starts[first] + window_bytes
        last = int(np.searchsorted(block.ends, limit, "right"))
        last = max(min(last, int(alone[np.searchsorted(alone, first)])), first + 1)
        yield slice(first, last)
        first = last


class _Job:
    """One block's substitution: its draws, the counts so far, and the steps over one window."""

    def __init__(
        self,
        block: Block,
        lexicon: CompiledLexicon,
        policy: Policy,
        record: bool,
        look: Look | None,
    ) -> None:
        self.block = block
        self.lexicon = lexicon
        self.policy = policy
        brackets = None if policy.mode == REPLACE else policy.bracket_pair
        self.texts = texts_of(lexicon, block.escaped, brackets)
        self.states = {
            purpose: draw.document_states(block.keys, policy.seed, purpose)
            for purpose in (draw.PORTION, draw.WORD, draw.TRANSLATION, draw.LANGUAGE, draw.MODE)
        }
        portion = np.uint64(draw.threshold(policy.portion))
        touched = draw.draws_of(self.states[draw.PORTION]) < portion
        documents, languages = len(block.starts), lexicon.languages
        self.growth = np.zeros(documents, np.int64)  # bytes, per document
        self.language: Int64s | None = None  # per document, if it has one
        by_language = np.zeros(languages, np.int64)
        if languages > 1 and policy.mix == MIX_DOCUMENT:
            weights = np.broadcast_to(lexicon.weights, (documents, languages))
            self.language = draw.picks(self.states[draw.LANGUAGE], weights)
            by_language = np.bincount(self.language[touched], minlength=languages)
        words, covered, eligible, swapped = np.zeros((4, documents), np.int64)
        self.counts = Counts(
            touched,
            words,
            covered,
            eligible,
            swapped,
            lost=np.zeros(len(LOST_TO), np.int64),
            swapped_by_language=np.zeros(languages, np.int64),
            documents_by_language=by_language,
            annotated=np.zeros(1, np.int64),
            language=self.language,
        )
        self.looked_at = touched if look is None else np.ones(documents, np.bool_)
        self.look = look
        self.record = record
        self.recorded: list[BlockSwaps] = []

    def swap_documents(self, documents: slice) -> Buffer | pa.Buffer:
        """The new bytes from the start of the first to the end of the last of some documents."""
        starts, ends = self.block.starts[documents], self.block.ends[documents]
        data = bytes(memoryview(self.block.data)[starts[0] : ends[-1]])
        window = Window(
            data,
            documents,
            starts - starts[0],
            ends - starts[0],
            self.block.escaped,
            self.lexicon,
            self.looked_at[documents],
        )
        drawn = self._find_units(window)
        return self._swap(window, drawn, self._thresholds(window.sizes, _eligible_words(drawn)))

    def swap_long_document(
        self, document: slice, window_bytes: int, block_characters: int
    ) -> Iterator[Buffer | pa.Buffer]:
        """The new bytes of one document, piece by piece."""

        def pieces() -> Iterator[Window]:
            return pieces_of(
                self.block,
                document,
                self.lexicon,
                self.policy,
                bool(self.looked_at[document.start]),
                window_bytes,
                block_characters,
            )

        words = eligible = np.zeros(1, np.int64)
        if self.policy.of == OF_WORDS and self.counts.touched[document.start]:
            for window in pieces():
                words = words + window.sizes
                eligible = eligible + _eligible_words(self._find_units(window))
        thresholds = self._thresholds(words, eligible)
        begin = int(self.block.starts[document.start])
        for window in pieces():
            yield self._swap(window, self._find_units(window), thresholds, begin)
            begin += len(window.data)

    # --- the steps ---

    def _find_units(self, window: Window) -> _Drawn:
        """The units of the touched documents; with `of="eligible"` the drawn ones."""
        languages = None if self.language is None else self.language[window.documents]
        every = None if self.look is None else find_units(window, self.policy, languages)
        touched = self.counts.touched[window.documents]
        if self.policy.of == OF_WORDS:
            if every is None:
                units = find_units(window, self.policy, languages)
            else:
                units = every.take(
                    np.flatnonzero(np.repeat(touched, _by_document(window, every.first)))
                )
            return _Drawn(units, _by_document(window, units.first), every)
        index = np.flatnonzero(np.repeat(touched, window.sizes))
        counts = window.sizes * touched
        limit = np.uint64(draw.threshold(self.policy.ratio))
        is_drawn = draw.draws_of(self._numbers(draw.WORD, window, index, counts)) < limit
        drawn = index.compress(is_drawn)
        units = find_units(window, self.policy, languages, drawn) if every is None else every
        if every is not None or len(self.lexicon.phrases.entries):  # they come drawn or not
            at_all = np.zeros(len(window.words.starts), np.bool_)
            at_all[drawn] = True
            units = units.take(np.flatnonzero(at_all.take(units.first)))
        return _Drawn(units, _by_document(window, units.first), every)

    def _thresholds(self, words: Int64s, eligible: Int64s) -> UInt64s:
        """Below which draw an eligible unit is swapped, per document."""
        if self.policy.of == OF_ELIGIBLE:
            return np.full(len(words), draw.ONE, np.uint64)  # only drawn ones were looked up
        wanted = self.policy.ratio * words
        return draw.thresholds(np.minimum(1.0, wanted / np.maximum(eligible, 1)))

    def _swap(
        self, window: Window, found: _Drawn, thresholds: UInt64s, begin: int | None = None
    ) -> Buffer | pa.Buffer:
        """Draw, choose translation and case, splice; and count.

        `begin`: where in the block the window begins, of a piece of a document.
        """
        documents, counts = window.documents, self.counts
        units = found.units
        if self.look is not None and found.every is not None:
            self.look(window, found.every, _by_document(window, found.every.first))
        counts.words[documents] += window.sizes
        counts.covered[documents] += sums(units.words, found.counts)
        counts.eligible[documents] += _eligible_words(found)
        lost = np.flatnonzero(units.lost >= 0)
        counts.lost[:] += np.bincount(
            units.lost.take(lost), units.words.take(lost), len(LOST_TO)
        ).astype(np.int64)

        rows = np.flatnonzero(units.is_eligible)
        if self.policy.of == OF_WORDS:
            index = units.first.take(rows)
            numbers = self._numbers(draw.WORD, window, index, _by_document(window, index))
            limits = np.repeat(thresholds, found.counts).take(rows)
            rows = rows.compress(draw.draws_of(numbers) < limits)
        if not rows.size:
            return window.data
        units = units.take(rows)
        in_document = _by_document(window, units.first)
        language, senses = self._senses(window, units, in_document)
        row = self._translations(window, units, senses, in_document)
        row += len(self.lexicon.cumulative) * self._spellings(window, units, senses)
        annotated = self._annotated(window, units, in_document)
        starts, ends = window.words.starts.take(units.first), units.ends
        at, until, written = starts, ends, row
        if annotated.any():
            behind = window.words.ends.take(units.first + units.words - 1)
            at, until = np.where(annotated, behind, starts), np.where(annotated, behind, ends)
            written = row + annotated * (len(self.texts.sizes) // 2)
        sizes = self.texts.sizes.take(written)
        growth = sizes - until + at
        counts.swapped[documents] += sums(units.words, in_document)
        counts.swapped_by_language[:] += np.bincount(
            language, units.words, self.lexicon.languages
        ).astype(np.int64)
        counts.annotated[0] += units.words[annotated].sum()
        if self.record:
            document = np.repeat(np.arange(len(in_document)), in_document)
            origin = window.starts.take(document)
            if begin is not None:
                origin = origin + int(self.block.starts[documents.start]) - begin
            before = np.cumsum(growth) - growth
            first = np.append(before, 0).take(np.cumsum(in_document) - in_document)
            before += self.growth[documents].take(document) - first.take(document)
            self.recorded.append(
                BlockSwaps(
                    document=document + documents.start,
                    start=starts - origin,
                    end=ends - origin,
                    new_start=at - origin + before,
                    new_end=at - origin + before + sizes,
                    row=row,
                    language=language,
                    annotated=annotated,
                )
            )
        self.growth[documents] += sums(growth, in_document)
        return splice(window.data, at, until, self.texts.array, written)

    def _senses(self, window: Window, units: Units, counts: Int64s) -> tuple[Int64s, Int64s]:
        """The language and the sense of each unit."""
        if units.senses.ndim == 1:
            return self.lexicon.language_of.take(units.senses), units.senses
        weights = self.lexicon.weights * (units.senses > 0)
        numbers = self._numbers(draw.LANGUAGE, window, units.first, counts)
        language = draw.picks(numbers, weights)
        return language, units.senses[np.arange(len(language)), language]

    def _translations(self, window: Window, units: Units, senses: Int64s, counts: Int64s) -> Int64s:
        draws = None
        if self.policy.translation != FIRST:
            if self.policy.translation == PER_WORD:
                states = self._numbers(draw.TRANSLATION, window, units.first, counts)
            else:
                states = np.repeat(self.states[draw.TRANSLATION][window.documents], counts)
            draws = draw.lemma_draws(states, self.lexicon.lemmas.take(senses))
        return choose_translations(self.lexicon, senses, draws)

    def _spellings(self, window: Window, units: Units, senses: Int64s) -> Int64s:
        """How each translation is written: as its source word is.

        A headword that always has a capital (`I`, `Monday`), or only capitals (`US`), tells nothing
        by having them: its translation is capitalised only where a sentence begins.
        """
        written = units.spelled.astype(np.int64)
        own = np.flatnonzero(written != SMALL)
        some = senses.take(own)
        own = own[
            np.where(
                written.take(own) == CAPITALS,
                self.lexicon.own_capitals.take(some),
                self.lexicon.own_capital.take(some),
            )
        ]
        begins = window.begins_sentence(units.first.take(own))
        written[own] = np.where(begins, CAPITALISED, AS_SPELLED)
        return written

    def _annotated(self, window: Window, units: Units, counts: Int64s) -> Bools:
        """Which units are annotated."""
        if self.policy.mode in (REPLACE, ANNOTATE):
            return np.full(len(units.first), self.policy.mode == ANNOTATE)
        limit = np.uint64(draw.threshold(self.policy.annotate_share))
        draws = draw.draws_of(self._numbers(draw.MODE, window, units.first, counts))
        annotated: Bools = draws < limit
        return annotated

    def _numbers(self, purpose: int, window: Window, index: Int64s, counts: Int64s) -> UInt64s:
        """A random number for each of some words, `counts` of them in each document."""
        states = np.repeat(self.states[purpose][window.documents], counts)
        ordinals = index - np.repeat(window.words.first - window.before, counts)
        return draw.word_numbers(states, ordinals)

    def swaps(self) -> BlockSwaps:
        """All that were recorded."""
        nothing = np.empty(0, np.int64)
        names = [field.name for field in fields(BlockSwaps)]
        none = BlockSwaps(**dict.fromkeys(names[:-1], nothing), annotated=nothing.astype(np.bool_))
        each = [none, *self.recorded]
        return BlockSwaps(*(np.concatenate([getattr(one, name) for one in each]) for name in names))


def _by_document(window: Window, index: Int64s) -> Int64s:
    """How many of some words (ascending) each document has."""
    words = window.words
    return np.searchsorted(index, words.last) - np.searchsorted(index, words.first)


def _eligible_words(found: _Drawn) -> Int64s:
    """How many words may be swapped, per document."""
    return sums(found.units.words * found.units.is_eligible, found.counts)


def sums(values: Int64s, counts: Int64s) -> Int64s:
    """The sum of each run of values; runs may be empty."""
    so_far = np.concatenate((np.zeros(1, np.int64), np.cumsum(values)))
    ends = np.cumsum(counts)
    return so_far.take(ends) - so_far.take(ends - counts)
