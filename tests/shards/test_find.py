"""Which files are shards, in which order, and what their outputs are called."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from link.errors import UsageError
from link.shards.codecs import SUFFIXES
from link.shards.find import (
    Shard,
    find_shards,
    output_name,
    refuse_clashes,
    split_name,
)
from link.shards.formats import FORMAT_OF_SUFFIX

MakeFiles = Callable[..., Path]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeFiles:
    """Makes empty files in the current folder, which is a fresh one."""
    monkeypatch.chdir(tmp_path)

    def make(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return tmp_path

    return make


def found_names(*inputs: str) -> list[str]:
    return [shard.name for shard in find_shards(inputs).shards]


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("compressed", SUFFIXES)
@pytest.mark.parametrize("suffix", FORMAT_OF_SUFFIX)
def test_a_shards_name_says_its_container_and_compression(suffix: str, compressed: str) -> None:
    for stem in ("a", "en-0001", "a.b", "a.jsonl", "a.gz", "a b", "犬"):
        expected = stem, suffix, SUFFIXES[compressed]
        assert split_name(f"{stem}{suffix}{compressed}") == expected
        assert split_name(f"{stem}{suffix.upper()}{compressed.title()}") == expected


@pytest.mark.parametrize(
    "name",
    [
        *("a.md", "a", "jsonl", "a.jsonl.lz4", "a.gz", "a.jsonl.part", "a.jsonlx", ""),
        *(".jsonl", ".jsonl.gz", "a.jsonl.gz.zst", "a.jsonl~", "a.tar.gz", "json.gz"),
    ],
)
def test_any_other_name_is_no_shards(name: str) -> None:
    assert split_name(name) is None


# --- files and folders ----------------------------------------------------------------------------


def test_a_file_keeps_its_own_name(files: MakeFiles) -> None:
    root = files("in/deep/a.jsonl.gz")
    (shard,) = find_shards([str(root / "in" / "deep" / "a.jsonl.gz")]).shards
    assert shard == Shard(str(root / "in" / "deep" / "a.jsonl.gz"), "a.jsonl.gz", "gz")


def test_files_come_in_the_order_they_are_named(files: MakeFiles) -> None:
    files("b.jsonl", "a.jsonl", "in/c.json")
    assert found_names("b.jsonl", "in", "a.jsonl") == ["b.jsonl", "c.json", "a.jsonl"]


def test_a_folder_is_mirrored_in_sorted_order(files: MakeFiles) -> None:
    files("in/b.jsonl", "in/a.jsonl.zst", "in/sub/deep/x.json.gz", "in/sub/a.ndjson", "in/c.jsonl")
    assert found_names("in") == [
        *("a.jsonl.zst", "b.jsonl", "c.jsonl", "sub/a.ndjson", "sub/deep/x.json.gz")
    ]
    assert [shard.codec for shard in find_shards(["in"]).shards] == [
        *("zst", "none", "none", "none", "gz")
    ]


@pytest.mark.parametrize(
    "name",
    [
        *(".hidden.jsonl", ".a.jsonl.link-partial", "_SUCCESS", "_metadata.json", "_link/run.json"),
        *(".git/a.jsonl", "_temporary/a.jsonl", "sub/_link/records/a.jsonl.json", "sub/.x/y.jsonl"),
        ".ipynb_checkpoints/a.jsonl",
    ],
)
def test_hidden_and_underscored_names_in_folders_are_passed_over(
    files: MakeFiles, name: str
) -> None:
    files("in/a.jsonl", f"in/{name}")
    found = find_shards(["in"])
    assert [shard.name for shard in found.shards] == ["a.jsonl"]
    assert found.left_alone == []


def test_other_files_in_folders_are_left_alone_and_listed(files: MakeFiles) -> None:
    files("in/a.jsonl", "in/README.md", "in/sub/b.md", "in/c.jsonl.lz4")
    found = find_shards(["in"])
    assert [shard.name for shard in found.shards] == ["a.jsonl"]
    assert found.left_alone == [Path("in/README.md"), Path("in/c.jsonl.lz4"), Path("in/sub/b.md")]


def test_a_folder_whose_name_is_a_shards_is_a_folder(files: MakeFiles) -> None:
    files("in.jsonl/part-0.jsonl", "in.jsonl/sub.json/part-1.jsonl")
    assert found_names("in.jsonl") == ["part-0.jsonl", "sub.json/part-1.jsonl"]


def test_a_folder_that_links_to_itself_is_read_once(files: MakeFiles) -> None:
    root = files("in/a.jsonl")
    (root / "in" / "again").symlink_to(".", target_is_directory=True)
    assert found_names("in") == ["a.jsonl"]


def test_a_link_to_a_shard_is_a_shard(files: MakeFiles) -> None:
    root = files("elsewhere/a.jsonl", "in/b.jsonl")
    (root / "in" / "a.jsonl").symlink_to("../elsewhere/a.jsonl")
    assert found_names("in") == ["a.jsonl", "b.jsonl"]


# --- globs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("in/*.jsonl", ["a.jsonl", "b.jsonl"]),
        ("in/*", ["a.jsonl", "b.jsonl", "c.json.gz"]),
        ("in/?.json*", ["a.jsonl", "b.jsonl", "c.json.gz"]),
        ("in/[ab].jsonl", ["a.jsonl", "b.jsonl"]),
        ("in/*/*.jsonl", ["x/a.jsonl", "y/a.jsonl"]),
        ("i*/x/a.jsonl", ["in/x/a.jsonl"]),
        ("in/**/a.jsonl", ["a.jsonl", "x/a.jsonl", "x/z/a.jsonl", "y/a.jsonl"]),
        ("in/x/**", ["a.jsonl", "z/a.jsonl"]),
        ("**/z/*.jsonl", ["in/x/z/a.jsonl"]),
    ],
)
@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_a_globs_shards_are_named_below_its_fixed_part(
    files: MakeFiles, pattern: str, names: list[str], absolute: bool
) -> None:
    root = files(
        *("in/a.jsonl", "in/b.jsonl", "in/c.json.gz", "in/notes.md", "in/.hidden.jsonl"),
        *("in/x/a.jsonl", "in/x/z/a.jsonl", "in/y/a.jsonl"),
    )
    assert found_names(str(root / pattern) if absolute else pattern) == names


def test_a_glob_passes_over_an_earlier_runs_account(files: MakeFiles) -> None:
    files("out/a.jsonl", "out/_link/run.json", "out/_link/records/a.jsonl.json")
    assert found_names("out/**/*.json*") == ["a.jsonl"]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(files: MakeFiles) -> None:
    files("a[1].jsonl", "a1.jsonl")
    assert found_names("a[1].jsonl") == ["a[1].jsonl"]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["missing.jsonl"], "missing.jsonl does not exist"),
        (["in", "missing"], "missing does not exist"),
        (["in/*.gz"], r"nothing matches 'in/\*\.gz'"),
        (["in/notes.md"], r"in/notes.md has no ending of a shard; known are \.jsonl"),
        (["empty"], "no shards in empty; shards end in"),
        (["*.md"], r"no shards in \*\.md"),
    ],
)
def test_an_input_without_shards_is_an_error_that_names_it(
    files: MakeFiles, inputs: Sequence[str], message: str
) -> None:
    root = files("in/a.jsonl", "in/notes.md", "README.md")
    (root / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        find_shards(inputs)


def _shards(*inputs: str) -> list[tuple[Shard, str]]:
    return [(shard, output_name(shard, None, None)) for shard in find_shards(inputs).shards]


@pytest.mark.parametrize(
    "inputs",
    [("x", "y"), ("x/a.jsonl", "y/a.jsonl"), ("x", "x/a.jsonl"), ("x/*.jsonl", "y"), ("x", "x")],
)
def test_two_shards_of_one_output_name_are_refused(files: MakeFiles, inputs: Sequence[str]) -> None:
    files("x/a.jsonl", "y/a.jsonl")
    with pytest.raises(UsageError, match=r"would both be written to a\.jsonl"):
        refuse_clashes(_shards(*inputs))


def test_shards_that_differ_in_folder_or_compression_do_not_clash(files: MakeFiles) -> None:
    files("x/a.jsonl", "x/a.jsonl.gz", "x/sub/a.jsonl", "x/a.json")
    refuse_clashes(_shards("x"))


# --- outputs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "codec", "output"),
    [
        ("a.jsonl.gz", None, "a.jsonl.gz"),
        ("a.jsonl.gz", "gz", "a.jsonl.gz"),
        ("a.jsonl.gz", "zst", "a.jsonl.zst"),
        ("a.jsonl.gz", "none", "a.jsonl"),
        ("sub/a.b.json", "zst", "sub/a.b.json.zst"),
        ("a.jsonl.jsonl.zst", "none", "a.jsonl.jsonl"),
        ("A.JSONL.GZ", None, "A.JSONL.GZ"),
        ("A.JSONL.GZ", "gz", "A.JSONL.GZ"),
        ("A.JSONL.GZ", "xz", "A.JSONL.xz"),
        ("a.jsonl.zstd", None, "a.jsonl.zstd"),
        ("a.jsonl.zstd", "zst", "a.jsonl.zstd"),
        ("a.parquet.bz2", None, "a.parquet.bz2"),
    ],
)
def test_another_compression_changes_the_last_ending_only(
    name: str, codec: str | None, output: str
) -> None:
    parts = split_name(Path(name).name)
    assert parts is not None
    assert output_name(Shard(f"in/{name}", name, parts[2]), None, codec) == output


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input_is_one_shard_of_unknown_compression(name: str) -> None:
    (shard,) = find_shards([name]).shards
    assert (shard.path, shard.codec) == ("-", "")
    assert split_name(shard.name) is not None
