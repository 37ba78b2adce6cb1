"""Protected spans between what opens and what closes: fences, code spans, formulas, comments.

    a `b` c          ```⏎ d ⏎```          <!-- `e --> f` g         marks, in order
      ^-^            ^---------^          ^---------^              spans, left to right

All marks of a window stand in one list. Each mark may open and may close; what it opens is named by
a number, which a mark that closes it has as well. The span goes from an opening to the first mark
behind it that closes it, and what is in between opens nothing. docs/words.md lists the pairs.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from link import arrays
from link.arrays import Bools, Spans, firsts, where_true
from link.block import Int64s
from link.kernel.alphabet import SPACE
from link.kernel.lines import Lines
from link.kernel.segments import IS_ASCII_LETTER, Segments, stands_at
from link.kernel.window import Window
from link.language.rules import ELEMENTS

_RULES = "fence", "code span", "math", "tag", "placeholder"
FENCE, CODE_SPAN, MATH, TAG, PLACEHOLDER = _RULES

_BRACKETS = (
    (MATH, "\\(", "\\)", False),
    (MATH, "\\[", "\\]", False),
    (PLACEHOLDER, "{{", "}}", False),
    (PLACEHOLDER, "{%", "%}", False),
    (PLACEHOLDER, "<%", "%>", False),
    (TAG, "<!--", "-->", True),
)
"""What opens and what closes, and whether it may close in another paragraph."""

_NEVER = -1
_KINDS = 32  # of pairs, to which the sizes of runs come
_TICKS, _DOLLARS, _ELEMENTS = 2, 3, 10


class _Marks(NamedTuple):
    """Some marks of one rule. `numbers`: of the pair that each may open (`opens`) or close.
    `starts`, `ends`: where a span of them would start, and end.
    """

    rule: str
    begins: Int64s
    starts: Int64s
    ends: Int64s
    opens: Int64s
    closes: Int64s


def _marks(
    rule: str, numbers: Int64s, begins: Int64s, ends: Int64s, opens: Bools, closes: Bools
) -> _Marks:
    """Some marks of one rule, that open or close the pairs of some numbers."""
    opened, closed = (np.where(which, numbers, _NEVER) for which in (opens, closes))
    return _Marks(rule, begins, begins, ends, opened, closed)


def pairs(window: Window, lines: Lines, segments: Segments) -> list[tuple[str, Spans]]:
    """The spans of a window, by rule."""
    found = (
        *_ticks_and_tildes(window, lines, segments),
        *_dollars(lines, segments),
        *_brackets(window, lines, segments),
        *_elements(window, lines, segments),
    )
    marks = [some for some in found if some.begins.size]
    if not marks:
        return []
    columns = [np.concatenate(column) for column in zip(*(one[1:] for one in marks), strict=True)]
    numbers, sizes = zip(*((_RULES.index(one.rule), len(one.begins)) for one in marks), strict=True)
    columns.append(np.repeat(numbers, sizes))
    order = np.argsort(columns[0], kind="stable")
    begins, starts, ends, opens, closes, rules = (column.take(order) for column in columns)
    closing = _first_closing(begins, ends, opens, closes)
    stops = np.where(closing >= 0, ends.take(closing), _NEVER)
    # A fence that nothing closes goes on to the end of its text.
    open_fence = (rules == _RULES.index(FENCE)) & (opens != _NEVER) & (closing < 0)
    np.copyto(stops, window.ends.take(_text_of(window, begins)), where=open_fence)
    rows = where_true(stops >= 0)
    rows = rows.take(arrays.left_to_right(begins.take(rows), stops.take(rows)))
    rules, starts, stops = rules.take(rows), starts.take(rows), stops.take(rows)
    return [
        (rule, (starts.compress(rules == number), stops.compress(rules == number)))
        for number, rule in enumerate(_RULES)
    ]


def _text_of(window: Window, places: Int64s) -> Int64s:
    """The text that each place is in."""
    return window.starts.searchsorted(places, "right") - 1


def _first_closing(begins: Int64s, ends: Int64s, opens: Int64s, closes: Int64s) -> Int64s:
    """For each mark the first one behind it that closes what it opens; -1 if there is none."""
    result = np.full(len(begins), _NEVER)
    opening, closing = where_true(opens != _NEVER), where_true(closes != _NEVER)
    numbers = np.append(opens.take(opening), closes.take(closing))
    dense, size = np.unique(numbers, return_inverse=True)[1], int(ends.max()) + 1
    keys = dense[len(opening) :] * size + begins.take(closing)
    order = keys.argsort()
    keys, own = keys.take(order), dense[: len(opening)]
    at = keys.searchsorted(own * size + ends.take(opening))
    found = np.append(keys, _NEVER).take(at) // size == own
    result[opening.compress(found)] = closing.take(order.take(at.compress(found)))
    return result


def _runs_of(places: Int64s) -> Spans:
    """Runs of neighbouring places."""
    opens = arrays.begins_of_runs(places)
    return places.compress(opens), places.compress(np.append(opens[1:], True)[: len(places)]) + 1


def _numbers(scope: Int64s, kind: int, sizes: Int64s | int = 0) -> Int64s:
    """One number for each kind of pair, size of run, and text or paragraph that it is in."""
    return (scope * _KINDS + kind << 22) + np.minimum(sizes, (1 << 22) - 1)


def _ticks_and_tildes(window: Window, lines: Lines, segments: Segments) -> Iterator[_Marks]:
    fence_lines = []  # of tildes; their backticks are no runs
    for kind, character in enumerate("~`"):
        starts, ends = _runs_of(segments.places(character))
        sizes, line = ends - starts, lines.of(starts)
        rows = where_true(sizes >= 3)
        rows = rows.compress(firsts(line.take(rows)))
        margin, stops = (lines.feeds.take(line.take(rows) + by) + 1 - by for by in (0, 1))
        begin = _is_bare(window, margin, starts.take(rows), ord(">"))
        rows, margin, stops = (one.compress(begin) for one in (rows, margin, stops))
        opens = np.append(starts, len(window.flat)).take(rows + 1) >= stops
        closes = _is_bare(window, ends.take(rows), stops)
        if character == "~":  # tildes alone right below text underline it
            opens &= ~closes | np.append(True, lines.is_blank).take(line.take(rows))
        numbers = _numbers(_text_of(window, starts.take(rows)), kind, sizes.take(rows))
        marks = _marks(FENCE, numbers, starts.take(rows), stops, opens, closes)
        yield marks._replace(starts=margin)
        fence_lines.append(line.take(rows.compress(opens | closes)))
    fenced = np.zeros(len(lines.is_blank), np.bool_)
    fenced[np.concatenate(fence_lines)] = True
    rows = where_true(~fenced.take(line))
    starts, ends, sizes = starts.take(rows), ends.take(rows), sizes.take(rows)
    numbers = _numbers(lines.paragraph_of(starts), _TICKS, sizes)
    opens, closes = ~segments.kind(ends, SPACE), ~segments.kind(starts - 1, SPACE)
    yield _marks(CODE_SPAN, numbers, starts, ends, opens, closes)


def _is_bare(window: Window, begins: Int64s, ends: Int64s, but: int = ord(" ")) -> Bools:
    """Whether there is nothing between places but white space and one other character."""
    places = arrays.ragged_range(begins, ends - begins)
    others = (window.kinds.take(places) & SPACE == 0) & (window.flat.take(places) != but)
    is_bare: Bools = arrays.sums(others, ends - begins) == 0
    return is_bare


def _dollars(lines: Lines, segments: Segments) -> Iterator[_Marks]:
    starts, ends = _runs_of(segments.places("$"))
    sizes = ends - starts
    opens = ~segments.kind(ends, SPACE) & (segments.behind(ends, 0) - ord("0") > 9)
    closes = ~segments.kind(starts - 1, SPACE) & ~segments.is_word(ends)
    opens, closes = ((sizes == 2) | ((sizes == 1) & one) for one in (opens, closes))
    yield _marks(
        MATH, _numbers(lines.paragraph_of(starts), _DOLLARS, sizes), starts, ends, opens, closes
    )


def _brackets(window: Window, lines: Lines, segments: Segments) -> Iterator[_Marks]:
    """Placeholders, and comments."""
    for kind, (rule, opening, closing, is_wide) in enumerate(_BRACKETS, start=_DOLLARS + 1):
        opens = segments.places(*opening)
        if not opens.size:
            continue
        closes = segments.places(*closing)
        begins = np.concatenate((opens, closes))
        ends = np.concatenate((opens + len(opening), closes + len(closing)))
        scope = _text_of(window, begins) if is_wide else lines.paragraph_of(begins)
        which = np.arange(len(begins)) < len(opens)
        yield _marks(rule, _numbers(scope, kind), begins, ends, which, ~which)


def _elements(window: Window, lines: Lines, segments: Segments) -> Iterator[_Marks]:
    """Elements of code."""
    less = segments.places("<")
    closing = segments.behind(less) == ord("/")
    named = where_true(IS_ASCII_LETTER.take(segments.behind(less + closing)))
    for kind, (name, is_wide) in enumerate(ELEMENTS.items(), start=_ELEMENTS):
        rows = named.compress(stands_at(window.data, (less + closing + 1).take(named), name))
        if not rows.size:
            continue
        begins, closes = less.take(rows), closing.take(rows)
        behind = begins + closes + 1 + len(name)
        ended = segments.behind(behind, 0) == ord(">")
        opens = ~closes & (ended | segments.kind(behind, SPACE))
        scope = _text_of(window, begins) if is_wide else lines.paragraph_of(begins)
        yield _marks(TAG, _numbers(scope, kind), begins, behind + 1, opens, closes & ended)
