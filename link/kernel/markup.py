"""Protected spans of markup that are no pairs: tags, LaTeX commands, targets of links.

docs/words.md says what they are.
"""

import re

import numpy as np

from link.arrays import NO_SPANS, Spans, ragged_range, sums
from link.block import Int64s
from link.kernel.alphabet import SPACE, class_set
from link.kernel.lines import Lines
from link.kernel.segments import IS_ASCII_LETTER, Segments
from link.kernel.window import Window
from link.language.rules import COMMANDS_WITH_NAMES, OPTIONS_WITH_NAMES

_BEGINS_TAG = IS_ASCII_LETTER | class_set("/!?")
_COMMAND = re.compile(rb"\\(?:%s)\{[^{}\n]*\}" % "|".join(COMMANDS_WITH_NAMES).encode())

_OPTION = re.compile(rb":(?:%s): " % "|".join(OPTIONS_WITH_NAMES).encode())


def tags(window: Window, lines: Lines, segments: Segments) -> Spans:
    every, greater = segments.places("<"), segments.places(">")
    less = every.compress(_BEGINS_TAG.take(segments.behind(every)))
    ends, following = first_of(greater, less), first_of(every, less + 1)
    kept = (ends < following) & (ends < len(window.flat))
    less, ends = less.compress(kept), ends.compress(kept)
    kept = lines.paragraph_of(less) == lines.paragraph_of(ends)
    less, ends = less.compress(kept), ends.compress(kept)
    first, last = segments.behind(less), segments.before(ends)
    accepted = ~IS_ASCII_LETTER.take(first) | (last == ord("/"))
    inside, sizes = ragged_range(less, ends - less), ends - less
    accepted |= sums(segments.kind(inside, SPACE), sizes) == 0
    accepted |= sums(segments.behind(inside, 0) == ord("="), sizes) > 0
    return less.compress(accepted), ends.compress(accepted) + 1


def first_of(places: Int64s, begins: Int64s) -> Int64s:
    """The first of some places from each begin on; where there is none, one that is never met."""
    return np.append(places, _NEVER_MET).take(places.searchsorted(begins))


_NEVER_MET = 1 << 62


def commands(window: Window, segments: Segments) -> Spans:
    """Commands, and the arguments of those that take names."""
    begins = segments.places("\\")
    begins = begins.compress(IS_ASCII_LETTER.take(segments.behind(begins)))
    if not begins.size:
        return NO_SPANS
    stops = np.minimum(first_of(segments.places("\\"), begins + 1), segments.at(begins)[1])
    others = ragged_range(begins, stops - begins)
    others = others.compress(~IS_ASCII_LETTER.take(window.flat.take(others)))
    ends = np.minimum(first_of(others, begins + 1), stops)
    data, braced = memoryview(window.data), begins.compress(segments.behind(ends, 0) == ord("{"))
    found = (_COMMAND.match(data, begin) for begin in braced.tolist())
    more = np.array([match.span() for match in found if match], np.int64).reshape(-1, 2)
    return np.append(begins, more[:, 0]), np.append(ends, more[:, 1])


def _options(window: Window, lines: Lines) -> Int64s:
    """Behind `:target: ` and the like."""
    begins = lines.begins.compress(window.flat.take(lines.begins) == ord(":"))
    data = memoryview(window.data)
    found = (_OPTION.match(data, begin) for begin in begins.tolist())
    return np.array([match.end() for match in found if match], np.int64)


def links(window: Window, lines: Lines, segments: Segments) -> Spans:
    """What `](` and `][` open, labels before `:` that begin a line, and their targets; targets in
    options of reStructuredText.
    """
    brackets = segments.places("]")
    inline, labels = segments.places("]", "(") + 2, segments.places("]", "[") + 1
    ends, stops = first_of(segments.places(")"), inline), first_of(brackets, labels)
    ends = np.where(ends < lines.end_of(inline), ends, segments.at(inline)[1])
    in_line = stops < lines.end_of(labels)

    defined = segments.places("]", ":")
    begins = lines.begins.take(lines.of(defined))
    definition = segments.behind(begins, 0) == ord("[")
    definition &= first_of(brackets, begins) == defined
    begins, defined = begins.compress(definition), defined.compress(definition)
    pointing = (segments.behind(begins) != ord("^")) & (segments.behind(defined, 2) == ord(" "))
    targets = segments.at(np.append(defined.compress(pointing) + 3, _options(window, lines)))
    return (
        np.concatenate((inline, labels.compress(in_line), begins, targets[0])),
        np.concatenate((ends, stops.compress(in_line), defined, targets[1])),
    )
