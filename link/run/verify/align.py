"""Records beside records: which of those that should be there are missing, changed or too many.

Both sides come as units (a line, a paragraph with its lines, a row) and are walked through side by
side. Where two differ, a few units ahead tell whether one was left out or put in.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import pyarrow as pa

from link.errors import place_of
from link.shards.formats import COLUMNAR, TEXT
from link.shards.text import LINE, PARAGRAPH

AHEAD = 50
"""How many units are looked at on either side."""
_REMEMBERED = 1 << 16  # hashes of units that stood where they should
_BLANKS = b" \t\r\n\v\f"


@dataclass(frozen=True, slots=True)
class Unit:
    """A line, paragraph or row. `key`: its bytes, or what stands for a row.

    `number`, `byte`: line and offset where it begins (of a row its number, and None), from 1 and 0.
    `record`: which of the records of its piece it is; None for a blank line. `origin`: the piece of
    the original that it must come from. `row`: a row as it is.
    """

    key: Any
    number: int
    byte: int | None
    record: int | None = None
    origin: "Origin | None" = None
    row: pa.RecordBatch | None = None

    @property
    def place(self) -> str:
        return place_of(self.number, self.byte)

    @property
    def origin_place(self) -> str:
        """Where it stands in the original."""
        return self.place if self.origin is None else self.origin.place(self)


class Origin(Protocol):
    """A piece of the original."""

    def place(self, unit: Unit) -> str:
        """Where in the original the record of a unit stands."""


def units_of(
    content: bytes,
    container: str,
    document: str,
    line: int,
    byte: int,
    origin: Origin | None = None,
) -> Iterator[Unit]:
    """The units of some bytes that begin at a line (from 1) and offset of their file."""
    assert container not in COLUMNAR, "rows are no bytes"
    record = 0
    for raw in _split(content, container, document):
        blank = not raw.removeprefix(b"\xef\xbb\xbf" if byte == 0 else b"").strip(_BLANKS)
        yield Unit(raw, line, byte, None if blank else record, origin)
        record += not blank
        line += raw.count(b"\n")
        byte += len(raw)


def _split(content: bytes, container: str, document: str) -> Iterator[bytes]:
    if container == TEXT and document not in (LINE, PARAGRAPH):
        if content:  # a bad file leaves none
            yield content
        return
    paragraph: list[bytes] = []
    begin = 0
    while begin < len(content):
        end = content.find(b"\n", begin) + 1 or len(content)
        raw = content[begin:end]
        begin = end
        if container == TEXT and document == PARAGRAPH and raw.strip(_BLANKS):
            paragraph.append(raw)
            continue
        if paragraph:
            yield b"".join(paragraph)
            paragraph = []
        yield raw
    if paragraph:
        yield b"".join(paragraph)


class Alignment:
    """Walks through expected units, as they come, and actual ones.

    `changed` says in words what is different between two units that stand for one another; it is
    called for those alone that will be `shown`.
    """

    def __init__(
        self,
        actual: Iterable[Unit],
        changed: Callable[[Unit, Unit], str],
        is_shown: Callable[[int], bool],
    ) -> None:
        self._actual = iter(actual)
        self._expected: deque[Unit] = deque()
        self._ahead: deque[Unit] = deque()
        self._changed = changed
        self._is_shown = is_shown
        self._events: list[tuple[str, Unit, str]] = []
        self._seen: dict[int, Unit] = {}
        self._gone: dict[int, Unit] = {}  # missing, by the hashes of their keys
        self._come: set[int] = set()  # too many
        self.count = 0

    def feed(self, units: Iterable[Unit], *, last: bool = False) -> None:
        """Go on with more of what should be there. `last`: that was all."""
        self._expected.extend(units)
        while self._expected:
            self._look_ahead()
            if not self._ahead:
                break
            mine, theirs = self._expected[0], self._ahead[0]
            if mine.key == theirs.key:
                self._remember(mine)
                self._expected.popleft()
                self._ahead.popleft()
            elif len(self._expected) < AHEAD and not last:
                return
            else:
                self._settle()
        if last:
            while self._expected:
                self._note("missing", self._expected.popleft())
            while self._ahead or self._look_ahead():
                self._note("extra", self._ahead.popleft())

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits on either side."""
        return not self._expected and not self._ahead

    @property
    def waits(self) -> bool:
        """Whether something expected has not been found yet."""
        return bool(self._expected)

    @property
    def kept(self) -> int:
        """How many of all differences can be told."""
        return len(self._events)

    def release(self) -> list[Unit]:
        """The actual units that were looked at ahead; they are given back."""
        units = list(self._ahead)
        self._ahead.clear()
        return units

    def _look_ahead(self) -> bool:
        self._ahead.extend(islice(self._actual, max(0, AHEAD - len(self._ahead))))
        return bool(self._ahead)

    def _settle(self) -> None:
        """Two units differ: one changed, or some left out or put in."""
        mine, theirs = self._expected[0], self._ahead[0]
        if hash(mine.key) in self._come or hash(theirs.key) in self._gone:
            self._exchange()
            return
        left_out = _find(theirs, self._expected)
        put_in = _find(mine, self._ahead)
        goes_on = [each[1].key for each in (self._expected, self._ahead) if len(each) > 1]
        if (left_out > 1 or put_in > 1) and len(goes_on) == 2 and goes_on[0] == goes_on[1]:
            self._exchange()
        elif left_out and (not put_in or left_out <= put_in):
            for _ in range(left_out):
                self._note("missing", self._expected.popleft())
        elif put_in:
            for _ in range(put_in):
                self._note("extra", self._ahead.popleft())
        else:
            self._expected.popleft()
            self._ahead.popleft()
            shown = self._is_shown(self.count)
            self._note("changed", theirs, self._changed(mine, theirs) if shown else "")

    def _exchange(self) -> None:
        """One stands in the other's place."""
        self._note("missing", self._expected.popleft())
        self._note("extra", self._ahead.popleft())

    def _note(self, kind: str, unit: Unit, what: str = "") -> None:
        if self._is_shown(self.count):
            self._events.append((kind, unit, what))
            if kind == "missing":
                self._gone[hash(unit.key)] = unit
            elif kind == "extra":
                self._come.add(hash(unit.key))
        self.count += 1

    def _remember(self, unit: Unit) -> None:
        if unit.record is not None:
            if len(self._seen) >= _REMEMBERED:
                self._seen.pop(next(iter(self._seen)))
            self._seen[hash(unit.key)] = unit

    def differences(self) -> Iterator[tuple[str, str]]:
        """Where and what, of all that are shown; a unit both missing and too many was moved."""
        for kind, unit, what in self._events:
            name = "row" if unit.byte is None else "record" if unit.record is not None else "line"
            key = hash(unit.key)
            if kind == "changed":
                yield unit.place, what
            elif kind == "missing" and key not in self._come:
                yield unit.origin_place, f"the {name} is missing"
            elif kind == "extra" and key in self._gone:
                yield unit.place, f"the {name} was moved; it is {self._gone[key].origin_place}"
            elif kind == "extra" and key in self._seen:
                yield unit.place, f"the {name} stands there twice, first at {self._seen[key].place}"
            elif kind == "extra":
                yield unit.place, f"the {name} is none of the original's"


def _find(unit: Unit, among: deque[Unit]) -> int:
    """How far ahead a unit stands; 0 if it does not."""
    return next((n for n, one in enumerate(islice(among, 1, None), 1) if one.key == unit.key), 0)
