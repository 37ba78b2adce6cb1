"""Documents before and after, as a preview shows them: what was swapped where, and an excerpt.

A version of a document is a sequence of parts, kept text and swaps:

    The │ dog → Hund │ sleeps in the │ house → Haus │ .
"""

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

GAP = "…"
_LONGEST_WORD = 40  # characters; further than this an excerpt does not look for a space


@dataclass(frozen=True, slots=True)
class Swap:
    """A swapped or annotated unit: a word, or all words of a phrase.

    `at`: where it begins in the document before, in characters. `source`: what stood there.
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

    @property
    def length(self) -> int:
        """How many characters of the document before it stands for."""
        return len(self.source) + len(self.tail)


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
    """A document, and what becomes of it at each ratio, ascending.

    `number`: of its line or row in the shard, from 1. `field`: "" where there is only one.
    `is_begun`, `is_broken_off`: whether there is more of it before and behind what is here.
    """

    shard: str
    number: int
    field: str
    before: str
    versions: tuple[Version, ...]
    is_begun: bool = False
    is_broken_off: bool = False


def with_new_ones(versions: Sequence[Version]) -> tuple[Version, ...]:
    """The versions, ascending by ratio, with what each adds to the one before it told apart."""
    told: list[Version] = []
    known: set[int] = set()
    for version in versions:
        parts = tuple(
            replace(part, is_new=part.at not in known) if isinstance(part, Swap) else part
            for part in version.parts
        )
        known = {swap.at for swap in version.swaps}
        told.append(replace(version, parts=parts))
    return tuple(told)


# --- excerpts ------------------------------------------------------------------------------------


def excerpt(document: Previewed, characters: int) -> Previewed:
    """The document cut to the stretch with most swaps, the same one in all versions.

    `characters`: about how long, of the document before; 0 keeps all. Swaps stay whole.
    """
    begin, end = 0, len(document.before)
    if characters and len(document.before) > characters:
        begin, end = _stretch(document, characters)
    is_begun = document.is_begun or begin > 0
    is_broken_off = document.is_broken_off or end < len(document.before)
    if not (is_begun or is_broken_off):
        return document

    def cut(parts: Sequence[Part]) -> tuple[Part, ...]:
        gaps = [GAP] * is_begun, [GAP] * is_broken_off
        return (*gaps[0], *_cut(parts, begin, end), *gaps[1])

    before = "".join(part for part in cut([document.before]) if isinstance(part, str))
    versions = [replace(version, parts=cut(version.parts)) for version in document.versions]
    return replace(document, before=before, versions=tuple(versions))


def _stretch(document: Previewed, characters: int) -> tuple[int, int]:
    """Where the excerpt begins and ends: between words, and outside of every swap."""
    swaps = max((version.swaps for version in document.versions), key=len, default=[])
    begins = [swap.at for swap in swaps]
    ends = [swap.at + swap.length for swap in swaps]
    length = len(document.before)
    best, most = 0, 0
    for place in (0, *range(len(begins))):
        first = max(0, (begins[place] if begins else 0) - characters // 6)
        first = min(first, length - characters)
        inside = bisect.bisect_right(ends, first + characters) - bisect.bisect_left(begins, first)
        if inside > most:
            best, most = first, inside
    begin = _at_a_space(document.before, best, 0)
    end = _at_a_space(document.before, min(length, best + characters), length)
    for version in document.versions:
        for swap in version.swaps:
            if swap.at < begin < swap.at + swap.length:
                begin = swap.at
            if swap.at < end < swap.at + swap.length:
                end = swap.at + swap.length
    return begin, end


def _at_a_space(text: str, place: int, border: int) -> int:
    """The nearest place towards a border of the text that is between words."""
    step = 1 if border else -1
    for distance in range(_LONGEST_WORD):
        here = place + step * distance
        if here <= 0 or here >= len(text):
            return border
        if text[here - 1].isspace() or text[here].isspace():
            return here
    return place


def _cut(parts: Sequence[Part], begin: int, end: int) -> Iterator[Part]:
    """What of the parts lies between two places of the document before."""
    at = 0
    for part in parts:
        length = len(part) if isinstance(part, str) else part.length
        if isinstance(part, Swap):
            if begin <= at and at + length <= end:
                yield part
        elif kept := part[max(0, begin - at) : max(0, end - at)]:
            yield kept
        at += length
