"""What became of the rows of a lexicon's file, what it holds, and whether it is fit for use."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from link.language.context import PARTS, part_number
from link.lexicon.formats.parsed import Parsed, Row, add_example

if TYPE_CHECKING:
    from link.lexicon.lexicon import Lexicon

MOST_LOST = 0.5
"""A file of whose rows more is lost is not what it was taken for."""

SHOWN_LINES = 5  # line numbers that a report names for each reason


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of a lexicon's rows.

    `rows`: pairs in the file, and lines that lack a part of one. `lost`: those of which nothing was
    kept, but for what is its own translation (`identical`); kept + lost + identical = rows.
    `pairs`, `headwords`: kept. `unused`: kept headwords that are neither a word nor words with
    spaces or hyphens between, hence never matched. `remarks`: reason -> the numbers of its lines
    (or entries: `unit`); `examples`: reason -> some of the pairs. `notes`: what was decided for the
    file as a whole. `problem`: why it is not read rightly, "" if it seems to be.
    """

    rows: int
    pairs: int
    headwords: int
    unused: int
    remarks: dict[str, list[int]] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    unit: str = "line"
    lost: int = 0
    identical: int = 0
    notes: tuple[str, ...] = ()
    problem: str = ""

    @property
    def is_mostly_lost(self) -> bool:
        """Whether most rows had to be dropped; pairs that are no swap say nothing of that."""
        return self.lost > MOST_LOST * (self.rows - self.identical)

    def lines(self) -> list[str]:
        """The account in words, a line each."""
        counts = {"headword": self.headwords, "pair": self.pairs, "row": self.rows}
        headwords, pairs, rows = (f"{n:,} {word}{'s' * (n != 1)}" for word, n in counts.items())
        text = [f"{headwords}, {pairs}, from {rows}"]
        text += [f"warning, {self.problem}"] if self.problem else []
        text += self.notes
        for reason, numbers in self.remarks.items():
            seen = "; ".join(self.examples.get(reason, ()))
            text.append(f"{reason}: {len(numbers):,}{self._where(numbers)}{seen and f': {seen}'}")
        if self.unused:
            text.append(f"headwords that are not words, and match nothing: {self.unused:,}")
        return text

    def most_frequent(self, most: int = 2) -> str:
        """The reasons for which most was dropped, in words."""
        dropped = [each for each in self.remarks.items() if each[0].startswith("dropped, ")]
        dropped.sort(key=lambda each: -len(each[1]))
        return "; ".join(
            f"{reason.removeprefix('dropped, ')}: {len(numbers):,}"
            + "".join(f", as {example}" for example in self.examples.get(reason, ())[:1])
            for reason, numbers in dropped[:most]
        )

    def _where(self, numbers: list[int]) -> str:
        known = list(filter(None, numbers))
        if not known:
            return ""
        shown = ", ".join(map(str, known[:SHOWN_LINES]))
        more = ", …" if len(known) > SHOWN_LINES else ""
        return f" ({self.unit if len(known) == 1 else _plural(self.unit)} {shown}{more})"


def _plural(unit: str) -> str:
    return f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"


class Account:
    """Reasons in the order in which they came up, with lines and examples, and what was decided.

    `kept`, `identical`: rows of which a pair was kept, and others that were their own translation.
    """

    def __init__(self, parsed: Parsed) -> None:
        self.remarks = {reason: list(lines) for reason, lines in parsed.dropped.items()}
        self.examples = {reason: list(some) for reason, some in parsed.examples.items()}
        self.notes: list[str] = []
        self.kept = self.identical = 0
        self.of_itself: dict[str, list[Row]] = {}

    def note(self, reason: str, row: Row) -> None:
        self.remarks.setdefault(reason, []).append(row.line)
        add_example(self.examples, reason, row.source, row.target)


def about(lexicon: "Lexicon") -> Iterator[tuple[str, str]]:
    """Name and value of each thing worth knowing."""
    report = lexicon.report
    pairs = [one for translations in lexicon.entries.values() for one in translations]
    yield "name", lexicon.name
    yield "language", lexicon.language or "not stated"
    yield "licence", lexicon.licence
    yield "headwords", f"{report.headwords:,}, that match nothing {report.unused:,}"
    yield "pairs", f"{report.pairs:,}, {report.pairs / report.headwords:.2f} a headword"
    parts = Counter(one.pos for one in pairs if one.pos)
    if parts:
        yield "parts of speech", ", ".join(f"{pos} {n:,}" for pos, n in parts.most_common(8))
    weighted = sum(one.weight != 1 for one in pairs)
    yield "weights", f"{weighted:,} pairs" if weighted else "none"
    forms = len(lexicon.inflections.forms)
    yield "inflected forms", f"{forms:,} added" if lexicon.inflect else "none added"
    yield "sha256", lexicon.sha256


def _without_senses(lexicon: "Lexicon") -> str:
    """What a lexicon with parts of speech lacks to choose among senses; "" for nothing."""
    if not any(one.pos for translations in lexicon.entries.values() for one in translations):
        return ""
    for headword, translations in lexicon.entries.items():
        if any(part_number(one.pos) < 0 for one in translations):
            return f"{headword} has a translation without a part of speech of {', '.join(PARTS)}"
        weights = [one.weight for one in translations]
        if weights != sorted(weights, reverse=True):
            return f"{headword} has not its main translation first, by weight"
    return ""


def verdict(lexicon: "Lexicon", *, strict: bool) -> tuple[bool, str]:
    """Whether a lexicon passes, and in words why or why not."""
    report = lexicon.report
    if report.problem:
        return False, f"bad: {report.problem.partition(':')[0]}"
    if report.is_mostly_lost:
        return False, (
            f"bad: {report.lost:,} of {report.rows:,} rows are dropped "
            f"({report.most_frequent()}); is it the right file, and the right language?"
        )
    remarks = [reason for reason in report.remarks if not reason.startswith("skipped, ")]
    if strict and remarks:
        return False, f"not clean: {len(remarks)} kinds of remarks"
    if strict and lexicon.is_canonical and (vague := _without_senses(lexicon)):
        return False, f"not clean: {vague}"
    missing = [
        name
        for name, value in (("language", lexicon.language), ("licence", lexicon.licence))
        if value in ("", "not stated")
    ]
    if missing:
        return not strict, f"usable, but it does not state its {' and '.join(missing)}"
    return True, "usable" if remarks else "clean"
