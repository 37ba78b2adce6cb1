"""What a run has done so far, and how that is said in one line of a log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SoFar:
    """Bytes are those of the inputs as stored; `bytes_total` is 0 if it is not known.

    `bytes_before`: those of the done ones that an earlier start of the run has done. `documents`,
    `words` (of touched documents) and `swapped` leave out shards that failed.
    """

    bytes_total: int = 0
    bytes_done: int = 0
    bytes_before: int = 0
    documents: int = 0
    words: int = 0
    swapped: int = 0
    shards: int = 0
    shards_done: int = 0
    shards_failed: int = 0

    @property
    def ratio(self) -> float | None:
        """Swapped words by the words of the touched documents; None if there are none."""
        return self.swapped / self.words if self.words else None

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1; None if the total is not known."""
        return min(1.0, self.bytes_done / self.bytes_total) if self.bytes_total else None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes: lately, and until the end. None where that cannot be told."""

    mb_s: float | None
    eta_seconds: float | None

    @classmethod
    def of(cls, now: SoFar, seconds: float, before: SoFar, seconds_before: float) -> "Pace":
        """From what was done `seconds` after the begin, and at an earlier look.

        The speed is that since the earlier look, the rest is reckoned from the whole time.
        """
        lately = seconds - seconds_before
        new = _worked_on(now) - _worked_on(before)
        mb_s = new / lately / 1e6 if lately > 0 else None
        done, rest = _worked_on(now), now.bytes_total - now.bytes_done
        eta = seconds * rest / done if done > 0 and now.bytes_total else None
        return cls(mb_s, None if eta is None else max(0.0, eta))


def _worked_on(so_far: SoFar) -> int:
    return so_far.bytes_done - so_far.bytes_before


def plain_line(stamp: datetime, so_far: SoFar, pace: Pace) -> str:
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


def json_line(stamp: datetime, so_far: SoFar, pace: Pace) -> str:
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


def beside_the_bar(so_far: SoFar) -> str:
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
