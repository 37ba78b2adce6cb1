"""Compressed and plain byte streams that never lose data silently.

Reading takes multi-member gzip and multi-frame, long-window Zstandard, and raises `ShardError`
where a stream ends inside a member or frame or holds something else. Writing gives one member or
frame with no time stamp in it, so that the same bytes compress to the same bytes; Zstandard's own
threads cut a frame at fixed places, so how many of them there are does not matter.

Zstandard is read by the standard library's module (before Python 3.14: its official backport),
because python-zstandard's readers return short data without a word when a frame is cut off.
"""

import hashlib
import io
import re
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from isal import igzip, isal_zlib

from link.errors import ShardError, UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NONE, GZ, ZST = "none", "gz", "zst"
SUFFIXES = {"": NONE, ".gz": GZ, ".zst": ZST}
SUFFIX_OF = {codec: suffix for suffix, codec in SUFFIXES.items()}

_GZ_LEVEL = 2  # of ISA-L's 0 to 3
_PIECE_BYTES = 1 << 18
_ZST_LEVEL = 3
_ZST_JOB_BYTES = 1 << 20  # what is compressed at a time: little is left to be done at the end
_MOST_BEHIND = 4
_LONGEST_WINDOW = 31  # log2 of the bytes, as `zstd --long=31`
# isal's stubs do not say that `isal_zlib.error` is an exception
_DAMAGED: tuple[type[Exception], ...] = (
    igzip.BadGzipFile,
    cast(type[Exception], isal_zlib.error),
    zstd.ZstdError,
)
_MAGIC = {b"\x1f\x8b": GZ, b"\x28\xb5\x2f\xfd": ZST}


class Reader(Protocol):
    """What a decompressing stream can do."""

    def read(self, size: int, /) -> bytes: ...


class Compressor(Protocol):
    """A running compression; `flush` ends it."""

    def compress(self, data: "Buffer", /) -> bytes: ...

    def flush(self) -> bytes: ...


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
    """The codec that a stream's first bytes show."""
    return next((codec for magic, codec in _MAGIC.items() if head.startswith(magic)), NONE)


@contextmanager
def decompressing(file: Tally, codec: str, shard: str) -> Iterator[Reader]:
    """A reader of a stream's decompressed bytes; `shard` is for messages."""
    if codec == NONE:
        yield file
        return
    if codec == GZ:
        stream: AbstractContextManager[Reader] = igzip.IGzipFile(  # type: ignore[no-untyped-call]
            fileobj=file, mode="rb"
        )
    else:
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _LONGEST_WINDOW}
        stream = zstd.ZstdFile(file, "rb", options=options)
    with stream as opened:
        yield _Checked(opened, file, codec, shard)


class _Checked:
    """A decompressing reader whose errors say which shard, where, and what to do."""

    def __init__(self, stream: Reader, file: Tally, codec: str, shard: str) -> None:
        self._stream = stream
        self._file = file
        self._codec = codec
        self._shard = shard
        self._read_bytes = 0

    def read(self, size: int, /) -> bytes:
        try:
            data = self._stream.read(size)
        except EOFError:
            problem = f"the {self._codec} stream is cut off, or followed by other bytes"
        except _DAMAGED as error:
            problem = f"the {self._codec} stream is damaged ({error})"
        else:
            if not data and not self._file.size_bytes:
                problem = f"the file is empty, which is no {self._codec} stream"
            else:
                self._read_bytes += len(data)
                return data
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


class _Beside:
    """A compressor in a thread beside the caller; what goes wrong is raised by a later call."""

    def __init__(self, inner: Compressor) -> None:
        self._inner = inner
        self._thread = ThreadPoolExecutor(1)  # ends with this object
        self._behind: deque[Future[bytes]] = deque()

    def compress(self, data: "Buffer", /) -> bytes:
        self._behind.append(self._thread.submit(self._inner.compress, bytes(data)))
        return self._done(_MOST_BEHIND)

    def flush(self) -> bytes:
        self._behind.append(self._thread.submit(self._inner.flush))
        out = self._done(0)
        self._thread.shutdown()
        return out

    def _done(self, most_behind: int) -> bytes:
        out = []
        while self._behind and (len(self._behind) > most_behind or self._behind[0].done()):
            out.append(self._behind.popleft().result())
        return b"".join(out)


def parse_compression(text: str) -> tuple[str, int | None]:
    """`none`, `gz`, `zst` or `zst:LEVEL` as (codec, level or None)."""
    match = re.fullmatch(r"(none|gz|zst)(?::(-?\d+))?", text)
    if not match or (match[2] and match[1] != ZST):
        raise UsageError(f"compression is {text!r}, but must be none, gz, zst or zst:LEVEL")
    level = int(match[2]) if match[2] else None
    lowest, highest = zstd.CompressionParameter.compression_level.bounds()
    if level is not None and not lowest <= level <= highest:
        raise UsageError(f"Zstandard's level is {level}, but must be from {lowest} to {highest}")
    return match[1], level


def compressor(codec: str, level: int | None = None, threads: int = 1) -> Compressor | None:
    """A fresh compression, or None for plain bytes. Level and threads are Zstandard's.

    It works in threads of its own, however few `threads` are.
    """
    if codec == GZ:
        inner = cast(Compressor, isal_zlib.compressobj(level=_GZ_LEVEL, wbits=31))
        return _Beside(_InEqualPieces(inner))
    if codec == ZST:
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
    return None


class CompressedSink(io.RawIOBase):
    """A file to write plain bytes to, which go compressed to another; `finish` ends the stream."""

    def __init__(self, file: Tally, compression: Compressor | None) -> None:
        self._file = file
        self._compression = compression
        self.size_bytes = 0

    def write(self, data: "Buffer", /) -> int:
        size = memoryview(data).nbytes
        self._file.write(self._compression.compress(data) if self._compression else data)
        self.size_bytes += size
        return size

    def finish(self) -> None:
        """End the compressed stream."""
        if self._compression:
            self._file.write(self._compression.flush())

    def tell(self) -> int:
        return self.size_bytes

    def writable(self) -> bool:
        return True
