"""What `link stats` may say, with everything that a report can show, and hostile names."""

import math
from typing import Any

EVIL = "<script>document.title='owned'</script>"
ODD = "\x00\x1b[2J\u202e\ud800]]>&amp;'\""


def stats() -> dict[str, Any]:
    """The figures under the names that `link stats --json` gives them."""
    figures = {
        "documents": 1200,
        "documents_touched": 1200,
        "documents_short": 31,
        "words": 900_000,
        "words_touched": 900_000,
        "covered": 700_000,
        "eligible": 650_000,
        "token_coverage": 0.7777,
        "eligible_share": 0.7222,
        "reachable_ratio": 0.7222,
        "swapped_expected": 269_100.5,
        "ratio_expected": 0.299,
        "swapped": 269_000,
        "bytes_text": 5_000_000,
        "bytes_text_after": 5_300_000,
    }
    return {
        "format": 1,
        "inputs": {
            "inputs": ["corpus/", EVIL],
            "shards": 2,
            "bad_records": 1,
            "bad_reasons": [f"no JSON: {EVIL}"],
            "failed": [{"shard": EVIL, "reason": f"{EVIL}: cut off"}],
        },
        "policy": {"ratio": 0.3, "of": "words", "portion": 1.0, "protect": ["urls"], "mode": EVIL},
        "lexicons": [{"name": EVIL, "licence": ODD, "language": "de"}],
        **figures,
        "reachable_quantiles": {"0.05": 0.4, "0.5": 0.7, "0.95": 0.85},
        "lost": {"names": 40_000, "url": 10_000, "latex": 0},
        "word_types": 40_000,
        "word_types_exact": False,
        "type_coverage": 0.12,
        "top_uncovered": [[f"{EVIL}{n}", 900 - n] for n in range(25)],
        "top_covered": [["the", 9000, "der", EVIL], [ODD, 8000, "und"]],
        "headwords": 4000,
        "headwords_seen": 3000,
        "headwords_unseen_examples": [EVIL, "abaft"],
        "translations_per_headword": 1.5,
        "translations_per_covered_word": 2.5,
        "pos": {"noun": 300, "verb": 200, EVIL: 100},
        "languages": {"de": {**figures, "swapped": 600}, EVIL: {**figures, "swapped": 400}},
        "coverage_by_rank": [[2**n, 1000 * (n + 1), 990 * (n + 1) - 40 * n] for n in range(12)],
        "ratio_histogram": [
            [n / 50, (n + 1) / 50, round(500 * math.exp(-((n - 14) ** 2)))] for n in range(50)
        ],
        "reach_by_length": [
            [2**n, 2 ** (n + 1) - 1, 9, *(min(1.0, 0.1 * q + 0.05 * n) for q in range(3))]
            for n in range(8)
        ],
        "tokens": {
            "name": EVIL,
            "before": 1_000_000,
            "after": 1_100_000,
            "fertility_before": 1.1,
            "fertility_after": 1.2,
            "unknown_before": 0.0,
            "unknown_after": 0.01,
            "budget_factor": 1.1,
        },
        "by": {
            "field": EVIL,
            "values_found": 9,
            "values": {EVIL: figures, "books": {**figures, "token_coverage": 0.5}, "a" * 300: {}},
        },
        "sample": {
            "documents": 120,
            "share": 0.1,
            "confidence": 0.95,
            "errors": {
                "token_coverage": 0.01,
                "ratio_expected": 0.002,
                "tokens.fertility_after": 0.01,
                "words": None,
            },
        },
    }


SVGS = {
    "rank": ("circle", 12),
    "shares": ("rect", 3),
    "lost": ("rect", 2),
    "pos": ("rect", 3),
    "ratios": ("rect", 5),
    "length": ("circle", 8),
    "uncovered": ("rect", 20),
    "covered": ("rect", 2),
    "languages": ("rect", 2),
    "tokens-0": ("rect", 2),
    "by-token_coverage": ("rect", 2),
    "by-ratio_expected": ("rect", 2),
}
"""The plots of these figures, and how many marks of which kind each has."""
