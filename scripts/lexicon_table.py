"""What lexicons hold, what is dropped of them, and how many running words they cover.

    .venv/bin/python scripts/lexicon_table.py LEXICON... [--corpus SHARDS] [--lang CODE]
    .venv/bin/python scripts/lexicon_table.py en-de words.tsv=sw eng.tab+slv.tab --corpus shards/

A LEXICON is a name, a file or a URL; two files that make one lexicon together are joined by `+`,
and `=CODE` behind it names its target language. Prints a Markdown table, a line a lexicon: rows in
the file, headwords and pairs kept, dropped pairs by reason, and the share of the corpus' running
words that is covered without inflected forms and with them.
"""

from collections.abc import Iterable
from dataclasses import replace

import click

from link.errors import LexiconError
from link.lexicon import Lexicon
from link.stats.coverage import coverage

DROPPED = "dropped, "


@click.command()
@click.argument("lexicons", nargs=-1, required=True, metavar="LEXICON...")
@click.option("--corpus", multiple=True, metavar="INPUT", help="Shards to count words in.")
@click.option("--lang", default="", metavar="CODE", help="Target language of all lexicons.")
def main(lexicons: tuple[str, ...], corpus: tuple[str, ...], lang: str) -> None:
    """Print a table of LEXICONs: names, files, or two files joined by +; =CODE names a language."""
    header = ["lexicon", "language", "rows", "headwords", "pairs", "dropped"]
    if corpus:
        header += ["covered", "with inflected forms"]
    click.echo(line_of(header))
    click.echo(line_of("---" for _ in header))
    for one in lexicons:
        files, _, language = one.partition("=")
        try:
            click.echo(line_of(cells(files, language or lang, list(corpus))))
        except LexiconError as error:
            click.echo(line_of([name_of(files), str(error)]))


def cells(files: str, language: str, corpus: list[str]) -> Iterable[str]:
    """The cells of a lexicon's line."""
    first, _, second = files.partition("+")
    lexicon = Lexicon.load(first, second or None, language=language)
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
    if corpus:
        for inflect in (False, True):
            yield f"{coverage(replace(lexicon, inflect=inflect), corpus).share:.1%}"


def name_of(files: str) -> str:
    return " + ".join(file.rpartition("/")[2] for file in files.split("+"))


def line_of(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    main()
