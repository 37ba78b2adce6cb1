"""Leases: small objects in a store that keep other runs out of it, as locks do on a file system.

    _link/locks/run              held by a run, or a merge
    _link/locks/task-2-of-8      held by a task of an array job

A store cannot tell that a process has died. So who holds a lease renews it, and one that has not
been renewed for `LIMIT_SECONDS`, by the clock of the machine that looks, counts no more. Whoever
begins writes a lease first and looks for others then: of two that begin together, at least one
sees the other, and stops.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from link.errors import LinkError, ShardError, UsageError, reason_of
from link.shards.store import Store
from link.untrusted import of_kind

LOCKS = "_link/locks/"
RUN = "run"
LIMIT_SECONDS = 300.0
_SETTLE_SECONDS = 1.0  # in which another that takes the same lease would be seen
_MOST_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Content:
    """What a lease holds. `renewed`: seconds since 1970."""

    holder: str
    key: str
    renewed: float

    @property
    def seconds_left(self) -> float:
        return self.renewed + LIMIT_SECONDS - time.time()


class Lease:
    """A lease that this process takes, renews, and gives back. `url`: of the store."""

    def __init__(self, store: Store, url: str, name: str) -> None:
        self._store, self._url, self._name = store, url, name
        self._key = uuid.uuid4().hex
        self.ended = threading.Event()  # nothing is to be renewed any more
        self._renewed = time.monotonic()
        self._is_taken = False  # by another

    def take(self) -> None:
        """Raises `UsageError` if another holds it."""
        is_sure = not self.ends(self._name)
        try:
            self._store.put_new(self._at(self._name), self._data())
        except NotImplementedError:  # the store cannot; then the last one that writes has it
            self._store.put(self._at(self._name), self._data())
            is_sure = False
        if not is_sure:
            time.sleep(_SETTLE_SECONDS)
        if not self._is_own():
            raise UsageError(f"another run has begun on {self._url}; wait for it or stop it")

    def ends(self, name: str) -> bool:
        """Whether a lease that counts no more was removed. Raises `UsageError` if it counts."""
        held = _read(self._store, self._at(name))
        if held is None:
            return False
        if held.seconds_left > 0:
            who = "a run or merge" if name == RUN else name
            raise UsageError(
                f"{who} is at work on {self._url} ({held.holder}); wait for it or stop it. If it "
                f"has died, its lease ends in {held.seconds_left:.0f} seconds, or when you delete "
                f"{self._url}/{self._at(name)}"
            )
        self._store.delete(self._at(name))
        return True

    def others(self) -> list[str]:
        """The names of all leases but this one."""
        names = [name.removeprefix(LOCKS) for name, _ in self._store.list(LOCKS)]
        return [name for name in names if name != self._name]

    def check(self) -> None:
        """Raise `UsageError` if another may have taken the lease."""
        if self._is_taken or time.monotonic() - self._renewed > LIMIT_SECONDS:
            raise UsageError(
                f"the lease on {self._url} could not be renewed, and another run may have begun; "
                f"run again to go on"
            )

    def renew(self) -> None:
        """Until it is `ended`. What fails is tried again."""
        while not self.ended.wait(LIMIT_SECONDS / 10):
            with suppress(OSError, LinkError):
                if not self._is_own():
                    self._is_taken = True
                    return
                begun = time.monotonic()
                self._store.put(self._at(self._name), self._data())
                self._renewed = begun

    def give_back(self) -> None:
        """Remove the lease, if that can be done."""
        with suppress(OSError, LinkError):
            if self._is_own():
                self._store.delete(self._at(self._name))

    def _is_own(self) -> bool:
        held = _read(self._store, self._at(self._name))
        return held is not None and held.key == self._key

    def _at(self, name: str) -> str:
        return LOCKS + name

    def _data(self) -> bytes:
        holder = f"process {os.getpid()} on {socket.gethostname()}"
        return json.dumps(asdict(Content(holder, self._key, time.time()))).encode()


@contextmanager
def leased(store: Store, url: str, task: str | None, count: int = 0) -> Iterator[Lease]:
    """Keep other runs out of a store.

    `task`: a task of an array job, which may work beside the others of its `count`. Raises
    `UsageError`.
    """
    lease = Lease(store, url, task or RUN)
    try:
        lease.take()
        for name in lease.others():
            if not (task and name.endswith(f"-of-{count}")):
                lease.ends(name)
        thread = threading.Thread(target=lease.renew, daemon=True)
        thread.start()
    except (OSError, ShardError) as error:
        lease.give_back()
        raise UsageError(f"output {url} cannot be written: {reason_of(error)}") from error
    except BaseException:
        lease.give_back()
        raise
    try:
        yield lease
    finally:
        lease.ended.set()
        thread.join()  # or it might write the lease once more
        lease.give_back()


def _read(store: Store, name: str) -> Content | None:
    """What a lease holds; None if there is none. One that is damaged ended long ago."""
    try:
        with store.open(name) as file:
            return of_kind(json.loads(file.read(_MOST_BYTES)), Content)
    except FileNotFoundError:
        return None
    except ValueError:
        return Content("", "", 0.0)
