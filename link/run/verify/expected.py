"""What a piece of a shard must have become, by the reference kernel.

Where documents stand in a piece, how swaps are spliced, and how rows are spelled in another format,
is found by the same code as in a run; which words are swapped for what is found anew here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property, partial

import numpy as np
import pyarrow as pa

from link.block import Buffer, Int64s, UInt64s
from link.errors import ShardError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.kernel.swaps import Counts, Swaps
from link.language.draws import mix_one, stream, threshold
from link.language.rules import LOST_TO
from link.policy import Policy
from link.reference import Headwords, Result
from link.reference import substitute as substitute_by_reference
from link.run.job import Done, Job

SAMPLE = 200
"""The purpose of the sample's draws, which sets them apart from all others."""

_BY_DOCUMENT = ("touched", "words", "covered", "eligible", "swapped")


@dataclass(frozen=True)
class Known:
    """What may be swapped, as each kernel needs it."""

    headwords: Headwords
    compiled: CompiledLexicon

    @cached_property
    def rows(self) -> dict[bytes, int]:
        """Where each text that may be written stands among those of the compiled lexicon."""
        texts = self.compiled.texts.to_pylist()
        return dict(zip(texts, range(len(texts)), strict=True))


def expected(
    job: Job,
    content: bytes | pa.RecordBatch,
    known: Known,
    policy: Policy,
    share: float = 1.0,
    *,
    first: bool,
) -> Done:
    """What `Job.do` should have made of a piece.

    `share`: of the documents that the reference kernel looks at; the fast one does the others.
    Which ones is drawn by the documents' keys, so the same are drawn whatever piece they are in.
    """
    again = partial(_substitute, known, share)
    return job.do(content, known.compiled, policy, first=first, substitute=again)


def _substitute(
    known: Known,
    share: float,
    texts: Sequence[Buffer],
    keys: UInt64s,
    lexicon: CompiledLexicon,
    policy: Policy,
) -> Substitution:
    """As the fast kernel's `substitute`, but a share of the documents by the reference."""
    state, limit = stream(policy.seed, SAMPLE), threshold(share)
    drawn = [mix_one(key ^ state) >> 11 < limit for key in keys.tolist()]
    chosen = np.array(drawn, np.bool_)
    slow, fast = np.flatnonzero(chosen), np.flatnonzero(~chosen)
    by_reference = [
        substitute_by_reference(bytes(texts[n]), int(keys[n]), known.headwords, policy)
        for n in slow.tolist()
    ]
    others = [texts[n] for n in fast.tolist()]
    return _together(
        (slow, fast),
        (_as_substitution(by_reference, known), substitute(others, keys[fast], lexicon, policy)),
    )


def _as_substitution(results: Sequence[Result], known: Known) -> Substitution:
    """What the reference says of documents, as the fast kernel says it."""
    languages = range(len(known.headwords.languages))
    counts = [result.counts for result in results]
    swaps = [(n, swap) for n, result in enumerate(results) for swap in result.swaps]
    taken = [result.language for result in results]

    def numbers(name: str) -> Int64s:
        return np.array([getattr(each, name) for each in counts], np.int64)

    def places(name: str) -> Int64s:
        return np.array([getattr(swap, name) for _, swap in swaps], np.int64)

    words, language, annotated = places("words"), places("language"), places("annotated") > 0
    return Substitution(
        Counts(
            touched=numbers("touched") > 0,
            words=numbers("words"),
            covered=numbers("covered"),
            eligible=numbers("eligible"),
            swapped=numbers("swapped"),
            lost=numbers("lost").reshape(-1, len(LOST_TO)).sum(axis=0),
            swapped_by_language=np.array([words[language == one].sum() for one in languages]),
            documents_by_language=np.array([taken.count(one) for one in languages]),
            annotated=words[annotated].sum(keepdims=True),
        ),
        Swaps(
            document=np.array([n for n, _ in swaps], np.int64),
            start=places("start"),
            end=places("end"),
            at=places("at"),
            row=np.array([_row(known, swap.translation) for _, swap in swaps], np.int64),
            language=language,
            annotated=annotated,
        ),
    )


def _row(known: Known, translation: str) -> int:
    try:
        return known.rows[translation.encode()]
    except KeyError:
        raise ShardError(
            f"the reference kernel writes {translation!r}, which the compiled lexicon has not; "
            f"this is a defect of LINK"
        ) from None


def _together(
    documents: tuple[Int64s, Int64s], done: tuple[Substitution, Substitution]
) -> Substitution:
    """What was found of some documents and of all others, in the order of all."""
    order = np.argsort(np.concatenate(documents))
    counts = {}
    for name in (field.name for field in fields(Counts) if field.name != "language"):
        one, other = (getattr(each.counts, name) for each in done)
        is_each = name in _BY_DOCUMENT
        counts[name] = np.concatenate((one, other))[order] if is_each else one + other
    document = np.concatenate(
        [own.take(each.swaps.document) for own, each in zip(documents, done, strict=True)]
    )
    order = np.argsort(document, kind="stable")
    others = (
        np.concatenate([getattr(each.swaps, field.name) for each in done])[order]
        for field in fields(Swaps)[1:]
    )
    return Substitution(Counts(**counts), Swaps(document[order], *others))
