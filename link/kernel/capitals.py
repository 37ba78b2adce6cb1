"""What the capitals of a word tell: how it is spelled, whether it begins a sentence or stands in a
heading. docs/words.md has the rules.

    THE SLEEPING DOG                all words in capitals: a heading
    The Dog and the House           a heading, if it stands alone between blank lines
    ## The Sleeping Dog             a heading
"""

import numpy as np

from link.arrays import Bools, UInt8s, firsts, ragged_range, sums, where_true
from link.block import Int64s
from link.kernel.compiled import ABBREVIATED, FUNCTION_WORD, SPACE
from link.kernel.contractions import short_keys
from link.kernel.lines import Lines
from link.kernel.matches import gaps
from link.kernel.text import Text
from link.kernel.window import (
    CLOSER,
    CURLY_APOSTROPHE,
    MARKER,
    OPENER,
    OPENING_APOSTROPHE,
    OTHER_BLANK,
    OTHER_LETTER,
    TERMINATOR,
    UPPER,
    Window,
    begins_character,
)
from link.language.characters import BLANKS, CLOSERS, LIST_MARKERS, TERMINATORS
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LONG_WORD
from link.language.unicode import LETTER


def spellings(window: Window, starts: Int64s, ends: Int64s) -> UInt8s:
    """How each of some words is spelled: SMALL, CAPITAL or CAPITALS."""
    result: UInt8s = window.kinds.take(starts) >> np.uint8(7)  # UPPER
    rows = where_true(result)
    # The second byte of nearly all of these is a small letter: not all capitals.
    rows = rows.compress(window.kinds.take(starts.take(rows) + 1) != LETTER)
    if (window.flat == OTHER_LETTER).any():  # a letter without case tells nothing of those behind
        uncased = window.flat.take(starts) == OTHER_LETTER
        uncased |= window.flat.take(starts + 1) == OTHER_LETTER
        rows = np.concatenate((rows, where_true(uncased)))
    rows = rows.compress(ends.take(rows) - starts.take(rows) > 1)
    if rows.size:
        sizes = ends.take(rows) - starts.take(rows)
        places = ragged_range(starts.take(rows), sizes)
        kinds, flat = window.kinds.take(places), window.flat.take(places)
        upper = sums((kinds >= UPPER) & begins_character(window, places), sizes)
        lower = sums((kinds == LETTER) & (flat != OTHER_LETTER), sizes)
        result[rows.compress((upper >= 2) & (lower == 0))] = CAPITALS
    return result


assert (SMALL, CAPITAL) == (False, True)


# --- sentences -----------------------------------------------------------------------------------

# What a place is in the gap between two words: bits, since some are several things.
_TERMINATOR, _CLOSER, _BLANK, _FEED, _MARKER, _COLON = (1 << bit for bit in range(6))
_ROLES = np.zeros(256, np.uint8)
for _role, _own, _classes in (
    (_TERMINATOR, TERMINATORS, [TERMINATOR]),
    (_CLOSER, CLOSERS, [CLOSER, CURLY_APOSTROPHE]),
    (_BLANK, BLANKS, [OTHER_BLANK]),
    (_FEED, "\n", []),
    (_MARKER, LIST_MARKERS, [MARKER]),
    (_COLON, ":", []),
):
    _ROLES[[ord(character) for character in _own if character < "\x80"] + _classes] |= _role


def begin_sentences(text: Text, index: Int64s) -> Bools:
    """Whether each of some words, ascending, begins a sentence."""
    result = _end_before(text, index)
    rows = where_true(~result)
    result[rows] = _may_begin(text, index.take(rows))
    return result


def _end_before(text: Text, index: Int64s) -> Bools:
    """Whether a sentence ends before each of some words, ascending."""
    words = text.words
    result: Bools = words.begin_texts.take(index)
    gaps = words.ends.take(index - 1)
    sizes = words.starts.take(index) - gaps
    rows = where_true(~result & (sizes > 1))
    if not rows.size:
        return result
    gaps, sizes = gaps.take(rows), sizes.take(rows)
    begins = _two_roles(text.window, gaps)
    longer = where_true(sizes > 2)
    begins[longer] = _any_roles(text.window, gaps.take(longer), sizes.take(longer))

    # The full stop of an abbreviation, then blanks and at most one line feed, end none.
    stops = where_true(begins & (text.window.flat.take(gaps) == ord(".")))
    gaps, sizes = gaps.take(stops), sizes.take(stops)
    roles = _ROLES.take(text.window.flat.take(ragged_range(gaps, sizes)))
    simple = sums(roles & (_BLANK | _FEED) == 0, sizes) == 1
    simple &= sums(roles & _FEED > 0, sizes) <= 1
    stops = stops.compress(simple)
    flags = text.flags_of(index.take(rows.take(stops)) - 1)
    begins[stops.compress(flags & ABBREVIATED > 0)] = False
    result[rows] = begins
    return result


def _may_begin(text: Text, index: Int64s) -> Bools:
    """Whether some words, before which no sentence ends, begin one since a word in small letters
    follows: behind a colon, an opening quote, or a handle that begins one.
    """
    words, window = text.words, text.window
    begins, ends = words.ends.take(index - 1), words.starts.take(index)
    sizes = ends - begins
    may = _is_addressed(text, index)
    quotes = where_true(_QUOTES.take(window.flat.take(ends - 1)))
    last = np.frombuffer(window.data, np.uint8).take(ends.take(quotes)[:, None] - _SIZES)
    size = 1 + (last[:, 0] >= 0x80) + ((last[:, 0] >= 0x80) & (last[:, 1] < 0xC0))
    may[quotes.compress(sizes.take(quotes) > size)] = True
    first, second = (_ROLES.take(window.flat.take(begins + by)) for by in (0, 1))
    may |= (sizes > 1) & (first & _COLON > 0) & (second & (_BLANK | _FEED) > 0)
    rows = where_true(~may & (sizes > 2))
    roles = _ROLES.take(window.flat.take(ragged_range(begins.take(rows), sizes.take(rows))))
    owner = rows.repeat(sizes.take(rows))
    may[_followed(roles, owner, _CLOSER, _COLON, _BLANK | _FEED)] = True

    rows = where_true(may)
    rows = rows.compress(~words.end_texts(index.take(rows)))
    following = index.take(rows) + 1
    small = spellings(window, words.starts.take(following), words.ends.take(following)) == SMALL
    small |= np.isin(short_keys(text, following) & np.uint64(0xFFFF), _NEVER_NAMES)
    rows, following = rows.compress(small), following.compress(small)
    result = np.zeros(len(index), np.bool_)
    result[rows.compress(gaps(text, following - 1) == SPACE)] = True
    return result


_SIZES = np.array([1, 2])
_QUOTES = np.zeros(256, np.bool_)  # those that open
_QUOTES[[*b"\"'", OPENER, OPENING_APOSTROPHE]] = True
_NEVER_NAMES = np.array([ord("i"), int.from_bytes(b"i'", "little")], np.uint64)


def _is_addressed(text: Text, index: Int64s) -> Bools:
    """Whether before each of some words there is nothing but blanks and a handle that begins a
    sentence, or stands behind others of which the first does.
    """
    words, window = text.words, text.window
    result = np.zeros(len(index), np.bool_)
    if b"@" not in window.data:
        return result
    named = window.places("@") + 1
    handles = words.starts.searchsorted(named)
    handles = handles.compress(np.append(words.starts, 0).take(handles) == named)
    if not handles.size:
        return result
    opens = _end_before(text, handles)
    linked = np.append(False, handles[1:] == handles[:-1] + 1)
    rows = where_true(linked)
    behind = words.starts.take(handles.take(rows)) - 1
    linked[rows] = _are_blank(text, handles.take(rows) - 1, behind)
    number = np.arange(len(handles))
    chain = np.maximum.accumulate(np.where(linked, 0, number))
    opens = np.maximum.accumulate(np.where(opens, number, -1)) >= chain
    rows = where_true(np.isin(index - 1, handles.compress(opens)))
    before = index.take(rows) - 1
    result[rows] = _are_blank(text, before, words.starts.take(before + 1))
    return result


def _are_blank(text: Text, index: Int64s, stops: Int64s) -> Bools:
    """Whether only blanks stand between the ends of some words and some places."""
    begins = text.words.ends.take(index)
    sizes = stops - begins
    roles = _ROLES.take(text.window.flat.take(ragged_range(begins, sizes)))
    blank: Bools = sums(roles & _BLANK == 0, sizes) == 0
    return blank


def _two_roles(window: Window, gaps: Int64s) -> Bools:
    """Whether gaps of two bytes, which most of those are that are asked for, begin a sentence."""
    first = _ROLES.take(window.flat.take(gaps))
    second = _ROLES.take(window.flat.take(gaps + 1))
    begins: Bools = (first & _TERMINATOR > 0) & (second & (_BLANK | _FEED) > 0)
    begins |= (first & _FEED > 0) & (second & (_FEED | _MARKER) > 0)
    return begins


def _any_roles(window: Window, gaps: Int64s, sizes: Int64s) -> Bools:
    """Whether gaps of any size begin a sentence."""
    roles = _ROLES.take(window.flat.take(ragged_range(gaps, sizes)))
    owner = np.arange(len(gaps)).repeat(sizes)
    begins = np.zeros(len(gaps), np.bool_)
    begins[_followed(roles, owner, _CLOSER, _TERMINATOR, _BLANK | _FEED)] = True
    begins[_followed(roles, owner, _BLANK, _FEED, _FEED | _MARKER)] = True
    return begins


def _followed(roles: UInt8s, owner: Int64s, aside: int, before: int, after: int) -> Int64s:
    """The owners of neighbours of roles `before` and `after`, some characters put aside."""
    kept = where_true(roles & aside == 0)
    roles, owner = roles.take(kept), owner.take(kept)
    pair = (roles[:-1] & before > 0) & (roles[1:] & after > 0) & (owner[:-1] == owner[1:])
    return owner[:-1].compress(pair)


# --- headings ------------------------------------------------------------------------------------


def headings(text: Text, lines: Lines, spelled: UInt8s, index: Int64s) -> UInt8s:
    """The kind of heading that each of some words stands in: CAPITALS, CAPITAL, SMALL for none.

    The words ascend. `spelled`: how each word of the text is.
    """
    if not index.size:
        return np.zeros(0, np.uint8)
    starts = text.words.starts
    line = lines.of(starts.take(index))
    opens = firsts(line)
    some = line.compress(opens)
    begins = starts.searchsorted(lines.feeds.take(some))
    ends = starts.searchsorted(lines.feeds.take(some + 1))
    return _kinds(text, lines, spelled, some, begins, ends).take(opens.cumsum() - 1)


def _kinds(
    text: Text, lines: Lines, spelled: UInt8s, line: Int64s, begins: Int64s, ends: Int64s
) -> UInt8s:
    """The kind of some lines, from their first word to before the first of the next."""
    result = np.full(len(line), SMALL, np.uint8)
    marked = text.window.flat.take(lines.begins.take(line)) == ord("#")
    blank = np.concatenate(([True], lines.is_blank, [True]))
    alone = blank.take(line) & blank.take(line + 2)
    # A short word alone in its line is no heading, unless there is something else about the line.
    short = ends - begins == 1
    short &= text.words.ends.take(begins) - text.words.starts.take(begins) < LONG_WORD
    alive = where_true(~short | marked | alone)
    for numerator, denominator in ((1, 1), (1, 2), (0, 1), (1, 4)):
        # No heading holds a small word that is no function word.
        first, last = begins.take(alive), ends.take(alive) - 1
        index = first + (last - first) * numerator // denominator
        rows = where_true(spelled.take(index) == SMALL)
        other = text.flags_of(index.take(rows)) & FUNCTION_WORD == 0
        alive = np.delete(alive, rows.compress(other))
    if not alive.size:
        return result
    begins, counts = begins.take(alive), (ends - begins).take(alive)
    every = ragged_range(begins, counts)
    last = counts.cumsum()

    def number(which: Bools) -> Int64s:
        return sums(which, counts)

    starts, stops = text.words.starts.take(every), text.words.ends.take(every)
    how = spelled.take(every)
    is_function = text.flags_of(every) & FUNCTION_WORD > 0
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
