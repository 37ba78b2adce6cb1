"""The documents of shards, for work that reads them and writes no shards; and draws among them.

    document   |----- passage 0 -----|----- passage 1 -----|- 2 -|      of about 8 KB, at line ends
    numbers       0.73                  0.02                 0.41       from seed, document, number

Documents, and passages of them, are drawn by the document's key and a seed: where they stand and
how they are stored does not matter, and a larger sample holds a smaller one. Statistics, previews
and tokenizer training each have draws of their own (`purpose`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import xxhash

from link.block import Block, Int64s, UInt64s
from link.errors import ShardError, place_of
from link.kernel import draw
from link.language.draws import mix_one, stream
from link.run.plan import as_said
from link.run.shard import job_of, open_source
from link.run.shards import as_shard_errors
from link.run.task import Input, Output, Task
from link.shards.batch import BadRecord, Batch
from link.shards.fields import Fields
from link.shards.find import Found
from link.shards.source import Progress
from link.shards.text import LINE

STATS, PREVIEW, PASSAGE, SHARD = 64, 65, 32, 33
"""Purposes of draws, beside the kernel's own."""

PASSAGE_BYTES = 8 << 10


def reading_tasks(found: Found, fields: Fields, document: str | None) -> list[Task]:
    """Tasks that read shards and write nothing.

    `document`: what of plain text is one; None for a line, and for standard input that is JSON
    Lines.
    """
    return [
        Task(
            shard.name,
            Input(shard.path, shard.format, shard.codec, fields, document or LINE),
            Output(None, shard.format),
        )
        for shard in (as_said(each, document) for each in found.shards)
    ]


@dataclass(frozen=True, slots=True)
class Read:
    """A batch of a shard's documents. `names`: of its text fields; `lines`, `bytes`: before it."""

    batch: Batch
    names: list[str]
    lines: int
    bytes: int

    def why_bad(self, path: str, bad: BadRecord) -> str:
        """Where a bad record of the batch stands, and what is wrong with it."""
        byte = None if bad.byte is None else bad.byte + self.bytes
        return f"{path}: {place_of(bad.number + self.lines, byte)}: {bad.reason}"


def read_documents(
    task: Task, progress: Progress | None = None, *, numbered: bool = False
) -> Iterator[Read]:
    """The documents of a shard, in batches as they stand in it.

    `progress` is called with numbers of input bytes (as stored). `numbered`: documents know their
    records. Raises `ShardError` if the shard cannot be read to its end.
    """
    with as_shard_errors(task.path, task.output.format), open_source(task, progress) as source:
        job = replace(job_of(task, source), swaps=numbered)
        lines = size_bytes = 0
        for piece in source.pieces():
            try:
                batch = job.finder.find(job.needed_of(piece), piece.first)
            except pa.ArrowException as error:
                raise ShardError(f"{task.path}: the data is damaged ({error})") from error
            yield Read(batch, job.finder.names, lines, size_bytes)
            lines += batch.lines
            size_bytes += batch.size_bytes


def draws_by_key(keys: UInt64s, seed: int, purpose: int) -> UInt64s:
    """A number below 2**53 for each document, evenly distributed; uint64, shape (documents,)."""
    return draw.draws_of(draw.document_states(keys, seed, purpose))


@dataclass(frozen=True, slots=True)
class Passages:
    """All of a block. `numbers`: uint64, random; `document`: int64, which of the block's."""

    texts: list[bytes]
    numbers: UInt64s
    document: Int64s


def passages_in(block: Block, seed: int, purpose: int) -> Passages:
    """An empty document is one passage."""
    of_documents = [list(passages_of(bytes(text))) or [b""] for text in block.texts]
    counts = np.fromiter(map(len, of_documents), np.int64, len(of_documents))
    states = np.repeat(draw.document_states(block.keys, seed, purpose), counts)
    places = np.concatenate([np.empty(0, np.int64), *map(np.arange, counts.tolist())])
    texts = [passage for document in of_documents for passage in document]
    document = np.repeat(np.arange(len(counts)), counts)
    return Passages(texts, draw.word_numbers(states, places), document)


def passages_of(text: bytes) -> Iterator[bytes]:
    """A document in passages: cut behind a line break, or else before a space, or else anywhere
    between characters.

    >>> [len(passage) for passage in passages_of(b"some words " * 1000)]
    [8188, 2812]
    """
    begin = 0
    while len(text) - begin > PASSAGE_BYTES:
        limit = begin + PASSAGE_BYTES
        end = text.rfind(b"\n", begin, limit) + 1
        if end <= begin:
            end = text.rfind(b" ", begin + 1, limit)
        if end <= begin:
            end = character_start(text, limit)
        yield text[begin:end]
        begin = end
    if begin < len(text):
        yield text[begin:]


def character_start(text: bytes, place: int) -> int:
    """Where the character begins that a byte of UTF-8 belongs to."""
    while place > 0 and text[place] & 0xC0 == 0x80:
        place -= 1
    return place


def in_drawn_order(tasks: Iterable[Task], seed: int) -> list[Task]:
    """The shards in an order that depends on their names and the seed."""
    state = stream(seed, SHARD)

    def place(task: Task) -> tuple[int, str]:
        name = task.name.encode("utf-8", "surrogateescape")
        return mix_one(state ^ xxhash.xxh3_64_intdigest(name)), task.path

    return sorted(tasks, key=place)
