"""What the commands share for talking to a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from link.errors import OutputClosedError


@contextmanager
def progress_bar(size_bytes: int, quiet: bool) -> Iterator[Callable[[int], object]]:
    """A bar of input bytes, if standard error is a terminal; it is given the bytes just done."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(
        total=size_bytes or None, unit="B", unit_scale=True, dynamic_ncols=True, leave=False
    ) as bar:
        yield bar.update


@contextmanager
def standard_output() -> Iterator[None]:
    """Around what writes to standard output. Raises `OutputClosedError` if nobody reads it."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputClosedError("nobody reads standard output any more") from error
