"""Lines of a log, and when they come: with clocks of our own."""

import json
import threading
from datetime import datetime, timedelta, timezone

import pytest

from link.cli.progress import LogLines, beside_the_bar, every, watched
from link.run.progress import SoFar

BEGIN = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
STEPS = [  # seconds, and what is done then
    (0.0, SoFar(bytes_total=100_000_000, shards=4)),
    (
        10.0,
        SoFar(
            bytes_total=100_000_000,
            bytes_done=20_000_000,
            documents=1234,
            words=1000,
            swapped=299,
            shards=4,
            shards_done=1,
        ),
    ),
    (
        30.0,
        SoFar(
            bytes_total=100_000_000,
            bytes_done=30_000_000,
            documents=2000,
            words=2000,
            swapped=600,
            shards=4,
            shards_done=1,
            shards_failed=1,
        ),
    ),
]


def lines(log_format: str, steps: list[tuple[float, SoFar]] = STEPS) -> list[str]:
    """The line of each step but the first, which is the begin."""
    at = [0]
    written: list[str] = []
    log = LogLines(
        lambda: steps[at[0]][1],
        log_format,
        seconds=lambda: steps[at[0]][0],
        now=lambda: BEGIN + timedelta(seconds=steps[at[0]][0]),
        write=written.append,
    )
    for at[0] in range(1, len(steps)):
        log.show()
    return written


def test_a_plain_line_says_how_far_and_how_fast() -> None:
    assert lines("plain") == [
        "2030-01-02T03:04:15Z link: 20.0%, 20.0 of 100.0 MB, 2.0 MB/s, ETA 0:00:40, "
        "1,234 documents, ratio 0.2990, 1/4 shards, 0 failed",
        "2030-01-02T03:04:35Z link: 30.0%, 30.0 of 100.0 MB, 0.5 MB/s, ETA 0:01:10, "
        "2,000 documents, ratio 0.3000, 1/4 shards, 1 failed",
    ]


def test_a_line_of_json_says_the_same() -> None:
    [_, last] = map(json.loads, lines("json"))
    assert last == {
        "time": "2030-01-02T03:04:35Z",
        "event": "progress",
        "bytes_done": 30_000_000,
        "bytes_total": 100_000_000,
        "share": 0.3,
        "mb_per_s": 0.5,
        "eta_seconds": 70.0,
        "documents": 2000,
        "words": 2000,
        "swapped": 600,
        "ratio": 0.3,
        "shards_done": 1,
        "shards_failed": 1,
        "shards_total": 4,
    }


def test_what_was_done_before_makes_no_run_faster() -> None:
    resumed = SoFar(bytes_total=100_000_000, bytes_before=60_000_000, bytes_done=80_000_000)
    [line] = lines("plain", [(0.0, SoFar()), (10.0, resumed)])
    assert "80.0%, 80.0 of 100.0 MB, 2.0 MB/s, ETA 0:00:10" in line


@pytest.mark.parametrize("log_format", ["plain", "json"])
def test_of_a_pipe_there_is_no_total_and_no_end(log_format: str) -> None:
    [line] = lines(log_format, [(0.0, SoFar()), (2.0, SoFar(bytes_done=4_000_000, shards=1))])
    if log_format == "json":
        values = json.loads(line)
        assert values["bytes_total"] is values["share"] is values["eta_seconds"] is None
        assert values["mb_per_s"] == 2.0
    else:
        assert "link: 4.0 MB, 2.0 MB/s, 0 documents, 0/1 shards" in line


def test_beside_the_bar_stands_what_it_does_not_tell() -> None:
    assert beside_the_bar(STEPS[2][1]) == "2,000 documents, ratio 0.300, 1/4 shards, 1 failed"


class Ticks(threading.Event):
    """An event for which nobody waits: `count` times the time is up, then there is a stop."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._left = count
        self.waited: list[float | None] = []
        self.over = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        self._left -= 1
        if self._left < 0:
            self.over.set()
        return self._left < 0


def test_lines_come_while_the_run_itself_says_nothing() -> None:
    shown: list[int] = []
    ticks = Ticks(3)
    with every(7.0, lambda: shown.append(1), ticks):
        assert ticks.over.wait(30)  # one long shard
        assert len(shown) == 3
    assert ticks.waited == [7.0] * 4


@pytest.mark.parametrize(
    ("quiet", "log_every", "count"),
    [(False, 3600.0, 1), (False, 0.0, 0), (False, None, 0), (True, 3600.0, 0)],
    ids=["asked for", "never", "a short run", "quiet"],
)
def test_a_run_ends_with_a_line_if_lines_were_asked_for(
    capsys: pytest.CaptureFixture[str], quiet: bool, log_every: float | None, count: int
) -> None:
    with watched(lambda: STEPS[2][1], quiet=quiet, log_every=log_every, log_format="plain"):
        pass
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("2,000 documents") == err.count("\n") == count
