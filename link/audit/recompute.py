"""What a piece of a shard must have become, found in three ways that must agree.

    fast kernel      makes every document anew
    aligner          explains every change of a text by the lexicon alone
    reference        makes a sample of the documents anew

Where documents stand in a piece, how swaps are spliced, and how rows are spelled in another format,
is found by the same code as in a run.
"""

import json
import pickle
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from link.audit.align import Aligner, Claim, UnexplainedError
from link.block import Buffer, UInt64s
from link.errors import ShardError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.kernel.swaps import Swaps
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
from link.shards.text import LINE

BOM = b"\xef\xbb\xbf"
DEFECT = "this is a defect of LINK"
SAMPLE = 200
"""The purpose of the sample's draws, which sets them apart from all others."""


@dataclass(frozen=True, slots=True)
class AuditContext:
    """What a process has at hand. `share`: of the documents, that the reference makes anew.

    `headwords`: what the reference looks up; made when it is first asked for.
    """

    lexicon: CompiledLexicon
    policy: Policy
    headwords: Callable[[], Headwords]
    aligner: Aligner
    share: float
    meter: Meter


@dataclass(frozen=True, slots=True)
class AuditFromFiles:
    """Makes the context of a worker from files: the compiled lexicon, and pickles of the rest."""

    compiled: Path
    rest: Path
    headwords: Path

    def __call__(self, meter: Meter) -> AuditContext:
        policy, aligner, share = pickle.loads(self.rest.read_bytes())
        headwords = cache(lambda: pickle.loads(self.headwords.read_bytes()))
        return AuditContext(load_compiled(self.compiled), policy, headwords, aligner, share, meter)

    def save(self, context: AuditContext) -> None:
        """Write the pickles."""
        self.rest.write_bytes(pickle.dumps((context.policy, context.aligner, context.share)))
        self.headwords.write_bytes(pickle.dumps(context.headwords()))


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
        made: list[tuple[bytes, bytes]] = []  # documents before and after, as the aligner has them

        def substituted(
            texts: Sequence[Buffer], keys: UInt64s, lexicon: CompiledLexicon, policy: Policy
        ) -> Substitution:
            found = substitute(texts, keys, lexicon, policy)
            _check_sample(context, texts, keys)
            new = context.aligner.made(texts, claim_of(found.swaps, lexicon))
            made.extend(zip(map(bytes, texts), new, strict=True))
            return found

        try:
            done = self.job.swapped(
                content, context.lexicon, context.policy, first=first, substitute=substituted
            )
        except UnexplainedError as error:
            raise ShardError(f"the lexicon does not explain a swap: {error}; {DEFECT}") from error
        _check_texts(self.job, content, done, made)
        return done


# --- the aligner's texts -------------------------------------------------------------------------


def claim_of(swaps: Swaps, lexicon: CompiledLexicon) -> Claim:
    """The kernel's swaps as the aligner reads them."""
    written = lexicon.texts.take(pa.array(swaps.row))
    return Claim(swaps.document, swaps.start, swaps.end, swaps.at, swaps.annotated, written)


def _check_texts(
    job: Job, content: Content, done: Done, made: Sequence[tuple[bytes, bytes]]
) -> None:
    """Raise `ShardError` unless each text that changed is one that the aligner made."""
    new = done.content
    if not isinstance(new, pa.RecordBatch):
        new = b"".join(map(memoryview, new))
        new = _lines(new) if job.target == JSONL else new
    content = _without(content, done.bad, job.source)
    if job.source == TEXT:
        assert isinstance(content, bytes), "text is bytes"
        _check_text(job, content, new, made)
        return
    if job.is_verbatim:
        lines = zip(_lines(content), new, strict=True)
        changed = [pair for pair in lines if pair[0] != pair[1]]
        content, new = ([pair[side] for pair in changed] for side in (0, 1))
    elif job.source == JSONL:
        content = _lines(content)
    known = set(made)
    texts = (_texts_of(job, each) for each in (content, new))
    for before, after in zip(*texts, strict=True):
        if before != after:
            old, new = _utf8(before), _utf8(after)
            if isinstance(before, bytes) and isinstance(after, str):
                new = b64decode(new)  # so JSON spells binary
            if (old, new) not in known:
                raise _unexplained(old)


def _check_text(job: Job, content: bytes, new: Any, made: Sequence[tuple[bytes, bytes]]) -> None:
    """The same for plain text, which parts documents in another way than other formats."""
    parts, at = [], 0
    for before, after in made:
        start = content.find(before, at)
        if start < 0:
            raise _unexplained(before)
        parts += [content[at:start], after]
        at = start + len(before)
    wanted = b"".join([*parts, content[at:]])
    if job.target == TEXT:
        is_same = new == wanted
    else:
        found = b" ".join(map(_utf8, _texts_of(job, new)))
        is_same = found.split() == wanted.removeprefix(BOM).split()
    if not is_same:
        raise _unexplained(content)


def _unexplained(text: bytes) -> ShardError:
    shown = text.decode("utf-8", "replace")[:40]
    return ShardError(f"the lexicon does not explain what became of {shown!r}; {DEFECT}")


def _without(content: Content, bad: Sequence[BadRecord], container: str) -> Content:
    """The content without bad records."""
    numbers = {record.number - 1 for record in bad}
    if not bad:
        return content
    if not isinstance(content, bytes):
        return content.take(pa.array([n for n in range(len(content)) if n not in numbers]))
    if container == JSONL:
        lines = content.split(b"\n")
        return b"\n".join(line for n, line in enumerate(lines) if n not in numbers)
    for record in bad:  # which is no UTF-8, and so no part of another
        content = content.replace(record.raw, b"", 1)
    return content


def _lines(content: Any) -> list[bytes]:
    return [line for line in content.removeprefix(BOM).split(b"\n") if line.strip()]


def _texts_of(job: Job, content: pa.RecordBatch | bytes | list[bytes]) -> list[Any]:
    """The texts, field by field (of binary columns, bytes): of rows, of lines of JSON, or of plain
    text that a record each was written to.
    """
    paths = [name.split(".") for name in job.fields.texts]
    if isinstance(content, bytes):
        ending = b"\n" if job.document == LINE else b"\n\n"
        return [text.decode() for text in content.split(ending)[:-1]]
    if isinstance(content, list):
        records = [json.loads(line.decode("utf-8", "surrogatepass")) for line in content]
        return [text for path in paths for text in _values(records, path)]
    names = content.schema.names
    columns = [(content.column(one).to_pylist(), rest) for one, *rest in paths if one in names]
    return [text for values, path in columns for text in _values(values, path)]


def _values(values: Sequence[Any], path: Sequence[str]) -> Iterator[str | bytes]:
    for value in values:
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, (str, bytes)):
            yield value


def _utf8(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


# --- the reference's sample ----------------------------------------------------------------------


def _check_sample(context: AuditContext, texts: Sequence[Buffer], keys: UInt64s) -> None:
    """Raise `ShardError` if the reference finds other swaps or counts in a sample of documents.

    Which are drawn is decided by their keys, so the same are drawn whatever piece they are in.
    """
    state, limit = stream(context.policy.seed, SAMPLE), threshold(context.share)
    drawn = [n for n, key in enumerate(keys.tolist()) if mix_one(key ^ state) >> 11 < limit]
    if drawn:
        sample, own = [texts[n] for n in drawn], keys[drawn]
        _check(context, sample, own, substitute(sample, own, context.lexicon, context.policy))


def _check(
    context: AuditContext, texts: Sequence[Buffer], keys: UInt64s, found: Substitution
) -> None:
    """Compare swaps and counts of some documents with those of the reference."""
    swaps, counts = found.swaps, found.counts
    rows = context.lexicon.texts.take(pa.array(swaps.row)).to_pylist()
    columns = (swaps.start, swaps.end, swaps.at, swaps.language, swaps.annotated)
    of_document: dict[int, list[tuple[Any, ...]]] = {}
    for document, *swap in zip(
        *(each.tolist() for each in (swaps.document, *columns)), rows, strict=True
    ):
        of_document.setdefault(document, []).append(tuple(swap))
    lost = [0] * len(counts.lost)
    place = attrgetter("start", "end", "at", "language", "annotated")
    for n, text in enumerate(texts):
        result = substitute_by_reference(
            bytes(text), int(keys[n]), context.headwords(), context.policy
        )
        wanted = [(*place(each), each.translation.encode()) for each in result.swaps]
        own = result.counts
        same = wanted == of_document.get(n, []) and all(
            getattr(own, name) == getattr(counts, name)[n]
            for name in ("touched", "words", "covered", "eligible", "swapped")
        )
        if not same:
            raise ShardError(
                f"the fast kernel and the reference differ in the document with key {keys[n]}; "
                f"{DEFECT}"
            )
        lost = [one + other for one, other in zip(lost, own.lost, strict=True)]
    if lost != counts.lost.tolist():
        raise ShardError(
            "the fast kernel and the reference count other reasons why words are not swapped; "
            + DEFECT
        )
