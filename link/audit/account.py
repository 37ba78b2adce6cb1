"""The account beside the facts: records, manifest, plan, and which files there are."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from link import __version__
from link.audit.compare import Compared
from link.audit.differences import Differences
from link.audit.settings import Settings
from link.errors import reason_of
from link.run.card import DATASETS_FILE, write_card
from link.run.counts import Totals
from link.run.folder import FOLDER, RunFolder
from link.run.plan import Plan
from link.run.run import companion_bytes
from link.run.run_json import FILES, what_decides
from link.run.task import File, Task
from link.shards.quarantine import QUARANTINE, REASONS_SUFFIX
from link.shards.sidecar import sidecar_path
from link.untrusted import read_file, read_json


def check_record(task: Task, found: Compared, folder: RunFolder, differences: Differences) -> None:
    """Compare a shard's record with what was found."""
    path = f"{folder.records.folder}: the record of {task.name}"
    told = folder.records.told().get(task.name)
    if told is None:
        differences.add(path, "is not there")
        return
    for side, file in (("input", found.input), ("output", found.output), ("swaps", found.swaps)):
        if file is not None:
            _check_file(path, side, told.get(side), file, differences)
    if task.output.swaps is None and told.get("swaps"):
        differences.add(path, "names a sidecar, but the run has none")
    counts = told.get("totals")
    if not isinstance(counts, dict):
        differences.add(path, "has no totals")
        return
    _check_counts(path, counts, asdict(found.totals), differences)


def _check_file(path: str, side: str, told: Any, file: File, differences: Differences) -> None:
    if not isinstance(told, dict):
        differences.add(path, f"does not tell of its {side}")
        return
    wanted: dict[str, Any] = {"size_bytes": file.size_bytes, "sha256": file.sha256}
    if side == "input":  # which may lie elsewhere now
        wanted["content_sha256"] = file.content_sha256
    else:
        wanted["path"] = file.path
    for name, value in wanted.items():
        if told.get(name) != value:
            differences.add(
                path, f"{name} of the {side} is {value}, but the record says {told.get(name)}"
            )


def _check_counts(
    path: str, told: Mapping[str, Any], counted: Mapping[str, Any], differences: Differences
) -> None:
    for name in dict.fromkeys((*counted, *told)):
        if told.get(name) != counted.get(name):
            differences.add(path, f"{name} is {counted.get(name)}, but it says {told.get(name)}")


def read_object(path: Path, differences: Differences) -> dict[str, Any] | None:
    """A file's JSON object; a difference if there is none."""
    try:
        return read_json(path, dict[str, Any])
    except FileNotFoundError:
        differences.add(str(path), "is not there")
    except (OSError, ValueError) as error:
        differences.add(str(path), f"cannot be read ({error})")
    return None


def check_manifest(
    settings: Settings, totals: Totals, shards: int, differences: Differences
) -> None:
    """The manifest must say what run.json and all shards together say."""
    path, run, policy = settings.folder.manifest_path, settings.run, settings.spec.policy
    told = read_object(path, differences)
    if told is None:
        return
    for name, value in run.items():
        if name != FILES and (name not in told or told[name] != value):
            differences.add(str(path), f"{name} is not what run.json says")
    counts = told.get("totals")
    if not isinstance(counts, dict):
        differences.add(str(path), "has no totals")
        return
    wanted = {**totals.as_dict(policy), "shards": shards, "shards_failed": 0}
    before = differences.count
    _check_counts(str(path), counts, wanted, differences)
    if told.get("failed") != []:
        differences.add(str(path), "names failed shards, but none has failed")
    if differences.count == before:
        _check_card(settings.folder, told, differences)


def _check_card(folder: RunFolder, manifest: dict[str, Any], differences: Differences) -> None:
    """What the run wrote for readers of its folder; another release may word it otherwise."""
    if manifest.get("version") != __version__:
        return
    with tempfile.TemporaryDirectory() as scratch:
        own = RunFolder(Path(scratch))
        write_card(own, manifest, folder.records.told())
        for mine in _files_below(own.output):
            path = folder.output / mine.relative_to(own.output)
            try:
                if read_file(path) != mine.read_bytes():
                    differences.add(str(path), "is not what the manifest makes")
            except OSError as error:
                differences.add(str(path), f"cannot be read: {reason_of(error)}")


def check_files(
    plan: Plan, folder: RunFolder, run: dict[str, Any], differences: Differences
) -> None:
    """Nothing may be there that no shard of the original has made, and the plan must name all."""
    names = {task.name for task in plan.tasks}
    others = {name for _, name in plan.companions}
    told = set(folder.planned())
    strangers = told - names - others
    for name in sorted(strangers):
        differences.add(
            str(folder.plan_path),
            f"names {name}, which nothing in the original makes; is all of the original named?",
        )
    for name in sorted((names | others) - told):
        differences.add(str(folder.plan_path), f"does not name {name}")
    for path in _files_below(folder.output):
        name = path.relative_to(folder.output).as_posix()
        is_ours = name.split("/")[0] == FOLDER or name == DATASETS_FILE
        if not is_ours and name not in names | others | strangers:
            differences.add(str(path), "is not a shard of this run")
    names |= strangers  # which have been told of
    for name in sorted(folder.records.told().keys() - names):
        differences.add(str(folder.records.folder), f"has a record of {name}, no shard of this run")
    sidecars = {sidecar_path(Path(), name).as_posix() for name in names if run["swaps"]}
    _refuse_strangers(folder.swaps, sidecars, differences)
    aside = {str(kept) for task in plan.tasks if (kept := task.errors.quarantine)}
    for path in _files_below(folder.swaps.parent / QUARANTINE):
        if str(path).removesuffix(REASONS_SUFFIX) not in aside and not strangers:
            differences.add(str(path), "belongs to no shard of this run")
    deciding = what_decides(run)
    for source, name in plan.companions:
        path = folder.output / name
        if not path.is_file():
            differences.add(str(path), "is missing")
        elif read_file(path) != companion_bytes(source, deciding):
            differences.add(str(path), f"is not what {source} makes")


def _refuse_strangers(root: Path, names: set[str], differences: Differences) -> None:
    for path in _files_below(root):
        if path.relative_to(root).as_posix() not in names:
            differences.add(str(path), "belongs to no shard of this run")


def _files_below(root: Path) -> Iterable[Path]:
    return sorted(path for path in root.rglob("*") if path.is_symlink() or not path.is_dir())
