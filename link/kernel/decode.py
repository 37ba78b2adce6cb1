"""From raw bytes to code points and back, for the few words and gaps that need it.

Most words are plain ASCII and never come here.
"""

import numpy as np

from link.block import Int64s
from link.kernel.ragged import ragged_range
from link.kernel.unicode import Points
from link.kernel.words import Characters, escaping_backslashes

_SHORT_ESCAPES = np.arange(256, dtype=np.uint32)
_SHORT_ESCAPES[list(b"bfnrt")] = list(b"\b\f\n\r\t")
_LEAD_BYTE = np.array([0, 0, 0xC0, 0xE0, 0xF0], np.uint32)


def words_with(characters: Int64s, starts: Int64s, ends: Int64s) -> Int64s:
    """Indices of the words in which one of the characters begins; all arrays ascending."""
    if not (starts.size and characters.size):
        return np.empty(0, np.int64)
    word = np.searchsorted(starts, characters, "right") - 1
    word = word[(word >= 0) & (characters < ends.take(word))]
    return word[np.append(True, word[1:] != word[:-1])] if word.size else word


def points_of(
    window: bytes, characters: Characters, starts: Int64s, sizes: Int64s, escaped: bool = False
) -> tuple[Points, Int64s]:
    """The code points of several runs of bytes, and the index of the run each is from.

    Bytes of no valid character come out as their own number. `escaped`: short JSON escapes (`\\n`)
    are one character too; inside words there are none.
    """
    at = ragged_range(starts, sizes)
    owner = np.repeat(np.arange(len(starts)), sizes)
    raw = np.frombuffer(window, np.uint8).take(at)
    points = raw.astype(np.uint32)
    dropped = np.zeros(len(at), np.bool_)
    if characters.starts.size:
        nearest = np.maximum(np.searchsorted(characters.starts, at, "right") - 1, 0)
        begins_at = characters.starts.take(nearest)
        begins = begins_at == at
        points[begins] = characters.points.take(nearest[begins])
        dropped = (begins_at < at) & (at < characters.ends.take(nearest))
        raw[begins | dropped] = 0
    if escaped:
        escaping = escaping_backslashes(np.flatnonzero(raw == ord("\\")))
        escaping = escaping[escaping + 1 < len(at)]
        points[escaping + 1] = _SHORT_ESCAPES.take(raw.take(escaping + 1))
        dropped[escaping] = True
    return points[~dropped], owner[~dropped]


def encode_utf8(points: Points) -> tuple[bytes, Int64s]:
    """The UTF-8 of code points, and how many bytes each takes."""
    sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    out = np.empty(int(sizes.sum()), np.uint8)
    at = np.cumsum(sizes) - sizes
    lead = _LEAD_BYTE.take(sizes) | points >> (6 * (sizes - 1)).astype(np.uint32)
    out[at] = lead
    for follow in (1, 2, 3):
        rows = np.flatnonzero(sizes > follow)
        shift = (6 * (sizes[rows] - 1 - follow)).astype(np.uint32)
        out[at[rows] + follow] = 0x80 | points[rows] >> shift & 0x3F
    return out.tobytes(), sizes
