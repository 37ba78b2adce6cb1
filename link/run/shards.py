"""Shards mapped by an engine: one to each process, and a large one in pieces to all of them.

A shard that is large beside the others would keep all processes but one waiting. So this process
reads it, the engine does its pieces, and what they give is put together here, in order. What comes
out does not depend on the way.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

import pyarrow as pa

from link.errors import LinkError, OutputClosedError, ShardError, reason_of, unforeseen
from link.run.ahead import size_of_content
from link.run.engine import Engine, Here, Outcomes, WorkerDiedError
from link.run.progress import Meter
from link.run.task import Task
from link.shards.batch import Piece

Content: TypeAlias = "bytes | pa.RecordBatch"
Result = TypeVar("Result", covariant=True)
Done = TypeVar("Done")
Made = TypeVar("Made", covariant=True)


class PieceJob(Protocol[Made]):
    """What is done with each piece of a shard. It is pickled with every piece."""

    @property
    def shard(self) -> str:
        """The shard's path."""

    @property
    def target(self) -> str:
        """The format of what comes out."""

    def needed_of(self, piece: Piece) -> Content:
        """What of a piece must cross to another process."""

    def do(self, content: Content, context: Any, *, first: bool, number: int) -> Made:
        """Do a piece: the shard's `number`-th, from 0; `first`: its content begins the shard."""


Each: TypeAlias = Generator[tuple[Piece, Done], None, None]
DoPieces = Callable[[PieceJob[Done], Iterable[Piece]], Each[Done]]
"""Does a job with each piece, and gives both in the pieces' order."""


class Work(Protocol[Result]):
    """What is done with each shard. It is pickled with every shard."""

    def do(self, task: Task, context: Any, do_pieces: DoPieces[Any]) -> Result:
        """Do a shard. Raises `ShardError`."""


def map_shards(
    engine: Engine,
    work: Work[Result],
    tasks: Sequence[Task],
    context: Any,
    *,
    one_by_one: bool = False,
    in_order: bool = False,
) -> Outcomes[Task, Result]:
    """What becomes of each shard.

    `context`: what this process has at hand, for large shards. `one_by_one`: each shard is done by
    all processes, since all shards go to the same stream. `in_order`: small shards come in order.
    """
    large, others = list(tasks), []
    if not engine.splits_shards:
        large, others = [], list(tasks)
    elif not one_by_one:
        large, others = split(tasks, engine.jobs)
    for task in large:
        try:
            result: Any = work.do(task, context, _pieces_by(engine))
        except ShardError as error:
            result = error
        yield task, result
    items = ((task, (work, task)) for task in others)
    for task, result in engine.map(_do_shard, items, in_order=in_order):
        if isinstance(result, WorkerDiedError):
            result = ShardError(f"{task.path}: {result}")
        yield task, result


def split(tasks: Sequence[Task], jobs: int) -> tuple[list[Task], list[Task]]:
    """The shards for all processes together, and those for one each.

    A shard that is more than one process' share of the work would keep the others waiting, and so
    would shards that are fewer than the processes.
    """
    sizes = [task.size_bytes for task in tasks]
    share = sum(sizes) / jobs
    others = [task for task, size in zip(tasks, sizes, strict=True) if size <= share]
    if len(others) < jobs:
        return list(tasks), []
    return [task for task, size in zip(tasks, sizes, strict=True) if size > share], others


def pieces_here(context: Any) -> DoPieces[Any]:
    """Pieces are done in this process."""
    return _pieces_by(Here(lambda _: context, Meter()))


def _do_shard(context: Any, argument: tuple[Work[Result], Task]) -> Result:
    work, task = argument
    return work.do(task, context, pieces_here(context))


def _pieces_by(engine: Engine) -> DoPieces[Any]:
    def each(job: PieceJob[Any], pieces: Iterable[Piece]) -> Each[Any]:
        items = (
            (piece, (job, job.needed_of(piece), piece.first, number))
            for number, piece in enumerate(pieces)
        )
        for piece, done in engine.map(_do_piece, items, in_order=True, size_of=_size_of):
            if isinstance(done, WorkerDiedError):
                raise ShardError(f"{job.shard}: {done}")
            if isinstance(done, ShardError):
                raise done
            yield piece, done

    return each


_Argument = tuple[PieceJob[Done], Content, bool, int]


def _do_piece(context: Any, argument: _Argument[Done]) -> Done:
    job, content, first, number = argument
    with as_shard_errors(job.shard, job.target):
        return job.do(content, context, first=first, number=number)


def _size_of(argument: _Argument[Any]) -> int:
    return size_of_content(argument[1])


@contextmanager
def as_shard_errors(path: str, format_out: str, output: Path | str | None = None) -> Iterator[None]:
    """Raise whatever goes wrong with a shard as a `LinkError` that names it."""
    try:
        yield
    except LinkError:
        raise
    except BrokenPipeError as error:
        raise OutputClosedError("nobody reads standard output any more") from error
    except OSError as error:
        where = error.filename or output or "standard output"
        raise ShardError(f"{path}: {reason_of(error)} ({where})") from error
    except MemoryError as error:
        raise ShardError(f"{path}: {reason_of(error)}") from error
    except pa.ArrowException as error:
        raise ShardError(
            f"{path}: cannot be written as {format_out} ({error}); "
            f"keep the shard's format, or leave the column that it concerns out first"
        ) from error
    except Exception as error:  # one bad shard never stops the rest
        raise ShardError(f"{path}: {unforeseen(error)}") from error
