"""What tests of bad input share: broken shards, and what a run made of them."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from link.lexicon import Lexicon
from link.policy import Policy
from link.run.counts import Totals
from link.run.run import RunReport
from link.shards.quarantine import FAIL
from tests.helpers import data_tree, decompress, partial_files, shard_records
from tests.run.helpers import manifest_of, run, spec_of

LEXICON = Lexicon.from_pairs([("dog", "Hund"), ("house", "Haus")], language="de")


ALL = Policy(ratio=1)


Texts = Sequence[bytes | None]


def run_on(source: Path | Sequence[str], out: Path, on_error: str = FAIL, **more: Any) -> RunReport:
    return run(spec_of(source, out, LEXICON, ALL, on_error=on_error, **more))


def counts(totals: Totals) -> tuple[int, int, int, int]:
    """Records read, written, quarantined and skipped."""
    assert totals.conserved
    return (
        totals.records_read,
        totals.records_written,
        totals.records_quarantined,
        totals.records_skipped,
    )


def failure(report: RunReport, source: Path, out: Path) -> str:
    """The reason of the one shard that failed, of which nothing may be left."""
    [(path, reason)] = report.failed
    assert path == str(source)
    assert reason.startswith(f"{source}: ")
    assert "\n" not in reason
    assert source.name not in data_tree(out)
    assert source.name not in shard_records(out)
    assert not (out / "_link" / "quarantine" / source.name).exists()
    assert partial_files(out) == []
    assert manifest_of(out)["totals"]["shards_failed"] == 1
    return reason


def strings(values: Texts, kind: pa.DataType | None = None) -> pa.Array:
    """A column of strings that nobody has checked."""
    if kind is not None and pa.types.is_dictionary(kind):
        unique = list(dict.fromkeys(value for value in values if value is not None))
        indices = [None if value is None else unique.index(value) for value in values]
        return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32()), strings(unique))
    if kind is not None and pa.types.is_large_string(kind):
        return pa.array(values, pa.large_binary()).view(kind)
    return pa.array(values, pa.binary()).view(kind or pa.string())


def table_of(texts: pa.Array, notes: Texts | None = None) -> pa.Table:
    numbers = range(len(texts))
    notes = [b"note \xc3\xa9"] * len(texts) if notes is None else notes
    columns = {"id": pa.array([f"k{n}" for n in numbers]), "text": texts, "note": strings(notes)}
    return pa.table({**columns, "n": pa.array(numbers, pa.int32())})


def write(path: Path, table: pa.Table, rows: int = 2) -> None:
    """A shard of row groups or record batches of so many rows; a stream if the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=rows)
        return
    new = pa.ipc.new_stream if "stream" in path.name else pa.ipc.new_file
    with new(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)


def read(path: Path) -> pa.Table:
    if ".parquet" in path.name:
        return pq.read_table(io.BytesIO(decompress(path.read_bytes(), path.suffix[1:])))
    data = path.read_bytes()
    return (pa.ipc.open_file if data.startswith(b"ARROW1") else pa.ipc.open_stream)(data).read_all()


NAMES = ("a.parquet", "a.arrow", "stream.arrow", "a.feather")


BROKEN: Texts = (b"a dog", b"\xff dog", None, b"", b"dog \xe2\x82", b"\xed\xa0\x80", b"the dog")
