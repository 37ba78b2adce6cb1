"""Options that say where shards are done, and which of them."""

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from link.cli.grouped import grouped_option, together
from link.errors import UsageError

if TYPE_CHECKING:
    from link.run.context import Ray
    from link.run.folder import Slice

LOCAL, RAY = "local", "ray"
_ID, _MIN, _COUNT = "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"
_STEP = "SLURM_ARRAY_TASK_STEP"


_running = partial(grouped_option, "Running")
engine_options = together(
    _running(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Number of processes.",
    ),
    _running(
        "--engine",
        type=click.Choice([LOCAL, RAY]),
        default=LOCAL,
        show_default=True,
        help="Run on processes of this machine (--jobs), or on a Ray cluster.",
    ),
    _running(
        "--ray-address",
        metavar="ADDRESS",
        help="Ray cluster: HOST:PORT, or auto. [default: start one on this machine]",
    ),
)
"""By which processes the work is done."""

array_options = together(
    _running(
        "--task-index", type=click.IntRange(min=0), metavar="I", help="Number of this task, from 0."
    ),
    _running(
        "--task-count",
        type=click.IntRange(min=1),
        metavar="N",
        help="Share the shards among N tasks, of which this is one.",
    ),
    _running(
        "--slurm",
        is_flag=True,
        help="Read the task's index and count from Slurm's environment.",
    ),
)
"""Which of the shards are done."""


def ray_of(options: dict[str, Any]) -> "Ray | None":
    """The Ray cluster that is asked for; None for processes of this machine."""
    if options["engine"] == LOCAL:
        if options["ray_address"] is not None:
            raise UsageError("--ray-address needs --engine ray")
        return None
    from link.run.context import Ray

    return Ray(options["ray_address"])


def slice_of(options: dict[str, Any]) -> "Slice | None":
    """The part of the shards that is asked for; None for all of them.

    A task of a Slurm array that was not asked to share the shards is warned: all tasks of an array
    may as well have inputs of their own.
    """
    index, count = options["task_index"], options["task_count"]
    if options["slurm"]:
        if (index, count) != (None, None):
            raise UsageError("--slurm sets the task; leave out --task-index and --task-count")
        index, count = _slurm()
    elif (index is None) != (count is None):
        raise UsageError("--task-index and --task-count go together")
    elif index is None and _ID in os.environ:
        click.echo(
            f"link: warning: this is task {os.environ[_ID]} of a Slurm array, but it does all "
            f"shards; --slurm makes the tasks share them",
            err=True,
        )
    if index is None:
        return None
    if index >= count:
        raise UsageError(f"there is no task {index} of {count}: tasks count from 0")
    from link.run.folder import Slice

    return Slice(index, count)


def _slurm() -> tuple[int, int]:
    try:
        first, step = int(os.environ.get(_MIN, "0")), int(os.environ.get(_STEP, "1"))
        return (int(os.environ[_ID]) - first) // step, int(os.environ[_COUNT])
    except (KeyError, ValueError, ZeroDivisionError) as error:
        raise UsageError(
            f"--slurm needs {_ID} and {_COUNT} in the environment, which Slurm sets for the tasks "
            f"of an array ({error})"
        ) from error
