"""A source's shard, read for a mixture: which records are taken, and where each goes."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from link.block import Int64s, UInt64s
from link.errors import ShardError, place_of
from link.mixture.choose import Choice, Epochs
from link.mixture.spill import Spill, Spilled, write_spill
from link.publish import published
from link.run.job import Job, finder_of
from link.run.progress import Meter
from link.run.shard import job_of, open_source
from link.run.shards import as_shard_errors
from link.run.task import Output, Task
from link.shards.batch import Batch
from link.shards.columns import records_of
from link.shards.fields import path_of
from link.shards.formats import COLUMNAR, JSONL
from link.shards.json_values import members
from link.shards.jsonl import BLANKS
from link.shards.rows import field_type


@dataclass(frozen=True, slots=True)
class Taking:
    """What is done with a shard; it is pickled with every one.

    `number`: of the source. `shards`: of the mixture. `field`: that is added to each record, with
    the source's name. `spill`: without ending; None to count only.
    """

    task: Task
    choice: Choice
    epochs: Epochs
    number: int
    shards: int
    field: str | None
    spill: Path | None
    skip_bad: bool


def take_shard(meter: Meter, taking: Taking) -> Spilled:
    """Take a shard's records. Raises `ShardError` if it cannot be read, or has a bad record."""
    path = taking.task.path
    into = published(taking.spill.with_suffix(".bin")) if taking.spill else nullcontext()
    bad = documents = without_text = 0
    with as_shard_errors(path, JSONL), into as file:
        spill = Spill(file, taking.number, taking.shards)
        for lines, keys, numbers, batch in _batches(taking, meter):
            bad += len(batch.bad)
            without_text += batch.records - len(keys)
            kept = np.flatnonzero(taking.choice.kept(keys))
            times = taking.epochs.times(keys[kept])
            documents += int((times > 0).sum())
            records = {
                row: _ended(taking, lines[row], numbers[row]) for row in kept[times > 0].tolist()
            }
            for epoch in range(int(times.max(initial=0))):
                rows = kept[times > epoch]
                places = taking.epochs.places(keys[rows], epoch)
                for row, place in zip(rows.tolist(), places.tolist(), strict=True):
                    spill.add(place, records[row])
        spill.flush()
    done = Spilled(spill.records, spill.bytes, documents, bad, without_text)
    if taking.spill:
        write_spill(taking.spill, done, spill.offsets)
    return done


def _batches(taking: Taking, meter: Meter) -> Iterator[tuple[list[bytes], UInt64s, Int64s, Batch]]:
    """Records that hold a document, as lines of JSON without their ending, with their keys and the
    numbers of their lines or rows in the shard, from 1; and the batch that they are of.
    """
    task = replace(taking.task, output=Output(None, JSONL))
    with open_source(task, meter.read) as source:
        job = job_of(task, source)
        _refuse_binary(job)
        finder = finder_of(job, placed=True)
        lines = size_bytes = 0
        for piece in source.pieces():
            try:
                batch = finder.find(piece.content, piece.first)
            except pa.ArrowException as error:
                raise ShardError(f"{task.path}: the data is damaged ({error})") from error
            if batch.bad and not taking.skip_bad:
                first = batch.bad[0]
                byte = None if first.byte is None else first.byte + size_bytes
                raise ShardError(
                    f"{task.path}: {place_of(first.number + lines, byte)}: {first.reason}; "
                    f"mend it, or make the plan with --on-error skip"
                )
            out, _ = job.spelled(batch, [(b.data, b.starts, b.ends) for b in batch.blocks])
            records = list(records_of(b"".join(bytes(memoryview(part)) for part in out)))
            if len(records) != batch.records:
                raise ShardError(f"{task.path}: records were lost, which is a defect of LINK")
            rows, keys, numbers = _keys(batch)
            yield [records[row] for row in rows.tolist()], keys, numbers + lines + 1, batch
            lines += batch.lines
            size_bytes += batch.size_bytes


def _keys(batch: Batch) -> tuple[Int64s, UInt64s, Int64s]:
    """The records that hold a document, their keys, and their lines or rows in the piece, from 0.
    Of several documents the first names the record.
    """
    record = np.concatenate([places.record for places in batch.places])
    field = np.concatenate([places.field for places in batch.places])
    line = np.concatenate([places.line for places in batch.places])
    keys = np.concatenate([block.keys for block in batch.blocks])
    order = np.lexsort((field, record))
    rows, first = np.unique(record[order], return_index=True)
    return rows, keys[order][first], line[order][first]


def _ended(taking: Taking, line: bytes, number: int) -> bytes:
    """A record as a line, with the field that names its source if there is to be one."""
    if taking.field is None:
        return line + b"\n"
    if taking.field in members(line):
        kind = "row" if taking.task.input.format in COLUMNAR else "line"
        raise ShardError(
            f"{taking.task.path}: {kind} {number}: it has a field {taking.field!r} already; "
            f"name another with --source-field"
        )
    brace = len(line.rstrip(BLANKS)) - 1
    name, value = json.dumps(taking.field).encode(), json.dumps(taking.choice.source).encode()
    return b"%b,%b:%b%b\n" % (line[:brace], name, value, line[brace:])


def _refuse_binary(job: Job) -> None:
    """Raise `ShardError` for texts that are binary, which JSON spells in Base64."""
    if job.source not in COLUMNAR:
        return
    for name in job.fields.texts:
        kind = field_type(job.schema, path_of(name))
        while kind is not None and pa.types.is_dictionary(kind):
            kind = kind.value_type
        if kind is not None and (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
            raise ShardError(
                f"{job.shard}: text column {name!r} is binary, which JSON spells in Base64; "
                f"cast it to string first"
            )
