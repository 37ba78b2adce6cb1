"""What stands beside a shard, its sidecar and its quarantine, beside what should stand there."""

import os
from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from link.audit.changed import difference_in
from link.audit.differences import Differences
from link.audit.explain import shown as quoted
from link.audit.rows import columns_that_differ
from link.audit.units import RowsSide, differing, unit_of
from link.errors import ShardError, reason_of
from link.run.task import File, Task
from link.shards.codecs import NONE, Tally
from link.shards.formats import COLUMNAR
from link.shards.quarantine import Quarantine
from link.shards.sidecar import SCHEMA, read_sidecar
from link.shards.source import Source
from link.untrusted import open_file, read_file


def compare_sidecar(task: Task, own: Task, differences: Differences) -> File | None:
    """Compare a sidecar with the one that should be there; the file as it is, if it can be read."""
    path = task.output.swaps
    if path is None or own.output.swaps is None:
        return None
    if not path.is_file():
        differences.add(str(path), "is not there")
        return None
    with open_file(path) as file:
        tally = Tally(file)
        while tally.read(1 << 20):
            pass
    expected, actual = (read_sidecar(each) for each in (own.output.swaps, path))
    mine, theirs = (RowsSide(partial(next, each, None)) for each in (expected, actual))
    for one, other in differing(mine, theirs, last=True):
        shown = one or other
        assert shown is not None, "one of both is there"
        if other is None:
            what = "is missing"
        elif one is None:
            what = "is of no swap in the shard"
        else:
            what = difference_in(
                one, other, columns_that_differ(SCHEMA.names, one.key, other.key)[0]
            )
        assert shown.row is not None, "rows are compared"
        swap = shown.row.select(["source", "translation", "record", "start"]).to_pylist()[0]
        differences.add(
            f"{path}: {shown.place}",
            f"{what} (swap {quoted(swap['source'])} -> {quoted(swap['translation'])} in record "
            f"{swap['record']}, byte {swap['start']} of the text)",
        )
        break  # the others may follow from it
    return File(path.name, tally.size_bytes, tally.sha256)


def compare_quarantine(task: Task, path: Path, own: Path, differences: Differences) -> None:
    reasons, own_reasons = map(Quarantine.reasons_path, (path, own))
    if not own.exists():
        for each in (path, reasons):
            if os.path.lexists(each):
                differences.add(str(each), "should not be there: no record is bad")
        return
    if not path.is_file():
        differences.add(str(path), "is not there")
        return
    try:
        units = (_units_of_quarantine(task, each) for each in (path, own))
        if any(one != other for one, other in zip_longest(*units)):
            differences.add(str(path), "does not hold the bad records of the original")
        if read_file(reasons) != read_file(own_reasons):
            differences.add(str(reasons), "does not say what is wrong with the records")
    except (OSError, ValueError, ShardError) as error:
        differences.add(str(path), f"cannot be read: {reason_of(error)}")


def _units_of_quarantine(task: Task, path: Path) -> Iterator[Any]:
    """Its bytes, or what stands for each row."""
    codec = task.input.codec or NONE
    with Source(str(path), task.input.format, codec, document=task.input.document) as source:
        if task.input.format not in COLUMNAR:
            yield b"".join(piece.content for piece in source.pieces())
            return
        for piece in source.pieces():
            rows: Any = piece.content
            yield from (unit_of(rows.slice(n, 1), 0).key for n in range(len(rows)))
