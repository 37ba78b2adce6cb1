"""Whole commands: how fast beside copies, and how much memory they take; parts of `bench.py`."""

import time
from functools import partial
from pathlib import Path

from bench_rivals import copy, through_finder, through_json
from bench_texts import json_line
from bench_tools import (
    MB,
    RATIO,
    Bench,
    Contenders,
    for_each,
    measure,
    on_one_core,
    peak_bytes,
    run_link,
    substitute_arguments,
    table,
    write_lexicon,
    write_shards,
)

from link.lexicon import Lexicon, Lexicons
from link.policy import OF, OF_WORDS, Policy
from link.run.context import WorkerContext
from link.run.progress import Meter
from link.run.shard import SubstitutionWork
from link.run.shards import pieces_here
from link.run.task import Input, Output, Task
from link.shards.codecs import ZST
from link.stats.count import StatsSpec, plan_stats, take_stats
from link.stats.figures import figures

SHARDS = 4


def command_part(bench: Bench) -> None:
    shards = write_shards(bench, SHARDS)
    size = sum(map(len, bench.lines))
    out = bench.folder / "out.jsonl.zst"
    tasks = [Task(out.name, Input(str(path), codec=ZST), Output(out, codec=ZST)) for path in shards]
    lexicon = write_lexicon(bench, bench.lexicon)
    contenders: Contenders = {}
    for of in OF:
        policy = Policy(ratio=RATIO, of=of)
        context = WorkerContext(bench.lexicon.compiled, policy, Meter())
        work = SubstitutionWork()
        do = partial(work.do, context=context, do_pieces=pieces_here(context))
        run = partial(for_each, do, tasks)
        contenders[f"link substitute, of {of}"] = run, size
        contenders[f"link stats, of {of}"] = partial(stats, shards, bench.lexicon, policy), size
    copies = {
        "copy through the same reader and writer": through_finder,
        "copy of bytes, no fields looked for": bytes,
        "copy by json.loads and json.dumps": through_json,
    }
    for name, change in copies.items():
        contenders[name] = partial(for_each, partial(copy, change=change), tasks), size
    # A copy can use two cores well: decompressing is half of it, and compressing the other half.
    with on_one_core():
        speeds = measure(contenders, bench.rounds)
    one, copied = f"link substitute, of {OF_WORDS}", next(iter(copies))
    table(
        ["zst to zst, on one core, no start-up", "beside the copy", "beside substitute", "MB/s"],
        [[n, s / speeds[copied], s / speeds[one], s] for n, s in speeds.items()],
    )
    contenders = {}
    for jobs in (1, 2):
        arguments = substitute_arguments(lexicon, bench.folder / "out", shards, jobs)
        contenders[f"link substitute -j {jobs}"] = partial(run_link, arguments), size
    arguments = substitute_arguments(lexicon, bench.folder / "out", shards, 1)
    contenders["link substitute -j 1, on one core"] = partial(run_on_one_core, arguments), size
    speeds = measure(contenders, bench.rounds)
    table(
        [f"{SHARDS} shards, from start to end", "beside -j 1", "MB/s"],
        [[n, s / speeds["link substitute -j 1"], s] for n, s in speeds.items()],
    )


def run_on_one_core(arguments: list[str]) -> None:
    with on_one_core():
        run_link(arguments)


def stats(shards: list[Path], lexicon: Lexicon, policy: Policy) -> None:
    inputs = list(map(str, shards))
    spec = StatsSpec(inputs=inputs, lexicons=Lexicons.of([lexicon]), policy=policy)
    planned = plan_stats(spec)
    figures(spec, planned, take_stats(spec, planned, Meter()))


def memory_part(bench: Bench) -> None:
    lexicon = write_lexicon(bench, bench.lexicon)
    joined = "\n\n".join(bench.documents)
    long = (joined * (bench.long_bytes // max(len(joined), 1) + 1))[: bench.long_bytes]
    one = bench.folder / "one.jsonl"
    one.write_bytes(json_line(long))
    tiny = bench.folder / "tiny.jsonl"
    tiny.write_bytes(json_line("The dog sleeps."))
    inputs = {
        "a shard of one sentence": [tiny],
        f"{SHARDS} shards of {sum(map(len, bench.lines)) / SHARDS / MB:.2f} MB": write_shards(
            bench, SHARDS
        ),
        f"one document of {one.stat().st_size / MB:.2f} MB": [one],
    }
    rows = []
    for name, shards in inputs.items():
        arguments = substitute_arguments(lexicon, bench.folder / "out", shards, 1)
        begin = time.perf_counter()
        peak = peak_bytes(arguments)
        rows.append([name, f"{peak / MB:.0f}", time.perf_counter() - begin])
    table(["link substitute -j 1", "peak memory, MB", "seconds"], rows)
