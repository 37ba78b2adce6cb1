"""What is said of a lexicon."""

from collections import Counter
from collections.abc import Iterator

from link.language.context import PARTS, part_number
from link.lexicon import Lexicon


def about(lexicon: Lexicon) -> Iterator[tuple[str, str]]:
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


def _without_senses(lexicon: Lexicon) -> str:
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


def verdict(lexicon: Lexicon, *, strict: bool) -> tuple[bool, str]:
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
