"""Protected spans by array operations over flat text: `reference/protect.py` says what they are.

Each rule looks at the few characters it is about (`marks.py`) and at their neighbours. Rules about
lines and blocks are in `blocks.py`; here are those about segments and markup.

What this file leaves to others: which words lie in a span (`eligible.py`).
"""

import re
from collections.abc import Collection, Iterator
from functools import cached_property, lru_cache

import numpy as np

from link.block import Int64s
from link.kernel.blocks import BlockRules, joined, stands_between
from link.kernel.containers import Containers
from link.kernel.flat import UPPER_LETTER
from link.kernel.marks import (
    A_CAPITAL,
    AMPERSAND,
    AT,
    BACKSLASH,
    BEGINS_NAME,
    BRACKET,
    CLOSING,
    COLON,
    DOLLAR,
    DOT,
    ENDS_URL,
    EQUALS,
    FEW_SEPARATORS,
    FOLLOWS_CALL,
    FOLLOWS_EQUALS,
    FOLLOWS_LESS,
    GREATER,
    HASH,
    HYPHEN,
    IS_ASCII_ALPHANUMERIC,
    IS_ASCII_LETTER,
    IS_DIGIT,
    IS_HEXADECIMAL,
    IS_LETTER,
    IS_SEPARATOR,
    IS_SMALL,
    IS_SPACE,
    IS_WORD,
    LESS,
    LETTERS,
    PAREN,
    PRECEDES_OPTION,
    SLASH,
    TICK,
    Bools,
    Marks,
    Spans,
    byte_set,
)
from link.kernel.rules import (
    ARGUMENT_COMMANDS,
    CODE,
    ELEMENTS,
    EMAILS,
    EVENT,
    LONGEST_ENTITY,
    MARKUP,
    NOTHING_OPEN,
    URLS,
    Carried,
    Event,
    enclosed,
)


class Rules:
    """The rules over one text."""

    def __init__(self, marks: Marks, carried: Carried = NOTHING_OPEN) -> None:
        self.marks = marks
        self.containers = Containers(marks, carried)
        self.blocks = BlockRules(marks)

    def spans(self, protect: Collection[str]) -> Iterator[tuple[str, Spans]]:
        """The spans of each rule, in places of the flat text; they may overlap, also in a rule."""
        if URLS in protect:
            yield "url", self._urls()
        if EMAILS in protect:
            yield "email", self.marks.segments(self._emails())
        if CODE in protect:
            fences = self.containers.fences
            yield "fence", fences
            code = self.blocks.code_spans(joined(fences, self.containers.fence_lines))
            yield "code span", code
            yield "math", self.blocks.math(joined(fences, code))
            yield "math", self._enclosed["math"]
            yield "code span", self._roles()
            yield "indented", self.containers.literals
            yield "indented", self.blocks.indented()
            yield "indented", self.blocks.prompts()
            yield "path", self.marks.segments(self._paths())
            yield "version", self.marks.segments(self._versions())
            yield "version", self.marks.segments(self._hexadecimal())
            yield "identifier", self.marks.segments(self._identifiers())
            yield from (("identifier", spans) for spans in self._calls_and_variables())
            yield "identifier", self._camels()
        if MARKUP in protect:
            yield "tag", self._tags()
            yield "tag", self.containers.raw
            yield "tag", self._enclosed["tag"]
            yield "entity", self._entities()
            commands = self.marks.of(BACKSLASH)
            commands = commands.compress(IS_ASCII_LETTER.take(self.marks.behind(commands)))
            yield "latex", (commands, commands + 2)
            if commands.size:
                yield "latex", self._matches(ARGUMENT_COMMANDS)
            yield "link", self._links()

    def _urls(self) -> Spans:
        colons, dots = self.marks.of(COLON), self.marks.of(DOT)
        colons = colons[
            (self.marks.behind(colons) == ord("/")) & (self.marks.behind(colons, 2) == ord("/"))
        ]
        dots = dots[
            (self.marks.before(dots) == ord("w"))
            & (self.marks.before(dots, 2) == ord("w"))
            & (self.marks.before(dots, 3) == ord("w"))
            & ~IS_WORD.take(self.marks.before(dots, 4))
        ]
        places = np.sort(np.concatenate((colons, dots)))
        if not places.size:
            return places, places
        at = np.searchsorted(self.marks.separators, places)
        begins = self.marks.separators.take(at - 1) + 1
        for _ in range(FEW_SEPARATORS):
            on = np.flatnonzero(~ENDS_URL.take(self.marks.raw.take(self.marks.separators.take(at))))
            if not on.size:
                return begins, self.marks.separators.take(at)
            at[on] += 1
        ends = self.marks.separators.compress(
            ENDS_URL.take(self.marks.raw.take(self.marks.separators))
        )
        return begins, ends.take(np.searchsorted(ends, places))

    def _emails(self) -> Int64s:
        ats, hashes = self.marks.of(AT), self.marks.of(HASH)
        return np.concatenate(
            (
                ats.compress(IS_WORD.take(self.marks.behind(ats))),
                hashes[
                    BEGINS_NAME.take(self.marks.behind(hashes))
                    & (self.marks.before(hashes) != ord("#"))
                ],
            )
        )

    def _paths(self) -> Int64s:
        slashes, backslashes = self.marks.of(SLASH), self.marks.of(BACKSLASH)
        segment = np.searchsorted(self.marks.separators, slashes)
        first, second = self.marks.before(slashes), self.marks.before(slashes, 2)
        after, dot = self.marks.behind(slashes), ord(".")
        found = np.zeros(len(slashes), np.bool_)
        np.equal(segment[1:], segment[:-1], out=found[:-1])
        found |= IS_SEPARATOR.take(first) & (IS_WORD.take(after) | (after == dot))
        found |= ((first == dot) | (first == ord("~"))) & IS_SEPARATOR.take(second)
        found |= (first == dot) & (second == dot) & IS_SEPARATOR.take(self.marks.before(slashes, 3))
        drives = (
            (self.marks.before(backslashes) == ord(":"))
            & IS_ASCII_LETTER.take(self.marks.before(backslashes, 2))
            & IS_SEPARATOR.take(self.marks.before(backslashes, 3))
        )
        return np.concatenate((slashes.compress(found), backslashes.compress(drives)))

    def _versions(self) -> Int64s:
        dots = self.marks.of(DOT)
        dots = dots.compress(IS_DIGIT.take(self.marks.behind(dots)))
        at = np.searchsorted(self.marks.separators, dots)
        begins = self.marks.separators.take(at - 1) + 1
        named = (self.marks.raw.take(begins) | 0x20) == ord("v")
        named &= IS_DIGIT.take(self.marks.behind(begins)) & (dots > begins + 1)
        inside = IS_DIGIT.take(self.marks.before(dots))
        dotted, at_dotted = dots.compress(inside), at.compress(inside)
        return np.concatenate(
            (dots.compress(named), dotted[:-1].compress(at_dotted[1:] == at_dotted[:-1]))
        )

    def _identifiers(self) -> Int64s:
        dots, equals = self.marks.of(DOT), self.marks.of(EQUALS)
        colons, hyphens, dollars = (
            self.marks.of(COLON),
            self.marks.of(HYPHEN),
            self.marks.of(DOLLAR),
        )

        def in_word(positions: Int64s) -> Bools:
            return IS_WORD.take(self.marks.before(positions))

        named = self.marks.behind(dots)  # a letter, behind one or two `_` or none
        for place in (2, 3):
            named = np.where(named == ord("_"), self.marks.behind(dots, place), named)
        options = self.marks.behind(hyphens) == ord("-")
        options &= PRECEDES_OPTION.take(self.marks.before(hyphens))
        options &= IS_LETTER.take(self.marks.behind(hyphens, 2))
        return np.concatenate(
            (
                dots.compress(in_word(dots) & IS_LETTER.take(named)),
                equals.compress(in_word(equals) & FOLLOWS_EQUALS.take(self.marks.behind(equals))),
                self.marks.inner_lows(),
                self._scopes(colons),
                hyphens.compress(options),
                dollars.compress(
                    (IS_ASCII_LETTER | byte_set(b"_")).take(self.marks.behind(dollars))
                ),
            )
        )

    def _scopes(self, colons: Int64s) -> Int64s:
        """`::` before more of its segment, or behind the name of a directive (`.. note::`)."""
        colons = colons.compress(self.marks.behind(colons) == ord(":"))
        begins, _ = self.marks.segments(colons)
        is_directive = (self.marks.before(begins) == ord(" ")) & (begins < colons)
        for by in (2, 3):
            is_directive &= self.marks.before(begins, by) == ord(".")
        scopes: Int64s = colons[~IS_SEPARATOR.take(self.marks.behind(colons, 2)) | is_directive]
        return scopes

    def _hexadecimal(self) -> Int64s:
        """The begins of segments of five or more groups of hexadecimal digits, some decimal."""
        hyphens = self.marks.of(HYPHEN)
        inner = IS_HEXADECIMAL.take(self.marks.before(hyphens))
        inner &= IS_HEXADECIMAL.take(self.marks.behind(hyphens))
        hyphens = hyphens.compress(inner)
        at = np.searchsorted(self.marks.separators, hyphens)
        at = np.unique(at[:-3][at[3:] == at[:-3]])
        begins, ends = self.marks.separators.take(at - 1) + 1, self.marks.separators.take(at)
        found = [
            _GROUPS.fullmatch(self.marks.text, begin, end) is not None
            for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
        ]
        return begins[found]

    def _roles(self) -> Spans:
        """`:role:` before a code span."""
        ticks = self.marks.of(TICK)
        ticks = ticks.compress(self.marks.before(ticks) == ord(":"))
        begins, _ = self.marks.segments(ticks - 1)
        kept = (self.marks.raw.take(begins) == ord(":")) & (ticks - begins > 2)
        return begins.compress(kept), ticks.compress(kept)

    def _calls_and_variables(self) -> Iterator[Spans]:
        parens = self.marks.of(PAREN)
        calls = parens.compress(
            IS_WORD.take(self.marks.before(parens)) & FOLLOWS_CALL.take(self.marks.behind(parens))
        )
        at = np.searchsorted(self.marks.separators, calls)
        yield self.marks.separators.take(at - 1) + 1, calls
        dollars = self.marks.of(DOLLAR)
        dollars = dollars.compress(self.marks.behind(dollars) == ord("{"))
        yield (
            dollars,
            self.marks.separators.take(np.searchsorted(self.marks.separators, dollars + 2)),
        )

    def _camels(self) -> Spans:
        """A small letter and a capital behind it."""
        raw = self.marks.raw
        capital: Bools = raw - A_CAPITAL < LETTERS
        if self.marks.flat.has_letters:
            capital |= raw == UPPER_LETTER
        places = np.flatnonzero(capital)
        places = places.compress(IS_SMALL.take(self.marks.before(places)))
        return places - 1, places + 1

    def _entities(self) -> Spans:
        begins = self.marks.of(AMPERSAND)
        names = begins + 1 + (self.marks.behind(begins) == ord("#"))
        ahead = self.marks.raw.take(names[:, None] + np.arange(LONGEST_ENTITY + 1), mode="clip")
        size = (~IS_ASCII_ALPHANUMERIC.take(ahead)).argmax(axis=1)
        ends = names + size
        kept = np.flatnonzero((size > 0) & (self.marks.behind(ends, 0) == ord(";")))
        return begins.take(kept), ends.take(kept) + 1

    def _links(self) -> Spans:
        """What stands in the brackets behind `]`; if they are not closed, what begins there."""
        targets = self.marks.of(BRACKET)
        targets = targets.compress(self.marks.behind(targets) == ord("(")) + 2
        closing = np.append(self.marks.of(CLOSING), len(self.marks.raw))
        feeds = self.marks.lines.feeds
        ends = closing.take(np.searchsorted(closing, targets))
        is_open = (ends > feeds.take(np.searchsorted(feeds, targets))) | (ends == targets)
        segments = self.marks.separators.take(np.searchsorted(self.marks.separators, targets))
        return targets, np.where(is_open, segments, ends)

    def _tags(self) -> Spans:
        less, greater = self.marks.of(LESS), self.marks.of(GREATER)
        at = np.searchsorted(greater, less)
        closed = at < len(greater)
        closed[:-1] &= np.append(greater, 0).take(at[:-1]) < less[1:]
        starts, ends = less.compress(closed), greater.take(at.compress(closed))
        kept = FOLLOWS_LESS.take(self.marks.behind(starts))
        kept &= self.marks.lines.block_of(starts) == self.marks.lines.block_of(ends)
        starts, ends = starts.compress(kept), ends.compress(kept)
        if not starts.size:
            return starts, ends
        first, last = self.marks.behind(starts), self.marks.before(ends)
        accepted = (first == ord("/")) | (first == ord("!")) | (first == ord("?"))
        accepted |= last == ord("/")
        accepted |= self.marks.all_between(starts + 1, ends, ~IS_SPACE)
        accepted |= stands_between(starts, ends, self.marks.of(EQUALS))
        return starts.compress(accepted), ends.compress(accepted) + 1

    @cached_property
    def _enclosed(self) -> dict[str, Spans]:
        """What stands between what opens and closes it, by rule (see `rules.enclosed`)."""
        found: dict[str, list[tuple[int, int]]] = {"math": [], "tag": []}
        for rule, begin, end in enclosed(self._events()):
            found[rule].append((begin, end))
        spans = {rule: np.array(each, np.int64).reshape(-1, 2) for rule, each in found.items()}
        return {rule: (each[:, 0].copy(), each[:, 1].copy()) for rule, each in spans.items()}

    def _events(self) -> Iterator[Event]:
        """What may open or close something in a block."""
        marks = self.marks
        less, greater, commands = marks.of(LESS), marks.of(GREATER), marks.of(BACKSLASH)
        is_end = marks.behind(less) == ord("/")
        first, second = marks.behind(less + is_end), marks.behind(less + is_end, 2)
        places = np.concatenate(
            (
                less.compress(_BEGINS_EVENT[first, second]),
                commands.compress(_BEHIND_BACKSLASH.take(marks.behind(commands))),
                greater.compress(marks.before(greater) == ord("-")) - 2,
            )
        )
        places.sort()
        breaks = np.append(marks.lines.breaks, len(marks.text))
        blocks = np.searchsorted(breaks, places)
        ends = breaks.take(blocks)
        at = 0
        for place, block, end in zip(places.tolist(), blocks.tolist(), ends.tolist(), strict=True):
            match = _EVENT.match(marks.text, place, end) if place >= at else None
            if match:
                at = match.end()
                kind = match.lastgroup or ""
                yield Event(block, kind, match[kind].decode("ascii"), place, at)

    def _matches(self, pattern: "re.Pattern[str]") -> Spans:
        in_bytes = _bytes_pattern(pattern.pattern)
        found = [match.span() for match in in_bytes.finditer(self.marks.text)]
        spans = np.array(found, np.int64).reshape(-1, 2)
        return spans[:, 0].copy(), spans[:, 1].copy()


_GROUPS = re.compile(b"(?=[a-fA-F-]*[0-9])[0-9a-fA-F]+(?:-[0-9a-fA-F]+){4,}")
_EVENT = re.compile(EVENT.pattern.encode("latin-1"))
_BEHIND_BACKSLASH = byte_set(b"be([)]")
_BEGINS_EVENT = np.zeros((256, 256), np.bool_)  # by the first two characters behind `<` or `</`
for _name in ("!-", *ELEMENTS):
    _BEGINS_EVENT[ord(_name[0]), ord(_name[1])] = True


@lru_cache(maxsize=16)
def _bytes_pattern(pattern: str) -> "re.Pattern[bytes]":
    return re.compile(pattern.encode("ascii"))
