"""Lines and blocks of flat text: what rules about headings, fences and indented code stand on.

A block is a run of lines that are not blank. Documents are a blank line apart, so none is in two.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.flat import FLAT_BLANKS

_IS_SPACE = np.zeros(256, np.bool_)
_IS_SPACE[list(FLAT_BLANKS + b"\n")] = True
_OTHER = re.compile(b"[^" + FLAT_BLANKS + b"\n]")


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a flat text, which begins and ends with a line feed.

    `feeds`: int64, where the line feeds stand: line k is `feeds[k] + 1` to `feeds[k + 1]`.
    `begins`: int64, shape (lines,), where the first character of each stands that is no blank; in a
    blank line that is where the next begins. `is_blank`: bool. `breaks`: where blank lines begin,
    ascending.
    """

    feeds: Int64s
    begins: Int64s
    is_blank: npt.NDArray[np.bool_]
    breaks: Int64s

    def line_of(self, positions: Int64s) -> Int64s:
        """The line that each place is in (not one of a line feed)."""
        line: Int64s = np.searchsorted(self.feeds, positions) - 1
        return line

    def block_of(self, positions: Int64s) -> Int64s:
        """A number that is the same for places in the same block, and ascends."""
        block: Int64s = np.searchsorted(self.breaks, positions)
        return block


def find_lines(text: bytearray, feeds: Int64s) -> Lines:
    """The lines of a flat text, given where its line feeds stand."""
    raw = np.frombuffer(text, np.uint8)
    begins = feeds[:-1] + 1
    going = np.flatnonzero(_IS_SPACE.take(raw.take(begins)))
    for reach in (2, 8, 64, 512):  # characters to look at, ever more of ever fewer lines
        if not going.size:
            break
        ahead = begins.take(going)[:, None] + np.arange(reach)
        other = ~_IS_SPACE.take(raw.take(ahead, mode="clip"))
        first = other.argmax(axis=1)
        found = other.ravel().take(np.arange(0, other.size, reach) + first)
        begins[going] += np.where(found, first, reach)
        # Who is past the end of the line need not look on: a million line feeds would each go
        # through all that follow.
        going = going.compress(~found & (begins.take(going) <= feeds.take(going + 1)))
    for line in going.tolist():  # such as what stands between two documents
        end = int(feeds[line + 1])
        match = _OTHER.search(text, int(begins[line]), end)
        begins[line] = match.start() if match else end + 1
    is_blank = begins > feeds[1:]
    np.copyto(begins, feeds[1:] + 1, where=is_blank)
    return Lines(feeds, begins, is_blank, feeds[:-1].compress(is_blank))
