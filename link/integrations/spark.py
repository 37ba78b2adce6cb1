"""Spark: data frames, by `mapInArrow`."""

from collections.abc import Sequence

from pyspark.sql import DataFrame

from link.integrations.tables import Tables
from link.substituter import Substituter


def substitute(
    frame: DataFrame,
    substituter: Substituter,
    text_field: str | Sequence[str] = "text",
    key_field: str | None = None,
) -> DataFrame:
    """The data frame with words swapped, partition by partition.

    `text_field`, `key_field`: as of `Tables`. `link-corpus` must be on every node.
    """
    tables = Tables(substituter, text_field, key_field)
    return frame.mapInArrow(tables.batches, frame.schema)
