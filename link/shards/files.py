"""Input files, local or remote: which there are, what tells that one has changed, how to read it.

A URL (`hf://datasets/…`, `s3://…`, anything that fsspec knows) is read by fsspec, an extra.
"""

import io
import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from link.errors import LinkError, ShardError, UsageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

STANDARD_STREAM = "-"
_TAGS = ("ETag", "etag", "blob_id")  # of S3, of Google and Azure, of Hugging Face


@dataclass(frozen=True, slots=True)
class Status:
    """What tells whether a file is still the same: its size, and its times or remote version.

    `changed_ns`: when it was last changed in any way, which nobody can put back.
    """

    size_bytes: int | None
    modified_ns: int | None = None
    version: str | None = None
    changed_ns: int | None = None


def is_url(path: str) -> bool:
    """Whether a path is a URL.

    >>> is_url("hf://datasets/a/b"), is_url("shards/a.jsonl")
    (True, False)
    """
    return "://" in path


def local_path(text: str) -> str:
    """A URL of a local file as a plain path, `/dev/stdin` as `-`, and anything else as it is.

    >>> local_path("file:///data/a.jsonl"), local_path("s3://b/a.jsonl"), local_path("/dev/stdin")
    ('/data/a.jsonl', 's3://b/a.jsonl', '-')
    """
    if text == "/dev/stdin":
        return STANDARD_STREAM
    for scheme in ("file://", "local://"):
        if text.startswith(scheme):
            return text.removeprefix(scheme)
    return text


def status_of(path: str) -> Status:
    """Raises `OSError` if there is no such file."""
    if not is_url(path):
        found = Path(path).stat()
        return Status(found.st_size, found.st_mtime_ns, changed_ns=found.st_ctime_ns)
    with remote_errors(path):
        system, name = file_system(path)
        found = system.info(name)
        # What a store tells besides depends on whether the file was listed or asked for alone.
        tags = (found[tag] for tag in _TAGS if found.get(tag))
        return Status(found["size"], version=str(next(tags, None) or system.ukey(name)))


def open_input(path: str) -> AbstractContextManager[BinaryIO]:
    """The file, to be read from any place."""
    return open_remote(path, *file_system(path)) if is_url(path) else Path(path).open("rb")


@contextmanager
def open_remote(url: str, system: Any, path: str) -> Iterator[BinaryIO]:
    """A file of one of fsspec's file systems, to be read from any place; `url` is for messages."""
    with remote_errors(url):
        file = system.open(path, "rb")
    with file, io.BufferedReader(RemoteFile(file, url)) as buffered:
        yield cast(BinaryIO, buffered)


class RemoteFile(io.RawIOBase):
    """An open file of fsspec, of which every failure is an `OSError` or a `ShardError`."""

    def __init__(self, file: Any, url: str) -> None:
        self._file = file
        self._url = url

    def readinto(self, buffer: "Buffer", /) -> int:
        target = memoryview(buffer)
        with remote_errors(self._url):
            data = self._file.read(len(target))
            if not data and self._file.tell() < (getattr(self._file, "size", None) or 0):
                raise OSError("the connection ended before the file did")
        target[: len(data)] = data
        return len(data)

    def write(self, data: "Buffer", /) -> int:
        with remote_errors(self._url):
            self._file.write(data)
        return memoryview(data).nbytes

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._file.seekable())


def list_remote(url: str) -> tuple[list[tuple[str, str]], bool]:
    """The files that a URL stands for: (URL, name relative to the output folder); and whether
    it was a folder or pattern, so that what is no shard is left alone.
    """
    try:
        with remote_errors(url):
            system, path = file_system(url)
            if "*" in path:
                parts = PurePosixPath(path).parts
                fixed = PurePosixPath(*itertools.takewhile(lambda part: "*" not in part, parts))
                files, several = system.glob(path), True
            elif system.isdir(path):
                fixed = PurePosixPath(path)
                files, several = system.find(path), True
            else:
                fixed = PurePosixPath(path).parent
                files, several = ([path] if system.isfile(path) else []), False
    except OSError as error:
        raise UsageError(f"{url} cannot be read: {error}") from error
    if not files:
        raise UsageError(f"{url} does not exist")
    named = [
        (system.unstrip_protocol(file), str(PurePosixPath(file).relative_to(fixed)))
        for file in sorted(files)
    ]
    return named, several


def file_system(url: str, **options: Any) -> tuple[Any, str]:
    """fsspec's file system for a URL, and the path in it. Raises `UsageError`."""
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(
            f"{url} is a URL, which needs fsspec: pip install 'link-corpus[hub]'"
        ) from error
    try:
        return cast(tuple[Any, str], fsspec.core.url_to_fs(url, **options))
    except (ValueError, ImportError) as error:
        raise UsageError(f"{url} cannot be read: {error}") from error


@contextmanager
def remote_errors(url: str) -> Iterator[None]:
    """Raise what a remote file system raises as `ShardError`, unless it is an `OSError`."""
    try:
        yield
    except (OSError, LinkError):
        raise
    except Exception as error:
        raise ShardError(f"{url}: {type(error).__name__}: {error}") from error
