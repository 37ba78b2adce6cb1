"""`link manifest`: the account of a run that several tasks have done."""

import sys

import click

from link.cli.files import output_folder
from link.cli.grouped import GroupedCommand, grouped_option
from link.printable import printable


@click.group()
def manifest() -> None:
    """Combine the records of an array job."""


@manifest.command(cls=GroupedCommand)
@click.argument("output", metavar="OUT")
@grouped_option(
    "Running", "-q", "--quiet", is_flag=True, help="Print only the shards that are not done."
)
def merge(output: str, quiet: bool) -> None:
    """Write OUT/_link/manifest.json from the records of all tasks.

    OUT is a folder or a URL. Merging again changes nothing.

    \b
    Example:
      link manifest merge swapped/

    \b
    Exit status: 0 all shards are done, 1 some are not, 2 there is no run, or one is in progress.
    """
    from link.run.run import merge as merge_records

    folder, url = output_folder(output)
    totals, missing = merge_records(folder, url=url)
    for name in missing:
        click.echo(f"link: not done: {printable(name)}", err=True)
    if not quiet:
        click.echo(
            f"{printable(output)}: {totals.documents:,} documents, {totals.words:,} words, "
            f"{totals.swapped:,} swapped"
        )
    if missing:
        sys.exit(1)
