"""What every door is held to: the command line's own output for the same table."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tests.helpers import link, some_records

OPTIONS = ("--ratio", "0.5", "--seed", "7")


class Names(NamedTuple):
    """Which columns a door is told of."""

    text: str
    key: str | None


NAMES = [
    Names("text", None),
    Names("text", "id"),
    Names("text", "number"),
    Names("meta.body", "id"),
]
FLAT = [names for names in NAMES if "." not in names.text]


def some_table(rows: int = 60) -> pa.Table:
    """Texts of all kinds, some null and many alike, with two columns of keys and others."""
    records = some_records(rows)
    texts = [record["text"] for record in records]
    texts[3:6] = [None, "", "犬 and the dog 😀 don’t see the e\u0301 river\u0000\r\n"]
    texts[10:20] = ["The dog sees the green river by the house on Monday."] * 10
    return pa.table(
        {
            "id": [record["id"] for record in records],
            "text": texts,
            "number": pa.array(range(5, rows + 5), pa.int64()),
            "meta": [
                {"body": record["text"].upper(), "score": record["score"]} for record in records
            ],
            "tags": [["x"] * (number % 3) for number in range(rows)],
        }
    )


def by_command(table: pa.Table, names: Names, work: Path) -> pa.Table:
    """The table that `link substitute` writes; `work` has the lexicon `tiny.tsv`."""
    pq.write_table(table, work / "in.parquet")
    fields = ["--text-field", names.text, *(["--key-field", names.key] if names.key else [])]
    arguments = ("in.parquet", "-o", "out", "-l", "tiny.tsv", *OPTIONS, *fields, "-q")
    shutil.rmtree(work / "out", ignore_errors=True)
    done = link("substitute", *arguments, cwd=work)
    assert (done.returncode, done.stderr) == (0, b"")
    swapped = pq.read_table(work / "out" / "in.parquet")
    assert swapped != table
    return swapped
