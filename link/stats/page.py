"""The figures of `link stats` as a page of one file."""

from pathlib import Path

from link.pages import write_page
from link.printable import shown
from link.stats.view import Figures, Section, view_of


def write_report(path: str | Path, figures: Figures) -> None:
    """Write the page of what `link stats` has counted, or of what a run has achieved.

    Raises `OSError` if the file cannot be written.
    """
    view = view_of(figures)
    write_page(
        path,
        "report.html",
        {
            "kind": "LINK corpus report",
            "title": shown(view.title),
            "facts": [(name, shown(value)) for name, value in view.facts],
            "remarks": [shown(remark) for remark in view.remarks],
            "cards": [row for row in view.main if row[0] in view.cards],
            "others": [row for row in view.main if row[0] not in view.cards],
            "sections": list(map(_shown, view.sections)),
        },
    )


def _shown(section: Section) -> dict[str, object]:
    """With all text made readable: what HTML cannot hold is spelled out."""
    bars = section.bars or [()] * len(section.rows)
    return {
        "title": shown(section.title),
        "note": section.note,
        "columns": list(map(shown, section.columns)),
        "has_bars": bool(section.bars),
        "mark": None if section.mark is None else 100 * section.mark,
        "rows": [
            {
                "cells": list(map(shown, row)),
                "bar": [(100 * max(0, a), 100 * (min(1, b) - max(0, a))) for a, b in bar],
            }
            for row, bar in zip(section.rows, bars, strict=True)
        ],
    }
