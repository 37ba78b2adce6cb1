"""Help, and what it may cost."""

import subprocess
import sys
from pathlib import Path

import pytest

from link import __version__
from tests.helpers import ROOT, environment, link

HEAVY = {
    "numpy",
    "pyarrow",
    "datasets",
    "pandas",
    "yaml",
    "rich",
    "tqdm",
    "msgspec",
    "xxhash",
    "jinja2",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("-h",),
        ("substitute", "-h"),
        ("stats", "-h"),
        ("preview", "-h"),
        ("verify", "-h"),
        ("tokenizer", "train", "-h"),
        ("lexicon", "download", "-h"),
    ],
)
def test_every_command_has_help(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = link(*arguments, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"Usage: link")
    assert done.stderr == b""


def test_the_help_of_the_program_names_every_command_and_the_exit_statuses(tmp_path: Path) -> None:
    text = link("--help", cwd=tmp_path).stdout.decode()
    assert "substitute" in text
    assert "Exit status: 0 done, 1 finished but some shards failed, 2 usage" in text
    assert "130 interrupted" in text


def test_the_help_names_every_option_of_the_contract(tmp_path: Path) -> None:
    text = link("substitute", "--help", cwd=tmp_path).stdout.decode()
    options = (
        *("-o, --output", "-l, --lexicon", "-r, --ratio", "--of [words|eligible]", "--portion"),
        *("--seed", "--translation [per-document|per-word|first]", "--text-field", "--key-field"),
        *("--compression none|gz|zst[:LEVEL]", "-j, --jobs", "--overwrite", "--config FILE"),
        *("--only-words FILE", "--skip-words FILE", "--inflect-words", "--lexicon-sample SHARE"),
        *("--swaps", "--mark FIELD", "-q, --quiet", "--log-every SECONDS"),
    )
    for option in options:
        assert option in text


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert __version__ in link("--version", cwd=tmp_path).stdout.decode()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["substitute", "--help"],
        ["stats", "--help"],
        ["preview", "--help"],
        ["verify", "--help"],
        ["restore", "--help"],
        ["tokenizer", "train", "--help"],
        ["lexicon", "download", "--help"],
    ],
)
def test_help_imports_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from link.cli import main\n"
        f"sys.argv = ['link', *{arguments!r}]\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "click" in loaded
    assert not loaded & HEAVY


def test_both_names_of_the_program_are_declared() -> None:
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"link": "link.cli:main", "link-corpus": "link.cli:main"}
