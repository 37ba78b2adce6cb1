"""Tests have a cache of their own, not the user's, and do not wait for the disk."""

import os
import tempfile

import pytest

_CACHE = tempfile.TemporaryDirectory(prefix="link-tests-")


def pytest_configure() -> None:
    os.environ["XDG_CACHE_HOME"] = _CACHE.name
    os.fsync = lambda _descriptor: None  # no file of a test must survive a power failure


def pytest_unconfigure(config: pytest.Config) -> None:
    _CACHE.cleanup()
