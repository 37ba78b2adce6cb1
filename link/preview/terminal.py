"""A preview on a terminal: documents before and after, the swapped words marked with their source.

With colours the translation stands out and its source follows it, dim; without them a swap reads
`[Hund←dog]`, an annotation `[dog (Hund)]`; of several languages `[de:Hund←dog]`, and in a sweep
what a ratio adds `[+Hund←dog]`. Where a version of a document has text that runs from right to
left, each side of a mark is isolated (U+2068, U+2069), so that it stays where it belongs.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from link.preview.versions import Figures, Part, Previewed, Version
from link.printable import printable, shown

WIDTH_OF_PIPES = 100
LEAST_WIDTH = 24
COLOURS = ("green", "magenta", "cyan", "yellow", "blue", "red")  # of the languages, in turn

_ISOLATE, _END = "\u2068", "\u2069"
_RIGHT_TO_LEFT = ("R", "AL")


@dataclass(frozen=True, slots=True)
class Heading:
    """What is said before the documents: lines of name and value, and the languages."""

    lines: tuple[tuple[str, str], ...]
    languages: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def print_preview(heading: Heading, documents: Sequence[Previewed], width: int | None) -> None:
    """Print the documents to standard output. `width`: columns; None for the terminal's."""
    console = Console(highlight=False, emoji=False, markup=False)
    if width is not None or not console.is_terminal:
        console.width = max(LEAST_WIDTH, width or WIDTH_OF_PIPES)
    is_plain = console.no_color or not console.is_terminal or console.color_system is None
    marks = Marks(heading.languages, is_plain=is_plain)
    with console.capture() as lines:
        _print_heading(console, heading, marks)
        for document in documents:
            console.print()
            console.print(Text(title_of(document), style="" if is_plain else "bold"))
            console.print(_rows(document, marks))
    for line in lines.get().rstrip("\n").split("\n"):
        console.file.write(line.rstrip() + "\n")


def _print_heading(console: Console, heading: Heading, marks: "Marks") -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in heading.lines:
        table.add_row(Text(name), Text(printable(value)))
    if len(heading.languages) > 1:
        legend = Text("  ").join(
            Text(printable(code or "?"), style=marks.colour(code)) for code in heading.languages
        )
        table.add_row(Text("languages"), legend)
    console.print(table)
    for remark in heading.remarks:
        console.print(Text(printable(remark)))


def title_of(document: Previewed) -> str:
    field = f", {document.field}" if document.field else ""
    return printable(f"{document.shard}, record {document.number:,}{field}")


def _rows(document: Previewed, marks: "Marks") -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    dim = "" if marks.is_plain else "dim"
    table.add_row(Text("before", style=dim), Text(shown(document.before)))
    for place, version in enumerate(document.versions):
        marked = marks.text_of(version, tells_new=place > 0)
        table.add_row(Text(f"{version.figures.asked:g}", style=dim), marked)
        table.add_row("", Text(figures_line(version.figures), style=dim))
    return table


def figures_line(figures: Figures) -> str:
    """The figures of a whole document at one ratio, in words."""
    parts = [f"{figures.words:,} words"]
    for name, count in (("covered", figures.covered), ("eligible", figures.eligible)):
        if count is not None and figures.is_touched:
            parts.append(f"{count:,} {name}{_share(count, figures)}")
    if not figures.is_touched:
        return f"{parts[0]}, not touched (--portion)"
    parts.append(f"{figures.swapped:,} swapped")
    parts.append(f"ratio {figures.ratio:.3f}")
    line = ", ".join(parts)
    if figures.eligible is not None and figures.eligible < figures.asked * figures.words:
        line += f"; too few eligible words for {figures.asked:g}"
    return line


def _share(count: int, figures: Figures) -> str:
    return f" ({count / figures.words:.0%})" if figures.words else ""


def runs_from_right(text: str) -> bool:
    """Whether a text holds letters that are written from right to left."""
    return any(unicodedata.bidirectional(character) in _RIGHT_TO_LEFT for character in text)


@dataclass(frozen=True, slots=True)
class Marks:
    """How swaps are marked. `languages`: their codes, in the order of their colours."""

    languages: tuple[str, ...]
    is_plain: bool

    def colour(self, language: str) -> str:
        if self.is_plain:
            return ""
        return COLOURS[self.languages.index(language) % len(COLOURS)]

    def text_of(self, version: Version, *, tells_new: bool = False) -> Text:
        """A version of a document, marked. `tells_new`: what a lower ratio did not swap, too."""
        isolated = any(
            runs_from_right(part if isinstance(part, str) else part.source + part.written)
            for part in version.parts
        )
        text = Text()
        for part in version.parts:
            self._add(text, part, isolated=isolated, tells_new=tells_new)
        return text

    def _add(self, text: Text, part: Part, *, isolated: bool, tells_new: bool) -> None:
        if isinstance(part, str):
            text.append(shown(part))
            return
        source, written = _side(part.source, isolated), _side(part.written.lstrip(), isolated)
        tag = f"{printable(part.language)}:" if len(self.languages) > 1 else ""
        if self.is_plain:
            new = "+" if tells_new and part.is_new else ""
            if part.is_annotation:
                text.append(f"[{new}{tag}{source}{shown(part.tail)} {written}]")
            else:
                text.append(f"[{new}{tag}{written}←{source}]")
            return
        colour = self.colour(part.language)
        strong = f"bold {colour}" if part.is_new else colour
        if part.is_annotation:
            text.append(source + shown(part.tail), style=f"underline {colour}")
            text.append(f" {written}", style=strong)
        else:
            text.append(written, style=strong)
            text.append(f"←{source}", style=f"dim {colour}")


def _side(text: str, isolated: bool) -> str:
    """One side of a mark, on one line."""
    text = " ".join(shown(text).split())
    return f"{_ISOLATE}{text}{_END}" if isolated else text
