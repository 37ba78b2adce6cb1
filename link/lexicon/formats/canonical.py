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
from itertools import chain

from link.lexicon.formats.parsed import BLANK, INCOMPLETE, Format, Parsed, Row, lines_of, trimmed


def recognise(head: str) -> bool:
    return bool(metadata(line for line in lines_of(head) if line.startswith("#")).keys() & _KEYS)


_KEYS = {"name", "language"}
_MOST_COLUMNS = 4
BEHIND = "ignored, columns after the part of speech"
_NO_SOURCE = ("", "#")  # how a line begins that lacks its source, or is a comment
_OTHER_SPACES = [c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\t\n "]


def read(text: str, path: str) -> Parsed:
    parsed = Parsed()
    is_trimmed = _is_trimmed(text)
    for number, line in enumerate(lines_of(text), start=1):
        columns = line.split("\t")
        if not is_trimmed:
            columns = [*map(trimmed, columns)]
        if len(columns) > 1 and columns[1] and columns[0][:1] not in _NO_SOURCE:
            parsed.rows.append(Row(number, *columns[:_MOST_COLUMNS]))
            if len(columns) > _MOST_COLUMNS and any(columns[_MOST_COLUMNS:]):
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


def _is_trimmed(text: str) -> bool:
    """Whether no column of any line has to be trimmed; in most files none has."""
    bounded = f"\n{text}\n"
    is_stray = any(each in bounded for each in (" \t", "\t ", " \n", "\n ", "\ufeff"))
    return not is_stray and not any(space in text for space in _OTHER_SPACES)


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
    translations = [*chain.from_iterable(entries.values())]
    numbers = {weight: _number(weight) for weight in {weight for _, weight, _ in translations}}
    tags = {pos for _, _, pos in translations}
    if tags - {""}:
        rows = [
            f"{source}\t{target}\t{numbers[weight]}\t{pos}\n"
            for source, found in entries.items()
            for target, weight, pos in found
        ]
    elif numbers.keys() - {1.0}:
        rows = [
            f"{source}\t{target}\t{numbers[weight]}\n"
            for source, found in entries.items()
            for target, weight, _ in found
        ]
    else:
        rows = [f"{source}\t{one[0]}\n" for source, found in entries.items() for one in found]
    return header + "".join(rows)


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
