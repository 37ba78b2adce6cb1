"""What is done with each piece of a shard: find its documents, swap words, spell the result.

A job is pure and can be sent to another process; it knows nothing of files or of other pieces.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa

from link.block import Buffer, Int64s, UInt64s
from link.errors import ShardError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.policy import Policy
from link.run.counts import Totals
from link.run.marks import marks_of
from link.run.shards import Content
from link.run.swaps import rows_of
from link.shards.batch import BadRecord, Batch, Piece
from link.shards.columns import Columns, records_of, text_columns
from link.shards.fields import Fields, path_of
from link.shards.formats import COLUMNAR, JSONL, TEXT
from link.shards.jsonl import JsonLines, Refuse
from link.shards.mark import with_marks
from link.shards.rows import Rows, Swapped, field_type, is_text, size_of
from link.shards.spell import check_spellable, json_lines
from link.shards.text import LINE, PlainText, why_unfit
from link.splice import splice, written_texts

Substitute = Callable[[Sequence[Buffer], UInt64s, CompiledLexicon, Policy], Substitution]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a piece.

    `swaps`: rows of the sidecar, the piece's first record and line being number 0.

    `content`: bytes to be written, or rows; of rows that go out as rows, the text columns alone.
    `sizes`: int64, of the rows' records. `bad`: positions from the start of the piece. `lines`: how
    many lines or rows the piece had.
    """

    content: Sequence[Buffer | pa.Buffer] | pa.RecordBatch
    sizes: Int64s | None
    totals: Totals
    bad: tuple[BadRecord, ...]
    lines: int
    swaps: pa.RecordBatch | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Buffers cross to another process as bytes."""
        content = self.content
        if not isinstance(content, pa.RecordBatch):
            content = [b"".join(map(memoryview, content))]
        return Done, (content, self.sizes, self.totals, self.bad, self.lines, self.swaps)


@dataclass(frozen=True)
class Job:
    """What is done with the pieces of one shard.

    `shard`: its path, for messages. `schema`: of a source of rows. `columns`: those that JSON Lines
    make, where they become rows. `swaps`: they are to be handed on for a sidecar. Raises
    `ShardError`, when it is first used, if the schema has no text, or the target no spelling for
    it.
    """

    shard: str
    source: str
    target: str
    fields: Fields
    document: str = LINE
    schema: pa.Schema | None = None
    columns: Columns | None = None
    swaps: bool = False

    def __hash__(self) -> int:
        """Without the schema: some versions of pyarrow cannot hash one that has metadata."""
        return hash((self.shard, self.source, self.target, self.fields, self.document))

    @property
    def is_verbatim(self) -> bool:
        """Whether the bytes that are read are those that are written, but for swapped words."""
        return self.source == self.target and self.source not in COLUMNAR

    @property
    def keeps_rows(self) -> bool:
        """Whether rows come in and go out, so that only the text columns need to be handled."""
        return self.source in COLUMNAR and self.target in COLUMNAR

    @property
    def _may_swap_line_breaks(self) -> bool:
        """Whether a document may hold some as they are, and so may a phrase."""
        return self.source == TEXT and self.document != LINE

    @property
    def is_recorded(self) -> bool:
        """Whether it must be known what was swapped where."""
        return self.swaps or self.fields.mark is not None

    @property
    def out_schema(self) -> pa.Schema:
        """The schema of the rows that go out."""
        if self.source in COLUMNAR:
            assert self.schema is not None, "rows have a schema"
            return self.schema
        if self.source == TEXT:
            return text_columns(self.fields.texts[:1])
        assert self.columns is not None, "JSON Lines that become rows have been read once"
        return self.columns.schema

    @property
    def gives_rows(self) -> bool:
        """Whether rows go out."""
        return self.target in COLUMNAR

    @property
    def finder(self) -> JsonLines | PlainText | Rows:
        """Finds the documents in a piece."""
        return _finder(self)

    def check(self) -> None:
        """Raise `ShardError` if the job cannot be done on this shard at all."""
        _finder(self)

    @property
    def needed(self) -> list[str]:
        """The columns that are looked at, of rows that go out as rows."""
        assert isinstance(self.finder, Rows), "rows come in"
        return self.finder.needed

    def needed_of(self, piece: Piece) -> Content:
        """What of a piece is looked at: of rows that go out as rows, only some columns."""
        if isinstance(piece.content, pa.RecordBatch) and self.keeps_rows:
            return piece.content.select(self.needed)
        return piece.content

    def do(self, content: Content, context: Any, *, first: bool, number: int) -> Done:
        """The piece with words swapped, in the target's form."""
        return self.swapped(content, context.lexicon, context.policy, first=first)

    def swapped(
        self,
        content: Content,
        lexicon: CompiledLexicon,
        policy: Policy,
        *,
        first: bool = True,
        substitute: Substitute = substitute,
    ) -> Done:
        """The piece with words swapped, in the target's form.

        `substitute`: the kernel, or what takes its place.
        """
        try:
            batch = self.finder.find(content, first)
        except MemoryError:
            raise
        except pa.ArrowException as error:
            raise ShardError(f"{self.shard}: the data is damaged ({error})") from error
        done = [substitute(block.texts, block.keys, lexicon, policy) for block in batch.blocks]
        totals = Totals(records_read=batch.records + len(batch.bad), records_written=batch.records)
        for each in done:
            totals.add_documents(each.counts, policy, lexicon.codes)
        if self.is_verbatim and not self._may_swap_line_breaks:
            _check_line_breaks(lexicon, policy, escaped=self.source == JSONL)
        new = [
            splice(block, each.swaps, lexicon, policy)
            for block, each in zip(batch.blocks, done, strict=True)
        ]
        swaps = None
        if self.is_recorded:
            escaped = self.target == JSONL
            swaps = rows_of(batch, done, new, self.finder.names, lexicon, escaped=escaped)
        try:
            out, sizes = self.spelled(batch, [(each.data, each.starts, each.ends) for each in new])
        except MemoryError:
            raise
        except pa.ArrowException as error:
            raise ShardError(
                f"{self.shard}: a value cannot be represented in {self.target} ({error}); "
                f"keep the shard's format, or leave its column out first"
            ) from error
        if self.fields.mark is not None:
            assert self.is_verbatim, "plan.py refuses other formats"
            assert swaps is not None, "they are recorded"
            marks = marks_of(batch, done[0].counts, swaps, policy)
            out = [with_marks(bytes(new[0].data), self.fields.mark, marks, first=first)]
        return Done(out, sizes, totals, batch.bad, batch.lines, swaps if self.swaps else None)

    def spelled(
        self, batch: Batch, swapped: Sequence[Swapped]
    ) -> tuple[Sequence[Buffer | pa.Buffer] | pa.RecordBatch, Int64s | None]:
        """The swapped documents of a batch in the target's form, and the sizes of their records."""
        if self.is_verbatim:
            return [data for data, _, _ in swapped], None
        rows, sizes = self._rows(batch, swapped)
        if len(rows) != batch.records:
            raise ShardError(f"{self.shard}: a record was lost, which is a defect of LINK")
        if self.gives_rows:
            return rows, sizes
        if self.target == JSONL:
            return [json_lines(rows)], None
        ending = "\n" if self.document == LINE else "\n\n"
        texts = rows.column(0).cast(pa.large_string()).to_pylist()
        return ["".join(text + ending for text in texts).encode()], None

    def _rows(self, batch: Batch, swapped: Sequence[Swapped]) -> tuple[pa.RecordBatch, Int64s]:
        if isinstance(self.finder, Rows):
            assert batch.rows is not None, "rows were read"
            rows = self.finder.put_back(batch.rows, swapped)
            each = size_of(batch.rows) // max(1, len(rows))
            return (
                rows.select(self.finder.text_columns) if self.keeps_rows else rows,
                np.full(len(rows), each, np.int64),
            )
        [(buffer, starts, ends)] = swapped
        data = bytes(buffer)
        if self.columns is not None:
            sizes = np.fromiter(map(len, records_of(data)), np.int64)
            return self.columns.rows(data), sizes
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        texts = pa.array([data[start:end].decode() for start, end in spans], pa.string())
        schema = self.out_schema
        column = _nested(texts, schema.field(0).type)
        return pa.RecordBatch.from_arrays([column], schema=schema), ends - starts


def refusal(source: str, target: str, document: str) -> Refuse | None:
    """Why a text cannot be written by the target, if that is one that cannot hold all texts."""
    if target == TEXT != source:
        return partial(why_unfit, document)
    if source == JSONL and target in COLUMNAR:
        return _why_no_utf8
    return None


@lru_cache(maxsize=1)
def _finder(job: Job) -> JsonLines | PlainText | Rows:
    """The job's finder; it is not part of the job, because it cannot be sent elsewhere."""
    try:
        _check_target(job)
        finder = finder_of(job, placed=job.is_recorded)
        if isinstance(finder, Rows):
            _check_swaps(job, finder)
        return finder
    except ShardError as error:
        raise ShardError(f"{job.shard}: {error}") from error


def finder_of(job: Job, *, placed: bool) -> JsonLines | PlainText | Rows:
    """Finds the documents of a job. `placed`: says of each which record it is in."""
    refuse = refusal(job.source, job.target, job.document)
    if job.source == JSONL:
        return JsonLines(job.fields, refuse, placed=placed)
    if job.source == TEXT:
        return PlainText(job.fields, job.document, refuse)
    return Rows(job.fields, job.schema, refuse, strict=not job.keeps_rows, placed=placed)


def _check_target(job: Job) -> None:
    if job.is_verbatim or job.keeps_rows:
        return
    if job.target == JSONL:
        check_spellable(job.out_schema)
    if job.target == TEXT:
        names = job.out_schema.names
        kinds = [field_type(job.out_schema, (name,)) for name in names]
        if len(names) != 1 or kinds[0] is None or not is_text(kinds[0]):
            others = ", ".join(name for name in names if name not in job.fields.texts)
            raise ShardError(
                f"plain text has no place for other fields than one text, and would lose "
                f"{others or 'what is around it'}; write another --format, "
                f"or leave them out first"
            )


def _check_swaps(job: Job, finder: Rows) -> None:
    """Raise `ShardError` if swaps have no place of their own in the output."""
    if not job.swaps or job.target != JSONL:
        return
    for name in finder.names:
        kind = field_type(job.schema, path_of(name))
        while kind is not None and pa.types.is_dictionary(kind):
            kind = kind.value_type
        if kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
            raise ShardError(
                f"text column {name!r} is binary, which JSON spells in Base64, where swaps have no "
                f"place of their own; cast the column to string first, or leave --swaps out"
            )


def _nested(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Texts in structs of one field each, as deep as the type says."""
    if not pa.types.is_struct(kind):
        return texts
    inner = kind.field(0)
    return pa.StructArray.from_arrays([_nested(texts, inner.type)], [inner.name])


def _why_no_utf8(text: str | None) -> str | None:
    try:
        if text is not None:
            text.encode()
    except UnicodeEncodeError:
        return "a text with a lone surrogate has no UTF-8 form, so columns cannot hold it"
    return None


@lru_cache(maxsize=1)
def _check_line_breaks(lexicon: CompiledLexicon, policy: Policy, *, escaped: bool) -> None:
    """Raise `ShardError` if what is written could break a line; documents themselves hold none."""
    data = written_texts(lexicon, policy, escaped=escaped).buffers()[2]
    if (np.frombuffer(data, np.uint8) == ord("\n")).any():
        raise ShardError("a translation breaks lines, which is a defect of LINK")
