"""Documents before and after, at one ratio or at several: what a run would make of them.

A version of a document is a sequence of parts, kept text and swaps:

    The │ dog → Hund │ sleeps in the │ house → Haus │ .
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import Substitution, substitute
from link.kernel.swaps import Swaps
from link.policy import OF_WORDS, Policy
from link.preview.draw import Document

GAP = "…"
_LONGEST_WORD = 40  # bytes; further than this an excerpt does not look for a space
_SPACE = re.compile(rb"\s")


@dataclass(frozen=True, slots=True)
class Swap:
    """A swapped or annotated unit: a word, or all words of a phrase.

    `at`: where it begins in the document before, in bytes of UTF-8. `source`: what stood there.
    `written`: what was written, of an annotation its space and brackets too. `tail`: what stands
    between the source and its annotation (`'s`). `is_new`: a lower ratio did not swap it.
    """

    at: int
    source: str
    written: str
    language: str
    is_annotation: bool = False
    tail: str = ""
    is_new: bool = True


Part = str | Swap


@dataclass(frozen=True, slots=True)
class Figures:
    """Words of one document. `covered`, `eligible`: None where the policy only estimates them."""

    words: int
    covered: int | None
    eligible: int | None
    swapped: int
    asked: float
    is_touched: bool

    @property
    def ratio(self) -> float:
        """The share of words that is swapped."""
        return self.swapped / self.words if self.words else 0.0


@dataclass(frozen=True, slots=True)
class Version:
    """A document after, at one ratio."""

    parts: tuple[Part, ...]
    figures: Figures

    @property
    def swaps(self) -> list[Swap]:
        return [part for part in self.parts if isinstance(part, Swap)]


@dataclass(frozen=True, slots=True)
class Previewed:
    """A document, or a stretch of it, and what becomes of it at each ratio, ascending.

    `number`: of its line or row in the shard, from 1. `field`: "" where there is only one.
    """

    shard: str
    number: int
    field: str
    before: str
    versions: tuple[Version, ...]


def previews(
    documents: Sequence[Document],
    lexicon: CompiledLexicon,
    policy: Policy,
    ratios: Sequence[float],
    characters: int = 0,
) -> Iterator[Previewed]:
    """What becomes of the documents at each ratio.

    `characters`: about how much of each is shown, the stretch with most swaps, the same one in all
    versions; 0 for all. Figures are those of the whole document.
    """
    policies = [replace(policy, ratio=ratio) for ratio in sorted(set(ratios))]
    for document in documents:
        text, key = document.text, np.array([document.key], np.uint64)
        results = [substitute([text], key, lexicon, each) for each in policies]
        begin, end = _stretch(text, [result.swaps for result in results], characters)
        gaps = [GAP] * (begin > 0), [GAP] * (end < len(text))
        versions: list[Version] = []
        for result, own in zip(results, policies, strict=True):
            known = {swap.at for swap in versions[-1].swaps} if versions else set()
            parts = _parts(text, result.swaps, lexicon, own, (begin, end), known)
            versions.append(Version((*gaps[0], *parts, *gaps[1]), _figures(result, own)))
        before = "".join((*gaps[0], _string(text[begin:end]), *gaps[1]))
        yield Previewed(document.shard, document.number, document.field, before, tuple(versions))


def _stretch(text: bytes, each: Sequence[Swaps], characters: int) -> tuple[int, int]:
    """Where what is shown begins and ends: between words, and outside of every swap."""
    length = int(np.count_nonzero((np.frombuffer(text, np.uint8) & 0xC0) != 0x80))
    if not characters or length <= characters:
        return 0, len(text)
    size = characters * len(text) // length
    most = max(each, key=lambda swaps: len(swaps.start))
    begins = np.clip(np.append(0, most.start - size // 6), 0, len(text) - size)
    ends = np.searchsorted(most.end, begins + size, "right")
    begin = int(begins[np.argmax(ends - np.searchsorted(most.start, begins))])
    end = _behind_word(text, begin + size)
    begin = _before_word(text, begin)
    for swaps in each:  # a phrase holds spaces as well
        unit_ends = np.where(swaps.annotated, swaps.at, swaps.end)
        begin = min([begin, *swaps.start[(swaps.start < begin) & (unit_ends > begin)].tolist()])
        end = max([end, *unit_ends[(swaps.start < end) & (unit_ends > end)].tolist()])
    return begin, end


def _before_word(text: bytes, place: int) -> int:
    """Behind the nearest space before a place, or else where its character begins."""
    first = max(0, place - _LONGEST_WORD)
    spaces = [found.end() for found in _SPACE.finditer(text, first, place)]
    if spaces or not first:
        return spaces[-1] if spaces else 0
    while text[place] & 0xC0 == 0x80:
        place -= 1
    return place


def _behind_word(text: bytes, place: int) -> int:
    found = _SPACE.search(text, place, place + _LONGEST_WORD)
    if found or place + _LONGEST_WORD >= len(text):
        return found.start() if found else len(text)
    while text[place] & 0xC0 == 0x80:
        place += 1
    return place


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
    text: bytes,
    swaps: Swaps,
    lexicon: CompiledLexicon,
    policy: Policy,
    stretch: tuple[int, int],
    known: set[int],
) -> Iterator[Part]:
    """Kept text and swaps of a stretch, in order. `known`: where a lower ratio swaps already."""
    inside = slice(*np.searchsorted(swaps.start, stretch).tolist())
    translations = lexicon.texts.take(pa.array(swaps.row[inside])).to_pylist()
    opening, closing = policy.bracket_pair
    done = stretch[0]
    columns = (swaps.start, swaps.end, swaps.at, swaps.language, swaps.annotated)
    each = zip(*(column[inside].tolist() for column in columns), translations, strict=True)
    for start, end, at, language, is_annotation, translation in each:
        if start > done:
            yield _string(text[done:start])
        done = at if is_annotation else end
        written = translation.decode()
        yield Swap(
            start,
            _string(text[start:end]),
            f" {opening}{written}{closing}" if is_annotation else written,
            lexicon.codes[language],
            is_annotation,
            _string(text[end:done]),
            start not in known,
        )
    if done < stretch[1]:
        yield _string(text[done : stretch[1]])


def _string(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")
