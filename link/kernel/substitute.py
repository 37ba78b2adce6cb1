"""The job: a block in, the block with its words swapped out.

    find words  ->  look them up  ->  draw  ->  choose translation and case  ->  splice

goes on over windows of a block, so that memory is bounded. A window holds whole documents, or a
piece of a document that is longer than a window: such a document is surveyed first (how many words,
how many of them eligible), since its ratio is one figure, and then swapped piece by piece. A piece
begins where a word ends, so that little must be carried from piece to piece: how many words came
before, and of a gap that is longer than a piece, whether it ends a sentence.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from link.block import Block, Buffer, Int64s, UInt64s
from link.kernel import draw
from link.kernel.case import spellings
from link.kernel.compiled import CompiledLexicon, choose_translations
from link.kernel.eligible import find_covered
from link.kernel.sentences import summary_of_gap
from link.kernel.splice import splice
from link.kernel.unicode import SEPARATOR, character_class
from link.kernel.words import Words, find_words
from link.policy import FIRST, OF_ELIGIBLE, OF_WORDS, PER_WORD, Policy

WINDOW_BYTES = 1 << 21
"""Two of the readers' blocks: most blocks are one window."""

# glibc gives a large freed block back to the system at once, so that every window's arrays would be
# faulted in anew. It stops doing so for blocks up to the largest one it has seen freed.
np.empty(31 << 20, np.uint8)

# A document may be cut before what separates words and does not begin inside an escape or UTF-8
# sequence, so that neither side depends on the other: before ASCII punctuation or a short escape
# (not behind a backslash, which may escape it) …
_CUT = re.compile(rb"(?<!\\)(?:[^0-9A-Za-z_'\\\x80-\xff]|\\[bfnrt/\"\\])")
# … or before a character that is none of a word, spelled in UTF-8 or as an escape.
_CHARACTER = re.compile(
    rb"(?<!\\)(?:[\xc2-\xf4][\x80-\xbf]{1,3}|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[0-9a-fA-F]{4})"
)
_TAIL_BYTES = 4096  # how far back a cut is looked for first


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found and done, per document: int64 (`touched`: bool), shape (documents,).

    `covered` and `eligible` are counted over the words that were looked up: those of the touched
    documents, and with `of="eligible"` only the drawn ones.
    """

    touched: npt.NDArray[np.bool_]
    words: Int64s
    covered: Int64s
    eligible: Int64s
    swapped: Int64s


@dataclass(frozen=True, slots=True)
class Substituted:
    """The new bytes, in pieces to be written one after the other, and the spans in them."""

    pieces: list[Buffer | pa.Buffer]
    starts: Int64s
    ends: Int64s
    counts: Counts

    def data(self) -> bytes:
        """All pieces joined."""
        return b"".join(memoryview(piece) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class _Window:
    """Some bytes of a block and the documents in them; offsets are the window's own.

    `before`: how many words of the first document stand before the window. `prefix_bytes`: how many
    bytes of `data` stand for an earlier piece, and are no output.
    """

    data: bytes
    documents: slice
    starts: Int64s
    ends: Int64s
    before: int = 0
    prefix_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Hits:
    """Eligible words of a window, ascending.

    `index`: which of the words; `entries`: the entry in the lexicon; `ends`: where a swap would
    end. `counts`: how many of them each document holds; `np.repeat(x, counts)` gives each hit the x
    of its document.
    """

    index: Int64s
    entries: Int64s
    ends: Int64s
    counts: Int64s

    def take(self, rows: Int64s) -> "_Hits":
        """Some of them (ascending rows)."""
        bounds = np.searchsorted(rows, np.cumsum(self.counts))
        return _Hits(
            self.index.take(rows),
            self.entries.take(rows),
            self.ends.take(rows),
            np.diff(bounds, prepend=0),
        )


def substitute(
    block: Block, lexicon: CompiledLexicon, policy: Policy, window_bytes: int = WINDOW_BYTES
) -> Substituted:
    """Swap words of a block's documents. Only the bytes of swapped words change.

    The result depends neither on `window_bytes` nor on which documents share a block.
    """
    job = _Job(block, lexicon, policy)
    data = memoryview(block.data)
    pieces: list[Buffer | pa.Buffer] = []
    done = 0
    for documents in _runs_of_documents(block, window_bytes):
        start, end = int(block.starts[documents.start]), int(block.ends[documents.stop - 1])
        pieces.append(data[done:start])
        if end - start > window_bytes:
            pieces += job.swap_long_document(documents, window_bytes)
        else:
            pieces.append(job.swap_documents(documents))
        done = end
    pieces.append(data[done:])
    growth = np.cumsum(job.growth)
    return Substituted(pieces, block.starts + growth - job.growth, block.ends + growth, job.counts)


def _runs_of_documents(block: Block, window_bytes: int) -> Iterator[slice]:
    """Runs of documents that fit a window together; a document longer than that comes alone."""
    first = 0
    while first < len(block.starts):
        limit = block.starts[first] + window_bytes
        last = max(int(np.searchsorted(block.ends, limit, "right")), first + 1)
        yield slice(first, last)
        first = last


class _Job:
    """One block's substitution: its draws, the counts so far, and the steps over one window."""

    def __init__(self, block: Block, lexicon: CompiledLexicon, policy: Policy) -> None:
        self.block = block
        self.lexicon = lexicon
        self.policy = policy
        self.texts = lexicon.json_texts if block.escaped else lexicon.texts
        self.text_sizes = lexicon.json_text_sizes if block.escaped else lexicon.text_sizes
        states = {
            purpose: draw.document_states(block.keys, policy.seed, purpose)
            for purpose in (draw.PORTION, draw.WORD, draw.TRANSLATION)
        }
        self.word_states = states[draw.WORD]
        self.translation_states = states[draw.TRANSLATION]
        portion = np.uint64(draw.threshold(policy.portion))
        touched = draw.draws_of(states[draw.PORTION]) < portion
        self.growth = np.zeros(len(block.starts), np.int64)  # bytes, per document
        self.counts = Counts(touched, *(np.zeros(len(block.starts), np.int64) for _ in range(4)))

    def swap_documents(self, documents: slice) -> Buffer | pa.Buffer:
        """The new bytes from the start of the first to the end of the last of some documents."""
        starts, ends = self.block.starts[documents], self.block.ends[documents]
        data = bytes(memoryview(self.block.data)[starts[0] : ends[-1]])
        window = _Window(data, documents, starts - starts[0], ends - starts[0])
        words = self._find_words(window)
        hits = self._look_up(window, words)
        thresholds = self._thresholds(words.last - words.first, hits.counts)
        return self._swap(window, words, hits, thresholds)

    def swap_long_document(
        self, document: slice, window_bytes: int
    ) -> Iterator[Buffer | pa.Buffer]:
        """The new bytes of one document, piece by piece."""
        words_total = eligible_total = np.zeros(1, np.int64)
        if self.policy.of == OF_WORDS and self.counts.touched[document.start]:
            for window, words in self._pieces(document, window_bytes):
                words_total = words_total + len(words.starts)
                eligible_total = eligible_total + len(self._look_up(window, words).index)
        thresholds = self._thresholds(words_total, eligible_total)
        for window, words in self._pieces(document, window_bytes):
            new = self._swap(window, words, self._look_up(window, words), thresholds)
            yield memoryview(new)[window.prefix_bytes :]

    def _pieces(self, document: slice, window_bytes: int) -> Iterator[tuple[_Window, Words]]:
        """A document's pieces with their words.

        A piece ends where a word ends. One without words ends somewhere in the gap between two
        words, and what matters of the gap so far is put before the next one.
        """
        data = memoryview(self.block.data)
        begin, end = int(self.block.starts[document.start]), int(self.block.ends[document.start])
        before, gap = 0, b""
        while True:
            cut = _safe_cut(data, begin, window_bytes, end)
            window = _piece(gap + data[begin:cut], document, before, gap)
            words = self._find_words(window)
            if cut == end:
                yield window, words
                return
            if len(words.starts):
                cut = begin + int(words.ends[-1]) - len(gap)
                yield _piece(gap + data[begin:cut], document, before, gap), words
                before, gap = before + len(words.starts), b""
            else:
                yield window, words
                gap = summary_of_gap(window.data, words.characters, self.block.escaped)
            begin = cut

    # --- the five steps ---

    def _find_words(self, window: _Window) -> Words:
        return find_words(window.data, window.starts, window.ends, self.block.escaped)

    def _look_up(self, window: _Window, words: Words) -> _Hits:
        """The eligible words of the touched documents; with `of="eligible"` the drawn ones."""
        sizes = words.last - words.first
        touched = self.counts.touched[window.documents]
        chosen = None if touched.all() else np.flatnonzero(np.repeat(touched, sizes))
        if self.policy.of == OF_ELIGIBLE:
            candidates = np.arange(len(words.starts)) if chosen is None else chosen
            numbers = self._word_numbers(window, words, candidates, sizes * touched)
            limit = np.uint64(draw.threshold(self.policy.ratio))
            chosen = candidates.compress(draw.draws_of(numbers) < limit)
        found = find_covered(self.lexicon, window.data, words, chosen)
        rows = np.flatnonzero(found.entries)
        index = rows if chosen is None else chosen.take(rows)
        return _Hits(
            index,
            found.entries.take(rows).astype(np.int64),
            found.ends.take(rows),
            np.searchsorted(index, words.last) - np.searchsorted(index, words.first),
        )

    def _thresholds(self, words: Int64s, eligible: Int64s) -> UInt64s:
        """Below which draw an eligible word is swapped, per document."""
        if self.policy.of == OF_ELIGIBLE:
            return np.full(len(words), draw.ONE, np.uint64)  # only drawn ones were looked up
        wanted = self.policy.ratio * words
        return draw.thresholds(np.minimum(1.0, wanted / np.maximum(eligible, 1)))

    def _swap(
        self, window: _Window, words: Words, hits: _Hits, thresholds: UInt64s
    ) -> Buffer | pa.Buffer:
        """Draw, choose translation and case, splice; and count."""
        swapped = hits
        if self.policy.of == OF_WORDS:
            numbers = self._word_numbers(window, words, hits.index, hits.counts)
            limits = np.repeat(thresholds, hits.counts)
            swapped = hits.take(np.flatnonzero(draw.draws_of(numbers) < limits))
        counts, documents = self.counts, window.documents
        counts.words[documents] += words.last - words.first
        counts.covered[documents] += hits.counts
        counts.eligible[documents] += hits.counts  # until rules take some away
        counts.swapped[documents] += swapped.counts
        if not swapped.index.size:
            return window.data
        rows = len(self.lexicon.cumulative) * self._spellings(window, words, swapped)
        rows += self._translations(window, words, swapped)
        starts = words.starts.take(swapped.index)
        growth = self.text_sizes.take(rows) - swapped.ends + starts
        self.growth[documents] += _sums(growth, swapped.counts)
        return splice(window.data, starts, swapped.ends, self.texts, rows)

    def _translations(self, window: _Window, words: Words, hits: _Hits) -> Int64s:
        draws = None
        if self.policy.translation != FIRST:
            states = np.repeat(self.translation_states[window.documents], hits.counts)
            if self.policy.translation == PER_WORD:
                states = draw.word_numbers(
                    states, _ordinals(window, words, hits.index, hits.counts)
                )
            draws = draw.lemma_draws(states, self.lexicon.lemmas.take(hits.entries))
        return choose_translations(self.lexicon, hits.entries, draws)

    def _spellings(self, window: _Window, words: Words, hits: _Hits) -> Int64s:
        first = np.repeat(words.first, hits.counts) == hits.index
        gaps = np.where(
            first,
            np.repeat(window.starts, hits.counts),
            words.ends.take(hits.index - 1, mode="clip"),
        )
        return spellings(
            self.lexicon,
            window.data,
            words,
            hits.index,
            hits.ends,
            hits.entries,
            gaps=gaps,
            opens=first & (window.before == 0),
            escaped=self.block.escaped,
        )

    def _word_numbers(
        self, window: _Window, words: Words, index: Int64s, counts: Int64s
    ) -> UInt64s:
        """A random number for each of some words, `counts` of them in each document."""
        states = np.repeat(self.word_states[window.documents], counts)
        return draw.word_numbers(states, _ordinals(window, words, index, counts))


def _ordinals(window: _Window, words: Words, index: Int64s, counts: Int64s) -> Int64s:
    """The place of some words in their documents, from 0."""
    return index - np.repeat(words.first - window.before, counts)


def _sums(values: Int64s, counts: Int64s) -> Int64s:
    """The sum of each run of values; runs may be empty."""
    so_far = np.concatenate((np.zeros(1, np.int64), np.cumsum(values)))
    ends = np.cumsum(counts)
    return so_far.take(ends) - so_far.take(ends - counts)


def _piece(data: bytes, document: slice, before: int, gap: bytes) -> _Window:
    starts, ends = np.zeros(1, np.int64), np.array([len(data)])
    return _Window(data, document, starts, ends, before, len(gap))


def _safe_cut(data: memoryview, begin: int, size: int, end: int) -> int:
    """Where to cut a document after about `size` bytes so that no word is cut; `end` at last."""
    limit = begin + size
    if limit >= end:
        return end
    for tail in (max(begin + 1, limit - _TAIL_BYTES), begin + 1):
        cuts = [match.start() for match in _CUT.finditer(data, tail, limit)]
        cuts += [
            match.start()
            for match in _CHARACTER.finditer(data, tail, limit)
            if _separates(match[0])
        ]
        if cuts:
            return max(cuts)
    behind = _CUT.search(data, max(limit, begin + 1), end)
    return behind.start() if behind else end


def _separates(spelled: bytes) -> bool:
    """Whether a character, in UTF-8 or as a JSON escape, is none of a word."""
    try:
        text = json.loads(b'"%b"' % spelled) if spelled.startswith(b"\\") else spelled.decode()
    except ValueError:
        return False
    in_a_pair = (
        len(text) == 1 and 0xD800 <= ord(text) < 0xE000
    )  # or may be, with what is next to it
    return not in_a_pair and character_class(text[0]) == SEPARATOR
