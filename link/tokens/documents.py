"""The documents of shards as text, one after the other, for work that writes no shards."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from link.block import Block
from link.errors import ShardError, place_of, reason_of
from link.run.job import Job
from link.shards.batch import Batch
from link.shards.fields import Fields
from link.shards.find import Shard
from link.shards.source import Progress, Source
from link.shards.text import LINE

LONE_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


@dataclass(frozen=True, slots=True)
class Reading:
    """How shards are read. `skip_bad`: bad records are left out; otherwise they are an error."""

    fields: Fields = field(default_factory=Fields)
    document: str = LINE
    skip_bad: bool = False


def read_batches(
    shard: Shard, reading: Reading, progress: Progress | None = None
) -> Iterator[Batch]:
    """The documents of a shard, in batches as they stand in it.

    `progress` is called with numbers of input bytes (as stored). Raises `ShardError` if the shard
    cannot be read to its end, or has a bad record.
    """
    try:
        with Source(
            shard.path, shard.format, shard.codec, document=reading.document, progress=progress
        ) as source:
            job = Job(
                *(shard.path, shard.format, shard.format),
                reading.fields,
                reading.document,
                source.schema,
            )
            lines = size = 0
            for piece in source.pieces():
                batch = job.finder.find(job.needed_of(piece), piece.first)
                if batch.bad and not reading.skip_bad:
                    bad = batch.bad[0]
                    byte = None if bad.byte is None else bad.byte + size
                    raise ShardError(
                        f"{shard.path}: {place_of(bad.number + lines, byte)}: {bad.reason}; "
                        f"mend it, or leave out such records with --on-error skip"
                    )
                lines += batch.lines
                size += batch.size_bytes
                yield batch
    except (OSError, MemoryError) as error:
        raise ShardError(f"{shard.path}: {reason_of(error)}") from error
    except pa.ArrowException as error:
        raise ShardError(f"{shard.path}: the data is damaged ({error})") from error


def texts_of(block: Block) -> Iterator[bytes]:
    """Each document's text in UTF-8. A lone surrogate, which has no UTF-8, becomes U+FFFD."""
    return (LONE_SURROGATE.sub("\ufffd".encode(), text) for text in block.texts)
