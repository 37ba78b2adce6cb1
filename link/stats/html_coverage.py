"""The sections of a report on coverage, and on the ratio that documents have and can reach.

Every part is made from the keys it needs, and left out where one of them is absent.
"""

from collections.abc import Sequence

from link.stats import plots
from link.stats.html_parts import Section, Stats, Table, counted, has_number
from link.stats.plots import Figure, percent


def coverage(stats: Stats) -> Section | None:
    """How much the lexicon covers."""
    made = (_by_rank(stats), _shares(stats), _lost(stats), _by_part_of_speech(stats))
    figures = [each for each in made if each]
    text = (
        "How much of the running text the lexicon has a headword for, and how much of that may be "
        "swapped."
    )
    return Section("Coverage", text, figures) if figures else None


def _by_rank(stats: Stats) -> Figure | None:
    ranks = [row for row in stats.get("coverage_by_rank") or [] if row[1]]
    if not ranks:
        return None
    points = [(row[0], row[2] / row[1]) for row in ranks]
    title = "Coverage by frequency rank"
    last = percent(points[-1][1])
    description = (
        f"Share of running words that are covered, among the most frequent words up to each rank: "
        f"{percent(points[0][1])} at rank {points[0][0]:,}, {last} of all."
    )
    labels = ("the most frequent words up to this rank", "covered")
    return Figure(
        title,
        plots.line("rank", title, description, points, labels),
        ("rank", "words up to it", "covered", "share"),
        tuple(
            (f"{row[0]:,}", f"{row[1]:,}", f"{row[2]:,}", percent(row[2] / row[1])) for row in ranks
        ),
        f"Of the running words among the most frequent ones, how many are covered; {last} of all.",
        is_tall=True,
    )


def _shares(stats: Stats) -> Figure | None:
    """The shares of the running words, one within the other, with the errors of a sample."""
    named = (
        ("covered", "token_coverage"),
        ("eligible", "eligible_share"),
        ("swapped", "ratio_expected"),
    )
    rows = [(said, float(stats[key]), key) for said, key in named if has_number(stats, key)]
    if len(rows) < 2:
        return None
    known = (stats.get("sample") or {}).get("errors") or {}
    errors = [float(known.get(key) or 0.0) for _, _, key in rows]
    title = "Of the running words"
    description = ", ".join(f"{percent(value)} {said}" for said, value, _ in rows)
    shown_errors = errors if any(errors) else []
    svg = plots.bars(
        "shares",
        title,
        description,
        [(said, value) for said, value, _ in rows],
        percent,
        errors=shown_errors,
    )
    columns = ("words", "share", "error") if shown_errors else ("words", "share")
    table = tuple(
        (said, f"{value:.4f}", *((f"{error:.5f}",) if shown_errors else ()))
        for (said, value, _), error in zip(rows, errors, strict=True)
    )
    confidence = (stats.get("sample") or {}).get("confidence")
    note = "The lines at the ends of the bars are the errors of the sample, to each side"
    note += f" ({percent(confidence)} confidence)." if confidence else "."
    return Figure(title, svg, columns, table, note if shown_errors else "")


def _lost(stats: Stats) -> Figure | None:
    """Covered words that may not be swapped, by the rule that takes them away."""
    return counted(stats.get("lost"), "lost", "Covered words that each rule takes", "rule")


def _by_part_of_speech(stats: Stats) -> Figure | None:
    return counted(stats.get("pos"), "pos", "Covered words by part of speech", "part of speech")


def reach(stats: Stats) -> Section | None:
    """The ratio of documents, and how far it could go."""
    figures = [each for each in (_ratios(stats), _by_length(stats)) if each]
    tables = [table for table in (_quantiles(stats),) if table]
    text = (
        "The ratio over documents, and how far it could be raised: a document with few eligible "
        "words cannot reach a high one."
    )
    return Section("Ratio and reach", text, figures, tables) if figures or tables else None


def _ratios(stats: Stats) -> Figure | None:
    bins = stats.get("ratio_histogram") or []
    if not any(number for *_, number in bins):
        return None
    title = "Ratio of documents"
    asked = (stats.get("policy") or {}).get("ratio")
    total = sum(number for *_, number in bins)
    fullest = max(bins, key=lambda each: each[2])
    description = (
        f"How many of {total:,} touched documents have which ratio; most lie between "
        f"{percent(fullest[0])} and {percent(fullest[1])}."
    )
    mark = None if asked is None else (float(asked), f"asked: {asked:g}")
    labels = ("swapped words of a document's words", "documents")
    return Figure(
        title,
        plots.histogram("ratios", title, description, bins, labels, mark),
        ("ratio", "documents", "share"),
        tuple(
            (f"{percent(low)} to {percent(high)}", f"{number:,}", percent(number / total))
            for low, high, number in bins
            if number
        ),
        "Touched documents by the share of their words that is swapped.",
        is_tall=True,
    )


def _by_length(stats: Stats) -> Figure | None:
    rows = [row for row in stats.get("reach_by_length") or [] if row[2] and None not in row]
    if len(rows) < 2:
        return None
    levels = _levels(stats, len(rows[0]) - 3)
    title = "Reach by length of document"
    description = (
        f"Quantiles of the highest ratio that documents could reach, by their number of words: "
        f"the middle one is {percent(rows[0][3 + len(levels) // 2])} in the shortest and "
        f"{percent(rows[-1][3 + len(levels) // 2])} in the longest documents."
    )
    asked = (stats.get("policy") or {}).get("ratio")
    mark = None if asked is None else (float(asked), f"asked: {asked:g}")
    quantiles = [(row[0], row[1], row[3:]) for row in rows]
    labels = ("words of a document", "eligible")
    note = f"The line is the median; the bands lie between the quantiles {_pairs(levels)}."
    return Figure(
        title,
        plots.bands("length", title, description, quantiles, labels, mark),
        ("words", "documents", *levels),
        tuple((f"{row[0]:,} to {row[1]:,}", f"{row[2]:,}", *map(percent, row[3:])) for row in rows),
        note,
        is_tall=True,
    )


def _levels(stats: Stats, number: int) -> list[str]:
    """The names of the quantiles in a row of `reach_by_length`."""
    named = list(stats.get("reach_quantiles") or stats.get("reachable_quantiles") or [])
    return named if len(named) == number else [f"quantile {n + 1}" for n in range(number)]


def _pairs(levels: Sequence[str]) -> str:
    half = len(levels) // 2
    return " and ".join(f"{levels[n]} to {levels[-1 - n]}" for n in range(half))


def _quantiles(stats: Stats) -> Table | None:
    quantiles = stats.get("reachable_quantiles")
    if not quantiles:
        return None
    return Table(
        ("quantile of documents", *quantiles),
        (("reach", *(percent(each) for each in quantiles.values())),),
        "The highest ratio that documents could reach.",
    )
