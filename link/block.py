"""Block: the one data structure that flows from a shard's reader through the kernel to its writer.

A block is a run of a shard's raw bytes, whole records only, and where in it document text stands:

    data    {"id":1,"text":"The dog sleeps."}⏎{"id":2,"text":"It barks."}⏎
                            ^starts[0]     ^ends[0]          ^        ^
    keys    one 64-bit number a document, from its decoded text: all draws begin there

Formats differ in where the spans are and in how bytes are written, and in nothing else.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]
Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Block:
    """Raw bytes with the spans of document text in them.

    `starts`, `ends`: int64, shape (documents,), byte offsets into `data`, ascending and not
    overlapping (they may touch: Arrow columns do). `keys`: uint64, shape (documents,).
    `escaped`: the spans are the insides of JSON strings, each behind its opening quote.
    """

    data: Buffer
    starts: Int64s
    ends: Int64s
    keys: UInt64s
    escaped: bool
