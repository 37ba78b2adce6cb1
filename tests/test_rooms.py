"""The rooms: imports never point upward, and heavy packages are not imported at the top."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import ROOT, environment

PACKAGE = Path(__file__).parent.parent / "link"

# A room may import itself and what stands beside it here, which never imports it.
ALLOWED = {
    "errors": set(),
    "untrusted": {"errors"},
    "block": set(),
    "arrays": {"block"},
    "publish": set(),
    "language": set(),
    "policy": {"errors", "language"},
    "reference": {"language", "policy"},
    "kernel": {"arrays", "block", "errors", "language", "policy"},
    "lexicon": {
        *("__version__", "arrays", "block", "errors", "kernel", "language", "policy", "publish"),
        "untrusted",
    },
    "shards": {"arrays", "block", "errors", "publish", "untrusted"},
    "printable": set(),
    "terminal": {"errors"},
    "pages": {"__version__"},
    "splice": {"arrays", "block", "kernel", "policy", "shards"},
    "run": {
        *("__version__", "arrays", "block", "errors", "kernel", "language", "lexicon", "policy"),
        *("publish", "shards", "splice", "untrusted"),
    },
    "tokens": {
        *("__version__", "block", "errors", "kernel", "language", "publish", "run", "shards"),
        "untrusted",
    },
    "embed": {
        *("block", "errors", "language", "lexicon", "publish", "shards", "tokens", "untrusted"),
    },
    "stats": {
        *("arrays", "block", "errors", "kernel", "language", "lexicon", "pages", "policy"),
        *("printable", "publish", "run", "shards", "splice", "terminal", "tokens", "untrusted"),
    },
    "mixture": {
        *("__version__", "block", "errors", "kernel", "language", "publish", "run", "shards"),
        *("stats", "tokens", "untrusted"),
    },
    "preview": {
        *("errors", "kernel", "language", "pages", "policy", "printable", "run", "shards"),
        "terminal",
    },
    "audit": {
        *(
            "__version__",
            "block",
            "errors",
            "kernel",
            "language",
            "lexicon",
            "policy",
            "printable",
            "reference",
        ),
        *("publish", "run", "shards", "untrusted"),
    },
    "export": {"errors", "language", "policy", "publish", "run", "shards"},
    "probes": {"errors", "export", "language", "publish", "run", "shards", "untrusted"},
    "typology": {"errors", "lexicon"},
    "transliterate": {"block", "errors", "language", "lexicon", "publish", "run", "shards"},
    "substituter": {"block", "errors", "kernel", "language", "lexicon", "policy", "splice"},
    "integrations": {"errors", "shards", "substituter"},
    "cli": {
        *("__version__", "audit", "embed", "errors", "export", "lexicon", "mixture", "policy"),
        *("preview", "printable", "probes", "publish", "run", "shards", "stats", "terminal"),
        *("tokens", "transliterate", "typology", "untrusted"),
    },
    "__main__": {"cli"},
    "__init__": {"errors", "lexicon", "policy", "substituter"},
}
HEAVY = {
    "datasets",
    "sentencepiece",
    "tokenizers",
    "ray",
    "torch",
    "pandas",
    "matplotlib",
    "ml_dtypes",
    "safetensors",
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(source: str) -> Iterator[str]:
    """Full names of what a module imports, wherever and in whatever way."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            yield from (one.value for one in node.args if isinstance(one, ast.Constant))


def rooms_of(source: str) -> set[str]:
    return {name.split(".")[1] for name in imported(source) if name.startswith("link.")}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize(
    "source",
    [
        "import link.run",
        "from link import run",
        "from link.run import job",
        "from link.run.job import x",
        "import_module('link.run.job')",
        "importlib.import_module('link.run')",
        "__import__('link.run')",
        "def f():\n    from link import run as x",
    ],
)
def test_whichever_way_a_room_is_imported_it_is_seen(source: str) -> None:
    assert rooms_of(source) == {"run"}


def test_no_two_rooms_import_each_other() -> None:
    """Each room's own are all below it, so that there is an order of all."""
    below: set[str] = {"__version__"}
    while above := ALLOWED.keys() - below:
        lowest = {room for room in above if ALLOWED[room] <= below}
        assert lowest, above
        below |= lowest


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_rooms_below(path: Path) -> None:
    room = room_of(path)
    assert rooms_of(path.read_text(encoding="utf-8")) <= ALLOWED[room] | {room}


def test_nothing_but_the_audit_imports_the_reference() -> None:
    users = {room_of(path) for path in MODULES if "reference" in rooms_of(path.read_text("utf-8"))}
    assert users == {"audit", "reference"}


def test_no_heavy_package_is_imported_with_the_command() -> None:
    inner = [path for path in MODULES if room_of(path) != "integrations"]  # which need theirs
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in inner]
    modules = [name.removesuffix(".__init__") for name in names if "__main__" not in name]
    code = f"import importlib, sys; [importlib.import_module(name) for name in {modules}]; "
    code += f"print({HEAVY} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment()
    )
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_no_file_has_more_than_400_lines() -> None:
    files = [
        file for folder in ("link", "scripts", "tests") for file in (ROOT / folder).rglob("*.py")
    ]
    assert len(files) > 400
    assert [f"{file}" for file in files if file.read_text().count("\n") > 400] == []
