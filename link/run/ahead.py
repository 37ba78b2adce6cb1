"""Reading ahead: the next pieces of a shard are read and decompressed while one is at work.

thread    read 0 │ read 1 │ read 2 │ waits    │ read 3 …
caller           │ work 0          │ work 1   │ work 2 …
"""

import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable

import pyarrow as pa

from link.shards.batch import Piece
from link.shards.find import STANDARD_STREAM
from link.shards.jsonl import BLOCK_BYTES
from link.shards.rows import size_of

MOST_BYTES = 3 * BLOCK_BYTES
"""No further piece is read while so much waits or is at work: so one giant record is alone."""

SMALL_BYTES = 1 << 16
"""Up to so large a file, as stored, is not read ahead: it is a piece or a few."""

_PATIENCE_SECONDS = 5.0  # for a read that does not come back when the run is interrupted


def size_of_content(content: bytes | pa.RecordBatch) -> int:
    """Bytes that the content of a piece holds in memory."""
    return len(content) if isinstance(content, bytes) else size_of(content)


def read_ahead(
    path: str,
    pieces: Iterable[Piece],
    most_bytes: int = MOST_BYTES,
    *,
    size_bytes: int | None = None,
) -> Generator[Piece, None, None]:
    """A shard's pieces, in order; what goes wrong with one is raised when its turn comes.

    To be closed before what they are read from. Standard input is not read ahead: a read of a pipe
    may never come back. Nor is a small file, for which a thread costs more than it saves.
    """
    if path == STANDARD_STREAM or (size_bytes is not None and size_bytes <= SMALL_BYTES):
        yield from pieces
        return
    ahead = _Ahead(most_bytes)
    thread = threading.Thread(target=ahead.read, args=(pieces,), daemon=True)
    thread.start()
    try:
        yield from ahead.pieces()
    finally:
        ahead.stop()
        thread.join(_PATIENCE_SECONDS)
    if ahead.error is not None:
        raise ahead.error


class _Ahead:
    """What the thread and the caller share. `error`: what ended the reading, if not its end."""

    def __init__(self, most_bytes: int) -> None:
        self.error: BaseException | None = None
        self._most_bytes = most_bytes
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Piece, int]] = deque()
        self._held_bytes = 0  # waiting, or at work
        self._ended = False

    def read(self, pieces: Iterable[Piece]) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            for piece in pieces:
                size = size_of_content(piece.content)
                with self._changed:
                    self._waiting.append((piece, size))
                    self._held_bytes += size
                    self._changed.notify_all()
                    del piece
                    self._changed.wait_for(
                        lambda: self._ended or self._held_bytes <= self._most_bytes
                    )
                    if self._ended:
                        return
        except BaseException as error:
            self.error = error
        finally:
            self.stop()

    def pieces(self) -> Generator[Piece, None, None]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                piece, size = self._waiting.popleft()
            yield piece
            del piece
            with self._changed:
                self._held_bytes -= size
                self._changed.notify_all()

    def stop(self) -> None:
        """No more is wanted, or there is no more."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
