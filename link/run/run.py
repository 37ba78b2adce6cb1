"""A run: do the planned shards by an engine, keep the account.

One bad shard never stops the rest: the run goes on, and reports.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from link.errors import ShardError, UsageError, reason_of
from link.report.counts import Totals
from link.run.context import WorkerContext, engine_of
from link.run.engine import Outcomes
from link.run.folder import RunFolder, remove_folder
from link.run.meter import Meter
from link.run.plan import Plan, RunSpec
from link.run.shard import SubstitutionWork
from link.run.shards import map_shards
from link.run.task import ShardReport, Task
from link.shards.codecs import Tally
from link.shards.files import Status, open_input, status_of
from link.shards.find import STANDARD_STREAM, STATE
from link.shards.publish import publish_bytes, sync_folders
from link.untrusted import parse_json, read_file

_READ_BYTES = 1 << 20
_MOST_WAITING, _MOST_WAITING_BYTES = 64, 1 << 20  # shards without a record, which a kill costs


@dataclass(slots=True)
class RunReport:
    """What came of a run. `done_before`: shards that an earlier start of the run had done."""

    totals: Totals = field(default_factory=Totals)
    shards: int = 0
    done_before: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # (input, what is wrong)
    left_alone: list[Path | str] = field(default_factory=list)
    bytes_done_now: int = 0  # decompressed input of the shards that were done this time


def execute(spec: RunSpec, planned: Plan, meter: Meter | None = None) -> RunReport:
    """Do the run. Shards that fail are in the report; what stops everything is raised.

    `meter`: counts what is done meanwhile.
    """
    report = RunReport(left_alone=planned.left_alone)
    meter = meter or Meter()
    meter.bytes_total, meter.shards = planned.size_bytes, len(planned.tasks)
    if spec.output is None:
        _take_all(_outcomes(spec, planned.tasks, meter), _Account(report, meter))
        meter.ended(report.totals)
        return report

    folder = RunFolder(spec.output, spec.link_dir)
    folder.refuse_strangers()
    with folder.locked() as lock:
        remove_folder(folder.compiled)  # a killed run may have left it
        folder.begin(
            spec.as_dict(),
            spec.lexicons.texts(),
            planned.names,
            spec.overwrite,
        )
        todo, moved = [], []
        for task in planned.tasks:
            before = folder.read_record(task.name)
            if before is None or task.path == STANDARD_STREAM:
                todo.append(task)
            else:
                same = of_same_input(before, task)
                if same != before:
                    moved.append(same)
                report.done_before += 1
                meter.done_before(before.input.size_bytes, before.totals)
                _add(before, report)
        for error in folder.write_records(moved).values():
            raise error
        try:
            _take_all(_outcomes(spec, todo, meter, folder, lock), _Account(report, meter, folder))
        except BaseException:
            folder.remove_partials(planned.names)  # of workers that had no time to do it
            raise
        meter.ended(report.totals)
        for path, name in planned.companions:
            publish_bytes(spec.output / name, companion_bytes(path, spec.as_dict()))
        order = {task.path: place for place, task in enumerate(planned.tasks)}
        report.failed.sort(key=lambda failure: order[failure[0]])
        try:
            folder.write_manifest(_manifest(spec, report, folder))
        except OSError as error:
            name = str(folder.manifest_path)
            report.failed.append((name, f"{name} cannot be written: {reason_of(error)}"))
    return report


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


def _outcomes(
    spec: RunSpec,
    tasks: list[Task],
    meter: Meter,
    folder: RunFolder | None = None,
    lock: int | None = None,
) -> Outcomes[Task, ShardReport]:
    context = WorkerContext(spec.lexicons.compiled, spec.policy, meter, threads=spec.jobs)
    jobs = spec.jobs if tasks else 1
    scratch = folder.compiled if folder else None
    with engine_of(jobs, context, scratch, lock) as engine:
        is_one_stream = folder is None
        yield from map_shards(engine, SubstitutionWork(), tasks, context, one_by_one=is_one_stream)


def of_same_input(before: ShardReport, task: Task) -> ShardReport:
    """A shard's record, with the input's times as they are now.

    An input that was copied, moved or touched has other times, and is read: its hash tells. Raises
    `UsageError` if it is no longer what the output was made from.
    """
    then, now = before.input, status_of(task.path)
    if now == Status(then.size_bytes, then.modified_ns, then.version, then.changed_ns):
        return before
    if now.size_bytes not in (None, then.size_bytes) or _sha256_of(task.path) != then.sha256:
        raise UsageError(
            f"{task.path} has changed since {task.output} was made from it; "
            f"name another output folder, or give --overwrite to do everything anew"
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
            sync_folders(path for each in waiting for path in _published(*each))
            records = [done for _, done in waiting]
            failed = self._folder.write_records(records) if self._folder else {}
        except OSError as error:
            failed = {done.name: error for _, done in waiting}
        for task, done in waiting:
            if done.name in failed:
                self._meter.shards_done -= 1
                self._meter.shards_failed += 1
                reason = reason_of(failed[done.name])
                reason = f"{task.path}: its record cannot be written: {reason}"
                self._report.failed.append((task.path, reason))
            else:
                self._report.bytes_done_now += done.totals.bytes_in
                _add(done, self._report)


def _take_all(outcomes: Outcomes[Task, ShardReport], account: _Account) -> None:
    """Also what was done before something ended the run."""
    try:
        with closing(outcomes):
            for outcome in outcomes:
                account.take(*outcome)
    finally:
        account.settle()


def _published(task: Task, done: ShardReport) -> Iterator[Path]:
    """The files of a shard that is done."""
    quarantine = task.quarantine if done.totals.records_quarantined else None
    return filter(None, (task.output, task.swaps, quarantine))


def _add(result: ShardReport, report: RunReport) -> None:
    report.shards += 1
    report.totals.add(result.totals)


def _manifest(spec: RunSpec, report: RunReport, folder: RunFolder) -> dict[str, Any]:
    """The account of everything in the output folder, whichever start of the run has done it."""
    totals = Totals()
    records = list(folder.all_records())
    for record in records:
        totals.add(record.totals)
    if not totals.conserved:
        report.failed.append((str(folder.path), f"{folder.path}: its records do not add up"))
    return {
        **spec.as_dict(),
        "totals": {
            **totals.as_dict(spec.policy),
            "shards": len(records),
            "shards_failed": len(report.failed),
        },
        "failed": [{"shard": path, "reason": reason} for path, reason in report.failed],
        "left_alone": [str(path) for path in report.left_alone],
    }
