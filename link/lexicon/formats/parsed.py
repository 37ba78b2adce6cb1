"""What every format's reader gives: rows, and an account of what in the file is no row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SHOWN_EXAMPLES = 3
SHOWN_CHARACTERS = 80


class Row(NamedTuple):
    """A pair as it stands in a file. `weight` is the text of a number, or "" if there is none.

    `language`: of the target, in files that hold several. `only`: `LR` or `RL` where the pair holds
    in one direction only.
    """

    line: int  # from 1
    source: str
    target: str
    weight: str = ""
    pos: str = ""
    language: str = ""
    only: str = ""


@dataclass(slots=True)
class Parsed:
    """A file's rows, its comments, what it says of itself, and the lines that are no pair.

    `about`: name, language, licence, source, where the file states them outside of comments.
    `dropped`: reason -> the lines it holds for; `examples`: some of what stands there. Reasons
    begin with `dropped` for what should be a pair, and is none; with `skipped` for what need not be
    one; with `passed over` for what is more than a pair. `notes`: what was decided for the file.
    `unit`: what is counted, where it is no lines.
    """

    rows: list[Row] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, list[int]] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unit: str = "line"

    def drop(self, reason: str, line: int) -> None:
        """Account for a line that gives no row, or for a part of it."""
        self.dropped.setdefault(reason, []).append(line)

    def show(self, reason: str, source: str, target: str) -> None:
        """Keep an example for a reason, if there are few."""
        add_example(self.examples, reason, source, target)


def add_example(examples: dict[str, list[str]], reason: str, source: str, target: str) -> None:
    """Keep a pair as an example for a reason, if there are few."""
    some = examples.setdefault(reason, [])
    if len(some) < SHOWN_EXAMPLES:
        most = SHOWN_CHARACTERS
        short = [text if len(text) <= most else f"{text[: most - 1]}…" for text in (source, target)]
        some.append(" → ".join(short))


def joined(parts: Sequence[Parsed]) -> Parsed:
    """The rows of several files of one dataset as those of one; their numbers go on from file to
    file.
    """
    if len(parts) == 1:
        return parts[0]
    whole = Parsed(unit="row")
    before = 0
    for part in parts:
        own = part.about.get("language", "")
        lines = [row.line for row in part.rows]
        whole.rows += [
            row._replace(line=before + row.line, language=row.language or own) for row in part.rows
        ]
        whole.comments += part.comments
        whole.notes += [note for note in part.notes if note not in whole.notes]
        whole.about = {**part.about, **whole.about}
        for reason, examples in part.examples.items():
            whole.examples.setdefault(reason, examples)
        for reason, numbers in part.dropped.items():
            whole.dropped.setdefault(reason, []).extend(before + n for n in numbers)
            lines += numbers
        before += max(lines, default=0)
    if len({part.about.get("language") for part in parts}) > 1:
        whole.about.pop("language", None)
    return whole


@dataclass(frozen=True, slots=True)
class Format:
    """A format of lexicon files.

    `recognise`: whether a file's beginning is of this format. `read`: the texts of its files (most
    formats have one) and their paths, for messages. Errors are `LexiconError`.
    """

    name: str
    title: str
    recognise: Callable[[str], bool]
    read: Callable[[Sequence[str], Sequence[str]], Parsed]
    files: int = 1


BLANK = "skipped, blank"
INCOMPLETE = "dropped, a column is missing"
FURTHER_COLUMNS = "passed over, further columns (a header line such as `en de de` makes them count)"
EMPTY = "skipped, no translation is given"
REDIRECT = "skipped, redirect to another entry"
PLACEHOLDER = "skipped, placeholder instead of a word"
OTHER_DIRECTION = "skipped, holds only towards English"
