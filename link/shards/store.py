"""A store: where outputs are published, whole or not at all, by their URL.

An object appears when its upload is completed, and an upload that is given up leaves nothing. (An
upload whose process is killed leaves parts that no reader sees and the store may charge for; a life
cycle rule of the bucket, `AbortIncompleteMultipartUpload`, removes them.) What has been put is
durable.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from link.errors import ShardError
from link.shards.files import RemoteFile, file_system, open_remote, remote_errors

_UPLOAD_PART_BYTES = 16 << 20  # of 10,000 at most, on S3: so an object may have 160 GB


@dataclass(frozen=True, slots=True)
class Store:
    """Files by their names (`sub/a.jsonl`) below a URL that fsspec knows, which need not exist yet.

    `options`: of fsspec's file system (`{"endpoint_url": …}`). All methods raise `OSError` or
    `ShardError` if the store fails; a missing file is a `FileNotFoundError`.
    """

    url: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A file, to be read from any place."""
        return open_remote(self._url(name), *self._at(name))

    @contextmanager
    def publish(self, name: str) -> Iterator[BinaryIO]:
        """A file to write, which appears when the block ends without an exception.

        Until then, and if there is an exception, an earlier file of that name stays as it was.
        """
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
        """Publish a small file."""
        system, path = self._at(name)
        with remote_errors(self._url(name)):
            system.pipe_file(path, data)

    def put_new(self, name: str, data: bytes) -> bool:
        """Publish a small file unless there is one of that name; whether this call did.

        Of several processes one succeeds. If the store's answer is lost, the call is repeated and
        gives False although the file is this one's: `data` should say whose it is. Raises
        `NotImplementedError` where the store cannot do it.
        """
        system, path = self._at(name)
        try:
            with remote_errors(self._url(name)):
                system.pipe_file(path, data, mode="create")
        except FileExistsError:
            return False
        except ShardError as error:
            if isinstance(error.__cause__, NotImplementedError | TypeError):
                raise NotImplementedError(str(error)) from error
            raise
        return True

    def list(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Names that begin with a prefix, in order, and sizes in bytes."""
        system, top = self._at("")
        _, folder = self._at(prefix.rpartition("/")[0])
        with remote_errors(self.url):
            found = system.find(folder, detail=True)  # page by page
        names = {path.removeprefix(top).lstrip("/"): info for path, info in found.items()}
        for name, info in sorted(names.items()):
            if name.startswith(prefix):
                yield name, int(info["size"])

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        system, path = self._at(name)
        with remote_errors(self._url(name)), suppress(FileNotFoundError):
            system.rm_file(path)

    def _url(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/{name}"

    def _at(self, name: str) -> tuple[Any, str]:
        """The file system, and the path of a file in it."""
        # Other machines write here, so nothing is remembered of what was there.
        system, top = file_system(self.url, use_listings_cache=False, **self.options)
        return system, f"{top.rstrip('/')}/{name}".rstrip("/")
