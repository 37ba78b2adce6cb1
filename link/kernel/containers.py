"""Protected spans that go on across blank lines: fences, raw elements and comments, literal blocks.

    ```          <!-- a       .. code::        so it is done::      a line that opens something
    a            b                a                                 all that is in it
                                                   a
    b            c -->            b
    ```          dog          dog              dog                  what is behind it

A fence, element or comment within another one opens nothing. A literal block is all that is
indented more than the line that it hangs on. What a piece of a text leaves open is carried on to
the next (`pieces.py`). Array operations over marks; `reference/protect.py` says what is right.
"""

import re
from functools import cached_property

import numpy as np

from link.block import Int64s
from link.kernel.flat import FLAT_BLANKS, OTHER_BLANK
from link.kernel.marks import (
    COLON,
    IS_SPACE,
    LESS,
    TICK,
    TILDE,
    Bools,
    Marks,
    Spans,
    byte_set,
)
from link.kernel.ragged import orbit
from link.kernel.rules import CLOSED_BY, DEEP, DIRECTIVES_OF_CODE, OPENS_RAW, Carried
from link.kernel.unicode import UInt8s

_NOTHING = np.empty(0, np.int64)
_NO_SPANS = (_NOTHING, _NOTHING)
_QUOTES = IS_SPACE | byte_set(b">")
_OPENS_RAW = re.compile(OPENS_RAW.pattern.encode("latin-1"))
_BEHIND_LESS = byte_set(b"!ps")
_OTHER_BLANKS = FLAT_BLANKS.replace(b" ", b"")
_DIRECTS = b".. "
_DIRECTIVE = re.compile(f"(?:{'|'.join(DIRECTIVES_OF_CODE)})::".encode())


class Containers:
    """What goes on across blank lines in one text. `carried`: what is open where it begins."""

    def __init__(self, marks: Marks, carried: Carried) -> None:
        self.marks = marks
        self.carried = carried

    @property
    def open_at_end(self) -> Carried:
        """What is open at the end of the last document."""
        return Carried(self._found[2], self._literals[1])

    @property
    def fences(self) -> Spans:
        return self._found[0]

    @property
    def raw(self) -> Spans:
        """Elements and comments that begin a line."""
        return self._found[1]

    @property
    def literals(self) -> Spans:
        return self._literals[0]

    @cached_property
    def _runs(self) -> Spans:
        """Runs of three or more backticks or tildes that begin a line, quoted or not."""
        runs = [runs_of(self.marks.of(kind)) for kind in (TICK, TILDE)]
        starts, ends = (np.concatenate(each) for each in zip(*runs, strict=True))
        rows = np.flatnonzero(ends - starts >= 3)
        starts, ends = starts.take(rows), ends.take(rows)
        if not rows.size:
            return starts, ends
        rows = np.argsort(starts)
        starts, ends = starts.take(rows), ends.take(rows)
        rows = np.flatnonzero(self._begins_line(starts))
        return starts.take(rows), ends.take(rows)

    @cached_property
    def fence_lines(self) -> Spans:
        """All lines that look like a fence."""
        line = self.marks.lines.line_of(self._runs[0])
        return self.marks.lines.feeds.take(line) + 1, self.marks.lines.feeds.take(line + 1)

    def _begins_line(self, places: Int64s) -> Bools:
        """Whether nothing stands before each place (ascending) in its line but blanks and `>`."""
        lines = self.marks.lines
        line = lines.line_of(places)
        begins = lines.begins.take(line)
        result: Bools = np.equal(begins, places)
        rows = np.flatnonzero(~result & (self.marks.raw.take(begins) == ord(">")))
        # Of several in a line only the first can begin it; so no line is looked at twice.
        first = np.ones(len(line), np.bool_)
        np.not_equal(line[1:], line[:-1], out=first[1:])
        rows = rows.compress(first.take(rows))
        result[rows] = self.marks.all_between(begins.take(rows), places.take(rows), _QUOTES)
        return result

    @cached_property
    def _found(self) -> tuple[Spans, Spans, str]:
        """Fenced code, raw elements and comments, and which is open at the end."""
        marks, name = self.marks, self.carried.container
        runs, raw = self._runs, self._raw_openings
        if not (runs[0].size or raw[0].size or name):
            return _NO_SPANS, _NO_SPANS, ""
        # What is carried on, then the lines that look like fences, then elements and comments.
        carried = marks.flat.starts[: 1 if name else 0]
        parts = (
            (carried, self._closing_of_carried(), np.ones(len(carried), np.bool_)),
            (self.fence_lines[0], self._closing_of_fences(), self._opens_fence),
            (raw[0], self._closing_of_raw(), np.ones(len(raw[0]), np.bool_)),
        )
        begins, closing, opens = (np.concatenate(each) for each in zip(*parts, strict=True))
        is_raw = np.arange(len(begins)) >= len(carried) + len(runs[0])
        is_raw[: len(carried)] = name in CLOSED_BY
        order = np.argsort(begins, kind="stable")
        begins, closing, opens = begins.take(order), closing.take(order), opens.take(order)

        document = np.searchsorted(marks.flat.starts, begins, "right") - 1
        ends = np.append(marks.flat.starts[1:] - 2, len(marks.raw) - 1).take(document)
        is_closed = (closing >= 0) & (closing <= ends)
        ends = np.where(is_closed, closing, ends)
        following = np.arange(1, len(begins) + 1)
        behind = np.searchsorted(begins, ends)
        following[opens] = np.maximum(behind, following)[opens]
        visited = orbit(following, np.zeros(1, np.int64))
        visited = visited.compress(opens.take(visited))
        spans = begins.take(visited), ends.take(visited)
        raw_rows = is_raw.take(order.take(visited))
        fences, others = (
            (spans[0].compress(rows), spans[1].compress(rows)) for rows in (~raw_rows, raw_rows)
        )
        opened = ""
        last = int(visited[-1]) if visited.size else 0
        is_last_document = document[last] == len(marks.flat.starts) - 1
        if visited.size and is_last_document and not is_closed[last]:
            opened = self._name(int(order[last]))
        return fences, others, opened

    def _name(self, row: int) -> str:
        """What is carried on if it is open at the end: the carried one, a fence, one of raw."""
        if self.carried.container:
            row -= 1
        if row < 0:
            return self.carried.container
        starts, ends = self._runs
        if row < len(starts):
            return self.marks.text[starts[row] : ends[row]].decode("ascii")
        return self._raw_openings[1][row - len(starts)]

    # --- fences ---

    @cached_property
    def _is_bare(self) -> Bools:
        """Whether nothing stands in each line that looks like a fence but the fence."""
        bare: Bools = self.marks.all_between(self._runs[1], self.fence_lines[1], IS_SPACE)
        return bare

    @cached_property
    def _opens_fence(self) -> Bools:
        """Whether each line that looks like a fence may open one."""
        starts, ends = self._runs
        of_tildes = self.marks.raw.take(starts) == ord("~")
        again = np.empty(len(starts), np.int64)  # where the same character comes again
        for kind, rows in ((TICK, ~of_tildes), (TILDE, of_tildes)):
            places = np.append(self.marks.of(kind), len(self.marks.raw))
            again[rows] = places.take(np.searchsorted(places, ends.compress(rows)))
        # A run of tildes right below text underlines it.
        above = np.concatenate(([True], self.marks.lines.is_blank))
        below_text = ~above.take(self.marks.lines.line_of(starts))
        result: Bools = np.greater_equal(again, self.fence_lines[1])
        result &= ~(of_tildes & below_text & self._is_bare)
        return result

    def _closing_of_fences(self) -> Int64s:
        """For each line that looks like a fence, the end of the first behind it that would close
        it; -1 if there is none.
        """
        starts, ends = self._runs
        result = np.full(len(starts), -1)
        characters, sizes = self.marks.raw.take(starts), ends - starts
        for character in b"`~":
            rows = np.flatnonzero(characters == character)
            for size in np.unique(sizes.take(rows)).tolist():
                own = rows.compress(sizes.take(rows) == size)
                closers = rows.compress((sizes.take(rows) >= size) & self._is_bare.take(rows))
                at = np.searchsorted(closers, own, "right")
                found = at < len(closers)
                closer = closers.take(at.compress(found))
                result[own.compress(found)] = self.fence_lines[1].take(closer)
        return result

    # --- elements and comments ---

    @cached_property
    def _raw_openings(self) -> tuple[Int64s, list[str], Int64s]:
        """Begins of the lines that open an element or comment, its name, and where that ends."""
        less = self.marks.of(LESS)
        less = less.compress(_BEHIND_LESS.take(self.marks.behind(less)))
        found = []
        if less.size:
            less = less.compress(self._begins_line(less))
            matches = (_OPENS_RAW.match(self.marks.text, place) for place in less.tolist())
            found = [match for match in matches if match]
        places = np.array([match.start() for match in found], np.int64)
        begins = self.marks.lines.feeds.take(self.marks.lines.line_of(places)) + 1
        names = [match[1].decode("ascii") for match in found]
        return begins, names, np.array([match.end() for match in found], np.int64)

    def _closing_of_raw(self) -> Int64s:
        _, names, ends = self._raw_openings
        result = np.full(len(names), -1)
        for name in set(names):
            rows = np.flatnonzero([own == name for own in names])
            result[rows] = self._first_closing(name, ends.take(rows))
        return result

    def _closing_of_carried(self) -> Int64s:
        name, begin = self.carried.container, self.marks.flat.starts[:1]
        if name in CLOSED_BY:
            return self._first_closing(name, begin)
        if not name:
            return _NOTHING
        starts, ends = self._runs
        closes = (ends - starts >= len(name)) & self._is_bare
        closes &= self.marks.raw.take(starts) == ord(name[0])
        return np.append(self.fence_lines[1].compress(closes), -1)[:1]

    def _first_closing(self, name: str, behind: Int64s) -> Int64s:
        """The end of what closes an element or comment, the first behind each place; or -1."""
        closing = re.compile(re.escape(CLOSED_BY[name].encode()))
        found = [match.span() for match in closing.finditer(self.marks.text)]
        starts, ends = np.array([*found, (len(self.marks.raw), -1)], np.int64).T
        first: Int64s = ends.take(np.searchsorted(starts, behind))
        return first

    # --- literal blocks ---

    @cached_property
    def _literals(self) -> tuple[Spans, int | None]:
        """Literal blocks, and how far the line is indented that the open one at the end hangs on.

        Those within others are among them, too.
        """
        marks, lines = self.marks, self.marks.lines
        line = self._lines_above_literals()
        hung_on = self.carried.literal
        if not line.size and hung_on is None:
            return _NO_SPANS, None
        indents = self._indents()
        is_directive = marks.text_at(lines.begins.take(line), _DIRECTS)
        begins = np.where(is_directive, lines.feeds.take(line) + 1, lines.feeds.take(line + 1))
        indent = indents.take(line)
        if hung_on is not None:
            line = np.append(lines.line_of(marks.flat.starts[:1]) - 1, line)
            begins = np.append(marks.flat.starts[:1], begins)
            indent = np.append(hung_on, indent)
        behind = np.full(len(line), len(lines.feeds) - 1)
        for own in np.unique(indent).tolist():
            rows = np.flatnonzero(indent == own)
            others = np.append(np.flatnonzero(indents <= own), len(lines.feeds) - 1)
            behind[rows] = others.take(np.searchsorted(others, line.take(rows), "right"))
        ends = lines.feeds.take(behind)
        document = np.searchsorted(marks.flat.starts, begins, "right") - 1
        stops = np.append(marks.flat.starts[1:] - 2, len(marks.raw) - 1)
        stays_open = (document == len(stops) - 1) & (behind == len(lines.feeds) - 1)
        left = indent.compress(stays_open)
        spans = begins, np.minimum(ends, stops.take(document))
        return spans, int(left.min()) if left.size else None

    def _lines_above_literals(self) -> Int64s:
        """The lines that end with `::` above a blank one, and the directives of code."""
        marks, lines = self.marks, self.marks.lines
        colons = marks.of(COLON)
        colons = colons.compress(marks.behind(colons) == ord(":"))
        if not colons.size:
            return colons
        line = lines.line_of(colons)
        begins = lines.begins.take(line)
        is_directive = marks.text_at(begins, _DIRECTS)
        first, last = np.ones((2, len(line)), np.bool_)
        np.not_equal(line[1:], line[:-1], out=first[1:])
        last[:-1] = first[1:]
        last &= ~is_directive & np.append(lines.is_blank, True).take(line + 1)
        rows = np.flatnonzero(last)
        behind = colons.take(rows) + 2
        rows = rows.compress(
            marks.all_between(behind, lines.feeds.take(line.take(rows) + 1), IS_SPACE)
        )
        directives = np.flatnonzero(first & is_directive)
        names = begins.take(directives) + 3
        matched = [_DIRECTIVE.match(marks.text, name) is not None for name in names.tolist()]
        return np.sort(line.take(np.concatenate((rows, directives[matched]))))

    def _indents(self) -> Int64s:
        """How many spaces each line begins with, DEEP if a tab follows; of blank ones, DEEP + 1."""
        marks, lines = self.marks, self.marks.lines
        indents = lines.begins - lines.feeds[:-1] - 1
        if any(blank in marks.text for blank in _OTHER_BLANKS):
            others = np.flatnonzero(_is_other_blank(marks.raw))
            line = lines.line_of(others)
            deep = np.where(
                marks.raw.take(others) == ord("\t"), DEEP, others - lines.feeds[line] - 1
            )
            rows = np.flatnonzero(others < lines.begins.take(line))[::-1]
            indents[line.take(rows)] = deep.take(rows)  # so a line's first comes last
        indents[lines.is_blank] = DEEP + 1
        return indents


def _is_other_blank(raw: UInt8s) -> Bools:
    """Which characters are blanks, but no spaces. (Comparisons are faster than a table.)"""
    found: Bools = np.equal(raw, ord("\t"))
    found |= raw == OTHER_BLANK
    found |= raw - np.uint8(ord("\v")) < 3  # \v, \f, \r
    return found


def runs_of(positions: Int64s) -> Spans:
    """Runs of neighbouring places."""
    if not positions.size:
        return positions, positions
    cut = np.flatnonzero(np.diff(positions) != 1)
    return (
        positions.take(np.append(0, cut + 1)),
        positions.take(np.append(cut, len(positions) - 1)) + 1,
    )
