"""Packages that only tokenizers need, and that are imported when one is used."""

from importlib import import_module
from typing import Any


def needed(package: str, what: str) -> Any:
    """The package. Raises `UsageError` if it is not installed; `what`: needs it."""
    try:
        return import_module(package)
    except ImportError as error:
        from link.errors import UsageError

        raise UsageError(
            f"{what} needs the package {package}: pip install 'link-corpus[tokens]'"
        ) from error
