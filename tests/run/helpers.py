"""What tests of runs share: a run as a library, and what it left in its folder."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.context import WorkerContext
from link.run.plan import RunSpec, plan
from link.run.progress import Meter
from link.run.run import RunReport, execute
from link.run.shard import SubstitutionWork
from link.run.shards import pieces_here
from link.run.task import ShardReport, Task
from link.shards.store import Store
from tests.helpers import data_tree, stored_lines


def run(spec: RunSpec) -> RunReport:
    return execute(spec, plan(spec))


def run_large(
    spec: RunSpec, *, stream_bytes: int, block_bytes: int, meter: Meter | None = None
) -> RunReport:
    """A run to which shards of more than `stream_bytes` are large, and so have checkpoints."""
    planned = plan(spec)
    tasks = [
        replace(
            task,
            input=replace(task.input, block_bytes=block_bytes),
            output=replace(task.output, stream_bytes=stream_bytes),
        )
        for task in planned.tasks
    ]
    return execute(spec, replace(planned, tasks=tasks), meter)


def spec_of(
    corpus: Path | Sequence[str],
    out: Path,
    lexicon: Lexicon,
    policy: Policy | None = None,
    **more: Any,
) -> RunSpec:
    inputs = [str(corpus)] if isinstance(corpus, Path) else corpus
    return RunSpec(
        inputs=inputs,
        output=out,
        lexicons=Lexicons.of([lexicon]),
        policy=policy or Policy(seed=5),
        **more,
    )


def lines_of(folder: Path) -> dict[str, bytes]:
    """The decompressed shards of an output folder."""
    return {name: stored_lines(folder / name) for name in data_tree(folder)}


def manifest_of(out: Path) -> dict[str, Any]:
    manifest = json.loads((out / "_link" / "manifest.json").read_bytes())
    assert isinstance(manifest, dict)
    return manifest


def do_shard(task: Task, lexicon: Lexicon, policy: Policy) -> ShardReport:
    """Substitute a shard in this process."""
    context = WorkerContext(lexicon.compiled, policy, Meter())
    return SubstitutionWork().do(task, context, pieces_here(context))


def stored(url: str) -> dict[str, bytes]:
    """The objects at a URL, by name."""
    store = Store(url)
    found = {}
    for name, _ in store.list():
        with store.open(name) as file:
            found[name] = file.read()
    return found


def age_lease(store: Store, name: str) -> None:
    """As if its holder had died long ago."""
    with store.open(name) as file:
        told = json.loads(file.read())
    store.put(name, json.dumps({**told, "renewed": 0.0}).encode())
