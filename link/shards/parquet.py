"""Parquet: row groups are streamed; everything but the text is handed on as it is.

A rewritten file keeps the schema, all metadata, the compression of each column and the rows of each
row group. How pages are cut and encoded, and their statistics, are the writer's anew.
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as types

from link.errors import ShardError, UsageError
from link.shards.batch import PIECE_BYTES, Piece, readable
from link.shards.codecs import GZ, NONE, ZST
from link.shards.fields import Path
from link.shards.rows import joined, size_of

MAGIC = b"PAR1"

_OPTIONS: dict[str, Any] = {
    "buffer_size": 1 << 20,
    "pre_buffer": False,
    "page_checksum_verification": True,
}
_BATCHES = 16  # that a piece is read in, about
_LEAST_BATCHES = 64  # that a row group is read in, as far as it has rows
_MOST_MICROSECONDS = (1 << 63) // 1000 - 1
_CODECS = {NONE: "none", GZ: "gzip", ZST: "zstd"}


class ParquetSource:
    """A Parquet file to be read. Raises `ShardError` if it is damaged."""

    def __init__(self, file: BinaryIO, shard: str) -> None:
        self._shard = shard
        with readable(self._shard, "Parquet"):
            self._file = pq.ParquetFile(
                file,
                **_OPTIONS,
                coerce_int96_timestamp_unit=_unit_of_int96(file, shard),
            )
            self.schema: pa.Schema = self._file.schema_arrow
        self.rows: int = self._file.metadata.num_rows
        groups = map(self._file.metadata.row_group, range(self._file.num_row_groups))
        if sum(group.num_rows for group in groups) != self.rows:
            raise ShardError(f"{shard}: the Parquet file is damaged: its row groups lack rows")

    def pieces(self) -> Iterator[Piece]:
        """All rows, in pieces of about a megabyte that never span row groups."""
        with readable(self._shard, "Parquet"):
            for number in range(self._file.num_row_groups):
                group = self._file.metadata.row_group(number)
                fitting = group.num_rows * PIECE_BYTES // max(1, group.total_byte_size)
                size = max(1, min(fitting // _BATCHES, group.num_rows // _LEAST_BATCHES))
                batches = self._file.iter_batches(size, row_groups=[number], use_threads=False)
                yield from self._joined(batches, group.num_rows)

    def _joined(self, batches: Iterable[pa.RecordBatch], left: int) -> Iterator[Piece]:
        """The batches of a row group, as pieces. How large they are in memory is known only now:
        a dictionary may stand for texts that are much larger.
        """
        waiting: list[pa.RecordBatch] = []
        size = 0
        for batch in batches:
            waiting.append(batch)
            size += size_of(batch)
            left -= len(batch)
            if left == 0 or size >= PIECE_BYTES:
                yield Piece(joined(waiting, self.schema), ends_group=left == 0)
                waiting, size = [], 0
        if left:
            raise pa.ArrowInvalid("a row group does not hold as many rows as it should")

    def settings(self, texts: Iterable[Path]) -> dict[str, Any]:
        """How the file was written, as far as it can be told, for `ParquetSink`."""
        metadata = self._file.metadata
        stored = metadata.metadata or {}
        settings: dict[str, Any] = {
            "store_schema": b"ARROW:schema" in stored,
            "use_compliant_nested_type": False,  # lists' items keep their names
            "key_values": {} if b"ARROW:schema" in stored else stored,
        }
        if not metadata.num_row_groups:
            return settings
        filled = (n for n in range(metadata.num_row_groups) if metadata.row_group(n).num_rows)
        number = next(filled, 0)
        group = metadata.row_group(number)
        columns = [group.column(i) for i in range(group.num_columns)]
        if group.num_rows:
            with readable(
                self._shard, "Parquet"
            ):  # pyarrow ends the process when it is asked of an unknown codec
                next(self._file.iter_batches(1, row_groups=[number], use_threads=False), None)
            settings["compression"] = {
                column.path_in_schema: _codec_of(column.compression) for column in columns
            }
        settings["use_dictionary"] = [
            column.path_in_schema for column in columns if _uses_dictionary(column)
        ]
        settings["store_decimal_as_integer"] = any(
            column.physical_type in ("INT32", "INT64") and "Decimal" in str(logical)
            for column, logical in zip(columns, self._logical_types(), strict=True)
        )
        settings["use_deprecated_int96_timestamps"] = any(
            column.physical_type == "INT96" for column in columns
        )
        settings["write_page_index"] = any(column.has_offset_index for column in columns)
        changed = {".".join(path) for path in texts}
        sorting = group.sorting_columns
        by_text = any(columns[key.column_index].path_in_schema in changed for key in sorting)
        settings["sorting_columns"] = None if by_text else list(sorting) or None
        return settings

    def _logical_types(self) -> list[Any]:
        schema = self._file.schema
        return [schema.column(i).logical_type for i in range(len(schema.names))]

    def refuse_lost_types(self, settings: dict[str, Any]) -> None:
        """Raise `ShardError` if the writer does not know the type of a column (INTERVAL, ENUM)."""
        sample = io.BytesIO()
        ParquetSink(sample, self.schema, settings).close()
        written = pq.ParquetFile(sample).schema
        for number, before in enumerate(self._logical_types()):
            after = written.column(number).logical_type
            if str(before) != str(after) and not str(before).startswith(("None", "Int(")):
                raise ShardError(
                    f"{self._shard}: column {written.column(number).path!r} is of the Parquet type "
                    f"{before}, which pyarrow cannot write; leave it out or convert it first"
                )


def _unit_of_int96(file: BinaryIO, shard: str) -> str:
    """Nanoseconds, as INT96 counts; microseconds where a year is beyond what 64 bits of these hold.

    Arrow reads both without a word if they do not fit. Raises `ShardError` if neither is exact.
    """
    counted = pq.ParquetFile(file, **_OPTIONS, coerce_int96_timestamp_unit="ns")
    columns = [counted.schema.column(i) for i in range(len(counted.schema.names))]
    names = list(
        {column.path.split(".")[0] for column in columns if column.physical_type == "INT96"}
    )
    if not names:
        return "ns"
    coarse = pq.ParquetFile(file, **_OPTIONS, coerce_int96_timestamp_unit="us")
    fits = exact = True
    pairs = zip(
        counted.iter_batches(columns=names), coarse.iter_batches(columns=names), strict=True
    )
    for fine, rough in pairs:
        for left, right in zip(_moments(fine), _moments(rough), strict=True):
            # Both wrap around, so that what microseconds lose comes out even if it does not fit.
            lost = left - right * np.int64(1000)
            fits = fits and not (np.abs(right) > _MOST_MICROSECONDS).any()
            exact = exact and not lost.any()
    if not (fits or exact):
        raise ShardError(
            f"{shard}: an INT96 column holds both nanoseconds and years that nanoseconds of 64 "
            f"bits do not reach; no type of Arrow holds both, so write it as another type first"
        )
    return "ns" if fits else "us"


def _moments(rows: pa.RecordBatch) -> Iterator[npt.NDArray[np.int64]]:
    """The timestamps of all columns, however nested, as numbers; nulls left out."""
    waiting = list(rows.columns)
    while waiting:
        array = waiting.pop()
        if types.is_timestamp(array.type):
            yield array.drop_null().cast(pa.int64()).to_numpy(zero_copy_only=False)
        elif types.is_struct(array.type) or types.is_list(array.type):
            flat = array.flatten()
            waiting += flat if isinstance(flat, list) else [flat]
        elif types.is_map(array.type):
            waiting += [array.keys, array.items]


_SPELLED = {"UNCOMPRESSED": "none", "UNKNOWN": "lz4"}


def _codec_of(name: str) -> str:
    """How pyarrow wants a codec spelled. It has no name for the old LZ4, which it reads but does
    not write; the Parquet format deprecated it in favour of the one that is meant by `lz4`.
    """
    return _SPELLED.get(name, name.lower())


def _uses_dictionary(column: pq.ColumnChunkMetaData) -> bool:
    return bool({"PLAIN_DICTIONARY", "RLE_DICTIONARY"} & set(column.encodings))


def compression_settings(codec: str, level: int | None) -> dict[str, Any]:
    """What `--compression` means inside a Parquet file."""
    if codec not in _CODECS:
        raise UsageError(
            f"Parquet files cannot be compressed with {codec}; use --compression none, gz or zst"
        )
    return {"compression": _CODECS[codec], "compression_level": level if codec == ZST else None}


class ParquetSink:
    """A Parquet file to be written, row group by row group."""

    def __init__(self, file: Any, schema: pa.Schema, settings: dict[str, Any]) -> None:
        settings = dict(settings)
        self._key_values = settings.pop("key_values", {})
        self._schema = schema
        self._has_dictionaries = any(types.is_dictionary(field.type) for field in schema)
        self._waiting: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(file, schema, version="2.6", **settings)

    def write(self, rows: pa.RecordBatch) -> None:
        """Add rows to the row group."""
        if len(rows):
            self._waiting.append(rows)

    def end_group(self, metadata: pa.KeyValueMetadata | None = None) -> None:
        """Write the row group. (Parquet keeps no metadata with it.)"""
        if self._waiting:
            table = pa.Table.from_batches(self._waiting, self._schema)
            self._waiting = []
            if self._has_dictionaries:
                table = table.unify_dictionaries()
            self._writer.write_table(table, row_group_size=len(table))

    def close(self) -> None:
        """Write what is left, and the footer."""
        self.end_group()
        if self._key_values:  # the writer keeps them itself only where it adds its own schema
            self._writer.add_key_value_metadata(self._key_values)
        self._writer.close()

    def abandon(self) -> None:
        """Let go of a file that nobody will read."""
        with suppress(Exception):
            self._writer.close()
