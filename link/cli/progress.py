"""What is seen of a run while it is at work: a bar on a terminal, lines elsewhere."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from link.run.progress import Meter, SoFar

LOG_EVERY_SECONDS = 60.0
BAR_EVERY_SECONDS = 0.2

Look = Callable[[], "SoFar"]
"""Tells what has been done so far."""


@contextmanager
def watched(look: Look, *, quiet: bool, log_every: float | None, log_format: str) -> Iterator[None]:
    """Show, on standard error, what a run does meanwhile.

    `log_every`: seconds from line to line, 0 for none; None for a bar on a terminal, and elsewhere
    lines now and then.
    """
    if quiet:
        yield
        return
    is_asked = log_every is not None
    if not is_asked and sys.stderr.isatty():
        with _bar(look, beside_the_bar):
            yield
        return
    seconds = LOG_EVERY_SECONDS if log_every is None else log_every
    lines = LogLines(look, log_format)
    if not seconds:
        yield
        return
    with every(seconds, lines.show):
        yield
    if is_asked or lines.shown:
        lines.show()


class LogLines:
    """Writes a line each time it is asked for one. Tests bring clocks of their own."""

    def __init__(
        self,
        look: Look,
        log_format: str,
        *,
        seconds: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        write: Callable[[str], object] = lambda line: click.echo(line, err=True),
    ) -> None:
        self._look, self._line = look, LINES[log_format]
        self._seconds, self._now, self._write = seconds, now, write
        self._begin = self._last = seconds()
        self._before = 0  # bytes of this start of the run, at the last line
        self.shown = 0

    def show(self) -> None:
        """Write a line. Its speed is that since the last one; its ETA goes by the whole time."""
        so_far, seconds = self._look(), self._seconds()
        done, lately = so_far.bytes_done - so_far.bytes_before, seconds - self._last
        speed_mb_s = (done - self._before) / lately / 1e6 if lately > 0 else None
        eta_seconds = None
        if done > 0 and so_far.bytes_total:
            rest = max(0, so_far.bytes_total - so_far.bytes_done)
            eta_seconds = (seconds - self._begin) * rest / done
        self._write(self._line(self._now(), so_far, speed_mb_s, eta_seconds))
        self._before, self._last = done, seconds
        self.shown += 1


@contextmanager
def every(
    seconds: float,
    show: Callable[[], object],
    stop: threading.Event | None = None,
) -> Iterator[None]:
    """Call `show` every so often, in a thread: also while a long shard gives no sign of itself."""
    stop = stop or threading.Event()

    def keep_showing() -> None:
        while not stop.wait(seconds):
            show()

    thread = threading.Thread(target=keep_showing, daemon=True, name="progress")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def progress_bar(
    size_bytes: int, quiet: bool, meter: "Meter | None" = None
) -> Iterator[Callable[[int], object]]:
    """A bar of input bytes, if standard error is a terminal; it is given the bytes just done.

    `meter`: tells of them instead.
    """
    from link.run.progress import Meter

    meter = meter or Meter()
    meter.bytes_total = size_bytes
    if quiet or not sys.stderr.isatty():
        yield meter.read
        return
    with _bar(lambda: meter.so_far, beside=lambda _: ""):
        yield meter.read


@contextmanager
def _bar(look: Look, beside: "Callable[[SoFar], str]") -> Iterator[None]:
    """`beside`: what is shown beside the bar."""
    from tqdm import tqdm

    total = look().bytes_total or None
    with tqdm(total=total, unit="B", unit_scale=True, dynamic_ncols=True, leave=False) as bar:

        def show() -> None:
            so_far = look()
            bar.initial, bar.n = so_far.bytes_before, so_far.bytes_done
            bar.set_postfix_str(beside(so_far), refresh=False)
            bar.refresh()

        with every(BAR_EVERY_SECONDS, show):
            yield


# --- the lines of a log ---------------------------------------------------------------------------


def plain_line(
    stamp: datetime, so_far: "SoFar", speed_mb_s: float | None, eta_seconds: float | None
) -> str:
    """A line for people."""
    done = f"{so_far.bytes_done / 1e6:,.1f}"
    parts = [
        f"{done} MB"
        if so_far.share is None
        else f"{so_far.share:.1%}, {done} of {so_far.bytes_total / 1e6:,.1f} MB"
    ]
    if speed_mb_s is not None:
        parts.append(f"{speed_mb_s:.1f} MB/s")
    if eta_seconds is not None:
        parts.append(f"ETA {timedelta(seconds=round(eta_seconds))}")
    parts += _counts(so_far, digits=4)
    return f"{_iso(stamp)} link: {', '.join(parts)}, {so_far.shards_failed:,} failed"


def json_line(
    stamp: datetime, so_far: "SoFar", speed_mb_s: float | None, eta_seconds: float | None
) -> str:
    """A line for programs: one JSON object."""
    values: dict[str, Any] = {
        "time": _iso(stamp),
        "event": "progress",
        "bytes_done": so_far.bytes_done,
        "bytes_total": so_far.bytes_total or None,
        "share": _rounded(so_far.share, 4),
        "mb_per_s": _rounded(speed_mb_s, 3),
        "eta_seconds": _rounded(eta_seconds, 1),
        "documents": so_far.documents,
        "words": so_far.words,
        "swapped": so_far.swapped,
        "ratio": _rounded(so_far.ratio, 6),
        "shards_done": so_far.shards_done,
        "shards_failed": so_far.shards_failed,
        "shards_total": so_far.shards,
    }
    return json.dumps(values)


LINES = {"plain": plain_line, "json": json_line}


def beside_the_bar(so_far: "SoFar") -> str:
    """What a bar of bytes does not tell, in few words."""
    failed = [f"{so_far.shards_failed:,} failed"] if so_far.shards_failed else []
    return ", ".join(_counts(so_far, digits=3) + failed)


def _counts(so_far: "SoFar", digits: int) -> list[str]:
    ratio = [] if so_far.ratio is None else [f"ratio {so_far.ratio:.{digits}f}"]
    shards = f"{so_far.shards_done:,}/{so_far.shards:,} shards"
    return [f"{so_far.documents:,} documents", *ratio, shards]


def _iso(stamp: datetime) -> str:
    return stamp.isoformat(timespec="seconds").replace("+00:00", "Z")


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
