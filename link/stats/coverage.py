"""How many of a corpus' running words a lexicon covers."""

from dataclasses import dataclass

from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import SWAP, Policy
from link.run.context import WorkerContext
from link.run.plan import RunSpec, plan
from link.run.progress import Meter
from link.run.shard import sample_shard
from link.run.shards import pieces_here

SAMPLE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Coverage:
    """Running words that were looked at, and how many of them the lexicon covers."""

    words: int
    covered: int

    @property
    def share(self) -> float:
        return self.covered / self.words if self.words else 0.0


def coverage(lexicon: Lexicon, inputs: list[str], sample_bytes: int = SAMPLE_BYTES) -> Coverage:
    """The token coverage of the shards' begins, up to `sample_bytes` (decompressed) in all."""
    policy = Policy(ratio=1.0, names=SWAP, protect=())  # by form alone
    tasks = plan(
        RunSpec(inputs=inputs, output=None, lexicons=Lexicons.of([lexicon]), policy=policy)
    ).tasks
    do_pieces = pieces_here(WorkerContext(lexicon.compiled, policy, Meter()))
    each = max(1, sample_bytes // len(tasks))
    totals = [sample_shard(task, do_pieces, each).totals for task in tasks]
    return Coverage(sum(one.words for one in totals), sum(one.covered for one in totals))
