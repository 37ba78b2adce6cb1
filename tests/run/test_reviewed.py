"""What a hostile review found, so that it stays mended."""

import decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.errors import UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run import shard as shard_module
from link.run.estimate import estimate
from link.run.plan import RunSpec, plan
from link.run.run import RunReport, execute
from link.shards.fields import Fields
from link.shards.json_values import MOST_LEVELS
from link.shards.source import Source
from tests.helpers import data_tree, edit_record, partial_files

LEXICON = Lexicon.from_pairs([("dog", "Hund"), ("house", "Haus")], language="de")


def spec_of(inputs: list[str], out: Path | None, **more: Any) -> RunSpec:
    return RunSpec(
        inputs=inputs, output=out, lexicons=Lexicons.of([LEXICON]), policy=Policy(ratio=1), **more
    )


def run(inputs: list[str], out: Path | None, **more: Any) -> RunReport:
    spec = spec_of(inputs, out, **more)
    return execute(spec, plan(spec))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text":"a dog"}\n')
    return tmp_path


def test_key_values_of_a_parquet_file_without_arrows_schema_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"text": ["a dog"]})
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"org.apache.spark.version": "3.5"})
    run([str(path)], tmp_path / "out")
    written = pq.ParquetFile(tmp_path / "out" / "a.parquet")
    assert written.metadata.metadata == {b"org.apache.spark.version": b"3.5"}
    assert written.read()["text"].to_pylist() == ["a Hund"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_how_deep_a_record_may_be_nested_depends_on_nothing_but_the_record(
    tmp_path: Path, jobs: int
) -> None:
    levels = range(MOST_LEVELS - 10, MOST_LEVELS + 400, 5)
    lines = (b'{"text":"dog","x":%b%b}\n' % (b"[" * (n - 1), b"]" * (n - 1)) for n in levels)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"".join(lines))
    report = run([str(path)], tmp_path / "out", on_error="skip", jobs=jobs)
    assert report.totals.records_written == sum(n <= MOST_LEVELS for n in levels)


def test_a_condition_on_an_absent_column_holds_for_no_row(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a dog"]}), tmp_path / "a.parquet")
    fields = Fields(where=(("lang", "en"),))
    report = run([str(tmp_path / "a.parquet")], tmp_path / "out", fields=fields)
    assert (report.totals.records_written, report.totals.documents, report.failed) == (1, 0, [])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{}, {}], pa.struct([])),
        pa.UnionArray.from_sparse(pa.array([0, 0], pa.int8()), [pa.array([1, 2])]),
        pa.array([2**63 - 1, 0], pa.timestamp("s")),
    ],
    ids=["empty struct", "union", "moment"],
)
def test_what_parquet_cannot_hold_fails_its_shard_alone(column: pa.Array, folder: Path) -> None:
    rows = pa.record_batch({"text": pa.array(["a dog", "b"]), "x": column})
    with pa.ipc.new_file(folder / "in" / "b.arrow", rows.schema) as writer:
        writer.write_batch(rows)
    report = run([str(folder / "in")], folder / "out", container="parquet")
    [(path, reason)] = report.failed
    assert path.endswith("b.arrow")
    assert "cannot be written as parquet" in reason
    dry = spec_of([str(folder / "in")], folder / "dry", container="parquet")
    assert [path for path, _ in estimate(dry, plan(dry), lambda _: None).failed] == [path]
    assert sorted(data_tree(folder / "out")) == ["a.parquet"]
    assert partial_files(folder) == []


def test_a_defect_fails_its_shard_alone_and_says_that_it_is_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in" / "b.jsonl").write_bytes(b'{"text":"a dog"}\n')
    opened = shard_module.open_source

    def fail(task: Any, progress: Any) -> Any:
        if task.name == "a.jsonl":
            raise KeyError("oops")
        return opened(task, progress)

    monkeypatch.setattr(shard_module, "open_source", fail)
    report = run([str(folder / "in")], folder / "out")
    [(path, reason)] = report.failed
    assert path.endswith("a.jsonl")
    assert "KeyError: 'oops'; this is a defect of LINK" in reason
    assert sorted(data_tree(folder / "out")) == ["b.jsonl"]


def test_pipes_never_write_over_a_quarantine(tmp_path: Path) -> None:
    for name in ("q1", "q2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.jsonl").write_bytes(b"no JSON\n")
    more = {"on_error": "quarantine", "link_dir": tmp_path / "link"}
    with pytest.raises(UsageError, match="both be written"):
        plan(spec_of([str(tmp_path / name / "a.jsonl") for name in ("q1", "q2")], None, **more))
    run([str(tmp_path / "q1" / "a.jsonl")], None, **more)
    with pytest.raises(UsageError, match="name another --link-dir"):
        plan(spec_of([str(tmp_path / "q2" / "a.jsonl")], None, **more))


@pytest.mark.parametrize("scheme", ["file://", "local://"])
def test_an_output_inside_the_input_is_refused_by_url_and_by_glob_too(
    folder: Path, scheme: str
) -> None:
    for given in (f"{scheme}{folder}/in", f"{folder}/in/**/*.jsonl"):
        with pytest.raises(UsageError, match="lies inside the input"):
            plan(spec_of([given], folder / "in" / "out"))


def test_a_column_of_nothing_but_null_texts_passes_through(tmp_path: Path) -> None:
    table = pa.table({"text": pa.nulls(3), "n": [1, 2, 3]})
    pq.write_table(table, tmp_path / "a.parquet")
    report = run([str(tmp_path / "a.parquet")], tmp_path / "out")
    assert (report.totals.records_written, report.totals.documents) == (3, 0)
    assert pq.read_table(tmp_path / "out" / "a.parquet") == table


def test_texts_that_share_a_dictionary_are_still_read_in_small_pieces(tmp_path: Path) -> None:
    source = Source(str(tmp_path / "a.parquet"), "parquet", "none")
    pq.write_table(pa.table({"text": ["a dog " * 20_000] * 100}), tmp_path / "a.parquet")
    with source:
        sizes = [piece.content.nbytes for piece in source.pieces()]
    assert max(sizes) < 4_000_000
    assert sum(sizes) > 10_000_000


def test_a_dry_run_refuses_a_changed_input_as_the_run_does(folder: Path) -> None:
    run([str(folder / "in")], folder / "out")
    with (folder / "in" / "a.jsonl").open("ab") as file:
        file.write(b'{"text":"one more"}\n')
    spec = spec_of([str(folder / "in")], folder / "out")
    with pytest.raises(UsageError, match="has changed since"):
        estimate(spec, plan(spec), lambda _: None)


def test_records_do_not_become_one_file_of_text(folder: Path) -> None:
    with pytest.raises(UsageError, match="use --document line or paragraph"):
        plan(spec_of([str(folder / "in")], folder / "out", container="text", document="file"))


def test_bytes_of_rows_do_not_count_a_shared_dictionary_again_and_again(tmp_path: Path) -> None:
    words = pa.array([f"word {n}" for n in range(50_000)]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), words.dictionary)
    rows = pa.record_batch({"text": pa.array(["a dog"] * 20_000), "d": column})
    with pa.ipc.new_stream(tmp_path / "a.arrow", rows.schema) as writer:
        writer.write_batch(rows)
    report = run([str(tmp_path / "a.arrow")], tmp_path / "out")
    assert report.totals.bytes_in < 1_000_000


def test_overwriting_takes_the_old_quarantine_away(folder: Path) -> None:
    with (folder / "in" / "a.jsonl").open("ab") as file:
        file.write(b"no JSON\n")
    run([str(folder / "in")], folder / "out", on_error="quarantine")
    assert (folder / "out" / "_link" / "quarantine" / "a.jsonl").exists()
    run([str(folder / "in")], folder / "out", on_error="skip", overwrite=True)
    assert not (folder / "out" / "_link" / "quarantine").exists()


def test_a_column_that_comes_twice_is_an_error_that_says_so(tmp_path: Path) -> None:
    rows = pa.RecordBatch.from_arrays([pa.array(["a"]), pa.array(["b"])], ["text", "text"])
    with pa.ipc.new_file(tmp_path / "a.arrow", rows.schema) as writer:
        writer.write_batch(rows)
    [(_, reason)] = run([str(tmp_path / "a.arrow")], tmp_path / "out").failed
    assert "column 'text' occurs twice" in reason


def test_feather_of_version_1_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.feather").write_bytes(b"FEA1" + bytes(100))
    [(_, reason)] = run([str(tmp_path / "a.feather")], tmp_path / "out").failed
    assert "write it again as version 2" in reason


def test_integer_decimals_stay_integer_decimals(tmp_path: Path) -> None:
    table = pa.table({"text": ["a dog"], "d": [decimal.Decimal("1.50")]})
    pq.write_table(table, tmp_path / "a.parquet", store_decimal_as_integer=True)
    run([str(tmp_path / "a.parquet")], tmp_path / "out")
    before, after = (
        pq.ParquetFile(path / "a.parquet").schema for path in (tmp_path, tmp_path / "out")
    )
    assert before.equals(after)


def test_a_run_whose_records_do_not_add_up_says_so(folder: Path) -> None:
    run([str(folder / "in")], folder / "out")
    edit_record(folder / "out", "a.jsonl", lambda told: told["totals"].update(records_written=0))
    with pytest.raises(UsageError, match="its records do not add up"):
        run([str(folder / "in")], folder / "out")
