"""Rows: which are bad, and which schemas are refused."""

import pyarrow as pa
import pytest

from link.errors import ShardError
from link.shards.fields import Fields
from link.shards.rows import Rows
from tests.shards.test_rows import TEXT_TYPES, documents, found_in, invalid, is_binary

_UTF8_TYPES = [kind for kind in TEXT_TYPES.values() if not is_binary(kind)]


@pytest.mark.parametrize("kind", _UTF8_TYPES, ids=str)
@pytest.mark.parametrize("offset", [0, 2])
def test_rows_whose_text_is_not_utf8_are_bad_and_only_they(kind: pa.DataType, offset: int) -> None:
    values = [b"lead", b"\xfe", b"a", b"\xff", None, "é".encode(), b"\xc3", b"\xa9", b""]
    rows = pa.record_batch({"text": invalid(values, kind), "n": range(len(values))}).slice(offset)
    batch = found_in(rows)
    bad = [
        row
        for row, value in enumerate(values[offset:])
        if value in (b"\xfe", b"\xff", b"\xc3", b"\xa9")
    ]
    assert [record.number - 1 for record in batch.bad] == bad
    assert all(
        record.byte is None and "'text' is not UTF-8" in record.reason for record in batch.bad
    )
    assert batch.rows is not None
    assert batch.rows["n"].to_pylist() == [
        n for row, n in enumerate(rows["n"].to_pylist()) if row not in bad
    ]
    assert documents(batch.blocks[0]) == [
        value for row, value in enumerate(values[offset:]) if row not in bad and value is not None
    ]
    assert (batch.records, batch.lines) == (len(rows) - len(bad), len(rows))


_BROKEN = invalid([b"a", b"\xff", b"c"], pa.string())
OTHER_COLUMNS = {
    "string": _BROKEN,
    "string view": invalid([b"a", b"\xff", b"c"], pa.string_view()),
    "list": pa.ListArray.from_arrays([0, 1, 2, 3], _BROKEN),
    "struct": pa.StructArray.from_arrays([_BROKEN], ["a"]),
    "map": pa.MapArray.from_arrays([0, 1, 2, 3], pa.array(["x", "y", "z"]), _BROKEN),
    "dictionary": pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), _BROKEN),
    "list of dictionaries": pa.ListArray.from_arrays(
        [0, 1, 2, 3], pa.DictionaryArray.from_arrays(pa.array([0, 1, 2]), _BROKEN)
    ),
}


@pytest.mark.parametrize("name", OTHER_COLUMNS)
def test_other_columns_must_be_utf8_only_where_they_are_spelled_anew(name: str) -> None:
    rows = pa.record_batch({"text": ["a", "b", "c"], "other": OTHER_COLUMNS[name]})
    assert not found_in(rows).bad
    [record] = found_in(rows, strict=True).bad
    assert (record.number, record.reason) == (2, "column 'other' is not UTF-8")


def test_texts_that_the_target_refuses_are_bad() -> None:
    rows = pa.record_batch({"text": ["a", None, "no"], "title": ["x", "no", None]})

    def refuse(text: str | None) -> str | None:
        return "refused" if text == "no" else None

    batch = found_in(rows, Fields(("text", "title")), refuse=refuse)
    assert [(record.number, record.reason) for record in batch.bad] == [
        (2, "refused"),
        (3, "refused"),
    ]
    assert [documents(block) for block in batch.blocks] == [[b"a"], [b"x"]]
    by_null = found_in(rows, refuse=lambda text: "null" if text is None else None)
    assert [record.number for record in by_null.bad] == [2]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (Fields(("body",)), "no column 'body'; the columns are text, n, meta, l;"),
        (Fields(("body", "meta.x")), "no column 'body' or 'meta.x'"),
        (Fields(("n",)), "column 'n' does not hold text but int64"),
        (Fields(("meta",)), "column 'meta' does not hold text but struct"),
        (Fields(("l",)), "column 'l' does not hold text but list"),
        (Fields(("text", "n")), "column 'n' does not hold text"),
        (Fields(("text.x",)), "no column 'text.x'"),
    ],
)
def test_a_schema_without_the_text_is_refused_with_what_it_has(fields: Fields, words: str) -> None:
    rows = pa.record_batch({"text": ["a"], "n": [1], "meta": [{"body": "b"}], "l": [["a"]]})
    with pytest.raises(ShardError, match=r"--text-field|link\.Substituter") as raised:
        Rows(fields, rows.schema)
    assert words in str(raised.value)
    with pytest.raises(ShardError, match="none at all"):
        Rows(Fields(), pa.schema([]))
