"""A file stands at its final name whole, or not at all."""

from pathlib import Path

import pytest

from link.publish import checkpoint_path, partial_path, publish_bytes, published
from link.shards.find import find_shards, split_name


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _write_and_raise(final: Path, error: BaseException) -> None:
    with published(final) as file:
        file.write(b"half of it")
        file.flush()
        raise error


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    final = tmp_path / "a.jsonl"
    with published(final) as file:
        file.write(b"half of it, ")
        file.flush()
        assert not final.exists()
        file.write(b"and the rest")
    assert final.read_bytes() == b"half of it, and the rest"
    assert names(tmp_path) == ["a.jsonl"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error):
        _write_and_raise(tmp_path / "a.jsonl", error("stop"))
    assert names(tmp_path) == []


def test_an_exception_leaves_the_former_file(tmp_path: Path) -> None:
    final = tmp_path / "a.jsonl"
    publish_bytes(final, b"the former")
    with pytest.raises(ValueError, match="stop"):
        _write_and_raise(final, ValueError("stop"))
    assert final.read_bytes() == b"the former"
    assert names(tmp_path) == ["a.jsonl"]


def test_a_file_takes_the_place_of_the_former_one(tmp_path: Path) -> None:
    final = tmp_path / "a.jsonl"
    publish_bytes(final, b"the former, which is longer")
    publish_bytes(final, b"the new")
    assert final.read_bytes() == b"the new"


def test_what_a_kill_left_is_written_over(tmp_path: Path) -> None:
    final = tmp_path / "a.jsonl"
    partial_path(final).write_bytes(b"what a kill left, which is rather long")
    publish_bytes(final, b"whole")
    assert final.read_bytes() == b"whole"
    assert names(tmp_path) == ["a.jsonl"]


@pytest.mark.parametrize(
    ("error", "is_left"), [(ValueError, False), (OSError, False), (KeyboardInterrupt, True)]
)
@pytest.mark.parametrize("has_checkpoint", [True, False])
def test_an_interruption_leaves_what_a_checkpoint_tells_of(
    tmp_path: Path, error: type[BaseException], is_left: bool, has_checkpoint: bool
) -> None:
    final = tmp_path / "a.jsonl"
    checkpoint = checkpoint_path(final)

    def write() -> None:
        with published(final, checkpoint=checkpoint) as file:
            file.write(b"half of it")
            if has_checkpoint:
                checkpoint.touch()
            raise error

    with pytest.raises(error):
        write()
    assert partial_path(final).exists() == (is_left and has_checkpoint)
    with published(final, checkpoint=checkpoint) as file:
        assert file.read() == (b"half of it" if is_left and has_checkpoint else b"")
        file.write(b", and the rest")


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    final, elsewhere = tmp_path / "a.jsonl", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"half of it")
    partial_path(final).symlink_to(elsewhere)
    checkpoint_path(final).touch()
    with published(final, checkpoint=checkpoint_path(final)) as file:
        assert file.read() == b""
        file.write(b"whole")
    assert (final.read_bytes(), elsewhere.read_bytes()) == (b"whole", b"half of it")


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    publish_bytes(tmp_path / "a" / "b" / "c.jsonl", b"")
    assert (tmp_path / "a" / "b" / "c.jsonl").read_bytes() == b""


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.b.json.zst", "犬 and dog.ndjson"])
def test_a_partial_file_is_hidden_beside_the_final_one_and_no_shard(
    tmp_path: Path, name: str
) -> None:
    partial = partial_path(tmp_path / name)
    assert partial.parent == tmp_path
    assert partial.name.startswith(".")
    assert split_name(partial.name) is None
    partial.write_bytes(b"")
    (tmp_path / "other.jsonl").write_bytes(b"")
    found = find_shards([str(tmp_path)])
    assert [shard.name for shard in found.shards] == ["other.jsonl"]
    assert found.left_alone == []


def test_a_name_that_the_folder_cannot_hold_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(OSError, match="directory"):
        publish_bytes(tmp_path / "a.jsonl", b"whole")
    assert names(tmp_path) == ["a.jsonl"]
