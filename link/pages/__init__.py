"""From a view, which is plain data, to a page. Whatever the view says is escaped."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_page(path: str | Path, template: str, view: Mapping[str, Any]) -> None:
    """Render a template, and only then write the file. Raises `OSError` if it cannot be written."""
    text = render(template, view)
    Path(path).write_text(text, encoding="utf-8")


def render(template: str, view: Mapping[str, Any]) -> str:
    """The page as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from link import __version__

    pages = Environment(
        loader=PackageLoader("link.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template(template).render(**view, version=__version__)
