"""Packages of an extra, which are imported when they are used."""

from importlib import import_module
from typing import Any


def needed(package: str, what: str, extra: str = "tokens") -> Any:
    """The package. Raises `UsageError` if it is not installed; `what`: needs it, `extra` has it."""
    try:
        return import_module(package)
    except ImportError as error:
        from link.errors import UsageError

        raise UsageError(
            f"{what} needs the package {package}: pip install 'link-corpus[{extra}]'"
        ) from error
