"""Lines of code: paragraphs dense in marks of code, by one table of weights.

        for dog in dogs:          two indented lines: 2 end, 1 mark, 2 pairs of words
            total = total + 1     4 - 2 + 3 = 5, which is enough

Few paragraphs hold a mark of code at all; only those are counted through. docs/words.md says what
each row of the table counts.
"""

from collections.abc import Iterator

import numpy as np

from link import arrays
from link.arrays import NO_SPANS, Bools, Spans, UInt8s, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.alphabet import OTHER, WORD_CLASS, class_set
from link.kernel.lines import Lines
from link.kernel.segments import Segments
from link.kernel.window import Window
from link.language.rules import CODE_LINE_LEAST, CODE_LINE_WEIGHTS
from link.language.unicode import LETTER

_BLANK = class_set(" \t")


def code_lines(window: Window, lines: Lines, segments: Segments, quiet: Spans) -> Spans:
    """The paragraphs that are code. `quiet`: spans in which no mark counts."""
    full = where_true(~lines.is_blank)
    if not full.size:
        return NO_SPANS
    first = where_true(arrays.begins_of_runs(full))
    begins = lines.begins.take(full.take(first))
    counts = np.diff(first, append=len(full))
    last = full.take(first + counts - 1)
    ends = lines.feeds.take(last + 1)
    flat = window.flat.copy()
    quiet = arrays.merged(quiet)
    flat[ragged_range(quiet[0], quiet[1] - quiet[0])] = OTHER

    total = _opened(window, lines, last) * CODE_LINE_WEIGHTS["literal"]
    for name, places in _marks(segments, flat):
        paragraph = begins.searchsorted(places, "right") - 1
        total += np.bincount(paragraph, minlength=len(begins)) * CODE_LINE_WEIGHTS[name]
    # What is left to be counted can only make them fewer; what costs least comes first.
    rows = where_true(total >= CODE_LINE_LEAST)
    counts = counts.take(rows)
    line = full.take(ragged_range(first.take(rows), counts))
    total[rows] += CODE_LINE_WEIGHTS["flush"] * sums(_is_flush(window, lines, line), counts)
    rows = where_true(total >= CODE_LINE_LEAST)
    total, begins, ends = total.take(rows), begins.take(rows), ends.take(rows)
    total += CODE_LINE_WEIGHTS["pair"] * _pairs(window, flat, begins, ends)
    is_code = total >= CODE_LINE_LEAST
    return begins.compress(is_code), ends.compress(is_code)


assert max(CODE_LINE_WEIGHTS["flush"], CODE_LINE_WEIGHTS["pair"]) < 0


def _marks(segments: Segments, flat: UInt8s) -> Iterator[tuple[str, Int64s]]:
    """What is counted wherever it stands, by its row of the table. `flat`: without quiet text."""

    def all_heard(places: Int64s, before: int = 0, behind: int = 0) -> Int64s:
        """Those that are not quiet, nor as many places before and behind them."""
        for by in range(-before, behind + 1):
            places = places.compress(flat.take(places + by) == segments.flat.take(places + by))
        return places

    for one in "={":
        places = all_heard(segments.places(one))
        yield "mark", places.compress(arrays.begins_of_runs(places))
    for one in "([":
        opens = segments.places(one)
        yield "join", all_heard(opens.compress(segments.is_word(opens - 1)), 1)
    yield "join", all_heard(segments.joined, 1, 1)
    for note in ("#", "//"):
        places = segments.places(*note)
        places = places.compress(_BLANK.take(segments.before(places)))
        places = places.compress(_BLANK.take(segments.behind(places, len(note))))
        yield "note", all_heard(places, 1, len(note))
    for one in ":{}":
        ends = all_heard(segments.places(one))
        returns = flat.take(ends + 1) == ord("\r")
        ends = ends.compress(segments.behind(ends + returns) == ord("\n"))
        if one == ":":  # and not `::`
            ends = ends.compress(flat.take(ends - 1) != ord(":"))
        yield "end", ends


def _is_flush(window: Window, lines: Lines, line: Int64s) -> Bools:
    """Whether some lines are indented by less than two bytes, and not by a tab."""
    margin = lines.feeds.take(line) + 1
    near = lines.begins.take(line) - margin < 2
    flush: Bools = near & (window.flat.take(margin) != ord("\t"))
    return flush


def _opened(window: Window, lines: Lines, last: Int64s) -> Int64s:
    """Whether the paragraph above each, of the same text, ends with `::`, and its last line does
    not begin with a dot.
    """
    begins, ends = lines.begins.take(last), lines.feeds.take(last + 1) - 1
    ends -= window.flat.take(ends) == ord("\r")
    opens = (window.flat.take(ends) == ord(":")) & (window.flat.take(ends - 1) == ord(":"))
    opens &= window.flat.take(begins) != ord(".")
    opens &= np.diff(window.starts.searchsorted(begins, "right"), append=0) == 0
    return np.append(0, opens[:-1])


def _pairs(window: Window, flat: UInt8s, begins: Int64s, ends: Int64s) -> Int64s:
    """How often each paragraph has a blank between two letters: the measure of prose."""
    places = ragged_range(begins, ends - begins)
    found = _BLANK.take(flat.take(places))
    blanks = places.compress(found)
    pair = np.ones(len(blanks), np.bool_)
    for beside in (blanks - 1, blanks + 1):
        pair &= window.kinds.take(beside) & np.uint8(WORD_CLASS) == LETTER
        pair &= flat.take(beside) == window.flat.take(beside)
    found[found] = pair
    return sums(found, ends - begins)
