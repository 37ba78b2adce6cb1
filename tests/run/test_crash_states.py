"""Whatever a crash of the machine, or an error of the disk, may leave: the run comes to its end.

A run's operations on its output folder are logged. A crash after any of them may leave what was
flushed, any part of what was not, and torn temporary files. From each such state the run is
resumed, and must give what an uninterrupted one gives.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from link.errors import LinkError
from link.lexicon import Lexicon
from link.publish import PARTIAL_SUFFIX
from tests.helpers import json_lines, some_records, tree
from tests.run.helpers import run, spec_of

SPEC: dict[str, Any] = {"swaps": True, "on_error": "quarantine"}


class Change(NamedTuple):
    """A name in a folder comes to hold something, or nothing any more."""

    path: Path
    data: bytes | None


class Flush(NamedTuple):
    """A folder's names are on the disk."""

    folder: Path


class Disk:
    """Logs what is done below a folder. `fails_at`: the operation that finds no room."""

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int | None = None
    ) -> None:
        self.log: list[Change | Flush] = []
        self.count = 0
        self._root, self._fails_at = root.resolve(), fails_at
        self._data: dict[Path, bytes] = {}  # of temporary files, when they were flushed
        self._fsync, self._replace, self._unlink = os.fsync, Path.replace, Path.unlink
        self._open = Path.open
        monkeypatch.setattr(os, "fsync", self.fsync)
        for name in ("replace", "unlink", "open"):
            monkeypatch.setattr(Path, name, self._method(getattr(self, name)))

    def _method(self, own: Callable[..., Any]) -> Callable[..., Any]:
        return lambda path, *arguments, **options: own(path, *arguments, **options)

    def _is_inside(self, path: Path) -> bool:
        return self._root in path.resolve().parents and "compiled" not in path.parts

    def _operation(self) -> None:
        self.count += 1
        if self.count == self._fails_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fsync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path == self._root or self._is_inside(path):
            self._operation()
            if path.is_dir():
                self.log.append(Flush(path))
            else:
                self._data[path] = path.read_bytes()
        self._fsync(descriptor)

    def open(self, path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if self._is_inside(path) and set(mode) & set("wxa"):
            self._operation()
            assert path.name.endswith(PARTIAL_SUFFIX), f"{path} is written under its final name"
            self.log.append(Change(path, b""))
        return self._open(path, mode, *arguments, **options)

    def replace(self, path: Path, target: Path) -> Path:
        if self._is_inside(target):
            self._operation()
            self.log.append(Change(path, None))
            self.log.append(Change(target, self._data.pop(path.resolve())))
        return self._replace(path, target)

    def unlink(self, path: Path, missing_ok: bool = False) -> None:
        if self._is_inside(path) and os.path.lexists(path):
            self._operation()
            self.log.append(Change(path, None))
        self._unlink(path, missing_ok=missing_ok)


def crash_states(log: list[Change | Flush]) -> Iterator[list[Change]]:
    """What may be on the disk after a crash behind the last operation, as changes from nothing."""
    durable: list[Change] = []
    pending: list[Change] = []
    for entry in log:
        if isinstance(entry, Change):
            pending.append(entry)
        else:
            durable += [each for each in pending if each.path.parent.resolve() == entry.folder]
            pending = [each for each in pending if each.path.parent.resolve() != entry.folder]
    yield durable
    if pending:
        yield durable + pending
    for place, one in enumerate(pending):
        yield [*durable, one]
        yield durable + pending[:place] + pending[place + 1 :]
        if one.path.name.endswith(PARTIAL_SUFFIX) and one.data is not None:
            yield [*durable, *pending, Change(one.path, b"torn\x00")]


def laid_out(changes: list[Change], root: Path, out: Path) -> None:
    for path, data in changes:
        own = out / path.resolve().relative_to(root)
        if data is None:
            own.unlink(missing_ok=True)
        else:
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_bytes(data)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for name in ("a.jsonl", "sub/b.txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(json_lines(some_records(3, len(name))) + b"no json \xff\n")
    return tmp_path / "in"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_from_every_state_that_a_crash_may_leave_the_run_comes_to_its_end(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("link.run.run._MOST_WAITING", 1)
    root = (tmp_path / "out").resolve()
    with monkeypatch.context() as patched:
        disk = Disk(root, patched)
        run(spec_of(corpus, root, lexicon, **SPEC))
    whole = tree(root)
    seen: set[frozenset[tuple[Path, bytes]]] = set()
    for end in range(len(disk.log) + 1):
        for changes in crash_states(disk.log[:end]):
            state: dict[Path, bytes] = {}
            for path, data in changes:
                if data is None:
                    state.pop(path, None)
                else:
                    state[path] = data
            if frozenset(state.items()) in seen:
                continue
            seen.add(frozenset(state.items()))
            out = tmp_path / "crashed"
            shutil.rmtree(out, ignore_errors=True)
            laid_out(changes, root, out)
            report = run(spec_of(corpus, out, lexicon, **SPEC))
            assert not report.failed, changes
            assert tree(out) == whole, changes
    assert len(seen) > 100  # different ones
    print(f"{len(disk.log)} operations, {len(seen)} states")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_an_error_at_any_operation_is_told_and_the_run_comes_to_its_end(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_out = tmp_path / "whole"
    run(spec_of(corpus, whole_out, lexicon, **SPEC))
    whole = tree(whole_out)
    for at in range(1, 1000):
        out = tmp_path / f"out{at}"
        with monkeypatch.context() as patched:
            disk = Disk(out, patched, fails_at=at)
            try:
                told = [reason for _, reason in run(spec_of(corpus, out, lexicon, **SPEC)).failed]
            except (LinkError, OSError) as error:
                told = [str(error)]
            if disk.count < at:
                assert not told
                assert at > 30  # operations
                return
        assert all(os.strerror(errno.ENOSPC) in each for each in told), (at, told)
        assert told or tree(out) == whole, at
        assert not run(spec_of(corpus, out, lexicon, **SPEC)).failed, at
        assert tree(out) == whole, at
        shutil.rmtree(out)
    raise AssertionError("the run does not end")
