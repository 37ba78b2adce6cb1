"""Compressed streams: whole data or an error, and output that is the same each time."""

import gzip
import hashlib
import io
import itertools
import random
import shutil
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from link.errors import CheckpointError, ShardError, UsageError
from link.shards.codecs import (
    BZ2,
    GZ,
    NONE,
    XZ,
    ZST,
    CompressedSink,
    Prefix,
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
LARGE = b" ".join(_RANDOM.choices(_VOCABULARY, k=36_000))  # more than is compressed at a time
SMALL = DATA[:700]
COMPRESSED = (GZ, ZST, BZ2, XZ)
SKIPPABLE = b"\x53\x2a\x4d\x18\x04\x00\x00\x00abcd", b"\x50\x2a\x4d\x18\x00\x00\x00\x00"


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


def several(codec: str, *parts: bytes) -> bytes:
    return b"".join(compress(part, codec) for part in parts)


STREAMS = {
    "plain": (NONE, DATA),
    **{codec: (codec, compress(DATA, codec)) for codec in COMPRESSED},
    **{f"{codec}, many": (codec, several(codec, *in_pieces(DATA, 900))) for codec in COMPRESSED},
    **{f"{codec}, empty ones": (codec, several(codec, b"", DATA, b"")) for codec in COMPRESSED},
    "gz, optional fields": (GZ, with_name_and_comment(DATA)),
    "gz, padded with zeros": (GZ, compress(DATA, GZ) + bytes(513)),
    "xz, padded with zeros": (XZ, several(XZ, DATA[:9]) + bytes(4) + several(XZ, DATA[9:], b"")),
    "zst, no checksum": (ZST, zstandard.ZstdCompressor().compress(DATA)),
    "zst, skippable frames": (ZST, compress(DATA, ZST).join(SKIPPABLE) + SKIPPABLE[0]),
    "zst, window of 256 MiB": (ZST, long_window(DATA, 28)),
    "zst, window of 2 GiB": (ZST, long_window(DATA, 31)),
}


def pieces_read(data: bytes, codec: str, size_bytes: int) -> Iterator[bytes]:
    stream = decompressing(Tally(io.BytesIO(data)), codec, "a.jsonl")
    while piece := stream.read(size_bytes):
        yield piece


def read_all(data: bytes, codec: str, size_bytes: int = 1 << 20) -> bytes:
    return b"".join(pieces_read(data, codec, size_bytes))


def read_until_error(data: bytes, codec: str, size_bytes: int = 1 << 20) -> tuple[bytes, str]:
    """What was read before the error that must come."""
    got: list[bytes] = []
    with pytest.raises(ShardError) as raised:
        got.extend(pieces_read(data, codec, size_bytes))
    return b"".join(got), str(raised.value)


def write_all(pieces: Iterable[bytes], codec: str, level: int | None = None) -> bytes:
    running = compressor(codec, level)
    assert running is not None
    return b"".join([*map(running.compress, pieces), running.flush()])


# --- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STREAMS)
def test_all_data_is_read_counted_and_hashed(name: str) -> None:
    codec, stored = STREAMS[name]
    for size_bytes in (7, 65_537):
        seen: list[int] = []
        tally = Tally(io.BytesIO(stored), seen.append)
        read = partial(decompressing(tally, codec, "a.jsonl").read, size_bytes)
        pieces = list(iter(read, b""))
        assert b"".join(pieces) == DATA
        assert {len(piece) for piece in pieces[:-1]} <= {size_bytes}
        assert tally.size_bytes == sum(seen) == len(stored)
        assert tally.sha256 == hashlib.sha256(stored).hexdigest()


@examples(50)
@given(
    codec=st.sampled_from(COMPRESSED),
    members=st.lists(st.binary(max_size=300), min_size=1, max_size=6),
    size_bytes=st.integers(1, 400),
)
def test_streams_are_read_one_after_the_other(
    codec: str, members: list[bytes], size_bytes: int
) -> None:
    assert read_all(several(codec, *members), codec, size_bytes) == b"".join(members)


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_stream_cut_anywhere_is_an_error(codec: str) -> None:
    first = compress(SMALL, codec)
    stored = first + compress(SMALL, codec) + (b"".join(SKIPPABLE) if codec == ZST else b"")
    whole = {len(first), 2 * len(first), 2 * len(first) + len(SKIPPABLE[0])}
    for cut in range(1, len(stored)):
        if cut not in whole:
            got, error = read_until_error(stored[:cut], codec, 64 + cut % 1000)
            assert (SMALL + SMALL).startswith(got)
            assert error.startswith("a.jsonl: ")
            assert error.endswith("fetch or compress it again")
            assert "\n" not in error


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_stream_cut_deep_inside_is_an_error(codec: str) -> None:
    stored = compress(LARGE, codec)
    for cut in (len(stored) // 2, len(stored) - 1):
        got, error = read_until_error(stored[:cut], codec, 1 << 16)
        assert LARGE.startswith(got)
        assert f"the {codec} stream is truncated" in error


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_damaged_byte_never_gives_other_data(codec: str) -> None:
    stored = compress(SMALL, codec)
    noticed = 0
    for at in range(len(stored)):
        damaged = bytearray(stored)
        damaged[at] ^= 0x40
        try:
            assert read_all(bytes(damaged), codec) == SMALL
        except ShardError:
            noticed += 1
    assert noticed > 0.9 * len(stored)


@pytest.mark.parametrize("codec", COMPRESSED)
def test_anything_behind_a_stream_is_an_error(codec: str) -> None:
    other = compress(b"", GZ if codec != GZ else ZST)
    odd = bytes({GZ: 0, XZ: 3}.get(codec, 512))
    for garbage in (b"x", b'{"text":"plain"}\n', other, odd + b"x", compress(b"", codec)[:3], odd):
        if garbage:
            got, _ = read_until_error(compress(SMALL, codec) + garbage, codec, 100)
            assert SMALL.startswith(got)


@pytest.mark.parametrize("codec", COMPRESSED)
def test_plain_and_empty_files_are_no_compressed_streams(codec: str) -> None:
    for stored in (b'{"text":"plain"}\n', bytes(100), b"{", b"\n"):
        assert read_until_error(stored, codec)[0] == b""
    assert "byte 0 of the file" in read_until_error(b"", codec)[1]
    assert read_all(b"", NONE) == b""


def test_a_stream_without_a_name_is_known_by_its_first_bytes() -> None:
    for codec, data in itertools.product((*COMPRESSED, NONE), (b"", b"a")):
        assert sniff(compress(data, codec)[:10]) == codec
    for plain in (b'{"text":"a"}', b"\x1f", b"BZh9 is no magic", b"\xef\xbb\xbf{"):
        assert sniff(plain) == NONE


# --- writing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", COMPRESSED)
def test_what_is_written_is_read_by_others_and_by_us(codec: str) -> None:
    for data in (b"", b"x", LARGE):
        stored = write_all(in_pieces(data, 70_000), codec)
        assert decompress(stored, codec) == read_all(stored, codec) == data


@pytest.mark.parametrize("codec", COMPRESSED)
def test_compressed_bytes_do_not_depend_on_how_the_data_comes(codec: str) -> None:
    whole = write_all([LARGE], codec)
    for size_bytes in (100, 70_000):
        assert write_all(in_pieces(LARGE, size_bytes), codec) == whole


@pytest.mark.parametrize("codec", COMPRESSED)
def test_a_stream_ends_where_it_is_said_and_none_is_empty(codec: str) -> None:
    out = io.BytesIO()
    sink = CompressedSink(Tally(out), compressor(codec))
    sink.end_stream()
    ends = []
    for data in (LARGE, b"x", DATA):
        sink.write(data)
        for _ in range(2):
            sink.end_stream()
            sink.write(b"")
        ends.append(out.tell())
    sink.finish()
    starts = [0, *ends[:-1]]
    stored = [out.getvalue()[start:end] for start, end in zip(starts, ends, strict=True)]
    assert stored == [write_all([data], codec) for data in (LARGE, b"x", DATA)]
    assert out.tell() == ends[-1]
    assert decompress(out.getvalue(), codec) == LARGE + b"x" + DATA


@pytest.mark.parametrize(
    ("held", "prefix", "left"),
    [
        (b"", b"", b""),
        (b"abc", b"", b""),
        (b"abcdef", b"abc", b"abc"),
        (b"abc", b"abc", b"abc"),
        (b"ab", b"abc", None),
        (b"abX", b"abc", None),
        (b"", b"abc", None),
    ],
)
def test_a_file_is_gone_on_with_behind_what_it_should_begin_with(
    tmp_path: Path, held: bytes, prefix: bytes, left: bytes | None
) -> None:
    path = tmp_path / "file"
    path.write_bytes(held)
    with path.open("r+b") as file:
        tally = Tally(file)
        told = Prefix(len(prefix), hashlib.sha256(prefix).hexdigest())
        if left is None:
            with pytest.raises(CheckpointError):
                tally.resume_after(told)
            return
        tally.resume_after(told)
        tally.write(b"new")
        assert tally.prefix == (len(left) + 3, hashlib.sha256(left + b"new").hexdigest())
    assert path.read_bytes() == left + b"new"


def test_gz_is_one_member_without_name_or_time() -> None:
    stored = write_all([DATA, DATA], GZ)
    assert (stored[3], stored[4:8]) == (0, bytes(4))  # flags, time
    member = zlib.decompressobj(wbits=31)
    assert member.decompress(stored) == DATA + DATA
    assert (member.eof, member.unused_data) == (True, b"")


def test_zst_is_one_frame_with_a_checksum() -> None:
    stored = write_all([DATA, DATA], ZST)
    assert zstandard.get_frame_parameters(stored).has_checksum
    frame = zstandard.ZstdDecompressor().decompressobj()
    assert frame.decompress(stored) == DATA + DATA
    assert (frame.eof, frame.unused_data) == (True, b"")


@pytest.mark.parametrize("tool", ["gzip", "zstd", "bzip2", "xz"])
def test_what_is_written_passes_the_tools_own_check(tool: str) -> None:
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not installed")
    codec = {"gzip": GZ, "zstd": ZST, "bzip2": BZ2}.get(tool, XZ)
    stored = write_all(in_pieces(LARGE, 70_000), codec)
    done = subprocess.run([program, "-t"], input=stored, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_level_is_obeyed() -> None:
    fast, slow = (write_all([DATA], ZST, level) for level in (-5, 19))
    assert len(slow) < len(fast)
    assert decompress(slow, ZST) == decompress(fast, ZST) == DATA


# --- the option -----------------------------------------------------------------------------------


def test_a_compression_is_named_by_codec_and_level() -> None:
    assert [parse_compression(name) for name in ("none", *COMPRESSED)] == [
        (codec, None) for codec in (NONE, *COMPRESSED)
    ]
    assert parse_compression("zst:-5") == (ZST, -5)
    assert compressor(NONE) is None


@pytest.mark.parametrize(
    "text",
    ["", "lzma", "gz:3", "bz2:9", "none:1", "zst:", "zst:x", "zst:99", "zst:3.0", "ZST", "gz\n"],
)
def test_an_unknown_compression_is_an_error_that_names_the_known(text: str) -> None:
    with pytest.raises(UsageError, match=r"must be (none, .*, bz2 or xz|from -?\d+ to \d+)"):
        parse_compression(text)
