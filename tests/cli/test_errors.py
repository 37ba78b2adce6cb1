"""What goes wrong is one line that says what, where and what to do, and an exit status."""

import errno
import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from link.errors import shortage
from tests.helpers import (
    compress,
    data_tree,
    environment,
    json_lines,
    link,
    link_process,
    partial_files,
    some_records,
    stored_lines,
    tree,
)

GZ = compress(json_lines(some_records(300, 4)), "gz")
ZST = compress(json_lines(some_records(300, 4)), "zst")
NO_TEXT = b'{"text":"a"}\n{"body":"b"}\n'
SUBSTITUTE = ("substitute", "in", "-o", "out", "-l", "tiny.tsv")


def _error_line(stderr: bytes, start: str) -> str:
    """The error, which is all there is."""
    text = stderr.decode()
    assert "Traceback" not in text
    assert text.endswith("\n")
    (line,) = text.splitlines()
    assert line.startswith(start)
    return line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("substitute", "missing.jsonl", "-o", "out", "-l", "tiny.tsv"),
            ["missing.jsonl does not"],
        ),
        (("substitute", "tiny.tsv", "-o", "out", "-l", "tiny.tsv"), ["tiny.tsv", ".jsonl", ".zst"]),
        (
            ("substitute", "in/*.json", "-o", "out", "-l", "tiny.tsv"),
            ["nothing matches 'in/*.json'"],
        ),
        (("substitute", "in", "-o", "out", "-l", "en-dd"), ["'en-dd'", "did you mean", "en-de"]),
        (("substitute", "in", "-o", "out", "-l", "zz.tsv"), ["'zz.tsv'", "en-de"]),
        (
            ("substitute", "in", "-o", "out", "-l", "in/a.jsonl"),
            ["in/a.jsonl", "a shard of documents, not a lexicon"],
        ),
        (
            ("substitute", "in", "-o", "out", "-l", "in/c.jsonl.zst"),
            ["c.jsonl.zst: seems to be a shard of documents, not a lexicon"],
        ),
        (
            ("substitute", "in", "-o", "in/out", "-l", "tiny.tsv"),
            ["in/out lies inside the input in"],
        ),
        (("substitute", "in", "-o", "tiny.tsv", "-l", "tiny.tsv"), ["tiny.tsv is a file"]),
        (("substitute", "in", "in", "-o", "out", "-l", "tiny.tsv"), ["both be written to a.jsonl"]),
        ((*SUBSTITUTE, "--ratio", "1.5"), ["ratio is 1.5", "from 0 to 1"]),
        ((*SUBSTITUTE, "--compression", "lz4"), ["'lz4'", "none, gz, zst, zst:LEVEL, bz2 or xz"]),
        (
            ("substitute", "in/a.jsonl", "-o", "-", "-l", "tiny.tsv", "--swaps"),
            ["swaps", "standard output", "--link-dir"],
        ),
        ((*SUBSTITUTE, "--mark", "text"), ["--mark text", "name another"]),
        ((*SUBSTITUTE, "--mark", "a.b"), ["--mark", "without dots", "'a.b'"]),
        ((*SUBSTITUTE, "--mark", "x", "--format", "parquet"), ["--mark", "JSON Lines only"]),
    ],
)
def test_a_request_that_cannot_be_carried_out_is_one_line_and_status_2(
    work: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    before = tree(work)
    done = link(*arguments, cwd=work)
    line = _error_line(done.stderr, "link: error: ")
    assert all(word in line for word in words), line
    assert done.returncode == 2
    assert done.stdout == b""
    assert tree(work) == before


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "Usage: link"),
        (("substitute",), "INPUT"),
        (("substitute", "in", "-l", "tiny.tsv"), "-o"),
        (("substitute", "in", "-o", "out"), "-l"),
        ((*SUBSTITUTE, "--ration", "0.5"), "--ratio"),
        ((*SUBSTITUTE, "--of", "all"), "'eligible'"),
        ((*SUBSTITUTE, "-j", "0"), "--jobs"),
    ],
)
def test_a_command_line_that_cannot_be_read_is_explained_with_status_2(
    work: Path, arguments: tuple[str, ...], word: str
) -> None:
    before = tree(work)
    done = link(*arguments, cwd=work)
    assert done.returncode == 2
    assert word in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert tree(work) == before


@pytest.mark.parametrize(
    ("name", "data", "options", "words"),
    [
        ("x.jsonl", NO_TEXT, (), ["line 2, byte 13", "no field 'text'", "body", "--text-field"]),
        ("x.jsonl", b'{"text":"a"}\nhello\n', (), ["line 2, byte 13", "a JSON object"]),
        ("x.jsonl", b'{"a\\nb":1}\n', (), ["line 1, byte 0", "no field 'text'"]),
        ("x.jsonl.gz", GZ[:-9], (), ["the gz stream is truncated", "again"]),
        ("x.jsonl.zst", ZST[:-9], (), ["the zst stream is truncated", "again"]),
        ("x.jsonl.zst", ZST + b"x", (), ["the zst stream is damaged", "again"]),
        ("x.jsonl.gz", b"", (), ["the file is empty", "again"]),
        ("x.jsonl", NO_TEXT, ("--key-field", "id"), ["line 1", "key field 'id'", "absent"]),
    ],
)
def test_a_bad_shard_is_one_line_and_status_1_and_the_others_are_done(
    work: Path, name: str, data: bytes, options: tuple[str, ...], words: list[str]
) -> None:
    (work / "in" / name).write_bytes(data)
    done = link(*SUBSTITUTE, "-q", *options, cwd=work)
    line = _error_line(done.stderr, f"link: failed: in/{name}: ")
    assert all(word in line for word in words), line
    assert done.returncode == 1
    assert done.stdout == b""
    assert sorted(data_tree(work / "out")) == ["a.jsonl", "b.jsonl.gz", "c.jsonl.zst"]
    assert partial_files(work) == []


def test_failed_shards_are_in_the_summary_too(work: Path) -> None:
    (work / "in" / "x.jsonl").write_bytes(b"hello\n")
    done = link(*SUBSTITUTE, cwd=work)
    assert done.returncode == 1
    assert b"link: failed: in/x.jsonl: line 1, byte 0: not a JSON object" in done.stderr
    assert b"1 failed" in done.stderr


@pytest.mark.parametrize("option", ["--text-field", "--key-field"])
@pytest.mark.parametrize("field", ['a"b', "caf\udce9"])
def test_a_field_of_any_name_may_be_asked_for(work: Path, option: str, field: str) -> None:
    done = link(*SUBSTITUTE, "-q", option, field, cwd=work)
    assert b"Traceback" not in done.stderr
    assert done.returncode in (1, 2)


def test_a_folder_of_something_else_is_left_as_it_is(work: Path) -> None:
    (work / "out").mkdir()
    (work / "out" / "thesis.tex").write_bytes(b"years of work")
    before = tree(work)
    done = link(*SUBSTITUTE, "--overwrite", cwd=work)
    line = _error_line(done.stderr, "link: error: ")
    assert "output folder out holds something else (thesis.tex)" in line
    assert "name an empty or a new folder" in line
    assert done.returncode == 2
    assert tree(work) == before


def test_a_changed_policy_is_refused_until_overwrite_is_given(work: Path) -> None:
    assert link(*SUBSTITUTE, "-q", cwd=work).returncode == 0
    before = tree(work)
    done = link(*SUBSTITUTE, "-q", "-r", "0.9", cwd=work)
    line = _error_line(done.stderr, "link: error: ")
    assert "policy.ratio was 0.3, now 0.9" in line
    assert "--overwrite" in line
    assert done.returncode == 2
    assert tree(work) == before
    assert link(*SUBSTITUTE, "-q", "-r", "0.9", "--overwrite", cwd=work).returncode == 0
    assert tree(work) != before


def test_a_name_cannot_steer_the_terminal(work: Path) -> None:
    name = "in/\x1b[31mred\n.jsonl"
    (work / name).write_bytes(b"hello\n")
    done = link(*SUBSTITUTE, "-q", cwd=work)
    assert "\\x1b[31mred\\n.jsonl" in _error_line(done.stderr, "link: failed: ")


@pytest.mark.parametrize(
    ("error", "limit"),
    [
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (OSError(errno.ENFILE, "Too many open files in system"), "on this machine"),
        (OSError(errno.EFBIG, "File too large"), "ulimit -f"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (MemoryError(), "not enough memory"),
        (pa.ArrowMemoryError("malloc of size 64 failed"), "not enough memory"),
        (ImportError("x.so: failed to map segment from shared object"), "not enough memory"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
        (OSError(errno.ENOENT, "No such file or directory"), None),
        (ImportError("No module named 'x'"), None),
    ],
    ids=str,
)
def test_what_a_limit_forbids_names_the_limit(error: BaseException, limit: str | None) -> None:
    told = shortage(error)
    assert told is None if limit is None else limit in str(told)


@pytest.mark.parametrize("command", [SUBSTITUTE, (*SUBSTITUTE, "-j", "4")])
def test_too_few_file_descriptors_are_an_error_that_names_their_limit(
    work: Path, command: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "link", *command, "-q"],
        cwd=work,
        env=environment(),
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5)),
        timeout=60,
    )
    assert "ulimit -n" in _error_line(done.stderr, "link: error: ")
    assert done.returncode == 1


def test_names_that_are_not_utf_8_go_through_every_command(work: Path) -> None:
    odd = "\udce9"
    for path in (work / "in").iterdir():
        path.rename(path.with_name(odd + path.name))
    (work / "in" / odd).mkdir()
    (work / "in" / odd / "bad.jsonl").write_bytes(NO_TEXT)
    (work / "in").rename(work / f"in{odd}")
    (work / "tiny.tsv").rename(work / f"tiny{odd}.tsv")
    shards, lexicon = f"in{odd}", ("-l", f"tiny{odd}.tsv")
    quarantine = ("--on-error", "quarantine", "--link-dir", f"beside{odd}")
    for command in (
        ("substitute", shards, "-o", f"out{odd}", *lexicon, "--swaps", "-j", "2", *quarantine),
        ("verify", shards, f"out{odd}", "--link-dir", f"beside{odd}"),
        ("restore", f"out{odd}", "-o", f"back{odd}", "--link-dir", f"beside{odd}"),
        ("stats", shards, *lexicon, "--json", f"{odd}.json", "--html", f"{odd}.html"),
        ("lexicon", "info", f"tiny{odd}.tsv"),
        ("lexicon", "convert", f"tiny{odd}.tsv", "-o", f"{odd}.tsv", "--licence", odd),
    ):
        done = link(*command, cwd=work)
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    done = link_process("preview", shards, *lexicon, cwd=work)  # whose arguments are bytes
    assert done.returncode == 0, done.stderr
    for name in tree(work / shards):
        assert stored_lines(work / f"back{odd}" / name) == stored_lines(work / shards / name)


def test_a_field_that_is_not_utf_8_is_refused(work: Path) -> None:
    done = link("stats", "in", "-l", "tiny.tsv", "--by", "\udce9", cwd=work)
    assert "is not UTF-8" in _error_line(done.stderr, "link: error: ")
    assert done.returncode == 2


def test_a_link_to_nowhere_is_a_failed_shard(work: Path) -> None:
    (work / "in" / "x.jsonl").symlink_to("nowhere.jsonl")
    done = link(*SUBSTITUTE, "-q", cwd=work)
    assert "No such file" in _error_line(done.stderr, "link: failed: in/x.jsonl: ")
    assert done.returncode == 1
    assert len(data_tree(work / "out")) == 3
