"""What a report's page is made of, and how its numbers are said in tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from link.stats import plots
from link.stats.plots import Figure, percent

Stats = Mapping[str, Any]
MOST_BARS = 20


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row; without `columns` the rows are pairs of name and value."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Plots and tables under one heading."""

    heading: str
    text: str = ""
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def counted(counts: Any, number: str, title: str, column: str) -> Figure | None:
    """Bars of named counts, the largest first."""
    known = {
        name: each
        for name, each in (counts or {}).items()
        if isinstance(each, int | float) and each
    }
    if not known:
        return None
    rows = sorted(known.items(), key=lambda item: -item[1])[:MOST_BARS]
    total = sum(known.values())
    description = ", ".join(f"{name} {each:,}" for name, each in rows[:5])
    return Figure(
        title,
        plots.bars(number, title, description, rows),
        (column, "words", "share"),
        tuple((name, f"{each:,}", percent(each / total)) for name, each in rows),
    )


def table_of(name: str, values: Mapping[str, Any]) -> Table:
    """A row a value; a value is a number, or has several under names."""
    if not all(isinstance(each, Mapping) for each in values.values()):
        return Table(
            (name, "words"), tuple((label, text_of(each)) for label, each in values.items())
        )
    columns = [key for key in COLUMNS if any(has_number(each, key) for each in values.values())]
    rows = [
        (label, *(text_of_figure(key, each.get(key)) for key in columns))
        for label, each in values.items()
    ]
    return Table((name, *map(said_of, columns)), tuple(rows))


COLUMNS = (
    *("documents", "documents_short", "words", "token_coverage", "eligible_share"),
    *("ratio_expected", "swapped", "tokens_before", "tokens_after"),
)
"""What is told of each source and language."""

SHARES = (
    *("token_coverage", "type_coverage", "eligible_share"),
    *("unknown_before", "unknown_after", "byte_fallback_before", "byte_fallback_after"),
)


def text_of_figure(key: str, value: Any) -> str:
    """The value of a figure, of shares in percent."""
    is_number = isinstance(value, int | float)
    return percent(value) if key in SHARES and is_number else text_of(value)


def has_number(stats: Stats, key: str) -> bool:
    """Whether a figure is there, and is one."""
    return isinstance(stats.get(key), int | float)


def said_of(key: str) -> str:
    """The name of a figure, in words."""
    return str(key).replace("_", " ")


def text_of(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(text_of, value)) or "none"
    return str(value)
