"""The tasks of an array job share the shards: their counts together give the figures of one run."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from link.cli import cli
from link.errors import UsageError
from tests.helpers import TINY_LEXICON, some_records
from tests.stats.test_stats import written

TASKS = 3


def made(folder: Path) -> Path:
    """`in` in a folder: shards with bad records and odd words, and one that is damaged."""
    odd = b'{"no":1}\n{"text":"a\\ud800b \xd0\xb4\xd0\xbe\xd0\xbc %s dog"}\n' % (b"x\xc3\xa9" * 50)
    for number in range(7):
        records = [{**each, "by": f"source {number % 4}"} for each in some_records(8, number)]
        with (written(folder / "in", records, f"{number}.jsonl") / f"{number}.jsonl").open(
            "ab"
        ) as file:
            file.write(odd)
    (folder / "in" / "4.jsonl.gz").write_bytes(b"no gzip")
    (folder / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    return folder


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return made(tmp_path)


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The counts of the only task, which are the same wherever `in` is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made(tmp_path_factory.mktemp("counted")))
        task(0, count=1)
        return Path("counts/task-0-of-1.json").read_bytes()


@pytest.fixture
def counts(work: Path, counted: bytes) -> Path:
    """A file of counts that fit to `in`."""
    (work / "counts").mkdir()
    file = work / "counts" / "task-0-of-1.json"
    file.write_bytes(counted)
    return file


def stats(*options: str) -> Result:
    return CliRunner().invoke(cli, ["stats", "in", "-l", "tiny.tsv", "-q", *options])


def task(index: int, *options: str, count: int = TASKS, counts: str = "counts") -> Result:
    of = ("--task-index", str(index), "--task-count", str(count))
    return stats(*of, "--counts", counts, *options)


def said(done: Result) -> str:
    assert isinstance(done.exception, UsageError) or done.exit_code == 2, done.exception
    return done.stderr + str(done.exception)


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        (("--by", "by"), "counts"),
        (("--sample", "3kB", "--by", "by", "--ratio", "0.6"), "memory://{}/counts"),
    ],
)
def test_tasks_in_any_order_one_of_them_twice_give_the_figures_of_one_run(
    work: Path, options: tuple[str, ...], counts: str
) -> None:
    counts = counts.format(work)
    for index in (2, 0, 1, 2):
        done = task(index, *options, counts=counts)
        assert done.exit_code == (1 if index == 2 else 0)  # it has the damaged shard
        assert done.stdout == ""
    alone, together = (stats("--json", "-", *options, *more) for more in ((), ("--counts", counts)))
    assert together.stdout == alone.stdout
    assert together.stderr == alone.stderr
    assert together.exit_code == alone.exit_code == 1
    figures = json.loads(alone.stdout)
    assert figures["words"] > 500
    assert figures["inputs"]["bad_records"] == 7
    assert set(figures["by"]["values"]) == {"(none)", *(f"source {n}" for n in range(4))}


def test_of_drawn_shards_the_errors_are_the_same_as_well(work: Path) -> None:
    for number in range(30):
        written(work / "in", some_records(6, number, 60), f"more-{number}.jsonl")
    for index in (1, 0):
        task(index, "--sample", "500", count=2)
    alone, together = (
        stats("--json", "-", "--sample", "500", *more) for more in ((), ("--counts", "counts"))
    )
    figures = json.loads(alone.stdout)
    assert (figures["inputs"]["shards_found"], figures["inputs"]["shards"]) == (38, 20)
    assert figures["sample"]["errors"]["documents"] > 0
    assert together.stdout == alone.stdout


def test_more_tasks_than_shards_are_none_too_many(work: Path) -> None:
    for index in range(9):
        task(index, count=9)
    assert stats("--json", "-", "--counts", "counts").stdout == stats("--json", "-").stdout


def test_a_task_says_where_its_counts_are_and_what_to_do_next(work: Path) -> None:
    options = ("--task-index", "0", "--task-count", "2", "--counts", "counts")
    done = CliRunner().invoke(cli, ["stats", "in", "-l", "tiny.tsv", *options])
    assert "this was task-0-of-2, its counts are in counts/task-0-of-2.json" in done.stderr
    assert done.stdout == ""


# --- what is refused ---


def test_what_no_task_has_counted_is_told_and_nothing_is_made_of_the_rest(work: Path) -> None:
    assert "counts cannot be read: No such file" in said(stats("--counts", "counts"))
    (work / "counts").mkdir()
    assert "counts has no counts; run the tasks first" in said(stats("--counts", "counts"))
    task(0)
    assert "lacks task-1-of-3.json, task-2-of-3.json; these tasks" in said(
        stats("--counts", "counts")
    )
    task(0, count=2)
    assert "counts of 2 tasks and of 3" in said(stats("--counts", "counts"))


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        (("--ratio", "0.5"), "ratio was 0.3, now 0.5"),
        (("--by", "by"), 'by was null, now "by"'),
        (("--sample", "1kB"), "sample was [null, 0], now [1000, 0]"),
        (("--no-inflect", "--lexicon-sample", "0.5"), "selection of headwords was null"),
        (("--text-field", "title"), 'texts was ["text"], now ["title"]'),
    ],
)
def test_counts_of_something_else_are_refused_with_the_difference(
    counts: Path, options: tuple[str, ...], difference: str
) -> None:
    assert difference in said(stats("--counts", "counts", *options))


def test_counts_of_other_shards_are_refused(work: Path, counts: Path) -> None:
    written(work / "in", some_records(2), "8.jsonl")
    assert "counts something else: shards was [8, " in said(stats("--counts", "counts"))


@pytest.mark.parametrize(
    ("part", "damage"),
    [
        (None, {"tally": {}}),
        (None, {"shards": [{"number": "a"}]}),
        (None, {"settings": None}),
        ("tally", {"arrays": {"sums": [[99999], [1]]}}),
        ("tally", {"arrays": {"sums": [[1, 2], [1]]}}),
        ("tally", {"arrays": {"sums": [[0], [1 << 70]]}}),
        ("tally", {"groups": {"a": [1]}}),
        ("tally", {"forms": {"level": 0, "text": ["a"], "words": [], "covered": [1]}}),
        ("tally", {"sample": [[["a"]], [1], [2]]}),
        ("tally", {"sample": [[[1]], [1]]}),
    ],
    ids=str,
)
def test_damaged_counts_are_named(counts: Path, part: str | None, damage: dict[str, Any]) -> None:
    told = json.loads(counts.read_bytes())
    (told if part is None else told[part]).update(damage)
    counts.write_text(json.dumps(told))
    message = said(stats("--counts", "counts"))
    assert "counts/task-0-of-1.json cannot be read (" in message
    assert "run its task again" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--task-index", "0", "--task-count", "2"), "name one with --counts"),
        (("--task-index", "0", "--counts", "c"), "--task-index and --task-count go together"),
        (("--task-index", "2", "--task-count", "2", "--counts", "c"), "no task 2 of 2"),
        (("--slurm", "--counts", "c"), "--slurm needs SLURM_ARRAY_TASK_ID"),
        (
            ("--task-index", "0", "--task-count", "2", "--counts", "c", "--json", "-"),
            "--json and --html are for the figures of all tasks",
        ),
        (("--task-index", "0", "--task-count", "1", "--counts", "tiny.tsv"), "cannot be written"),
        (("-", "--counts", "c"), "not -"),
    ],
)
def test_what_a_task_cannot_do_is_said(work: Path, options: tuple[str, ...], message: str) -> None:
    assert message in said(stats(*options))
    assert not (work / "c").exists()
