"""Records: what has been done is told by files that are written once."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from link.run.counts import Totals
from link.run.records import Records
from link.run.task import File, ShardReport


def report(name: str, size_bytes: int = 1) -> ShardReport:
    file = File(name, size_bytes, "0" * 64)
    return ShardReport(name, file, file, Totals(documents=size_bytes))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_added_is_found_again(tmp_path: Path) -> None:
    Records(tmp_path).add([report("a"), report("sub/b")])
    Records(tmp_path).add([report("c \udcff")])
    records = Records(tmp_path)
    assert [records.get(name) for name in ("a", "sub/b", "c \udcff", "d")] == [
        *(report(name) for name in ("a", "sub/b", "c \udcff")),
        None,
    ]
    assert names_in(tmp_path) == ["0000001.jsonl", "0000002.jsonl"]


def test_the_later_of_two_counts(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.add([report("a", 1)])
    records.add([report("a", 2)])
    assert Records(tmp_path).get("a") == records.get("a") == report("a", 2)


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    Records(tmp_path / "records").add([])
    assert not (tmp_path / "records").exists()


def test_tasks_never_write_the_same_file(tmp_path: Path) -> None:
    for writer in ("task-0-of-2-", "task-1-of-2-", "", "task-0-of-2-"):
        Records(tmp_path, writer).add([report(f"{writer}a")])
    assert names_in(tmp_path) == [
        "0000001.jsonl",
        *(f"task-{name}.jsonl" for name in ("0-of-2-0000001", "0-of-2-0000002", "1-of-2-0000001")),
    ]


def test_all_are_put_together(tmp_path: Path) -> None:
    for writer in ("task-0-of-2-", "task-1-of-2-", ""):
        Records(tmp_path, writer).add([report(f"{writer}a")])
    records = Records(tmp_path)
    records.put_together(["task-1-of-2-a", "a", "unknown"])
    assert names_in(tmp_path) == ["0000000.jsonl"]
    lines = (tmp_path / "0000000.jsonl").read_text().splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["task-1-of-2-a", "a"]
    assert Records(tmp_path).get("task-0-of-2-a") is None
    records.add([report("b")])
    assert Records(tmp_path).get("b") == report("b")


@pytest.mark.parametrize(
    "line",
    [
        *("", "{", "[[[[" * 10_000, "7", "null", '["a"]', '{"name": 7}', '{"name": "a"}'),
        json.dumps({**report("a").as_dict(), "totals": {"documents": -1}}),
        "\x00\xff",
    ],
)
def test_a_line_that_is_no_record_is_none(line: str, tmp_path: Path) -> None:
    good = json.dumps(report("b").as_dict())
    (tmp_path / "0000001.jsonl").write_text(f"{line}\n{good}\n{good[:-9]}", encoding="latin-1")
    records = Records(tmp_path)
    assert records.get("a") is None
    assert records.get("b") == report("b")


def test_what_is_no_file_holds_no_records(tmp_path: Path) -> None:
    (tmp_path / "0000001.jsonl").mkdir()
    os.mkfifo(tmp_path / "0000002.jsonl")
    (tmp_path / "notes.txt").write_text(json.dumps(report("a").as_dict()))
    assert Records(tmp_path).told() == {}


def test_values_stay_as_they_are_told(tmp_path: Path) -> None:
    told: dict[str, Any] = {**report("a").as_dict(), "of a later version": 1}
    (tmp_path / "0000001.jsonl").write_text(json.dumps(told))
    assert Records(tmp_path).told() == {"a": told}
