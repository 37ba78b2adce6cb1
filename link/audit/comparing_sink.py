"""A sink that compares what is put into it with an output that is there."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa

from link.audit.changed import Changes, PieceOrigin
from link.audit.differences import Differences
from link.audit.recompute import AuditContext, AuditJob
from link.audit.units import BytesSide, RowsSide, Side, Unit, differing
from link.block import Int64s
from link.run.job import Done, Job
from link.run.shards import DoPieces, Each
from link.run.task import Task
from link.shards.batch import Piece
from link.shards.formats import PARQUET
from link.shards.rows import size_of
from link.shards.source import Source

LEAST_PATIENCE = 100
"""How many differences of a shard are looked for at least, before it is given up."""


class TooDifferentError(Exception):
    """The output has so many differences that the rest of it is not compared."""


class ComparingSink:
    """Takes what should be in the output, and compares it with what is."""

    def __init__(
        self, task: Task, job: Job, out: Source, context: AuditContext, differences: Differences
    ) -> None:
        self._task, self._job, self._differences = task, job, differences
        self._changes = Changes(job, out, context)
        self._origins: deque[tuple[int, PieceOrigin]] = deque()  # of what waits
        self._waiting: deque[Any] = deque()
        self._records = self._lines = 0  # before this piece
        self._piece_records = 0
        self._groups: list[tuple[int, object]] = [(0, None)]  # of the output, the last one open
        self._wanted: list[tuple[int, object]] = [(0, None)]
        more = self._waiting.popleft
        there = self._contents(out)
        side = (
            RowsSide
            if job.gives_rows
            else partial(BytesSide, task.output.format, task.input.document)
        )
        self._actual: Side = side(partial(next, there, None))
        self._expected: Side = side(lambda: more() if self._waiting else None)
        self.is_at_end = False

    def watching(self, do_pieces: DoPieces[Done]) -> DoPieces[Done]:
        """The same, remembering which piece of the original the next content comes from."""

        def each(job: Any, pieces: Iterable[Piece]) -> Each[Done]:
            for piece, done in do_pieces(AuditJob(job), pieces):
                self._origins.append((self._records, PieceOrigin(self._job, piece, self._lines)))
                self._piece_records = done.totals.records_written
                yield piece, done
                self._records += self._piece_records
                self._lines += done.lines
                if not self._expected.peek(1):
                    self._origins.clear()

        return each

    def write(self, content: Any, sizes: Int64s | None = None) -> int:
        if isinstance(content, pa.RecordBatch):
            size = size_of(content)
            _count(self._wanted, len(content))
        else:
            content = b"".join(map(memoryview, content))
            size = len(content)
        if self._expected.peek(1) or not self._actual.take_same(content):
            self._waiting.append(content)
            self._settle(last=False)
        else:
            self._expected.pass_over(content, self._piece_records)
        return size

    def end_group(self, metadata: pa.KeyValueMetadata | None = None) -> None:
        self._wanted[-1] = self._wanted[-1][0], metadata and dict(metadata)
        self._wanted.append((0, None))

    def close(self) -> None:
        before = self._differences.count
        self._settle(last=True)
        self.is_at_end = True
        task = self._task
        if not self._job.keeps_rows or task.input.format != task.output.format:
            return
        if self._differences.count == before:
            wanted, groups = self._wanted[:-1], self._groups[:-1]
            if task.output.format == PARQUET:  # which has no empty ones
                wanted, groups = ([one for one in each if one[0]] for each in (wanted, groups))
            if wanted != groups:
                name = "row groups" if task.output.format == PARQUET else "record batches"
                self._differences.add(
                    str(task.output.path),
                    f"the {name} are not those of the original: {_sizes(groups)} instead of "
                    f"{_sizes(wanted)} rows",
                )

    def abandon(self) -> None:
        """There is nothing to let go of."""

    def _contents(self, out: Source) -> Iterator[Any]:
        for piece in out.pieces():
            _count(self._groups, len(piece.content))
            if piece.ends_group:
                self._groups[-1] = self._groups[-1][0], piece.metadata and dict(piece.metadata)
                self._groups.append((0, None))
            yield piece.content

    def _settle(self, *, last: bool) -> None:
        where = str(self._task.output.path)
        most = max(self._differences.most, LEAST_PATIENCE)
        for mine, theirs in differing(self._expected, self._actual, last=last):
            if self._differences.count >= most:
                raise TooDifferentError
            if self._differences.is_full:
                self._differences.count += 1
            elif mine is None:
                assert theirs is not None, "one of both is there"
                what = f"the {theirs.name} does not belong here"
                self._differences.add(f"{where}: {theirs.place}", what)
            elif theirs is None:
                origin, unit = self._origin_of(mine)
                self._differences.add(
                    f"{where}: {origin.place(unit)}", f"the {mine.name} is missing"
                )
            else:
                origin, unit = self._origin_of(mine)
                what = self._changes.of(unit, theirs, origin)
                self._differences.add(f"{where}: {theirs.place}", what)

    def _origin_of(self, unit: Unit) -> tuple[PieceOrigin, Unit]:
        """The piece that a unit comes from, and the unit with its record's number in that."""
        if unit.record is None:
            return self._origins[-1][1], unit
        first, origin = next(each for each in reversed(self._origins) if each[0] <= unit.record)
        return origin, replace(unit, record=unit.record - first)


def _count(groups: list[tuple[int, object]], rows: int) -> None:
    groups[-1] = groups[-1][0] + rows, groups[-1][1]


def _sizes(groups: list[tuple[int, object]]) -> str:
    shown = ", ".join(str(rows) for rows, _ in groups[:8])
    return f"{shown}{', …' if len(groups) > 8 else ''}" or "no"
