"""What can go wrong, as a small tree of exceptions.

Every message says what is wrong, where (file, line, byte) and what to do about it. The command
line prints the message alone; a traceback means a defect of ours.
"""

import os

DEBUG = "LINK_DEBUG"
"""The environment variable that asks for tracebacks of what should not have happened."""


class LinkError(Exception):
    """The root of every error that LINK raises on purpose."""


class UsageError(LinkError):
    """The request itself cannot be carried out: options, configuration, paths."""


class PolicyError(UsageError):
    """A policy's value is out of its range."""


class LexiconError(UsageError):
    """A lexicon cannot be found or read."""


class ShardError(LinkError):
    """A shard cannot be read or written to its end; other shards are not concerned."""


class OutputClosedError(LinkError):
    """Whoever read standard output has had enough."""


class RecordError(ShardError):
    """A record of a shard is not what it should be.

    `number` is that of its line or row and counts from 1; `byte` is the offset of the trouble in
    the decompressed shard, None for a row.
    """

    def __init__(self, reason: str, *, shard: str, number: int, byte: int | None) -> None:
        super().__init__(
            f"{shard}: {place_of(number, byte)}: {reason}; mend it, "
            f"or leave out such records with --on-error skip or quarantine"
        )
        self.reason = reason
        self.shard = shard
        self.number = number
        self.byte = byte

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross from worker processes to the one that reports them."""
        return _record_error, (self.reason, self.shard, self.number, self.byte)


def defect(error: Exception) -> str:
    """What is said of an exception that should not have happened."""
    if os.environ.get(DEBUG):
        import traceback

        traceback.print_exception(error)
    return (
        f"{type(error).__name__}: {error}; this is a defect of LINK, "
        f"please report it with the traceback that {DEBUG}=1 prints"
    )


def place_of(number: int, byte: int | None) -> str:
    """Where a record stands.

    >>> place_of(3, 120), place_of(17, None)
    ('line 3, byte 120', 'row 17')
    """
    return f"row {number}" if byte is None else f"line {number}, byte {byte}"


def _record_error(reason: str, shard: str, number: int, byte: int | None) -> RecordError:
    return RecordError(reason, shard=shard, number=number, byte=byte)
