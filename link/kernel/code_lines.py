"""Lines of code: paragraphs dense in marks of code, by one table of weights.

        for dog in dogs:          two indented lines: 2 end, 1 mark, 2 pairs of words
            total = total + 1     4 - 2 + 3 = 5, which is enough

Few paragraphs hold a mark of code at all; only those are counted through. docs/words.md says what
each row of the table counts.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from link.arrays import (
    NO_SPANS,
    Bools,
    Spans,
    UInt8s,
    begins_of_runs,
    merged,
    ragged_range,
    sums,
    where_true,
)
from link.block import Int64s
from link.kernel.lines import Lines
from link.kernel.segments import Segments, byte_set
from link.kernel.window import OTHER, WORD_CLASS, Window
from link.language.rules import CODE_LINE_LEAST, CODE_LINE_WEIGHTS
from link.language.unicode import LETTER

_BLANK = byte_set(" \t")
_ENDS_LINE = byte_set(":{}")


def code_lines(window: Window, lines: Lines, segments: Segments, quiet: Spans) -> Spans:
    """The paragraphs that are code. `quiet`: spans in which no mark counts."""
    full = where_true(~lines.is_blank)
    if not full.size:
        return NO_SPANS
    first = where_true(begins_of_runs(full))
    begins = lines.begins.take(full.take(first))
    counts = np.diff(first, append=len(full))
    last = full.take(first + counts - 1)
    ends = lines.feeds.take(last + 1)
    flat = _quietened(window, quiet)
    heard = flat == window.flat

    total = _opened(window, lines, last) * CODE_LINE_WEIGHTS["literal"]
    total += sums(_ends(lines, flat, full), counts) * CODE_LINE_WEIGHTS["end"]
    for name, found in (
        ("mark", [_firsts_of_runs(_heard(segments.places(one), heard)) for one in "={"]),
        ("join", [_heard(_joins(segments), heard, 1, 0), _heard(segments.joined, heard, 1, 1)]),
        ("note", [*_notes(segments, heard)]),
    ):
        paragraph = begins.searchsorted(np.concatenate(found), "right") - 1
        total += np.bincount(paragraph, minlength=len(begins)) * CODE_LINE_WEIGHTS[name]
    total += sums(_is_flush(window, lines, full), counts) * CODE_LINE_WEIGHTS["flush"]
    rows = where_true(total >= CODE_LINE_LEAST)
    total = total.take(rows) + CODE_LINE_WEIGHTS["pair"] * _pairs(
        window, flat, heard, begins.take(rows), ends.take(rows)
    )
    rows = rows.compress(total >= CODE_LINE_LEAST)
    return begins.take(rows), ends.take(rows)


assert CODE_LINE_WEIGHTS["pair"] < 0


def _quietened(window: Window, quiet: Spans) -> UInt8s:
    """Classes with those of quiet spans as OTHER."""
    starts, ends = merged(quiet)
    if not starts.size:
        return window.flat
    flat: UInt8s = window.flat.copy()
    flat[ragged_range(starts, ends - starts)] = OTHER
    return flat


def _heard(places: Int64s, heard: Bools, before: int = 0, behind: int = 0) -> Int64s:
    """Those of some places that are not quiet, nor as many places before and behind them."""
    for by in range(-before, behind + 1):
        places = places.compress(heard.take(places + by))
    return places


def _firsts_of_runs(places: Int64s) -> Int64s:
    return places.compress(begins_of_runs(places))


def _joins(segments: Segments) -> Int64s:
    opens = np.concatenate((segments.places("("), segments.places("[")))
    return opens.compress(segments.is_word(opens - 1))


def _notes(segments: Segments, heard: Bools) -> Iterator[Int64s]:
    """`#` and `//` between blanks."""
    slashes = segments.places("/")
    slashes = slashes.compress(segments.behind(slashes) == ord("/"))
    for places, size in ((segments.places("#"), 1), (slashes, 2)):
        places = places.compress(_BLANK.take(segments.before(places)))
        places = places.compress(_BLANK.take(segments.behind(places, size)))
        yield _heard(places, heard, 1, size)


def _line_ends(lines: Lines, flat: UInt8s, line: Int64s) -> Int64s:
    """The last character of some lines, a carriage return aside."""
    last = lines.feeds.take(line + 1) - 1
    ends: Int64s = last - (flat.take(last) == ord("\r"))
    return ends


def _ends(lines: Lines, flat: UInt8s, line: Int64s) -> Bools:
    """Whether some lines end with `:` (not `::`), `{` or `}`."""
    last = _line_ends(lines, flat, line)
    end = flat.take(last)
    single = (end != ord(":")) | (flat.take(last - 1) != ord(":"))
    ends: Bools = single & _ENDS_LINE.take(end)
    return ends


def _is_flush(window: Window, lines: Lines, line: Int64s) -> Bools:
    """Whether some lines are indented by less than two bytes, and not by a tab."""
    margin = lines.feeds.take(line) + 1
    near = lines.begins.take(line) - margin < 2
    flush: Bools = near & (window.flat.take(margin) != ord("\t"))
    return flush


def _opened(window: Window, lines: Lines, last: Int64s) -> npt.NDArray[np.int64]:
    """Whether the paragraph above each says that code follows: its last line ends with `::`, or is
    a directive of code.
    """
    begins, ends = lines.begins.take(last), _line_ends(lines, window.flat, last)
    double = (window.flat.take(ends) == ord(":")) & (window.flat.take(ends - 1) == ord(":"))
    directive = np.ones(len(last), np.bool_)
    opens = double
    for by, character in enumerate(".. code"):
        directive &= window.flat.take(begins + by) == ord(character)
        if by == 1:
            opens = double & ~directive
    opens |= directive
    text = window.starts.searchsorted(begins, "right")
    result = np.zeros(len(last), np.int64)
    result[1:] = opens[:-1] & (text[1:] == text[:-1])
    return result


def _pairs(window: Window, flat: UInt8s, heard: Bools, begins: Int64s, ends: Int64s) -> Int64s:
    """How often each paragraph has a blank between two letters: the measure of prose."""
    sizes = ends - begins
    places = ragged_range(begins, sizes)
    blank = _BLANK.take(flat.take(places))
    found = np.zeros(len(places), np.bool_)
    pair = np.ones(int(blank.sum()), np.bool_)
    for by in (-1, 1):
        beside = places.compress(blank) + by
        pair &= heard.take(beside)
        pair &= window.kinds.take(beside) & np.uint8(WORD_CLASS) == LETTER
    found[where_true(blank).compress(pair)] = True
    return sums(found, sizes)
