"""The figures of `link stats` on standard output: tables, as plain text where nobody looks.

Everything that comes from data is escaped; nothing is said by colour alone.
"""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from link.printable import printable
from link.stats.view import LIST, PAGE, Figures, Row, Section, view_of
from link.terminal import StandardOutput

PLAIN_WIDTH = 80
SHOWN_ROWS = 20
SHOWN_WORDS = 30
_MOST_NAME = 24


def print_stats(figures: Figures) -> None:
    """Print the figures of shards, or of a run."""
    console = StandardOutput(highlight=False)
    if not console.is_terminal:
        console = StandardOutput(highlight=False, width=PLAIN_WIDTH, no_color=True)
    view = view_of(figures)
    console.print(_table(view.main, ("", "", ""), notes=True))
    for section in view.sections:
        if section.where == PAGE:
            continue
        console.print()
        console.print(Text(printable(section.title)))
        if section.note:
            console.print(Text(printable(section.note)))
        console.print(_body(section))
        if section.where != LIST and len(section.rows) > SHOWN_ROWS:
            console.print(f"{len(section.rows) - SHOWN_ROWS:,} more in the JSON")
    if view.remarks:
        console.print()
    for remark in view.remarks:
        console.print(Text(printable(remark)))


def _body(section: Section) -> Text | Table:
    if section.where == LIST:
        words = (" ".join((_clip(row[0]), *row[1:2])) for row in section.rows[:SHOWN_WORDS])
        return Text(printable(", ".join(words)))
    columns = section.columns or ("",) * max(map(len, section.rows), default=1)
    return _table(section.rows[:SHOWN_ROWS], columns)


def _table(rows: Iterable[Row], columns: Iterable[str], *, notes: bool = False) -> Table:
    """`notes`: the third column is read, not compared."""
    table = Table(box=None, pad_edge=False, show_header=any(columns))
    for number, column in enumerate(columns):
        side = "right" if number == 1 or (number and not notes) else "left"
        table.add_column(Text(printable(column)), justify=side, no_wrap=number > 0)  # type: ignore[arg-type]
    for first, *others in rows:
        table.add_row(*(Text(printable(cell)) for cell in (_clip(first), *others)))
    return table


def _clip(text: str) -> str:
    return text if len(text) <= _MOST_NAME else f"{text[: _MOST_NAME - 1]}…"
