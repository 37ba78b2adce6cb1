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
_ENDS_LINE = class_set(":{}")


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
    heard = flat == window.flat

    total = _opened(window, lines, last) * CODE_LINE_WEIGHTS["literal"]
    total += sums(_ends(lines, flat, full), counts) * CODE_LINE_WEIGHTS["end"]
    total += sums(_is_flush(window, lines, full), counts) * CODE_LINE_WEIGHTS["flush"]
    for name, places in _marks(segments, heard):
        paragraph = begins.searchsorted(places, "right") - 1
        total += np.bincount(paragraph, minlength=len(begins)) * CODE_LINE_WEIGHTS[name]
    rows = where_true(total >= CODE_LINE_LEAST)
    begins, ends = begins.take(rows), ends.take(rows)
    pairs = _pairs(window, flat, heard, begins, ends)
    is_code = total.take(rows) + CODE_LINE_WEIGHTS["pair"] * pairs >= CODE_LINE_LEAST
    return begins.compress(is_code), ends.compress(is_code)


assert CODE_LINE_WEIGHTS["pair"] < 0


def _marks(segments: Segments, heard: Bools) -> Iterator[tuple[str, Int64s]]:
    """What is counted wherever it stands, by its row of the table."""

    def all_heard(places: Int64s, before: int = 0, behind: int = 0) -> Int64s:
        """Those that are not quiet, nor as many places before and behind them."""
        for by in range(-before, behind + 1):
            places = places.compress(heard.take(places + by))
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


def _line_ends(lines: Lines, flat: UInt8s, line: Int64s) -> Int64s:
    """The last character of some lines, a carriage return aside."""
    last = lines.feeds.take(line + 1) - 1
    ends: Int64s = last - (flat.take(last) == ord("\r"))
    return ends


def _ends(lines: Lines, flat: UInt8s, line: Int64s) -> Bools:
    """Whether some lines end with `:` (not `::`), `{` or `}`."""
    last = _line_ends(lines, flat, line)
    single = (flat.take(last) != ord(":")) | (flat.take(last - 1) != ord(":"))
    ends: Bools = single & _ENDS_LINE.take(flat.take(last))
    return ends


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
    begins, ends = lines.begins.take(last), _line_ends(lines, window.flat, last)
    opens = (window.flat.take(ends) == ord(":")) & (window.flat.take(ends - 1) == ord(":"))
    opens &= window.flat.take(begins) != ord(".")
    opens &= np.diff(window.starts.searchsorted(begins, "right"), append=0) == 0
    return np.append(0, opens[:-1])


def _pairs(window: Window, flat: UInt8s, heard: Bools, begins: Int64s, ends: Int64s) -> Int64s:
    """How often each paragraph has a blank between two letters: the measure of prose."""
    places = ragged_range(begins, ends - begins)
    found = _BLANK.take(flat.take(places))
    blanks = places.compress(found)
    pair = np.ones(len(blanks), np.bool_)
    for beside in (blanks - 1, blanks + 1):
        pair &= heard.take(beside) & (window.kinds.take(beside) & np.uint8(WORD_CLASS) == LETTER)
    found[found] = pair
    return sums(found, ends - begins)
