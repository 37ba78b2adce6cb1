"""A shard opened for writing: bytes, or rows in groups."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.types as types

from link.block import Buffer, Int64s
from link.shards.arrow import ArrowSink, body_codec_of
from link.shards.codecs import NONE, ZST, CompressedSink
from link.shards.fields import Path
from link.shards.formats import COLUMNAR, PARQUET
from link.shards.parquet import ParquetSink, ParquetSource, compression_settings
from link.shards.rows import size_of
from link.shards.source import Source

PARQUET_GROUP_BYTES = 64 << 20
ARROW_BATCH_BYTES, ARROW_BATCH_ROWS = 16 << 20, 1000


class Sink(Protocol):
    """What a shard is written to."""

    def write(self, content: Any, sizes: Int64s | None = None) -> int:
        """Write some content; returns its size in bytes.

        `sizes`: int64, that of each row's record, where rows are to be grouped anew.
        """

    def end_group(self, metadata: pa.KeyValueMetadata | None = None) -> None: ...

    def close(self) -> None: ...

    def abandon(self) -> None: ...


class BytesSink:
    """Bytes go out as they come."""

    def __init__(self, file: CompressedSink) -> None:
        self._file = file

    def write(self, content: Sequence[Buffer | pa.Buffer], sizes: Int64s | None = None) -> int:
        return sum(self._file.write(piece) for piece in content)

    def end_group(self, metadata: pa.KeyValueMetadata | None = None) -> None:
        """Bytes have no groups."""

    def end_stream(self) -> None:
        """End the compressed stream; the next write begins another one."""
        self._file.end_stream()

    def close(self) -> None:
        self._file.finish()

    def abandon(self) -> None:
        self._file.abandon()


class RowsSink:
    """Rows go out in the groups they came in, or are grouped `anew`.

    New groups end where their records reach `most_bytes` or `most_rows`, so that they depend on the
    records alone.
    """

    def __init__(
        self,
        rows: ParquetSink | ArrowSink,
        file: CompressedSink,
        *,
        anew: bool = False,
        most_bytes: int = PARQUET_GROUP_BYTES,
        most_rows: int | None = None,
    ) -> None:
        self._rows = rows
        self._file = file
        self._anew = anew
        self._most_bytes = most_bytes
        self._most_rows = most_rows
        self._group_bytes = self._group_rows = 0

    def write(self, content: pa.RecordBatch, sizes: Int64s | None = None) -> int:
        if not self._anew:
            self._rows.write(content)
        else:
            assert sizes is not None, "rows that are grouped anew have sizes"
            self._write_grouped(content, sizes)
        return size_of(content)

    def _write_grouped(self, rows: pa.RecordBatch, sizes: Int64s) -> None:
        while len(rows):
            reached = np.flatnonzero(self._group_bytes + np.cumsum(sizes) >= self._most_bytes)
            take = int(reached[0]) + 1 if len(reached) else len(rows)
            full = bool(len(reached))
            if self._most_rows is not None and self._group_rows + take >= self._most_rows:
                take, full = self._most_rows - self._group_rows, True
            self._rows.write(rows.slice(0, take))
            self._group_bytes += int(sizes[:take].sum())
            self._group_rows += take
            if full:
                self._rows.end_group()
                self._group_bytes = self._group_rows = 0
            rows, sizes = rows.slice(take), sizes[take:]

    def end_group(self, metadata: pa.KeyValueMetadata | None = None) -> None:
        if not self._anew:
            self._rows.end_group(metadata)

    def close(self) -> None:
        self._rows.close()
        self._file.finish()

    def abandon(self) -> None:
        self._rows.abandon()


def sink_like(
    source: Source,
    file: CompressedSink,
    texts: Sequence[Path] = (),
    inner: tuple[str, int | None] | None = None,
) -> Sink:
    """A sink for a shard in the source's container, written as the source was.

    `texts`: the columns that change. `inner`: (codec, level) inside a columnar container, if it is
    to be another one. Raises `ShardError` if the container cannot hold changed texts.
    """
    columnar = source.columnar
    if columnar is None:
        return BytesSink(file)
    if isinstance(columnar, ParquetSource):
        settings = columnar.settings(texts)
        if inner:
            settings |= compression_settings(*inner)
        columnar.refuse_lost_types(settings)
        return RowsSink(ParquetSink(file, columnar.schema, settings), file)
    columnar.refuse_dictionary(texts)
    codec, level = (body_codec_of(inner[0]), inner[1]) if inner else (columnar.codec, None)
    rows = ArrowSink(
        file,
        columnar.schema,
        is_file=columnar.is_file,
        codec=codec,
        level=level,
        metadata=columnar.metadata,
    )
    return RowsSink(rows, file)


def new_sink(
    container: str, file: CompressedSink, schema: pa.Schema, inner: tuple[str, int | None] | None
) -> Sink:
    """A sink for a shard that comes from another container.

    Columns are compressed by Zstandard, Arrow files not at all, unless `inner` says otherwise.
    """
    if container not in COLUMNAR:
        return BytesSink(file)
    if container == PARQUET:
        settings = compression_settings(*(inner or (ZST, None)))
        return RowsSink(ParquetSink(file, schema, settings), file, anew=True)
    codec, level = inner or (NONE, None)
    rows = ArrowSink(
        file, decoded_schema(schema), codec=body_codec_of(codec), level=level, cuts_batches=True
    )
    return RowsSink(rows, file, anew=True, most_bytes=ARROW_BATCH_BYTES, most_rows=ARROW_BATCH_ROWS)


def decoded_schema(schema: pa.Schema) -> pa.Schema:
    """The schema without dictionaries: an Arrow file holds but one a column for all batches."""
    for place, field in enumerate(schema):
        if types.is_dictionary(field.type):
            schema = schema.set(place, field.with_type(field.type.value_type))
    return schema
