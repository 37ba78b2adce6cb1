"""One shard: is its output the original, but for the swaps that the run licenses?

Both files are read to their ends. What the reference kernel makes of the original is compared with
the output's own bytes, or rows, unit by unit and in order.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from link.errors import LinkError, ShardError, place_of, shortage, unforeseen
from link.policy import Policy
from link.report.counts import Totals
from link.run.job import Done, Job
from link.run.shard import File, Task, content_of, job_of, open_source
from link.run.verify.align import Alignment, Unit, units_of
from link.run.verify.changed import Changes, PieceOrigin
from link.run.verify.differences import Differences
from link.run.verify.expected import Known
from link.run.verify.quarantine import SetAside
from link.run.verify.rows import Actual, are_same, unit_of
from link.run.verify.sidecar import SidecarCheck
from link.run.verify.workers import Recompute
from link.shards.arrow import ArrowSource
from link.shards.batch import Piece
from link.shards.fields import path_of
from link.shards.formats import PARQUET
from link.shards.parquet import ParquetSink, ParquetSource
from link.shards.quarantine import FAIL
from link.shards.rows import size_of
from link.shards.sink import decoded_schema
from link.shards.source import Source


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of a shard: its files as they are, and its totals, recounted."""

    input: File
    output: File
    totals: Totals
    swaps: File | None


def verify_shard(
    task: Task,
    recompute: Recompute,
    known: Known,
    policy: Policy,
    differences: Differences,
    progress: Callable[[int], object],
) -> Verified | None:
    """Compare a shard with its output; None if that could not be done to the end."""
    assert task.output is not None, "what is verified is a file"
    try:
        with (
            open_source(task, progress) as source,
            Source(
                str(task.output), task.format_out, task.codec_out, document=task.document
            ) as out,
        ):
            job = job_of(task, source)
            job.check()
            return _Verification(task, job, source, out, known, policy, differences).run(recompute)
    except ShardError as error:
        differences.add(str(task.output), f"cannot be compared: {error}")
    except (OSError, MemoryError, pa.ArrowException) as error:
        told = shortage(error) or error
        differences.add(str(task.output), f"cannot be compared: {task.path}: {told}")
    except LinkError:
        raise
    except Exception as error:  # one bad shard never stops the rest
        differences.add(str(task.output), f"cannot be compared: {unforeseen(error)}")
    return None


@dataclass
class _Verification:
    task: Task
    job: Job
    source: Source
    out: Source
    known: Known
    policy: Policy
    differences: Differences
    totals: Totals = field(default_factory=Totals)

    def run(self, recompute: Recompute) -> Verified | None:
        task = self.task
        if not self._same_container():
            return None
        changes = Changes(self.job, self.out, self.known, self.policy)
        compared = _RowsSide(self, changes) if self.job.gives_rows else _BytesSide(self, changes)
        sidecar = SidecarCheck(task.swaps, self.differences)
        aside = SetAside(task, self.differences)
        lines = read_bytes = 0
        for piece, done in recompute(self.job, self.source.pieces()):
            if done.bad and task.on_error == FAIL:
                first = done.bad[0]
                byte = None if first.byte is None else first.byte + read_bytes
                place = place_of(first.number + lines, byte)
                self.differences.add(
                    f"{task.path}: {place}",
                    f"is a bad record ({first.reason}), so that its shard should have failed",
                )
                return None
            if done.bad:
                aside.expect(piece, done, lines, read_bytes, self.totals)
            sidecar.expect(done.swaps, self.totals.records_written, lines)
            compared.take(piece, done, lines)
            self.totals.add(done.totals)
            lines += done.lines
            content = piece.content
            size = len(content) if isinstance(content, bytes) else size_of(content)
            self.totals.bytes_in += size
            read_bytes += size
        compared.end()
        aside.end()
        swaps = sidecar.end()
        assert task.output is not None, "what is verified is a file"
        return Verified(
            File(task.path, self.source.size_bytes, self.source.sha256),
            File(task.output.name, self.out.size_bytes, self.out.sha256),
            self.totals,
            swaps,
        )

    def _same_container(self) -> bool:
        """Whether schema, metadata and kind of the container are what they should be."""
        if not self.job.gives_rows:
            return True
        where = str(self.task.output)
        mine, theirs = self.source.columnar, self.out.columnar
        assert theirs is not None, "rows come from columns"
        wanted = self.job.out_schema
        if self.task.format_in != self.task.format_out:
            is_parquet = self.task.format_out == PARQUET
            wanted = _as_parquet_reads(wanted) if is_parquet else decoded_schema(wanted)
        if not wanted.equals(theirs.schema, check_metadata=True):
            self.differences.add(
                where,
                f"the schema differs: it should be {_oneline(wanted)}, not "
                f"{_oneline(theirs.schema)}",
            )
            return False
        if self.task.format_in == self.task.format_out:
            for name, one, other in self._told_of(mine, theirs):
                if one != other:
                    self.differences.add(where, f"{name} should be {one!r}, not {other!r}")
        return True

    def _told_of(self, mine: object, theirs: object) -> Iterator[tuple[str, object, object]]:
        """What a container of columns says of itself: name, original's, output's."""
        if isinstance(mine, ArrowSource) and isinstance(theirs, ArrowSource):
            yield "whether it is an Arrow file", mine.is_file, theirs.is_file
            yield "the metadata", _dict(mine.metadata), _dict(theirs.metadata)
            if not self.task.inner:
                yield "the compression", mine.codec, theirs.codec
        if isinstance(mine, ParquetSource) and isinstance(theirs, ParquetSource):
            texts = [path_of(name) for name in self.task.fields.texts]
            one, other = mine.settings(texts), theirs.settings(texts)
            for name in ("key_values", "store_schema"):
                yield name, one[name], other[name]
            if not self.task.inner and "compression" in one and "compression" in other:
                yield "the compression", one["compression"], other["compression"]


def _as_parquet_reads(schema: pa.Schema) -> pa.Schema:
    """The schema of a Parquet file that was written with it; items of lists are named anew."""
    file = io.BytesIO()
    ParquetSink(file, schema, {}).close()
    return pq.read_schema(file)


def _dict(metadata: pa.KeyValueMetadata | None) -> dict[bytes, bytes] | None:
    return dict(metadata) if metadata else None


def _oneline(schema: pa.Schema) -> str:
    fields = ", ".join(f"{field.name}: {field.type}" for field in schema)
    return f"({fields}) with metadata {schema.metadata}" if schema.metadata else f"({fields})"


class _BytesSide:
    """An output of bytes."""

    def __init__(self, verification: _Verification, changes: Changes) -> None:
        self._verification = verification
        task, out = verification.task, verification.out
        self._form = (task.format_out, task.document)

        def actual() -> Iterator[Unit]:
            line, byte = 1, 0
            for piece in out.pieces():
                yield from units_of(piece.content, *self._form, line, byte)
                line += piece.content.count(b"\n")
                byte += len(piece.content)

        self._alignment = _alignment(verification, changes, actual())
        self._line, self._byte = 1, 0

    def take(self, piece: Piece, done: Done, lines: int) -> None:
        content = b"".join(map(memoryview, done.content))
        origin = PieceOrigin(self._verification.job, piece, lines)
        self._alignment.feed(units_of(content, *self._form, self._line, self._byte, origin))
        self._line += content.count(b"\n")
        self._byte += len(content)
        self._verification.totals.bytes_out += len(content)

    def end(self) -> None:
        self._alignment.feed([], last=True)
        _report(self._verification, self._alignment)


class _RowsSide:
    """An output of rows."""

    def __init__(self, verification: _Verification, changes: Changes) -> None:
        self._verification = verification
        self._groups: list[tuple[int, object]] = [(0, None)]  # of the output, the last one open
        self._wanted: list[tuple[int, object]] = [(0, None)]
        self._actual = Actual(self._batches(verification.out))
        self._alignment = _alignment(verification, changes, self._actual)
        self._rows = 0

    def _batches(self, out: Source) -> Iterator[pa.RecordBatch]:
        for piece in out.pieces():
            _grouped(self._groups, len(piece.content), piece)
            yield piece.content

    def take(self, piece: Piece, done: Done, lines: int) -> None:
        job = self._verification.job
        rows, _ = content_of(job, piece, done)
        _grouped(self._wanted, len(rows), piece)
        self._verification.totals.bytes_out += size_of(rows)
        if not self._alignment.is_idle or not are_same(rows, self._actual.look(len(rows))):
            origin = PieceOrigin(job, piece, lines)
            self._alignment.feed(
                unit_of(rows, index, self._rows + index + 1, index, origin)
                for index in range(len(rows))
            )
            if not self._alignment.waits:
                self._actual.put_back(self._alignment.release())
        else:
            self._actual.skip(len(rows))
        self._rows += len(rows)

    def end(self) -> None:
        self._alignment.feed([], last=True)
        _report(self._verification, self._alignment)
        task = self._verification.task
        if task.format_in == task.format_out and not self._alignment.count:
            wanted, groups = self._wanted[:-1], self._groups[:-1]
            if task.format_out == PARQUET:  # which has no empty ones
                wanted, groups = ([one for one in each if one[0]] for each in (wanted, groups))
            if wanted != groups:
                name = "row groups" if task.format_out == PARQUET else "record batches"
                self._verification.differences.add(
                    str(task.output),
                    f"the {name} are not those of the original: {_sizes(groups)} instead of "
                    f"{_sizes(wanted)} rows",
                )


def _grouped(groups: list[tuple[int, object]], rows: int, piece: Piece) -> None:
    groups[-1] = groups[-1][0] + rows, piece.metadata and dict(piece.metadata)
    if piece.ends_group:
        groups.append((0, None))


def _sizes(groups: list[tuple[int, object]]) -> str:
    shown = ", ".join(str(rows) for rows, _ in groups[:8])
    return f"{shown}{', …' if len(groups) > 8 else ''}" or "no"


def _alignment(verification: _Verification, changes: Changes, actual: Iterable[Unit]) -> Alignment:
    differences = verification.differences
    return Alignment(actual, changes.of, lambda count: differences.count + count < differences.most)


def _report(verification: _Verification, alignment: Alignment) -> None:
    where = str(verification.task.output)
    for place, what in alignment.differences():
        verification.differences.add(f"{where}: {place}", what)
    verification.differences.count += max(0, alignment.count - alignment.kept)
