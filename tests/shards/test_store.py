"""Publishing to stores: a file is there whole or not at all."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from link.errors import ShardError
from link.shards.store import Store
from tests.s3 import CuttingProxy, served

LARGE = os.urandom(1 << 20) * 6
"""More than one part of an upload; see `small_parts`."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("link.shards.store._UPLOAD_PART_BYTES", 5 << 20)


@pytest.fixture(scope="module")
def s3() -> Iterator[tuple[Any, CuttingProxy, dict[str, Any]]]:
    """A real S3 server on loopback, a proxy before it, and how it is reached."""
    with served() as made:
        yield made


@pytest.fixture(params=["s3", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return Store(f"memory://{tmp_path}")
    _, proxy, options = request.getfixturevalue("s3")
    proxy.cut("up", 0, times=0)
    return Store(f"s3://bucket/{tmp_path.name}", options)


def read(store: Store, name: str) -> bytes:
    with store.open(name) as file:
        return file.read()


def test_what_is_published_is_read_listed_and_deleted(store: Store) -> None:
    files = {"a.jsonl": b"first", "empty": b"", "sub/b.jsonl": b"second", "sub/deep/c*?::#": b"3"}
    for name, data in files.items():
        store.put(name, data)
    with store.publish("sub/large") as file:
        for start in range(0, len(LARGE), 1 << 20):
            file.write(LARGE[start : start + (1 << 20)])
    sizes = {name: len(data) for name, data in files.items()} | {"sub/large": len(LARGE)}
    assert dict(store.list()) == sizes
    assert [name for name, _ in store.list("sub/")] == [
        "sub/b.jsonl",
        "sub/deep/c*?::#",
        "sub/large",
    ]
    assert [name for name, _ in store.list("sub/de")] == ["sub/deep/c*?::#"]
    assert {name: read(store, name) for name in files} == files
    assert read(store, "sub/large") == LARGE
    with store.open("sub/large") as file:
        file.seek(5_000_000)
        assert file.read(9) == LARGE[5_000_000:5_000_009]
    store.delete("sub/large")
    store.delete("sub/large")
    assert dict(store.list("sub/l")) == {}


def test_what_is_not_there_is_missing(store: Store) -> None:
    assert list(store.list()) == []
    with pytest.raises(FileNotFoundError):
        read(store, "a")


def test_of_several_only_the_first_new_file_counts(store: Store) -> None:
    assert store.put_new("lock", b"mine")
    assert not store.put_new("lock", b"yours")
    assert read(store, "lock") == b"mine"
    assert [name for name, _ in store.list()] == ["lock"]
    store.put("lock", b"replaced")
    assert read(store, "lock") == b"replaced"


def _write_and_stop(store: Store) -> None:
    with store.publish("a") as file:
        file.write(LARGE)
        raise KeyError("stop")


def test_of_processes_that_begin_together_one_succeeds(s3: Any) -> None:
    store = Store("s3://bucket/together", s3[2])
    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(partial(store.put_new, "lock"), map(b"%d".__mod__, range(8))))
    assert won.count(True) == 1
    assert read(store, "lock") == b"%d" % won.index(True)
    assert [name for name, _ in store.list()] == ["lock"]


def test_a_file_is_not_there_before_it_is_whole(s3: Any) -> None:
    store = Store("s3://bucket/whole", s3[2])
    for old in (None, b"old"):
        with pytest.raises(KeyError, match="stop"):
            _write_and_stop(store)
        assert (old and read(store, "a")) == old
        assert dict(store.list()) == ({"a": 3} if old else {})
        store.put("a", b"old")
    with store.publish("a") as file:
        file.write(b"new")
        assert read(store, "a") == b"old"
    assert read(store, "a") == b"new"
    assert not s3[0].call_s3("list_multipart_uploads", Bucket="bucket").get("Uploads")


def test_lists_are_read_page_by_page(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "7")
    files, _, options = s3
    names = [f"{number:02}.jsonl" for number in range(30)]
    files.pipe({f"bucket/pages/{name}": b"x" for name in names})
    page = files.call_s3("list_objects_v2", Bucket="bucket", Prefix="pages/")
    assert (page["KeyCount"], page["IsTruncated"]) == (7, True)
    assert [name for name, _ in Store("s3://bucket/pages", options).list()] == names


@contextmanager
def no_error() -> Iterator[None]:
    yield


@pytest.mark.parametrize(("times", "whole"), [(1, True), (100, False)])
@pytest.mark.parametrize("size_bytes", [40_000, len(LARGE)])
def test_an_upload_that_is_cut_is_repeated_or_leaves_nothing(
    s3: Any, size_bytes: int, times: int, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, proxy, options = s3
    store = Store(f"s3://bucket/cut-{size_bytes}-{times}", options)
    monkeypatch.setattr(type(files), "retries", 2)
    data = LARGE[:size_bytes]
    proxy.cut("up", size_bytes * 3 // 5, times)
    with no_error() if whole else pytest.raises((OSError, ShardError)), store.publish("a") as file:
        file.write(data)
    assert proxy.cuts >= 1
    proxy.cut("up", 0, times=0)
    assert list(store.list()) == ([("a", size_bytes)] if whole else [])
    assert not whole or read(store, "a") == data


@pytest.mark.parametrize(("times", "whole"), [(1, True), (100, False)])
def test_a_download_that_is_cut_is_repeated_or_an_error(s3: Any, times: int, whole: bool) -> None:
    _, proxy, options = s3
    store = Store(f"s3://bucket/down-{times}", options)
    proxy.cut("down", 0, times=0)
    store.put("a", LARGE)
    proxy.cut("down", 3_000_000, times)
    with no_error() if whole else pytest.raises((OSError, ShardError)):
        assert read(store, "a") == LARGE
    assert proxy.cuts >= 1
    proxy.cut("down", 0, times=0)


def test_a_store_that_cannot_be_reached_is_an_error_that_names_it(s3: Any) -> None:
    _, proxy, options = s3
    store = Store("s3://no-such-bucket/out", options)
    proxy.cut("up", 0, times=0)
    with pytest.raises((OSError, ShardError), match="bucket"):
        store.put("a", b"x")
