"""Containers: the same documents get the same swaps in all of them, and nothing else changes."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
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
from tests.helpers import compress, data_tree, decompress, partial_files, shard_records
from tests.run.containers import ALL, CONTAINERS, LARGE, ROWS, Record, records_of, some_texts
from tests.run.helpers import manifest_of, run, spec_of

ODD_TEXTS = (
    *("The dog sees the house.", "", " ", "dog", "犬 the 犬", "the dog\r\nthe river\r\n", "\n"),
    *("the dog 😀 house 👩‍👩‍👧 the river", "הכלב \u200fthe dog\u200e שָׁלוֹם house", "the مَنزِل dog"),
    *("e\u0301 the do\u0301g the dog cafe\u0301 café house", "don’t see the dog's green house"),
    *("the\0dog the dog", "the \u2028dog\x85 the house", 'the dog \\ \\u0041 " the', "\ufeffdog"),
)


RECORDS = records_of([*ODD_TEXTS, None, *some_texts(40), None])


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


@pytest.mark.parametrize(  # each value with each of another column
    ("ratio", "of", "where", "key"),
    [
        (0.3, "words", (), None),
        (0.3, "words", (), "id"),
        (0.3, "eligible", (("lang", "en"),), "id"),
        (1, "words", (("lang", "en"),), None),
        (1, "eligible", (), "id"),
        (1, "eligible", (), None),
    ],
)
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


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shard of several pieces, so of more than 2 MB, in every container and compression."""
    folder = tmp_path_factory.mktemp("large")
    some = some_texts(200, 6, words=900)
    texts = [f"{n} {some[n % 200]}" for n in range(ROWS)]
    records = records_of(texts)
    for name, write in LARGE.items():
        write(folder / name, records)
    lines = "\n".join(text.replace("\n", " ") for text in texts).encode()
    assert len(lines) > 2_200_000  # more than two pieces
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
