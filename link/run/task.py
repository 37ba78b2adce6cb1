"""A shard to be done, and the report of one that is done."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from link.errors import LinkError
from link.run.counts import Count, Totals
from link.shards.fields import Fields
from link.shards.files import status_of
from link.shards.find import STANDARD_STREAM
from link.shards.formats import JSONL
from link.shards.jsonl import BLOCK_BYTES
from link.shards.quarantine import FAIL
from link.shards.text import LINE


class Remote(NamedTuple):
    """An output folder in a store: its URL, and the local folder that stands for it."""

    url: str
    folder: Path


@dataclass(frozen=True, slots=True)
class Task:
    """A shard to be done: where it lies, where its output goes (None: standard output), and how.

    `codec_in` is "" where the stream itself has to tell; `codec_out` is what the whole output is
    compressed by; `inner`: (codec, level) inside a columnar output, None to keep its own.
    `name`: relative to the output folder. `followed`: another shard follows on the same stream, so
    that the last line has to be ended. `on_error`: what becomes of a bad record; `quarantine`: the
    file it is put into then; `max_errors`: how many bad records are borne before the shard fails
    all the same. `swaps`: the file for the swaps sidecar, if there is to be one. `remote`: where
    all of these are uploaded to, if they lie in the folder that stands for a store.
    """

    path: str
    name: str
    output: Path | None
    codec_in: str
    codec_out: str
    level: int | None
    fields: Fields
    format_in: str = JSONL
    format_out: str = JSONL
    inner: tuple[str, int | None] | None = None
    document: str = LINE
    block_bytes: int = BLOCK_BYTES
    followed: bool = False
    on_error: str = FAIL
    quarantine: Path | None = None
    max_errors: int | None = None
    swaps: Path | None = None
    remote: Remote | None = None

    @property
    def shown(self) -> str:
        """The output as messages say it."""
        return f"{self.remote.url}/{self.name}" if self.remote else str(self.output)

    @property
    def size_bytes(self) -> int:
        """Of the input as stored; 0 if that is not known."""
        try:
            return 0 if self.path == STANDARD_STREAM else status_of(self.path).size_bytes or 0
        except (OSError, LinkError):
            return 0  # it will fail when its turn comes, and be reported then


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
    """What became of a shard. `swaps`: its sidecar."""

    name: str
    input: File
    output: File
    totals: Totals
    swaps: File | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
