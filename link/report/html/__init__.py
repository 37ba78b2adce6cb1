"""Web pages of one file each: no script, no network, light and dark, for paper and for phones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from link.report.documents import Previewed
    from link.report.preview import Heading


def write_report(path: str | Path, stats: Mapping[str, Any]) -> None:
    """Write the page of what `link stats` has counted; parts of it that are absent are left out.

    Raises `OSError` if the file cannot be written.
    """
    from link.report.html.page import write_page
    from link.report.html.report import view_of

    write_page(path, "report.html", view_of(stats))


def write_preview(
    path: str | Path, heading: "Heading", documents: Sequence["Previewed"], *, characters: int
) -> None:
    """Write the page of some documents before and after, about `characters` of each (0: all).

    Raises `OSError` if the file cannot be written.
    """
    from link.report.html.page import write_page
    from link.report.html.preview import view_of

    write_page(path, "preview.html", view_of(heading, documents, characters))
