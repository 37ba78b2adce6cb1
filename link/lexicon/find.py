"""From a lexicon's name to its files: a path, a known name, or a URL.

A known name is looked for in `./lexicons/NAME.tsv`, the lexicons shipped, the user's cache, in this
order. URLs are read by fsspec (an extra):

    hf://datasets/OWNER/NAME                the data files of a dataset, in order of their names
    hf://datasets/OWNER/NAME/en-de.tsv      one file of it, in any format
    https://… s3://… file://… memory://…    the same

Of a dataset's card (`README.md`), licence and language are taken. Nothing is unpickled or run.
"""

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from link.errors import LexiconError, reason_of
from link.lexicon.decode import MOST_BYTES
from link.lexicon.formats import gathered
from link.lexicon.languages import known_tag, language_in, language_of
from link.untrusted import load_yaml

SUFFIX = ".tsv"
CARD = "README.md"
KINDS = (".parquet", ".arrow", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt")
"""Data files of datasets. Where a dataset has several kinds, they are often the same data twice:
the first kind counts."""

_CARD_BYTES = 1 << 20
_PACKED = {".gz", ".dz", ".bz2", ".xz", ".zst"}


def shipped_folder() -> Path:
    """The lexicons that come with LINK: in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "_lexicons"
    return installed if installed.is_dir() else package.parent / "lexicons"


def user_folder() -> Path:
    """Where the user's own downloaded lexicons are kept."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "link-corpus" / "lexicons"


def folders() -> tuple[Path, ...]:
    return Path("lexicons"), shipped_folder(), user_folder()


def available() -> Iterator[str]:
    """The names that `find_lexicon` knows, without repetition."""
    seen = set()
    for folder in folders():
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            if path.stem not in seen:
                seen.add(path.stem)
                yield path.stem


def _spelled(name: str) -> str:
    """A lexicon's name with its language's shortest code: `muse-en-de`, of `muse-en-deu` too."""
    return re.sub(r"(?<=[-_])[A-Za-z]{2,3}$", lambda match: known_tag(match[0]) or match[0], name)


def find_lexicon(name: str) -> Path:
    """The file of a lexicon given by path or by name; a name may spell its language otherwise.

    >>> find_lexicon("en-deu").name
    'en-de.tsv'
    """
    if not name:
        raise LexiconError("a lexicon's name is empty; give a file or a name such as en-de")
    path = Path(name)
    if path.is_file():
        return path
    if os.sep not in name and not name.endswith(SUFFIX):
        for folder in folders():
            candidate = folder / f"{name}{SUFFIX}"
            if candidate.is_file():
                return candidate
    if path.is_dir():
        raise LexiconError(f"lexicon {name!r} is a folder; name a file in it")
    names = list(available())
    same = [each for each in names if language_in(name) and _spelled(each) == _spelled(name)]
    if same and os.sep not in name:
        return find_lexicon(same[0])
    near = difflib.get_close_matches(path.stem, names, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known names: {', '.join(names)}"
    raise LexiconError(f"lexicon {name!r} is neither a file nor a known name; {hint}")


# --- files ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """`files`: path (for messages) and content of each. `about`: what a dataset's card says.

    `is_one`: whether the files make one lexicon together, and are no parts of a dataset.
    """

    name: str
    files: Sequence[tuple[str, bytes]]
    about: dict[str, str] = field(default_factory=dict)
    is_one: bool = False


def source_of(name: str, *, gather: bool = True) -> Source:
    """The files of a lexicon given by name, path or URL; `LexiconError` if there are none.

    `gather`: those that belong to the one that is named, too.
    """
    if "://" in name:
        return _fetched(name)
    path = Path(name)
    try:
        paths = (gathered(path) if gather else []) or [path := find_lexicon(name)]
        if sum(each.stat().st_size for each in paths) > MOST_BYTES:
            raise LexiconError(f"lexicon {path} holds more than {MOST_BYTES:,} bytes")
        files = [(str(each), each.read_bytes()) for each in paths]
        return Source(stem_of(path), files, is_one=len(paths) > 1)
    except OSError as error:
        raise LexiconError(f"lexicon {path} cannot be read: {reason_of(error)}") from error


def stem_of(path: PurePath) -> str:
    """A file's name without its format's and compression's endings: `en-de` of `en-de.tsv.gz`."""
    return PurePath(path.stem).stem if path.suffix.lower() in _PACKED else path.stem


def _fetched(url: str) -> Source:
    try:
        import fsspec
    except ImportError as error:
        raise LexiconError(
            f"lexicon {url} is a URL, which needs fsspec: pip install 'link-corpus[hub]'"
        ) from error
    with _clear_errors(url):
        system, path = fsspec.core.url_to_fs(url)
        is_folder = system.info(path)["type"] == "directory"
        paths = _data_files(system, path, url) if is_folder else [path]
        if sum(system.size(each) or 0 for each in paths) > MOST_BYTES:
            raise LexiconError(
                f"lexicon {url} holds more than {MOST_BYTES:,} bytes; name a file in it"
            )
        files = [(system.unstrip_protocol(each), system.cat_file(each)) for each in paths]
        name = PurePosixPath(path).name if is_folder else stem_of(PurePosixPath(path))
        about = {"source": url, **_card(system, path, is_folder)}
    return Source(name.partition("@")[0], files, about)


def _data_files(system: Any, folder: str, url: str) -> list[str]:
    """The files of a dataset that hold its rows, of one kind, sorted."""
    found: dict[str, list[str]] = {}
    for path in sorted(system.find(folder)):
        inner = PurePosixPath(path).relative_to(PurePosixPath(folder))
        if not any(part.startswith((".", "_")) for part in inner.parts):
            suffix = PurePosixPath(inner.name.lower().removesuffix(".gz")).suffix
            found.setdefault(suffix, []).append(path)
    kind = next((kind for kind in KINDS if kind in found), None)
    if kind is None:
        raise LexiconError(
            f"lexicon {url} is a folder without data files; known are {', '.join(KINDS)}; "
            f"name the file itself"
        )
    return found[kind]


def _card(system: Any, path: str, is_folder: bool) -> dict[str, str]:
    """Licence and language, if a dataset's card says so in its YAML header."""
    folders = [PurePosixPath(path)] if is_folder else []
    if path.startswith("datasets/"):  # of the Hub: the card lies at the top
        folders += [each for each in PurePosixPath(path).parents if len(each.parts) >= 2]
    for folder in folders:
        with suppress(FileNotFoundError, ValueError):
            text = system.cat_file(str(folder / CARD), end=_CARD_BYTES).decode(errors="replace")
            return _about(load_yaml(text.split("---\n")[1]) if text[:4] == "---\n" else None)
    return {}


def _about(header: object) -> dict[str, str]:
    if not isinstance(header, dict):
        return {}
    licence, language = (
        [str(each) for each in (value if isinstance(value, list) else [value]) if each]
        for value in (header.get("license", header.get("licence")), header.get("language"))
    )
    others = [tag for each in language if (tag := known_tag(each)) and language_of(tag) != "en"]
    about = {"licence": "; ".join(licence), "language": others[0] if len(others) == 1 else ""}
    return {key: value for key, value in about.items() if value}


@contextmanager
def _clear_errors(url: str) -> Iterator[None]:
    """What a remote file system raises may be anything; it means that nothing is read."""
    try:
        yield
    except LexiconError:
        raise
    except FileNotFoundError as error:
        raise LexiconError(f"lexicon {url} is not there; see whether its name is right") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise LexiconError(f"lexicon {url} cannot be read: {reason}") from error
