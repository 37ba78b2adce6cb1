"""What `--dry-run` says: the shards on standard output, the estimate on standard error."""

from typing import TYPE_CHECKING

import click

from link.cli.summary import print_table
from link.printable import printable

if TYPE_CHECKING:
    from link.run.estimate import Estimate

STANDARD_STREAM = "-"


def show(estimate: "Estimate", *, quiet: bool) -> bool:
    """Print it; whether the run could be done, as far as the sample tells."""
    for task, is_done in estimate.shards:
        state = "done" if is_done else "todo"
        output = task.shown if task.output.path else STANDARD_STREAM
        fields = (state, f"{task.size_bytes}", task.path, output)
        click.echo("\t".join(map(printable, fields)))
    for _, reason in estimate.failed:
        click.echo(f"link: the sample failed: {printable(reason)}", err=True)
    if not quiet:
        print_table(_rows(estimate))
    if not estimate.fits:
        assert estimate.bytes_to_write is not None, "what is unknown fits"
        assert estimate.free_bytes is not None, "what is unknown fits"
        click.echo(
            f"link: the disk cannot hold the output: about {_size(estimate.bytes_to_write)} would "
            f"be written, and {_size(estimate.free_bytes)} are free",
            err=True,
        )
    return estimate.fits and not estimate.failed


def _rows(estimate: "Estimate") -> list[tuple[str, str, str]]:
    done = sum(is_done for _, is_done in estimate.shards)
    wanted = estimate.bytes_to_write
    growth = ""
    if wanted is not None and estimate.bytes_to_read:
        growth = f"{wanted / estimate.bytes_to_read - 1:+.1%} of what is read, by the sample"
    achieved = estimate.totals.ratio_achieved
    return [
        ("shards", f"{len(estimate.shards):,}", f"{done:,} done before" if done else ""),
        ("left alone", f"{len(estimate.left_alone):,}", ""),
        ("to read", _size(estimate.bytes_to_read), "as stored"),
        ("sampled", _size(estimate.sample_read), "as stored"),
        ("to write", "unknown" if wanted is None else f"about {_size(wanted)}", growth),
        ("free", "-" if estimate.free_bytes is None else _size(estimate.free_bytes), "on the disk"),
        ("ratio achieved", "-" if achieved is None else f"{achieved:.4f}", "of words, sampled"),
        ("written so far", "nothing", "this was a dry run"),
    ]


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
