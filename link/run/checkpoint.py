"""Checkpoints: a large shard whose run was killed resumes in the middle.

    input    │ 1 GiB of whole pieces │ 1 GiB … │ …
    output   │ stream                │ stream  │ …         .NAME.link-partial
                                     ^ checkpoint          .NAME.checkpoint.link-partial

A compressed stream (gzip member, Zstandard frame, …) cannot be continued by another process. So it
ends after each GiB of input, and a checkpoint is written there; where that is depends on the input
alone. A checkpoint is not trusted: the settings must be this run's, and the input and the partial
files must have the hashes that it says. Otherwise the shard starts again.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xxhash

from link.errors import CheckpointError
from link.publish import checkpoint_path, partial_path, publish_bytes
from link.run.counts import Count, Totals
from link.run.progress import PendingBytes
from link.shards.batch import Piece
from link.shards.codecs import EMPTY, Prefix, Tally
from link.shards.find import STANDARD_STREAM
from link.shards.formats import COLUMNAR
from link.shards.quarantine import Written
from link.untrusted import read_json

if TYPE_CHECKING:
    from link.run.task import Task

STREAM_BYTES = 1 << 30
"""Decompressed input after which a stream of the output ends. A kill costs that much at most."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a shard is done; by default, not at all.

    `settings`: hash of what decides the output. `lines`, `read_xxh3`: of the decompressed input up
    to here, whose size is in `totals`. `output`, `quarantine`: what is written.
    """

    settings: str = ""
    lines: Count = 0
    read_xxh3: str = xxhash.xxh3_128_hexdigest(b"")
    totals: Totals = field(default_factory=Totals)
    output: Prefix = EMPTY
    quarantine: Written | None = None


class Checkpoints:
    """Those of one shard, of which the last one is kept in a file; without a path there are none.

    `last`: where to resume. After an interruption, and only then, the file stays.
    """

    def __init__(self, path: Path | None = None, settings: str = "") -> None:
        self.path = path
        self._settings = settings
        self._output: Tally | None = None
        self._read = xxhash.xxh3_128()
        self.last = Checkpoint()

    def __enter__(self) -> "Checkpoints":
        if self.path:
            with suppress(OSError, ValueError):
                self.last = read_json(self.path, Checkpoint)
            if self.last.settings != self._settings:
                self.begin_again()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if self.path and kind is not KeyboardInterrupt:
            remove_checkpoint(self.path)

    def begin_again(self) -> None:
        """Start the shard again. Raises `OSError`."""
        self._read = xxhash.xxh3_128()
        self.last = Checkpoint()
        if self.path:
            remove_checkpoint(self.path)

    def opened(self, output: Tally) -> None:
        """Continue the output. Raises `CheckpointError` if it is not as it was."""
        self._output = output
        if self.last.totals.bytes_in:
            output.resume_after(self.last.output)

    def remaining(self, pieces: Iterator[Piece], pending: PendingBytes) -> Iterator[Piece]:
        """The pieces after the checkpoint. Those before it are read and counted as done.

        Raises `CheckpointError` if they are not as they were.
        """
        left = self.last.totals.bytes_in
        while left > 0 and (piece := next(pieces, None)):
            left -= len(piece.content)
            self.read(piece)
        if left or self._read.hexdigest() != self.last.read_xxh3:
            raise CheckpointError("the input has changed")
        if self.last.totals.bytes_in:
            pending.passed(self.last.totals)
        yield from pieces

    def read(self, piece: Piece) -> None:
        """Hash a piece that is done."""
        if self.path:
            self._read.update(piece.content)

    def add(self, lines: int, totals: Totals, quarantine: Written | None) -> None:
        """Write a checkpoint; a stream of the output has just ended. Raises `OSError`."""
        if self.path is None or self._output is None:
            return
        self._output.sync()
        done = Checkpoint(
            self._settings, lines, self._read.hexdigest(), totals, self._output.prefix, quarantine
        )
        publish_bytes(self.path, json.dumps(asdict(done)).encode())


def is_in_streams(task: "Task") -> bool:
    """Whether the output is bytes in the input's format, so that its streams may end anywhere."""
    return task.input.format == task.output.format not in COLUMNAR


def checkpoints_of(task: "Task", settings: str) -> Checkpoints:
    """The checkpoints of a shard, if it can be resumed: input and output are files of lines.

    With a sidecar it cannot, because no library continues a Parquet file.
    """
    output = task.output
    is_fixed = output.remote or output.swaps or task.path == STANDARD_STREAM
    if not (settings and output.path and is_in_streams(task)) or is_fixed:
        return Checkpoints()
    return Checkpoints(checkpoint_path(output.path), settings)


def remove_checkpoint(path: Path) -> None:
    """Remove a checkpoint, whole or half-written. Raises `OSError`."""
    path.unlink(missing_ok=True)
    partial_path(path).unlink(missing_ok=True)
