"""A file appears at its final name whole, or not at all."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PARTIAL_PREFIX, PARTIAL_SUFFIX = ".", ".link-partial"
_LONGEST_NAME = 255 - len(PARTIAL_PREFIX + PARTIAL_SUFFIX)


def partial_path(final: Path, writer: str = "") -> Path:
    """The hidden name, in the same folder, under which a file is written.

    `writer`: tells several processes apart that may write the same file at the same time.
    """
    name = final.name + writer
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
    return final.with_name(f"{PARTIAL_PREFIX}{name}{PARTIAL_SUFFIX}")


def checkpoint_path(final: Path) -> Path:
    """The file that says how far a large shard is done, beside what has been written of it."""
    return partial_path(final, ".checkpoint")


@contextmanager
def published(
    final: Path,
    *,
    is_contended: bool = False,
    is_durable: bool = True,
    checkpoint: Path | None = None,
) -> Iterator[BinaryIO]:
    """A file to write that takes its final name when the block ends without an exception.

    The file is flushed to the disk; its name is not before `sync_folders`. What an exception leaves
    is removed; what a kill leaves has a name that no reader takes for a shard, and the next run
    writes over it. `is_contended`: other processes may write the same file; the last one wins.
    `is_durable`: False for a cache that tells by itself whether a file is whole. `checkpoint`:
    while this file exists, an interruption leaves what has been written, and the next writer gets
    it as it is, to read from its begin, to check and to cut.
    """

    def is_kept() -> bool:
        return checkpoint is not None and checkpoint.exists()

    final.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(final, f".{os.getpid()}" if is_contended else "")
    is_left = is_kept() and partial.is_file() and not partial.is_symlink()
    if not is_left:
        partial.unlink(missing_ok=True)  # it may be a link to elsewhere, or a pipe
    try:
        with partial.open("r+b" if is_left else "x+b") as file:
            yield file
            if is_durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(final)
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename = str(final)
        if not (isinstance(error, KeyboardInterrupt) and is_kept()):
            with suppress(OSError):
                partial.unlink()
        raise


@contextmanager
def written(file: Path) -> Iterator[BinaryIO]:
    """A file that a user named: whole or not at all; into a pipe or device, and through a link, as
    it comes.
    """
    if file.is_symlink() or (file.exists() and not file.is_file()):
        with file.open("wb") as there:
            yield there
    else:
        with published(file) as new:
            yield new
        sync_folders([file])


def publish_bytes(final: Path, data: bytes, *, is_contended: bool = False) -> None:
    """Write a small file, whole or not at all."""
    with published(final, is_contended=is_contended) as file:
        file.write(data)
    sync_folders([final])


def sync_folders(published: Iterable[Path]) -> None:
    """Flush the names of published files to the disk: each folder once, however many they are."""
    for folder in {final.parent for final in published}:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
