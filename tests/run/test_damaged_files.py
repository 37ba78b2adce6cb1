"""Shards that are cut off, denied, or find the disk full: each damage named, the rest goes on."""

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from link.errors import UsageError
from link.publish import partial_path
from link.run.plan import plan
from link.shards.formats import TEXT
from link.shards.jsonl import JsonLines
from link.shards.quarantine import FAIL, ON_ERROR, QUARANTINE, SKIP
from link.shards.rows import Rows
from tests.helpers import compress, data_tree, json_lines, partial_files, some_records
from tests.run.bad import (
    ALL,
    BROKEN,
    LEXICON,
    NAMES,
    counts,
    failure,
    read,
    run_on,
    strings,
    table_of,
    write,
)
from tests.run.helpers import run, spec_of

# --- files that are not whole ---------------------------------------------------------------------


def whole(name: str) -> bytes:
    """A small shard of what the name says."""
    lines = json_lines(some_records(60))
    if ".jsonl" in name:
        return compress(lines, name.rpartition(".")[2])
    sink = io.BytesIO()
    table = pa.Table.from_pylist(some_records(60))
    if name == "a.parquet":
        pq.write_table(table, sink, row_group_size=20)
    else:
        new = pa.ipc.new_stream if "stream" in name else pa.ipc.new_file
        with new(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=20)
    return sink.getvalue()


WHOLE = ("a.jsonl.gz", "a.jsonl.zst", "a.parquet", "a.arrow", "stream.arrow", "a.feather")


@pytest.mark.parametrize("on_error", [FAIL, SKIP])
@pytest.mark.parametrize("left", [1, 3, 9, 101, 0.3, 0.5, 0.9, -9, -5, -1])
@pytest.mark.parametrize("name", WHOLE)
def test_a_shard_that_is_cut_off_fails(
    name: str, left: float, on_error: str, tmp_path: Path
) -> None:
    data = whole(name)
    shard, out = tmp_path / name, tmp_path / "out"
    end = int(len(data) * left) | 1 if isinstance(left, float) else left
    shard.write_bytes(data[:end])
    reason = failure(run_on(shard, out, on_error), shard, out)
    assert "truncated" in reason or "damaged" in reason


def message_ends(data: bytes) -> list[int]:
    """Where the messages of an Arrow stream end, the schema's first."""
    ends = []
    file = pa.BufferReader(data)
    for _ in pa.ipc.MessageReader.open_stream(file):
        ends.append(file.tell())
    return ends


@pytest.mark.parametrize("message", [0, 1, 2, 3])
def test_an_arrow_stream_without_its_end_mark_is_cut_off(message: int, tmp_path: Path) -> None:
    data = whole("stream.arrow")
    ends = message_ends(data)
    assert len(ends) == 4
    shard, out = tmp_path / "stream.arrow", tmp_path / "out"
    shard.write_bytes(data[: ends[message]])
    assert "truncated" in failure(run_on(shard, out), shard, out)


@pytest.mark.parametrize("on_error", [FAIL, SKIP])
@pytest.mark.parametrize(
    "garbage", [b"garbage", b"\n", b'{"text":"dog"}\n', b"\x1f\x8b", b"\x28\xb5"]
)
@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl.zst", "a.txt.gz", "a.parquet.gz"])
def test_other_bytes_behind_a_compressed_stream_fail_the_shard(
    name: str, garbage: bytes, on_error: str, tmp_path: Path
) -> None:
    shard, out = tmp_path / name, tmp_path / "out"
    data = {".jsonl": b'{"text":"dog"}\n', ".parq": whole("a.parquet")}.get(name[1:7], b"dog\n")
    shard.write_bytes(compress(data, name.rpartition(".")[2]) + garbage)
    reason = failure(run_on(shard, out, on_error), shard, out)
    assert "truncated" in reason or "damaged" in reason


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize(
    ("name", "fails"),
    [
        *((name, False) for name in ("a.jsonl", "a.txt", "a.ndjson")),
        *((name, True) for name in ("a.jsonl.gz", "a.json.zst", "a.txt.gz", "a.txt.zst")),
        *((name, True) for name in ("a.parquet", "a.arrow", "a.feather", "a.parquet.gz")),
    ],
)
def test_a_file_of_no_bytes(name: str, fails: bool, on_error: str, tmp_path: Path) -> None:
    shard, out = tmp_path / name, tmp_path / "out"
    shard.touch()
    report = run_on(shard, out, on_error)
    if fails:
        reason = failure(report, shard, out)
        assert any(word in reason for word in ("empty", "truncated", "damaged"))
    else:
        assert not report.failed
        assert counts(report.totals) == (0, 0, 0, 0)
        assert (out / name).read_bytes() == b""


@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize("name", NAMES)
def test_a_shard_of_no_rows_or_of_null_texts_is_no_trouble(
    name: str, rows: int, tmp_path: Path
) -> None:
    before = table_of(strings([None] * rows))
    write(tmp_path / name, before)
    report = run_on(tmp_path / name, tmp_path / "out")
    assert counts(report.totals) == (rows, rows, 0, 0)
    assert report.totals.documents == 0
    assert read(tmp_path / "out" / name).equals(before)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("a.parquet", "a.arrow"),
        ("a.arrow", "a.parquet"),
        ("a.jsonl", "a.parquet"),
        ("a.parquet", "a.jsonl.gz"),
        ("a.jsonl", "a.jsonl.gz"),
        ("a.txt", "a.jsonl.zst"),
        ("a.jsonl.gz", "a.jsonl.zst"),
        ("a.arrow", "a.jsonl.none"),
    ],
)
def test_a_name_that_says_another_container_fails_the_shard(
    name: str, like: str, tmp_path: Path
) -> None:
    shard, out = tmp_path / name, tmp_path / "out"
    shard.write_bytes(whole(like))
    failure(run_on(shard, out), shard, out)


def test_damaged_shards_of_all_containers_do_not_stop_the_others(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in WHOLE:
        (folder / f"good-{name}").write_bytes(whole(name))
        (folder / f"bad-{name}").write_bytes(whole(name)[:-9])
    write(folder / "bad-row.parquet", table_of(strings(BROKEN)))
    (folder / "bad-line.txt").write_bytes(b"dog\n\xff")
    report = run_on(folder, out, jobs=2)
    assert [Path(path).name for path, _ in report.failed] == sorted(
        path.name for path in folder.glob("bad-*")
    )
    assert sorted(data_tree(out)) == sorted(f"good-{name}" for name in WHOLE)
    assert partial_files(out) == []
    assert counts(report.totals) == (360, 360, 0, 0)


# --- folders and files that cannot be read or written ---------------------------------------------


@pytest.mark.parametrize("names", [(), ("README.md",), (".a.jsonl", "_b.parquet", "_x/c.txt")])
def test_a_folder_without_shards_is_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).touch()
    with pytest.raises(UsageError, match=r"no shards in .*shards end in \.jsonl .*\.parquet"):
        plan(spec_of(tmp_path / "in", tmp_path / "out", LEXICON))


needs_permissions = pytest.mark.skipif(os.geteuid() == 0, reason="nothing is denied to root")
Deny = Callable[[Path, int], None]
NOTHING, READING = 0, 0o500


@pytest.fixture(params=["told", pytest.param("real", marks=needs_permissions)])
def deny(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Deny:
    """Leaves this user no more than these permissions on a file or folder."""

    def really(path: Path, mode: int) -> None:
        before = path.stat().st_mode
        path.chmod(mode)
        request.addfinalizer(lambda: path.chmod(before))

    def told(denied: Path, left: int) -> None:
        def refusing(name: str) -> None:
            real = getattr(Path, name)

            def method(path: Path, *more: Any, **named: Any) -> Any:
                writes = name == "mkdir" or (name == "open" and more[:1] == ("x+b",))
                inside = denied in (path.parents if name == "mkdir" else (path, *path.parents))
                if inside and (writes or left == NOTHING):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
                return real(path, *more, **named)

            monkeypatch.setattr(Path, name, method)

        for name in ("open", "iterdir", "mkdir"):
            refusing(name)

    return really if request.param == "real" else told


@pytest.mark.parametrize("on_error", [FAIL, SKIP])
@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz", "x.parquet", "x.arrow", "x.txt"])
def test_a_file_that_may_not_be_read_fails_alone(
    name: str, on_error: str, tmp_path: Path, deny: Deny
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(b"dog\n")
    (tmp_path / "in" / "good.txt").write_bytes(b"a dog\n")
    deny(tmp_path / "in" / name, NOTHING)
    report = run_on(tmp_path / "in", tmp_path / "out", on_error)
    assert "Permission denied" in failure(report, tmp_path / "in" / name, tmp_path / "out")
    assert data_tree(tmp_path / "out") == {"good.txt": b"a Hund\n"}


def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, deny: Deny) -> None:
    (tmp_path / "in" / "closed").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_bytes(b"dog")
    deny(tmp_path / "in" / "closed", NOTHING)
    with pytest.raises(UsageError, match="closed cannot be read: Permission denied"):
        plan(spec_of(tmp_path / "in", tmp_path / "out", LEXICON))


@pytest.mark.parametrize("left", [READING, NOTHING])
def test_an_output_folder_that_may_not_be_used_is_refused(
    left: int, tmp_path: Path, deny: Deny
) -> None:
    (tmp_path / "a.txt").write_bytes(b"dog")
    (tmp_path / "out").mkdir()
    deny(tmp_path / "out", left)
    with pytest.raises(UsageError, match=r"output folder .*out.*Permission denied"):
        run_on(tmp_path / "a.txt", tmp_path / "out")


def test_a_folder_in_the_output_that_may_not_be_written_fails_its_shards(
    tmp_path: Path, deny: Deny
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    write(folder / "sub" / "c.parquet", table_of(strings([b"a dog"])))
    (folder / "sub" / "b.txt").write_bytes(b"a dog\n")
    (folder / "a.txt").write_bytes(b"a dog\n")
    run_on(folder, out)
    for name in ("b.txt", "c.parquet"):
        (out / "sub" / name).unlink()
    deny(out / "sub", READING)
    report = run_on(folder, out)
    assert [Path(path).name for path, _ in report.failed] == ["b.txt", "c.parquet"]
    assert all("Permission denied" in reason for _, reason in report.failed)
    assert (report.shards, report.done_before) == (1, 1)


# --- a full disk ----------------------------------------------------------------------------------

FULL = Path("/dev/full")
needs_full_device = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def make_full(monkeypatch: pytest.MonkeyPatch, folder: Path, name: str) -> None:
    """Have a file of this folder written where no space is left."""
    full, real = partial_path(folder / name), Path.open

    def opened(path: Path, *more: Any, **named: Any) -> Any:
        return FULL.open("wb") if path == full else real(path, *more, **named)

    monkeypatch.setattr(Path, "open", opened)


@needs_full_device
@pytest.mark.parametrize("rows", [3, 3000])
@pytest.mark.parametrize(
    ("name", "container"),
    [
        *((name, None) for name in ("b.jsonl", "b.jsonl.gz", "b.jsonl.zst", "b.txt")),
        *((name, None) for name in ("b.parquet", "b.parquet.zst", "b.arrow", "stream.arrow")),
        *(("b.jsonl", container) for container in ("parquet", "arrow", TEXT)),
    ],
)
def test_a_full_disk_fails_the_shard_and_leaves_nothing(
    name: str, container: str | None, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    texts = [f"the dog {n} {os.urandom(20).hex()}" for n in range(rows)]
    for each in ("a.txt", "z.txt"):
        (folder / each).write_text("a dog\n")
    if ".jsonl" in name:
        lines = json_lines([{"text": text} for text in texts])
        (folder / name).write_bytes(compress(lines, name.rpartition(".")[2]))
    elif name == "b.txt":
        (folder / name).write_text("\n".join(texts))
    else:
        plain = folder / name.removesuffix(".zst")
        write(plain, pa.table({"text": texts}), 1000)
        if name.endswith(".zst"):
            (folder / name).write_bytes(compress(plain.read_bytes(), "zst"))
            plain.unlink()
    spec = spec_of(folder, out, LEXICON, ALL, container=container)
    [_, final, _] = plan(spec).names
    with monkeypatch.context() as patched:
        make_full(patched, out, final)
        report = run(spec)
    [(path, reason)] = report.failed
    assert path == str(folder / name)
    assert "No space left on device" in reason
    assert reason.startswith(str(folder / name))
    assert final not in data_tree(out)
    assert partial_files(out) == []
    assert (report.shards, report.totals.records_written) == (2, 2)
    again = run(spec)  # with space again
    assert not again.failed
    assert (again.shards, again.done_before) == (3, 2)
    assert (out / final).stat().st_size > 0


@needs_full_device
@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "stream.arrow"])
@pytest.mark.parametrize("suffix", ["", ".reasons.jsonl"])
def test_a_quarantine_that_cannot_be_written_fails_the_shard(
    suffix: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard, out = tmp_path / name, tmp_path / "out"
    if name == "a.jsonl":
        shard.write_bytes(b'{"text":"dog"}\nno\n')
    else:
        write(shard, table_of(strings(BROKEN)))
    make_full(monkeypatch, out / "_link" / "quarantine", name + suffix)
    report = run_on(shard, out, QUARANTINE)
    [(_, reason)] = report.failed
    assert "No space left on device" in reason
    assert data_tree(out) == {}
    assert partial_files(out) == []


@pytest.mark.parametrize("error", [MemoryError(), pa.ArrowMemoryError("malloc of size 9 failed")])
@pytest.mark.parametrize("name", ["a.jsonl", *NAMES])
def test_a_shard_that_memory_is_too_short_for_is_neither_damaged_nor_a_defect(
    name: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object) -> None:
        raise error

    source, out = tmp_path / name, tmp_path / "out"
    if name in NAMES:
        write(source, table_of(pa.array(["the dog"])))
    else:
        source.write_bytes(b'{"text":"the dog"}\n')
    monkeypatch.setattr(JsonLines, "find", find)
    monkeypatch.setattr(Rows, "find", find)
    assert failure(run_on(source, out), source, out).startswith(f"{source}: not enough memory")
