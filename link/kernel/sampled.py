"""A block swapped by the reference kernel in a share of its documents, by the fast one in the rest.

Which ones is drawn by the documents' keys, so the same are drawn whatever block they are in.
"""

import json
from dataclasses import fields

import numpy as np
import pyarrow as pa

from link.block import Block, Buffer, Int64s
from link.kernel import draw
from link.kernel.recompute import Headwords, Swap, recompute
from link.kernel.reference import decode, find_words
from link.kernel.substitute import Counts, Substituted, substitute_block
from link.policy import Policy

SAMPLE = 200
"""The purpose of the sample's draws, which sets them apart from all others."""

_BY_DOCUMENT = ("touched", "words", "covered", "eligible", "swapped")


def recompute_share(
    block: Block, headwords: Headwords, policy: Policy, share: float, *, record: bool
) -> tuple[Substituted, list[Swap]]:
    """As `recompute`, but only a share of the documents by the reference.

    `record`: the swaps are wanted; without, there may be none of the others' documents.
    """
    if share >= 1:
        return recompute(block, headwords, policy)
    states = draw.document_states(block.keys, policy.seed, SAMPLE)
    chosen = draw.draws_of(states) < np.uint64(draw.threshold(share))
    slow, fast = np.flatnonzero(chosen), np.flatnonzero(~chosen)
    slow_block, fast_block = _some(block, slow), _some(block, fast)
    slow_done, swaps = recompute(slow_block, headwords, policy)
    fast_done = substitute_block(fast_block, headwords.compiled, policy, record=record)
    swaps = [_renumbered(swap, slow) for swap in swaps]
    if record:
        swaps += [_renumbered(swap, fast) for swap in _swaps_of(fast_block, fast_done, headwords)]
        swaps.sort(key=lambda swap: (swap.document, swap.start))
    counts = _merged(slow_done.counts, fast_done.counts, slow, fast)
    return _spliced(block, ((slow, slow_done), (fast, fast_done)), counts), swaps


def _some(block: Block, documents: Int64s) -> Block:
    """The block with some of its documents alone."""
    starts, ends = block.starts.take(documents), block.ends.take(documents)
    texts = [block.texts[document] for document in documents.tolist()]
    return Block(block.data, starts, ends, block.keys.take(documents), block.escaped, texts)


def _renumbered(swap: Swap, documents: Int64s) -> Swap:
    values = {field.name: getattr(swap, field.name) for field in fields(Swap)}
    return Swap(**{**values, "document": int(documents[swap.document])})


def _spliced(
    block: Block, done: tuple[tuple[Int64s, Substituted], ...], counts: Counts
) -> Substituted:
    """The block with each document as one of two results has it."""
    new: list[bytes] = [b""] * len(block.starts)
    for documents, substituted in done:
        data = substituted.data()
        spans = zip(substituted.starts.tolist(), substituted.ends.tolist(), strict=True)
        for document, (start, end) in zip(documents.tolist(), spans, strict=True):
            new[document] = data[start:end]
    view = memoryview(block.data)
    pieces: list[Buffer | pa.Buffer] = []
    at = 0
    for start, end, text in zip(block.starts.tolist(), block.ends.tolist(), new, strict=True):
        pieces += (view[at:start], text)
        at = end
    pieces.append(view[at:])
    growth = np.array([len(text) for text in new], np.int64) - (block.ends - block.starts)
    grown = np.cumsum(growth)
    return Substituted(pieces, block.starts + grown - growth, block.ends + grown, counts)


def _merged(one: Counts, other: Counts, slow: Int64s, fast: Int64s) -> Counts:
    values = {}
    for field in fields(Counts):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name in _BY_DOCUMENT:
            whole = np.zeros(len(slow) + len(fast), mine.dtype)
            whole[slow], whole[fast] = mine, theirs
            values[field.name] = whole
        elif mine is not None:  # some counts are made only where they are asked for
            values[field.name] = mine + theirs
    return Counts(**values)


def _swaps_of(block: Block, done: Substituted, headwords: Headwords) -> list[Swap]:
    """The fast kernel's swaps, as the reference's are given."""
    assert done.swaps is not None, "swaps were asked for"
    data = bytes(block.data)
    found = done.swaps
    written = headwords.compiled.texts.take(pa.array(found.row)).to_pylist()
    names = ("document", "start", "end", "new_start", "new_end", "language", "annotated")
    rows = zip(*(getattr(found, name).tolist() for name in names), written, strict=True)
    swaps = []
    for document, start, end, new_start, new_end, language, annotated, translation in rows:
        begin = int(block.starts[document])
        raw = data[begin + start : begin + end]
        source = json.loads(b'"%b"' % raw) if block.escaped else raw.decode()
        words = len(find_words(list(decode(raw, block.escaped))))
        swaps.append(
            Swap(
                document,
                start,
                end,
                new_start,
                new_end,
                words,
                source,
                translation.decode(),
                language,
                annotated,
            )
        )
    return swaps
