"""JSON Lines: what is no record, and where; and lines that are read at once."""

import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.shards.fields import Fields
from link.shards.jsonl import JsonLines, is_valid_utf8
from tests.shards.test_jsonl import BOM, error_of
from tests.strategies import examples

_GOOD = b'{"text":"a"}\n'  # 13 bytes
BAD_LINES = [
    # line, byte within it (None: its beginning will do), words of the message
    (b"hello", 0, "a JSON object"),
    (b"{", None, "a JSON object"),
    (b'{"text":"a"', None, "a JSON object"),
    (b'{"text":"a" "b":1}', 12, "a JSON object"),
    (b'{"text":"a",}', None, "a JSON object"),
    (b'{"text":"a"} x', 12, "a JSON object"),
    (b'{"text":"a"}{"text":"b"}', 12, "a JSON object"),
    ('{"é":"犬","text":"a"} x'.encode(), 23, "a JSON object"),
    (b'{"text":"a', None, "a JSON object"),
    (b'{"text":"a\tb"}', 10, "a JSON object"),
    (b'{"text":"a\x00b"}', 10, "a JSON object"),
    (rb'{"text":"\x"}', None, "a JSON object"),
    (rb'{"text":"\u12"}', None, "a JSON object"),
    (b"{'text':'a'}", 1, "a JSON object"),
    (b'{"text":"a","b":01}', None, "a JSON object"),
    (b'{"text":"a","b":.5}', 16, "a JSON object"),
    (b'{"text":"a","b":nan}', 16, "a JSON object"),
    (b'{"text":"a"}\x0b', 12, "a JSON object"),
    (b"\xc2\xa0", 0, "a JSON object"),
    (BOM + b'{"text":"a"}', 0, "a JSON object"),
    (b"[]", 0, "a JSON object"),
    (b'[{"text":"a"}]', 0, "a JSON object"),
    (b'"text"', 0, "a JSON object"),
    (b"null", 0, "a JSON object"),
    (b"7", 0, "a JSON object"),
    (b"NaN", 0, "a JSON object"),
    (b'{"text":"\xff"}', 9, "not UTF-8"),
    (b'{"text":"\xed\xa0\x80"}', 9, "not UTF-8"),
    (b'{"text":"caf\xe9"}', 12, "not UTF-8"),
    (b'{"a":"\xf0\x9f\x98","text":"b"}', 6, "not UTF-8"),
    (b'{"text":7}', 8, "field 'text' is not a string but 7"),
    (b'{"text":NaN}', 8, "field 'text' is not a string but NaN"),
    (b'{"text":true}', 8, "field 'text' is not a string but true"),
    (b'{"text":["a"]}', 8, "field 'text' is not a string but [\"a\"]"),
    ('{"é":1,"text": {}}'.encode(), 16, "field 'text' is not a string but {}"),
    (b'{"text":"a","text":7}', 19, "field 'text' is not a string but 7"),
    (b"{}", 0, "no field 'text'; the record's fields are none at all"),
    (b'{"body":"a","id":1}', 0, "no field 'text'; the record's fields are body, id; name"),
    (b'{"body":"a","id":NaN}', 0, "no field 'text'; the record's fields are body, id"),
    (b'{"id":' + b"7" * 5000 + b"}", 0, "no field 'text'; the record's fields are id"),
    (rb'{"\ud800":1}', 0, "no field 'text'"),
    (b'{"a":{"text":"b"}}', 0, "no field 'text'; the record's fields are a"),
    (b'{"' + b"x" * 5000 + b'":1}', 0, "no field 'text'"),
    (b'{"text":' + b"7" * 5000 + b"}", 8, "field 'text' is not a string but 777"),
    (b'{"text":"a","b":' + b"[" * 5000 + b"]" * 5000 + b"}", 0, "nested too deeply"),
    (b'{"text":"a","b":' + b'{"c":' * 5000 + b"1" + b"}" * 5001, 0, "nested too deeply"),
    (b'{"b":' + b"[" * 5000 + b"]" * 5000 + b"}", 0, "nested too deeply"),
    (b"[" * 200_000, 0, "nested too deeply"),
]


@pytest.mark.parametrize(
    ("line", "byte", "words"), BAD_LINES, ids=[repr(line[:40]) for line, _, _ in BAD_LINES]
)
def test_what_is_no_record_is_an_error_that_says_where(
    line: bytes, byte: int | None, words: str
) -> None:
    begin = 2 * len(_GOOD) + 1
    for block_bytes in (1, 1 << 20):
        error = error_of(_GOOD + b"\n" + _GOOD + line + b"\n" + _GOOD, block_bytes=block_bytes)
        assert error.number == 4
        assert begin <= error.byte <= begin + len(line) + 1  # a line that ends too early: behind it
        if byte is not None:
            assert error.byte == begin + byte
        assert words in error.reason
        assert len(str(error)) < 300


def test_an_error_comes_whole_out_of_another_process() -> None:
    error = error_of(_GOOD + b"hello")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.number, again.byte) == (str(error), 2, 13)


# --- all lines at once ----------------------------------------------------------------------------

_LINES = (
    *(
        b'{"text":"a"}',
        b'{"id":1,"text":"dog \\n\\u00e9 \\ud83d\\ude00"}',
        '{"text":"é犬"}'.encode(),
    ),
    *(b'{"text":null}', b'{"text":"a","text":"b"}', b'{"text":"\\ud800"}', b'{"te\\u0078t":"x"}'),
    *(b'{"text":"a"}{"text":"b"}', b'{"text":"a"} {"text":"b"}', b'{"text":"}"}\r', b"", b" \t\r"),
    *(b'{"text":', b'"a"}', b"}", b"{", b'{"x":[{}', b'{}],"text":"b"}', b',{"text":"b"}', b"[1]"),
    *(b'{"text":1}', b'{"text":nan}', b'{"text":"a","x":NaN}', b'{"x":1}', b'{"text":"\xff"}'),
    *(b'"{', b'{"text":"a}', b'{"x":' + b"[" * 600 + b"]" * 600 + b',"text":"a"}', b'"a record"'),
    b'{"x":"' + b"[" * 600 + b'","text":"a"}',
)


@examples(120)
@given(st.lists(st.sampled_from(_LINES[:7]) | st.sampled_from(_LINES), max_size=6), st.booleans())
@example([b'{"text":"a"', b'}{"text":"b"}'], True)
@example([b'{"x":{}', b'{"text":"a"}', b'{"text":"b"}{"text":"c"}'], True)
def test_lines_read_at_once_are_as_those_read_one_by_one(lines: list[bytes], ended: bool) -> None:
    data = b"\n".join(lines) + b"\n" * ended
    finder = JsonLines(Fields(), placed=True)
    for piece in (data, BOM + data):
        begin = len(piece) - len(data)
        found = finder.find(piece)
        alone = finder._one_by_one(piece, begin, is_utf8=is_valid_utf8(piece))
        assert (found.records, found.lines, found.bad) == (alone.records, alone.lines, alone.bad)
        for mine, theirs in zip(found.blocks, alone.blocks, strict=True):
            assert bytes(mine.data) == bytes(theirs.data)
            assert list(map(bytes, mine.texts)) == list(map(bytes, theirs.texts))
            for name in ("starts", "ends", "keys"):
                assert getattr(mine, name).tolist() == getattr(theirs, name).tolist()
        for own, other in zip(found.places, alone.places, strict=True):
            for name in ("record", "line", "field"):
                assert getattr(own, name).tolist() == getattr(other, name).tolist()
