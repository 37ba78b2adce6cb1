"""`link preview`: some documents before and after."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from link.cli.files import refuse_shards, refuse_unwritable
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
from link.cli.sizes import Size
from link.cli.terminal import standard_output
from link.errors import UsageError

if TYPE_CHECKING:
    from link.lexicon import Lexicons
    from link.policy import Policy
    from link.preview.draw import Drawn
    from link.preview.terminal import Heading

SAMPLE_BYTES = 256_000_000
CHARACTERS = 600


@click.command(cls=GroupedCommand)
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@lexicon_options
@policy_options
@grouped_option(
    "Report",
    "-n",
    "--documents",
    "count",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Number of documents to show, drawn from the whole input by the seed.",
)
@grouped_option(
    "Input",
    "--record",
    "records",
    type=click.IntRange(min=1),
    multiple=True,
    metavar="N",
    help="Show this line or row of a shard instead (from 1). Repeatable.",
)
@grouped_option(
    "Swaps",
    "--ratios",
    metavar="R,R,...",
    help="Show several ratios, one below the other, instead of --ratio.",
)
@text_options("Look only at records with this value.")
@grouped_option(
    "Report",
    "--characters",
    type=click.IntRange(min=0),
    default=CHARACTERS,
    show_default=True,
    help="Characters of each document to show, where it has most swaps; 0 shows all.",
)
@click.option(
    "--width",
    type=click.IntRange(min=1),
    help="Width of the output in columns. [default: the terminal's; 100 elsewhere]",
)
@grouped_option(
    "Input",
    "--sample",
    "sample_bytes",
    type=Size(least=0),
    default=SAMPLE_BYTES,
    show_default=True,
    metavar="BYTES",
    help="If the input is larger than this, draw from a part of this size; 0 reads all.",
)
@grouped_option(
    "Report",
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a web page instead of showing the documents here.",
)
@config_option
def preview(inputs: tuple[str, ...], html: Path | None, **options: Any) -> None:
    """Show some documents of INPUT before and after `link substitute`.

    Each swapped word is shown with its source. With --ratios, the swaps that a ratio adds to the
    one before are highlighted. No shard is written.

    \b
    Examples:
      link preview corpus/ -l en-de
      link preview corpus/part-0.jsonl -l en-de --record 12 --ratios 0.1,0.3,0.5
      link preview corpus/ -l en-de -l en-ar -n 10 --html preview.html
    """
    if not inputs:
        raise click.UsageError("no INPUT given; name a file, a folder, a glob or -")
    if not options["lexicons"]:
        raise click.UsageError("no lexicon given; name one with -l, for example -l en-de")
    refuse_unwritable({"--html": html})
    policy = policy_of(options)
    asked = options["ratios"]
    ratios = [policy.ratio] if asked is None else _ratios(asked)
    lexicons = load_lexicons(options, policy.seed)

    from link.preview.draw import draw_documents, find_records
    from link.preview.versions import previews
    from link.run.documents import reading_tasks
    from link.shards.find import find_shards

    tasks = reading_tasks(find_shards(inputs), fields_of(options), options["document"])
    refuse_shards([html], (task.path for task in tasks))
    if options["records"]:
        drawn = find_records(tasks, options["records"])
    else:
        most_bytes = options["sample_bytes"] or None
        drawn = draw_documents(tasks, options["count"], policy.seed, most_bytes)
    shown = (ratios, options["characters"])
    documents = list(previews(drawn.documents, lexicons.compiled, policy, *shown))
    heading = _heading(lexicons, policy, ratios, drawn)
    if html:
        from link.preview.page import write_preview

        write_preview(html, heading, documents)
        return
    from link.preview.terminal import print_preview

    with standard_output():
        print_preview(heading, documents, options["width"])


def _ratios(text: str) -> list[float]:
    try:
        ratios = [float(part) for part in text.split(",")]
    except ValueError:
        ratios = []
    if not ratios or not all(0 <= ratio <= 1 for ratio in ratios):
        raise UsageError(f"--ratios takes numbers from 0 to 1, such as 0.1,0.3,0.5, not {text!r}")
    return ratios


def _heading(
    lexicons: "Lexicons", policy: "Policy", ratios: list[float], drawn: "Drawn"
) -> "Heading":
    from link.preview.terminal import Heading

    shown = len(drawn.documents)
    shards = f"{drawn.shards:,} shard{'' if drawn.shards == 1 else 's'}"
    of = f" of {drawn.seen:,}, drawn by seed {policy.seed}" if drawn.seen else ""
    asked = ", ".join(f"{ratio:g}" for ratio in sorted(set(ratios)))
    more = [policy.translation, policy.mode]
    if policy.portion < 1:
        more.append(f"portion {policy.portion:g}")
    names = ", ".join(f"{part.name} ({part.licence})" for part in lexicons.parts)
    remarks = [f"Only the beginning of {path} was read (--sample)." for path in drawn.begins_of]
    if drawn.bad:
        remarks.append(f"bad records skipped: {drawn.bad:,}")
    return Heading(
        lines=(
            ("documents", f"{shown:,}{of}, in {shards}"),
            ("lexicon", names),
            ("ratio", f"{asked} of {policy.of}; {', '.join(more)}"),
        ),
        languages=tuple(lexicons.codes),
        remarks=tuple(remarks),
    )
