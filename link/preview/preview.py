"""Some documents before and after, at one ratio or at several: what a run would do to them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from link.errors import UsageError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.kernel.swaps import Swaps
from link.policy import OF_WORDS, Policy
from link.preview.documents import Figures, Part, Previewed, Swap, Version, with_new_ones
from link.preview.random_documents import Document, Sampled, find_records, sample_documents
from link.run.task import Task
from link.shards.codecs import NONE
from link.shards.fields import Fields
from link.shards.find import STANDARD_STREAM, find_shards
from link.shards.formats import TEXT
from link.shards.text import LINE

LONG_BYTES = 1 << 17
"""Of a longer document only the surroundings of what is shown are looked at: a swap of a preview is
an object, and a document of 100 MB has five million."""

_MOST_BYTES_A_CHARACTER = 4


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
    characters: int = 0,
) -> Iterator[Previewed]:
    """What becomes of the documents at each ratio.

    `characters`: how much of a document is going to be shown; 0 for all.
    """
    policies = [replace(policy, ratio=ratio) for ratio in sorted(set(ratios))]
    for document in documents:
        text, key = document.text, np.array([document.key], np.uint64)
        results = [substitute([text], key, lexicon, each) for each in policies]
        stretch = _stretch(text, [result.swaps for result in results], characters)
        before = _string(text[stretch.begin : stretch.end])
        versions = [
            Version(
                tuple(_parts(text, result.swaps, lexicon, each, stretch)), _figures(result, each)
            )
            for result, each in zip(results, policies, strict=True)
        ]
        yield Previewed(
            document.shard,
            document.number,
            document.field,
            before,
            with_new_ones(versions),
            is_begun=stretch.begin > 0,
            is_broken_off=stretch.end < len(text),
        )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a text, in bytes."""

    begin: int
    end: int


def _stretch(text: bytes, each: Sequence[Swaps], characters: int) -> _Stretch:
    """All of a text; of a long one where most is swapped, between words and around whole swaps."""
    size = characters * _MOST_BYTES_A_CHARACTER
    if not characters or len(text) <= max(LONG_BYTES, size):
        return _Stretch(0, len(text))
    most = max(each, key=lambda swaps: len(swaps.start))
    first = 0
    if len(most.start):
        inside = np.searchsorted(most.end, most.start + size) - np.arange(len(most.start))
        first = int(most.start[int(np.argmax(inside))])
    begin = text.rfind(b" ", 0, max(0, first - size)) + 1
    end = text.find(b" ", min(len(text), first + 2 * size))
    end = len(text) if end < 0 else end
    for swaps in each:  # a phrase holds spaces as well
        begin = min([begin, *swaps.start[(swaps.start < begin) & (swaps.end > begin)].tolist()])
        end = max([end, *swaps.end[(swaps.start < end) & (swaps.end > end)].tolist()])
    return _Stretch(begin, end)


def _figures(result: Substitution, policy: Policy) -> Figures:
    counts = result.counts
    is_counted = policy.of == OF_WORDS
    return Figures(
        words=int(counts.words[0]),
        covered=int(counts.covered[0]) if is_counted else None,
        eligible=int(counts.eligible[0]) if is_counted else None,
        swapped=int(counts.swapped[0]),
        asked=policy.ratio,
        is_touched=bool(counts.touched[0]),
    )


def _parts(
    text: bytes, swaps: Swaps, lexicon: CompiledLexicon, policy: Policy, stretch: _Stretch
) -> Iterator[Part]:
    """Kept text and swaps of a stretch, in order."""
    inside = slice(*np.searchsorted(swaps.start, (stretch.begin, stretch.end)).tolist())
    translations = lexicon.texts.take(pa.array(swaps.row[inside])).to_pylist()
    opening, closing = policy.bracket_pair
    done = stretch.begin
    characters = 0  # from the stretch's begin
    columns = (swaps.start, swaps.end, swaps.at, swaps.language, swaps.annotated)
    each = zip(*(column[inside].tolist() for column in columns), translations, strict=True)
    for start, end, at, language, is_annotation, translation in each:
        if start > done:
            yield (kept := _string(text[done:start]))
            characters += len(kept)
        done = at if is_annotation else end
        written = translation.decode()
        swap = Swap(
            characters,
            _string(text[start:end]),
            f" {opening}{written}{closing}" if is_annotation else written,
            lexicon.codes[language],
            is_annotation,
            _string(text[end:done]),
        )
        characters += swap.length
        yield swap
    if done < stretch.end:
        yield _string(text[done : stretch.end])


def _string(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
