"""What is on the disk when: a record never names what a crash of the machine could take away."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from link.lexicon import Lexicon
from link.publish import PARTIAL_SUFFIX, partial_path
from link.run import run as runs
from tests.helpers import json_lines, shard_records, some_records, tree
from tests.run.helpers import run, spec_of

SHARDS = 5


class Disk:
    """Watches what is flushed and renamed, and what a crash would leave.

    `durable`: the names that are on the disk, with all they hold. `flushed`: the folders that
    were, in order.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seen: Callable[[Path], None]) -> None:
        self.durable: set[Path] = set()
        self.flushed: list[Path] = []
        self._names: dict[Path, set[Path]] = {}  # that are not on the disk yet, by folder
        self._data: set[Path] = set()
        self._seen = seen
        self._fsync, self._replace = os.fsync, Path.replace
        monkeypatch.setattr(os, "fsync", self.fsync)
        monkeypatch.setattr(Path, "replace", lambda partial, final: self.replace(partial, final))

    def fsync(self, descriptor: int) -> None:
        self._fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            self.flushed.append(path)
            self.durable |= self._names.pop(path, set())
        else:
            self._data.add(path)

    def replace(self, partial: Path, final: Path) -> Path:
        if not partial.name.endswith(PARTIAL_SUFFIX):  # the lexicons' cache
            return self._replace(partial, final)
        assert partial.resolve() in self._data, f"{final} was not flushed"
        self._data.remove(partial.resolve())
        self._seen(final)
        self._names.setdefault(final.parent.resolve(), set()).add(final.resolve())
        return self._replace(partial, final)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for number in range(SHARDS):
        path = tmp_path / "in" / ("sub" if number % 2 else "") / f"{number}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(json_lines(some_records(3, number)) + b"no json\n")
    return tmp_path / "in"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("most", [1, 2, 64])
def test_a_record_names_what_is_on_the_disk(
    corpus: Path,
    tmp_path: Path,
    lexicon: Lexicon,
    monkeypatch: pytest.MonkeyPatch,
    most: int,
) -> None:
    out = (tmp_path / "out").resolve()
    state = out / "_link"
    records: set[str] = set()

    def seen(final: Path) -> None:
        if final == state / "manifest.json":
            assert state / "records" / "0000000.jsonl" in disk.durable
        if state / "records" not in final.parents:
            return
        for line in partial_path(final).read_bytes().splitlines():
            name = json.loads(line)["name"]
            records.add(name)
            quarantine = state / "quarantine" / name
            assert disk.durable >= {
                out / name,
                state / "swaps" / f"{name}.parquet",
                quarantine,
                quarantine.with_name(f"{quarantine.name}.reasons.jsonl"),
            }

    monkeypatch.setattr(runs, "_MOST_WAITING", most)
    disk = Disk(monkeypatch, seen)
    run(spec_of(corpus, out, lexicon, on_error="quarantine", swaps=True))
    assert len(records) == SHARDS
    last = 1  # what tells `datasets` of the shards
    assert disk.flushed.count(out) <= -(-SHARDS // most) + last


def test_what_is_done_when_a_run_is_interrupted_has_its_record(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    spec = spec_of(corpus, out, lexicon, on_error="skip")
    run(spec_of(corpus, tmp_path / "whole", lexicon, on_error="skip"))
    take = runs._Account.take

    def interrupted(account: Any, *outcome: Any) -> None:
        take(account, *outcome)
        if len(account._waiting) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(runs._Account, "take", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(spec)
    assert len(shard_records(out)) == 3
    monkeypatch.undo()
    assert run(spec).done_before == 3
    assert tree(out) == tree(tmp_path / "whole")
