"""What tests of conversions share: the same records in many formats."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from link.lexicon import Lexicon
from link.policy import Policy
from tests.helpers import data_tree, json_lines, some_records
from tests.run.helpers import run, spec_of

NOTHING = Policy(ratio=0)


ALL = Policy(ratio=1)


# What all four formats can spell.
TEXTS = [
    *("The dog sees the house.", "dog", "a 😀 dog \u2028 house", "הכלב \u200fthe dog", "犬 the"),
    *(
        "cafe\u0301 the do\u0301g",
        'the \\u0041 "dog"',
        "the\0dog",
        " the dog\t",
        "a \r dog",
        "\x85",
    ),
    *(r["text"].replace("\n", " ") or "x" for r in some_records(40, 3)),
]


def write(path: Path, records: list[dict[str, Any]]) -> None:
    """A shard of these records in the container that the name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_bytes(json_lines(records))
    elif path.suffix == ".txt":
        path.write_bytes("".join(record["text"] + "\n" for record in records).encode())
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(records), path, row_group_size=13)
    else:
        table = pa.Table.from_pylist(records)
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=17)


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    if path.suffix == ".txt":
        return [{"text": line} for line in path.read_bytes().decode().split("\n")[:-1]]
    return table_of(path).to_pylist()


def table_of(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    data = path.read_bytes()
    opener = pa.ipc.open_file if data.startswith(b"ARROW1") else pa.ipc.open_stream
    return opener(data).read_all()


def plain(data: bytes) -> list[str]:
    """JSON Lines in the one spelling that the standard library gives the values."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [json.dumps(json.loads(line), sort_keys=True) for line in lines if line.strip()]


def convert(
    source: Path, container: str, out: Path, lexicon: Lexicon, policy: Policy = NOTHING, **more: Any
) -> Path:
    """The output of a conversion that must succeed."""
    report = run(spec_of(source, out, lexicon, policy, container=container, **more))
    assert not report.failed, report.failed
    [name] = data_tree(out)
    return out / name
