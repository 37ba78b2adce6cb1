"""Ray Data."""

from collections.abc import Sequence
from typing import Any

from ray.data import Dataset

from link.integrations.tables import Tables
from link.substituter import Substituter


def substitute(
    dataset: Dataset,
    substituter: Substituter,
    text_field: str | Sequence[str] = "text",
    key_field: str | None = None,
    **options: Any,
) -> Dataset:
    """The dataset with words swapped, block by block. `link-corpus` must be on every node.

    `text_field`, `key_field`: as of `Tables`. `options` go to `map_batches`: `num_cpus`,
    `concurrency`, ….
    """
    tables = Tables(substituter, text_field, key_field)
    options = {"batch_size": None, "zero_copy_batch": True, **options}
    return dataset.map_batches(tables.__call__, batch_format="pyarrow", **options)
