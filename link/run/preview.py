"""Some documents before and after, at one ratio or at several: what a run would do to them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from link.errors import UsageError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substituted, substitute
from link.policy import OF_WORDS, Policy
from link.report.documents import Figures, Part, Previewed, Swap, Version, with_new_ones
from link.run.random_documents import Document, Sampled, find_records, sample_documents
from link.run.shard import Task
from link.shards.codecs import NONE
from link.shards.fields import Fields
from link.shards.find import STANDARD_STREAM, find_shards
from link.shards.formats import TEXT
from link.shards.text import LINE


def tasks_of(inputs: Sequence[str], fields: Fields, document: str | None) -> list[Task]:
    """The shards to be looked at. Raises `UsageError` if there are none."""
    return [
        Task(
            path=shard.path,
            name=shard.name,
            output=None,
            codec_in=shard.codec,
            codec_out=NONE,
            level=None,
            fields=fields,
            format_in=container,
            format_out=container,
            document=document or LINE,
        )
        for shard in find_shards(inputs).shards
        for container in [
            TEXT if shard.path == STANDARD_STREAM and document is not None else shard.format
        ]
    ]


def sample(
    tasks: Sequence[Task],
    count: int,
    seed: int,
    *,
    most_bytes: int | None = None,
    records: Sequence[int] = (),
) -> Sampled:
    """Documents to be shown: drawn, or those of some `records` (by number, from 1).

    Raises `UsageError` where there are none, `ShardError` where a shard cannot be read.
    """
    if records:
        if len(tasks) != 1:
            raise UsageError(
                f"--record is a line or row of one shard, but there are {len(tasks):,}; name one"
            )
        return find_records(tasks[0], records)
    sampled = sample_documents(tasks, count, seed, most_bytes)
    if not sampled.documents:
        raise UsageError(
            "no document in the input: every text is empty or null, or no record meets --where"
            + (f"; {sampled.bad:,} records are bad" if sampled.bad else "")
        )
    return sampled


def previews(
    documents: Sequence[Document],
    lexicon: CompiledLexicon,
    policy: Policy,
    ratios: Sequence[float],
) -> Iterator[Previewed]:
    """What becomes of the documents at each ratio."""
    policies = [replace(policy, ratio=ratio) for ratio in sorted(set(ratios))]
    for document in documents:
        versions = [_version(document, lexicon, each) for each in policies]
        yield Previewed(
            document.shard,
            document.number,
            document.field,
            _decoded(_text(document), escaped=document.block.escaped),
            with_new_ones(versions),
        )


def _version(document: Document, lexicon: CompiledLexicon, policy: Policy) -> Version:
    result = substitute(document.block, lexicon, policy, record=True)
    counts = result.counts
    is_counted = policy.of == OF_WORDS
    figures = Figures(
        words=int(counts.words[0]),
        covered=int(counts.covered[0]) if is_counted else None,
        eligible=int(counts.eligible[0]) if is_counted else None,
        swapped=int(counts.swapped[0]),
        asked=policy.ratio,
        is_touched=bool(counts.touched[0]),
    )
    return Version(tuple(_parts(document, result, lexicon.codes)), figures)


def _parts(document: Document, result: Substituted, codes: Sequence[str]) -> Iterator[Part]:
    """Kept text and swaps, in order, from the bytes before and after."""
    swaps = result.swaps
    assert swaps is not None, "swaps were asked for"
    old = _text(document)
    new = memoryview(result.data())[result.starts[0] : result.ends[0]]
    escaped = document.block.escaped
    done = grown = characters = 0  # of the old text: bytes; by which the new one is longer
    columns = (swaps.start, swaps.end, swaps.new_start, swaps.new_end, swaps.language)
    each = zip(*(column.tolist() for column in (*columns, swaps.annotated)), strict=True)
    for start, end, new_start, new_end, language, is_annotation in each:
        if start > done:
            yield (kept := _decoded(old[done:start], escaped=escaped))
            characters += len(kept)
        done = new_start - grown if is_annotation else end
        grown += new_end - new_start - (0 if is_annotation else end - start)
        swap = Swap(
            characters,
            _decoded(old[start:end], escaped=escaped),
            _decoded(bytes(new[new_start:new_end]), escaped=escaped),
            codes[language],
            is_annotation,
            _decoded(old[end:done], escaped=escaped) if is_annotation else "",
        )
        characters += swap.length
        yield swap
    if done < len(old):
        yield _decoded(old[done:], escaped=escaped)


def _text(document: Document) -> bytes:
    block = document.block
    return bytes(memoryview(block.data)[block.starts[0] : block.ends[0]])


def _decoded(spelled: bytes, *, escaped: bool) -> str:
    """What the bytes of a text say; of JSON, the inside of a string or a stretch of it."""
    if escaped and b"\\" in spelled:
        return str(json.loads(b'"%b"' % spelled, strict=False))
    return spelled.decode()
