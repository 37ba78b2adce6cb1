"""Bad records in every container: each is accounted for, and the rest goes on."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.shards.fields import Fields
from link.shards.formats import JSONL
from link.shards.quarantine import FAIL, ON_ERROR, QUARANTINE, SKIP
from tests.helpers import data_tree, json_lines
from tests.run.bad import (
    BROKEN,
    LEXICON,
    NAMES,
    counts,
    failure,
    read,
    run_on,
    strings,
    table_of,
    write,
)
from tests.run.helpers import run, spec_of

SET_ASIDE = (SKIP, QUARANTINE)


def quarantine_of(out: Path, name: str) -> tuple[Path, list[dict[str, Any]]]:
    """The file of what was set aside, and the reasons."""
    path = out / "_link" / "quarantine" / name
    reasons = path.with_name(f"{name}.reasons.jsonl").read_text().splitlines()
    return path, [json.loads(line) for line in reasons]


# --- rows -----------------------------------------------------------------------------------------


def raw(column: pa.ChunkedArray) -> list[bytes | None]:
    """The bytes of strings that need not be UTF-8."""
    values: list[bytes | None] = []
    for chunk in column.chunks:
        if pa.types.is_struct(chunk.type):
            chunk = chunk.field("body")
        if pa.types.is_dictionary(chunk.type):
            chunk = pa.DictionaryArray.from_arrays(
                chunk.indices, chunk.dictionary.view(pa.binary())
            ).dictionary_decode()
        is_large = pa.types.is_large_string(chunk.type)
        values += chunk.view(pa.large_binary() if is_large else pa.binary()).to_pylist()
    return values


DICTIONARY = pa.dictionary(pa.int32(), pa.string())


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, pa.string()) for name in NAMES),
        *((name, pa.large_string()) for name in NAMES),
        *((name, pa.struct([("body", pa.string())])) for name in NAMES),
        *((name, pa.binary()) for name in NAMES),
        *((name, DICTIONARY) for name in ("a.parquet", "stream.arrow")),
    ],
    ids=str,
)
def test_a_text_that_is_not_utf8_is_a_bad_row(
    name: str, kind: pa.DataType, on_error: str, tmp_path: Path
) -> None:
    shard, out = tmp_path / name, tmp_path / "out"
    nested = pa.types.is_struct(kind)
    texts = strings(BROKEN) if nested else strings(BROKEN, kind)
    before = table_of(pa.StructArray.from_arrays([texts], ["body"]) if nested else texts)
    write(shard, before)
    fields = Fields(("text.body",)) if nested else Fields()
    report = run_on(shard, out, on_error, fields=fields)
    if on_error == FAIL:
        reason = failure(report, shard, out)
        assert f"row 2: column {fields.texts[0]!r} is not UTF-8" in reason
        return
    assert not report.failed
    assert counts(report.totals) == ((7, 4, 3, 0) if on_error == QUARANTINE else (7, 4, 0, 3))
    assert report.totals.documents == 3
    after = read(out / name)
    assert after.schema.equals(before.schema, check_metadata=True)
    assert raw(after["text"]) == [b"a Hund", None, b"", b"the Hund"]
    assert after.drop("text").to_pylist() == before.drop("text").take([0, 2, 3, 6]).to_pylist()
    assert (out / "_link" / "quarantine").exists() == (on_error == QUARANTINE)
    if on_error == QUARANTINE:
        path, reasons = quarantine_of(out, name)
        aside = read(path)
        assert aside.schema.equals(before.schema, check_metadata=True)
        assert raw(aside["text"]) == [BROKEN[1], *BROKEN[4:6]]
        assert aside.drop("text").to_pylist() == before.drop("text").take([1, 4, 5]).to_pylist()
        assert [(reason["row"], reason["index"]) for reason in reasons] == [(2, 0), (5, 1), (6, 2)]
        assert all("UTF-8" in reason["reason"] for reason in reasons)


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("container", [None, "parquet", "arrow"])
@pytest.mark.parametrize("name", NAMES)
def test_another_column_need_not_be_utf8(
    name: str, container: str | None, on_error: str, tmp_path: Path
) -> None:
    notes = [b"\xff dog", None, b"dog", b"\xe2\x82"]
    write(tmp_path / name, table_of(strings([b"the dog"] * 4), notes))
    report = run_on(tmp_path / name, tmp_path / "out", on_error, container=container)
    assert counts(report.totals) == (4, 4, 0, 0)
    [out] = [tmp_path / "out" / name for name in data_tree(tmp_path / "out")]
    assert raw(read(out)["note"]) == notes
    assert raw(read(out)["text"]) == [b"the Hund"] * 4


@pytest.mark.parametrize("name", NAMES)
def test_a_column_that_a_condition_looks_at_need_not_be_utf8(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, table_of(strings([b"a dog"] * 3), [b"\xff", b"en", b"en\xe2"]))
    fields = Fields(where=(("note", "en"),))
    report = run_on(tmp_path / name, tmp_path / "out", fields=fields)
    assert not report.failed
    after = read(tmp_path / "out" / name)
    assert raw(after["text"]) == [b"a dog", b"a Hund", b"a dog"]
    assert raw(after["note"]) == [b"\xff", b"en", b"en\xe2"]


@pytest.mark.parametrize("name", NAMES)
def test_a_struct_that_a_condition_looks_at_need_not_be_utf8(name: str, tmp_path: Path) -> None:
    notes = pa.StructArray.from_arrays([strings([b"\xff", b"en"])], ["x"])
    table = table_of(strings([b"a dog"] * 2)).drop("note").append_column("note", notes)
    write(tmp_path / name, table)
    fields = Fields(where=(("note", '{"x": "en"}'),))
    report = run_on(tmp_path / name, tmp_path / "out", fields=fields)
    assert not report.failed
    assert raw(read(tmp_path / "out" / name)["text"]) == [b"a dog", b"a Hund"]


@pytest.mark.parametrize("name", NAMES)
def test_a_key_that_is_not_utf8_counts_by_its_bytes(name: str, tmp_path: Path) -> None:
    keys = [b"a", b"\xff", b"\xfe", b"\xff"]
    texts = strings([b"a dog and a house " * 20] * 4)
    swapped = []
    for kind, column in (("string", strings(keys)), ("binary", pa.array(keys, pa.binary()))):
        table = table_of(texts).drop("note").append_column("note", column)
        write(tmp_path / kind / name, table)
        spec = spec_of(
            tmp_path / kind, tmp_path / f"out-{kind}", LEXICON, fields=Fields(key="note")
        )
        assert counts(run(spec).totals) == (4, 4, 0, 0)
        swapped.append(raw(read(tmp_path / f"out-{kind}" / name)["text"]))
    assert swapped[0] == swapped[1]
    assert swapped[0][1] == swapped[0][3] != swapped[0][2]


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("name", NAMES)
def test_another_column_must_be_utf8_to_become_json(
    name: str, on_error: str, tmp_path: Path
) -> None:
    shard, out = tmp_path / name, tmp_path / "out"
    write(shard, table_of(strings([b"the dog"] * 4), [b"a", b"b", b"\xff dog", None]))
    report = run_on(shard, out, on_error, container=JSONL)
    if on_error == FAIL:
        assert "row 3: column 'note' is not UTF-8" in failure(report, shard, out)
        return
    assert counts(report.totals)[:2] == (4, 3)
    [lines] = data_tree(out).values()
    assert [json.loads(line)["n"] for line in lines.splitlines()] == [0, 1, 3]
    if on_error == QUARANTINE:
        path, [reason] = quarantine_of(out, name)
        assert raw(read(path)["note"]) == [b"\xff dog"]
        assert reason["row"] == 3


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("name", [*NAMES, "a.jsonl"])
def test_a_document_without_its_key_is_a_bad_record(
    name: str, on_error: str, tmp_path: Path
) -> None:
    shard, out = tmp_path / name, tmp_path / "out"
    records: list[dict[str, Any]] = [
        *({"key": "a", "text": "the dog", "l": "en"}, {"key": None, "text": None, "l": "en"}),
        *({"key": None, "text": "a dog", "l": "en"}, {"key": None, "text": "a dog", "l": "fr"}),
        {"key": "b", "text": None, "l": "en"},
    ]
    if name == "a.jsonl":
        shard.write_bytes(json_lines(records))
    else:
        write(shard, pa.Table.from_pylist(records))
    report = run_on(shard, out, on_error, fields=Fields(key="key", where=(("l", "en"),)))
    place = "line 3" if name == "a.jsonl" else "row 3"
    if on_error == FAIL:
        reason = failure(report, shard, out)
        assert place in reason
        assert "'key'" in reason
        return
    assert counts(report.totals) == ((5, 4, 1, 0) if on_error == QUARANTINE else (5, 4, 0, 1))
    assert report.totals.documents == 1
    if on_error == QUARANTINE:
        path, [reason] = quarantine_of(out, name)
        number, value = place.split()
        assert reason[number] == int(value)
        lines = path.read_bytes().splitlines() if name == "a.jsonl" else []
        aside = [json.loads(line) for line in lines] or read(path).to_pylist()
        assert aside == records[2:3]


@pytest.mark.parametrize("on_error", SET_ASIDE)
@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_all_bad_leave_a_shard_without_rows(
    name: str, on_error: str, tmp_path: Path
) -> None:
    before = table_of(strings([b"\xff", b"\xfe dog", b"\x80"]))
    write(tmp_path / name, before)
    report = run_on(tmp_path / name, tmp_path / "out", on_error)
    assert counts(report.totals) == ((3, 0, 3, 0) if on_error == QUARANTINE else (3, 0, 0, 3))
    after = read(tmp_path / "out" / name)
    assert len(after) == 0
    assert after.schema.equals(before.schema, check_metadata=True)
    if on_error == QUARANTINE:
        path, reasons = quarantine_of(tmp_path / "out", name)
        assert raw(read(path)["text"]) == [b"\xff", b"\xfe dog", b"\x80"]
        assert [reason["row"] for reason in reasons] == [1, 2, 3]


@pytest.mark.parametrize(("most", "fails"), [(0, True), (2, True), (3, False), (None, False)])
@pytest.mark.parametrize("on_error", SET_ASIDE)
@pytest.mark.parametrize("name", NAMES)
def test_max_errors_is_how_many_rows_are_borne(
    name: str, on_error: str, most: int | None, fails: bool, tmp_path: Path
) -> None:
    write(tmp_path / name, table_of(strings(BROKEN)))
    report = run_on(tmp_path / name, tmp_path / "out", on_error, max_errors=most)
    assert bool(report.failed) == fails
    if fails:
        reason = failure(report, tmp_path / name, tmp_path / "out")
        assert f"more than {most} bad records" in reason
        assert "row " in reason


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_are_numbered_through_a_shard_of_many_pieces(jobs: int, tmp_path: Path) -> None:
    texts: list[bytes | None] = [b"a dog " + b"x" * 900] * 5000
    bad = [1, 2499, 2500, 4000, 4999]
    for n in bad:
        texts[n] = b"\xff dog"
    shard, out = tmp_path / "a.parquet", tmp_path / "out"
    pq.write_table(table_of(strings(texts)), shard, row_group_size=2500, use_dictionary=False)
    report = run_on(shard, out, QUARANTINE, jobs=jobs)
    assert counts(report.totals) == (5000, 4995, 5, 0)
    path, reasons = quarantine_of(out, "a.parquet")
    assert [reason["row"] for reason in reasons] == [n + 1 for n in bad]
    assert read(path)["n"].to_pylist() == bad
    groups = pq.ParquetFile(out / "a.parquet").metadata
    assert [groups.row_group(n).num_rows for n in range(2)] == [2498, 2497]


SCHEMAS: dict[str, tuple[pa.Table, Fields, str]] = {
    "text of whole numbers": (pa.table({"text": [1, 2]}), Fields(), "column 'text'.*int64"),
    "text of lists": (pa.table({"text": [["a"]]}), Fields(), "column 'text'.*list"),
    "no text": (pa.table({"body": ["a"], "n": [1]}), Fields(), "'text'; the columns are body, n"),
    "no columns": (pa.table({}), Fields(), "'text'; the columns are none"),
    "no such struct": (
        pa.table({"text": ["a"]}),
        Fields(("text.body",)),
        "'text.body'; the columns are text",
    ),
    "no key": (pa.table({"text": ["a"]}), Fields(key="id"), "key column 'id'.*absent"),
    "key of floats": (
        pa.table({"text": ["a"], "id": [0.5]}),
        Fields(key="id"),
        "key column 'id'.*double",
    ),
}


@pytest.mark.parametrize("on_error", [FAIL, SKIP])
@pytest.mark.parametrize("name", NAMES[:3])
@pytest.mark.parametrize("case", SCHEMAS)
def test_columns_without_documents_fail_their_shard_alone(
    case: str, name: str, on_error: str, tmp_path: Path
) -> None:
    table, fields, expected = SCHEMAS[case]
    shard, out = tmp_path / "in" / f"x-{name}", tmp_path / "out"
    write(shard, table)
    text = {"body": "the dog"} if fields.texts == ("text.body",) else "the dog"
    (tmp_path / "in" / "good.jsonl").write_bytes(json_lines([{"text": text, "id": "a"}]))
    report = run_on(tmp_path / "in", out, on_error, fields=fields)
    assert report.shards == 1
    assert re.search(expected, failure(report, shard, out))
