"""What lexicons hold, what is dropped of them, and how many running words they cover.

    .venv/bin/python scripts/lexicon_table.py LEXICON... [--corpus SHARDS] [--lang CODE]
    .venv/bin/python scripts/lexicon_table.py en-de words.tsv=sw eng.tab+slv.tab --corpus shards/
    .venv/bin/python scripts/lexicon_table.py --by-language lexicons/ --corpus shards/

A LEXICON is a name, a file, a URL or a folder of lexicons (`*.tsv`); two files that make one
lexicon together are joined by `+`, and `=CODE` behind it names its target language. Prints a
Markdown table, a line a lexicon: rows in the file, headwords and pairs kept, dropped pairs by
reason, and the share of the corpus' running words that is covered without inflected forms and with
them. With `--by-language` the lines are sorted by language, and tell the licence instead of what
was dropped.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import click

from link.errors import LexiconError
from link.lexicon import Lexicon
from link.lexicon.formats import gathered
from link.lexicon.languages import language_name
from link.stats.coverage import coverage

DROPPED = "dropped, "


@click.command()
@click.argument("lexicons", nargs=-1, required=True, metavar="LEXICON...")
@click.option("--corpus", multiple=True, metavar="INPUT", help="Shards to count words in.")
@click.option("--lang", default="", metavar="CODE", help="Target language of all lexicons.")
@click.option("--by-language", is_flag=True, help="Sort by language, and tell licences.")
def main(lexicons: tuple[str, ...], corpus: tuple[str, ...], lang: str, by_language: bool) -> None:
    """Print a table of LEXICONs: names, files, folders, or two files joined by +; =CODE names a
    language.
    """
    header = ["lexicon", "language", "rows", "headwords", "pairs", "dropped"]
    if by_language:
        header = ["language", "lexicon", "rows", "headwords", "licence"]
    if corpus:
        header += ["covered", "with inflected forms"]
    lines = [line_of(header), line_of("---" for _ in header)]
    rows: list[list[str]] = []
    for one in (file for lexicon in lexicons for file in files_of(lexicon)):
        files, _, language = one.partition("=")
        try:
            rows.append([*cells(files, language or lang, list(corpus), by_language)])
        except LexiconError as error:
            rows.append([name_of(files), str(error)])
    for row in sorted(rows) if by_language else rows:
        lines.append(line_of(row))
    click.echo("\n".join(lines))


def files_of(lexicon: str) -> list[str]:
    """A folder's lexicons, but of a folder that is one lexicon (CLDF); else the name itself."""
    folder = Path(lexicon)
    if not folder.is_dir() or gathered(folder):
        return [lexicon]
    found = sorted(map(str, folder.glob("*.tsv")))
    if not found:
        raise click.UsageError(f"{lexicon}: there is no lexicon (*.tsv) in this folder")
    return found


def cells(files: str, language: str, corpus: list[str], by_language: bool) -> Iterable[str]:
    """The cells of a lexicon's line."""
    first, _, second = files.partition("+")
    lexicon = Lexicon.load(first, second or None, language=language)
    report = lexicon.report
    if by_language:
        yield f"{language_name(lexicon.language)} (`{lexicon.language}`)"
        yield f"`{name_of(files).removesuffix('.tsv')}`"
        yield from (f"{report.rows:,}", f"{report.headwords:,}", lexicon.licence)
    else:
        yield from counts(lexicon, files)
    if corpus:
        for inflect in (False, True):
            yield f"{coverage(replace(lexicon, inflect=inflect), corpus).share:.1%}"


def counts(lexicon: Lexicon, files: str) -> Iterable[str]:
    """What the file held, what is kept, and what is dropped."""
    report = lexicon.report
    dropped = {
        reason.removeprefix(DROPPED): len(lines)
        for reason, lines in report.remarks.items()
        if reason.startswith(DROPPED)
    }
    yield name_of(files)
    yield lexicon.language or "?"
    yield from (f"{count:,}" for count in (report.rows, report.headwords, report.pairs))
    most_first = sorted(dropped.items(), key=lambda item: -item[1])
    yield "; ".join(f"{reason} {count:,}" for reason, count in most_first) or "none"


def name_of(files: str) -> str:
    return " + ".join(file.rpartition("/")[2] for file in files.split("+"))


def line_of(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    main()
