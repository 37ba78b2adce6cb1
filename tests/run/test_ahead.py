"""Reading ahead: the same pieces and errors at the same places, and never much in memory."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from link.errors import ShardError
from link.run.ahead import read_ahead
from link.shards.batch import Piece


class Reader:
    """Pieces of given sizes; `read`: how many have been read, `closed`: nobody will read more."""

    def __init__(self, sizes: list[int], error: Exception | None = None) -> None:
        self.sizes = sizes
        self.error = error
        self.read = 0
        self.closed = False

    def pieces(self) -> Iterator[Piece]:
        try:
            for number, size in enumerate(self.sizes):
                self.read += 1
                yield Piece(bytes([number % 256]) * size, first=not number)
            if self.error:
                raise self.error
        finally:
            self.closed = True


def settled(reader: Reader) -> int:
    """How many pieces are read once the reader waits."""
    before = -1
    while before != reader.read:
        before = reader.read
        time.sleep(0.05)
    return before


@pytest.mark.parametrize("path", ["a.jsonl", "-"])
def test_all_pieces_come_in_order(path: str) -> None:
    sizes = [7, 0, 30, 1, 500] * 20
    with closing(read_ahead(path, Reader(sizes).pieces(), 40)) as pieces:
        assert [(len(each.content), each.first) for each in pieces] == [
            (size, not number) for number, size in enumerate(sizes)
        ]


@pytest.mark.parametrize("path", ["a.jsonl", "-"])
def test_an_error_comes_behind_the_pieces_before_it(path: str) -> None:
    reader = Reader([1, 2, 3], ShardError("damaged"))
    with closing(read_ahead(path, reader.pieces())) as pieces:
        assert [len(next(pieces).content) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(ShardError, match="damaged"):
            next(pieces)


def test_what_waits_and_is_at_work_is_bounded() -> None:
    reader = Reader([10] * 50)
    with closing(read_ahead("a.jsonl", reader.pieces(), 35)) as pieces:
        for taken in range(1, 20):
            next(pieces)
            assert settled(reader) == taken + 3


def test_a_giant_is_read_alone() -> None:
    reader = Reader([10, 1000, 1000, 10])
    with closing(read_ahead("a.jsonl", reader.pieces(), 35)) as pieces:
        next(pieces)
        assert settled(reader) == 2
        next(pieces)
        assert settled(reader) == 2, "the second giant is not read while the first is at work"
        next(pieces)
        assert settled(reader) == 3


def test_who_stops_early_leaves_no_thread_behind() -> None:
    threads = threading.active_count()
    reader = Reader([10] * 50)
    with closing(read_ahead("a.jsonl", reader.pieces(), 15)) as pieces:
        next(pieces)
    assert reader.closed
    assert threading.active_count() == threads
    assert reader.read < 5


def test_standard_input_is_read_when_it_is_asked_for() -> None:
    reader = Reader([1] * 5)
    with closing(read_ahead("-", reader.pieces())) as pieces:
        next(pieces)
        assert settled(reader) == 1


def test_a_small_file_is_not_read_ahead() -> None:
    reader = Reader([1, 1])
    before = threading.active_count()
    with closing(read_ahead("a.jsonl", reader.pieces(), size_bytes=2)) as pieces:
        next(pieces)
        assert (reader.read, threading.active_count()) == (1, before)
