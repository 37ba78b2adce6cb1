"""JSON Lines as rows: what becomes columns, what is folded, and that nothing is lost by either."""

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.shards.codecs import CompressedSink, Tally
from link.shards.columns import (
    Columns,
    TextIsRecordError,
    infer_columns,
    records_of,
    text_columns,
)
from link.shards.fields import Fields
from link.shards.formats import ARROW, PARQUET
from link.shards.jsonl import JsonLines
from link.shards.sink import new_sink
from link.shards.spell import RECORD_FIELD, RECORD_MARK, check_spellable, json_lines
from tests.strategies import examples

BOM = b"\xef\xbb\xbf"


def lines(*records: str) -> bytes:
    return "".join(record + "\n" for record in records).encode()


def columns_of(data: bytes, fields: Fields | None = None) -> Columns:
    """The columns of lines of which every one is a good record."""
    fields = fields or Fields()
    assert not JsonLines(fields).find(data).bad
    return infer_columns([data], fields)


def exact(value: Any) -> str:
    """A value such that 1, 1.0 and true, and 0.0 and -0.0, are different, and NaN is itself."""
    return json.dumps(value, sort_keys=True)


def loaded(data: bytes) -> list[Any]:
    return [json.loads(line) for line in records_of(data)]


def merged(rest: Any, text: str | None) -> Any:
    """A folded record, with its text as a field again if it is not one already."""
    return rest if text is None else {**rest, "text": text}


def came_back(rows: pa.RecordBatch) -> list[Any]:
    check_spellable(rows.schema)
    return [json.loads(line) for line in json_lines(rows).split(b"\n")[:-1]]


# --- what becomes columns -------------------------------------------------------------------------

UNIFORM = {
    "plain values": (
        ['{"text":"a","i":1,"f":1.5,"b":true,"n":null}'],
        [
            ("text", pa.string()),
            ("i", pa.int64()),
            ("f", pa.float64()),
            ("b", pa.bool_()),
            ("n", pa.null()),
        ],
    ),
    "the largest whole numbers": (
        [f'{{"text":"a","i":{(1 << 63) - 1}}}', f'{{"text":"a","i":{-(1 << 63)}}}'],
        [("text", pa.string()), ("i", pa.int64())],
    ),
    "null now and then": (
        ['{"text":null,"x":null}', '{"text":"a","x":"b"}', '{"text":null,"x":null}'],
        [("text", pa.string()), ("x", pa.string())],
    ),
    "NaN and infinities": (
        ['{"text":"a","x":NaN}', '{"text":"a","x":1.0}', '{"text":"a","x":-Infinity}'],
        [("text", pa.string()), ("x", pa.float64())],
    ),
    "a field that occurs twice": (
        ['{"text":"a","x":"no","x":1}', '{"x":2,"text":"b","text":"c"}'],
        [("text", pa.string()), ("x", pa.int64())],
    ),
    "lists of nulls throughout": (
        ['{"text":"a","l":[null,null]}', '{"text":"a","l":[null,null,null]}'],
        [("text", pa.string()), ("l", pa.list_(pa.null()))],
    ),
    "odd names": (
        ['{"":1,"a.b":2,"text":"a","é \\" \\\\":3,"\\u0000":4,"record":"r"}'],
        [
            ("", pa.int64()),
            ("a.b", pa.int64()),
            ("text", pa.string()),
            ('é " \\', pa.int64()),
            ("\0", pa.int64()),
            ("record", pa.string()),
        ],
    ),
    "nothing at all": ([], [("text", pa.string())]),
}


@pytest.mark.parametrize("name", UNIFORM)
@pytest.mark.parametrize("ending", ["\r\n", " \n\n \t\n"], ids=repr)
def test_records_of_one_shape_become_columns(name: str, ending: str) -> None:
    records, schema = UNIFORM[name]
    data = BOM + "".join(record + ending for record in records).encode()
    columns = columns_of(data)
    assert not columns.folded
    assert columns.schema.equals(pa.schema(schema), check_metadata=True)
    rows = columns.rows(data)
    rows.validate(full=True)
    assert rows.schema == columns.schema
    assert list(map(exact, rows.to_pylist())) == list(map(exact, loaded(data)))
    assert list(map(exact, came_back(rows))) == list(map(exact, loaded(data)))


def test_a_text_in_an_object_that_is_always_null_is_still_text() -> None:
    data = lines('{"meta":{"body":null,"n":null}}')
    assert columns_of(data, Fields(("meta.body",))).schema == pa.schema(
        [("meta", pa.struct([("body", pa.string()), ("n", pa.null())]))]
    )


def test_a_shard_without_records_has_columns_of_text() -> None:
    fields = Fields(("text", "meta.body", "meta.title", "text"))
    expected = pa.schema(
        [
            ("text", pa.string()),
            ("meta", pa.struct([("body", pa.string()), ("title", pa.string())])),
        ]
    )
    assert text_columns(fields.texts) == expected
    columns = infer_columns([], fields)
    assert (columns.schema, columns.folded) == (expected, False)
    assert columns.rows(b" \n\r\n").num_rows == 0


def test_columns_are_those_of_all_pieces_of_a_shard() -> None:
    first, second = lines('{"text":null,"x":null}'), lines('{"text":"a","x":[null]}', "")
    third = lines('{"text":"a","x":[0.5]}')
    columns = infer_columns(iter([first, second, third]), Fields())
    assert columns.schema == pa.schema([("text", pa.string()), ("x", pa.list_(pa.float64()))])
    for data in (first, second, third):
        assert columns.rows(data).to_pylist() == loaded(data)
    assert infer_columns(iter([first, third, lines('{"text":"a","x":[1]}')]), Fields()).folded


# --- what is folded -------------------------------------------------------------------------------

VARIED = {
    "a field is missing": ['{"text":"a","x":1}', '{"text":"b"}'],
    "null is not missing": ['{"text":"b","x":null}', '{"text":"a"}'],
    "a field is missing in an object": ['{"text":"a","o":{"x":1}}', '{"text":"a","o":{"y":1}}'],
    "whole numbers and others": ['{"text":"a","x":1}', '{"text":"a","x":1.0}'],
    "numbers and strings": ['{"text":"a","x":1}', '{"text":"a","x":"1"}'],
    "lists and objects": ['{"text":"a","x":[1]}', '{"text":"a","x":{"y":1}}'],
    "strings and null's name": ['{"text":"a","x":[["b"],"c"]}'],
    "23 digits": ['{"text":"a","x":12345678901234567890123}'],
    "one beyond 64 bits": [f'{{"text":"a","x":{1 << 63}}}'],
    "5,000 digits": ['{"text":"a","x":' + "7" * 5000 + "}"],
    "a number that is no infinity": ['{"text":"a","x":1e400}'],
    "the same beside the word": ['{"text":"Infinity","x":1e400}'],
    "the same beside an infinity": ['{"text":"a","x":1e400,"y":Infinity}'],
    "an empty object": ['{"text":"a","o":{}}'],
    "a lone surrogate": [r'{"text":"a","x":"\ud800"}'],
    "a lone surrogate in a name": [r'{"text":"a","\ud800":1}'],
    "NaN, and what varies": ['{"text":"a","x":NaN}', '{"text":"a","x":1}'],
    "text that is missing": ['{"text":null,"x":1}', '{"text":"a"}'],
}


def check_folded(columns: Columns, data: bytes) -> pa.RecordBatch:
    """Nothing is lost by folding: the rows hold the records."""
    rows = columns.rows(data)
    rows.validate(full=True)
    assert rows.schema.equals(columns.schema, check_metadata=True)
    assert rows.schema.field(RECORD_FIELD).metadata == RECORD_MARK
    records = loaded(data)
    assert rows["text"].to_pylist() == [record.get("text") for record in records]
    rests = [json.loads(rest) for rest in rows[RECORD_FIELD].to_pylist()]
    for rest, text, record in zip(rests, rows["text"].to_pylist(), records, strict=True):
        assert ("text" in rest) == ("text" in record and text is None)
        assert exact(merged(rest, text)) == exact(record)
    return rows


@pytest.mark.parametrize("name", VARIED)
@pytest.mark.parametrize("ending", ["\r\n", " \n\n \t\n"], ids=repr)
def test_any_difference_folds_all_but_the_text(name: str, ending: str) -> None:
    data = BOM + "".join(record + ending for record in VARIED[name]).encode()
    columns = columns_of(data)
    assert columns.folded
    assert columns.schema == pa.schema([("text", pa.string()), (RECORD_FIELD, pa.string())])
    if "digits" not in name:
        check_folded(columns, data)
    assert columns.rows(data).num_rows == len(VARIED[name])


SPELLINGS = (
    *("1.10", "1e400", "-0", "-0.0", "1E+2", "12345678901234567890123", "0.1000000000000000055"),
    *("NaN", "-Infinity", "[1.0, 1]", '{"a":  1.50}', r'"\u0041\/"', '"é\u2028"', r'"\ud800"'),
)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("around", ['{"x": %s,"text" :"a", "y":null}', '\t{"text":"a","x":%s}\r'])
def test_values_in_a_folded_record_are_spelled_as_they_were(spelling: str, around: str) -> None:
    data = lines(around % spelling, '{"text":"b"}')
    columns = columns_of(data)
    assert columns.folded
    rest = columns.rows(data)[RECORD_FIELD].to_pylist()[0]
    assert f'"x": {spelling}' in rest


def test_of_fields_that_come_twice_the_last_one_is_folded() -> None:
    data = lines(
        '{"x":1.0,"text":"no","x":2.50,"text":"a"}',
        '{"x":NaN,"text":"no","x":2.50,"te\\u0078t":"b"}',
        '{"text":1,"text":"c"}',
        '{"text":"no","text":null}',
        '{"text":"no","y":NaN,"text":null}',
    )
    rows = check_folded(columns_of(data), data)
    assert rows["text"].to_pylist() == ["a", "b", "c", None, None]
    assert rows[RECORD_FIELD].to_pylist()[:4] == ['{"x": 2.50}'] * 2 + ["{}", '{"text": null}']


def test_a_text_field_called_record_cannot_be_folded() -> None:
    same, other = '{"record":"a","x":1}', '{"record":"b"}'
    fields = Fields(("record",))
    assert not columns_of(lines(same, same), fields).folded
    with pytest.raises(TextIsRecordError, match=r"'record'.*keep its format"):
        columns_of(lines(same, other), fields)


def test_a_field_called_record_is_folded_like_others() -> None:
    data = lines('{"record":"r","text":"a"}', '{"record":{"record":1},"text":"b"}')
    rows = check_folded(columns_of(data), data)
    assert came_back(rows) == loaded(data)


@pytest.mark.parametrize("levels", [1, 25, 45, 62, 100, 499])
@pytest.mark.parametrize("container", [PARQUET, ARROW])
def test_what_is_nested_deeply_is_written_so_that_it_can_be_read(
    container: str, levels: int
) -> None:
    data = lines('{"text":"a","x":' + "[" * levels + "]" * levels + "}")
    columns = columns_of(data)
    out = io.BytesIO()
    sink = new_sink(container, CompressedSink(Tally(out), None), columns.schema, None)
    sink.write(columns.rows(data), np.array([len(data)], np.int64))
    sink.close()
    out.seek(0)
    read = pa.ipc.open_file(out).read_all() if container == ARROW else pq.read_table(out)
    assert read["text"].to_pylist() == ["a"]


# --- several texts, in objects --------------------------------------------------------------------

NESTED = (
    '{"title":"t","meta":{"body":"b","id":1.50}}',
    '{"title":"t","meta":{"id":1}}',
    '{"title":"t","meta":{}}',
    '{"title":"t","meta":{"body":null}}',
    '{"title":"t","meta":null}',
    '{"title":"t","meta":"no object"}',
    '{"title":"t","meta":["body"]}',
    '{"title":"t"}',
    '{"title":null,"meta":{"body":"b"}}',
    '{"meta":{"id":NaN,"body":"b"}}',
    '{"meta" : { "x" : {"body":"c"} , "body":"b" },"x":[{"title":"u"}]}',
    '{"meta":{"body":"no"},"title":"t","meta":{"body":"b"}}',
    '{"meta.body":"no","title":"t"}',
)


@pytest.mark.parametrize("record", NESTED)
def test_texts_in_objects_are_taken_out_and_come_back(record: str) -> None:
    data = lines(record, '{"title":"u","meta":{"body":"c"}}', '{"meta":{"body":"c","x":1}}')
    fields = Fields(("title", "meta.body"))
    columns = columns_of(data, fields)
    assert columns.folded
    row = columns.rows(data).to_pylist()[0]
    value = json.loads(record)
    meta = value["meta"] if isinstance(value.get("meta"), dict) else {}
    assert row["title"] == value.get("title")
    assert row["meta"] == {"body": meta.get("body")}
    rest = json.loads(row[RECORD_FIELD])
    assert "b" not in (rest.get("title"), *([rest["meta"].get("body")] if meta else []))
    assert exact(came_back(columns.rows(data))) == exact(loaded(data))


# --- arbitrary records ----------------------------------------------------------------------------

_STRINGS = st.text(max_size=5) | st.sampled_from(
    ("text", "record", "\ud800", "é", '"', "\\", "\u2028", "Infinity", "1e400", "\n")
)
_NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from((0, -0.0, 1.0, 1 << 63, (1 << 63) - 1, -(1 << 63), 10**23)),
    st.floats(),
)
_VALUES = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_STRINGS, inner, max_size=3),
    max_leaves=5,
)
_TEXT = st.none() | st.text(max_size=5)


@st.composite
def any_records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Records whose fields have little to do with each other, or all to do with the first's."""
    names = draw(st.lists(_STRINGS, max_size=3))
    records = []
    for _ in range(draw(st.integers(0, 3))):
        own = names if draw(st.integers(0, 3)) else draw(st.lists(_STRINGS, max_size=3))
        record = {name: draw(_VALUES) for name in own} | {"text": draw(_TEXT)}
        records.append(dict(draw(st.permutations(sorted(record.items(), key=lambda f: f[0])))))
    return records


def spelled(records: Sequence[object], ascii_: bool) -> bytes:
    try:
        return lines(*(json.dumps(record, ensure_ascii=ascii_) for record in records))
    except UnicodeEncodeError:
        return spelled(records, ascii_=True)


@examples(90)
@given(records=any_records(), ascii_=st.booleans())
@example(records=[{"text": "a", "x": 1}, {"text": "b", "x": True}], ascii_=False)
def test_rows_hold_arbitrary_records_whole(records: list[dict[str, Any]], ascii_: bool) -> None:
    data = spelled(records, ascii_)
    columns = columns_of(data)
    if columns.folded:
        rows = check_folded(columns, data)
    else:
        rows = columns.rows(data)
        rows.validate(full=True)
        assert list(map(exact, rows.to_pylist())) == list(map(exact, records))
    assert list(map(exact, came_back(rows))) == list(map(exact, records))


Shape = st.SearchStrategy[Any]


def _object_of(members: dict[str, Shape]) -> Shape:
    return st.none() | st.fixed_dictionaries(members)


_NAMES = st.text(max_size=3)
_SHAPES: st.SearchStrategy[Shape] = st.recursive(
    st.sampled_from(
        (
            st.none(),
            st.none() | st.booleans(),
            st.none() | st.integers(-(1 << 63), (1 << 63) - 1),
            st.none() | st.floats(),
            _TEXT,
        )
    ),
    lambda inner: st.one_of(
        inner.map(lambda shape: st.none() | st.lists(shape, max_size=3)),
        st.dictionaries(_NAMES, inner, min_size=1, max_size=3).map(_object_of),
    ),
    max_leaves=5,
)


@examples(60)
@given(shapes=st.dictionaries(_NAMES, _SHAPES, max_size=3), data=st.data())
def test_records_of_any_one_shape_become_columns(
    shapes: dict[str, Shape], data: st.DataObject
) -> None:
    shape = st.fixed_dictionaries({**shapes, "text": _TEXT})
    records = data.draw(st.lists(shape, max_size=4))
    raw = spelled(records, ascii_=False)
    columns = columns_of(raw)
    assert not columns.folded
    rows = columns.rows(raw)
    assert list(map(exact, rows.to_pylist())) == list(map(exact, records))
    assert list(map(exact, came_back(rows))) == list(map(exact, records))
