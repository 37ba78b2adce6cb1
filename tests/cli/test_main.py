"""What `main` does for every command: what it prints where, and one line for what goes wrong."""

import io
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from link import cli


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def status(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["link", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("preview", "a.jsonl", "-r", "1", "-l", "tiny.tsv"), "犬 [Köter←dog]"),
        (("stats", "a.jsonl", "-l", "tiny.tsv"), "犬 1"),
        (("lexicon", "check", "tiny.tsv"), "1 headword"),
    ],
)
def test_what_an_encoding_lacks_is_spelled_out(
    arguments: tuple[str, ...],
    words: str,
    encoding: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.tsv").write_text("# language: de\ndog\tKöter\n", encoding="utf-8")
    Path("a.jsonl").write_text('{"text":"犬 dog"}\n', encoding="utf-8")
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    monkeypatch.setattr(sys, "stdout", out)
    assert status(monkeypatch, *arguments) == 0
    out.flush()
    assert words.encode(encoding, "backslashreplace") in out.buffer.getvalue()


@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_expected_is_a_line_and_on_demand_a_traceback(
    debug: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(**_: object) -> None:
        raise RuntimeError("the moon\nis blue")

    monkeypatch.setattr(cli.cli, "main", fails)
    monkeypatch.delenv("LINK_DEBUG", raising=False)
    if debug:
        monkeypatch.setenv("LINK_DEBUG", "1")
    assert status(monkeypatch) == 1
    said = capsys.readouterr().err
    assert ("Traceback" in said) == debug
    line = said.splitlines()[-1]
    assert line.startswith("link: error: RuntimeError: the moon\\nis blue; this is a defect")
    assert "LINK_DEBUG=1" in line
