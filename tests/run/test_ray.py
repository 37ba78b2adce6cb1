"""Runs on a Ray cluster: the same files as without, also when a node is lost on the way."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from link.audit.verify import verify
from link.errors import ShardError, UsageError
from link.lexicon import Lexicon
from link.run.context import Ray
from link.run.engine import WorkerDiedError
from link.run.plan import plan
from link.run.progress import Meter
from link.run.run import execute
from link.stats.count import StatsSpec, plan_stats, take_stats
from link.stats.figures import figures
from tests.helpers import json_lines, some_records, tree
from tests.run.helpers import run, spec_of

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'link-corpus[ray]'")
pytestmark = pytest.mark.filterwarnings("default")

SHARDS = 24


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes besides the head, which does nothing itself."""
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made.add_node(num_cpus=1)
    made.add_node(num_cpus=1)
    yield made
    made.shutdown()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(SHARDS):
        data = json_lines(some_records(200, number))
        (tmp_path / "in" / f"{number:02}.jsonl").write_bytes(data)
    (tmp_path / "in" / "bad.jsonl").write_bytes(b"no json\n")
    return tmp_path / "in"


def test_the_files_are_those_of_one_process_although_a_node_is_lost(
    cluster: Any, corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    alone = run(spec_of(corpus, tmp_path / "alone", lexicon, swaps=True))
    lost = cluster.add_node(num_cpus=2)
    spec = spec_of(corpus, tmp_path / "out", lexicon, swaps=True, ray=Ray(cluster.address))
    meter = Meter()

    def lose() -> None:
        while meter.so_far.shards_done < 3:
            time.sleep(0.01)
        cluster.remove_node(lost, allow_graceful=False)

    thread = threading.Thread(target=lose)
    thread.start()
    report = execute(spec, plan(spec), meter)
    thread.join()
    assert report.totals == alone.totals
    assert [Path(path).name for path, _ in report.failed] == ["bad.jsonl"]
    assert tree(tmp_path / "out") == tree(tmp_path / "alone")


def test_stats_and_verify_find_the_same(
    cluster: Any, corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (corpus / "bad.jsonl").unlink()
    spec = spec_of(corpus, tmp_path / "out", lexicon)
    run(spec)
    found = verify([str(corpus)], tmp_path / "out", ray=Ray(cluster.address))
    assert found.differences.shown == []
    assert found.shards == SHARDS
    stats = StatsSpec(inputs=[str(corpus)], lexicons=spec.lexicons, policy=spec.policy)
    reports = [
        (each, plan_stats(each)) for each in (stats, replace(stats, ray=Ray(cluster.address)))
    ]
    alone, by_ray = (
        figures(each, planned, take_stats(each, planned, Meter())) for each, planned in reports
    )
    assert alone == by_ray


def test_what_kills_every_worker_fails_by_name(cluster: Any) -> None:
    from link.run.ray_engine import RayCluster

    engine = RayCluster(_nothing, Meter(), cluster.address)
    try:
        results = dict(engine.map(_die_on_three, [(n, n) for n in range(6)], in_order=True))
    finally:
        engine.close()
    assert isinstance(results.pop(3), WorkerDiedError)
    assert isinstance(results.pop(4), ShardError)
    assert results == {0: 0, 1: 1, 2: 2, 5: 5}


def test_a_cluster_that_is_not_there_is_told(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    spec = spec_of(corpus, tmp_path / "out", lexicon, ray=Ray("127.0.0.1:1"))
    with pytest.raises(UsageError, match="no Ray cluster can be reached"):
        execute(spec, plan(spec))


def _nothing(_meter: Meter) -> None:
    return None


def _die_on_three(_context: None, number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 4:
        raise ShardError("four")
    return number
