"""Protected spans by array operations over flat text: `reference/protect.py` says what they are.

One `bytes.translate` picks out the characters that matter, a fifth of a text; each rule then looks
at the few it is about and at their neighbours. What stands between separators is a segment:

    see  http://x.org/a_b  (or  a.b=1),  and/or
    ---  ----------------   --  -----    ------     segments
             url                identifier

What this file leaves to others: which words lie in a span (`eligible.py`).
"""

import re
from collections.abc import Collection, Iterator
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.kernel.flat import (
    A_DIGIT,
    FLAT_BLANKS,
    LOWER_LETTER,
    MARKER,
    OTHER_LETTER,
    TERMINATOR,
    UPPER_LETTER,
    Flat,
)
from link.kernel.lines import Lines, find_lines
from link.kernel.ragged import orbit, ragged_range
from link.kernel.rules import (
    ARGUMENT_COMMANDS,
    CODE,
    EMAILS,
    LONGEST_ENTITY,
    MARKUP,
    URLS,
    enclosed,
)
from link.kernel.unicode import UInt8s

Bools = npt.NDArray[np.bool_]
Spans = tuple[Int64s, Int64s]
"""Begins and ends, each int64."""

# Kinds of characters that rules look at. Blanks and letters, which are most of a text, have none.
_FEED, _TICK, _LESS, _GREATER, _PAREN, _BRACKET, _BRACE, _DOT, _SLASH, _EQUALS = range(1, 11)
_UNDERSCORE, _COLON, _AT, _HASH, _DOLLAR, _AMPERSAND, _BACKSLASH, _HYPHEN, _CLOSING, _TILDE = range(
    11, 21
)
_KIND_OF = {
    _FEED: b"\n",
    _TICK: b"`",
    _LESS: b"<",
    _GREATER: b">",
    _PAREN: b"(",
    _BRACKET: b"]",
    _BRACE: b"{}",
    _DOT: b".",
    _SLASH: b"/",
    _EQUALS: b"=",
    _UNDERSCORE: b"_",
    _COLON: b":",
    _AT: b"@",
    _HASH: b"#",
    _DOLLAR: b"$",
    _AMPERSAND: b"&",
    _BACKSLASH: b"\\",
    _HYPHEN: b"-",
    _CLOSING: b")",
    _TILDE: b"~",
}
_KINDS = bytearray(256)
for _kind, _characters in _KIND_OF.items():
    for _character in _characters:
        _KINDS[_character] = _kind
_TRANSLATE = bytes(_KINDS)
_SEPARATORS = FLAT_BLANKS + b'\n"`<>()[]{},;|' + bytes([TERMINATOR, MARKER])

_DIGITS = bytes(range(ord("0"), ord("9") + 1))
_SMALL_ASCII = bytes(range(ord("a"), ord("z") + 1))
_ASCII_LETTERS = _SMALL_ASCII + _SMALL_ASCII.upper()


def _set(characters: bytes) -> Bools:
    """Which of the 256 bytes belong to some characters."""
    found = np.zeros(256, np.bool_)
    found[list(characters)] = True
    return found


_IS_SEPARATOR = _set(_SEPARATORS)
_SEPARATES = _IS_SEPARATOR.tobytes()
_IS_SPACE = _set(FLAT_BLANKS + b"\n")
_IS_DIGIT = _set(_DIGITS)
_IS_LETTER = _set(_ASCII_LETTERS + bytes(range(LOWER_LETTER, OTHER_LETTER + 1)))
_IS_WORD = _set(_ASCII_LETTERS + _DIGITS + b"_" + bytes(range(LOWER_LETTER, A_DIGIT + 1)))
_IS_ASCII_LETTER = _set(_ASCII_LETTERS)
_IS_SMALL = _set(_SMALL_ASCII + bytes([LOWER_LETTER]))
_IS_PLAIN = _IS_WORD & ~_set(b"_")
_BEGINS_NAME = _IS_LETTER | _set(b"_")
_FOLLOWS_EQUALS = _IS_WORD | _set(b"\"'-")
_PRECEDES_OPTION = _set(FLAT_BLANKS + b"\n`([")
_FOLLOWS_CALL = _set(b")\"'0123456789_&*$@-")
_FOLLOWS_LESS = _set(_ASCII_LETTERS + b"/!?")
_IS_HEXADECIMAL = _set(_DIGITS + b"abcdefABCDEF")
_IS_ASCII_ALPHANUMERIC = _set(_ASCII_LETTERS + _DIGITS)
_A_SMALL, _A_CAPITAL, _LETTERS = np.uint8(ord("a")), np.uint8(ord("A")), 26
_FEW_SEPARATORS = 16  # in a URL
_OPENS_OR_CLOSES = _set(b")]e/!")  # behind a backslash, or `<`
_FOLLOWS_PROMPT = _set(_ASCII_LETTERS + b"./~")
_ENDS_URL = _set(FLAT_BLANKS + b'\n<>"`{}')


class Rules:
    """The rules over one flat text, its lines, and where in it what stands."""

    def __init__(self, flat: Flat) -> None:
        self.flat = flat
        self.text = flat.text
        self.raw = np.frombuffer(flat.text, np.uint8)
        kinds = np.frombuffer(flat.text.translate(_TRANSLATE), np.uint8)
        special = np.flatnonzero(kinds != 0)
        kinds = kinds.take(special)
        # Each kind's places stand together, in order.
        self._places = special.take(np.argsort(kinds, kind="stable"))
        self._stops = np.cumsum(np.bincount(kinds, minlength=_TILDE + 1)).tolist()

    @cached_property
    def lines(self) -> Lines:
        return find_lines(self.raw, self._of(_FEED))

    @cached_property
    def separators(self) -> Int64s:
        """The places of what separates segments, ascending; a line feed is the first and last."""
        found = np.frombuffer(self.text.translate(_SEPARATES), np.bool_)
        places: Int64s = np.flatnonzero(found)
        return places

    @property
    def spaces(self) -> Int64s:
        """The places of blanks and line feeds, ascending."""
        return self.separators.compress(_IS_SPACE.take(self.raw.take(self.separators)))

    def spans(self, protect: Collection[str]) -> Iterator[tuple[str, Spans]]:
        """The spans of each rule, in places of the flat text; they may overlap, also in a rule."""
        if URLS in protect:
            yield "url", self._urls()
        if EMAILS in protect:
            yield "email", self._segments(self._emails())
        if CODE in protect:
            fences, fence_lines, _ = self._fences
            yield "fence", fences
            code = self._code_spans(_joined(fences, fence_lines))
            yield "code span", code
            yield "math", self._math(_joined(fences, code))
            yield "math", self._enclosed["math"]
            yield "code span", self._roles()
            yield "indented", self._indented()
            yield "indented", self._prompts()
            yield "path", self._segments(self._paths())
            yield "version", self._segments(self._versions())
            yield "version", self._segments(self._hexadecimal())
            yield "identifier", self._segments(self._identifiers())
            yield from (("identifier", spans) for spans in self._calls_and_variables())
            yield "identifier", self._camels()
        if MARKUP in protect:
            yield "tag", self._tags()
            yield "tag", self._enclosed["tag"]
            yield "entity", self._entities()
            commands = self._of(_BACKSLASH)
            commands = commands.compress(_IS_ASCII_LETTER.take(self.behind(commands)))
            yield "latex", (commands, commands + 2)
            if commands.size:
                yield "latex", self._matches(ARGUMENT_COMMANDS)
            yield "link", self._links()

    # --- where what stands ---

    def before(self, positions: Int64s, by: int = 1) -> UInt8s:
        """The characters some places before others; at the very begin, a line feed."""
        return self.raw.take(np.maximum(positions - by, 0))

    def behind(self, positions: Int64s, by: int = 1) -> UInt8s:
        return self.raw.take(np.minimum(positions + by, len(self.raw) - 1))

    def _of(self, kind: int) -> Int64s:
        """The places of all characters of a kind, ascending."""
        places: Int64s = self._places[self._stops[kind - 1] : self._stops[kind]]
        return places

    @cached_property
    def _enclosed(self) -> dict[str, Spans]:
        """What stands between what opens and closes it, by rule (see `rules.enclosed`)."""
        found: dict[str, list[tuple[int, int]]] = {"math": [], "tag": []}
        angles = self.behind(self._of(_LESS))
        commands = self.behind(self._of(_BACKSLASH))
        if _OPENS_OR_CLOSES.take(np.concatenate((angles, commands))).any():
            for rule, begin, end in enclosed(self.text.decode("latin-1")):
                found[rule].append((begin, end))
        spans = {rule: np.array(each, np.int64).reshape(-1, 2) for rule, each in found.items()}
        return {rule: (each[:, 0].copy(), each[:, 1].copy()) for rule, each in spans.items()}

    def _segments(self, positions: Int64s) -> Spans:
        """The segments that some places, none of them a separator, stand in."""
        at = np.searchsorted(self.separators, positions)
        return self.separators.take(at - 1) + 1, self.separators.take(at)

    def _matches(self, pattern: "re.Pattern[str]") -> Spans:
        in_bytes = _bytes_pattern(pattern.pattern)
        found = [match.span() for match in in_bytes.finditer(self.text)]
        spans = np.array(found, np.int64).reshape(-1, 2)
        return spans[:, 0].copy(), spans[:, 1].copy()

    # --- segments ---

    def _urls(self) -> Spans:
        colons, dots = self._of(_COLON), self._of(_DOT)
        colons = colons[(self.behind(colons) == ord("/")) & (self.behind(colons, 2) == ord("/"))]
        dots = dots[
            (self.before(dots) == ord("w"))
            & (self.before(dots, 2) == ord("w"))
            & (self.before(dots, 3) == ord("w"))
            & ~_IS_WORD.take(self.before(dots, 4))
        ]
        places = np.sort(np.concatenate((colons, dots)))
        if not places.size:
            return places, places
        at = np.searchsorted(self.separators, places)
        begins = self.separators.take(at - 1) + 1
        for _ in range(_FEW_SEPARATORS):
            on = np.flatnonzero(~_ENDS_URL.take(self.raw.take(self.separators.take(at))))
            if not on.size:
                return begins, self.separators.take(at)
            at[on] += 1
        ends = self.separators.compress(_ENDS_URL.take(self.raw.take(self.separators)))
        return begins, ends.take(np.searchsorted(ends, places))

    def _emails(self) -> Int64s:
        ats, hashes = self._of(_AT), self._of(_HASH)
        return np.concatenate(
            (
                ats.compress(_IS_WORD.take(self.behind(ats))),
                hashes[_BEGINS_NAME.take(self.behind(hashes)) & (self.before(hashes) != ord("#"))],
            )
        )

    def _paths(self) -> Int64s:
        slashes, backslashes = self._of(_SLASH), self._of(_BACKSLASH)
        segment = np.searchsorted(self.separators, slashes)
        first, second = self.before(slashes), self.before(slashes, 2)
        after, dot = self.behind(slashes), ord(".")
        found = np.zeros(len(slashes), np.bool_)
        np.equal(segment[1:], segment[:-1], out=found[:-1])
        found |= _IS_SEPARATOR.take(first) & (_IS_WORD.take(after) | (after == dot))
        found |= ((first == dot) | (first == ord("~"))) & _IS_SEPARATOR.take(second)
        found |= (first == dot) & (second == dot) & _IS_SEPARATOR.take(self.before(slashes, 3))
        drives = (
            (self.before(backslashes) == ord(":"))
            & _IS_ASCII_LETTER.take(self.before(backslashes, 2))
            & _IS_SEPARATOR.take(self.before(backslashes, 3))
        )
        return np.concatenate((slashes.compress(found), backslashes.compress(drives)))

    def _versions(self) -> Int64s:
        dots = self._of(_DOT)
        dots = dots.compress(_IS_DIGIT.take(self.behind(dots)))
        at = np.searchsorted(self.separators, dots)
        begins = self.separators.take(at - 1) + 1
        named = (self.raw.take(begins) | 0x20) == ord("v")
        named &= _IS_DIGIT.take(self.behind(begins)) & (dots > begins + 1)
        inside = _IS_DIGIT.take(self.before(dots))
        dotted, at_dotted = dots.compress(inside), at.compress(inside)
        return np.concatenate(
            (dots.compress(named), dotted[:-1].compress(at_dotted[1:] == at_dotted[:-1]))
        )

    def _identifiers(self) -> Int64s:
        dots, equals = self._of(_DOT), self._of(_EQUALS)
        colons, hyphens, dollars = self._of(_COLON), self._of(_HYPHEN), self._of(_DOLLAR)

        def in_word(positions: Int64s) -> Bools:
            return _IS_WORD.take(self.before(positions))

        named = self.behind(dots)  # a letter, behind one or two `_` or none
        for place in (2, 3):
            named = np.where(named == ord("_"), self.behind(dots, place), named)
        options = self.behind(hyphens) == ord("-")
        options &= _PRECEDES_OPTION.take(self.before(hyphens))
        options &= _IS_LETTER.take(self.behind(hyphens, 2))
        return np.concatenate(
            (
                dots.compress(in_word(dots) & _IS_LETTER.take(named)),
                equals.compress(in_word(equals) & _FOLLOWS_EQUALS.take(self.behind(equals))),
                self._inner_lows(),
                self._scopes(colons),
                hyphens.compress(options),
                dollars.compress((_IS_ASCII_LETTER | _set(b"_")).take(self.behind(dollars))),
            )
        )

    def _scopes(self, colons: Int64s) -> Int64s:
        """`::` before more of its segment, or behind the name of a directive (`.. note::`)."""
        colons = colons.compress(self.behind(colons) == ord(":"))
        begins, _ = self._segments(colons)
        is_directive = (self.before(begins) == ord(" ")) & (begins < colons)
        for by in (2, 3):
            is_directive &= self.before(begins, by) == ord(".")
        scopes: Int64s = colons[~_IS_SEPARATOR.take(self.behind(colons, 2)) | is_directive]
        return scopes

    def _inner_lows(self) -> Int64s:
        """Underscores between two letters or digits."""
        lows = self._of(_UNDERSCORE)
        return lows[_IS_PLAIN.take(self.before(lows)) & _IS_PLAIN.take(self.behind(lows))]

    def _hexadecimal(self) -> Int64s:
        """The begins of segments of five or more groups of hexadecimal digits, some decimal."""
        hyphens = self._of(_HYPHEN)
        at = np.searchsorted(self.separators, hyphens)
        at = np.unique(at[:-3][at[3:] == at[:-3]])
        begins, ends = self.separators.take(at - 1) + 1, self.separators.take(at)
        hyphen = _set(b"-")
        kept = self._all_between(begins, ends, _IS_HEXADECIMAL | hyphen)
        kept &= ~self._all_between(begins, ends, ~_IS_DIGIT)
        kept &= ~(hyphen.take(self.raw.take(begins)) | hyphen.take(self.before(ends)))
        owner = np.maximum(np.searchsorted(begins, hyphens, "right") - 1, 0)
        if begins.size:
            doubled = hyphen.take(self.behind(hyphens))
            doubled &= (hyphens >= begins.take(owner)) & (hyphens < ends.take(owner))
            kept[owner[doubled]] = False
        return begins.compress(kept)

    def _roles(self) -> Spans:
        """`:role:` before a code span."""
        ticks = self._of(_TICK)
        ticks = ticks.compress(self.before(ticks) == ord(":"))
        begins, _ = self._segments(ticks - 1)
        kept = (self.raw.take(begins) == ord(":")) & (ticks - begins > 2)
        return begins.compress(kept), ticks.compress(kept)

    def _calls_and_variables(self) -> Iterator[Spans]:
        parens = self._of(_PAREN)
        calls = parens.compress(
            _IS_WORD.take(self.before(parens)) & _FOLLOWS_CALL.take(self.behind(parens))
        )
        at = np.searchsorted(self.separators, calls)
        yield self.separators.take(at - 1) + 1, calls
        dollars = self._of(_DOLLAR)
        dollars = dollars.compress(self.behind(dollars) == ord("{"))
        yield dollars, self.separators.take(np.searchsorted(self.separators, dollars + 2))

    def _camels(self) -> Spans:
        """A small letter and a capital behind it."""
        raw = self.raw
        small, capital = raw - _A_SMALL < _LETTERS, raw - _A_CAPITAL < _LETTERS
        if self.flat.has_letters:
            small |= raw == LOWER_LETTER
            capital |= raw == UPPER_LETTER
        places = np.flatnonzero(small[:-1] & capital[1:])
        return places, places + 2

    # --- fences, code spans, math ---

    @property
    def open_fence(self) -> bytes:
        """The fence that is open at the end of the last document."""
        return self._fences[2]

    @cached_property
    def _fences(self) -> tuple[Spans, Spans, bytes]:
        """Fenced code, all lines that look like a fence, and what the last document leaves open."""
        runs = [_runs(self._of(_TICK)), _runs(self._of(_TILDE))]
        starts = np.concatenate([run[0] for run in runs])
        ends = np.concatenate([run[1] for run in runs])
        order = np.argsort(starts)
        starts, ends = starts.take(order), ends.take(order)
        nothing = np.empty(0, np.int64)
        if not (ends - starts >= 3).any():
            return (nothing, nothing), (nothing, nothing), b""
        line = self.lines.line_of(starts)
        opens = np.ones(len(line), np.bool_)
        np.not_equal(line[1:], line[:-1], out=opens[1:])
        character = self.raw.take(starts)
        # Whether the same character comes again in the line.
        more = np.zeros(len(line), np.bool_)
        for own in b"`~":
            rows = np.flatnonzero(character == own)
            more[rows[:-1]] = line.take(rows[1:]) == line.take(rows[:-1])
        rows = np.flatnonzero(opens & (ends - starts >= 3))
        begins = self.lines.feeds.take(line.take(rows)) + 1
        rows = rows.compress(self._all_between(begins, starts.take(rows), _IS_SPACE | _set(b">")))
        starts, ends, line = starts.take(rows), ends.take(rows), line.take(rows)
        character, more = character.take(rows), more.take(rows)
        fence_lines = (self.lines.feeds.take(line) + 1, self.lines.feeds.take(line + 1))
        if not rows.size:
            return (nothing, nothing), fence_lines, b""

        bare = self._all_between(ends, fence_lines[1], _IS_SPACE)
        # A run of tildes right below text underlines it, and opens nothing.
        above = np.concatenate(([True], self.lines.is_blank)).take(line)
        more |= bare & ~above & (character == ord("~"))
        document = np.searchsorted(self.flat.starts, starts, "right") - 1
        group = document * 2 + (character == ord("`"))
        sizes = ends - starts
        closing = np.full(len(starts), -1)
        for size in np.unique(sizes).tolist():
            openers = np.flatnonzero((sizes == size) & ~more)
            closers = np.flatnonzero(bare & (sizes >= size))
            closing[openers] = _first_behind(openers, group[openers], closers, group[closers])
        count = len(starts)
        following = np.where(closing >= 0, closing + 1, np.arange(count) + 1)
        unclosed = ~more & (closing < 0)
        next_document = np.searchsorted(document, document, "right")
        following[unclosed] = next_document[unclosed]
        visited = orbit(following, np.zeros(1, np.int64))
        visited = visited.compress(~more.take(visited))
        document_ends = np.append(self.flat.starts[1:] - 2, len(self.raw) - 1)
        closed = closing.take(visited)
        span_ends = np.where(
            closed >= 0,
            fence_lines[1].take(closed),
            document_ends.take(document.take(visited)),
        )
        last = int(visited[-1]) if visited.size else 0
        is_open = visited.size and closing[last] < 0 and document[last] == len(self.flat.starts) - 1
        left_open = self.text[starts[last] : ends[last]] if is_open else b""
        return (fence_lines[0].take(visited), span_ends), fence_lines, left_open

    def _all_between(self, begins: Int64s, ends: Int64s, allowed: Bools) -> Bools:
        """Whether all characters from each begin to before each end are allowed."""
        lengths = ends - begins
        owner = np.repeat(np.arange(len(lengths)), lengths)
        others = owner.compress(~allowed.take(self.raw.take(ragged_range(begins, lengths))))
        result = np.ones(len(lengths), np.bool_)
        result[others] = False
        return result

    def _code_spans(self, outside: Spans) -> Spans:
        starts, ends = _runs(self._of(_TICK))
        rows = np.flatnonzero(~_inside(starts, outside))
        starts, ends = starts.take(rows), ends.take(rows)
        _, sizes = np.unique(ends - starts, return_inverse=True)
        group = (self.lines.block_of(starts) * (len(starts) + 1) + sizes.ravel()) * 2
        return self._pairs(
            starts,
            ends,
            group + _IS_SPACE.take(self.raw.take(ends)),
            group + _IS_SPACE.take(self.before(starts)),
        )

    def _math(self, outside: Spans) -> Spans:
        starts, ends = _runs(self._of(_DOLLAR))
        rows = np.flatnonzero(~_inside(starts, outside))
        starts, ends = starts.take(rows), ends.take(rows)
        block = self.lines.block_of(starts)
        after = self.raw.take(ends)
        sizes = ends - starts
        may_open = ~(_IS_SPACE.take(after) | _IS_DIGIT.take(after))
        may_close = ~(_IS_SPACE.take(self.before(starts)) | _IS_WORD.take(after))
        found = []
        for size in (1, 2):
            own = np.flatnonzero(sizes == size)
            groups = block.take(own)
            opens = np.where(may_open.take(own) | (size == 2), groups, -1)
            closes = np.where(may_close.take(own) | (size == 2), groups, -2)
            found.append(self._pairs(starts.take(own), ends.take(own), opens, closes))
        return _joined(*found)

    def _pairs(self, starts: Int64s, ends: Int64s, opens: Int64s, closes: Int64s) -> Spans:
        """Left to right, from each run that opens to the first one behind it that closes it.

        `opens`, `closes`: groups; a run closes those that open with the group that it closes.
        """
        if not starts.size:
            return starts, ends
        order = np.arange(len(starts))
        closing = _first_behind(order, opens, order, closes)
        following = np.where(closing >= 0, closing, order) + 1
        opening = orbit(following, np.zeros(1, np.int64))
        opening = opening.compress(closing.take(opening) >= 0)
        return starts.take(opening), ends.take(closing.take(opening))

    # --- indented code, prompts ---

    def _marks_of_code(self) -> Int64s:
        parens, colons = self._of(_PAREN), self._of(_COLON)
        marks = (
            self._of(_EQUALS),
            self._of(_BACKSLASH),
            self._of(_BRACE),
            self._of(_LESS),
            self._of(_GREATER),
            parens.compress(_IS_WORD.take(self.before(parens))),
            self._inner_lows(),
            colons.compress(self.behind(colons) == ord(":")),
        )
        return np.sort(np.concatenate(marks))

    def _indented(self) -> Spans:
        lines = self.lines
        feeds = lines.feeds[:-1]
        indented = np.flatnonzero((lines.begins > feeds + 1) & ~lines.is_blank)
        deep = np.zeros(len(indented), np.bool_)
        so_far = np.ones(len(indented), np.bool_)
        for place in range(1, 4):
            here = self.behind(feeds.take(indented), place)
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

    def _prompts(self) -> Spans:
        lines = self.lines
        characters = self.raw.take(lines.begins, mode="clip")
        full = np.flatnonzero((characters == ord("$")) | (characters == ord(">")))
        full = full.compress(~lines.is_blank.take(full))
        begins, characters = lines.begins.take(full), characters.take(full)
        space = ord(" ")
        shell = (characters == ord("$")) & (self.behind(begins) == space)
        shell &= _FOLLOWS_PROMPT.take(self.behind(begins, 2))
        python = (self.behind(begins, 3) == space) & (characters == ord(">"))
        python &= (self.behind(begins) == ord(">")) & (self.behind(begins, 2) == ord(">"))
        if python.any():
            marks = np.append(self._marks_of_code(), len(self.raw))
            after = marks.take(np.searchsorted(marks, begins + 4))
            python &= after < lines.feeds.take(full + 1)
        found = full.compress(shell | python)
        return lines.feeds.take(found) + 1, lines.feeds.take(found + 1)

    # --- markup ---

    def _entities(self) -> Spans:
        begins = self._of(_AMPERSAND)
        names = begins + 1 + (self.behind(begins) == ord("#"))
        ahead = self.raw.take(names[:, None] + np.arange(LONGEST_ENTITY + 1), mode="clip")
        size = (~_IS_ASCII_ALPHANUMERIC.take(ahead)).argmax(axis=1)
        ends = names + size
        kept = np.flatnonzero((size > 0) & (self.behind(ends, 0) == ord(";")))
        return begins.take(kept), ends.take(kept) + 1

    def _links(self) -> Spans:
        """What stands in the brackets behind `]`; if they are not closed, what begins there."""
        targets = self._of(_BRACKET)
        targets = targets.compress(self.behind(targets) == ord("(")) + 2
        closing = np.append(self._of(_CLOSING), len(self.raw))
        feeds = self.lines.feeds
        ends = closing.take(np.searchsorted(closing, targets))
        is_open = (ends > feeds.take(np.searchsorted(feeds, targets))) | (ends == targets)
        segments = self.separators.take(np.searchsorted(self.separators, targets))
        return targets, np.where(is_open, segments, ends)

    def _tags(self) -> Spans:
        less, greater = self._of(_LESS), self._of(_GREATER)
        at = np.searchsorted(greater, less)
        closed = at < len(greater)
        closed[:-1] &= np.append(greater, 0).take(at[:-1]) < less[1:]
        starts, ends = less.compress(closed), greater.take(at.compress(closed))
        kept = _FOLLOWS_LESS.take(self.behind(starts))
        kept &= self.lines.block_of(starts) == self.lines.block_of(ends)
        starts, ends = starts.compress(kept), ends.compress(kept)
        if not starts.size:
            return starts, ends
        first, last = self.behind(starts), self.before(ends)
        accepted = (first == ord("/")) | (first == ord("!")) | (first == ord("?"))
        accepted |= last == ord("/")
        accepted |= self._all_between(starts + 1, ends, ~_IS_SPACE)
        accepted |= _stands_between(starts, ends, self._of(_EQUALS))
        return starts.compress(accepted), ends.compress(accepted) + 1


# --- helpers -------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _bytes_pattern(pattern: str) -> "re.Pattern[bytes]":
    return re.compile(pattern.encode("ascii"))


def _joined(*spans: Spans) -> Spans:
    starts, ends = zip(*spans, strict=True)
    return np.concatenate(starts), np.concatenate(ends)


def _runs(positions: Int64s) -> Spans:
    """Runs of neighbouring places."""
    if not positions.size:
        return positions, positions
    cut = np.flatnonzero(np.diff(positions) != 1)
    return (
        positions.take(np.append(0, cut + 1)),
        positions.take(np.append(cut, len(positions) - 1)) + 1,
    )


def _inside(positions: Int64s, spans: Spans) -> Bools:
    """Whether each place lies in one of the spans."""
    starts, ends = np.sort(spans[0]), np.sort(spans[1])
    opened = np.searchsorted(starts, positions, "right")
    return np.greater(opened, np.searchsorted(ends, positions, "right"))


def _stands_between(starts: Int64s, ends: Int64s, places: Int64s) -> Bools:
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
