"""Columns: everything but the text stays as it was."""

import datetime
import decimal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.lexicon import Lexicon
from link.policy import Policy
from link.shards.fields import Fields
from tests.run.containers import ALL, DICTIONARY, some_texts, table_of
from tests.run.helpers import run, spec_of

# --- what is no text ------------------------------------------------------------------------------


def rich_table(kind: pa.DataType, rows: int = 50) -> pa.Table:
    """A table with all kinds of columns, nulls and metadata around a column of text."""
    texts = [None if n % 11 == 5 else text for n, text in enumerate(some_texts(rows, 4))]
    moment = datetime.datetime(2026, 1, 31, 12, 30, 59, 123456)
    columns: dict[str, tuple[pa.DataType, Callable[[int], Any]]] = {
        "id": (pa.uint64(), lambda n: (1 << 64) - 1 - n),
        "score": (pa.float32(), lambda n: None if n == 3 else n / 3),
        "nan": (pa.float64(), lambda n: float("nan") if n % 2 else -0.0),
        "date": (pa.date32(), lambda n: moment.date()),
        "naive": (pa.timestamp("us"), lambda n: moment),
        "zoned": (pa.timestamp("ms", "UTC"), lambda n: moment.replace(microsecond=0)),
        "took": (pa.duration("ms"), lambda n: datetime.timedelta(seconds=n)),
        "price": (pa.decimal128(20, 4), lambda n: decimal.Decimal(n).scaleb(-4)),
        "tags": (pa.list_(pa.field("element", pa.string())), lambda n: ["the dog", None] * (n % 3)),
        "large": (pa.large_list(pa.int8()), lambda n: None if n % 4 == 0 else [n]),
        "meta": (
            pa.struct([("text", pa.string()), ("deep", pa.struct([("x", pa.bool_())]))]),
            lambda n: [None, {"text": "dog", "deep": None}, {"text": None, "deep": {"x": True}}][
                n % 3
            ],
        ),
        "map": (pa.map_(pa.string(), pa.int64()), lambda n: [("the dog", n)]),
        "kind": (pa.dictionary(pa.int16(), pa.string()), lambda n: "the dog" if n % 2 else None),
        "raw": (pa.binary(3), lambda n: b"dog"),
        "nothing": (pa.null(), lambda n: None),
    }
    arrays = {name: pa.array(map(value, range(rows)), t) for name, (t, value) in columns.items()}
    text = table_of([{"text": text} for text in texts], kind)["text"]
    table = pa.table({"before": arrays.pop("id"), "text": text, **arrays})
    fields = [field.with_metadata({"about": f"field {field.name}"}) for field in table.schema]
    fields[0] = fields[0].with_nullable(False)
    return table.cast(pa.schema(fields, {"huggingface": '{"info": 1}', "own": "\u00fc"}))


KINDS = [pa.string(), pa.large_string(), pa.binary(), DICTIONARY]


def without_text(table: pa.Table) -> pa.Table:
    return table.drop("text")


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("group", [1, 7, 1000])
def test_a_parquet_file_keeps_all_but_its_text(
    kind: pa.DataType, group: int, tmp_path: Path, lexicon: Lexicon
) -> None:
    source, out = tmp_path / "a.parquet", tmp_path / "out" / "a.parquet"
    before = rich_table(kind)
    codecs = {"text": "zstd", "before": "none", "score": "gzip", "raw": "lz4"}
    pq.write_table(before, source, row_group_size=group, compression=codecs)
    report = run(spec_of(source, out.parent, lexicon, ALL))
    assert report.totals.swapped > 0
    old, new = pq.ParquetFile(source), pq.ParquetFile(out)
    assert new.schema_arrow.equals(old.schema_arrow, check_metadata=True)
    assert new.schema.equals(old.schema)
    assert _own(new.metadata.metadata) == _own(old.metadata.metadata)
    assert _layout(new) == _layout(old)
    assert repr(without_text(new.read()).to_pylist()) == repr(without_text(before).to_pylist())
    assert new.read()["text"].is_null().equals(before["text"].is_null())


def _own(metadata: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """Without the schema, which is spelled anew."""
    return {name: value for name, value in metadata.items() if name != b"ARROW:schema"}


def _layout(file: pq.ParquetFile) -> list[tuple[int, list[tuple[str, str, str]]]]:
    """The rows of each row group, and its columns' names, types and codecs."""
    groups = [file.metadata.row_group(n) for n in range(file.num_row_groups)]
    return [
        (
            group.num_rows,
            [
                (column.path_in_schema, column.physical_type, column.compression)
                for column in map(group.column, range(group.num_columns))
            ],
        )
        for group in groups
    ]


@pytest.mark.parametrize("options", [{"store_schema": False}, {"compression": "brotli"}], ids=str)
def test_a_foreign_parquet_file_keeps_its_schema_too(
    options: dict[str, Any], tmp_path: Path, lexicon: Lexicon
) -> None:
    table = rich_table(pa.string()).drop(["took", "nothing"])
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=20, **options)
    run(spec_of(tmp_path / "a.parquet", tmp_path / "out", lexicon, ALL))
    old, new = pq.ParquetFile(tmp_path / "a.parquet"), pq.ParquetFile(tmp_path / "out/a.parquet")
    assert new.schema_arrow.equals(old.schema_arrow, check_metadata=True)
    assert new.schema.equals(old.schema)
    assert _layout(new) == _layout(old)
    read = [repr(without_text(file.read()).to_pylist()) for file in (old, new)]
    assert read[0] == read[1]


def _batches(path: Path) -> tuple[pa.Schema, list[pa.RecordBatch], list[Any]]:
    with path.open("rb") as file:
        is_file = file.read(6) == b"ARROW1"
        file.seek(0)
        if is_file:
            reader = pa.ipc.open_file(file)
            pairs = [
                reader.get_batch_with_custom_metadata(n) for n in range(reader.num_record_batches)
            ]
        else:
            reader = pa.ipc.open_stream(file)
            pairs = list(reader.iter_batches_with_custom_metadata())
        return reader.schema, [batch for batch, _ in pairs], [metadata for _, metadata in pairs]


@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", KINDS[:3], ids=str)
def test_an_arrow_file_keeps_all_but_its_text(
    kind: pa.DataType, stream: bool, codec: str | None, tmp_path: Path, lexicon: Lexicon
) -> None:
    source, out = tmp_path / "a.arrow", tmp_path / "out" / "a.arrow"
    table = rich_table(kind)
    table = table if stream else table.drop("kind")
    options = pa.ipc.IpcWriteOptions(compression=codec)
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with source.open("wb") as file, new(file, table.schema, options=options) as writer:
        for n, batch in enumerate(table.combine_chunks().to_batches(max_chunksize=20)):
            metadata = {"batch": str(n)} if n % 2 else None
            writer.write_batch(batch, custom_metadata=metadata)
    report = run(spec_of(source, out.parent, lexicon, ALL))
    assert report.totals.swapped > 0
    (schema, before, metadata), (new_schema, after, new_metadata) = _batches(source), _batches(out)
    assert new_schema.equals(schema, check_metadata=True)
    assert list(map(len, after)) == list(map(len, before)) == [20, 20, 10]
    assert [dict(m or {}) for m in new_metadata] == [dict(m or {}) for m in metadata]
    for old_batch, new_batch in zip(before, after, strict=True):
        old, changed = old_batch.to_pylist(), new_batch.to_pylist()
        assert [r.pop("text") is None for r in old] == [r.pop("text") is None for r in changed]
        assert repr(changed) == repr(old)
    if codec:
        raw = tmp_path / "raw.arrow"
        with raw.open("wb") as file, new_sink(stream, file, new_schema) as writer:
            for batch in after:
                writer.write_batch(batch)
        assert out.stat().st_size < raw.stat().st_size


@pytest.mark.parametrize("stream", [False, True])
def test_a_text_in_a_struct_that_is_null_is_no_document(
    stream: bool, tmp_path: Path, lexicon: Lexicon
) -> None:
    texts = pa.array(["the dog", "the house", None, "the river"])
    bodies = pa.StructArray.from_arrays(
        [texts], ["text"], mask=pa.array([False, True, False, False])
    )
    table = pa.table({"body": bodies})
    with (tmp_path / "a.arrow").open("wb") as file, new_sink(stream, file, table.schema) as writer:
        writer.write_table(table)
    policy = Policy(ratio=1, translation="first")
    fields = Fields(("body.text",))
    report = run(spec_of(tmp_path / "a.arrow", tmp_path / "out", lexicon, policy, fields=fields))
    assert (report.totals.records_written, report.totals.documents) == (4, 2)
    assert (report.totals.words, report.totals.swapped) == (4, 4)
    _, [batch], _ = _batches(tmp_path / "out" / "a.arrow")
    found = batch.to_pylist()
    assert [body["body"] and body["body"]["text"] for body in found] == [
        *("der Hund", None, None, "der Fluss")
    ]


def new_sink(stream: bool, file: Any, schema: pa.Schema) -> Any:
    return (pa.ipc.new_stream if stream else pa.ipc.new_file)(file, schema)
