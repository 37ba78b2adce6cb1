"""Standard input and output as files that lose nothing and let an interruption through."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from link.errors import ShardError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER_BYTES = 1 << 20


class _Input(io.BufferedIOBase):
    """Reads in steps, between which Ctrl-C is heard: one long read of a slow pipe would not."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = sys.maxsize if size is None or size < 0 else size
        parts: list[bytes] = []
        while wanted > 0 and (part := self._file.read1(min(wanted, _BUFFER_BYTES))):
            parts.append(part)
            wanted -= len(part)
        return b"".join(parts)

    def peek(self, size: int = 0, /) -> bytes:
        return self._file.peek(size)

    def readable(self) -> bool:
        return True


class _Output(io.RawIOBase):
    """Writes whole buffers. (Python's own standard output may write a part and go on.)

    What has not been flushed when something fails is let go, so that it does not fail again.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting = bytearray()

    def write(self, data: "ReadableBuffer", /) -> int:
        self._waiting += data
        if len(self._waiting) >= _BUFFER_BYTES:
            self.flush_all()
        return memoryview(data).nbytes

    def flush_all(self) -> None:
        """Write everything."""
        waiting, self._waiting = memoryview(self._waiting), bytearray()
        while waiting:
            waiting = waiting[os.write(self._descriptor, waiting) :]

    def writable(self) -> bool:
        return True


def standard_input() -> BinaryIO:
    """Raises `ShardError` if it is closed."""
    if sys.stdin is None:
        raise ShardError("standard input is closed")
    return cast(BinaryIO, _Input(cast(io.BufferedReader, sys.stdin.buffer)))


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Everything is written when the block ends. Raises `ShardError` if it is closed."""
    if sys.stdout is None:
        raise ShardError("standard output is closed")
    try:
        descriptor = sys.stdout.fileno()
    except OSError:  # replaced by something that is no file
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    output = _Output(descriptor)
    yield cast(BinaryIO, output)
    output.flush_all()
