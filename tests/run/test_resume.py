"""A run as a library: what resumes, what is refused, what is overwritten, what is locked."""

from pathlib import Path

import pytest

from link.lexicon import Lexicon
from tests.helpers import RECORDS, data_tree, edit_record, json_lines, some_records, tree
from tests.run.helpers import manifest_of, run, spec_of

# --- resuming -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lost", "jobs"), [("sub/c.ndjson.zst", 1), ("record of a.jsonl", 2)])
def test_only_what_is_missing_is_done_again(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, lost: str, jobs: int
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = tree(out)
    redone = lost.removeprefix("record of ")
    inodes = {name: (out / name).stat().st_ino for name in data_tree(out) if name != redone}
    if redone == lost:
        (out / lost).unlink()
    else:
        edit_record(out, redone, None)
    report = run(spec_of(corpus, out, lexicon, jobs=jobs))
    assert (report.shards, report.done_before) == (5, 4)
    assert tree(out) == before
    assert {name: (out / name).stat().st_ino for name in inodes} == inodes


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"name":"a.jsonl"}', b"\xff"])
def test_a_record_that_cannot_be_read_is_as_good_as_none(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, damage: bytes
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = tree(out)
    lines = (out / RECORDS).read_bytes().splitlines(keepends=True)
    (out / RECORDS).write_bytes(damage + b"\n" + b"".join(lines[1:]))
    assert run(spec_of(corpus, out, lexicon)).done_before == 4
    assert tree(out) == before


def test_an_output_that_was_cut_off_is_made_again(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = tree(out)
    (out / "b.jsonl.gz").write_bytes(before["b.jsonl.gz"][:-1])
    assert run(spec_of(corpus, out, lexicon)).done_before == 4
    assert tree(out) == before


def test_what_a_killed_run_left_is_cleared_away(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = tree(out)
    (out / ".a.jsonl.link-partial").write_bytes(b"half")
    (out / "sub" / ".c.ndjson.zst.link-partial").write_bytes(b"half")
    (out / "_link" / "records" / ".0000001.jsonl.link-partial").write_bytes(b"half")
    (out / "_link" / "compiled").mkdir()
    (out / "_link" / "compiled" / "arrays").write_bytes(b"half")
    run(spec_of(corpus, out, lexicon, jobs=2))
    edit_record(out, "a.jsonl", None)
    run(spec_of(corpus, out, lexicon, jobs=2))
    (out / "a.jsonl").unlink()
    (out / "sub" / "c.ndjson.zst").unlink()
    run(spec_of(corpus, out, lexicon))
    assert tree(out) == before


def test_a_finished_run_again_changes_nothing(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    first = run(spec_of(corpus, out, lexicon))
    before = tree(out)
    second = run(spec_of(corpus, out, lexicon, jobs=2))
    assert (second.done_before, second.bytes_done_now) == (5, 0)
    assert second.totals == first.totals
    assert tree(out) == before


def test_a_mended_shard_is_done_the_next_time(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    whole = (corpus / "b.jsonl.gz").read_bytes()
    (corpus / "b.jsonl.gz").write_bytes(whole[:-1])
    assert len(run(spec_of(corpus, out, lexicon)).failed) == 1
    (corpus / "b.jsonl.gz").write_bytes(whole)
    report = run(spec_of(corpus, out, lexicon))
    assert (report.done_before, report.shards, report.failed) == (4, 5, [])
    run(spec_of(corpus, tmp_path / "fresh", lexicon))
    assert tree(out) == tree(tmp_path / "fresh")


def test_new_shards_join_a_run(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    out = tmp_path / "out"
    late = corpus / "late.jsonl"
    run(spec_of(corpus, out, lexicon))
    late.write_bytes(json_lines(some_records(5, 11)))
    report = run(spec_of(corpus, out, lexicon))
    assert (report.done_before, report.shards) == (5, 6)
    run(spec_of(corpus, tmp_path / "fresh", lexicon))
    assert tree(out) == tree(tmp_path / "fresh")


def test_a_name_that_is_not_utf_8_is_a_name(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    name = "\udcff.jsonl"
    (tmp_path / "in" / name).write_bytes(b'{"text":"dog"}\n')
    for _ in range(2):
        report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
        assert not report.failed
    assert report.done_before == 1
    assert (tmp_path / "out" / name).exists()


def test_the_manifest_accounts_for_every_shard_in_the_folder(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of([str(corpus / "a.jsonl")], out, lexicon))
    run(spec_of([str(corpus / "b.jsonl.gz")], out, lexicon))
    assert manifest_of(out)["totals"]["shards"] == len(data_tree(out))
