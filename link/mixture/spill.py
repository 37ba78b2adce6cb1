"""Records on the disk, on their way from the shards of sources to those of a mixture.

    a source's shard     ──▶  spill/000007.bin      segments: records for one shard of the mixture
                              spill/000007.offsets  where each segment begins
                              spill/000007.idx      counts; written last
    a mixture's shard    ◀──  its segments of all spills, in one file, sorted by index

A record is put into the shard that its place (a 64-bit number, `choose.py`) lies in, and stands
there by (place, source, content). So the order of all is that of the places, whatever the number
of shards, and neither shards nor processes of the sources matter. In memory are the records of some
MB while they are put on the disk, and of a shard of the mixture the index: 28 bytes a record. Where
segments are stays on the disk: a mixture of 1 TB in shards of 256 MB has 100 million of them.
"""

import mmap
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from tempfile import TemporaryFile
from typing import BinaryIO

import msgspec
import numpy as np
import xxhash

from link.block import Int64s
from link.errors import LinkError
from link.publish import publish_bytes
from link.untrusted import read_file

HELD_BYTES = 32 << 20
"""Records of so much are held before they go to the disk."""

RECORD = np.dtype([("place", "<u8"), ("content", "<u8"), ("source", "<u4"), ("size", "<u8")])
_NUMBER = np.dtype("<u8")  # how many records a segment has; an offset
_TWO = Struct("<QQ")
_OVERHEAD = 200  # of a record in memory, about


@dataclass(slots=True)
class Spilled:
    """What of a source's shard is on the disk.

    `records`, `bytes`: by shard of the mixture. `documents`: that are read at least once; `bad`:
    records that were left out; `without_text`: records without a document, or that `--where`
    leaves out.
    """

    records: list[int]
    bytes: list[int]
    documents: int = 0
    bad: int = 0
    without_text: int = 0

    def add(self, other: "Spilled") -> None:
        """Count another one too."""
        self.records = [a + b for a, b in zip(self.records, other.records, strict=True)]
        self.bytes = [a + b for a, b in zip(self.bytes, other.bytes, strict=True)]
        self.documents += other.documents
        self.bad += other.bad
        self.without_text += other.without_text


class Spill:
    """Takes records of one source, and writes them to a file in segments; None: only counts."""

    def __init__(self, file: BinaryIO | None, source: int, shards: int) -> None:
        self._file, self._source, self._shards = file, source, shards
        self._held: dict[int, list[tuple[int, bytes]]] = {}
        self._held_bytes = 0
        self._offset = 0
        self.offsets: list[Int64s] = []
        """Where the segments of each flush begin, and the last one ends: shape (shards + 1,)."""
        self.records, self.bytes = [0] * shards, [0] * shards

    def add(self, place: int, record: bytes) -> None:
        """A record at a place."""
        shard = place * self._shards >> 64
        self.records[shard] += 1
        self.bytes[shard] += len(record)
        if self._file is None:
            return
        self._held.setdefault(shard, []).append((place, record))
        self._held_bytes += len(record) + _OVERHEAD
        if self._held_bytes >= HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        sizes = np.zeros(self._shards + 1, np.int64)
        for shard, held in sorted(self._held.items()):
            assert self._file is not None, "records are held for a file"
            rows = [(p, xxhash.xxh3_64_intdigest(r), self._source, len(r)) for p, r in held]
            parts = [np.array([len(held)], _NUMBER).tobytes(), np.array(rows, RECORD).tobytes()]
            parts += [record for _, record in held]
            self._file.writelines(parts)
            sizes[shard + 1] = sum(map(len, parts))
        self.offsets.append(self._offset + np.cumsum(sizes))
        self._offset = int(self.offsets[-1][-1])
        self._held, self._held_bytes = {}, 0


def write_spill(path: Path, done: Spilled, offsets: Sequence[Int64s]) -> None:
    """Say what is in a spill that is on the disk."""
    publish_bytes(path.with_suffix(".offsets"), np.array(offsets, _NUMBER).tobytes())
    publish_bytes(path.with_suffix(".idx"), msgspec.msgpack.encode(done))


def read_spill(path: Path) -> Spilled | None:
    """What is in a spill; None if there is none, or it was not finished."""
    try:
        return msgspec.msgpack.decode(read_file(path.with_suffix(".idx")), type=Spilled)
    except (OSError, msgspec.DecodeError):
        return None


def segments_of(spills: Iterable[Path], shard: int, shards: int) -> Iterator[bytes]:
    """The segments of a shard of the mixture, of all spills."""
    row_bytes = (shards + 1) * _NUMBER.itemsize
    for path in spills:
        with (
            path.with_suffix(".offsets").open("rb", 0) as offsets,
            path.with_suffix(".bin").open("rb", 0) as file,
        ):
            for row in range(0, offsets.seek(0, os.SEEK_END), row_bytes):
                place = row + shard * _NUMBER.itemsize
                begin, end = _TWO.unpack(os.pread(offsets.fileno(), _TWO.size, place))
                if end > begin:
                    file.seek(begin)
                    segment = file.read(end - begin)
                    if len(segment) < end - begin:
                        raise LinkError(f"{file.name}: it was cut off; run with --overwrite")
                    yield segment


def sorted_records(folder: Path, segments: Iterable[bytes]) -> Iterator[bytes]:
    """The records of a shard of the mixture, in order. `folder`: for a temporary file."""
    headers, begins = [], []
    with TemporaryFile(dir=folder) as file:
        for segment in segments:
            count = int(np.frombuffer(segment, _NUMBER, 1)[0])
            header = np.frombuffer(segment, RECORD, count, _NUMBER.itemsize).copy()
            sizes = header["size"].astype(np.int64)
            headers.append(header)
            begins.append(file.tell() + np.cumsum(sizes) - sizes)
            file.write(memoryview(segment)[_NUMBER.itemsize + header.nbytes :])
        if not headers:
            return
        file.flush()
        rows, begin = np.concatenate(headers), np.concatenate(begins)
        end = begin + rows["size"].astype(np.int64)
        order = np.lexsort((rows["content"], rows["source"], rows["place"]))
        with closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as data:
            for place in order.tolist():
                yield data[begin[place] : end[place]]
