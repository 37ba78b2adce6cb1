"""`link preview` as a command."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from link.cli import cli


def preview(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(cli, ["preview", *arguments])


def test_documents_are_shown_on_standard_output(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = preview(work, "in", "-l", "tiny.tsv", "-n", "2", monkeypatch=monkeypatch)
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    assert "documents  2 of 60, drawn by seed 0, in 3 shards" in done.stdout
    assert done.stdout.count("before  ") == 2
    assert "←" in done.stdout
    again = preview(work, "in", "-l", "tiny.tsv", "-n", "2", monkeypatch=monkeypatch)
    assert again.stdout == done.stdout


def test_a_sweep_has_a_row_a_ratio(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--ratios", "0.5,0.1", "-n", "1")
    done = preview(work, "in", "-l", "tiny.tsv", *options, monkeypatch=monkeypatch)
    rows = [line.split()[0] for line in done.stdout.splitlines() if line[:1].strip()]
    assert rows[-3:] == ["before", "0.1", "0.5"]


def test_a_page_is_written_instead(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--html", "page.html", "--config", "run.yaml")
    (work / "run.yaml").write_text("lexicon: tiny.tsv\nratios: 0.1,0.3\n")
    done = preview(work, "in", *options, monkeypatch=monkeypatch)
    assert (done.exit_code, done.output) == (0, "")
    assert (work / "page.html").read_text(encoding="utf-8").count("<ruby") > 3


def test_a_record_is_shown(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--record", "7", "--record", "9")
    done = preview(work, "in/a.jsonl", "-l", "tiny.tsv", *options, monkeypatch=monkeypatch)
    assert "in/a.jsonl, record 7\n" in done.stdout
    assert "in/a.jsonl, record 9\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["in"], "no lexicon given"),
        (["-l", "tiny.tsv"], "no INPUT given"),
        (["in", "-l", "tiny.tsv", "--ratios", "0.1,2"], "--ratios takes numbers from 0 to 1"),
        (["in", "-l", "tiny.tsv", "--ratios", "a"], "--ratios takes numbers from 0 to 1"),
        (["in", "-l", "tiny.tsv", "--record", "1"], "there are 3; name one"),
        (["in/a.jsonl", "-l", "tiny.tsv", "--record", "99"], "the shard ends after 20"),
        (["in", "-l", "tiny.tsv", "--where", "id=none"], "no document in the input"),
        (["nowhere", "-l", "tiny.tsv"], "nowhere"),
    ],
)
def test_what_cannot_be_shown_is_told(
    work: Path, arguments: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = preview(work, *arguments, monkeypatch=monkeypatch)
    assert done.exit_code != 0
    assert reason in (done.output + str(done.exception))
