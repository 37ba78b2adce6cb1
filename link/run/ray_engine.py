"""The engine on a Ray cluster: an item is a Ray task, wherever Ray runs it.

All nodes must see the same files under the same names, or URLs. What a lost node was doing is tried
again elsewhere; outputs are published whole or not at all, so that changes nothing.
"""

import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from link.errors import LinkError, ShardError, UsageError
from link.run.engine import A, K, Outcomes, R, Setup, WorkerDiedError, no_bytes
from link.run.progress import CELLS, Meter

RETRIES = 3
"""How often an item is tried again whose node or process was lost."""


class RayCluster:
    """A Ray cluster. `address`: of an existing one; None for this machine alone."""

    splits_shards = False

    def __init__(self, setup: Setup, meter: Meter, address: str | None = None) -> None:
        try:
            import ray
        except ImportError as error:
            raise UsageError("--engine ray needs Ray: pip install 'link-corpus[ray]'") from error
        self.meter = meter
        self._ray = ray
        try:
            _probe(address)
            ray.init(address, logging_level="ERROR", log_to_driver=False, include_dashboard=False)
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(f"no Ray cluster can be reached at {address}: {error}") from error
        self.jobs = max(1, int(ray.cluster_resources().get("CPU", 1)))
        remote = ray.remote(num_cpus=1, max_retries=RETRIES)
        self._do = remote(_do)
        self._setup = ray.put((setup, str(Path.cwd())))

    def map(
        self,
        function: Callable[[Any, A], R],
        items: Iterable[tuple[K, A]],
        *,
        in_order: bool = False,
        size_of: Callable[[A], int] = no_bytes,
    ) -> Outcomes[K, R]:
        at_work: dict[Any, K] = {}

        def done() -> Outcomes[K, R]:
            wanted = [next(iter(at_work))] if in_order else list(at_work)
            found, _ = self._ray.wait(wanted, num_returns=1)
            for reference in found:
                yield at_work.pop(reference), self._result(reference)

        for key, argument in items:
            while len(at_work) >= 2 * self.jobs:
                yield from done()
            at_work[self._do.remote(self._setup, function, argument)] = key
        while at_work:
            yield from done()

    def _result(self, reference: Any) -> Any:
        errors = self._ray.exceptions
        try:
            result, cells = self._ray.get(reference)
        except errors.RayTaskError as error:
            if isinstance(error.cause, ShardError):
                return error.cause
            raise error.cause if isinstance(error.cause, LinkError) else error from None
        except (errors.WorkerCrashedError, errors.OutOfMemoryError, errors.NodeDiedError):
            return WorkerDiedError()
        self.meter.also(cells)
        return result

    def close(self) -> None:
        self._ray.shutdown()


def _probe(address: str | None) -> None:
    """Raise `OSError` if nobody listens at HOST:PORT: Ray itself would try for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _do(
    given: tuple[Setup, str], function: Callable[[Any, A], R], argument: A
) -> tuple[R, list[int]]:
    """In a worker: the result, and what the meter has counted for it."""
    setup, folder = given
    with suppress(FileNotFoundError):  # of a machine that shares no files with this one
        os.chdir(folder)
    cells = [0] * CELLS
    context, meter = _context_of(setup)
    meter.count_in(cells)
    return function(context, argument), cells


@lru_cache(maxsize=1)
def _context_of(setup: Setup) -> tuple[Any, Meter]:
    """Made once a process."""
    meter = Meter()
    return setup(meter), meter
