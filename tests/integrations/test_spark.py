"""Spark: what the command writes, on a local session."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import link
from tests.helpers import ROOT
from tests.integrations.expected import NAMES, Names, by_command, some_table

pyspark = pytest.importorskip("pyspark")
pytestmark = pytest.mark.filterwarnings("ignore")  # Spark's own


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.mark.parametrize("names", NAMES)
def test_a_data_frame_gets_what_the_command_writes(
    work: Path, substituter: link.Substituter, session: Any, names: Names
) -> None:
    from link.integrations.spark import substitute

    expected = by_command(some_table(), names, work).to_pylist()
    frame = session.read.parquet(str(work / "in.parquet"))
    done = substitute(frame.repartition(3), substituter, *names)
    assert done.schema == frame.schema
    rows = [row.asDict(recursive=True) for row in done.collect()]
    assert sorted(rows, key=lambda row: row["number"]) == expected
