"""The canonical lexicon file: UTF-8 text, tab-separated.

    # name: en-de
    # language: de
    # licence: CC0-1.0
    dog <tab> Hund <tab> 1 <tab> noun
    dog <tab> Köter <tab> 0.2 <tab> noun

Columns: source, target, and optionally weight (a positive number, 1 if absent) and part of speech.
Lines that begin with `#` are comments, `# key: value` among them is metadata.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from link.errors import LexiconError

BOM = b"\xef\xbb\xbf"


class Row(NamedTuple):
    """One line that holds a pair. `weight` is None where there is none or none that is a number."""

    line: int  # from 1
    source: str
    target: str
    weight: str
    pos: str


@dataclass(slots=True)
class Parsed:
    """A file's rows and comments, and the lines that are neither."""

    rows: list[Row] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    blank_lines: list[int] = field(default_factory=list)
    incomplete_lines: list[int] = field(default_factory=list)


def parse(data: bytes, path: str) -> Parsed:
    """Read a canonical file; `path` is for messages.

    Raises `LexiconError` where the bytes are no UTF-8, or no line has a tab.
    """
    try:
        text = data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        byte = error.start + len(data) - len(data.removeprefix(BOM))
        line_number = data.count(b"\n", 0, byte) + 1
        raise LexiconError(
            f"{path}: line {line_number}, byte {byte}: not UTF-8 ({error.reason}); "
            f"convert it first, for example with `iconv -f latin1 -t utf-8`"
        ) from None
    parsed = Parsed()
    for number, ended in enumerate(text.split("\n"), start=1):
        line = ended.removesuffix("\r")
        columns = [_trim(column) for column in line.split("\t")]
        if columns[0].startswith("#"):
            parsed.comments.append(_trim(line))
            continue
        if not any(columns):
            parsed.blank_lines.append(number)
        elif len(columns) < 2 or not (columns[0] and columns[1]):
            parsed.incomplete_lines.append(number)
        else:
            source, target, weight, pos, *_ = (*columns, "", "")
            parsed.rows.append(Row(number, source, target, weight, pos))
    if text.endswith("\n"):
        parsed.blank_lines.pop()  # what follows the last line break is no line
    if not parsed.rows:
        raise LexiconError(
            f"{path}: no line holds a pair; expected lines of `source<tab>target`, "
            f"optionally followed by `<tab>weight<tab>part of speech`"
        )
    return parsed


def _trim(text: str) -> str:
    """Without spaces and byte order marks at either end; joining files leaves such marks inside."""
    trimmed = text.strip().strip("\ufeff")
    return text if trimmed == text else _trim(trimmed)


def metadata(comments: Iterable[str]) -> dict[str, str]:
    """The `# key: value` comments, keys in lower case."""
    found: dict[str, str] = {}
    for comment in comments:
        key, colon, value = comment.lstrip("#").partition(":")
        if colon and key.strip() and value.strip():
            found.setdefault(key.strip().lower(), value.strip())
    return found


def render(comments: Iterable[str], rows: Iterable[tuple[str, str, float, str]]) -> Iterator[str]:
    """The lines of a canonical file, each with its line break; (source, target, weight, pos)."""
    rows = list(rows)
    weighted = any(weight != 1 or pos for _, _, weight, pos in rows)
    tagged = any(pos for *_, pos in rows)
    for comment in comments:
        yield f"{comment}\n"
    for source, target, weight, pos in rows:
        columns = [source, target]
        if weighted:
            columns.append(f"{weight:g}" if float(f"{weight:g}") == weight else repr(weight))
        if tagged:
            columns.append(pos)
        yield "\t".join(columns) + "\n"
