"""Progress: a run counts what it has done, and whoever wants to know looks, at any time.

    a worker's cells   bytes  documents  words  swapped  …   each worker writes its own,
    a worker's cells   bytes  documents  words  swapped  …   in shared memory, without locks
    this process'      bytes  documents  words  swapped  …
                       ------ the sums are what has been done so far

So a run never waits for the one who looks, and nothing has to be sent to him.
"""

import sys
from collections import deque
from collections.abc import Iterable, Iterator, MutableSequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from link.errors import CheckpointError
from link.run.counts import Totals

BYTES, DOCUMENTS, WORDS, SWAPPED, BYTES_BEFORE = range(5)
CELLS = 5

Cells = MutableSequence[int]
Piece = TypeVar("Piece")


@dataclass(frozen=True, slots=True)
class SoFar:
    """Bytes are those of the inputs as stored; `bytes_total` is 0 if it is not known.

    `bytes_before`: those of the done ones that an earlier start of the run has done. `documents`,
    `words` (of touched documents) and `swapped` leave out shards that failed.
    """

    bytes_total: int = 0
    bytes_done: int = 0
    bytes_before: int = 0
    documents: int = 0
    words: int = 0
    swapped: int = 0
    shards: int = 0
    shards_done: int = 0
    shards_failed: int = 0

    @property
    def ratio(self) -> float | None:
        """Swapped words by the words of the touched documents; None if there are none."""
        return self.swapped / self.words if self.words else None

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None if the total is not known."""
        return min(1.0, self.bytes_done / self.bytes_total) if self.bytes_total else None


class Meter:
    """Counts of a run, or of one worker of it. `cells`: where they are kept."""

    def __init__(self, cells: Cells | None = None) -> None:
        self._cells: Cells = [0] * CELLS if cells is None else cells
        self._others: list[Cells] = []
        self._end: Totals | None = None
        self.bytes_total = 0
        self.shards = 0
        self.shards_done = 0
        self.shards_failed = 0

    # --- to be told ---

    def read(self, size_bytes: int) -> None:
        """So many bytes of input, as stored, were read and are done with. May raise in a worker."""
        self._cells[BYTES] += size_bytes

    def check(self) -> None:
        """Raises in a worker that is to stop; from any thread."""

    def add(self, totals: Totals) -> None:
        """So much was done, with a piece of a shard."""
        self._cells[DOCUMENTS] += totals.documents
        self._cells[WORDS] += totals.words_touched
        self._cells[SWAPPED] += totals.swapped

    @contextmanager
    def shard(self, size_bytes: int) -> Iterator[None]:
        """A shard is at work. If it fails, all its bytes count as done, and nothing else of it.

        `size_bytes`: as stored, 0 if not known.
        """
        before = list(self._cells)
        try:
            yield
        except CheckpointError:  # it begins again, and nothing has been counted
            raise
        except BaseException:
            read = self._cells[BYTES]
            self._cells[:] = before
            self._cells[BYTES] = before[BYTES] + size_bytes if size_bytes else read
            raise

    def count_in(self, cells: Cells) -> None:
        """Count there from now on."""
        self._cells = cells

    def also(self, cells: Cells) -> None:
        """Another process counts there."""
        self._others.append(cells)

    def done_before(self, size_bytes: int, totals: Totals) -> None:
        """A shard had been done before this run began."""
        self.passed(size_bytes, totals)
        self.shards_done += 1

    def passed(self, size_bytes: int, totals: Totals) -> None:
        """So much of a shard had been done before this run began."""
        self._cells[BYTES] += size_bytes
        self._cells[BYTES_BEFORE] += size_bytes
        self.add(totals)

    def ended(self, totals: Totals) -> None:
        """All is done; these are the sums, without what a worker had done that was killed."""
        self._end = totals

    # --- to be looked at ---

    @property
    def so_far(self) -> SoFar:
        """What has been done."""
        sums = (sum(column) for column in zip(self._cells, *self._others, strict=True))
        bytes_done, documents, words, swapped, bytes_before = sums
        if end := self._end:
            documents, words, swapped = end.documents, end.words_touched, end.swapped
        return SoFar(
            bytes_total=self.bytes_total,
            bytes_done=min(bytes_done, self.bytes_total or sys.maxsize),
            bytes_before=bytes_before,
            documents=documents,
            words=words,
            swapped=swapped,
            shards=self.shards,
            shards_done=self.shards_done,
            shards_failed=self.shards_failed,
        )


class PendingBytes:
    """Bytes of one shard that its reader has read, until the pieces that they make are done.

    Pieces are done in their order; of a record of 100 MB the bytes are read long before.
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._waiting: deque[int] = deque()
        self._read = 0  # since the last piece

    def read(self, size_bytes: int) -> None:
        """The reader has read so many bytes."""
        self._read += size_bytes
        self.meter.check()

    def pieces(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """The reader's pieces."""
        for piece in pieces:
            self._waiting.append(self._read)
            self._read = 0
            yield piece

    def passed(self, totals: Totals) -> None:
        """What has been read so far had been done before this run began."""
        self.meter.passed(self._read, totals)
        self._read = 0

    def done(self, totals: Totals) -> None:
        """The next piece is done."""
        self.meter.read(self._waiting.popleft())
        self.meter.add(totals)

    def end(self) -> None:
        """There are no more pieces."""
        self.meter.read(self._read)
        self._read = 0
