"""Numbers of bytes on the command line: `500MB`, `64MiB`, `2e8`."""

import re
from typing import Any

import click

_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SIZE = re.compile(r"\s*([0-9.]+(?:e\+?[0-9]+)?)\s*(?:([kmgt])(i?))?b?\s*", re.ASCII)


def parse_size(text: str) -> int:
    """Bytes. Raises `ValueError` for what is no number of them.

    >>> parse_size("1.5 GB"), parse_size("4096"), parse_size("64MiB")
    (1500000000, 4096, 67108864)
    """
    match = _SIZE.fullmatch(text.lower())
    if match is None:
        raise ValueError(f"{text!r} is not a number of bytes")
    base, power = (1024 if match[3] else 1000), _UNITS[match[2] or ""]
    try:
        return round(float(match[1]) * float(base**power))
    except OverflowError as error:
        raise ValueError(f"{text!r} is too many bytes") from error


class Size(click.ParamType):  # type: ignore[type-arg]
    """The type of an option that takes bytes, `least` of them or more."""

    name = "size"

    def __init__(self, least: int = 1) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes, of text, or of a number in a configuration."""
        try:
            size = parse_size(str(value))
        except ValueError:
            size = -1
        if size < self._least:
            option = param.opts[0] if param is not None else "it"
            raise click.UsageError(
                f"{option} takes a number of bytes such as 500MB or 1GB, not {str(value)[:100]!r}.",
                ctx,
            )
        return size
