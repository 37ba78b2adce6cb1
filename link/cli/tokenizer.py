"""`link tokenizer`: a vocabulary for both languages."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.options import DOCUMENT, config_option, fields_of, text_options
from link.cli.progress import progress_bar
from link.cli.sizes import Size
from link.printable import counted, printable, size_text

if TYPE_CHECKING:
    from link.tokens.train import TrainingReport, TrainingSpec

MODEL_TYPES = ("bpe", "unigram")
OF_A_VOCABULARY = frozenset(
    "model_type byte_fallback character_coverage split_digits dummy_prefix whitespace_pieces "
    "longest_piece normalisation pad control_symbols user_symbols threads".split()
)
NORMALISATIONS = ("identity", "nfkc", "nmt_nfkc", "nfkc_cf", "nmt_nfkc_cf")


@click.group()
def tokenizer() -> None:
    """Train a tokenizer for both languages."""


@tokenizer.command(cls=GroupedCommand)
@click.argument("inputs", nargs=-1, metavar="INPUT[=WEIGHT]...")
@grouped_option(
    "Output",
    "-o",
    "--output",
    metavar="MODEL",
    help="File of the model, with or without .model. Required.",
)
@grouped_option(
    "Model",
    "--vocab-size",
    type=click.IntRange(min=1),
    default=32_000,
    show_default=True,
    metavar="N",
    help="Number of pieces, including symbols and bytes.",
)
@grouped_option(
    "Model",
    "--model-type",
    type=click.Choice(MODEL_TYPES),
    default="bpe",
    show_default=True,
    help="Kind of model. Unigram takes about fifteen times as long to train.",
)
@grouped_option(
    "Input",
    "--sample",
    type=Size(),
    default="100MB",
    show_default=True,
    metavar="BYTES",
    help="Amount of text to train on, from all inputs together.",
)
@grouped_option(
    "Input", "--seed", type=int, default=0, show_default=True, help="Seed of the sample."
)
@grouped_option(
    "Model",
    "--character-coverage",
    type=float,
    default=0.9999,
    show_default=True,
    metavar="SHARE",
    help="Share of characters that get their own pieces, 0.98 to 1.",
)
@grouped_option(
    "Model",
    "--byte-fallback/--no-byte-fallback",
    default=True,
    show_default=True,
    help="Write other characters as bytes, so that no text is unknown.",
)
@grouped_option(
    "Model",
    "--split-digits/--no-split-digits",
    default=True,
    show_default=True,
    help="Make each digit a piece of its own.",
)
@grouped_option(
    "Model",
    "--whitespace-pieces/--no-whitespace-pieces",
    default=True,
    show_default=True,
    help="Allow pieces of several spaces, as in code.",
)
@grouped_option(
    "Model",
    "--dummy-prefix/--no-dummy-prefix",
    default=False,
    show_default=True,
    help="Put a space before each text, so that its first word is like others.",
)
@grouped_option(
    "Model",
    "--normalisation",
    type=click.Choice(NORMALISATIONS),
    default="identity",
    show_default=True,
    help="Normalise text first; all values except identity lose information.",
)
@grouped_option(
    "Model",
    "--longest-piece",
    type=click.IntRange(1, 512),
    default=16,
    show_default=True,
    metavar="N",
    help="Maximum number of characters of a piece.",
)
@grouped_option("Model", "--pad", is_flag=True, help="Add a piece <pad>, with number 3.")
@grouped_option(
    "Model",
    "--control-symbol",
    "control_symbols",
    multiple=True,
    metavar="TEXT",
    help="Add a piece that no text produces, such as <mask>. Repeatable.",
)
@grouped_option(
    "Model",
    "--user-symbol",
    "user_symbols",
    multiple=True,
    metavar="TEXT",
    help="Add a piece that is always kept whole in text. Repeatable.",
)
@grouped_option(
    "Model",
    "--threads",
    type=click.IntRange(1, 128),
    default=1,
    show_default=True,
    help="Number of threads; the model's bytes depend on it.",
)
@text_options("Use only records with this value.", key=False)
@grouped_option(
    "Input",
    "--on-error",
    type=click.Choice(("fail", "skip")),
    default="fail",
    show_default=True,
    help="What to do with a bad record: stop with an error, or drop it.",
)
@grouped_option("Output", "--overwrite", is_flag=True, help="Replace an existing model.")
@config_option
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no summary.")
def train(inputs: tuple[str, ...], output: str | None, quiet: bool, **options: Any) -> None:
    """Train a SentencePiece model on a weighted mixture of inputs.

    INPUT is a file, a folder or a glob, in any format that `link substitute` reads. Each input gets
    an equal share of --sample, or a share by WEIGHT, drawn evenly over its documents. The command
    writes MODEL.model, MODEL.vocab (the pieces as text) and MODEL.json (how the model was made).

    \b
    Examples:
      link tokenizer train english/ swapped/ german/ -o en-de --vocab-size 32000
      link tokenizer train english/=2 german/*.parquet=1 -o en-de.model --sample 1GB
    """
    if not inputs:
        raise click.UsageError("no INPUT given; name files, folders or globs")
    if not output:
        raise click.UsageError("no output given; name the model's file with -o")
    spec = _spec(inputs, output, options)

    from link.tokens.train import plan_training, train_tokenizer

    planned = plan_training(spec)
    if not quiet:
        for path in planned.left_alone:
            click.echo(f"link: not a shard, ignored: {printable(str(path))}", err=True)
    begin = time.perf_counter()
    with progress_bar(planned.size_bytes, quiet) as progress:
        report = train_tokenizer(spec, planned, progress, _say_nothing if quiet else _say)
    skipped = sum(one.drawn.bad for one in report.inputs)
    if skipped:
        click.echo(f"link: warning: {skipped:,} bad records were dropped", err=True)
    if not quiet:
        from link.cli.summary import print_table

        print_table(_rows(report, time.perf_counter() - begin))
    for line in _short(spec, report):
        click.echo(f"link: warning: {line}", err=True)


def _spec(inputs: tuple[str, ...], output: str, options: dict[str, Any]) -> "TrainingSpec":
    from link.tokens.train import TrainingSpec, parse_input
    from link.tokens.trainer import TrainingOptions

    return TrainingSpec(
        inputs=[parse_input(text) for text in inputs],
        output=output,
        sample_bytes=options["sample"],
        options=TrainingOptions(
            vocabulary_size=options["vocab_size"],
            **{name: value for name, value in options.items() if name in OF_A_VOCABULARY},
        ),
        fields=fields_of(options),
        document=options["document"] or DOCUMENT[0],
        skip_bad=options["on_error"] == "skip",
        seed=options["seed"],
        overwrite=options["overwrite"],
    )


def _say(what: str) -> None:
    """On a terminal, above the bar."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        tqdm.write(f"link: {what}", file=sys.stderr)


def _say_nothing(_what: str) -> None:
    pass


def _rows(report: "TrainingReport", seconds: float) -> Iterator[tuple[str, str, str]]:
    yield (
        "vocabulary",
        f"{report.vocabulary_size:,}",
        f"pieces, {report.byte_pieces:,} of them bytes",
    )
    used = sum(one.drawn.train_bytes for one in report.inputs)
    for one in report.inputs:
        share = f"{one.drawn.train_bytes / used:.1%} of the training text"
        documents = counted(one.drawn.documents, "document")
        seen = f"drawn from {size_text(one.drawn.text_bytes)}, {documents}"
        if len(one.drawn.shards) < one.shards:
            seen += f", {len(one.drawn.shards):,} of {counted(one.shards, 'shard')}"
        yield printable(one.input.text), size_text(one.drawn.train_bytes), f"{share}, {seen}"
    for one in report.inputs:
        held_out = one.held_out
        if held_out["fertility"] is None:
            yield f"{printable(one.input.text)}, held out", "-", "too little text to hold any out"
            continue
        yield (
            f"{printable(one.input.text)}, held out",
            f"{held_out['fertility']:.3f}",
            f"tokens a word, {held_out['bytes_per_token']:.2f} bytes a token, "
            f"{held_out['byte_fallback_rate']:.3%} of tokens fall back to bytes, "
            f"{held_out['unknown']:,} unknown ({size_text(held_out['bytes'])})",
        )
    yield "time", f"{seconds:.1f} s", ""
    yield "model", str(report.files[0]), f"sha256 {report.sha256[:16]}…"


def _short(spec: "TrainingSpec", report: "TrainingReport") -> Iterator[str]:
    """Warnings about inputs that could not fill their share."""
    short = [one for one in report.inputs if one.is_short]
    for one in short:
        yield (
            f"{printable(one.input.text)} fills {size_text(one.used_bytes)} of its share of "
            f"{size_text(one.share_bytes)}; it has no more text"
        )
    if short and len(report.inputs) > 1:
        yield (
            f"so the mixture differs from the weights asked for; --sample "
            f"{report.largest_true_sample} would give them"
        )
