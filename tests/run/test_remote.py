"""Runs whose output is a URL: in fsspec's memory, and on an S3 server where moto is installed."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from link.cli import cli
from link.errors import UsageError
from link.lexicon import Lexicon
from link.policy import Policy
from link.run import lease
from link.run.context import Ray
from link.run.folder import Slice
from link.run.plan import RunSpec, plan
from link.run.run import execute, merge
from link.shards.store import Store
from tests.helpers import TINY_LEXICON, json_lines, some_records, start_link, tree
from tests.run.helpers import age_lease, run, spec_of, stored
from tests.s3 import CuttingProxy

LOCK = "_link/locks/run"
MORE: dict[str, Any] = {"swaps": True, "on_error": "quarantine"}


on_both = pytest.mark.parametrize("url", ["memory", "s3"], indirect=True)


@pytest.fixture
def corpus(corpus: Path) -> Path:
    """With a bad record."""
    (corpus / "e.jsonl").write_bytes(b"no json\n" + json_lines(some_records(3, 4)))
    return corpus


@pytest.fixture
def remote(
    corpus: Path, lexicon: Lexicon, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., RunSpec]:
    """Makes a run to a URL."""

    def make(url: str, inputs: Path | list[str] = corpus, **more: Any) -> RunSpec:
        return spec_of(
            inputs, tmp_path_factory.mktemp("scratch"), lexicon, url=url, **{**MORE, **more}
        )

    return make


@pytest.fixture
def wanted(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> dict[str, bytes]:
    """The tree of a run to a local folder."""
    run(spec_of(corpus, tmp_path / "local", lexicon, **MORE))
    return tree(tmp_path / "local")


def merged(url: str, tmp_path: Path) -> list[str]:
    (tmp_path / "merged").mkdir()
    _, missing = merge(tmp_path / "merged", url=url)
    shutil.rmtree(tmp_path / "merged")
    return missing


# --- the same tree --------------------------------------------------------------------------------


@on_both
def test_the_tree_is_that_of_a_local_run(
    remote: Callable[..., RunSpec], url: str, wanted: dict[str, bytes]
) -> None:
    report = run(remote(url))
    assert not report.failed
    assert stored(url) == wanted
    again = run(remote(url))
    assert (again.done_before, again.shards) == (6, 6)
    assert stored(url) == wanted


def test_several_processes_and_ray_make_the_same_tree_from_a_store(
    remote: Callable[..., RunSpec],
    s3_url: str,
    corpus: Path,
    tmp_path: Path,
    lexicon: Lexicon,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = f"s3://bucket/{tmp_path.name}/in"
    for name, data in tree(corpus).items():
        Store(source).put(name, data)
    run(spec_of([source], tmp_path / "local", lexicon, **MORE))
    engines: list[dict[str, Any]] = [{"jobs": 2}]
    with suppress(ImportError):
        import ray  # noqa: F401

        engines.append({"ray": Ray()})
    for number, engine in enumerate(engines):
        report = run(remote(f"{s3_url}{number}", [source], **engine))
        assert not report.failed
        assert stored(f"{s3_url}{number}") == tree(tmp_path / "local")
    monkeypatch.setattr("link.run.run.open_input", None)  # inputs are known without being read
    assert run(remote(f"{s3_url}0", [source])).done_before == report.shards


@on_both
def test_tasks_of_an_array_job_make_the_same_tree(
    remote: Callable[..., RunSpec], url: str, wanted: dict[str, bytes], tmp_path: Path
) -> None:
    for index in (2, 0, 2):
        before = run(remote(url, part=Slice(index, 3))).done_before
    assert before == 2
    assert len(merged(url, tmp_path)) == 2
    run(remote(url, part=Slice(1, 3)))
    for _ in range(2):
        assert merged(url, tmp_path) == []
        assert stored(url) == wanted


# --- resuming -------------------------------------------------------------------------------------


def test_what_is_missing_or_cut_off_is_done_again(
    remote: Callable[..., RunSpec], url: str, wanted: dict[str, bytes]
) -> None:
    run(remote(url))
    store = Store(url)
    store.delete("sub/c.ndjson.zst")
    store.delete("_link/swaps/b.jsonl.gz.parquet")
    store.put("a.jsonl", wanted["a.jsonl"][:-1])
    assert run(remote(url)).done_before == 3
    assert stored(url) == wanted


@on_both
def test_an_interrupted_run_goes_on(
    remote: Callable[..., RunSpec],
    url: str,
    wanted: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish = Store.publish

    def interrupt(store: Store, name: str) -> Any:
        if name == "sub/c.ndjson.zst":  # its sidecar is there
            raise KeyboardInterrupt
        return publish(store, name)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "publish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(remote(url))
    assert LOCK not in stored(url)
    assert run(remote(url)).done_before == 3
    assert stored(url) == wanted


def test_a_failed_shard_leaves_nothing_of_an_earlier_try(
    remote: Callable[..., RunSpec], url: str
) -> None:
    store = Store(url)
    for name in ("swaps/e.jsonl.parquet", "quarantine/e.jsonl", "quarantine/e.jsonl.reasons.jsonl"):
        store.put(f"_link/{name}", b"of an earlier try")
    store.put("_link/run.json", b"{}")
    report = run(remote(url, max_errors=0))
    assert [Path(path).name for path, _ in report.failed] == ["e.jsonl"]
    assert not [name for name in stored(url) if "e.jsonl" in name]
    assert "a.jsonl" in stored(url)


def test_a_killed_run_goes_on_when_its_lease_has_ended(
    s3_url: str, remote: Callable[..., RunSpec], tmp_path: Path, lexicon: Lexicon
) -> None:
    source = tmp_path / "many"
    source.mkdir()
    for number in range(8):  # each of a size whose record waits for no other
        (source / f"{number}.jsonl").write_bytes(json_lines(some_records(300, number)) * 16)
    (tmp_path / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    arguments = ("substitute", source, "-o", s3_url, "-l", "tiny.tsv", "--seed", "5", "--swaps")
    process = start_link(*arguments, cwd=tmp_path)
    store = Store(s3_url)
    while not dict(store.list("_link/records/")) and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    spec = remote(s3_url, source, on_error="fail")
    with pytest.raises(UsageError, match=r"at work on s3:.*its lease ends in \d+ seconds"):
        run(spec)
    age_lease(store, LOCK)
    report = run(spec)
    assert 0 < report.done_before < 8
    assert not report.failed
    run(spec_of(source, tmp_path / "local", lexicon, swaps=True))
    assert stored(s3_url) == tree(tmp_path / "local")


@pytest.mark.parametrize("times", [3, 1000])
def test_cut_connections_cost_time_or_a_shard(
    s3: CuttingProxy,
    s3_url: str,
    remote: Callable[..., RunSpec],
    corpus: Path,
    tmp_path: Path,
    lexicon: Lexicon,
    times: int,
) -> None:
    (corpus / "large.jsonl").write_bytes(json_lines(some_records(1500, 7)))
    run(spec_of(corpus, tmp_path / "local", lexicon, **MORE))
    size = (tmp_path / "local" / "large.jsonl").stat().st_size
    s3.cut("up", size * 3 // 4, times)
    report = run(remote(s3_url))
    assert s3.cuts >= min(times, 2)
    assert [Path(path).name for path, _ in report.failed] == ["large.jsonl"] * (times > 3)
    assert all(s3_url in reason for _, reason in report.failed)
    s3.cut("up", 0, times=0)
    if report.failed:
        assert not [name for name in stored(s3_url) if name.endswith("large.jsonl.parquet")]
    run(remote(s3_url))
    assert stored(s3_url) == tree(tmp_path / "local")


# --- what is refused ------------------------------------------------------------------------------


def test_what_is_no_run_is_left_alone(remote: Callable[..., RunSpec], url: str) -> None:
    Store(url).put("notes.txt", b"mine")
    with pytest.raises(UsageError, match=r"out holds something else \(notes.txt\)"):
        run(remote(url))
    assert stored(url) == {"notes.txt": b"mine"}


@on_both
def test_another_run_is_refused_or_replaced(
    remote: Callable[..., RunSpec], url: str, wanted: dict[str, bytes]
) -> None:
    run(remote(url, policy=Policy(seed=1), compression=("bz2", None)))
    with pytest.raises(UsageError, match="out holds another run: seed was 1, now 5"):
        run(remote(url))
    run(remote(url, overwrite=True))
    assert stored(url) == wanted


@pytest.mark.parametrize(
    ("source", "output", "said"),
    [
        ("", "in/out", "lies inside the input"),
        ("**/*.jsonl", "in/out", "lies inside the input"),
        ("a.jsonl", "in", "lies inside the output folder"),
    ],
)
def test_input_and_output_do_not_lie_in_one_another(
    remote: Callable[..., RunSpec], tmp_path: Path, source: str, output: str, said: str
) -> None:
    top = f"memory://{tmp_path}"
    Store(f"{top}/in").put("a.jsonl", b'{"text":"dog"}\n')
    with pytest.raises(UsageError, match=said):
        plan(remote(f"{top}/{output}", [f"{top}/in/{source}".rstrip("/")]))
    plan(remote(f"{top}/in2", [f"{top}/in"]))


def test_commands_take_a_url_or_say_what_to_do(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    out = f"memory://{tmp_path}/out"
    asked = ["substitute", str(corpus), "-o", out, "-l", "tiny.tsv", "--on-error", "skip"]
    invoke = CliRunner().invoke
    dry = invoke(cli, [*asked, "--dry-run"])
    assert f"\t{out}/a.jsonl\n" in dry.stdout
    assert stored(out) == {}
    done = invoke(cli, [*asked, "--task-index", "0", "--task-count", "1"])
    assert done.exit_code == 0, done.output
    assert f"link manifest merge {out}" in done.stderr
    whole = invoke(cli, ["manifest", "merge", out])
    assert whole.stdout.startswith(f"{out}: ")
    assert "_link/manifest.json" in stored(out)
    for refused in (
        ["verify", str(corpus), out],
        ["restore", out, "-o", "back"],
    ):
        result = invoke(cli, refused)
        assert result.exit_code == 2
        assert "copy it to a folder" in result.stderr
    elsewhere = invoke(cli, [*asked, "--link-dir", "elsewhere"])
    assert "--link-dir does not work with a URL" in str(elsewhere.exception)
    local = invoke(cli, [*asked[:3], f"file://{tmp_path}/local", *asked[4:]])
    assert local.exit_code == 0
    assert tree(tmp_path / "local") == stored(out)


def test_a_run_whose_lease_another_has_taken_stops(
    remote: Callable[..., RunSpec], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LIMIT_SECONDS", 1.0)
    spec = remote(url)
    planned = plan(spec)
    put = Store.put

    def steal(store: Store, name: str, data: bytes) -> None:
        put(store, name, data)
        if name == "_link/run.json":
            put(store, LOCK, b'{"holder":"another","key":"x","renewed":9e9}')
            time.sleep(0.3)

    monkeypatch.setattr(Store, "put", steal)
    with pytest.raises(UsageError, match=r"the lease on .* could not be renewed"):
        execute(spec, planned)
    found = stored(url)
    assert not [name for name in found if name.startswith("_link/records/")]
    assert b"another" in found[LOCK]
