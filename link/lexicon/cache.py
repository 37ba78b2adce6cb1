"""Compiled lexicons in the user's cache, by the hash of what they were compiled from.

    CACHE/compiled/HASH/arrays      the arrays and their hash; mapped into memory when they are used

What does not match its hash is made anew. A cache that cannot be read or written is done without.
Processes that share a lexicon map a link to the file, which outlives a cache that is emptied or
mended meanwhile.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from link.kernel import KERNEL_VERSION
from link.kernel.compiled import CompiledLexicon
from link.lexicon.arrays_file import ARRAYS, load_compiled, save_compiled
from link.lexicon.find import user_folder

LAYOUT = 10
"""To be raised when the arrays or their names change."""


def cached(content: str, compile_: Callable[[], CompiledLexicon]) -> CompiledLexicon:
    """The compiled lexicon of some content, from the cache or into it and mapped from there."""
    about = f"{LAYOUT} {KERNEL_VERSION} {sys.byteorder}\n{content}"
    name = xxhash.xxh3_128_hexdigest(about.encode("utf-8", "surrogatepass"))
    folder = user_folder().parent / "compiled" / name
    found = _load(folder)
    if found is None:
        compiled = compile_()
        with suppress(OSError):
            save_compiled(compiled, folder)
        found = _load(folder) or compiled
    return found


def lend(compiled: CompiledLexicon, folder: Path) -> bool:
    """Link the cached file that a compiled lexicon is mapped from into an existing empty folder.

    False, and nothing in the folder, if it comes from no cache, or where no links can be made
    (another file system). What is linked stays whatever becomes of the cache meanwhile.
    """
    path = path_of(compiled)
    if path is None:
        return False
    link = folder / ARRAYS
    with suppress(OSError):
        link.hardlink_to(path)
        if _load(folder) is not None:  # and not what was put in its place since it was mapped
            return True
    link.unlink(missing_ok=True)
    return False


def path_of(compiled: CompiledLexicon) -> Path | None:
    """The file that a compiled lexicon is mapped from, if it is."""
    array: Any = compiled.first
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return Path(array.filename) if array.filename else None
        array = array.base
    return None


def _load(folder: Path) -> CompiledLexicon | None:
    """None if it is not whole."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return load_compiled(folder, is_checked=True)
    return None
