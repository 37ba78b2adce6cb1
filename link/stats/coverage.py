"""How many of a corpus' running words a lexicon covers."""

from dataclasses import dataclass

from link.errors import ShardError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import SWAP, Policy
from link.run.progress import Meter
from link.stats.count import StatsSpec, plan_stats, take_stats
from link.stats.tally import COLUMN

SAMPLE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Coverage:
    """Running words that were looked at, and how many of them the lexicon covers."""

    words: int
    covered: int

    @property
    def share(self) -> float:
        return self.covered / self.words if self.words else 0.0


def coverage(lexicon: Lexicon, inputs: list[str]) -> Coverage:
    """The token coverage of a sample of shards. Raises `ShardError` if one cannot be read."""
    policy = Policy(ratio=0, names=SWAP, protect=())  # by form alone
    spec = StatsSpec(
        inputs=inputs, lexicons=Lexicons.of([lexicon]), policy=policy, sample_bytes=SAMPLE_BYTES
    )
    report = take_stats(spec, plan_stats(spec), Meter())
    for _, reason in report.failed:
        raise ShardError(reason)
    sums = report.tally.arrays["sums"].tolist()
    return Coverage(sums[COLUMN["words"]], sums[COLUMN["covered"]])
