"""Wiktionary as kaikki.org publishes it: wiktextract's JSON Lines.

    {"word": "dog", "pos": "noun", "lang_code": "en",
     "translations": [{"code": "de", "word": "Hund", "sense": "animal"}, …],
     "senses": [{"glosses": …, "translations": […]}]}

Entries of English words with translations into many languages: `--lang` picks one.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from link.errors import LexiconError
from link.lexicon.formats.parsed import EMPTY, Format, Parsed, Row
from link.lexicon.formats.pos import part_of_speech


def recognise(head: str) -> bool:
    try:
        entry = json.loads(head.lstrip().split("\n", 1)[0])
    except (ValueError, RecursionError):
        return '"word":' in head and '"translations":' in head and head.lstrip().startswith("{")
    return isinstance(entry, dict) and "word" in entry and ("pos" in entry or "senses" in entry)


def read(text: str, path: str) -> Parsed:
    parsed = Parsed(about={"source": "Wiktionary, extracted by wiktextract (kaikki.org)"})
    for number, line in parsed.lines_of(text):
        parsed.take(number, rows_of(line, number, path), EMPTY)
    return parsed


def rows_of(line: str | bytes, number: int, path: str) -> list[Row]:
    """The pairs of a line, into all of its languages."""
    try:
        entry = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LexiconError(f"{path}: line {number}: not JSON ({error})") from error
    return list(_rows(number, entry)) if isinstance(entry, dict) else []


def _rows(number: int, entry: dict[str, Any]) -> Iterator[Row]:
    word, pos = entry.get("word"), entry.get("pos")
    if not isinstance(word, str) or entry.get("lang_code", "en") != "en":
        return
    for holder in (entry, *_objects(entry.get("senses"))):
        for one in _objects(holder.get("translations")):
            code = one.get("code") or one.get("lang_code")
            if isinstance(one.get("word"), str) and isinstance(code, str):
                yield Row(number, word, one["word"], "", part_of_speech(str(pos or "")), code)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


FORMAT = Format(
    "kaikki",
    "Wiktionary extract of kaikki.org (JSON Lines)",
    recognise,
    read,
    "no entry of an English word holds a translation",
)
