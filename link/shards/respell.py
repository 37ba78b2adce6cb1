r"""Where bytes of text stand when the text is escaped for JSON, or is no longer.

    text       say "dog"       places 4 and 8 take a byte more when they are escaped, so
    escaped    say \"dog\"     what stood at 5 stands at 6 then, and what stood at 9 at 11

All of it is arithmetic on arrays of places: a block has many.
"""

from dataclasses import dataclass

import numpy as np

from link.block import Int64s

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

    def moved(self, at: Int64s) -> Int64s:
        """Where some places (int64, none inside a character) are in the other spelling."""
        moved: Int64s = at + self.growth.take(np.searchsorted(self.places, at))
        return moved


def escaping(data: bytes) -> Respelling:
    """From UTF-8 to what `json.dumps(ensure_ascii=False)` makes of it."""
    raw = np.frombuffer(data, np.uint8)
    places = np.flatnonzero((_GROWTH > 0).take(raw))
    return Respelling.of(places, _GROWTH.take(raw.take(places)))


def unescaping(data: bytes) -> Respelling:
    """From the inside of valid JSON strings (other JSON may be around it) to UTF-8.

    A pair of surrogates must not be parted by a place that is asked for.
    """
    raw = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(raw == _BACKSLASH)
    follows = np.diff(places, prepend=-2) == 1  # right behind another backslash
    order = np.arange(len(places))
    run = np.maximum.accumulate(np.where(follows, 0, order))
    places = places[(order - run) % 2 == 0]  # in a run, every other one escapes the next
    growth = np.full(len(places), -1, np.int64)
    long = np.flatnonzero(raw.take(places + 1) == _U)
    code = np.zeros(len(long), np.int64)
    for digit in range(2, 6):
        code = code * 16 + _DIGIT.take(raw.take(places.take(long) + digit))
    size = 1 + (code >= 0x80) + (code >= 0x800)
    kind = code >> 10  # a high surrogate takes two of the pair's four bytes, a low one the others
    size[(kind == 0xD800 >> 10) | (kind == 0xDC00 >> 10)] = 2
    growth[long] = size - 6
    return Respelling.of(places, growth)
