"""A document longer than a window goes through in pieces, which must not change what becomes of it.

A piece ends behind a blank line: few rules look across it, so nothing must be carried on but how
many words came before, and what these rules have open (`containers.py`).

A block (what stands between blank lines) of more than `BLOCK_CHARACTERS` is cut at the next space,
as if a blank line stood there, whatever the window: so the pieces, and the memory for them, are
bounded, unless a single run of characters without any space is longer than that.
"""

from collections.abc import Iterator

import numpy as np

from link.block import Block, Int64s
from link.kernel.compiled import CompiledLexicon
from link.kernel.rules import NOTHING_OPEN
from link.kernel.window import Window
from link.policy import Policy

BLOCK_CHARACTERS = 1 << 20

_TAIL_BYTES = 16  # of a chunk: what may be the begin of a character


def pieces_of(
    block: Block,
    document: slice,
    lexicon: CompiledLexicon,
    policy: Policy,
    touched: bool,
    window_bytes: int,
    block_characters: int,
) -> Iterator[Window]:
    """The windows of one document of a block, in order."""
    data = memoryview(block.data)
    begin, end = int(block.starts[document.start]), int(block.ends[document.start])
    before, carried = 0, NOTHING_OPEN
    is_touched = np.array([touched])

    def window(content: bytes) -> Window:
        span = np.zeros(1, np.int64), np.array([len(content)])
        escaped = block.escaped
        return Window(content, document, *span, escaped, lexicon, is_touched, before, carried)

    while True:
        cut = _cut(data[begin:end], block.escaped, lexicon, window_bytes, block_characters)
        piece = window(bytes(data[begin : begin + cut]))
        yield piece
        begin += cut
        if begin == end:
            return
        before += len(piece.words.starts)
        if touched and policy.protect:
            carried = piece.rules.containers.open_at_end


def _cut(
    data: memoryview,
    escaped: bool,
    lexicon: CompiledLexicon,
    window_bytes: int,
    block_characters: int,
) -> int:
    """How many bytes of the rest of a document make its next piece."""
    size = min(window_bytes, block_characters)
    if size >= len(data):
        return len(data)
    is_first_look = True
    while True:
        is_all = size >= len(data)
        chunk = bytes(data[:size])
        span = np.zeros(1, np.int64), np.array([len(chunk)])
        window = Window(
            chunk, slice(0, 1), *span, escaped, lexicon, np.ones(1, np.bool_), exact=True
        )
        flat, lines = window.flat, window.marks.lines
        characters = len(flat.text) - 2
        if is_all and characters <= block_characters:
            return len(data)
        known = len(chunk) - (0 if is_all else _TAIL_BYTES)
        feeds = lines.feeds[1:-1].compress(lines.is_blank[:-1])
        ends = _ends(window, feeds)
        ends = ends[ends <= known]
        if ends.size and is_first_look:
            return int(ends[-1])
        if ends.size and feeds[0] <= block_characters:
            return int(ends[0])
        spaces = window.marks.spaces
        spaces = spaces[(spaces > block_characters) & (spaces < characters)]
        ends = _ends(window, spaces[:1])
        if ends.size and ends[0] <= known:
            return int(ends[0])
        if is_all:
            return len(data)
        size *= 2
        is_first_look = False


def _ends(window: Window, positions: Int64s) -> Int64s:
    """Where in a window the characters end that stand at some places of its flat text."""
    at = window.flat.original(positions)
    characters = window.words.characters
    result = at + 1  # of a short escape, too, it is the last byte that is kept
    if characters.starts.size:
        nearest = np.minimum(np.searchsorted(characters.starts, at), len(characters.starts) - 1)
        is_long = characters.starts.take(nearest) == at
        result = np.where(is_long, characters.ends.take(nearest), result)
    return result
