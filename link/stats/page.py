"""The view of the report's page: what `link stats` has counted, as cards, plots and tables.

Every part is made from the keys it needs, and left out where one of them is absent.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from link.pages import write_page
from link.printable import shown
from link.stats.html_achieved import (
    cards_of_run,
    failed_of_run,
    shards_section,
    title_of_run,
)
from link.stats.html_coverage import coverage, reach
from link.stats.html_parts import Section, Stats, has_number
from link.stats.html_sections import (
    by_section,
    languages_section,
    lexicon_section,
    policy_section,
    tokens_section,
    words_section,
)
from link.stats.plots import count, percent

SECTIONS: tuple[Callable[[Stats], Section | None], ...] = (
    shards_section,
    coverage,
    reach,
    words_section,
    languages_section,
    tokens_section,
    by_section,
    lexicon_section,
    policy_section,
)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure, large."""

    name: str
    value: str
    note: str = ""


def write_report(path: str | Path, stats: Stats) -> None:
    """Write the page of what `link stats` has counted; parts of it that are absent are left out.

    Raises `OSError` if the file cannot be written.
    """
    write_page(path, "report.html", view_of(stats))


def view_of(stats: Stats) -> dict[str, Any]:
    """What `report.html` shows."""
    stats = _readable(stats)
    sections = [section for make in SECTIONS if (section := make(stats)) is not None]
    return {
        "kind": "LINK corpus report",
        "title": title_of_run(stats) or _title(stats),
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
        readable: dict[Any, Any] = {}
        for key, each in value.items():
            name = _readable(key)
            while name in readable:  # two values may look the same, and are two rows all the same
                name = f"{name} (another)"
            readable[name] = _readable(each)
        return readable
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
    yield from failed_of_run(stats)
    inputs = stats.get("inputs")
    if not isinstance(inputs, Mapping):
        return
    if inputs.get("bad_records"):
        reasons = "; ".join(map(str, inputs.get("bad_reasons") or []))
        yield f"{inputs['bad_records']:,} bad records were passed over. {reasons}"
    for failed in inputs.get("failed") or []:
        yield f"failed: {failed.get('reason', failed)}"


def _cards(stats: Stats) -> Iterator[Card]:
    for name, value, note in cards_of_run(stats):
        yield Card(name, value, note)
    seen = " in the sample" if stats.get("sample") else ""
    shares = (
        ("Coverage by token", "token_coverage", "of running words"),
        ("Coverage by type", "type_coverage", f"of different words{seen}"),
        ("Eligible", "eligible_share", "of running words"),
    )
    for name, key, note in shares:
        if has_number(stats, key):
            yield Card(name, percent(stats[key]), note + _plus_minus(stats, key))
    if has_number(stats, "ratio_expected"):
        asked = (stats.get("policy") or {}).get("ratio")
        note = "" if asked is None else f"asked: {asked:g}"
        note += _plus_minus(stats, "ratio_expected", in_points=False)
        yield Card("Ratio expected", f"{stats['ratio_expected']:.4f}", note)
    if has_number(stats, "documents"):
        short = stats.get("documents_short")
        yield Card("Documents", count(stats["documents"]), f"{short:,} short" if short else "")
    if has_number(stats, "words"):
        types = stats.get("word_types")
        about = "" if stats.get("word_types_exact", True) else "about "
        note = f"{about}{count(types)} different{seen}" if types else ""
        yield Card("Words", count(stats["words"]), note)
    if stats.get("bytes_text") and stats.get("bytes_text_after"):
        growth = stats["bytes_text_after"] / stats["bytes_text"] - 1
        yield Card("Text grows", f"{growth:+.1%}", f"from {count(stats['bytes_text'])} bytes")
    tokens = stats.get("tokens") or {}
    if isinstance(tokens, Mapping) and has_number(tokens, "budget_factor"):
        note = "for the same documents"
        note += _plus_minus(stats, "tokens.budget_factor", in_points=False)
        yield Card("Tokens", f"× {tokens['budget_factor']:.3f}", note)


def _plus_minus(stats: Stats, key: str, *, in_points: bool = True) -> str:
    error = ((stats.get("sample") or {}).get("errors") or {}).get(key)
    if not isinstance(error, int | float) or not error:
        return ""
    return f", ±\u00a0{error * 100:.2g}\u00a0points" if in_points else f", ±\u00a0{error:.2g}"
