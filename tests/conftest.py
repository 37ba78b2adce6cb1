"""Tests leave the user's cache alone: they have one of their own, for as long as they run."""

import os
import tempfile

import pytest

_CACHE = tempfile.TemporaryDirectory(prefix="link-tests-")


def pytest_configure() -> None:
    os.environ["XDG_CACHE_HOME"] = _CACHE.name


def pytest_unconfigure(config: pytest.Config) -> None:
    _CACHE.cleanup()
