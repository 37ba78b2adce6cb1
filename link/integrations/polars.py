"""Polars: data frames and lazy frames."""

from collections.abc import Sequence
from typing import TypeVar

import polars as pl

from link.integrations.tables import Tables
from link.substituter import Substituter

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def substitute(
    frame: Frame,
    substituter: Substituter,
    text_field: str | Sequence[str] = "text",
    key_field: str | None = None,
) -> Frame:
    """The frame with words swapped, a lazy one batch by batch when it is collected.

    `text_field`, `key_field`: as of `Tables`. Columns that are not named stay in Polars.
    """
    tables = Tables(substituter, text_field, key_field)

    def swapped(part: pl.DataFrame) -> pl.DataFrame:
        needed = part.select(tables.columns(part.clear().to_arrow().schema))
        return part.with_columns(pl.DataFrame(tables(needed.to_arrow())))

    if isinstance(frame, pl.LazyFrame):
        schema = frame.collect_schema()
        return frame.map_batches(swapped, schema=schema, streamable=True)
    return swapped(frame)
