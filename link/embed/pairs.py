"""Word pairs of lexicons in the cases in which they occur, and how much each counts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from link.errors import UsageError
from link.language.unicode import capitalised_text, upper_text
from link.lexicon import Lexicon
from link.shards.sidecar import SUFFIX, SWAPS, read_sidecar

CAPITALISED, IN_CAPITALS = 0.1, 0.01
"""What a pair counts in these cases where no run says more: the rough share of such words in
English prose."""

Pairs = dict[tuple[str, str], float]
"""(English, translation) -> weight, above 0."""


def weighted_pairs(lexicons: Sequence[Lexicon], swaps: Path | None = None) -> Pairs:
    """The pairs of lexicons, in lower case, capitalised and in capitals.

    The translations of a headword share a weight of 1. `swaps`: a run's output folder, or that of
    its sidecars; each swap counts 1 more. Raises `UsageError` if that holds none, or
    only swaps of another lexicon.
    """
    pairs: Pairs = {}
    for lexicon in lexicons:
        for headword, translations in lexicon.entries.items():
            whole = sum(each.weight for each in translations)
            for each in translations:
                for pair, weight in _cases(headword, each.text, lexicon.language):
                    pairs[pair] = pairs.get(pair, 0.0) + weight * each.weight / whole
    if swaps is not None:
        counted = _counted(swaps, {one.language for one in lexicons})
        if pairs.keys().isdisjoint(counted):
            raise UsageError(
                f"not one swap of {swaps} is a pair of the lexicon; name the lexicon of that run "
                f"with -l, or leave --swaps out"
            )
        for pair, count in counted.items():
            pairs[pair] = pairs.get(pair, 0.0) + count
    return pairs


def _cases(source: str, target: str, language: str) -> Iterator[tuple[tuple[str, str], float]]:
    seen = (source, target)
    yield seen, 1.0
    capitalised = (capitalised_text(source), capitalised_text(target, language))
    if capitalised != seen:
        yield capitalised, CAPITALISED
    capitals = (upper_text(source), upper_text(target, language))
    if capitals not in (seen, capitalised):
        yield capitals, IN_CAPITALS


def _counted(folder: Path, languages: Iterable[str]) -> Counter[tuple[str, str]]:
    wanted = set(languages)
    inner = folder / "_link" / SWAPS
    paths = sorted((inner if inner.is_dir() else folder).rglob(f"*{SUFFIX}"))
    counts: Counter[tuple[str, str]] = Counter()
    for path in paths:
        for batch in read_sidecar(path):
            rows = pa.table(
                {name: batch.column(name) for name in ("source", "translation")}
                | {"language": batch.column("language").cast(pa.string())}
            )
            grouped = rows.group_by(["source", "translation", "language"], use_threads=False)
            for row in grouped.aggregate([([], "count_all")]).to_pylist():
                if "" in wanted or row["language"] in wanted:
                    counts[row["source"], row["translation"]] += row["count_all"]
    if not counts:
        raise UsageError(
            f"{folder} has no swaps of the lexicon's language; name the output folder of "
            f"`link substitute --swaps`"
        )
    return counts
