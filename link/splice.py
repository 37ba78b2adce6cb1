"""Splice: a block's bytes with translations in the places of swapped words, and all others kept.

    kept  swapped  kept  swapped  kept        segments of the block, alternating
    The · dog    · ␣   · sleeps · .
    ""    Hund     ""    schläft  ""          replacements, empty where nothing is replaced

Both rows are Arrow arrays over existing bytes; `if_else` picks from them in turn, and the data
buffer of its result is the new block.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from link.block import Block, Buffer, Int64s, json_escaped
from link.kernel.compiled import CompiledLexicon
from link.kernel.swaps import Swaps
from link.policy import REPLACE, Policy
from link.shards.respell import raw_places


@dataclass(frozen=True, slots=True)
class Spliced:
    """The new bytes of a block; int64s.

    `starts`, `ends`: shape (documents,), of the documents in them. `new_starts`, `new_ends`: shape
    (swaps,), of what was written.
    """

    data: Buffer | pa.Buffer
    starts: Int64s
    ends: Int64s
    new_starts: Int64s
    new_ends: Int64s


def written_texts(
    lexicon: CompiledLexicon, policy: Policy, *, escaped: bool
) -> pa.LargeBinaryArray:
    """What may be written: all translations, and behind them all annotations if there are any.

    `escaped`: into the inside of a JSON string.
    """
    return _texts_of(lexicon, None if policy.mode == REPLACE else policy.bracket_pair, escaped)


@lru_cache(maxsize=4)
def _texts_of(
    lexicon: CompiledLexicon, brackets: tuple[str, str] | None, escaped: bool
) -> pa.LargeBinaryArray:
    array = lexicon.json_texts if escaped else lexicon.texts
    if brackets is None:
        return array
    opening, closing = ((json_escaped(text) if escaped else text).encode() for text in brackets)
    before, after, between = (
        pa.scalar(text, pa.large_binary()) for text in (b" " + opening, closing, b"")
    )
    annotated = pc.binary_join_element_wise(before, array, after, between)
    return pa.concat_arrays([array, annotated])


def splice(block: Block, swaps: Swaps, lexicon: CompiledLexicon, policy: Policy) -> Spliced:
    """The block with its words swapped. Only the bytes of swapped words change."""
    count = len(swaps.row)
    if not count:
        nothing = np.empty(0, np.int64)
        return Spliced(block.data, block.starts, block.ends, nothing, nothing)
    texts = written_texts(lexicon, policy, escaped=block.escaped)
    starts, ends, rows = swaps.start, swaps.end, swaps.row
    if swaps.annotated.any():
        starts = np.where(swaps.annotated, swaps.at, starts)
        ends = np.where(swaps.annotated, swaps.at, ends)
        rows = rows + swaps.annotated * (len(texts) // 2)
    starts, ends = raw_places(block, swaps.document, starts, ends)
    _, text_offsets, text_data = texts.take(_arrow(pa.int64(), rows)).buffers()
    each = np.frombuffer(text_offsets, np.int64)[: count + 1]
    offsets = np.empty(2 * count + 2, np.int64)
    offsets[0], offsets[-1] = 0, len(memoryview(block.data))
    offsets[1:-1:2], offsets[2:-1:2] = starts, ends
    segments = _binary_array(offsets, pa.py_buffer(block.data))
    replacements = _binary_array(np.repeat(each, 2), text_data)
    is_swapped = np.zeros(len(segments), np.bool_)
    is_swapped[1::2] = True
    bits = np.packbits(is_swapped, bitorder="little")
    mask = _arrow(pa.bool_(), bits, len(segments))
    _, bounds, data = pc.if_else(mask, replacements, segments).buffers()
    new_starts, new_ends = np.frombuffer(bounds, np.int64)[1 : 2 * count + 1].reshape(-1, 2).T
    grown = np.append(0, new_ends - ends)
    first = grown.take(np.searchsorted(swaps.document, np.arange(len(block.starts) + 1)))
    return Spliced(data, block.starts + first[:-1], block.ends + first[1:], new_starts, new_ends)


def _binary_array(offsets: Int64s, data: pa.Buffer) -> pa.LargeBinaryArray:
    buffers = [None, pa.py_buffer(offsets), data]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)


def _arrow(type_: pa.DataType, values: npt.NDArray[Any], count: int | None = None) -> pa.Array:
    """`pa.array`, which would import pandas, to ask whether that made the values: 0.15 s."""
    count = len(values) if count is None else count
    return pa.Array.from_buffers(type_, count, [None, pa.py_buffer(np.ascontiguousarray(values))])
