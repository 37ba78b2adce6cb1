"""The figures of `link stats` under their published names (docs/stats.md), ready for JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from link.block import Int64s
from link.language.rules import LOST_TO
from link.lexicon.several import Lexicons
from link.policy import OF_WORDS, Policy
from link.stats.census import texts_of_entries
from link.stats.columns import COLUMN, COLUMNS, MILLION
from link.stats.lexicon_use import translations_of_entries, use_of
from link.stats.tally import OTHER, Floats, Tally
from link.stats.view import DIGITS, Sampled, View, ratio_of, whole
from link.stats.weighting import CONFIDENCE

FORMAT = 1
MOST_LISTED = 50
MOST_SHOWN_GROUPS = 100
BILLION = 1_000_000_000


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
    view = View(tally, policy, lexicons, sampled)
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
        "documents": whole(of("documents")),
        "documents_touched": whole(of("documents_touched")),
        "documents_short": whole(of("documents_short")) if is_of_words else None,
        "documents_without_words": whole(of("documents_without_words")),
        "words": whole(of("words")),
        "words_touched": whole(of("words_touched")),
        "covered": whole(of("covered")),
        "eligible": whole(of("eligible")),
        "token_coverage": ratio_of(of("covered"), of("words")),
        "eligible_share": ratio_of(of("eligible"), of("words")),
        "reachable_ratio": ratio_of(of("eligible"), of("words")),
        "swapped_expected": round(expected, 1),
        "ratio_expected": ratio_of(expected, of("words_touched")),
        "swapped": whole(of("swapped")),
        "ratio_drawn": ratio_of(of("swapped"), of("words_touched")),
        "bytes_text": whole(of("bytes_text")),
        "bytes_text_after": whole(of("bytes_text_after")),
    }


def _types(view: View) -> dict[str, Any]:
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
        "word_types": whole(types),
        "word_types_covered": whole(known),
        "word_types_exact": others.is_exact and view.weighted is None,
        "type_coverage": ratio_of(known, types),
        "top_uncovered": [[form, view.scaled(count)] for form, count in uncovered[:MOST_LISTED]],
        "top_covered": [
            [texts[n + 1], view.scaled(int(covered[n])), *own]
            for n, own in zip(top, translations, strict=True)
        ],
    }


def _largest(counts: Int64s, most: int) -> list[int]:
    order = np.argsort(-counts, kind="stable")[:most]
    return [int(n) for n in order if counts[n]]


def _use(view: View) -> dict[str, Any]:
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


def _languages(view: View) -> dict[str, Any]:
    codes, weights = view.lexicons.codes, view.lexicons.weights
    eligible = view.array("eligible_by_language")
    swapped = view.array("swapped_by_language")
    result: dict[str, Any] = {}
    for number, (code, weight) in enumerate(zip(codes, weights, strict=True)):
        own: dict[str, Any] = {
            "weight": weight,
            "eligible_words": view.scaled(int(eligible[number])),
            "swapped": view.scaled(int(swapped[number])),
            "share_of_swaps": ratio_of(float(swapped[number]), float(swapped.sum())),
        }
        figures = _figures_of_language(view, number)
        if figures is not None:
            own |= main_figures(figures, view.policy)
        result[code or "(not stated)"] = own
    return result


def _figures_of_language(view: View, number: int) -> Floats | None:
    """None where each word draws its language."""
    if len(view.lexicons.parts) == 1:
        return view.sums
    if view.weighted is not None:
        languages = np.concatenate([each.language for each in view.tally.sample])
        rows = np.flatnonzero(languages == number)
        return view.weighted.totals(rows) if (languages >= 0).any() else None
    of_languages = view.tally.arrays.get("languages")
    return None if of_languages is None else of_languages[number].astype(np.float64)


def _groups(view: View) -> dict[str, Any]:
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
    return {"tokens_before": whole(before), "tokens_after": whole(after)} if before else {}


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
        "before": whole(before),
        "after": whole(after),
        "fertility_before": ratio_of(before, main["words"]),
        "fertility_after": ratio_of(after, main["words"]),
        "unknown_before": ratio_of(of("unknown"), before),
        "unknown_after": ratio_of(of("unknown_after"), after),
        "byte_fallback_before": ratio_of(of("byte_fallback"), before),
        "byte_fallback_after": ratio_of(of("byte_fallback_after"), after),
        "budget_factor": ratio_of(after, before),
        "budget": BILLION,
        "documents_in_budget_before": whole(BILLION * documents / before) if before else None,
        "documents_in_budget_after": whole(BILLION * documents / after) if after else None,
    }


def _sample(view: View, sampled: Sampled, has_tokens: bool) -> dict[str, Any]:
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
        "share": round(sampled.rate, DIGITS),
        "seed": sampled.seed,
        "confidence": CONFIDENCE,
        "errors": {name: _finite(error) for name, error in errors.items()},
    }


def _finite(value: float) -> float | None:
    return round(value, DIGITS) if np.isfinite(value) else None
