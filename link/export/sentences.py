"""Sentences of a document with swaps, tokens, and which token stands for which.

before   The  dog   sleeps  .
after    The  Hund  sleeps  .        0-0 1-1 2-2 3-3
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

from link.export.documents import Part, Swap
from link.language.characters import APOSTROPHES, BLANKS, CLOSERS, TERMINATORS
from link.language.english import ABBREVIATIONS
from link.language.unicode import mark_ranges

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Placed:
    """A swap in a sentence. Spans are in characters: of the word before; of the translation after;
    of all that is new after, brackets included.
    """

    swap: Swap
    word: Span
    translation: Span
    new: Span


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence before and after, without the white space at its ends."""

    before: str
    after: str
    swaps: tuple[Placed, ...]


# --- where sentences end -------------------------------------------------------------------------

_BLANK = re.escape(BLANKS)
_END = re.compile(
    rf"([{re.escape(TERMINATORS)}])[{re.escape(CLOSERS)}]*[{_BLANK}\n]+"
    rf"|\n[{_BLANK}]*\n[{_BLANK}\n]*"
)
_BLANK_LINE = re.compile(rf"\n[{_BLANK}]*\n")
_WORD_BEFORE = re.compile(r"\w+\Z")
_LONGEST_ABBREVIATION = max(map(len, ABBREVIATIONS))


def sentences_of(parts: Sequence[Part]) -> Iterator[Sentence]:
    """The sentences of a document in order, those without swaps too.

    A sentence ends at a blank line, and behind `.`, `!`, `?`, … and white space, unless a letter in
    lower case follows, or an abbreviation or single letter stands before the full stop. None ends
    inside a swap.
    """
    text = "".join(part if isinstance(part, str) else part.before for part in parts)
    ends = _ends(text)
    own: list[Part] = []
    at = number = 0
    for part in parts:
        size = len(part) if isinstance(part, str) else len(part.before)
        if isinstance(part, Swap):
            own.append(part)
            number = bisect_right(ends, at + size - 1, number)
        else:
            begin = 0
            while number < len(ends) and ends[number] <= at + size:
                own.append(part[begin : ends[number] - at])
                begin = ends[number] - at
                yield _sentence(own)
                own, number = [], number + 1
            own.append(part[begin:])
        at += size
    yield _sentence(own)


def _ends(text: str) -> list[int]:
    """Where sentences end, the white space behind them included."""
    ends = []
    for match in _END.finditer(text):
        if _BLANK_LINE.search(match[0]):
            ends.append(match.end())
            continue
        if text[match.end() : match.end() + 1].islower():
            continue
        if match[1] == ".":
            first = max(0, match.start() - _LONGEST_ABBREVIATION - 1)
            word = _WORD_BEFORE.search(text[first : match.start()])
            form = word[0].lower() if word else ""
            if form in ABBREVIATIONS or (len(form) == 1 and form.isalpha()):
                continue
        ends.append(match.end())
    return ends


def _sentence(parts: Sequence[Part]) -> Sentence:
    """The parts put together."""
    texts: tuple[list[str], list[str]] = ([], [])
    placed = []
    before = after = 0
    for part in parts:
        own, new = (part, part) if isinstance(part, str) else (part.before, part.after)
        if isinstance(part, Swap):
            begin = after + len(part.before) if part.is_annotation else after
            start = begin + part.opening
            word = (before, before + len(part.word))
            translation = (start, start + len(part.translation))
            placed.append(Placed(part, word, translation, (begin, after + len(new))))
        texts[0].append(own)
        texts[1].append(new)
        before, after = before + len(own), after + len(new)
    text = "".join(texts[0])
    left = len(text) - len(text.lstrip())  # no swap begins with white space
    moved = (
        Placed(
            each.swap, *((a - left, b - left) for a, b in (each.word, each.translation, each.new))
        )
        for each in placed
    )
    return Sentence(text[left:].rstrip(), "".join(texts[1])[left:].rstrip(), tuple(moved))


# --- tokens --------------------------------------------------------------------------------------


@cache
def _token() -> re.Pattern[str]:
    word = rf"[\w{mark_ranges()}]"
    return re.compile(rf"{word}+(?:[{APOSTROPHES}]{word}+)*|[^\s{mark_ranges()}]")


def tokens_of(text: str) -> list[Span]:
    """Where the tokens of a text begin and end: words, and single other characters.

    >>> text = "It's a dog (and more)."
    >>> [text[start:end] for start, end in tokens_of(text)]
    ["It's", 'a', 'dog', '(', 'and', 'more', ')', '.']
    """
    return [match.span() for match in _token().finditer(text)]


@dataclass(frozen=True, slots=True)
class Aligned:
    """The tokens before and after, and the pairs of their numbers that stand for each other."""

    before: list[str]
    after: list[str]
    pairs: list[tuple[int, int]]

    @property
    def pharaoh(self) -> str:
        """The pairs as Pharaoh spelled them: `0-0 1-1`."""
        return " ".join(f"{one}-{other}" for one, other in self.pairs)


def aligned(sentence: Sentence) -> Aligned:
    """A sentence's alignment, word by word.

    Two tokens are paired if they share a character that stayed, or if one is of a swapped word and
    the other of its translation, wholly or partly (`dog's`, `Hund's`); brackets of annotations are
    paired with nothing.
    """
    before, after = tokens_of(sentence.before), tokens_of(sentence.after)
    pairs: set[tuple[int, int]] = set()

    def pair(span: Span, shift: int) -> None:
        """Pair the tokens in what stayed; it begins `shift` characters later in the text after."""
        for one in _within(before, span):
            start, end = max(before[one][0], span[0]), min(before[one][1], span[1])
            pairs.update((one, other) for other in _within(after, (start + shift, end + shift)))

    done = shift = 0
    for each in sentence.swaps:
        pairs.update(product(_within(before, each.word), _within(after, each.translation)))
        stayed = each.new[0] - shift
        pair((done, stayed), shift)
        done = stayed if each.swap.is_annotation else each.word[1]
        shift = each.new[1] - done
    pair((done, len(sentence.before)), shift)
    return Aligned(
        [sentence.before[start:end] for start, end in before],
        [sentence.after[start:end] for start, end in after],
        sorted(pairs),
    )


def _within(tokens: Sequence[Span], span: Span) -> range:
    """The numbers of the tokens that lie in a span, wholly or partly."""
    first = bisect_right(tokens, span[0], key=lambda token: token[1])
    return range(first, bisect_left(tokens, span[1], key=lambda token: token[0]))
