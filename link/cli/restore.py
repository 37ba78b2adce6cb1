"""`link restore`: undo a run, from the sidecars of its swaps."""

import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click

from link.cli.files import LocalFolder
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.progress import progress_bar
from link.printable import counted, printable

EXIT_FAILED = 1


@click.command(cls=GroupedCommand)
@click.argument("output", metavar="OUT", type=LocalFolder())
@grouped_option(
    "Output",
    "-o",
    "--output",
    "back",
    required=True,
    metavar="BACK",
    type=click.Path(path_type=Path),
    help="Folder to write to. Required.",
)
@grouped_option(
    "Output",
    "--link-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with the run's quarantine and swaps. [default: OUT/_link]",
)
@grouped_option(
    "Output",
    "--overwrite",
    is_flag=True,
    help="Write to a folder that is not empty, and replace files of the same names.",
)
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no summary.")
def restore(output: Path, back: Path, link_dir: Path | None, overwrite: bool, quiet: bool) -> None:
    """Undo the swaps of a run with --swaps in OUT, and write the result to BACK.

    JSON Lines and plain text are restored byte for byte, without the fields of --mark; in Parquet
    and Arrow the texts are. BACK has the format and compression of OUT.

    \b
    Example:
      link restore swapped/ -o restored/

    \b
    Exit status: 0 done, 1 some shards failed (a sidecar does not match, …), 2 usage error.
    """
    from link.audit.restore import restore as undo

    with ExitStack() as stack:

        def begin(size_bytes: int) -> Callable[[int], object]:
            return stack.enter_context(progress_bar(size_bytes, quiet))

        done = undo(output, back, link_dir=link_dir, overwrite=overwrite, begin=begin)
    for name, count in done.left_out.items():
        click.echo(
            f"link: warning: {printable(name)}: {count:,} bad records of the original are missing "
            f"and cannot be restored",
            err=True,
        )
    for _, reason in done.failed:
        click.echo(f"link: failed: {printable(reason)}", err=True)
    if not quiet:
        counts = Counter(known for _, known in done.shards)
        told = ", ".join(f"{count:,} {known}" for known, count in counts.items())
        shards = counted(len(done.shards), "shard")
        click.echo(f"link: {shards} restored to {printable(str(back))}: {told}", err=True)
        if done.put_back:
            click.echo(f"link: {counted(done.put_back, 'quarantined record')} put back", err=True)
    if done.failed:
        sys.exit(EXIT_FAILED)
