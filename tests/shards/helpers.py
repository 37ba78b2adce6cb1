"""Reading JSON Lines as a run does, without the run."""

from collections.abc import Iterator

from link.errors import RecordError
from link.shards.batch import Batch
from link.shards.codecs import Reader
from link.shards.fields import Fields
from link.shards.jsonl import BLOCK_BYTES, JsonLines, pieces


def read_batches(
    stream: Reader, shard: str, fields: Fields, block_bytes: int = BLOCK_BYTES
) -> Iterator[Batch]:
    """The batches of a shard; raises `RecordError` for the first bad record."""
    finder = JsonLines(fields)
    lines = size = 0
    for piece in pieces(stream, block_bytes):
        assert isinstance(piece.content, bytes)
        batch = finder.find(piece.content, piece.first)
        for bad in batch.bad:
            assert bad.byte is not None
            raise RecordError(
                bad.reason, shard=shard, number=lines + bad.number, byte=size + bad.byte
            )
        lines += batch.lines
        size += batch.size_bytes
        yield batch
