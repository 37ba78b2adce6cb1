"""A JSON object of word to translation, or to a list of them, or to weights; or a list of pairs.

{"dog": "Hund", "house": ["Haus", "Gebäude"], "see": {"sehen": 3, "erblicken": 1}}
[["dog", "Hund"], ["house", "Haus"]]          [{"en": "dog", "de": "Hund"}, …]
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from link.errors import LexiconError
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row
from link.lexicon.formats.table import names_of, take_records

_LIST = re.compile(r"\s*\[\s*[\[{]")


def recognise(head: str) -> bool:
    start = head.lstrip()
    is_object = start.startswith("{") and not start.startswith('{"word"')
    return is_object or _LIST.match(head) is not None


def read(text: str, path: str) -> Parsed:
    try:
        found = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError) as error:
        is_lines = isinstance(error, json.JSONDecodeError) and error.msg == "Extra data"
        hint = "; JSON Lines are a lexicon if they name their columns, as en and de" * is_lines
        raise LexiconError(f"{path}: not JSON ({error}){hint}") from error
    parsed = Parsed(unit="entry")
    entries: Sequence[Any]
    if isinstance(found, tuple):
        entries = found
    elif isinstance(found, list) and found and all(isinstance(one, list) for one in found):
        entries = [(one[0], one[1:]) if one else ("", []) for one in found]
    elif isinstance(found, list) and found and all(isinstance(one, tuple) for one in found):
        records = [(number, dict(one)) for number, one in enumerate(found, start=1)]
        take_records(parsed, names_of(records), records, path)
        return parsed
    else:
        raise LexiconError(
            f"{path}: expected one JSON object of word to translation(s), or a list of pairs"
        )
    for number, (word, value) in enumerate(entries, start=1):
        parsed.take(number, _rows(number, word, value) if isinstance(word, str) else (), EMPTY)
    return parsed


def _rows(number: int, word: str, value: Any) -> Iterator[Row]:
    """Of a string, a list of strings, or an object (here a tuple of pairs) of weights."""
    for one in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(one, str):
            yield Row(number, word, one)
        elif isinstance(one, list):
            yield from _rows(number, word, one)
        elif (
            isinstance(one, tuple)
            and len(one) == 2
            and isinstance(one[0], str)
            and isinstance(one[1], (int, float))
        ):
            yield Row(number, word, one[0], f"{one[1]!r}")


FORMAT = Format(
    "json",
    "JSON object of word to translation(s), or list of pairs",
    recognise,
    read,
    "no entry holds a translation",
)
