"""Bad records: each kind, each `--on-error`, every record accounted for, nothing else touched."""

import json
from pathlib import Path

import pytest

from link.errors import UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.counts import Totals
from link.run.plan import RunSpec, plan
from link.run.run import RunReport, execute
from link.shards.fields import Fields
from link.shards.quarantine import FAIL, ON_ERROR, QUARANTINE, REASONS_SUFFIX, SKIP

LEXICON = Lexicon.from_pairs([("dog", "Hund"), ("house", "Haus")], language="de")

BAD = {
    "broken UTF-8 in the text": b'{"text":"a \xff dog"}',
    "broken UTF-8 in another field": b'{"id":"\xe9","text":"dog"}',
    "UTF-8 cut off at the end of the line": b'{"text":"dog"}\xe2\x82',
    "no JSON": b"dog",
    "JSON cut off": b'{"text":"dog',
    "no object": b'["dog"]',
    "text absent": b'{"id":1}',
    "text a number": b'{"text":5}',
    "text a list": b'{"text":["dog"]}',
    "two values": b'{"text":"dog"} {"text":"dog"}',
    "a control character": b'{"text":"a\tdog"}',
    "an escape that is none": b'{"text":"\\q dog"}',
    "nested beyond reading": b'{"text":"dog","x":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
}
GOOD = {
    "plain": b'{"text":"a dog"}',
    "null text": b'{"text":null}',
    "NaN": b'{"x":NaN,"text":"a dog"}',
    "lone surrogate": b'{"text":"dog \\ud83d"}',
    "duplicated key": b'{"text":"x","text":"dog"}',
    "NUL": b'{"text":"dog\\u0000dog"}',
    "carriage return": b'{"text":"dog"}\r',
    "nested 100 levels": b'{"text":"dog","x":' + b"[" * 100 + b"]" * 100 + b"}",
    "blank": b"",
    "blanks": b" \t\r",
}
NO_RECORDS = {b"", b" \t\r"}
BOM = b"\xef\xbb\xbf"


def run(data: bytes, folder: Path, on_error: str, max_errors: int | None = None) -> RunReport:
    shard = folder / "in" / "a.jsonl"
    shard.parent.mkdir(exist_ok=True)
    shard.write_bytes(data)
    spec = RunSpec(
        inputs=[str(shard.parent)],
        output=folder / on_error,
        lexicons=Lexicons.of([LEXICON]),
        policy=Policy(ratio=1),
        on_error=on_error,
        max_errors=max_errors,
    )
    return execute(spec, plan(spec))


def swapped(line: bytes) -> bytes:
    return line.replace(b"dog", b"Hund")


def quarantine_of(folder: Path) -> tuple[Path, Path]:
    records = folder / QUARANTINE / "_link" / "quarantine" / "a.jsonl"
    return records, records.with_name(records.name + REASONS_SUFFIX)


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("kind", BAD)
def test_a_bad_record_among_good_ones(kind: str, on_error: str, tmp_path: Path) -> None:
    bad = BAD[kind]
    before, after = b'{"text":"dog one"}\n', b'{"text":"dog two"}\n'
    report = run(before + bad + b"\n" + after, tmp_path, on_error)
    out = tmp_path / on_error / "a.jsonl"
    if on_error == FAIL:
        [(_, reason)] = report.failed
        assert "line 2, byte" in reason
        assert not out.exists()
        assert report.totals == Totals()
        return
    assert not report.failed
    assert out.read_bytes() == swapped(before + after)
    totals = report.totals
    assert (totals.records_read, totals.records_written, totals.documents) == (3, 2, 2)
    set_aside = totals.records_quarantined, totals.records_skipped
    assert set_aside == ((0, 1) if on_error == SKIP else (1, 0))
    assert totals.conserved
    records, reasons = quarantine_of(tmp_path)
    assert records.exists() == reasons.exists() == (on_error == QUARANTINE)
    if on_error == QUARANTINE:
        assert records.read_bytes() == bad + b"\n"
        reason = json.loads(reasons.read_text())
        assert reason["line"] == 2
        assert len(before) <= reason["byte"] <= len(before + bad) + 1
        assert (reason["offset"], reason["size_bytes"]) == (0, len(bad) + 1)


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("kind", GOOD)
def test_odd_but_good_records_are_kept(kind: str, on_error: str, tmp_path: Path) -> None:
    line = GOOD[kind]
    report = run(line + b"\n", tmp_path, on_error)
    assert not report.failed
    assert (tmp_path / on_error / "a.jsonl").read_bytes() == swapped(line) + b"\n"
    expected = 0 if line in NO_RECORDS else 1
    assert report.totals.records_read == report.totals.records_written == expected


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_all_kinds_together_are_told_apart(newline: bytes, end: bytes, tmp_path: Path) -> None:
    lines = [
        line for pair in zip(BAD.values(), [*GOOD.values()] * 2, strict=False) for line in pair
    ]
    data = BOM + newline.join(lines) + end
    report = run(data, tmp_path, QUARANTINE)
    good = [line for line in lines if line not in BAD.values()]
    records = sum(line not in NO_RECORDS for line in good)
    assert report.totals.records_written == records
    assert report.totals.records_quarantined == len(BAD)
    set_aside, reasons = quarantine_of(tmp_path)
    assert set_aside.read_bytes() == b"".join(bad + newline for bad in BAD.values())
    data_aside = set_aside.read_bytes()
    for line in reasons.read_text().splitlines():
        reason = json.loads(line)
        start = reason["offset"]
        raw = data_aside[start : start + reason["size_bytes"]]
        assert raw.rstrip(b"\r\n") == lines[reason["line"] - 1]
        assert raw in data
    out = (tmp_path / QUARANTINE / "a.jsonl").read_bytes()
    assert out == BOM + swapped(newline.join(good)) + end


@pytest.mark.parametrize("on_error", [SKIP, QUARANTINE])
def test_a_shard_with_only_bad_records_comes_out_empty(on_error: str, tmp_path: Path) -> None:
    report = run(b"\n".join(BAD.values()), tmp_path, on_error)
    assert (tmp_path / on_error / "a.jsonl").read_bytes() == b""
    assert report.totals.records_read == len(BAD)
    assert report.totals.records_written == 0


@pytest.mark.parametrize(("max_errors", "fails"), [(0, True), (2, True), (3, False), (None, False)])
def test_max_errors_is_how_many_are_borne(
    max_errors: int | None, fails: bool, tmp_path: Path
) -> None:
    report = run(b'{"text":"dog"}\n' + b"no\n" * 3, tmp_path, QUARANTINE, max_errors)
    assert bool(report.failed) == fails
    assert (tmp_path / QUARANTINE / "a.jsonl").exists() != fails
    assert quarantine_of(tmp_path)[0].exists() != fails


def test_a_quarantine_of_an_earlier_try_is_taken_away(tmp_path: Path) -> None:
    records, reasons = quarantine_of(tmp_path)
    records.parent.mkdir(parents=True)
    records.write_bytes(b"old")
    reasons.write_bytes(b"old")
    run(b'{"text":"dog"}\n', tmp_path, QUARANTINE)
    assert not records.exists()
    assert not reasons.exists()


def test_the_swaps_do_not_depend_on_bad_neighbours(tmp_path: Path) -> None:
    good = [f'{{"text":"dog {n} house dog"}}'.encode() for n in range(50)]
    mixed = [line for pair in zip(good, [*BAD.values()] * 5, strict=False) for line in pair]
    (tmp_path / "alone").mkdir()
    (tmp_path / "mixed").mkdir()
    run(b"\n".join(good) + b"\n", tmp_path / "alone", SKIP)
    run(b"\n".join(mixed) + b"\n", tmp_path / "mixed", SKIP)
    alone, among = (tmp_path / name / SKIP / "a.jsonl" for name in ("alone", "mixed"))
    assert alone.read_bytes() == among.read_bytes()


def test_a_quarantine_needs_a_place() -> None:
    spec = RunSpec(
        inputs=["-"],
        output=None,
        lexicons=Lexicons.of([LEXICON]),
        policy=Policy(),
        fields=Fields(),
        on_error=QUARANTINE,
    )
    with pytest.raises(UsageError, match="--link-dir"):
        plan(spec)
