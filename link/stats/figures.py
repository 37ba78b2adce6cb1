"""The figures of `link stats` under their published names (docs/stats.md), ready for JSON."""

from typing import Any

import numpy as np
import numpy.typing as npt

from link.block import Int64s
from link.errors import UsageError
from link.language.rules import LOST_TO
from link.policy import MIX_DOCUMENT, OF_WORDS, Policy
from link.stats.count import StatsPlan, StatsReport, StatsSpec, tokenizer_of
from link.stats.lexicon_use import parts_of_speech, texts_of_entries, translations_of, use_of
from link.stats.sample import Sample, SamplePlan
from link.stats.tally import (
    COARSE_BINS,
    COLUMN,
    COLUMNS,
    MILLION,
    OTHER,
    RATIO_BINS,
    REACH_BINS,
)

Floats = npt.NDArray[np.float64]

FORMAT = 1
MOST_LISTED = 50
MOST_SHOWN_GROUPS = 100
BILLION = 1_000_000_000
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_RANKS = 100

COUNTED = (
    *("documents", "documents_touched", "documents_short", "documents_without_words", "words"),
    *("words_touched", "covered", "eligible", "swapped", "bytes_text", "bytes_text_after"),
)


def figures(spec: StatsSpec, planned: StatsPlan, report: StatsReport) -> dict[str, Any]:
    """All figures. Of a sample, sums are estimates for everything that there is.

    Raises `UsageError` if a sample has no document.
    """
    sample = None if planned.sample is None else _sample_of(spec, planned.sample, report)
    view = _View(spec, report, sample)
    tally, by = report.tally, spec.by
    return {
        "format": FORMAT,
        "inputs": {
            "inputs": list(spec.inputs),
            "shards": len(report.shards) - len(report.failed),
            "shards_found": planned.shards_found,
            "bytes_stored": sum(seen.size_bytes for seen in report.shards),
            "bytes_read": tally.bytes_read,
            "records": tally.records,
            "bad_records": tally.bad_records,
            "bad_reasons": report.bad_reasons,
            "failed": [
                {"shard": planned.tasks[number].path, "reason": reason}
                for number, reason in report.failed
            ],
            "left_alone": [str(path) for path in planned.left_alone],
        },
        "policy": spec.policy.as_dict(),
        "lexicons": spec.lexicons.as_dicts(),
        **main_figures(view.sums, spec.policy),
        "reachable_quantiles": view.reachable_quantiles(),
        "lost": dict(zip(LOST_TO, map(view.words, view.arrays["lost"]), strict=True)),
        **view.types(),
        **use_of(spec.lexicons, view.arrays["entries"], view.arrays["senses"]),
        "pos": view.parts_of_speech(),
        "languages": view.languages(),
        "coverage_by_rank": view.coverage_by_rank(),
        "ratio_histogram": view.ratio_histogram(),
        "reach_by_length": view.reach_by_length(),
        "tokens": None if spec.tokenizer is None else _tokens(view.sums, spec.tokenizer),
        "by": None if by is None else {"field": by, **view.groups()},
        "sample": sample and sample.as_dict(spec.policy.ratio),
    }


def _sample_of(spec: StatsSpec, plan: SamplePlan, report: StatsReport) -> Sample:
    if not report.tally.sample:
        raise UsageError(
            f"not one document is in the sample of {spec.sample_bytes:,} bytes; "
            f"name a larger --sample"
        )
    read = [each for each in report.shards if each.failure is None]
    seen = [(each.size_bytes, each.documents, each.text_bytes) for each in read]
    sums = [each.sums for each in read]
    return Sample(plan, report.tally, np.array(seen, np.float64), np.array(sums, np.float64))


def main_figures(sums: Floats, policy: Policy) -> dict[str, Any]:
    """The figures that groups of documents have as well as everything."""
    of = dict(zip(COLUMNS, sums.tolist(), strict=True))
    expected = of["expected_millionths"] / MILLION
    counts: dict[str, Any] = {name: round(of[name]) for name in COUNTED}
    if policy.of != OF_WORDS:
        counts["documents_short"] = None
    return {
        **counts,
        "token_coverage": share(of["covered"], of["words"]),
        "eligible_share": share(of["eligible"], of["words"]),
        "reachable_ratio": share(of["eligible"], of["words"]),
        "swapped_expected": round(expected, 1),
        "ratio_expected": share(expected, of["words_touched"]),
        "ratio_drawn": share(of["swapped"], of["words_touched"]),
    }


class _View:
    """What was counted, as estimates for all there is."""

    def __init__(self, spec: StatsSpec, report: StatsReport, sample: Sample | None) -> None:
        self.policy, self.lexicons = spec.policy, spec.lexicons
        self.tally = report.tally
        self.arrays = report.tally.arrays
        self.is_sample = sample is not None
        self.scales = np.ones(len(COLUMNS)) if sample is None else sample.scales
        self.sums: Floats = self.arrays["sums"] * self.scales

    def words(self, count: float) -> int:
        """An estimate for all there is, of a count of words."""
        return round(float(count * self.scales[COLUMN["words"]]))

    def documents(self, count: float) -> int:
        return round(float(count * self.scales[COLUMN["documents"]]))

    def reachable_quantiles(self) -> dict[str, float | None]:
        values = _quantiles_of(self.arrays["reach"], REACH_BINS)
        return {f"{q:g}": value for q, value in zip(QUANTILES, values, strict=True)}

    def ratio_histogram(self) -> list[list[float]]:
        """[from, to, documents] by the ratio that was drawn."""
        return [
            [n / RATIO_BINS, (n + 1) / RATIO_BINS, self.documents(count)]
            for n, count in enumerate(self.arrays["ratio"].tolist())
        ]

    def reach_by_length(self) -> list[list[Any]]:
        """[fewest words, most words, documents, quantiles of the reachable ratio …]."""
        return [
            [1 << n, (2 << n) - 1, self.documents(row.sum()), *_quantiles_of(row, COARSE_BINS)]
            for n, row in enumerate(self.arrays["reach_by_length"])
            if row.any()
        ]

    def types(self) -> dict[str, Any]:
        entries, covered = self.arrays["entries"][1:], self.arrays["covered_entries"][1:]
        others = self.tally.forms.types()
        types = int((entries > 0).sum()) + others.all
        known = int((covered > 0).sum()) + others.covered
        texts = texts_of_entries(self.lexicons.compiled)
        # Entries that are no headwords by themselves (parts of phrases, function words) may be
        # missing translations as well.
        missing = entries - covered
        uncovered = self.tally.forms.most_frequent_uncovered(MOST_LISTED)
        uncovered += [(texts[n + 1], int(missing[n])) for n in _largest(missing)]
        uncovered.sort(key=lambda one: (-one[1], one[0]))
        top = _largest(covered)
        translations = translations_of(self.lexicons.compiled, [n + 1 for n in top])
        return {
            "word_types": round(types),
            "word_types_covered": round(known),
            "word_types_exact": others.is_exact and not self.is_sample,
            "type_coverage": share(known, types),
            "top_uncovered": [[form, self.words(n)] for form, n in uncovered[:MOST_LISTED]],
            "top_covered": [
                [texts[n + 1], self.words(covered[n]), *own]
                for n, own in zip(top, translations, strict=True)
            ],
        }

    def parts_of_speech(self) -> dict[str, int]:
        counts = parts_of_speech(self.lexicons.compiled, self.arrays["swapped_rows"])
        return {name: self.words(count) for name, count in counts.items()}

    def coverage_by_rank(self) -> list[list[float]]:
        """[rank, words, covered] of the most frequent types up to a rank."""
        entries, covered = self.arrays["entries"][1:], self.arrays["covered_entries"][1:]
        seen = np.flatnonzero(entries)
        forms = self.tally.forms
        counts = np.concatenate((entries.take(seen), forms.column("words")))
        known = np.concatenate((covered.take(seen), forms.column("covered")))
        if not len(counts):
            return []
        order = np.argsort(-counts, kind="stable")
        counts, known = np.cumsum(counts.take(order)), np.cumsum(known.take(order))
        ranks = np.unique(np.rint(np.geomspace(1, len(counts), _RANKS)).astype(np.int64))
        return [
            [rank, self.words(counts[rank - 1]), self.words(known[rank - 1])]
            for rank in ranks.tolist()
        ]

    def languages(self) -> dict[str, Any]:
        eligible, swapped = self.arrays["eligible_by_language"], self.arrays["swapped_by_language"]
        result: dict[str, Any] = {}
        each = zip(self.lexicons.codes, self.lexicons.weights, strict=True)
        for number, (code, weight) in enumerate(each):
            own: dict[str, Any] = {
                "weight": weight,
                "eligible_words": self.words(eligible[number]),
                "swapped": self.words(swapped[number]),
                "share_of_swaps": share(swapped[number], swapped.sum()),
            }
            if len(self.lexicons.parts) == 1:
                own |= main_figures(self.sums, self.policy)
            elif self.policy.mix == MIX_DOCUMENT:
                own |= main_figures(self.arrays["languages"][number] * self.scales, self.policy)
            result[code or "(not stated)"] = own
        return result

    def groups(self) -> dict[str, Any]:
        """The values with the most words; the others together are `OTHER`."""
        groups = {name: own * self.scales for name, own in self.tally.groups.items()}
        rest = groups.pop(OTHER, np.zeros(len(COLUMNS)))
        order = sorted(groups, key=lambda name: (-groups[name][COLUMN["words"]], name))
        for name in order[MOST_SHOWN_GROUPS:]:
            rest = rest + groups[name]
        values = {name: groups[name] for name in order[:MOST_SHOWN_GROUPS]}
        if rest.any():
            values[OTHER] = rest
        return {
            "values_found": len(groups),
            "values": {
                name: main_figures(own, self.policy) | _token_sums(own)
                for name, own in values.items()
            },
        }


def _largest(counts: Int64s) -> list[int]:
    order = np.argsort(-counts, kind="stable")[:MOST_LISTED]
    return [int(n) for n in order if counts[n]]


def _quantiles_of(counts: Int64s, bins: int) -> list[float | None]:
    """Of values in bins from 0 to 1, the last bin for 1 alone."""
    so_far = np.cumsum(counts)
    if not so_far[-1]:
        return [None] * len(QUANTILES)
    return [int(np.searchsorted(so_far, q * so_far[-1])) / bins for q in QUANTILES]


def _token_sums(sums: Floats) -> dict[str, int]:
    before, after = sums[[COLUMN["tokens"], COLUMN["tokens_after"]]].tolist()
    return {"tokens_before": round(before), "tokens_after": round(after)} if before else {}


def _tokens(sums: Floats, path: str) -> dict[str, Any]:
    of = dict(zip(COLUMNS, sums.tolist(), strict=True))
    tokenizer = tokenizer_of(path)
    result: dict[str, Any] = {
        "name": tokenizer.name,
        "kind": tokenizer.kind,
        "sha256": tokenizer.sha256,
        "vocabulary_size": tokenizer.vocabulary_size,
    }
    for when, suffix in (("before", ""), ("after", "_after")):
        tokens = of[f"tokens{suffix}"]
        result |= {
            when: round(tokens),
            f"fertility_{when}": share(tokens, of["words"]),
            f"unknown_{when}": share(of[f"unknown{suffix}"], tokens),
            f"byte_fallback_{when}": share(of[f"byte_fallback{suffix}"], tokens),
            f"documents_in_budget_{when}": (
                round(BILLION * of["documents"] / tokens) if tokens else None
            ),
        }
    return {**result, "budget_factor": share(of["tokens_after"], of["tokens"]), "budget": BILLION}


def share(above: float, below: float) -> float | None:
    """A ratio of two sums; None of nothing."""
    return round(float(above) / float(below), 6) if below else None
