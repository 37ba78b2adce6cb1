"""The documentation is true: every command shown works, every option is documented by its help."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from link.cli import cli
from tests.helpers import link

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
README = PAGES[0].read_text(encoding="utf-8")


def blocks_of(page: str) -> list[tuple[str, str]]:
    """Language and text of a page's code blocks."""
    return re.findall(r"```(\w*)\n(.*?)```", page, re.DOTALL)


BLOCKS = blocks_of(README)
# The commands of a block are run one after the other, since one may read what another wrote.
COMMAND = re.compile(r"^(link|python|printf) |\| link ")
COMMANDS = [
    commands
    for page in PAGES
    for language, block in blocks_of(page.read_text(encoding="utf-8"))
    if not language and (commands := [line for line in block.splitlines() if COMMAND.search(line)])
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a clone, in which commands may write."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("lexicons", "configs", "scripts"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def environment(folder: Path) -> dict[str, str]:
    """`link` and `python` on the PATH mean this checkout's, not coreutils' or the system's."""
    binaries = folder / "bin"
    binaries.mkdir(exist_ok=True)
    for name, options in (("link", " -m link"), ("python", "")):
        script = binaries / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}"{options} "$@"\n')
        script.chmod(0o755)
    path = os.pathsep.join((str(binaries), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def run(command: str, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """A command, by a shell if it needs one."""
    if command.startswith("link ") and not set(command) & set("|<>$"):
        return link(*shlex.split(command)[1:], cwd=folder)
    bash = ["/bin/bash", "-c", command]
    return subprocess.run(bash, cwd=folder, env=environment(folder), capture_output=True)


def test_every_command_is_shown_and_so_tried() -> None:
    shown = re.findall(r"\blink ([a-z]+)", "\n".join(line for lines in COMMANDS for line in lines))
    assert set(cli.commands) <= set(shown)


@pytest.mark.parametrize("commands", COMMANDS, ids=lambda commands: commands[0])
def test_a_command_that_is_shown_works(commands: list[str], checkout: Path) -> None:
    for command in commands:
        done = run(command, checkout)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("language", ["python"])
def test_the_python_of_the_readme_works(language: str) -> None:
    [code] = [block for kind, block in BLOCKS if kind == language]
    exec(compile(code, "README.md", "exec"), {})


def test_before_and_after_in_the_readme_are_what_the_command_gives(checkout: Path) -> None:
    [shown] = [block for _, block in BLOCKS if block.startswith("before")]
    before, after = (line.split(maxsplit=1)[1] for line in shown.strip().splitlines())
    demo = (checkout / "scripts/demo/corpus/prose.jsonl").read_text(encoding="utf-8")
    assert before in demo
    done = run("link substitute scripts/demo/corpus/prose.jsonl -o - -l en-de -q", checkout)
    assert after in done.stdout.decode()


def test_the_annotations_in_the_readme_are_what_the_command_gives(checkout: Path) -> None:
    [shown] = [block for _, block in BLOCKS if block.startswith("annotate")]
    prose = "link substitute scripts/demo/corpus/prose.jsonl -o - -l en-de --mode annotate -q"
    assert shown.strip().split(maxsplit=1)[1] in run(prose, checkout).stdout.decode()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub("`[^`\n]*`", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target
