"""JSON Lines: where the text stands in each line, found without re-serialising anything.

{"id":1,"text":"The dog sleeps."}⏎
                ^start         ^end      everything around passes through as bytes
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, NoReturn

import msgspec
import numpy as np
import pyarrow as pa
import xxhash

from link.block import Block, Int64s
from link.shards.batch import BadRecord, Batch, Piece, Places, UnfitError
from link.shards.codecs import Reader
from link.shards.fields import IN_LISTS, Fields, list_of, path_of
from link.shards.json_values import (
    MOST_LEVELS,
    ValueFinder,
    check_levels,
    members,
    text_of,
)
from link.shards.respell import decoded

BLOCK_BYTES = 3 << 19
BOM = b"\xef\xbb\xbf"
BLANKS = b" \t\r\n"
_CONTENT = re.compile(b"[^%b]" % BLANKS)

_Document = tuple[int, int, int, bytes]
"""From where to where a text stands in the piece, which of the text fields it is, and the value of
its key field."""

Refuse = Callable[[str | None], str | None]
"""Why a document's text (None: null) cannot be written where it is to go; None if it can."""


def pieces(stream: Reader, block_bytes: int = BLOCK_BYTES) -> Iterator[Piece]:
    """The stream in runs of whole lines of about `block_bytes`; a longer line comes alone."""
    first = True
    for run in runs_of_lines(stream, block_bytes):
        yield Piece(run, first)
        first = False
        del run  # a line may be large: hold it once


def runs_of_lines(stream: Reader, block_bytes: int) -> Iterator[bytes]:
    """The stream in runs of whole lines; only the last line of all may lack its ending."""
    parts: list[bytes] = []
    while data := stream.read(block_bytes):
        cut = data.rfind(b"\n") + 1
        if not cut:
            parts.append(data)
            continue
        parts.append(data[:cut])
        whole, parts = b"".join(parts), [data[cut:]]
        yield whole
        del whole
    if any(parts):
        whole, parts = b"".join(parts), []
        yield whole


class JsonLines:
    """Finds the documents in runs of lines; it keeps nothing from one run to the next.

    `placed`: say of each document which record it is in.
    """

    def __init__(
        self, fields: Fields, refuse: Refuse | None = None, *, placed: bool = False
    ) -> None:
        self._texts = tuple(dict.fromkeys(fields.texts))
        self._mark = fields.mark
        self._placed = placed
        self._key_field = None if self._texts == (fields.key,) else fields.key
        self._where = fields.where
        self._refuse = refuse
        keys = () if self._key_field is None else (self._key_field,)
        paths = [path_of(name) for name in (*self._texts, *keys)]
        paths += [] if fields.mark is None else [(fields.mark,)]
        paths += [path_of(name) for name, _ in self._where]
        self._values = ValueFinder(paths)
        self._is_plain = len(paths) == 1 and refuse is None

    def find(self, data: bytes, first: bool = True) -> Batch:
        """The documents in some whole lines; `first`: the shard begins with them."""
        is_utf8 = is_valid_utf8(data)
        begin = len(BOM) if first and data.startswith(BOM) else 0
        can_be_plain = self._is_plain and is_utf8 and begin < len(data)
        batch = self._at_once(data, begin) if can_be_plain else None
        return batch or self._one_by_one(data, begin, is_utf8=is_utf8)

    def _at_once(self, data: bytes, begin: int) -> Batch | None:
        """The batch of lines that hold a record each, with one text and nothing that is odd."""
        decoder, [get] = self._values.decoder, self._values.getters
        if decoder is None:
            return None
        raw = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(raw == ord("\n"))
        if not data.endswith(b"\n"):
            ends = np.append(ends, len(data))
        begins = np.concatenate((np.array([begin]), ends[:-1] + 1))
        last = ends - 1 - (raw.take(ends - 1) == ord("\r"))
        # So no record can go on in another line: behind a brace it would take a comma.
        if (raw.take(begins) != ord("{")).any() or (raw.take(last) != ord("}")).any():
            return None
        try:
            records = decoder.decode_lines(memoryview(data)[begin:])
        except (msgspec.DecodeError, RecursionError):
            return None
        raws = list(map(get, records))
        if len(raws) != len(ends) or None in raws:
            return None
        base, count = pa.py_buffer(data).address, len(raws)
        starts = np.fromiter([pa.py_buffer(each).address for each in raws], np.int64, count) - base
        sizes = np.fromiter(map(len, raws), np.int64, count)
        try:
            for line in np.flatnonzero(ends - begins - sizes > MOST_LEVELS).tolist():
                check_levels(data[begins[line] : ends[line]])
        except UnfitError:
            return None
        opening = raw.take(starts)
        if not ((opening == ord('"')) | (opening == ord("n"))).all():
            return None
        record = np.flatnonzero(opening == ord('"'))  # the others are null
        starts, ends = starts.take(record) + 1, (starts + sizes).take(record) - 1
        places = Places(record, record, np.zeros(len(record), np.int64))
        return self._batch(data, starts, ends, places, None, Batch((), count, (), count, len(data)))

    def _batch(
        self,
        data: bytes,
        starts: Int64s,
        ends: Int64s,
        places: Places,
        names: list[bytes] | None,
        batch: Batch,
    ) -> Batch:
        """A batch with its documents. `names`: what names each, if not its text."""
        texts = decoded(data, starts, ends)
        numbers = map(xxhash.xxh3_64_intdigest, texts if names is None else names)
        keys = np.fromiter(numbers, np.uint64, len(texts))
        block = Block(data, starts, ends, keys, escaped=True, texts=texts)
        return replace(batch, blocks=(block,), places=(places,) if self._placed else ())

    def _one_by_one(self, data: bytes, begin: int, *, is_utf8: bool) -> Batch:
        """The batch of lines of any kind."""
        view, base = memoryview(data), pa.py_buffer(data).address
        documents: list[_Document] = []
        where: list[tuple[int, int]] = []  # the record and line of each
        ranges: list[tuple[int, int]] = []
        bad: list[BadRecord] = []
        records = lines = 0
        while begin < len(data):
            if data[begin] in BLANKS:
                content = behind_blank_lines(data, begin, _CONTENT)
                lines += data.count(b"\n", begin, content)
                begin = content
                if begin == len(data):
                    lines += not data.endswith(b"\n")
                    break
            end = data.find(b"\n", begin) + 1 or len(data)
            lines += 1
            try:
                if not is_utf8:
                    check_utf8(data[begin:end])
                found = self._documents(view[begin:end], base)
            except UnfitError as error:
                ranges.append((begin, end))
                at = begin + error.byte
                bad.append(BadRecord(lines, at, error.reason, data[begin:end]))
            else:
                records += 1
                documents += found
                where += [(records - 1, lines - 1)] * len(found)
            begin = end
        size = len(data)
        starts, ends, fields = _columns([each[:3] for each in documents], 3)
        data, starts, ends = without(data, starts, ends, ranges)
        names = None if self._key_field is None else [name for *_, name in documents]
        record, line = _columns(where, 2)
        batch = Batch((), records, tuple(bad), lines, size)
        return self._batch(data, starts, ends, Places(record, line, fields), names, batch)

    @property
    def names(self) -> list[str]:
        """The text fields."""
        return list(self._texts)

    def _documents(self, line: memoryview, base: int) -> list[_Document]:
        """A record's documents, in the order in which they stand in it; `base`: where the piece is.

        Raises `UnfitError`, with an offset from the line's begin.
        """
        values = self._values(line)
        count = len(self._texts)
        texts, others = values[:count], values[count:]
        if len(line) - sum(map(len, filter(None, texts))) > MOST_LEVELS:
            check_levels(bytes(line))  # which takes as many bytes outside of the texts
        if self._refuse is not None:
            self._check_texts(texts, line, self._refuse)
        conditions = others[len(others) - len(self._where) :]
        for (_, wanted), value in zip(self._where, conditions, strict=True):
            if value is None or text_of(value) != wanted:
                return []
        if all(text is None for text in texts):
            self._fail_absent(bytes(line))
        if self._mark is not None and others[-1 - len(self._where)] is not None:
            raise UnfitError(
                f"the record has a field {self._mark!r} already; name another one with --mark", 0
            )
        documents: list[_Document] = []
        for field, value in enumerate(texts):
            if value is None:
                continue
            if value[0] == ord('"'):
                start = _address(value) - base
                name = b"" if self._key_field is None else self._key(others[0])
                documents.append((start + 1, start + len(value) - 1, field, name))
            elif value[0] != ord("n"):
                _fail_type(self._texts[field], value, line)
        return sorted(documents, key=itemgetter(0)) if len(documents) > 1 else documents

    def _key(self, value: memoryview | None) -> bytes:
        """The bytes that name a document: a string's, or a whole number's digits."""
        raw = bytes(value) if value else b"absent"
        if raw.startswith(b'"'):
            return text_of(raw).encode("utf-8", "surrogatepass")
        if raw.removeprefix(b"-").isdigit():
            return raw
        raise UnfitError(
            f"key field {self._key_field!r} must be a string or a whole number, "
            f"but is {_clip(raw[:256].decode('utf-8', 'replace'))}",
            0,
        )

    def _check_texts(
        self, texts: list[memoryview | None], line: memoryview, refuse: Refuse
    ) -> None:
        """Every text must be one that can be written where it is to go."""
        for name, value in zip(self._texts, texts, strict=True):
            if value is not None:
                is_null = value[0] == ord("n")
                if not (is_null or value[0] == ord('"')):
                    _fail_type(name, value, line)
                reason = refuse(None if is_null else text_of(value))
                if reason:
                    raise UnfitError(reason, 0)

    def _fail_absent(self, line: bytes) -> NoReturn:
        hint = "name the one that holds the text with --text-field"
        try:
            values = members(line)
            names = ", ".join(sorted(values))
            for name in sorted(map(list_of, self._texts)):
                if values.get(name, b"").startswith(b"["):
                    hint = f"{name!r} is a list; {IN_LISTS}"
        except RecursionError:
            names = "nested too deeply to be listed"
        names = names.encode("utf-8", "backslashreplace").decode() or "none at all"
        raise UnfitError(
            f"no field {' or '.join(map(repr, self._texts))}; the record's fields are "
            f"{_clip(names)}; {hint}",
            0,
        )


def _fail_type(name: str, value: memoryview, line: memoryview) -> NoReturn:
    shown = _clip(bytes(value[:256]).decode("utf-8", "replace"))
    hint = f"; {IN_LISTS}" if shown.startswith("[") else ""
    raise UnfitError(
        f"field {name!r} is not a string but {shown}{hint}", _address(value) - _address(line)
    )


def _address(data: memoryview) -> int:
    return int(pa.py_buffer(data).address)


def _clip(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def is_valid_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8; Arrow tells without making a string of them."""
    offsets = pa.py_buffer(np.array([0, len(data)]))
    whole = pa.Array.from_buffers(pa.large_utf8(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def behind_blank_lines(data: bytes, begin: int, content: "re.Pattern[bytes]") -> int:
    """The end of the blank lines that begin at a place; the place itself if there are none.

    `content`: matches what is not blank.
    """
    match = content.search(data, begin)
    if match is None:
        return len(data)
    return max(begin, data.rfind(b"\n", begin, match.start()) + 1)


def check_utf8(record: bytes, begin: int = 0) -> None:
    """Raise `UnfitError`, with an offset from `begin`, for a record that is not UTF-8."""
    try:
        record.decode()
    except UnicodeDecodeError as error:
        raise UnfitError(f"not UTF-8 ({error.reason})", begin + error.start) from None


def without(
    data: bytes, starts: Int64s, ends: Int64s, ranges: list[tuple[int, int]]
) -> tuple[bytes, Int64s, Int64s]:
    """Data without some ranges of its bytes, and where the spans outside of these stand in it."""
    if not ranges:
        return data, starts, ends
    begins, stops = _columns(ranges, 2)
    gone = np.cumsum(np.concatenate((np.zeros(1, np.int64), stops - begins)))
    shift = gone[np.searchsorted(begins, starts)]
    bounds = [0, *(place for both in ranges for place in both), len(data)]
    kept = b"".join(data[i:j] for i, j in zip(bounds[0::2], bounds[1::2], strict=True))
    return kept, starts - shift, ends - shift


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> Int64s:
    """Tuples of whole numbers as one array a place; int64, shape (count, rows)."""
    columns: Int64s = np.array(rows, np.int64).reshape(-1, count).T.copy()
    return columns
