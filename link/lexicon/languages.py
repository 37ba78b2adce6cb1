"""Languages: their codes, names and scripts, one table for the whole tool.

Codes, macro-languages and usual scripts come from langcodes (MIT licence: the IANA registry and
Unicode's CLDR). What it lacks stands here: further scripts of a language, and two codes that most
publishers spell otherwise. Capitals depend on the language, too: the kernel has those rules and is
given the code that `language_of` makes. langcodes is imported when the first code is looked up.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from link.errors import LexiconError

_TAG = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")
_IN_NAME = re.compile(
    r"(?<![A-Za-z])(?P<from>eng?(?:[-_][A-Z][a-z]{3})?[-_](?:to[-_])?)"
    r"(?P<tag>[a-z]{2,3}(?![A-Za-z])(?:[-_](?:[A-Z][a-z]{3}|[A-Z]{2})(?![A-Za-z]))*)"
)
_NAMED_IN_NAME = re.compile(r"(?<![A-Za-z])en(?:g|glish)?[-_](?:to[-_])?([A-Za-z]{4,})(?![A-Za-z])")

_PREFERRED = {"fil": "tl", "hbs": "sh", "sh": "sh"}
"""CLDR has `tl` as `fil` and parts `sh` up; MUSE, Apertium and Wiktionary do not."""

_NO_LANGUAGE = {"und", "mul", "mis", "zxx"}

# Scripts (ISO 15924) that a language is written in beside its usual one, from CLDR's languageData.
_MORE_SCRIPTS = """
ar:Syrc arc:Syrc+Hebr az:Arab+Cyrl azb:Arab bal:Latn ban:Bali bbc:Batk ber:Arab+Latn+Tfng bjn:Arab
bm:Nkoo brh:Latn bs:Cyrl bug:Bugi cdo:Hans+Latn chr:Latn cjm:Arab cr:Latn crh:Latn ctd:Pauc doi:Arab
ff:Adlm gag:Cyrl gom:Latn gon:Deva grc:Grek ha:Arab hak:Latn hif:Deva hoc:Wara hyw:Armn id:Arab
inh:Arab+Latn iu:Latn jv:Java kaa:Latn kab:Arab+Tfng kha:Beng kjg:Latn kk:Arab+Latn kok:Latn ks:Deva
ku:Arab+Cyrl ky:Arab+Latn lif:Limb mai:Tirh mak:Bugi man:Nkoo men:Mend mn:Mong mni:Mtei mr:Modi
ms:Arab nan:Latn om:Ethi osa:Latn pa:Arab pi:Deva+Latn+Mymr+Sinh+Thai pnt:Cyrl+Latn rej:Rjng
rhg:Arab+Latn rif:Latn ro:Cyrl sa:Latn sat:Beng+Deva+Latn sd:Deva se:Cyrl sh:Cyrl+Latn shi:Arab+Latn
so:Arab sr:Latn su:Sund sus:Arab swb:Latn syc:Syrc syl:Sylo taj:Tibt tg:Arab+Latn tk:Arab+Cyrl
tkr:Cyrl tly:Arab+Cyrl tt:Latn tzm:Tfng udm:Latn ug:Cyrl+Latn unr:Deva uz:Arab+Cyrl vai:Latn wo:Arab
zgh:Latn
"""
_MORE = {
    language: scripts.split("+")
    for language, _, scripts in (one.partition(":") for one in _MORE_SCRIPTS.split())
}

# How Unicode's names of letters begin, where that is not the name of the script.
_LETTERS = {
    "Hans": ("CJK", "BOPOMOFO"),
    "Hant": ("CJK", "BOPOMOFO"),
    "Hani": ("CJK",),
    "Jpan": ("CJK", "HIRAGANA", "KATAKANA"),
    "Kore": ("HANGUL", "CJK"),
    "Mtei": ("MEETEI",),
    "Nkoo": ("NKO",),
    "Cans": ("CANADIAN",),
    "Nshu": ("NUSHU",),
    "Xsux": ("CUNEIFORM",),
}


def language_tag(text: str) -> str:
    """A language's tag: the shortest code, that of the macro-language, then what narrows it down.

    Raises `LexiconError`, with the nearest codes, for what names no language, and for English.

    >>> language_tag("DEU"), language_tag("mni_mtei"), language_tag("fa-af"), language_tag("cmn")
    ('de', 'mni-Mtei', 'fa-AF', 'zh')
    """
    tag = known_tag(text)
    if not tag:
        near = " or ".join(_nearest(text))
        raise LexiconError(
            f"{text!r} is not a language code; "
            f"{f'did you mean {near}?' if near else 'give one such as de, sw or mni-Mtei'}"
        )
    if language_of(tag) == "en":
        raise LexiconError(f"{text!r} is English; name the language to translate into")
    return tag


@lru_cache(maxsize=1 << 12)
def known_tag(text: str) -> str:
    """As `language_tag`, but "" for what names no language, and `en` for English.

    >>> known_tag("swh_Latn"), known_tag("klingon"), known_tag("eng")
    ('sw', '', 'en')
    """
    match = _TAG.fullmatch(text)
    if not match or match[1].lower() in _NO_LANGUAGE:
        return ""
    import langcodes

    code, *narrower = text.replace("_", "-").split("-")
    own = _PREFERRED.get(code.lower())
    if not langcodes.tag_is_valid("-".join([own or code, *narrower])):
        return ""
    if own is None:
        code, *narrower = langcodes.standardize_tag(text, macro=True).split("-")
        own = _PREFERRED.get(code, code)
    return "-".join([own, *(p.title() if len(p) == 4 else p.upper() for p in narrower)])


def language_of(tag: str) -> str:
    """The language of a tag, without script and country; it decides how words are capitalised.

    >>> language_of("zh-Hant"), language_of("")
    ('zh', '')
    """
    return tag.partition("-")[0]


def with_script(tag: str) -> tuple[str, str]:
    """The language of a tag and the script that it is usually written in, "" if that is unknown.

    >>> with_script("zh-TW"), with_script("zh"), with_script("sr-Latn")
    (('zh', 'Hant'), ('zh', 'Hans'), ('sr', 'Latn'))
    """
    from langcodes.data_dicts import LIKELY_SUBTAGS

    language, *narrower = tag.split("-")
    own = [part for part in narrower if len(part) == 4 and part.isalpha()]
    likely = LIKELY_SUBTAGS.get(tag) or LIKELY_SUBTAGS.get(language, "")
    return language, (own or likely.split("-")[1:2] or [""])[0]


def is_part_of(tag: str, macro: str) -> bool:
    """Whether a language is one of those that a macro-language stands for: `nb`, of `no`."""
    from langcodes.data_dicts import MACROLANGUAGES

    return MACROLANGUAGES.get(language_of(tag)) == macro


def three_letters(language: str) -> str:
    """The code of three letters of a language.

    >>> three_letters("de"), three_letters("arn")
    ('deu', 'arn')
    """
    if len(language) == 3:
        return language
    from langcodes.data_dicts import LANGUAGE_ALPHA3

    return LANGUAGE_ALPHA3.get(language, language)


def language_name(tag: str) -> str:
    """The English name of a tag's language.

    >>> language_name("kaa"), language_name("sw-Latn")
    ('Kara-Kalpak', 'Swahili')
    """
    return _names("language").get(language_of(tag), "")


def named_language(name: str) -> str:
    """The tag of a language by its English name, "" if there is none of that name.

    >>> named_language("german"), named_language("Swahili"), named_language("dog")
    ('de', 'sw', '')
    """
    return _by_name().get(name.strip().casefold(), "")


def language_in(name: str) -> str:
    """The tag of the target language in a file's name, "" if it names none.

    >>> language_in("muse.en_sw"), language_in("eng-deu"), language_in("en-german")
    ('sw', 'de', 'de')
    """
    for match in _IN_NAME.finditer(name):
        start = match["from"].replace("to-", "").replace("to_", "")
        for tag in (match["tag"], match["from"][len(start) :].rstrip("-_")):
            if tag and (found := known_tag(tag)) and language_of(found) != "en":
                return found
    named = map(named_language, _NAMED_IN_NAME.findall(name))
    return next(filter(None, named), "")


@lru_cache(maxsize=1 << 10)
def scripts_of(tag: str) -> frozenset[str] | None:
    """The scripts that a language is written in, by the word with which Unicode's names of their
    letters begin; of a tag that names its script, that one. None if they are not known.

    >>> scripts_of("hi"), scripts_of("ber-Latn"), scripts_of("iso")
    (frozenset({'DEVANAGARI'}), frozenset({'LATIN'}), None)
    """
    language, *narrower = tag.split("-")
    if not language:
        return None
    scripts = {with_script(tag)[1]}
    if not any(len(part) == 4 and part.isalpha() for part in narrower):
        scripts |= {with_script(language)[1], *_MORE.get(language, ())}
    return frozenset(word for one in scripts for word in _letters(one)) or None


def _letters(script: str) -> tuple[str, ...]:
    if script in _LETTERS:
        return _LETTERS[script]
    name = _names("script").get(script, "")
    return (re.split(r"[ (-]", name)[0].upper(),) if name else ()


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


def registry_files() -> list[bytes]:
    """All of langcodes on which a tag depends: the IANA registry first, then what is made of it."""
    found = find_spec("langcodes")
    folder = Path(found.origin if found and found.origin else "langcodes").parent
    paths = [folder / "data" / "language-subtag-registry.txt", *sorted(folder.glob("*.py"))]
    return [path.read_bytes() for path in paths]


@lru_cache(maxsize=2)
def _names(kind: str) -> dict[str, str]:
    """Code -> name of all languages, or scripts, of the IANA registry."""
    registry = registry_files()[0].decode()
    found = re.findall(rf"Type: {kind}\nSubtag: (\w{{2,4}})\nDescription: (.*)", registry)
    return {code: re.sub(r" \(.*\)$", "", name) for code, name in found}


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    by_name: dict[str, str] = {}
    for code, name in _names("language").items():
        by_name.setdefault(name.casefold(), known_tag(code) if len(code) > 2 else code)
    return by_name | {"farsi": "fa", "mandarin": "zh", "filipino": "tl", "greek": "el"}


def _nearest(text: str) -> Iterator[str]:
    """Codes, with their names, that may be meant: a country's language, a name, a slip."""
    from langcodes.data_dicts import LIKELY_SUBTAGS

    code = re.split(r"[^\w]|_", text.strip().casefold())[0]
    if text != code and known_tag(code):
        found = [known_tag(code)]
    elif of_country := LIKELY_SUBTAGS.get(f"und-{code.upper()}"):
        found = [language_of(of_country)]
    elif named := named_language(code):
        found = [named]
    elif len(code) > 3:
        names = difflib.get_close_matches(code, _by_name(), n=3, cutoff=0.75)
        found = [_by_name()[name] for name in names]
    else:
        common = {key for key in LIKELY_SUBTAGS if key.isalpha() and len(key) < 4}
        found = difflib.get_close_matches(code, sorted(common - {"en", "und"}), n=3, cutoff=0.5)
    for one in filter(None, dict.fromkeys(found)):
        yield f"{one} ({language_name(one)})"
