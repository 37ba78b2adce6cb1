"""Plain text: a document is a line, a paragraph (blank lines part them), or the whole file.

Lines end in a line feed, with or without a carriage return before it, and in nothing else; the
ending of a document's last line is not part of its text, except where the document is the file.
"""

import re
from collections.abc import Iterator

import numpy as np
import xxhash

from link.block import Block
from link.errors import ShardError
from link.shards.batch import BadRecord, Batch, Piece, Places, UnfitError
from link.shards.codecs import Reader
from link.shards.fields import Fields
from link.shards.jsonl import (
    BLOCK_BYTES,
    BOM,
    Refuse,
    behind_blank_lines,
    check_utf8,
    is_valid_utf8,
    runs_of_lines,
    without,
)

LINE, PARAGRAPH, FILE = "line", "paragraph", "file"
DOCUMENT = (LINE, PARAGRAPH, FILE)

_BLANKS = b" \t\r\n\v\f"
_BLANK = _BLANKS.decode()
_CONTENT = re.compile(b"[^%b]" % _BLANKS)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")


def pieces(stream: Reader, document: str, block_bytes: int = BLOCK_BYTES) -> Iterator[Piece]:
    """The stream in runs of whole documents of about `block_bytes`."""
    if document == FILE:
        whole = b"".join(iter(lambda: stream.read(block_bytes), b""))
        if whole:
            yield Piece(whole, first=True)
        return
    first = True
    parts: list[bytes] = []
    for run in runs_of_lines(stream, block_bytes):
        cut = len(run) if document == LINE else _after_last_blank_line(run)
        if cut:
            parts.append(run[:cut])
            yield Piece(b"".join(parts), first)
            first, parts = False, []
        parts.append(run[cut:])
        del run  # a document may be large: hold it once
    if any(parts):
        yield Piece(b"".join(parts), first)


def _after_last_blank_line(run: bytes) -> int:
    """Where the last blank line of some whole lines ends; 0 if there is none."""
    end = len(run)
    while end > 0:
        begin = run.rfind(b"\n", 0, end - 1) + 1
        if run.endswith(b"\n", begin, end) and not run[begin:end].strip(_BLANKS):
            return end
        end = begin
    return 0


class PlainText:
    """Finds the documents in runs of text; it keeps nothing from one run to the next.

    Plain text has no fields: raises `ShardError` where a condition or key asks for one.
    """

    def __init__(self, fields: Fields, document: str, refuse: Refuse | None = None) -> None:
        if fields.where:
            raise ShardError(f"plain text has no field {fields.where[0][0]!r} for --where")
        if fields.key is not None:
            raise ShardError(f"plain text has no field {fields.key!r} for --key-field")
        self.names = list(fields.texts[:1])
        self._document = document
        self._refuse = refuse

    def find(self, data: bytes, first: bool = True) -> Batch:
        """The documents in a run of text; `first`: the shard begins with it."""
        is_utf8 = is_valid_utf8(data)
        spans: list[tuple[int, int]] = []
        begins: list[int] = []
        ranges: list[tuple[int, int]] = []
        bad: list[BadRecord] = []
        begin = len(BOM) if first and data.startswith(BOM) else 0
        records = lines = 0
        for start, end, stop in self._records(data, begin):
            lines += data.count(b"\n", begin, start)
            try:
                if not is_utf8:
                    check_utf8(data[start:stop], start)
                self._check(data[start:end], start)
            except UnfitError as error:
                at = lines + data.count(b"\n", start, error.byte) + 1
                bad.append(BadRecord(at, error.byte, error.reason, data[start:stop]))
                ranges.append((start, stop))
            else:
                records += 1
                spans.append((start, end))
                begins.append(lines)
            lines += data.count(b"\n", start, stop)
            begin = stop
        lines += data.count(b"\n", begin)
        size = len(data)
        starts, ends = np.array(spans, np.int64).reshape(-1, 2).T.copy()
        data, starts, ends = without(data, starts, ends, ranges)
        view = memoryview(data)
        texts = [view[i:j] for i, j in zip(starts.tolist(), ends.tolist(), strict=True)]
        keys = np.fromiter(map(xxhash.xxh3_64_intdigest, texts), np.uint64, len(texts))
        block = Block(data, starts, ends, keys, escaped=False, texts=texts)
        places = Places(np.arange(records), np.array(begins, np.int64), np.zeros(records, np.int64))
        return Batch((block,), records, tuple(bad), lines, size, places=(places,))

    def _records(self, data: bytes, begin: int) -> Iterator[tuple[int, int, int]]:
        """Where each document's text starts and ends, and where its last line's ending stops."""
        if self._document == FILE:
            if data[begin:].strip(_BLANKS):
                yield begin, len(data), len(data)
            return
        start = -1
        end = stop = begin
        while begin < len(data):
            after = behind_blank_lines(data, begin, _CONTENT) if data[begin] in _BLANKS else begin
            if after > begin:
                if start >= 0:
                    yield start, end, stop
                start, begin = -1, after
                continue
            after = data.find(b"\n", begin) + 1 or len(data)
            start = begin if start < 0 else start
            end, stop = _without_ending(data, begin, after), after
            if self._document == LINE:
                yield start, end, stop
                start = -1
            begin = after
        if start >= 0:
            yield start, end, stop

    def _check(self, text: bytes, begin: int) -> None:
        reason = self._refuse(text.decode()) if self._refuse else None
        if reason:
            raise UnfitError(reason, begin)


def _without_ending(data: bytes, begin: int, end: int) -> int:
    """Where a line's text ends, before its line feed and the carriage return before that."""
    if data.endswith(b"\n", begin, end):
        end -= 1
        if data.endswith(b"\r", begin, end):
            end -= 1
    return end


def why_unfit(document: str, text: str | None) -> str | None:
    """Why a document cannot be written as plain text such that it is read back as it was."""
    if text is not None and _LONE_SURROGATE.search(text):
        return "a text with a lone surrogate cannot be written as plain text"
    if text is None:
        return "a null text cannot be written as plain text"
    if text.startswith("\ufeff"):
        return "a text that begins with a byte order mark cannot be written as plain text"
    if not text.strip(_BLANK):
        return "an empty or blank text cannot be written as plain text"
    if document == LINE:
        if "\n" in text or text.endswith("\r"):
            return (
                "a text with a line break cannot be written as one line of plain text; "
                "try --document paragraph"
            )
        return None
    lines = text.split("\n")
    if not all(line.strip(_BLANK) for line in lines) or text.endswith("\r"):
        return (
            "a text with a blank line, or that ends in a line break, cannot be written as one "
            "paragraph of plain text"
        )
    return None
