"""A run: plan the shards, do them by an engine, keep the account.

One bad shard never stops the rest: the run goes on, and reports.
"""

import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from link import __version__
from link.errors import LexiconError, LinkError, UsageError
from link.kernel import KERNEL_VERSION
from link.lexicon import Lexicon
from link.policy import Policy
from link.report.counts import Totals
from link.run.folder import RunFolder
from link.run.local import Outcome, run_here, run_in_pool
from link.run.shard import ShardReport, Task
from link.shards.codecs import NONE
from link.shards.fields import Fields
from link.shards.find import (
    STANDARD_STREAM,
    Found,
    Shard,
    find_shards,
    output_name,
    refuse_clashes,
    split_name,
)
from link.shards.quarantine import FAIL, QUARANTINE

Progress = Callable[[int], object]


@dataclass(frozen=True, kw_only=True)
class RunSpec:
    """What is to be done, as the command line or a configuration says it.

    `output`: a folder, or None for standard output. `compression`: (codec, level), or None to keep
    each input's. `link_dir`: where a quarantine goes, if not under the output folder's `_link`.
    """

    inputs: Sequence[str]
    output: Path | None
    lexicon: Lexicon
    policy: Policy
    fields: Fields = field(default_factory=Fields)
    compression: tuple[str, int | None] | None = None
    on_error: str = FAIL
    max_errors: int | None = None
    link_dir: Path | None = None
    jobs: int = 1
    overwrite: bool = False

    def as_dict(self) -> dict[str, Any]:
        """All that decides the output's bytes."""
        policy = self.policy.as_dict()
        codec, level = self.compression or (None, None)
        return {
            "version": __version__,
            "kernel_version": KERNEL_VERSION,
            "seed": policy.pop("seed"),
            "policy": policy,
            "lexicons": [part.as_dict() for part in self.lexicon.parts or (self.lexicon,)],
            "text_field": list(self.fields.texts),
            "key_field": self.fields.key,
            "where": [f"{name}={value}" for name, value in self.fields.where],
            "on_error": self.on_error,
            "compression": codec and f"{codec}{'' if level is None else f':{level}'}",
        }


@dataclass(slots=True)
class RunReport:
    """What came of a run. `done_before`: shards that an earlier start of the run had done."""

    totals: Totals = field(default_factory=Totals)
    shards: int = 0
    done_before: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # (input, what is wrong)
    left_alone: list[Path] = field(default_factory=list)
    bytes_done_now: int = 0  # decompressed input of the shards that were done this time


@dataclass(frozen=True, slots=True)
class Plan:
    """The shards of a run and where they go. `size_bytes`: of the inputs as stored, if known."""

    tasks: list[Task]
    left_alone: list[Path]

    @property
    def size_bytes(self) -> int:
        return sum(map(_size_bytes, self.tasks))


def _size_bytes(task: Task) -> int:
    try:
        return Path(task.path).stat().st_size if task.path != STANDARD_STREAM else 0
    except OSError:
        return 0  # it will fail when its turn comes, and be reported then


def plan(spec: RunSpec) -> Plan:
    """Find the shards and name their outputs; raises `UsageError` before any work is done."""
    if spec.lexicon.report.unused == spec.lexicon.report.headwords:
        raise LexiconError(
            f"lexicon {spec.lexicon.name}: none of its {spec.lexicon.report.headwords:,} headwords "
            f"is one word; expected lines of `source<tab>target`"
        )
    found: Found = find_shards(spec.inputs)
    _refuse_output_inside_input(spec)
    codec, level = spec.compression or (None, None)
    names = [(shard, output_name(shard, codec)) for shard in found.shards]
    if spec.output:
        refuse_clashes(names)
        _refuse_input_inside_output(found.shards, spec.output)
    quarantine = _quarantine_folder(spec)
    tasks = []
    for shard, name in names:
        kept = split_name(Path(name).name)
        assert kept is not None, "a shard's output has a shard's name"
        tasks.append(
            Task(
                path=shard.path,
                name=name,
                output=spec.output / name if spec.output else None,
                codec_in=shard.codec,
                codec_out=kept[2] if spec.output else codec or NONE,
                level=level,
                fields=spec.fields,
                on_error=spec.on_error,
                quarantine=quarantine / name if quarantine else None,
                max_errors=spec.max_errors,
                followed=spec.output is None and shard is not found.shards[-1],
            )
        )
    return Plan(tasks, found.left_alone)


def _quarantine_folder(spec: RunSpec) -> Path | None:
    if spec.on_error != QUARANTINE:
        return None
    if spec.link_dir:
        return spec.link_dir / QUARANTINE
    if spec.output is None:
        raise UsageError(
            "a quarantine needs a place when the output goes to standard output; "
            "name a folder with --link-dir"
        )
    return RunFolder(spec.output).path / QUARANTINE


def _refuse_output_inside_input(spec: RunSpec) -> None:
    if spec.output is None:
        return
    output = spec.output.resolve()
    for text in spec.inputs:
        folder = Path(text)
        if text != STANDARD_STREAM and folder.is_dir():
            inside = folder.resolve() in (output, *output.parents)
            if inside:
                raise UsageError(
                    f"output folder {spec.output} lies inside the input {text}, where it would be "
                    f"taken for input the next time; name a folder elsewhere"
                )


def _refuse_input_inside_output(shards: Sequence[Shard], output: Path) -> None:
    """Output may be removed by a later run (`--overwrite`), so it may not be input as well."""
    for shard in shards:
        if shard.path != STANDARD_STREAM and output.resolve() in Path(shard.path).resolve().parents:
            raise UsageError(
                f"input {shard.path} lies inside the output folder {output}; name another folder"
            )


def execute(spec: RunSpec, planned: Plan, progress: Progress) -> RunReport:
    """Do the run. Shards that fail are in the report; what stops everything is raised."""
    report = RunReport(left_alone=planned.left_alone)
    if spec.output is None:
        for outcome in run_here(planned.tasks, spec.lexicon.compiled, spec.policy, progress):
            _take(outcome, report, folder=None)
        return report

    folder = RunFolder(spec.output)
    folder.refuse_strangers()
    with folder.locked():
        names = [task.name for task in planned.tasks]
        shutil.rmtree(folder.compiled, ignore_errors=True)  # a killed run may have left it
        folder.begin(spec.as_dict(), spec.lexicon.canonical_text(), names, spec.overwrite)
        todo = []
        for task in planned.tasks:
            before = folder.read_record(task.name)
            if before is None or task.path == STANDARD_STREAM:
                todo.append(task)
            else:
                _refuse_changed_input(before, task)
                report.done_before += 1
                progress(before.input.size_bytes)
                _add(before, report)
        with closing(_engine(spec, todo, folder, progress)) as outcomes:
            for outcome in outcomes:
                _take(outcome, report, folder)
        order = {task.path: place for place, task in enumerate(planned.tasks)}
        report.failed.sort(key=lambda failure: order[failure[0]])
        folder.write_manifest(_manifest(spec, report, folder))
    return report


def _engine(
    spec: RunSpec, tasks: list[Task], folder: RunFolder, progress: Progress
) -> Generator[Outcome, None, None]:
    if spec.jobs == 1 or len(tasks) < 2 or any(task.path == STANDARD_STREAM for task in tasks):
        return run_here(tasks, spec.lexicon.compiled, spec.policy, progress)
    return run_in_pool(
        tasks,
        spec.lexicon.compiled,
        spec.policy,
        progress,
        jobs=spec.jobs,
        scratch=folder.compiled,
    )


def _refuse_changed_input(before: ShardReport, task: Task) -> None:
    status = Path(task.path).stat()
    if (before.input.size_bytes, before.input.modified_ns) != (status.st_size, status.st_mtime_ns):
        raise UsageError(
            f"{task.path} has changed since {task.output} was made from it; "
            f"name another output folder, or give --overwrite to do everything anew"
        )


def _take(outcome: Outcome, report: RunReport, folder: RunFolder | None) -> None:
    task, result = outcome
    if isinstance(result, LinkError):
        report.failed.append((task.path, str(result)))
        return
    if folder:
        try:
            folder.write_record(result)
        except OSError as error:
            reason = f"{task.path}: its record cannot be written: {error.strerror or error}"
            report.failed.append((task.path, reason))
            return
    report.bytes_done_now += result.totals.bytes_in
    _add(result, report)


def _add(result: ShardReport, report: RunReport) -> None:
    report.shards += 1
    report.totals.add(result.totals)


def _manifest(spec: RunSpec, report: RunReport, folder: RunFolder) -> dict[str, Any]:
    """The account of everything in the output folder, whichever start of the run has done it."""
    totals = Totals()
    records = list(folder.all_records())
    for record in records:
        totals.add(record.totals)
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
