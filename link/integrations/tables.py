"""Arrow tables and record batches: what every columnar door hands over.

Columns are found, checked and put back by the reader of Parquet and Arrow shards, so that nested
texts (`meta.body`), dictionaries and keys mean what they mean on the command line.
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from link.errors import ShardError
from link.shards.fields import Fields
from link.shards.rows import Rows, size_of
from link.substituter import Substituter

_MOST_BYTES = 16 << 20
"""Of rows that are worked on at once, if they are of equal size."""


class Tables:
    """Swaps words in a column of text, or several, and keeps all other columns.

    `text_field`: the columns, `a.b` for field `b` of the structs in column `a`. `key_field`: the
    column of strings or whole numbers that names each document instead of its text. It can be
    pickled.

    Raises `ShardError` where there is no such column, for a text that is not UTF-8 and for a null
    key.
    """

    def __init__(
        self,
        substituter: Substituter,
        text_field: str | Sequence[str] = "text",
        key_field: str | None = None,
    ) -> None:
        texts = (text_field,) if isinstance(text_field, str) else tuple(text_field)
        self._fields = Fields(texts, key_field)
        self._substituter = substituter

    def __call__(self, table: pa.Table) -> pa.Table:
        """The table with words swapped: the same schema, the same rows in the same order."""
        return pa.Table.from_batches(self.batches(iter(table.to_batches())), table.schema)

    def batches(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Record batches one by one; a large one becomes several."""
        for rows in batches:
            step = max(1, len(rows) * _MOST_BYTES // max(_MOST_BYTES, size_of(rows)))
            for begin in range(0, max(1, len(rows)), step):
                yield self._batch(rows.slice(begin, step))

    def columns(self, schema: pa.Schema) -> list[str]:
        """The columns that are needed to swap words, and so all that may change."""
        return Rows(self._fields, schema).needed

    def _batch(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        finder = Rows(self._fields, rows.schema)
        found = finder.find(rows)
        if found.bad:
            bad = found.bad[0]
            raise ShardError(f"row {bad.number} of a batch of {len(rows):,}: {bad.reason}")
        done = [self._substituter.block(block) for block in found.blocks]
        return finder.put_back(rows, [(each.data, each.starts, each.ends) for each in done])
