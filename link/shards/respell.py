r"""Where bytes of text stand when the text is escaped for JSON, or is no longer.

    text       say "dog"       places 4 and 8 take a byte more when they are escaped, so
    escaped    say \"dog\"     what stood at 5 stands at 6 then, and what stood at 9 at 11

All of it is arithmetic on arrays of places: a block has many.
"""

from dataclasses import dataclass

import numpy as np

from link.block import Block, Buffer, Int64s

_BACKSLASH, _U = b"\\u"

# How many bytes more a byte takes when Python's `json` escapes it (`ensure_ascii=False`).
_GROWTH = np.zeros(256, np.int64)
_GROWTH[:32] = 5  # \u00XX
_GROWTH[list(b'"\\\b\f\n\r\t')] = 1

_DIGIT = np.zeros(256, np.int64)
for _digit in b"0123456789abcdefABCDEF":
    _DIGIT[_digit] = int(chr(_digit), 16)


@dataclass(frozen=True, slots=True)
class Respelling:
    """Characters that another spelling makes longer or shorter.

    `places`: int64, ascending, where they begin; `growth`: int64, shape (places + 1,), by how many
    bytes all before each of them have grown.
    """

    places: Int64s
    growth: Int64s

    @classmethod
    def of(cls, places: Int64s, growth: Int64s) -> "Respelling":
        """`growth`: of each place."""
        return cls(places, np.concatenate((np.zeros(1, np.int64), np.cumsum(growth))))

    @property
    def back(self) -> "Respelling":
        """From the other spelling to this one."""
        return Respelling(self.places + self.growth[:-1], -self.growth)

    def moved(self, at: Int64s) -> Int64s:
        """Where some places (int64, none inside a character) are in the other spelling."""
        moved: Int64s = at + self.growth.take(np.searchsorted(self.places, at))
        return moved


def escaping(data: Buffer) -> Respelling:
    """From UTF-8 to what `json.dumps(ensure_ascii=False)` makes of it."""
    raw = np.frombuffer(data, np.uint8)
    places = np.flatnonzero((_GROWTH > 0).take(raw))
    return Respelling.of(places, _GROWTH.take(raw.take(places)))


def unescaping(data: Buffer) -> Respelling:
    """From the inside of valid JSON strings (other JSON may be around it) to UTF-8.

    A pair of surrogates must not be parted by a place that is asked for; a lone one takes three
    bytes.
    """
    raw = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(raw == _BACKSLASH)
    follows = np.diff(places, prepend=-2) == 1  # right behind another backslash
    if follows.any():  # in a run, every other one escapes the next
        order = np.arange(len(places))
        run = np.maximum.accumulate(np.where(follows, 0, order))
        places = places[(order - run) % 2 == 0]
    growth = np.full(len(places), -1, np.int64)
    long = np.flatnonzero(raw.take(places + 1) == _U)
    if not long.size:
        return Respelling.of(places, growth)
    at = places.take(long)
    code = np.zeros(len(long), np.int64)
    for digit in range(2, 6):
        code = code * 16 + _DIGIT.take(raw.take(at + digit))
    size = 1 + (code >= 0x80) + (code >= 0x800)
    kind = code >> 10
    high = np.flatnonzero((kind[:-1] == 0xD800 >> 10) & (kind[1:] == 0xDC00 >> 10))
    high = high[at.take(high + 1) - at.take(high) == 6]
    size[high] = size[high + 1] = 2  # each half stands for two of the four bytes
    growth[long] = size - 6
    return Respelling.of(places, growth)


def raw_places(
    block: Block, document: Int64s, starts: Int64s, ends: Int64s
) -> tuple[Int64s, Int64s]:
    """Where spans of a block's decoded documents are in its data; all int64, of one shape.

    `document`: which of the block's each is in. `starts`, `ends`: bytes of its text.
    """
    if not block.escaped or not len(document):
        begins = block.starts.take(document)
        return begins + starts, begins + ends
    decoding = unescaping(block.data)
    begins, encoding = decoding.moved(block.starts).take(document), decoding.back
    starts, ends = begins + starts, begins + ends
    index = np.searchsorted(encoding.places, starts)
    growth = encoding.growth.take(index)
    behind = np.append(encoding.places, np.iinfo(np.int64).max).take(index)
    inside = np.flatnonzero(behind < ends)  # few words hold a character that is escaped
    raw_ends = ends + growth
    raw_ends[inside] = encoding.moved(ends.take(inside))
    return starts + growth, raw_ends
