"""The canonical lexicon file: UTF-8 text, tab-separated, with a header.

    # name: en-de
    # language: de
    # licence: CC0-1.0
    dog <tab> Hund <tab> 1 <tab> noun
    dog <tab> Köter <tab> 0.2 <tab> noun

Columns: source, target, and optionally weight (a positive number, 1 if absent) and part of speech.
Lines that begin with `#` are comments, `# key: value` among them is metadata; a file with name or
language stated so is canonical, and was cleaned when it was made.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import count

from link.lexicon.formats.pairs import columns_of
from link.lexicon.formats.parsed import BLANK, INCOMPLETE, Format, Parsed, Row, lines_of, trimmed


def recognise(head: str) -> bool:
    return bool(metadata(line for line in lines_of(head) if line.startswith("#")).keys() & _KEYS)


_KEYS = {"name", "language"}
_MOST_COLUMNS = 4
BEHIND = "passed over, columns behind the part of speech"
_NO_SOURCE = ("", "#")  # how a line begins that lacks its source, or is a comment


def read(text: str, path: str) -> Parsed:
    body = _end_of_comments(text)
    rows = _rows_of_table(text[body:], text.count("\n", 0, body) + 1)
    parsed = Parsed(rows=rows)
    for number, columns in enumerate(columns_of(text[:body] if rows else text), start=1):
        if len(columns) > 1 and columns[1] and columns[0][:1] not in _NO_SOURCE:
            parsed.rows.append(Row(number, *columns[:_MOST_COLUMNS]))
            if any(columns[_MOST_COLUMNS:]):
                parsed.drop(BEHIND, number)
                parsed.show(BEHIND, columns[0], ", ".join(columns[_MOST_COLUMNS:]))
        elif columns[0].startswith("#"):
            parsed.comments.append(trimmed("\t".join(columns)))
        elif not any(columns):
            parsed.drop(BLANK, number)
        else:
            parsed.drop(INCOMPLETE, number)
    parsed.about = metadata(parsed.comments)
    return parsed


def _end_of_comments(text: str) -> int:
    """Where the lines end that are comments and stand before all others."""
    end = 0
    while text.startswith("#", end):
        end = (text.find("\n", end) + 1) or len(text)
    return end


def _rows_of_table(text: str, first: int) -> list[Row]:
    """The rows of lines that all have the same columns, read at one go, which takes half the time;
    [] if a line has others, is no pair, or has a column that is to be trimmed.

    `first`: the first line's number. Line breaks become fields of their own: dog, Hund, ⏎, cat,
    Katze, ⏎. Among the columns they would be trimmed, so they stand at equal distances if none is.
    """
    text = text if text.endswith("\n") else f"{text}\n"
    lines, width = text.count("\n"), text.count("\t", 0, text.index("\n")) + 1
    fields = text.replace("\n", "\t\n\t").split("\t")[:-1]
    columns = [fields[at :: width + 1] for at in range(width)]
    if (
        not 2 <= width <= _MOST_COLUMNS
        or len(fields) != lines * (width + 1)
        or not (all(columns[0]) and all(columns[1]))
        or text.startswith("#")
        or "\n#" in text
        or "\ufeff" in text
        or any([*map(str.strip, column)] != column for column in columns)
    ):
        return []
    return [*map(Row, count(first), *columns)]


def metadata(comments: Iterable[str]) -> dict[str, str]:
    """The `# key: value` comments, keys in lower case."""
    found: dict[str, str] = {}
    for comment in comments:
        key, colon, value = comment.lstrip("#").partition(":")
        if colon and key.strip() and value.strip():
            found.setdefault(key.strip().lower(), value.strip())
    return found


def render(comments: Iterable[str], entries: Mapping[str, Iterable[tuple[str, float, str]]]) -> str:
    """A canonical file; `entries`: source -> its (target, weight, part of speech).

    What in a name of a file is not UTF-8 is spelled out: `\\udce9`.
    """
    header = "".join([f"{comment}\n" for comment in comments])
    header = header.encode("utf-8", "backslashreplace").decode()
    weights = {weight for found in entries.values() for _, weight, _ in found}
    tags = {pos for found in entries.values() for _, _, pos in found}
    if tags - {""}:
        rows = [
            f"{source}\t{target}\t{_number(weight)}\t{pos}\n"
            for source, found in entries.items()
            for target, weight, pos in found
        ]
    elif weights - {1.0}:
        rows = [
            f"{source}\t{target}\t{_number(weight)}\n"
            for source, found in entries.items()
            for target, weight, _ in found
        ]
    else:
        rows = [f"{source}\t{one[0]}\n" for source, found in entries.items() for one in found]
    return header + "".join(rows)


@lru_cache(maxsize=1 << 12)
def _number(weight: float) -> str:
    """A weight, as short as it can be read back."""
    return f"{weight:g}" if float(f"{weight:g}") == weight else repr(weight)


FORMAT = Format(
    "canonical",
    "canonical TSV",
    recognise,
    read,
    "no line holds a pair; expected lines of `source<tab>target`, optionally followed by "
    "`<tab>weight<tab>part of speech`",
)
