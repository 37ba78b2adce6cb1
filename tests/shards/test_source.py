"""A shard opened: its pieces, its size and hash as it is stored, and how far reading has come."""

import hashlib
import io
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.errors import ShardError
from link.shards.batch import Piece
from link.shards.codecs import CompressedSink, Tally, compressor
from link.shards.formats import ARROW, COLUMNAR, FORMATS, JSONL, PARQUET, TEXT
from link.shards.sink import sink_like
from link.shards.source import Source
from tests.helpers import compress, decompress, json_lines, some_records

CODECS = ("none", "gz", "zst", "bz2", "xz")
_RECORDS = some_records(120)


def shard(container: str, size: int = len(_RECORDS)) -> bytes:
    """A shard of a container, without any outer compression."""
    records = _RECORDS[:size]
    schema = pa.schema({"id": pa.string(), "text": pa.string(), "score": pa.float64()})
    table = pa.Table.from_pylist(records, schema)
    out = io.BytesIO()
    if container == JSONL:
        out.write(json_lines(records))
    elif container == TEXT:
        out.write("".join(record["text"] + "\n\n" for record in records).encode())
    elif container == PARQUET:
        pq.write_table(table, out, row_group_size=50)
    else:
        with pa.ipc.new_stream(out, schema) as writer:
            writer.write_table(table, max_chunksize=50)
    return out.getvalue()


def arrow_file() -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pylist(_RECORDS)
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=50)
    return out.getvalue()


SHARDS = {**{name: (name, shard(name)) for name in FORMATS}, "arrow file": (ARROW, arrow_file())}


def stored(folder: Path, name: str, codec: str) -> tuple[Path, str]:
    """A shard's file, and its container."""
    container, data = SHARDS[name]
    path = folder / "a.shard"
    path.write_bytes(compress(data, codec))
    return path, container


def joined(pieces: Sequence[Piece]) -> bytes | list[object]:
    """What stands in some pieces, however they are cut."""
    contents = [piece.content for piece in pieces]
    if all(isinstance(content, bytes) for content in contents):
        return b"".join(content for content in contents if isinstance(content, bytes))
    return [
        row for rows in contents if isinstance(rows, pa.RecordBatch) for row in rows.to_pylist()
    ]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("name", SHARDS)
def test_a_shard_is_read_whole_and_known_by_hashes(name: str, codec: str, tmp_path: Path) -> None:
    path, container = stored(tmp_path, name, codec)
    reports: list[int] = []
    with Source(str(path), container, codec, block_bytes=777, progress=reports.append) as source:
        pieces = list(source.pieces())
        assert source.size_bytes == path.stat().st_size
        assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        content = None if container in COLUMNAR else hashlib.sha256(SHARDS[name][1]).hexdigest()
        assert source.content_sha256 == content
        assert (source.schema is None) == (container not in COLUMNAR)
    assert sum(reports) == path.stat().st_size
    assert min(reports) >= 0
    if container in COLUMNAR:
        assert joined(pieces) == _RECORDS
        assert sum(piece.ends_group for piece in pieces) == 3
    else:
        assert joined(pieces) == SHARDS[name][1]
        assert [piece.first for piece in pieces] == [True] + [False] * (len(pieces) - 1)


@pytest.mark.parametrize("codec", ["none", "xz"])
@pytest.mark.parametrize("name", SHARDS)
def test_a_file_can_be_read_twice_and_counts_once(name: str, codec: str, tmp_path: Path) -> None:
    path, container = stored(tmp_path, name, codec)
    reports: list[int] = []
    with Source(
        str(path), container, codec, block_bytes=999, twice=True, progress=reports.append
    ) as source:
        before = joined(list(source.pieces(again=True)))
        assert joined(list(source.pieces())) == before
        assert before == (_RECORDS if container in COLUMNAR else SHARDS[name][1])
        assert source.size_bytes == path.stat().st_size
        assert source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert sum(reports) == path.stat().st_size


@pytest.mark.parametrize("codec", CODECS)
def test_a_stream_itself_may_tell_its_compression(codec: str, tmp_path: Path) -> None:
    path, container = stored(tmp_path, TEXT, codec)
    with Source(str(path), container, "") as source:
        assert joined(list(source.pieces())) == SHARDS[TEXT][1]


@pytest.mark.parametrize("codec", CODECS[1:])
@pytest.mark.parametrize("name", [JSONL, PARQUET])
def test_a_compression_that_the_name_hides_is_refused(
    name: str, codec: str, tmp_path: Path
) -> None:
    path, container = stored(tmp_path, name, codec)
    with (
        pytest.raises(ShardError, match=f"holds {codec} data.*let it end in .{codec}"),
        Source(str(path), container, "none") as source,
    ):
        list(source.pieces())


@pytest.mark.parametrize("codec", CODECS[1:])
@pytest.mark.parametrize("name", [JSONL, TEXT, PARQUET])
def test_a_compressed_shard_that_is_cut_off_or_plain_is_refused(
    name: str, codec: str, tmp_path: Path
) -> None:
    path, container = stored(tmp_path, name, codec)
    data = path.read_bytes()
    for broken in (data[: len(data) // 2], data[:-1], data + b"more", SHARDS[name][1], b""):
        path.write_bytes(broken)
        with (
            pytest.raises(ShardError, match=r"a\.shard: "),
            Source(str(path), container, codec) as source,
        ):
            list(source.pieces())


@pytest.mark.parametrize("container", COLUMNAR)
def test_damaged_columns_are_refused_with_the_shards_name(container: str, tmp_path: Path) -> None:
    path = tmp_path / "a.shard"
    path.write_bytes(compress(SHARDS[container][1][:-100], "gz"))
    with (
        pytest.raises(ShardError, match=r"a\.shard: .*truncated or damaged"),
        Source(str(path), container, "gz") as source,
    ):
        list(source.pieces())


def test_a_shard_that_is_not_there_is_an_operating_systems_error(tmp_path: Path) -> None:
    for container in FORMATS:
        with (
            pytest.raises(FileNotFoundError),
            Source(str(tmp_path / "absent"), container, "none") as source,
        ):
            list(source.pieces())


@pytest.mark.parametrize("codec", ["none", "zst", "bz2"])
@pytest.mark.parametrize("container", FORMATS)
def test_an_empty_shard_has_no_records(container: str, codec: str, tmp_path: Path) -> None:
    path = tmp_path / "a.shard"
    path.write_bytes(compress(shard(container, 0), codec))
    reports: list[int] = []
    with Source(str(path), container, codec, progress=reports.append) as source:
        assert not joined(list(source.pieces()))
    assert sum(reports) == path.stat().st_size


@pytest.mark.parametrize(
    ("name", "codec"),
    [(JSONL, "xz"), (TEXT, "bz2"), *((n, "zst") for n in SHARDS)],
)
def test_a_sink_like_the_source_gives_the_shard_back(name: str, codec: str, tmp_path: Path) -> None:
    path, container = stored(tmp_path, name, codec)
    out = io.BytesIO()
    with Source(str(path), container, codec) as source:
        sink = sink_like(source, CompressedSink(Tally(out), compressor(codec)), [("text",)])
        for piece in source.pieces():
            content = piece.content
            sink.write([content] if isinstance(content, bytes) else content)
            if piece.ends_group:
                sink.end_group(piece.metadata)
        sink.close()
    data = decompress(out.getvalue(), codec)
    if container == PARQUET:
        assert pq.read_table(io.BytesIO(data)).to_pylist() == _RECORDS
        assert pq.ParquetFile(io.BytesIO(data)).num_row_groups == 3
    else:
        assert data == SHARDS[name][1]


@pytest.mark.parametrize(("times", "codec"), [(1, "zst"), (2, "xz"), (2, "none")])
def test_standard_input_can_be_read_as_often_as_a_file(
    times: int, codec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = SHARDS[JSONL][1]
    data = compress(content, codec)
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe, os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)

        def feed() -> None:
            pipe.write(data)
            pipe.close()

        thread = threading.Thread(target=feed)
        thread.start()
        with Source("-", JSONL, "", twice=times == 2, block_bytes=999) as source:
            for again in (True, False)[2 - times :]:
                assert joined(list(source.pieces(again=again))) == content
            assert source.size_bytes == len(data)
            assert source.sha256 == hashlib.sha256(data).hexdigest()
            assert source.content_sha256 == hashlib.sha256(content).hexdigest()
        thread.join()
