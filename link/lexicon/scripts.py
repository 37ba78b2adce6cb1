"""Which writing system a word is in, and which ones a language is written in."""

import unicodedata
from functools import lru_cache

# Languages (ISO 639) that are not written in Latin letters, or not only.
_SCRIPTS = {
    "CYRILLIC": "ru uk be bg mk kk ky tg mn ba cv tt sah os ce av udm mhr myv kv rue cu ab",
    "ARABIC": "ar arz ary fa ur ps ckb sd ug ks prs azb glk pnb bal",
    "DEVANAGARI": "hi mr ne sa mai bho gom kok doi brx awa dty",
    "BENGALI": "bn as mni bpy",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "ORIYA": "or",
    "TAMIL": "ta",
    "TELUGU": "te",
    "KANNADA": "kn tcy",
    "MALAYALAM": "ml",
    "SINHALA": "si pi",
    "THAI": "th",
    "LAO": "lo",
    "MYANMAR": "my shn mnw",
    "KHMER": "km",
    "TIBETAN": "bo dz",
    "ETHIOPIC": "am ti",
    "HEBREW": "he yi lad",
    "GREEK": "el grc",
    "ARMENIAN": "hy hyw",
    "GEORGIAN": "ka xmf",
    "CJK": "zh yue wuu lzh nan hak gan cdo",
    "HANGUL": "ko",
    "THAANA": "dv",
    "NKO": "nqo",
    "OL": "sat",
    "TIFINAGH": "zgh",
    "CHEROKEE": "chr",
    "CANADIAN": "iu cr",
    "SYRIAC": "syc arc",
}
_MORE = {
    "ja": {"CJK", "HIRAGANA", "KATAKANA"},
    "ko": {"HANGUL", "CJK"},
    "zh": {"CJK", "BOPOMOFO"},
    "sr": {"CYRILLIC", "LATIN"},
    "uz": {"LATIN", "CYRILLIC"},
    "az": {"LATIN", "CYRILLIC", "ARABIC"},
    "tg": {"CYRILLIC", "LATIN"},
    "kk": {"CYRILLIC", "LATIN", "ARABIC"},
    "tt": {"CYRILLIC", "LATIN"},
    "tk": {"LATIN", "CYRILLIC"},
    "crh": {"LATIN", "CYRILLIC"},
    "bs": {"LATIN", "CYRILLIC"},
    "ku": {"LATIN", "ARABIC"},
    "ms": {"LATIN", "ARABIC"},
    "ha": {"LATIN", "ARABIC"},
    "pa": {"GURMUKHI", "ARABIC"},
    "ks": {"ARABIC", "DEVANAGARI"},
    "sd": {"ARABIC", "DEVANAGARI"},
    "mni": {"BENGALI", "MEETEI"},
    "mn": {"CYRILLIC", "MONGOLIAN"},
    "iu": {"CANADIAN", "LATIN"},
    "ug": {"ARABIC", "LATIN", "CYRILLIC"},
    "nan": {"CJK", "LATIN"},
    "hak": {"CJK", "LATIN"},
    "cdo": {"CJK", "LATIN"},
    "chr": {"CHEROKEE"},
    "zgh": {"TIFINAGH", "LATIN"},
    "sat": {"OL"},
    "mo": {"LATIN", "CYRILLIC"},
    "ber": {"LATIN", "TIFINAGH", "ARABIC"},
    "kab": {"LATIN", "TIFINAGH"},
}
_OF = {language: {script} for script, names in _SCRIPTS.items() for language in names.split()}


def scripts_of_language(language: str) -> set[str] | None:
    """The scripts of a language; Latin if it is not listed; None if it is not known.

    >>> scripts_of_language("hi"), scripts_of_language("de"), scripts_of_language("")
    ({'DEVANAGARI'}, {'LATIN'}, None)
    """
    if not language:
        return None
    return _MORE.get(language) or _OF.get(language) or {"LATIN"}


@lru_cache(maxsize=1 << 14)
def script_of(character: str) -> str:
    """The script of a letter, by the first word of its Unicode name; "" for what is no letter."""
    if not character.isalpha():
        return ""
    return unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]


def in_scripts(text: str, scripts: set[str]) -> bool:
    """Whether most letters of a text are of some scripts; a text without letters is."""
    if text.isascii():
        return "LATIN" in scripts or not any(map(str.isalpha, text))
    found = [script for script in map(script_of, text) if script]
    return sum(script in scripts for script in found) * 2 >= len(found)
