r"""Text that is escaped for JSON: what it says, and where its bytes stand when it is decoded.

    text       say "dog"       places 4 and 8 take a byte more when they are escaped, so
    escaped    say \"dog\"     what stood at 5 stands at 6 then, and what stood at 9 at 11

All of it is arithmetic on arrays of places: a block has many.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from link.arrays import counts_below
from link.block import Block, Buffer, Int64s

UInt8s = npt.NDArray[np.uint8]

_BACKSLASH, _U = b"\\u"
_CONTINUES = 0x80  # in UTF-8, what follows a character's first byte begins with these bits
_GONE = 0xFF  # stands in no UTF-8

_MOST_KEPT_BYTES = 1 << 22
"""Of longer blocks, what tells how they are decoded is made anew when it is needed again: in the
meantime it would take a multiple of them."""

# How many bytes more a byte takes when Python's `json` escapes it (`ensure_ascii=False`).
_GROWTH = np.zeros(256, np.int64)
_GROWTH[:32] = 5  # \u00XX
_GROWTH[list(b'"\\\b\f\n\r\t')] = 1

_SAYS = np.arange(256).astype(np.uint8)
_SAYS[list(b"bfnrtu")] = list(b"\b\f\n\r\t\xff")

_DIGIT = np.zeros(256, np.int32)
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
    return _unescaping(np.frombuffer(data, np.uint8), None)


def _unescaping(raw: UInt8s, plain: UInt8s | None) -> Respelling:
    """`plain`: a copy of the bytes, in which each escape becomes what it says: the bytes of its
    character, behind as many that are `_GONE` as it has shrunk by.
    """
    places = (raw == _BACKSLASH).nonzero()[0]
    follows = places[1:] - places[:-1] == 1  # right behind another backslash
    if follows.any():  # in a run, every other one escapes the next
        order = np.arange(len(places))
        run = np.maximum.accumulate(np.where(np.append(False, follows), 0, order))
        places = places.compress((order - run) % 2 == 0)
    growth = np.full(len(places), -1, np.int64)
    letter = raw.take(places + 1)
    if plain is not None:
        plain[places] = _GONE
        plain[places + 1] = _SAYS.take(letter)
    long = (letter == _U).nonzero()[0]
    if not long.size:
        return Respelling.of(places, growth)
    at = places.take(long)
    code = np.zeros(len(long), np.int32)  # small types: a text may be nothing but escapes
    for digit in range(2, 6):
        code = code * 16 + _DIGIT.take(raw.take(at + digit))
    size = np.add(code >= 0x80, code >= 0x800, dtype=np.int8) + np.int8(1)
    kind = code >> 10
    high = np.flatnonzero((kind[:-1] == 0xD800 >> 10) & (kind[1:] == 0xDC00 >> 10))
    high = high[at.take(high + 1) - at.take(high) == 6]
    size[high] = size[high + 1] = 2  # each half stands for two of the four bytes
    growth[long] = size - 6
    if plain is not None:
        last = _CONTINUES | code & 0x3F
        before = np.where(size == 2, 0xC0 | code >> 6, _CONTINUES | code >> 6 & 0x3F)
        beyond = (code[high] & 0x3FF) + (0x10000 >> 10)  # of the character's bits, all but ten
        before[high], last[high] = 0xF0 | beyond >> 8, _CONTINUES | beyond >> 2 & 0x3F
        before[high + 1] = _CONTINUES | (beyond & 3) << 4 | code[high + 1] >> 6 & 0xF
        plain[at + 2] = _GONE
        plain[at + 3] = np.where(size == 3, 0xE0 | code >> 12, _GONE)
        plain[at + 4] = np.where(size == 1, _GONE, before)
        plain[at + 5] = np.where(size == 1, code, last)
    return Respelling.of(places, growth)


class Texts(list[Buffer]):
    """The documents of a block, decoded. `respelling`: from the block's data to them, if known."""

    respelling: Respelling | None = None


def decoded(data: bytes, starts: Int64s, ends: Int64s) -> Texts:
    """The documents at some spans (int64, shape (documents,)) of valid JSON, as UTF-8.

    They are spans of the data itself where it has no escapes. A lone surrogate counts as the three
    bytes that UTF-8 would give it.
    """
    plain: Buffer = data
    respelling = None
    if data.find(b"\\") >= 0:
        buffer = bytearray(data)
        respelling = _unescaping(np.frombuffer(data, np.uint8), np.frombuffer(buffer, np.uint8))
        plain = buffer.translate(None, bytes([_GONE]))
        starts, ends = respelling.moved(starts), respelling.moved(ends)
    view = memoryview(plain)
    texts = Texts(view[i:j] for i, j in zip(starts.tolist(), ends.tolist(), strict=True))
    if len(data) <= _MOST_KEPT_BYTES:
        texts.respelling = respelling
    return texts


def raw_places(
    block: Block, document: Int64s, starts: Int64s, ends: Int64s
) -> tuple[Int64s, Int64s]:
    """Where spans of a block's decoded documents are in its data; all int64, of one shape.

    `document`: which of the block's each is in. `starts`, `ends`: bytes of its text. The spans
    ascend.
    """
    if not block.escaped or not len(document):
        begins = block.starts.take(document)
        return begins + starts, begins + ends
    decoding = getattr(block.texts, "respelling", None) or unescaping(block.data)
    begins, encoding = decoding.moved(block.starts).take(document), decoding.back
    starts, ends = begins + starts, begins + ends
    index = counts_below(encoding.places, starts)
    growth = encoding.growth.take(index)
    behind = np.append(encoding.places, np.iinfo(np.int64).max).take(index)
    inside = np.flatnonzero(behind < ends)  # few words hold a character that is escaped
    raw_ends = ends + growth
    raw_ends[inside] = encoding.moved(ends.take(inside))
    return starts + growth, raw_ends
