"""`OUT/_link/`: what a run was, what it has done, and what came of it.

    plan.json       the names of all outputs, written before the first of them
    run.json        what decides the output: policy, seed, lexicon, kernel version, fields, codec
    lexicon.tsv     the lexicon as it was used, with its licence
    inflections.tsv the inflected forms that were found as well, each with its lemmas
                    (with several languages, lexicon-de.tsv and inflections-de.tsv, …)
    only-words.txt  the forms that alone were swapped, skip-words.txt: those that were not
    swaps/          one file a shard, published before it, if they were asked for
    records/        what has been done, written once it is on the disk (records.py)
    compiled/       the lexicon's arrays, while several processes share them
    manifest.json   the run and its totals, written at the end
    lock            held while a run is at work; a killed run leaves none behind
    locks/          leases instead, where OUT is a URL (lease.py)

A shard without its record is done again. Nothing here depends on the number of processes. The tasks
of an array job share the folder: each holds the lock with the others, and one of its own.
"""

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from link.errors import UsageError, reason_of
from link.publish import PARTIAL_SUFFIX, checkpoint_path, partial_path
from link.run.checkpoint import remove_checkpoint
from link.run.lease import leased
from link.run.mirror import Files, Mirror
from link.run.records import Records
from link.run.run_json import FILES, LEFT_ALONE, what_decides
from link.run.task import ShardReport
from link.shards.quarantine import QUARANTINE
from link.shards.sidecar import SWAPS, sidecar_path
from link.untrusted import read_json

FOLDER = "_link"
LEXICON_FILES = ("lexicon*.tsv", "inflections*.tsv")
_PATIENCE_SECONDS = 3.0  # for the workers of a killed run to be gone


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a run that one task of an array job does: every `count`-th shard.

    `index`: of the task, from 0.
    """

    index: int
    count: int

    def __str__(self) -> str:
        return f"task-{self.index}-of-{self.count}"


class RunFolder:
    """The `_link` folder of an output folder.

    `link_dir`: where the sidecars are instead. `part`: what of the run is done here, if not all.
    `url`: where the output folder really is; then `output` is an empty local one.
    """

    def __init__(
        self,
        output: Path,
        link_dir: Path | None = None,
        part: Slice | None = None,
        url: str | None = None,
    ) -> None:
        self.output = output
        self.files = Mirror(output, url) if url else Files(output)
        self.shown = self.files.shown(output)
        self.part = part
        self.path = output / FOLDER
        self.run_path = self.path / "run.json"
        self.plan_path = self.path / "plan.json"
        self.manifest_path = self.path / "manifest.json"
        self.records = Records(self.path / "records", f"{part}-" if part else "", self.files)
        self.compiled = self.path / ("compiled" if part is None else f"compiled-{part}")
        self.swaps = (link_dir or self.path) / SWAPS

    # --- opening ---

    def refuse_strangers(self) -> None:
        """Raise `UsageError` if the output folder holds something that is no run of LINK."""
        try:
            if not self.output.exists():
                return
            if not self.output.is_dir():
                raise UsageError(f"output {self.shown} is a file; name a folder")
            if self.run_path.exists():
                return
            others = sorted(self.files.names() - {FOLDER})
        except OSError as error:
            raise UsageError(
                f"output folder {self.shown} cannot be read: {reason_of(error)}"
            ) from error
        if others:
            raise UsageError(
                f"output folder {self.shown} holds something else ({others[0]}"
                f"{', …' if len(others) > 1 else ''}); name an empty or a new folder"
            )

    @contextmanager
    def locked(self) -> Iterator[int | None]:
        """Keep other runs out of this output folder; gives the file descriptor of a local lock.

        The system frees a lock when every process that holds it is gone: of a killed run, those of
        its workers too, which takes a moment that the next run waits for.
        """
        with ExitStack() as stack:
            if isinstance(self.files, Mirror):
                task, count = (str(self.part), self.part.count) if self.part else (None, 0)
                lease = leased(self.files.store, self.files.url, task, count)
                self.files.lease = stack.enter_context(lease)
                self.files.fetch()
                self.refuse_strangers()
                yield None
                return
            lock = self._lock_file(stack, "lock")
            if self.part is None:
                self._hold(lock, fcntl.LOCK_EX, "another run")
            else:
                self._hold(lock, fcntl.LOCK_SH, "a run that is not a task of an array job")
                lock = self._lock_file(stack, f"{self.part}.lock")
                self._hold(lock, fcntl.LOCK_EX, f"another {self.part}")
                self._refuse_other_counts()
            yield lock

    def _lock_file(self, stack: ExitStack, name: str) -> int:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
            lock = os.open(self.path / name, flags, 0o666)
        except OSError as error:
            raise UsageError(
                f"output folder {self.shown} cannot be written: {reason_of(error)}"
            ) from error
        stack.callback(os.close, lock)
        return lock

    def _hold(self, lock: int, how: int, who: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _lock(lock, how):
            if time.monotonic() > deadline:
                raise UsageError(f"{who} is at work on {self.shown}; wait for it or stop it")
            time.sleep(0.05)

    def _refuse_other_counts(self) -> None:
        """Raise `UsageError` if tasks are at work among which the shards are parted otherwise."""
        assert self.part is not None, "a task is at work"
        for path in self.path.glob("task-*-of-*.lock"):
            if path.stem.endswith(f"-of-{self.part.count}"):
                continue
            with ExitStack() as stack:
                if not _lock(self._lock_file(stack, path.name), fcntl.LOCK_EX):
                    raise UsageError(
                        f"{path.stem} is at work on {self.shown}, and would do the same shards; "
                        f"wait until all tasks of that count have ended"
                    )

    def check(self, run: dict[str, Any], names: Sequence[str], overwrite: bool) -> None:
        """Raise `UsageError` if another run was here before, or its files are in the way.

        A run that has published nothing holds no folder.
        """
        if self.run_path.exists() and (self.part or self._has_published()):
            try:
                before = read_json(self.run_path, dict[str, Any])
            except (OSError, ValueError) as error:
                differences = [f"its run.json is damaged ({error})"]
            else:
                differences = list(_differences(what_decides(before), run))
            if differences and not overwrite:
                raise UsageError(
                    f"output folder {self.shown} holds another run: {'; '.join(differences)}. "
                    f"Name another folder, or give --overwrite to redo everything"
                )
        self._refuse_others_files(set(names) - set(self.planned()))

    def begin(
        self,
        run: dict[str, Any],
        texts: Mapping[str, str],
        names: Sequence[str],
        left_alone: Sequence[str],
        overwrite: bool,
    ) -> None:
        """Write down what this run is; an earlier run here must have been the same one.

        `texts`: file names and what they hold; one without text is not there. `left_alone`: inputs
        that are no shards.
        """
        self.check(run, names, overwrite)
        if self.part is None:
            resumed = names if not overwrite and self._is_of(run) else ()
            kept = self.remove_partials({*self.planned(), *names}, resumed=resumed)
            if overwrite or not (kept or self._has_published()):
                self._remove_output()
        self.files.publish(self.plan_path, _json_bytes(sorted({*self.planned(), *names})))
        for name in LEXICON_FILES:  # of an earlier run
            for path in self.path.glob(name):
                if path.name not in texts:
                    self.files.remove([path])
        for name, text in texts.items():
            if text:
                self.files.publish(self.path / name, text.encode())
            else:
                self.files.remove([self.path / name])
        hashes = {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items() if text
        }
        self.files.publish(
            self.run_path, _json_bytes({**run, LEFT_ALONE: list(left_alone), FILES: hashes})
        )

    def _is_of(self, run: dict[str, Any]) -> bool:
        """Whether what has been done here is of the same run."""
        try:
            return what_decides(read_json(self.run_path, dict[str, Any])) == run
        except (OSError, ValueError):
            return False

    def _has_published(self) -> bool:
        """Whether there is an output of an earlier run, or a record of one."""
        return bool(self.records.told()) or any(
            self.files.size(self.output / name) is not None for name in self.planned()
        )

    def _refuse_others_files(self, names: set[str]) -> None:
        """Raise `UsageError` if an output would replace a file that no run of LINK has planned."""
        for name in sorted(names):
            if self.files.size(self.output / name) is not None:
                raise UsageError(
                    f"{self.files.shown(self.output / name)} exists and is not this run's; "
                    f"move it away first"
                )

    def _remove_output(self) -> None:
        """Take away what an earlier run published here, so that two runs never mix."""
        names = self.planned()
        for name in names:
            folder = (self.output / name).parent
            is_inside = self.output.resolve() in (folder / "x").resolve().parents
            if os.path.lexists(self.output / name) and not is_inside:
                raise UsageError(
                    f"{folder} is a link to another place, where nothing is removed; "
                    f"remove {name} there yourself, or name another output folder"
                )
        self.files.remove(path for name in names for path in self._files_of(name))
        self.records.remove()
        self.files.remove_folder(self.path / QUARANTINE)
        self.files.remove([self.manifest_path, self.plan_path])

    def planned(self) -> list[str]:
        """The names of all outputs that this folder's runs have ever set out to make."""
        try:
            names = read_json(self.plan_path, list[str])
            for name in names:
                if not _stays_inside(name):
                    raise ValueError(f"{name!r:.60} cannot be the name of an output")
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{self.files.shown(self.plan_path)} is damaged ({error}); "
                f"name another output folder"
            ) from error
        return names

    # --- records ---

    def _files_of(self, name: str) -> tuple[Path, ...]:
        """All that is published of a shard, but its quarantine."""
        return self.output / name, sidecar_path(self.swaps, name)

    def read_record(self, name: str) -> ShardReport | None:
        """The record of a published shard; None if there is none that can be trusted."""
        report = self.records.get(name)
        if report is None:
            return None
        sizes = [self.files.size(self.output / name)]
        wanted = [report.output.size_bytes]
        if report.swaps is not None:
            sizes.append(self.files.size(sidecar_path(self.swaps, name)))
            wanted.append(report.swaps.size_bytes)
        return report if wanted == sizes else None

    def all_records(self) -> Iterator[ShardReport]:
        """The records of everything that is published here, in the order of names."""
        for name in self.planned():
            record = self.read_record(name)
            if record:
                yield record

    def remove_partials(self, names: set[str], *, resumed: Collection[str]) -> set[str]:
        """Remove what was being written under temporary names; nobody may be at work on it.

        `resumed`: shards that keep theirs if they have a checkpoint; gives those that have one.
        """
        kept = {name for name in resumed if checkpoint_path(self.output / name).exists()}
        for name in names - kept:
            with suppress(OSError):
                remove_checkpoint(checkpoint_path(self.output / name))
            for final in self._files_of(name):
                with suppress(OSError):
                    partial_path(final).unlink()
        if not kept and not self.part:  # that of another shard or task is not told by its name
            for path in (self.path / QUARANTINE).rglob(f"*{PARTIAL_SUFFIX}"):
                with suppress(OSError):
                    path.unlink()
        return kept

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Write the account of a run that has come to its end, and leave nothing else of it."""
        self.records.put_together(self.planned())
        self.files.publish(self.manifest_path, _json_bytes(manifest))
        for path in self.path.glob("task-*-of-*.lock"):
            path.unlink(missing_ok=True)


def _lock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stays_inside(name: str) -> bool:
    """Whether a name leads to a file inside the output folder: files are removed by such names."""
    try:
        os.fsencode(name)
    except UnicodeError:
        return False
    path = PurePosixPath(name)
    inside = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return inside and "\0" not in name


def _differences(before: dict[str, Any], now: dict[str, Any], path: str = "") -> Iterable[str]:
    for key in dict.fromkeys((*before, *now)):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{path}{key}.")
        elif old != new:
            yield f"{path}{key} was {json.dumps(old)}, now {json.dumps(new)}"


def _json_bytes(value: Any) -> bytes:
    # In ASCII: names of files need not be UTF-8, and Python's way of writing such names is kept so.
    return (json.dumps(value, indent=2) + "\n").encode()
