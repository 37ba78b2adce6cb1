"""A run: do the planned shards by an engine, keep the account.

One bad shard never stops the rest: the run goes on, and reports.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from link.errors import ShardError, UsageError, reason_of
from link.policy import Policy
from link.publish import sync_folders
from link.run.card import write_card
from link.run.context import WorkerContext, engine_of
from link.run.counts import Totals
from link.run.folder import RunFolder
from link.run.plan import Plan, RunSpec
from link.run.progress import Meter
from link.run.run_json import LEFT_ALONE, read_run, refuse_damaged, what_decides
from link.run.shard import SubstitutionWork
from link.run.shards import map_shards
from link.run.task import ShardReport, Task
from link.shards.codecs import Tally
from link.shards.files import Status, open_input, status_of
from link.shards.find import STANDARD_STREAM, STATE, split_name
from link.untrusted import parse_json, read_file

_READ_BYTES = 1 << 20
_MOST_WAITING, _MOST_WAITING_BYTES = 256, 1 << 20  # shards without a record, which a kill costs


@dataclass(slots=True)
class RunReport:
    """What came of a run. `done_before`: shards that an earlier start of the run had done."""

    totals: Totals = field(default_factory=Totals)
    shards: int = 0
    done_before: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # (input, what is wrong)
    left_alone: list[Path | str] = field(default_factory=list)
    bytes_done_now: int = 0  # decompressed input of the shards that were done this time

    def add(self, shard: ShardReport) -> None:
        """Count a shard that is done."""
        self.shards += 1
        self.totals.add(shard.totals)


def execute(spec: RunSpec, planned: Plan, meter: Meter | None = None) -> RunReport:
    """Do the run. Shards that fail are in the report; what stops everything is raised.

    `meter`: counts what is done meanwhile.
    """
    report = RunReport(left_alone=planned.left_alone)
    meter = meter or Meter()
    tasks = (
        planned.tasks if spec.part is None else planned.tasks[spec.part.index :: spec.part.count]
    )
    meter.bytes_total, meter.shards = sum(task.size_bytes for task in tasks), len(tasks)
    if spec.output is None:
        _do(spec, tasks, meter, report)
        meter.ended(report.totals)
        return report

    folder = RunFolder(spec.output, spec.link_dir, spec.part, spec.url)
    folder.refuse_strangers()
    with folder.locked() as lock:
        folder.files.remove_folder(folder.compiled)  # a killed run may have left it
        left_alone = [str(path) for path in planned.left_alone]
        folder.begin(
            spec.as_dict(), spec.lexicons.texts(), planned.names, left_alone, spec.overwrite
        )
        before = done_before(tasks, folder)
        for record in before.values():
            report.done_before += 1
            meter.done_before(record.input.size_bytes, record.totals)
            report.add(record)
        folder.records.add(one for one in before.values() if one != folder.records.get(one.name))
        todo = [task for task in tasks if task.name not in before]
        try:
            _do(spec, todo, meter, report, folder, lock)
        except BaseException:
            # Of workers that had no time to do it.
            names = {task.name for task in tasks}
            folder.remove_partials(names, resumed=names)
            raise
        meter.ended(report.totals)
        for path, name in planned.companions:
            folder.files.publish(spec.output / name, companion_bytes(path, spec.as_dict()))
        order = {task.path: place for place, task in enumerate(tasks)}
        report.failed.sort(key=lambda failure: order[failure[0]])
        if spec.part is None:
            folder.files.look()
            try:
                write_manifest(folder, spec.as_dict(), left_alone, report.failed)
            except OSError as error:
                name = str(error.filename2 or error.filename or folder.manifest_path)
                report.failed.append((name, f"{name} cannot be written: {reason_of(error)}"))
    return report


def done_before(tasks: Sequence[Task], folder: RunFolder) -> dict[str, ShardReport]:
    """The records of shards that an earlier start of the run has done, by their names.

    They have the inputs' times as they are now. Raises `UsageError` if an input is no longer what
    its output was made from.
    """
    found = {}
    for task in tasks:
        before = folder.read_record(task.name)
        if before is not None and task.path != STANDARD_STREAM:
            found[task.name] = _of_same_input(before, task)
    return found


def companion_bytes(path: Path, run: dict[str, Any]) -> bytes:
    """A file of a saved dataset: as it is, but `datasets` must not take it for the same dataset.

    `run`: what decides the output.
    """
    data = read_file(path)
    if path.name != STATE:
        return data
    try:
        state = parse_json(data, dict[str, Any])
        told = f"{state['_fingerprint']} {json.dumps(run, sort_keys=True)}"
    except (ValueError, KeyError):
        return data
    state["_fingerprint"] = hashlib.sha256(told.encode()).hexdigest()[:16]
    return json.dumps(state, indent=2, sort_keys=True).encode()


def _do(
    spec: RunSpec,
    tasks: Sequence[Task],
    meter: Meter,
    report: RunReport,
    folder: RunFolder | None = None,
    lock: int | None = None,
) -> None:
    """Do the shards, and put down what came of them; also of those before an interruption."""
    account = _Account(report, meter, folder)
    context = WorkerContext(spec.lexicons.compiled, spec.policy, meter, threads=spec.jobs)
    jobs, ray = (spec.jobs, spec.ray) if tasks else (1, None)
    scratch = folder.compiled if folder else None
    settings = json.dumps(spec.as_dict()).encode()
    work = SubstitutionWork(hashlib.sha256(settings).hexdigest() if folder else "")
    try:
        with (
            engine_of(jobs, context, scratch, lock, ray, is_shared=spec.url is None) as engine,
            closing(
                map_shards(engine, work, tasks, context, one_by_one=folder is None)
            ) as outcomes,
        ):
            for task, result in outcomes:
                account.take(task, result)
    finally:
        account.settle()


def _of_same_input(before: ShardReport, task: Task) -> ShardReport:
    """A shard's record, with the input's times as they are now.

    An input that was copied, moved or touched has other times, and is read: its hash tells. Raises
    `UsageError` if it is no longer what the output was made from.
    """
    then, now = before.input, status_of(task.path)
    if now == Status(then.size_bytes, then.modified_ns, then.version, then.changed_ns):
        return before
    if now.size_bytes not in (None, then.size_bytes) or _sha256_of(task.path) != then.sha256:
        raise UsageError(
            f"{task.path} has changed since {task.shown} was made from it; "
            f"name another output folder, or give --overwrite to redo everything"
        )
    then = replace(then, modified_ns=now.modified_ns, changed_ns=now.changed_ns)
    return replace(before, input=replace(then, version=now.version))


def _sha256_of(path: str) -> str:
    with open_input(path) as file:
        tally = Tally(file)
        while tally.read(_READ_BYTES):
            pass
    return tally.sha256


class _Account:
    """Takes down what came of each shard.

    Records wait for one another, so that the folders are flushed once for many small shards; a
    record is written when its shard is on the disk. `folder`: None if there are no records.
    """

    def __init__(self, report: RunReport, meter: Meter, folder: RunFolder | None = None) -> None:
        self._report, self._meter, self._folder = report, meter, folder
        self._waiting: list[tuple[Task, ShardReport]] = []

    def take(self, task: Task, result: ShardReport | ShardError) -> None:
        if isinstance(result, ShardError):
            self._meter.shards_failed += 1
            self._report.failed.append((task.path, str(result)))
            return
        self._meter.shards_done += 1
        self._waiting.append((task, result))
        size = sum(done.totals.bytes_in for _, done in self._waiting)
        if len(self._waiting) == _MOST_WAITING or size >= _MOST_WAITING_BYTES:
            self.settle()

    def settle(self) -> None:
        """Write the records that wait."""
        waiting, self._waiting = self._waiting, []
        try:
            sync = self._folder.files.sync if self._folder else sync_folders
            sync(path for each in waiting for path in _published(*each))
            if self._folder:
                self._folder.records.add(done for _, done in waiting)
        except OSError as error:
            for task, _ in waiting:
                self._meter.shards_done -= 1
                self._meter.shards_failed += 1
                reason = f"{task.path}: its record cannot be written: {reason_of(error)}"
                self._report.failed.append((task.path, reason))
            return
        for _, done in waiting:
            self._report.bytes_done_now += done.totals.bytes_in - done.bytes_before
            self._report.add(done)


def _published(task: Task, done: ShardReport) -> Iterator[Path]:
    """The files of a shard that is done."""
    quarantine = task.errors.quarantine if done.totals.records_quarantined else None
    return filter(None, (task.output.path, task.output.swaps, quarantine))


def write_manifest(
    folder: RunFolder,
    run: dict[str, Any],
    left_alone: Sequence[str],
    failed: Sequence[tuple[str, str]],
) -> Totals:
    """Write the account of everything in the output folder, whichever start has done it.

    `run`: what decides the output. `failed`: shards, each with the reason. Raises `OSError`, and
    `UsageError` if records do not add up.
    """
    totals = Totals()
    records = list(folder.all_records())
    for record in records:
        totals.add(record.totals)
    if not totals.conserved:
        raise UsageError(
            f"{folder.files.shown(folder.path)}: its records do not add up; redo the run"
        )
    policy = Policy(seed=run["seed"], **run["policy"])
    manifest = {
        **run,
        "totals": {
            **totals.as_dict(policy),
            "shards": len(records),
            "shards_failed": len(failed),
        },
        "failed": [{"shard": path, "reason": reason} for path, reason in failed],
        LEFT_ALONE: list(left_alone),
    }
    folder.write_manifest(manifest)
    write_card(folder, manifest, [record.name for record in records])
    return totals


def merge(
    output: Path, link_dir: Path | None = None, url: str | None = None
) -> tuple[Totals, list[str]]:
    """Write the manifest of a run that was done by the tasks of an array job.

    `url`: where the run is, if `output` is an empty folder that stands for it. Gives the totals,
    and the names of shards that are not done. To merge again changes nothing.
    Raises `UsageError` if there is no run, or one is at work.
    """
    folder = RunFolder(output, link_dir, url=url)
    folder.files.fetch()
    run = read_run(folder)
    refuse_damaged(run, folder)
    with folder.locked():
        shards = [name for name in folder.planned() if split_name(Path(name).name)]
        missing = [name for name in shards if folder.read_record(name) is None]
        failed = [(name, "not done") for name in missing]
        try:
            totals = write_manifest(folder, what_decides(run), run.get(LEFT_ALONE, []), failed)
        except OSError as error:
            raise UsageError(
                f"{folder.files.shown(folder.manifest_path)} cannot be written: {reason_of(error)}"
            ) from error
    return totals, missing
