"""Verify: is an output folder what a run had to make of the original? Proved from the data.

settings.py     what the run was, from its folder
workers.py      the reference kernel on pieces, in several processes
expected.py     what a piece must become
shard.py        one shard beside its output; align.py, rows.py: unit by unit
changed.py, explain.py   what differs, in words
sidecar.py, quarantine.py, account.py   what stands beside the shards
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from link.report.counts import Totals
from link.run.plan import plan
from link.run.verify.account import check_files, check_manifest, check_record
from link.run.verify.differences import Differences
from link.run.verify.settings import Settings, settings_of
from link.run.verify.shard import verify_shard
from link.run.verify.workers import recomputing

SHOWN_DIFFERENCES = 10


@dataclass(slots=True)
class Verification:
    """What was found. `settings` is None if nothing could be compared, because what the run was
    has been altered. `shards`: how many were read to their ends.
    """

    differences: Differences
    settings: Settings | None = None
    totals: Totals = field(default_factory=Totals)
    shards: int = 0


def verify(
    inputs: Sequence[str],
    output: Path,
    *,
    link_dir: Path | None = None,
    sample: float = 1.0,
    jobs: int = 1,
    most_differences: int = SHOWN_DIFFERENCES,
    begin: Callable[[int], Callable[[int], object]] = lambda _size: lambda _: None,
) -> Verification:
    """Compare the original with the output of a run.

    `sample`: the share of the documents that are made anew by the reference kernel; the others are
    by the fast one. `begin` is called with the size of the original, as stored, and gives what is
    called with the bytes that are done. Raises `UsageError` where there is nothing to compare.
    """
    differences = Differences(most_differences)
    settings = settings_of(inputs, output, link_dir, differences)
    result = Verification(differences)
    if differences:
        return result
    result.settings = settings
    spec, folder = settings.spec, settings.folder
    planned = plan(spec)
    check_files(planned, folder, settings.run, differences)
    known = settings.known()
    progress = begin(planned.size_bytes)
    with recomputing(known, spec.policy, sample, jobs) as recompute:
        for task in planned.tasks:
            assert task.output is not None, "what is verified is a folder"
            if not task.output.is_file():
                differences.add(
                    str(task.output), f"is missing: {task.path} is not done, or has failed"
                )
                progress(task.size_bytes)
                continue
            found = verify_shard(task, recompute, known, spec.policy, differences, progress)
            if found is not None:
                result.shards += 1
                result.totals.add(found.totals)
                check_record(task.name, found, folder, differences)
    if result.shards == len(planned.tasks):
        check_manifest(folder, settings.run, result.totals, result.shards, spec.policy, differences)
    return result
