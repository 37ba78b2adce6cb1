"""Marks: what was done to each record, as `--mark` writes it into the record itself."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from link.block import Int64s
from link.kernel import KERNEL_VERSION
from link.kernel.swaps import Counts
from link.policy import ANNOTATE, OF_WORDS, Policy
from link.shards.batch import Batch

_BETWEEN_WORDS = r"[^\pL\pM\pN_'’ʼ]+"  # in a phrase


def marks_of(
    batch: Batch, counts: Counts, swaps: pa.RecordBatch, policy: Policy
) -> list[dict[str, Any] | None]:
    """A mark for each good record of JSON Lines that was touched, None for the others.

    Counts are those of the record's touched documents. Covered and eligible words are left out
    where the policy makes them mere estimates.
    """
    [places] = batch.places
    record = places.record.compress(counts.touched)

    def sums(values: Int64s) -> list[int]:
        total = np.zeros(batch.records, np.int64)
        np.add.at(total, record, values.compress(counts.touched))
        return list(map(int, total))

    columns = {"words": sums(counts.words)}
    if policy.of == OF_WORDS:
        columns |= {"covered": sums(counts.covered), "eligible": sums(counts.eligible)}
    columns |= {"swapped": sums(counts.swapped), "annotated": _annotated(swaps, batch.records)}
    languages = _languages(swaps)
    settings = {"seed": policy.seed, "ratio": policy.ratio, "kernel": KERNEL_VERSION}
    marks: list[dict[str, Any] | None] = [None] * batch.records
    for number in np.unique(record).tolist():
        numbers = {name: values[number] for name, values in columns.items()}
        marks[number] = {"languages": languages.get(number, []), **numbers, **settings}
    return marks


def _annotated(swaps: pa.RecordBatch, records: int) -> list[int]:
    """How many words were annotated in each record; those of a phrase count each."""
    rows = swaps.filter(pc.equal(swaps.column("mode").cast(pa.string()), ANNOTATE))
    words = pc.add(pc.count_substring_regex(rows.column("source"), _BETWEEN_WORDS), 1)
    total = np.zeros(records, np.int64)
    np.add.at(total, rows.column("record").to_numpy(), words.to_numpy(zero_copy_only=False))
    return list(map(int, total))


def _languages(swaps: pa.RecordBatch) -> dict[int, list[str]]:
    """The languages that each record has swaps of, in the order of their codes."""
    column = swaps.column("language")
    codes = column.dictionary.to_pylist()
    pairs = swaps.column("record").to_numpy() * len(codes) + column.indices.to_numpy()
    found: dict[int, list[str]] = {}
    for pair in np.unique(pairs).tolist():
        found.setdefault(pair // len(codes), []).append(codes[pair % len(codes)])
    return {number: sorted(each) for number, each in found.items()}
