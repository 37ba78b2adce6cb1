"""Files that a command writes its figures to, beside what it shows."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from link.errors import UsageError


def refuse_unwritable(files: Mapping[str, Path | None]) -> None:
    """Raise `UsageError`, before any work, if one of some files could not be written.

    `files`: options and what they name.
    """
    seen: dict[Path, str] = {}
    for option, file in files.items():
        if file is None:
            continue
        if str(file) == "-":
            raise UsageError(f"{option} takes the name of a file; `-` is none")
        if file.is_dir():
            raise UsageError(f"{file} cannot be written: it is a folder; name a file for {option}")
        if not file.absolute().parent.is_dir():
            raise UsageError(f"{file} cannot be written: there is no such folder; make it first")
        if not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
            raise UsageError(f"{file} cannot be written: no permission; name another for {option}")
        other = seen.setdefault(file.resolve(), option)
        if other != option:
            raise UsageError(f"{other} and {option} are both {file}; name two files")


def refuse_shards(files: Iterable[Path | None], shards: Iterable[Path | str]) -> None:
    """Raise `UsageError` if one of the files is a shard that is read."""
    own = {file.resolve() for file in files if file is not None}
    for shard in shards:
        if isinstance(shard, Path) or "://" not in shard:
            path = Path(shard)
            if own and path.resolve() in own:
                raise UsageError(f"{path} is an input, and would be overwritten; name another file")


def put_file(file: Path, data: bytes) -> None:
    """Write a file whole or not at all; into a pipe or device, and through a link, as it comes."""
    from link.publish import publish_bytes

    if file.is_symlink() or (file.exists() and not file.is_file()):
        file.write_bytes(data)
    else:
        publish_bytes(file, data)
