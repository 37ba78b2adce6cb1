"""Bad lines of text and of JSON, and what is odd and kept."""

from pathlib import Path

import pytest

from link.shards.quarantine import FAIL, ON_ERROR, QUARANTINE
from tests.helpers import compress, decompress, shard_records
from tests.run.bad import (
    BROKEN,
    counts,
    failure,
    read,
    run_on,
    strings,
    table_of,
    write,
)
from tests.run.test_bad_input import quarantine_of, raw

TEXT_CASES: dict[str, tuple[str, bytes, bytes, list[tuple[int, int, bytes]], int]] = {
    # what is a document, the shard, what is written, (line, byte, what is set aside) of each bad
    # record, good records
    "lines": (
        "line",
        b"a dog\n\xff dog\r\nhouse\r\n\n \ndog \xe2\x82\ndog \xf0\x9f\x98\x80",
        b"a Hund\nHaus\r\n\n \nHund \xf0\x9f\x98\x80",
        [(2, 6, b"\xff dog\r\n"), (6, 27, b"dog \xe2\x82\n")],
        3,
    ),
    "last line": ("line", b"dog\n\ndog\xe9", b"Hund\n\n", [(3, 8, b"dog\xe9\n")], 1),
    "first line behind a byte order mark": (
        "line",
        b"\xef\xbb\xbf\xff\ndog\n",
        b"\xef\xbb\xbfHund\n",
        [(1, 3, b"\xff\n")],
        1,
    ),
    "paragraphs": (
        "paragraph",
        b"a dog\nhouse\n\n\ndog\nx \xff\r\ndog\n\r\n\ndog\n\n\xfe",
        b"a Hund\nHaus\n\n\n\r\n\nHund\n\n",
        [(6, 20, b"dog\nx \xff\r\ndog\n"), (12, 35, b"\xfe\n")],
        2,
    ),
    "a file": ("file", b"dog\n\n\xff\n", b"", [(3, 5, b"dog\n\n\xff\n")], 0),
}


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.txt.zst"])
@pytest.mark.parametrize("case", TEXT_CASES)
def test_plain_text_that_is_not_utf8(case: str, name: str, on_error: str, tmp_path: Path) -> None:
    document, data, written, bad, good = TEXT_CASES[case]
    codec = {"txt": "none"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
    shard, out = tmp_path / name, tmp_path / "out"
    shard.write_bytes(compress(data, codec))
    report = run_on(shard, out, on_error, document=document)
    if on_error == FAIL:
        line, byte, _ = bad[0]
        assert f"line {line}, byte {byte}: not UTF-8" in failure(report, shard, out)
        return
    aside = (len(bad), 0) if on_error == QUARANTINE else (0, len(bad))
    assert counts(report.totals) == (good + len(bad), good, *aside)
    assert decompress((out / name).read_bytes(), codec) == written
    if on_error == QUARANTINE:
        path, reasons = quarantine_of(out, name)
        assert [(r["line"], r["byte"]) for r in reasons] == [bad_[:2] for bad_ in bad]
        stored = decompress(path.read_bytes(), codec)
        assert stored == b"".join(record for *_, record in bad)
        slices = [stored[r["offset"] :][: r["size_bytes"]] for r in reasons]
        assert [each.rstrip(b"\n") for each in slices] == [b.rstrip(b"\n") for *_, b in bad]


ODD = {  # what is good all the same, in any mode: the shard, and its records
    "a.jsonl": (b'\xef\xbb\xbf{"text":"dog"}\r\n\r\n\n \t\n{"text":"a dog"}', 2),
    "b.ndjson.gz": (b'\n\n{"text":"dog"}\r\n{"text":null}\r\n\r\n', 2),
    "deep.json.zst": (b'{"x":%s,"text":"dog"}' % (b'{"a":' * 100 + b"[1]" + b"}" * 100), 1),
    "a.txt": (b"\xef\xbb\xbfdog\r\n\r\n\n \t\v\na dog", 2),
    "b.txt.zst": ("\n\n\u2028dog\x85dog\u2029\n\ufeffdog\r\r\n\r\n".encode(), 2),
    "one.txt": (b"dog", 1),
    "blank.txt": (b"\n \n\r\n", 0),
    "mark.txt": (b"\xef\xbb\xbf", 0),
    "mark.jsonl": (b"\xef\xbb\xbf", 0),
}


@pytest.mark.parametrize("on_error", ON_ERROR)
def test_odd_lines_are_kept(on_error: str, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    codecs = {name: {".gz": "gz", ".zst": "zst"}.get(Path(name).suffix, "none") for name in ODD}
    for name, (data, _) in ODD.items():
        (folder / name).write_bytes(compress(data, codecs[name]))
    report = run_on(folder, out, on_error)
    assert not report.failed
    records = sum(records for _, records in ODD.values())
    assert counts(report.totals) == (records, records, 0, 0)
    for name, (data, records) in ODD.items():
        new = decompress((out / name).read_bytes(), codecs[name])
        assert new == data.replace(b"dog", b"Hund"), name
        record = shard_records(out)[name]
        assert record["totals"]["records_read"] == records, name


@pytest.mark.parametrize(("name", "codec"), [("a.jsonl.gz", "gz"), ("a.json.zst", "zst")])
def test_the_quarantine_is_compressed_as_its_shard(name: str, codec: str, tmp_path: Path) -> None:
    bad = b"no JSON dog\n" * 2000
    (tmp_path / name).write_bytes(compress(b'{"text":"dog"}\n' + bad, codec))
    report = run_on(tmp_path / name, tmp_path / "out", QUARANTINE)
    assert counts(report.totals) == (2001, 1, 2000, 0)
    path, reasons = quarantine_of(tmp_path / "out", name)
    assert decompress(path.read_bytes(), codec) == bad
    assert path.stat().st_size < len(bad) / 10
    assert [reason["line"] for reason in reasons] == [*range(2, 2002)]


def test_the_quarantine_of_a_compressed_parquet_file_is_one_too(tmp_path: Path) -> None:
    shard = tmp_path / "a.parquet"
    write(shard, table_of(strings(BROKEN)))
    outer = tmp_path / "a.parquet.zst"
    outer.write_bytes(compress(shard.read_bytes(), "zst"))
    report = run_on(outer, tmp_path / "out", QUARANTINE)
    assert counts(report.totals) == (7, 4, 3, 0)
    path, _ = quarantine_of(tmp_path / "out", outer.name)
    assert raw(read(path)["text"]) == [BROKEN[1], *BROKEN[4:6]]
    assert raw(read(tmp_path / "out" / outer.name)["text"])[0] == b"a Hund"
