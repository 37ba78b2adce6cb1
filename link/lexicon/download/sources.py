"""Who publishes bilingual lexicons, under which licence, and where each language's file lies.

    muse       BASE/en-de.txt
    gatitos    BASE/en_arn.tsv
    kaikki     BASE/kaikki.org-dictionary-English.jsonl.gz        one file for all languages
    freedict   BASE/freedict-database.json                        a catalogue, which names the files
    apertium   BASE/apertium-eng-deu/HEAD/apertium-eng-deu.eng-deu.dix

Nothing is fetched here. BASE may be a mirror with the same layout.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from link.errors import LexiconError
from link.lexicon.languages import known_tag, three_letters


@dataclass(frozen=True, slots=True)
class Source:
    """A publisher.

    `licence`: what stands in the header of its lexicons, unless a file states its own. `terms`:
    what must be accepted before anything is fetched, "" if nothing. `format`: of its files, which
    lie at `base`/`file`. `languages`: those it is known to have; none if only the server tells.
    `is_complete`: whether there are no others.
    """

    name: str
    title: str
    licence: str
    base: str
    format: str
    file: str = ""
    languages: tuple[str, ...] = ()
    is_complete: bool = False
    terms: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """A file to fetch. `name`: under which it is kept. `checksum`: SHA-256 or SHA-512, or "".

    `reverse`: it is from the language to English. `licence`: "" for that of the source.
    """

    url: str
    name: str
    checksum: str = ""
    reverse: bool = False
    licence: str = ""


_MUSE = """
af ar bg bn bs ca cs da de el es et fa fi fr he hi hr hu id it ja ko lt lv mk ms nl no pl pt ro ru
sk sl sq sv ta th tl tr uk vi zh
"""
_GATITOS = """
aa ab ace ach ady aeb aii ak alz apc apd-SD ar-MA arn arz as av awa ay ayl ba bal ban bbc bci bem
ber ber-Latn bew bho bik bjn bjn-Arab bm bm-Nkoo bo br brx bts btx bua bug ce cgg ch chk chm ckb cnh
cpf crh crh-Latn crs ctg cv din doi dov dv dyu dz ee efi es fa-AF ff fj fo fon fr fur gaa gn gom gv
hi hil hne hrx iba ilo iso iu kaa kac kbd kek kg kha ki kl kr kri ks ks-Deva ktu kv lg li lij lmo ln
ltg lu luo lus mad mag mai mak mam meo mfe mh min mni-Mtei mos ms-Arab mwr nd ndc-ZW new nhe nr nso
nus nv oc om os pa-Arab pag pam pap pcm qu quc rhg-Latn rn rom sa sah sat-Latn scn se sg shn skr ss
sus syl szl tcy tet ti tiv tn to tpi trp ts tum ty tyv udm ve vec war wo yua yue zap zza
"""
# Language, repository, and the pair in the name of the file where that is another one.
_APERTIUM = """
bg:bg-en ca:eng-cat cy:cym-eng de:eng-deu el:ell-eng eo:eo-en es:eng-spa eu:eu-en fa:eng-pes
fi:fin-eng fr:fra-eng ga:eng-gle:en-ga gl:en-gl hi:eng-hin hu:hun-eng id:ind-eng is:isl-eng:is-en
it:eng-ita ja:jpn-eng kk:eng-kaz ky:eng-kir ln:eng-lin lv:eng-lvs mk:mkd-eng:mk-en mt:en-mt
no:nor-eng pt:en-pt sco:eng-sco sh:hbs-eng sq:en-sq sv:swe-eng th:tha-eng tr:tur-eng
"""
_APERTIUM_FILES = {
    language: files for language, *files in (one.split(":") for one in _APERTIUM.split())
}

SOURCES = (
    Source(
        "muse",
        "machine-made dictionaries of up to 100,000 pairs, all lower case",
        "CC BY-NC 4.0",
        "https://dl.fbaipublicfiles.com/arrival/dictionaries",
        "pairs",
        "en-{language}.txt",
        tuple(_MUSE.split()),
        is_complete=True,
        terms="for non-commercial use only, https://creativecommons.org/licenses/by-nc/4.0/",
    ),
    Source(
        "gatitos",
        "4,000 frequent words and phrases, translated by people, for small languages",
        "CC BY 4.0",
        "https://raw.githubusercontent.com/google-research/url-nlp/HEAD/gatitos",
        "pairs",
        "en_{language}.tsv",
        tuple(_GATITOS.split()),
    ),
    Source(
        "kaikki",
        "translations of the English Wiktionary; one file of 500 MB for all languages",
        "CC BY-SA 4.0 and GFDL",
        "https://kaikki.org/dictionary/English",
        "kaikki",
        "kaikki.org-dictionary-English.jsonl.gz",
    ),
    Source(
        "freedict",
        "dictionaries of volunteers, of very different sizes",
        "stated in each dictionary, mostly GPL",
        "https://freedict.org",
        "tei",
    ),
    Source(
        "apertium",
        "dictionaries of the Apertium translators, with parts of speech",
        "GPL 2 or 3, stated in each repository",
        "https://raw.githubusercontent.com/apertium",
        "apertium",
        languages=tuple(_APERTIUM_FILES),
        is_complete=True,
    ),
)

MOST_NAMED = 50  # languages in a message
FREEDICT_CATALOGUE = "freedict-database.json"
_FREEDICT_FILES = "https://download.freedict.org/"
_FREEDICT_CODES = {"sw": "swh"}

# Wiktionary has one code for what others part, and parts what others join.
_WIKTIONARY = {
    "no": {"no", "nb"},
    "hr": {"hr", "sh"},
    "sr": {"sr", "sh"},
    "bs": {"bs", "sh"},
}


def source_named(name: str) -> Source:
    """The source of that name; raises `LexiconError` if there is none."""
    for source in SOURCES:
        if source.name == name.lower():
            return source
    known = ", ".join(source.name for source in SOURCES)
    raise LexiconError(f"{name!r} is not a source of lexicons; choose one of {known}")


def base_url(source: Source, mirror: str) -> str:
    """Where a source's files lie: at a mirror if one is named, else at the publisher."""
    if not mirror:
        return source.base
    parts = urlsplit(mirror)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise LexiconError(
            f"{mirror!r} is not the URL of a mirror; it must begin with http:// or https://"
        )
    return mirror.rstrip("/")


def check_language(source: Source, language: str) -> None:
    """Raise `LexiconError` for a language that a source is known not to have."""
    if source.is_complete and language not in source.languages:
        raise LexiconError(has_none(source, language))


def has_none(source: Source, language: str) -> str:
    """The words for a language that a source does not have."""
    if not source.languages:
        return f"{source.name} has no lexicon for {language}"
    if len(source.languages) > MOST_NAMED:
        return (
            f"{source.name} has no lexicon for {language}; "
            f"`link lexicon download {source.name} --list` shows those it has"
        )
    return f"{source.name} has no lexicon for {language}; it has {', '.join(source.languages)}"


def published(source: Source, language: str, base: str, catalogue: bytes = b"") -> Published:
    """The file of a language. `catalogue`: of FreeDict, which names its files there."""
    if source.file:
        name = source.file.format(language=language)
        return Published(f"{base}/{name}", name)
    if source.name == "freedict":
        return _in_catalogue(source, language, base, catalogue)
    repository, *other = _APERTIUM_FILES[language]
    pair = other[0] if other else repository
    name = f"apertium-{pair}.{pair}.dix"
    return Published(
        f"{base}/apertium-{repository}/HEAD/{name}",
        name,
        reverse=not pair.startswith("en"),
        licence=f"GPL, see COPYING in https://github.com/apertium/apertium-{repository}",
    )


def wiktionary_codes(language: str) -> set[str]:
    """What Wiktionary calls a language.

    >>> sorted(wiktionary_codes("hr")), wiktionary_codes("de")
    (['hr', 'sh'], {'de'})
    """
    return _WIKTIONARY.get(language, {language})


def languages_in_catalogue(catalogue: bytes, url: str) -> list[str]:
    """The languages that have a release from English or towards it, of those that have a code."""
    pairs = [name.split("-") for name, one in _dictionaries(catalogue, url).items() if _has(one)]
    others = {code for pair in pairs if len(pair) == 2 and "eng" in pair for code in pair}
    tags = {known_tag(code) for code in others - {"eng"}}
    return sorted(tags - {"", "en"})


def _has(dictionary: dict[str, Any]) -> bool:
    return any(_source_releases(dictionary))


def _in_catalogue(source: Source, language: str, base: str, catalogue: bytes) -> Published:
    """The latest release from English; failing that, the one towards English."""
    code = _FREEDICT_CODES.get(language, three_letters(language))
    dictionaries = _dictionaries(catalogue, f"{base}/{FREEDICT_CATALOGUE}")
    for pair, reverse in ((f"eng-{code}", False), (f"{code}-eng", True)):
        releases = list(_source_releases(dictionaries.get(pair, {})))
        if not releases:
            continue
        release = max(releases, key=lambda one: str(one.get("date", "")))
        url = release["URL"]
        if base != source.base and url.startswith(_FREEDICT_FILES):
            url = f"{base}/{url.removeprefix(_FREEDICT_FILES)}"
        name = url.rpartition("/")[2]
        if not re.fullmatch(r"[A-Za-z0-9_][\w.+-]*\.tar\.(xz|bz2|gz)", name, re.ASCII):
            raise LexiconError(f"{base}/{FREEDICT_CATALOGUE}: {pair}: {url} is not a tar archive")
        return Published(url, name, checksum=str(release.get("checksum", "")), reverse=reverse)
    pairs = [name.split("-") for name, one in dictionaries.items() if _has(one)]
    some = sorted({pair[1] for pair in pairs if pair[0] == "eng" and len(pair) == 2})
    raise LexiconError(
        f"{has_none(source, language)}; from English it has {', '.join(some) or 'none'} "
        f"(--force fetches its catalogue again)"
    )


def _dictionaries(catalogue: bytes, url: str) -> dict[str, dict[str, Any]]:
    """Pair such as `eng-deu` -> what the catalogue says of it."""
    try:
        entries = json.loads(catalogue)
    except (ValueError, RecursionError) as error:
        raise LexiconError(f"{url}: the catalogue is not JSON ({error})") from error
    if not isinstance(entries, list):
        raise LexiconError(f"{url}: the catalogue is not a list of dictionaries")
    return {str(one.get("name")): one for one in entries if isinstance(one, dict)}


def _source_releases(dictionary: dict[str, Any]) -> Iterator[dict[str, Any]]:
    releases = dictionary.get("releases")
    for release in releases if isinstance(releases, list) else []:
        is_source = isinstance(release, dict) and release.get("platform") == "src"
        if is_source and isinstance(release.get("URL"), str):
            yield release
