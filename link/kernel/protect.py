"""Which words stand in protected spans, and by which rule."""

from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt

from link.kernel import markup
from link.kernel.arrays import Spans, merged, ragged_range
from link.kernel.code_lines import code_lines
from link.kernel.lines import Lines
from link.kernel.pairs import pairs
from link.kernel.segments import Segments
from link.kernel.window import Window
from link.kernel.words import Words
from link.language.rules import LOST_TO, RULES


def lost_to_spans(
    window: Window, words: Words, lines: Lines, protect: Collection[str]
) -> npt.NDArray[np.int8]:
    """The rule that each word is lost to, the first in the order of `LOST_TO`; 0 for none."""
    result = np.zeros(len(words), np.int8)
    found: dict[str, list[Spans]] = {}
    for rule, spans in _spans(window, lines):
        if RULES[rule] in protect and spans[0].size:
            found.setdefault(rule, []).append(spans)
    for rule in reversed(RULES):
        if rule in found:
            starts, ends = zip(*found[rule], strict=True)
            begins, stops = np.concatenate(starts), np.concatenate(ends)
            kept = stops > begins
            begins, stops = merged((begins.compress(kept), stops.compress(kept)))
            first = words.ends.searchsorted(begins, "right")
            sizes = np.maximum(words.starts.searchsorted(stops) - first, 0)
            result[ragged_range(first, sizes)] = LOST_TO.index(rule)
    return result


def _spans(window: Window, lines: Lines) -> Iterator[tuple[str, Spans]]:
    """The spans of each rule; they may overlap."""
    segments = Segments(window)
    found = [
        ("url", segments.urls()),
        *pairs(window, lines, segments),
        ("tag", markup.tags(window, lines, segments)),
        ("placeholder", segments.placeholders()),
        ("entity", markup.entities(window, segments)),
        ("latex", markup.commands(window, segments)),
        ("link", markup.links(window, lines, segments)),
    ]
    yield from found
    starts, ends = zip(*(spans for _, spans in found), strict=True)
    yield (
        "code line",
        code_lines(window, lines, segments, (np.concatenate(starts), np.concatenate(ends))),
    )
    yield "email", segments.emails()
    yield "identifier", segments.identifiers()
    yield "identifier", segments.calls()
    yield "identifier", segments.camels()
