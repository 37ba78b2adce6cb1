"""Where the files of a run lie: in a folder, or in an object store that a local folder stands for.

With a store, what is small (`_link/*.json`, the lexicons, the records) is kept in both: it is read
from the local folder, and written to the store first. Outputs are made in folders of their own,
wherever an engine does them, and uploaded; of them only the sizes are known here.
"""

import errno
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from link.errors import LinkError, ShardError, UsageError, reason_of
from link.publish import publish_bytes, published, sync_folders
from link.run.lease import Lease
from link.run.shards import as_shard_errors
from link.run.task import Task
from link.shards.quarantine import Quarantine
from link.shards.store import Store

_FETCHED = re.compile(r"_link/(records/)?[^/]+\.(json|jsonl|tsv|txt)")
_THREADS = 16  # that wait for a store at a time
_COPY_BYTES = 1 << 20

Result = TypeVar("Result")


class Files:
    """A folder. Its methods raise `OSError`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def shown(self, path: Path) -> str:
        """A path as messages say it."""
        return str(path)

    def look(self) -> None:
        """Find out what is there now."""

    def fetch(self) -> None:
        """The same, and what the run's own files say now."""

    def names(self) -> set[str]:
        """What is at the top."""
        return {path.name for path in self.folder.iterdir()}

    def size(self, path: Path) -> int | None:
        """Size in bytes; None if there is no such file."""
        try:
            return path.stat().st_size
        except (OSError, ValueError):
            return None

    def publish(self, path: Path, data: bytes) -> None:
        """Write a small file, whole or not at all."""
        publish_bytes(path, data)

    def sync(self, paths: Iterable[Path]) -> None:
        """Make published outputs survive a power failure."""
        sync_folders(paths)

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove files, if they are there."""
        for path in paths:
            path.unlink(missing_ok=True)

    def remove_folder(self, path: Path) -> None:
        """Remove a folder that is there, as far as that can be done."""
        if path.is_dir():  # of a pipe, `rmtree` would wait
            shutil.rmtree(path, ignore_errors=True)


class Mirror(Files):
    """A URL, and the folder that stands for it, which is empty at first.

    `sizes`: of everything that is in the store, by name. `lease`: without it nothing is published.
    """

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self.url = url.rstrip("/")
        self.store = Store(self.url)
        self.sizes: dict[str, int] = {}
        self.lease: Lease | None = None

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def shown(self, path: Path) -> str:
        return f"{self.url}/{self._name(path)}".removesuffix("/.")

    def look(self) -> None:
        """List the store. Raises `UsageError` if that cannot be done."""
        with self._as_usage_errors():
            self.sizes = dict(self.store.list())

    def fetch(self) -> None:
        self.look()
        with self._as_usage_errors():
            self._each(self._fetch, filter(_FETCHED.fullmatch, self.sizes))

    @contextmanager
    def _as_usage_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ShardError) as error:
            raise UsageError(f"output {self.url} cannot be read: {reason_of(error)}") from error

    def _fetch(self, name: str) -> None:
        with self.store.open(name) as file, published(self.folder / name) as here:
            shutil.copyfileobj(file, here, _COPY_BYTES)

    def names(self) -> set[str]:
        return {name.partition("/")[0] for name in self.sizes}

    def size(self, path: Path) -> int | None:
        return self.sizes.get(self._name(path))

    def publish(self, path: Path, data: bytes) -> None:
        """Raises `UsageError` if another run has taken over."""
        if self.lease:
            self.lease.check()
        if path.exists() and path.read_bytes() == data:
            return
        name = self._name(path)
        with _as_os_errors(self.shown(path)):
            self.store.put(name, data)
        self.sizes[name] = len(data)
        publish_bytes(path, data)

    def sync(self, paths: Iterable[Path]) -> None:
        """What has been uploaded is durable."""

    def remove(self, paths: Iterable[Path]) -> None:
        paths = list(paths)
        names = [self._name(path) for path in paths]
        with _as_os_errors(self.url):
            self._each(self.store.delete, filter(self.sizes.__contains__, names))
        for name in names:
            self.sizes.pop(name, None)
        super().remove(paths)

    def remove_folder(self, path: Path) -> None:
        below = [name for name in self.sizes if name.startswith(f"{self._name(path)}/")]
        self.remove(self.folder / name for name in below)
        super().remove_folder(path)

    def _each(self, do: Callable[[str], Result], names: Iterable[str]) -> None:
        with ThreadPoolExecutor(_THREADS) as threads:
            for _ in threads.map(do, names):
                pass


@contextmanager
def staged(task: Task) -> Iterator[Task]:
    """The shard as it is to be done on this machine.

    If its output goes to a store, it is made in a temporary folder, and uploaded when the block
    ends: the output last, so that a shard that is there is whole. A shard that fails leaves neither
    sidecar nor quarantine, also of an earlier try. Raises `ShardError`.
    """
    if task.output.remote is None:
        yield task
        return
    url, top = task.output.remote
    store = Store(url)
    # The run's own folder goes with the run, but on another machine there is none.
    with tempfile.TemporaryDirectory(
        prefix="link-", dir=top if top.is_dir() else None, ignore_cleanup_errors=True
    ) as folder:

        def moved(path: Path | None) -> Path | None:
            return path and Path(folder) / path.relative_to(top)

        def name_of(path: Path) -> str:
            return path.relative_to(folder).as_posix()

        output, swaps = moved(task.output.path), moved(task.output.swaps)
        quarantine = moved(task.errors.quarantine)
        assert output is not None, "it goes to a store"
        reasons = quarantine and Quarantine.reasons_path(quarantine)
        beside = [path for path in (swaps, quarantine, reasons) if path]
        try:
            yield replace(
                task,
                output=replace(task.output, path=output, swaps=swaps),
                errors=replace(task.errors, quarantine=quarantine),
            )
            with as_shard_errors(task.path, task.output.format, task.shown):
                for path in (*beside, output):
                    if not path.exists():  # nothing was set aside; earlier perhaps there was
                        store.delete(name_of(path))
                        continue
                    with path.open("rb") as file, store.publish(name_of(path)) as target:
                        shutil.copyfileobj(file, target, _COPY_BYTES)
        except LinkError:
            for path in beside:
                with suppress(OSError, LinkError):
                    store.delete(name_of(path))
            raise


@contextmanager
def _as_os_errors(place: str) -> Iterator[None]:
    """Raise what goes wrong with a store as an `OSError` that names the place."""
    try:
        yield
    except (OSError, ShardError) as error:
        raise OSError(errno.EIO, reason_of(error), place) from error
