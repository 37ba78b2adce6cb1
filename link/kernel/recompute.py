"""What the reference kernel makes of a block, for documents of any length and any lexicon.

The rules are the reference's own functions; nothing of the fast kernel is used. They look at every
headword for each document, and at every word for each line and each protected span, which is slow
where there are many. So a document is given to them

    section by section     cut behind blank lines, across which few rules look, and where a block is
                           too long (`pieces.py` says both)
    with what is concerned the headwords that words of the section could be, and no others
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa

from link.block import Block, Buffer
from link.kernel.compiled import CompiledLexicon, Headword, Language, compile_headwords
from link.kernel.draw import MODE, PORTION, WORD, threshold
from link.kernel.eligible import LOST_TO
from link.kernel.pieces import BLOCK_CHARACTERS
from link.kernel.reference import _json_string, _Substitution, decode
from link.kernel.reference.protect import open_at_end
from link.kernel.reference.text import Character
from link.kernel.reference.units import Document, Unit, find_units
from link.kernel.rules import BLANKS, NOTHING_OPEN
from link.kernel.substitute import Counts, Substituted
from link.policy import MIX_DOCUMENT, OF_WORDS, Policy

SECTION_CHARACTERS = 1 << 11
"""A section ends behind the first blank line after so many characters."""

_BLANK_LINE = re.compile(rf"^[{BLANKS}]*\n", re.MULTILINE)
_REST = re.compile(rf"[{BLANKS}]*\n")
_SPACE = re.compile(rf"[{BLANKS}\n]")
_PARTS = re.compile("[ -]")


class Headwords:
    """A lexicon's headwords, found by the words that they are made of."""

    def __init__(self, headwords: Sequence[Headword], languages: Sequence[Language]) -> None:
        self.languages = languages
        self._headwords = headwords
        self._alone: dict[str, list[int]] = {}  # word -> headwords of it alone
        self._phrases: dict[str, list[tuple[int, tuple[str, ...]]]] = {}  # first word -> phrases
        self._endings: dict[str, list[int]] = {}  # later word with an ending -> phrases
        for number, headword in enumerate(headwords):
            for form in headword.forms:
                first, *later = _PARTS.split(form)
                if not later:
                    self._alone.setdefault(first, []).append(number)
                    continue
                self._phrases.setdefault(first, []).append((number, tuple(later)))
                for word in later:
                    if word.endswith("'s"):  # that it stands in a phrase keeps it from being cut
                        self._endings.setdefault(word, []).append(number)

    def concerned(self, forms: Iterable[str]) -> list[Headword]:
        """The headwords that matter where words of these forms stand, in the lexicon's order."""
        known = set(forms)
        known |= {form[:-2] for form in known if form.endswith("'s")}
        found: set[int] = set()
        for form in known:
            found.update(self._alone.get(form, ()))
            found.update(self._endings.get(form, ()))
            found.update(
                number
                for number, later in self._phrases.get(form, ())
                if all(word in known for word in later)
            )
        return [self._headwords[number] for number in sorted(found)]

    @cached_property
    def compiled(self) -> CompiledLexicon:
        """The same for the fast kernel."""
        return compile_headwords(self._headwords, self.languages)

    def translations(self, form: str) -> list[Headword]:
        """The headwords that have a form."""
        return [one for one in self.concerned([form]) if form in one.forms]


@dataclass(frozen=True, slots=True)
class Swap:
    """One swap: offsets of the swapped (or annotated) bytes in the document, old and new.

    `source`: what stood there, decoded; `translation`: what was written for it, without brackets.
    """

    document: int
    start: int
    end: int
    new_start: int
    new_end: int
    words: int
    source: str
    translation: str
    language: int
    annotated: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A word or phrase that the lexicon covers, in bytes of the document."""

    start: int
    end: int
    eligible: bool
    drawn: bool


def recompute(
    block: Block,
    headwords: Headwords,
    policy: Policy,
    section_characters: int = SECTION_CHARACTERS,
    block_characters: int = BLOCK_CHARACTERS,
) -> tuple[Substituted, list[Swap]]:
    """The block with its words swapped, and the swaps in order.

    The counts are complete but for `lost`: the reference does not name the rules.
    """
    data = bytes(block.data)
    pieces: list[Buffer | pa.Buffer] = []
    counts: list[_Counted] = []
    swaps: list[Swap] = []
    growth: list[int] = []
    done = 0
    for number, (start, end, key) in enumerate(
        zip(block.starts.tolist(), block.ends.tolist(), block.keys.tolist(), strict=True)
    ):
        document = _Recomputed(
            data[start:end], key, headwords, policy, block.escaped, section_characters
        )
        new, counted, own = document.run(number, block_characters)
        pieces += [data[done:start], new]
        counts.append(counted)
        swaps += own
        growth.append(len(new) - (end - start))
        done = end
    pieces.append(data[done:])
    grown = np.cumsum(np.array(growth, np.int64))
    starts = block.starts + grown - np.array(growth, np.int64)
    return Substituted(pieces, starts, block.ends + grown, _counts(counts, swaps, headwords)), swaps


def found_in(
    text: bytes, key: int, headwords: Headwords, policy: Policy
) -> tuple[bytes, list[Found], list[Swap]]:
    """What becomes of a document that is not escaped, and all that the lexicon covers in it."""
    document = _Recomputed(text, key, headwords, policy, False, SECTION_CHARACTERS)
    new, _, swaps = document.run(0, BLOCK_CHARACTERS)
    starts = {swap.start for swap in swaps}
    offsets = np.cumsum([0, *(len(character.raw) for character in document.characters)]).tolist()
    found = [
        Found(
            offsets[unit.start],
            offsets[unit.swap_end],
            bool(unit.choices),
            offsets[unit.start] in starts,
        )
        for unit in document.units(BLOCK_CHARACTERS)
    ]
    return new, found, swaps


# --- one document --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Counted:
    touched: bool
    words: int
    covered: int = 0
    eligible: int = 0
    swapped: int = 0
    language: int | None = None


class _Recomputed(_Substitution):
    """What is done to one document, by the reference's own rules, in time linear in its length."""

    def __init__(
        self,
        raw: bytes,
        key: int,
        headwords: Headwords,
        policy: Policy,
        escaped: bool,
        section_characters: int,
    ) -> None:
        self.characters = list(decode(raw, escaped))
        self.raw = raw
        self.known = headwords
        self.section_characters = section_characters
        document = Document(self.characters, key)
        super().__init__(document, (), policy, headwords.languages, escaped, BLOCK_CHARACTERS)

    def units(self, block_characters: int) -> list[Unit]:
        """Words and phrases that the lexicon covers, swappable or not."""
        languages = self._languages_of_document()
        units: list[Unit] = []
        word = 0
        document = self.document
        for begin, section in _sections(document, self.section_characters, block_characters):
            concerned = self.known.concerned(section.form(n) for n in range(len(section.words)))
            found = find_units(section, concerned, self.policy, languages, block_characters)
            units += [unit.moved(word, begin) for unit in found]
            word += len(section.words)
        return units

    def run(  # type: ignore[override]  # the same, and more of it
        self, number: int, block_characters: int
    ) -> tuple[bytes, _Counted, list[Swap]]:
        policy, words = self.policy, len(self.document.words)
        if self.states[PORTION] >> 11 >= threshold(policy.portion):
            return self.raw, _Counted(False, words), []
        units = self.units(block_characters)
        limit = threshold(policy.ratio)
        if policy.of != OF_WORDS:
            units = [unit for unit in units if self._draw(WORD, unit.first) < limit]
        eligible = sum(unit.words for unit in units if unit.choices)
        if policy.of == OF_WORDS:
            limit = threshold(min(1.0, policy.ratio * words / max(eligible, 1)))
        taken = [unit for unit in units if unit.choices and self._draw(WORD, unit.first) < limit]
        new, swaps = self._spliced(number, taken)
        counted = _Counted(
            True,
            words,
            covered=sum(unit.words for unit in units),
            eligible=eligible,
            swapped=sum(unit.words for unit in taken),
            language=self._languages_of_document()[0]
            if policy.mix == MIX_DOCUMENT and len(self.languages) > 1
            else None,
        )
        return new, counted, swaps

    def _spliced(self, number: int, units: Sequence[Unit]) -> tuple[bytes, list[Swap]]:
        out: list[bytes] = []
        swaps: list[Swap] = []
        at = old = size = 0  # characters and bytes of the document so far; bytes of the new one

        def keep(until: int) -> None:
            nonlocal at, old, size
            kept = _raw(self.characters[at:until])
            out.append(kept)
            at, old, size = until, old + len(kept), size + len(kept)

        for unit in units:
            language, headword = self._choose_language(unit)
            written = translation = self._written(unit, headword, language)
            annotated = self._draw(MODE, unit.first) < threshold(self.policy.annotate_share)
            keep(unit.start)
            swapped = self.characters[unit.start : unit.swap_end]
            start, end = old, old + len(_raw(swapped))
            if annotated:
                keep(unit.annotate_end)
                opening, closing = self.policy.bracket_pair
                written = f" {opening}{written}{closing}"
            else:
                at, old = unit.swap_end, end
            new = _json_string(written) if self.escaped else written.encode()
            out.append(new)
            swaps.append(
                Swap(
                    number,
                    start,
                    end,
                    size,
                    size + len(new),
                    unit.words,
                    "".join(one.text for one in swapped),
                    translation,
                    language,
                    annotated,
                )
            )
            size += len(new)
        keep(len(self.characters))
        return b"".join(out), swaps


def _raw(characters: Sequence[Character]) -> bytes:
    return b"".join([character.raw for character in characters])


def _sections(
    document: Document, section_characters: int, block_characters: int
) -> Iterator[tuple[int, Document]]:
    """Where each section begins, and the section."""
    flat = document.flat
    carried = NOTHING_OPEN
    cuts = _cuts(flat, section_characters, block_characters)
    for begin, end in pairwise([0, *cuts, len(flat)]):
        yield begin, Document(document.characters[begin:end], document.key, carried)
        if end < len(flat):
            carried = open_at_end(flat[begin:end], carried)


def _cuts(flat: str, section_characters: int, block_characters: int) -> Iterator[int]:
    """Where sections end: behind a blank line, or at a space in a block that is too long."""
    begin = counted = 0  # of the section, of the block in it
    while True:
        match = _rest_of_line(flat, counted) or _BLANK_LINE.search(flat, counted)
        blank = match.end() if match else len(flat)
        if blank - counted <= block_characters:
            if match is None or blank == len(flat):
                return
            counted = blank
            if counted - begin >= section_characters:
                yield counted
                begin = counted
            continue
        space = _SPACE.search(flat, counted + block_characters, len(flat) - 1)
        if space is None:
            return
        begin = counted = space.end()
        yield begin


def _rest_of_line(flat: str, at: int) -> re.Match[str] | None:
    """The rest of a line that is cut here, if it is blank."""
    is_cut = at > 0 and flat[at - 1] != "\n"
    return _REST.match(flat, at) if is_cut else None


def _counts(counted: Sequence[_Counted], swaps: Sequence[Swap], headwords: Headwords) -> Counts:
    rows = [(one.words, one.covered, one.eligible, one.swapped) for one in counted]
    words, covered, eligible, swapped = np.array(rows, np.int64).reshape(-1, 4).T.copy()
    by_language = np.zeros(len(headwords.languages), np.int64)
    documents_by_language = np.zeros(len(headwords.languages), np.int64)
    for swap in swaps:
        by_language[swap.language] += swap.words
    for one in counted:
        if one.language is not None:
            documents_by_language[one.language] += 1
    return Counts(
        np.array([one.touched for one in counted], np.bool_),
        words,
        covered,
        eligible,
        swapped,
        lost=np.zeros(len(LOST_TO), np.int64),
        swapped_by_language=by_language,
        documents_by_language=documents_by_language,
        annotated=np.array([sum(swap.words for swap in swaps if swap.annotated)], np.int64),
    )
