"""CSV or TSV with a header that names the columns.

en,de,pos            source;target        en<tab>de<tab>sw
dog,Hund,noun        dog;Hund             dog<tab>Hund<tab>mbwa

Between tabs, quotes are characters like others. Of several languages `--lang` picks one.
"""

import csv
import io
import re
from typing import Any

from link.errors import LexiconError
from link.lexicon.formats.columns import (
    SOURCE,
    TARGET,
    Columns,
    columns_of,
    passed_over,
    rows_of,
)
from link.lexicon.formats.parsed import BLANK, INCOMPLETE, Format, Parsed, lines_of, trimmed

_HINT = re.compile(r"\Asep=.\n")  # for Excel
TOO_LONG = "ignored, values after the columns that the header names"


def delimiter_of(line: str) -> str | None:
    """What parts the columns of a header; None if nothing does."""
    if "\t" in line:
        return "\t"
    return max((",", ";", "|"), key=line.count) if any(d in line for d in ",;|") else None


def _columns(header: list[str], delimiter: str) -> Columns | None:
    """Between tabs a first line is often a pair: a header must have names that are known."""
    return columns_of(header, strict=delimiter == "\t")


def reader_of(text: str, delimiter: str) -> Any:
    """A `csv.reader`, strict; between tabs, quotes are characters like others."""
    file = io.StringIO(text, newline="")
    if delimiter == "\t":
        return csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(file, delimiter=delimiter, strict=True)


def recognise(head: str) -> bool:
    lines = lines_of(_HINT.sub("", head))
    delimiter = delimiter_of(lines[0]) if lines else None
    if not delimiter or len(lines) < 2:
        return False
    try:
        return _columns(next(reader_of(lines[0], delimiter)), delimiter) is not None
    except csv.Error:
        return False


def read(text: str, path: str) -> Parsed:
    text, hints = _HINT.subn("", text)
    delimiter = delimiter_of(text.split("\n", 1)[0]) or ","
    reader = reader_of(text, delimiter)
    parsed = Parsed()
    try:
        header: list[str] = next(reader, [])
        columns = _columns(header, delimiter)
        if columns is None:
            raise LexiconError(
                f"{path}: line 1 is not a header that names a source and a target column; "
                f"known are {', '.join(SOURCE)} and {', '.join(TARGET)}"
            )
        parsed.notes += passed_over(columns)
        for row in reader:
            line, values = reader.line_num + hints, [*map(trimmed, row)]
            more = values[len(header) :]
            rows = rows_of(line, values + [""] * len(header), columns)
            parsed.take(line, rows, INCOMPLETE if any(values) else BLANK)
            if any(more):
                parsed.drop(TOO_LONG, line)
                parsed.show(TOO_LONG, values[0], ", ".join(more))
    except csv.Error as error:
        raise LexiconError(f"{path}: line {reader.line_num + hints}: {error}") from error
    return parsed


FORMAT = Format(
    "csv", "CSV or TSV with a header", recognise, read, "no line below the header holds a pair"
)
