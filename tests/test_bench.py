"""`make bench`: every part runs and prints its tables. How fast anything is, no test says."""

import subprocess
import sys
from functools import cache

import pytest

from tests.helpers import ROOT, environment

SIZES = "--megabytes 0.01 --slow-megabytes 0.01 --repeated-megabytes 0.001 --long-megabytes 0.05"

TABLES = {
    "kernel": (
        "kernel, beside no rules",
        "kernel, beside English",
        "kernel, MB/s of text",
        "reader + kernel + splice",
    ),
    "beside": ("times re.sub", "kernel, of words, beside", f"times {ROOT.name}"),
    "command": ("zst to zst", "4 shards, from start to end"),
    "repeated": ("repeated to", "Worst: "),
    "memory": ("link substitute -j 1", "one document of 0.05 MB"),
}


@cache
def bench(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "scripts" / "bench.py"), *options, "--rounds", "1"]
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("part", TABLES)
def test_every_part_prints_its_tables(part: str) -> None:
    done = bench("--part", part, "--beside", str(ROOT), *SIZES.split())
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for table in TABLES[part]:
        assert any(line.startswith(table) for line in lines), table


def test_a_checkout_swaps_as_many_words_as_itself() -> None:
    done = bench("--part", "beside", "--beside", str(ROOT), *SIZES.split())
    table = done.stdout[done.stdout.index(f"times {ROOT.name}") :].splitlines()
    assert [line.split()[-2] for line in table[1:]] == ["1.0000"] * 16


def test_an_unknown_part_is_an_error_that_names_the_known_ones() -> None:
    done = bench("--part", "speed")
    assert done.returncode == 2
    assert "known are kernel, beside, command, repeated, memory" in done.stderr
