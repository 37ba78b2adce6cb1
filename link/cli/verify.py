"""`link verify`: is OUT exactly ORIGINAL, but for licensed swaps?"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from link.cli.engines import engine_options, ray_of
from link.cli.files import LocalFolder
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.progress import progress_bar
from link.printable import printable

if TYPE_CHECKING:
    from link.audit.verify import Verification
    from link.run.progress import Meter

EXIT_DIFFERS = 1


@click.command(cls=GroupedCommand)
@click.argument("originals", nargs=-1, metavar="ORIGINAL...")
@click.argument("output", metavar="OUT", type=LocalFolder())
@engine_options
@grouped_option(
    "Report",
    "--sample",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    metavar="SHARE",
    help="Also recompute this share of the documents with the reference kernel; everything is "
    "compared in any case.",
)
@grouped_option(
    "Report",
    "--max-differences",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="N",
    help="Number of differences to show. A shard is given up after so many, and at least 100.",
)
@grouped_option(
    "Output",
    "--link-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with the run's quarantine and swaps. [default: OUT/_link]",
)
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no summary.")
def verify(
    originals: tuple[str, ...],
    output: Path,
    sample: float,
    max_differences: int,
    link_dir: Path | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Check that OUT differs from ORIGINAL only by swaps that its lexicon and policy allow.

    ORIGINAL is the INPUT of `link substitute`. Policy and lexicon are read from OUT/_link. LINK
    recomputes everything and compares it with OUT: records, order, counts, hashes, sidecars. An
    aligner explains each change by the lexicon alone, and the reference kernel recomputes a sample
    of the documents.

    \b
    Example:
      link verify corpus/ swapped/ -j 8

    \b
    Exit status: 0 verified, 1 something differs or is missing, 2 usage error.
    """
    if not originals:
        raise click.UsageError("no ORIGINAL given; name what `link substitute` was given as INPUT")
    from link.audit.verify import verify as compare

    with ExitStack() as stack:

        def begin(size_bytes: int, meter: "Meter") -> None:
            stack.enter_context(progress_bar(size_bytes, quiet, meter))

        found = compare(
            originals,
            output,
            link_dir=link_dir,
            sample=sample,
            jobs=options["jobs"],
            ray=ray_of(options),
            most_differences=max_differences,
            begin=begin,
        )
    differences = found.differences
    for line in differences.shown:
        click.echo(f"link: differs: {printable(line)}", err=True)
    if differences.count > len(differences.shown):
        more = differences.count - len(differences.shown)
        click.echo(f"link: {more:,} more differences (--max-differences)", err=True)
    for path in differences.given_up:
        click.echo(f"link: given up: {printable(path)}: the rest of it was not compared", err=True)
    if not quiet:
        _summarise(found, sample)
    if differences:
        sys.exit(EXIT_DIFFERS)


def _kernel(sample: float) -> str:
    return f"and the reference for {sample:.4g} of the documents"


def _summarise(found: "Verification", sample: float) -> None:
    from link.cli.summary import print_table

    if found.settings is None:
        click.echo(
            "link: nothing was compared: the settings of the run have been altered, or cannot be "
            "reproduced",
            err=True,
        )
        return
    totals, run = found.totals, found.settings.run
    rows = [
        ("shards compared", f"{found.shards:,}", ""),
        ("records", f"{totals.records_read:,}", f"{totals.records_written:,} written, in order"),
        ("documents", f"{totals.documents:,}", f"{totals.documents_touched:,} touched"),
        ("words", f"{totals.words:,}", ""),
        ("swapped", f"{totals.swapped:,}", "each as lexicon and policy say"),
        ("compared", f"{totals.bytes_out / 1e6:,.1f} MB", "decompressed output"),
        ("kernel", str(run["kernel_version"]), _kernel(sample)),
    ]
    rows += [("lexicon", str(one["name"]), f"sha256 {one['sha256']}") for one in run["lexicons"]]
    rows.append(("seed, ratio", f"{run['seed']}, {run['policy']['ratio']}", ""))
    verdict = "differs" if found.differences else "verified"
    at_least = "at least " if found.differences.given_up else ""
    rows.append(("verdict", verdict, f"{at_least}{found.differences.count:,} differences"))
    print_table(rows)
