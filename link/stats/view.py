"""The figures of `link stats` for people: cards and tables, which a terminal or a page shows.

A row may have a bar, which only a page shows: spans of 0 to 1, the widest first; a page cuts them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from link.printable import counted, size_text

Figures = Mapping[str, Any]
Row = Sequence[str]
Bar = Sequence[tuple[float, float]]

BOTH, PAGE, LIST = "both", "page", "list"
"""Where a section is shown: both; on pages alone; both, but on terminals as running text."""

MOST_RANKS = 12
MOST_SHARDS = 200


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a heading. `columns`: none where rows are names and values."""

    title: str
    rows: Sequence[Row]
    columns: tuple[str, ...] = ()
    bars: Sequence[Bar] = ()
    note: str = ""
    mark: float | None = None  # a place on the bars
    where: str = BOTH


@dataclass(frozen=True, slots=True)
class View:
    """`main`: name, value and note; those named in `cards` are shown large on a page."""

    title: str
    facts: list[tuple[str, str]]
    main: list[tuple[str, str, str]]
    cards: tuple[str, ...]
    sections: list[Section]
    remarks: list[str]


def view_of(figures: Figures) -> View:
    """A view of the figures of shards, or of a run."""
    sections = _sections_of_run(figures) if "run" in figures else _sections(figures)
    kept = [section for section in sections if section.rows or section.note]
    if "run" in figures:
        title = f"What the run {figures['run']} achieved"
        main, remarks = list(_achieved(figures)), _remarks_of_run(figures)
        cards: tuple[str, ...] = ("ratio achieved", "portion achieved", "swapped", "documents")
    else:
        names = ", ".join(lexicon["name"] for lexicon in figures["lexicons"])
        title, main, remarks = f"What {names} reaches", list(_main(figures)), _remarks(figures)
        cards = ("token coverage", "type coverage", "eligible", "ratio expected")
        cards += ("documents", "words", "text after", "tokens after / before")
    return View(title, list(_facts(figures)), main, cards, kept, list(remarks))


def _facts(figures: Figures) -> Iterator[tuple[str, str]]:
    inputs = figures.get("inputs")
    if inputs:
        given = inputs["inputs"]
        more = f" and {len(given) - 5:,} more" if len(given) > 5 else ""
        yield "input", f"{', '.join(given[:5])}{more} ({counted(inputs['shards'], 'shard')})"
    for lexicon in figures["lexicons"]:
        yield "lexicon", f"{lexicon['name']} ({lexicon['licence']})"
    policy = figures["policy"]
    portion = f", portion {policy['portion']:g}" if policy["portion"] < 1 else ""
    yield "ratio", f"{policy['ratio']:g} of {policy['of']}{portion}"


# --- of shards -----------------------------------------------------------------------------------


def _main(figures: Figures) -> Iterator[tuple[str, str, str]]:
    errors = (figures["sample"] or {}).get("errors", {})
    policy, inputs, tokens = figures["policy"], figures["inputs"], figures["tokens"]

    def off(name: str) -> str:
        """How far a sample's figure may be off."""
        error = errors.get(name, 0)
        if error is None:
            return "± unknown"
        return "" if name not in errors else f"± {error:.4f}" if error < 1 else f"± {error:,.0f}"

    shards = inputs["shards"]
    failed = f"{len(inputs['failed']):,} failed" if inputs["failed"] else ""
    found = f"of {inputs['shards_found']:,}" if inputs["shards_found"] != shards else ""
    yield "shards", f"{shards:,}", ", ".join(filter(None, (found, failed)))
    if inputs["bad_records"]:
        yield "bad records", f"{inputs['bad_records']:,}", "skipped"
    touched = figures["documents_touched"]
    note = "" if touched == figures["documents"] else f"{touched:,} to be touched"
    yield "documents", f"{figures['documents']:,}", note
    yield "words", f"{figures['words']:,}", off("words")
    exact = "" if figures["word_types_exact"] else "at least" if errors else "about"
    yield "word types", f"{figures['word_types']:,}", exact
    yield "token coverage", percent(figures["token_coverage"]), off("token_coverage") or "of words"
    yield "type coverage", percent(figures["type_coverage"]), "of the sample" if errors else ""
    yield "eligible", percent(figures["eligible_share"]), off("eligible_share") or "of words"
    quantiles = [value for value in figures["reachable_quantiles"].values() if value is not None]
    spread = f"documents from {quantiles[0]:.2f} to {quantiles[-1]:.2f}" if quantiles else ""
    yield "ratio reachable", number(figures["reachable_ratio"]), spread
    yield "ratio asked", f"{policy['ratio']:.4f}", f"of {policy['of']}"
    yield "ratio expected", number(figures["ratio_expected"]), off("ratio_expected")
    if figures["documents_short"] is not None:
        yield "short of it", f"{figures['documents_short']:,}", "documents"
    yield "swaps expected", f"{figures['swapped_expected']:,.0f}", off("swapped_expected")
    before, after = figures["bytes_text"], figures["bytes_text_after"]
    grown = f"{after / before - 1:+.1%} of {size_text(before)}" if before else ""
    yield "text after", size_text(after), grown
    unseen = f"{figures['headwords_unseen']:,} never seen"
    yield "headwords", f"{figures['headwords']:,}", unseen
    per_word = figures["translations_per_covered_word"]
    a_headword = f"{figures['translations_per_headword']:.2f}"
    yield "translations", a_headword, f"a headword, {per_word:.2f} a running word"
    if tokens is not None:
        yield "tokens after / before", number(tokens["budget_factor"]), off("tokens.budget_factor")


def _sections(figures: Figures) -> Iterator[Section]:
    errors = (figures["sample"] or {}).get("errors", {})
    asked, by = figures["policy"]["ratio"], figures["by"]
    shares = {
        "covered": "token_coverage",
        "eligible": "eligible_share",
        "swapped": "ratio_expected",
    }
    known = {
        said: (figures[name], errors.get(name) or 0.0)
        for said, name in shares.items()
        if figures[name] is not None
    }
    yield Section(
        "Of the running words",
        [(said, percent(v), *([f"± {e:.4f}"] if e else [])) for said, (v, e) in known.items()],
        bars=[[(0, v), *([(v - e, v + e)] if e else [])] for v, e in known.values()],
        where=PAGE,
    )
    ranks = [row for row in figures["coverage_by_rank"] if row[1]]
    ranks = [*ranks[:: max(1, len(ranks) // MOST_RANKS)][:-1], *ranks[-1:]]
    yield Section(
        "Coverage by frequency rank",
        [(f"{r:,}", f"{words:,}", percent(covered / words)) for r, words, covered in ranks],
        ("most frequent", "words", "covered"),
        [[(0, covered / words)] for _, words, covered in ranks],
        where=PAGE,
    )
    lost = {name: count for name, count in figures["lost"].items() if count}
    yield _counted("Covered words that the rules take away", lost, figures["words"])
    yield _counted("Swaps by part of speech", figures["pos"])
    bins = [row for row in figures["ratio_histogram"] if row[2]]
    yield Section(
        "Ratio of documents",
        [(f"{percent(low)} to {percent(high)}", f"{count:,}") for low, high, count in bins],
        ("swapped", "documents"),
        _bars([count for *_, count in bins]),
        "Touched documents by the share of their words that is swapped.",
        where=PAGE,
    )
    reach = figures["reach_by_length"]
    yield Section(
        "Reach by length of document",
        [(f"{r[0]:,} to {r[1]:,}", f"{r[2]:,}", *map(percent, r[3:])) for r in reach],
        ("words", "documents", *figures["reachable_quantiles"]),
        [[(r[3], r[7]), (r[4], r[6]), (r[5] - 0.004, r[5] + 0.004)] for r in reach],
        "The highest ratio that documents can reach, by quantile of documents. The line is the "
        "ratio asked for.",
        asked,
        PAGE,
    )
    if figures["tokens"] is not None:
        yield _tokens(figures["tokens"])
    if len(figures["languages"]) > 1:
        yield _groups("By language", "language", figures["languages"], asked)
    if by is not None:
        yield _groups(f"By {by['field']}", by["field"], by["values"], asked)
    yield _words("Most frequent words that no lexicon covers", figures["top_uncovered"])
    yield _words("Most frequent covered words", figures["top_covered"])
    unseen = [(headword,) for headword in figures["headwords_unseen_examples"]]
    yield Section("Some headwords that never occur", unseen, where=LIST)
    policy = [(name.replace("_", " "), _text(value)) for name, value in figures["policy"].items()]
    yield Section("Policy", policy, where=PAGE)


def _tokens(tokens: Figures) -> Section:
    says = {
        "tokens": ("", _text),
        "tokens a word": ("fertility_", number),
        "unknown": ("unknown_", percent),
        "byte fallback": ("byte_fallback_", percent),
        "documents in 1B tokens": ("documents_in_budget_", _text),
    }
    rows = [
        (said, say(tokens[f"{name}before"]), say(tokens[f"{name}after"]))
        for said, (name, say) in says.items()
    ]
    return Section(f"Tokens, by {tokens['name']}", rows, ("", "before", "after"))


def _groups(title: str, name: str, groups: Mapping[str, Figures], asked: float) -> Section:
    if any("documents" not in own for own in groups.values()):  # each word draws its language
        rows: list[Row] = [
            (value, _text(own["swapped"]), percent(own["share_of_swaps"]))
            for value, own in groups.items()
        ]
        return Section(title, rows, (name, "swapped", "share of swaps"))
    says = {
        "documents": ("documents", _text),
        "words": ("words", _text),
        "token_coverage": ("covered", percent),
        "reachable_ratio": ("reachable", number),
        "ratio_expected": ("expected", number),
    }
    rows = [
        (value, *(say(own[each]) for each, (_, say) in says.items()))
        for value, own in groups.items()
    ]
    bars = [[(0, own[each] or 0) for each in list(says)[2:]] for own in groups.values()]
    return Section(title, rows, (name, *(said for said, _ in says.values())), bars, mark=asked)


def _words(title: str, rows: Sequence[Sequence[Any]]) -> Section:
    return Section(
        title,
        [(row[0], f"{row[1]:,}", ", ".join(row[2:])) for row in rows],
        bars=_bars([row[1] for row in rows]),
        where=LIST,
    )


def _counted(title: str, counts: Mapping[str, int], whole: int | None = None) -> Section:
    """Named counts, the largest first, and their shares of a whole, or of all."""
    rows = sorted(counts.items(), key=lambda one: -one[1])
    whole = whole or sum(counts.values())
    shown = [(name, f"{count:,}", f"{count / whole:.2%}") for name, count in rows]
    return Section(title, shown, bars=_bars([count for _, count in rows]))


def _remarks(figures: Figures) -> Iterator[str]:
    inputs, sample = figures["inputs"], figures["sample"]
    if inputs["bad_records"]:
        reasons = "; ".join(inputs["bad_reasons"])
        yield f"{inputs['bad_records']:,} bad records were skipped. {reasons}"
    for failed in inputs["failed"]:
        yield f"failed: {failed['reason']}"
    if sample is not None:
        yield (
            f"A sample: {sample['documents']:,} of {sample['documents_seen']:,} documents, "
            f"{size_text(sample['bytes'])} of text. ± holds in {sample['confidence']:.0%} of "
            f"samples. Types and headwords are those of the sample."
        )


# --- of a run ------------------------------------------------------------------------------------


def _achieved(figures: Figures) -> Iterator[tuple[str, str, str]]:
    yield "documents", f"{figures['documents']:,}", f"{figures['documents_touched']:,} touched"
    yield "words", f"{figures['words']:,}", f"{figures['words_touched']:,} in touched documents"
    yield "swapped", f"{figures['swapped']:,}", ""
    yield "ratio asked", f"{figures['ratio_asked']:.4f}", f"of {figures['policy']['of']}"
    note = "" if figures["is_within_tolerance"] else "MISSED"
    yield "ratio achieved", number(figures["ratio_achieved"]), note
    if figures["documents_capped"]:
        yield "capped", f"{figures['documents_capped']:,}", "documents have too few eligible words"
        yield "swaps missing", f"{figures['words_short']:,}", ""
    yield "portion asked", f"{figures['portion_asked']:.4f}", ""
    yield "portion achieved", number(figures["portion_achieved"]), ""


def _sections_of_run(figures: Figures) -> Iterator[Section]:
    shards, missing = figures["shards"], figures["shards_missing_the_ratio"]
    if missing:
        some = "1 shard misses" if missing == 1 else f"{missing:,} shards miss"
        first = "it comes" if missing == 1 else "they come"
        note = f"{some} the ratio by more than {figures['tolerance']:g}; {first} first"
    elif any(shard["ratio_achieved"] is not None for shard in shards):
        note = "Every shard has the ratio that was asked for, as far as chance allows"
    else:
        note = "No word was touched"
    more = len(shards) - MOST_SHARDS
    names = ("documents_touched", "words_touched", "swapped")
    yield Section(
        "Shards",
        [
            (
                shard["shard"],
                *(_text(shard[name]) for name in names),
                number(shard["ratio_achieved"]),
                "" if shard["is_within_tolerance"] else "MISSED",
            )
            for shard in shards[:MOST_SHARDS]
        ],
        ("shard", "documents", "words", "swapped", "achieved", ""),
        [[(0, shard["ratio_achieved"] or 0)] for shard in shards[:MOST_SHARDS]],
        f"{note}. {more:,} more in the JSON" if more > 0 else note,
        figures["ratio_asked"],
    )
    if len(figures["languages"]) > 1:
        rows = [
            (code, f"{own['swapped']:,}", percent(own["share_of_swaps"]), _text(own["documents"]))
            for code, own in figures["languages"].items()
        ]
        yield Section("By language", rows, ("language", "swapped", "share", "documents"))


def _remarks_of_run(figures: Figures) -> Iterator[str]:
    for failure in figures["failed"]:
        yield f"failed: {failure.get('reason', failure)}"


# --- how values are said -------------------------------------------------------------------------


def _bars(values: Sequence[float]) -> list[Bar]:
    """From 0, the largest value the whole width."""
    return [[(0, value / max(values))] for value in values]


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {None: "-", True: "yes", False: "no"}[value]
    return f"{value:,}" if isinstance(value, int) else str(value)
