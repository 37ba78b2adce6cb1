"""What can go wrong, as a small tree of exceptions.

Every message says what is wrong, where (file, line, byte) and what to do about it. The command
line prints the message alone; a traceback means a defect of ours.
"""

import errno
import os
import resource

DEBUG = "LINK_DEBUG"
"""The environment variable that asks for tracebacks of what should not have happened."""

_LOWER = "raise that, or lower --jobs"


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


class CheckpointError(ShardError):
    """What a checkpoint says of a shard does not hold; the shard has to start again."""


class OutputClosedError(LinkError):
    """Whoever read standard output has had enough."""


class RecordError(ShardError):
    """A record of a shard is not what it should be.

    `number` is that of its line or row and counts from 1; `byte` is the offset of the trouble in
    the decompressed shard, None for a row.
    """

    def __init__(self, reason: str, *, shard: str, number: int, byte: int | None) -> None:
        super().__init__(
            f"{shard}: {place_of(number, byte)}: {reason}; correct it, "
            f"or drop such records with --on-error skip or quarantine"
        )
        self.reason = reason
        self.shard = shard
        self.number = number
        self.byte = byte

    @property
    def place(self) -> str:
        """Where the record stands in its shard."""
        return place_of(self.number, self.byte)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross from worker processes to the one that reports them."""
        return _record_error, (self.reason, self.shard, self.number, self.byte)


def shortage(error: BaseException) -> str | None:
    """What a process had too little of, by which limit, and what to do; None of any other error.

    >>> shortage(OSError(errno.ENFILE, "Too many open files in system"))
    'too many files are open on this machine; close some, or lower --jobs'
    """
    number = error.errno if isinstance(error, OSError) else None
    text = str(error)
    if number == errno.EMFILE:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return f"too many open files, of which a process may have {most:,} (ulimit -n); {_LOWER}"
    if number == errno.ENFILE:
        return "too many files are open on this machine; close some, or lower --jobs"
    if number == errno.EFBIG:
        return "a file may not become that large; raise the limit (ulimit -f), or write elsewhere"
    if "can't start new thread" in text:
        return f"no more threads can be started (ulimit -u, or -v for their memory); {_LOWER}"
    unmapped = isinstance(error, ImportError) and "failed to map segment" in text
    if not (isinstance(error, MemoryError) or number == errno.ENOMEM or unmapped):
        return None
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    limit = f", of which a process may have {most / 1e6:,.0f} MB (ulimit -v); raise the limit"
    return (
        f"not enough memory{'' if most == resource.RLIM_INFINITY else limit}; lower --jobs, or "
        f"split the longest documents and row groups"
    )


def reason_of(error: Exception) -> str:
    """What an error of the system says, without its number and file."""
    strerror = error.strerror if isinstance(error, OSError) else None
    return shortage(error) or strerror or str(error)


def unforeseen(error: Exception) -> str:
    """What is said of an exception that no part of LINK has foreseen: what was short, or a defect.

    >>> unforeseen(ZeroDivisionError("division by zero"))[:61]
    'ZeroDivisionError: division by zero; this is a defect of LINK'
    """
    if told := shortage(error):
        return told
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
