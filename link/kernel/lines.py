"""Lines and paragraphs of a window's texts, which are a blank line apart."""

from dataclasses import dataclass

import numpy as np

from link.arrays import Bools, where_true
from link.block import Int64s
from link.kernel.alphabet import SPACE
from link.kernel.window import Window


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines of a window: line k is what stands between `feeds[k]` and `feeds[k + 1]`.

    `feeds`: int64, shape (lines + 1,), where the line feeds stand. `begins`: int64, shape (lines,),
    where the first character of each stands that is no white space; of a blank line, its end.
    `breaks`: int64, where blank lines end, ascending.
    """

    feeds: Int64s
    begins: Int64s
    is_blank: Bools
    breaks: Int64s

    def of(self, places: Int64s) -> Int64s:
        """The line that each place (none of them a line feed) is in."""
        line: Int64s = self.feeds.searchsorted(places) - 1
        return line

    def end_of(self, places: Int64s) -> Int64s:
        """The end of the line that each place is in."""
        return self.feeds.take(self.feeds.searchsorted(places))

    def paragraph_of(self, places: Int64s) -> Int64s:
        """A number that is the same for places of one paragraph, and ascends."""
        paragraph: Int64s = self.breaks.searchsorted(places)
        return paragraph


def find_lines(window: Window) -> Lines:
    """The lines of a window."""
    feeds = window.marks["\n"]
    begins = feeds[:-1] + 1
    going = where_true(window.kinds.take(begins) & SPACE)
    reach = 1  # places to look at, ever more of ever fewer lines
    while going.size:
        at, stop = begins.take(going)[:, None], feeds.take(going + 1)[:, None]
        ahead = np.minimum(at + np.arange(reach), stop)
        other = (window.kinds.take(ahead) & SPACE == 0) | (ahead == stop)
        first = other.argmax(axis=1)
        found = other[np.arange(len(going)), first]
        begins[going] += np.where(found, first, reach)
        going = going.compress(~found)
        reach *= 4
    is_blank = begins == feeds[1:]
    return Lines(feeds, begins, is_blank, feeds[1:].compress(is_blank))
