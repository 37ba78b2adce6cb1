"""The swaps sidecar: a Parquet file beside a shard that says what was swapped in it, where.

Row groups end after a fixed number of rows, so that the bytes depend on the swaps alone.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from link.errors import ShardError, shortage
from link.publish import published
from link.shards.codecs import CompressedSink, Tally
from link.shards.parquet import ParquetSink
from link.shards.sink import RowsSink
from link.untrusted import open_file

SWAPS = "swaps"
SUFFIX = ".parquet"
GROUP_ROWS = 1 << 17
_BATCH_ROWS = 1 << 14  # that are read at a time

NAME = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        pa.field(name, kind, nullable=False)
        for name, kind in {
            "record": pa.int64(),
            "record_in": pa.int64(),
            "field": NAME,
            "key": pa.uint64(),
            "start": pa.int64(),
            "length": pa.int64(),
            "new_start": pa.int64(),
            "new_length": pa.int64(),
            "original": pa.binary(),
            "source": pa.string(),
            "translation": pa.string(),
            "language": NAME,
            "mode": NAME,
        }.items()
    ]
)
"""A swap a row. `docs/runs.md` says what the columns hold."""

_ASCENDING = ("record", "record_in", "start", "new_start")
_SETTINGS: dict[str, Any] = {
    "compression": "zstd",
    "use_dictionary": [name for name in SCHEMA.names if name not in _ASCENDING],
    "column_encoding": dict.fromkeys(_ASCENDING, "DELTA_BINARY_PACKED"),
}


def sidecar_path(folder: Path, name: str) -> Path:
    """Where the swaps of the shard of some name are kept, in the folder of all of them."""
    return folder / f"{name}{SUFFIX}"


class Sidecar:
    """The sidecar of one shard, published when it closes. Without a path there is none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stack = ExitStack()
        self._tally: Tally | None = None
        self._sink: RowsSink | None = None

    def __enter__(self) -> "Sidecar":
        self._stack.__enter__()
        if self._path:
            self._tally = Tally(self._stack.enter_context(published(self._path)))
            file = CompressedSink(self._tally, None)
            rows = ParquetSink(file, SCHEMA, _SETTINGS)
            sink = RowsSink(rows, file, anew=True, most_rows=GROUP_ROWS)
            self._stack.push(lambda kind, _error, _trace: sink.abandon() if kind else sink.close())
            self._sink = sink
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.__exit__(*raised)

    @property
    def file(self) -> tuple[int, str]:
        """Size in bytes and SHA-256 of what has been written."""
        assert self._tally is not None, "there is a sidecar"
        return self._tally.size_bytes, self._tally.sha256

    def write(self, swaps: pa.RecordBatch, records: int, lines: int) -> None:
        """Add the swaps of a piece; `records`, `lines`: how many were written and read before."""
        assert self._sink is not None, "there is a sidecar"
        columns = [
            pc.add(swaps.column(0), records),
            pc.add(swaps.column(1), lines),
            *swaps.columns[2:],
        ]
        rows = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
        self._sink.write(rows, np.zeros(len(rows), np.int64))


def read_sidecar(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of a sidecar, in order. Raises `ShardError` if it is none, or damaged."""
    try:
        # Opened here, since pyarrow takes no name that is not UTF-8.
        with (
            open_file(path) as opened,
            pq.ParquetFile(opened, page_checksum_verification=True) as file,
        ):
            if not SCHEMA.equals(file.schema_arrow):
                raise ShardError(f"{path}: does not have the columns of a sidecar of swaps")
            for batch in file.iter_batches(_BATCH_ROWS):
                batch.validate(full=True)  # texts that are not UTF-8, for one
                yield batch
    except FileNotFoundError:
        raise ShardError(f"{path}: there is no such sidecar") from None
    except (pa.ArrowException, OSError) as error:
        told = shortage(error) or f"the sidecar is damaged ({error})"
        raise ShardError(f"{path}: {told}") from error


@contextmanager
def gone_with_its_shard(path: Path | None) -> Iterator[None]:
    """A shard that fails leaves no sidecar, though that is published first."""
    try:
        yield
    except BaseException:
        if path:
            with suppress(OSError):
                path.unlink()
        raise
