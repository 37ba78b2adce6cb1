"""The swaps sidecar: with it the output gives back the input; it is there, and always the same."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import xxhash

from link.shards.fields import Fields
from tests.helpers import compress, json_lines, stored_lines
from tests.run.helpers import run
from tests.run.swapping import (
    DOCUMENTS,
    PARAGRAPHS,
    POLICIES,
    RECORDS,
    columns,
    odd_table,
    spec_of,
    write_columns,
    write_shard,
)
from tests.run.swaps import BOM, of_text, rows_of, sidecar, undone, undone_lines

# --- JSON Lines -----------------------------------------------------------------------------------

TWISTED = (
    BOM
    + b'{"text":"the dog", "score":1.0, "n":NaN, "id":12345678901234567890123}\r\n'
    + b'  \t\r\n{"text":null}\r\n'
    + b'{"x":"dog","text":"the","text":"th\\u0065 d\\u006fg\\/ \\ud83d \\u2019"}\n'
    + b"\n"
    + b'{ "title" : "ic\\u0065\\ncream" , "text" : '
    + b'"don\\u2019t \\"dog\\" \\\\dog \\ud835\\udc31\\ud835\\udc32 x" } \r\n'
    + b'{"title":"the dog"}\n{"text":"ice cream, the dog"}'
)


@pytest.mark.parametrize("codec", ["none", "gz", "zst"])
@pytest.mark.parametrize("policy", POLICIES)
def test_json_lines_are_undone_byte_for_byte(policy: str, codec: str, tmp_path: Path) -> None:
    name = f"a.jsonl{'' if codec == 'none' else '.' + codec}"
    names = ("text", "title")
    for number, data in enumerate(
        (TWISTED, json_lines(RECORDS), json_lines(RECORDS, ensure_ascii=False), b"", b"\n")
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        corpus, out = write_shard(folder, compress(data, codec), name), folder / "out"
        report = run(spec_of(corpus, out, policy, fields=Fields(names)))
        assert not report.failed
        rows = rows_of(out, name)
        new = stored_lines(out / name)
        assert undone_lines(new, rows, names) == data
        assert bool(rows) == (new != data)


def test_the_columns_say_what_was_swapped(tmp_path: Path) -> None:
    data = (
        b'\n{"id":"k","text":"a caf\\u00e9. Dog\\u2019s ICE\\n cream"}\nno\n{"text":"dog","id":7}\n'
    )
    corpus, out = write_shard(tmp_path, data, "deep.json.l.jsonl"), tmp_path / "out"
    fields = Fields(key="id")
    run(spec_of(corpus, out, fields=fields, on_error="skip"))
    rows = rows_of(out, "deep.json.l.jsonl")
    key = xxhash.xxh3_64_intdigest(b"k")
    common = {"record": 0, "record_in": 1, "field": "text", "key": key}
    german = {"language": "de", "mode": "replace"}
    assert rows == [
        {
            **common,
            "start": 2,
            "length": 9,
            "new_start": 2,
            "new_length": 7,
            "original": b"caf\\u00e9",
            "source": "café",
            "translation": 'Ca"fé',
            **german,
        }
        | {"new_length": len('Ca\\"fé'.encode()), "translation": 'Ca"fé'},
        {
            **common,
            "start": 13,
            "length": 3,
            "new_start": 11,
            "new_length": 4,
            "original": b"Dog",
            "source": "Dog",
            "translation": "Hund",
            **german,
        },
        {
            **common,
            "start": 24,
            "length": 11,
            "new_start": 23,
            "new_length": 3,
            "original": b"ICE\\n cream",
            "source": "ICE\n cream",
            "translation": "Eis",
            **german,
        },
        {
            **common,
            "record": 1,
            "record_in": 3,
            "key": xxhash.xxh3_64_intdigest(b"7"),
            "start": 0,
            "length": 3,
            "new_start": 0,
            "new_length": 4,
            "original": b"dog",
            "source": "dog",
            "translation": "Hund",
            **german,
        },
    ]
    kinds = {
        field.name: str(field.type) for field in pq.read_schema(sidecar(out, "deep.json.l.jsonl"))
    }
    name = "dictionary<values=string, indices=int32, ordered=0>"
    assert kinds == {
        **dict.fromkeys(("record", "record_in", "start", "length"), "int64"),
        **dict.fromkeys(("new_start", "new_length"), "int64"),
        **dict.fromkeys(("field", "language", "mode"), name),
        "key": "uint64",
        "original": "binary",
        "source": "string",
        "translation": "string",
    }


def test_an_annotation_is_what_was_put_behind_the_word(tmp_path: Path) -> None:
    corpus, out = write_shard(tmp_path, b'{"text":"a dog\'s x"}\n'), tmp_path / "out"
    run(spec_of(corpus, out, "annotate"))
    assert (out / "a.jsonl").read_bytes() == b'{"text":"a dog\'s (Hund) x (\\\\)"}\n'
    dog, x = rows_of(out, "a.jsonl")
    assert (dog["start"], dog["length"], dog["new_start"], dog["new_length"]) == (2, 3, 7, 7)
    assert (dog["original"], dog["translation"], dog["mode"]) == (b"dog", "Hund", "annotate")
    assert (x["new_start"], x["new_length"], x["translation"]) == (16, 5, "\\")


def test_where_leaves_other_records_out(tmp_path: Path) -> None:
    corpus, out = write_shard(tmp_path, json_lines(RECORDS)), tmp_path / "out"
    run(spec_of(corpus, out, fields=Fields(where=(("lang", "fr"),))))
    rows = rows_of(out, "a.jsonl")
    assert {RECORDS[row["record"]]["lang"] for row in rows} == {"fr"}
    assert undone_lines((out / "a.jsonl").read_bytes(), rows) == json_lines(RECORDS)


@pytest.mark.parametrize("on_error", ["skip", "quarantine"])
def test_records_are_numbered_as_they_are_written_and_as_they_were_read(
    on_error: str, tmp_path: Path
) -> None:
    lines = [
        line
        for n, record in enumerate(RECORDS)
        for line in (json.dumps(record).encode(), *([b"\xff"] * (n % 3)), *([b" "] * (n % 2)))
    ]
    corpus, out = write_shard(tmp_path, b"\n".join(lines) + b"\n"), tmp_path / "out"
    report = run(spec_of(corpus, out, on_error=on_error, fields=Fields(("title", "text"))))
    assert report.totals.records_read > report.totals.records_written > 0
    rows = rows_of(out, "a.jsonl")
    kept = b"".join(line + b"\n" for line in lines if line != b"\xff")
    written = [line for line in lines if line not in (b"\xff", b" ")]
    assert undone_lines((out / "a.jsonl").read_bytes(), rows, ("title", "text")) == kept
    assert all(lines[row["record_in"]] == written[row["record"]] for row in rows)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("policy", POLICIES)
def test_columns_are_undone(policy: str, name: str, tmp_path: Path) -> None:
    corpus, out = write_columns(tmp_path, name, odd_table()), tmp_path / "out"
    run(spec_of(corpus, out, policy, fields=Fields(("text", "title"))))
    rows = rows_of(out, name)
    assert rows
    for number, (record, new) in enumerate(zip(RECORDS, columns(out / name), strict=True)):
        for field in ("text", "title"):
            own = of_text(rows, number, field)
            if record[field] is None:
                assert (new[field], own) == (None, [])
            else:
                assert undone(new[field].encode(), own) == record[field].encode()
    assert rows == sorted(rows, key=lambda row: row["record"])
    assert all(row["record"] == row["record_in"] for row in rows)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_rows_that_are_set_aside_are_no_records(name: str, tmp_path: Path) -> None:
    table = odd_table(damaged=True)
    corpus, out = write_columns(tmp_path, name, table), tmp_path / "out"
    report = run(spec_of(corpus, out, on_error="quarantine"))
    assert report.totals.records_quarantined > 5
    before, after = table.to_pylist(), columns(out / name)
    for row in rows_of(out, name):
        assert before[row["record_in"]]["id"] == after[row["record"]]["id"]
    for number, new in enumerate(after):
        if new["text"] is not None:
            own = of_text(rows_of(out, name), number)
            assert undone(new["text"], own) == before[new["id"]]["text"]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("policy", ["replace", "annotate"])
def test_plain_text_is_undone(document: str, policy: str, tmp_path: Path) -> None:
    corpus, out = write_shard(tmp_path, PARAGRAPHS, "a.txt"), tmp_path / "out"
    report = run(spec_of(corpus, out, policy, document=document))
    assert not report.failed
    rows = rows_of(out, "a.txt")
    phrases = sum("cream" in row["source"] for row in rows)
    assert phrases == (0 if document == "line" else 2)
    new, rebuilt = (out / "a.txt").read_bytes(), PARAGRAPHS
    at = 0
    for number, (text, line) in enumerate(DOCUMENTS[document]):
        own = of_text(rows, number)
        assert {row["record_in"] for row in own} <= {line}
        size = len(text) + sum(row["new_length"] for row in own)
        size -= sum(row["length"] for row in own if row["mode"] == "replace")
        before, text_before, rebuilt = rebuilt.partition(text)
        assert new[at : at + len(before)] == before
        at += len(before) + size
        assert undone(new[at - size : at], own) == text_before == text
    assert new[at:] == rebuilt
