"""What was read and compiled before, in the user's cache.

    CACHE/read/HASH               facts and rows of a lexicon, by its files and how they were read
    CACHE/read/HASH.forms         its inflected forms
    CACHE/compiled/HASH/arrays    the arrays, by the content that they were compiled from

Each file holds a hash of its own; what does not match it is made anew. A cache that cannot be read
or written is done without. Processes that share a lexicon map a link to its arrays, which outlives
a cache that is emptied or mended meanwhile.
"""

import json
import platform
import sys
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from link.kernel import KERNEL_VERSION
from link.kernel.compiled import CompiledLexicon
from link.lexicon.arrays_file import ARRAYS, load_compiled, save_compiled
from link.lexicon.find import Source, user_folder
from link.lexicon.inflect import table_files
from link.lexicon.languages import registry_files
from link.publish import published

LAYOUT = 15
"""To be raised when the arrays or their names change."""

_SUM_BYTES = 32


def key_of(request: Mapping[str, Any], sources: Sequence[Source]) -> str:
    """The name of what is read from some sources on a request, which JSON can hold."""
    told = [(one.name, one.about, [path for path, _ in one.files]) for one in sources]
    data = [data for one in sources for _, data in one.files]
    sum_ = xxhash.xxh3_128()
    for each in (json.dumps([request, told]).encode(), _surroundings(), *data):
        sum_.update(f"{len(each)}\n".encode() + each)
    return sum_.hexdigest()


@lru_cache(maxsize=1)
def _surroundings() -> bytes:
    """A hash of what reading depends on besides files and request: code, and tables looked up."""
    package = Path(__file__).parent.parent
    paths = [path for room in ("lexicon", "language") for path in package.glob(f"{room}/**/*.*")]
    code = [path.read_bytes() for path in sorted(paths) if path.suffix in (".py", ".txt")]
    versions = f"{platform.python_version()} {unicodedata.unidata_version}".encode()
    return xxhash.xxh3_128_digest(b"\n".join([versions, *code, *table_files(), *registry_files()]))


def recall(name: str) -> str | None:
    """The text that is known by a name; None if there is none, or it is not whole."""
    with suppress(OSError):
        data = _folder("read").joinpath(name).read_bytes()
        if xxhash.xxh3_128_hexdigest(data[_SUM_BYTES:]).encode() == data[:_SUM_BYTES]:
            return data[_SUM_BYTES:].decode()
    return None


def remember(name: str, text: str) -> None:
    """Keep a text by a name, where a cache can be written."""
    data, path = text.encode(), _folder("read") / name
    with suppress(OSError), published(path, is_contended=True, is_durable=False) as file:
        file.writelines([xxhash.xxh3_128_hexdigest(data).encode(), data])


def cached(content: str, compile_: Callable[[], CompiledLexicon]) -> CompiledLexicon:
    """The compiled lexicon of some content, from the cache or into it and mapped from there."""
    about = f"{LAYOUT} {KERNEL_VERSION} {sys.byteorder}\n{content}"
    folder = _folder("compiled") / xxhash.xxh3_128_hexdigest(about.encode("utf-8", "surrogatepass"))
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


def _folder(name: str) -> Path:
    return user_folder().parent / name
