"""Verify: is an output folder what a run had to make of the original? Proved from the data."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from link.audit.account import check_files, check_manifest, check_record
from link.audit.align import Aligner
from link.audit.compare import ComparisonWork
from link.audit.differences import Differences
from link.audit.recompute import AuditContext, AuditFromFiles
from link.audit.settings import INFLECTIONS, LEXICON, Settings, settings_of
from link.errors import ShardError
from link.run.context import Ray, compiled_files
from link.run.counts import Totals
from link.run.engine import Engine, Here, Processes
from link.run.folder import RunFolder
from link.run.plan import plan
from link.run.progress import Meter
from link.run.ray_engine import RayCluster
from link.run.shards import map_shards

SHOWN_DIFFERENCES = 10
SAMPLE = 0.01


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
    sample: float = SAMPLE,
    jobs: int = 1,
    ray: Ray | None = None,
    most_differences: int = SHOWN_DIFFERENCES,
    begin: Callable[[int, Meter], object] = lambda _size, _meter: None,
) -> Verification:
    """Compare the original with the output of a run.

    `sample`: the share of the documents that are made anew by the reference kernel, too. `jobs`,
    `ray`: by so many processes, or on a cluster. `begin` is
    called with the size of the original, as stored, and a meter that counts what is done. Raises
    `UsageError` where there is nothing to compare.
    """
    differences = Differences(most_differences)
    settings = settings_of(inputs, output, link_dir, differences)
    result = Verification(differences)
    if differences:
        return result
    result.settings = settings
    planned = plan(settings.spec)
    check_files(planned, settings.folder, settings.run, differences)
    meter = Meter()
    begin(planned.size_bytes, meter)
    tasks = []
    for task in planned.tasks:
        path = task.output.path
        assert path is not None, "what is verified is a folder"
        if path.is_file():
            tasks.append(task)
            continue
        differences.add(str(path), f"is missing: {task.path} is not done, or has failed")
    context = _context(settings, sample, meter)
    work = ComparisonWork(most_differences)
    with (
        _engine(jobs, context, settings.folder, ray) as engine,
        closing(map_shards(engine, work, tasks, context)) as outcomes,
    ):
        for task, found in outcomes:
            if isinstance(found, ShardError):
                differences.add(str(task.output.path), f"cannot be compared: {found}")
                continue
            differences.merge(found.differences)
            if found.input is not None:
                result.shards += 1
                result.totals.add(found.totals)
                check_record(task, found, settings.folder, differences)
    if result.shards == len(planned.tasks):
        check_manifest(settings, result.totals, result.shards, differences)
    return result


def _context(settings: Settings, sample: float, meter: Meter) -> AuditContext:
    policy, folder = settings.spec.policy, settings.folder.path
    lexicons, inflections = (folder.glob(f"{name}*.tsv") for name in (LEXICON, INFLECTIONS))
    return AuditContext(
        settings.spec.lexicons.compiled,
        policy,
        cache(settings.headwords),
        Aligner.from_files(lexicons, inflections, policy.bracket_pair),
        sample,
        meter,
    )


@contextmanager
def _engine(
    jobs: int, context: AuditContext, folder: RunFolder, ray: Ray | None
) -> Iterator[Engine]:
    if jobs == 1 and ray is None:
        yield Here(lambda _: context, context.meter)
        return
    with (
        # Where all nodes of a cluster see it.
        tempfile.TemporaryDirectory(dir=folder.path if ray else None) as scratch,
        compiled_files(context.lexicon, Path(scratch) / "compiled") as compiled,
    ):
        setup = AuditFromFiles(compiled, Path(scratch) / "rest", Path(scratch) / "headwords")
        setup.save(context)
        engine: Engine
        if ray is None:
            engine = Processes(jobs, setup, context.meter)
        else:
            engine = RayCluster(setup, context.meter, ray.address)
        with closing(engine):
            yield engine
