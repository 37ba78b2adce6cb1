"""`--dry-run`: what a run would do, how much it would write, and whether the disk can hold it.

Nothing is written. A sample tells how text grows and how well it compresses then: the first bytes
of some shards are put through everything but the last step.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from link.errors import LinkError
from link.run.context import WorkerContext
from link.run.counts import Totals
from link.run.folder import RunFolder
from link.run.plan import Plan, RunSpec
from link.run.progress import Meter
from link.run.run import done_before
from link.run.shard import sample_shard
from link.run.shards import pieces_here
from link.run.task import Task
from link.shards.find import STANDARD_STREAM

SAMPLED_SHARDS = 8
SAMPLE_BYTES = 8 << 20
"""How much of each sampled shard is read, decompressed; of Parquet and Arrow, in memory."""


@dataclass(slots=True)
class Estimate:
    """What a run would do.

    `shards`: each task, and whether it is done already. `bytes_to_read`: as stored, of the shards
    to do. `sample_read`, `sample_written`: as stored. `free_bytes`: where the output would go.
    """

    shards: list[tuple[Task, bool]]
    left_alone: list[Path | str]
    bytes_to_read: int
    sample_read: int = 0
    sample_written: int = 0
    totals: Totals = field(default_factory=Totals)
    failed: list[tuple[str, str]] = field(default_factory=list)
    free_bytes: int | None = None

    @property
    def bytes_to_write(self) -> int | None:
        """As stored; None if no sample tells."""
        if any(task.path == STANDARD_STREAM for task, _ in self.shards):
            return None
        if not self.bytes_to_read:
            return 0
        if not self.sample_read:
            return None
        return round(self.bytes_to_read * self.sample_written / self.sample_read)

    @property
    def fits(self) -> bool:
        """Whether the disk can hold what would be written, as far as is known."""
        wanted = self.bytes_to_write
        return wanted is None or self.free_bytes is None or wanted <= self.free_bytes


def estimate(spec: RunSpec, planned: Plan, progress: Callable[[int], object]) -> Estimate:
    """Look at the shards and try a sample. Raises `UsageError` where the run itself would."""
    done = _done_before(spec, planned)
    shards = [(task, task.name in done) for task in planned.tasks]
    todo = [task for task, is_done in shards if not is_done and task.path != STANDARD_STREAM]
    result = Estimate(shards, planned.left_alone, sum(task.size_bytes for task in todo))
    if spec.output and spec.url is None:
        result.free_bytes = shutil.disk_usage(_nearest_folder(spec.output)).free
    do_pieces = pieces_here(WorkerContext(spec.lexicons.compiled, spec.policy, Meter()))
    spread = np.linspace(0, len(todo) - 1, SAMPLED_SHARDS).astype(int).tolist()
    for task in dict.fromkeys(todo[place] for place in spread if todo):
        try:
            sample = sample_shard(task, do_pieces, SAMPLE_BYTES)
        except LinkError as error:
            result.failed.append((task.path, str(error)))
            continue
        progress(sample.input.size_bytes)
        result.sample_read += sample.input.size_bytes
        result.sample_written += sample.output.size_bytes
        result.totals.add(sample.totals)
    return result


def _done_before(spec: RunSpec, planned: Plan) -> set[str]:
    """The outputs that are there already, and would be kept."""
    if spec.output is None:
        return set()
    folder = RunFolder(spec.output, spec.link_dir, url=spec.url)
    folder.files.fetch()
    folder.refuse_strangers()
    folder.check(spec.as_dict(), planned.names, spec.overwrite)
    if spec.overwrite:
        return set()
    return set(done_before(planned.tasks, folder))


def _nearest_folder(path: Path) -> Path:
    """The folder that a path would be made in."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())
