"""A shard opened for reading, whatever its container and compression."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from io import BufferedReader
from typing import Any, BinaryIO, cast

import pyarrow as pa

from link.errors import ShardError
from link.shards import arrow, jsonl, parquet, text
from link.shards.batch import Piece
from link.shards.codecs import NONE, SUFFIX_OF, Reader, Tally, decompressing, sniff
from link.shards.files import Status, open_input, status_of
from link.shards.find import STANDARD_STREAM
from link.shards.formats import COLUMNAR, JSONL, PARQUET
from link.shards.streams import standard_input

Progress = Callable[[int], object]

_COLUMNAR_MAGIC = {parquet.MAGIC: "Parquet", arrow.FILE_MAGIC: "Arrow", arrow.STREAM_MAGIC: "Arrow"}


class Source:
    """A shard's pieces, and what is known of it as a file.

    `codec`: "" where the stream itself has to tell. `twice`: its pieces are read more than once.
    `progress` is called with numbers of input bytes (as stored) that add up to the file's size.
    Where the shard must be read from any place, or twice from a pipe, it is copied to an unnamed
    temporary file first.
    """

    def __init__(
        self,
        path: str,
        container: str,
        codec: str,
        *,
        document: str = text.LINE,
        block_bytes: int = jsonl.BLOCK_BYTES,
        twice: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self.path = path
        self.container = container
        self._codec = codec
        self._document = document
        self._block_bytes = block_bytes
        self._progress = progress or (lambda _: None)
        self._needs_copy = twice and path == STANDARD_STREAM
        self._spool: BinaryIO | None = None
        self._stack = ExitStack()
        self._tally: Tally | None = None
        self._content: Tally | None = None
        self.status: Status | None = None
        self.columnar: parquet.ParquetSource | arrow.ArrowSource | None = None

    def __enter__(self) -> "Source":
        self._stack.__enter__()
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.__exit__(*raised)

    @property
    def schema(self) -> pa.Schema | None:
        """The columns of a shard that has any."""
        return self.columnar.schema if self.columnar else None

    @property
    def size_bytes(self) -> int:
        """How many bytes have been read, as stored."""
        return self._tally.size_bytes if self._tally else 0

    @property
    def sha256(self) -> str:
        """The hash of what has been read, as stored."""
        assert self._tally is not None, "the shard has been read"
        return self._tally.sha256

    @property
    def content_sha256(self) -> str | None:
        """The hash of the decompressed bytes that have been read; None for columns.

        It is that of all content once `pieces` has ended, and equal to `sha256` of a plain file.
        """
        if self.columnar:
            return None
        assert self._content is not None, "the shard has been read"
        return self._content.sha256

    def pieces(self, *, again: bool = False) -> Iterator[Piece]:
        """All of the shard. `again`: this is not the last time."""
        if self.columnar:
            progress = (lambda _: None) if again else self._progress
            yield from self._columnar_pieces(self.columnar, progress)
            return
        with ExitStack() as stack:
            stream = self._stream(stack, again)
            if self.container == JSONL:
                yield from jsonl.pieces(stream, self._block_bytes)
            else:
                yield from text.pieces(stream, self._document, self._block_bytes)

    def _stream(self, stack: ExitStack, again: bool) -> Reader:
        """The decompressed bytes, from their begin."""
        if self._spool:
            self._spool.seek(0)
            return self._spool
        file = self._file
        if again:
            file = stack.enter_context(_input(self.path))
        tally = Tally(file, None if again else self._progress)
        self._tally = None if again else tally
        codec = _codec_of(file, self._codec, self.path)
        stream = decompressing(tally, codec, self.path)
        if again:
            return stream
        self._content = tally if codec == NONE else Tally(cast(BinaryIO, stream))
        return self._content

    def _columnar_pieces(
        self, source: parquet.ParquetSource | arrow.ArrowSource, progress: Progress
    ) -> Iterator[Piece]:
        reported = rows = 0
        size = 0 if self._spool else self.size_bytes  # a copy was reported as it was made
        for piece in source.pieces():
            yield piece
            rows += len(piece.content)
            if isinstance(source, parquet.ParquetSource):
                now = size * rows // max(1, source.rows)
            else:
                now = min(size, max(reported, self._file.tell()))
            progress(now - reported)
            reported = now
        progress(size - reported)

    def _open(self) -> None:
        if self.path != STANDARD_STREAM:
            self.status = status_of(self.path)  # first: what changes from now on, changes that
        self._file = self._stack.enter_context(_input(self.path))
        if self.container in COLUMNAR:
            self._open_columnar()
        elif self.path == STANDARD_STREAM:
            head = cast(BufferedReader, self._file).peek(8)
            for magic, name in _COLUMNAR_MAGIC.items():
                if head.startswith(magic):
                    raise ShardError(f"standard input holds {name} data; name it as a file instead")
            if self._needs_copy:
                self._copied(_codec_of(self._file, self._codec, self.path))

    def _open_columnar(self) -> None:
        codec = _codec_of(self._file, self._codec, self.path)
        if codec == NONE:
            self._tally = Tally(self._file)
            while self._tally.read(self._block_bytes):
                self._progress(0)
            self._file.seek(0)
            file = self._file
        else:
            file = self._copied(codec)
        kind = parquet.ParquetSource if self.container == PARQUET else arrow.ArrowSource
        self.columnar = kind(file, self.path)

    def _copied(self, codec: str) -> BinaryIO:
        """The decompressed shard in an unnamed file."""
        file = tempfile.TemporaryFile()  # noqa: SIM115
        self._spool = spool = cast(BinaryIO, self._stack.enter_context(file))
        self._tally = Tally(self._file, self._progress)
        stream = decompressing(self._tally, codec, self.path)
        self._content = self._tally if codec == NONE else Tally(cast(BinaryIO, stream))
        while data := self._content.read(self._block_bytes):
            spool.write(data)
        spool.seek(0)
        return spool


def _codec_of(file: BinaryIO, named: str, path: str) -> str:
    """How a file is compressed. Raises `ShardError` if it is, and its name does not say so."""
    looks_like = sniff(cast(BufferedReader, file).peek(10))
    codec = named or looks_like
    if codec == NONE != looks_like:
        raise ShardError(
            f"{path}: holds {looks_like} data, which its name does not say; "
            f"let it end in {SUFFIX_OF[looks_like]}"
        )
    return codec


def _input(path: str) -> AbstractContextManager[BinaryIO]:
    if path != STANDARD_STREAM:
        return open_input(path)
    return nullcontext(standard_input())
