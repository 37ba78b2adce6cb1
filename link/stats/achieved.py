"""What a run has achieved against what it was asked, from its manifest and records alone.

No data is read: `_link/records/` has an account of every shard.
"""

import math
from dataclasses import dataclass
from typing import Any

from link.errors import PolicyError, UsageError
from link.policy import OF_WORDS, Policy
from link.run.counts import Count, Totals
from link.run.folder import RunFolder
from link.run.run_json import LexiconTold
from link.stats.figures import FORMAT, share
from link.untrusted import read_json

TOLERANCE = 0.01
"""A shard whose ratio is off by more of the words, and by more than chance, is named first."""

_CHANCE = 3.0  # standard errors of a draw of single words

_POLICY_KEYS = frozenset(Policy().as_dict()) - {"seed"}


@dataclass(frozen=True)
class Shards:
    """Of a manifest's totals, how many shards there are."""

    shards: Count


@dataclass(frozen=True)
class Manifest:
    """What is needed of a manifest, which another version may have written."""

    seed: int
    policy: dict[str, Any]
    lexicons: list[LexiconTold]
    failed: list[dict[str, str]]
    totals: Shards
    version: str | None = None
    kernel_version: int | None = None


def achieved(run: RunFolder) -> dict[str, Any]:
    """The figures of a run that came to its end. Raises `UsageError` if its manifest is damaged."""
    folder = run.shown
    try:
        manifest = read_json(run.manifest_path, Manifest)
        policy = Policy(
            seed=manifest.seed,
            **{key: value for key, value in manifest.policy.items() if key in _POLICY_KEYS},
        )
    except (OSError, ValueError, PolicyError) as error:
        raise UsageError(
            f"{run.files.shown(run.manifest_path)} is damaged ({error}); run the same "
            f"command again to write it again"
        ) from error
    totals = Totals()
    shards = []
    for record in run.all_records():
        totals.add(record.totals)
        shards.append({"shard": record.name, **_figures(record.totals, policy)})
    counted = manifest.totals.shards
    if len(shards) < counted:
        raise UsageError(
            f"{folder}: {counted - len(shards):,} of the {counted:,} shards that its manifest "
            f"counts, or their records in _link/records, are gone or changed; bring them back, or "
            f"run the same command again"
        )
    shards.sort(key=lambda shard: (shard["is_within_tolerance"], str(shard["shard"])))
    return {
        "format": FORMAT,
        "run": folder,
        "version": manifest.version,
        "kernel_version": manifest.kernel_version,
        "policy": policy.as_dict(),
        "lexicons": manifest.lexicons,
        "tolerance": TOLERANCE,
        **_figures(totals, policy),
        "totals": {
            **totals.as_dict(policy),
            "shards": len(shards),
            "shards_failed": len(manifest.failed),
        },
        "shards_missing_the_ratio": sum(not shard["is_within_tolerance"] for shard in shards),
        "shards": shards,
        "languages": _languages(
            totals, list(dict.fromkeys(each["language"] for each in manifest.lexicons))
        ),
        "failed": manifest.failed,
    }


def _figures(totals: Totals, policy: Policy) -> dict[str, Any]:
    """What was asked and achieved: of words, or with `of="eligible"` of the words drawn among."""
    if policy.of == OF_WORDS:
        base: float = totals.words_touched
    else:
        base = totals.eligible / policy.ratio if policy.ratio else 0
    ratio = totals.swapped / base if base else None
    off = 0.0 if ratio is None else abs(ratio - policy.ratio)
    return {
        "documents": totals.documents,
        "documents_touched": totals.documents_touched,
        "documents_capped": totals.documents_capped if policy.of == OF_WORDS else None,
        "words": totals.words,
        "words_touched": totals.words_touched,
        "swapped": totals.swapped,
        "ratio_asked": policy.ratio,
        "ratio_achieved": None if ratio is None else round(ratio, 6),
        "portion_asked": policy.portion,
        "portion_achieved": share(totals.documents_touched, totals.documents),
        "words_short": round(totals.words_short) if policy.of == OF_WORDS else None,
        "is_within_tolerance": off <= _tolerance(policy, base),
    }


def _tolerance(policy: Policy, base: float) -> float:
    """Of a small shard chance alone takes more."""
    return max(TOLERANCE, _CHANCE * math.sqrt(policy.ratio * (1 - policy.ratio) / max(base, 1.0)))


def _languages(totals: Totals, codes: list[str]) -> dict[str, Any]:
    """By language: swaps and their share, and the touched documents where each takes one."""
    swapped = totals.swapped_by_language
    return {
        code or "(not stated)": {
            "swapped": swapped.get(code, 0),
            "share_of_swaps": share(swapped.get(code, 0), totals.swapped),
            "documents": totals.documents_by_language.get(code),
        }
        for code in codes
    }
