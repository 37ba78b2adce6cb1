"""A model of large runs: stragglers and lost nodes. It simulates; it measures nothing.

    python scripts/scale.py --terabytes 15 --cores 1000

Shards of one size are handed out one by one to whichever core is free. A core's speed for a shard
is the measured one divided by a log-normal factor of median 1 (`--spread`: its sigma). A node of
`--node-cores` cores is lost after an exponential time (`--days-between-losses`, of each node) and
is back `--back-minutes` later; the shards it was at are done again from their begin, as an engine
does. What a core is at when it is lost counts as lost work.
"""

import argparse
import heapq
import math
import random
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True)
class Model:
    """`speed_mb_s`: of one core, decompressed. `spread`: sigma of the log of a shard's slowness."""

    speed_mb_s: float = 15.0
    spread: float = 0.15
    node_cores: int = 64
    days_between_losses: float = 30.0
    back_minutes: float = 10.0


@dataclass(frozen=True)
class Outcome:
    """`ideal_hours`: no stragglers, no losses, no last shard. `lost`: share of all work done."""

    ideal_hours: float
    hours: float
    lost: float
    retries: int


def simulate(model: Model, megabytes: float, cores: int, shard_mb: float, seed: int = 0) -> Outcome:
    """One run, in virtual time. Raises `ValueError` where there is nothing to do it with."""
    if min(megabytes, cores, shard_mb, model.speed_mb_s) <= 0:
        raise ValueError("sizes, cores and speed must be positive")
    draw = random.Random(seed)
    shards = math.ceil(megabytes / shard_mb)
    todo = [min(shard_mb, megabytes - number * shard_mb) for number in range(shards)]
    nodes = math.ceil(cores / model.node_cores)
    between = model.days_between_losses * 86400
    falls = [draw.expovariate(1 / between) if between else math.inf for _ in range(nodes)]
    free = [(0.0, core) for core in range(cores)]
    heapq.heapify(free)
    end = done = lost = 0.0
    retries = 0
    while todo:
        now, core = heapq.heappop(free)
        node = core // model.node_cores
        back = falls[node] + model.back_minutes * 60
        if now >= back:  # the node fell and came back while this core was idle or down
            falls[node] = back + draw.expovariate(1 / between)
            heapq.heappush(free, (now, core))
            continue
        if now >= falls[node]:
            heapq.heappush(free, (back, core))
            continue
        size = todo.pop()
        needs = size / model.speed_mb_s * math.exp(draw.gauss(0, model.spread))
        if now + needs <= falls[node]:
            end, done = max(end, now + needs), done + needs
            heapq.heappush(free, (now + needs, core))
        else:
            lost += falls[node] - now
            retries += 1
            todo.append(size)
            heapq.heappush(free, (back, core))
    ideal = megabytes / model.speed_mb_s / cores
    return Outcome(ideal / 3600, end / 3600, lost / (done + lost), retries)


def main() -> None:
    model = Model()
    parser = argparse.ArgumentParser(description="A model of stragglers and lost nodes.")
    parser.add_argument("--terabytes", type=float, default=15.0)
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 64, 1000])
    parser.add_argument("--shard-mb", type=float, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--runs", type=int, default=20, help="simulated, each with its own seed")
    for name, value in vars(model).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    given = parser.parse_args()
    model = Model(**{name: getattr(given, name) for name in vars(model)})
    print("A model, not a measurement:", model)
    print("cores  shard MB  ideal h   mean h  worst h  lost work  retries")
    for cores in given.cores:
        for shard_mb in given.shard_mb:
            megabytes = given.terabytes * 1e6
            runs = [simulate(model, megabytes, cores, shard_mb, seed) for seed in range(given.runs)]
            print(
                f"{cores:5,} {shard_mb:9,.0f} {runs[0].ideal_hours:8.2f} "
                f"{fmean(run.hours for run in runs):8.2f} {max(run.hours for run in runs):8.2f} "
                f"{fmean(run.lost for run in runs):10.2%} {fmean(run.retries for run in runs):8.0f}"
            )


if __name__ == "__main__":
    main()
