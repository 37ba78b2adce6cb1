"""Leases: what is at work on a URL, and what then waits."""

import time
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from link.errors import UsageError
from link.lexicon import Lexicon
from link.policy import Policy
from link.run import lease
from link.run.context import FromBytes, compiled_files
from link.run.folder import RunFolder, Slice
from link.run.job import Job
from link.run.progress import Meter
from link.shards.fields import Fields
from link.shards.store import Store
from tests.run.helpers import age_lease, stored
from tests.run.test_remote import LOCK


def folder_of(tmp_path: Path, url: str, part: Slice | None) -> RunFolder:
    return RunFolder(tmp_path / str(part), part=part, url=url)


@pytest.mark.parametrize(
    ("at_work", "begun", "said"),
    [
        (None, None, "a run or merge is at work on .*out"),
        (Slice(0, 3), Slice(0, 3), "task-0-of-3 is at work"),
        (Slice(0, 3), Slice(1, 2), "task-0-of-3 is at work"),
        (Slice(0, 3), None, "task-0-of-3 is at work"),
        (None, Slice(0, 3), "a run or merge is at work"),
        (Slice(0, 3), Slice(1, 3), None),
    ],
)
def test_what_would_do_the_same_shards_waits(
    url: str, tmp_path: Path, at_work: Slice | None, begun: Slice | None, said: str | None
) -> None:
    with folder_of(tmp_path, url, at_work).locked():
        held = set(stored(url))
        if said is None:
            with folder_of(tmp_path, url, begun).locked():
                assert len(stored(url)) == 2
        else:
            with (
                pytest.raises(UsageError, match=said),
                folder_of(tmp_path, url, begun).locked(),
            ):
                pass
        assert set(stored(url)) == held
        age_lease(Store(url), *held)
        with folder_of(tmp_path, url, begun).locked():
            assert len(stored(url)) == (1 if said else 2)
    assert stored(url) == {}


@pytest.mark.parametrize("can", [True, False])
def test_a_lease_is_taken_with_and_without_conditional_put(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can: bool
) -> None:
    url = f"memory://{tmp_path}/out"
    if not can:

        def pipe(self: Any, path: str, value: bytes, mode: str = "overwrite") -> None:
            if mode == "create":
                raise NotImplementedError
            pipe_file(self, path, value, mode)

        pipe_file = MemoryFileSystem.pipe_file
        monkeypatch.setattr(MemoryFileSystem, "pipe_file", pipe)
        monkeypatch.setattr(lease, "_SETTLE_SECONDS", 0.05)
    for _ in range(2):
        with folder_of(tmp_path, url, None).locked():
            assert set(stored(url)) == {LOCK}
            with (
                pytest.raises(UsageError, match="at work"),
                folder_of(tmp_path, url, None).locked(),
            ):
                pass
            age_lease(Store(url), LOCK)
    assert stored(url) == {}


def test_a_lease_is_renewed_while_a_run_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LIMIT_SECONDS", 1.5)
    url = f"memory://{tmp_path}/out"
    with folder_of(tmp_path, url, None).locked():
        time.sleep(2)
        with pytest.raises(UsageError, match="at work"), folder_of(tmp_path, url, None).locked():
            pass


def test_a_worker_that_sees_no_files_of_this_machine_gets_the_lexicon(
    lexicon: Lexicon, tmp_path: Path
) -> None:
    with compiled_files(lexicon.compiled, tmp_path / "compiled") as folder:
        setup = FromBytes((folder / "arrays").read_bytes(), Policy())
    context = setup(Meter())
    piece = b'{"text":"the dog"}\n'
    job = Job("a.jsonl", "jsonl", "jsonl", Fields())
    swapped = job.swapped(piece, context.lexicon, Policy(ratio=1.0))
    assert swapped.content == job.swapped(piece, lexicon.compiled, Policy(ratio=1.0)).content
    assert swapped.totals.swapped == 2
