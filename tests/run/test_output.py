"""A run as a library: what comes out, and what is written down."""

import hashlib
import itertools
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import xxhash

from link import __version__, reference
from link.kernel import KERNEL_VERSION
from link.language.headwords import Language
from link.lexicon import Lexicon
from link.policy import Policy
from link.run.plan import Plan, plan
from link.run.progress import Meter
from link.run.run import execute
from link.run.task import Input, Output, Task
from link.shards.fields import Fields
from tests.helpers import (
    DEMO_CORPUS,
    compress,
    data_tree,
    json_lines,
    partial_files,
    shard_records,
    some_records,
    stored_lines,
    tree,
)
from tests.run.helpers import do_shard, lines_of, manifest_of, run, spec_of

TOTALS = {
    *("records_read", "records_written", "records_quarantined", "records_skipped"),
    *("documents", "documents_touched", "words", "words_touched", "covered", "eligible"),
    *("swapped", "bytes_in", "bytes_out", "shards", "shards_failed"),
}


# --- what comes out -------------------------------------------------------------------------------


def test_planning_writes_nothing(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    planned: Plan = plan(spec_of(corpus, tmp_path / "out", lexicon))
    assert [task.name for task in planned.tasks] == [
        *("a.jsonl", "b.jsonl.gz", "sub/c.ndjson.zst", "sub/deep/d.json", "sub/empty.jsonl")
    ]
    stored = sum((corpus / task.name).stat().st_size for task in planned.tasks)
    assert planned.size_bytes == stored
    assert not (tmp_path / "out").exists()


def test_the_output_mirrors_the_input(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    out = tmp_path / "out"
    report = run(spec_of(corpus, out, lexicon, Policy(ratio=1)))
    assert sorted(data_tree(out)) == [
        *("a.jsonl", "b.jsonl.gz", "sub/c.ndjson.zst", "sub/deep/d.json", "sub/empty.jsonl")
    ]
    assert report.left_alone == [corpus / "README.md"]
    assert (report.shards, report.failed) == (5, [])
    for name, lines in lines_of(out).items():
        before = stored_lines(corpus / name)
        assert lines.count(b"\n") == before.count(b"\n")
        assert (lines != before) == (len(before) > 0)


def test_one_process_or_two_give_the_same_folder(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (corpus / "bad.jsonl").write_bytes(b'{"text":"a"}\nhello\n')
    policy = Policy(of="eligible", portion=0.8)
    for jobs in (1, 2):
        run(spec_of(corpus, tmp_path / f"out{jobs}", lexicon, policy, jobs=jobs))
    one, two = tree(tmp_path / "out1"), tree(tmp_path / "out2")
    assert sorted(one) == sorted(two)
    assert one == two
    assert not any("compiled" in name for name in one)


def test_a_shard_cut_into_others_gives_the_same_documents(tmp_path: Path, lexicon: Lexicon) -> None:
    lines = json_lines(some_records(50)).splitlines(keepends=True)
    cuts = {"one": (0, 50), "two": (0, 1, 50), "four": (0, 7, 8, 30, 50)}
    joined = {}
    for name, at in cuts.items():
        folder = tmp_path / name
        folder.mkdir()
        for n, (start, stop) in enumerate(itertools.pairwise(at)):
            (folder / f"{n}.jsonl").write_bytes(b"".join(lines[start:stop]))
        run(spec_of(folder, tmp_path / f"out-{name}", lexicon))
        joined[name] = b"".join(data_tree(tmp_path / f"out-{name}").values())
    assert joined["one"] == joined["two"] == joined["four"]


def test_the_containers_compression_does_not_change_the_lines(
    tmp_path: Path, lexicon: Lexicon
) -> None:
    data = json_lines(some_records(50))
    folder = tmp_path / "in"
    folder.mkdir()
    for codec, name in (("none", "a.jsonl"), ("gz", "b.jsonl.gz"), ("zst", "c.jsonl.zst")):
        (folder / name).write_bytes(compress(data, codec))
    half = len(data) // 2
    members = compress(data[:half], "gz") + compress(data[half:], "gz")
    (folder / "d.json.gz").write_bytes(members)
    run(spec_of(folder, tmp_path / "out", lexicon))
    plain, *others = lines_of(tmp_path / "out").values()
    assert plain != data
    assert others == [plain] * 3


@pytest.mark.parametrize("compression", [("none", None), ("gz", None), ("zst", None), ("zst", 10)])
def test_another_compression_can_be_asked_for(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, compression: tuple[str, int | None]
) -> None:
    kept, other = tmp_path / "kept", tmp_path / "other"
    run(spec_of(corpus, kept, lexicon))
    run(spec_of(corpus, other, lexicon, compression=compression))
    suffix = {"none": "", "gz": ".gz", "zst": ".zst"}[compression[0]]
    expected = {
        re.sub(r"(\.gz|\.zst)?$", suffix, name, count=1): lines
        for name, lines in lines_of(kept).items()
    }
    assert lines_of(other) == expected


@pytest.mark.parametrize("codec", ["none", "gz", "zst"])
@pytest.mark.parametrize(
    ("records", "sizes"), [(60, (1, 100, 1 << 20)), (2500, (20_000, 1 << 17, 1 << 20))]
)
def test_the_block_size_does_not_change_the_stored_bytes(
    tmp_path: Path, lexicon: Lexicon, codec: str, records: int, sizes: Sequence[int]
) -> None:
    source = tmp_path / "a.jsonl"
    source.write_bytes(json_lines(some_records(records)))
    stored = set()
    for block_bytes in sizes:
        out = tmp_path / f"{block_bytes}"
        shard = Input(str(source), codec="none", block_bytes=block_bytes)
        task = Task("a.jsonl", shard, Output(out, codec=codec))
        do_shard(task, lexicon, Policy())
        stored.add(out.read_bytes())
    assert len(stored) == 1


@pytest.mark.parametrize(
    "policy", [Policy(ratio=0), Policy(portion=0), Policy(ratio=0, of="eligible")]
)
def test_no_dose_gives_back_the_input_byte_for_byte(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, policy: Policy
) -> None:
    shutil.copytree(DEMO_CORPUS, corpus / "demo")
    report = run(spec_of(corpus, tmp_path / "out", lexicon, policy))
    assert report.totals.swapped == 0
    assert report.totals.bytes_in == report.totals.bytes_out
    out = lines_of(tmp_path / "out")
    assert out == {name: stored_lines(corpus / name) for name in out}
    assert len(out) == 8


_MARKED = {
    source: f"⟦{source}⟧"
    for source in ("the", "dog", "house", "river", "see", "green", "don't", "Monday")
}


def _swaps(out: Path) -> dict[tuple[str, int, int], str]:
    """Where in the original a swap was made (shard, line, character), and by what."""
    swaps = {}
    for name, data in lines_of(out).items():
        for number, line in enumerate(data.decode().split("\n")):
            grown = 0
            for match in re.finditer("⟦(.*?)⟧", line):
                swaps[name, number, match.start() - grown] = match[0]
                grown += 2
    return swaps


@pytest.mark.parametrize("of", ["words", "eligible"])
def test_a_higher_dose_only_adds_swaps(tmp_path: Path, of: str) -> None:
    marking = Lexicon.from_pairs(list(_MARKED.items()), language="de")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(json_lines(some_records(60), ensure_ascii=False))
    found = []
    for ratio, portion in ((0.1, 0.5), (0.1, 1.0), (0.3, 1.0), (1.0, 1.0)):
        out = tmp_path / f"{ratio}-{portion}"
        run(spec_of(folder, out, marking, Policy(ratio=ratio, portion=portion, of=of)))
        found.append(_swaps(out))
    sizes = [len(swaps) for swaps in found]
    assert sizes == sorted(set(sizes))
    for fewer, more in itertools.pairwise(found):
        assert fewer.items() <= more.items()


def test_a_key_field_decides_in_place_of_the_text(tmp_path: Path, lexicon: Lexicon) -> None:
    text = "the dog and the house and the river " * 10
    (tmp_path / "in").mkdir()
    records = [{"id": "x", "text": text}, {"id": "y", "text": text}, {"id": "x", "text": text}]
    (tmp_path / "in" / "a.jsonl").write_bytes(json_lines(records))
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, fields=Fields(key="id")))
    lines = (tmp_path / "out" / "a.jsonl").read_bytes().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert texts[0] == texts[2] != texts[1]


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
