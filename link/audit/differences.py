"""Differences between what an output folder holds and what it should hold; the first are kept."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Differences:
    """All are counted, and the first `most` are kept, in words."""

    most: int = 10
    count: int = 0
    shown: list[str] = field(default_factory=list)

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
