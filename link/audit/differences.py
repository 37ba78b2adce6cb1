"""Differences between what an output folder holds and what it should hold; and shards that fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from link.errors import LinkError, ShardError, shortage, unforeseen


@dataclass(slots=True)
class Differences:
    """All are counted, and the first `most` are kept, in words.

    `given_up`: files that were not compared to their ends, because they differ too much.
    """

    most: int = 10
    count: int = 0
    shown: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.count > 0

    @property
    def is_full(self) -> bool:
        """Whether another one would not be shown, so that it need not be explained."""
        return self.count >= self.most

    def add(self, where: str, what: str) -> None:
        """`where`: the file, and the place in it."""
        if not self.is_full:
            self.shown.append(f"{where}: {what}")
        self.count += 1

    def merge(self, other: "Differences") -> None:
        """Add all of others."""
        self.shown += other.shown[: max(0, self.most - len(self.shown))]
        self.count += other.count
        self.given_up += other.given_up


@contextmanager
def telling(path: str, tell: Callable[[str], object]) -> Iterator[None]:
    """Tell whatever goes wrong with a shard: one bad shard never stops the rest."""
    try:
        yield
    except ShardError as error:
        tell(str(error))
    except (OSError, MemoryError, pa.ArrowException) as error:
        tell(f"{path}: {shortage(error) or error}")
    except LinkError:
        raise
    except Exception as error:
        tell(f"{path}: {unforeseen(error)}")
