"""`link lexicon download`: lexicons from those who publish them, into the user's cache."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.progress import progress_bar
from link.errors import UsageError
from link.printable import printable

DOWNLOAD, OUTPUT = "Download", "Output"


@click.command(cls=GroupedCommand)
@click.argument("source", required=False, metavar="SOURCE")
@click.argument("languages", nargs=-1, metavar="LANG...")
@grouped_option(
    DOWNLOAD,
    "--list",
    "list_only",
    is_flag=True,
    help="List the sources and their licences; with SOURCE, its known languages.",
)
@grouped_option(DOWNLOAD, "--accept-licence", is_flag=True, help="Accept the terms of a licence.")
@grouped_option(DOWNLOAD, "--force", is_flag=True, help="Fetch files again that are in the cache.")
@grouped_option(
    DOWNLOAD,
    "--base-url",
    default="",
    metavar="URL",
    help="Mirror of SOURCE, with the same layout. [default: LINK_<SOURCE>_URL, if set]",
)
@grouped_option(
    OUTPUT,
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="File to write, for one LANG. [default: the user's cache, as -l SOURCE-en-LANG]",
)
@grouped_option(
    OUTPUT,
    "--allow-bad",
    is_flag=True,
    help="Write it even if most rows are dropped, or source and target seem swapped.",
)
@grouped_option(OUTPUT, "-q", "--quiet", is_flag=True, help="Show only the licence.")
def download(
    source: str | None,
    languages: tuple[str, ...],
    list_only: bool,
    accept_licence: bool,
    force: bool,
    base_url: str,
    output: Path | None,
    allow_bad: bool,
    quiet: bool,
) -> None:
    """Fetch a lexicon from SOURCE for each language LANG, clean it, and store it.

    SOURCE is muse, gatitos, kaikki, freedict or apertium; LANG is a code such as de or sw. The
    licence is shown first, and recorded in the lexicon. Run an interrupted download again to
    continue it. Fetched files are cached.

    \b
    Examples:
      link lexicon download --list
      link lexicon download gatitos wo ln
      link lexicon download muse de --accept-licence
      link substitute corpus/ -o swapped/ -l muse-en-de
    """
    if list_only:
        _list(source)
        return
    if source is None:
        raise click.UsageError("no SOURCE given; --list shows them")
    from link.lexicon.download.sources import base_url as base_of
    from link.lexicon.download.sources import check_language, source_named
    from link.lexicon.languages import language_tag

    chosen = source_named(source)
    tags = list(dict.fromkeys(map(language_tag, languages)))
    if not tags:
        raise click.UsageError("no LANG given; name languages such as de or sw")
    if output and len(tags) > 1:
        raise click.UsageError(f"-o names one file, but there are {len(tags)} languages")
    for tag in tags:
        check_language(chosen, tag)
    base = base_of(chosen, base_url or os.environ.get(f"LINK_{chosen.name.upper()}_URL", ""))
    _accept(chosen.name, chosen.licence, chosen.terms, accept_licence)

    from link.lexicon.download import files
    from link.lexicon.download.fetch import fetch
    from link.lexicon.find import SUFFIX, user_folder
    from link.publish import publish_bytes

    say: Callable[[str], None] = (lambda _: None) if quiet else _say
    fetching = partial(fetch, force=force, progress=partial(progress_bar, quiet=quiet), say=say)
    for one in files.download(chosen, tags, base, fetching, say):
        found = files.lexicon_of(one, allow_bad=allow_bad)
        path = output or user_folder() / f"{one.name}{SUFFIX}"
        publish_bytes(path, files.canonical_text(one, found).encode(), is_contended=True)
        for line in (*found.report.lines(), f"licence: {found.licence}"):
            say(f"{one.name}: {line}")
        say(f"written: {path}; name it as -l {output or one.name}")


def _list(name: str | None) -> None:
    from link.lexicon.download.sources import SOURCES, source_named

    if name is not None:
        source = source_named(name)
        for language in source.languages:
            click.echo(language)
        if source.languages and not source.is_complete:
            _say(f"{source.name} may have more by now; ask for a language")
        if not source.languages:
            _say(f"what {source.name} has is only known there; ask for a language")
        return
    for source in SOURCES:
        known = f"{len(source.languages)} languages" if source.languages else "many languages"
        licence = f"{source.licence}{source.terms and ', '}{source.terms.partition(',')[0]}"
        click.echo("\t".join((source.name, licence, known, source.title)))


def _accept(name: str, licence: str, terms: str, accepted: bool) -> None:
    """Name the licence, and have its terms accepted before anything is fetched."""
    _say(f"{name}: licence: {licence}{terms and ', '}{terms}")
    if not terms or accepted:
        return
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        accepted = click.confirm("Do you accept these terms?", err=True)
    if not accepted:
        raise UsageError(
            f"{name} may be used under the terms of {licence} only; "
            f"accept them with --accept-licence, nothing was fetched"
        )


def _say(text: str) -> None:
    click.echo(f"link: {printable(text)}", err=True)
