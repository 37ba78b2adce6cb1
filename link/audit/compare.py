"""One shard of a run beside what it should be.

The shard is substituted once more, as in a run. Its output goes into a sink that compares it with
the bytes, or rows, that are there; its sidecar and quarantine go into a scratch folder, and are
compared afterwards.
"""

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from link.audit.beside import compare_quarantine, compare_sidecar
from link.audit.comparing_sink import ComparingSink, TooDifferentError
from link.audit.differences import Differences, telling
from link.audit.recompute import AuditContext
from link.errors import RecordError
from link.run.counts import Totals
from link.run.job import Done, Job
from link.run.shard import job_of, open_source, transform
from link.run.shards import DoPieces
from link.run.task import File, Task
from link.shards.arrow import ArrowSource
from link.shards.fields import path_of
from link.shards.formats import PARQUET
from link.shards.parquet import ParquetSink, ParquetSource
from link.shards.sidecar import Sidecar
from link.shards.sink import decoded_schema
from link.shards.source import Source


@dataclass(slots=True)
class Compared:
    """What was found of a shard: its files as they are, and its totals, recounted.

    `input` is None if the shard could not be compared to its end.
    """

    differences: Differences
    input: File | None = None
    output: File | None = None
    swaps: File | None = None
    totals: Totals = field(default_factory=Totals)


@dataclass(frozen=True, slots=True)
class ComparisonWork:
    """Compares a shard with its output. `most_differences`: how many are told of in words."""

    most_differences: int

    def do(self, task: Task, context: AuditContext, do_pieces: DoPieces[Done]) -> Compared:
        found = Compared(Differences(self.most_differences))
        where = str(task.output.path)

        def tell(reason: str) -> None:
            found.differences.add(where, f"cannot be compared: {reason}")

        with telling(task.path, tell):
            try:
                _compare(task, context, do_pieces, found)
            except TooDifferentError:
                found.differences.given_up.append(where)
            except RecordError as error:
                found.differences.add(
                    f"{task.path}: {error.place}",
                    f"is a bad record ({error.reason}), so that its shard should have failed",
                )
        return found


def _compare(task: Task, context: AuditContext, do_pieces: DoPieces[Done], found: Compared) -> None:
    output, quarantine = task.output, task.errors.quarantine
    assert output.path is not None, "what is verified is a file"
    where = str(output.path)
    with (
        tempfile.TemporaryDirectory() as folder,
        open_source(task, context.meter.read) as source,
        Source(where, output.format, output.codec, document=task.input.document) as out,
    ):
        scratch = Path(folder)
        own = replace(
            task,
            output=replace(output, swaps=output.swaps and scratch / output.swaps.name),
            errors=replace(task.errors, quarantine=quarantine and scratch / quarantine.name),
        )
        job = job_of(own, source)
        if not _same_container(task, job, source, out, found.differences):
            return
        sink = ComparingSink(task, job, out, context, found.differences)
        with Sidecar(own.output.swaps) as sidecar:
            totals = transform(own, source, job, sink, sink.watching(do_pieces), sidecar)
        if not sink.is_at_end:
            return
        found.swaps = compare_sidecar(task, own, found.differences)
        if quarantine and own.errors.quarantine:
            compare_quarantine(task, quarantine, own.errors.quarantine, found.differences)
        found.totals = totals
        found.input = File(
            task.path,
            source.size_bytes,
            source.sha256,
            content_sha256=source.content_sha256,
        )
        found.output = File(output.path.name, out.size_bytes, out.sha256)


def _same_container(
    task: Task, job: Job, source: Source, out: Source, differences: Differences
) -> bool:
    """Whether schema, metadata and kind of the container are what they should be."""
    if not job.gives_rows:
        return True
    where = str(task.output.path)
    mine, theirs = source.columnar, out.columnar
    assert theirs is not None, "rows come from columns"
    wanted = job.out_schema
    if task.input.format != task.output.format:
        is_parquet = task.output.format == PARQUET
        wanted = _as_parquet_reads(wanted) if is_parquet else decoded_schema(wanted)
    if not wanted.equals(theirs.schema, check_metadata=True):
        differences.add(
            where,
            f"the schema differs: it should be {_oneline(wanted)}, not {_oneline(theirs.schema)}",
        )
        return False
    if task.input.format == task.output.format:
        for name, one, other in _told_of(task, mine, theirs):
            if one != other:
                differences.add(where, f"{name} should be {one!r}, not {other!r}")
    return True


def _told_of(task: Task, mine: object, theirs: object) -> Iterator[tuple[str, object, object]]:
    """What a container of columns says of itself: name, original's, output's."""
    if isinstance(mine, ArrowSource) and isinstance(theirs, ArrowSource):
        yield "whether it is an Arrow file", mine.is_file, theirs.is_file
        yield "the metadata", _dict(mine.metadata), _dict(theirs.metadata)
        if not task.output.inner:
            yield "the compression", mine.codec, theirs.codec
    if isinstance(mine, ParquetSource) and isinstance(theirs, ParquetSource):
        texts = [path_of(name) for name in task.input.fields.texts]
        one, other = mine.settings(texts), theirs.settings(texts)
        for name in ("key_values", "store_schema"):
            yield name, one[name], other[name]
        if not task.output.inner and "compression" in one and "compression" in other:
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
