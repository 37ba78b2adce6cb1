"""What was read from a lexicon's files before, in the user's cache.

    CACHE/read/HASH     a hash of all behind it, what is known in JSON, rows and inflected forms

HASH is that of the files, the request, and all that reading depends on: this package's own code,
lemminflect's tables and langcodes among it. A run needs no more of a lexicon than what is kept
here, so that its files are read again only for what asks for the entries themselves.
"""

import json
import platform
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import xxhash

from link.lexicon.find import user_folder
from link.lexicon.hygiene import Translation
from link.lexicon.inflect import table_files
from link.lexicon.languages import registry_files
from link.lexicon.source import Source

_SUM = 32  # bytes


@dataclass(frozen=True, eq=False)
class KnownEntries(Mapping[str, tuple[Translation, ...]]):
    """Entries that are read when they are asked for. `rows`: as a canonical file has them; `forms`:
    their inflected forms as text, None if that is not known.
    """

    read: Callable[[], Mapping[str, tuple[Translation, ...]]]
    rows: str
    forms: str | None

    @cached_property
    def _entries(self) -> Mapping[str, tuple[Translation, ...]]:
        return self.read()

    def __getitem__(self, headword: str) -> tuple[Translation, ...]:
        return self._entries[headword]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def key_of(request: Sequence[Any], sources: Sequence[Source]) -> str:
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


def recall(key: str) -> tuple[dict[str, Any], str, str | None] | None:
    """What is known by a key: facts, rows and forms; None if nothing is, or it is not whole."""
    with suppress(OSError, ValueError):
        data = _path(key).read_bytes()
        if xxhash.xxh3_128_hexdigest(data[_SUM:]).encode() == data[:_SUM]:
            head, _, texts = data[_SUM:].partition(b"\n")
            facts, size, has_forms = json.loads(head)
            return facts, texts[:size].decode(), texts[size:].decode() if has_forms else None
    return None


def remember(key: str, facts: Mapping[str, Any], rows: str, forms: str | None) -> None:
    """Keep what is known by a key, where a cache can be written."""
    data = rows.encode()
    head = json.dumps([facts, len(data), forms is not None]).encode()
    body = b"".join([head, b"\n", data, (forms or "").encode()])
    path = _path(key)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
            new = Path(folder) / key
            new.write_bytes(xxhash.xxh3_128_hexdigest(body).encode() + body)
            new.replace(path)


def _path(key: str) -> Path:
    return user_folder().parent / "read" / key
