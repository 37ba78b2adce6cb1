"""What was read from a lexicon's files before, in the user's cache.

    CACHE/read/HASH         a hash of all behind it, what is known in JSON, rows of a canonical file
    CACHE/read/HASH.forms   a hash, and the inflected forms

HASH is that of the files, the request, and all that reading depends on: this package's own code,
lemminflect's tables and langcodes among it. A run needs no more of a lexicon than that, so that its
files are read again only for what asks for the entries themselves.
"""

import json
import platform
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import xxhash

from link.lexicon.clean import Translation
from link.lexicon.find import user_folder
from link.lexicon.inflect import table_files
from link.lexicon.languages import registry_files
from link.lexicon.source import Source
from link.publish import published

_SUM = 32  # bytes
_FORMS = ".forms"


@dataclass(frozen=True, eq=False)
class KnownEntries(Mapping[str, tuple[Translation, ...]]):
    """Entries that are read when they are asked for. `rows`: as a canonical file has them."""

    read: Callable[[], Mapping[str, tuple[Translation, ...]]]
    rows: str

    @cached_property
    def _entries(self) -> Mapping[str, tuple[Translation, ...]]:
        return self.read()

    def __getitem__(self, headword: str) -> tuple[Translation, ...]:
        return self._entries[headword]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


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
    """What reading depends on besides files and request: the code, and the tables it looks up."""
    package = Path(__file__).parent.parent
    paths = [path for room in ("lexicon", "language") for path in package.glob(f"{room}/**/*.*")]
    code = [path.read_bytes() for path in sorted(paths) if path.suffix in (".py", ".txt")]
    versions = f"{platform.python_version()} {unicodedata.unidata_version}".encode()
    return b"\n".join([versions, *code, *table_files(), *registry_files()])


def recall(key: str) -> tuple[dict[str, Any], str] | None:
    """The facts and rows that are known by a key; None if there are none."""
    with suppress(ValueError):
        head, _, rows = (recall_text(key, "") or "").partition("\n")
        return json.loads(head), rows
    return None


def remember(key: str, facts: Mapping[str, Any], rows: str) -> None:
    """Keep what is known by a key, where a cache can be written."""
    remember_text(key, f"{json.dumps(facts)}\n{rows}", "")


def recall_text(key: str, suffix: str = _FORMS) -> str | None:
    """The inflected forms that are known by a key; None if they are not, or not whole."""
    with suppress(OSError):
        data = _path(key + suffix).read_bytes()
        if xxhash.xxh3_128_hexdigest(data[_SUM:]).encode() == data[:_SUM]:
            return data[_SUM:].decode()
    return None


def remember_text(key: str, text: str, suffix: str = _FORMS) -> None:
    """Keep the inflected forms that are known by a key, where a cache can be written."""
    data, path = text.encode(), _path(key + suffix)
    with suppress(OSError), published(path, is_contended=True, is_durable=False) as file:
        file.writelines([xxhash.xxh3_128_hexdigest(data).encode(), data])


def _path(name: str) -> Path:
    return user_folder().parent / "read" / name
