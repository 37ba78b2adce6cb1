"""What the commands share for talking to a terminal. All of it goes to standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(size_bytes: int, quiet: bool) -> Iterator[Callable[[int], object]]:
    """A bar of input bytes, on a terminal only; what is yielded takes the bytes just done."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm

    with tqdm(
        total=size_bytes or None, unit="B", unit_scale=True, dynamic_ncols=True, leave=False
    ) as bar:
        yield bar.update
