"""From rows to clean pairs, and an account of what was kept, mended and dropped, and why."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from link.lexicon.formats.canonical import Parsed

LEAST_WEIGHT, MOST_WEIGHT = 1e-9, 1e9
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
SHOWN_LINES = 5  # line numbers that a report names for each reason


class Translation(NamedTuple):
    """One translation of a headword. `weight` is positive and counts within its headword."""

    text: str
    weight: float = 1.0
    pos: str = ""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a lexicon's lines.

    `rows`: lines that hold a pair. `pairs`, `headwords`: kept. `unused`: kept headwords that are
    not one word, hence never matched for now. `remarks`: reason -> the numbers of its lines.
    """

    rows: int
    pairs: int
    headwords: int
    unused: int
    remarks: dict[str, list[int]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The account in words, a line each."""
        text = [f"{self.headwords:,} headwords, {self.pairs:,} pairs, from {self.rows:,} rows"]
        for reason, numbers in self.remarks.items():
            shown = ", ".join(map(str, numbers[:SHOWN_LINES]))
            more = ", …" if len(numbers) > SHOWN_LINES else ""
            noun = "line" if len(numbers) == 1 else "lines"
            text.append(f"{reason}: {len(numbers):,} ({noun} {shown}{more})")
        if self.unused:
            text.append(f"headwords of several words, not used yet: {self.unused:,}")
        return text


DROPPED_IDENTITY = "dropped, translation is the word itself"
DROPPED_WEIGHTLESS = "dropped, weight is 0 or less"
DROPPED_INCOMPLETE = "dropped, a column is missing"
MERGED_DUPLICATE = "merged, same pair again"
MENDED_WEIGHT = "mended, weight is no number from 1e-9 to 1e9 (taken as 1)"
MENDED_NFC = "mended, not in normal form C"
SKIPPED_BLANK = "skipped, blank"

_REMARKS = (
    DROPPED_IDENTITY,
    DROPPED_INCOMPLETE,
    DROPPED_WEIGHTLESS,
    MERGED_DUPLICATE,
    MENDED_WEIGHT,
    MENDED_NFC,
    SKIPPED_BLANK,
)


def clean(parsed: Parsed) -> tuple[dict[str, tuple[Translation, ...]], dict[str, list[int]]]:
    """Headword -> translations, in the order of the file, and the remarks of a `LoadReport`."""
    remarks: dict[str, list[int]] = {reason: [] for reason in _REMARKS}
    remarks[DROPPED_INCOMPLETE] = parsed.incomplete_lines
    remarks[SKIPPED_BLANK] = parsed.blank_lines
    entries: dict[str, dict[str, Translation]] = {}
    for row in parsed.rows:
        source, target = row.source, row.target
        if not (source.isascii() and target.isascii()):
            source = unicodedata.normalize("NFC", source)
            target = unicodedata.normalize("NFC", target)
            if (source, target) != (row.source, row.target):
                remarks[MENDED_NFC].append(row.line)
        if is_identity(source, target):
            remarks[DROPPED_IDENTITY].append(row.line)
            continue
        weight = _weight(row.weight)
        if weight is None:
            remarks[MENDED_WEIGHT].append(row.line)
            weight = 1.0
        if weight <= 0:
            remarks[DROPPED_WEIGHTLESS].append(row.line)
            continue
        translations = entries.setdefault(source, {})
        before = translations.get(target)
        if before is None:
            translations[target] = Translation(target, weight, row.pos)
        else:
            remarks[MERGED_DUPLICATE].append(row.line)
            translations[target] = before._replace(weight=before.weight + weight)
    return (
        {source: tuple(translations.values()) for source, translations in entries.items()},
        {reason: numbers for reason, numbers in remarks.items() if numbers},
    )


def is_identity(source: str, target: str) -> bool:
    """Whether a swap would change nothing but capitals; both in normal form C."""
    return unicodedata.normalize("NFC", source.casefold()) == unicodedata.normalize(
        "NFC", target.casefold()
    )


def _weight(text: str) -> float | None:
    if not text:
        return 1.0
    if not _NUMBER.fullmatch(text):
        return None
    weight = float(text)
    return weight if weight <= 0 or LEAST_WEIGHT <= weight <= MOST_WEIGHT else None


def merge(groups: Iterable[tuple[Translation, ...]]) -> tuple[Translation, ...]:
    """Several headwords' translations as one's, weights of equal ones added."""
    merged: dict[str, Translation] = {}
    for group in groups:
        for one in group:
            before = merged.get(one.text)
            merged[one.text] = (
                one if before is None else before._replace(weight=before.weight + one.weight)
            )
    return tuple(merged.values())
