"""Compiled lexicons in the user's cache, by the hash of what they were compiled from.

    CACHE/compiled/HASH/*.npy       the arrays, mapped into memory when they are used
    CACHE/compiled/HASH/sums.json   their hashes; a folder that does not match them is made anew

A cache that cannot be read or written is done without.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from link.kernel import KERNEL_VERSION
from link.kernel.compiled import CompiledLexicon, load_compiled, save_compiled
from link.lexicon.find import user_folder

LAYOUT = 1
"""To be raised when the arrays or their names change."""

_SUMS = "sums.json"


def cached(content: str, compile_: Callable[[], CompiledLexicon]) -> CompiledLexicon:
    """The compiled lexicon of some content, from the cache or into it."""
    about = f"{LAYOUT} {KERNEL_VERSION} {sys.byteorder}\n{content}"
    name = hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()
    folder = user_folder().parent / "compiled" / name
    with suppress(OSError, ValueError, KeyError, TypeError):
        if json.loads((folder / _SUMS).read_bytes()) == _sums(folder):
            return load_compiled(folder)
    compiled = compile_()
    with suppress(OSError):
        _store(compiled, folder)
    return compiled


def _store(compiled: CompiledLexicon, folder: Path) -> None:
    """Write the folder whole or not at all; whoever comes first wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as name:
        new = Path(name) / "new"
        new.mkdir()
        save_compiled(compiled, new)
        (new / _SUMS).write_text(json.dumps(_sums(new)))
        shutil.rmtree(folder, ignore_errors=True)  # it was not what its sums say
        new.replace(folder)


def _sums(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.npy"))
    }
