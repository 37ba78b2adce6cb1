"""The new bytes: a window with some of its words replaced.

    kept  swapped  kept  swapped  kept        segments of the window, alternating
    The · dog    · ␣   · sleeps · .
    ""    Hund     ""    schläft  ""          replacements, empty where nothing is replaced

Both rows are Arrow arrays over existing bytes; `if_else` picks from them in turn, and the data
buffer of its result is the new window.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from link.block import Int64s
from link.kernel.arrays import interleave


def splice(
    window: bytes, starts: Int64s, ends: Int64s, texts: pa.LargeBinaryArray, rows: Int64s
) -> pa.Buffer:
    """The window with `window[starts[i]:ends[i]]` replaced by `texts[rows[i]]`.

    Spans ascend and do not overlap.
    """
    offsets = np.empty(2 * len(starts) + 2, np.int64)
    offsets[0], offsets[-1] = 0, len(window)
    offsets[1:-1] = interleave(starts, ends)
    segments = _binary_array(offsets, pa.py_buffer(window))

    _, text_offsets, text_data = texts.take(pa.array(rows)).buffers()
    each = np.frombuffer(text_offsets, np.int64)[: len(rows) + 1]
    replacements = _binary_array(each.repeat(2), text_data)

    is_swapped = np.zeros(len(segments), np.bool_)
    is_swapped[1::2] = True
    return pc.if_else(pa.array(is_swapped), replacements, segments).buffers()[2]


def _binary_array(offsets: Int64s, data: pa.Buffer) -> pa.LargeBinaryArray:
    buffers = [None, pa.py_buffer(offsets), data]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
