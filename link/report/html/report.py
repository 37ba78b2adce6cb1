"""The view of the report's page: what `link stats` has counted, as cards, plots and tables.

Every part is made from the keys it needs, and left out where one of them is absent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from link.report.html import plots
from link.report.html.plots import Figure, count, percent
from link.report.text import shown

Stats = Mapping[str, Any]
MOST_BARS = 20


@dataclass(frozen=True, slots=True)
class Card:
    """One figure, large."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first column names the row; without `columns` the rows are pairs of name and value."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Plots and tables under one heading."""

    heading: str
    text: str = ""
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def view_of(stats: Stats) -> dict[str, Any]:
    """What `report.html` shows."""
    stats = _readable(stats)
    sections = [section for make in SECTIONS if (section := make(stats)) is not None]
    return {
        "kind": "LINK corpus report",
        "title": _title(stats),
        "facts": list(_facts(stats)),
        "remarks": list(_remarks(stats)),
        "cards": list(_cards(stats)),
        "sections": sections,
    }


def _readable(value: Any) -> Any:
    """The same with all text made readable: what HTML and SVG cannot hold is spelled out."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, Mapping):
        return {_readable(key): _readable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(each) for each in value]
    return value


# --- the head ------------------------------------------------------------------------------------


def _title(stats: Stats) -> str:
    names = [_name_of(lexicon) for lexicon in stats.get("lexicons") or []]
    return f"What {', '.join(names)} reaches" if names else "What the lexicon reaches"


def _name_of(lexicon: Any) -> str:
    return str(lexicon.get("name", "a lexicon")) if isinstance(lexicon, Mapping) else str(lexicon)


def _facts(stats: Stats) -> Iterator[tuple[str, str]]:
    inputs = stats.get("inputs") or {}
    given = inputs.get("inputs") if isinstance(inputs, Mapping) else inputs
    if given:
        more = f" and {len(given) - 5:,} more" if len(given) > 5 else ""
        shards = f" ({inputs['shards']:,} shards)" if isinstance(inputs, Mapping) else ""
        yield "input", ", ".join(map(str, given[:5])) + more + shards
    for lexicon in stats.get("lexicons") or []:
        licence = lexicon.get("licence") if isinstance(lexicon, Mapping) else None
        yield "lexicon", _name_of(lexicon) + (f" ({licence})" if licence else "")
    policy = stats.get("policy")
    if policy:
        asked = f"{policy['ratio']:g} of {policy.get('of', 'words')}" if "ratio" in policy else ""
        portion = f"portion {policy['portion']:g}" if policy.get("portion", 1) != 1 else ""
        yield "ratio", ", ".join(filter(None, (asked, portion)))
    sample = stats.get("sample")
    if sample:
        seen = f"{sample['documents']:,} documents" if "documents" in sample else "a part"
        share = f", {percent(sample['share'])} of the text" if sample.get("share") else ""
        yield "sample", f"{seen}{share}; all sums are estimates for the whole"


def _remarks(stats: Stats) -> Iterator[str]:
    short, documents = stats.get("documents_short"), stats.get("documents")
    if short and documents:
        yield (
            f"{short:,} of {documents:,} documents ({percent(short / documents)}) have too few "
            f"eligible words for the ratio that is asked for."
        )
    inputs = stats.get("inputs")
    if not isinstance(inputs, Mapping):
        return
    if inputs.get("bad_records"):
        reasons = "; ".join(map(str, inputs.get("bad_reasons") or []))
        yield f"{inputs['bad_records']:,} bad records were passed over. {reasons}"
    for failed in inputs.get("failed") or []:
        yield f"failed: {failed.get('reason', failed)}"


def _cards(stats: Stats) -> Iterator[Card]:
    seen = " in the sample" if stats.get("sample") else ""
    shares = (
        ("Coverage by token", "token_coverage", "of running words"),
        ("Coverage by type", "type_coverage", f"of different words{seen}"),
        ("Eligible", "eligible_share", "of running words"),
    )
    for name, key, note in shares:
        if _has(stats, key):
            yield Card(name, percent(stats[key]), note + _plus_minus(stats, key))
    if _has(stats, "ratio_expected"):
        asked = (stats.get("policy") or {}).get("ratio")
        note = "" if asked is None else f"asked: {asked:g}"
        note += _plus_minus(stats, "ratio_expected", in_points=False)
        yield Card("Ratio expected", f"{stats['ratio_expected']:.4f}", note)
    if _has(stats, "documents"):
        short = stats.get("documents_short")
        yield Card("Documents", count(stats["documents"]), f"{short:,} short" if short else "")
    if _has(stats, "words"):
        types = stats.get("word_types")
        about = "" if stats.get("word_types_exact", True) else "about "
        note = f"{about}{count(types)} different{seen}" if types else ""
        yield Card("Words", count(stats["words"]), note)
    if stats.get("bytes_text") and stats.get("bytes_text_after"):
        growth = stats["bytes_text_after"] / stats["bytes_text"] - 1
        yield Card("Text grows", f"{growth:+.1%}", f"from {count(stats['bytes_text'])} bytes")
    tokens = stats.get("tokens") or {}
    if isinstance(tokens, Mapping) and _has(tokens, "budget_factor"):
        note = "for the same documents"
        note += _plus_minus(stats, "tokens.budget_factor", in_points=False)
        yield Card("Tokens", f"× {tokens['budget_factor']:.3f}", note)


def _plus_minus(stats: Stats, key: str, *, in_points: bool = True) -> str:
    error = ((stats.get("sample") or {}).get("errors") or {}).get(key)
    if not isinstance(error, int | float) or not error:
        return ""
    return f", ±\u00a0{error * 100:.2g}\u00a0points" if in_points else f", ±\u00a0{error:.2g}"


# --- the sections --------------------------------------------------------------------------------


def _coverage(stats: Stats) -> Section | None:
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
    rows = [(said, float(stats[key]), key) for said, key in named if _has(stats, key)]
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
    return _counted(stats.get("lost"), "lost", "Covered words that each rule takes", "rule")


def _by_part_of_speech(stats: Stats) -> Figure | None:
    return _counted(stats.get("pos"), "pos", "Covered words by part of speech", "part of speech")


def _reach(stats: Stats) -> Section | None:
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


def _words(stats: Stats) -> Section | None:
    figures = [
        _top(stats.get("top_uncovered"), "uncovered", "Most frequent words without headword"),
        _top(stats.get("top_covered"), "covered", "Most frequent covered words"),
    ]
    kept = [each for each in figures if each]
    text = "What a larger lexicon would have to hold first, and what most swaps are made of."
    return Section("Words", text, kept) if kept else None


def _top(rows: Any, number: str, title: str) -> Figure | None:
    if not rows:
        return None
    has_more = any(len(row) > 2 for row in rows)
    most = [(str(row[0]), row[1]) for row in rows[:MOST_BARS]]
    description = "The first three: " + ", ".join(f"{form} {n:,}" for form, n in most[:3]) + "."
    columns = ("word", "times", "translations") if has_more else ("word", "times")
    table = tuple(
        (str(row[0]), f"{row[1]:,}", *((_translations(row[2:]),) if has_more else ()))
        for row in rows
    )
    style = "bar other" if number == "uncovered" else "bar"
    svg = plots.bars(number, title, description, most, style=style)
    note = "" if len(rows) <= MOST_BARS else f"{MOST_BARS} of {len(rows):,}; all in the numbers."
    return Figure(title, svg, columns, table, note)


def _translations(values: Sequence[Any]) -> str:
    """Whether they come one by one, in a list, or as a mere number."""
    flat: list[str] = []
    for value in values:
        flat += map(str, value) if isinstance(value, list) else [str(value)]
    return ", ".join(flat)


def _languages(stats: Stats) -> Section | None:
    languages = stats.get("languages") or {}
    if len(languages) < 2:
        return None
    figures = []
    swapped = {
        name: each["swapped"] if isinstance(each, Mapping) else each
        for name, each in languages.items()
        if not isinstance(each, Mapping) or _has(each, "swapped")
    }
    figure = _counted(swapped, "languages", "Swapped words by language", "language")
    figures += [figure] if figure else []
    table = _table_of("language", languages)
    return Section("Languages", "What is swapped for which language.", figures, [table])


def _tokens(stats: Stats) -> Section | None:
    given = stats.get("tokens")
    if not given:
        return None
    figures, tables = [], []
    for place, tokens in enumerate(given if isinstance(given, list) else [given]):
        name = str(tokens.get("name", "tokenizer"))
        if _has(tokens, "fertility_before") and _has(tokens, "fertility_after"):
            figures.append(_fertility(stats, tokens, name, place))
        facts = [
            (_said(key), _figure(key, value)) for key, value in tokens.items() if key != "sha256"
        ]
        tables.append(Table((), tuple(facts)))
    text = (
        "What the swaps cost in tokens: the budget factor says how many times as many a run will "
        "see for the same documents."
    )
    return Section("Tokens", text, figures, tables)


def _fertility(stats: Stats, tokens: Stats, name: str, place: int) -> Figure:
    rows = [(when, float(tokens[f"fertility_{when}"])) for when in ("before", "after")]
    known = (stats.get("sample") or {}).get("errors") or {}
    errors = [float(known.get(f"tokens.fertility_{when}") or 0.0) for when, _ in rows]
    title = f"Fertility, {name}"
    description = f"Tokens a word: {rows[0][1]:.3f} before, {rows[1][1]:.3f} after."
    svg = plots.bars(
        f"tokens-{place}",
        title,
        description,
        rows,
        "{:.3f}".format,
        errors=errors if any(errors) else (),
    )
    table = tuple((when, f"{value:.4f}") for when, value in rows)
    return Figure(title, svg, ("", "tokens a word"), table, "Tokens a word.")


def _by(stats: Stats) -> Section | None:
    by = stats.get("by") or {}
    values = by.get("values")
    if not values:
        return None
    name = str(by.get("field", "source"))
    figures = []
    for key, said in (("token_coverage", "Coverage by token"), ("ratio_expected", "Ratio")):
        rows = [(label, each[key]) for label, each in values.items() if _has(each, key)]
        if len(rows) > 1:
            most = sorted(rows, key=lambda row: -row[1])[:MOST_BARS]
            title = f"{said}, by {name}"
            description = ", ".join(f"{label} {percent(value)}" for label, value in most[:5])
            svg = plots.bars(f"by-{key}", title, description, most, percent)
            table = tuple((label, percent(value)) for label, value in most)
            figures.append(Figure(title, svg, (name, said), table))
    found = by.get("values_found")
    text = f"{found:,} values; the most frequent ones." if found and found > len(values) else ""
    return Section(f"By {name}", text, figures, [_table_of(name, values)])


def _lexicon(stats: Stats) -> Section | None:
    facts = [
        ("headwords", "headwords", "{:,}"),
        ("headwords seen in the text", "headwords_seen", "{:,}"),
        ("translations a headword", "translations_per_headword", "{:.2f}"),
        ("translations a covered word", "translations_per_covered_word", "{:.2f}"),
    ]
    rows = [(said, form.format(stats[key])) for said, key, form in facts if _has(stats, key)]
    unseen = stats.get("headwords_unseen_examples")
    if unseen:
        rows.append(("headwords not seen, for example", ", ".join(map(str, unseen))))
    return Section("Lexicon", "", [], [Table((), tuple(rows))]) if rows else None


def _policy(stats: Stats) -> Section | None:
    policy = stats.get("policy")
    if not policy:
        return None
    rows = tuple((_said(key), _value(value)) for key, value in policy.items())
    return Section("Policy", "What the figures are for.", [], [Table((), rows)])


SECTIONS: tuple[Callable[[Stats], Section | None], ...] = (
    _coverage,
    _reach,
    _words,
    _languages,
    _tokens,
    _by,
    _lexicon,
    _policy,
)


# --- what they share -----------------------------------------------------------------------------


def _counted(counts: Any, number: str, title: str, column: str) -> Figure | None:
    """Bars of named counts, the largest first."""
    known = {
        name: each
        for name, each in (counts or {}).items()
        if isinstance(each, int | float) and each
    }
    if not known:
        return None
    rows = sorted(known.items(), key=lambda item: -item[1])[:MOST_BARS]
    total = sum(known.values())
    description = ", ".join(f"{name} {each:,}" for name, each in rows[:5])
    return Figure(
        title,
        plots.bars(number, title, description, rows),
        (column, "words", "share"),
        tuple((name, f"{each:,}", percent(each / total)) for name, each in rows),
    )


def _table_of(name: str, values: Mapping[str, Any]) -> Table:
    """A row a value; a value is a number, or has several under names."""
    if not all(isinstance(each, Mapping) for each in values.values()):
        return Table(
            (name, "words"), tuple((label, _value(each)) for label, each in values.items())
        )
    columns = [key for key in COLUMNS if any(_has(each, key) for each in values.values())]
    rows = [
        (label, *(_figure(key, each.get(key)) for key in columns)) for label, each in values.items()
    ]
    return Table((name, *map(_said, columns)), tuple(rows))


COLUMNS = (
    *("documents", "documents_short", "words", "token_coverage", "eligible_share"),
    *("ratio_expected", "swapped", "tokens_before", "tokens_after"),
)
"""What is told of each source and language."""

SHARES = (
    *("token_coverage", "type_coverage", "eligible_share"),
    *("unknown_before", "unknown_after", "byte_fallback_before", "byte_fallback_after"),
)


def _figure(key: str, value: Any) -> str:
    is_number = isinstance(value, int | float)
    return percent(value) if key in SHARES and is_number else _value(value)


def _has(stats: Stats, key: str) -> bool:
    return isinstance(stats.get(key), int | float)


def _said(key: str) -> str:
    return str(key).replace("_", " ")


def _value(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    return str(value)
