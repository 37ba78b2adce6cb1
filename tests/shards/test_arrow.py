"""Arrow IPC: a file or stream that is rewritten keeps all that is not text; damage is refused."""

import io
import pickle
import random
import struct
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from link.errors import ShardError, UsageError
from link.shards.arrow import ArrowSink, ArrowSource, body_codec_of
from tests.helpers import ROOT, environment
from tests.shards.test_parquet import COLUMNS

END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
KINDS = ("file", "stream")
CODECS = (None, "lz4", "zstd")

Batches = Sequence[tuple[pa.RecordBatch, dict[str, str] | None]]


def written(
    kind: str, schema: pa.Schema, batches: Batches, codec: str | None = None, **more: Any
) -> bytes:
    out = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=codec, **more.pop("options", {}))
    make = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with make(out, schema, options=options, **more) as writer:
        for rows, metadata in batches:
            writer.write_batch(rows, custom_metadata=metadata)
    return out.getvalue()


def some(kind: str, sizes: Sequence[int], codec: str | None = None) -> bytes:
    """A shard whose record batches have some numbers of rows."""
    schema = pa.schema({"text": pa.string(), "n": pa.int64()}, metadata={"a": "b"})
    batches = [
        (pa.record_batch([["a dog"] * size, range(size)], schema=schema), None) for size in sizes
    ]
    return written(kind, schema, batches, codec)


def contents(data: bytes) -> list[tuple[pa.RecordBatch, dict[bytes, bytes]]]:
    """The record batches and their metadata, as pyarrow reads them."""
    if data.startswith(b"ARROW1"):
        file = pa.ipc.open_file(data)
        pairs = [
            file.get_batch_with_custom_metadata(number) for number in range(file.num_record_batches)
        ]
    else:
        pairs = list(pa.ipc.open_stream(data).iter_batches_with_custom_metadata())
    return [(rows, dict(metadata or {})) for rows, metadata in pairs]


def rewritten(data: bytes) -> bytes:
    """The shard read and written again, piece by piece, with nothing swapped."""
    source = ArrowSource(io.BytesIO(data), "a.arrow")
    out = io.BytesIO()
    sink = ArrowSink(
        out,
        source.schema,
        is_file=source.is_file,
        codec=source.codec,
        metadata=source.metadata,
    )
    for piece in source.pieces():
        assert isinstance(piece.content, pa.RecordBatch)
        sink.write(piece.content)
        if piece.ends_group:
            sink.end_group(piece.metadata)
    sink.close()
    return out.getvalue()


def rows_of(data: bytes) -> int:
    source = ArrowSource(io.BytesIO(data), "a.arrow")
    return sum(len(piece.content) for piece in source.pieces())


def check_kept(data: bytes) -> bytes:
    """All that a reader sees of a shard is as it was once it is rewritten, and stays so."""
    result = rewritten(data)
    assert result[:6] == data[:6]
    before, after = contents(data), contents(result)
    assert len(after) == len(before)
    for (old, old_metadata), (new, new_metadata) in zip(before, after, strict=True):
        new.validate(full=True)
        assert new.schema.equals(old.schema, check_metadata=True)
        assert new.equals(old)
        assert new_metadata == old_metadata
    assert rewritten(result) == result
    return result


# --- what is kept ---------------------------------------------------------------------------------

MORE_COLUMNS = {
    "binary views": pa.array([b"a", None, b"b" * 20, b""], pa.binary_view()),
    "list views": pa.array([[1], None, [], [2]], pa.list_view(pa.int8())),
    "run-end encoded": pa.RunEndEncodedArray.from_arrays([1, 3, 4], ["a", None, "b"]),
    "intervals": pa.array([(1, 2, 3), None, (0, 0, 1), None], pa.month_day_nano_interval()),
    "dense unions": pa.UnionArray.from_dense(
        pa.array([0, 1, 0, 1], pa.int8()),
        pa.array([0, 0, 1, 1], pa.int32()),
        [pa.array([1, 2]), pa.array(["a", "b"])],
    ),
    "sparse unions": pa.UnionArray.from_sparse(
        pa.array([0, 1, 0, 1], pa.int8()), [pa.array(range(4)), pa.array(list("abcd"))]
    ),
    "dictionaries in lists": pa.ListArray.from_arrays(
        [0, 1, 1, 3, 4], pa.array(["a", "b", "a", "c"]).dictionary_encode()
    ),
    "dictionaries in structs": pa.StructArray.from_arrays(
        [pa.array(["a", None, "b", "a"]).dictionary_encode()], ["x"]
    ),
}
ALL_COLUMNS = COLUMNS | MORE_COLUMNS


@pytest.mark.parametrize("name", ALL_COLUMNS)
def test_a_column_of_any_type_is_kept(name: str) -> None:
    schema = pa.schema(
        [
            pa.field("text", pa.string(), nullable=False, metadata={"a": "é"}),
            pa.field("x", ALL_COLUMNS[name].type, metadata={"": "b"}),
        ],
        metadata={"c": "d"},
    )
    rows = pa.record_batch([["a", "b", "c", "d"], ALL_COLUMNS[name]], schema=schema)
    for kind in KINDS:
        check_kept(written(kind, schema, [(rows, None), (rows, {"e": "f"}), (rows, None)]))


@pytest.mark.parametrize("kind", KINDS)
def test_record_batches_keep_their_rows_and_empty_ones_too(kind: str) -> None:
    for sizes in ((), (0,), (3,), (0, 3, 0), (2, 0, 0, 1)):
        data = some(kind, sizes)
        assert [len(rows) for rows, _ in contents(check_kept(data))] == list(sizes)
        assert rows_of(data) == sum(sizes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("codec", CODECS)
def test_the_compression_of_batches_is_kept(codec: str | None, kind: str) -> None:
    data = some(kind, [3000, 0, 2000], codec)
    assert ArrowSource(io.BytesIO(data), "a.arrow").codec == codec
    result = check_kept(data)
    assert ArrowSource(io.BytesIO(result), "a.arrow").codec == codec
    assert len(result) == len(data)
    with_dictionary = pa.record_batch({"text": pa.array(["a"] * 50).dictionary_encode()})
    data = written(kind, with_dictionary.schema, [(with_dictionary, None)], codec)
    assert ArrowSource(io.BytesIO(check_kept(data)), "a.arrow").codec == codec


@pytest.mark.parametrize("kind", KINDS)
def test_the_metadata_of_batches_is_kept_where_they_are_read_in_pieces(kind: str) -> None:
    schema = pa.schema({"text": pa.string()})
    large = pa.record_batch([[f"{n}" + "x" * 1000 for n in range(2500)]], schema=schema)
    small = pa.record_batch([["a"]], schema=schema)
    data = written(kind, schema, [(large, {"n": "1"}), (small, None), (large, {"n": "3"})])
    pieces = list(ArrowSource(io.BytesIO(data), "a.arrow").pieces())
    assert len(pieces) > 5
    assert sum(piece.ends_group for piece in pieces) == 3
    assert [len(rows) for rows, _ in contents(check_kept(data))] == [2500, 1, 2500]


def test_a_files_own_metadata_is_kept() -> None:
    rows = pa.record_batch({"text": ["a"]})
    data = written("file", rows.schema, [(rows, None)], metadata={"made by": "é"})
    assert dict(pa.ipc.open_file(check_kept(data)).metadata) == {b"made by": "é".encode()}


def differing(kind: pa.DataType) -> list[tuple[pa.RecordBatch, None]]:
    """Record batches whose columns have dictionaries of their own."""
    schema = pa.schema({"text": kind, "tag": kind, "n": pa.int64()})
    return [
        (
            pa.record_batch(
                [*[pa.array(words).dictionary_encode().cast(kind)] * 2, range(len(words))],
                schema=schema,
            ),
            None,
        )
        for words in (["a", "b"], ["c", None, "a"], [], ["d"] * 3)
    ]


def test_a_stream_keeps_dictionaries_that_are_replaced() -> None:
    kind = pa.dictionary(pa.int32(), pa.string())
    batches = differing(kind)
    schema = batches[0][0].schema
    result = check_kept(written("stream", schema, batches))
    assert [row["text"] for rows, _ in contents(result) for row in rows.to_pylist()] == [
        *("a", "b", "c", None, "a", "d", "d", "d")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_dictionaries_that_grow_are_kept(kind: str) -> None:
    texts = [["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]
    batches = [
        (pa.record_batch({"text": pa.array(words).dictionary_encode()}), None) for words in texts
    ]
    options = {"emit_dictionary_deltas": True, "unify_dictionaries": False}
    data = written(kind, batches[0][0].schema, batches, options=options)
    assert [rows["text"].to_pylist() for rows, _ in contents(rewritten(data))] == texts


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cannot_take_new_texts_in_a_dictionary_but_a_stream_can(kind: str) -> None:
    batches = differing(pa.dictionary(pa.int32(), pa.string()))[:1]
    data = written(kind, batches[0][0].schema, batches)
    source = ArrowSource(io.BytesIO(data), "a.arrow")
    source.refuse_dictionary([("n",), ("absent",)])
    if kind == "stream":
        source.refuse_dictionary([("text",)])
    else:
        with pytest.raises(ShardError, match=r"^a\.arrow: text column 'text' is dictionary"):
            source.refuse_dictionary([("n",), ("text",)])


def test_dictionaries_are_decoded_where_the_schema_has_none() -> None:
    rows = pa.record_batch({"text": pa.array(["a", None, "b"]).dictionary_encode(), "n": [1, 2, 3]})
    schema = pa.schema({"text": pa.string(), "n": pa.int64()}, metadata={"a": "b"})
    out = io.BytesIO()
    sink = ArrowSink(out, schema)
    sink.write(rows)
    sink.write(rows.slice(1))
    sink.close()
    [(found, _)] = contents(out.getvalue())
    assert found.schema.equals(schema, check_metadata=True)
    assert found["text"].to_pylist() == ["a", None, "b", None, "b"]


def test_what_compression_means_inside() -> None:
    assert (body_codec_of("none"), body_codec_of("zst")) == (None, "zstd")
    with pytest.raises(UsageError, match="cannot be compressed with gz"):
        body_codec_of("gz")


# --- what is damaged, or ends early ---------------------------------------------------------------


def messages_end(data: bytes) -> list[int]:
    """After how many bytes of a stream its schema and each of its record batches end."""
    file = io.BytesIO(data)
    reader = pa.ipc.MessageReader.open_stream(file)
    ends = []
    while file.tell() < len(data) - len(END_OF_STREAM):
        reader.read_next_message()
        ends.append(file.tell())
    return ends


@pytest.mark.parametrize(("kind", "codec"), [("file", None), ("stream", "lz4"), ("stream", None)])
def test_a_shard_that_is_cut_off_is_refused(kind: str, codec: str | None) -> None:
    data = some(kind, [30, 0, 20], codec)
    for end in {*range(0, len(data), 7), *range(len(data) - 20, len(data))}:
        with pytest.raises(ShardError, match=r"^a\.arrow: .* truncated or damaged") as raised:
            rows_of(data[:end])
        assert "\n" not in str(raised.value)
    if kind == "stream":  # between two batches
        for end in (*messages_end(data), -len(END_OF_STREAM)):
            with pytest.raises(ShardError, match=r"no end marker|truncated or damaged"):
                rows_of(data[:end])


def test_what_follows_the_end_of_a_stream_is_not_left_out_in_silence() -> None:
    data = some("stream", [3])
    with pytest.raises(ShardError):
        rows_of(data + data)


@pytest.mark.parametrize(
    "data",
    [b"", b"ARROW1", b"ARROW1\0\0", b"FEA1" + b"\0" * 60, b'{"text":"a"}\n' * 9, b"\0" * 99],
)
def test_what_is_no_arrow_is_refused(data: bytes) -> None:
    with pytest.raises(ShardError, match=r"^a\.arrow: "):
        rows_of(data)


_FIND_ALL = """
import io, pickle, sys
import pyarrow as pa
from link.errors import ShardError
from link.shards.arrow import ArrowSource
from link.shards.fields import Fields
from link.shards.rows import Rows
for data in pickle.load(sys.stdin.buffer):
    try:
        source = ArrowSource(io.BytesIO(data), "a.arrow")
        finder = Rows(Fields(), source.schema, strict=True)
        print(sum(finder.find(piece.content).lines for piece in source.pieces()))
    except (ShardError, pa.ArrowException):
        print("refused")
"""


def found_in(shards: Sequence[bytes]) -> list[str]:
    """What reading each shard comes to, in a process of its own, which may crash."""
    done = subprocess.run(
        [sys.executable, "-c", _FIND_ALL],
        input=pickle.dumps(shards),
        capture_output=True,
        env=environment(),
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()[-300:]) == (0, "")
    return done.stdout.decode().split()


def with_odd_offsets() -> list[bytes]:
    """A stream, and the same with an offset that points nowhere."""
    columns = {"text": [f"a dog {n:03}" for n in range(40)], "other": ["x" * 7] * 40}
    rows = pa.record_batch(columns)
    data = written("stream", rows.schema, [(rows, None)])
    shards = [data]
    for texts in columns.values():
        for row, offset in ((40, 1 << 30), (20, 1 << 30), (20, -(1 << 30)), (0, 11)):
            offsets = [len(texts[0]) * n for n in range(41)]
            good = struct.pack("<41i", *offsets)
            offsets[row] = offset
            shards.append(data.replace(good, struct.pack("<41i", *offsets)))
            assert shards[-1] != data
    return shards


def with_bits_flipped() -> list[bytes]:
    rows = pa.record_batch(
        {
            "text": [f"a dog {n}" for n in range(40)],
            "d": pa.array(["u", "v"] * 20).dictionary_encode(),
            "l": [[1, 2]] * 40,
        }
    )
    random_ = random.Random(1)
    shards = []
    for kind, codec in (("file", None), ("stream", None), ("file", "zstd"), ("stream", "lz4")):
        data = written(kind, rows.schema, [(rows, None)], codec)
        for _ in range(150):
            broken = bytearray(data)
            broken[random_.randrange(len(data))] ^= 1 << random_.randrange(8)
            shards.append(bytes(broken))
    return shards


def test_damage_is_refused_or_crashes_nothing() -> None:
    odd, flipped = with_odd_offsets(), with_bits_flipped()
    found = found_in(odd + flipped)
    assert found[: len(odd)] == ["40"] + ["refused"] * (len(odd) - 1)
    assert 50 < found[len(odd) :].count("refused") < len(flipped)
