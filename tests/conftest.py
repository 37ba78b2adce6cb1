"""Tests have a cache of their own, not the user's, and do not wait for the disk."""

import atexit
import os
import shutil
import tempfile

_CACHE = tempfile.mkdtemp(prefix="link-tests-")
atexit.register(shutil.rmtree, _CACHE, ignore_errors=True)


def pytest_configure() -> None:
    os.environ["XDG_CACHE_HOME"] = _CACHE
    os.fsync = lambda _descriptor: None  # no file of a test must survive a power failure
