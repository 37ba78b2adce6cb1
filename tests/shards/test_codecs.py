"""Compressed streams: whole data or an error, and output that is the same each time."""

import gzip
import io
import random
import shutil
import subprocess
import zlib
from collections.abc import Iterable, Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from link.errors import ShardError, UsageError
from link.shards.codecs import (
    GZ,
    NONE,
    ZST,
    Tally,
    compressor,
    decompressing,
    parse_compression,
    sniff,
)
from tests.helpers import compress, decompress
from tests.strategies import examples

_RANDOM = random.Random(1)
_VOCABULARY = [_RANDOM.randbytes(_RANDOM.randint(1, 6)).hex().encode() for _ in range(2000)]
DATA = b" ".join(_RANDOM.choices(_VOCABULARY, k=4000))
LARGE = b" ".join(_RANDOM.choices(_VOCABULARY, k=60_000))
HALVES = DATA[:1000], DATA[1000:1700]
EMPTY_SKIPPABLE = b"\x50\x2a\x4d\x18\x00\x00\x00\x00"
SKIPPABLE = b"\x53\x2a\x4d\x18\x04\x00\x00\x00abcd"


def long_window(data: bytes, window_log: int) -> bytes:
    """A frame as of `zstd --long`, of unknown length, so that the whole window is needed."""
    compression = zstandard.ZstdCompressor(write_content_size=False, write_checksum=True)
    running = compression.compressobj()
    frame = bytearray(running.compress(data) + running.flush())
    assert not frame[4] & 0b100000, "a frame with a window descriptor"
    frame[5] = (window_log - 10) << 3  # RFC 8878, 3.1.1.1.2
    return bytes(frame)


def with_name_and_comment(data: bytes) -> bytes:
    """A gzip member with all the optional fields of RFC 1952."""
    head = b"\x1f\x8b\x08\x1e\x01\x02\x03\x04\x00\x03"
    head += b"\x04\x00" + b"EXTR" + b"name.jsonl\x00" + b"comment\x00"
    head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    return head + gzip.compress(data)[10:]


def in_pieces(data: bytes, size_bytes: int) -> list[bytes]:
    return [data[at : at + size_bytes] for at in range(0, len(data), size_bytes)]


STREAMS = {
    "plain": (NONE, DATA),
    "gz": (GZ, compress(DATA, GZ)),
    "gz, two members": (GZ, compress(DATA[:9999], GZ) + compress(DATA[9999:], GZ)),
    "gz, many members": (GZ, b"".join(compress(piece, GZ) for piece in in_pieces(DATA, 100))),
    "gz, empty members": (GZ, compress(b"", GZ) + compress(DATA, GZ) + compress(b"", GZ)),
    "gz, optional fields": (GZ, with_name_and_comment(DATA)),
    "gz, padded with zeros": (GZ, compress(DATA, GZ) + bytes(512)),
    "zst": (ZST, compress(DATA, ZST)),
    "zst, no checksum": (ZST, zstandard.ZstdCompressor().compress(DATA)),
    "zst, two frames": (ZST, compress(DATA[:9999], ZST) + compress(DATA[9999:], ZST)),
    "zst, many frames": (ZST, b"".join(compress(piece, ZST) for piece in in_pieces(DATA, 100))),
    "zst, empty frames": (ZST, compress(b"", ZST) + compress(DATA, ZST) + compress(b"", ZST)),
    "zst, skippable frames": (ZST, SKIPPABLE + compress(DATA, ZST) + EMPTY_SKIPPABLE + SKIPPABLE),
    "zst, window of 256 MiB": (ZST, long_window(DATA, 28)),
    "zst, window of 2 GiB": (ZST, long_window(DATA, 31)),
}


def pieces_read(data: bytes, codec: str, size_bytes: int) -> Iterator[bytes]:
    stream = decompressing(Tally(io.BytesIO(data)), codec, "a.jsonl")
    if True:
        while piece := stream.read(size_bytes):
            yield piece


def read_all(data: bytes, codec: str, size_bytes: int = 1 << 20) -> bytes:
    return b"".join(pieces_read(data, codec, size_bytes))


def read_until_error(data: bytes, codec: str, size_bytes: int) -> tuple[bytes, ShardError]:
    """What was read before the error that must come."""
    got: list[bytes] = []
    with pytest.raises(ShardError) as raised:
        got.extend(pieces_read(data, codec, size_bytes))
    return b"".join(got), raised.value


def write_all(pieces: Iterable[bytes], codec: str, level: int | None = None) -> bytes:
    running = compressor(codec, level)
    assert running is not None
    return b"".join([*map(running.compress, pieces), running.flush()])


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size_bytes", [1, 7, 1000, 65_537, 1 << 20])
@pytest.mark.parametrize("name", STREAMS)
def test_all_data_is_read_in_chunks_of_any_size(name: str, size_bytes: int) -> None:
    codec, stored = STREAMS[name]
    pieces = list(pieces_read(stored, codec, size_bytes))
    assert b"".join(pieces) == DATA
    assert max(map(len, pieces)) <= size_bytes


@pytest.mark.parametrize("codec", [GZ, ZST])
@examples(30)
@given(
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=6),
    size_bytes=st.integers(1, 400),
)
def test_members_are_read_one_after_the_other(
    codec: str, members: list[bytes], size_bytes: int
) -> None:
    stored = b"".join(compress(member, codec) for member in members)
    assert read_all(stored, codec, size_bytes) == b"".join(members)


@pytest.mark.parametrize("size_bytes", [64, 1 << 20])
@pytest.mark.parametrize("codec", [GZ, ZST])
def test_a_stream_cut_anywhere_is_an_error(codec: str, size_bytes: int) -> None:
    first, second = (compress(half, codec) for half in HALVES)
    stored = first + second
    for cut in range(1, len(stored)):
        if cut == len(first):
            continue  # a whole stream of one member
        got, error = read_until_error(stored[:cut], codec, size_bytes)
        assert b"".join(HALVES).startswith(got)
        assert "a.jsonl: " in str(error)
        assert "fetch or compress it again" in str(error)
        assert "\n" not in str(error)


def test_a_stream_cut_in_a_skippable_frame_is_an_error() -> None:
    stored = compress(HALVES[0], ZST) + SKIPPABLE
    for missing in range(1, len(SKIPPABLE)):
        read_until_error(stored[:-missing], ZST, 1 << 20)


def test_a_stream_cut_deep_inside_is_an_error() -> None:
    for codec in (GZ, ZST):
        stored = compress(LARGE, codec)
        for cut in (len(stored) // 2, len(stored) - 1):
            got, error = read_until_error(stored[:cut], codec, 1 << 16)
            assert LARGE.startswith(got)
            assert f"the {codec} stream is cut off" in str(error)


@pytest.mark.parametrize("codec", [GZ, ZST])
def test_a_damaged_byte_never_gives_other_data(codec: str) -> None:
    (half, _) = HALVES
    stored = compress(half, codec)
    noticed = 0
    for at in range(len(stored)):
        damaged = bytearray(stored)
        damaged[at] ^= 0x40
        try:
            assert read_all(bytes(damaged), codec) == half
        except ShardError:
            noticed += 1
    assert noticed > 0.9 * len(stored)


@pytest.mark.parametrize(
    ("codec", "garbage"),
    [
        (GZ, b"x"),
        (GZ, b'{"text":"plain"}\n'),
        (GZ, b"\x1f\x8b"),
        (GZ, b"\x00\x00x"),
        (GZ, compress(b"a frame", ZST)),
        (ZST, b"x"),
        (ZST, b'{"text":"plain"}\n'),
        (ZST, b"\x28\xb5\x2f"),
        (ZST, bytes(512)),
        (ZST, compress(b"a member", GZ)),
    ],
)
def test_anything_behind_a_stream_is_an_error(codec: str, garbage: bytes) -> None:
    got, _ = read_until_error(compress(HALVES[0], codec) + garbage, codec, 100)
    assert HALVES[0].startswith(got)


@pytest.mark.parametrize("codec", [GZ, ZST])
@pytest.mark.parametrize("stored", [b'{"text":"plain"}\n', b"\x00" * 100, b"{", b"\n"])
def test_plain_bytes_under_a_compressed_name_are_an_error(codec: str, stored: bytes) -> None:
    got, _ = read_until_error(stored, codec, 1 << 20)
    assert got == b""


@pytest.mark.parametrize("codec", [GZ, ZST])
def test_an_empty_file_is_no_compressed_stream(codec: str) -> None:
    got, error = read_until_error(b"", codec, 1 << 20)
    assert got == b""
    assert "byte 0 of the file" in str(error)


def test_an_empty_plain_file_is_an_empty_shard() -> None:
    assert read_all(b"", NONE) == b""


@pytest.mark.parametrize("codec", [GZ, ZST])
def test_a_compressed_nothing_is_an_empty_shard(codec: str) -> None:
    assert read_all(compress(b"", codec), codec) == b""


def test_every_stored_byte_is_counted_and_hashed() -> None:
    for codec, stored in STREAMS.values():
        seen: list[int] = []
        tally = Tally(io.BytesIO(stored), seen.append)
        stream = decompressing(tally, codec, "a.jsonl")
        if True:
            while stream.read(5000):
                pass
        whole = Tally(io.BytesIO())
        whole.write(stored)
        assert (tally.size_bytes, sum(seen)) == (len(stored), len(stored))
        assert tally.sha256 == whole.sha256


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        (compress(b"a", GZ), GZ),
        (compress(b"a", ZST), ZST),
        (b'{"text":"a"}', NONE),
        (b"", NONE),
        (b"\x1f", NONE),
        (b"\xef\xbb\xbf{", NONE),
    ],
)
def test_a_stream_without_a_name_is_known_by_its_first_bytes(head: bytes, codec: str) -> None:
    assert sniff(head) == codec


# --- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"x", DATA, LARGE], ids=["empty", "x", "data", "large"])
@pytest.mark.parametrize("codec", [GZ, ZST])
def test_what_is_written_is_read_by_others_and_by_us(codec: str, data: bytes) -> None:
    stored = write_all(in_pieces(data, 70_000), codec)
    assert decompress(stored, codec) == data
    assert read_all(stored, codec) == data


@pytest.mark.parametrize("codec", [GZ, ZST])
def test_the_same_bytes_compress_to_the_same_bytes(codec: str) -> None:
    pieces = in_pieces(LARGE, 70_000)
    assert write_all(pieces, codec) == write_all(pieces, codec)


@pytest.mark.parametrize("size_bytes", [100, 4096, 65_536, 1 << 20])
@pytest.mark.parametrize("codec", [GZ, ZST])
def test_compressed_bytes_do_not_depend_on_how_the_data_comes(codec: str, size_bytes: int) -> None:
    assert write_all(in_pieces(LARGE, size_bytes), codec) == write_all([LARGE], codec)


def test_gz_is_one_member_without_name_or_time() -> None:
    stored = write_all([DATA, DATA], GZ)
    flags, time_stamp = stored[3], stored[4:8]
    assert (flags, time_stamp) == (0, bytes(4))
    member = zlib.decompressobj(wbits=31)
    assert member.decompress(stored) == DATA + DATA
    assert member.eof
    assert member.unused_data == b""


def test_zst_is_one_frame_with_a_checksum() -> None:
    stored = write_all([DATA, DATA], ZST)
    assert zstandard.get_frame_parameters(stored).has_checksum
    frame = zstandard.ZstdDecompressor().decompressobj()
    assert frame.decompress(stored) == DATA + DATA
    assert frame.eof
    assert frame.unused_data == b""


@pytest.mark.parametrize(("codec", "tool"), [(GZ, "gzip"), (ZST, "zstd")])
def test_what_is_written_passes_the_tools_own_check(codec: str, tool: str) -> None:
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not installed")
    stored = write_all(in_pieces(LARGE, 70_000), codec)
    done = subprocess.run([program, "-t"], input=stored, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_level_is_obeyed() -> None:
    fast, slow = (write_all([DATA], ZST, level) for level in (-5, 19))
    assert len(slow) < len(fast)
    assert decompress(slow, ZST) == decompress(fast, ZST) == DATA


def test_plain_bytes_need_no_compressor() -> None:
    assert compressor(NONE) is None


# --- the option -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("none", (NONE, None)),
        ("gz", (GZ, None)),
        ("zst", (ZST, None)),
        ("zst:19", (ZST, 19)),
        ("zst:-5", (ZST, -5)),
    ],
)
def test_a_compression_is_named_by_codec_and_level(text: str, parsed: tuple[str, int]) -> None:
    assert parse_compression(text) == parsed


@pytest.mark.parametrize(
    "text",
    ["", "lzma", "gz:3", "none:1", "zst:", "zst:x", "zst:99", "zst:3.0", "ZST", " gz", "gz\n"],
)
def test_an_unknown_compression_is_an_error_that_names_the_known(text: str) -> None:
    with pytest.raises(UsageError, match=r"must be (none, gz, zst or zst:LEVEL|from -?\d+ to \d+)"):
        parse_compression(text)
