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

from link.arrays import (
    NO_PLACES,
    NO_SPANS,
    Bools,
    Spans,
    begins_of_runs,
    firsts,
    left_to_right,
    ragged_range,
    where_true,
)
from link.block import Int64s
from link.kernel.lines import Lines
from link.kernel.segments import Segments
from link.kernel.window import SPACE, Window
from link.language.rules import ELEMENTS

FENCE, CODE_SPAN, MATH, TAG, PLACEHOLDER = _RULES = (
    "fence",
    "code span",
    "math",
    "tag",
    "placeholder",
)

_NEVER = -1
_LONGEST_RUN = 1 << 22  # as long as two windows
_KINDS = 8  # kinds of names below


class _Marks(NamedTuple):
    """Some marks of one kind of pair. `opens`, `closes`: the number of what each opens or closes,
    _NEVER for none. `starts`, `ends`: where a span of them would start, and end.
    """

    rule: str
    begins: Int64s
    starts: Int64s
    ends: Int64s
    opens: Int64s
    closes: Int64s


def pairs(window: Window, lines: Lines, segments: Segments) -> list[tuple[str, Spans]]:
    """The spans of a window, by rule."""
    marks = [
        some
        for some in (
            *_ticks_and_tildes(window, lines, segments),
            *_dollars(window, lines, segments),
            *_brackets(window, lines, segments),
            *_elements(window, lines, segments),
            *_templates(lines, segments),
        )
        if some.begins.size
    ]
    if not marks:
        return []
    columns = (np.concatenate(column) for column in zip(*(one[1:] for one in marks), strict=True))
    begins, starts, ends, opens, closes = columns
    rules = np.array([_RULES.index(one.rule) for one in marks])
    rules = rules.repeat([len(one.begins) for one in marks])
    if (begins[1:] < begins[:-1]).any():
        order = np.argsort(begins, kind="stable")
        rules, begins, starts, ends, opens, closes = (
            column.take(order) for column in (rules, begins, starts, ends, opens, closes)
        )
    closing = _first_closing(begins, ends, opens, closes)
    stops = np.where(closing >= 0, ends.take(closing), _NEVER)
    # A fence that nothing closes goes on to the end of its text.
    open_fence = (rules == _RULES.index(FENCE)) & (opens != _NEVER) & (closing < 0)
    np.copyto(stops, window.ends.take(_text_of(window, begins)), where=open_fence)
    rows = where_true(stops >= 0)
    rows = rows.take(left_to_right(begins.take(rows), stops.take(rows)))
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
    opening = where_true(opens != _NEVER)
    following = np.minimum(opening + 1, len(begins) - 1)
    is_next = closes.take(following) == opens.take(opening)  # it nearly always is
    is_next &= begins.take(following) >= _behind(begins, ends, opening)
    result[opening.compress(is_next)] = following.compress(is_next)
    opening = opening.compress(~is_next)
    if not opening.size:
        return result
    closing = opening[0] + where_true(closes[opening[0] :] != _NEVER)
    if not closing.size:
        return result
    ordered = closes.take(closing)
    if (ordered[1:] < ordered[:-1]).any():
        closing = closing.take(np.argsort(ordered, kind="stable"))
        ordered = closes.take(closing)
    is_new = firsts(ordered)
    numbers, number = ordered.compress(is_new), is_new.cumsum() - 1
    place = numbers.searchsorted(opens.take(opening))
    known = numbers.take(place, mode="clip") == opens.take(opening)
    opening, place = opening.compress(known), place.compress(known)
    size = int(ends.max()) + 1
    keys = number * size + begins.take(closing)
    at = keys.searchsorted(place * size + _behind(begins, ends, opening))
    found = (at < len(keys)) & (number.take(at, mode="clip") == place)
    result[opening.compress(found)] = closing.take(at.compress(found))
    return result


def _behind(begins: Int64s, ends: Int64s, rows: Int64s) -> Int64s:
    """Where what closes some marks may begin."""
    return np.maximum(begins.take(rows) + 1, np.minimum(ends.take(rows), begins.take(rows) + 4))


def _numbers(scope: Int64s, kind: int, sizes: Int64s | int) -> Int64s:
    """One number for each kind of pair, size of run, and text or paragraph that it is in."""
    return (scope * _KINDS + kind) * _LONGEST_RUN + np.minimum(sizes, _LONGEST_RUN - 1)


def _only(numbers: Int64s, where: Bools) -> Int64s:
    return np.where(where, numbers, _NEVER)


def runs_of(places: Int64s) -> Spans:
    """Runs of neighbouring places."""
    if not places.size:
        return NO_SPANS
    opens = begins_of_runs(places)
    return places.compress(opens), places.compress(np.append(opens[1:], True)) + 1


def _ticks_and_tildes(window: Window, lines: Lines, segments: Segments) -> Iterator[_Marks]:
    fence_lines = NO_PLACES  # of tildes; their backticks are no runs
    for kind, character in enumerate("~`"):
        starts, ends = runs_of(segments.places(character))
        if not starts.size:
            continue
        sizes = ends - starts
        line = lines.of(starts)
        stops = lines.feeds.take(line + 1)
        in_fence = np.zeros(len(starts), np.bool_)
        rows = where_true(sizes >= 3)
        rows = rows.compress(_begins_line(window, lines, starts.take(rows), line.take(rows)))
        if rows.size:
            again = np.append(starts[1:], len(window.flat)).take(rows)
            opens = again >= stops.take(rows)
            bare = _all_space(window, ends.take(rows), stops.take(rows))
            closes = bare
            if character == "~":  # tildes alone right below text underline it
                opens &= ~bare | np.append(True, lines.is_blank).take(line.take(rows))
            numbers = _numbers(_text_of(window, starts.take(rows)), kind, sizes.take(rows))
            begins = lines.feeds.take(line.take(rows)) + 1
            columns = (starts.take(rows), begins, stops.take(rows))
            yield _Marks(FENCE, *columns, _only(numbers, opens), _only(numbers, closes))
            in_fence[rows.compress(opens | closes)] = True
            if character == "~":
                fence_lines = line.compress(in_fence)
        if character == "`":
            rows = where_true(~in_fence & ~np.isin(line, fence_lines))
            starts, ends = starts.take(rows), ends.take(rows)
            numbers = _numbers(lines.paragraph_of(starts), 2, sizes.take(rows))
            opens, closes = ~segments.kind(ends, SPACE), ~segments.kind(starts - 1, SPACE)
            columns = (starts, starts, ends)
            yield _Marks(CODE_SPAN, *columns, _only(numbers, opens), _only(numbers, closes))


def _begins_line(window: Window, lines: Lines, places: Int64s, line: Int64s) -> Bools:
    """Whether nothing stands before each place (ascending) in its line but white space and `>`."""
    begins = lines.begins.take(line)
    result: Bools = np.equal(begins, places)
    # Of several places in a line only the first can begin it; so no line is looked at twice.
    rows = where_true(~result & (window.flat.take(begins) == ord(">")) & firsts(line))
    result[rows] = _all_space(window, begins.take(rows), places.take(rows), ord(">"))
    return result


def _all_space(window: Window, begins: Int64s, ends: Int64s, but: int = ord(" ")) -> Bools:
    """Whether there is nothing between places but white space and one other character."""
    sizes = ends - begins
    places = ragged_range(begins, sizes)
    others = (window.kinds.take(places) & SPACE == 0) & (window.flat.take(places) != but)
    result = np.ones(len(begins), np.bool_)
    result[np.repeat(np.arange(len(begins)), sizes).compress(others)] = False
    return result


def _dollars(window: Window, lines: Lines, segments: Segments) -> Iterator[_Marks]:
    starts, ends = runs_of(segments.places("$"))
    if not starts.size:
        return
    paragraph, sizes = lines.paragraph_of(starts), ends - starts
    numbers = _numbers(paragraph, 3, sizes)
    follows = window.flat.take(ends)
    is_digit = (follows >= ord("0")) & (follows <= ord("9"))
    opens = (sizes == 2) | ((sizes == 1) & ~segments.kind(ends, SPACE) & ~is_digit)
    closes = ~segments.kind(starts - 1, SPACE) & ~segments.is_word(ends)
    closes = (sizes == 2) | ((sizes == 1) & closes)
    yield _Marks(MATH, starts, starts, ends, _only(numbers, opens), _only(numbers, closes))


def _brackets(window: Window, lines: Lines, segments: Segments) -> Iterator[_Marks]:
    slashes = segments.places("\\")
    follows = segments.behind(slashes)
    for kind, opening, closing in ((4, "(", ")"), (5, "[", "]")):
        opens, closes = follows == ord(opening), follows == ord(closing)
        starts = slashes.compress(opens | closes)
        numbers = _numbers(lines.paragraph_of(starts), kind, 0)
        which = opens.compress(opens | closes)
        columns = (starts, starts, starts + 2)
        yield _Marks(MATH, *columns, _only(numbers, which), _only(numbers, ~which))


def _templates(lines: Lines, segments: Segments) -> Iterator[_Marks]:
    """`{{ name }}`, `{% name %}`, `<% name %>`"""
    opened, closed = runs_of(segments.places("{")), runs_of(segments.places("}"))
    percents = segments.places("%")
    before, behind = segments.before(percents), segments.behind(percents)
    kinds = [
        (
            opened[0].compress(opened[1] - opened[0] > 1),
            closed[1].compress(closed[1] - closed[0] > 1) - 2,
        ),
        (percents.compress(before == ord("{")) - 1, percents.compress(behind == ord("}"))),
        (percents.compress(before == ord("<")) - 1, percents.compress(behind == ord(">"))),
    ]
    for number, (opening, closing) in enumerate(kinds):
        begins = np.concatenate((opening, closing))
        numbers = _numbers(lines.paragraph_of(begins), 7, number)
        opens = np.arange(len(begins)) < len(opening)
        columns = (begins, begins, begins + 2)
        yield _Marks(PLACEHOLDER, *columns, _only(numbers, opens), _only(numbers, ~opens))


def _elements(window: Window, lines: Lines, segments: Segments) -> Iterator[_Marks]:
    """Comments, and elements of code."""
    less, greater = segments.places("<"), segments.places(">")
    at = less + (segments.behind(less) == ord("/"))
    names = less.compress(_BEGIN_NAMES[segments.behind(at), segments.behind(at, 2)])
    if not names.size:
        return
    at = names + 1 + (segments.behind(names) == ord("/"))
    lanes = np.ndarray((len(window.data) - 7,), np.dtype("<u8"), window.data, 0, (1,))[at]
    for number, (name, is_wide) in enumerate(ELEMENTS.items()):
        spelled = np.uint64(int.from_bytes(name.encode(), "little"))
        rows = where_true(lanes & np.uint64((1 << 8 * len(name)) - 1) == spelled)
        if not rows.size:
            continue
        begins, behind = names.take(rows), at.take(rows) + len(name)
        closes = at.take(rows) == begins + 2
        ends = segments.behind(behind, 0) == ord(">")
        opens = ~closes & (ends | segments.kind(behind, SPACE))
        scope = _text_of(window, begins) if is_wide else lines.paragraph_of(begins)
        numbers = _numbers(scope, 6, number)
        columns = (begins, begins, behind + 1)
        yield _Marks(TAG, *columns, _only(numbers, opens), _only(numbers, closes & ends))
    for by, character in enumerate("!--", start=1):
        names = names.compress(segments.behind(names, by) == ord(character))
    greater = greater.compress(segments.before(greater) == ord("-"))
    greater = greater.compress(segments.before(greater, 2) == ord("-"))
    begins = np.concatenate((names, greater - 2))
    ends = np.concatenate((names + 4, greater + 1))
    numbers = _numbers(_text_of(window, begins), 6, len(ELEMENTS))
    opens = np.arange(len(begins)) < len(names)
    yield _Marks(TAG, begins, begins, ends, _only(numbers, opens), _only(numbers, ~opens))


_BEGIN_NAMES = np.zeros((256, 256), np.bool_)  # by the first two characters behind `<` or `</`
for _name in ("!--", *ELEMENTS):
    _BEGIN_NAMES[ord(_name[0]), ord(_name[1])] = True
