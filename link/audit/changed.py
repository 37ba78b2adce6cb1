"""A record that is not what it should be, in words."""

from functools import cached_property

import numpy as np

from link.audit.explain import around, first_difference, shown, why
from link.audit.recompute import AuditContext
from link.audit.rows import columns_that_differ
from link.audit.units import Unit
from link.errors import place_of
from link.run.job import Job, finder_of
from link.shards.batch import Batch, Piece
from link.shards.fields import Fields, path_of
from link.shards.formats import JSONL, TEXT
from link.shards.jsonl import BLANKS, BOM, JsonLines
from link.shards.rows import Rows
from link.shards.source import Source
from link.shards.text import PlainText


class PieceOrigin:
    """A piece of the original; `lines`: how many lines or rows come before it."""

    def __init__(self, job: Job, piece: Piece, lines: int) -> None:
        self._job = job
        self._piece = piece
        self._lines = lines

    @cached_property
    def _batch(self) -> Batch:
        return finder_of(self._job, placed=True).find(self._piece.content, self._piece.first)

    def place(self, unit: Unit) -> str:
        """Where in the original the record of a unit stands."""
        if unit.record is None:
            return f"{unit.place} of the output as it should be"
        if self._job.source == JSONL:
            number = self._numbers[unit.record]
        elif self._job.source == TEXT:
            number = int(self._batch.places[0].line[unit.record])
        else:
            bad = {record.number - 1 for record in self._batch.bad}
            good = [n for n in range(self._batch.lines) if n not in bad]
            return place_of(self._lines + good[unit.record] + 1, None) + " of the original"
        return f"line {self._lines + number + 1} of the original"

    @cached_property
    def _numbers(self) -> list[int]:
        """Of each good record of JSON Lines, its line in the piece."""
        content = self._piece.content
        assert isinstance(content, bytes), "JSON Lines are bytes"
        bad = {record.number - 1 for record in self._batch.bad}
        lines = content.removeprefix(BOM if self._piece.first else b"").split(b"\n")
        return [n for n, line in enumerate(lines) if line.strip(BLANKS) and n not in bad]

    def documents(self, record: int) -> dict[str, tuple[bytes, int]]:
        """The documents of a record by field: text in UTF-8, and key."""
        names = finder_of(self._job, placed=True).names
        return {
            names[int(places.field[n])]: (bytes(block.texts[n]), int(block.keys[n]))
            for block, places in zip(self._batch.blocks, self._batch.places, strict=True)
            for n in np.flatnonzero(places.record == record).tolist()
        }


class Changes:
    """Tells what is wrong with the records of one output."""

    def __init__(self, job: Job, out: Source, context: AuditContext) -> None:
        self._job = job
        self._context = context
        texts = tuple(dict.fromkeys(job.fields.texts))
        self._finder: JsonLines | PlainText | Rows
        if job.target == JSONL:
            self._finder = JsonLines(Fields(texts), placed=True)
        elif job.target == TEXT:
            self._finder = PlainText(Fields(texts[:1]), job.document)
        else:
            self._finder = Rows(Fields(texts), out.schema, placed=True)

    def of(self, expected: Unit, actual: Unit, origin: PieceOrigin) -> str:
        """What is wrong with a record that stands where another should, in words."""
        if expected.record is None:
            return f"the line should be blank, but holds {around(actual.key, 0)}"
        outside = self._outside(expected, actual)
        if outside:
            return outside
        mine, theirs = self._texts(expected), self._texts(actual)
        for name, text in mine.items():
            if theirs.get(name) != text:
                of = f"field {name!r}: " if len(self._finder.names) > 1 else ""
                return of + self._why(expected, origin, name, text, theirs.get(name))
        if expected.row is not None:
            return difference_in(expected, actual, _columns(expected, actual)[0])
        at = first_difference(expected.key, actual.key)
        return (
            f"the same text, but written differently: {around(expected.key, at)} became "
            f"{around(actual.key, at)}"
        )

    def _outside(self, expected: Unit, actual: Unit) -> str | None:
        """What differs outside the texts."""
        if expected.row is not None:
            texts = {path_of(name)[0] for name in self._job.fields.texts}
            names = _columns(expected, actual)
            others = [name for name in names if name not in texts]
            return difference_in(expected, actual, others[0]) if others else None
        batches = [self._batch(unit) for unit in (expected, actual)]
        for record in batches[1].bad:
            return f"is not a record any more: {record.reason}"
        mine, theirs = map(_without_texts, batches)
        if mine == theirs:
            return None
        at = first_difference(mine, theirs)
        return f"bytes outside the text differ: {around(mine, at)} became {around(theirs, at)}"

    def _batch(self, unit: Unit) -> Batch:
        content = unit.key if unit.row is None else unit.row
        return self._finder.find(content, unit.byte == 0)

    def _texts(self, unit: Unit) -> dict[str, bytes]:
        batch = self._batch(unit)
        return {
            self._finder.names[int(places.field[n])]: bytes(block.texts[n])
            for block, places in zip(batch.blocks, batch.places, strict=True)
            for n in range(len(block.starts))
        }

    def _why(
        self, expected: Unit, origin: PieceOrigin, name: str, text: bytes, actual: bytes | None
    ) -> str:
        if actual is None:
            return "the text is gone"
        assert expected.record is not None, "blank lines have no text"
        original, key = origin.documents(expected.record).get(name, (text, None))
        context = self._context
        return why(original, key, actual, context.headwords(), context.policy)


def difference_in(expected: Unit, actual: Unit, name: str) -> str:
    """What a column of a row holds, and what it should hold."""
    return f"column {name!r} should hold {_value(expected, name)}, not {_value(actual, name)}"


def _value(unit: Unit, name: str) -> str:
    assert unit.row is not None, "rows are compared"
    try:
        value = unit.row.column(name)[0].as_py()
    except (UnicodeDecodeError, ValueError, OverflowError):
        value = unit.key[unit.row.schema.names.index(name)]
    return shown(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))


def _columns(expected: Unit, actual: Unit) -> list[str]:
    assert expected.row is not None, "rows are compared"
    return columns_that_differ(expected.row.schema.names, expected.key, actual.key)


def _without_texts(batch: Batch) -> bytes:
    [block] = batch.blocks
    data = bytes(block.data)
    parts: list[bytes] = []
    at = 0
    for start, end in zip(block.starts.tolist(), block.ends.tolist(), strict=True):
        parts.append(data[at:start])
        at = end
    return b"".join([*parts, data[at:]])
