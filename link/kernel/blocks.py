"""Protected spans in lines and blocks: code spans, formulas, indented code, prompts.

Array operations over marks; `reference/protect.py` says what is right.
"""

import numpy as np

from link.block import Int64s
from link.kernel.containers import runs_of
from link.kernel.marks import (
    BACKSLASH,
    BRACE,
    COLON,
    DOLLAR,
    EQUALS,
    FOLLOWS_PROMPT,
    GREATER,
    IS_DIGIT,
    IS_SPACE,
    IS_WORD,
    LESS,
    PAREN,
    TICK,
    Bools,
    Marks,
    Spans,
)
from link.kernel.ragged import orbit


class BlockRules:
    """The rules over one text."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks

    def code_spans(self, outside: Spans) -> Spans:
        starts, ends = runs_of(self.marks.of(TICK))
        rows = np.flatnonzero(~_inside(starts, outside))
        starts, ends = starts.take(rows), ends.take(rows)
        _, sizes = np.unique(ends - starts, return_inverse=True)
        group = (self.marks.lines.block_of(starts) * (len(starts) + 1) + sizes.ravel()) * 2
        return self._pairs(
            starts,
            ends,
            group + IS_SPACE.take(self.marks.raw.take(ends)),
            group + IS_SPACE.take(self.marks.before(starts)),
        )

    def math(self, outside: Spans) -> Spans:
        starts, ends = runs_of(self.marks.of(DOLLAR))
        rows = np.flatnonzero(~_inside(starts, outside))
        starts, ends = starts.take(rows), ends.take(rows)
        block = self.marks.lines.block_of(starts)
        after = self.marks.raw.take(ends)
        sizes = ends - starts
        may_open = ~(IS_SPACE.take(after) | IS_DIGIT.take(after))
        may_close = ~(IS_SPACE.take(self.marks.before(starts)) | IS_WORD.take(after))
        found = []
        for size in (1, 2):
            own = np.flatnonzero(sizes == size)
            groups = block.take(own)
            opens = np.where(may_open.take(own) | (size == 2), groups, -1)
            closes = np.where(may_close.take(own) | (size == 2), groups, -2)
            found.append(self._pairs(starts.take(own), ends.take(own), opens, closes))
        return joined(*found)

    def _pairs(self, starts: Int64s, ends: Int64s, opens: Int64s, closes: Int64s) -> Spans:
        """Left to right, from each run that opens to the first one behind it that closes it.

        `opens`, `closes`: groups; a run closes those that open with the group that it closes.
        """
        if not starts.size:
            return starts, ends
        order = np.arange(len(starts))
        closing = order + 1  # nearly always the next one
        rows = np.append(np.flatnonzero(opens[:-1] != closes[1:]), len(order) - 1)
        closing[rows] = _first_behind(rows, opens.take(rows), order, closes)
        following = np.where(closing >= 0, closing, order) + 1
        opening = orbit(following, np.zeros(1, np.int64))
        opening = opening.compress(closing.take(opening) >= 0)
        return starts.take(opening), ends.take(closing.take(opening))

    def _marks_of_code(self) -> Int64s:
        parens, colons = self.marks.of(PAREN), self.marks.of(COLON)
        marks = (
            self.marks.of(EQUALS),
            self.marks.of(BACKSLASH),
            self.marks.of(BRACE),
            self.marks.of(LESS),
            self.marks.of(GREATER),
            parens.compress(IS_WORD.take(self.marks.before(parens))),
            self.marks.inner_lows(),
            colons.compress(self.marks.behind(colons) == ord(":")),
        )
        return np.concatenate(marks)

    def indented(self) -> Spans:
        lines = self.marks.lines
        feeds = lines.feeds[:-1]
        indented = np.flatnonzero((lines.begins > feeds + 1) & ~lines.is_blank)
        deep = np.zeros(len(indented), np.bool_)
        so_far = np.ones(len(indented), np.bool_)
        for place in range(1, 4):
            here = self.marks.behind(feeds.take(indented), place)
            deep |= so_far & (here == ord("\t"))
            so_far &= here == ord(" ")
        indented = indented.compress(deep | so_far)
        if not indented.size:
            return indented, indented
        # The lines of a block are those between two blank ones (or the edges of the text).
        blank = np.concatenate(([-1], np.flatnonzero(lines.is_blank), [len(feeds)]))
        at = np.searchsorted(blank, indented)
        blocks, deep_lines = np.unique(at, return_counts=True)
        first, behind = blank.take(blocks - 1) + 1, blank.take(blocks)
        all_deep = deep_lines == behind - first
        first, behind = first.compress(all_deep), behind.compress(all_deep)
        if not first.size:
            return first, first
        marked = np.zeros(len(feeds) + 1, np.bool_)
        marked[lines.line_of(self._marks_of_code())] = True
        before: Int64s = np.cumsum(marked) - marked
        found = 3 * (before.take(behind) - before.take(first)) >= behind - first
        first, behind = first.compress(found), behind.compress(found)
        return lines.feeds.take(first) + 1, lines.feeds.take(behind)

    def prompts(self) -> Spans:
        lines = self.marks.lines
        characters = self.marks.raw.take(lines.begins, mode="clip")
        full = np.flatnonzero((characters == ord("$")) | (characters == ord(">")))
        full = full.compress(~lines.is_blank.take(full))
        begins, characters = lines.begins.take(full), characters.take(full)
        space = ord(" ")
        shell = (characters == ord("$")) & (self.marks.behind(begins) == space)
        shell &= FOLLOWS_PROMPT.take(self.marks.behind(begins, 2))
        python = (self.marks.behind(begins, 3) == space) & (characters == ord(">"))
        python &= (self.marks.behind(begins) == ord(">")) & (
            self.marks.behind(begins, 2) == ord(">")
        )
        if python.any():
            marks = np.append(np.sort(self._marks_of_code()), len(self.marks.raw))
            after = marks.take(np.searchsorted(marks, begins + 4))
            python &= after < lines.feeds.take(full + 1)
        found = full.compress(shell | python)
        return lines.feeds.take(found) + 1, lines.feeds.take(found + 1)


# --- helpers -------------------------------------------------------------------------------------


def joined(*spans: Spans) -> Spans:
    starts, ends = zip(*spans, strict=True)
    return np.concatenate(starts), np.concatenate(ends)


def _inside(positions: Int64s, spans: Spans) -> Bools:
    """Whether each place lies in one of the spans."""
    starts, ends = np.sort(spans[0]), np.sort(spans[1])
    opened = np.searchsorted(starts, positions, "right")
    return np.greater(opened, np.searchsorted(ends, positions, "right"))


def stands_between(starts: Int64s, ends: Int64s, places: Int64s) -> Bools:
    """Whether one of the places (ascending) lies behind each start and before its end."""
    return np.less(np.searchsorted(places, starts), np.searchsorted(places, ends))


def _first_behind(rows: Int64s, groups: Int64s, others: Int64s, other_groups: Int64s) -> Int64s:
    """For each row the first of the others behind it that is of the same group; -1 if none is."""
    result = np.full(len(rows), -1)
    if not (rows.size and others.size):
        return result
    order = np.lexsort((others, other_groups))
    sorted_groups, sorted_others = other_groups.take(order), others.take(order)
    _, inverse = np.unique(np.concatenate((groups, sorted_groups)), return_inverse=True)
    inverse = inverse.ravel()
    size = int(max(rows.max(), others.max())) + 2
    keys = inverse[len(rows) :] * size + sorted_others
    at = np.searchsorted(keys, inverse[: len(rows)] * size + rows, "right")
    clipped = np.minimum(at, len(keys) - 1)
    same = (at < len(keys)) & (sorted_groups.take(clipped) == groups)
    result[same] = sorted_others.take(clipped[same])
    return result
