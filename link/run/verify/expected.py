"""What a piece of a shard must have become, by the reference kernel.

Where documents stand in a piece, and how rows are spelled in another format, is found by the same
code as in a run; which words are swapped, sidecar and marks are made anew here.
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from link.block import Block
from link.errors import ShardError
from link.kernel import KERNEL_VERSION
from link.kernel.recompute import Headwords, Swap
from link.kernel.sampled import recompute_share
from link.kernel.substitute import Substituted
from link.policy import ANNOTATE, OF_WORDS, REPLACE, Policy
from link.report.counts import Totals
from link.run.job import Done, Job, refusal
from link.shards.batch import Batch, Places
from link.shards.formats import JSONL, TEXT
from link.shards.jsonl import JsonLines
from link.shards.mark import with_marks
from link.shards.rows import Rows
from link.shards.sidecar import SCHEMA
from link.shards.text import PlainText

Recomputed = tuple[Substituted, list[Swap]]


def finder_of(job: Job) -> JsonLines | PlainText | Rows:
    """Finds the documents of a job, and says of each which record it is in."""
    refuse = refusal(job.source, job.target, job.document)
    if job.source == JSONL:
        return JsonLines(job.fields, refuse, placed=True)
    if job.source == TEXT:
        return PlainText(job.fields, job.document, refuse)
    return Rows(job.fields, job.schema, refuse, strict=not job.keeps_rows, placed=True)


def expected(
    job: Job,
    content: bytes | pa.RecordBatch,
    known: Headwords,
    policy: Policy,
    share: float = 1.0,
    *,
    first: bool,
) -> Done:
    """What `Job.do` should have made of a piece; `lost` of its totals is not complete.

    `share`: of the documents that the reference kernel looks at; the fast one does the others.
    """
    finder = finder_of(job)
    try:
        batch = finder.find(content, first)
        done = [
            recompute_share(block, known, policy, share, record=job.is_recorded)
            for block in batch.blocks
        ]
        out, sizes = job.spelled(batch, [(each.data(), each.starts, each.ends) for each, _ in done])
    except pa.ArrowException as error:
        raise ShardError(f"{job.shard}: the data is damaged or has no spelling ({error})") from None
    totals = Totals(records_read=batch.records + len(batch.bad), records_written=batch.records)
    codes = [language.code for language in known.languages]
    for substituted, _ in done:
        totals.add_documents(substituted.counts, policy, codes)
    swaps = None
    if job.swaps:
        escaped = job.target == JSONL
        swaps = _sidecar(batch, done, finder.names, codes, escaped=escaped)
    if job.fields.mark is not None:
        [(substituted, own)] = done
        marks = _marks(batch, substituted, own, codes, policy)
        out = [with_marks(substituted.data(), job.fields.mark, marks, first=first)]
    if not isinstance(out, pa.RecordBatch):
        out = [b"".join(map(memoryview, out))]
    return Done(out, sizes, totals, batch.bad, batch.lines, swaps)


# --- the sidecar ---------------------------------------------------------------------------------


def _sidecar(
    batch: Batch,
    done: Sequence[Recomputed],
    names: Sequence[str],
    codes: Sequence[str],
    *,
    escaped: bool,
) -> pa.RecordBatch:
    """The swaps of a piece as rows, the piece's first record and line being number 0."""
    rows: list[dict[str, Any]] = []
    for block, places, (substituted, swaps) in zip(batch.blocks, batch.places, done, strict=True):
        rows += _rows(block, places, substituted, swaps, names, codes, escaped=escaped)
    rows.sort(key=lambda row: row["record"])  # stable: fields, and swaps in them, keep their order
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def _rows(
    block: Block,
    places: Places,
    substituted: Substituted,
    swaps: Sequence[Swap],
    names: Sequence[str],
    codes: Sequence[str],
    *,
    escaped: bool,
) -> list[dict[str, Any]]:
    old, new = memoryview(block.data), memoryview(substituted.data())
    rows = []
    document = -1
    at = moved = 0  # in the new document, as it is spelled here and as in the output
    for swap in swaps:
        if swap.document != document:
            document, at, moved = swap.document, 0, 0
            old_begin, new_begin = int(block.starts[document]), int(substituted.starts[document])
        spans = []
        for until in (swap.new_start, swap.new_end):
            part = bytes(new[new_begin + at : new_begin + until])
            moved += len(_respelled(part, block.escaped, escaped))
            at = until
            spans.append(moved)
        rows.append(
            {
                "record": int(places.record[document]),
                "record_in": int(places.line[document]),
                "field": names[int(places.field[document])],
                "key": int(block.keys[document]),
                "start": swap.start,
                "length": swap.end - swap.start,
                "new_start": spans[0],
                "new_length": spans[1] - spans[0],
                "original": bytes(old[old_begin + swap.start : old_begin + swap.end]),
                "source": swap.source,
                "translation": swap.translation,
                "language": codes[swap.language],
                "mode": ANNOTATE if swap.annotated else REPLACE,
            }
        )
    return rows


def _respelled(raw: bytes, was_escaped: bool, is_escaped: bool) -> bytes:
    """A run of whole characters in the output's spelling."""
    if was_escaped == is_escaped:
        return raw
    if is_escaped:
        return json.dumps(raw.decode(), ensure_ascii=False)[1:-1].encode()
    text: str = json.loads(b'"%b"' % raw)
    return text.encode("utf-8", "surrogatepass")


# --- marks ---------------------------------------------------------------------------------------


def _marks(
    batch: Batch,
    substituted: Substituted,
    swaps: Sequence[Swap],
    codes: Sequence[str],
    policy: Policy,
) -> list[dict[str, Any] | None]:
    """What `--mark` adds to each good record of JSON Lines."""
    counts = substituted.counts
    [places] = batch.places
    record = places.record.tolist()
    counted = {"words": counts.words}
    if policy.of == OF_WORDS:
        counted |= {"covered": counts.covered, "eligible": counts.eligible}
    counted |= {"swapped": counts.swapped}
    marks: list[dict[str, Any] | None] = [None] * batch.records
    for document, (number, touched) in enumerate(zip(record, counts.touched.tolist(), strict=True)):
        if touched:
            mark = marks[number] or {"languages": set(), **dict.fromkeys(counted, 0)}
            for name, values in counted.items():
                mark[name] += int(values[document])
            marks[number] = mark
    for mark in filter(None, marks):
        mark["annotated"] = 0
    for swap in swaps:
        mark = marks[record[swap.document]]
        assert mark is not None, "what was swapped was touched"
        mark["languages"].add(codes[swap.language])
        mark["annotated"] += swap.words * swap.annotated
    for mark in filter(None, marks):
        mark["languages"] = sorted(mark["languages"])
        mark |= {"seed": policy.seed, "ratio": policy.ratio, "kernel": KERNEL_VERSION}
    return marks
