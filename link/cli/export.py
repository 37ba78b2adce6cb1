"""`link export`: training data from the swaps of a run."""

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from link.cli.files import LocalFolder, refuse_unwritable
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.terminal import standard_output
from link.errors import UsageError
from link.export import KINDS
from link.printable import counted

PAIRS, WORDS, PROMPTS, PHARAOH = KINDS


@click.command(cls=GroupedCommand)
@click.argument("outputs", nargs=-1, required=True, metavar="OUT...", type=LocalFolder())
@grouped_option(
    "Output",
    "-o",
    "--output",
    "file",
    required=True,
    metavar="FILE",
    help="File to write, compressed by its ending (.gz .zst .bz2 .xz), or - for standard output. "
    "Required.",
)
@grouped_option(
    "Output",
    "--as",
    "kind",
    type=click.Choice(KINDS),
    default=PAIRS,
    show_default=True,
    help="pairs: each sentence with swaps before and after, aligned. words: each word and its "
    "translation in their sentences. prompts: each document with the translations after its "
    "words. pharaoh: FILE.source, FILE.target and FILE.align, a sentence a line (of FILE.gz, "
    "FILE.source.gz).",
)
@grouped_option(
    "Input",
    "--link-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with the run's swaps, if it had --link-dir. [default: OUT/_link]",
)
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No summary.")
def export(
    outputs: tuple[Path, ...], file: str, kind: str, link_dir: Path | None, quiet: bool
) -> None:
    """Turn the swaps of a run with --swaps in OUT into training data.

    --as prompts takes several OUT: runs over one corpus with different lexicons.

    \b
    Examples:
      link export swapped/ -o pairs.jsonl.zst
      link export swapped/ -o - --as words | shuf -n 1000
      link export german/ dutch/ -o prompts.jsonl --as prompts
    """
    from link.export.documents import Run
    from link.export.write import lines_of, packed, parallel_names

    if len(outputs) > 1 and kind != PROMPTS:
        raise UsageError(f"--as {kind} takes one OUT; several are for --as {PROMPTS}")
    if len(outputs) > 1 and link_dir is not None:
        raise UsageError("--link-dir goes with one OUT")
    if file == "-" and kind == PHARAOH:
        raise UsageError(f"--as {PHARAOH} writes three files; name them with -o FILE")
    names = parallel_names(file) if kind == PHARAOH else [file] * (file != "-")
    files = [Path(name) for name in names]
    for each in files:
        refuse_unwritable({"-o": each})
        for output in outputs:
            if output.resolve() in each.resolve().parents:
                raise UsageError(f"{each} is inside {output}, which is an input; name another file")
    lines = lines_of([Run(output, link_dir) for output in outputs], kind)
    count = 0
    with ExitStack() as stack:
        if not files:
            stack.enter_context(standard_output())
        sinks = [stack.enter_context(packed(each)) for each in files]
        writers = [sink.write for sink in sinks] or [sys.stdout.buffer.write]
        for parts in lines:
            count += 1
            for write, part in zip(writers, parts, strict=True):
                write(part + b"\n")
    if not quiet:
        what = "sentence" if kind == PHARAOH else kind.removesuffix("s")
        click.echo(f"link: {counted(count, what)} written", err=True)
