"""Protected spans of markup that are no pairs: tags, entities, LaTeX commands, targets of links.

docs/words.md says what they are.
"""

import re

import numpy as np

from link.arrays import NO_SPANS, Bools, Spans, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.lines import Lines
from link.kernel.segments import (
    IS_ASCII_ALPHANUMERIC,
    IS_ASCII_LETTER,
    Segments,
    byte_set,
    lanes_of,
)
from link.kernel.window import SPACE, Window
from link.language.rules import (
    COMMANDS_WITH_NAMES,
    COMMANDS_WITH_NAMES_BEGIN,
    COMMANDS_WITH_NAMES_END,
    FIELDS_WITH_NAMES,
    LONGEST_ENTITY,
)

_BEGINS_TAG = IS_ASCII_LETTER | byte_set("/!?")
_COMMAND = re.compile(
    rb"\\(?:(?:%s)|(?:%s)[A-Za-z]*|[A-Za-z]*(?:%s))(?![A-Za-z])\{[^{}\n]*\}"
    % tuple(
        "|".join(names).encode()
        for names in (COMMANDS_WITH_NAMES, COMMANDS_WITH_NAMES_BEGIN, COMMANDS_WITH_NAMES_END)
    )
)


def tags(window: Window, lines: Lines, segments: Segments) -> Spans:
    less, greater = segments.places("<"), segments.places(">")
    less = less.compress(_BEGINS_TAG.take(window.flat.take(less + 1)))
    if not (less.size and greater.size):
        return less[:0], less[:0]
    every = segments.places("<")
    at = greater.searchsorted(less)
    ends = greater.take(at, mode="clip")
    following = np.append(every, len(window.flat)).take(every.searchsorted(less) + 1)
    kept = (at < len(greater)) & (ends < following)
    less, ends = less.compress(kept), ends.compress(kept)
    kept = lines.paragraph_of(less) == lines.paragraph_of(ends)
    less, ends = less.compress(kept), ends.compress(kept)
    first, last = window.flat.take(less + 1), window.flat.take(ends - 1)
    accepted = ~IS_ASCII_LETTER.take(first) | (last == ord("/"))
    accepted |= ~_holds(window.kinds & np.uint8(SPACE) != 0, less + 1, ends)
    accepted |= _holds(window.flat == ord("="), less + 1, ends)
    return less.compress(accepted), ends.compress(accepted) + 1


def _holds(which: Bools, begins: Int64s, ends: Int64s) -> Bools:
    """Whether one of some places stands between each begin and end; these do not overlap."""
    result = np.zeros(len(begins), np.bool_)
    sizes = ends - begins
    found = which.take(ragged_range(begins, sizes))
    result[np.repeat(np.arange(len(begins)), sizes).compress(found)] = True
    return result


def entities(window: Window, segments: Segments) -> Spans:
    begins = segments.places("&")
    if not begins.size:
        return NO_SPANS
    names = begins + 1 + (window.flat.take(begins + 1) == ord("#"))
    closing = np.append(where_true(window.flat == ord(";")), len(window.flat))
    ends = closing.take(closing.searchsorted(names))
    sizes = ends - names
    near = (sizes > 0) & (sizes <= LONGEST_ENTITY)
    begins, names, ends, sizes = (one.compress(near) for one in (begins, names, ends, sizes))
    others = ~IS_ASCII_ALPHANUMERIC.take(window.flat.take(ragged_range(names, sizes)))
    kept = sums(others, sizes) == 0
    return begins.compress(kept), ends.compress(kept) + 1


def commands(window: Window, segments: Segments) -> Spans:
    """Commands, and the arguments of those that take names."""
    begins = segments.places("\\")
    begins = begins.compress(IS_ASCII_LETTER.take(window.flat.take(begins + 1)))
    if not begins.size:
        return NO_SPANS
    others = where_true((window.flat | np.uint8(0x20)) - np.uint8(ord("a")) >= 26)
    ends = others.take(others.searchsorted(begins + 1))
    if b"{" in window.data:
        found = [match.span() for match in _COMMAND.finditer(window.data)]
        more = np.array(found, np.int64).reshape(-1, 2)
        begins, ends = np.append(begins, more[:, 0]), np.append(ends, more[:, 1])
    return begins, ends


def links(window: Window, lines: Lines, segments: Segments) -> Spans:
    brackets = segments.places("]")
    if not brackets.size:
        return brackets, brackets
    follows = segments.behind(brackets)
    line_ends = lines.feeds.take(lines.of(brackets) + 1)

    inline = follows == ord("(")
    targets = brackets.compress(inline) + 2
    closing = np.append(segments.places(")"), len(window.flat))
    ends = closing.take(closing.searchsorted(targets))
    _, segment_ends = segments.at(targets)
    ends = np.where(ends < line_ends.compress(inline), ends, segment_ends)

    labelled = follows == ord("[")
    labels = brackets.compress(labelled) + 1
    closing = np.append(brackets, len(window.flat))
    stops = closing.take(closing.searchsorted(labels))
    in_line = stops < line_ends.compress(labelled)

    defined = brackets.compress(follows == ord(":"))
    line = lines.of(defined)
    begins = lines.begins.take(line)
    first = closing.take(closing.searchsorted(begins))
    definition = (window.flat.take(begins) == ord("[")) & (first == defined)
    begins, defined = begins.compress(definition), defined.compress(definition)
    pointing = (segments.behind(begins) != ord("^")) & (segments.behind(defined, 2) == ord(" "))
    pointed = segments.at(defined.compress(pointing) + 3)
    return (
        np.concatenate((targets, labels.compress(in_line), begins, pointed[0])),
        np.concatenate((ends, stops.compress(in_line), defined, pointed[1])),
    )


def fields(window: Window, lines: Lines, segments: Segments) -> Spans:
    """Names of fields and directives of reStructuredText, and values that are names."""
    first = window.flat.take(lines.begins)
    colons = segments.places(":")
    spaced = segments.kind(colons + 1, SPACE)

    named = where_true(first == ord(":"))
    named = named.compress(segments.is_word(lines.begins.take(named) + 1))
    found = [_up_to(lines, named, 1, colons.compress(spaced), 1)]
    lanes = lanes_of(window, lines.begins.take(named) + 1)
    for name in FIELDS_WITH_NAMES:
        mask, number = (1 << 8 * (len(name) + 1)) - 1, int.from_bytes(f"{name}:".encode(), "little")
        rows = named.compress(lanes & np.uint64(mask) == np.uint64(number))
        found.append((lines.begins.take(rows), lines.feeds.take(rows + 1)))

    dotted = where_true(first == ord("."))
    begins = lines.begins.take(dotted)
    dotted = dotted.compress(
        (segments.behind(begins) == ord(".")) & segments.kind(begins + 2, SPACE)
    )
    double = colons.compress(
        (segments.behind(colons) == ord(":")) & segments.kind(colons + 2, SPACE)
    )
    found.append(_up_to(lines, dotted, 3, double, 2))
    starts, ends = zip(*found, strict=True)
    return np.concatenate(starts), np.concatenate(ends)


def _up_to(lines: Lines, line: Int64s, by: int, closing: Int64s, size: int) -> Spans:
    """From the begin of some lines to the end of the first that closes, if one does in the line.

    `by`: how far behind the begin it may stand; `size`: how long it is.
    """
    begins = lines.begins.take(line)
    stops = np.append(closing, lines.feeds[-1]).take(closing.searchsorted(begins + by))
    closed = stops < lines.feeds.take(line + 1)
    return begins.compress(closed), stops.compress(closed) + size
