"""What is seen of a run while it is at work: a bar on a terminal, lines elsewhere."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
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
    """One line each time it is asked for one. The clocks are the system's, but for tests."""

    def __init__(
        self,
        look: Look,
        log_format: str,
        *,
        seconds: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        write: Callable[[str], object] = lambda line: click.echo(line, err=True),
    ) -> None:
        self._look, self._format = look, log_format
        self._seconds, self._now, self._write = seconds, now, write
        self._begin = self._last = seconds()
        self._before: SoFar | None = None
        self.shown = 0

    def show(self) -> None:
        """Write a line."""
        from link.run.progress import SoFar

        so_far, seconds = self._look(), self._seconds()
        before = self._before or SoFar()
        pace = Pace.of(so_far, seconds - self._begin, before, self._last - self._begin)
        self._write(LINES[self._format](self._now(), so_far, pace))
        self._before, self._last = so_far, seconds
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


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes: lately, and until the end. None where that cannot be told."""

    mb_s: float | None
    eta_seconds: float | None

    @classmethod
    def of(cls, now: "SoFar", seconds: float, before: "SoFar", seconds_before: float) -> "Pace":
        """From what was done `seconds` after the begin, and at an earlier look.

        The speed is that since the earlier look, the rest is reckoned from the whole time.
        """
        lately = seconds - seconds_before
        new = _worked_on(now) - _worked_on(before)
        mb_s = new / lately / 1e6 if lately > 0 else None
        done, rest = _worked_on(now), now.bytes_total - now.bytes_done
        eta = seconds * rest / done if done > 0 and now.bytes_total else None
        return cls(mb_s, None if eta is None else max(0.0, eta))


def _worked_on(so_far: "SoFar") -> int:
    return so_far.bytes_done - so_far.bytes_before


def plain_line(stamp: datetime, so_far: "SoFar", pace: Pace) -> str:
    """A line for people."""
    parts = []
    done = f"{so_far.bytes_done / 1e6:,.1f}"
    if so_far.share is None:
        parts.append(f"{done} MB")
    else:
        parts.append(f"{so_far.share:.1%}, {done} of {so_far.bytes_total / 1e6:,.1f} MB")
    if pace.mb_s is not None:
        parts.append(f"{pace.mb_s:.1f} MB/s")
    if pace.eta_seconds is not None:
        parts.append(f"ETA {clock(pace.eta_seconds)}")
    parts.append(f"{so_far.documents:,} documents")
    if so_far.ratio is not None:
        parts.append(f"ratio {so_far.ratio:.4f}")
    parts.append(f"{so_far.shards_done:,}/{so_far.shards:,} shards")
    parts.append(f"{so_far.shards_failed:,} failed")
    return f"{_iso(stamp)} link: {', '.join(parts)}"


def json_line(stamp: datetime, so_far: "SoFar", pace: Pace) -> str:
    """A line for programs: one JSON object."""
    values: dict[str, Any] = {
        "time": _iso(stamp),
        "event": "progress",
        "bytes_done": so_far.bytes_done,
        "bytes_total": so_far.bytes_total or None,
        "share": _rounded(so_far.share, 4),
        "mb_per_s": _rounded(pace.mb_s, 3),
        "eta_seconds": _rounded(pace.eta_seconds, 1),
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
    parts = [f"{so_far.documents:,} documents"]
    if so_far.ratio is not None:
        parts.append(f"ratio {so_far.ratio:.3f}")
    parts.append(f"{so_far.shards_done:,}/{so_far.shards:,} shards")
    if so_far.shards_failed:
        parts.append(f"{so_far.shards_failed:,} failed")
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """
    >>> clock(62), clock(3 * 3600 + 5), clock(50 * 3600)
    ('1:02', '3:00:05', '50:00:00')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _iso(stamp: datetime) -> str:
    return stamp.isoformat(timespec="seconds").replace("+00:00", "Z")


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
