"""Sidecars of conversions; how sidecars are counted, published, resumed and refused."""

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import UsageError
from link.run.job import Job
from link.run.plan import plan
from link.shards import sidecar as sidecars
from link.shards.columns import infer_columns
from link.shards.fields import Fields
from link.shards.formats import ARROW, JSONL, PARQUET, TEXT
from tests.helpers import (
    compress,
    data_tree,
    json_lines,
    partial_files,
    shard_records,
    some_records,
    tree,
)
from tests.run.helpers import manifest_of, run
from tests.run.swapping import (
    DOCUMENTS,
    ODD,
    PARAGRAPHS,
    POLICIES,
    RECORDS,
    columns,
    odd_table,
    spec_of,
    write_columns,
    write_shard,
)
from tests.run.swaps import inside_json, of_text, rows_of, sidecar, undone, undone_lines
from tests.strategies import examples

# --- conversions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("name", "container"),
    [
        *(("a.jsonl", PARQUET), ("b.jsonl", PARQUET), ("varied.jsonl", ARROW)),
        *(("a.parquet", JSONL), ("a.parquet", ARROW), ("a.arrow", JSONL), ("a.arrow", PARQUET)),
    ],
)
def test_a_conversion_places_swaps_in_the_output(
    name: str, container: str, policy: str, tmp_path: Path
) -> None:
    if name.endswith(".jsonl"):
        more = [{"odd": 1, "text": "dog"}] if name == "varied.jsonl" else []
        data = json_lines([*RECORDS, *more], ensure_ascii=name != "b.jsonl")
        corpus = write_shard(tmp_path, data, name)
    else:
        corpus = write_columns(tmp_path, name, odd_table())
    out = tmp_path / "out"
    report = run(
        spec_of(corpus, out, policy, fields=Fields(("text", "title")), container=container)
    )
    assert not report.failed
    written = f"{name.split('.')[0]}.{container}"
    rows = rows_of(out, written)
    assert rows
    if container == JSONL:
        new_data = (out / written).read_bytes()
        assert undone_lines(new_data, rows, ("text", "title"), inside_json) == json_lines(
            RECORDS, ensure_ascii=False
        )
        return
    for number, (record, new) in enumerate(zip(RECORDS, columns(out / written), strict=False)):
        for field in ("text", "title"):
            if record[field] is not None:
                own = of_text(rows, number, field)
                assert undone(new[field].encode(), own, str.encode) == record[field].encode()


@pytest.mark.parametrize("container", [JSONL, PARQUET])
def test_plain_text_that_becomes_records_places_swaps_in_them(
    container: str, tmp_path: Path
) -> None:
    corpus, out = write_shard(tmp_path, PARAGRAPHS, "a.txt"), tmp_path / "out"
    run(spec_of(corpus, out, "both", document="paragraph", container=container))
    name = f"a.{container}"
    path, rows = out / name, rows_of(out, name)
    texts = [text.decode() for text, _ in DOCUMENTS["paragraph"]]
    if container == JSONL:
        expected = json_lines([{"text": text} for text in texts], ensure_ascii=False)
        assert undone_lines(path.read_bytes(), rows, spelled=inside_json) == expected
        return
    for number, (text, new) in enumerate(zip(texts, columns(path), strict=True)):
        assert undone(new["text"].encode(), of_text(rows, number)) == text.encode()


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_records_that_become_plain_text_place_swaps_in_it(name: str, tmp_path: Path) -> None:
    texts = [text for text in ODD if text.strip() and text[0] != "\ufeff"]
    records = [{"text": text} for text in texts]
    if name == "a.jsonl":
        corpus = write_shard(tmp_path, json_lines(records))
    else:
        corpus = write_columns(tmp_path, name, pa.table({"text": texts}))
    out = tmp_path / "out"
    assert not run(spec_of(corpus, out, "both", container=TEXT)).failed
    new = (
        (out / "a.text").read_bytes() if (out / "a.text").exists() else (out / "a.txt").read_bytes()
    )
    for number, line in enumerate(new.split(b"\n")[:-1]):
        own = of_text(rows_of(out, "a.txt"), number)
        assert undone(line, own, str.encode) == texts[number].encode()


def test_binary_text_that_becomes_base64_is_refused(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array([b"the dog"])})
    corpus, out = write_columns(tmp_path, "a.parquet", table), tmp_path / "out"
    [(_, reason)] = run(spec_of(corpus, out, container=JSONL)).failed
    assert "'text' is binary" in reason
    assert not data_tree(out)
    assert not sidecar(out, "a.jsonl").exists()
    assert not run(spec_of(corpus, tmp_path / "without", container=JSONL, swaps=False)).failed


PIECES = st.lists(
    st.one_of(
        st.sampled_from(["the", "dog", "Dog", "ice cream", "café", "x", "don’t", "𝐱𝐲", "river"]),
        st.sampled_from([" ", " ", "\n", '"', "\\", "'s", "/", "\t", "😀", ". ", "\u2028"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    ),
    max_size=30,
).map("".join)


@examples(100)
@given(
    st.lists(PIECES, min_size=1, max_size=6),
    st.sampled_from(sorted(POLICIES)),
    st.booleans(),
)
def test_any_text_is_undone_in_any_spelling(
    texts: list[str], policy: str, ensure_ascii: bool
) -> None:
    lexicons, chosen = POLICIES[policy]
    compiled = lexicons.compiled
    fields = Fields()
    data = json_lines([{"text": text} for text in texts], ensure_ascii=ensure_ascii)
    rows = pa.RecordBatch.from_pylist([{"text": text} for text in texts])
    columns = infer_columns([data], fields)

    done = Job("a", JSONL, JSONL, fields, swaps=True).swapped(data, compiled, chosen)
    assert done.swaps is not None
    swaps = done.swaps.to_pylist()
    out = b"".join(memoryview(piece) for piece in done.content)
    assert undone_lines(out, swaps) == data

    job = Job("a", JSONL, PARQUET, fields, columns=columns, swaps=True)
    done = job.swapped(data, compiled, chosen)
    assert done.swaps is not None
    swaps = done.swaps.to_pylist()
    for number, new in enumerate(done.content.column("text").to_pylist()):  # type: ignore[union-attr]
        own = of_text(swaps, number)
        assert undone(new.encode(), own, str.encode) == texts[number].encode()

    job = Job("a", PARQUET, JSONL, fields, schema=rows.schema, swaps=True)
    done = job.swapped(rows, compiled, chosen)
    assert done.swaps is not None
    undone_data = undone_lines(done.content[0], done.swaps.to_pylist(), spelled=inside_json)  # type: ignore[arg-type]
    assert undone_data == json_lines([{"text": text} for text in texts], ensure_ascii=False)


NAMES = ("a.jsonl", "b.parquet", "c.jsonl.zst", "sub/d.txt.gz")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Small shards of several containers."""
    corpus = write_columns(tmp_path, "b.parquet", odd_table())
    write_shard(tmp_path, json_lines(RECORDS))
    write_shard(tmp_path, compress(json_lines(RECORDS), "zst"), "c.jsonl.zst")
    (corpus / "sub").mkdir()
    (corpus / "sub" / "d.txt.gz").write_bytes(compress(PARAGRAPHS, "gz"))
    return corpus


def test_the_data_is_the_same_with_and_without_sidecars(corpus: Path, tmp_path: Path) -> None:
    report = run(spec_of(corpus, tmp_path / "out", "some"))
    plain = run(spec_of(corpus, tmp_path / "plain", "some", swaps=False))
    assert data_tree(tmp_path / "out") == data_tree(tmp_path / "plain")
    assert report.totals == plain.totals
    assert not (tmp_path / "plain" / "_link" / "swaps").exists()
    found = sorted((tmp_path / "out" / "_link" / "swaps").rglob("*.*"))
    assert found == sorted(sidecar(tmp_path / "out", name) for name in NAMES)
    assert manifest_of(tmp_path / "out")["swaps"] is True
    assert manifest_of(tmp_path / "plain")["swaps"] is False


def test_rows_add_up_to_the_totals(corpus: Path, tmp_path: Path) -> None:
    totals = run(spec_of(corpus, tmp_path / "out", "both")).totals
    rows = [row for name in NAMES for row in rows_of(tmp_path / "out", name)]
    words = [(row, 1 + ("cream" in row["source"].lower())) for row in rows]
    by_language: Counter[str] = Counter()
    for row, count in words:
        by_language[row["language"]] += count
    assert sum(by_language.values()) == totals.swapped
    assert by_language == totals.swapped_by_language
    annotated = sum(count for row, count in words if row["mode"] == "annotate")
    assert annotated == totals.annotated


def test_the_record_names_the_sidecar_by_size_and_hash(corpus: Path, tmp_path: Path) -> None:
    run(spec_of(corpus, tmp_path / "out"))
    for name in NAMES:
        record = shard_records(tmp_path / "out")[name]
        data = sidecar(tmp_path / "out", name).read_bytes()
        assert record["swaps"]["size_bytes"] == len(data)
        assert record["swaps"]["sha256"] == hashlib.sha256(data).hexdigest()


def test_sidecars_are_the_same_however_many_processes_there_are(tmp_path: Path) -> None:
    records = [*some_records(150, 8, words=1300), {"text": "the dog sees it.\n" * 75_000}]
    assert len(json_lines(records)) > 2_100_000
    table = pa.Table.from_pylist(records)
    corpus = write_columns(tmp_path, "b.parquet", table)
    write_shard(tmp_path, json_lines(records))
    for jobs in (1, 2):
        run(spec_of(corpus, tmp_path / str(jobs), "some", jobs=jobs))
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    new = (tmp_path / "1" / "a.jsonl").read_bytes().splitlines(keepends=True)
    for number in (0, 75, 150):
        only = [("record", "==", number)]
        rows = pq.read_table(sidecar(tmp_path / "1", "a.jsonl"), filters=only).to_pylist()
        rows = [{**row, "record": 0} for row in rows]
        assert undone_lines(new[number], rows) == json_lines(records[number : number + 1])


def test_row_groups_end_after_a_number_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sidecars, "GROUP_ROWS", 100)
    corpus, out = write_shard(tmp_path, json_lines(RECORDS)), tmp_path / "out"
    run(spec_of(corpus, out))
    metadata = pq.read_metadata(sidecar(out, "a.jsonl"))
    sizes = [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
    assert set(sizes[:-1]) == {100}
    assert len(sizes) > 3
    assert undone_lines((out / "a.jsonl").read_bytes(), rows_of(out, "a.jsonl")) == json_lines(
        RECORDS
    )


# --- published, resumed, refused ------------------------------------------------------------------


def test_a_sidecar_is_published_before_its_shard(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    published: list[str] = []
    rename = Path.replace

    def remember(self: Path, target: Path) -> Path:
        if target.is_relative_to(out):  # not the cache
            published.append(target.relative_to(out).as_posix())
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", remember)
    run(spec_of(corpus, out))
    for name in NAMES:
        at = [f"_link/swaps/{name}.parquet", name, "_link/records/0000001.jsonl"]
        assert sorted(at, key=published.index) == at


def test_a_shard_that_fails_leaves_no_sidecar(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (corpus / "x.jsonl").write_bytes(json_lines(RECORDS) + b"no\n")
    report = run(spec_of(corpus, out))
    assert len(report.failed) == 1
    assert not sidecar(out, "x.jsonl").exists()
    assert sorted(data_tree(out)) == sorted(NAMES)
    assert partial_files(out) == []


def test_a_shard_that_cannot_be_published_leaves_no_sidecar(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    rename = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target == out / "a.jsonl":
            assert sidecar(out, "a.jsonl").exists()
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    [(_, reason)] = run(spec_of(corpus, out)).failed
    assert "No space left" in reason
    assert not sidecar(out, "a.jsonl").exists()
    monkeypatch.undo()
    assert run(spec_of(corpus, out)).done_before == 3
    run(spec_of(corpus, tmp_path / "whole"))
    assert tree(out) == tree(tmp_path / "whole")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", [Path.unlink, _cut])
def test_a_shard_without_its_sidecar_is_done_again(
    corpus: Path, tmp_path: Path, name: str, damage: Any
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out))
    before = tree(out)
    damage(sidecar(out, name))
    assert run(spec_of(corpus, out)).done_before == len(NAMES) - 1
    assert tree(out) == before
    assert run(spec_of(corpus, out)).done_before == len(NAMES)


@pytest.mark.parametrize("first", [False, True])
def test_a_run_with_sidecars_is_another_run(corpus: Path, tmp_path: Path, first: bool) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, swaps=first))
    before = tree(out)
    with pytest.raises(UsageError, match="swaps was"):
        run(spec_of(corpus, out, swaps=not first))
    assert tree(out) == before
    run(spec_of(corpus, out, swaps=not first, overwrite=True))
    run(spec_of(corpus, tmp_path / "fresh", swaps=not first))
    fresh = tree(tmp_path / "fresh")
    assert {name for name in tree(out) if not name.endswith("/")} == set(fresh)
    assert tree(out) == fresh


def test_what_a_kill_left_of_a_sidecar_is_removed(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out))
    before = tree(out)
    partial = out / "_link" / "swaps" / "sub" / ".d.txt.gz.parquet.link-partial"
    partial.write_bytes(b"half")
    run(spec_of(corpus, out))
    assert tree(out) == before


def test_a_pipe_needs_a_folder_for_its_sidecar(corpus: Path, tmp_path: Path) -> None:
    pipe = spec_of(corpus / "a.jsonl", None)
    with pytest.raises(UsageError, match="--link-dir"):
        plan(pipe)
    beside = replace(pipe, link_dir=tmp_path / "beside")
    [task] = plan(beside).tasks
    sidecar = task.output.swaps
    assert sidecar == tmp_path / "beside" / "swaps" / "a.jsonl.parquet"
    sidecar.parent.mkdir(parents=True)
    sidecar.write_bytes(b"of another pipe")
    with pytest.raises(UsageError, match=r"a\.jsonl\.parquet exists"):
        plan(beside)


def test_sidecars_may_go_to_another_folder(corpus: Path, tmp_path: Path) -> None:
    out, beside = tmp_path / "out", tmp_path / "beside"
    run(spec_of(corpus, tmp_path / "usual"))
    run(spec_of(corpus, out, link_dir=beside))
    assert not (out / "_link" / "swaps").exists()
    assert tree(beside / "swaps") == tree(tmp_path / "usual" / "_link" / "swaps")
    assert run(spec_of(corpus, out, link_dir=beside)).done_before == len(NAMES)
    (beside / "swaps" / "a.jsonl.parquet").unlink()
    (beside / "swaps" / "precious").write_bytes(b"not ours")
    assert run(spec_of(corpus, out, link_dir=beside)).done_before == len(NAMES) - 1
    run(spec_of(corpus, out, link_dir=beside, swaps=False, overwrite=True))
    assert list(tree(beside)) == ["swaps/precious"]
