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

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from link.errors import LexiconError
from link.lexicon.formats.pairs import columns_of, lines_of, trimmed
from link.lexicon.formats.parsed import BLANK, INCOMPLETE, Format, Parsed, Row


def recognise(head: str) -> bool:
    return bool(metadata(line for line in lines_of(head) if line.startswith("#")).keys() & _KEYS)


_KEYS = {"name", "language"}
_NO_SOURCE = ("", "#")  # how a line begins that lacks its source, or is a comment


def read(texts: Sequence[str], paths: Sequence[str]) -> Parsed:
    [text], [path] = texts, paths
    parsed = Parsed()
    for number, columns in enumerate(columns_of(text), start=1):
        if len(columns) > 1 and columns[1] and columns[0][:1] not in _NO_SOURCE:
            parsed.rows.append(Row(number, *columns[:4]))
        elif columns[0].startswith("#"):
            parsed.comments.append(trimmed("\t".join(columns)))
        elif not any(columns):
            parsed.drop(BLANK, number)
        else:
            parsed.drop(INCOMPLETE, number)
    if not parsed.rows:
        raise LexiconError(
            f"{path}: no line holds a pair; expected lines of `source<tab>target`, "
            f"optionally followed by `<tab>weight<tab>part of speech`"
        )
    parsed.about = metadata(parsed.comments)
    return parsed


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
    tagged = any([pos for _, _, _, pos in rows])
    weighted = tagged or any([weight != 1 for _, _, weight, _ in rows])
    for comment in comments:
        yield f"{comment}\n"
    if not weighted:
        yield "".join([f"{source}\t{target}\n" for source, target, *_ in rows])
        return
    for source, target, weight, pos in rows:
        if tagged:
            yield f"{source}\t{target}\t{_number(weight)}\t{pos}\n"
        elif weighted:
            yield f"{source}\t{target}\t{_number(weight)}\n"
        else:
            yield f"{source}\t{target}\n"


@lru_cache(maxsize=1 << 12)
def _number(weight: float) -> str:
    """A weight, as short as it can be read back."""
    return f"{weight:g}" if float(f"{weight:g}") == weight else repr(weight)


FORMAT = Format("canonical", "canonical TSV", recognise, read)
