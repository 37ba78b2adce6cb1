"""Records of training data from a run's documents: sentence pairs, words in context, prompts."""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import Any

from link.errors import UsageError
from link.export.documents import Document, Part, Run, Swap
from link.export.sentences import Placed, aligned, sentences_of

Record = dict[str, Any]


def pairs_of(document: Document) -> Iterator[Record]:
    """A sentence before and after, with its alignment, a record; sentences without swaps are left
    out.

    `alignment`: pairs of token numbers in Pharaoh's format. `swaps`: spans in characters.
    """
    for number, sentence in enumerate(sentences_of(document.parts)):
        if sentence.swaps:
            tokens = aligned(sentence)
            yield {
                **_place(document, number),
                "source": sentence.before,
                "target": sentence.after,
                "source_tokens": tokens.before,
                "target_tokens": tokens.after,
                "alignment": tokens.pharaoh,
                "swaps": [_swap(each) for each in sentence.swaps],
            }


def words_of(document: Document) -> Iterator[Record]:
    """A word and its translation, each in its sentence, a record."""
    for number, sentence in enumerate(sentences_of(document.parts)):
        for each in sentence.swaps:
            yield {
                **_place(document, number),
                **_swap(each),
                "source": sentence.before,
                "target": sentence.after,
            }


def prompts_of(runs: Sequence[Run]) -> Iterator[Record]:
    """Documents with the translations of each swapped word behind it: `dog (Hund, hond)`.

    The runs are over one corpus. Raises `UsageError` if they are not.
    """
    for run in runs[1:]:
        if (run.names, run.fields) != (runs[0].names, runs[0].fields):
            raise UsageError(
                "the runs have different shards or text fields; they must be over the same corpus"
            )
    together = merge(*(run.documents() for run in runs), key=lambda document: document.order)
    for _, versions in groupby(together, key=lambda document: document.order):
        yield _prompt(list(versions))


def _prompt(versions: Sequence[Document]) -> Record:
    """One document. Of swaps that overlap, the first is taken, and of these the longest."""
    first = versions[0]
    text = _before(first.parts)
    if any(_before(version.parts) != text for version in versions[1:]):
        raise UsageError(
            f"{first.shard}: record {first.record}: the runs have different texts; they must be "
            f"over the same corpus"
        )
    found: dict[tuple[int, int], list[str]] = {}  # (begin, -length) -> translations
    for version in versions:
        at = 0
        for part in version.parts:
            if isinstance(part, Swap):
                translations = found.setdefault((at, -len(part.before)), [])
                if part.translation not in translations:
                    translations.append(part.translation)
            at += len(part if isinstance(part, str) else part.before)
    out, done = [], 0
    for (at, size), translations in sorted(found.items()):
        if at >= done:
            out.append(f"{text[done : at - size]} ({', '.join(translations)})")
            done = at - size
    return {
        "shard": first.shard,
        "record": first.record,
        "field": first.field,
        "text": "".join(out) + text[done:],
    }


def _before(parts: Sequence[Part]) -> str:
    return "".join(part if isinstance(part, str) else part.before for part in parts)


def _place(document: Document, sentence: int) -> Record:
    return {
        "shard": document.shard,
        "record": document.record,
        "field": document.field,
        "sentence": sentence,
    }


def _swap(each: Placed) -> Record:
    return {
        "word": each.swap.word,
        "translation": each.swap.translation,
        "language": each.swap.language,
        "source_span": list(each.word),
        "target_span": list(each.translation),
    }
