"""Swaps undone in a piece of a shard, by the rows of its sidecar.

Every row is held against the text it speaks of: what was written must stand where it says. A row
that does not fit raises `UnfitError`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from link.block import Block
from link.errors import ShardError
from link.policy import ANNOTATE
from link.shards.batch import Batch, UnfitError
from link.shards.json_values import text_of
from link.shards.rows import Swapped

Row = dict[str, Any]
Document = tuple[int, str]
"""Number of the record in the shard, and text field."""


class Swaps:
    """The rows of a sidecar, handed out record by record, in order."""

    def __init__(self, batches: Iterable[pa.RecordBatch], sidecar: str) -> None:
        self._rows = (row for batch in batches for row in batch.to_pylist())
        self._next: Row | None = next(self._rows, None)
        self._sidecar = sidecar

    def before(self, record: int) -> dict[Document, list[Row]]:
        """All further rows of records before a number."""
        found: dict[Document, list[Row]] = {}
        while self._next is not None and self._next["record"] < record:
            found.setdefault((self._next["record"], self._next["field"]), []).append(self._next)
            self._next = next(self._rows, None)
        return found

    def refuse_more(self) -> None:
        """Raise `ShardError` if there are rows of records that the shard does not have."""
        if self._next is not None:
            raise ShardError(
                f"{self._sidecar}: has swaps of record {self._next['record']}, which the shard "
                f"does not have"
            )


Undo = Callable[[bytes, Sequence[Row], bool], bytes]
"""A text, its rows, and whether it stands in a JSON string -> the text without its swaps."""


def undone(
    batch: Batch,
    names: Sequence[str],
    first_record: int,
    swaps: dict[Document, list[Row]],
    undo: Undo,
) -> list[Swapped]:
    """Of each block of a batch the bytes without swaps, and the spans of documents in them.

    Rows that are used are taken out of `swaps`.
    """
    each = []
    for block, places in zip(batch.blocks, batch.places, strict=True):
        records = (places.record + first_record).tolist()
        documents = zip(records, (names[n] for n in places.field.tolist()), strict=True)
        each.append(_undone(block, documents, swaps, undo))
    for record, name in swaps:
        raise UnfitError(f"record {record} has no text in field {name!r}, as the sidecar says", 0)
    return each


def _undone(
    block: Block, documents: Iterable[Document], swaps: dict[Document, list[Row]], undo: Undo
) -> Swapped:
    data = memoryview(block.data)
    parts: list[bytes | memoryview] = []
    done = 0
    growth = np.zeros(len(block.starts), np.int64)
    spans = zip(block.starts.tolist(), block.ends.tolist(), documents, strict=True)
    for number, (start, end, document) in enumerate(spans):
        rows = swaps.pop(document, None)
        if rows is None:
            continue
        new = bytes(data[start:end])
        try:
            old = undo(new, rows, block.escaped)
        except UnfitError as error:
            reason = f"record {document[0]}: {error.reason}"
            raise UnfitError(reason, start + error.byte) from None
        parts += [data[done:start], old]
        growth[number] = len(old) - len(new)
        done = end
    parts.append(data[done:])
    grown = np.cumsum(growth)
    return b"".join(parts), block.starts + grown - growth, block.ends + grown


def undo_text(
    new: bytes,
    rows: Sequence[Row],
    escaped: bool,
    *,
    spell: Callable[[Row], bytes],
    brackets: tuple[str, str],
) -> bytes:
    """A text without its swaps. `spell`: what a row puts back. Raises `UnfitError`."""
    parts: list[bytes] = []
    done = 0  # bytes of the new text that are used
    for row in rows:
        start, end = row["new_start"], row["new_start"] + row["new_length"]
        if not done <= start <= end <= len(new):
            raise UnfitError(f"byte {start} of the text: the sidecar's places overlap", start)
        written, translation = new[start:end], row["translation"]
        is_annotation = row["mode"] == ANNOTATE
        if is_annotation:
            translation = f" {brackets[0]}{translation}{brackets[1]}"
        if not _says(written, translation, escaped):
            raise UnfitError(
                f"byte {start} of the text: {translation!r} should stand there, by the sidecar, "
                f"but it is {written[:60].decode('utf-8', 'replace')!r}",
                start,
            )
        parts.append(new[done:start])
        parts.append(b"" if is_annotation else spell(row))
        done = end
    parts.append(new[done:])
    return b"".join(parts)


def _says(written: bytes, text: str, escaped: bool) -> bool:
    """Whether bytes spell a text."""
    if not escaped or b"\\" not in written:
        return written == text.encode()
    try:
        return text_of(b'"%b"' % written) == text
    except ValueError:
        return False


def in_json(row: Row) -> bytes:
    """The swapped text as a JSON string spells it."""
    return json.dumps(row["source"], ensure_ascii=False)[1:-1].encode()


# --- marks ---------------------------------------------------------------------------------------


def without_marks(data: bytes, field: str, marked: Iterator[int]) -> bytes:
    """JSON Lines without the field that `--mark` adds, in records that begin before some places.

    `marked`: a place in the last text of each record that may have one, ascending.
    """
    opening = b",%b:{" % json.dumps(field).encode()
    parts: list[bytes] = []
    done = 0
    for place in marked:
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        brace = data.rfind(b"}", place, end)
        at = data.rfind(opening, place, brace)
        if at < 0:
            continue
        try:
            json.loads(data[at + len(opening) - 1 : brace])
        except ValueError:
            continue  # a field of an object inside the record
        parts.append(data[done:at])
        done = brace
    parts.append(data[done:])
    return b"".join(parts)
