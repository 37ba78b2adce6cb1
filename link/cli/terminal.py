"""What the commands share for talking to a terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

from link.errors import LinkError, OutputClosedError


def prepare_streams() -> None:
    """Put /dev/null where a standard stream is closed, and let messages and tables never fail.

    Otherwise the next file that is opened would have its number, and get what is meant for it.
    Standard input and output stay closed for those who would read or write them.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)  # by workers
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names that are not UTF-8, C locales


@contextmanager
def standard_output() -> Iterator[None]:
    """Around what writes to standard output. Raises `OutputClosedError` if nobody reads it."""
    if sys.stdout is None:
        raise LinkError("standard output is closed")
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise OutputClosedError("nobody reads standard output any more") from error
