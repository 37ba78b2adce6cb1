"""`link plan` and `link mix` from end to end: what is promised of a mixture's shards."""

import json
import shutil
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from link.cli import cli
from link.errors import LinkError, UsageError
from link.mixture import mix as mix_module
from link.mixture import spill
from tests.helpers import json_lines, link, stored_lines, tree
from tests.mixture.conftest import SOURCES


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments], catch_exceptions=True)


def plan(
    *options: object, sources: tuple[str, ...] = SOURCES, tokens: str = "20k"
) -> dict[str, Any]:
    named = [part for source in sources for part in ("--source", source)]
    done = run("plan", *named, "--tokens", tokens, "--tokenizer", "v.model", "--count", "-q",
               "--json", "plan.json", *options)  # fmt: skip
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(Path("plan.json").read_bytes())  # type: ignore[no-any-return]


def mix(*options: object) -> Result:
    return run("mix", "plan.json", "-q", *options)


def lines_of(folder: Path | str) -> list[bytes]:
    """All records, in the order of the shards."""
    paths = sorted(Path(folder).glob("mix-*"))
    return [line for path in paths for line in stored_lines(path).splitlines(keepends=True)]


def input_lines(folder: str) -> list[bytes]:
    paths = sorted(Path(folder).iterdir())
    return [line for path in paths for line in path.read_bytes().splitlines(keepends=True)]


def by_name(plan: dict[str, Any]) -> dict[str, Any]:
    return {source["name"]: source for source in plan["sources"]}


def test_the_plan_adds_up(corpora: Path) -> None:
    planned = plan("--share", "target=0.1", "--portion", "0.5")
    sources = by_name(planned)
    assert planned["tokens"] == sum(each["tokens"] for each in sources.values()) == 20_000
    assert [each["tokens"] for each in sources.values()] == [9000, 9000, 2000]
    assert [each["weight"] for each in sources.values()] == [0.45, 0.45, 0.1]
    for each in sources.values():
        assert each["epochs"] == each["tokens"] / each["available"]["tokens"] <= each["max_epochs"]


def test_records_are_verbatim_and_as_often_as_planned(corpora: Path) -> None:
    first, *others = Path("en/0.jsonl").read_bytes().splitlines(keepends=True)
    odd = b'\n {"id": 7,\t"text":"caf\\u00e9 1.0" , "n": 1.0, "x": NaN}\r\n\n'
    Path("en/0.jsonl").write_bytes(b"\xef\xbb\xbf" + first + odd + b"".join(others).rstrip(b"\n"))
    planned = by_name(plan("--share", "target=0.3", "--max-epochs", "4", tokens="50k"))
    assert planned["english"]["epochs"] <= 1 < 2 < planned["target"]["epochs"]
    assert mix("-o", "out").exit_code == 0
    counts = Counter(lines_of("out"))
    english = {line for line in counts if line in set(input_lines("en"))}
    known = {*input_lines("en"), *input_lines("de"), *input_lines("xx"), first}
    known |= {odd.strip(b"\n") + b"\n", others[-1].rstrip(b"\n") + b"\n"}
    assert counts.keys() <= known
    assert all(counts[line] == 1 for line in english)
    epochs = planned["target"]["epochs"]
    full, some = int(epochs), 0
    for line in input_lines("xx"):
        assert counts[line] in (full, full + 1)
        some += counts[line] - full
    assert abs(some - 30 * (epochs - full)) <= 10


def test_the_manifest_counts_what_was_written(corpora: Path) -> None:
    plan("--share", "target=0.3", "--portion", "0.5")
    assert mix("-o", "out", "--shards", 4, "--source-field", "from").exit_code == 0
    told = json.loads(Path("out/_link/manifest.json").read_bytes())
    lines = lines_of("out")
    found = Counter(json.loads(line)["from"] for line in lines)
    assert {name: each["records"] for name, each in told["sources"].items()} == dict(found)
    assert told["totals"]["records"] == len(lines)
    assert told["totals"]["bytes"] < sum(map(len, lines)) + 1
    assert [each["records"] for each in told["shards"]] == [
        len(stored_lines(Path("out") / each["name"]).splitlines()) for each in told["shards"]
    ]
    assert sorted(path.name for path in Path("out/_link").iterdir()) == [
        "lock", "manifest.json", "mix.json", "records"]  # fmt: skip


def test_the_list_is_what_is_written(corpora: Path) -> None:
    plan("--share", "target=0.3")
    listed = mix("--list", "--shards", 3)
    assert listed.exit_code == 0
    shards = [json.loads(line) for line in listed.stdout.splitlines()]
    assert mix("-o", "out", "--shards", 3).exit_code == 0
    told = json.loads(Path("out/_link/manifest.json").read_bytes())["shards"]
    keys = ("name", "records", "bytes")
    assert [[each[key] for key in keys] for each in shards] == [
        [each[key] for key in keys] for each in told
    ]


def test_order_does_not_depend_on_shards_of_either_side_or_what_is_held(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan("--share", "target=0.3", "--key-field", "id")
    assert mix("-o", "out").exit_code == 0
    before = lines_of("out")
    monkeypatch.setattr(spill, "HELD_BYTES", 1000)
    assert mix("-o", "seven", "--shards", 7, "--compression", "none").exit_code == 0
    assert lines_of("seven") == before
    everything = sorted(input_lines("de"), reverse=True)
    shutil.rmtree("de")
    Path("de").mkdir()
    for part in range(2):
        Path(f"de/{part}.jsonl").write_bytes(b"".join(everything[part::2]))
    plan("--share", "target=0.3", "--key-field", "id")
    assert mix("-o", "anew").exit_code == 0
    assert lines_of("anew") == before
    assert mix("-o", "seed", "--seed", 5).exit_code == 0
    assert lines_of("seed") != before


def test_documents_with_one_key_stand_in_an_order_of_their_own(corpora: Path) -> None:
    lines = [b'{"text":"the dog","n":%d}\n' % n for n in range(100)]
    found = []
    for cut in (10, 70):
        Path("xx/0.jsonl").write_bytes(b"".join(lines[cut:]))
        Path("xx/1.jsonl").write_bytes(b"".join(lines[:cut]))
        Path("xx/2.jsonl").write_bytes(b"")
        plan(sources=("target=xx,max-epochs=1",), tokens="100M")
        assert mix("-o", f"out{cut}").exit_code == 0
        found.append(lines_of(f"out{cut}"))
    assert found[0] == found[1] != lines
    assert sorted(found[0]) == sorted(lines)


def test_processes_change_no_byte(corpora: Path) -> None:
    """In processes of its own: workers import the program."""
    plan("--share", "target=0.3")
    assert mix("-o", "out", "--shards", 3).exit_code == 0
    done = link("mix", "plan.json", "-o", "two", "--shards", "3", "-j", "2", cwd=corpora)
    assert done.returncode == 0, done.stderr
    assert tree(Path("two")) == tree(Path("out"))


def test_a_mixture_that_was_stopped_goes_on(corpora: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan("--share", "target=0.3")
    assert mix("-o", "whole", "--shards", 4).exit_code == 0
    written: list[str] = []
    real = mix_module.write_shard

    def stops(meter: Any, writing: Any) -> None:
        if len(written) == 2:
            raise LinkError("stopped")
        written.append(writing.name)
        real(meter, writing)

    monkeypatch.setattr(mix_module, "write_shard", stops)
    assert mix("-o", "out", "--shards", 4).exit_code != 0
    assert sorted(path.name for path in Path("out").glob("mix-*")) == written
    assert not Path("out/_link/manifest.json").exists()
    monkeypatch.setattr(mix_module, "write_shard", real)

    def never(*_: object) -> None:
        raise AssertionError("it was read before")

    monkeypatch.setattr(mix_module, "take_shard", never)
    assert mix("-o", "out", "--shards", 4).exit_code == 0
    assert tree(Path("out")) == tree(Path("whole"))
    assert mix("-o", "out", "--shards", 4).exit_code == 0  # and reads nothing any more


def test_another_mixture_is_refused_but_with_overwrite(corpora: Path) -> None:
    plan("--share", "target=0.3")
    assert mix("-o", "out", "--shards", 2).exit_code == 0
    refused = mix("-o", "out", "--shards", 2, "--seed", 9)
    assert isinstance(refused.exception, UsageError)
    assert "another mixture (seed)" in str(refused.exception)
    assert mix("-o", "out", "--shards", 3, "--overwrite").exit_code == 0
    assert len(list(Path("out").glob("mix-*"))) == 3
    Path("other").mkdir()
    Path("other/file").touch()
    assert "holds something else" in str(mix("-o", "other").exception)
    assert "is in en, a source" in str(mix("-o", "en/out").exception)


def test_a_bad_record_is_an_error_with_file_and_line(corpora: Path) -> None:
    plan()
    lines = Path("en/1.jsonl").read_bytes().splitlines(keepends=True)
    same_size = b"x" * (len(lines[4]) - 1) + b"\n"
    Path("en/1.jsonl").write_bytes(b"".join([*lines[:4], same_size, *lines[5:]]))
    done = mix("-o", "out")
    assert isinstance(done.exception, LinkError)
    assert "en/1.jsonl: line 5, byte" in done.stderr
    assert not list(Path("out").glob("mix-*"))
    plan("--on-error", "skip")
    assert mix("-o", "out", "--overwrite").exit_code == 0
    told = json.loads(Path("out/_link/manifest.json").read_bytes())
    assert told["sources"]["english"]["bad_records"] == 1


def test_sources_that_changed_are_told(corpora: Path) -> None:
    plan()
    Path("xx/more.jsonl").write_bytes(b'{"text": "more"}\n')
    assert "make the plan again" in str(mix("-o", "out").exception)


def test_a_source_field_that_is_there_is_told(corpora: Path) -> None:
    plan()
    done = mix("-o", "out", "--source-field", "score")
    assert done.exit_code != 0
    assert "0.jsonl: line 1: it has a field 'score' already" in done.stderr


def test_rows_and_plain_text_become_json_lines(corpora: Path) -> None:
    import pyarrow as pa

    Path("rows").mkdir()
    rows = [{"text": f"the dog {n}", "n": n} for n in range(50)] + [{"text": None, "n": 1}]
    pq.write_table(pa.Table.from_pylist(rows), "rows/a.parquet")
    Path("plain").mkdir()
    Path("plain/a.txt").write_text("".join(f'see "{n}"\n' for n in range(50)))
    plan(sources=("english=rows,max-epochs=1", "target=plain,max-epochs=1"), tokens="1M")
    assert mix("-o", "out", "--source-field", "s").exit_code == 0
    found = sorted(map(json.loads, lines_of("out")), key=lambda each: each["text"])
    wanted = [row | {"s": "english"} for row in rows[:-1]]
    wanted += [{"text": f'see "{n}"', "s": "target"} for n in range(50)]
    assert found == sorted(wanted, key=lambda each: str(each["text"]))
    told = json.loads(Path("out/_link/manifest.json").read_bytes())
    assert told["sources"]["english"]["records_without_text"] == 1


def test_text_that_json_would_spell_in_base64_is_refused(corpora: Path) -> None:
    import pyarrow as pa

    Path("rows").mkdir()
    table = pa.table({"text": pa.array([b"the dog"], pa.binary())})
    pq.write_table(table, "rows/a.parquet")
    plan(sources=("english=rows",), tokens="1")
    assert "is binary" in mix("-o", "out").stderr


def test_copies_of_one_document_are_capped(corpora: Path) -> None:
    sources = (
        "english=en,max-epochs=1,copies-of=web",
        "de=de,role=substituted,max-epochs=1,copies-of=web",
    )
    options = ("--key-field", "id", "--copies-per-document", 1)
    planned = by_name(plan(*options, sources=sources, tokens="10M"))
    assert sum(each["available"]["documents"] for each in planned.values()) == 300
    assert mix("-o", "out").exit_code == 0
    ids = Counter(json.loads(line)["id"] for line in lines_of("out"))
    assert ids == Counter(range(300))


def test_copies_need_a_key(corpora: Path) -> None:
    done = run("plan", "--source", "target=xx", "--tokens", "1k", "--tokenizer", "v.model",
               "--copies-per-document", 1)  # fmt: skip
    assert "--copies-per-document needs --key-field" in str(done.exception)


def test_many_copies_of_one_line_are_all_written(corpora: Path) -> None:
    Path("xx/0.jsonl").write_bytes(json_lines([{"text": "the same"}] * 5000))
    plan(sources=("target=xx,max-epochs=2",), tokens="100M")
    assert mix("-o", "out", "--shards", 3).exit_code == 0
    assert Counter(lines_of("out"))[json_lines([{"text": "the same"}])] == 10_000


def test_a_stopped_mixture_of_shards_that_changed_is_refused(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan()
    real = mix_module.write_shard

    def stops(meter: Any, writing: Any) -> None:
        if "00001" in writing.name:
            raise LinkError("stopped")
        real(meter, writing)

    monkeypatch.setattr(mix_module, "write_shard", stops)
    assert mix("-o", "out", "--shards", 3).exit_code != 0
    monkeypatch.setattr(mix_module, "write_shard", real)
    path = Path("en/1.jsonl")
    path.write_bytes(path.read_bytes().replace(b"the", b"THE"))
    assert "another mixture (input_files)" in str(mix("-o", "out", "--shards", 3).exception)
    assert mix("-o", "out", "--shards", 3, "--overwrite").exit_code == 0


def test_overwrite_leaves_no_shard_of_a_killed_mixture(corpora: Path) -> None:
    plan()
    assert mix("-o", "out", "--shards", 3).exit_code == 0
    Path("out/_link/records/mix-00002-of-00003.jsonl.zst.json").unlink()  # killed before it
    Path("out/.mix-00001-of-00003.jsonl.zst.link-partial").touch()
    assert mix("-o", "out", "--shards", 2, "--overwrite").exit_code == 0
    assert {path.name for path in Path("out").iterdir()} == {
        "_link", "mix-00000-of-00002.jsonl.zst", "mix-00001-of-00002.jsonl.zst"
    }  # fmt: skip


def test_a_mixture_never_removes_its_own_sources(corpora: Path) -> None:
    plan()
    assert mix("-o", "out", "--shards", 2).exit_code == 0
    before = tree(Path("out"))
    for source in ("out/mix-*", "out", "out/mix-00000-of-00002.jsonl.zst"):
        plan(sources=(f"english={source}",))
        assert isinstance(mix("-o", "out", "--overwrite").exception, UsageError)
        assert tree(Path("out")) == before
    plan(sources=("english=en/**/*.jsonl",))
    assert "is in en/**/*.jsonl, a source" in str(mix("-o", "en/out").exception)


def test_what_a_kill_left_of_the_temporary_files_is_removed(corpora: Path) -> None:
    plan("--share", "target=0.3")
    assert mix("-o", "out", "--shards", 2).exit_code == 0
    before = tree(Path("out"))
    half = Path("out/_link/spill/000000.idx")
    for lost in (None, "out/mix-00001-of-00002.jsonl.zst"):
        half.parent.mkdir()
        half.write_bytes(msgspec.msgpack.encode(spill.Spilled([0, 0], [0, 0])))  # without its .bin
        if lost:
            Path(lost).unlink()
        assert mix("-o", "out", "--shards", 2).exit_code == 0
        assert tree(Path("out")) == before


def test_what_the_run_holds_does_not_grow_with_the_segments(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Segments are as many as the mixture's size times the number of its shards."""
    plan("--share", "target=0.3")
    monkeypatch.setattr(mix_module.shutil, "rmtree", lambda *_, **__: None)
    for name, held_bytes in (("few", 32 << 20), ("many", 300)):
        monkeypatch.setattr(spill, "HELD_BYTES", held_bytes)
        assert mix("-o", name, "--shards", 20).exit_code == 0
    for kind, is_same in (("idx", True), ("offsets", False)):
        few, many = (
            sum(path.stat().st_size for path in Path(name, "_link/spill").glob(f"*.{kind}"))
            for name in ("few", "many")
        )
        assert (few == many) == is_same


def test_a_shard_is_sorted_without_its_records_in_memory(tmp_path: Path) -> None:
    record = b"x" * 100_000 + b"\n"
    row = np.array([(7, 7, 0, len(record))], spill.RECORD).tobytes()
    segments = ((1).to_bytes(8, "little") + row + record for _ in range(300))
    tracemalloc.start()
    assert sum(map(len, spill.sorted_records(tmp_path, segments))) == 300 * len(record)
    assert tracemalloc.get_traced_memory()[1] < 3_000_000
    tracemalloc.stop()


def test_a_source_of_which_nothing_was_drawn_is_told(corpora: Path) -> None:
    Path("one.jsonl").write_bytes(json_lines([{"text": "the dog " * 5000}]))
    plan(sources=("english=one.jsonl",), tokens="1")
    done = mix("-o", "out")
    assert done.exit_code == 0
    assert "no record of english is in the mixture" in done.stderr


def test_a_source_field_without_a_name_is_refused(corpora: Path) -> None:
    plan()
    assert "--source-field has no name" in str(mix("-o", "out", "--source-field", "").exception)
