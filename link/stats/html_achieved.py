"""What the page of a run tells beside that of shards: asked and achieved, and each shard."""

from collections.abc import Iterator

from link.stats.html_parts import Section, Stats, Table, has_number, text_of

MOST_SHARDS = 200


def title_of_run(stats: Stats) -> str | None:
    """The heading of a run's page; None for figures of shards."""
    return f"What the run {stats['run']} achieved" if "run" in stats else None


def cards_of_run(stats: Stats) -> Iterator[tuple[str, str, str]]:
    """Name, value and note of a run's main figures."""
    if "run" not in stats:
        return
    of = (stats.get("policy") or {}).get("of", "words")
    missed = "" if stats.get("is_within_tolerance", True) else ", missed"
    yield (
        "Ratio achieved",
        _number(stats, "ratio_achieved"),
        (f"asked: {stats.get('ratio_asked', 0):g} of {of}{missed}"),
    )
    yield (
        "Portion achieved",
        _number(stats, "portion_achieved"),
        (f"asked: {stats.get('portion_asked', 0):g} of documents"),
    )
    capped = stats.get("documents_capped")
    yield (
        "Swapped",
        f"{stats.get('swapped', 0):,}",
        f"{capped:,} documents capped" if capped else "",
    )


def shards_section(stats: Stats) -> Section | None:
    """The shards of a run, those first that missed the ratio."""
    shards = stats.get("shards")
    if not shards:
        return None
    rows = tuple(
        (
            str(shard["shard"]),
            _number(shard, "ratio_achieved"),
            "" if shard["is_within_tolerance"] else "missed",
            f"{shard['documents_touched']:,}",
            f"{shard['words_touched']:,}",
            f"{shard['swapped']:,}",
        )
        for shard in shards[:MOST_SHARDS]
    )
    columns = ("shard", "ratio achieved", "", "documents touched", "words in them", "swapped")
    missing = stats.get("shards_missing_the_ratio", 0)
    text = (
        f"{missing:,} of {len(shards):,} miss the ratio by more than "
        f"{text_of(stats.get('tolerance'))} and by more than chance."
    )
    more = len(shards) - MOST_SHARDS
    return Section(
        "Shards",
        text + (f" {more:,} more in the JSON." if more > 0 else ""),
        [],
        [Table(columns, rows)],
    )


def failed_of_run(stats: Stats) -> Iterator[str]:
    """The shards that failed, and why."""
    for failed in stats.get("failed") or []:
        yield f"failed: {failed.get('reason', failed)}"


def _number(stats: Stats, key: str) -> str:
    return f"{stats[key]:.4f}" if has_number(stats, key) else "-"
