"""Compiled lexicons in the user's cache, by the hash of what they were compiled from.

    CACHE/compiled/HASH/*.npy       the arrays, mapped into memory when they are used
    CACHE/compiled/HASH/sums.json   their hashes; a folder that does not match them is made anew

A cache that cannot be read or written is done without. Processes that share a lexicon map links to
these files, which outlive a cache that is emptied or mended meanwhile.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from link.kernel import KERNEL_VERSION
from link.kernel.compiled import CompiledLexicon, load_compiled, save_compiled
from link.lexicon.find import user_folder

LAYOUT = 7
"""To be raised when the arrays or their names change."""

_SUMS = "sums.json"


def cached(content: str, compile_: Callable[[], CompiledLexicon]) -> CompiledLexicon:
    """The compiled lexicon of some content, from the cache or into it and mapped from there."""
    about = f"{LAYOUT} {KERNEL_VERSION} {sys.byteorder}\n{content}"
    name = hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()
    folder = user_folder().parent / "compiled" / name
    found = _load(folder)
    if found is not None:
        return found
    compiled = compile_()
    is_ours = False
    with suppress(OSError):
        is_ours = _store(compiled, folder)
    return _load(folder, is_ours=is_ours) or compiled


def lend(compiled: CompiledLexicon, folder: Path) -> bool:
    """Link the cached files that a compiled lexicon is mapped from into an existing empty folder.

    False, and nothing in the folder, if it comes from no cache, or where no links can be made
    (another file system). What is linked stays whatever becomes of the cache meanwhile.
    """
    first = compiled.first.base
    if not isinstance(first, np.memmap) or first.filename is None:
        return False
    with suppress(OSError):
        for path in Path(first.filename).parent.iterdir():
            (folder / path.name).hardlink_to(path)
        if _is_whole(folder):  # and not what was put in its place since it was mapped
            return True
    for path in folder.iterdir():
        path.unlink()
    return False


def _load(folder: Path, *, is_ours: bool = False) -> CompiledLexicon | None:
    """None if it is not whole; `is_ours`: its hashes were taken from these files just now."""
    with suppress(OSError, EOFError, ValueError, KeyError, TypeError):
        if is_ours or _is_whole(folder):
            return load_compiled(folder)
    return None


def _store(compiled: CompiledLexicon, folder: Path) -> bool:
    """Write the folder whole or not at all; whoever comes first wins. Whether that was us."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as name:
        new = Path(name) / "new"
        new.mkdir()
        save_compiled(compiled, new)
        (new / _SUMS).write_text(json.dumps(_sums(new)))
        if _load(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)
            new.replace(folder)
            return True
    return False


def _is_whole(folder: Path) -> bool:
    """Whether a folder's files are what was written; where it cannot be told, they are not."""
    with suppress(OSError, ValueError):
        return bool(json.loads((folder / _SUMS).read_bytes()) == _sums(folder))
    return False


def _sums(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.npy"))
    }
