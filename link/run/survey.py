"""What `link stats` does with each piece of a shard: find its documents, count what they hold.

A job is pure and can be sent to another process, as that of a substitution (`job.py`), of whose
reading it makes use.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from link.block import Block, Buffer, Int64s
from link.errors import ShardError
from link.kernel.census import Census, take_census
from link.kernel.compiled import CompiledLexicon
from link.policy import Policy
from link.report.figures import Texts, figures_of, put_tokens
from link.report.tally import MOST_REASONS, SampleRows, Tally
from link.run.job import Job
from link.run.sampling import Excerpts, Sampling
from link.shards.batch import BadRecord, Batch, Piece
from link.shards.groups import Groups
from link.shards.rows import size_of

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

    def content(self, piece: Piece) -> bytes | pa.RecordBatch:
        """What of a piece is needed."""
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

    def do(
        self,
        content: bytes | pa.RecordBatch,
        lexicon: CompiledLexicon,
        policy: Policy,
        *,
        first: bool,
        number: int,
    ) -> Surveyed:
        """Count what a piece holds; `number`: which of the shard's it is, from 0."""
        try:
            batch = self.job.finder.find(content, first)
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
                census = take_census(block, lexicon, policy)
                tally.add_census(census, self._rows(block, census, policy), own)
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
        census = take_census(taken.block, lexicon, policy)
        rows = self._rows(taken.block, census, policy)
        own = None if groups is None else [groups[document] for document in taken.index.tolist()]
        tally.add_census(census, rows, own)
        language = census.substituted.counts.language
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

    def _rows(self, block: Block, census: Census, policy: Policy) -> Int64s:
        rows = figures_of(block, census, policy)
        if self.tokenizer is not None:
            result = census.substituted
            before = self._tokens(_texts(block.data, block.starts, block.ends, block.escaped))
            # What is not swapped has the same tokens.
            changed = np.flatnonzero(result.counts.swapped > 0)
            new = _texts(result.data(), result.starts[changed], result.ends[changed], block.escaped)
            put_tokens(rows, before, _replaced(before, changed, self._tokens(new)))
        return rows

    def _tokens(self, texts: list[str]) -> Texts:
        assert self.tokenizer is not None, "there is a tokenizer"
        counts = tokenizer_of(self.tokenizer).count(texts)
        return Texts(counts.tokens, counts.unknown, counts.byte_fallback)


def _texts(data: Buffer, starts: Int64s, ends: Int64s, escaped: bool) -> list[str]:
    """Documents as strings; halves of surrogate pairs, which no tokenizer takes, are replaced."""
    view = memoryview(data)
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    if not escaped:
        return [str(view[start:end], "utf-8", "replace") for start, end in spans]
    texts = [json.loads(b'"%b"' % bytes(view[start:end])) for start, end in spans]
    return [
        text
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for text in texts
    ]


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
