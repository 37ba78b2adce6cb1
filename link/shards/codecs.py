"""Compressed and plain byte streams: all of the data, or an error.

Reading takes several streams one behind another (gzip members, Zstandard frames with windows of up
to 2 GiB, bzip2 and xz streams). It raises `ShardError` where one is truncated or damaged, or where
other bytes follow. Writing gives streams without a time stamp, which end where the writer says: the
same bytes always compress to the same bytes, however they are cut into writes and however many
threads work.
"""

import bz2
import hashlib
import io
import lzma
import os
import re
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, NoReturn, Protocol, cast

from isal import igzip_lib, isal_zlib

from link.errors import CheckpointError, ShardError, UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NONE, GZ, ZST, BZ2, XZ = "none", "gz", "zst", "bz2", "xz"
SUFFIXES = {"": NONE, ".gz": GZ, ".zst": ZST, ".zstd": ZST, ".bz2": BZ2, ".xz": XZ}
COMPRESSIONS = "none, gz, zst, zst:LEVEL, bz2 or xz"
SUFFIX_OF = {NONE: "", GZ: ".gz", ZST: ".zst", BZ2: ".bz2", XZ: ".xz"}

_GZ_LEVEL = 2  # of ISA-L's 0 to 3
_ZST_LEVEL = 3
_XZ_LEVEL = 1  # 7 MB/s; the default, 6, writes 1 MB/s, 17% less of it
_PIECE_BYTES = 1 << 18
_READ_BYTES = 1 << 20
_ZST_JOB_BYTES = 1 << 20  # what is compressed at a time: little is left to be done at the end
_MOST_BEHIND = 4
_LONGEST_WINDOW = 31  # log2 of the bytes, as `zstd --long=31`
_MAGIC = {
    GZ: rb"\x1f\x8b",
    ZST: rb"\x28\xb5\x2f\xfd",
    BZ2: rb"BZh[1-9](1AY&SY|\x17rE8P\x90)",
    XZ: rb"\xfd7zXZ\x00",
}
_PADDING = {GZ: 1, XZ: 4}
"""Zeros may follow a stream, as many as a multiple of this."""


class Reader(Protocol):
    """A stream of decompressed bytes."""

    def read(self, size: int, /) -> bytes: ...


class Compressor(Protocol):
    """A running compression; `flush` ends the stream."""

    def compress(self, data: "Buffer", /) -> bytes: ...

    def flush(self) -> bytes: ...


class _Decompressor(Protocol):
    """One stream (gzip member, frame, …), as the standard library's decompressors do it."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Prefix(NamedTuple):
    """What a file holds up to some byte."""

    size_bytes: int
    sha256: str


EMPTY = Prefix(0, hashlib.sha256().hexdigest())


class Tally(io.RawIOBase):
    """A binary file that counts and hashes the bytes passing through it; it closes nothing.

    `report` is called with the number of bytes of each read.
    """

    def __init__(self, file: BinaryIO, report: Callable[[int], object] | None = None) -> None:
        self._file = file
        self._report = report
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    @property
    def prefix(self) -> Prefix:
        """What has passed through so far."""
        return Prefix(self.size_bytes, self.sha256)

    def resume_after(self, prefix: Prefix) -> None:
        """Read what the file should begin with, and cut off the rest; writes continue there.

        Raises `CheckpointError` if it begins with something else.
        """
        while (rest := prefix.size_bytes - self.size_bytes) > 0:
            if not self.read(min(rest, _READ_BYTES)):
                break
        if self.prefix != prefix:
            raise CheckpointError("what had been written has changed")
        self._file.truncate()

    def sync(self) -> None:
        """Flush the file to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(size)
        self._count(data)
        if self._report:
            self._report(len(data))
        return data

    def readinto(self, buffer: "Buffer", /) -> int:
        target = memoryview(buffer)
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)

    def write(self, data: "Buffer", /) -> int:
        self._file.write(data)
        self._count(data)
        return memoryview(data).nbytes

    def _count(self, data: "Buffer") -> None:
        self._hash.update(data)
        self.size_bytes += memoryview(data).nbytes

    def tell(self) -> int:
        return self.size_bytes

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True


def sniff(head: bytes) -> str:
    """The codec of a stream that begins with some bytes (10 are enough).

    >>> sniff(b"BZhang's text"), sniff(bz2.compress(b"text"))
    ('none', 'bz2')
    """
    return next((codec for codec, magic in _MAGIC.items() if re.match(magic, head)), NONE)


def decompressing(file: Tally, codec: str, shard: str) -> Reader:
    """A reader of a stream's decompressed bytes; `shard` is for messages."""
    return file if codec == NONE else _Decompressing(file, codec, shard)


def _decompressor(codec: str) -> _Decompressor:
    made: object
    if codec == GZ:
        made = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_GZIP)
    elif codec == ZST:
        made = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _LONGEST_WINDOW}
        )
    else:
        made = bz2.BZ2Decompressor() if codec == BZ2 else lzma.LZMADecompressor(lzma.FORMAT_XZ)
    return cast(_Decompressor, made)


# bz2 raises `OSError`. isal's stubs do not say that its error is an exception.
_DAMAGED = (
    cast(type[Exception], igzip_lib.IsalError),
    zstd.ZstdError,
    lzma.LZMAError,
    OSError,
    ValueError,
)


class _Decompressing:
    """Reads stream after stream. (`bz2` and `lzma` files ignore other bytes behind a stream.)"""

    def __init__(self, file: Tally, codec: str, shard: str) -> None:
        self._file = file
        self._codec = codec
        self._shard = shard
        self._stream, self._is_first = _decompressor(codec), True
        self._behind = b""  # bytes of the file that are read and not yet decompressed
        self._read_bytes = 0

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes; fewer at the end alone. Raises `ShardError`."""
        parts: list[bytes] = []
        while size and (part := self._part(size)):
            parts.append(part)
            size -= len(part)
            self._read_bytes += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _part(self, size: int) -> bytes:
        """At least one byte, if the file does not end."""
        while True:
            if self._stream.eof and not self._next_stream():
                return b""
            data = b""
            if self._stream.needs_input:
                data, self._behind = self._behind or self._file.read(_PIECE_BYTES), b""
                if not data:
                    if not self._file.size_bytes:
                        self._fail(f"the file is empty, which is no {self._codec} stream")
                    behind = "" if self._is_first else ", or followed by other bytes"
                    self._fail(f"the {self._codec} stream is truncated{behind}")
            try:
                part = self._stream.decompress(data, size)
            except _DAMAGED as error:
                self._fail(f"the {self._codec} stream is damaged, or other bytes follow ({error})")
            if part:
                return part

    def _next_stream(self) -> bool:
        """Begin the next stream; false at the end of the file."""
        self._behind = self._stream.unused_data
        zeros = 0
        while self._behind or (data := self._file.read(_PIECE_BYTES)):
            self._behind = self._behind or data
            if self._codec in _PADDING:
                size = len(self._behind)
                self._behind = self._behind.lstrip(b"\0")
                zeros += size - len(self._behind)
            if self._behind:
                break
        if zeros % _PADDING.get(self._codec, 1):
            self._fail(f"the {self._codec} stream is followed by other bytes")
        if self._behind:
            self._stream, self._is_first = _decompressor(self._codec), False
        return bool(self._behind)

    def _fail(self, problem: str) -> NoReturn:
        raise ShardError(
            f"{self._shard}: {problem} at or before byte {self._file.size_bytes} of the file, "
            f"after {self._read_bytes} decompressed bytes; fetch or compress it again"
        ) from None


class _InEqualPieces:
    """Feeds a compressor pieces of one size: what ISA-L writes depends on how its input is cut."""

    def __init__(self, inner: Compressor) -> None:
        self._inner = inner
        self._rest = bytearray()

    def compress(self, data: "Buffer", /) -> bytes:
        self._rest += memoryview(data)
        whole = len(self._rest) // _PIECE_BYTES * _PIECE_BYTES
        with memoryview(self._rest) as view:
            out = [
                self._inner.compress(view[start : start + _PIECE_BYTES])
                for start in range(0, whole, _PIECE_BYTES)
            ]
        del self._rest[:whole]
        return b"".join(out)

    def flush(self) -> bytes:
        return self._inner.compress(bytes(self._rest)) + self._inner.flush()


def parse_compression(text: str) -> tuple[str, int | None]:
    """`none`, `gz`, `zst`, `zst:LEVEL`, `bz2` or `xz` as (codec, level or None).

    >>> parse_compression("zst:19")
    ('zst', 19)
    """
    codec, colon, number = text.partition(":")
    if codec not in SUFFIX_OF or (colon and (codec != ZST or not re.fullmatch(r"-?\d+", number))):
        raise UsageError(f"compression is {text!r}, but must be {COMPRESSIONS}")
    level = int(number) if colon else None
    lowest, highest = zstd.CompressionParameter.compression_level.bounds()
    if level is not None and not lowest <= level <= highest:
        raise UsageError(f"Zstandard's level is {level}, but must be from {lowest} to {highest}")
    return codec, level


class _Streams:
    """Compresses to one stream after another: data after a `flush` begins the next."""

    def __init__(self, new: Callable[[], Compressor]) -> None:
        self._new = new
        self._stream: Compressor | None = None

    def compress(self, data: "Buffer", /) -> bytes:
        self._stream = self._stream or self._new()
        return self._stream.compress(data)

    def flush(self) -> bytes:
        ended, self._stream = self._stream or self._new(), None
        return ended.flush()


def compressor(codec: str, level: int | None = None, threads: int = 1) -> Compressor | None:
    """A fresh compression, or None for plain bytes. Level and threads are Zstandard's."""
    return None if codec == NONE else _Streams(partial(_stream, codec, level, threads))


def _stream(codec: str, level: int | None, threads: int) -> Compressor:
    """A fresh stream (gzip member, Zstandard frame, …)."""
    if codec == GZ:
        inner = cast(Compressor, isal_zlib.compressobj(level=_GZ_LEVEL, wbits=31))
        return _InEqualPieces(inner)
    if codec == BZ2:
        return bz2.BZ2Compressor()
    if codec == XZ:
        return lzma.LZMACompressor(preset=_XZ_LEVEL)
    _, most = zstd.CompressionParameter.nb_workers.bounds()  # 0 if built without threads
    level = _ZST_LEVEL if level is None else level
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: level,
        zstd.CompressionParameter.checksum_flag: 1,
        zstd.CompressionParameter.nb_workers: min(threads, most),
    }
    if level <= _ZST_LEVEL:  # higher ones look back over more than such a job
        options[zstd.CompressionParameter.job_size] = _ZST_JOB_BYTES
    return cast(Compressor, zstd.ZstdCompressor(options=options))


class CompressedSink(io.RawIOBase):
    """A file to write plain bytes to, which go compressed to another; `finish` ends the last
    stream.

    A thread beside the caller compresses and writes; what goes wrong there is raised by a later
    call. Plain bytes are written at once.
    """

    def __init__(self, file: Tally, compression: Compressor | None) -> None:
        self._file = file
        self._compression = compression
        self._thread = ThreadPoolExecutor(1)  # ends with this object
        self._behind: deque[Future[int]] = deque()
        self._has_begun = False  # a stream
        self.size_bytes = 0

    def write(self, data: "Buffer", /) -> int:
        size = memoryview(data).nbytes
        if self._compression and size:
            self._has_begun = True
            self._do(self._compression.compress, bytes(data))
            self._wait(_MOST_BEHIND if size <= _ZST_JOB_BYTES * 2 else 0)  # so few are held
        else:
            self._file.write(data)
        self.size_bytes += size
        return size

    def end_stream(self) -> None:
        """End the stream that has begun, if one has: all is in the file then."""
        if self._compression and self._has_begun:
            self._do(self._compression.flush)
            self._wait(0)
        self._has_begun = False

    def finish(self) -> None:
        """End the last stream; there is always one."""
        self._has_begun = self._has_begun or not self._file.size_bytes
        self.end_stream()
        self._thread.shutdown()

    def abandon(self) -> None:
        """Write no more to the file."""
        self._thread.shutdown(cancel_futures=True)

    def _do(self, function: Callable[..., bytes], *data: bytes) -> None:
        self._behind.append(self._thread.submit(lambda: self._file.write(function(*data))))

    def _wait(self, most_behind: int) -> None:
        while self._behind and (len(self._behind) > most_behind or self._behind[0].done()):
            self._behind.popleft().result()

    def tell(self) -> int:
        return self.size_bytes

    def writable(self) -> bool:
        return True
