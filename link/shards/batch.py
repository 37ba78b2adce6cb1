"""What readers hand on: pieces of a shard as they were read, and batches of what stands in them.

A piece is cut off by the one reader of a shard, in order and cheaply; what documents stand in it is
then found in a worker process or in this one, so nothing in a batch depends on the pieces before.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from link.block import Block, Int64s
from link.errors import ShardError, shortage

PIECE_BYTES = 1 << 20
"""About the size of a piece of rows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole records of a shard, as they are stored: bytes, or rows.

    `first`: the shard begins here. `ends_group`: so does a row group or record batch of the shard
    end, and `metadata` is what the container keeps with it.
    """

    content: bytes | pa.RecordBatch
    first: bool = False
    ends_group: bool = False
    metadata: pa.KeyValueMetadata | None = None


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that cannot be taken: what is wrong with it, where it stands, and what it is.

    `number`: of its line or row, `byte`: the offset of the trouble, None for a row; both from the
    piece's begin (lines and rows count from 1). `raw`: a line's bytes; a row's number is enough.
    """

    number: int
    byte: int | None
    reason: str
    raw: bytes = b""


class UnfitError(Exception):
    """What is wrong with a record, and at which byte of its piece; readers catch it themselves."""

    def __init__(self, reason: str, byte: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.byte = byte


@dataclass(frozen=True, slots=True)
class Places:
    """Which record each document of a block is in: int64, shape (documents,), ascending.

    `record`: of the piece's good records. `line`: of all lines or rows that the piece has, the one
    in which the record begins. Both count from 0. `field`: of the reader's `names`.
    """

    record: Int64s
    line: Int64s
    field: Int64s


@dataclass(frozen=True, slots=True)
class Batch:
    """What stands in a piece: how many good records, the documents in them, and the bad records.

    `blocks` hold the good records' bytes (one block) or a column of text each; a record whose text
    is null is no document. `rows`: the good records of a piece of rows. `lines`: how many line
    breaks or rows the piece has, `size_bytes` its size, bad records included. `places`: one a block
    if the reader was asked for them.
    """

    blocks: tuple[Block, ...]
    records: int
    bad: tuple[BadRecord, ...]
    lines: int
    size_bytes: int
    rows: pa.RecordBatch | None = None
    places: tuple[Places, ...] = ()

    @property
    def documents(self) -> int:
        return sum(len(block.starts) for block in self.blocks)


@contextmanager
def readable(shard: str, container: str) -> Iterator[None]:
    """Raise what pyarrow raises of damaged files as `ShardError`."""
    try:
        yield
    except MemoryError as error:  # or damage makes it ask for terabytes
        raise ShardError(
            f"{shard}: {shortage(error)}; or the {container} file is damaged ({error})"
        ) from error
    except (pa.ArrowException, OSError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        cure = "with another compression" if "compression" in str(error) else "again"
        raise ShardError(
            f"{shard}: the {container} file is truncated or damaged ({error}); fetch it again, "
            f"or write it {cure}"
        ) from error
