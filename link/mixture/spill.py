"""Records on the disk, on their way from the shards of sources to those of a mixture.

    a source's shard     ──▶  spill/000007.bin   segments: records for one shard of the mixture
                              spill/000007.idx   where each segment is; written last
    a mixture's shard    ◀──  its segments of all spills, in one file, sorted by index

A record is put into the shard that its place (a 64-bit number, `choose.py`) lies in, and stands
there by (place, source, content). So the order of all is that of the places, whatever the number
of shards, and neither shards nor processes of the sources matter. In memory are the records of some
MB while they are put on the disk, and of a shard of the mixture the index: 28 bytes a record.
"""

import mmap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import msgspec
import numpy as np
import xxhash

from link.errors import LinkError
from link.publish import publish_bytes, published
from link.untrusted import read_file

HELD_BYTES = 32 << 20
"""Records of so much are held before they go to the disk."""

RECORD = np.dtype([("place", "<u8"), ("content", "<u8"), ("source", "<u4"), ("size", "<u8")])
_SEGMENT = np.dtype("<u8")  # how many records it has
_OVERHEAD = 200  # of a record in memory, about


@dataclass(frozen=True, slots=True)
class Spilled:
    """What of a source's shard is on the disk.

    `segments`: (shard of the mixture, offset, bytes). `counts`: records of each shard of the
    mixture, and their bytes. `documents`: that are read at least once; `bad`: records that were
    left out; `without_text`: records without a document, or that `--where` leaves out.
    """

    segments: list[tuple[int, int, int]] = field(default_factory=list)
    counts: dict[int, tuple[int, int]] = field(default_factory=dict)
    documents: int = 0
    bad: int = 0
    without_text: int = 0


class Spill:
    """Takes records of one source, and writes them to a file in segments; None: only counts."""

    def __init__(self, file: BinaryIO | None, source: int, shards: int) -> None:
        self._file, self._source, self._shards = file, source, shards
        self._held: dict[int, list[tuple[int, bytes]]] = {}
        self._held_bytes = self._offset = 0
        self.segments: list[tuple[int, int, int]] = []
        self.counts: dict[int, tuple[int, int]] = {}

    def add(self, place: int, record: bytes) -> None:
        """A record at a place."""
        shard = place * self._shards >> 64
        records, size = self.counts.get(shard, (0, 0))
        self.counts[shard] = records + 1, size + len(record)
        if self._file is None:
            return
        self._held.setdefault(shard, []).append((place, record))
        self._held_bytes += len(record) + _OVERHEAD
        if self._held_bytes >= HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        for shard, held in sorted(self._held.items()):
            assert self._file is not None, "records are held for a file"
            rows = [(p, xxhash.xxh3_64_intdigest(r), self._source, len(r)) for p, r in held]
            parts = [np.array([len(held)], _SEGMENT).tobytes(), np.array(rows, RECORD).tobytes()]
            parts += [record for _, record in held]
            size = sum(map(len, parts))
            self._file.writelines(parts)
            self.segments.append((shard, self._offset, size))
            self._offset += size
        self._held, self._held_bytes = {}, 0


def write_spill(path: Path, done: Spilled) -> None:
    """Say what is in a spill that is on the disk."""
    publish_bytes(path.with_suffix(".idx"), msgspec.msgpack.encode(done))


def read_spill(path: Path) -> Spilled | None:
    """What is in a spill; None if there is none, or it was not finished."""
    try:
        return msgspec.msgpack.decode(read_file(path.with_suffix(".idx")), type=Spilled)
    except (OSError, msgspec.DecodeError):
        return None


def spill_file(path: Path) -> AbstractContextManager[BinaryIO]:
    """The file of a spill, which is there when it is whole."""
    return published(path.with_suffix(".bin"))


Segment = tuple[Path, int, int]
"""Of which file, from where, and how many bytes."""


def segments_by_shard(spills: Iterable[tuple[Path, Spilled]]) -> dict[int, list[Segment]]:
    """Where the records of each shard of the mixture are."""
    found: dict[int, list[Segment]] = {}
    for path, spilled in spills:
        for shard, offset, size in spilled.segments:
            found.setdefault(shard, []).append((path.with_suffix(".bin"), offset, size))
    return found


def sorted_records(folder: Path, segments: Sequence[Segment]) -> Iterator[bytes]:
    """The records of a shard of the mixture, in order. `folder`: for a temporary file."""
    if not segments:
        return
    headers, begins = [], []
    with TemporaryFile(dir=folder) as file:
        for path, offset, size in segments:
            with path.open("rb") as source:
                source.seek(offset)
                raw = source.read(size)
            if len(raw) < size:
                raise LinkError(f"{path}: a temporary file was cut off; run with --overwrite")
            count = int(np.frombuffer(raw, _SEGMENT, 1)[0])
            header = np.frombuffer(raw, RECORD, count, _SEGMENT.itemsize)
            sizes = header["size"].astype(np.int64)
            headers.append(header)
            begins.append(file.tell() + np.cumsum(sizes) - sizes)
            file.write(raw[_SEGMENT.itemsize + header.nbytes :])
        file.flush()
        rows, begin = np.concatenate(headers), np.concatenate(begins)
        end = begin + rows["size"].astype(np.int64)
        order = np.lexsort((rows["content"], rows["source"], rows["place"]))
        with closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as data:
            for place in order.tolist():
                yield data[begin[place] : end[place]]
