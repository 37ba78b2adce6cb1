"""A run as a library: what comes out, what is written down, what resumes and what is refused."""

import hashlib
import itertools
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xxhash

from link import __version__
from link.errors import LexiconError, UsageError
from link.kernel import KERNEL_VERSION, reference
from link.lexicon import Lexicon
from link.policy import Policy
from link.run.folder import RunFolder
from link.run.plan import Plan, RunSpec, plan
from link.run.run import RunReport, execute
from link.run.shard import Task, in_this_process, process_shard
from link.shards.fields import Fields
from tests.helpers import (
    DEMO_CORPUS,
    TINY_LEXICON,
    compress,
    data_tree,
    json_lines,
    partial_files,
    some_records,
    stored_lines,
    tree,
)
from tests.kernel.helpers import block_of

TOTALS = {
    *("records_read", "records_written", "records_quarantined", "records_skipped"),
    *("documents", "documents_touched", "words", "words_touched", "covered", "eligible"),
    *("swapped", "bytes_in", "bytes_out", "shards", "shards_failed"),
}


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    path = tmp_path_factory.mktemp("lexicon") / "tiny.tsv"
    path.write_text(TINY_LEXICON, encoding="utf-8")
    return Lexicon.load(path)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Shards of every compression and spelling, in folders, beside a file that is none."""
    root = tmp_path / "in"
    special = (
        b"\xef\xbb\xbf"
        + b'{"text":"the dog", "score":1.0, "n":NaN, "id":12345678901234567890123}\r\n'
        + b'\n{"text":null}\n{"text":""}\n{"text":"the","text":"a dog\\u0027s house"}\n \n'
        + b'{"text":"\\ud800 the dog \\ud83d"}\n{"text":"no final newline, the dog"}'
    )
    shards = {
        "a.jsonl": json_lines(some_records(30, 1)),
        "b.jsonl.gz": compress(json_lines(some_records(30, 2), ensure_ascii=False), "gz"),
        "sub/c.ndjson.zst": compress(json_lines(some_records(30, 3)), "zst"),
        "sub/deep/d.json": special,
        "sub/empty.jsonl": b"",
        "README.md": b"not a shard",
    }
    for name, data in shards.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def run(spec: RunSpec) -> RunReport:
    return execute(spec, plan(spec), lambda _: None)


def spec_of(
    corpus: Path | Sequence[str],
    out: Path,
    lexicon: Lexicon,
    policy: Policy | None = None,
    **more: Any,
) -> RunSpec:
    inputs = [str(corpus)] if isinstance(corpus, Path) else corpus
    return RunSpec(
        inputs=inputs, output=out, lexicon=lexicon, policy=policy or Policy(seed=5), **more
    )


def lines_of(folder: Path) -> dict[str, bytes]:
    """The decompressed shards of an output folder."""
    return {name: stored_lines(folder / name) for name in data_tree(folder)}


def manifest_of(out: Path) -> dict[str, Any]:
    manifest = json.loads((out / "_link" / "manifest.json").read_bytes())
    assert isinstance(manifest, dict)
    return manifest


def changed(text: str) -> str:
    """The text with one bit of it changed, of the same length."""
    return ("b" if text[0] == "a" else "a") + text[1:]


# --- what comes out -------------------------------------------------------------------------------


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


@pytest.mark.parametrize("of", ["words", "eligible"])
def test_one_process_or_two_give_the_same_folder(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, of: str
) -> None:
    (corpus / "bad.jsonl").write_bytes(b'{"text":"a"}\nhello\n')
    policy = Policy(of=of, portion=0.8)
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
        task = Task(
            str(source), "a.jsonl", out, "none", codec, None, Fields(), block_bytes=block_bytes
        )
        process_shard(task, in_this_process(lexicon.compiled, Policy()), Policy())
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


# --- the account ----------------------------------------------------------------------------------


def recount(corpus: Path, lexicon: Lexicon, policy: Policy) -> dict[str, int]:
    """The totals of a corpus by `json` and the reference kernel, one document at a time."""
    totals = dict.fromkeys(TOTALS, 0)
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
            block = block_of(raw, key=xxhash.xxh3_64_intdigest(raw))
            _, (counts,) = reference.substitute(block, lexicon.headwords, policy, "de")
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


def test_records_hold_the_hashes_of_both_sides(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    names = sorted(data_tree(out))
    records = out / "_link" / "records"
    assert sorted(tree(records)) == [f"{name}.json" for name in names]
    for name in names:
        record = json.loads((records / f"{name}.json").read_bytes())
        for side, path in (("input", corpus / name), ("output", out / name)):
            stored = path.read_bytes()
            assert record[side]["sha256"] == hashlib.sha256(stored).hexdigest()
            assert record[side]["size_bytes"] == len(stored)
        assert record["input"]["modified_ns"] == (corpus / name).stat().st_mtime_ns
        counts = record["totals"]
        assert counts["records_read"] == counts["records_written"]


def test_the_totals_are_the_sums_of_the_records(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    records = [json.loads(data) for data in tree(out / "_link" / "records").values()]
    totals = manifest_of(out)["totals"]
    for name in TOTALS - {"shards", "shards_failed"}:
        assert totals[name] == sum(record["totals"][name] for record in records), name


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


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_shard_that_cannot_be_opened_fails_alone(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, jobs: int
) -> None:
    (corpus / "gone.jsonl").symlink_to(tmp_path / "nowhere.jsonl")
    spec = spec_of(corpus, tmp_path / "out", lexicon, jobs=jobs)
    planned = plan(spec)
    assert planned.size_bytes > 0
    report = execute(spec, planned, lambda _: None)
    ((path, reason),) = report.failed
    assert path == str(corpus / "gone.jsonl")
    assert "No such file" in reason
    assert report.shards == 5


# --- resuming -------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    "lost", ["sub/c.ndjson.zst", "_link/records/a.jsonl.json", "_link/records/sub/deep/d.json.json"]
)
def test_only_what_is_missing_is_done_again(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, lost: str, jobs: int
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = tree(out)
    redone = lost.removeprefix("_link/records/").removesuffix(".json") if "_link" in lost else lost
    inodes = {name: (out / name).stat().st_ino for name in data_tree(out) if name != redone}
    (out / lost).unlink()
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
    (out / "_link" / "records" / "a.jsonl.json").write_bytes(damage)
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
    (out / "_link" / "records" / ".a.jsonl.json.link-partial").write_bytes(b"half")
    (out / "_link" / "compiled").mkdir()
    (out / "_link" / "compiled" / "forms.npy").write_bytes(b"half")
    run(spec_of(corpus, out, lexicon, jobs=2))
    (out / "_link" / "records" / "a.jsonl.json").unlink()
    run(spec_of(corpus, out, lexicon, jobs=2))
    (out / "a.jsonl").unlink()
    (out / "sub" / "c.ndjson.zst").unlink()
    run(spec_of(corpus, out, lexicon, jobs=2))
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


def test_new_shards_join_a_run(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    out = tmp_path / "out"
    late = corpus / "late.jsonl"
    run(spec_of(corpus, out, lexicon))
    late.write_bytes(json_lines(some_records(5, 11)))
    report = run(spec_of(corpus, out, lexicon))
    assert (report.done_before, report.shards) == (5, 6)
    run(spec_of(corpus, tmp_path / "fresh", lexicon))
    assert tree(out) == tree(tmp_path / "fresh")


def test_the_manifest_accounts_for_every_shard_in_the_folder(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of([str(corpus / "a.jsonl")], out, lexicon))
    run(spec_of([str(corpus / "b.jsonl.gz")], out, lexicon))
    assert manifest_of(out)["totals"]["shards"] == len(data_tree(out))


# --- what is refused ------------------------------------------------------------------------------


def _refused(spec: RunSpec, *words: str) -> None:
    """The run is refused in words, and everything in the output folder stays as it is."""
    assert spec.output is not None
    before = tree(spec.output)
    with pytest.raises(UsageError) as raised:
        run(spec)
    message = str(raised.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    assert tree(spec.output) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"policy": Policy(ratio=0.5, seed=5)}, ("policy.ratio was 0.3, now 0.5",)),
        ({"policy": Policy(of="eligible", seed=5)}, ('policy.of was "words", now "eligible"',)),
        ({"policy": Policy(portion=0.5, seed=5)}, ("policy.portion was 1.0, now 0.5",)),
        ({"policy": Policy(seed=6)}, ("seed was 5, now 6",)),
        (
            {"policy": Policy(seed=5, translation="first", ratio=0.1)},
            ("policy.translation", "policy.ratio"),
        ),
        ({"fields": Fields(("body",))}, ('text_field was ["text"], now ["body"]',)),
        ({"fields": Fields(key="id")}, ('key_field was null, now "id"',)),
        ({"compression": ("zst", 3)}, ('compression was null, now "zst:3"',)),
        ({"lexicon": Lexicon.from_pairs([("dog", "Hund")])}, ("lexicons was", "sha256")),
    ],
)
def test_another_run_in_the_folder_is_refused_with_the_difference(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, change: Mapping[str, Any], words: Sequence[str]
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    _refused(replace(spec, **change), *words, "--overwrite", str(tmp_path / "out"))


@pytest.mark.parametrize(("key", "value"), [("kernel_version", 999), ("version", "0.0.1")])
def test_a_folder_of_another_version_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, key: str, value: object
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    path = tmp_path / "out" / "_link" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    _refused(spec, f"{key} was {json.dumps(value)}", "--overwrite")


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"text":"one more"}\n')


def _touch(path: Path) -> None:
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("change", [_append, _touch])
def test_a_changed_input_is_refused_by_name(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, change: Callable[[Path], None]
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    change(corpus / "a.jsonl")
    _refused(spec, str(corpus / "a.jsonl"), "has changed", "--overwrite")


def test_overwriting_leaves_nothing_of_the_former_run(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon, compression=("gz", None)))
    (corpus / "a.jsonl").unlink()
    policy = Policy(ratio=0.9)
    run(spec_of(corpus, out, lexicon, policy, overwrite=True))
    run(spec_of(corpus, tmp_path / "fresh", lexicon, policy))
    assert tree(out) == tree(tmp_path / "fresh")


def test_overwriting_does_everything_anew(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = tree(out)
    damaged = changed(before["a.jsonl"].decode())
    (out / "a.jsonl").write_text(damaged, encoding="utf-8", newline="")
    report = run(spec_of(corpus, out, lexicon, overwrite=True))
    assert report.done_before == 0
    assert tree(out) == before


def test_overwriting_a_new_folder_is_a_plain_run(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    run(spec_of(corpus, tmp_path / "out", lexicon, overwrite=True))
    run(spec_of(corpus, tmp_path / "fresh", lexicon))
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


def test_overwriting_takes_what_a_killed_run_had_not_recorded(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    (out / "_link" / "records" / "a.jsonl.json").unlink()  # killed between publishing and recording
    (corpus / "a.jsonl").unlink()
    policy = Policy(ratio=0.9)
    run(spec_of(corpus, out, lexicon, policy, overwrite=True))
    assert "a.jsonl" not in data_tree(out)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["precious.txt", "a.jsonl", ".hidden", "folder/x"])
def test_a_folder_that_holds_something_else_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, name: str, overwrite: bool
) -> None:
    out = tmp_path / "out"
    (out / name).parent.mkdir(parents=True)
    (out / name).write_bytes(b"precious")
    spec = spec_of(corpus, out, lexicon, overwrite=overwrite)
    _refused(spec, str(out), "holds something else", name.split("/")[0])
    assert tree(out) == {name: b"precious"}


def test_an_output_that_is_a_file_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (tmp_path / "out").write_bytes(b"precious")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(UsageError, match=re.escape(str(out))):
            run(spec_of(corpus, out, lexicon))
    assert (tmp_path / "out").read_bytes() == b"precious"


@pytest.mark.parametrize("below", ["", "out", "sub/out"])
def test_an_output_inside_the_input_is_refused(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, below: str
) -> None:
    before = tree(corpus)
    with pytest.raises(UsageError, match="lies inside the input"):
        run(spec_of(corpus, corpus / below, lexicon))
    (tmp_path / "link").symlink_to(corpus)
    with pytest.raises(UsageError, match="lies inside the input"):
        run(spec_of(corpus, tmp_path / "link" / below, lexicon))
    assert tree(corpus) == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("inputs", ["a.jsonl", "*.jsonl"])
def test_a_shard_is_never_written_over_itself(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, inputs: str, overwrite: bool
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    before = data_tree(out)
    with pytest.raises(UsageError):
        run(spec_of([str(out / inputs)], out, lexicon, overwrite=overwrite))
    assert data_tree(out) == before


def test_two_inputs_of_one_output_name_are_refused_before_any_work(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    inputs = [str(corpus), str(corpus / "a.jsonl")]
    with pytest.raises(UsageError, match=r"would both be written to a\.jsonl"):
        plan(spec_of(inputs, tmp_path / "out", lexicon))
    (corpus / "b.jsonl").write_bytes(b"")
    with pytest.raises(UsageError, match=r"would both be written to b\.jsonl\.zst"):
        plan(spec_of(corpus, tmp_path / "out", lexicon, compression=("zst", None)))
    assert not (tmp_path / "out").exists()


def test_a_second_run_is_refused_while_the_first_is_at_work(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    with RunFolder(tmp_path / "out").locked():
        _refused(spec, "another run is at work", str(tmp_path / "out"))
        _refused(replace(spec, overwrite=True), "another run is at work")
    assert run(spec).shards == 5


def test_lexicons_of_two_languages_are_refused(lexicon: Lexicon) -> None:
    other = Lexicon.from_pairs([("dog", "chien")], language="fr")
    with pytest.raises(LexiconError, match="de, fr"):
        Lexicon.merged([lexicon, other])


def test_planning_writes_nothing(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    planned: Plan = plan(spec_of(corpus, tmp_path / "out", lexicon))
    assert [task.name for task in planned.tasks] == [
        *("a.jsonl", "b.jsonl.gz", "sub/c.ndjson.zst", "sub/deep/d.json", "sub/empty.jsonl")
    ]
    stored = sum((corpus / task.name).stat().st_size for task in planned.tasks)
    assert planned.size_bytes == stored
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_the_stored_bytes_of_the_input(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, jobs: int
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon, jobs=jobs)
    for _ in range(2):  # the second time everything has been done before
        planned = plan(spec)
        steps: list[int] = []
        execute(spec, planned, steps.append)
        assert sum(steps) == planned.size_bytes


def test_a_shortfall_of_less_than_a_word_a_document_is_seen(
    tmp_path: Path, lexicon: Lexicon
) -> None:
    lines = [{"id": n, "text": "dog" if n % 2 else "zzqx"} for n in range(2000)]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(json_lines(lines))
    report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, policy=Policy(ratio=0.3)))
    assert report.totals.documents_capped == 1000
    assert manifest_of(tmp_path / "out")["totals"]["words_short"] == 300


@pytest.mark.parametrize("name", ["../victim.jsonl", "/victim.jsonl", "a/../../victim.jsonl"])
def test_overwriting_never_leaves_the_folder(tmp_path: Path, lexicon: Lexicon, name: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text":"dog"}\n')
    victim = tmp_path / "victim.jsonl"
    victim.write_bytes(b"mine")
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    (tmp_path / "out" / "_link" / "plan.json").write_text(json.dumps(["a.jsonl", name]))
    with pytest.raises(UsageError, match="damaged"):
        run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, overwrite=True))
    assert victim.read_bytes() == b"mine"


def test_a_file_that_no_run_has_written_is_not_replaced(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text":"dog"}\n')
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    (tmp_path / "out" / "b.jsonl").write_bytes(b"mine")
    (tmp_path / "in" / "b.jsonl").write_bytes(b'{"text":"dog"}\n')
    with pytest.raises(UsageError, match="not this run's"):
        run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    assert (tmp_path / "out" / "b.jsonl").read_bytes() == b"mine"


def test_a_name_that_is_not_utf_8_is_a_name(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    name = "\udcff.jsonl"
    (tmp_path / "in" / name).write_bytes(b'{"text":"dog"}\n')
    for _ in range(2):
        report = run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
        assert not report.failed
    assert report.done_before == 1
    assert (tmp_path / "out" / name).exists()


def test_a_damaged_run_file_is_an_error_that_names_it(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text":"dog"}\n')
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    (tmp_path / "out" / "_link" / "run.json").write_text("{")
    with pytest.raises(UsageError, match=r"run\.json is damaged"):
        run(spec_of(tmp_path / "in", tmp_path / "out", lexicon))
    run(spec_of(tmp_path / "in", tmp_path / "out", lexicon, overwrite=True))
