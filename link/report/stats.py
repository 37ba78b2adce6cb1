"""The figures of `link stats` under their published names (docs/stats.md), ready for JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from link.block import Int64s
from link.kernel.census import texts_of_entries
from link.kernel.eligible import LOST_TO
from link.lexicon.several import Lexicons
from link.policy import OF_WORDS, Policy
from link.report.figures import COLUMN, COLUMNS, MILLION
from link.report.lexicon_use import translations_of_entries, use_of
from link.report.tally import (
    COARSE_BINS,
    OTHER,
    RATIO_BINS,
    REACH_BINS,
    Floats,
    Tally,
    histograms_of,
)
from link.report.weighting import CONFIDENCE, Weighted

FORMAT = 1
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_LISTED = 50
MOST_SHOWN_GROUPS = 100
RANKS = 100
BILLION = 1_000_000_000
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What was read. `size_bytes`: as stored; `left_alone`: files that are no shards."""

    inputs: list[str]
    shards: int
    shards_found: int
    size_bytes: int
    failed: list[tuple[str, str]] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """How a sample was drawn, and its weights."""

    weighted: Weighted
    asked_bytes: int
    seed: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerNamed:
    """A tokenizer as the figures name it."""

    name: str
    kind: str
    sha256: str
    vocabulary_size: int


def stats_dict(
    tally: Tally,
    policy: Policy,
    lexicons: Lexicons,
    inputs: Inputs,
    *,
    by: str | None = None,
    tokenizer: TokenizerNamed | None = None,
    sampled: Sampled | None = None,
) -> dict[str, Any]:
    """All figures. Of a sample, sums are estimates for everything that there is."""
    view = _View(tally, policy, lexicons, sampled)
    main = main_figures(view.sums, policy)
    result: dict[str, Any] = {
        "format": FORMAT,
        "inputs": {
            "inputs": inputs.inputs,
            "shards": inputs.shards,
            "shards_found": inputs.shards_found,
            "bytes_stored": inputs.size_bytes,
            "bytes_read": tally.bytes_read,
            "records": tally.records,
            "bad_records": tally.bad_records,
            "bad_reasons": tally.bad_reasons,
            "failed": [{"shard": path, "reason": reason} for path, reason in inputs.failed],
            "left_alone": inputs.left_alone,
        },
        "policy": policy.as_dict(),
        "lexicons": lexicons.as_dicts(),
        **main,
        "reachable_quantiles": view.reachable_quantiles(),
        "lost": {
            name: view.scaled(int(count))
            for name, count in zip(LOST_TO, view.array("lost"), strict=True)
        },
        **_types(view),
        **_use(view),
        "languages": _languages(view),
        "coverage_by_rank": view.coverage_by_rank(),
        "ratio_histogram": view.ratio_histogram(),
        "reach_by_length": view.reach_by_length(),
        "tokens": None if tokenizer is None else _tokens(view.sums, main, tokenizer),
        "by": None if by is None else {"field": by, **_groups(view)},
        "sample": None if sampled is None else _sample(view, sampled, tokenizer is not None),
    }
    return result


def main_figures(sums: Floats, policy: Policy) -> dict[str, Any]:
    """The figures that groups of documents have as well as everything."""

    def of(name: str) -> float:
        return float(sums[COLUMN[name]])

    expected = of("expected_millionths") / MILLION
    is_of_words = policy.of == OF_WORDS
    return {
        "documents": _whole(of("documents")),
        "documents_touched": _whole(of("documents_touched")),
        "documents_short": _whole(of("documents_short")) if is_of_words else None,
        "documents_without_words": _whole(of("documents_without_words")),
        "words": _whole(of("words")),
        "words_touched": _whole(of("words_touched")),
        "covered": _whole(of("covered")),
        "eligible": _whole(of("eligible")),
        "token_coverage": _ratio(of("covered"), of("words")),
        "eligible_share": _ratio(of("eligible"), of("words")),
        "reachable_ratio": _ratio(of("eligible"), of("words")),
        "swapped_expected": round(expected, 1),
        "ratio_expected": _ratio(expected, of("words_touched")),
        "swapped": _whole(of("swapped")),
        "ratio_drawn": _ratio(of("swapped"), of("words_touched")),
        "bytes_text": _whole(of("bytes_text")),
        "bytes_text_after": _whole(of("bytes_text_after")),
    }


class _View:
    """A tally's figures, of a sample with its weights."""

    def __init__(
        self, tally: Tally, policy: Policy, lexicons: Lexicons, sampled: Sampled | None
    ) -> None:
        self.tally = tally
        self.policy = policy
        self.lexicons = lexicons
        self.weighted = None if sampled is None else sampled.weighted
        compiled = lexicons.compiled
        self._sizes = {
            "sums": (len(COLUMNS),),
            "lost": (len(LOST_TO),),
            "entries": (len(compiled.flags),),
            "covered_entries": (len(compiled.flags),),
            "senses": (len(compiled.first) - 1,),
            "eligible_by_language": (compiled.languages,),
            "swapped_by_language": (compiled.languages,),
            "swapped_rows": (len(compiled.cumulative),),
        }
        if self.weighted is None:
            self.sums = self.array("sums").astype(np.float64)
            self.scale = 1.0
            self._histograms: Mapping[str, Any] = histograms_of(_NO_ROWS) | tally.arrays
        else:
            self.sums = self.weighted.totals()
            read = float(self.array("sums")[COLUMN["words"]])
            self.scale = float(self.sums[COLUMN["words"]]) / read if read else 1.0
            rows = np.rint(self.weighted.values).astype(np.int64)
            weights = self.weighted.counts * self.weighted.expansion
            self._histograms = histograms_of(rows, weights)

    def array(self, name: str) -> Int64s:
        """Counts as they were made: of a sample, those of what was read."""
        return self.tally.arrays.get(name, np.zeros(self._sizes[name], np.int64))

    def scaled(self, count: float) -> int:
        """A count of what was read, as an estimate for everything."""
        return _whole(count * self.scale)

    def reachable_quantiles(self) -> dict[str, float | None]:
        reach = self._histograms["reach"]
        values = _quantiles(reach, REACH_BINS)
        return {f"{q:g}": value for q, value in zip(QUANTILES, values, strict=True)}

    def ratio_histogram(self) -> list[list[float]]:
        """[from, to, documents] by the ratio that was drawn."""
        return [
            [n / RATIO_BINS, (n + 1) / RATIO_BINS, _whole(count)]
            for n, count in enumerate(self._histograms["ratio"].tolist())
        ]

    def reach_by_length(self) -> list[list[Any]]:
        """[fewest words, most words, documents, quantiles of the reachable ratio …]."""
        return [
            [1 << n, (2 << n) - 1, _whole(row.sum()), *_quantiles(row, COARSE_BINS)]
            for n, row in enumerate(self._histograms["reach_by_length"])
            if row.any()
        ]

    def types(self) -> tuple[Int64s, Int64s]:
        """Running words of each form that is known, and how many of them are covered."""
        forms = self.tally.forms.forms
        entries, covered = self.array("entries").copy(), self.array("covered_entries").copy()
        entries[0] = covered[0] = 0  # these are the forms
        seen = np.flatnonzero(entries)
        counts = np.concatenate((entries.take(seen), forms.counts))
        return counts, np.concatenate((covered.take(seen), forms.covered))

    def coverage_by_rank(self) -> list[list[float]]:
        counts, covered = self.types()
        if not len(counts):
            return []
        order = np.argsort(-counts, kind="stable")
        words, known = np.cumsum(counts.take(order)), np.cumsum(covered.take(order))
        ranks = np.unique(np.rint(np.geomspace(1, len(counts), RANKS)).astype(np.int64))
        return [
            [rank, self.scaled(words[rank - 1]), self.scaled(known[rank - 1])]
            for rank in ranks.tolist()
        ]


_NO_ROWS = np.zeros((0, len(COLUMNS)), np.int64)


def _types(view: _View) -> dict[str, Any]:
    entries, covered = view.array("entries")[1:], view.array("covered_entries")[1:]
    others = view.tally.forms.counts()
    types = int((entries > 0).sum()) + others.types
    known = int((covered > 0).sum()) + others.covered_types
    texts = texts_of_entries(view.lexicons.compiled)
    # Entries that are no headwords by themselves (parts of phrases, function words) may be missing
    # translations as well.
    missing = entries - covered
    uncovered = [
        *view.tally.forms.most_frequent_uncovered(MOST_LISTED),
        *((texts[n + 1], int(missing[n])) for n in _largest(missing, MOST_LISTED)),
    ]
    uncovered.sort(key=lambda one: (-one[1], one[0]))
    top = _largest(covered, MOST_LISTED)
    translations = translations_of_entries(view.lexicons, [n + 1 for n in top])
    return {
        "word_types": _whole(types),
        "word_types_covered": _whole(known),
        "word_types_exact": others.is_exact and view.weighted is None,
        "type_coverage": _ratio(known, types),
        "top_uncovered": [[form, view.scaled(count)] for form, count in uncovered[:MOST_LISTED]],
        "top_covered": [
            [texts[n + 1], view.scaled(int(covered[n])), *own]
            for n, own in zip(top, translations, strict=True)
        ],
    }


def _largest(counts: Int64s, most: int) -> list[int]:
    order = np.argsort(-counts, kind="stable")[:most]
    return [int(n) for n in order if counts[n]]


def _use(view: _View) -> dict[str, Any]:
    use = use_of(
        view.lexicons, view.array("entries"), view.array("senses"), view.array("swapped_rows")
    )
    return {
        "headwords": use.headwords,
        "headwords_seen": use.seen,
        "headwords_unseen": use.headwords - use.seen,
        "headwords_unseen_examples": use.unseen,
        "translations_per_headword": round(use.per_headword, 4),
        "translations_per_covered_word": round(use.per_word, 4),
        "pos": {name: view.scaled(count) for name, count in use.pos.items()},
    }


def _languages(view: _View) -> dict[str, Any]:
    codes, weights = view.lexicons.codes, view.lexicons.weights
    eligible = view.array("eligible_by_language")
    swapped = view.array("swapped_by_language")
    result: dict[str, Any] = {}
    for number, (code, weight) in enumerate(zip(codes, weights, strict=True)):
        own: dict[str, Any] = {
            "weight": weight,
            "eligible_words": view.scaled(int(eligible[number])),
            "swapped": view.scaled(int(swapped[number])),
            "share_of_swaps": _ratio(float(swapped[number]), float(swapped.sum())),
        }
        figures = _figures_of_language(view, number)
        if figures is not None:
            own |= main_figures(figures, view.policy)
        result[code or "(not stated)"] = own
    return result


def _figures_of_language(view: _View, number: int) -> Floats | None:
    """None where each word draws its language."""
    if len(view.lexicons.parts) == 1:
        return view.sums
    if view.weighted is not None:
        languages = np.concatenate([each.language for each in view.tally.sample])
        rows = np.flatnonzero(languages == number)
        return view.weighted.totals(rows) if (languages >= 0).any() else None
    of_languages = view.tally.arrays.get("languages")
    return None if of_languages is None else of_languages[number].astype(np.float64)


def _groups(view: _View) -> dict[str, Any]:
    """The values with the most words; the others together are `OTHER`."""
    if view.weighted is None:
        groups = {name: figures.astype(np.float64) for name, figures in view.tally.groups.items()}
    else:
        names = np.array([name for each in view.tally.sample for name in each.group], object)
        groups = {
            name: view.weighted.totals(np.flatnonzero(names == name))
            for name in dict.fromkeys(names.tolist())
        }
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
            name: main_figures(figures, view.policy) | _token_sums(figures)
            for name, figures in values.items()
        },
    }


def _token_sums(sums: Floats) -> dict[str, int]:
    before, after = sums[COLUMN["tokens"]], sums[COLUMN["tokens_after"]]
    return {"tokens_before": _whole(before), "tokens_after": _whole(after)} if before else {}


def _tokens(sums: Floats, main: Mapping[str, Any], tokenizer: TokenizerNamed) -> dict[str, Any]:
    def of(name: str) -> float:
        return float(sums[COLUMN[name]])

    before, after = of("tokens"), of("tokens_after")
    documents = float(sums[COLUMN["documents"]])
    return {
        "name": tokenizer.name,
        "kind": tokenizer.kind,
        "sha256": tokenizer.sha256,
        "vocabulary_size": tokenizer.vocabulary_size,
        "before": _whole(before),
        "after": _whole(after),
        "fertility_before": _ratio(before, main["words"]),
        "fertility_after": _ratio(after, main["words"]),
        "unknown_before": _ratio(of("unknown"), before),
        "unknown_after": _ratio(of("unknown_after"), after),
        "byte_fallback_before": _ratio(of("byte_fallback"), before),
        "byte_fallback_after": _ratio(of("byte_fallback_after"), after),
        "budget_factor": _ratio(after, before),
        "budget": BILLION,
        "documents_in_budget_before": _whole(BILLION * documents / before) if before else None,
        "documents_in_budget_after": _whole(BILLION * documents / after) if after else None,
    }


def _sample(view: _View, sampled: Sampled, has_tokens: bool) -> dict[str, Any]:
    weighted = sampled.weighted
    ratio = view.policy.ratio
    of_ratio = weighted.error_of_ratio(
        "expected_millionths", "words_touched", unseen=ratio / 2 * MILLION
    )
    touched = view.sums[COLUMN["words_touched"]]
    expected = view.sums[COLUMN["expected_millionths"]] / MILLION
    of_touched = weighted.error_of_total("words_touched")
    errors = {
        "words": weighted.error_of_total("words"),
        "token_coverage": weighted.error_of_ratio("covered", "words"),
        "eligible_share": weighted.error_of_ratio("eligible", "words"),
        "reachable_ratio": weighted.error_of_ratio("eligible", "words"),
        "ratio_expected": of_ratio / MILLION,
        "swapped_expected": float(
            np.hypot(of_ratio / MILLION * touched, of_touched * expected / max(touched, 1.0))
        ),
        "bytes_text_after": weighted.error_of_total("bytes_text_after"),
    }
    if weighted.expansion > 1:
        errors |= {name: weighted.error_of_total(name) for name in ("documents", "bytes_text")}
    if has_tokens:
        errors |= {
            "tokens.before": weighted.error_of_total("tokens"),
            "tokens.after": weighted.error_of_total("tokens_after"),
            "tokens.fertility_before": weighted.error_of_ratio("tokens", "words"),
            "tokens.fertility_after": weighted.error_of_ratio("tokens_after", "words"),
            "tokens.budget_factor": weighted.error_of_ratio("tokens_after", "tokens"),
        }
    return {
        "bytes": int(view.array("sums")[COLUMN["bytes_text"]]),
        "bytes_asked": sampled.asked_bytes,
        "documents": len(weighted.weights),
        "documents_seen": view.tally.documents_seen,
        "share": round(sampled.rate, _DIGITS),
        "seed": sampled.seed,
        "confidence": CONFIDENCE,
        "errors": {name: _finite(error) for name, error in errors.items()},
    }


def _finite(value: float) -> float | None:
    return round(value, _DIGITS) if np.isfinite(value) else None


def _quantiles(counts: Any, bins: int) -> Sequence[float | None]:
    """Of values in bins from 0 to 1, the last bin for 1 alone."""
    total = float(counts.sum())
    if not total:
        return [None] * len(QUANTILES)
    so_far = np.cumsum(counts)
    return [int(np.searchsorted(so_far, q * total)) / bins for q in QUANTILES]


def _whole(value: float) -> int:
    return round(float(value))


def _ratio(above: float, below: float) -> float | None:
    return round(above / below, _DIGITS) if below else None
