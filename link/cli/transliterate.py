"""`link transliterate` and `link lexicon transliterate`: shards and lexicons in another script."""

import sys
from contextlib import ExitStack
from pathlib import Path

import click

from link.cli.files import LocalFolder, refuse_unwritable
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.lexicon import lexicon, publish
from link.cli.options import jobs_option
from link.cli.progress import progress_bar
from link.cli.sizes import Size
from link.errors import UsageError
from link.printable import counted, printable

EXIT_FAILED = 1
TARGET_BYTES = 50_000_000

_RULES = grouped_option(
    "Transliteration",
    "--rules",
    required=True,
    metavar="RULES",
    help="File of rules, name of shipped rules (sr-Cyrl-Latn, …), `uroman`, or "
    "`aksharamukha:FROM:TO`. Required.",
)
_TARGET = grouped_option(
    "Transliteration",
    "--target-text",
    multiple=True,
    metavar="INPUT",
    help="Shards in the target language. A character model trained on them chooses between "
    "alternatives. Repeatable. [default: take the first alternative]",
)
_TARGET_BYTES = grouped_option(
    "Transliteration",
    "--target-bytes",
    type=Size(least=1),
    default=TARGET_BYTES,
    show_default=True,
    metavar="BYTES",
    help="Amount of target text to train on.",
)


@click.command(cls=GroupedCommand)
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@grouped_option(
    "Output",
    "-o",
    "--output",
    required=True,
    type=LocalFolder(),
    metavar="OUT",
    help="Folder to write to. Required.",
)
@grouped_option(
    "Output",
    "--overwrite",
    is_flag=True,
    help="Redo all shards in a folder that was made with other settings.",
)
@_RULES
@_TARGET
@_TARGET_BYTES
@grouped_option(
    "Input",
    "--text-field",
    multiple=True,
    default=("text",),
    show_default=True,
    metavar="FIELD",
    help="Field of the text; `a.b` is a field of an object. Repeatable.",
)
@grouped_option(
    "Input",
    "--document",
    type=click.Choice(["line", "paragraph", "file"]),
    default="line",
    show_default=True,
    help="What a document is in plain text.",
)
@jobs_option
@grouped_option("Running", "-q", "--quiet", is_flag=True, help="No progress and no summary.")
def transliterate(
    inputs: tuple[str, ...],
    output: Path,
    overwrite: bool,
    rules: str,
    target_text: tuple[str, ...],
    target_bytes: int,
    text_field: tuple[str, ...],
    document: str,
    jobs: int,
    quiet: bool,
) -> None:
    """Write the texts of INPUT in another script or spelling, and keep all else.

    OUT has the same names, format and compression as INPUT. Run the same command again to resume.

    \b
    Examples:
      link transliterate serbian/ -o latin/ --rules sr-Cyrl-Latn
      link transliterate arabic/ -o maltese/ --rules ar-Arab-mt --target-text maltese-corpus/

    \b
    Exit status: 0 done, 1 some shards failed, 2 usage error.
    """
    from link.shards.fields import Fields
    from link.shards.find import find_shards
    from link.transliterate.shards import Settings, size_of, target_words, transliterate_shards

    if str(output) == "-":
        raise UsageError("-o takes a folder; `-` is none")
    words = target_words(target_text, target_bytes) if target_text else ()
    settings = Settings(rules, words, Fields(text_field), document)
    shards = find_shards(inputs).shards
    with ExitStack() as stack:
        report = stack.enter_context(progress_bar(sum(map(size_of, shards)), quiet))
        done, failed = transliterate_shards(
            inputs, output, settings, jobs=jobs, overwrite=overwrite, report=report
        )
    for reason in failed:
        click.echo(f"link: failed: {printable(reason)}", err=True)
    if not quiet:
        there = len(shards) - len(failed) - done
        click.echo(
            f"link: {counted(done, 'shard')} transliterated to {printable(str(output))}"
            + (f", {counted(there, 'shard')} there already" if there else ""),
            err=True,
        )
    if failed:
        sys.exit(EXIT_FAILED)


@lexicon.command("transliterate", cls=GroupedCommand)
@click.argument("name", metavar="LEXICON")
@grouped_option(
    "Output",
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File to write. Required.",
)
@_RULES
@_TARGET
@_TARGET_BYTES
def transliterate_lexicon(
    name: str,
    output: Path,
    rules: str,
    target_text: tuple[str, ...],
    target_bytes: int,
) -> None:
    """Write LEXICON as a canonical file with its translations in another script.

    Translations that become equal are merged, and their weights added.

    \b
    Example:
      link lexicon transliterate kaikki-en-sr -o en-sr-latin.tsv --rules sr-Cyrl-Latn
    """
    from link.lexicon import Lexicon
    from link.transliterate.lexicon import transliterated
    from link.transliterate.model import CharacterModel
    from link.transliterate.shards import target_words
    from link.transliterate.words import transliterator

    refuse_unwritable({"-o": output})
    words = dict(target_words(target_text, target_bytes)) if target_text else None
    change = transliterator(rules, CharacterModel(words) if words else None)
    found = Lexicon.load(name)
    text = transliterated(found, change, rules)
    publish(output, text, [name])
    count = sum(not line.startswith("#") for line in text.splitlines())
    before = sum(map(len, found.entries.values()))
    click.echo(
        f"link: {counted(count, 'pair')} written to {printable(str(output))}"
        + (f"; {before - count:,} became equal to another, or empty" if before > count else ""),
        err=True,
    )
