"""Folders that appear once they are whole, and JSON Lines in them."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from link.errors import UsageError
from link.publish import partial_path, published, sync_folders


@contextmanager
def published_folder(final: Path) -> Iterator[Path]:
    """A folder to write that takes its name when the block ends without an exception.

    Raises `UsageError` if there is a file of that name, or a folder that is not empty.
    """
    final = final.absolute()
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise UsageError(f"{final} holds something already; name an empty or a new folder")
    partial = partial_path(final)
    shutil.rmtree(partial, ignore_errors=True)  # what a kill left
    partial.mkdir(parents=True)
    try:
        yield partial
        partial.replace(final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    sync_folders([final])


def publish_lines(path: Path, records: Iterable[dict[str, Any]]) -> int:
    """Write records as JSON Lines; how many there were."""
    count = 0
    with published(path) as file:
        for record in records:
            count += 1
            try:
                line = json.dumps(record, ensure_ascii=False).encode()
            except UnicodeEncodeError:  # a lone surrogate
                line = json.dumps(record).encode()
            file.write(line + b"\n")
    sync_folders([path])
    return count
