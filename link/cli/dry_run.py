"""What `--dry-run` says: the shards on standard output, the estimate on standard error."""

from typing import TYPE_CHECKING

import click

from link.cli.summary import print_table
from link.printable import printable, size_text

if TYPE_CHECKING:
    from link.run.estimate import Estimate


def show(estimate: "Estimate", *, quiet: bool) -> bool:
    """Print it; whether the run could be done, as far as the sample tells."""
    for task, is_done in estimate.shards:
        state = "done" if is_done else "todo"
        output = task.shown if task.output.path else "-"
        fields = (state, f"{task.size_bytes}", task.path, output)
        click.echo("\t".join(map(printable, fields)))
    for _, reason in estimate.failed:
        click.echo(f"link: the sample failed: {printable(reason)}", err=True)
    if not quiet:
        print_table(_rows(estimate))
    if not estimate.fits:
        wanted, free = estimate.bytes_to_write or 0, estimate.free_bytes or 0
        click.echo(
            f"link: the disk cannot hold the output: about {size_text(wanted)} would be written, "
            f"and {size_text(free)} are free",
            err=True,
        )
    return estimate.fits and not estimate.failed


def _rows(estimate: "Estimate") -> list[tuple[str, str, str]]:
    done = sum(is_done for _, is_done in estimate.shards)
    wanted, free = estimate.bytes_to_write, estimate.free_bytes
    growth = ""
    if wanted is not None and estimate.bytes_to_read:
        growth = f"{wanted / estimate.bytes_to_read - 1:+.1%} of what is read, by the sample"
    achieved = estimate.totals.ratio_achieved
    return [
        ("shards", f"{len(estimate.shards):,}", f"{done:,} done before" if done else ""),
        ("not read", f"{len(estimate.left_alone):,}", ""),
        ("to read", size_text(estimate.bytes_to_read), "as stored"),
        ("sampled", size_text(estimate.sample_read), "as stored"),
        ("to write", "unknown" if wanted is None else f"about {size_text(wanted)}", growth),
        ("free", "-" if free is None else size_text(free), "on the disk"),
        ("ratio achieved", "-" if achieved is None else f"{achieved:.4f}", "of words, sampled"),
        ("written so far", "nothing", "this was a dry run"),
    ]
