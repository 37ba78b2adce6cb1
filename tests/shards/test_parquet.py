"""Parquet: a file that is rewritten keeps all that is not text; one that is damaged is refused."""

import datetime
import io
import random
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.errors import ShardError
from link.shards.parquet import ParquetSink, ParquetSource, compression_settings

TEXT = (("text",),)


def written(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def opened(data: bytes) -> pq.ParquetFile:
    return pq.ParquetFile(io.BytesIO(data))


def rewritten(data: bytes, **more: Any) -> bytes:
    """The file read and written again, piece by piece, with nothing swapped."""
    source = ParquetSource(io.BytesIO(data), "a.parquet")
    out = io.BytesIO()
    sink = ParquetSink(out, source.schema, source.settings(TEXT) | more)
    for piece in source.pieces():
        assert isinstance(piece.content, pa.RecordBatch)
        sink.write(piece.content)
        if piece.ends_group:
            sink.end_group(piece.metadata)
    sink.close()
    return out.getvalue()


def rows_of(data: bytes) -> int:
    source = ParquetSource(io.BytesIO(data), "a.parquet")
    return sum(len(piece.content) for piece in source.pieces())


def column_chunks(data: bytes) -> list[dict[str, Any]]:
    metadata = opened(data).metadata
    return [
        metadata.row_group(group).column(column).to_dict()
        for group in range(metadata.num_row_groups)
        for column in range(metadata.num_columns)
    ]


def other_metadata(file: pq.ParquetFile) -> dict[bytes, bytes | None]:
    """The file's own metadata; how the Arrow schema is spelled does not matter."""
    found = file.metadata.metadata or {}
    return {key: None if key == b"ARROW:schema" else value for key, value in found.items()}


def group_sizes(data: bytes) -> list[int]:
    metadata = opened(data).metadata
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def check_kept(data: bytes) -> bytes:
    """All that a reader sees of a file is as it was once it is rewritten, and stays so."""
    result = rewritten(data)
    before, after = opened(data), opened(result)
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    assert after.schema.equals(before.schema)
    assert str(after.schema).partition("\n")[2] == str(before.schema).partition("\n")[2]
    assert other_metadata(after) == other_metadata(before)
    assert group_sizes(result) == [size for size in group_sizes(data) if size]
    kept = ("path_in_schema", "physical_type", "num_values", "compression", "has_dictionary_page")
    if 0 not in group_sizes(data):
        assert [{name: chunk[name] for name in kept} for chunk in column_chunks(result)] == [
            {name: chunk[name] for name in kept} for chunk in column_chunks(data)
        ]
    table = after.read()
    table.validate(full=True)
    assert table.equals(before.read(), check_metadata=True)
    assert rewritten(result) == result
    return result


# --- what is kept ---------------------------------------------------------------------------------

_MOMENT = datetime.datetime(2020, 2, 29, 12, 34, 56, 123456)
_TEXTS = ["a dog", None, "é" * 50, ""]
COLUMNS: dict[str, pa.Array] = {
    "strings": pa.array(_TEXTS),
    "large strings": pa.array(_TEXTS, pa.large_string()),
    "string views": pa.array(_TEXTS, pa.string_view()),
    "binary": pa.array([b"\xff", None, b"", b"\x00"]),
    "fixed-size binary": pa.array([b"abc", None, b"\xff\x00\xff", b"xyz"], pa.binary(3)),
    "dictionary": pa.array(["a", "b", None, "a"]).dictionary_encode(),
    "ordered dictionary": pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None, 0], pa.int8()), pa.array(["x", "y", "unused"]), ordered=True
    ),
    "small whole numbers": pa.array([1, None, -128, 127], pa.int8()),
    "unsigned whole numbers": pa.array([0, None, 1, (1 << 64) - 1], pa.uint64()),
    "float32": pa.array([0.1, None, float("inf"), -0.0], pa.float32()),
    "float16": pa.array([1.5, None, 0.25, -0.0], pa.float32()).cast(pa.float16()),
    "decimal128": pa.array([Decimal("1.50"), None, Decimal("-9"), Decimal(0)], pa.decimal128(9, 2)),
    "decimal256": pa.array([Decimal("9" * 60), None, Decimal(-1), None], pa.decimal256(70, 4)),
    "date32": pa.array([_MOMENT.date(), None, datetime.date(1, 1, 1), None]),
    "time": pa.array([_MOMENT.time(), None, None, datetime.time()]),
    "timestamp[s]": pa.array([_MOMENT, None, None, None], pa.timestamp("s")),
    "timestamp[ms] in UTC": pa.array([_MOMENT, None, None, None], pa.timestamp("ms", "UTC")),
    "timestamp[us] in Berlin": pa.array([_MOMENT] * 4, pa.timestamp("us", "Europe/Berlin")),
    "timestamp[ns]": pa.array([1, None, -1, 1582934400123456789], pa.timestamp("ns")),
    "duration": pa.array([1, None, 2, 3], pa.duration("ms")),
    "booleans": pa.array([True, None, False, True]),
    "nulls": pa.nulls(4),
    "lists": pa.array([[1, None], [], None, [2]]),
    "lists of lists": pa.array([[["a"], []], [], None, [None]]),
    "fixed-size lists": pa.array([[1, 2], None, [3, 4], [None, 5]], pa.list_(pa.int16(), 2)),
    "maps": pa.array([[("a", 1)], [], None, [("b", None)]], pa.map_(pa.string(), pa.int8())),
    "structs": pa.array([{"a": 1, "b": {"c": ["x"]}}, None, {"a": None, "b": None}, {"b": {}}]),
    "lists of structs": pa.array([[{"a": 1}, None], None, [], [{"a": None}]]),
    "uuids": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"u" * 16] * 4, pa.binary(16))),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_of_any_type_is_kept(name: str) -> None:
    table = pa.table({"text": _TEXTS, "x": COLUMNS[name]})
    for store_schema in (True, False):
        check_kept(written(table, store_schema=store_schema))


@pytest.mark.parametrize("store_schema", [True, False])
@pytest.mark.parametrize("item", ["item", "element", "array", "bag"])
def test_the_items_of_lists_keep_their_names(item: str, store_schema: bool) -> None:
    inner = pa.list_(pa.field(item, pa.string()))
    kind = pa.list_(pa.field(item, pa.struct([("a", inner)]), nullable=False))
    table = pa.table({"text": ["b"], "x": pa.array([[{"a": ["c", None]}]], kind)})
    data = written(table, store_schema=store_schema, use_compliant_nested_type=False)
    result = check_kept(data)
    assert opened(result).metadata.row_group(0).column(1).path_in_schema == (
        f"x.list.{item}.a.list.{item}"
    )
    check_kept(written(table, store_schema=store_schema))


@pytest.mark.parametrize("store_schema", [True, False])
def test_metadata_nullability_and_field_ids_are_kept(store_schema: bool) -> None:
    schema = pa.schema(
        [
            pa.field("text", pa.string(), nullable=False, metadata={"PARQUET:field_id": "7"}),
            pa.field("a.b", pa.int32(), nullable=False, metadata={"why": "é"}),
            pa.field("c", pa.struct([pa.field("d", pa.int8(), nullable=False)])),
        ],
        metadata={"pandas": '{"columns": []}', "huggingface": '{"info": {}}', "": ""},
    )
    table = pa.table([["a"], [1], [{"d": 2}]], schema=schema)
    check_kept(written(table, store_schema=store_schema))


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "lz4", "zstd"])
def test_each_column_keeps_its_compression_and_its_dictionary(codec: str) -> None:
    other = "zstd" if codec == "snappy" else "snappy"
    table = pa.table({"text": ["a dog"] * 9, "m": [{"x": "b", "y.z": "c"}] * 9, "n": range(9)})
    compression = {"text": codec, "m.x": other, "m.y.z": codec, "n": "none"}
    result = check_kept(written(table, compression=compression, use_dictionary=["m.x", "n"]))
    chunks = column_chunks(result)
    names = {"none": "UNCOMPRESSED"}
    assert [chunk["compression"] for chunk in chunks] == [
        names.get(each, each.upper()) for each in compression.values()
    ]
    assert [chunk["has_dictionary_page"] for chunk in chunks] == [False, True, False, True]


OLD_LZ4, LZO, UNKNOWN = 5, 3, 40


def with_codec(codec: int) -> bytes:
    """A file whose footer has this number for the compression of its column, which is LZ4."""
    data = written(pa.table({"text": ["a dog"] * 9}), compression="lz4")
    path_then_codec = b"\x19\x18\x04text\x15"
    head, found, tail = data.rpartition(path_then_codec)
    assert tail[0] == 7 << 1, "LZ4_RAW, as Thrift spells it"
    return head + found + bytes([codec << 1]) + tail[1:]


def test_the_old_lz4_becomes_the_new_one() -> None:
    data = with_codec(OLD_LZ4)
    result = rewritten(data)
    assert opened(result).read().equals(opened(data).read())
    assert [chunk["compression"] for chunk in column_chunks(result)] == ["LZ4"]


@pytest.mark.parametrize("codec", [LZO, UNKNOWN])
def test_a_compression_that_cannot_be_read_is_an_error_with_a_way_out(codec: int) -> None:
    with pytest.raises(ShardError, match=r"ompression.*write it with another compression"):
        rewritten(with_codec(codec))


@pytest.mark.parametrize("asked", [("none", None), ("gz", None), ("zst", 19)])
def test_another_compression_may_be_asked_for(asked: tuple[str, int | None]) -> None:
    data = written(pa.table({"text": ["a"] * 100, "n": range(100)}))
    chunks = column_chunks(rewritten(data, **compression_settings(*asked)))
    names = {"none": "UNCOMPRESSED", "gz": "GZIP", "zst": "ZSTD"}
    assert {chunk["compression"] for chunk in chunks} == {names[asked[0]]}


@pytest.mark.parametrize("sizes", [(3, 1, 7), (4, 0, 2), (0,), ()])
def test_row_groups_keep_their_rows(sizes: tuple[int, ...]) -> None:
    schema = pa.schema({"text": pa.string(), "n": pa.int64()}, metadata={"a": "b"})
    out = io.BytesIO()
    with pq.ParquetWriter(out, schema) as writer:
        for size in sizes:
            table = pa.table([["x"] * size, range(size)], schema=schema)
            writer.write_table(table)
    assert group_sizes(check_kept(out.getvalue())) == [size for size in sizes if size]


def test_a_row_group_of_many_pieces_stays_one() -> None:
    table = pa.table({"text": [f"{n:05}" + "x" * 1000 for n in range(5000)]})
    data = written(table, row_group_size=2600, compression="none", use_dictionary=False)
    source = ParquetSource(io.BytesIO(data), "a.parquet")
    pieces = list(source.pieces())
    assert source.rows == 5000
    assert len(pieces) >= 4
    assert sum(piece.ends_group for piece in pieces) == 2
    assert (
        max(piece.content.nbytes for piece in pieces if isinstance(piece.content, pa.RecordBatch))
        < 2 << 20
    )
    assert group_sizes(check_kept(data)) == [2600, 2400]


@pytest.mark.parametrize("words", [["b", None, "c"], []], ids=str)
def test_pieces_with_dictionaries_of_their_own_become_one_row_group(
    words: list[str | None],
) -> None:
    kind = pa.dictionary(pa.int8(), pa.string())
    schema = pa.schema({"text": kind, "meta": pa.struct([("tag", kind)])})
    out = io.BytesIO()
    sink = ParquetSink(out, schema, {})
    expected: list[str | None] = []
    for each in (["a", "b", "a"], words, ["e"]):
        column = pa.array(each, pa.string()).dictionary_encode().cast(kind)
        meta = pa.StructArray.from_arrays([column], ["tag"])
        sink.write(pa.record_batch([column, meta], schema=schema))
        expected += each
    sink.close()
    table = opened(out.getvalue()).read()
    assert group_sizes(out.getvalue()) == [len(expected)]
    assert table.schema.equals(schema)
    assert table["text"].to_pylist() == expected
    assert table["meta"].to_pylist() == [{"tag": tag} for tag in expected]


@pytest.mark.parametrize("index", [True, False])
def test_a_page_index_is_kept(index: bool) -> None:
    data = written(pa.table({"text": ["a"], "n": [1]}), write_page_index=index)
    chunks = column_chunks(check_kept(data))
    metadata = opened(rewritten(data)).metadata.row_group(0)
    assert len(chunks) == 2
    assert [metadata.column(n).has_offset_index for n in (0, 1)] == [index] * 2


@pytest.mark.parametrize(
    ("column", "kept"), [("id", True), ("text", False)], ids=["by another column", "by the text"]
)
def test_an_order_is_kept_unless_it_is_the_texts(column: str, kept: bool) -> None:
    table = pa.table({"text": ["a", "b"], "id": [2, 1]})
    order = pq.SortingColumn.from_ordering(table.schema, [(column, "descending")])
    data = written(table, sorting_columns=order)
    result = opened(rewritten(data)).metadata.row_group(0).sorting_columns
    assert result == (opened(data).metadata.row_group(0).sorting_columns if kept else ())


@pytest.mark.parametrize("store_schema", [True, False])
@pytest.mark.parametrize(
    "moments",
    [
        pa.array([1582934400123456, None], pa.timestamp("us")),
        pa.array([1582934400123456789, None], pa.timestamp("ns")),
        pa.array([-62_135_596_800, 253_402_300_799], pa.timestamp("s")),
    ],
    ids=["microseconds", "nanoseconds", "years 1 and 9999"],
)
def test_the_old_96_bit_timestamps_stay_what_they_are(
    moments: pa.Array, store_schema: bool
) -> None:
    table = pa.table({"text": ["a", "b"], "t": moments})
    data = written(table, use_deprecated_int96_timestamps=True, store_schema=store_schema)
    result = rewritten(data)
    assert opened(result).schema.equals(opened(data).schema)
    assert opened(result).metadata.row_group(0).column(1).physical_type == "INT96"
    for unit in ("s", "ns"):  # whole seconds, and what is below them, both without overflow
        before, after = (
            pq.read_table(io.BytesIO(each), coerce_int96_timestamp_unit=unit)["t"]
            for each in (data, result)
        )
        assert before.equals(after)


# --- what is damaged ------------------------------------------------------------------------------


def test_a_file_that_is_cut_off_is_refused_wherever_it_is_cut() -> None:
    data = written(pa.table({"text": ["a dog"] * 50, "n": range(50)}), row_group_size=20)
    for end in {*range(0, len(data), 5), *range(len(data) - 20, len(data))}:
        with pytest.raises(ShardError, match=r"^a\.parquet: .* truncated or damaged") as raised:
            rows_of(data[:end])
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", b'{"text":"a"}\n' * 9, b"\0" * 99])
def test_what_is_no_parquet_is_refused(data: bytes) -> None:
    with pytest.raises(ShardError, match=r"^a\.parquet: "):
        rows_of(data)


def test_damage_is_refused_or_does_no_harm() -> None:
    table = pa.table({"text": [f"a dog {n}" for n in range(200)], "n": range(200)})
    data = written(table, compression="zstd", row_group_size=90)
    random_ = random.Random(7)
    errors = []
    for _ in range(15):
        at = random_.randrange(len(data))
        broken = data[:at] + bytes([data[at] ^ (1 << random_.randrange(8))]) + data[at + 1 :]
        try:
            rows = rows_of(broken)
        except ShardError as error:
            errors.append(str(error))
        else:
            assert rows == 200
    assert errors
    assert all(error.startswith("a.parquet: ") for error in errors)


def test_a_page_whose_checksum_is_wrong_is_refused() -> None:
    table = pa.table({"text": ["a dog that is here"] * 3})
    data = written(table, compression="none", use_dictionary=False, write_page_checksum=True)
    page = b"\x12\0\0\0a dog that is "  # behind its length, not in the statistics
    broken = data.replace(page + b"here", page + b"HERE", 1)
    assert broken != data
    with pytest.raises(ShardError):
        rows_of(broken)
