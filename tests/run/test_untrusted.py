"""An output folder is what others may have made of it: whatever stands there, it is one line."""

import errno
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from link.cli import cli, main
from link.publish import partial_path
from link.shards.sidecar import SCHEMA
from tests.helpers import RECORDS, edit_record
from tests.run.verified import files_of, laid_out

LINES = b'{"text":"the dog and the house"}\nno json\n{"text":"a dog"}\n'
Damage = Callable[[Path], object]


SUBSTITUTE = (
    *("substitute", "in", "-o", "out", "-l", "de.tsv", "-r", "1", "--inflect", "--swaps"),
    *("--skip-words", "words.txt", "--on-error", "quarantine", "-q"),
)
READING = (
    ("verify", "in", "out", "-q"),
    ("restore", "out", "-o", "back", "--overwrite", "-q"),
    ("stats", "out", "-q"),
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every file of a run, and what it was made of."""
    root = tmp_path_factory.mktemp("done")
    (root / "in").mkdir()
    (root / "in" / "a.jsonl").write_bytes(LINES)
    os.utime(root / "in" / "a.jsonl", (0, 0))
    (root / "de.tsv").write_text("# language: de\ndog\tHund\nhouse\tHaus\n", encoding="utf-8")
    (root / "words.txt").write_text("the\n")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(root)
        assert CliRunner().invoke(cli, SUBSTITUTE).exit_code == 0
    return files_of(root)


Link = Callable[..., tuple[int, str]]


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Link]:
    """Runs a command line; gives its exit status, and what it says on standard error."""
    handler = signal.getsignal(signal.SIGTERM)

    def ended(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["link", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        assert isinstance(end.value.code, int)
        return end.value.code, capsys.readouterr().err

    yield ended
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # hundreds of runs, none of which is kept
    return tmp_path


def lay_out(files: dict[str, bytes], work: Path) -> Path:
    """A run whose input is as old as it was."""
    laid_out(files, work)
    os.utime(work / "in" / "a.jsonl", (0, 0))
    return work


def stored(data: bytes) -> Damage:
    return lambda path: path.write_bytes(data)


def linked(target: str) -> Damage:
    return lambda path: path.symlink_to(target)


DAMAGES: dict[str, Damage] = {
    "missing": lambda _: None,
    "empty": stored(b""),
    "deep": stored(b"[" * 100_000),
    "not UTF-8": stored(b'{"\xff": 1}'),
    "a number": stored(b"7"),
    "a list": stored(b'["\\u0000", "\\ud800", ""]'),
    "an object": stored(b'{"a": 1}'),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a link to nowhere": linked("nowhere"),
    "a link to a device": linked("/dev/zero"),
    "a link to another file": linked(str(Path(__file__).resolve())),
}


DATA = {"empty", "not UTF-8", "a number", "an object", "truncated"}  # which --overwrite replaces


@pytest.mark.parametrize("damage", [*DAMAGES, "truncated"])
def test_no_file_of_a_run_ends_a_command_in_a_traceback_or_keeps_it_waiting(
    damage: str, files: dict[str, bytes], link: Link, work: Path
) -> None:
    own = [name for name in files if name.startswith("out/_link/")]
    assert len(own) == 12
    first = list(DAMAGES).index(damage) if damage in DAMAGES else 0
    for number, name in enumerate(own, first):
        # Each file meets one of the two ways to begin anew, and each kind of damage both.
        again = (*SUBSTITUTE, "--overwrite") if number % 2 and damage not in DATA else SUBSTITUTE
        shutil.rmtree("out", ignore_errors=True)
        lay_out(files, work)
        path = work / name
        path.unlink()
        DAMAGES.get(damage, stored(files[name][: len(files[name]) // 2]))(path)
        for command in (*READING[: 3 if name == own[0] else 2], again):
            code, said = link(*command)
            about = (name, command, code, said)
            assert code in (0, 1, 2), about
            assert "Traceback" not in said, about
            assert "defect" not in said, about
            assert code == 0 or said.startswith("link: "), about
            if command[0] == "verify" and files[name]:  # the lock is empty
                assert code != 0, about
    assert (work / "in" / "a.jsonl").read_bytes() == LINES


LINK = "out/_link/"


def edited(name: str, change: Callable[[Any], object]) -> Damage:
    def edit(work: Path) -> None:
        path = work / LINK / name
        value = json.loads(path.read_bytes())
        value = change(value) or value
        path.write_text(json.dumps(value))

    return edit


def record(**values: Any) -> Damage:
    def change(told: dict[str, Any]) -> None:
        for place, value in values.items():
            side, _, name = place.partition("_of_")
            (told[name] if name else told)[side] = value

    return lambda work: edit_record(work / "out", "a.jsonl", change)


def sidecar_in_latin_1(work: Path) -> None:
    path = work / LINK / "swaps" / "a.jsonl.parquet"
    table = pq.read_table(path)
    place = table.schema.get_field_index("translation")
    latin = pa.array([b"K\xf6ter"] * len(table), pa.binary()).cast(pa.string(), safe=False)
    pq.write_table(table.set_column(place, SCHEMA.field(place), latin), path)


DEEP = eval("[" * 90 + "]" * 90)
HOSTILE: dict[str, tuple[Damage, str]] = {
    "a NUL in a name": (edited("plan.json", lambda _: ["a\0.jsonl"]), "plan.json is damaged"),
    "half of a pair": (edited("plan.json", lambda _: ["\ud800.jsonl"]), "plan.json is damaged"),
    "no name": (edited("plan.json", lambda _: [""]), "plan.json is damaged"),
    "a name elsewhere": (edited("plan.json", lambda _: ["../a.jsonl"]), "plan.json is damaged"),
    "a number for a name": (edited("plan.json", lambda _: [7]), "plan.json is damaged"),
    "no path": (record(path_of_input=""), "is the path of no input"),
    "a path above": (record(path_of_input=".."), "is the path of no input"),
    "a NUL in a path": (record(path_of_input="\0"), "cannot be put back"),
    "a count below 0": (record(records_skipped_of_totals=-1), "there is no record of it"),
    "a count without end": (record(words_of_totals=10**400), "there is no record of it"),
    "a truth for a count": (record(size_bytes_of_input=True), "there is no record of it"),
    "no totals": (record(totals=None), "there is no record of it"),
    "a deep seed": (edited("run.json", lambda told: told.update(seed=DEEP)), "run.json is damaged"),
    "a ratio without end": (
        edited("run.json", lambda told: told["policy"].update(ratio=10**400)),
        "must be a number from 0 to 1",
    ),
    "another policy": (
        edited("run.json", lambda told: told["policy"].update(x=1)),
        "run.json is damaged",
    ),
    "texts that are not UTF-8": (sidecar_in_latin_1, "the sidecar is damaged"),
    "a place behind the end": (
        edited("quarantine/a.jsonl.reasons.jsonl", lambda told: told.update(offset=10**15)),
        "it ends too early",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_value_that_no_run_writes_is_said_in_a_line(
    what: str, files: dict[str, bytes], link: Link, work: Path
) -> None:
    lay_out(files, work)
    damage, words = HOSTILE[what]
    damage(work)
    said = {command[0]: link(*command) for command in (*READING, SUBSTITUTE)}
    assert words in said["restore"][1]
    assert said["restore"][0] != 0
    assert said["verify"][0] != 0 or "path" in what  # which may be another by now
    for code, words in said.values():
        assert code in (0, 1, 2)
        assert "Traceback" not in words
        assert "defect" not in words


def test_a_pipe_or_link_in_the_place_of_a_partial_file_is_replaced(
    files: dict[str, bytes], link: Link, work: Path
) -> None:
    lay_out(files, work)
    (work / "mine").write_bytes(b"years of work")
    os.mkfifo(partial_path(work / LINK / "run.json"))
    partial_path(work / LINK / "manifest.json").symlink_to(work / "mine")
    assert link(*SUBSTITUTE)[0] == 0
    assert (work / "mine").read_bytes() == b"years of work"
    assert files_of(work / "out").keys() == files_of(lay_out(files, work / "b") / "out").keys()


def test_nothing_is_removed_behind_a_link_to_another_folder(
    files: dict[str, bytes], link: Link, work: Path
) -> None:
    lay_out(files, work)
    (work / "mine").mkdir()
    (work / "mine" / "b.jsonl").write_bytes(b"years of work")
    (work / "out" / "sub").symlink_to(work / "mine")
    (work / LINK / "plan.json").write_text('["a.jsonl", "sub/b.jsonl"]')
    code, said = link(*SUBSTITUTE, "--overwrite")
    assert code == 2
    assert "is a link to another place" in said
    assert (work / "mine" / "b.jsonl").read_bytes() == b"years of work"


def test_behind_a_link_a_run_that_published_nothing_is_in_nobodys_way(
    link: Link, work: Path
) -> None:
    for folder in ("in/sub", "mine", "out"):
        (work / folder).mkdir(parents=True)
    (work / "out" / "sub").symlink_to(work / "mine")
    (work / LINK).mkdir()
    (work / LINK / "run.json").write_text("{}")
    (work / LINK / "plan.json").write_text('["sub/b.jsonl"]')
    (work / "in" / "sub" / "b.jsonl").write_bytes(b'{"text":"the dog"}\n')
    (work / "de.tsv").write_text("# language: de\ndog\tHund\n")
    (work / "words.txt").write_text("the\n")
    assert link(*SUBSTITUTE) == (0, "")
    assert (work / "mine" / "b.jsonl").read_bytes() == b'{"text":"the Hund"}\n'


@pytest.mark.parametrize("command", [*READING, SUBSTITUTE])
def test_a_file_that_a_limit_forbids_to_open_is_not_damaged(
    command: tuple[str, ...],
    files: dict[str, bytes],
    link: Link,
    work: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def opened(path: str, _flags: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files", path)

    lay_out(files, work)
    monkeypatch.setattr("link.untrusted._without_waiting", opened)
    code, said = link(*command)
    assert code == 1
    assert "ulimit -n" in said
    assert "damaged" not in said
    assert files_of(work / "out") == {
        name.removeprefix("out/"): data for name, data in files.items() if name.startswith("out/")
    }


@pytest.mark.parametrize("name", ["c.jsonl", "_link/swaps/c.jsonl.parquet"])
def test_verify_tells_of_a_pipe_that_is_no_file_of_the_run(
    name: str, files: dict[str, bytes], link: Link, work: Path
) -> None:
    lay_out(files, work)
    os.mkfifo(work / "out" / name)
    code, said = link(*READING[0])
    assert code == 1
    assert str(Path("out") / name) in said


@pytest.mark.parametrize("name", ["run.json", "plan.json", "manifest.json", RECORDS[6:]])
def test_what_is_far_too_large_is_not_read(
    name: str, files: dict[str, bytes], link: Link, work: Path
) -> None:
    lay_out(files, work)
    os.truncate(work / LINK / name, 1 << 40)
    for command in READING:
        code, said = link(*command)
        assert code == 0 or "holds more than 134,217,728 bytes" in said or name == RECORDS[6:]
        assert code != 0 or command[0] != "verify"
