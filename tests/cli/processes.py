"""What tests of interrupted and killed `link` processes share: who runs, and waiting for it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

DEADLINE_SECONDS = 60


def wait_for(condition: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def state(pid: int) -> str:
    """The letter that `/proc` has for what a process does; X if it is gone."""
    return (_stat(pid) or ["X"])[0]


def running(pid: int) -> bool:
    return state(pid) not in "ZX"


def members(process: "subprocess.Popen[bytes]") -> list[int]:
    """All running processes of the session that `start_link` began, the first one too."""
    pids = (int(path.name) for path in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if _session(pid) == process.pid and running(pid)]


def workers(process: "subprocess.Popen[bytes]") -> list[int]:
    """The worker processes of a run."""
    return [pid for pid in members(process) if b"spawn_main" in _read(pid, "cmdline")]


def workers_at_work(process: "subprocess.Popen[bytes]") -> list[int]:
    """The worker processes of a run, once all of them have come so far as to read the lexicon."""
    pids = workers(process)
    return pids if all(b"/compiled/" in _read(pid, "maps") for pid in pids) else []


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[3]) if fields else None


def _stat(pid: int) -> list[str]:
    """What `/proc` says of a process, from its state on; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def kill(process: "subprocess.Popen[bytes]", *, group: bool = False) -> None:
    """As the system does when memory is short: the process alone, or with its workers."""
    if group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait(DEADLINE_SECONDS)
    close(process)


def kill_all(process: "subprocess.Popen[bytes]") -> None:
    """Leave nothing of a run behind, whatever became of it."""
    for pid in members(process):
        os.kill(pid, signal.SIGKILL)
    process.wait(DEADLINE_SECONDS)
    close(process)


def close(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def published(out: Path) -> set[str]:
    """The names in an output folder that a reader would take for data.

    The run's account is not walked through: parts of it come and go while the run is at work.
    """
    names: set[str] = set()
    for folder, folders, files in os.walk(out):
        if folder == str(out):
            folders[:] = [name for name in folders if name[0] != "_"]
        below = Path(folder).relative_to(out)
        names |= {(below / name).as_posix() for name in files if name[0] not in "._"}
    return names
