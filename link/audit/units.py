"""Lines, paragraphs or rows of an output beside those it should have, in order.

Pieces that are the same are passed over at once. Where they differ, both sides are cut into units,
and a look at some units ahead tells which were changed, left out or put in.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, zip_longest
from typing import Any

import pyarrow as pa

from link.audit.rows import are_same, key_of
from link.errors import place_of
from link.shards.formats import TEXT
from link.shards.text import LINE, PARAGRAPH

AHEAD = 50
"""How many units are looked at on either side."""
_BLANKS = b" \t\r\n\v\f"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Unit:
    """A line, paragraph or row. `key`: its bytes, or what stands for a row's values.

    `number`, `byte`: line and offset where it begins (of a row its number, and None), from 1 and 0.
    `record`: which of the side's records it is, from 0; None for a blank line.
    """

    key: Any
    number: int
    byte: int | None
    record: int | None = None
    row: pa.RecordBatch | None = None

    @property
    def place(self) -> str:
        return place_of(self.number, self.byte)

    @property
    def name(self) -> str:
        return "row" if self.byte is None else "line" if self.record is None else "record"


class BytesSide:
    """The units of bytes of one side that are left."""

    def __init__(self, container: str, document: str, more: Callable[[], bytes | None]) -> None:
        """`more`: gives further bytes, whole units of them; None if there are none for now."""
        self._more = more
        self._form = container, document
        self._data = b""
        self._at = 0  # in the data
        self._line, self._byte, self._record = 1, 0, 0

    def take_same(self, content: bytes) -> bool:
        """Be done with these bytes, if they come next."""
        while len(self._data) - self._at < len(content) and self._fill():
            pass
        is_same = self._data.startswith(content, self._at)
        if is_same:
            self._at += len(content)
            self.pass_over(content, 0)
        return is_same

    def pass_over(self, content: bytes, records: int) -> None:
        """Count bytes, in which so many records are, that never came to this side."""
        self._line += content.count(b"\n")
        self._byte += len(content)
        self._record += records

    def peek(self, count: int) -> list[Unit]:
        """The next units, as many as there are."""
        while True:
            found = list(islice(self._units(), count))
            if len(found) == count or not self._fill():
                return found

    def drop(self, unit: Unit) -> None:
        """Be done with the next unit."""
        self._at += len(unit.key)
        self._byte += len(unit.key)
        self._line += unit.key.count(b"\n")
        self._record += unit.record is not None

    def _fill(self) -> bool:
        more = self._more()
        if more is None:
            return False
        self._data = self._data[self._at :] + more
        self._at = 0
        return True

    def _units(self) -> Iterator[Unit]:
        line, byte, record = self._line, self._byte, self._record
        for raw in _split(self._data, self._at, *self._form):
            blank = not raw.removeprefix(b"" if byte else _BOM).strip(_BLANKS)
            yield Unit(raw, line, byte, None if blank else record)
            line, byte, record = line + raw.count(b"\n"), byte + len(raw), record + (not blank)


def _split(data: bytes, begin: int, container: str, document: str) -> Iterator[bytes]:
    if container == TEXT and document not in (LINE, PARAGRAPH):
        if begin < len(data):  # a bad file leaves none
            yield data[begin:]
        return
    paragraph: list[bytes] = []
    while begin < len(data):
        end = data.find(b"\n", begin) + 1 or len(data)
        raw = data[begin:end]
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


class RowsSide:
    """The rows of one side that are left; as `BytesSide`."""

    def __init__(self, more: Callable[[], pa.RecordBatch | None]) -> None:
        """`more`: gives further rows; None if there are none for now."""
        self._more = more
        self._rest: deque[pa.RecordBatch] = deque()
        self._taken = 0

    def take_same(self, rows: pa.RecordBatch) -> bool:
        """Be done with these rows, if they come next and surely hold the same."""
        is_same = are_same(rows, self._look(len(rows)))
        if is_same:
            self._skip(len(rows))
        return is_same

    def pass_over(self, rows: pa.RecordBatch, records: int) -> None:
        """Count rows that never came to this side."""
        self._taken += len(rows)

    def peek(self, count: int) -> list[Unit]:
        rows = (batch.slice(n, 1) for batch in self._look(count) for n in range(len(batch)))
        return [unit_of(row, self._taken + n) for n, row in enumerate(rows, 1)]

    def drop(self, unit: Unit) -> None:
        self._skip(1)

    def _look(self, count: int) -> list[pa.RecordBatch]:
        """The next rows, as many as there are, which stay where they are."""
        while sum(map(len, self._rest)) < count:
            batch = self._more()
            if batch is None:
                break
            self._rest.append(batch)
        found, left = [], count
        for batch in self._rest:
            if left <= 0:
                break
            found.append(batch.slice(0, left))
            left -= len(found[-1])
        return found

    def _skip(self, count: int) -> None:
        self._taken += count
        while count and self._rest:
            first = self._rest.popleft()
            if len(first) > count:
                self._rest.appendleft(first.slice(count))
                return
            count -= len(first)


def unit_of(row: pa.RecordBatch, number: int) -> Unit:
    """A batch of one row; `number` counts from 1."""
    return Unit(tuple(key_of(column) for column in row.columns), number, None, number - 1, row)


Side = BytesSide | RowsSide
Event = tuple[Unit | None, Unit | None]
"""Units that stand for one another and differ; one that is missing, or one too many."""


def differing(expected: Side, actual: Side, *, last: bool) -> Iterator[Event]:
    """Go through both sides as far as can be told, and give what differs.

    `last`: nothing more comes on the expected side; otherwise fewer than `AHEAD` units of it stay
    where they are if they begin with a difference.
    """
    while mine := expected.peek(AHEAD):
        theirs = actual.peek(AHEAD)
        same = next(
            (
                n
                for n, (one, other) in enumerate(zip(mine, theirs, strict=False))
                if one.key != other.key
            ),
            min(len(mine), len(theirs)),
        )
        if same:
            for unit, other in zip(mine[:same], theirs[:same], strict=True):
                expected.drop(unit)
                actual.drop(other)
            continue
        if len(mine) < AHEAD and not last:
            return
        match = SequenceMatcher(
            None, [unit.key for unit in mine], [unit.key for unit in theirs], autojunk=False
        ).get_matching_blocks()[0]
        ours, others = (match.a, match.b) if match.size else (1, min(1, len(theirs)))
        for one, other in zip_longest(mine[:ours], theirs[:others]):
            if one is not None:
                expected.drop(one)
            if other is not None:
                actual.drop(other)
            yield one, other
    while last and (theirs := actual.peek(AHEAD)):
        for unit in theirs:
            actual.drop(unit)
            yield None, unit
