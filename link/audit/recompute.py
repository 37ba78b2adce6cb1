"""What a piece of a shard must have become, found in three ways that must agree.

    fast kernel      makes every document anew
    aligner          explains every change of a text by the lexicon alone
    reference        makes a sample of the documents anew

Where documents stand in a piece, how swaps are spliced, and how rows are spelled in another format,
is found by the same code as in a run.
"""

import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from link.audit.align import Aligner
from link.block import Buffer, UInt64s
from link.errors import ShardError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.language.draws import mix_one, stream, threshold
from link.lexicon.arrays_file import load_compiled
from link.policy import Policy
from link.reference import Headwords
from link.reference import substitute as substitute_by_reference
from link.run.job import Done, Job
from link.run.progress import Meter
from link.run.shards import Content
from link.shards.batch import BadRecord, Piece
from link.shards.formats import JSONL, TEXT

SAMPLE = 200
"""The purpose of the sample's draws, which sets them apart from all others."""


@dataclass(frozen=True, slots=True)
class AuditContext:
    """What a process has at hand. `share`: of the documents, that the reference makes anew."""

    lexicon: CompiledLexicon
    policy: Policy
    headwords: Headwords
    aligner: Aligner
    share: float
    meter: Meter


@dataclass(frozen=True, slots=True)
class AuditFromFiles:
    """Makes the context of a worker from files: the compiled lexicon, and a pickle of the rest."""

    compiled: Path
    rest: Path

    def __call__(self, meter: Meter) -> AuditContext:
        policy, headwords, aligner, share = pickle.loads(self.rest.read_bytes())
        return AuditContext(load_compiled(self.compiled), policy, headwords, aligner, share, meter)

    def save(self, context: AuditContext) -> None:
        """Write the pickle."""
        rest = context.policy, context.headwords, context.aligner, context.share
        self.rest.write_bytes(pickle.dumps(rest))


@dataclass(frozen=True, slots=True)
class AuditJob:
    """A run's job, and a check of what comes of it."""

    job: Job

    @property
    def shard(self) -> str:
        return self.job.shard

    @property
    def target(self) -> str:
        return self.job.target

    def needed_of(self, piece: Piece) -> Content:
        return self.job.needed_of(piece)

    def do(self, content: Content, context: AuditContext, *, first: bool, number: int) -> Done:
        """Raises `ShardError` where the three ways do not agree, which is a defect of LINK."""
        done = self.job.swapped(
            content,
            context.lexicon,
            context.policy,
            first=first,
            substitute=partial(_substitute, context),
        )
        for old, new in _texts(self.job, content, done):
            at = context.aligner.mismatch(old, new)
            if at is not None:
                raise ShardError(
                    f"the lexicon does not explain what became of {old[at : at + 40]!r}; this is a "
                    f"defect of LINK"
                )
        return done


# --- the aligner's texts -------------------------------------------------------------------------


def _texts(job: Job, content: Content, done: Done) -> Iterator[tuple[str, str]]:
    """Texts before and after, as many at a time as are known to belong together."""
    made = (
        done.content
        if isinstance(done.content, pa.RecordBatch)
        else b"".join(map(memoryview, done.content))
    )
    if isinstance(content, bytes):
        content = _without(content, done.bad, job.source)
    elif done.bad:
        bad = {record.number - 1 for record in done.bad}
        content = content.take(pa.array([n for n in range(len(content)) if n not in bad]))
    before = list(_texts_of(job, job.source, content))
    after = list(_texts_of(job, job.target, made))
    if job.source == job.target:
        yield from zip(before, after, strict=True)
        return
    # Another format may part documents, and end them, in another way.
    yield " ".join(" ".join(before).split()), " ".join(" ".join(after).split())


def _without(content: bytes, bad: Sequence[BadRecord], container: str) -> bytes:
    """The content without bad records."""
    if container == JSONL:
        numbers = {record.number - 1 for record in bad}
        lines = content.split(b"\n")
        return b"\n".join(line for n, line in enumerate(lines) if n not in numbers)
    for record in bad:  # which is no UTF-8, and so no part of another
        content = content.replace(record.raw, b"", 1)
    return content


def _texts_of(job: Job, container: str, content: Content) -> Iterator[str]:
    paths = [name.split(".") for name in job.fields.texts]
    if isinstance(content, pa.RecordBatch):
        for path in paths:
            if path[0] in content.schema.names:
                yield from _values(content.column(path[0]).to_pylist(), path[1:])
    elif container == TEXT:
        text = content.decode("utf-8", "surrogatepass")
        yield text if job.target == TEXT else text.removeprefix("\ufeff")
    else:
        assert container == JSONL, "bytes are lines"
        for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
            if line.strip():
                record = json.loads(line.decode("utf-8", "surrogatepass"))
                for path in paths:
                    yield from _values([record], path)


def _values(values: Sequence[Any], path: Sequence[str]) -> Iterator[str]:
    for value in values:
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogatepass")
        if isinstance(value, str):
            yield value


# --- the reference's sample ----------------------------------------------------------------------


def _substitute(
    context: AuditContext,
    texts: Sequence[Buffer],
    keys: UInt64s,
    lexicon: CompiledLexicon,
    policy: Policy,
) -> Substitution:
    """As the fast kernel's `substitute`; raises `ShardError` if the reference finds otherwise.

    Which documents the reference makes is drawn by their keys, so the same are drawn whatever piece
    they are in.
    """
    state, limit = stream(policy.seed, SAMPLE), threshold(context.share)
    drawn = [n for n, key in enumerate(keys.tolist()) if mix_one(key ^ state) >> 11 < limit]
    if drawn:
        sample = [texts[n] for n in drawn]
        _check(context, sample, keys[drawn], substitute(sample, keys[drawn], lexicon, policy))
    return substitute(texts, keys, lexicon, policy)


def _check(
    context: AuditContext, texts: Sequence[Buffer], keys: UInt64s, found: Substitution
) -> None:
    """Compare swaps and counts of some documents with those of the reference."""
    swaps = found.swaps
    written = context.lexicon.texts.take(pa.array(swaps.row)).to_pylist()
    columns = (swaps.start, swaps.end, swaps.at, swaps.language, swaps.annotated)
    places = zip(
        swaps.document.tolist(), *(each.tolist() for each in columns), written, strict=True
    )
    of_document: dict[int, list[tuple[Any, ...]]] = {}
    for document, *swap in places:
        of_document.setdefault(document, []).append(tuple(swap))
    counts, lost = found.counts, [0] * len(found.counts.lost)
    for n, text in enumerate(texts):
        result = substitute_by_reference(
            bytes(text), int(keys[n]), context.headwords, context.policy
        )
        wanted = [
            (
                each.start,
                each.end,
                each.at,
                each.language,
                each.annotated,
                each.translation.encode(),
            )
            for each in result.swaps
        ]
        own = result.counts
        same = wanted == of_document.get(n, []) and all(
            getattr(own, name) == getattr(counts, name)[n]
            for name in ("touched", "words", "covered", "eligible", "swapped")
        )
        if not same:
            raise ShardError(
                f"the fast kernel and the reference differ in the document with key {keys[n]}; "
                f"this is a defect of LINK"
            )
        lost = [one + other for one, other in zip(lost, own.lost, strict=True)]
    if lost != counts.lost.tolist():
        raise ShardError(
            "the fast kernel and the reference count other reasons why words are not swapped; this "
            "is a defect of LINK"
        )
