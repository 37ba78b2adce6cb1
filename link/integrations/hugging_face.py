"""Hugging Face `datasets`: Dataset, IterableDataset and dictionaries of them, over Arrow."""

from collections.abc import Sequence
from typing import Any, TypeVar

from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict

from link.integrations.tables import Tables
from link.substituter import Substituter

AnyDataset = TypeVar("AnyDataset", Dataset, DatasetDict, IterableDataset, IterableDatasetDict)


def substitute(
    dataset: AnyDataset,
    substituter: Substituter,
    text_field: str | Sequence[str] = "text",
    key_field: str | None = None,
    **options: Any,
) -> AnyDataset:
    """The dataset with words swapped, and with the features and the format that it had.

    `text_field`, `key_field`: as of `Tables`. `options` go to `map`: `num_proc`, `batch_size`, ….
    """
    if isinstance(dataset, (DatasetDict, IterableDatasetDict)):
        fields = (text_field, key_field)
        parts = {
            name: substitute(part, substituter, *fields, **options)
            for name, part in dataset.items()
        }
        return type(dataset)(parts)
    options.setdefault("features", dataset.features)
    tables = Tables(substituter, text_field, key_field)
    if isinstance(dataset, IterableDataset):
        return dataset.with_format("arrow").map(tables, batched=True, **options).with_format(None)
    done = dataset.with_format("arrow").map(tables, batched=True, **options)
    return done.with_format(**dataset.format)
