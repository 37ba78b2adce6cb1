"""A JSON object of word to translation, or to a list of them, or to weights.

{"dog": "Hund", "house": ["Haus", "Gebäude"], "see": {"sehen": 3, "erblicken": 1}}
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from link.errors import LexiconError
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row


def recognise(head: str) -> bool:
    start = head.lstrip()
    return start.startswith("{") and not start.startswith('{"word"')


def read(texts: Sequence[str], paths: Sequence[str]) -> Parsed:
    [text], [path] = texts, paths
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError) as error:
        raise LexiconError(f"{path}: no JSON ({error})") from error
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise LexiconError(f"{path}: expected one JSON object of word to translation(s)")
    parsed = Parsed(unit="entry")
    for number, (word, value) in enumerate(pairs, start=1):
        rows = list(_rows(number, word, value))
        if not rows:
            parsed.drop(EMPTY, number)
        parsed.rows += rows
    if not parsed.rows:
        raise LexiconError(f"{path}: no entry holds a translation")
    return parsed


def _rows(number: int, word: str, value: Any) -> Iterator[Row]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, str):
            yield Row(number, word, one)
        elif isinstance(one, tuple) and isinstance(one[1], (int, float)):
            yield Row(number, word, one[0], f"{one[1]!r}")


FORMAT = Format("json", "JSON object of word to translation(s)", recognise, read)
