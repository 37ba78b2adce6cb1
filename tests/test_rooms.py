"""The rooms: imports never point upward, and heavy packages are not imported at the top."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "link"

# A room may import itself and what stands before it here.
ALLOWED = {
    "errors": set(),
    "block": set(),
    "language": set(),
    "policy": {"errors"},
    "reference": {"language", "policy"},
    "kernel": {"block", "errors", "language", "policy"},
    "lexicon": {"block", "errors", "kernel", "language", "policy"},
    "shards": {"block", "errors"},
    "tokens": {"errors"},
    "report": {"block", "errors", "kernel", "language", "lexicon", "policy"},
    "splice": {"block", "kernel", "policy", "shards"},
    "run": {
        *("block", "errors", "kernel", "language", "lexicon", "policy", "reference", "report"),
        *("shards", "splice", "tokens"),
    },
    "substituter": {"block", "errors", "kernel", "language", "lexicon", "policy", "splice"},
    "cli": {"errors", "lexicon", "policy", "report", "run", "shards", "tokens"},
    "__main__": {"cli"},
    "__init__": {"errors", "lexicon", "policy", "substituter"},
}
HEAVY = {"datasets", "sentencepiece", "tokenizers", "ray", "torch", "pandas", "matplotlib"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module)
    return names


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_rooms_below(path: Path) -> None:
    room = room_of(path)
    rooms = {name.split(".")[1] for name in imported(path) if name.startswith("link.")}
    assert rooms <= ALLOWED[room] | {room}


def test_only_verify_imports_the_reference() -> None:
    users = {
        path.relative_to(PACKAGE).parent
        for path in MODULES
        if any(name.startswith("link.reference") for name in imported(path))
    }
    assert users == {Path("reference"), Path("run/verify")}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_heavy_package_is_imported(path: Path) -> None:
    assert not {name.split(".")[0] for name in imported(path)} & HEAVY
