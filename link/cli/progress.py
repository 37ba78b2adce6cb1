"""What is seen of a run while it is at work: a bar on a terminal, lines elsewhere."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from link.report.progress import SoFar
    from link.run.meter import Meter

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
        from link.report.progress import beside_the_bar

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
        from link.report.progress import LINES, Pace, SoFar

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
    from link.run.meter import Meter

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
