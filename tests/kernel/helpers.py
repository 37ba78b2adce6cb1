"""What these tests share: what both kernels make of documents, and lexicons made of words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from link import reference
from link.block import block_of
from link.kernel.substitute import Counts, Swaps, substitute
from link.language.headwords import Headword, Language
from link.language.rules import LOST_TO
from link.lexicon.arrays import compile_headwords
from link.lexicon.clean import Translation
from link.lexicon.compile import to_headwords
from link.policy import Policy
from link.splice import splice
from tests.reference.helpers import ALL
from tests.reference.helpers import AS_USUAL as AS_USUAL
from tests.reference.helpers import SPANS as SPANS

Languages = str | Sequence[Language]
"""One language by its code, or several as they are."""


def headword(
    spelled: str, *translations: str, weights: Sequence[float] = (), language: int = 0
) -> Headword:
    """A headword of one form, as a lexicon compiles one that is spelled so."""
    (own,) = to_headwords({spelled: tuple(map(Translation, translations))})
    return own._replace(weights=tuple(weights) or own.weights, language=language)


def headwords_of(pairs: Mapping[str, str], language: int = 0) -> list[Headword]:
    """Headwords of one translation each."""
    return [headword(source, target, language=language) for source, target in pairs.items()]


class Swap(NamedTuple):
    """A swap, in bytes of its document; `at`: behind what an annotation is written."""

    document: int
    start: int
    end: int
    at: int
    translation: str
    language: int
    annotated: bool


@dataclass(frozen=True)
class Done:
    """What becomes of some documents."""

    texts: list[bytes]
    counts: Counts
    swaps: list[Swap]


def fast(
    documents: Sequence[bytes],
    headwords: Sequence[Headword],
    policy: Policy = ALL,
    languages: Languages = "",
    *,
    keys: Sequence[int] | None = None,
    **sizes: int,
) -> Done:
    """What the fast kernel makes of documents. `keys`: 7, 8, … if none are given."""
    if keys is None:
        keys = range(7, 7 + len(documents))
    lexicon = compile_headwords(headwords, _languages(languages))
    array = np.array(keys, np.uint64)
    found = substitute(documents, array, lexicon, policy, **sizes)
    new = splice(block_of(documents, array), found.swaps, lexicon, policy)
    data = bytes(new.data)
    texts = [data[start:end] for start, end in zip(new.starts, new.ends, strict=True)]
    written = lexicon.texts.take(found.swaps.row).to_pylist()
    columns = {one.name: getattr(found.swaps, one.name).tolist() for one in fields(Swaps)}
    columns["translation"] = [text.decode() for text in written]
    rows = zip(*(columns[name] for name in Swap._fields), strict=True)
    return Done(texts, found.counts, [Swap(*row) for row in rows])


def _languages(languages: Languages) -> Sequence[Language]:
    return [Language(languages)] if isinstance(languages, str) else languages


def both(
    documents: Sequence[bytes],
    headwords: Sequence[Headword],
    policy: Policy = ALL,
    languages: Languages = "",
    *,
    keys: Sequence[int] | None = None,
    section_bytes: int = reference.LONGEST,
    **sizes: int,
) -> Done:
    """The same, on which both kernels agree: new bytes, swaps and all counts."""
    if keys is None:
        keys = range(7, 7 + len(documents))
    languages = _languages(languages)
    lexicon = reference.Headwords(headwords, languages)
    sizes["section_bytes"] = section_bytes
    done = fast(documents, headwords, policy, languages, keys=keys, **sizes)
    results = [
        reference.substitute(document, key, lexicon, policy, section_bytes)
        for document, key in zip(documents, keys, strict=True)
    ]
    swaps = [
        Swap(n, one.start, one.end, one.at, one.translation, one.language, one.annotated)
        for n, result in enumerate(results)
        for one in result.swaps
    ]
    assert done.swaps == swaps
    assert done.texts == [result.text for result in results]
    counts, expected = done.counts, [result.counts for result in results]
    for name in ("touched", "words", "covered", "eligible", "swapped"):
        assert getattr(counts, name).tolist() == [getattr(one, name) for one in expected], name
    lost = [sum(of_rule) for of_rule in zip(*(one.lost for one in expected), strict=True)]
    assert counts.lost.tolist() == (lost or [0] * len(LOST_TO))
    own = [result.language for result in results if result.language is not None]
    drawn = [] if counts.language is None else counts.language[counts.touched].tolist()
    assert drawn == own
    assert counts.documents_by_language.sum() == len(own)
    all_swaps = [one for result in results for one in result.swaps]
    assert counts.annotated.tolist() == [sum(one.words for one in all_swaps if one.annotated)]
    assert counts.swapped_by_language.tolist() == [
        sum(one.words for one in all_swaps if one.language == language)
        for language in range(len(languages))
    ]
    return done


def swapped_text(
    text: str,
    headwords: Sequence[Headword],
    policy: Policy = ALL,
    languages: Languages = "",
    **sizes: int,
) -> str:
    """A text after both kernels have swapped its words."""
    (document,) = both([text.encode()], headwords, policy, languages, **sizes).texts
    return document.decode()
