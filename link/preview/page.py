"""The view of a preview's page: documents before and after, as plain data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from link.pages import write_page
from link.preview.terminal import COLOURS, Heading, figures_line, title_of
from link.preview.versions import Part, Previewed
from link.printable import printable, shown


def write_preview(path: str | Path, heading: Heading, documents: Sequence[Previewed]) -> None:
    """Write the page of some documents before and after.

    Raises `OSError` if the file cannot be written.
    """
    write_page(path, "preview.html", view_of(heading, documents))


def view_of(heading: Heading, documents: Sequence[Previewed]) -> dict[str, Any]:
    """What `preview.html` shows."""
    return {
        "kind": "LINK preview",
        "title": "Before and after",
        "facts": [(name, printable(value)) for name, value in heading.lines],
        "remarks": [printable(remark) for remark in heading.remarks],
        "languages": [printable(code or "?") for code in heading.languages],
        "documents": [_document(each, heading) for each in documents],
    }


def _document(document: Previewed, heading: Heading) -> dict[str, Any]:
    return {
        "title": title_of(document),
        "before": shown(document.before),
        "versions": [
            {
                "asked": f"{version.figures.asked:g}",
                "parts": [_part(part, heading, is_first=not place) for part in version.parts],
                "figures": figures_line(version.figures),
            }
            for place, version in enumerate(document.versions)
        ],
    }


def _part(part: Part, heading: Heading, *, is_first: bool) -> str | dict[str, Any]:
    if isinstance(part, str):
        return shown(part)
    return {
        "source": shown(part.source),
        "tail": shown(part.tail),
        "written": shown(part.written.lstrip() if part.is_annotation else part.written),
        "language": printable(part.language),
        "colour": heading.languages.index(part.language) % len(COLOURS),
        "is_annotation": part.is_annotation,
        "is_new": part.is_new or is_first,
    }
