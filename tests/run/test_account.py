"""What a run writes down of itself, and of bad shards."""

import hashlib
import json
from pathlib import Path

import pytest
import xxhash

from link import __version__, reference
from link.kernel import KERNEL_VERSION
from link.language.headwords import Language
from link.lexicon import Lexicon
from link.policy import Policy
from link.run.plan import plan
from link.run.progress import Meter
from link.run.run import execute
from tests.helpers import (
    compress,
    data_tree,
    json_lines,
    partial_files,
    shard_records,
    some_records,
    stored_lines,
    tree,
)
from tests.run.helpers import lines_of, manifest_of, run, spec_of

TOTALS = {
    *("records_read", "records_written", "records_quarantined", "records_skipped"),
    *("documents", "documents_touched", "words", "words_touched", "covered", "eligible"),
    *("swapped", "bytes_in", "bytes_out", "shards", "shards_failed"),
}


# --- what is written down -------------------------------------------------------------------------


def recount(corpus: Path, lexicon: Lexicon, policy: Policy) -> dict[str, int]:
    """The totals of a corpus by `json` and the reference kernel, one document at a time."""
    totals = dict.fromkeys(TOTALS, 0)
    headwords = reference.Headwords(lexicon.headwords, [Language("de")])
    for path in sorted(path for path in corpus.rglob("*.*") if path.is_file()):
        if path.name == "README.md":
            continue
        totals["shards"] += 1
        totals["bytes_in"] += len(stored_lines(path))
        for line in stored_lines(path).decode("utf-8-sig").split("\n"):
            if not line.strip():
                continue
            text = json.loads(line)["text"]
            totals["records_read"] += 1
            totals["records_written"] += 1
            if text is None:
                continue
            raw = text.encode("utf-8", "surrogatepass")
            key = xxhash.xxh3_64_intdigest(raw)
            counts = reference.substitute(raw, key, headwords, policy).counts
            totals["documents"] += 1
            totals["documents_touched"] += counts.touched
            totals["words"] += counts.words
            totals["words_touched"] += counts.words * counts.touched
            totals["covered"] += counts.covered
            totals["eligible"] += counts.eligible
            totals["swapped"] += counts.swapped
    return totals


@pytest.mark.parametrize(
    "policy",
    [
        Policy(ratio=0.3, seed=9),
        Policy(ratio=1, portion=0.5, translation="per-word"),
        Policy(ratio=0.25, of="eligible", translation="first"),
    ],
    ids=["words", "portion", "eligible"],
)
def test_the_manifest_is_an_independent_recount(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, policy: Policy
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon, policy))
    totals = manifest_of(out)["totals"]
    expected: dict[str, int] = recount(corpus, lexicon, policy)
    expected["bytes_out"] = sum(map(len, lines_of(out).values()))
    if policy.of == "eligible":
        for name in ("covered", "eligible"):
            expected[f"{name}_estimated"] = round(expected.pop(name) / policy.ratio)
    assert {name: totals[name] for name in expected} == expected
    assert totals["words"] > totals["swapped"] > 0


def test_the_manifest_says_how_the_run_was_made(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    policy = Policy(ratio=0.4, portion=0.9, seed=12, translation="first")
    run(spec_of(corpus, out, lexicon, policy))
    manifest = manifest_of(out)
    assert manifest["version"] == __version__
    assert manifest["kernel_version"] == KERNEL_VERSION
    assert manifest["seed"] == 12
    asked = {"ratio": 0.4, "of": "words", "portion": 0.9, "translation": "first"}
    assert asked.items() <= manifest["policy"].items()
    (used,) = manifest["lexicons"]
    copy = (out / "_link" / "lexicon.tsv").read_bytes()
    assert used["name"] == "tiny"
    assert used["sha256"] == hashlib.sha256(copy).hexdigest() == lexicon.sha256
    assert used["headwords"] == len(lexicon.entries) == 8
    assert used["licence"] == "CC0-1.0"
    assert manifest["totals"].keys() >= TOTALS
    assert manifest["failed"] == []


def test_the_lexicons_copy_gives_the_same_run(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    run(spec_of(corpus, tmp_path / "out", lexicon))
    copy = Lexicon.load(tmp_path / "out" / "_link" / "lexicon.tsv")
    run(spec_of(corpus, tmp_path / "again", copy))
    assert tree(tmp_path / "again") == tree(tmp_path / "out")


def test_what_is_estimated_is_named_so(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    for ratio in (0.0, 0.5):
        out = tmp_path / f"{ratio}"
        run(spec_of(corpus, out, lexicon, Policy(ratio=ratio, of="eligible")))
        totals = manifest_of(out)["totals"]
        assert totals.keys() >= (TOTALS - {"covered", "eligible"}) | {
            *("covered_estimated", "eligible_estimated")
        }
        assert not totals.keys() & {"covered", "eligible"}
        assert (totals["covered_estimated"] is None) == (ratio == 0)


def test_a_shortfall_of_less_than_a_word_a_document_is_seen(
    tmp_path: Path, lexicon: Lexicon
) -> None:
    lines = [{"id": n, "text": "dog" if n % 2 else "zzqx"} for n in range(2000)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(json_lines(lines))
    report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, policy=Policy(ratio=0.3)))
    assert report.totals.documents_capped == 1000
    assert manifest_of(tmp_path / "out")["totals"]["words_short"] == 300


def test_records_hold_the_hashes_of_both_sides(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    names = sorted(data_tree(out))
    records = shard_records(out)
    assert sorted(records) == names
    for name, record in records.items():
        for side, path in (("input", corpus / name), ("output", out / name)):
            stored = path.read_bytes()
            assert record[side]["sha256"] == hashlib.sha256(stored).hexdigest()
            assert record[side]["size_bytes"] == len(stored)
        status = (corpus / name).stat()
        assert record["input"]["modified_ns"] == status.st_mtime_ns
        assert record["input"]["changed_ns"] == status.st_ctime_ns
        counts = record["totals"]
        assert counts["records_read"] == counts["records_written"]


def test_the_totals_are_the_sums_of_the_records(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    records = shard_records(out).values()
    totals = manifest_of(out)["totals"]
    for name in TOTALS - {"shards", "shards_failed"}:
        assert totals[name] == sum(record["totals"][name] for record in records), name


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_the_stored_bytes_of_the_input(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, jobs: int
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon, jobs=jobs)
    for _ in range(2):  # the second time everything has been done before
        planned = plan(spec)
        meter = Meter()
        execute(spec, planned, meter)
        assert meter.so_far.bytes_done == meter.so_far.bytes_total == planned.size_bytes


# --- one bad shard --------------------------------------------------------------------------------

BAD_SHARDS = {
    "cut.jsonl.gz": compress(json_lines(some_records(500, 7)), "gz")[:-100],
    "cut.jsonl.zst": compress(json_lines(some_records(500, 8)), "zst")[:-100],
    "empty.json.gz": b"",
    "late.jsonl": json_lines(some_records(9000, 9, words=15)) + b"hello\n",
    "no-text.jsonl": b'{"text":"a"}\n{"body":"b"}\n',
    "latin1.jsonl": '{"text":"café"}\n'.encode("latin-1"),
}


@pytest.mark.parametrize("jobs", [1, 2])
def test_bad_shards_do_not_stop_the_others(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, jobs: int
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, tmp_path / "good", lexicon))
    for name, data in BAD_SHARDS.items():
        (corpus / name).write_bytes(data)
    report = run(spec_of(corpus, out, lexicon, jobs=jobs))
    assert [path for path, _ in report.failed] == [
        str(corpus / name) for name in sorted(BAD_SHARDS)
    ]
    for path, reason in report.failed:
        assert reason.startswith(f"{path}: ")
        assert "\n" not in reason
    assert data_tree(out) == data_tree(tmp_path / "good")
    assert partial_files(out) == []
    manifest = manifest_of(out)
    assert (manifest["totals"]["shards"], manifest["totals"]["shards_failed"]) == (5, 6)
    assert [failure["shard"] for failure in manifest["failed"]] == [
        path for path, _ in report.failed
    ]
    good = manifest_of(tmp_path / "good")["totals"]
    assert {**manifest["totals"], "shards_failed": 0} == good


def test_a_shard_that_cannot_be_opened_fails_alone(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (corpus / "gone.jsonl").symlink_to(tmp_path / "nowhere.jsonl")
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    planned = plan(spec)
    assert planned.size_bytes > 0
    report = execute(spec, planned)
    ((path, reason),) = report.failed
    assert path == str(corpus / "gone.jsonl")
    assert "No such file" in reason
    assert report.shards == 5
