"""Conversions: what a format has no place for, and the bytes and names of the output."""

import dataclasses
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.errors import UsageError
from link.lexicon import Lexicon
from link.policy import Policy
from link.run.plan import plan
from link.run.run import RunReport
from link.shards import sink
from link.shards.fields import Fields
from link.shards.formats import ARROW, COLUMNAR, FORMATS, JSONL, PARQUET, SUFFIX_OF_FORMAT, TEXT
from link.shards.quarantine import FAIL, ON_ERROR, QUARANTINE
from link.substituter import Substituter
from tests.helpers import compress, data_tree, json_lines, partial_files, some_records
from tests.run.conversions import ALL, TEXTS, convert, plain, read, table_of, write
from tests.run.helpers import do_shard, manifest_of, run, spec_of

# --- what has no place in the other format --------------------------------------------------------


def refused(
    source: Path, container: str, out: Path, lexicon: Lexicon, **more: Any
) -> tuple[str, RunReport]:
    """The reason of the one shard that fails, of which nothing may be left."""
    report = run(spec_of(source, out, lexicon, ALL, container=container, **more))
    [(path, reason)] = report.failed
    assert path == str(source)
    assert reason.startswith(f"{source}: ")
    assert data_tree(out) == {}
    assert partial_files(out) == []
    assert report.totals.records_read == 0
    return reason, report


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("source", [JSONL, PARQUET, ARROW])
def test_plain_text_has_no_place_for_other_fields(
    source: str, on_error: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    shard = tmp_path / f"a{SUFFIX_OF_FORMAT[source]}"
    write(shard, [{"text": "the dog", "id": 1, "url": "x"}])
    reason, _ = refused(shard, TEXT, tmp_path / "out", lexicon, on_error=on_error)
    assert "plain text" in reason
    assert "id, url" in reason


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.duration("s"), 5),
        (pa.list_(pa.duration("ms")), [5]),
        (pa.struct([("x", pa.duration("us"))]), {"x": 5}),
    ],
    ids=str,
)
@pytest.mark.parametrize("source", COLUMNAR)
def test_a_duration_has_no_spelling_in_json(
    source: str, kind: pa.DataType, value: object, tmp_path: Path, lexicon: Lexicon
) -> None:
    table = pa.table({"text": ["the dog"], "took": pa.array([value], kind)})
    shard = tmp_path / f"a{SUFFIX_OF_FORMAT[source]}"
    if source == PARQUET:
        pq.write_table(table, shard)
    else:
        with pa.ipc.new_file(shard, table.schema) as writer:
            writer.write_table(table)
    reason, _ = refused(shard, JSONL, tmp_path / "out", lexicon)
    assert "'took'" in reason
    assert "duration" in reason


@pytest.mark.parametrize("container", COLUMNAR)
def test_a_text_field_called_record_cannot_stand_beside_the_folded_fields(
    container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    shard = tmp_path / "a.jsonl"
    fields = Fields(("record",))
    shard.write_bytes(b'{"record":"the dog"}\n{"record":"a dog","n":1}\n')
    reason, _ = refused(shard, container, tmp_path / "out", lexicon, fields=fields)
    assert "'record'" in reason
    shard.write_bytes(b'{"record":"the dog","n":0}\n{"record":"a dog","n":1}\n')
    out = convert(shard, container, tmp_path / "columns", lexicon, fields=fields)
    assert table_of(out).schema.names == ["record", "n"]
    back = convert(out, JSONL, tmp_path / "back", lexicon, fields=fields)
    assert plain(back.read_bytes()) == plain(shard.read_bytes())


UNFIT = {  # for a line of plain text
    "line feed": ("the\ndog", "line break"),
    "CRLF": ("the dog\r\n", "line break"),
    "final carriage return": ("the dog\r", "line break"),
    "null": (None, "null"),
    "empty": ("", "empty"),
    "blank": (" \t\v", "blank"),
    "byte order mark": ("\ufeffthe dog", "byte order mark"),
}


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("source", [JSONL, PARQUET, ARROW])
@pytest.mark.parametrize("kind", UNFIT)
def test_a_text_that_is_no_line_is_a_bad_record(
    kind: str, source: str, on_error: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    text, expected = UNFIT[kind]
    shard = tmp_path / f"a{SUFFIX_OF_FORMAT[source]}"
    write(shard, [{"text": "the dog"}, {"text": text}, {"text": "a dog"}])
    if on_error == FAIL:
        reason, _ = refused(shard, TEXT, tmp_path / "out", lexicon)
        assert expected in reason
        assert ("line 2" if source == JSONL else "row 2") in reason
        return
    out = convert(shard, TEXT, tmp_path / "out", lexicon, on_error=on_error)
    assert read(out) == [{"text": "the dog"}, {"text": "a dog"}]
    totals = manifest_of(tmp_path / "out")["totals"]
    assert (totals["records_read"], totals["records_written"], totals["documents"]) == (3, 2, 2)
    aside = int(on_error == QUARANTINE)
    assert (totals["records_quarantined"], totals["records_skipped"]) == (aside, 1 - aside)
    quarantine = tmp_path / "out" / "_link" / "quarantine" / shard.name
    assert quarantine.exists() == bool(aside)
    if aside:
        assert read(quarantine) == [{"text": text}]


@pytest.mark.parametrize(
    ("text", "fits"),
    [("the dog\na house", True), *((text, False) for text in ("a\n\nb", "a\n \nb", "a\n", " \n"))],
)
def test_a_paragraph_may_have_line_breaks_but_no_blank_line(
    text: str, fits: bool, tmp_path: Path, lexicon: Lexicon
) -> None:
    write(tmp_path / "a.jsonl", [{"text": "one"}, {"text": text}, {"text": "two"}])
    more: dict[str, Any] = {"document": "paragraph", "on_error": "skip"}
    out = convert(tmp_path / "a.jsonl", TEXT, tmp_path / "out", lexicon, **more)
    written = [{"text": "one"}, *([{"text": text}] if fits else []), {"text": "two"}]
    back = convert(out, JSONL, tmp_path / "back", lexicon, document="paragraph")
    assert read(back) == written


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("container", COLUMNAR)
def test_a_lone_surrogate_in_a_text_is_a_bad_record_for_columns(
    container: str, on_error: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    shard = tmp_path / "a.jsonl"
    bad = b'{"text":"dog \\ud83d"}\n'
    shard.write_bytes(b'{"text":"the dog"}\n' + bad + b'{"text":"\\ud83d\\ude00"}\n')
    if on_error == FAIL:
        reason, _ = refused(shard, container, tmp_path / "out", lexicon)
        assert "line 2" in reason
        assert "surrogate" in reason
        return
    out = convert(shard, container, tmp_path / "out", lexicon, on_error=on_error)
    assert [record["text"] for record in read(out)] == ["the dog", "😀"]
    if on_error == QUARANTINE:
        assert (tmp_path / "out" / "_link" / "quarantine" / "a.jsonl").read_bytes() == bad


# --- the output's bytes ---------------------------------------------------------------------------


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups and record batches of a few records."""
    defaults = sink.RowsSink.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "most_bytes", 20_000)
    monkeypatch.setattr(sink, "ARROW_BATCH_BYTES", 20_000)
    monkeypatch.setattr(sink, "ARROW_BATCH_ROWS", 70)


def group_sizes(path: Path) -> list[int]:
    if path.suffix == ".parquet":
        metadata = pq.ParquetFile(path).metadata
        return [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    return [batch.num_rows for batch in pa.ipc.open_file(path.read_bytes()).read_all().to_batches()]


def _lines(records: list[dict[str, Any]]) -> bytes:
    return json_lines(records)


def _varied_lines(records: list[dict[str, Any]]) -> bytes:
    return json_lines([{**r, f"x{n % 3}": n} for n, r in enumerate(records)], ensure_ascii=False)


def _plain_lines(records: list[dict[str, Any]]) -> bytes:
    return "\n".join(record["text"].replace("\n", " ") for record in records).encode()


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("container", FORMATS)
@pytest.mark.parametrize(
    ("name", "spell"),
    [("a.jsonl", _lines), ("b.jsonl.zst", _varied_lines), ("c.txt.gz", _plain_lines)],
)
def test_the_block_size_does_not_change_the_bytes_nor_the_row_groups(
    name: str,
    spell: Callable[[list[dict[str, Any]]], bytes],
    container: str,
    tmp_path: Path,
    lexicon: Lexicon,
) -> None:
    records = some_records(400, 9)
    if container == TEXT:
        records = [{"text": r["text"].replace("\n", " ") or "x"} for r in records]
        spell = _lines if spell is _varied_lines else spell
    codec = {"zst": "zst", "gz": "gz"}.get(name.rpartition(".")[2], "none")
    (tmp_path / name).write_bytes(compress(spell(records), codec))
    policy = Policy(seed=2)
    [task] = plan(spec_of(tmp_path / name, tmp_path / "out", lexicon, container=container)).tasks
    stored = []
    for block_bytes in (1 << 20, 30_000, 999):
        out = tmp_path / f"{block_bytes}" / task.name
        sized = dataclasses.replace(
            task,
            input=dataclasses.replace(task.input, block_bytes=block_bytes),
            output=dataclasses.replace(task.output, path=out),
        )
        report = do_shard(sized, lexicon, policy)
        assert report.totals.swapped > 0
        assert report.totals.records_written == report.totals.records_read > 390
        stored.append(out.read_bytes())
    assert len(set(stored)) == 1
    if container in COLUMNAR:
        groups = group_sizes(out)
        assert len(groups) > 2
        assert sum(groups) == report.totals.records_written
        assert container == PARQUET or max(groups) <= 70


@pytest.mark.parametrize(("container", "jobs"), [(PARQUET, 2), (ARROW, 2)])
def test_the_number_of_processes_does_not_change_the_bytes_nor_the_row_groups(
    container: str, jobs: int, small_groups: None, tmp_path: Path, lexicon: Lexicon
) -> None:
    records = some_records(700, 1, words=90) * 12
    write(tmp_path / "a.jsonl", [{**record, "n": n} for n, record in enumerate(records)])
    assert (tmp_path / "a.jsonl").stat().st_size > 3_000_000
    one, more = (
        convert(tmp_path / "a.jsonl", container, tmp_path / f"{n}", lexicon, ALL, jobs=n)
        for n in (1, jobs)
    )
    assert len(group_sizes(one)) > 100
    assert one.read_bytes() == more.read_bytes()


@pytest.mark.parametrize("container", COLUMNAR)
@pytest.mark.parametrize(
    ("data", "names"),
    [(b"", ["text"]), (b"\n\n", ["text"]), (b"no\n", ["text"]), (b'{"text":null}\n', ["text"])],
)
def test_a_shard_without_documents_still_has_a_text_column(
    data: bytes, names: list[str], container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    out = convert(tmp_path / "a.jsonl", container, tmp_path / "out", lexicon, on_error="skip")
    assert table_of(out).schema.equals(pa.schema([(name, pa.string()) for name in names]))


# --- names and streams ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "container", "compression", "expected"),
    [
        ("a.jsonl", PARQUET, None, "a.parquet"),
        ("a.b.ndjson.gz", PARQUET, None, "a.b.parquet"),
        ("a.jsonl.zst", ARROW, None, "a.arrow"),
        ("a.jsonl.zst", TEXT, None, "a.txt.zst"),
        ("a.json.gz", TEXT, ("zst", None), "a.txt.zst"),
        ("a.parquet", JSONL, None, "a.jsonl"),
        ("a.feather", JSONL, ("gz", None), "a.jsonl.gz"),
        ("a.arrow", PARQUET, ("zst", 5), "a.parquet"),
        ("a.txt.gz", JSONL, ("none", None), "a.jsonl"),
        ("a.ndjson", JSONL, None, "a.ndjson"),
        ("a.feather", ARROW, None, "a.feather"),
    ],
)
def test_the_name_says_the_new_container_and_compression(
    name: str,
    container: str,
    compression: tuple[str, int | None] | None,
    expected: str,
    tmp_path: Path,
    lexicon: Lexicon,
) -> None:
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / name).touch()
    more = {"container": container, "compression": compression}
    planned = plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon, **more))
    assert planned.names == [f"sub/{expected}"]


@pytest.mark.parametrize(
    ("names", "container"),
    [
        (("a.jsonl", "a.parquet"), PARQUET),
        (("a.jsonl", "a.jsonl.gz"), PARQUET),
        (("a.arrow", "a.txt"), JSONL),
        (("a.json", "a.ndjson"), TEXT),
    ],
)
def test_two_shards_of_one_new_name_are_refused(
    names: tuple[str, str], container: str, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).touch()
    assert len(plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon)).names) == 2
    with pytest.raises(UsageError, match="would both be written to") as raised:
        plan(spec_of(tmp_path / "in", tmp_path / "out", lexicon, container=container))
    assert all(name in str(raised.value) for name in names)


@pytest.mark.parametrize("container", COLUMNAR)
def test_standard_output_takes_one_columnar_shard(
    container: str, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "in" / "a.jsonl", some_records(20))
    out = convert(tmp_path / "in" / "a.jsonl", container, tmp_path / "out", lexicon, ALL)
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    spec = spec_of(tmp_path / "in", tmp_path / "x", lexicon, ALL, container=container)
    assert not run(dataclasses.replace(spec, output=None)).failed
    stdout.flush()
    data = stdout.buffer.getvalue()  # type: ignore[attr-defined]
    assert data == out.read_bytes()


@pytest.mark.parametrize(
    ("names", "container"),
    [
        (("a.jsonl", "b.jsonl"), PARQUET),
        (("a.arrow", "b.jsonl"), ARROW),
        (("a.parquet", "b.parquet"), None),
        (("a.jsonl", "b.txt"), None),
        (("a.jsonl", "b.parquet"), None),
    ],
)
def test_standard_output_takes_no_mixture_and_no_two_columnar_shards(
    names: tuple[str, str], container: str | None, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).touch()
    spec = spec_of(tmp_path / "in", tmp_path / "x", lexicon, container=container)
    with pytest.raises(UsageError, match="standard output"):
        plan(dataclasses.replace(spec, output=None))


def test_standard_output_takes_several_shards_as_lines(
    tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [{"text": text} for text in TEXTS[:6]]
    for n, suffix in enumerate((".jsonl", ".parquet", ".arrow", ".txt")):
        write(tmp_path / "in" / f"{n}{suffix}", records)
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    spec = spec_of(tmp_path / "in", tmp_path / "x", lexicon, ALL, container=JSONL)
    report = run(dataclasses.replace(spec, output=None))
    assert report.totals.records_written == 24
    stdout.flush()
    lines = stdout.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    texts = [json.loads(line)["text"] for line in lines]
    assert texts == Substituter(lexicon, ALL).batch(TEXTS[:6]) * 4
