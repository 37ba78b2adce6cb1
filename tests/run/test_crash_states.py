"""Whatever a crash of the machine, or an error of the disk, may leave: the run comes to its end.

A run's operations on its output folder are logged. A crash after any of them may leave what was
flushed, any part of what was not, and torn temporary files. From each such state the run is
resumed, and must give what an uninterrupted one gives. So is a run on a large shard, which has
checkpoints, and one that goes on after such a checkpoint.
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
from link.run.checkpoint import Checkpoints
from link.run.run import RunReport
from tests.helpers import compress, json_lines, some_records, tree
from tests.run.helpers import run, run_large, spec_of

needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")


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
                self.log.append(Change(path, self._data[path]))
        self._fsync(descriptor)

    def open(self, path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if self._is_inside(path) and set(mode) & set("wxa+"):
            self._operation()
            assert path.name.endswith(PARTIAL_SUFFIX), f"{path} is written under its final name"
            if "r" not in mode:
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
            yield [*durable, *pending, Change(one.path, one.data + b"torn\x00")]


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


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """One shard that has a few checkpoints, the second and third with a quarantine."""
    records = json_lines(some_records(6)).splitlines(keepends=True)
    records.insert(4, b"no json \xff\n")
    path = tmp_path / "large" / "sub" / "c.jsonl.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(compress(b"".join(records), "gz"))
    return tmp_path / "large"


def do_small(corpus: Path, out: Path, lexicon: Lexicon) -> RunReport:
    return run(spec_of(corpus, out, lexicon, swaps=True, on_error="quarantine"))


def do_large(corpus: Path, out: Path, lexicon: Lexicon) -> RunReport:
    spec = spec_of(corpus, out, lexicon, on_error="quarantine")
    return run_large(spec, stream_bytes=500, block_bytes=100)


Do = Callable[[Path, Path, Lexicon], RunReport]


def resumed_from_every_state(
    do: Do,
    corpus: Path,
    tmp_path: Path,
    lexicon: Lexicon,
    log: list[Change | Flush],
    begin: int = 0,
) -> int:
    """Resume a run from each state that its log leads to; gives the number of different ones.

    `begin`: so much of the log is of an earlier run.
    """
    root = (tmp_path / "out").resolve()
    whole = tree(root)
    seen: set[frozenset[tuple[Path, bytes]]] = set()
    for end in range(begin, len(log) + 1):
        for changes in crash_states(log[:end]):
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
            report = do(corpus, out, lexicon)
            assert not report.failed, changes
            assert tree(out) == whole, changes
    print(f"{len(log)} operations, {len(seen)} states")
    return len(seen)


@needs_proc
def test_from_every_state_that_a_crash_may_leave_the_run_comes_to_its_end(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("link.run.run._MOST_WAITING", 1)
    with monkeypatch.context() as patched:
        disk = Disk(tmp_path / "out", patched)
        do_small(corpus, tmp_path / "out", lexicon)
    assert resumed_from_every_state(do_small, corpus, tmp_path, lexicon, disk.log) > 100


@needs_proc
def test_from_every_state_a_large_shard_comes_to_its_end(
    large: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        disk = Disk(out, patched)
        do_large(large, out, lexicon)
    assert resumed_from_every_state(do_large, large, tmp_path, lexicon, disk.log) > 100


@needs_proc
def test_from_every_state_a_large_shard_that_went_on_comes_to_its_end(
    large: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = (tmp_path / "out").resolve()
    add, count = Checkpoints.add, 0

    def killed(checkpoints: Checkpoints, *done: Any) -> None:
        nonlocal count
        add(checkpoints, *done)
        count += 1
        if count == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            do_large(large, out, lexicon)
    log: list[Change | Flush] = [Change(out / name, data) for name, data in tree(out).items()]
    assert any("quarantine" in str(each) for each in log)
    log += [Flush(folder) for folder in {out, *(path.parent for path in out.rglob("*"))}]
    with monkeypatch.context() as patched:
        disk = Disk(out, patched)
        do_large(large, out, lexicon)
    before = len(log)
    log += disk.log
    assert resumed_from_every_state(do_large, large, tmp_path, lexicon, log, before) > 50


@needs_proc
@pytest.mark.parametrize("do", [do_small, do_large])
def test_an_error_at_any_operation_is_told_and_the_run_comes_to_its_end(
    corpus: Path,
    large: Path,
    tmp_path: Path,
    lexicon: Lexicon,
    monkeypatch: pytest.MonkeyPatch,
    do: Do,
) -> None:
    corpus = large if do is do_large else corpus
    whole_out = tmp_path / "whole"
    do(corpus, whole_out, lexicon)
    whole = tree(whole_out)
    for at in range(1, 1000):
        out = tmp_path / f"out{at}"
        with monkeypatch.context() as patched:
            disk = Disk(out, patched, fails_at=at)
            try:
                told = [reason for _, reason in do(corpus, out, lexicon).failed]
            except (LinkError, OSError) as error:
                told = [str(error)]
            if disk.count < at:
                assert not told
                assert at > 30  # operations
                return
        assert all(os.strerror(errno.ENOSPC) in each for each in told), (at, told)
        assert told or tree(out) == whole, at
        assert not do(corpus, out, lexicon).failed, at
        assert tree(out) == whole, at
        shutil.rmtree(out)
    raise AssertionError("the run does not end")
