"""JSON Lines: where the text stands in each line, found without re-serialising anything.

msgspec validates each line and hands out the raw text field; its address says where it stands. A
line that msgspec rejects but Python's `json` accepts (`NaN`, lone surrogates) is walked by `json`'s
own scanner instead (`json_walk.py`). Everything that is not text passes through as bytes.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import itemgetter
from typing import NoReturn

import msgspec
import numpy as np
import pyarrow as pa
import xxhash

from link.block import Block, Buffer
from link.shards.batch import BadRecord, Batch, Piece, Places, UnfitError
from link.shards.codecs import Reader
from link.shards.fields import IN_LISTS, Fields, list_of, path_of
from link.shards.json_fields import decoded, decoder, getter
from link.shards.json_walk import check_object, find, members

BLOCK_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"

BLANKS = b" \t\r\n"
MOST_LEVELS = 500
"""Of objects and arrays in one another. Python's `json` reads more or less of them by how deeply it
is called itself, and nothing here may depend on that."""

Value = tuple[memoryview, int]
"""A value as the record spells it, and its offset in the piece."""

_Document = tuple[int, int, int, Buffer, int]
"""From where to where a text stands in the piece, which of the text fields it is, text and key."""

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
        self._paths = [path_of(name) for name in (*self._texts, *keys)]
        self._paths += [] if fields.mark is None else [(fields.mark,)]
        self._paths += [path_of(name) for name, _ in self._where]
        self._decoder = decoder(self._paths)
        self._getters = [getter(path) for path in self._paths]
        self._is_plain = len(self._paths) == 1 and refuse is None

    def find(self, data: bytes, first: bool = True) -> Batch:
        """The documents in some whole lines; `first`: the shard begins with them."""
        is_utf8 = is_valid_utf8(data)
        begin = len(BOM) if first and data.startswith(BOM) else 0
        can_be_plain = self._is_plain and is_utf8 and begin < len(data)
        batch = self._at_once(data, begin) if can_be_plain else None
        return batch or self._one_by_one(data, begin, is_utf8=is_utf8)

    def _at_once(self, data: bytes, begin: int) -> Batch | None:
        """The batch of lines that hold a record each, with one text and nothing that is odd."""
        if self._decoder is None:
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
            records = self._decoder.decode_lines(memoryview(data)[begin:])
        except (msgspec.DecodeError, RecursionError):
            return None
        raws = list(map(self._getters[0], records))
        if len(raws) != len(ends) or None in raws:
            return None
        base, view, count = pa.py_buffer(data).address, memoryview(data), len(raws)
        starts = np.fromiter([pa.py_buffer(each).address for each in raws], np.int64, count) - base
        sizes = np.fromiter(map(len, raws), np.int64, count)
        try:
            for line in np.flatnonzero(ends - begins - sizes > MOST_LEVELS).tolist():
                _check_levels(data[begins[line] : ends[line]], 0)
        except UnfitError:
            return None
        opening = raw.take(starts)
        if not ((opening == ord('"')) | (opening == ord("n"))).all():
            return None
        record = np.flatnonzero(opening == ord('"'))  # the others are null
        starts = starts.take(record)
        ends = starts + sizes.take(record)
        spans = zip(starts.tolist(), ends.tolist(), strict=True)
        if data.find(b"\\") < 0:
            texts: list[Buffer] = [view[start + 1 : end - 1] for start, end in spans]
        else:
            texts = [decoded(data, start, end) for start, end in spans]
        keys = np.fromiter(map(xxhash.xxh3_64_intdigest, texts), np.uint64, len(texts))
        block = Block(data, starts + 1, ends - 1, keys, escaped=True, texts=texts)
        places = Places(record, record, np.zeros(len(record), np.int64))
        return Batch(
            (block,), count, (), count, len(data), places=(places,) if self._placed else ()
        )

    def _one_by_one(self, data: bytes, begin: int, *, is_utf8: bool) -> Batch:
        """The batch of lines of any kind."""
        view, base = memoryview(data), pa.py_buffer(data).address
        spans: list[tuple[int, int]] = []
        keys: list[int] = []
        texts: list[Buffer] = []
        places: list[tuple[int, int, int]] = []
        ranges: list[tuple[int, int]] = []
        bad: list[BadRecord] = []
        records = lines = 0
        while begin < len(data):
            end = data.find(b"\n", begin) + 1 or len(data)
            lines += 1
            if data[begin] not in BLANKS or data[begin:end].strip(BLANKS):
                try:
                    if not is_utf8:
                        check_utf8(data[begin:end], begin)
                    documents = self._documents(data, view[begin:end], base, begin)
                except UnfitError as error:
                    ranges.append((begin, end))
                    bad.append(BadRecord(lines, error.byte, error.reason, data[begin:end]))
                else:
                    records += 1
                    for start, stop, field, text, key in documents:
                        spans.append((start, stop))
                        texts.append(text)
                        keys.append(key)
                        if self._placed:
                            places.append((records - 1, lines - 1, field))
            begin = end
        starts, ends = np.array(spans, np.int64).reshape(-1, 2).T.copy()
        block = Block(data, starts, ends, np.array(keys, np.uint64), escaped=True, texts=texts)
        return Batch(
            (without(block, ranges) if bad else block,),
            records,
            tuple(bad),
            lines,
            len(data),
            places=(Places(*np.array(places, np.int64).reshape(-1, 3).T.copy()),)
            if self._placed
            else (),
        )

    @property
    def names(self) -> list[str]:
        """The text fields."""
        return list(self._texts)

    def _documents(self, data: bytes, line: memoryview, base: int, begin: int) -> list[_Document]:
        """A record's documents, in the order in which they stand in it.

        `base` is the piece's address, `begin` where the line begins in it.
        """
        values = self._values(line, base, begin)
        others = len(line) - sum(len(value[0]) for value in values[: len(self._texts)] if value)
        if others > MOST_LEVELS:  # which takes as many bytes outside of the texts
            _check_levels(bytes(line), begin)
        self._check_texts(values, begin)
        conditions = values[len(values) - len(self._where) :]
        for (_, wanted), value in zip(self._where, conditions, strict=True):
            if not _is_value(value, wanted):
                return []
        texts = values[: len(self._texts)]
        if all(text is None for text in texts):
            self._fail_absent(bytes(line), begin)
        if self._mark is not None and values[-1 - len(self._where)] is not None:
            self._fail(
                f"the record has a field {self._mark!r} already; name another one with --mark",
                begin,
            )
        documents: list[_Document] = []
        for field, (name, value) in enumerate(zip(self._texts, texts, strict=True)):
            if value is None:
                continue
            raw, offset = value
            if raw[0] == ord('"'):
                text = decoded(data, offset, offset + len(raw))
                if self._key_field is None:
                    key = xxhash.xxh3_64_intdigest(text)
                else:
                    key = self._key(values[len(texts)], begin)
                documents.append((offset + 1, offset + len(raw) - 1, field, text, key))
            elif bytes(raw[:4]) != b"null":
                self._fail_type(name, value)
        return sorted(documents, key=itemgetter(0)) if len(documents) > 1 else documents

    def _values(self, line: memoryview, base: int, begin: int) -> list[Value | None]:
        """The wanted values of a record: texts, key, conditions."""
        if self._decoder is None:
            return self._walk(line, begin)
        try:
            record = self._decoder.decode(line)
        except (msgspec.DecodeError, RecursionError):
            return self._walk(line, begin)
        raws = (get(record) for get in self._getters)
        return [
            None if raw is None else (memoryview(raw), pa.py_buffer(raw).address - base)
            for raw in raws
        ]

    def _walk(self, line: memoryview, begin: int) -> list[Value | None]:
        """The same by the rules of Python's `json`: slow, and takes all that it takes."""
        _check_levels(bytes(line), begin)
        text = str(line, "utf-8").rstrip("\r\n")
        try:
            check_object(text)
            places = [find(text, path) for path in self._paths]
        except json.JSONDecodeError as error:
            if text.lstrip().startswith("["):
                self._fail(_JSON_LIST, begin)
            at = begin + len(text[: error.pos].encode())
            self._fail(f"no JSON object: {error.msg}", at)
        except RecursionError:
            self._fail("no JSON object that can be read: nested too deeply", begin)
        values: list[Value | None] = []
        for place in places:
            if place is None:
                values.append(None)
            else:
                start = len(text[: place[0]].encode())
                size = len(text[place[0] : place[1]].encode())
                values.append((line[start : start + size], begin + start))
        return values

    # --- keys ---

    def _key(self, value: Value | None, begin: int) -> int:
        raw = bytes(value[0]) if value else b"absent"
        if raw.startswith(b'"'):
            return xxhash.xxh3_64_intdigest(decoded(raw, 0, len(raw)))
        if re.fullmatch(rb"-?\d+", raw):
            return xxhash.xxh3_64_intdigest(raw)
        self._fail(
            f"key field {self._key_field!r} must be a string or a whole number, "
            f"but is {_clip(raw[:256].decode('utf-8', 'replace'))}",
            begin,
        )

    # --- what is wrong, and where ---

    def _check_texts(self, values: list[Value | None], begin: int) -> None:
        """Every text must be one that can be written where it is to go."""
        if self._refuse is None:
            return
        for name, value in zip(self._texts, values, strict=False):
            if value is not None:
                text = json.loads(bytes(value[0]))
                if not (text is None or isinstance(text, str)):
                    self._fail_type(name, value)
                reason = self._refuse(text)
                if reason:
                    self._fail(reason, begin)

    def _fail_type(self, name: str, value: Value) -> NoReturn:
        shown = bytes(value[0][:256]).decode("utf-8", "replace")
        hint = f"; {IN_LISTS}" if shown.startswith("[") else ""
        self._fail(f"field {name!r} is no string but {_clip(shown)}{hint}", value[1])

    def _fail_absent(self, line: bytes, begin: int) -> NoReturn:
        hint = "name the one that holds the text with --text-field"
        try:
            text = line.decode()
            lists = {name for name, start, _ in members(text) if text[start] == "["}
            names = ", ".join(sorted({name for name, *_ in members(text)}))
            wanted_lists = sorted(lists & {list_of(name) for name in self._texts})
            if wanted_lists:
                hint = f"{wanted_lists[0]!r} is a list; {IN_LISTS}"
        except RecursionError:
            names = "nested too deeply to be listed"
        names = names.encode("utf-8", "backslashreplace").decode() or "none at all"
        wanted = " or ".join(map(repr, self._texts))
        self._fail(
            f"no field {wanted}; the record's fields are {_clip(names)}; {hint}",
            begin,
        )

    def _fail(self, reason: str, byte: int) -> NoReturn:
        raise UnfitError(reason, byte)


_JSON_LIST = (
    "no JSON object but a list; if the shard is one JSON list, write its records a line each "
    "first (jq -c '.[]' FILE.json > FILE.jsonl)"
)
_MARKS = re.compile(rb'\\.|["\[{\]}]', re.DOTALL)
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def _check_levels(line: bytes, begin: int) -> None:
    """Raise `UnfitError` for a record that is nested too deeply."""
    if line.count(b"[") + line.count(b"{") <= MOST_LEVELS:
        return
    level, in_string = 0, False
    for match in _MARKS.finditer(line):  # one by one: a pattern of whole strings would pile them up
        mark = match[0]
        if mark == b'"':
            in_string = not in_string
        elif not in_string:
            level += _STEPS.get(mark, 0)
            if level > MOST_LEVELS:
                reason = (
                    f"no JSON object that can be read: nested too deeply, over {MOST_LEVELS} levels"
                )
                raise UnfitError(reason, begin)


def _is_value(value: Value | None, wanted: str) -> bool:
    """Whether a value is a string of that text, or anything else that is spelled so."""
    if value is None:
        return False
    raw = bytes(value[0])
    return (json.loads(raw) if raw.startswith(b'"') else raw.decode()) == wanted


def is_valid_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8; Arrow tells without making a string of them."""
    offsets = pa.py_buffer(np.array([0, len(data)]))
    whole = pa.Array.from_buffers(pa.large_utf8(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def check_utf8(record: bytes, begin: int) -> None:
    """Raise `UnfitError` for a record that is not UTF-8; it begins at `begin` of its piece."""
    try:
        record.decode()
    except UnicodeDecodeError as error:
        raise UnfitError(f"not UTF-8 ({error.reason})", begin + error.start) from None


def without(block: Block, ranges: list[tuple[int, int]]) -> Block:
    """The block without some ranges of its bytes, in which no document stands."""
    data = bytes(block.data)
    begins, ends = np.array(ranges, np.int64).T
    gone = np.cumsum(np.concatenate((np.zeros(1, np.int64), ends - begins)))
    shift = gone[np.searchsorted(begins, block.starts)]
    bounds = [0, *(place for both in ranges for place in both), len(data)]
    kept = b"".join(data[i:j] for i, j in zip(bounds[0::2], bounds[1::2], strict=True))
    return replace(block, data=kept, starts=block.starts - shift, ends=block.ends - shift)


def _clip(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
