"""`link verify` finds whatever was done to columns, plain text, marks and quarantines."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.shards.fields import Fields
from tests.helpers import json_lines
from tests.run.helpers import run
from tests.run.verified import (
    BAD,
    PLAIN,
    RECORDS,
    Tamper,
    checked,
    columns,
    edited,
    files_of,
    is_found,
    passes,
    shards,
    spec,
    with_column,
)

# --- columns and text -----------------------------------------------------------------------------


def rewrite(name: str, change: Callable[[pa.Table], pa.Table], rows: int = 4) -> Tamper:
    def tamper(out: Path) -> None:
        path = out / name
        if name.endswith("parquet"):
            pq.write_table(change(pq.read_table(path)), path, row_group_size=rows)
            return
        table = change(pa.ipc.open_file(path).read_all())
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=rows)

    return tamper


def without(row: int) -> Callable[[pa.Table], pa.Table]:
    return lambda table: pa.concat_tables([table.slice(0, row), table.slice(row + 1)])


COLUMNS: dict[str, tuple[Tamper, str]] = {
    "a value": (
        rewrite("a.parquet", with_column("id", 6, 99)),
        'row 7: column \'id\' should hold "6", not "99"',
    ),
    "a zero's sign": (
        rewrite("a.parquet", with_column("f", 3, 0.0)),
        'row 4: column \'f\' should hold "-0.0", not "0.0"',
    ),
    "a nested value": (
        rewrite("b.arrow", with_column("nested", 6, [{"a": 1.0}]), 6),
        "row 7: column 'nested' should hold",
    ),
    "a null": (rewrite("b.arrow", with_column("text", 8, ""), 6), "row 9: column 'text' should"),
    "a text": (
        rewrite("a.parquet", with_column("text", 0, "The dog")),
        "row 1: byte 0 of the text",
    ),
    "a missing row": (
        rewrite("a.parquet", without(6)),
        "row 7 of the original: the row is missing",
    ),
    "the last row": (
        rewrite("b.arrow", without(14), 6),
        "row 15 of the original: the row is missing",
    ),
    "a doubled row": (
        rewrite("a.parquet", lambda t: pa.concat_tables([t.slice(0, 4), t.slice(3)])),
        "row 5: the row",
    ),
    "row groups": (rewrite("a.parquet", lambda table: table, 3), "3, 3, 3, 3, 3 instead of 4, 4"),
    "record batches": (
        rewrite("b.arrow", lambda table: table, 5),
        "5, 1, 5, 1, 3 instead of 6, 6, 3",
    ),
    "metadata": (
        rewrite("a.parquet", lambda table: table.replace_schema_metadata({"note": "lost"})),
        "the schema differs",
    ),
    "a type": (
        rewrite("b.arrow", lambda t: t.set_column(0, "id", t["id"].cast("int64")), 6),
        "the schema differs",
    ),
    "the file's end": (
        lambda out: (out / "a.parquet").write_bytes((out / "a.parquet").read_bytes()[:-9]),
        "truncated or damaged",
    ),
    "a byte of text": (
        lambda out: (out / "t.txt").write_bytes((out / "t.txt").read_bytes()[:-1] + b"x"),
        "of the text",
    ),
    "a paragraph": (
        lambda out: (out / "t.txt").write_bytes(PLAIN[:20] + (out / "t.txt").read_bytes()[3:]),
        "t.txt: line",
    ),
}


@pytest.fixture(scope="module")
def made_of_columns(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    root = tmp_path_factory.mktemp("columns")
    corpus = columns(root)
    for name in ("c.arrow", "d.parquet"):  # with which nothing is done
        (corpus / name).unlink()
    (corpus / "t.txt").write_bytes(PLAIN)
    run(spec(corpus, root / "out", document="paragraph"))
    passes(corpus, root / "out")
    return corpus, files_of(root / "out")


@pytest.mark.parametrize("what", COLUMNS)
def test_tampered_columns_and_text_are_found(
    what: str, made_of_columns: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    is_found(*COLUMNS[what], *made_of_columns, tmp_path / "out")


@pytest.mark.parametrize(
    "tamper",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[1:]),
        lambda path: path.write_bytes(path.read_bytes() + b"{}\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.reasons.jsonl"])
def test_a_quarantine_that_lies_is_found(
    name: str, tamper: Callable[[Path], None], tmp_path: Path
) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD)
    run(spec(corpus, tmp_path / "out", on_error="quarantine"))
    tamper(tmp_path / "out/_link/quarantine" / name)
    assert any("quarantine" in line for line in checked(corpus, tmp_path / "out").differences.shown)


def test_a_tampered_mark_is_found(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    run(spec(corpus, tmp_path / "out", fields=Fields(mark="link")))
    path = tmp_path / "out/a.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"seed":3', b'"seed":4', 1))
    assert "bytes outside the text differ" in checked(corpus, tmp_path / "out").differences.shown[0]


def test_an_original_that_is_another_one_is_found(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    run(spec(corpus, tmp_path / "out"))
    (corpus / "a.jsonl").write_bytes(json_lines(RECORDS).replace(b"house", b"horse"))
    (corpus / "b.jsonl").write_bytes(b'{"text":"dog"}\n')
    shown = "\n".join(checked(corpus, tmp_path / "out", most_differences=99).differences.shown)
    assert "sha256 of the input is" in shown
    assert "b.jsonl: is missing" in shown


def test_a_run_with_a_failed_shard_is_not_complete(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=b'{"text":"dog"}\n', b_jsonl=BAD)
    assert run(spec(corpus, tmp_path / "out")).failed
    [line] = checked(corpus, tmp_path / "out").differences.shown
    assert "b.jsonl: is missing" in line
    assert "has failed" in line


def test_a_bad_record_that_was_let_through_is_found(tmp_path: Path) -> None:
    corpus = shards(tmp_path, a_jsonl=BAD)
    run(spec(corpus, tmp_path / "out", on_error="skip"))
    edited("run.json", lambda told: told.update(on_error="fail"))(tmp_path / "out")
    shown = checked(corpus, tmp_path / "out").differences.shown
    assert any("so that its shard should have failed" in line for line in shown)
