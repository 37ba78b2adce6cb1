"""Folders and files that a command writes to."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from link.errors import UsageError


class LocalFolder(click.Path):
    """The type of an output folder that must be on this machine."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, parameter: Any, context: Any) -> Any:
        if "://" in str(value) and not str(value).startswith("file://"):
            self.fail(f"{value} is a URL; copy it to a folder, and name that.", parameter, context)
        return super().convert(str(value).removeprefix("file://"), parameter, context)


def output_folder(output: str) -> tuple[Path, str | None]:
    """The folder that a run writes to, and its URL if it has one.

    For a URL stands an empty folder, which is gone when the command ends.
    """
    from link.shards.files import is_url, local_path

    if not is_url(output):
        return Path(output), None
    if not is_url(local_path(output)):
        return Path(local_path(output)), None
    scratch = tempfile.TemporaryDirectory(prefix="link-", ignore_cleanup_errors=True)
    return Path(click.get_current_context().with_resource(scratch)), output.rstrip("/")


def refuse_unwritable(files: Mapping[str, Path | None]) -> None:
    """Raise `UsageError`, before any work, if one of some files could not be written.

    `files`: options and what they name.
    """
    seen: dict[Path, str] = {}
    for option, file in files.items():
        if file is None:
            continue
        if str(file) == "-":
            raise UsageError(f"{option} takes the name of a file, not `-`")
        if file.is_dir():
            raise UsageError(f"{file} cannot be written: it is a folder; name a file for {option}")
        if not file.absolute().parent.is_dir():
            raise UsageError(f"{file} cannot be written: there is no such folder; create it first")
        if not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
            raise UsageError(f"{file} cannot be written: no permission; name another for {option}")
        other = seen.setdefault(file.resolve(), option)
        if other != option:
            raise UsageError(f"{other} and {option} are both {file}; name two files")


def refuse_shards(files: Iterable[Path | None], shards: Iterable[Path | str | None]) -> None:
    """Raise `UsageError` if one of the files is a shard that is read, or is there already in a
    folder among the shards.
    """
    named = [file for file in files if file is not None]
    own = {Path(each).resolve() for each in shards if named and each and "://" not in str(each)}
    for file in named:
        path = file.resolve()
        if path in own or (path.exists() and not own.isdisjoint(path.parents)):
            raise UsageError(f"{file} is an input, and would be overwritten; name another file")


def put_file(file: Path, data: bytes) -> None:
    """Write a file as `link.publish.written` does."""
    from link.publish import written

    with written(file) as there:
        there.write(data)
