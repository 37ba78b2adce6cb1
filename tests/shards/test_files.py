"""Inputs by URL: found, mirrored, read and remembered like local ones."""

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from link.errors import LinkError, UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.plan import RunSpec, plan
from link.run.run import RunReport, execute
from link.shards.files import is_url, status_of
from link.shards.find import find_shards
from tests.helpers import compress, data_tree, json_lines, some_records

LEXICON = Lexicon.from_pairs([("dog", "Hund"), ("house", "Haus")], language="de")
SHARDS = {
    "a.jsonl": json_lines(some_records(20, 1)),
    "sub/b.jsonl.gz": compress(json_lines(some_records(20, 2)), "gz"),
    "sub/c.txt": b"the dog\nthe house\n",
}


@pytest.fixture
def store() -> Iterator[str]:
    """A remote store with shards, something hidden, and something else."""
    files = fsspec.filesystem("memory")
    for name, data in {**SHARDS, "_SUCCESS": b"", ".x/d.jsonl": b"x", "README.md": b"x"}.items():
        files.pipe_file(f"/store/{name}", data)
    yield "memory://store"
    files.rm("/store", recursive=True)


def run(inputs: list[str], out: Path, **more: object) -> RunReport:
    spec = RunSpec(
        inputs=inputs,
        output=out,
        lexicons=Lexicons.of([LEXICON]),
        policy=Policy(),
        **more,  # type: ignore[arg-type]
    )
    return execute(spec, plan(spec))


def local(folder: Path) -> Path:
    for name, data in SHARDS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_url_gives_what_the_same_files_give_locally(store: str, tmp_path: Path) -> None:
    run([str(local(tmp_path / "in"))], tmp_path / "out")
    report = run([store], tmp_path / "remote")
    assert data_tree(tmp_path / "remote") == data_tree(tmp_path / "out")
    assert [str(path) for path in report.left_alone] == ["memory:///store/README.md"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("", ["a.jsonl", "sub/b.jsonl.gz", "sub/c.txt"]),
        ("/sub", ["b.jsonl.gz", "c.txt"]),
        ("/a.jsonl", ["a.jsonl"]),
        ("/*.jsonl", ["a.jsonl"]),
        ("/sub/*", ["b.jsonl.gz", "c.txt"]),
        ("/**/*.gz", ["sub/b.jsonl.gz"]),
    ],
)
def test_names_are_relative_to_the_folder_or_the_fixed_part(
    store: str, pattern: str, names: list[str]
) -> None:
    assert [shard.name for shard in find_shards([store + pattern]).shards] == names


def test_a_second_start_does_nothing_and_a_changed_file_is_refused(
    store: str, tmp_path: Path
) -> None:
    run([store], tmp_path / "out")
    assert run([store], tmp_path / "out").done_before == len(SHARDS)
    fsspec.filesystem("memory").pipe_file("/store/a.jsonl", SHARDS["a.jsonl"] + b"\n")
    with pytest.raises(UsageError, match=r"store/a\.jsonl has changed"):
        run([store], tmp_path / "out")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://nothing", "does not exist"),
        ("memory://store/README.md", "no ending of a shard"),
        ("nosuch://store", "cannot be read: Protocol not known"),
    ],
)
def test_a_url_that_is_no_shard_is_an_error_that_names_it(
    store: str, url: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message) as error:
        find_shards([url])
    assert url in str(error.value)


def test_a_store_that_fails_fails_the_shard_alone(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = fsspec.filesystem("memory")
    opened = type(files).open

    def fail(self: object, path: str, *arguments: object, **more: object) -> object:
        if path.endswith("a.jsonl"):
            raise RuntimeError("token expired")
        return opened(self, path, *arguments, **more)

    monkeypatch.setattr(type(files), "open", fail)
    report = run([store], tmp_path / "out")
    [(path, reason)] = report.failed
    assert path.endswith("a.jsonl")
    assert "token expired" in reason
    assert sorted(data_tree(tmp_path / "out")) == ["sub/b.jsonl.gz", "sub/c.txt"]


def test_without_fsspec_a_url_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(LinkError, match=r"pip install 'link-corpus\[hub\]'"):
        find_shards(["memory://store"])


def test_a_local_files_status_is_its_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"xy")
    status = status_of(str(path))
    assert (status.size_bytes, status.modified_ns) == (2, path.stat().st_mtime_ns)
    assert not is_url(str(path))
