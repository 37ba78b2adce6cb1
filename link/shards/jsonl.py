"""JSON Lines: where the text stands in each line, found without re-serialising anything.

msgspec validates each line and hands out the raw text field; its address says where it stands. A
line that msgspec rejects but Python's `json` accepts (`NaN`, lone surrogates) is walked by `json`'s
own scanner instead. Everything that is not text passes through as bytes.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # public, but not in stubs
from typing import Any, NoReturn

import msgspec
import numpy as np
import pyarrow as pa
import xxhash

from link.block import Block
from link.errors import RecordError, UsageError
from link.shards.codecs import Reader

BLOCK_BYTES = 1 << 20
BOM = b"\xef\xbb\xbf"

_HASH_PIECE = 1 << 20  # bytes of text decoded at a time for its key
_BLANKS = b" \t\r\n"
_TEXT = msgspec.json.Decoder(str)


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A line that is no record with a text: where it stands, what is wrong, and its bytes."""

    line: int
    byte: int
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """A block of whole lines, and how many records and documents it holds.

    A record whose text is null is no document. The block holds no bad records; `bad` does.
    `size_bytes`: what was read, bad records included.
    """

    block: Block
    records: int
    bad: tuple[BadRecord, ...]
    size_bytes: int

    @property
    def documents(self) -> int:
        return len(self.block.starts)


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of a record matter. Without a key field the text is the document's key."""

    text: str = "text"
    key: str | None = None

    def __post_init__(self) -> None:
        for name in (self.text, self.key or ""):
            try:
                name.encode()
            except UnicodeEncodeError:
                raise UsageError(f"field name {name!r} is not UTF-8") from None


def read_batches(
    stream: Reader,
    shard: str,
    fields: Fields,
    block_bytes: int = BLOCK_BYTES,
    *,
    keep_bad: bool = False,
) -> Iterator[Batch]:
    """The blocks of a shard, in order; joined they are the shard's bytes but for bad records.

    Raises `RecordError` at the first bad record, unless bad ones are to be kept and handed on.
    """
    finder = _Finder(shard, fields, keep_bad)
    for data in _whole_lines(stream, block_bytes):
        yield finder.batch(data)


def _whole_lines(stream: Reader, block_bytes: int) -> Iterator[bytes]:
    """The stream in runs of whole lines of about `block_bytes`; a longer line comes alone."""
    parts: list[bytes] = []
    while data := stream.read(block_bytes):
        cut = data.rfind(b"\n") + 1
        if not cut:
            parts.append(data)
            continue
        parts.append(data[:cut])
        whole, parts = b"".join(parts), [data[cut:]]
        yield whole
        del whole  # a line may be large: hold it once
    if any(parts):
        whole, parts = b"".join(parts), []
        yield whole


class _Finder:
    """Finds the text in each line; remembers how far the shard has been read, for messages."""

    def __init__(self, shard: str, fields: Fields, keep_bad: bool) -> None:
        if fields.key == fields.text:
            fields = Fields(fields.text)  # which is the same thing
        self._shard = shard
        self._fields = fields
        self._keep_bad = keep_bad
        wanted = {"text": fields.text} | ({} if fields.key is None else {"key": fields.key})
        self._decode = _decoder(wanted)
        self._lines_before = 0
        self._bytes_before = 0

    def batch(self, data: bytes) -> Batch:
        """The batch of some whole lines."""
        view, base = memoryview(data), pa.py_buffer(data).address
        is_utf8 = _is_utf8(data)
        spans: list[tuple[int, int]] = []
        keys: list[int] = []
        bad: list[tuple[int, int, RecordError]] = []
        records = lines = 0
        begin = len(BOM) if self._bytes_before == 0 and data.startswith(BOM) else 0
        while begin < len(data):
            end = data.find(b"\n", begin) + 1 or len(data)
            lines += 1
            if data[begin] not in _BLANKS or data[begin:end].strip(_BLANKS):
                number = self._lines_before + lines
                try:
                    if not is_utf8:
                        self._check_utf8(data[begin:end], number, begin)
                    span, key = self._document(data, view[begin:end], base, number, begin)
                except RecordError as error:
                    if not self._keep_bad:
                        raise
                    bad.append((begin, end, error))
                else:
                    records += 1
                    if span:
                        spans.append(span)
                        keys.append(key)
            begin = end
        self._lines_before += lines
        self._bytes_before += len(data)
        starts, ends = np.array(spans, np.int64).reshape(-1, 2).T.copy()
        block = Block(data, starts, ends, np.array(keys, np.uint64), escaped=True)
        return Batch(
            _without(block, [(begin, end) for begin, end, _ in bad]) if bad else block,
            records,
            tuple(BadRecord(e.line, e.byte, e.reason, data[i:j]) for i, j, e in bad),
            len(data),
        )

    def _document(
        self, data: bytes, line: memoryview, base: int, number: int, begin: int
    ) -> tuple[tuple[int, int] | None, int]:
        """The span of a record's text in the block, None if it is null; and the document's key.

        `base` is the block's address, `begin` where the line begins in it, `number` which it is.
        """
        try:
            found = self._decode(line)
            text, raw_key = found.text, getattr(found, "key", None)
            offset = 0 if text is None else pa.py_buffer(text).address - base
        except (msgspec.DecodeError, RecursionError):
            text, raw_key, offset = self._walk(bytes(line), number, begin)
        if text is None:
            self._fail_absent(bytes(line), number, begin)
        raw = memoryview(text)
        if raw[0] == ord('"'):
            start, end = offset + 1, offset + len(raw) - 1
            if self._fields.key is None:
                return (start, end), document_key(data, start, end)
            return (start, end), self._key(raw_key, number, begin)
        if bytes(raw[:4]) != b"null":
            value = bytes(raw[:256]).decode("utf-8", "replace")
            self._fail(
                f"field {self._fields.text!r} is no string but {_clip(value)}", number, offset
            )
        return None, 0

    # --- the slow path ---

    def _walk(self, line: bytes, number: int, begin: int) -> tuple[bytes | None, bytes | None, int]:
        """Raw text, raw key and the text's offset, by the rules of Python's `json`."""
        text = line.rstrip(b"\r\n").decode()
        try:
            values = dict(_top_level(text))
        except json.JSONDecodeError as error:
            at = begin + len(text[: error.pos].encode())
            self._fail(f"no JSON object: {error.msg}", number, at)
        except RecursionError:
            self._fail("no JSON object that can be read: nested too deeply", number, begin)
        found: list[bytes | None] = []
        offset = 0
        for field in (self._fields.text, self._fields.key):
            start, stop = values.get(field, (0, 0)) if field is not None else (0, 0)
            found.append(text[start:stop].encode() if stop else None)
            if field == self._fields.text:
                offset = begin + len(text[:start].encode())
        return found[0], found[1], offset

    # --- keys ---

    def _key(self, raw: Any, number: int, begin: int) -> int:
        value = bytes(memoryview(raw)) if raw is not None else b"absent"
        if value.startswith(b'"'):
            return document_key(value, 1, len(value) - 1)
        if re.fullmatch(rb"-?\d+", value):
            return xxhash.xxh3_64_intdigest(value)
        self._fail(
            f"key field {self._fields.key!r} must be a string or a whole number, "
            f"but is {_clip(value[:256].decode('utf-8', 'replace'))}",
            number,
            begin,
        )

    # --- what is wrong, and where ---

    def _check_utf8(self, line: bytes, number: int, begin: int) -> None:
        try:
            line.decode()
        except UnicodeDecodeError as error:
            self._fail(f"not UTF-8 ({error.reason})", number, begin + error.start)

    def _fail_absent(self, line: bytes, number: int, begin: int) -> NoReturn:
        try:
            names = ", ".join(sorted({name for name, _ in _top_level(line.decode())}))
        except RecursionError:
            names = "nested too deeply to be listed"
        names = names.encode("utf-8", "backslashreplace").decode() or "none at all"
        self._fail(
            f"no field {self._fields.text!r}; the record's fields are {_clip(names)}. "
            f"Name the one that holds the text with --text-field",
            number,
            begin,
        )

    def _fail(self, reason: str, line: int, byte: int) -> NoReturn:
        """Raise for a line of the shard, by a byte's offset in the current block."""
        raise RecordError(reason, shard=self._shard, line=line, byte=self._bytes_before + byte)


def _is_utf8(data: bytes) -> bool:
    """Whether the bytes are valid UTF-8; Arrow tells without making a string of them."""
    offsets = pa.py_buffer(np.array([0, len(data)]))
    whole = pa.Array.from_buffers(pa.large_utf8(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _without(block: Block, ranges: list[tuple[int, int]]) -> Block:
    """The block without some ranges of its bytes, in which no document stands."""
    data = bytes(block.data)
    begins, ends = np.array(ranges, np.int64).T
    gone = np.cumsum(np.concatenate((np.zeros(1, np.int64), ends - begins)))
    shift = gone[np.searchsorted(begins, block.starts)]
    bounds = [0, *(place for both in ranges for place in both), len(data)]
    kept = b"".join(data[i:j] for i, j in zip(bounds[0::2], bounds[1::2], strict=True))
    return Block(kept, block.starts - shift, block.ends - shift, block.keys, block.escaped)


def document_key(data: bytes, start: int, end: int) -> int:
    """xxh3-64 of a document's decoded text in UTF-8; `data[start:end]` is inside a JSON string.

    A lone surrogate counts as the three bytes that UTF-8 would give it.
    """
    if data.find(b"\\", start, end) < 0:
        return xxhash.xxh3_64_intdigest(memoryview(data)[start:end])
    state = xxhash.xxh3_64()
    for begin, stop in _pieces(data, start, end):
        string = b'"%b"' % data[begin:stop]
        try:
            text = _TEXT.decode(string)
        except msgspec.DecodeError:
            text = json.loads(string)
        state.update(text.encode("utf-8", "surrogatepass"))
    return state.intdigest()


def _pieces(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A long text cut before spaces, which no escape and no pair of escapes reaches across."""
    while end - start > _HASH_PIECE:
        cut = data.rfind(b" ", start + 1, start + _HASH_PIECE)
        if cut < 0:
            cut = data.find(b" ", start + _HASH_PIECE, end)
        if cut < 0:
            break
        yield start, cut
        start = cut
    yield start, end


def _decoder(wanted: dict[str, str]) -> Callable[[memoryview], Any]:
    """A decoder to an object with the raw values of the wanted fields (attribute -> field)."""
    fields = [
        (name, msgspec.Raw, msgspec.field(name=field, default=None))
        for name, field in wanted.items()
    ]
    try:
        return msgspec.json.Decoder(msgspec.defstruct("Record", fields)).decode
    except ValueError:  # msgspec takes no names that JSON would have to escape
        return _decode_nothing


def _decode_nothing(_line: memoryview) -> NoReturn:
    raise msgspec.DecodeError("left to the slow path")


_SPACE = re.compile(r"[ \t\n\r]*")
# Numbers stay text: nobody needs their values here, and some have too many digits for `int`.
_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


def _top_level(text: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The fields of an object and where their values stand, by the scanner of `json` itself.

    Of a field that comes twice the last one counts, as in `json.loads`: make a `dict` of it.
    """
    at = _after_space(text, 0)
    _, end = _JSON.raw_decode(text, at)
    if _after_space(text, end) != len(text):
        raise json.JSONDecodeError("more follows behind the value", text, end)
    if text[at] != "{":
        raise json.JSONDecodeError("another kind of value", text, at)
    at = _after_space(text, at + 1)
    while text[at] != "}":
        name, at = scanstring(text, at + 1)
        at = _after_space(text, _after_space(text, at) + 1)  # over the colon
        _, end = _JSON.raw_decode(text, at)
        yield name, (at, end)
        at = _after_space(text, end)
        if text[at] == ",":
            at = _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None, "the pattern matches nothing at least"
    return match.end()


def _clip(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
