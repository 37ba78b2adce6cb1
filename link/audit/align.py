"""The aligner: are texts others but for translations that a lexicon allows?

It shares no code with the kernels. A kernel claims what it swapped where; nothing of that is
believed. The aligner reads the lexicon's file by splitting lines at tabs, looks each claimed swap
up, sees that it is of whole words, makes it in the original's text itself, and hands out the texts
that must have come of it. It knows one rule: a word or phrase may become a translation of it, in
any case; everything else must stay.

    claim    The [dog -> Hund] sleeps.      dog: whole words?  Hund: a translation of it?
    made     The Hund sleeps.               is this what stands in the output?
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Int64s = npt.NDArray[np.int64]

# What stands for an apostrophe between letters, and what is ignored inside a word.
_APOSTROPHE = r"['’ʼ´‘‛′＇`\ufffd\x92]|&(?:#39|#x27|#8217|#x2019|rsquo|lsquo|apos);|\\['’]"
_IGNORED = "\u00ad\u034f\u200c\u200d\u2060\ufeff"
_APOSTROPHES = re.compile(_APOSTROPHE, re.IGNORECASE)
_ENDS_IN_ONE = re.compile(rf"(?:{_APOSTROPHE})[{_IGNORED}]*\Z", re.IGNORECASE)
_BEGINS_WITH_ONE = re.compile(rf"(?:{_APOSTROPHE})[{_IGNORED}]*", re.IGNORECASE)
_POSSESSIVE = re.compile(rf"(?:{_APOSTROPHE})[{_IGNORED}]*[sSſ][{_IGNORED}]*", re.IGNORECASE)
_BETWEEN = re.compile(r"(?:\s|[-\u2010\u2011\xa0])+")  # the words of a phrase
_NOTHING_IGNORED = dict.fromkeys(map(ord, _IGNORED))
_NEAR = 64  # bytes, in which the rest of a word stands

_ENDS_A_WORD = np.ones(256, np.bool_)  # ASCII that is no letter, digit, apostrophe or begin of one
_ENDS_A_WORD[128:] = False
for _char in map(chr, range(128)):
    if _char.isalnum() or _char in "'`&;\\":
        _ENDS_A_WORD[ord(_char)] = False


class UnexplainedError(Exception):
    """A claimed swap that the lexicon does not allow, or that is not of whole words."""


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """What a kernel says it swapped in some texts, in order; int64 and bool, shape (swaps,).

    `text`: which text it is in. `start`, `end`: the word, in bytes of the text. `at`: behind which
    byte its translation is added, if the word stays (`is_added`). `written`: the translations, in
    UTF-8.
    """

    text: Int64s
    start: Int64s
    end: Int64s
    at: Int64s
    is_added: npt.NDArray[np.bool_]
    written: pa.LargeBinaryArray


class Aligner:
    """Checks claims. `brackets`: around a translation that is added behind its word."""

    def __init__(
        self, translations: Iterable[tuple[str, str]], brackets: tuple[str, str] = ("", "")
    ) -> None:
        self._brackets = b" " + brackets[0].encode(), brackets[1].encode()
        self._translations: dict[str, list[str]] = defaultdict(list)
        for source, target in translations:
            self._translations[_plain(source)].append(target)
        self._allowed: set[tuple[bytes, bytes]] = set()

    @classmethod
    def from_files(
        cls, lexicons: Iterable[Path], inflections: Iterable[Path], brackets: tuple[str, str]
    ) -> "Aligner":
        """From a run's copies of its lexicons, and of their inflected forms and lemmas."""
        pairs = [(row[0], row[1]) for path in lexicons for row in _rows(path)]
        targets = defaultdict(list)
        for source, target in pairs:
            targets[source].append(target)
        for path in inflections:
            for form, lemmas in _rows(path):
                for lemma in lemmas.split(","):
                    pairs += [(form, target) for target in targets[lemma]]
        return cls(pairs, brackets)

    def made(self, texts: Sequence[bytes | bytearray | memoryview], claim: Claim) -> list[bytes]:
        """The texts (in UTF-8) with the claimed swaps made; raises `UnexplainedError`."""
        if not len(claim.start):
            return [bytes(text) for text in texts]
        data = b"\n".join([b"", *texts, b""])  # so that no word goes on in the next text
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        begins = np.cumsum(sizes + 1) - sizes
        first = begins.take(claim.text)
        starts, ends = claim.start + first, claim.end + first
        last = np.where(claim.is_added, claim.at + first, ends)
        in_order = np.stack((starts, ends, last), 1).ravel()
        is_inside = (starts >= first) & (last <= first + sizes.take(claim.text))
        if not (is_inside.all() and (starts < ends).all() and (np.diff(in_order) >= 0).all()):
            raise UnexplainedError("the swaps overlap, or are not in the text")
        self._look_up(_cut(data, starts, ends), claim.written)
        every = np.frombuffer(data, np.uint8)
        is_sure = _ENDS_A_WORD[every[starts - 1]] & _ENDS_A_WORD[every[ends]] & (last == ends)
        for n in np.flatnonzero(~is_sure).tolist():
            is_added = bool(claim.is_added[n])
            _check_bounds(data, int(starts[n]), int(ends[n]), int(last[n]), is_added=is_added)
        return self._spliced(data, np.where(claim.is_added, last, starts), last, claim, begins)

    def _look_up(self, words: pa.LargeBinaryArray, written: pa.LargeBinaryArray) -> None:
        """Look each different pair of word and translation up."""
        one, other = words.dictionary_encode(), written.dictionary_encode()
        count = len(other.dictionary)
        pairs = np.unique(one.indices.to_numpy() * np.int64(count) + other.indices.to_numpy())
        sources, targets = one.dictionary.to_pylist(), other.dictionary.to_pylist()
        for number in pairs.tolist():
            pair = sources[number // count], targets[number % count]
            if pair in self._allowed:
                continue
            word, text = (each.decode("utf-8", "replace") for each in pair)
            known = self._translations.get(_plain(word), ())
            if text not in known and not any(text in _cases(each) for each in known):
                raise UnexplainedError(f"{text!r} is not a translation of {word!r}")
            self._allowed.add(pair)

    def _spliced(
        self, data: bytes, starts: Int64s, ends: Int64s, claim: Claim, begins: Int64s
    ) -> list[bytes]:
        """The texts with what is written in the places of spans."""
        nothing, written = pa.scalar(b"", pa.large_binary()), claim.written
        if claim.is_added.any():
            left, right = (pa.scalar(each, pa.large_binary()) for each in self._brackets)
            added = pc.binary_join_element_wise(left, written, right, nothing)
            written = pc.if_else(pa.array(claim.is_added), added, written)
        kept = _cut(data, np.append(0, ends), np.append(starts, len(data)))
        last = pa.array([b""], pa.large_binary())
        joined = pc.binary_join_element_wise(kept, pa.concat_arrays([written, last]), nothing)
        new = memoryview(joined.buffers()[2])
        grown = pc.binary_length(written).to_numpy() - (ends - starts)
        before = np.append(0, np.cumsum(grown))
        limits = np.append(begins, len(data))
        limits += before.take(np.searchsorted(claim.text, np.arange(len(limits))))
        return [bytes(new[start : end - 1]) for start, end in pairwise(limits.tolist())]


def _cut(data: bytes, starts: Int64s, ends: Int64s) -> pa.LargeBinaryArray:
    """What stands in spans, which ascend."""
    offsets = np.stack((starts, ends), 1).ravel()
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    parts = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(offsets) - 1, buffers)
    return parts.take(pa.array(np.arange(0, len(parts), 2)))


def _check_bounds(data: bytes, start: int, end: int, last: int, *, is_added: bool) -> None:
    """Whole words must stand between two places; up to `last`, the ending of a possessive.

    Only the surroundings are looked at.
    """
    before, ending, after = (
        data[max(0, begin) : stop].decode("utf-8", "surrogateescape")
        for begin, stop in ((start - _NEAR, start), (end, last), (last, last + _NEAR))
    )
    if not is_added:  # then the ending stays behind the translation
        possessive = _POSSESSIVE.match(after)
        after = after[possessive.end() :] if possessive else after
    within, following = _ENDS_IN_ONE.search(before), _BEGINS_WITH_ONE.match(after)
    is_whole = (
        (not ending or _POSSESSIVE.fullmatch(ending))
        and not _goes_on(before[-1:])
        and not (within and _goes_on(before[: within.start()][-1:]))
        and not _goes_on(after[:1])
        and not (following and _is_letter(after[following.end() :][:1]))
    )
    if not is_whole:
        word = data[start:end].decode("utf-8", "replace")
        within_text = (before[-9:] + word + ending + after[:9]).strip()
        raise UnexplainedError(f"{word!r} is not a whole word in {within_text!r}")


def _is_letter(char: str) -> bool:
    return bool(char) and unicodedata.category(char)[0] == "L"


def _goes_on(char: str) -> bool:
    """Whether a character is part of the word beside it."""
    return (bool(char) and unicodedata.category(char)[0] in "LM") or char.isdecimal()


def _rows(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def _plain(text: str) -> str:
    """A word or phrase as it is looked up."""
    if not (text.isascii() and text.isalnum()):
        text = " ".join(word for word in _BETWEEN.split(text) if word)
        text = _APOSTROPHES.sub("'", text.translate(_NOTHING_IGNORED))
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _cases(text: str) -> set[str]:
    """A translation as it is, Capitalised and in CAPITALS, by the rules of any language."""
    turkish = text.replace("i", "İ").replace("ı", "I")
    capitals = {text.upper(), turkish.upper(), text.replace("ß", "ẞ").upper()}
    for each in (text, unicodedata.normalize("NFC", text)):
        place = next((n for n, char in enumerate(each) if _is_letter(char)), 0)
        head, first, tail = each[:place], each[place : place + 1], each[place + 1 :]
        capitals |= {head + one + tail for one in (first.upper(), first.title())}
        capitals |= {head + "İ" + tail} if first == "i" else set()
        capitals |= {head + "IJ" + tail[1:]} if first + tail[:1] == "ij" else set()
    return capitals | {text}
