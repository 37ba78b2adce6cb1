"""What `link stats` does with each piece of a shard: find its documents, count what they hold.

A job is pure and can be sent to another process, as that of a substitution (`job.py`), of whose
reading it makes use.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from link.block import Buffer, Int64s, UInt64s, block_of
from link.errors import ShardError
from link.kernel.compiled import CompiledLexicon
from link.policy import Policy
from link.run.context import WorkerContext
from link.run.job import Job
from link.run.shards import Content
from link.shards.batch import BadRecord, Batch, Piece
from link.shards.groups import Groups
from link.shards.rows import size_of
from link.splice import splice
from link.stats.census import Census, take_census
from link.stats.columns import Texts, figures_of, put_tokens
from link.stats.sampling import Excerpts, Sampling
from link.stats.tally import MOST_REASONS, SampleRows, Tally
from link.tokens.documents import LONE_SURROGATE

if TYPE_CHECKING:
    from link.tokens import Tokenizer


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was counted in a piece, its first bad records, and how many lines or rows it has."""

    tally: Tally
    bad: tuple[BadRecord, ...]
    lines: int


@dataclass(frozen=True)
class Survey:
    """What is counted in the pieces of one shard.

    `name`: of the shard, by which its documents are drawn. `job`: how documents are found in it.
    `by`: the field by whose values they are told apart. `tokenizer`: its file. `sampling`: which
    documents are looked at; None for all.
    """

    name: str
    job: Job
    by: str | None = None
    tokenizer: str | None = None
    sampling: Sampling | None = None

    @property
    def shard(self) -> str:
        return self.job.shard

    @property
    def target(self) -> str:
        return self.job.target

    def needed_of(self, piece: Piece) -> Content:
        """What of a piece is looked at."""
        if not isinstance(piece.content, pa.RecordBatch):
            return piece.content
        names = dict.fromkeys(self.job.needed)
        if self.by is not None:
            own = self.by.split(".")[0]
            names |= {own: None} if own in piece.content.schema.names else {}
        return piece.content.select(list(names))

    def check(self) -> None:
        """Raise `ShardError` if the shard cannot be looked at at all."""
        self.job.check()
        if self.by is not None:
            _groups(self.by, self.job.source)

    def do(self, content: Content, context: WorkerContext, *, first: bool, number: int) -> Surveyed:
        """Count what a piece holds; `number`: which of the shard's it is, from 0."""
        lexicon, policy = context.lexicon, context.policy
        try:
            batch = self.job.finder.find(content, first)
        except MemoryError:
            raise
        except pa.ArrowException as error:
            raise ShardError(f"{self.job.shard}: the data is damaged ({error})") from error
        tally = Tally(
            records=batch.records + len(batch.bad),
            bad_records=len(batch.bad),
            documents_seen=batch.documents,
            bytes_read=len(content) if isinstance(content, bytes) else size_of(content),
        )
        groups = self._groups_of(content, batch)
        for place, block in enumerate(batch.blocks):
            own = None if groups is None else groups[place]
            if self.sampling is None:
                census = take_census(block.texts, block.keys, lexicon, policy)
                rows = self._rows(block.texts, block.keys, census, lexicon, policy)
                tally.add_census(census, rows, own)
            else:
                taken = self.sampling.take(block, f"{self.name} {number} {place}")
                tally.known = (
                    taken.known_of_all if tally.known is None else tally.known + taken.known_of_all
                )
                if len(taken.index):
                    self._add_sample(tally, taken, lexicon, policy, own)
        bad = tuple(replace(each, raw=b"") for each in batch.bad[:MOST_REASONS])
        return Surveyed(tally, bad, batch.lines)

    def _add_sample(
        self,
        tally: Tally,
        taken: Excerpts,
        lexicon: CompiledLexicon,
        policy: Policy,
        groups: Sequence[str] | None,
    ) -> None:
        census = take_census(taken.texts, taken.keys, lexicon, policy)
        rows = self._rows(taken.texts, taken.keys, census, lexicon, policy)
        own = None if groups is None else [groups[document] for document in taken.index.tolist()]
        tally.add_census(census, rows, own)
        language = census.substitution.counts.language
        none = np.full(len(rows), -1, np.int64)
        tally.sample.append(
            SampleRows(
                rows=rows,
                chance=taken.chance,
                share=taken.share,
                known=taken.known,
                group=own or [""] * len(rows),
                language=none if language is None else language,
            )
        )

    def _groups_of(self, content: bytes | pa.RecordBatch, batch: Batch) -> list[list[str]] | None:
        if self.by is None:
            return None
        finder = _groups(self.by, self.job.source)
        return [finder.of(content, places) for places in batch.places]

    def _rows(
        self,
        texts: Sequence[Buffer],
        keys: UInt64s,
        census: Census,
        lexicon: CompiledLexicon,
        policy: Policy,
    ) -> Int64s:
        new = splice(block_of(texts, keys), census.substitution.swaps, lexicon, policy)
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        rows = figures_of(texts, new.ends - new.starts - sizes, census, policy)
        if self.tokenizer is not None:
            before = self._tokens(texts)
            # What is not swapped has the same tokens.
            changed = np.flatnonzero(census.substitution.counts.swapped > 0)
            data = memoryview(new.data)
            spans = zip(new.starts[changed].tolist(), new.ends[changed].tolist(), strict=True)
            after = self._tokens([data[start:end] for start, end in spans])
            put_tokens(rows, before, _replaced(before, changed, after))
        return rows

    def _tokens(self, texts: Sequence[Buffer]) -> Texts:
        assert self.tokenizer is not None, "there is a tokenizer"
        counts = tokenizer_of(self.tokenizer).count(list(map(_string, texts)))
        return Texts(counts.tokens, counts.unknown, counts.byte_fallback)


def _string(text: Buffer) -> str:
    """Halves of surrogate pairs, which no tokenizer takes, are replaced."""
    return str(LONE_SURROGATE.sub("\ufffd".encode(), text), "utf-8", "replace")


def _replaced(before: Texts, index: Int64s, new: Texts) -> Texts:
    columns = []
    for own, others in (
        (before.tokens, new.tokens),
        (before.unknown, new.unknown),
        (before.byte_fallback, new.byte_fallback),
    ):
        column = own.copy()
        column[index] = others
        columns.append(column)
    return Texts(*columns)


@lru_cache(maxsize=1)
def tokenizer_of(path: str) -> "Tokenizer":
    """The tokenizer of a file, loaded once a process."""
    from link.tokens import load_tokenizer

    return load_tokenizer(path)


@lru_cache(maxsize=4)
def _groups(name: str, container: str) -> Groups:
    return Groups(name, container)
