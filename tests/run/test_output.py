"""A run as a library: what comes out, and what is written down."""

import itertools
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from link.lexicon import Lexicon
from link.policy import Policy
from link.run.plan import Plan, plan
from link.run.task import Input, Output, Task
from link.shards.fields import Fields
from tests.helpers import (
    DEMO_CORPUS,
    compress,
    data_tree,
    json_lines,
    some_records,
    stored_lines,
    tree,
)
from tests.run.helpers import do_shard, lines_of, run, spec_of

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
