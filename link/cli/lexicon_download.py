"""`link lexicon download`: lexicons from those who publish them, into the user's cache."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from link.cli.files import put_file
from link.cli.grouped import GroupedCommand, grouped_option
from link.cli.progress import progress_bar
from link.errors import LexiconError, UsageError
from link.printable import printable

if TYPE_CHECKING:
    from link.lexicon.download.files import Downloaded, Fetch
    from link.lexicon.download.sources import Source

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
@grouped_option(
    DOWNLOAD,
    "--all",
    "every",
    is_flag=True,
    help="Every language that SOURCE has. Lexicons that are there are left, unless with --force; "
    "what fails is listed at the end.",
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
    every: bool,
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
      link lexicon download gatitos --all
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
    if every and tags:
        raise click.UsageError("--all is every language; leave out LANG, or --all")
    if not (tags or every):
        raise click.UsageError("no LANG given; name languages such as de or sw, or give --all")
    if output and every:
        raise click.UsageError("-o names one file, but --all may bring many languages")
    if output and len(tags) > 1:
        raise click.UsageError(f"-o names one file, but there are {len(tags)} languages")
    for tag in tags:
        check_language(chosen, tag)
    base = base_of(chosen, base_url or os.environ.get(f"LINK_{chosen.name.upper()}_URL", ""))
    _accept(chosen.name, chosen.licence, chosen.terms, accept_licence)

    from link.lexicon.download import files
    from link.lexicon.download.fetch import fetch

    say: Callable[[str], None] = (lambda _: None) if quiet else _say
    fetching = partial(fetch, force=force, progress=partial(progress_bar, quiet=quiet), say=say)
    if every:
        _download_all(chosen, base, fetching, say, force=force, allow_bad=allow_bad)
        return
    for one in files.download(chosen, tags, base, fetching, say):
        _write(one, output, say, allow_bad=allow_bad)


def _write(
    one: "Downloaded", output: Path | None, say: Callable[[str], None], *, allow_bad: bool
) -> None:
    """Clean what was fetched, and publish it as a lexicon."""
    from link.lexicon.download import files
    from link.lexicon.find import SUFFIX, user_folder
    from link.publish import publish_bytes

    found = files.lexicon_of(one, allow_bad=allow_bad)
    path = output or user_folder() / f"{one.name}{SUFFIX}"
    text = files.canonical_text(one, found).encode()
    if output:
        put_file(output, text)
    else:
        publish_bytes(path, text, is_contended=True)
    for line in (*found.report.lines(), f"licence: {found.licence}"):
        say(f"{one.name}: {line}")
    say(f"written: {path}; name it as -l {output or one.name}")


def _download_all(
    source: "Source",
    base: str,
    fetch: "Fetch",
    say: Callable[[str], None],
    *,
    force: bool,
    allow_bad: bool,
) -> None:
    """Every language of a source that is not there; exit status 1 if one fails."""
    from link.lexicon.download import files
    from link.lexicon.find import SUFFIX, user_folder

    tags = files.languages_of(source, base, fetch, say)
    there = {tag for tag in tags if (user_folder() / f"{source.name}-en-{tag}{SUFFIX}").is_file()}
    left = [tag for tag in tags if force or tag not in there]
    say(f"{source.name}: {len(tags)} languages, {len(tags) - len(left)} of them there already")
    failed: dict[str, LexiconError] = {}
    for tag, one in files.download_each(source, left, base, fetch, say, len(tags)):
        try:
            if isinstance(one, LexiconError):
                raise one
            _write(one, None, say, allow_bad=allow_bad)
        except LexiconError as error:
            failed[tag] = error
            say(f"{tag}: {error}")
    if failed:
        _say(f"{len(failed)} of {len(tags)} languages failed; run the same command again for them:")
        for tag, why in failed.items():
            _say(f"  {tag}: {why}")
        sys.exit(1)


def _list(name: str | None) -> None:
    from link.lexicon.download.sources import SOURCES, source_named

    if name is not None:
        source = source_named(name)
        for language in source.languages:
            click.echo(language)
        if source.languages and not source.is_complete:
            _say(f"{source.name} may have more by now; try a language")
        if not source.languages:
            _say(f"the languages of {source.name} are not listed here; try one")
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
            f"{name} may only be used under the terms of {licence}; "
            f"accept them with --accept-licence. Nothing was fetched"
        )


def _say(text: str) -> None:
    click.echo(f"link: {printable(text)}", err=True)
