"""Standard input and output: data alone on one, everything else on standard error."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import (
    compress,
    data_tree,
    decompress,
    environment,
    json_lines,
    link,
    some_records,
    stored_lines,
)

DATA = json_lines(some_records(40, 5))
PIPE = ("substitute", "-", "-o", "-", "-l", "tiny.tsv")


def test_a_pipe_gives_what_a_file_gives(work: Path) -> None:
    (work / "in" / "a.jsonl").write_bytes(DATA)
    link("substitute", "in/a.jsonl", "-o", "out", "-l", "tiny.tsv", "-q", cwd=work)
    expected = (work / "out" / "a.jsonl").read_bytes()
    assert expected != DATA
    for codec in ("none", "gz", "zst"):
        done = link(*PIPE, "-q", cwd=work, stdin=compress(DATA, codec))
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout == expected
    assert sorted(path.name for path in work.iterdir()) == ["in", "out", "tiny.tsv"]


@pytest.mark.parametrize("codec", ["gz", "zst"])
def test_a_pipe_is_compressed_if_asked(work: Path, codec: str) -> None:
    done = link(*PIPE, "-q", "--compression", codec, "-r", "0", cwd=work, stdin=DATA)
    assert decompress(done.stdout, codec) == DATA


def test_output_is_data_alone_and_the_summary_goes_to_standard_error(work: Path) -> None:
    done = link(*PIPE, "-r", "0", cwd=work, stdin=DATA)
    assert done.stdout == DATA
    text = done.stderr.decode()
    for word in ("documents", "words", "covered", "eligible", "swapped", "ratio asked", "MB/s"):
        assert word in text
    assert "ratio achieved" in text
    assert "\r" not in text  # no progress bar without a terminal
    assert "\x1b" not in text


def test_quiet_says_nothing(work: Path) -> None:
    (work / "in" / "notes.md").write_bytes(b"")
    done = link("substitute", "in", "-o", "out", "-l", "tiny.tsv", "--quiet", cwd=work)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_files_that_are_no_shards_are_listed_once(work: Path) -> None:
    (work / "in" / "notes.md").write_bytes(b"")
    done = link("substitute", "in", "-o", "out", "-l", "tiny.tsv", cwd=work)
    assert done.returncode == 0
    assert done.stderr.count(b"in/notes.md") == 1
    assert "notes.md" not in data_tree(work / "out")


def test_a_capped_ratio_is_said_in_words(work: Path) -> None:
    done = link("substitute", "in", "-o", "out", "-l", "tiny.tsv", "-r", "1", cwd=work)
    assert b"The lexicon caps the ratio" in done.stderr


def test_shards_follow_each_other_on_standard_output(work: Path) -> None:
    done = link("substitute", "in", "-o", "-", "-l", "tiny.tsv", "-r", "0", "-q", cwd=work)
    assert done.stdout == b"".join(stored_lines(path) for path in sorted((work / "in").iterdir()))


def test_records_of_two_shards_never_share_a_line(work: Path) -> None:
    for name in ("x.jsonl", "y.jsonl"):
        (work / name).write_bytes(b'{"text":"no final newline"}')
    done = link("substitute", "x.jsonl", "y.jsonl", "-o", "-", "-l", "tiny.tsv", "-q", cwd=work)
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == [
        *("no final newline", "no final newline")
    ]


def test_standard_input_may_go_to_a_folder(work: Path) -> None:
    arguments = ("substitute", "-", "-o", "out", "-l", "tiny.tsv", "-q", "-r", "0")
    for data in (DATA, DATA + DATA):  # it cannot be known to be the same: always done anew
        assert link(*arguments, cwd=work, stdin=data).returncode == 0
        (stored,) = data_tree(work / "out").values()
        assert stored == data


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (b"hello\n", "line 1, byte 0: not a JSON object"),
        (b'{"body":"a"}\n', "--text-field"),
        (compress(DATA, "gz")[:-9], "the gz stream is truncated"),
        (compress(DATA, "zst")[:-9], "the zst stream is truncated"),
    ],
)
def test_bad_standard_input_is_one_line_and_status_1(work: Path, stdin: bytes, words: str) -> None:
    done = link(*PIPE, "-q", cwd=work, stdin=stdin)
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("link: failed: -: ")
    assert words in line
    assert done.returncode == 1


def test_empty_standard_input_is_an_empty_shard(work: Path) -> None:
    done = link(*PIPE, "-q", cwd=work)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("reads", [False, True])
def test_a_reader_that_has_had_enough_is_no_defect(work: Path, reads: bool) -> None:
    (work / "in" / "a.jsonl").write_bytes(json_lines(some_records(5000 if reads else 1)))
    reader, writer = os.pipe()
    if not reads:
        os.close(reader)  # before anything can have been written
    process = subprocess.Popen(
        [sys.executable, "-m", "link", "substitute", "in/a.jsonl", "-o", "-", "-l", "tiny.tsv"],
        cwd=work,
        env=environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    if reads:
        assert os.read(reader, 1)
        os.close(reader)
    _, message = process.communicate(timeout=60)
    assert (process.returncode, message) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_standard_output_is_an_error(work: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = _run_with(work, ("-q",), stdin=DATA, stdout=full.fileno())
    (line,) = done.stderr.decode().splitlines()
    assert "No space left on device" in line
    assert done.returncode == 1


def test_a_closed_standard_input_is_an_error_and_no_traceback(work: Path) -> None:
    done = _run_with(work, ("-q",), close=0)
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("link: ")
    assert done.returncode in (1, 2)


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_closed_stream_that_is_not_needed_changes_nothing(work: Path, stream: int) -> None:
    run = ("substitute", "in", "-l", "tiny.tsv", "-o")
    assert link(*run, "whole", cwd=work).returncode == 0
    options = ("-j", "2", "--log-every", "0.01")
    assert _run_with(work, options, (*run, "out"), close=stream).returncode == 0
    assert data_tree(work / "out") == data_tree(work / "whole")
    assert _run_with(work, (), ("verify", "in", "out"), close=stream).returncode == 0


def test_with_standard_error_closed_data_and_exit_status_are_the_same(work: Path) -> None:
    whole = link(*PIPE, cwd=work, stdin=DATA)
    assert _run_with(work, (), stdin=DATA, close=2).stdout == whole.stdout
    assert _run_with(work, (), stdin=b"hello\n", close=2).returncode == 1
    assert _run_with(work, ("--ration", "1"), close=2).returncode == 2


@pytest.mark.parametrize("command", ["stats", "preview"])
def test_closed_standard_output_is_an_error_for_what_is_shown_there(
    work: Path, command: str
) -> None:
    done = _run_with(work, (), (command, "in", "-l", "tiny.tsv"), close=1)
    assert done.returncode == 1
    assert done.stderr == b"link: error: standard output is closed\n"


def test_a_terminal_that_lacks_a_letter_gets_its_number(work: Path) -> None:
    command = [sys.executable, "-m", "link", "lexicon", "check", "tiny.tsv", "caf\udce9.tsv"]
    for encoding in ("ascii:strict", "utf-8:strict"):
        told = environment() | {"PYTHONIOENCODING": encoding}
        done = subprocess.run(command, cwd=work, env=told, capture_output=True, timeout=60)
        assert b"caf\\udce9.tsv: error" in done.stdout
        assert (done.returncode, done.stderr) == (1, b"")


def _run_with(
    work: Path,
    options: tuple[str, ...],
    command: tuple[str, ...] = PIPE,
    *,
    stdin: bytes | None = None,
    stdout: int = subprocess.PIPE,
    close: int | None = None,
) -> "subprocess.CompletedProcess[bytes]":
    """A `link` process between streams of all kinds."""
    return subprocess.run(
        [sys.executable, "-m", "link", *command, *options],
        cwd=work,
        env=environment(),
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        preexec_fn=None if close is None else lambda: os.close(close),
        timeout=60,
    )
