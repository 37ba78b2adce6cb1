"""Which files are shards, and where each one's output goes.

A shard is known by its name, in upper or lower case: `.jsonl .ndjson .json .parquet .arrow .feather
.txt`, each also with `.gz .zst .zstd .bz2 .xz`. In folders, hidden files and names that begin with
`_` (`_link/`, `_SUCCESS`) are passed over in silence; other files are left alone and listed. The
`state.json` and the like of a dataset that Hugging Face `datasets` saved are its companions.
"""

import glob
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypedDict

from link.errors import UsageError, reason_of
from link.shards.codecs import NONE, SUFFIX_OF, SUFFIXES
from link.shards.files import STANDARD_STREAM as STANDARD_STREAM
from link.shards.files import is_url, list_remote, local_path
from link.shards.formats import COLUMNAR, FORMAT_OF_SUFFIX, JSONL, SUFFIX_OF_FORMAT
from link.untrusted import read_json

KNOWN = f"{' '.join(FORMAT_OF_SUFFIX)}, each also with {' '.join(filter(None, SUFFIXES))}"

STATE, _INFO, _SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"


class _DataFile(TypedDict):
    filename: str


class _State(TypedDict):
    """What is needed of a state.json."""

    _data_files: list[_DataFile]


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard to be read: its path (or `-`), and its name relative to the output folder.

    `codec`: what its name says it is compressed by; "" where the stream itself has to tell.
    """

    path: str
    name: str
    codec: str
    format: str = JSONL


@dataclass(slots=True)
class Found:
    """The shards, in order, the files that are none, and those that go with a saved dataset.

    `companions`: (path, name relative to the output folder).
    """

    shards: list[Shard] = field(default_factory=list)
    left_alone: list[Path | str] = field(default_factory=list)
    companions: list[tuple[Path, str]] = field(default_factory=list)


def split_name(name: str) -> tuple[str, str, str] | None:
    """(stem, container's suffix in lower case, codec) of a shard's file name; None if it is none.

    >>> split_name("en-0001.jsonl.zst"), split_name("EN.JSONL.GZ")
    (('en-0001', '.jsonl', 'zst'), ('EN', '.jsonl', 'gz'))
    """
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    codec = SUFFIXES.get(ending, NONE)
    if codec != NONE:
        path = path.with_suffix("")
    suffix = path.suffix.lower()
    return (path.stem, suffix, codec) if suffix in FORMAT_OF_SUFFIX else None


def find_shards(inputs: Iterable[str]) -> Found:
    """The shards that files, folders, globs and `-` stand for."""
    found = Found()
    for text in map(local_path, inputs):
        if text == STANDARD_STREAM:
            found.shards.append(Shard(STANDARD_STREAM, "stdin.jsonl", ""))
            continue
        if is_url(text):
            _find_remote(text, found)
            continue
        for path, root in _expand(text):
            parts = split_name(path.name)
            if path.is_dir():
                _find_in_folder(path, path, found, frozenset())
            elif parts is None:
                raise UsageError(f"{path} has no ending of a shard; known are {KNOWN}")
            else:
                name = path.relative_to(root) if root else Path(path.name)
                found.shards.append(_shard(path, name, parts))
    if not found.shards:
        raise UsageError(f"no shards in {', '.join(inputs)}; shards end in {KNOWN}")
    return found


def _shard(path: Path | str, name: Path | str, parts: tuple[str, str, str]) -> Shard:
    _, suffix, codec = parts
    return Shard(str(path), PurePosixPath(name).as_posix(), codec, FORMAT_OF_SUFFIX[suffix])


def _find_remote(url: str, found: Found) -> None:
    files, several = list_remote(url)
    for path, name in files:
        parts = split_name(PurePosixPath(name).name)
        if several and any(part.startswith((".", "_")) for part in PurePosixPath(name).parts):
            continue
        if parts:
            found.shards.append(_shard(path, name, parts))
        elif several:
            found.left_alone.append(path)
        else:
            raise UsageError(f"{url} has no ending of a shard; known are {KNOWN}")


def _expand(text: str) -> Iterator[tuple[Path, Path | None]]:
    """The paths of an input, each with the folder that its output name is relative to."""
    path = Path(text)
    if path.exists():
        yield path, None
    elif glob.has_magic(text):
        fixed = fixed_part(text)
        matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207  # may be absolute
        if not matches:
            raise UsageError(f"nothing matches {text!r}")
        for match in map(Path, matches):
            # `**` matches folders as well as what is in them.
            below = match.relative_to(fixed).parts
            passed_over = any(part.startswith((".", "_")) for part in below)
            if not passed_over and match.is_file() and split_name(match.name):
                yield match, fixed
    else:
        raise UsageError(f"{text} does not exist; name a file, a folder, a glob or -")


def fixed_part(pattern: str) -> Path:
    """The folders of a glob before the first that is a pattern."""
    parts = Path(pattern).parts
    return Path(*itertools.takewhile(lambda part: not glob.has_magic(part), parts))


def _find_in_folder(folder: Path, root: Path, found: Found, above: frozenset[Path]) -> None:
    """`above`: the folders on the way here, so that a link back to one of them is no trap."""
    above |= {folder.resolve()}
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"folder {folder} cannot be read: {reason_of(error)}") from error
    companions = _companions(paths)
    strangers = _strangers(paths, companions)
    for path in paths:
        if path.name.startswith((".", "_")):
            continue
        if path in companions:
            found.companions.append((path, path.relative_to(root).as_posix()))
        elif path in strangers:
            found.left_alone.append(path)
        elif path.is_dir():
            if path.resolve() in above:
                found.left_alone.append(path)
            else:
                _find_in_folder(path, root, found, above)
        elif (parts := split_name(path.name)) and not _is_special(path):
            found.shards.append(_shard(path, path.relative_to(root), parts))
        else:
            found.left_alone.append(path)


def _companions(paths: list[Path]) -> set[Path]:
    """What `datasets` needs beside the shards of a dataset that it saved in a folder."""
    named = {path.name: path for path in paths}
    if STATE in named and _INFO in named:
        return {named[STATE], named[_INFO]}
    if _SPLITS in named and any((path / STATE).is_file() for path in paths):
        return {named[_SPLITS]}
    return set()


def _strangers(paths: list[Path], companions: set[Path]) -> set[Path]:
    """Arrow files in the folder of a saved dataset that are not its data: caches, mostly."""
    for path in companions:
        if path.name == STATE:
            try:
                data = {file["filename"] for file in read_json(path, _State)["_data_files"]}
            except (OSError, ValueError) as error:
                raise UsageError(f"{path} is damaged; it should list a dataset's files") from error
            return {each for each in paths if each.suffix == ".arrow" and each.name not in data}
    return set()


def _is_special(path: Path) -> bool:
    """Whether a path is a pipe, socket or device, for which a reader might wait for ever."""
    return path.exists() and not path.is_file()


def output_name(shard: Shard, container: str | None, codec: str | None) -> str:
    """The output's name: the input's, with other endings if another format or compression is asked.

    The compression of Parquet and Arrow is inside, and has no ending.
    """
    path = PurePosixPath(shard.name)
    parts = split_name(path.name)
    assert parts is not None, "a shard's name has a shard's ending"
    stem, suffix, outer = parts
    named, ending = path.name[: len(stem + suffix)], path.name[len(stem + suffix) :]
    container = container or shard.format
    if container != shard.format:
        named = stem + SUFFIX_OF_FORMAT[container]
    if container in COLUMNAR and (codec is not None or container != shard.format):
        ending = ""
    elif codec not in (None, outer):
        ending = SUFFIX_OF[codec]
    return str(path.with_name(named + ending))


def refuse_clashes(names: Iterable[tuple[Shard, str]]) -> None:
    """Raise `UsageError` if two shards would be written to one name."""
    taken: dict[str, Shard] = {}
    for shard, name in names:
        other = taken.setdefault(name, shard)
        if other is not shard:
            raise UsageError(
                f"{other.path} and {shard.path} would both be written to {name}; "
                f"run them into different output folders"
            )
    for name, shard in taken.items():
        for folder in PurePosixPath(name).parents:
            if str(folder) in taken:
                raise UsageError(
                    f"{shard.path} would be written to {name}, and {taken[str(folder)].path} to "
                    f"{folder}, which cannot be a file and a folder; use different output folders"
                )
