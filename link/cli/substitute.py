"""`link substitute`: shards in, substituted shards out."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from link.cli.engines import array_options, engine_options, ray_of, slice_of
from link.cli.files import output_folder
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.options import (
    config_option,
    fields_of,
    lexicon_options,
    load_lexicons,
    policy_of,
    policy_options,
    text_options,
)
from link.cli.progress import progress_bar, watched
from link.errors import UsageError
from link.printable import printable

if TYPE_CHECKING:
    from link.run.plan import RunSpec

FORMATS = ("jsonl", "parquet", "arrow", "text")
LOG_FORMATS = ("plain", "json")
ON_ERROR = ("fail", "skip", "quarantine")
STANDARD_STREAM = "-"
EXIT_INTERRUPTED = 130
LONGEST_SECONDS = 1_000_000


def _that_pass(
    _context: click.Context, _parameter: click.Parameter, seconds: float | None
) -> float | None:
    """Seconds that a clock can wait for: `nan` and `inf` are floats as well."""
    if seconds is not None and not seconds <= LONGEST_SECONDS:
        raise click.BadParameter(f"{seconds} is not in the range 0<=x<={LONGEST_SECONDS:,}.")
    return seconds


@click.command(cls=GroupedCommand)
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@grouped_option(
    "Output",
    "-o",
    "--output",
    metavar="OUT",
    help="Folder or URL (s3://…) to write to; `-` for standard output. Required.",
)
@lexicon_options
@policy_options
@text_options("Touch only records with this value; the others pass through.")
@grouped_option(
    "Output",
    "--format",
    "container",
    type=click.Choice(FORMATS),
    help="Format of the output. [default: the input's]",
)
@grouped_option(
    "Output",
    "--compression",
    metavar="none|gz|zst[:LEVEL]|bz2|xz",
    help="Compression of the output; for Parquet and Arrow, inside the file. "
    "[default: the input's; none on standard output]",
)
@grouped_option(
    "Input",
    "--on-error",
    type=click.Choice(ON_ERROR),
    default="fail",
    show_default=True,
    help="What to do with a bad record: fail its shard, drop it, or move it to a quarantine file.",
)
@grouped_option(
    "Input",
    "--max-errors",
    type=click.IntRange(min=0),
    metavar="N",
    help="Fail a shard with more than N bad records. [default: no limit]",
)
@grouped_option(
    "Output",
    "--link-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for the quarantine and the swaps. [default: OUT/_link]",
)
@grouped_option(
    "Output",
    "--swaps",
    is_flag=True,
    help="Record every swap: a Parquet file for each shard, in OUT/_link/swaps.",
)
@grouped_option(
    "Output",
    "--mark",
    metavar="FIELD",
    help="Add this field, with a summary of the swaps, to each touched record (JSON Lines only).",
)
@engine_options
@array_options
@grouped_option(
    "Output", "--overwrite", is_flag=True, help="Redo everything in the folder of another run."
)
@grouped_option(
    "Output",
    "--dry-run",
    is_flag=True,
    help="Write nothing; list the shards and estimate the size of the output from a sample.",
)
@grouped_option(
    "Running",
    "--log-every",
    type=click.FloatRange(min=0),
    callback=_that_pass,
    metavar="SECONDS",
    help="Interval of the progress lines on standard error; 0 disables them. "
    "[default: a bar on a terminal, 60 elsewhere]",
)
@grouped_option(
    "Running",
    "--log-format",
    type=click.Choice(LOG_FORMATS),
    default="plain",
    show_default=True,
    help="Format of the progress lines.",
)
@config_option
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no summary.")
def substitute(inputs: tuple[str, ...], output: str | None, quiet: bool, **options: Any) -> None:
    """Swap words of the shards INPUT and write the result to OUT.

    INPUT is a file, a folder, a glob, or `-` for standard input. Shards are JSON Lines
    (.jsonl .ndjson .json), Parquet (.parquet), Arrow (.arrow .feather) or plain text (.txt),
    each also with .gz .zst .bz2 .xz. OUT has the same names, order, format and compression as
    INPUT. Everything outside a swapped word is kept. Run the same command again to resume.

    \b
    Examples:
      link substitute corpus/ -o swapped/ -l en-de --ratio 0.3 -j 8
      zstdcat part.jsonl.zst | link substitute - -o - -l en-de > part.de.jsonl
    """
    if not inputs:
        raise click.UsageError("no INPUT given; name a file, a folder, a glob or -")
    if not output:
        raise click.UsageError("no output given; name a folder with -o, or - for standard output")
    if not options["lexicons"]:
        raise click.UsageError("no lexicon given; name one with -l, for example -l en-de")
    spec = _spec(inputs, output, options)

    from link.run.plan import plan
    from link.run.progress import Meter
    from link.run.run import execute

    planned = plan(spec)
    if not quiet:
        for path in planned.left_alone:
            click.echo(f"link: not a shard, ignored: {printable(str(path))}", err=True)
    spec.lexicons.compiled  # noqa: B018  # now, so that the speed shown is that of the shards
    if options["dry_run"]:
        from link.cli.dry_run import show
        from link.run.estimate import estimate

        with progress_bar(0, quiet) as progress:
            estimated = estimate(spec, planned, progress)
        sys.exit(0 if show(estimated, quiet=quiet) else 1)
    started = time.perf_counter()
    meter = Meter()
    meter.bytes_total = planned.size_bytes
    log_every, log_format = options["log_every"], options["log_format"]
    try:
        with watched(lambda: meter.so_far, quiet=quiet, log_every=log_every, log_format=log_format):
            report = execute(spec, planned, meter)
    except KeyboardInterrupt:
        if spec.output:
            raise
        click.echo("link: error: interrupted; the output is not complete", err=True)
        sys.exit(EXIT_INTERRUPTED)
    seconds = time.perf_counter() - started
    quarantined, skipped = report.totals.records_quarantined, report.totals.records_skipped
    if quarantined or skipped:
        done = "quarantined" if quarantined else "dropped"
        click.echo(f"link: warning: {quarantined + skipped:,} bad records were {done}", err=True)
    for _, reason in report.failed:
        click.echo(f"link: failed: {printable(reason)}", err=True)
    if not quiet:
        from link.cli.summary import print_summary

        print_summary(spec, report, seconds)
        if spec.part is not None:
            merge = f"`link manifest merge {printable(spec.shown)}`"
            click.echo(f"link: this was {spec.part}; when all are done, run {merge}", err=True)
    if report.failed:
        sys.exit(1)


def _spec(inputs: tuple[str, ...], output: str, options: dict[str, Any]) -> "RunSpec":
    policy = policy_of(options)
    from link.run.plan import RunSpec
    from link.shards.codecs import parse_compression

    folder, url = output_folder(output)
    if url and options["link_dir"]:
        raise UsageError("--link-dir does not work with a URL as output; leave it out")
    part = slice_of(options)
    if part is not None and output == STANDARD_STREAM:
        raise UsageError("the tasks of an array job share an output folder; name one with -o")
    if part is not None and options["overwrite"]:
        raise UsageError(
            "--overwrite would remove the work of other tasks; remove the folder first"
        )
    compression = options["compression"]
    return RunSpec(
        inputs=inputs,
        output=None if output == STANDARD_STREAM else folder,
        lexicons=load_lexicons(options, policy.seed),
        policy=policy,
        fields=fields_of(options),
        container=options["container"],
        compression=parse_compression(compression) if compression else None,
        document=options["document"],
        on_error=options["on_error"],
        max_errors=options["max_errors"],
        swaps=options["swaps"],
        link_dir=options["link_dir"],
        jobs=options["jobs"],
        part=part,
        ray=ray_of(options),
        overwrite=options["overwrite"],
        url=url,
    )
