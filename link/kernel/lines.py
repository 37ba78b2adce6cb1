"""Lines and blocks of flat text: what rules about headings, fences and indented code stand on.

A block is a run of lines that are not blank. Documents are a blank line apart, so none is in two.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.unicode import UInt8s


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a flat text, which begins and ends with a line feed.

    `feeds`: int64, where the line feeds stand: line k is `feeds[k] + 1` to `feeds[k + 1]`.
    `begins`: int64, shape (lines,), where the first character of each stands that is no blank; in a
    blank line that is beyond its end. `is_blank`: bool. `breaks`: where blank lines begin,
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


def find_lines(spaces: Int64s, raw: UInt8s) -> Lines:
    """The lines of a flat text (`raw`: its bytes) with blanks and line feeds at `spaces`."""
    rows = np.flatnonzero(raw.take(spaces) == ord("\n"))
    feeds = spaces.take(rows)
    # Most lines begin with no space: where the next space is not the next character.
    begins = feeds[:-1] + 1
    spaced = np.flatnonzero(spaces.take(rows[:-1] + 1) == begins)
    begins[spaced] = behind_spaces(spaces, rows.take(spaced))
    is_blank = begins > feeds[1:]
    return Lines(feeds, begins, is_blank, feeds[:-1].compress(is_blank))


def behind_spaces(spaces: Int64s, rows: Int64s) -> Int64s:
    """Where the runs of spaces end that go on from some of them (indices, ascending)."""
    count = len(spaces)
    first = spaces.take(rows)
    # The space k places on belongs to the run if it is k characters on: k doubles, then halves.
    reach = np.zeros(len(rows), np.int64)
    step = 1
    while True:
        farther = reach + step
        inside = rows + farther < count
        inside &= spaces.take(rows + farther, mode="clip") == first + farther
        reach[inside] += step
        if not inside.any():
            break
        step *= 2
    while step > 1:
        step //= 2
        farther = reach + step
        inside = rows + farther < count
        inside &= spaces.take(rows + farther, mode="clip") == first + farther
        reach[inside] += step
    behind: Int64s = first + reach + 1
    return behind
