"""The figures of `link stats` for the eye: on standard output, plain text where nobody looks.

Everything that comes from data is escaped; nothing is said by colour alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from link.printable import printable, size_text
from link.terminal import StandardOutput

PLAIN_WIDTH = 80
SHOWN_WORDS = 30
SHOWN_SHARDS = 20
SHOWN_GROUPS = 20
_MOST_NAME = 24

Figures = Mapping[str, Any]
Row = Sequence[str]


def print_stats(figures: Figures) -> None:
    """Print the figures of shards, or of a run."""
    console = StandardOutput(highlight=False)
    if not console.is_terminal:
        console = StandardOutput(highlight=False, width=PLAIN_WIDTH, no_color=True)
    for part in _run(figures) if "run" in figures else _shards(figures):
        if isinstance(part, str):
            console.print(Text(printable(part)))
        else:
            console.print(part)


def _shards(figures: Figures) -> Iterator[str | Table]:
    yield _named(_main(figures))
    tokens = figures["tokens"]
    if tokens is not None:
        yield from ("", f"Tokens, by {tokens['name']}", _tokens(tokens))
    lost = [(name, count) for name, count in figures["lost"].items() if count]
    if lost:
        lost.sort(key=lambda one: -one[1])
        yield from ("", "Covered words that the rules take away")
        yield _listed((name, count, figures["words"]) for name, count in lost)
    if figures["pos"]:
        total = sum(figures["pos"].values())
        yield from ("", "Swaps by part of speech")
        yield _listed((name, count, total) for name, count in figures["pos"].items())
    if len(figures["languages"]) > 1:
        yield from ("", "By language", _groups(figures["languages"], "language"))
    by = figures["by"]
    if by is not None:
        yield from ("", f"By {by['field']}")
        yield _groups(by["values"], by["field"])
        if len(by["values"]) > SHOWN_GROUPS:
            yield f"{len(by['values']) - SHOWN_GROUPS} more in the JSON"
    yield from _words("Most frequent words that no lexicon covers", figures["top_uncovered"])
    yield from _words("Most frequent covered words", figures["top_covered"])
    yield from _unseen(figures)
    yield from _sample(figures)


def _main(figures: Figures) -> Iterator[Row]:
    errors = (figures["sample"] or {}).get("errors", {})
    policy, inputs = figures["policy"], figures["inputs"]

    def off(name: str) -> str:
        """How far a sample's figure may be off."""
        error = errors.get(name)
        if name not in errors:
            return ""
        if error is None:
            return "± unknown"
        return f"± {error:.4f}" if error < 1 else f"± {error:,.0f}"

    def share(name: str, of: str) -> str:
        return f"{figures[name] / figures[of]:.1%} of {of}" if figures[of] else ""

    shards = inputs["shards"]
    failed = f"{len(inputs['failed']):,} failed" if inputs["failed"] else ""
    found = f"of {inputs['shards_found']:,}" if inputs["shards_found"] != shards else ""
    yield "shards", f"{shards:,}", ", ".join(filter(None, (found, failed)))
    if inputs["bad_records"]:
        yield "bad records", f"{inputs['bad_records']:,}", "passed over"
    touched = figures["documents_touched"]
    note = "" if touched == figures["documents"] else f"{touched:,} to be touched"
    yield "documents", f"{figures['documents']:,}", note
    yield "words", f"{figures['words']:,}", off("words")
    exact = "" if figures["word_types_exact"] else "at least" if errors else "about"
    yield "word types", f"{figures['word_types']:,}", exact
    coverage = (_share(figures["token_coverage"]), off("token_coverage"))
    yield "token coverage", coverage[0], coverage[1] or share("covered", "words")
    yield "type coverage", _share(figures["type_coverage"]), ""
    yield "eligible", _share(figures["eligible_share"]), off("eligible_share") or "of words"
    quantiles = [value for value in figures["reachable_quantiles"].values() if value is not None]
    spread = f"documents from {quantiles[0]:.2f} to {quantiles[-1]:.2f}" if quantiles else ""
    yield "ratio reachable", _number(figures["reachable_ratio"]), spread
    yield "ratio asked", f"{policy['ratio']:.4f}", f"of {policy['of']}"
    yield "ratio expected", _number(figures["ratio_expected"]), off("ratio_expected")
    if figures["documents_short"] is not None:
        yield "short of it", f"{figures['documents_short']:,}", "documents"
    yield "swaps expected", f"{figures['swapped_expected']:,.0f}", off("swapped_expected")
    before, after = figures["bytes_text"], figures["bytes_text_after"]
    grown = f"{after / before - 1:+.1%} of {size_text(before)}" if before else ""
    yield "text after", size_text(after), grown
    seen = f"{figures['headwords_unseen']:,} never seen"
    yield "headwords", f"{figures['headwords']:,}", seen
    per_word = figures["translations_per_covered_word"]
    yield (
        "translations",
        f"{figures['translations_per_headword']:.2f}",
        (f"a headword, {per_word:.2f} a running word"),
    )


def _tokens(tokens: Figures) -> Table:
    table = _table("", "before", "after", right=(1, 2))
    table.add_row("tokens", f"{tokens['before']:,}", f"{tokens['after']:,}")
    for name in ("fertility", "unknown", "byte_fallback"):
        values = (tokens[f"{name}_before"], tokens[f"{name}_after"])
        label = {"fertility": "tokens a word", "byte_fallback": "byte fallback"}.get(name, name)
        show = _number if name == "fertility" else _percent
        table.add_row(label, *map(show, values))
    of_budget = (tokens["documents_in_budget_before"], tokens["documents_in_budget_after"])
    table.add_row("documents in 1B tokens", *("-" if n is None else f"{n:,}" for n in of_budget))
    table.add_row("tokens after / before", "", _number(tokens["budget_factor"]))
    return table


def _groups(groups: Mapping[str, Figures], name: str) -> Table:
    columns = (_clip(name), "documents", "words", "covered", "reachable", "expected")
    table = _table(*columns, right=range(1, len(columns)))
    for value, own in list(groups.items())[:SHOWN_GROUPS]:
        if "documents" not in own:  # each word draws its language
            table.add_row(_clip(value), "", "", "", "", _share(own["share_of_swaps"]))
            continue
        table.add_row(
            _clip(value),
            f"{own['documents']:,}",
            f"{own['words']:,}",
            _share(own["token_coverage"]),
            _number(own["reachable_ratio"]),
            _number(own["ratio_expected"]),
        )
    return table


def _words(title: str, rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    if rows:
        shown = [f"{_clip(str(row[0]))} {row[1]:,}" for row in rows[:SHOWN_WORDS]]
        yield from ("", title, ", ".join(shown))


def _unseen(figures: Figures) -> Iterator[str]:
    examples = figures["headwords_unseen_examples"]
    if examples:
        some = ", ".join(_clip(each) for each in examples[:SHOWN_WORDS])
        yield from ("", "Some headwords that never came", some)


def _sample(figures: Figures) -> Iterator[str]:
    sample = figures["sample"]
    if sample is not None:
        yield ""
        yield (
            f"A sample: {sample['documents']:,} of {sample['documents_seen']:,} documents, "
            f"{size_text(sample['bytes'])} of text. ± holds in {sample['confidence']:.0%} of "
            f"samples. Types and headwords are those of the sample."
        )


# --- a run ---------------------------------------------------------------------------------------


def _run(figures: Figures) -> Iterator[str | Table]:
    yield _named(_achieved(figures))
    shards = figures["shards"]
    missing = figures["shards_missing_the_ratio"]
    yield ""
    if missing:
        tolerance = figures["tolerance"]
        some = "1 shard misses" if missing == 1 else f"{missing:,} shards miss"
        first = "it comes" if missing == 1 else "they come"
        yield f"{some} the ratio by more than {tolerance:g}; {first} first"
    elif any(shard["ratio_achieved"] is not None for shard in shards):
        yield "Every shard has the ratio that was asked, as far as chance allows"
    else:
        yield "No word was touched"
    table = _table("shard", "documents", "words", "asked", "achieved", "", right=(1, 2, 3, 4))
    for shard in shards[:SHOWN_SHARDS]:
        table.add_row(
            _clip(str(shard["shard"])),
            f"{shard['documents_touched']:,}",
            f"{shard['words_touched']:,}",
            f"{shard['ratio_asked']:.4f}",
            _number(shard["ratio_achieved"]),
            "" if shard["is_within_tolerance"] else "MISSED",
        )
    yield table
    if len(shards) > SHOWN_SHARDS:
        yield f"{len(shards) - SHOWN_SHARDS:,} more in the JSON"
    if len(figures["languages"]) > 1:
        yield from ("", "By language")
        table = _table("language", "swapped", "share", "documents", right=(1, 2, 3))
        for code, own in figures["languages"].items():
            documents = "" if own["documents"] is None else f"{own['documents']:,}"
            table.add_row(
                _clip(code), f"{own['swapped']:,}", _share(own["share_of_swaps"]), documents
            )
        yield table
    for failure in figures["failed"]:
        yield f"failed: {failure.get('reason', failure)}"


def _achieved(figures: Figures) -> Iterator[Row]:
    of = figures["policy"]["of"]
    yield "documents", f"{figures['documents']:,}", f"{figures['documents_touched']:,} touched"
    yield "words", f"{figures['words']:,}", f"{figures['words_touched']:,} in touched documents"
    yield "swapped", f"{figures['swapped']:,}", ""
    yield "ratio asked", f"{figures['ratio_asked']:.4f}", f"of {of}"
    note = "" if figures["is_within_tolerance"] else "MISSED"
    yield "ratio achieved", _number(figures["ratio_achieved"]), note
    if figures["documents_capped"]:
        yield "capped", f"{figures['documents_capped']:,}", "documents have too few eligible words"
        yield "swaps missing", f"{figures['words_short']:,}", ""
    yield "portion asked", f"{figures['portion_asked']:.4f}", ""
    yield "portion achieved", _number(figures["portion_achieved"]), ""


# --- how it is laid out --------------------------------------------------------------------------


def _table(*columns: str, right: Iterable[int] = ()) -> Table:
    table = _EscapingTable(box=None, pad_edge=False)
    to_the_right = set(right)
    for number, column in enumerate(columns):
        table.add_column(
            Text(printable(column)),
            justify="right" if number in to_the_right else "left",
            no_wrap=number > 0,
        )
    return table


class _EscapingTable(Table):
    """A table of text that is shown as it is: no markup, no control characters."""

    def add_row(self, *cells: Any, **more: Any) -> None:
        super().add_row(*(Text(printable(str(cell))) for cell in cells), **more)


def _named(rows: Iterable[Row]) -> Table:
    table = _table("", "", "", right=(1,))
    table.show_header = False
    for row in rows:
        table.add_row(*row)
    return table


def _listed(rows: Iterable[tuple[str, int, int]]) -> Table:
    """Names, counts, and what share of a whole they are."""
    table = _table("", "", "", right=(1, 2))
    table.show_header = False
    for name, count, whole in rows:
        table.add_row(_clip(name), f"{count:,}", f"{count / whole:.2%}" if whole else "")
    return table


def _clip(text: str) -> str:
    return text if len(text) <= _MOST_NAME else f"{text[: _MOST_NAME - 1]}…"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.3%}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
