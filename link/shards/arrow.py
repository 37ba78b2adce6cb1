"""Arrow IPC, file and stream: record batches are streamed; all but the text is handed on as is.

A rewritten file is of the same kind, with the same schema, metadata, record batches, compression.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.types as types

from link.errors import ShardError, UsageError
from link.shards.batch import PIECE_BYTES, Piece, readable
from link.shards.codecs import NONE, ZST
from link.shards.fields import Path
from link.shards.rows import field_type, size_of

FILE_MAGIC = b"ARROW1"
FEATHER_1_MAGIC = b"FEA1"
STREAM_MAGIC = b"\xff\xff\xff\xff"

_END, _OLD_END = STREAM_MAGIC + bytes(4), bytes(4)
_BODY_CODECS = ("lz4", "zstd")  # in the order of the format's enumeration


class ArrowSource:
    """An Arrow IPC file or stream to be read. Raises `ShardError` if it is damaged."""

    def __init__(self, file: BinaryIO, shard: str) -> None:
        self._shard = shard
        self._file = file
        head = file.read(len(FILE_MAGIC))
        if head.startswith(FEATHER_1_MAGIC):
            raise ShardError(
                f"{shard}: is Feather of version 1, which nobody writes any more; "
                f"write it again as version 2, for example with pyarrow.feather"
            )
        self.is_file = head == FILE_MAGIC
        with readable(self._shard, "Arrow"):
            file.seek(8 if self.is_file else 0)
            self.codec = _body_codec(file)
            file.seek(0)
            self._reader = (pa.ipc.open_file if self.is_file else pa.ipc.open_stream)(file)
            self.schema: pa.Schema = self._reader.schema
        # The footer's metadata; older versions of pyarrow do not hand it out.
        self.metadata = getattr(self._reader, "metadata", None) if self.is_file else None

    def pieces(self) -> Iterator[Piece]:
        """All rows, in pieces of about a megabyte that never span record batches."""
        for batch, metadata in self._batches():
            with readable(self._shard, "Arrow"):
                batch.validate()
            size = max(1, len(batch) * PIECE_BYTES // max(1, size_of(batch)))
            for start in range(0, max(1, len(batch)), size):
                rows = batch.slice(start, size)
                is_last = start + size >= len(batch)
                yield Piece(rows, ends_group=is_last, metadata=metadata if is_last else None)

    def _batches(self) -> Iterator[tuple[pa.RecordBatch, pa.KeyValueMetadata | None]]:
        with readable(self._shard, "Arrow"):
            if self.is_file:
                for number in range(self._reader.num_record_batches):
                    yield self._reader.get_batch_with_custom_metadata(number)
            else:
                self._check_end()
                self._file.seek(0)
                reader = pa.ipc.open_stream(self._file)
                yield from reader.iter_batches_with_custom_metadata()
                if self._file.read(1):
                    raise pa.ArrowInvalid("there are more bytes after the end of the stream")

    def _check_end(self) -> None:
        """A stream without a marker of its end may have been cut off between two batches."""
        self._file.seek(0)
        is_old = not self._file.read(4).startswith(STREAM_MAGIC)
        self._file.seek(0)
        end = _OLD_END if is_old else _END
        self._file.seek(-min(len(end), self._file.seek(0, os.SEEK_END)), os.SEEK_END)
        if self._file.read() != end:
            raise pa.ArrowInvalid("the stream has no end marker")

    def refuse_dictionary(self, texts: Iterable[Path]) -> None:
        """A file, unlike a stream, holds one dictionary a column for all record batches."""
        for path in texts:
            kind = field_type(self.schema, path)
            if self.is_file and kind is not None and types.is_dictionary(kind):
                raise ShardError(
                    f"{self._shard}: text column {'.'.join(path)!r} is dictionary-encoded, which "
                    f"an Arrow file cannot hold once its texts are swapped; decode the column "
                    f"first, or write another --format"
                )


def _combined(batches: list[pa.RecordBatch], schema: pa.Schema) -> list[pa.RecordBatch]:
    """Record batches as one, or as few as 32-bit offsets allow."""
    whole = pa.Table.from_batches(batches, schema)
    return whole.combine_chunks().to_batches() if len(whole) else batches[:1]


def _body_codec(file: BinaryIO) -> str | None:
    """The compression of the first record batch from here; None if it has none."""
    for message in pa.ipc.MessageReader.open_stream(file):
        if message.type == "record batch":
            return _codec_of_header(message.metadata.to_pybytes())
    return None


def _codec_of_header(message: bytes) -> str | None:
    """The compression that the flatbuffer of a record batch's message tells.

    Message: version, header_type, header, …; its header, RecordBatch: length, nodes, buffers,
    compression; BodyCompression: codec, method (format/Message.fbs of Apache Arrow).
    """

    def field(table: int, number: int) -> int:
        """Where a table's field stands; 0 if it is absent."""
        vtable = table - struct.unpack_from("<i", message, table)[0]
        [size] = struct.unpack_from("<H", message, vtable)
        if 4 + 2 * number >= size:
            return 0
        [offset] = struct.unpack_from("<H", message, vtable + 4 + 2 * number)
        return table + offset if offset else 0

    def table_at(place: int) -> int:
        return int(place + struct.unpack_from("<I", message, place)[0])

    compression = field(table_at(field(table_at(0), 2)), 3)
    if not compression:
        return None
    codec = field(table_at(compression), 0)
    return _BODY_CODECS[message[codec] if codec else 0]


def body_codec_of(codec: str) -> str | None:
    """What `--compression` means inside an Arrow file."""
    codecs = {NONE: None, ZST: "zstd"}
    if codec not in codecs:
        raise UsageError(
            f"Arrow files cannot be compressed with {codec}; use --compression none or zst"
        )
    return codecs[codec]


class ArrowSink:
    """An Arrow IPC file or stream to be written, record batch by record batch.

    `cuts_batches`: what is written are slices, of which only the rows count.
    """

    def __init__(
        self,
        file: Any,
        schema: pa.Schema,
        *,
        is_file: bool = True,
        codec: str | None = None,
        level: int | None = None,
        metadata: Any = None,
        cuts_batches: bool = False,
    ) -> None:
        self._schema = schema
        self._cuts_batches = cuts_batches
        self._waiting: list[pa.RecordBatch] = []
        options = pa.ipc.IpcWriteOptions(
            compression=codec and pa.Codec(codec, compression_level=level)
        )
        if is_file:
            more = {"metadata": metadata} if metadata else {}
            self._writer = pa.ipc.new_file(file, schema, options=options, **more)
        else:
            self._writer = pa.ipc.new_stream(file, schema, options=options)

    def write(self, rows: pa.RecordBatch) -> None:
        """Add rows to the record batch, which may have dictionaries that are to be decoded."""
        self._waiting.append(rows if rows.schema.equals(self._schema) else self._cast(rows))

    def _cast(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            column.cast(field.type)
            for column, field in zip(rows.columns, self._schema, strict=True)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)

    def end_group(self, metadata: pa.KeyValueMetadata | None = None) -> None:
        """Write the record batch; two of them where a column outgrows 32-bit offsets."""
        waiting, self._waiting = self._waiting, []
        if self._cuts_batches and waiting:
            # A slice on its own would be written with some of what lies beyond it; with nothing
            # before it, it is copied like several.
            waiting.insert(0, waiting[0].slice(0, 0))
        if len(waiting) > 1:
            waiting = _combined(waiting, self._schema)
        for rows in waiting:
            self._writer.write_batch(rows, custom_metadata=metadata)

    def close(self) -> None:
        """Write what is left, and the end."""
        self.end_group()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of a file that nobody will read."""
        with suppress(Exception):
            self._writer.close()
