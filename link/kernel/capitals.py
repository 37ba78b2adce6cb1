"""What the capitals of a word tell: how it is spelled, whether it begins a sentence or stands in a
heading. docs/words.md has the rules.

    THE SLEEPING DOG                all words in capitals: a heading
    The Dog and the House           a heading, if it stands alone between blank lines
    ## The Sleeping Dog             a heading
"""

from functools import partial

import numpy as np

from link.arrays import Bools, UInt8s, firsts, is_one_of, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel import alphabet
from link.kernel.compiled import ABBREVIATED, FUNCTION_WORD, SPACE
from link.kernel.lines import Lines
from link.kernel.table import gather_lanes, lane_keys
from link.kernel.window import Window, begins_character
from link.kernel.words import Text, gaps
from link.language import characters
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LONG_WORD

# What a place is in the gap between two words: bits, since some are several things.
_TERMINATOR, _CLOSER, _BLANK, _FEED, _MARKER, _COLON = (1 << bit for bit in range(6))
_ROLES = np.zeros(256, np.uint8)
for _role, _classes in (
    (_TERMINATOR, alphabet.class_set(characters.TERMINATORS, alphabet.TERMINATOR)),
    (
        _CLOSER,
        alphabet.class_set(characters.CLOSERS, alphabet.CLOSER, alphabet.CURLY_APOSTROPHE),
    ),
    (_BLANK, alphabet.class_set(characters.BLANKS, alphabet.OTHER_BLANK)),
    (_FEED, alphabet.class_set("\n")),
    (_MARKER, alphabet.class_set(characters.LIST_MARKERS, alphabet.MARKER)),
    (_COLON, alphabet.class_set(":")),
):
    _ROLES[_classes] |= _role


def begin_sentences(text: Text, index: Int64s) -> Bools:
    """Whether each of some words, ascending, begins a sentence."""
    result: Bools = text.words.begin_texts.take(index)
    rows = where_true(~result & (text.between.take(index) == 0))  # a single byte ends no sentence
    result[rows] = _end_before(text, index.take(rows))
    rows = where_true(~result)
    result[rows] = _may_begin(text, index.take(rows))
    return result


def _end_before(text: Text, index: Int64s) -> Bools:
    """Whether a sentence ends in the gaps before some words, ascending."""
    roles, owner = _roles_before(text, index)
    begins = np.zeros(len(index), np.bool_)
    begins[_followed(roles, owner, _CLOSER, _TERMINATOR, _BLANK | _FEED)] = True
    begins[_followed(roles, owner, _BLANK, _FEED, _FEED | _MARKER)] = True

    # The full stop of an abbreviation, then blanks and at most one line feed, end none.
    dots = text.window.flat.take(text.words.ends.take(index - 1)) == ord(".")
    stops = where_true(begins & dots)
    stops = stops.compress(text.flags.take(index.take(stops) - 1) & ABBREVIATED > 0)
    roles, owner = _roles_before(text, index.take(stops))
    others, feeds = owner.compress(roles & (_BLANK | _FEED) == 0), owner.compress(roles & _FEED > 0)
    others, feeds = (np.bincount(one, minlength=len(stops)) for one in (others, feeds))
    begins[stops.compress((others == 1) & (feeds <= 1))] = False
    return begins


def _roles_before(text: Text, index: Int64s) -> tuple[UInt8s, Int64s]:
    """What stands in the gaps before some words, and the row of the word of each place."""
    begins = text.words.ends.take(index - 1)
    sizes = text.words.starts.take(index) - begins
    places = ragged_range(begins, sizes)
    return _ROLES.take(text.window.flat.take(places)), np.arange(len(begins)).repeat(sizes)


def _followed(roles: UInt8s, owner: Int64s, aside: int, before: int, after: int) -> Int64s:
    """The owners of neighbours of roles `before` and `after`, some characters put aside."""
    kept = where_true(roles & aside == 0)
    roles, owner = roles.take(kept), owner.take(kept)
    pair = (roles[:-1] & before > 0) & (roles[1:] & after > 0) & (owner[:-1] == owner[1:])
    return owner[:-1].compress(pair)


def _may_begin(text: Text, index: Int64s) -> Bools:
    """Whether some words, before which no sentence ends, begin one since a word in small letters
    follows: behind a colon, an opening quote, or a handle and blanks.
    """
    words, flat = text.words, text.window.flat
    may = _QUOTES.take(flat.take(words.starts.take(index) - 1))
    handles = where_true(flat.take(words.starts.take(index - 1) - 1) == ord("@"))
    roles, owner = _roles_before(text, index.take(handles))
    others = np.bincount(owner.compress(roles & _BLANK == 0), minlength=len(handles))
    may[handles.compress(others == 0)] = True
    rows = where_true(~may & (text.between.take(index) == 0))
    roles, owner = _roles_before(text, index.take(rows))
    may[rows.take(_followed(roles, owner, _CLOSER, _COLON, _BLANK | _FEED))] = True

    rows = where_true(may & ~words.end_texts(index))
    following = index.take(rows) + 1
    small = text.spelled.take(following) == SMALL
    keys = text.keys.take(following)
    beginning = gather_lanes(keys.buffer, keys.starts, np.minimum(keys.sizes, 2), 1)[0]
    small |= is_one_of(beginning, _NEVER_NAMES)
    small &= gaps(text, following - 1) == SPACE
    result = np.zeros(len(index), np.bool_)
    result[rows.compress(small)] = True
    return result


_QUOTES = alphabet.class_set("\"'", alphabet.OPENER, alphabet.OPENING_APOSTROPHE)  # that open
_NEVER_NAMES = lane_keys("i", "i'")


# --- headings ------------------------------------------------------------------------------------


def headings(text: Text, lines: Lines, index: Int64s) -> UInt8s:
    """The kind of heading that each of some words stands in: CAPITALS, CAPITAL, SMALL for none.

    The words ascend.
    """
    starts = text.words.starts
    line = lines.of(starts.take(index))
    opens = firsts(line)
    some, first = line.compress(opens), index.compress(opens)
    alive = np.arange(len(some))
    for by in (1, -1, 2, -2, 3):  # of most lines a word close by tells that they are no headings
        beside, own = first.take(alive) + by, some.take(alive)
        place = starts.take(beside, mode="clip")
        inside = (place > lines.feeds.take(own)) & (place < lines.feeds.take(own + 1))
        alive = alive.compress(~(inside & _rules_out(text, beside)))
    result = np.full(len(some), SMALL, np.uint8)
    result[alive] = _kinds(text, lines, some.take(alive))
    return result.take(opens.cumsum() - 1)


def _rules_out(text: Text, index: Int64s) -> Bools:
    """Whether each of some words is in small letters and no function word: no heading holds it."""
    found: Bools = text.flags.take(index, mode="clip") & FUNCTION_WORD == 0
    found &= text.spelled.take(index, mode="clip") == SMALL
    return found


def _kinds(text: Text, lines: Lines, line: Int64s) -> UInt8s:
    """The kind of some lines."""
    result = np.full(len(line), SMALL, np.uint8)
    word_starts = text.words.starts
    # The first word of each line, and of the next one.
    begins, ends = (word_starts.searchsorted(lines.feeds.take(line + by)) for by in (0, 1))
    marked = text.window.flat.take(lines.begins.take(line)) == ord("#")
    blank = np.concatenate(([True], lines.is_blank, [True]))
    alone = blank.take(line) & blank.take(line + 2)
    # A short word alone in its line is no heading, unless there is something else about the line.
    short = ends - begins == 1
    short &= text.words.ends.take(begins) - word_starts.take(begins) < LONG_WORD
    alive = where_true(~short | marked | alone)
    for numerator, denominator in ((1, 1), (1, 2), (0, 1), (1, 4)):
        first, last = begins.take(alive), ends.take(alive) - 1
        index = first + (last - first) * numerator // denominator
        alive = alive.compress(~_rules_out(text, index))
    if not alive.size:
        return result
    begins, counts = begins.take(alive), (ends - begins).take(alive)
    every = ragged_range(begins, counts)
    last = counts.cumsum()
    number = partial(sums, lengths=counts)
    starts, stops = word_starts.take(every), text.words.ends.take(every)
    how = text.spelled.take(every)
    is_function = text.flags.take(every) & FUNCTION_WORD > 0
    small, in_capitals = how == SMALL, how == CAPITALS
    sizes = _characters(text.window, starts, stops)
    capitals = (number(small) == 0) & (number(in_capitals) > 0)
    capitals &= number(~in_capitals & (sizes > 1)) == 0
    capitals &= (counts > 1) | (sizes.take(last - counts) >= LONG_WORD)
    titled = ~capitals & (number(small & ~is_function) == 0) & (number(~small) > 0)
    explained = marked.take(alive) | (alone.take(alive) & (number(is_function) > 0))
    result[alive.compress(titled & explained)] = CAPITAL
    result[alive.compress(capitals)] = CAPITALS
    return result


def _characters(window: Window, starts: Int64s, ends: Int64s) -> Int64s:
    """How many characters each word has."""
    if window.data.isascii():
        return ends - starts
    return sums(begins_character(window, ragged_range(starts, ends - starts)), ends - starts)
