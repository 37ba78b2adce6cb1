"""What tests of shards, runs and commands share: codecs from outside, corpora, processes."""

import bz2
import gzip
import io
import json
import lzma
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import zstandard

from link.cli import main

ROOT = Path(__file__).parent.parent
DEMO_CORPUS = ROOT / "scripts" / "demo" / "corpus"
SHIPPED_LEXICON = ROOT / "lexicons" / "en-de.tsv"

TINY_LEXICON = """\
# name: tiny
# language: de
# licence: CC0-1.0
the\tder\t1\tdet
the\tdie\t0.9\tdet
dog\tHund\t1\tnoun
dog\tKöter\t0.2\tnoun
house\tHaus\t1\tnoun
river\tFluss\t1\tnoun
see\tsehen\t1\tverb
see\terblicken\t0.5\tverb
green\tgrün\t1\tadj
don't\tnicht\t1\tverb
Monday\tMontag\t1\tnoun
"""

_WORDS = (
    *(
        "the",
        "The",
        "dog",
        "Dog",
        "DOG",
        "dog's",
        "house",
        "river",
        "see",
        "green",
        "don't",
        "don’t",
    ),
    *("Monday", "walks", "over", "café", "犬", "naïve", "x", "3rd", "_dog_", "I", "and"),
)
_GAPS = (" ", " ", " ", ", ", ". ", "\n", '" ', " — ", "! ", " 😀 ", "\t", "\\", "/")


def some_text(random_: random.Random, words: int) -> str:
    """Running text of lexicon words and others, with gaps of all kinds."""
    return "".join(
        piece for _ in range(words) for piece in (random_.choice(_WORDS), random_.choice(_GAPS))
    )


def some_records(count: int, seed: int = 0, words: int = 40) -> list[dict[str, Any]]:
    """Records with text and other fields, the same for the same arguments."""
    random_ = random.Random(seed)
    return [
        {"id": f"{seed}-{n}", "text": some_text(random_, random_.randint(0, words)), "score": n / 3}
        for n in range(count)
    ]


def json_lines(records: Sequence[object], **dumps: Any) -> bytes:
    """One record a line, written by `json.dumps`."""
    return b"".join(json.dumps(record, **dumps).encode() + b"\n" for record in records)


def compress(data: bytes, codec: str) -> bytes:
    """Compressed by tools that are not LINK's."""
    if codec == "gz":
        return gzip.compress(data, mtime=0)
    if codec == "zst":
        return zstandard.ZstdCompressor(write_checksum=True).compress(data)
    return {"bz2": bz2.compress, "xz": lzma.compress}.get(codec, bytes)(data)


def decompress(data: bytes, codec: str) -> bytes:
    """Decompressed by tools that are not LINK's, with their default settings."""
    if codec == "gz":
        return gzip.decompress(data)
    if codec == "zst":
        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            return reader.read()
    return {"bz2": bz2.decompress, "xz": lzma.decompress}.get(codec, bytes)(data)


def stored_lines(path: Path) -> bytes:
    """A shard's decompressed bytes."""
    codec = path.suffix[1:]
    return decompress(path.read_bytes(), codec if codec in ("gz", "zst", "bz2", "xz") else "none")


def tree(folder: Path, *, without: Sequence[str] = ("_link/lock",)) -> dict[str, bytes]:
    """Every file under a folder, hidden ones too: relative name -> bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    named = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: data for name, data in named.items() if name not in without}


def data_tree(folder: Path) -> dict[str, bytes]:
    """Every file under an output folder but those that say what the run was."""
    beside = ("_link/", ".huggingface.yaml")
    return {name: data for name, data in tree(folder).items() if not name.startswith(beside)}


def partial_files(folder: Path) -> list[Path]:
    """Files that are being written, or that were left behind."""
    return sorted(folder.rglob("*.link-partial"))


# --- processes ------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """The environment of a `link` process that may run in any folder; its warnings are errors."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONWARNINGS": "error",
    }


def start_link(
    *arguments: str | Path, cwd: Path, stdin: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """A running `link` process, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "link", *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def link(
    *arguments: str | Path, cwd: Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """What `link` does in this process, its streams being no terminal."""
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    streams = {
        "stdin": io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)), "utf-8"),
        "stdout": stdout,
        "stderr": stderr,
    }
    argv = ["link", *map(str, arguments)]
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        patch.setattr(sys, "argv", argv)
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            signal.signal(signal.SIGTERM, handler)
    stdout.flush()
    stderr.flush()
    assert isinstance(ended.value.code, int)
    return subprocess.CompletedProcess(
        argv, ended.value.code, stdout.buffer.getvalue(), stderr.buffer.getvalue()
    )


def link_process(
    *arguments: str | Path, cwd: Path, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """A `link` process run to its end; `link` does the same for a tenth of the time."""
    return subprocess.run(
        [sys.executable, "-m", "link", *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        input=stdin,
        capture_output=True,
        timeout=120,
    )


RECORDS = "_link/records/0000000.jsonl"
"""Of a run that came to its end."""


def shard_records(out: Path) -> dict[str, Any]:
    """The records of all shards by name."""
    paths = (out / RECORDS).parent.iterdir()
    lines = [line for path in paths for line in path.read_bytes().splitlines()]
    return {record["name"]: record for record in map(json.loads, lines)}


def edit_record(out: Path, name: str, change: Callable[[dict[str, Any]], object] | None) -> None:
    """Change the record of a shard in place; None: take it away."""
    path = out / RECORDS
    told = [json.loads(line) for line in path.read_bytes().splitlines()]
    if change is None:
        told = [record for record in told if record["name"] != name]
    else:
        change(next(record for record in told if record["name"] == name))
    path.write_text("".join(json.dumps(record) + "\n" for record in told))
