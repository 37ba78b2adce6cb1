"""Containers: the same documents get the same swaps in all of them, and nothing else changes."""

import datetime
import decimal
import io
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import xxhash

from link import reference
from link.language.headwords import Language
from link.lexicon import Lexicon
from link.policy import Policy
from link.run.context import WorkerContext, engine_of
from link.run.plan import plan
from link.run.progress import Meter
from link.run.shard import SubstitutionWork
from link.run.shards import map_shards
from link.run.task import ShardReport
from link.shards.fields import Fields
from tests.helpers import (
    compress,
    data_tree,
    decompress,
    json_lines,
    partial_files,
    shard_records,
    some_text,
)
from tests.run.helpers import manifest_of, run, spec_of

Record = dict[str, Any]
Write = Callable[[Path, list[Record]], object]

ALL = Policy(ratio=1)

ODD_TEXTS = (
    *("The dog sees the house.", "", " ", "dog", "犬 the 犬", "the dog\r\nthe river\r\n", "\n"),
    *("the dog 😀 house 👩‍👩‍👧 the river", "הכלב \u200fthe dog\u200e שָׁלוֹם house", "the مَنزِل dog"),
    *("e\u0301 the do\u0301g the dog cafe\u0301 café house", "don’t see the dog's green house"),
    *("the\0dog the dog", "the \u2028dog\x85 the house", 'the dog \\ \\u0041 " the', "\ufeffdog"),
)


def some_texts(count: int, seed: int = 0, words: int = 40) -> list[str]:
    random_ = random.Random(seed)
    return [some_text(random_, random_.randint(0, words)) for _ in range(count)]


def records_of(texts: Sequence[str | None]) -> list[Record]:
    """Records with these texts, every third of another language, with keys that come twice."""
    return [
        {"id": f"k{n // 2}", "lang": "fr" if n % 3 == 2 else "en", "text": text}
        for n, text in enumerate(texts)
    ]


RECORDS = records_of([*ODD_TEXTS, None, *some_texts(40), None])


# --- the same records in many containers ----------------------------------------------------------


def parquet_as(kind: pa.DataType | None = None, **options: Any) -> Write:
    def write(path: Path, records: list[Record]) -> None:
        pq.write_table(table_of(records, kind), path, **options)

    return write


def arrow_as(kind: pa.DataType | None = None, *, stream: bool, rows: int, codec: Any) -> Write:
    def write(path: Path, records: list[Record]) -> None:
        table = table_of(records, kind)
        new = pa.ipc.new_stream if stream else pa.ipc.new_file
        options = pa.ipc.IpcWriteOptions(compression=codec)
        with path.open("wb") as file, new(file, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=rows)

    return write


def table_of(records: list[Record], kind: pa.DataType | None = None) -> pa.Table:
    table = pa.Table.from_pylist(records, pa.schema([(name, pa.string()) for name in records[0]]))
    if kind is None:
        return table
    texts = table["text"].cast(pa.binary()) if pa.types.is_binary(kind) else table["text"]
    texts = texts.dictionary_encode() if pa.types.is_dictionary(kind) else texts.cast(kind)
    return table.set_column(table.schema.get_field_index("text"), "text", texts)


def write_nested(path: Path, records: list[Record]) -> None:
    """The text in a struct, where every fifth struct is null if its text is."""
    texts = [None if (t := r["text"]) is None and n % 5 else t for n, r in enumerate(records)]
    bodies = [None if t is None else {"n": n, "text": t} for n, t in enumerate(texts)]
    kind = pa.struct([("n", pa.int32()), ("text", pa.large_string())])
    pq.write_table(
        table_of(records).drop("text").append_column("body", pa.array(bodies, kind)), path
    )


def jsonl_as(codec: str, **dumps: Any) -> Write:
    def write(path: Path, records: list[Record]) -> None:
        path.write_bytes(compress(json_lines(records, **dumps), codec))

    return write


def write_feather(path: Path, records: list[Record]) -> None:
    pyarrow.feather.write_feather(table_of(records), path, chunksize=9)


def write_compressed_parquet(path: Path, records: list[Record]) -> None:
    plain = io.BytesIO()
    pq.write_table(table_of(records), plain, row_group_size=20)
    path.write_bytes(compress(plain.getvalue(), "zst"))


DICTIONARY = pa.dictionary(pa.int32(), pa.string())

CONTAINERS: dict[str, Write] = {
    "ascii.jsonl": jsonl_as("none"),
    "utf8.ndjson": jsonl_as("none", ensure_ascii=False, separators=(",", ":")),
    "ascii.json.gz": jsonl_as("gz"),
    "utf8.jsonl.zst": jsonl_as("zst", ensure_ascii=False),
    "plain.parquet": parquet_as(),
    "groups-of-1.parquet": parquet_as(row_group_size=1),
    "groups-of-7.parquet": parquet_as(row_group_size=7, compression="zstd", use_dictionary=False),
    "large.parquet": parquet_as(pa.large_string(), row_group_size=30, compression="gzip"),
    "dictionary.parquet": parquet_as(DICTIONARY, row_group_size=30),
    "binary.parquet": parquet_as(pa.binary()),
    "nested.parquet": write_nested,
    "whole.parquet.zst": write_compressed_parquet,
    "file.arrow": arrow_as(stream=False, rows=10, codec=None),
    "zstd.arrow": arrow_as(pa.large_string(), stream=False, rows=100, codec="zstd"),
    "stream.arrow": arrow_as(stream=True, rows=10, codec=None),
    "lz4-stream.arrow": arrow_as(stream=True, rows=1, codec="lz4"),
    "dictionary-stream.arrow": arrow_as(DICTIONARY, stream=True, rows=30, codec=None),
    "lz4.feather": write_feather,
}


def read_records(path: Path) -> list[Record]:
    """The records of a shard, read by tools that are not LINK's; a nested text stands outside."""
    data = decompress(path.read_bytes(), {".gz": "gz", ".zst": "zst"}.get(path.suffix, "none"))
    if ".json" in path.name or ".ndjson" in path.name:
        return [json.loads(line) for line in data.split(b"\n") if line]
    if ".parquet" in path.name:
        records = pq.read_table(io.BytesIO(data)).to_pylist()
    elif data.startswith(b"ARROW1"):
        records = pa.ipc.open_file(data).read_all().to_pylist()
    else:
        records = pa.ipc.open_stream(data).read_all().to_pylist()
    for record in records:
        if "body" in record:
            record["text"] = (record.pop("body") or {}).get("text")
        if isinstance(record["text"], bytes):
            record["text"] = record["text"].decode()
    return records


def by_reference(records: list[Record], lexicon: Lexicon, policy: Policy, fields: Fields) -> Any:
    """The records as the specification of the kernel has them, and the sums of its counts."""
    new, words, swapped = [], 0, 0
    headwords = reference.Headwords(lexicon.headwords, [Language("de")])
    for record in records:
        text = record["text"]
        if text is not None and all(record[name] == value for name, value in fields.where):
            key = xxhash.xxh3_64_intdigest((record[fields.key] if fields.key else text).encode())
            done = reference.substitute(text.encode(), key, headwords, policy)
            text = done.text.decode()
            words += done.counts.words
            swapped += done.counts.swapped
        new.append({**record, "text": text})
    return new, words, swapped


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("containers")
    for name, write in CONTAINERS.items():
        write(folder / name, RECORDS)
    return folder


@pytest.mark.parametrize("key", [None, "id"])
@pytest.mark.parametrize("where", [(), (("lang", "en"),)])
@pytest.mark.parametrize("of", ["words", "eligible"])
@pytest.mark.parametrize("ratio", [0.3, 1])
def test_every_container_gives_the_swaps_of_the_reference(
    shards: Path,
    tmp_path: Path,
    lexicon: Lexicon,
    ratio: float,
    of: str,
    where: tuple[tuple[str, str], ...],
    key: str | None,
) -> None:
    policy = Policy(ratio=ratio, of=of, seed=3)
    fields = Fields(("text", "body.text"), key, where)
    expected, words, swapped = by_reference(RECORDS, lexicon, policy, fields)
    assert 0 < swapped < words
    out = tmp_path / "out"
    report = run(spec_of(shards, out, lexicon, policy, fields=fields))
    assert not report.failed
    assert sorted(data_tree(out)) == sorted(CONTAINERS)
    documents = sum(
        r["text"] is not None and all(r[name] == value for name, value in where) for r in RECORDS
    )
    for name in CONTAINERS:
        assert read_records(out / name) == expected, name
        totals = shard_records(out)[name]["totals"]
        assert totals["records_read"] == totals["records_written"] == len(RECORDS), name
        assert totals["records_skipped"] == totals["records_quarantined"] == 0, name
        found = (totals["documents"], totals["words"], totals["swapped"])
        assert found == (documents, words, swapped), name


@pytest.mark.parametrize("of", ["words", "eligible"])
@pytest.mark.parametrize("ratio", [0.3, 1])
def test_plain_text_gives_the_swaps_of_the_same_documents(
    tmp_path: Path, lexicon: Lexicon, ratio: float, of: str
) -> None:
    policy = Policy(ratio=ratio, of=of, seed=3)
    texts = [t.replace("\n", " ").replace("\r", "") for t in (*ODD_TEXTS, *some_texts(60))]
    texts = [text for text in texts if text.strip()]
    expected, *_ = by_reference(records_of(texts), lexicon, policy, Fields())
    (tmp_path / "in").mkdir()
    lines = "\n".join(texts).encode()
    for name, codec in (("a.txt", "none"), ("b.txt.gz", "gz"), ("c.txt.zst", "zst")):
        (tmp_path / "in" / name).write_bytes(compress(lines, codec))
    (tmp_path / "in" / "crlf.txt").write_bytes(lines.replace(b"\n", b"\r\n") + b"\r\n")
    report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, policy))
    assert report.totals.records_read == report.totals.documents == 4 * len(texts)
    new = "\n".join(record["text"] for record in expected).encode()
    assert new != lines
    out = data_tree(tmp_path / "out")
    assert out["a.txt"] == decompress(out["b.txt.gz"], "gz") == new
    assert decompress(out["c.txt.zst"], "zst") == new
    assert out["crlf.txt"] == new.replace(b"\n", b"\r\n") + b"\r\n"


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


# --- other people's readers -----------------------------------------------------------------------


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Hugging Face `datasets`, without a network and without bars."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    module = pytest.importorskip("datasets")
    module.disable_progress_bars()
    yield module
    module.enable_progress_bars()


@pytest.fixture(scope="module")
def swapped(lexicon: Lexicon) -> list[Record]:
    """`RECORDS` with all words swapped that can be."""
    records: list[Record] = by_reference(RECORDS, lexicon, ALL, Fields())[0]
    return records


LOADED = (
    "ascii.jsonl",
    "utf8.jsonl.zst",
    "ascii.json.gz",
    "groups-of-7.parquet",
    "stream.arrow",
    "file.arrow",
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:(datasets|multiprocess|dill|fsspec)")
@pytest.mark.parametrize("name", LOADED)
def test_hugging_face_datasets_reads_what_is_written(
    name: str, shards: Path, tmp_path: Path, lexicon: Lexicon, datasets: Any, swapped: list[Record]
) -> None:
    out = tmp_path / "out"
    run(spec_of(shards / name, out, lexicon, ALL))
    builder = "json" if "json" in name else Path(name).suffix.removeprefix(".")
    files = {"data_files": str(out / name), "cache_dir": str(tmp_path / "cache")}
    loaded = datasets.load_dataset(builder, split="train", **files)
    assert loaded.to_list() == swapped


@pytest.mark.filterwarnings("ignore::DeprecationWarning:(datasets|multiprocess|dill|fsspec)")
def test_hugging_face_datasets_reads_plain_text(
    tmp_path: Path, lexicon: Lexicon, datasets: Any
) -> None:
    (tmp_path / "a.txt").write_bytes(b"the dog\nno one here\nthe river")
    run(
        spec_of(tmp_path / "a.txt", tmp_path / "out", lexicon, Policy(ratio=1, translation="first"))
    )
    files = {"data_files": str(tmp_path / "out" / "a.txt"), "cache_dir": str(tmp_path / "cache")}
    loaded = datasets.load_dataset("text", split="train", **files)
    assert list(loaded["text"]) == ["der Hund", "no one here", "der Fluss"]


def test_pandas_reads_what_is_written(
    shards: Path, tmp_path: Path, lexicon: Lexicon, swapped: list[Record]
) -> None:
    pandas = pytest.importorskip("pandas")
    out = tmp_path / "out"
    names = ("ascii.jsonl", "utf8.jsonl.zst", "large.parquet", "lz4.feather")
    run(spec_of([str(shards / name) for name in names], out, lexicon, ALL))
    read = [
        *(pandas.read_json(out / name, lines=True) for name in names[:2]),
        pandas.read_parquet(out / names[2]),
        pandas.read_feather(out / names[3]),
    ]
    for frame in read:
        frame = frame.astype(object).where(frame.notna(), None)
        assert frame.to_dict("records") == swapped


# --- any number of processes ----------------------------------------------------------------------

LARGE = {
    **{name: CONTAINERS[name] for name in ("ascii.json.gz", "utf8.jsonl.zst", "zstd.arrow")},
    "groups.parquet": parquet_as(row_group_size=377, compression="zstd"),
    "dictionary.parquet": parquet_as(DICTIONARY),
    "stream.arrow": arrow_as(stream=True, rows=250, codec=None),
}
ROWS = 1150


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shard of several pieces, so of more than 3 MB, in every container and compression."""
    folder = tmp_path_factory.mktemp("large")
    some = some_texts(200, 6, words=900)
    texts = [f"{n} {some[n % 200]}" for n in range(ROWS)]
    records = records_of(texts)
    for name, write in LARGE.items():
        write(folder / name, records)
    lines = "\n".join(text.replace("\n", " ") for text in texts).encode()
    assert len(lines) > 3_000_000
    (folder / "a.txt").write_bytes(lines)
    return folder


def test_a_shard_done_in_pieces_by_several_processes_is_the_same_file(
    large: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    run(spec_of(large, tmp_path / "out1", lexicon, ALL))
    expected = data_tree(tmp_path / "out1")
    assert sorted(expected) == sorted([*LARGE, "a.txt"])
    jobs = 2
    planned = plan(spec_of(large, tmp_path / f"out{jobs}", lexicon, ALL))
    context = WorkerContext(lexicon.compiled, ALL, Meter())
    with engine_of(jobs, context) as engine:
        works = SubstitutionWork(), planned.tasks, context
        outcomes = list(map_shards(engine, *works, one_by_one=True))
    for task, report in outcomes:
        assert isinstance(report, ShardReport), report
        assert report.totals.records_read == report.totals.records_written == ROWS, task.name
        assert (tmp_path / f"out{jobs}" / task.name).read_bytes() == expected[task.name]


def test_shards_of_all_sizes_are_the_same_files_with_more_jobs(
    shards: Path, large: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "in").mkdir()
    for name, path in {
        "big.parquet": large / "groups.parquet",
        **{name: shards / name for name in ("plain.parquet", "stream.arrow", "ascii.json.gz")},
        **{name: shards / name for name in ("file.arrow", "utf8.ndjson", "nested.parquet")},
    }.items():
        (tmp_path / "in" / name).symlink_to(path)
    fields = Fields(("text", "body.text"))
    for n in (1, 2):
        run(spec_of(tmp_path / "in", tmp_path / f"out{n}", lexicon, jobs=n, fields=fields))
    one, more = tmp_path / "out1", tmp_path / "out2"
    assert data_tree(more) == data_tree(one)
    assert manifest_of(more) == manifest_of(one)
    assert partial_files(more) == []
