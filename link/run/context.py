"""What each process of a run has at hand, and the engine whose processes have it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from link.errors import ShardError, reason_of
from link.kernel.compiled import CompiledLexicon
from link.lexicon.arrays_file import ARRAYS, load_compiled, save_compiled
from link.lexicon.cache import lend
from link.policy import Policy
from link.run.engine import Engine, Here, Processes
from link.run.progress import Meter
from link.run.ray_engine import RayCluster


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What a process has at hand. `meter` counts what it does.

    `threads`: how many may compress a shard's output.
    """

    lexicon: CompiledLexicon
    policy: Policy
    meter: Meter
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Ray:
    """A Ray cluster. `address`: of an existing one; None to start one on this machine."""

    address: str | None = None


@dataclass(frozen=True, slots=True)
class FromFiles:
    """Makes the context of a worker from a compiled lexicon's files, which it maps."""

    folder: Path
    policy: Policy

    def __call__(self, meter: Meter) -> WorkerContext:
        return WorkerContext(load_compiled(self.folder), self.policy, meter)


@dataclass(frozen=True, slots=True)
class FromBytes:
    """Makes the context of a worker on a machine that does not see those files."""

    data: bytes
    policy: Policy

    def __call__(self, meter: Meter) -> WorkerContext:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / ARRAYS).write_bytes(self.data)
            return WorkerContext(load_compiled(Path(folder)), self.policy, meter)


@contextmanager
def engine_of(
    jobs: int,
    context: WorkerContext,
    scratch: Path | None = None,
    lock: int | None = None,
    ray: Ray | None = None,
    *,
    is_shared: bool = True,
) -> Iterator[Engine]:
    """An engine whose workers have the same lexicon and policy as this process.

    `scratch`: a folder to be made for the lexicon's files; None for a temporary one. `lock`: a file
    descriptor that every worker on this machine keeps open. `ray`: use Ray, and not `jobs`.
    `is_shared`: its nodes see `scratch`.
    """
    if jobs == 1 and ray is None:
        yield Here(lambda _: context, context.meter)
        return
    with ExitStack() as stack:
        if scratch is None:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "compiled"
        folder = stack.enter_context(compiled_files(context.lexicon, scratch))
        setup = FromFiles(folder, context.policy)
        engine: Engine
        if ray is None:
            engine = Processes(jobs, setup, context.meter, lock)
        else:
            data = None if is_shared else (folder / ARRAYS).read_bytes()
            anywhere = setup if data is None else FromBytes(data, context.policy)
            engine = RayCluster(anywhere, context.meter, ray.address)
        yield stack.enter_context(closing(engine))


@contextmanager
def compiled_files(lexicon: CompiledLexicon, scratch: Path) -> Iterator[Path]:
    """The lexicon's arrays in a folder that workers map into memory: the cached ones, or copies."""
    scratch.mkdir(parents=True)
    try:
        try:
            if not lend(lexicon, scratch):
                save_compiled(lexicon, scratch)
        except OSError as error:
            raise ShardError(f"{scratch} cannot be written: {reason_of(error)}") from error
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
