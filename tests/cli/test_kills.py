"""Runs that are killed, that lose a worker, or whose disk is full: whole files or none at a final
name at any moment, and the bytes of an uninterrupted run in the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from tests.cli.processes import (
    DEADLINE_SECONDS,
    kill,
    kill_all,
    members,
    published,
    wait_for,
)
from tests.helpers import (
    TINY_LEXICON,
    compress,
    environment,
    json_lines,
    link,
    partial_files,
    some_records,
    start_link,
    tree,
)

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")

LARGE = "sub/large.jsonl"
SUFFIXES = (
    *("jsonl", "jsonl.gz", "jsonl.zst", "txt", "txt.gz", "parquet", "parquet.zst"),
    *("stream.arrow", "file.arrow", "feather", "arrow.gz"),
)


def _write(path: Path, suffix: str, seed: int) -> None:
    """A small shard of some container."""
    records = some_records(300, seed)
    container, _, codec = suffix.removeprefix("stream.").removeprefix("file.").partition(".")
    if container == "jsonl":
        path.write_bytes(compress(json_lines(records), codec))
        return
    if container == "txt":
        lines = "".join(record["text"].replace("\n", " ") + "\n" for record in records)
        path.write_bytes(compress(lines.encode(), codec))
        return
    table = pa.Table.from_pylist(records)
    sink = pa.BufferOutputStream()
    if container == "parquet":
        pyarrow.parquet.write_table(table, sink, row_group_size=100)
    elif suffix.startswith("stream"):
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=100)
    elif container == "feather":
        pyarrow.feather.write_feather(table, sink, compression="zstd", chunksize=100)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=100)
    path.write_bytes(compress(bytes(sink.getvalue()), codec))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of a dozen shards, of which all processes do the large one together."""
    folder = tmp_path_factory.mktemp("kills")
    (folder / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    (folder / "in" / "sub").mkdir(parents=True)
    for seed, suffix in enumerate(SUFFIXES):
        _write(folder / "in" / f"{seed:02}.{suffix}", suffix, seed)
    (folder / "in" / LARGE).write_bytes(json_lines(some_records(4000, 99, words=60)))
    return folder


def _command(out: Path | str, *options: str, inputs: str = "in") -> tuple[str, ...]:
    return ("substitute", inputs, "-o", str(out), "-l", "tiny.tsv", "-q", *options)


@contextmanager
def _started(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A running `link` process, of which nothing is left afterwards."""
    process = start_link(*arguments, cwd=folder)
    try:
        yield process
    finally:
        kill_all(process)


class _Watch:
    """Looks at an output folder again and again: is all that has a final name whole, and has it the
    sidecar that it should have?"""

    def __init__(self, out: Path, whole: dict[str, bytes]) -> None:
        self._out = out
        self._whole = whole
        self._seen: dict[str, tuple[int, int, int]] = {}

    def look(self) -> None:
        for name in published(self._out) if self._out.exists() else ():
            path = self._out / name
            status = path.stat()
            file = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._seen.get(name) != file:
                assert path.read_bytes() == self._whole[name], f"{name} is not whole"
                beside = f"_link/swaps/{name}.parquet"
                if beside in self._whole:
                    sidecar = (self._out / beside).read_bytes()
                    assert sidecar == self._whole[beside], f"{beside} is not whole"
                self._seen[name] = file


# --- killed as a whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--swaps",)], ids=["plain", "swaps"])
def test_a_run_that_is_killed_again_and_again_comes_to_the_same_bytes(
    folder: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    assert link(*_command(tmp_path / "whole", *options), cwd=folder).returncode == 0
    whole = tree(tmp_path / "whole")
    sidecars = [name for name in whole if name.startswith("_link/swaps/")]
    assert len(sidecars) == (len(SUFFIXES) + 1 if options else 0)
    watch = _Watch(out, whole)
    # How many shards are done when it is killed, and whether its workers are with it.
    for jobs, done, group in (("1", 0, False), ("2", 4, True), ("3", 8, False)):
        with _started(folder, *_command(out, "-j", jobs, *options)) as process:

            def is_time(process: Any = process, done: int = done) -> bool:
                watch.look()
                at_work = bool(partial_files(out)) and len(published(out)) >= done
                return at_work or process.poll() is not None

            wait_for(is_time)
            kill(process, group=group)
            watch.look()
            wait_for(lambda process=process: not members(process))  # type: ignore[misc]
    watch.look()
    assert link(*_command(out, *options), cwd=folder).returncode == 0
    watch.look()
    assert tree(out) == whole
    assert partial_files(out) == []
    assert not (out / "_link" / "compiled").exists()


# --- in the midst of a large shard ----------------------------------------------------------------

ALL_ARE_LARGE = '''
"""`link` to which shards of more than 200 kB are large, and so have checkpoints."""

from link.run import checkpoint
from link.shards import jsonl

checkpoint.STREAM_BYTES, jsonl.BLOCK_BYTES = 200_000, 50_000

if __name__ == "__main__":
    from link.cli import main

    main()
'''


@pytest.mark.parametrize(
    ("number", "group", "shards"),
    [
        (signal.SIGKILL, True, 1),  # which both processes do
        (signal.SIGTERM, False, 2),  # each process does one
    ],
)
def test_a_run_that_ends_in_the_midst_of_large_shards_goes_on_to_the_same_bytes(
    folder: Path, tmp_path: Path, number: signal.Signals, group: bool, shards: int
) -> None:
    (tmp_path / "large.py").write_text(ALL_ARE_LARGE, encoding="utf-8")
    (tmp_path / "in").mkdir()
    for seed in range(shards):
        data = json_lines(some_records(4000, seed, words=80)) + b"no json\n"
        (tmp_path / "in" / f"{seed}.jsonl").write_bytes(data)
    (tmp_path / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    slowly = ("--compression", "zst:12", "--on-error", "quarantine")

    def start(out: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "large.py", *_command(out, "-j", "2", *slowly)],
            cwd=tmp_path,
            env=environment(),
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def checkpoints() -> list[Path]:
        return list((tmp_path / "out").rglob("*.checkpoint.link-partial"))

    def end(process: "subprocess.Popen[bytes]") -> None:
        said = f"link: warning: {shards} bad records were quarantined\n".encode()
        _, stderr = process.communicate(timeout=DEADLINE_SECONDS)
        assert (process.returncode, stderr) == (0, said)

    end(start("whole"))
    process = start("out")
    try:
        wait_for(checkpoints)
        if number == signal.SIGKILL:
            kill(process, group=group)
        else:
            process.send_signal(number)
            assert process.wait(DEADLINE_SECONDS) == 130
        wait_for(lambda: not members(process))
        assert checkpoints()
    finally:
        kill_all(process)
    end(start("out"))
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


# --- a full disk ----------------------------------------------------------------------------------

FULL_DISK = '''
"""`link` on a disk that is full: for all files together, or for those of some name."""

import errno
import os
from contextlib import contextmanager, suppress
from pathlib import Path

from link import publish

OUT, ROOM, NAME = os.environ["FULL_OUT"], int(os.environ["FULL_ROOM"]), os.environ["FULL_NAME"]
published = publish.published


class File:
    def __init__(self, file, final):
        self._file, self._final = file, final

    def write(self, data):
        used = 0
        for folder, _, names in os.walk(OUT):
            for name in names:
                with suppress(FileNotFoundError):  # the lexicon's arrays come and go
                    used += os.stat(os.path.join(folder, name)).st_size
        full = self._final.name == NAME if NAME else used + memoryview(data).nbytes > ROOM
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        size = self._file.write(data)
        self._file.flush()
        return size

    def __getattr__(self, name):
        return getattr(self._file, name)


@contextmanager
def on_full_disk(final, **options):
    with published(final, **options) as file:
        yield File(file, final)


publish.published = on_full_disk

if __name__ == "__main__":
    from link.cli import main

    main()
'''


@pytest.fixture(scope="module")
def few(folder: Path) -> Path:
    """Some of the corpus' shards, and in `few-whole` what an uninterrupted run makes of them."""
    few = folder / "few"
    few.mkdir()
    for place in (1, 2, 5, 7, 9):
        name = f"{place:02}.{SUFFIXES[place]}"
        os.link(folder / "in" / name, few / name)
    (few / "large.jsonl").write_bytes(json_lines(some_records(2000, 98, words=60)))
    assert link(*_command("few-whole", inputs="few"), cwd=folder).returncode == 0
    (folder / "full_disk.py").write_text(FULL_DISK, encoding="utf-8")
    return folder


def _run_on_full_disk(
    folder: Path, out: Path, jobs: str, *, room: int = 0, name: str = ""
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "full_disk.py", *_command(out, "-j", jobs, inputs="few")],
        cwd=folder,
        env=environment() | {"FULL_OUT": f"{out}", "FULL_ROOM": f"{room}", "FULL_NAME": name},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=DEADLINE_SECONDS,
    )


def _nothing_half_done_and_whole_again(folder: Path, out: Path, jobs: str) -> None:
    whole = tree(folder / "few-whole")
    assert {name: (out / name).read_bytes() for name in published(out)}.items() <= whole.items()
    assert partial_files(out) == []
    assert not (out / "_link" / "compiled").exists()
    assert link(*_command(out, "-j", jobs, inputs="few"), cwd=folder).returncode == 0
    assert tree(out) == whole


@pytest.mark.parametrize(("share", "jobs"), [(0.05, "2"), (0.9, "1")])
def test_a_disk_that_fills_up_fails_shards_by_name(
    few: Path, tmp_path: Path, share: float, jobs: str
) -> None:
    out = tmp_path / "out"
    whole = tree(few / "few-whole")
    room = int(share * sum(map(len, whole.values())))
    done = _run_on_full_disk(few, out, jobs, room=room)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1
    shards = [line for line in lines if "manifest.json" not in line]  # which may fail as well
    named = {line.removeprefix("link: failed: few/").partition(":")[0] for line in shards}
    assert named >= {"large.jsonl"}
    assert named == {path.name for path in (few / "few").iterdir()} - published(out)
    assert all("No space left on device" in line for line in lines)
    _nothing_half_done_and_whole_again(few, out, jobs)


@pytest.mark.parametrize("name", ["plan.json", "0000001.jsonl", "manifest.json"])
def test_a_disk_that_is_full_for_the_account_is_an_error(
    few: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    done = _run_on_full_disk(few, out, "1", name=name)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert all("No space left on device" in line for line in lines)
    assert any("its record cannot be written" in line for line in lines) == (name[0] == "0")
    _nothing_half_done_and_whole_again(few, out, "1")
