"""Where each publisher has its files, and what comes out of them; damaged ones leave nothing."""

import gzip
import io
import json
import tarfile
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from link.errors import LexiconError
from link.lexicon import Lexicon, decode
from link.lexicon.download import files
from link.lexicon.download.fetch import fetch
from link.lexicon.download.files import canonical_text, download, downloads_folder, lexicon_of
from link.lexicon.download.sources import SOURCES, base_url, published, source_named
from link.lexicon.languages import language_tag
from tests.lexicon.samples import pairs_of
from tests.publisher import (
    MUSE,
    TEI,
    Publisher,
    catalogue,
    kaikki,
    path_of,
    release,
    serving,
    tar_xz,
)

FREEDICT = source_named("freedict")
CATALOGUE = {"freedict-database.json", "freedict-database.json.json"}
EXTRACT = "/kaikki/kaikki.org-dictionary-English.jsonl.gz"
DIX = "/apertium/apertium-eng-deu/HEAD/apertium-eng-deu.eng-deu.dix"


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """Everything is published, and the user's cache is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as publisher:
        publisher.publish_all()
        yield publisher


def get(publisher: Publisher, name: str, *languages: str) -> list[Lexicon]:
    """The lexicons as they are after a download."""
    quick = partial(fetch, sleep=lambda _: None)
    found = download(source_named(name), languages, f"{publisher.url}/{name}", quick)
    return [lexicon_of(one) for one in found]


def left(name: str) -> set[str]:
    """What is kept of a source, but for locks."""
    folder = downloads_folder(source_named(name))
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


# --- where things are -----------------------------------------------------------------------------

RAW = "https://raw.githubusercontent.com"


@pytest.mark.parametrize(
    ("name", "language", "url", "reverse"),
    [
        ("muse", "de", "https://dl.fbaipublicfiles.com/arrival/dictionaries/en-de.txt", False),
        ("gatitos", "fa-AF", f"{RAW}/google-research/url-nlp/HEAD/gatitos/en_fa-AF.tsv", False),
        ("kaikki", "sw", f"https://kaikki.org/dictionary/English{EXTRACT[7:]}", False),
        ("apertium", "de", RAW + DIX, False),
        (
            "apertium",
            "is",
            f"{RAW}/apertium/apertium-isl-eng/HEAD/apertium-is-en.is-en.dix",
            True,
        ),
        ("apertium", "pt", f"{RAW}/apertium/apertium-en-pt/HEAD/apertium-en-pt.en-pt.dix", False),
    ],
)
def test_where_the_file_of_a_language_is(name: str, language: str, url: str, reverse: bool) -> None:
    source = source_named(name)
    found = published(source, language, source.base)
    assert (found.url, found.reverse) == (url, reverse)


def test_freedict_names_its_latest_release_and_else_the_one_towards_english() -> None:
    old = release("eng-deu", b"old", date="2019-01-01")
    new = release("eng-deu", b"new", date="2022-04-15")
    text = catalogue(
        eng_deu=[{**new, "platform": "slob"}, new, old],
        deu_eng=[old],
        eng_swh=[],
        swh_eng=[release("swh-eng", b"")],
    )
    found = published(FREEDICT, "de", FREEDICT.base, text)
    assert (found.url, found.checksum, found.reverse) == (new["URL"], new["checksum"], False)
    assert published(FREEDICT, "sw", FREEDICT.base, text).reverse
    with pytest.raises(LexiconError, match=r"for yo; from English it has deu \("):
        published(FREEDICT, "yo", FREEDICT.base, text)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"\xff", b"[" * 100_000, b'[1, {"name": "eng-deu", "releases": 3}]']
)
def test_a_catalogue_that_is_none_is_an_error(text: bytes) -> None:
    with pytest.raises(LexiconError, match=r"freedict-database.json: the cat|no lexicon for de"):
        published(FREEDICT, "de", FREEDICT.base, text)


@pytest.mark.parametrize("name", ["../../x.tar.xz", "x.exe", "", "..", ".x.tar.xz"])
def test_a_catalogue_does_not_choose_where_files_are_kept(name: str) -> None:
    one = release("eng-deu", b"") | {"URL": f"https://download.freedict.org/a/{name}"}
    text = catalogue(eng_deu=[one])
    if name.startswith("../"):
        assert published(FREEDICT, "de", FREEDICT.base, text).name == "x.tar.xz"
        return
    with pytest.raises(LexiconError, match="is not a tar archive"):
        published(FREEDICT, "de", FREEDICT.base, text)


def test_each_source_knows_languages_that_are_language_tags() -> None:
    for source in SOURCES:
        assert [language_tag(one) for one in source.languages] == list(source.languages)


@pytest.mark.parametrize("url", ["ftp://x/y", "file:///x", "x", "http://"])
def test_a_mirror_is_a_web_server(url: str) -> None:
    with pytest.raises(LexiconError, match="is not the URL of a mirror"):
        base_url(SOURCES[0], url)
    assert base_url(SOURCES[0], "https://x.example/muse/") == "https://x.example/muse"
    assert base_url(SOURCES[0], "") == SOURCES[0].base


# --- what comes out of it -------------------------------------------------------------------------

Pairs = list[tuple[str, str]]
BY_SOURCE: dict[tuple[str, str], tuple[str, Pairs]] = {
    ("muse", "de"): (
        "CC BY-NC 4.0",
        [
            *(("dog", "hund"), ("dog", "köter"), ("house", "haus")),
            *(("bank", "bank"), ("bank", "ufer")),
        ],
    ),
    ("gatitos", "arn"): (
        "CC BY 4.0",
        [("dog", "thewa"), ("day", "antü"), ("Don't worry", "femkilnge")],
    ),
    ("apertium", "de"): (
        "GPL, see COPYING in https://github.com/apertium/apertium-eng-deu",
        [("dog", "Hund")],
    ),
    ("apertium", "fr"): (
        "GPL, see COPYING in https://github.com/apertium/apertium-fra-eng",
        [("dog", "chien")],
    ),
    ("freedict", "de"): ("GNU General Public License ver. 2.0", [("dog", "Hund")]),
    ("kaikki", "sw"): ("CC BY-SA 4.0 and GFDL", [("dog", "mbwa")]),
}


@pytest.mark.parametrize(("name", "language"), BY_SOURCE)
def test_a_lexicon_has_its_pairs_and_says_where_it_comes_from(
    publisher: Publisher, name: str, language: str
) -> None:
    [one] = download(source_named(name), [language], f"{publisher.url}/{name}")
    found = lexicon_of(one)
    licence, pairs = BY_SOURCE[name, language]
    assert (found.name, found.language) == (f"{name}-en-{language}", language)
    assert (found.licence, pairs_of(found)) == (licence, pairs)
    assert canonical_text(one, found).splitlines()[:5] == [
        f"# name: {name}-en-{language}",
        f"# language: {language}",
        f"# source: {one.kept.url}",
        f"# licence: {licence}",
        f"# date: {one.kept.date}",
    ]


def test_kaikki_is_fetched_once_for_all_languages(publisher: Publisher) -> None:
    german, croatian, chinese = get(publisher, "kaikki", "de", "hr", "zh")
    assert pairs_of(german) == [("dog", "Hund"), ("run", "laufen")]
    assert pairs_of(croatian) == [("dog", "pas")]  # the other is in another script
    assert pairs_of(chinese) == [("dog", "狗")]
    assert german.entries["run"][0].pos == "verb"
    assert len(publisher.asked) == 1
    publisher.files.clear()  # and what is in the cache needs no network
    assert pairs_of(get(publisher, "kaikki", "de")[0]) == pairs_of(german)


def test_what_wiktionary_joins_is_of_each_language(publisher: Publisher) -> None:
    alone = [pairs_of(get(publisher, "kaikki", tag)[0]) for tag in ("hr", "sr", "sh")]
    together = [pairs_of(one) for one in get(publisher, "kaikki", "hr", "sr", "sh")]
    assert together == alone
    assert all(together)


def test_kaikki_is_read_a_line_at_a_time(publisher: Publisher) -> None:
    many = ({"word": f"w{n}", "senses": [{"glosses": ["x" * 20_000]}]} for n in range(400))
    dog = {"word": "dog", "pos": "noun", "translations": [{"code": "de", "word": "Hund"}]}
    publisher.publish(EXTRACT, kaikki(*many, dog))
    get(publisher, "muse", "de")  # what is imported and cached is no matter
    tracemalloc.start()
    try:
        [found] = get(publisher, "kaikki", "de")
        assert tracemalloc.get_traced_memory()[1] < 3 << 20  # of 8 MB
    finally:
        tracemalloc.stop()
    assert pairs_of(found) == [("dog", "Hund")]


# --- what is missing or damaged -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "language", "words"),
    [
        ("muse", "yo", "muse has no lexicon for yo; it has .*, de"),
        ("gatitos", "de", "gatitos has no lexicon for de; `link lexicon download gatitos --list`"),
        ("gatitos", "wo", "has had a lexicon for wo, but it is not there; has it moved?"),
        ("kaikki", "yo", r"no lexicon for yo \(translations into 4 languages, most of them into"),
    ],
)
def test_a_language_that_is_missing_is_named(
    publisher: Publisher, name: str, language: str, words: str
) -> None:
    with pytest.raises(LexiconError, match=words):
        get(publisher, name, language)
    assert bool(publisher.asked) is (name != "muse")
    assert name != "kaikki" or left(name) >= {EXTRACT[8:]}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "names a file that is gone; --force fetches the catalogue"),
        ("file:///eng-deu.tar.xz", "is not the URL of a web server"),
    ],
)
def test_a_release_that_is_gone_or_nowhere_is_named(
    publisher: Publisher, url: str, words: str
) -> None:
    one = release("eng-deu", b"")
    publisher.files.pop(path_of(one))
    one["URL"] = url or one["URL"]
    publisher.publish("/freedict/freedict-database.json", catalogue(eng_deu=[one]))
    with pytest.raises(LexiconError, match=words):
        get(publisher, "freedict", "de")


def archived(publisher: Publisher, archive: bytes, suffix: str = "xz", **more: str) -> None:
    """FreeDict publishes an archive for German."""
    one = release("eng-deu", archive, **more)
    one["URL"] = one["URL"].replace(".tar.xz", f".tar.{suffix}")
    publisher.publish("/freedict/freedict-database.json", catalogue(eng_deu=[one]))
    publisher.publish(path_of(one), archive)


WHOLE = tar_xz({"eng-deu/eng-deu.tei": TEI * 50})


@pytest.mark.parametrize(
    "archive", [WHOLE[:-40], WHOLE[:100] + b"\0" * 8 + WHOLE[108:], b"no xz", tar_xz({})[:40]]
)
def test_a_damaged_archive_is_removed(publisher: Publisher, archive: bytes) -> None:
    archived(publisher, archive, checksum="")
    with pytest.raises(LexiconError, match=r"is truncated or damaged .* to fetch it again"):
        get(publisher, "freedict", "de")
    assert left("freedict") == CATALOGUE


def test_an_archive_that_is_not_as_published_is_removed(publisher: Publisher) -> None:
    archived(publisher, tar_xz({"eng-deu/eng-deu.tei": TEI}), checksum="0" * 128)
    with pytest.raises(LexiconError, match="the file is damaged: its checksum is not 0000"):
        get(publisher, "freedict", "de")
    assert left("freedict") == CATALOGUE


def test_nothing_but_the_dictionary_leaves_an_archive(publisher: Publisher, tmp_path: Path) -> None:
    archived(publisher, tar_xz({"../../evil.tei": TEI, "/tmp/evil.tei": b"<", "x.sh": b"rm"}))
    [found] = get(publisher, "freedict", "de")
    assert pairs_of(found) == [("dog", "Hund")]
    assert not list(tmp_path.rglob("*evil*"))
    assert not list(tmp_path.rglob("*.sh"))


def test_a_link_in_an_archive_is_no_dictionary(publisher: Publisher) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:xz") as tar:
        member = tarfile.TarInfo("eng-deu.tei")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    archived(publisher, file.getvalue())
    with pytest.raises(LexiconError, match="there is no dictionary"):
        get(publisher, "freedict", "de")


@pytest.mark.parametrize("suffix", ["gz", "bz2"])
def test_archives_may_be_compressed_otherwise(publisher: Publisher, suffix: str) -> None:
    archived(publisher, tar_xz({"eng-deu.tei": TEI}, mode=f"w:{suffix}"), suffix)
    assert pairs_of(get(publisher, "freedict", "de")[0]) == [("dog", "Hund")]


@pytest.mark.parametrize(
    ("module", "bound", "words"),
    [
        (files, "MOST_LINE_BYTES", "holds more than a Wiktionary could"),
        (files, "MOST_EXTRACT_BYTES", "holds more than a Wiktionary could"),
        (decode, "MOST_BYTES", "which no lexicon does"),
    ],
)
def test_what_has_no_end_is_refused(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, module: object, bound: str, words: str
) -> None:
    archived(publisher, tar_xz({"bomb.tei": b"\0" * 200_000}))
    monkeypatch.setattr(module, bound, 100)
    with pytest.raises(LexiconError, match=words):
        get(publisher, "freedict" if module is decode else "kaikki", "de")


@pytest.mark.parametrize(
    ("name", "path", "data", "words"),
    [
        ("kaikki", EXTRACT, kaikki()[:-20], "truncated or damaged"),
        ("kaikki", EXTRACT, kaikki()[:60] + bytes(4) + kaikki()[64:], "truncated or damaged"),
        ("kaikki", EXTRACT, b"no gzip at all", "truncated or damaged"),
        ("kaikki", EXTRACT, gzip.compress(b'{"a\n', mtime=0), "line 1: not JSON"),
        ("muse", "/muse/en-de.txt", b"\xff\xfe\x00 nonsense \xc3\x28" + b"\xff" * 50, ""),
        ("muse", "/muse/en-de.txt", MUSE[:3], "no line holds a pair"),
        ("apertium", DIX, b"<dictio", "not XML"),
    ],
)
def test_a_file_that_cannot_be_read_is_removed(
    publisher: Publisher, name: str, path: str, data: bytes, words: str
) -> None:
    publisher.publish(path, data)
    with pytest.raises(
        LexiconError, match=f"{words}.*run the same command again to fetch it again"
    ):
        get(publisher, name, "de")
    assert left(name) == set()


# --- what is no lexicon of the language -----------------------------------------------------------

SWAPPED = "thewa\tdog\nruka\thouse\nko\twater\nantü\tday\n"
OTHER_SCRIPT = "".join(f"{word}\tсобака\n" for word in ("cat", "cow", "hen")) + "dog\txaj\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SWAPPED, "arn: source and target seem swapped: 3 of the translations are common English"),
        (OTHER_SCRIPT, r"3 of 4 rows would be dropped \(translation is in another script .*: 3"),
    ],
)
def test_a_bad_file_fails_and_says_why_unless_it_is_allowed(
    publisher: Publisher, text: str, words: str
) -> None:
    publisher.publish("/gatitos/en_arn.tsv", text.encode())
    [one] = download(source_named("gatitos"), ["arn"], f"{publisher.url}/gatitos")
    with pytest.raises(LexiconError, match=words) as error:
        lexicon_of(one)
    assert "So nothing is written. Look at it with `link lexicon check " in str(error.value)
    assert "--allow-bad writes it anyway" in str(error.value)
    assert lexicon_of(one, allow_bad=True).entries


def test_an_extract_of_a_language_holds_its_entries_alone(publisher: Publisher) -> None:
    get(publisher, "kaikki", "de", "sw")
    lines = (downloads_folder(source_named("kaikki")) / "en-sw.jsonl").read_text().splitlines()
    assert [json.loads(line)["word"] for line in lines] == ["dog"]
