"""Rows: which texts stand in them, under which keys, and how others are put in their place."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from link.block import Block
from link.errors import ShardError
from link.shards.batch import Batch
from link.shards.fields import Fields
from link.shards.jsonl import JsonLines
from link.shards.rows import Rows, Swapped, without_rows
from tests.strategies import examples

TEXT_TYPES = {
    "string": pa.string(),
    "large_string": pa.large_string(),
    "string_view": pa.string_view(),
    "binary": pa.binary(),
    "large_binary": pa.large_binary(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "dictionary of large strings": pa.dictionary(pa.uint8(), pa.large_string(), ordered=True),
    "dictionary of binary": pa.dictionary(pa.int64(), pa.binary()),
}

Texts = Sequence[str | None]


def is_binary(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def column_of(texts: Texts, kind: pa.DataType) -> pa.Array:
    values = [text.encode() if text is not None and is_binary(kind) else text for text in texts]
    if not pa.types.is_dictionary(kind):
        return pa.array(values, kind)
    array = pa.array(values, kind.value_type).dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        array.indices.cast(kind.index_type), array.dictionary, ordered=kind.ordered
    )


def listed(column: pa.Array) -> list[str | None]:
    """A column of text as Python strings."""
    values = column.to_pylist()
    return [value.decode() if isinstance(value, bytes) else value for value in values]


def documents(block: Block) -> list[bytes]:
    spans = zip(block.starts.tolist(), block.ends.tolist(), strict=True)
    return [bytes(memoryview(block.data)[start:end]) for start, end in spans]


def spliced(block: Block, new: Sequence[bytes]) -> Swapped:
    """The block's bytes with other documents in place of its own."""
    data, out, starts, ends, at = bytes(block.data), bytearray(), [], [], 0
    for start, end, text in zip(block.starts.tolist(), block.ends.tolist(), new, strict=True):
        out += data[at:start]
        starts.append(len(out))
        out += text
        ends.append(len(out))
        at = end
    out += data[at:]
    return bytes(out), np.array(starts, np.int64), np.array(ends, np.int64)


def json_keys(values: Sequence[object], fields: Fields) -> list[int]:
    """The documents' keys where JSON Lines hold the same records."""
    data = b"".join(json.dumps(value).encode() + b"\n" for value in values)
    batch = JsonLines(fields).find(data)
    assert not batch.bad
    return [key for block in batch.blocks for key in block.keys.tolist()]


def found_in(rows: pa.RecordBatch, fields: Fields | None = None, **options: Any) -> Batch:
    return Rows(fields or Fields(), rows.schema, **options).find(rows)


def invalid(values: Sequence[bytes | None], kind: pa.DataType) -> pa.Array:
    """Strings that need not be UTF-8."""
    if pa.types.is_dictionary(kind):
        words = invalid([value for value in values if value is not None], kind.value_type)
        places = iter(range(len(words)))
        indices = [None if value is None else next(places) for value in values]
        return pa.DictionaryArray.from_arrays(pa.array(indices, kind.index_type), words)
    if pa.types.is_string_view(kind):
        return pa.array(values, pa.binary_view()).view(kind)
    raw = pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()
    return pa.array(values, raw).view(kind)


# --- find, and put back ---------------------------------------------------------------------------

_WORDS = st.text(max_size=6) | st.sampled_from(("", "dog", "犬", "a\x00b", "😀" * 9))
_TEXTS = st.lists(st.none() | _WORDS, max_size=8)


@examples(70)
@given(
    texts=_TEXTS,
    kind=st.sampled_from(sorted(TEXT_TYPES)),
    before=st.integers(0, 9),
    behind=st.integers(0, 3),
    data=st.data(),
)
def test_new_texts_take_the_place_of_the_old_ones_in_a_column_of_any_type(
    texts: list[str | None], kind: str, before: int, behind: int, data: st.DataObject
) -> None:
    around = [*["lead"] * before, *texts, *["trail", None, ""][:behind]]
    ids = pa.array(range(len(around)), pa.int64())
    whole = pa.record_batch(
        [ids, column_of(around, TEXT_TYPES[kind]), ids.cast(pa.string())],
        schema=pa.schema(
            [
                ("id", pa.int64()),
                pa.field("text", TEXT_TYPES[kind], metadata={"a": "b"}),
                ("text2", pa.string()),
            ],
            metadata={"c": "d"},
        ),
    )
    rows = whole.slice(before, len(texts))
    finder = Rows(Fields(), rows.schema)
    batch = finder.find(rows)
    [block] = batch.blocks
    old = [text for text in texts if text is not None]
    assert documents(block) == [text.encode() for text in old]
    assert block.keys.tolist() == json_keys([{"text": text} for text in texts], Fields())
    assert (batch.records, batch.documents, batch.lines) == (len(texts), len(old), len(texts))
    assert not batch.bad
    assert not block.escaped
    assert batch.rows is not None

    new = data.draw(st.lists(_WORDS, min_size=len(old), max_size=len(old)))
    result = finder.put_back(batch.rows, [spliced(block, [text.encode() for text in new])])
    result.validate(full=True)
    assert result.schema.equals(rows.schema, check_metadata=True)
    places = iter(new)
    assert listed(result["text"]) == [None if text is None else next(places) for text in texts]
    assert result.drop_columns("text").equals(rows.drop_columns("text"))


@examples(50)
@given(
    cells=st.lists(
        st.tuples(st.none() | _WORDS, st.booleans(), st.booleans(), st.none() | _WORDS), max_size=7
    ),
    kind=st.sampled_from(sorted(TEXT_TYPES)),
    before=st.integers(0, 3),
    data=st.data(),
)
def test_texts_in_structs_are_swapped_where_no_struct_around_them_is_null(
    cells: list[tuple[str | None, bool, bool, str | None]],
    kind: str,
    before: int,
    data: st.DataObject,
) -> None:
    around = [("lead", True, True, "x")] * before + cells
    size = len(around)
    inner = pa.StructArray.from_arrays(
        [
            pa.array(range(size), pa.int64()),
            column_of([cell[0] for cell in around], TEXT_TYPES[kind]),
        ],
        fields=[pa.field("n", pa.int64(), metadata={"e": "f"}), pa.field("body", TEXT_TYPES[kind])],
        mask=pa.array([not cell[1] for cell in around], pa.bool_()),
    )
    outer = pa.StructArray.from_arrays(
        [inner, pa.array([cell[3] for cell in around], pa.string())],
        ["page", "title"],
        mask=pa.array([not cell[2] for cell in around], pa.bool_()),
    )
    rows = pa.record_batch([outer, pa.array(range(size), pa.int64())], ["meta", "id"]).slice(before)
    names = ("meta.page.body", "meta.title", "meta.page.body")
    finder = Rows(Fields(names), rows.schema)
    batch = finder.find(rows)
    assert batch.rows is not None
    bodies = [body for body, has_page, has_meta, _ in cells if has_page and has_meta]
    titles = [title for *_, has_meta, title in cells if has_meta]
    olds = [[text for text in column if text is not None] for column in (bodies, titles)]
    assert [documents(block) for block in batch.blocks] == [
        [text.encode() for text in old] for old in olds
    ]
    news = [data.draw(st.lists(_WORDS, min_size=len(old), max_size=len(old))) for old in olds]
    swapped = [
        spliced(block, [text.encode() for text in new])
        for block, new in zip(batch.blocks, news, strict=True)
    ]
    result = finder.put_back(batch.rows, swapped)
    result.validate(full=True)
    assert result.schema.equals(rows.schema, check_metadata=True)

    new_bodies, new_titles = map(iter, news)
    expected = rows.to_pylist()
    for row in expected:
        meta = row["meta"]
        if meta is not None:
            if meta["page"] is not None and meta["page"]["body"] is not None:
                text = next(new_bodies)
                meta["page"]["body"] = text.encode() if is_binary(TEXT_TYPES[kind]) else text
            if meta["title"] is not None:
                meta["title"] = next(new_titles)
    assert result.to_pylist() == expected


# --- keys -----------------------------------------------------------------------------------------

KEY_COLUMNS = {
    "strings": pa.array(["page-7", "", "é", "7"]),
    "large strings": pa.array(["a", "b", "c", "d"], pa.large_string()),
    "string views": pa.array(["a", "b", "c", "d"], pa.string_view()),
    "dictionary": pa.array(["a", "b", "a", "b"]).dictionary_encode(),
    "int8": pa.array([-128, 0, 7, 127], pa.int8()),
    "int64": pa.array([-(1 << 63), -1, 0, (1 << 63) - 1]),
    "uint64": pa.array([0, 1, 7, (1 << 64) - 1], pa.uint64()),
}


@pytest.mark.parametrize("name", KEY_COLUMNS)
def test_a_key_column_gives_the_keys_that_json_lines_would(name: str) -> None:
    rows = pa.record_batch({"text": ["a", None, "b", "c"], "k": KEY_COLUMNS[name]})
    fields = Fields(key="k")
    [block] = found_in(rows, fields).blocks
    assert block.keys.tolist() == json_keys(rows.to_pylist(), fields)
    nested = pa.record_batch({"text": rows["text"], "m": pa.array([{"k": 0}] * 4)}).set_column(
        1, "m", pa.StructArray.from_arrays([rows["k"]], ["k"])
    )
    [block] = found_in(nested, Fields(key="m.k")).blocks
    assert block.keys.tolist() == json_keys(rows.to_pylist(), fields)


def test_only_a_document_needs_a_key() -> None:
    rows = pa.record_batch(
        {
            "text": ["a", None, "b", "c"],
            "k": pa.array([1, None, None, None]),
            "w": ["1", "1", "1", "0"],
        }
    )
    batch = found_in(rows, Fields(key="k", where=(("w", "1"),)))
    assert [(record.number, record.byte) for record in batch.bad] == [(3, None)]
    assert "'k' is null" in batch.bad[0].reason
    assert batch.rows is not None
    assert batch.rows.to_pylist() == [rows.to_pylist()[row] for row in (0, 1, 3)]
    assert documents(batch.blocks[0]) == [b"a"]


@pytest.mark.parametrize(
    "column",
    [pa.array([1.0]), pa.array([True]), pa.array([["a"]]), pa.array([{"a": 1}]), pa.nulls(1)],
    ids=lambda column: str(column.type),
)
def test_other_columns_are_no_keys(column: pa.Array) -> None:
    rows = pa.record_batch({"text": ["a"], "k": column})
    with pytest.raises(ShardError, match="key column 'k' must hold strings or whole numbers"):
        Rows(Fields(key="k"), rows.schema)
    with pytest.raises(ShardError, match=r"'absent'.*is absent"):
        Rows(Fields(key="absent"), rows.schema)


# --- conditions -----------------------------------------------------------------------------------

CONDITIONS: dict[str, tuple[list[Any], tuple[str, ...]]] = {
    "strings": (["en", "de", None, "7", "null", ""], ("en", "7", "null", "", "e")),
    "whole numbers": ([7, -7, 0, None, 70, 77], ("7", "-7", "0", "null", "07", "7.0")),
    "numbers": ([1.0, 0.5, -0.0, None, 1e300, 7.0], ("1.0", "1", "0.5", "-0.0", "1e+300", "null")),
    "booleans": ([True, False, None, True, True, False], ("true", "false", "True", "null")),
    "lists": ([["a", 1], [], None, ["b"], [], []], ("[]", "null", "a")),
    "nulls": ([None] * 6, ("null", "", "None")),
}
_STRINGS = (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()))


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_mean_what_they_mean_in_json_lines(name: str) -> None:
    values, wanted = CONDITIONS[name]
    values = [
        [str(each) for each in value] if isinstance(value, list) else value for value in values
    ]
    texts = [f"text {n}" for n in range(len(values))]
    column = pa.array(values)
    columns = [column, *(column.cast(kind) for kind in _STRINGS if name == "strings")]
    for column in columns:
        rows = pa.record_batch({"text": texts, "lang": column})
        nested = pa.record_batch(
            [rows["text"], pa.StructArray.from_arrays([column], ["lang"])], ["text", "meta"]
        )
        for value in (*wanted, "other"):
            expected = json_keys(rows.to_pylist(), Fields(where=(("lang", value),)))
            for each, path in ((rows, "lang"), (nested, "meta.lang")):
                finder = Rows(Fields(where=((path, value),)), each.schema)
                [block] = finder.find(each).blocks
                assert block.keys.tolist() == expected, (value, column.type)
                result = finder.put_back(each, [spliced(block, [b"new"] * len(expected))])
                met = [xxhash.xxh3_64_intdigest(text.encode()) in expected for text in texts]
                assert result["text"].to_pylist() == [
                    "new" if is_met else text for text, is_met in zip(texts, met, strict=True)
                ]


@pytest.mark.parametrize("wanted", ["en", "null", "hidden"])
def test_a_null_struct_meets_no_condition_and_has_no_key(wanted: str) -> None:
    lang = pa.array(["lead", "en", "hidden", None, "de", "en"])
    meta = pa.StructArray.from_arrays(
        [lang], ["lang"], mask=pa.array([False, False, True, False, False, False])
    )
    rows = pa.record_batch([pa.array(list("xabcde")), meta], ["text", "meta"]).slice(1)
    fields = Fields(where=(("meta.lang", wanted),))
    [block] = found_in(rows, fields).blocks
    assert block.keys.tolist() == json_keys(rows.to_pylist(), fields)
    batch = found_in(rows, Fields(key="meta.lang"))
    assert [record.number for record in batch.bad] == [2, 3]
    assert batch.blocks[0].keys.tolist() == [
        xxhash.xxh3_64_intdigest(key.encode()) for key in ("en", "de", "en")
    ]


# --- rows left out, rows joined -------------------------------------------------------------------

_INTS = pa.array(range(6))
AWKWARD = {
    "string": pa.array(["a", None, "c", "", "e", "f"]),
    "string view": pa.array(["a", None, "c" * 20, "", "e", "f"], pa.string_view()),
    "binary view": pa.array([b"a", None, b"c" * 20, b"", b"e", b"f"], pa.binary_view()),
    "list view": pa.array([[1], None, [], [2, 3], [4], [5]], pa.list_view(pa.int8())),
    "dense union": pa.UnionArray.from_dense(
        pa.array([0, 1] * 3, pa.int8()), pa.array([0, 1, 2, 3, 4, 5], pa.int32()), [_INTS, _INTS]
    ),
    "sparse union": pa.UnionArray.from_sparse(
        pa.array([0, 1] * 3, pa.int8()), [_INTS, _INTS.cast(pa.string())]
    ),
    "interval": pa.array([(n, n, n) for n in range(6)], pa.month_day_nano_interval()),
    "duration": _INTS.cast(pa.duration("ns")),
    "null": pa.nulls(6),
    "map": pa.array([[("a", n)] for n in range(6)], pa.map_(pa.string(), pa.int8())),
    "dictionary": pa.array(list("abcabc")).dictionary_encode(),
    "list of unions": pa.ListArray.from_arrays(
        range(7), pa.UnionArray.from_sparse(pa.array([0] * 6, pa.int8()), [_INTS])
    ),
    "extension": pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([bytes([n] * 16) for n in range(6)], pa.binary(16))
    ),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_rows_can_be_left_out_whatever_the_type(name: str) -> None:
    rows = pa.record_batch({"n": _INTS, "x": AWKWARD[name]})
    for gone in ([], [0], [5], [1, 2, 4], list(range(6))):
        result = without_rows(rows, gone)
        result.validate(full=True)
        assert result.schema == rows.schema
        assert result.to_pylist() == [
            row for number, row in enumerate(rows.to_pylist()) if number not in gone
        ]


def test_a_condition_that_memory_is_too_short_for_does_not_just_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def plain_type(_: pa.DataType) -> pa.DataType:
        raise pa.ArrowMemoryError("malloc of size 9 failed")

    monkeypatch.setattr("link.shards.rows.plain_type", plain_type)
    rows = pa.RecordBatch.from_pylist([{"text": "a", "n": 1}])
    with pytest.raises(MemoryError):
        found_in(rows, Fields(where=(("n", "1"),)))
