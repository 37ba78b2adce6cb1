"""What tests of runs share: a run as a library, and what it left in its folder."""

import json
from collections.abc import Sequence
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
from tests.helpers import data_tree, stored_lines


def run(spec: RunSpec) -> RunReport:
    return execute(spec, plan(spec))


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
