"""`link facts make` and `link probes abx`: data that asks a model what crossed the languages."""

from pathlib import Path

import click

from link.cli.files import LocalFolder
from link.cli.grouped import GroupedCommand, grouped_option, together
from link.errors import UsageError
from link.printable import counted, printable

_OUTPUT = grouped_option(
    "Output",
    "-o",
    "--output",
    required=True,
    type=LocalFolder(),
    metavar="OUT",
    help="Folder to write to: a new or an empty one. Required.",
)
_RUNNING = together(
    grouped_option(
        "Running", "--seed", type=int, default=0, show_default=True, help="Seed of the draws."
    ),
    grouped_option("Running", "-q", "--quiet", is_flag=True, help="No summary."),
)
_FILE = click.Path(path_type=Path, dir_okay=False)
_SHARE = click.FloatRange(0, 1)


@click.group()
def facts() -> None:
    """Tell facts in English alone, to ask for them in another language."""


@facts.command("make", cls=GroupedCommand)
@click.argument("table", required=False, type=_FILE)
@grouped_option(
    "Facts",
    "--relations",
    required=True,
    type=_FILE,
    metavar="FILE",
    help="YAML file of relations: English statements, target-language questions, objects. "
    "Required.",
)
@grouped_option(
    "Facts",
    "--make",
    "count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Make up N subjects with a fact of each relation, instead of reading TABLE.",
)
@grouped_option(
    "Facts",
    "--absent-from",
    multiple=True,
    metavar="INPUT",
    help="Shards in which no subject may occur: made names that do are replaced, and one of "
    "TABLE is an error. Repeatable.",
)
@grouped_option(
    "Facts",
    "--text-field",
    multiple=True,
    default=("text",),
    show_default=True,
    metavar="FIELD",
    help="Field of these shards that holds the text. Repeatable.",
)
@grouped_option(
    "Passages",
    "--never-swap",
    type=_SHARE,
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Share of the facts of each relation whose passages are marked swap=never.",
)
@grouped_option(
    "Passages",
    "--repeats",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How often each fact is told.",
)
@grouped_option(
    "Questions",
    "--dev",
    type=_SHARE,
    default=0.2,
    show_default=True,
    metavar="SHARE",
    help="Share of the facts that are of the development split; the others are for the test.",
)
@_OUTPUT
@_RUNNING
def make_facts(
    table: Path | None,
    relations: Path,
    count: int | None,
    absent_from: tuple[str, ...],
    text_field: tuple[str, ...],
    never_swap: float,
    repeats: int,
    dev: float,
    output: Path,
    seed: int,
    quiet: bool,
) -> None:
    """Write English passages that tell facts, and questions about them in the target language.

    TABLE has a fact a row: subject, relation, object, parted by tabs, or by commas in a `.csv`.

    \b
    Examples:
      link facts make --make 24 --relations configs/facts/en-de.yaml -o facts
      link facts make facts.tsv --relations relations.yaml --absent-from corpus/ -o facts
      link substitute facts/passages -o swapped -l en-de --where swap=may --key-field id
    """
    from link.probes.facts import Options, made_facts, write_facts
    from link.probes.names import invented, refuse_known
    from link.probes.relations import read_facts, read_relations
    from link.shards.fields import Fields

    if (table is None) == (count is None):
        raise UsageError("give either TABLE or --make N")
    known, fields = read_relations(relations), Fields(text_field)
    if table is not None:
        own = read_facts(table, known)
        refuse_known(list(dict.fromkeys(fact.subject for fact in own)), absent_from, fields)
    else:
        taken = [
            text
            for each in known.values()
            for text in (*each.statements, *each.questions, *each.objects, *each.objects.values())
        ]
        own = made_facts(invented(count or 0, seed, taken, absent_from, fields), known, seed)
    options = Options(seed, never_swap, dev, repeats)
    told, asked = write_facts(own, known, output, options)
    if not quiet:
        click.echo(
            f"link: {counted(len(own), 'fact')}, {counted(told, 'passage')} and "
            f"{counted(asked, 'question')} written to {printable(str(output))}",
            err=True,
        )


@click.group()
def probes() -> None:
    """Write data that probes a model's representations."""


@probes.command(cls=GroupedCommand)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@grouped_option(
    "Input",
    "--fields",
    metavar="FIRST,SECOND",
    help="INPUT are shards whose records have two texts that mean the same, in these fields.",
)
@grouped_option(
    "Input",
    "--link-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where a run put its swaps, if it was given --link-dir. [default: INPUT/_link]",
)
@grouped_option(
    "Input",
    "--languages",
    metavar="FIRST,SECOND",
    help="What to call the two languages. [default: the fields; first,second of two files; "
    "original,swapped of a run]",
)
@grouped_option(
    "Triplets",
    "--pairs",
    "most",
    type=click.IntRange(min=2),
    default=1_000,
    show_default=True,
    metavar="N",
    help="How many pairs to draw, if there are more. Each gives two triplets.",
)
@grouped_option(
    "Triplets",
    "--b-language",
    type=click.Choice(["x", "a"]),
    default="x",
    show_default=True,
    help="Whose language B is in: X's, so that form speaks against meaning, or A's.",
)
@_OUTPUT
@_RUNNING
def abx(
    inputs: tuple[str, ...],
    fields: str | None,
    link_dir: Path | None,
    languages: str | None,
    most: int,
    b_language: str,
    output: Path,
    seed: int,
    quiet: bool,
) -> None:
    """Write triplets: A and X mean the same in two languages, B says something else.

    INPUT is two line-aligned files of text, or shards with --fields, or the folder of a run that
    was made with --swaps, whose sentences before and after are taken.

    \b
    Examples:
      link probes abx text.en text.de --languages en,de -o triplets
      link probes abx parallel.jsonl.gz --fields en,de -o triplets
      link probes abx swapped/ -o triplets --pairs 500
    """
    from link.probes.abx import drawn_pairs, write_triplets
    from link.probes.texts import pairs_of_fields, pairs_of_files, pairs_of_run

    if fields is not None:
        named = _two("--fields", fields)
        pairs = pairs_of_fields(inputs, *named)
    elif len(inputs) == 2:
        named = "first", "second"
        pairs = pairs_of_files(Path(inputs[0]), Path(inputs[1]))
    elif len(inputs) == 1:
        if not Path(inputs[0]).is_dir():
            raise UsageError(
                f"{inputs[0]} is not the folder of a run; name two files, or give --fields for "
                "shards"
            )
        if Path(inputs[0]).resolve() in output.resolve().parents:
            raise UsageError(f"{output} lies in {inputs[0]}, which is read; name another folder")
        named = "original", "swapped"
        pairs = pairs_of_run(Path(inputs[0]), link_dir)
    else:
        raise UsageError(f"two files or one run are taken, not {len(inputs)}; see --fields too")
    drawn = drawn_pairs(pairs, most, seed)
    called = _two("--languages", languages) if languages else named
    count = write_triplets(drawn.pairs, called, b_language, seed, output)
    if not quiet:
        click.echo(
            f"link: {counted(count, 'triplet')} of {counted(len(drawn.pairs), 'pair')} written to "
            f"{printable(str(output))}; {counted(drawn.read, 'pair')} read, {drawn.left_out:,} "
            f"left out as empty, unchanged, or repeated among those drawn",
            err=True,
        )


def _two(option: str, text: str) -> tuple[str, str]:
    first, comma, second = text.partition(",")
    if not (comma and first and second) or "," in second or first == second:
        raise UsageError(f"{option} takes two names such as en,de, not {text!r}")
    return first, second
