"""JSON Lines: where the text stands, under which key, and what is no record."""

import io
import json
from typing import Any

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from link.errors import RecordError
from link.shards.batch import Batch
from link.shards.fields import Fields
from link.shards.jsonl import BLOCK_BYTES
from tests.shards.helpers import read_batches
from tests.strategies import examples

BOM = b"\xef\xbb\xbf"
LINE_23_DIGITS = b'{"id":12345678901234567890123,"text":"a"}'
DEEP_100 = b'{"a":' + b"[" * 100 + b"]" * 100 + b',"text":"a","o":' + b'{"text":' * 100
DEEP_100 += b'"b"' + b"}" * 101


def batches(
    data: bytes, fields: Fields | None = None, block_bytes: int = BLOCK_BYTES
) -> list[Batch]:
    return list(read_batches(io.BytesIO(data), "a.jsonl", fields or Fields(), block_bytes))


def raw_texts(found: list[Batch]) -> list[bytes]:
    """The insides of the text fields' strings, as they stand in the shard."""
    return [
        bytes(block.data[start:end])
        for batch in found
        for block in batch.blocks
        for start, end in zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    ]


def keys(found: list[Batch]) -> list[int]:
    return [key for batch in found for key in batch.blocks[0].keys.tolist()]


def key_of(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


def decoded(raw: bytes) -> str:
    text = json.loads(b'"%b"' % raw)
    assert isinstance(text, str)
    return text


def error_of(
    data: bytes, fields: Fields | None = None, block_bytes: int = BLOCK_BYTES
) -> RecordError:
    """The error that reading must end with; it is one line."""
    with pytest.raises(RecordError) as raised:
        batches(data, fields, block_bytes)
    error = raised.value
    assert "\n" not in str(error)
    assert str(error).startswith(f"a.jsonl: line {error.number}, byte {error.byte}: {error.reason}")
    return error


# --- where the text stands ------------------------------------------------------------------------

LINES = {
    "spaces everywhere": (b' \t{ "id" : 1 ,\t"text" :  "a dog" } \r', [b"a dog"]),
    "short escapes": (rb'{"text":"\"\\\/\b\f\n\r\t"}', [rb"\"\\\/\b\f\n\r\t"]),
    "ends in a backslash": (rb'{"text":"a\\","b":"c\\"}', [rb"a\\"]),
    "unicode escapes": (rb'{"text":"\u0064\u00f6\u006F"}', [rb"\u0064\u00f6\u006F"]),
    "pair of escapes": (rb'{"text":"\ud83d\ude00"}', [rb"\ud83d\ude00"]),
    "lone surrogates in the text": (
        rb'{"text":"\ud800 dog \udc00 \ud83d"}',
        [rb"\ud800 dog \udc00 \ud83d"],
    ),
    "a lone surrogate elsewhere": (rb'{"a":"\ud800","text":"b"}', [b"b"]),
    "DEL and separators": (
        '{"text":"\x7f\x85\u2028\u2029"}'.encode(),
        ["\x7f\x85\u2028\u2029".encode()],
    ),
    "UTF-8": ('{"é":"ü","text":"naïve 犬 😀"}'.encode(), ["naïve 犬 😀".encode()]),
    "UTF-8 before NaN": ('{"é":"ü","text":"ö犬","a":NaN,"b":"犬"}'.encode(), ["ö犬".encode()]),
    "the name in escapes": (rb'{"t\u0065xt":"a"}', [b"a"]),
    "another name in escapes": (rb'{"te\"xt":"a","text":"b"}', [b"b"]),
    "nested field of that name": (b'{"a":{"text":"b"},"text":"c","d":[{"text":"e"}]}', [b"c"]),
    "a name as value": (b'{"a":"text","b":"text","text":"text"}', [b"text"]),
    "NaN": (b'{"a":NaN,"text":"b"}', [b"b"]),
    "odd numbers": (b'{"a":[1.0,-0,-0.0,1e5,1E+5,1e-999,1e999,0.1e1],"text":"b"}', [b"b"]),
    "23 digits": (LINE_23_DIGITS, [b"a"]),
    "5,000 digits": (b'{"id":' + b"7" * 5000 + b',"text":"a"}', [b"a"]),
    "5,000 digits and NaN": (b'{"x":NaN,"id":' + b"7" * 5000 + b',"text":"a"}', [b"a"]),
    "the last of two counts": (b'{"text":"a","text":"b"}', [b"b"]),
    "the last of two counts, with NaN": (b'{"text":"a","x":NaN,"text":"b"}', [b"b"]),
    "the last of two counts, in escapes": (rb'{"text":"a","te\u0078t":"b"}', [b"b"]),
    "a string, then null": (b'{"text":"a","text":null}', []),
    "null": (b'{"text":null}', []),
    "empty": (b'{"text":""}', [b""]),
    "empty name": (b'{"":"a","text":"b"}', [b"b"]),
    "100 levels": (DEEP_100, [b"a"]),
    "BOM": (BOM + b'{"text":"a"}', [b"a"]),
    "BOM and NaN": (BOM + b'{"a":NaN,"text":"a"}', [b"a"]),
    "a BOM in the text": (BOM + b'{"text":"' + BOM + b'"}', [BOM]),
}


@pytest.mark.parametrize("name", LINES)
def test_the_span_is_the_inside_of_the_text_fields_string(name: str) -> None:
    line, texts = LINES[name]
    for ending in (b"\n", b"\r\n", b""):
        (batch,) = found = batches(line + ending)
        assert batch.blocks[0].escaped
        assert batch.blocks[0].data == line + ending
        assert raw_texts(found) == texts
        assert keys(found) == [key_of(decoded(raw)) for raw in texts]
        assert (batch.records, batch.documents) == (1, len(texts))


@pytest.mark.parametrize(
    ("data", "records", "texts"),
    [
        (b"", 0, []),
        (b"\n", 0, []),
        (b" \t \r\n\r\n", 0, []),
        (BOM, 0, []),
        (BOM + b"\r\n", 0, []),
        (BOM + b'\n{"text":"a"}', 1, [b"a"]),
        (b'\n\n{"text":"a"}\n \n{"text":"b"}\n\n', 2, [b"a", b"b"]),
        (b'{"text":"a"}\r\n\r\n{"text":"b"}\r\n', 2, [b"a", b"b"]),
        (b'{"text":"a"}\n{"text":null}\n{"text":"b"}', 3, [b"a", b"b"]),
        (b'{"text":"a"}\n   ', 1, [b"a"]),
    ],
)
def test_blank_lines_are_no_records_and_null_is_no_document(
    data: bytes, records: int, texts: list[bytes]
) -> None:
    for block_bytes in (1, 1 << 20):
        found = batches(data, block_bytes=block_bytes)
        assert b"".join(batch.blocks[0].data for batch in found) == data
        assert sum(batch.records for batch in found) == records
        assert raw_texts(found) == texts


@pytest.mark.parametrize(
    ("field", "line", "text"),
    [
        ("content", b'{"text":"a","content":"b"}', b"b"),
        ("", b'{"":"a"}', b"a"),
        ("é", '{"é":"a"}'.encode(), b"a"),
        ("é", rb'{"\u00e9":"a"}', b"a"),
        ("two words", b'{"two words":"a"}', b"a"),
        ("type", b'{"type":"a"}', b"a"),
        ("key", b'{"key":"a"}', b"a"),
        ("😀", rb'{"\ud83d\ude00":"a"}', b"a"),
        ('a"b', rb'{"a\"b":"c"}', b"c"),
        ("a\\b", rb'{"a\\b":"c"}', b"c"),
        ("a\tb", rb'{"a\tb":"c"}', b"c"),
    ],
)
def test_any_name_can_be_the_text_fields(field: str, line: bytes, text: bytes) -> None:
    assert raw_texts(batches(line, Fields((field,)))) == [text]


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "word “quoted” 😀 " * 50_000,
        "“" * 200_000,
        "a " + "\n" * 500_000,
    ],
    ids=["words", "no space", "few spaces"],
)
def test_the_key_of_a_long_text_is_that_of_all_of_it(text: str) -> None:
    for ascii_ in (True, False):
        line = json.dumps({"text": text}, ensure_ascii=ascii_).encode()
        assert keys(batches(line, block_bytes=1 << 24)) == [key_of(text)]


@pytest.mark.parametrize(
    ("value", "stands_for"),
    [
        (b'"page-7"', "page-7"),
        (b'""', ""),
        ('"é"'.encode(), "é"),
        (rb'"\u00e9"', "é"),
        (rb'"\ud800"', "\ud800"),
        (b"7", "7"),
        (b'"7"', "7"),
        (b"-7", "-7"),
        (b"12345678901234567890123", "12345678901234567890123"),
        (b"7" * 5000, "7" * 5000),
    ],
)
@pytest.mark.parametrize("rest", [b"", b',"x":NaN'], ids=["", "NaN"])
def test_a_key_field_is_a_strings_bytes_or_an_integers_decimal(
    value: bytes, stands_for: str, rest: bytes
) -> None:
    line = b'{"key":%b,"text":"a"%b}' % (value, rest)
    assert keys(batches(line, Fields(key="key"))) == [key_of(stands_for)]


def test_the_text_itself_may_be_named_as_the_key_field() -> None:
    line = b'{"text":"a dog"}'
    assert keys(batches(line, Fields(key="text"))) == keys(batches(line))


def test_a_record_that_is_no_document_needs_no_key() -> None:
    assert keys(batches(b'{"text":null}', Fields(key="id"))) == []


@pytest.mark.parametrize(
    "line",
    [
        b'{"text":"a"}',
        b'{"text":"a","k":1.0}',
        b'{"text":"a","k":1e3}',
        b'{"text":"a","k":NaN}',
        b'{"text":"a","k":-Infinity}',
        b'{"text":"a","k":null}',
        b'{"text":"a","k":true}',
        b'{"text":"a","k":[1]}',
        b'{"text":"a","k":{"k":1}}',
        b'{"text":"a","n":{"k":1}}',
        b'{"text":"a","x":NaN}',
    ],
)
def test_a_document_without_a_usable_key_is_an_error_that_names_the_field(line: bytes) -> None:
    error = error_of(b'{"text":"b","k":1}\n' + line, Fields(key="k"))
    assert error.number == 2
    assert error.byte >= 19
    assert "key field 'k' must be a string or a whole number" in error.reason


# --- arbitrary records ----------------------------------------------------------------------------

_STRINGS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(), max_size=10),  # lone surrogates too
    st.sampled_from(("", "text", "dog", 'a "text":"b"', "\\", '"', "{", "\u2028", "\x00", "😀")),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_STRINGS, inner, max_size=3),
    max_leaves=6,
)
_NAMES = _STRINGS | st.sampled_from(("text", "Text", "id"))


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Fields in any order, the text somewhere among them."""
    fields = draw(st.lists(st.tuples(_NAMES, _VALUES), max_size=4))
    text = draw(st.none() | _STRINGS)
    at = draw(st.integers(0, len(fields)))
    record = dict(fields[:at])
    record.pop("text", None)
    return record | {"text": text} | {n: v for n, v in fields[at:] if n != "text"}


@st.composite
def shards(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A shard of lines as different writers spell them, and its documents."""
    data = bytearray(draw(st.sampled_from((b"", BOM))))
    documents = []
    for record in draw(st.lists(records(), max_size=5)):
        separators = draw(st.sampled_from(((",", ":"), (", ", ": "), (" ,\t", " : "))))
        sort_keys = draw(st.booleans())
        line = json.dumps(record, ensure_ascii=False, separators=separators, sort_keys=sort_keys)
        try:
            raw = line.encode()
        except UnicodeEncodeError:
            raw = None
        if raw is None or draw(st.booleans()):
            raw = json.dumps(record, separators=separators, sort_keys=sort_keys).encode()
        data += draw(st.sampled_from((b"", b"", b" ", b"\n", b" \r\n"))) + raw
        data += draw(st.sampled_from((b"\n", b"\n", b"\r\n", b" \n")))
        if record["text"] is not None:
            documents.append(record["text"])
    if draw(st.booleans()) and data.endswith(b"\n"):
        del data[-1]
    return bytes(data), documents


@examples(50)
@given(shard=shards(), block_bytes=st.integers(1, 300) | st.just(BLOCK_BYTES))
def test_blocks_of_any_size_are_the_shard_with_the_texts_marked(
    shard: tuple[bytes, list[str]], block_bytes: int
) -> None:
    data, documents = shard
    found = batches(data, block_bytes=block_bytes)
    assert b"".join(batch.blocks[0].data for batch in found) == data
    assert all(batch.blocks[0].data.endswith(b"\n") for batch in found[:-1])
    assert [decoded(raw) for raw in raw_texts(found)] == documents
    assert keys(found) == [key_of(text) for text in documents]


_NUMBER = type("_NUMBER", (str,), {})


def texts_by_json(line: bytes) -> list[str] | None:
    """The line's documents by Python's `json`; None if it is no record with a text."""
    try:
        text = line.removeprefix(BOM).decode()
        if not text.strip(" \t\r\n"):
            return []
        record = json.loads(text, parse_int=_NUMBER, parse_float=_NUMBER, parse_constant=_NUMBER)
    except ValueError:
        return None
    if not isinstance(record, dict) or "text" not in record:
        return None
    value = record["text"]
    if value is None:
        return []
    return [value] if isinstance(value, str) and not isinstance(value, _NUMBER) else None


_SEEDS = (
    rb'{"text":"a \u00e9 \ud83d\ude00 b","id":1,"x":[1,2.5e-3,{"text":"q"}],"n":null,"t":true}',
    rb'{"a":"\\ \" \n","te\u0078t":"x","text" : "y" , "f":-0.0}',
    b' {"id":NaN,"text":null}\r',
    b'{"text":"a","text":"b","c":Infinity,"d":-Infinity,"e":"f"}',
    BOM + b'{"text":""}',
    '{"x":"café","text":"😀"}'.encode(),
    b'[{"text":"a"}]',
    b'{"":{},"text":"a","l":[]}',
)
_FRAGMENTS = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\t", b"\r", b"\x0b", b"\x00"),
    *(b"\x1f", b"\x7f", b"-", b"+", b".", b"e", b"E", b"0", b"00", b"1" * 25, b"1.", b".5"),
    *(rb"\u", rb"\u12", rb"\u00e9", rb"\ud800", rb"\udc00", rb"\x", rb"\/", b"null", b"nul"),
    *(b"true", b"NaN", b"-NaN", b"Infinity", b"-Infinity", b"1e999", b'"text":', b'"text":"z",'),
    *(b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", BOM, b"//", b"'"),
    *("\u00a0".encode(), "\u2028".encode(), b"_", b"#", b'"text":1,', b",}", b"{}"),
)


@st.composite
def mutated_lines(draw: st.DrawFn) -> bytes:
    """A line of JSON with a few bytes of it cut out or replaced by what may trouble a parser."""
    line = draw(st.sampled_from(_SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(line)))
        stop = min(len(line), start + draw(st.sampled_from((0, 0, 1, 2, 5))))
        line = line[:start] + draw(st.sampled_from(_FRAGMENTS) | st.just(b"")) + line[stop:]
    return line


@examples(150)
@given(line=mutated_lines())
def test_records_are_exactly_what_pythons_json_takes_for_some(line: bytes) -> None:
    expected = texts_by_json(line)
    if expected is None:
        error = error_of(line)
        assert error.number == 1
        assert 0 <= error.byte <= len(line)
    else:
        assert [decoded(raw) for raw in raw_texts(batches(line))] == expected
