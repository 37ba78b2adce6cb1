"""Ray Data: what the command writes, on a local cluster."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import link
from tests.helpers import ROOT
from tests.integrations.expected import NAMES, Names, by_command, some_table

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    variables = {"PYTHONPATH": str(ROOT)}
    ray.init(num_cpus=2, include_dashboard=False, runtime_env={"env_vars": variables})
    ray.data.DataContext.get_current().enable_progress_bars = False
    ray.data.DataContext.get_current().execution_options.preserve_order = True
    yield
    ray.shutdown()


@pytest.mark.parametrize("names", NAMES)
def test_a_dataset_gets_what_the_command_writes(
    work: Path, substituter: link.Substituter, names: Names
) -> None:
    from link.integrations.ray_data import substitute

    table = some_table()
    expected = by_command(table, names, work).to_pylist()
    dataset = ray.data.from_arrow([table.slice(0, 25), table.slice(25)])
    assert substitute(dataset, substituter, *names).take_all() == expected
