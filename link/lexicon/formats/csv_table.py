"""CSV with a header that names the columns.

en,de,pos            source;target
dog,Hund,noun        dog;Hund
"""

import csv
import io
import re
from collections.abc import Sequence

from link.errors import LexiconError
from link.lexicon.formats.pairs import lines_of, trimmed
from link.lexicon.formats.parsed import BLANK, INCOMPLETE, Format, Parsed, Row

SOURCE = ("source", "src", "en", "eng", "english", "word", "headword", "term")
TARGET = ("target", "tgt", "trg", "translation", "translations", "foreign")
WEIGHT = ("weight", "score", "probability", "prob", "count", "frequency")
POS = ("pos", "part of speech", "part_of_speech", "category")


def _columns(header: list[str]) -> tuple[int, int, int | None, int | None] | None:
    """Which columns are source, target, weight and part of speech; None if it is no header."""
    names = [trimmed(name).lower() for name in header]

    def find(known: Sequence[str]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    source, target, weight, pos = find(SOURCE), find(TARGET), find(WEIGHT), find(POS)
    if source is None or len(names) < 2:
        return None
    if target is None:  # `en,de`: the one other column that means nothing else
        others = [i for i in range(len(names)) if i not in (source, weight, pos)]
        if len(others) != 1 or not 2 <= len(names[others[0]]) <= 12:
            return None
        target = others[0]
    return source, target, weight, pos


def _delimiter(line: str) -> str | None:
    return max((",", ";", "|"), key=line.count) if any(d in line for d in ",;|") else None


def recognise(head: str) -> bool:
    lines = lines_of(head)
    delimiter = _delimiter(lines[0]) if lines else None
    if not delimiter or "\t" in lines[0] or len(lines) < 2:
        return False
    try:
        return _columns(next(csv.reader([lines[0]], delimiter=delimiter))) is not None
    except csv.Error:
        return False


def read(texts: Sequence[str], paths: Sequence[str]) -> Parsed:
    [text], [path] = texts, paths
    first = text.split("\n", 1)[0]
    delimiter = _delimiter(first) or ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    parsed = Parsed()
    try:
        columns = _columns(next(reader, []))
        if columns is None:
            raise LexiconError(
                f"{path}: line 1 is no header that names a source and a target column; "
                f"known are {', '.join(SOURCE)} and {', '.join(TARGET)}"
            )
        name = trimmed(next(csv.reader([first], delimiter=delimiter))[columns[1]]).lower()
        if re.fullmatch("[a-z]{2,3}", name) and name not in TARGET:
            parsed.about["language"] = name
        for values in reader:
            _take(parsed, reader.line_num, [trimmed(value) for value in values], columns)
    except csv.Error as error:
        raise LexiconError(f"{path}: line {reader.line_num}: {error}") from error
    if not parsed.rows:
        raise LexiconError(f"{path}: no line below the header holds a pair")
    return parsed


def _take(
    parsed: Parsed, line: int, values: list[str], columns: tuple[int, int, int | None, int | None]
) -> None:
    def at(column: int | None) -> str:
        return values[column] if column is not None and column < len(values) else ""

    source, target, weight, pos = map(at, columns)
    if not any(values):
        parsed.drop(BLANK, line)
    elif not (source and target):
        parsed.drop(INCOMPLETE, line)
    else:
        parsed.rows.append(Row(line, source, target, weight, pos))


FORMAT = Format("csv", "CSV with a header", recognise, read)
