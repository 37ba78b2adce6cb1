"""Figures as `link stats --json` writes them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.progress import Meter
from link.stats.count import StatsSpec, plan_stats, take_stats
from link.stats.figures import figures


def stats_of(corpus: Path | Sequence[str], lexicons: Lexicons, **more: Any) -> dict[str, Any]:
    inputs = [str(corpus)] if isinstance(corpus, Path) else corpus
    spec = StatsSpec(**{"inputs": inputs, "lexicons": lexicons, "policy": Policy(seed=5), **more})
    planned = plan_stats(spec)
    told = figures(spec, planned, take_stats(spec, planned, Meter()))
    return json.loads(json.dumps(told))  # type: ignore[no-any-return]
