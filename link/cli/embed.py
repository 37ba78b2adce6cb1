"""`link embed`: a model's embeddings for a new vocabulary."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from link.cli.files import put_file, refuse_shards, refuse_unwritable
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.options import config_option
from link.cli.progress import progress_bar
from link.printable import counted

if TYPE_CHECKING:
    from link.embed.report import Report

METHODS = ("lexicon", "salt", "mean", "random")
_INPUTS = ("source", "source_tokenizer", "target_tokenizer", "swaps", "donor", "donor_tokenizer")


@click.group()
def embed() -> None:
    """Give a model's embeddings rows for a new vocabulary."""


@embed.command(cls=GroupedCommand)
@grouped_option(
    "Input",
    "--source",
    type=click.Path(path_type=Path),
    metavar="MODEL",
    help="The model: a safetensors file, or a folder with config.json and such files. Required.",
)
@grouped_option(
    "Input",
    "--source-tokenizer",
    metavar="FILE",
    help="Its tokenizer: a SentencePiece model or a tokenizer.json. Required.",
)
@grouped_option(
    "Input",
    "--target-tokenizer",
    metavar="FILE",
    help="The tokenizer whose pieces get rows. Required.",
)
@grouped_option(
    "Input",
    "--input-tensor",
    metavar="NAME",
    help="Input embedding, if it is not of a usual name.",
)
@grouped_option(
    "Input",
    "--output-tensor",
    metavar="NAME",
    help="Output embedding, if it is not of a usual name. None in the file: tied to the input's.",
)
@grouped_option(
    "Output",
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="NEW",
    help="The new model: a file if the source is one, a folder if that is one. Required.",
)
@grouped_option(
    "Rows",
    "--method",
    type=click.Choice(METHODS),
    default=METHODS[0],
    show_default=True,
    help="What new rows are made of: word pairs, a donor model, pieces of the text, or draws.",
)
@grouped_option(
    "Rows",
    "-l",
    "--lexicon",
    "lexicons",
    multiple=True,
    metavar="LEXICON",
    help="Lexicon of methods lexicon and salt: a file, or a name such as en-de. Repeatable.",
)
@grouped_option(
    "Rows",
    "--swaps",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Output folder of `link substitute --swaps`: a pair counts as often as it was swapped.",
)
@grouped_option(
    "Rows",
    "--rounds",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    help="Rounds of IBM model 1 that align the pieces of word pairs. 0: by place alone.",
)
@grouped_option(
    "Rows",
    "--donor",
    type=click.Path(path_type=Path),
    metavar="MODEL",
    help="Model of the target language, for method salt.",
)
@grouped_option(
    "Rows",
    "--donor-tokenizer",
    metavar="FILE",
    help="The donor's tokenizer. [default: --target-tokenizer]",
)
@grouped_option(
    "Rows", "--donor-tensor", metavar="NAME", help="Its input embedding, if of no usual name."
)
@grouped_option(
    "Rows",
    "--ridge",
    type=click.FloatRange(min=0, min_open=True),
    default=1e-3,
    show_default=True,
    help="λ of method salt. A larger one takes smaller parts of the anchors.",
)
@grouped_option(
    "Rows",
    "--copy/--no-copy",
    default=True,
    show_default=True,
    help="Copy the rows of pieces that both vocabularies have.",
)
@grouped_option(
    "Rows",
    "--match-norms",
    is_flag=True,
    help="Make a row that is a sum as long as what it is a sum of, on average.",
)
@grouped_option(
    "Rows",
    "--pad-to",
    type=click.IntRange(1, 1 << 16),
    default=1,
    show_default=True,
    metavar="N",
    help="Make the number of rows a multiple of this.",
)
@grouped_option(
    "Rows", "--seed", type=int, default=0, show_default=True, help="Seed of drawn rows."
)
@grouped_option(
    "Report",
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the report as JSON.",
)
@config_option
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no report.")
def init(json_file: Path | None, quiet: bool, lexicons: tuple[str, ...], **options: Any) -> None:
    """Write a model whose embeddings have a row for each piece of a new tokenizer.

    A row is made of the old rows of the English pieces that its piece stands for, by a lexicon.
    All other tensors are copied byte for byte.

    \b
    Examples:
      link embed init --source model/ --source-tokenizer model/tokenizer.json \\
        --target-tokenizer mixed.model -l en-de -o new-model/
      link embed init --source model.safetensors --source-tokenizer old.model \\
        --target-tokenizer new.model -l en-sw --swaps swapped/ -o new.safetensors
    """
    for name in ("source", "source_tokenizer", "target_tokenizer", "output"):
        if not options[name]:
            raise click.UsageError(f"no --{name.replace('_', '-')} given")
    refuse_unwritable({"--json": json_file})
    if json_file and json_file.resolve() == options["output"].resolve():
        raise click.UsageError(f"--json and -o are both {json_file}; name two files")
    refuse_shards([json_file], [*map(options.get, _INPUTS), *lexicons])

    from link.embed.init import InitSpec, init_embeddings, plan_init
    from link.lexicon import Lexicon

    spec = InitSpec(lexicons=[Lexicon.load(name) for name in lexicons], **options)
    planned = plan_init(spec)
    with progress_bar(planned.model.size_bytes, quiet) as progress:
        report = init_embeddings(spec, planned, progress)
    if json_file:
        text = json.dumps(report.as_dict(), indent=2, ensure_ascii=False)
        put_file(json_file, text.encode("utf-8", "backslashreplace") + b"\n")
    if not quiet:
        from link.cli.summary import print_table

        print_table(_rows(report))
    for remark in report.remarks:
        click.echo(f"link: warning: {remark}", err=True)


_NOTES = {
    "copied": "pieces of both vocabularies",
    "lexicon": "from what they stand for in word pairs",
    "donor": "by way of the donor model",
    "pieces": "mean of the old pieces of their text",
    "random": "drawn",
}


def _rows(report: "Report") -> Iterator[tuple[str, str, str]]:
    tied = "input and output are one" if report.is_tied else ""
    for name, dtype in report.tensors.items():
        yield "tensor", name, ", ".join(filter(None, (dtype, tied)))
    padding = f", {report.padding:,} of them padding" if report.padding else ""
    yield "rows", f"{report.rows:,}", f"before: {report.old_rows:,}{padding}"
    for origin, count in report.origins.items():
        if count:
            yield f"rows, {origin}", f"{count:,}", f"{count / report.rows:.1%}, {_NOTES[origin]}"
    if report.effective_sources:
        mean, median = report.effective_sources["mean"], report.effective_sources["median"]
        yield "effective sources", f"{median:.2f}", f"median of made rows; mean {mean:.2f}"
    if report.pairs:
        note = f"in all cases and spacings; {report.unspelled:,} cannot be spelled"
        yield "spellings of pairs", f"{report.pairs:,}", f"{note}; {counted(report.cuts, 'cut')}"
    if report.anchors:
        yield "anchors", f"{report.anchors:,}", ""
    for one in report.near:
        near = ", ".join(f"{old['piece']} {old['cosine']:.2f}" for old in one.nearest)
        yield "near", one.piece, near
