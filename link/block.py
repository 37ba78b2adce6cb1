"""Block: the one data structure that flows from a shard's reader through the kernel to its writer.

A block is a run of a shard's raw bytes, whole records only, and where in it document text stands:

    data    {"id":1,"text":"The dog sleeps."}⏎{"id":2,"text":"It barks."}⏎
                            ^starts[0]     ^ends[0]          ^        ^
    keys    one 64-bit number a document, from its decoded text: all draws begin there

    texts   The dog sleeps., It barks.: the documents decoded, which are what the kernel is given

Formats differ in where the spans are and in how bytes are written, and in nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring

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
    `escaped`: the spans are the insides of JSON strings, each behind its opening quote. `texts`:
    the documents in UTF-8 (a lone surrogate as the three bytes it would have there); spans of
    `data` itself where nothing is escaped.
    """

    data: Buffer
    starts: Int64s
    ends: Int64s
    keys: UInt64s
    escaped: bool
    texts: Sequence[Buffer]


def block_of(texts: Sequence[Buffer], keys: UInt64s) -> Block:
    """A block of documents in UTF-8, one right behind the other."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(sizes)
    return Block(b"".join(texts), ends - sizes, ends, keys, escaped=False, texts=texts)


def json_escaped(text: str) -> str:
    """The text as it stands inside a JSON string: what must be escaped is."""
    return encode_basestring(text)[1:-1]
