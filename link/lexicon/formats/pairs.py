"""Plain pairs, a pair a line: by tabs, or by spaces where no line of the file has a tab (MUSE).

    the<tab>der            the die
    as usual<tab>wie immer

Which of the two is a matter of the file: if most lines have tabs, those without one lack a column.
In a line with a tab, spaces belong to the words.
Columns behind the second are ignored unless they are a weight and a part of speech.
"""

import re
from collections.abc import Sequence
from itertools import chain

from link.errors import LexiconError
from link.lexicon.formats.parsed import BLANK, INCOMPLETE, Format, Parsed, Row

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMENT = re.compile(r"#(?:\s|$)")


def read(texts: Sequence[str], paths: Sequence[str]) -> Parsed:
    [text], [path] = texts, paths
    lines = lines_of(text)
    pairs = [line for line in lines if line.strip() and not _is_comment(line)]
    by_tabs = sum(["\t" in line for line in pairs]) * 2 > len(pairs)
    parsed = Parsed()
    all_columns = _all_trimmed(
        [line.split("\t") if by_tabs or "\t" in line else line.split() for line in lines]
    )
    for number, (line, columns) in enumerate(zip(lines, all_columns, strict=True), start=1):
        if _is_comment(line):
            parsed.comments.append(trimmed(line))
        elif len(columns) == 2 and columns[0] and columns[1]:  # most lines
            parsed.rows.append(Row(number, columns[0], columns[1]))
        elif not any(columns):
            parsed.drop(BLANK, number)
        elif len(columns) < 2 or not (columns[0] and columns[1]):
            parsed.drop(INCOMPLETE, number)
        elif by_tabs or "\t" in line:
            weight, pos = _weight_and_pos(columns[2:])
            parsed.rows.append(Row(number, columns[0], columns[1], weight, pos))
        else:
            parsed.rows.append(Row(number, columns[0], " ".join(columns[1:])))
    if not parsed.rows:
        raise LexiconError(
            f"{path}: no line holds a pair; expected lines of `source<tab>target` or "
            f"`source target`; name another format with --from"
        )
    return parsed


def _is_comment(line: str) -> bool:
    return line.startswith("#") and _COMMENT.match(line) is not None


def lines_of(text: str) -> list[str]:
    """The lines, without their endings; what follows the last line break is no line."""
    lines = text.split("\n")
    if "\r" in text:
        lines = [line.removesuffix("\r") for line in lines]
    return lines[:-1] if lines and not lines[-1] else lines


def columns_of(text: str) -> list[list[str]]:
    """The columns of each line, trimmed."""
    return _all_trimmed([line.split("\t") for line in lines_of(text)])


def _all_trimmed(lines: list[list[str]]) -> list[list[str]]:
    """The columns of each line, trimmed; in most files none needs it."""
    columns = [*chain.from_iterable(lines)]
    if [*map(str.strip, columns)] == columns and "\ufeff" not in "".join(columns):
        return lines
    return [[trimmed(column) for column in columns] for columns in lines]


def trimmed(text: str) -> str:
    """Without spaces and byte order marks at either end; joining files leaves such marks inside."""
    shorter = text.strip().strip("\ufeff")
    return text if shorter == text else trimmed(shorter)


def _weight_and_pos(columns: list[str]) -> tuple[str, str]:
    if columns and _NUMBER.fullmatch(columns[0]):
        return columns[0], columns[1] if len(columns) > 1 else ""
    return "", ""


FORMAT = Format("pairs", "pairs by tab or space (MUSE, GATITOS, WECHSEL)", lambda head: True, read)
