"""What every format's reader gives: rows, and an account of what in the file is no row."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from link.errors import LexiconError

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
    `unit`: what is counted, where it is no lines. `languages`: where rows have identifiers of
    languages instead of codes, the tag of each ("" if it has none) and the names that it goes by.
    """

    rows: list[Row] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, list[int]] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unit: str = "line"
    languages: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def take(self, line: int, rows: Iterable[Row], reason: str) -> None:
        """Add the rows of a line, or account for it if there are none."""
        before = len(self.rows)
        self.rows += rows
        if len(self.rows) == before:
            self.drop(reason, line)

    def lines_of(self, text: str) -> Iterator[tuple[int, str]]:
        """Number, from 1, and text of each line that is not blank; blank ones are accounted for."""
        for number, line in enumerate(lines_of(text), start=1):
            if line and not line.isspace():
                yield number, line
            else:
                self.drop(BLANK, number)

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

    `recognise`: whether a file's beginning is of this format. `read`: takes the text of a file and
    its path, for messages; of formats in two files, both texts and both paths. Errors are
    `LexiconError`. `expects`: what the error says if there is no row. `files`: how many there are,
    0 where `read` says so itself.
    """

    name: str
    title: str
    recognise: Callable[[str], bool]
    read: Callable[..., Parsed]
    expects: str
    files: int = 1

    def rows_of(self, texts: Sequence[str], paths: Sequence[str]) -> Parsed:
        """The rows of the files that make a lexicon. Raises `LexiconError` if there are none."""
        if self.files == 1 and len(texts) > 1:
            raise LexiconError(f"{paths[1]}: a lexicon of {self.title} is one file")
        if self.files == 2 and len(texts) == 1:
            raise LexiconError(
                f"{paths[0]}: {self.title} comes in two files; name both, the English one first"
            )
        parsed = self.read(*texts, *paths)
        if not parsed.rows:
            raise LexiconError(f"{' and '.join(paths)}: {self.expects}")
        return parsed


def lines_of(text: str) -> list[str]:
    """The lines, without their endings; what follows the last line break is no line."""
    lines = text.split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def trimmed(text: str) -> str:
    """Without spaces and byte order marks at either end; joining files leaves such marks inside."""
    shorter = text.strip().strip("\ufeff")
    return text if shorter == text else trimmed(shorter)


BLANK = "skipped, blank"
INCOMPLETE = "dropped, a column is missing"
FURTHER_COLUMNS = "ignored, further columns (a header line such as `en de de` makes them count)"
EMPTY = "skipped, no translation is given"
REDIRECT = "skipped, redirect to another entry"
PLACEHOLDER = "skipped, placeholder instead of a word"
OTHER_DIRECTION = "skipped, holds only towards English"
