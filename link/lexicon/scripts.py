"""Which writing system a word is in."""

import unicodedata
from collections.abc import Set as AbstractSet
from functools import lru_cache

_WIDTHS = {"FULLWIDTH", "HALFWIDTH"}
_OF_NO_SCRIPT = {"MODIFIER", "MASCULINE", "FEMININE", "MICRO", "SUPERSCRIPT", "VEDIC"}
_SAME = {"IDEOGRAPHIC": "CJK", "HENTAIGANA": "HIRAGANA", "KELVIN": "LATIN", "ANGSTROM": "LATIN"}


@lru_cache(maxsize=1 << 14)
def script_of(character: str) -> str:
    """The script of a letter, by the first word of its Unicode name; "" for what is no letter, or
    is one of many scripts.

    >>> script_of("д"), script_of("々"), script_of("ʼ"), script_of("7")
    ('CYRILLIC', 'CJK', '', '')
    """
    if not character.isalpha():
        return ""
    words = unicodedata.name(character, "UNKNOWN").replace("-", " ").split()
    first = words[1] if words[0] in _WIDTHS else words[0]
    return "" if first in _OF_NO_SCRIPT else _SAME.get(first, first)


def in_scripts(text: str, scripts: AbstractSet[str]) -> bool:
    """Whether most letters of a text are of some scripts; a text without letters is."""
    if text.isascii():
        return "LATIN" in scripts or not any(map(str.isalpha, text))
    found = [script for script in map(script_of, text) if script]
    return sum(script in scripts for script in found) * 2 >= len(found)
