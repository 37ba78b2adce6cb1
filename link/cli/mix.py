"""`link mix`: the shards of a plan."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from link.cli.files import LocalFolder
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.options import jobs_option
from link.cli.progress import progress_bar
from link.cli.sizes import Size
from link.cli.terminal import standard_output
from link.printable import printable, size_text


@click.command(cls=GroupedCommand)
@click.argument("plan", metavar="PLAN.json")
@grouped_option(
    "Output", "-o", "--output", type=LocalFolder(), metavar="OUT", help="Folder to write to."
)
@grouped_option(
    "Output",
    "--list",
    "is_listed",
    is_flag=True,
    help="Write nothing; print what would be written.",
)
@grouped_option(
    "Output",
    "--shard-size",
    type=Size(),
    default="256MB",
    show_default=True,
    metavar="BYTES",
    help="Size of a shard, about, before compression.",
)
@grouped_option(
    "Output", "--shards", type=click.IntRange(min=1), metavar="N", help="Number of shards instead."
)
@grouped_option(
    "Output",
    "--compression",
    default="zst",
    show_default=True,
    metavar="none|gz|zst[:LEVEL]|bz2|xz",
    help="Compression of the shards.",
)
@grouped_option(
    "Output", "--source-field", metavar="FIELD", help="Add this field, the name of the source."
)
@grouped_option(
    "Output", "--overwrite", is_flag=True, help="Replace another mixture in the folder."
)
@grouped_option(
    "Running",
    "--seed",
    type=click.IntRange(min=0, max=(1 << 64) - 1),
    help="Seed of the order, and of documents for part of an epoch. [default: the plan's]",
)
@jobs_option
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no summary.")
def mix(plan: str, output: Path | None, is_listed: bool, quiet: bool, **options: Any) -> None:
    """Write the shards of a plan that `link plan --json PLAN.json` has made.

    JSON Lines, each record as it was in its source, in an order that the seed decides; the bytes do
    not depend on -j. Run again to go on where a run was stopped.

    \b
    Examples:
      link mix plan.json -o mixture/ -j 8
      link mix plan.json --list
    """
    if is_listed == (output is not None):
        raise click.UsageError("name the folder to write to with -o, or give --list")

    from link.mixture.mix import MixSpec, list_mix, plan_mix, write_mix
    from link.mixture.plan import load_plan
    from link.run.progress import Meter
    from link.shards.codecs import parse_compression

    made = load_plan(plan)
    mixing = plan_mix(
        MixSpec(
            plan=made,
            output=output,
            seed=made.seed if options["seed"] is None else options["seed"],
            shard_bytes=options["shard_size"],
            shards=options["shards"],
            compression=parse_compression(options["compression"]),
            source_field=options["source_field"],
            overwrite=options["overwrite"],
            jobs=options["jobs"],
        )
    )
    meter = Meter()
    with progress_bar(mixing.size_bytes, quiet, meter):
        account = (list_mix if is_listed else write_mix)(mixing, meter, _say)
    for name, counts in account["sources"].items():
        if not counts["records"]:
            click.echo(
                f"link: warning: no record of {printable(name)} is in the mixture: the plan takes "
                f"a small part of few documents; raise --tokens, or try another --seed",
                err=True,
            )
        for key, what in (("bad_records", "bad"), ("records_without_text", "without a text")):
            if counts[key]:
                click.echo(
                    f"link: warning: {counts[key]:,} records of {printable(name)} are {what}, "
                    f"and were left out",
                    err=True,
                )
    if is_listed:
        with standard_output():
            for shard in account["shards"]:
                sys.stdout.write(json.dumps(shard) + "\n")
    elif not quiet:
        from link.cli.summary import print_table

        print_table(
            (
                printable(name),
                f"{counts['records']:,}",
                f"records, of {counts['documents']:,} documents, {size_text(counts['bytes'])}",
            )
            for name, counts in account["sources"].items()
        )


def _say(error: str) -> None:
    click.echo(f"link: error: {printable(error)}", err=True)
