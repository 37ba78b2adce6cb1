"""`link lexicon`: what a lexicon holds, whether it is clean, and how to make one from a file."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from link.cli.files import put_file, refuse_shards
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.lexicon_download import download
from link.errors import LexiconError
from link.printable import printable

if TYPE_CHECKING:
    from link.lexicon import Lexicon

Command = Callable[..., Any]

READING, CLEANING, OUTPUT, REPORT = "Reading", "Cleaning", "Output", "Report"


@click.group()
def lexicon() -> None:
    """Inspect, check, convert, merge and download lexicons.

    \b
    Examples:
      link lexicon list
      link lexicon check my-words.tsv --lang sw
      link lexicon convert my-words.tsv -o lexicons/my-en-sw.tsv --lang sw
    """


lexicon.add_command(download)


def _reading_options(command: Command) -> Command:
    """What may have to be said of a file that is no canonical one."""
    options = (
        grouped_option(
            READING,
            "--lang",
            default="",
            metavar="CODE",
            help="Target language, such as sw or zh-Hant.",
        ),
        grouped_option(
            READING,
            "--force-lang",
            is_flag=True,
            help="Use --lang even if the file states another language.",
        ),
        grouped_option(
            READING,
            "--from",
            "format",
            metavar="FORMAT",
            help="Format of the file, if it is not recognised.",
        ),
        grouped_option(
            READING,
            "--encoding",
            metavar="NAME",
            help="Encoding of the file, if neither UTF-8 nor UTF-16.",
        ),
        grouped_option(
            READING, "--reverse", is_flag=True, help="The file goes from that language to English."
        ),
        grouped_option(
            CLEANING,
            "--keep",
            multiple=True,
            metavar="STEP",
            help="Turn off this cleaning step (see `link lexicon check --help`). Repeatable.",
        ),
        grouped_option(
            CLEANING,
            "--max-translations",
            type=click.IntRange(min=1),
            default=8,
            show_default=True,
            metavar="N",
            help="Keep at most this many translations of a headword.",
        ),
        grouped_option(
            CLEANING,
            "--inflect/--no-inflect",
            default=None,
            help="Match inflected forms (dogs, walked) of headwords too. "
            "[default: if it holds dictionary forms only]",
        ),
    )
    for each in reversed(options):
        command = each(command)
    return command


def _output_option() -> Callable[[Command], Command]:
    return grouped_option(
        OUTPUT,
        *("-o", "--output"),
        required=True,
        type=click.Path(path_type=Path),
        metavar="OUT",
        help="File to write. Required.",
    )


def _load(files: tuple[str, ...], options: dict[str, Any]) -> "Lexicon":
    from link.lexicon import Lexicon

    if len(files) > 2:
        raise click.UsageError("name one file, or the two that make a lexicon together")
    return Lexicon.load(
        *files,
        format=options["format"],
        language=options["lang"],
        force_language=options["force_lang"],
        encoding=options["encoding"],
        reverse=options["reverse"],
        off=options["keep"],
        most_translations=options["max_translations"],
        inflect=options["inflect"],
    )


@lexicon.command("list")
def list_() -> None:
    """List the lexicons known by name: name, language, headwords, licence, location.

    \b
    Example:
      link lexicon list
    """
    from link.lexicon import Lexicon
    from link.lexicon.find import available, find_lexicon

    for name in available():
        try:
            found = Lexicon.load(name)
        except LexiconError as error:
            click.echo(f"link: {printable(str(error))}", err=True)
            continue
        fields = (name, found.language, f"{len(found.entries)}", found.licence)
        click.echo("\t".join(map(printable, (*fields, str(find_lexicon(name))))))


@lexicon.command(cls=GroupedCommand)
@click.argument("files", nargs=-1, required=True, metavar="LEXICON...")
@_reading_options
@grouped_option(
    REPORT,
    "--corpus",
    multiple=True,
    metavar="INPUT",
    help="Report the share of words of these shards that it covers. Repeatable.",
)
def info(files: tuple[str, ...], corpus: tuple[str, ...], **options: Any) -> None:
    """Describe LEXICON: a name, a file, or two files that make one together.

    \b
    Example:
      link lexicon info en-sw --corpus corpus/
    """
    from link.lexicon.report import about

    found = _load(files, options)
    for name, value in (*about(found), *_coverage(found, corpus)):
        click.echo(f"{name:<22}{printable(value)}")


def _coverage(found: "Lexicon", corpus: tuple[str, ...]) -> list[tuple[str, str]]:
    if not corpus:
        return []
    from dataclasses import replace

    from link.stats.coverage import coverage

    plain = coverage(replace(found, inflect=False), list(corpus))
    inflected = coverage(replace(found, inflect=True), list(corpus))
    return [
        ("words of the corpus", f"{plain.words:,}"),
        ("covered", f"{plain.share:.1%} without inflected forms, {inflected.share:.1%} with them"),
    ]


@lexicon.command(cls=GroupedCommand)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@grouped_option(READING, "--pair", is_flag=True, help="Read the two files as one lexicon.")
@_reading_options
@grouped_option(
    REPORT, "--strict", is_flag=True, help="Also fail if anything was mended or dropped."
)
def check(files: tuple[str, ...], strict: bool, pair: bool, **options: Any) -> None:
    """Print what is kept, mended and dropped of each FILE, and a verdict.

    The report also says how the columns and the translations of the file are separated, and which
    script it uses if the scripts of its language are not known.

    The exit status is 1 if a file is not a lexicon, if its columns seem swapped, or if most of it
    had to be dropped; with --strict also if anything had to be mended.

    \b
    Cleaning steps, each of which --keep turns off:
      markup, placeholders, invisible, headwords, scripts, particles, sentences, affixes,
      identity, most

    \b
    Example:
      link lexicon check my-words.txt --lang sw --keep sentences
    """
    from link.lexicon.read import Request
    from link.lexicon.report import verdict

    Request(options["format"], options["lang"], options["force_lang"], off=options["keep"])
    bad = 0
    for group in [files] if pair else [(file,) for file in files]:
        title = printable(" + ".join(group))
        try:
            found = _load(group, options)
        except LexiconError as error:
            click.echo(f"{title}: error: {printable(str(error))}")
            bad += 1
            continue
        is_good, words = verdict(found, strict=strict)
        bad += not is_good
        click.echo(f"{title}: {words}")
        for line in found.report.lines():
            click.echo(f"  {printable(line)}")
    if bad:
        sys.exit(1)


@lexicon.command(cls=GroupedCommand)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@_output_option()
@grouped_option(
    OUTPUT, "--source", default="", metavar="TEXT", help="Source for the header. [default: FILE]"
)
@grouped_option(
    OUTPUT,
    "--licence",
    default="",
    metavar="TEXT",
    help="Licence for the header, if FILE states none.",
)
@grouped_option(
    OUTPUT, "--date", default="", metavar="DATE", help="Date for the header. [default: today]"
)
@_reading_options
def convert(
    files: tuple[str, ...], output: Path, source: str, licence: str, date: str, **options: Any
) -> None:
    """Write FILE as a canonical lexicon: clean, with source, licence and date in its header.

    A canonical file stays as it is.

    \b
    Example:
      link lexicon convert eng-swh.tei -o lexicons/my-en-sw.tsv --lang sw
    """
    from link.lexicon.report import verdict

    found = _load(files, options)
    names = " and ".join(Path(file).name for file in files)
    publish(output, found.with_header(source=source or names, licence=licence, date=date), files)
    for line in found.report.lines():
        click.echo(f"link: {printable(line)}", err=True)
    is_good, words = verdict(found, strict=False)
    if not is_good:
        click.echo(f"link: warning: {printable(words)}", err=True)


@lexicon.command(cls=GroupedCommand)
@click.argument("names", nargs=-1, required=True, metavar="LEXICON...")
@_output_option()
@grouped_option(
    OUTPUT,
    "--union",
    is_flag=True,
    help="Take the translations of all, with weights added. [default: those of the first lexicon "
    "that has the word]",
)
def merge(names: tuple[str, ...], output: Path, union: bool) -> None:
    """Merge lexicons of one language, the most trusted first.

    \b
    Example:
      link lexicon merge en-de muse-en-de -o lexicons/my-en-de.tsv
    """
    from link.lexicon import Lexicon

    merged = Lexicon.merged([Lexicon.load(name) for name in names], first_wins=not union)
    publish(output, merged.canonical_text(), names)
    click.echo(f"link: {printable(merged.report.lines()[0])}", err=True)


def publish(path: Path, text: str, names: Sequence[str]) -> None:
    """Write a lexicon that was made of others. Raises `UsageError` if it would replace one."""
    from link.lexicon.find import source_of

    local = [name for name in names if "://" not in name]
    refuse_shards([path], [file for name in local for file, _ in source_of(name).files])
    put_file(path, text.encode())
