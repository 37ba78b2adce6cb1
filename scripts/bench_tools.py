"""What the parts of `bench.py` share: what they work on, processes, measuring, printing."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import link
from link.lexicon import Lexicon
from link.shards.codecs import ZST, compressor

ROOT = Path(link.__file__).parents[1]
MB = 1e6
RATIO = 0.3

# Linux reports a parent's peak as its child's in getrusage, so the process's own mark is read.
PEAK = """
import re, resource, sys
from pathlib import Path
from link.cli import cli
cli.main(sys.argv[1:], standalone_mode=False)
status = Path("/proc/self/status")
if status.exists():
    print(int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # bytes on macOS
"""

Call = Callable[[], object]
Contenders = dict[Any, tuple[Call, float]]  # what it is -> what to measure, and of how many bytes
Speeds = dict[Any, float]  # MB/s


@dataclass(frozen=True)
class Bench:
    """What the parts work on. `lines`: of JSON. `documents`: the texts in them."""

    lines: list[bytes]
    documents: list[str]
    lexicon: Lexicon
    folder: Path
    rounds: int
    slow_bytes: int
    repeated_bytes: int
    long_bytes: int
    beside: Path | None


def write_shards(bench: Bench, count: int) -> list[Path]:
    paths = []
    for number in range(count):
        compression = compressor(ZST)
        assert compression
        data = compression.compress(b"".join(bench.lines[number::count])) + compression.flush()
        paths.append(bench.folder / f"shard-{number}.jsonl.zst")
        paths[-1].write_bytes(data)
    return paths


def write_lexicon(bench: Bench, lexicon: Lexicon) -> str:
    path = bench.folder / f"{lexicon.sha256[:16]}.tsv"
    path.write_text(lexicon.canonical_text(), encoding="utf-8")
    return str(path)


def for_each(do: Callable[[Any], object], texts: Iterable[Any]) -> None:
    for text in texts:
        do(text)


def substitute_arguments(lexicon: str, out: Path, shards: list[Path], jobs: int) -> list[str]:
    options = f"--no-inflect --ratio {RATIO} --jobs {jobs} --quiet --overwrite".split()
    return ["substitute", *map(str, shards), "-o", str(out), "-l", lexicon, *options]


def peak_bytes(arguments: list[str]) -> int:
    """Run `link` and give the most memory that it held."""
    return int(run_python("-c", PEAK, *arguments).split()[-1])


def run_link(arguments: list[str]) -> str:
    return run_python("-m", "link", *arguments)


def run_python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, env=environment(ROOT), check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@contextmanager
def on_one_core() -> Iterator[None]:
    """Threads and processes that start meanwhile share one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(usable)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, usable)


def environment(folder: Path) -> dict[str, str]:
    """Of a process that imports the LINK of a checkout."""
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def measure(contenders: Contenders, rounds: int) -> Speeds:
    best: Speeds = dict.fromkeys(contenders, 0.0)
    for _ in range(rounds):
        for name, (run, size) in contenders.items():
            begin = time.perf_counter()
            run()
            best[name] = max(best[name], size / MB / (time.perf_counter() - begin))
    return best


def table(header: list[str], rows: list[list[str | float]]) -> None:
    """Print aligned columns, the first to the left."""
    cells = [[c if isinstance(c, str) else f"{c:.2f}" for c in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print()
    for first, *others in cells:
        right = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        print("  ".join([first.ljust(widths[0]), *right]), flush=True)
