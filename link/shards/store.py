"""Stores: where outputs are published, whole or not at all; a local folder, or a URL of fsspec.

A local file is written under a temporary name, flushed, and renamed. An object store needs no such
name: an object appears when its upload is completed, and an upload that is given up leaves nothing.
(An upload whose process is killed leaves parts that no reader sees and the store may charge for; a
life cycle rule of the bucket, `AbortIncompleteMultipartUpload`, removes them.)
"""

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from link.publish import partial_path, publish_bytes, published, sync_folders
from link.shards.files import (
    RemoteFile,
    file_system,
    is_url,
    local_path,
    open_input,
    open_remote,
    remote_errors,
)

_UPLOAD_PART_BYTES = 16 << 20  # of 10,000 at most, on S3: so an object may have 160 GB


class Store(Protocol):
    """Files by their names (`sub/a.jsonl`), below a folder or URL.

    All methods raise `OSError` or `ShardError` if the store fails; a missing file is a
    `FileNotFoundError`.
    """

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file, to be read from any place."""

    def publish(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file to write, which takes its name when the block ends without an exception.

        Until then, and if there is an exception, an earlier file of that name stays as it was.
        """

    def put(self, name: str, data: bytes) -> None:
        """Publish a small file, and `sync` it."""

    def put_new(self, name: str, data: bytes) -> bool:
        """Publish a small file unless there is one of that name; whether this call did.

        Of several processes one succeeds. If the answer of an object store is lost, the call is
        repeated and gives False although the file is this one's: `data` should say whose it is.
        Raises `NotImplementedError` where the store cannot do it.
        """

    def size(self, name: str) -> int | None:
        """Size in bytes; None if there is no such file."""

    def list(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Names that begin with a prefix, in order, and sizes in bytes; without partial files."""

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""

    def sync(self, names: Iterable[str]) -> None:
        """Make published names survive a power failure."""


def store_of(place: str) -> Store:
    """The store at a path or URL, which need not exist yet."""
    place = local_path(place)
    return RemoteStore(place) if is_url(place) else LocalStore(Path(place))


@dataclass(frozen=True, slots=True)
class LocalStore:
    """A folder."""

    folder: Path

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        return open_input(str(self.folder / name))

    def publish(self, name: str) -> AbstractContextManager[BinaryIO]:
        return published(self.folder / name)

    def put(self, name: str, data: bytes) -> None:
        publish_bytes(self.folder / name, data)

    def put_new(self, name: str, data: bytes) -> bool:
        final = self.folder / name
        own = partial_path(final.with_name(uuid.uuid4().hex))
        publish_bytes(own, data)
        try:
            os.link(own, final)  # unlike a rename, this fails if there is one
        except FileExistsError:
            return False
        finally:
            own.unlink()
        sync_folders([final])
        return True

    def size(self, name: str) -> int | None:
        try:
            return (self.folder / name).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def list(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        top = (self.folder / f"{prefix}x").parent  # a prefix may end in the middle of a name
        paths = {path.relative_to(self.folder).as_posix(): path for path in top.rglob("*")}
        for name, path in sorted(paths.items()):
            if name.startswith(prefix) and path.is_file() and ".link-partial" not in path.suffixes:
                yield name, path.stat().st_size

    def delete(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def sync(self, names: Iterable[str]) -> None:
        sync_folders(self.folder / name for name in names)


@dataclass(frozen=True, slots=True)
class RemoteStore:
    """A URL that fsspec knows. `options`: of fsspec's file system (`{"endpoint_url": …}`)."""

    url: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        return open_remote(self._url(name), *self._at(name))

    @contextmanager
    def publish(self, name: str) -> Iterator[BinaryIO]:
        system, path = self._at(name)
        with remote_errors(self._url(name)):
            file = system.open(path, "wb", block_size=_UPLOAD_PART_BYTES)
        try:
            yield cast(BinaryIO, RemoteFile(file, self._url(name)))
            with remote_errors(self._url(name)):
                file.close()
        except BaseException:
            file.closed = True  # or the garbage collector would end the upload
            with suppress(Exception):
                file.discard()
            raise

    def put(self, name: str, data: bytes) -> None:
        system, path = self._at(name)
        with remote_errors(self._url(name)):
            system.pipe_file(path, data)

    def put_new(self, name: str, data: bytes) -> bool:
        system, path = self._at(name)
        try:
            with remote_errors(self._url(name)):
                system.pipe_file(path, data, mode="create")
        except FileExistsError:
            return False
        return True

    def size(self, name: str) -> int | None:
        system, path = self._at(name)
        with remote_errors(self._url(name)):
            try:
                found = system.info(path)
            except FileNotFoundError:
                return None
        return None if found["type"] == "directory" else int(found["size"])

    def list(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        system, top = self._at("")
        _, folder = self._at(prefix.rpartition("/")[0])
        with remote_errors(self.url):
            found = system.find(folder, detail=True)  # page by page
        names = {path.removeprefix(top).lstrip("/"): info for path, info in found.items()}
        for name, info in sorted(names.items()):
            if name.startswith(prefix):
                yield name, int(info["size"])

    def delete(self, name: str) -> None:
        system, path = self._at(name)
        with remote_errors(self._url(name)), suppress(FileNotFoundError):
            system.rm_file(path)

    def sync(self, names: Iterable[str]) -> None:
        """An object that has been put is durable."""

    def _url(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/{name}"

    def _at(self, name: str) -> tuple[Any, str]:
        """The file system, and the path of a file in it."""
        # Other machines write here, so nothing is remembered of what was there.
        system, top = file_system(self.url, use_listings_cache=False, **self.options)
        return system, f"{top.rstrip('/')}/{name}".rstrip("/")
