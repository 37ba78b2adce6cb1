"""The same records in many containers."""

import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from link.policy import Policy
from tests.helpers import compress, json_lines, some_text

Record = dict[str, Any]


Write = Callable[[Path, list[Record]], object]


ALL = Policy(ratio=1)


def some_texts(count: int, seed: int = 0, words: int = 40) -> list[str]:
    random_ = random.Random(seed)
    return [some_text(random_, random_.randint(0, words)) for _ in range(count)]


def records_of(texts: Sequence[str | None]) -> list[Record]:
    """Records with these texts, every third of another language, with keys that come twice."""
    return [
        {"id": f"k{n // 2}", "lang": "fr" if n % 3 == 2 else "en", "text": text}
        for n, text in enumerate(texts)
    ]


# --- the same records in many containers ----------------------------------------------------------


def parquet_as(kind: pa.DataType | None = None, **options: Any) -> Write:
    def write(path: Path, records: list[Record]) -> None:
        pq.write_table(table_of(records, kind), path, **options)

    return write


def arrow_as(kind: pa.DataType | None = None, *, stream: bool, rows: int, codec: Any) -> Write:
    def write(path: Path, records: list[Record]) -> None:
        table = table_of(records, kind)
        new = pa.ipc.new_stream if stream else pa.ipc.new_file
        options = pa.ipc.IpcWriteOptions(compression=codec)
        with path.open("wb") as file, new(file, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=rows)

    return write


def table_of(records: list[Record], kind: pa.DataType | None = None) -> pa.Table:
    table = pa.Table.from_pylist(records, pa.schema([(name, pa.string()) for name in records[0]]))
    if kind is None:
        return table
    texts = table["text"].cast(pa.binary()) if pa.types.is_binary(kind) else table["text"]
    texts = texts.dictionary_encode() if pa.types.is_dictionary(kind) else texts.cast(kind)
    return table.set_column(table.schema.get_field_index("text"), "text", texts)


def write_nested(path: Path, records: list[Record]) -> None:
    """The text in a struct, where every fifth struct is null if its text is."""
    texts = [None if (t := r["text"]) is None and n % 5 else t for n, r in enumerate(records)]
    bodies = [None if t is None else {"n": n, "text": t} for n, t in enumerate(texts)]
    kind = pa.struct([("n", pa.int32()), ("text", pa.large_string())])
    pq.write_table(
        table_of(records).drop("text").append_column("body", pa.array(bodies, kind)), path
    )


def jsonl_as(codec: str, **dumps: Any) -> Write:
    def write(path: Path, records: list[Record]) -> None:
        path.write_bytes(compress(json_lines(records, **dumps), codec))

    return write


def write_feather(path: Path, records: list[Record]) -> None:
    pyarrow.feather.write_feather(table_of(records), path, chunksize=9)


def write_compressed_parquet(path: Path, records: list[Record]) -> None:
    plain = io.BytesIO()
    pq.write_table(table_of(records), plain, row_group_size=20)
    path.write_bytes(compress(plain.getvalue(), "zst"))


DICTIONARY = pa.dictionary(pa.int32(), pa.string())


CONTAINERS: dict[str, Write] = {
    "ascii.jsonl": jsonl_as("none"),
    "utf8.ndjson": jsonl_as("none", ensure_ascii=False, separators=(",", ":")),
    "ascii.json.gz": jsonl_as("gz"),
    "utf8.jsonl.zst": jsonl_as("zst", ensure_ascii=False),
    "plain.parquet": parquet_as(),
    "groups-of-1.parquet": parquet_as(row_group_size=1),
    "groups-of-7.parquet": parquet_as(row_group_size=7, compression="zstd", use_dictionary=False),
    "large.parquet": parquet_as(pa.large_string(), row_group_size=30, compression="gzip"),
    "dictionary.parquet": parquet_as(DICTIONARY, row_group_size=30),
    "binary.parquet": parquet_as(pa.binary()),
    "nested.parquet": write_nested,
    "whole.parquet.zst": write_compressed_parquet,
    "file.arrow": arrow_as(stream=False, rows=10, codec=None),
    "zstd.arrow": arrow_as(pa.large_string(), stream=False, rows=100, codec="zstd"),
    "stream.arrow": arrow_as(stream=True, rows=10, codec=None),
    "lz4-stream.arrow": arrow_as(stream=True, rows=1, codec="lz4"),
    "dictionary-stream.arrow": arrow_as(DICTIONARY, stream=True, rows=30, codec=None),
    "lz4.feather": write_feather,
}


# --- any number of processes ----------------------------------------------------------------------

LARGE = {
    **{name: CONTAINERS[name] for name in ("ascii.json.gz", "utf8.jsonl.zst", "zstd.arrow")},
    "groups.parquet": parquet_as(row_group_size=377, compression="zstd"),
    "dictionary.parquet": parquet_as(DICTIONARY),
    "stream.arrow": arrow_as(stream=True, rows=250, codec=None),
}


ROWS = 900
