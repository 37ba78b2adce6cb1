"""A shard to be done: its input, its output, what becomes of bad records; and the report of it."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from link.errors import LinkError
from link.run.checkpoint import STREAM_BYTES
from link.run.counts import Count, Totals
from link.shards.codecs import NONE
from link.shards.fields import Fields
from link.shards.files import status_of
from link.shards.find import STANDARD_STREAM
from link.shards.formats import JSONL
from link.shards.jsonl import BLOCK_BYTES
from link.shards.quarantine import FAIL
from link.shards.text import LINE


@dataclass(frozen=True, slots=True)
class Input:
    """A shard to be read, and which of it are documents.

    `codec`: its compression; "" if the stream itself has to tell. `document`: what one is in plain
    text.
    """

    path: str
    format: str = JSONL
    codec: str = ""
    fields: Fields = field(default_factory=Fields)
    document: str = LINE
    block_bytes: int = BLOCK_BYTES

    @property
    def size_bytes(self) -> int:
        """Size as stored; 0 if that is not known."""
        try:
            return 0 if self.path == STANDARD_STREAM else status_of(self.path).size_bytes or 0
        except (OSError, LinkError):
            return 0  # it will fail when its turn comes, and be reported then


class Remote(NamedTuple):
    """An output folder in a store: its URL, and the local folder that stands for it."""

    url: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Output:
    """Where a shard is written to, and how.

    `path`: None for standard output. `codec`, `level`: compression of the whole file. `inner`:
    (codec, level) inside a columnar file; None to keep the input's. `followed`: another shard
    follows on the same stream, so that the last line has to be ended. `swaps`: file of the swaps
    sidecar, if there is to be one. `remote`: where the files are uploaded to, if `path` lies in the
    folder that stands for a store. `stream_bytes`: see `checkpoint.py`.
    """

    path: Path | None
    format: str = JSONL
    codec: str = NONE
    level: int | None = None
    inner: tuple[str, int | None] | None = None
    followed: bool = False
    swaps: Path | None = None
    remote: Remote | None = None
    stream_bytes: int = STREAM_BYTES


@dataclass(frozen=True, slots=True)
class ErrorPolicy:
    """What becomes of a bad record.

    `quarantine`: the file that it is put into, if it is to be kept. `max_errors`: a shard with more
    bad records fails.
    """

    on_error: str = FAIL
    quarantine: Path | None = None
    max_errors: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to be done. `name`: of the output, relative to the output folder."""

    name: str
    input: Input
    output: Output
    errors: ErrorPolicy = ErrorPolicy()

    @property
    def path(self) -> str:
        """Path of the input, by which messages call the shard."""
        return self.input.path

    @property
    def size_bytes(self) -> int:
        """Size of the input as stored; 0 if that is not known."""
        return self.input.size_bytes

    @property
    def shown(self) -> str:
        """The output as messages say it."""
        remote = self.output.remote
        return f"{remote.url}/{self.name}" if remote else str(self.output.path)


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is stored: what tells whether it is still the same.

    `content_sha256`: of an input's decompressed bytes; None of columns.
    """

    path: str
    size_bytes: Count
    sha256: str
    modified_ns: int | None = None
    version: str | None = None
    changed_ns: int | None = None
    content_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What became of a shard. `swaps`: its sidecar. `bytes_before`: decompressed bytes of the input
    that an earlier run had done, which its record does not tell.
    """

    name: str
    input: File
    output: File
    totals: Totals
    swaps: File | None = None
    bytes_before: Count = 0

    def as_dict(self) -> dict[str, Any]:
        told = asdict(self)
        del told["bytes_before"]
        return told
