"""Where `link stats`, `preview`, `tokenizer train` and the lines of a run refuse, and how."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from link.cli import cli
from link.errors import UsageError
from tests.helpers import data_tree, edit_record, environment, json_lines

LEXICON = ("-l", "tiny.tsv")
STATS = ("stats", "in", *LEXICON)
PREVIEW = ("preview", "in", *LEXICON)
TRAIN = ("tokenizer", "train", "in", "-o", "model")
SUBSTITUTE = ("substitute", "in", "-o", "-", *LEXICON)


@pytest.fixture(autouse=True)
def _there(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)


def refused(*arguments: str) -> str:
    """What is said of a request that is a mistake of the command line."""
    done = CliRunner().invoke(cli, arguments)
    assert isinstance(done.exception, UsageError) or done.exit_code == 2, done.exception
    return done.stderr + str(done.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*STATS, "--json", "in"), "it is a folder"),
        ((*STATS, "--html", "in"), "it is a folder"),
        ((*PREVIEW, "--html", "in"), "it is a folder"),
        ((*PREVIEW, "--html", "no/page.html"), "there is no such folder"),
        ((*STATS, "--html", "-"), "--html takes the name of a file"),
        ((*PREVIEW, "--html", "-"), "--html takes the name of a file"),
        ((*STATS, "--json", "x", "--html", "./x"), "name two files"),
        ((*STATS, "--json", "in/a.jsonl"), "in/a.jsonl is an input"),
        ((*STATS, "--html", "in/../in/a.jsonl"), "in/a.jsonl is an input"),
        ((*PREVIEW, "--html", "in/a.jsonl"), "in/a.jsonl is an input"),
        ((*PREVIEW, "--ratios", ""), "--ratios takes numbers"),
        ((*PREVIEW, "--sample", "-1"), "--sample takes a number of bytes"),
        ((*TRAIN, "--sample", "9" * 500), "--sample takes a number of bytes"),
        ((*TRAIN, "--sample", "0"), "--sample takes a number of bytes"),
        ((*SUBSTITUTE, "--log-every", "nan"), "'--log-every': nan is not in the range"),
        ((*SUBSTITUTE, "--log-every", "inf"), "'--log-every': inf is not in the range"),
        ((*SUBSTITUTE, "--log-every", "1e300"), "'--log-every': 1e+300 is not in the range"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_before_any_work(
    work: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = data_tree(work)
    assert words in refused(*arguments)
    assert data_tree(work) == before


def test_a_page_without_permission_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "no permission" in refused(*STATS, "--html", "page.html")


@pytest.mark.parametrize("command", [STATS, PREVIEW])
def test_a_sample_is_said_in_the_same_units_everywhere(
    work: Path, command: tuple[str, ...]
) -> None:
    assert CliRunner().invoke(cli, [*command, "--sample", "64MiB"]).exit_code == 0
    (work / "some.yaml").write_text("sample: 64000000", encoding="utf-8")
    assert CliRunner().invoke(cli, [*command, "--config", "some.yaml"]).exit_code == 0


def test_figures_go_into_a_pipe_and_through_a_link(work: Path) -> None:
    os.mkfifo(work / "pipe")
    (work / "link.json").symlink_to("linked.json")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((work / "pipe").read_bytes()))
    reader.start()
    assert CliRunner().invoke(cli, [*STATS, "--json", "pipe"]).exit_code == 0
    reader.join(10)
    assert json.loads(read[0])["format"] == 1
    assert (work / "pipe").is_fifo()
    assert CliRunner().invoke(cli, [*STATS, "--json", "link.json"]).exit_code == 0
    assert (work / "linked.json").read_bytes() == read[0]


@pytest.mark.parametrize("command", [STATS, PREVIEW])
def test_a_reader_of_figures_that_has_had_enough_is_no_failure(
    work: Path, command: tuple[str, ...]
) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "link", *command],
            cwd=work,
            env=environment(),
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")


# --- of a run ---


def _run(*options: str) -> None:
    done = CliRunner().invoke(cli, ["substitute", "in", "-o", "out", *LEXICON, *options, "-q"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    "options", [("--by", "id"), ("--ratio", "0.5"), ("--sample", "1GB"), ("--tokenizer", "model")]
)
def test_what_a_run_has_decided_cannot_be_asked_anew(options: tuple[str, ...]) -> None:
    _run()
    assert f"{options[0]} does not apply to a finished run" in refused("stats", "out", *options)


@pytest.mark.parametrize("gone", ["shard", "record"])
def test_a_run_that_has_lost_a_shard_is_not_taken_for_a_smaller_one(work: Path, gone: str) -> None:
    _run()
    if gone == "shard":
        (work / "out" / "a.jsonl").unlink()
    else:
        edit_record(work / "out", "a.jsonl", None)
    assert "1 of the 3 shards that its manifest counts" in refused("stats", "out")


def test_the_totals_of_a_run_are_those_of_its_manifest(work: Path) -> None:
    _run()
    told = json.loads(CliRunner().invoke(cli, ["stats", "out", "--json", "-"]).stdout)
    manifest = json.loads((work / "out/_link/manifest.json").read_bytes())
    assert told["totals"] == manifest["totals"]


def test_a_run_that_touched_nothing_is_not_praised_for_its_ratio() -> None:
    _run("--portion", "0")
    assert "No word was touched" in CliRunner().invoke(cli, ["stats", "out"]).stdout


# --- groups ---


def test_halves_of_surrogate_pairs_are_told_apart(work: Path) -> None:
    records = [{"text": "the dog", "by": each} for each in ("\ud800", "\udfff", "?")]
    (work / "b.jsonl").write_bytes(json_lines(records))
    done = CliRunner().invoke(cli, ["stats", "b.jsonl", *LEXICON, "--by", "by", "--json", "-"])
    assert set(json.loads(done.stdout)["by"]["values"]) == {"\\ud800", "\\udfff", "?"}


def test_the_page_of_a_run_has_what_was_achieved_in_each_shard(work: Path) -> None:
    _run()
    assert CliRunner().invoke(cli, ["stats", "out", "--html", "page.html", "-q"]).exit_code == 0
    told = json.loads(CliRunner().invoke(cli, ["stats", "out", "--json", "-"]).stdout)
    page = (work / "page.html").read_text(encoding="utf-8")
    assert "What the run out achieved" in page
    for figures in (told, *told["shards"]):
        assert f"{figures['ratio_achieved']:.4f}" in page
        assert f"{figures['swapped']:,}" in page


def test_values_that_look_the_same_are_two_rows_of_the_page(work: Path) -> None:
    records = [{"text": "the dog", "by": each} for each in ("a\tb", "a    b")]
    (work / "b.jsonl").write_bytes(json_lines(records))
    options = ("--by", "by", "--html", "page.html", "-q")
    assert CliRunner().invoke(cli, ["stats", "b.jsonl", *LEXICON, *options]).exit_code == 0
    assert (work / "page.html").read_text(encoding="utf-8").count("<bdi>a    b</bdi>") == 2
