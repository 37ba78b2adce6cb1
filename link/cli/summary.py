"""The closing table of a run, and in words what the table alone would hide."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from link.policy import OF_WORDS, Policy
from link.printable import printable
from link.run.counts import Totals
from link.run.plan import RunSpec
from link.run.run import RunReport

WIDTH_OF_LOGS = 200
NOTICEABLE = 0.0005
"""A ratio that falls short by less than this share of the words is not worth a sentence."""


def print_summary(spec: RunSpec, report: RunReport, seconds: float) -> None:
    """Print the table and the remarks to standard error."""
    console = print_table(_rows(spec, report, seconds))
    for remark in _remarks(spec, report.totals):
        console.print(Text(printable(remark)))


def print_table(rows: Iterable[tuple[str, str, str]]) -> Console:
    """Print rows of name, value and note to standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDTH_OF_LOGS
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for name, value, note in rows:
        table.add_row(Text(name), Text(printable(value)), Text(note, style="dim"))
    console.print(table)
    return console


def _rows(spec: RunSpec, report: RunReport, seconds: float) -> Iterator[tuple[str, str, str]]:
    totals, policy = report.totals, spec.policy
    counts = totals.as_dict(policy)
    failed = f"{len(report.failed):,} failed" if report.failed else ""
    before = f"{report.done_before:,} done before" if report.done_before else ""
    yield "shards", f"{report.shards:,}", ", ".join(filter(None, (failed, before)))
    parts = f"= {totals.records_written:,} written"
    if totals.records_quarantined or totals.records_skipped:
        parts += f" + {totals.records_quarantined:,} quarantined"
        parts += f" + {totals.records_skipped:,} skipped"
    yield "records read", f"{totals.records_read:,}", parts
    yield "documents", f"{totals.documents:,}", f"{totals.documents_touched:,} touched"
    yield "words", f"{totals.words:,}", f"{totals.words_touched:,} in touched documents"
    for name in ("covered", "eligible"):
        estimated = name not in counts
        count = counts[f"{name}_estimated" if estimated else name]
        note = _share(count, totals.words_touched, "of those")
        if name == "eligible":
            note = ", ".join(filter(None, (note, _lost(totals))))
        yield f"{name} (estimated)" if estimated else name, _number(count), note
    yield "swapped", f"{totals.swapped:,}", _share(totals.swapped, totals.words_touched, "of those")
    if totals.annotated:
        share = _share(totals.annotated, totals.swapped, "of the swapped")
        yield "annotated", f"{totals.annotated:,}", share
    if len(totals.swapped_by_language) > 1:
        for language, swapped in totals.swapped_by_language.items():
            documents = totals.documents_by_language.get(language)
            note = "" if documents is None else f"in {documents:,} documents"
            yield f"swapped, {language}", f"{swapped:,}", note
    yield "ratio asked", f"{policy.ratio:.4f}", f"of {policy.of}"
    yield "ratio achieved", *_achieved(counts, totals, policy)
    if done := report.bytes_done_now:
        yield "speed", f"{done / seconds / 1e6:.1f} MB/s", f"{done / 1e6:,.1f} MB of shards"
    for part in spec.lexicons.parts:
        yield "lexicon", f"{part.name} ({part.licence})", ""
    yield "output", spec.shown, ""


def _achieved(counts: dict[str, Any], totals: Totals, policy: Policy) -> tuple[str, str]:
    if policy.of == OF_WORDS:
        ratio = totals.ratio_achieved
        return ("-" if ratio is None else f"{ratio:.4f}"), "of words"
    eligible = counts["eligible_estimated"]
    ratio = totals.swapped / eligible if eligible else None
    return ("-" if ratio is None else f"{ratio:.4f}"), "of eligible words, as drawn"


def _lost(totals: Totals) -> str:
    """What takes most of the covered words that may not be swapped."""
    most = sorted(totals.lost.items(), key=lambda item: -item[1])[:3]
    return f"lost to {', '.join(rule for rule, _ in most)}" if most else ""


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _share(count: int | None, of: int, what: str) -> str:
    return "" if count is None or not of else f"{count / of:.1%} {what}"


def _remarks(spec: RunSpec, totals: Totals) -> Iterator[str]:
    for line in spec.lexicons.report_lines()[1:]:
        yield f"lexicon: {line}"
    if totals.records_written and not totals.documents:
        yield (
            "No record had a text to swap words in: every text was null, or no record met the "
            "condition of --where."
        )
    if totals.words_touched and totals.words_short / totals.words_touched > NOTICEABLE:
        yield (
            f"The lexicon caps the ratio: {totals.documents_capped:,} of "
            f"{totals.documents_touched:,} touched documents have fewer eligible words than "
            f"{spec.policy.ratio:g} of their words, so {totals.words_short:,.0f} swaps are "
            f"missing ({totals.words_short / totals.words_touched:.1%} of the words). "
            f"A larger lexicon, or a lower --ratio, closes the gap."
        )
