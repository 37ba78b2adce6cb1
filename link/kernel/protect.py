"""Which words stand in protected spans, and by which rule."""

import numpy as np
import numpy.typing as npt

from link.arrays import Spans, merged, ragged_range
from link.kernel import markup
from link.kernel.code_lines import code_lines
from link.kernel.lines import Lines
from link.kernel.pairs import pairs
from link.kernel.segments import Segments
from link.kernel.window import Window
from link.kernel.words import Words
from link.language.patterns import spans_of
from link.language.rules import LOST_TO, PATTERNS, RULES
from link.policy import Policy


def lost_to_spans(
    window: Window, words: Words, lines: Lines, policy: Policy
) -> npt.NDArray[np.int8]:
    """The rule that each word is lost to, the first in the order of `LOST_TO`; 0 for none."""
    result = np.zeros(len(words), np.int8)
    found = [
        (LOST_TO.index(rule), *spans)
        for rule, spans in (*_spans(window, lines), ("pattern", _matches(window, policy)))
        if RULES[rule] in (*policy.protect, PATTERNS) and spans[0].size
    ]
    if not found:
        return result
    numbers, starts, ends = zip(*found, strict=True)
    rules = np.array(numbers).repeat([len(each) for each in starts])
    begins, stops = np.concatenate(starts), np.concatenate(ends)
    # All on one scale, one rule's spans behind another's, the last rule's first, so that an earlier
    # rule has the last word; spans of a rule that overlap become one.
    size = len(window.data)
    scale = (len(LOST_TO) - rules) * size
    kept = stops > begins
    begins, stops = merged(((begins + scale).compress(kept), (stops + scale).compress(kept)))
    rank = begins // size
    first = words.ends.searchsorted(begins - rank * size, "right")
    sizes = np.maximum(words.starts.searchsorted(stops - rank * size) - first, 0)
    result[ragged_range(first, sizes)] = (len(LOST_TO) - rank).repeat(sizes)
    return result


def _matches(window: Window, policy: Policy) -> Spans:
    """What the user's own patterns match."""
    places = [
        (start + begin, start + end)
        for start, stop in zip(window.starts.tolist(), window.ends.tolist(), strict=True)
        for pattern in policy.protect_pattern
        for begin, end in spans_of(pattern, window.data[start:stop])
    ]
    found = np.array(places, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _spans(window: Window, lines: Lines) -> list[tuple[str, Spans]]:
    """The spans of each rule; they may overlap."""
    segments = Segments(window)
    found = [
        ("url", segments.urls(lines)),
        *pairs(window, lines, segments),
        ("tag", markup.tags(window, lines, segments)),
        ("placeholder", segments.placeholders()),
        ("entity", segments.entities()),
        ("latex", markup.commands(window, segments)),
        ("link", markup.links(window, lines, segments)),
    ]
    starts, ends = zip(*(spans for _, spans in found), strict=True)
    quiet = np.concatenate(starts), np.concatenate(ends)
    return [
        *found,
        ("code line", code_lines(window, lines, segments, quiet)),
        ("email", segments.emails()),
        ("identifier", segments.identifiers()),
        ("identifier", segments.calls()),
    ]
