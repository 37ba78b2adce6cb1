"""The other sections of a report: words, languages, tokens, sources, lexicon, policy.

Every part is made from the keys it needs, and left out where one of them is absent.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from link.stats import plots
from link.stats.html_parts import (
    MOST_BARS,
    Section,
    Stats,
    Table,
    counted,
    has_number,
    said_of,
    table_of,
    text_of,
    text_of_figure,
)
from link.stats.plots import Figure, percent


def words_section(stats: Stats) -> Section | None:
    """What is most frequent, with a headword and without."""
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


def languages_section(stats: Stats) -> Section | None:
    """What is swapped for which language, if there are several."""
    languages = stats.get("languages") or {}
    if len(languages) < 2:
        return None
    figures = []
    swapped = {
        name: each["swapped"] if isinstance(each, Mapping) else each
        for name, each in languages.items()
        if not isinstance(each, Mapping) or has_number(each, "swapped")
    }
    figure = counted(swapped, "languages", "Swapped words by language", "language")
    figures += [figure] if figure else []
    table = table_of("language", languages)
    return Section("Languages", "What is swapped for which language.", figures, [table])


def tokens_section(stats: Stats) -> Section | None:
    """What the swaps cost in tokens, if a tokenizer counted them."""
    given = stats.get("tokens")
    if not given:
        return None
    figures, tables = [], []
    for place, tokens in enumerate(given if isinstance(given, list) else [given]):
        name = str(tokens.get("name", "tokenizer"))
        if has_number(tokens, "fertility_before") and has_number(tokens, "fertility_after"):
            figures.append(_fertility(stats, tokens, name, place))
        facts = [
            (said_of(key), text_of_figure(key, value))
            for key, value in tokens.items()
            if key != "sha256"
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


def by_section(stats: Stats) -> Section | None:
    """Figures of each value of the field that was asked for."""
    by = stats.get("by") or {}
    values = by.get("values")
    if not values:
        return None
    name = str(by.get("field", "source"))
    figures = []
    for key, said in (("token_coverage", "Coverage by token"), ("ratio_expected", "Ratio")):
        rows = [(label, each[key]) for label, each in values.items() if has_number(each, key)]
        if len(rows) > 1:
            most = sorted(rows, key=lambda row: -row[1])[:MOST_BARS]
            title = f"{said}, by {name}"
            description = ", ".join(f"{label} {percent(value)}" for label, value in most[:5])
            svg = plots.bars(f"by-{key}", title, description, most, percent)
            table = tuple((label, percent(value)) for label, value in most)
            figures.append(Figure(title, svg, (name, said), table))
    found = by.get("values_found")
    text = f"{found:,} values; the most frequent ones." if found and found > len(values) else ""
    return Section(f"By {name}", text, figures, [table_of(name, values)])


def lexicon_section(stats: Stats) -> Section | None:
    """What of the lexicon is used."""
    facts = [
        ("headwords", "headwords", "{:,}"),
        ("headwords seen in the text", "headwords_seen", "{:,}"),
        ("translations a headword", "translations_per_headword", "{:.2f}"),
        ("translations a covered word", "translations_per_covered_word", "{:.2f}"),
    ]
    rows = [(said, form.format(stats[key])) for said, key, form in facts if has_number(stats, key)]
    unseen = stats.get("headwords_unseen_examples")
    if unseen:
        rows.append(("headwords not seen, for example", ", ".join(map(str, unseen))))
    return Section("Lexicon", "", [], [Table((), tuple(rows))]) if rows else None


def policy_section(stats: Stats) -> Section | None:
    """The policy that the figures are for."""
    policy = stats.get("policy")
    if not policy:
        return None
    rows = tuple((said_of(key), text_of(value)) for key, value in policy.items())
    return Section("Policy", "What the figures are for.", [], [Table((), rows)])
