"""Where each publisher has its files, and what comes out of them; damaged ones leave nothing."""

import gzip
import io
import json
import tarfile
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from link.errors import LexiconError
from link.lexicon import Lexicon
from link.lexicon import download as downloads
from link.lexicon.download import canonical_text, download, downloads_folder, lexicon_of
from link.lexicon.fetch import fetch
from link.lexicon.languages import language_tag, three_letters
from link.lexicon.sources import SOURCES, base_url, published, source_named
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


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """Everything is published, and the user's cache is empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving() as publisher:
        publisher.publish_all()
        yield publisher


def get(publisher: Publisher, name: str, *languages: str) -> list[Lexicon]:
    """The lexicons as they are after a download, read from their canonical text."""
    source = source_named(name)
    quick = partial(fetch, sleep=lambda _: None)
    return [
        lexicon_of(one) for one in download(source, languages, f"{publisher.url}/{name}", quick)
    ]


def pairs_of(lexicon: Lexicon) -> list[tuple[str, str]]:
    return [(word, one.text) for word, every in lexicon.entries.items() for one in every]


def left(name: str) -> set[str]:
    """What is kept of a source, but for locks."""
    folder = downloads_folder(source_named(name))
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


# --- where things are -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "language", "url"),
    [
        ("muse", "de", "https://dl.fbaipublicfiles.com/arrival/dictionaries/en-de.txt"),
        (
            "gatitos",
            "mni-Mtei",
            "https://raw.githubusercontent.com/google-research/url-nlp/HEAD/gatitos/en_mni-Mtei.tsv",
        ),
        (
            "kaikki",
            "sw",
            "https://kaikki.org/dictionary/English/kaikki.org-dictionary-English.jsonl.gz",
        ),
        (
            "apertium",
            "de",
            "https://raw.githubusercontent.com/apertium/apertium-eng-deu/HEAD/"
            "apertium-eng-deu.eng-deu.dix",
        ),
        (
            "apertium",
            "is",
            "https://raw.githubusercontent.com/apertium/apertium-isl-eng/HEAD/"
            "apertium-is-en.is-en.dix",
        ),
    ],
)
def test_where_the_file_of_a_language_is(name: str, language: str, url: str) -> None:
    source = source_named(name)
    assert published(source, language, source.base).url == url


@pytest.mark.parametrize(("language", "reverse"), [("de", False), ("pt", False), ("fr", True)])
def test_apertium_has_english_on_either_side(language: str, reverse: bool) -> None:
    source = source_named("apertium")
    assert published(source, language, source.base).reverse is reverse


def test_freedict_names_its_latest_release_of_the_sources() -> None:
    source = source_named("freedict")
    old = release("eng-deu", b"old", date="2019-01-01")
    new = release("eng-deu", b"new", date="2022-04-15")
    text = catalogue(eng_deu=[{**new, "platform": "slob"}, new, old], deu_eng=[old])
    found = published(source, "de", source.base, text)
    assert found.url == new["URL"]
    assert found.url.startswith("https://download.freedict.org/dictionaries/eng-deu/")
    assert (found.checksum, found.reverse) == (new["checksum"], False)


def test_freedict_is_read_in_reverse_where_there_is_nothing_from_english() -> None:
    source = source_named("freedict")
    text = catalogue(eng_swh=[], swh_eng=[release("swh-eng", b"")], eng_deu=[])
    assert published(source, "sw", source.base, text).reverse


def test_freedict_without_a_language_says_which_it_has() -> None:
    source = source_named("freedict")
    text = catalogue(eng_deu=[release("eng-deu", b"")], eng_fra=[release("eng-fra", b"")])
    with pytest.raises(LexiconError, match=r"for yo; from English it has deu, fra \("):
        published(source, "yo", source.base, text)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"\xff", b"[" * 100_000, b'[1, {"name": "eng-deu", "releases": 3}]']
)
def test_a_catalogue_that_is_none_is_an_error(text: bytes) -> None:
    source = source_named("freedict")
    with pytest.raises(LexiconError, match=r"freedict-database.json: the cat|no lexicon for de"):
        published(source, "de", source.base, text)


@pytest.mark.parametrize("name", ["../../x.tar.xz", "x.exe", "", "..", ".x.tar.xz"])
def test_a_catalogue_does_not_choose_where_files_are_kept(name: str) -> None:
    source = source_named("freedict")
    one = release("eng-deu", b"") | {"URL": f"https://download.freedict.org/a/{name}"}
    if name.startswith("../"):
        assert "/" not in published(source, "de", source.base, catalogue(eng_deu=[one])).name
        return
    with pytest.raises(LexiconError, match="is no tar archive"):
        published(source, "de", source.base, catalogue(eng_deu=[one]))


def test_each_source_knows_languages_that_are_language_tags() -> None:
    for source in SOURCES:
        assert [language_tag(one) for one in source.languages] == list(source.languages)


@pytest.mark.parametrize("text", ["", "d", "german", "de/../x", "de.", "-", "mni-", "de\n"])
def test_what_is_no_language_is_refused(text: str) -> None:
    with pytest.raises(LexiconError, match="is no language code"):
        language_tag(text)


@pytest.mark.parametrize("text", ["en", "eng", "en-GB"])
def test_english_is_refused(text: str) -> None:
    with pytest.raises(LexiconError, match="is English"):
        language_tag(text)


def test_languages_have_codes_of_two_and_of_three_letters() -> None:
    assert language_tag("swh") == language_tag("swa") == language_tag("SW") == "sw"
    assert (three_letters("zu"), three_letters("arn")) == ("zul", "arn")


@pytest.mark.parametrize("url", ["ftp://x/y", "file:///x", "x", "http://"])
def test_a_mirror_is_a_web_server(url: str) -> None:
    with pytest.raises(LexiconError, match="is no URL of a mirror"):
        base_url(SOURCES[0], url)
    assert base_url(SOURCES[0], "https://x.example/muse/") == "https://x.example/muse"
    assert base_url(SOURCES[0], "") == SOURCES[0].base


# --- what comes out of it -------------------------------------------------------------------------


def test_muse(publisher: Publisher) -> None:
    [found] = get(publisher, "muse", "de")
    assert (found.name, found.language, found.licence) == ("muse-en-de", "de", "CC BY-NC 4.0")
    assert pairs_of(found) == [
        ("dog", "hund"),
        ("dog", "köter"),
        ("house", "haus"),
        ("bank", "bank"),
        ("bank", "ufer"),
    ]


def test_gatitos(publisher: Publisher) -> None:
    [found] = get(publisher, "gatitos", "arn")
    assert (found.name, found.language, found.licence) == ("gatitos-en-arn", "arn", "CC BY 4.0")
    assert pairs_of(found) == [("dog", "thewa"), ("day", "antü"), ("Don't worry", "femkilnge")]


def test_gatitos_in_a_script_that_the_tag_names(publisher: Publisher) -> None:
    publisher.publish("/gatitos/en_bm-Nkoo.tsv", "dog\tߥߎߟߎ\n".encode())
    [found] = get(publisher, "gatitos", "bm-Nkoo")
    assert (found.name, found.language) == ("gatitos-en-bm-Nkoo", "bm")
    assert len(found.entries) == 1


def test_apertium_in_both_directions(publisher: Publisher) -> None:
    german, french = get(publisher, "apertium", "de", "fr")
    assert pairs_of(german) == [("dog", "Hund")]
    assert pairs_of(french) == [("dog", "chien")]
    assert german.licence == "GPL, see COPYING in https://github.com/apertium/apertium-eng-deu"


def test_freedict(publisher: Publisher) -> None:
    [found] = get(publisher, "freedict", "de")
    assert (found.name, found.language) == ("freedict-en-de", "de")
    assert found.licence == "GNU General Public License ver. 2.0"
    assert pairs_of(found) == [("dog", "Hund")]


def test_kaikki_is_fetched_once_for_all_languages(publisher: Publisher) -> None:
    german, swahili, croatian, chinese = get(publisher, "kaikki", "de", "sw", "hr", "zh")
    assert pairs_of(german) == [("dog", "Hund"), ("run", "laufen")]
    assert pairs_of(swahili) == [("dog", "mbwa")]
    assert pairs_of(croatian) == [("dog", "pas")]  # the other is in another script
    assert pairs_of(chinese) == [("dog", "狗")]
    assert german.entries["run"][0].pos == "verb"
    assert {one.licence for one in (german, swahili)} == {"CC BY-SA 4.0 and GFDL"}
    assert len(publisher.asked) == 1


def test_the_canonical_text_says_where_it_comes_from(publisher: Publisher) -> None:
    for name, language in (("kaikki", "de"), ("freedict", "de"), ("apertium", "fr")):
        source = source_named(name)
        [one] = download(source, [language], f"{publisher.url}/{name}")
        header = canonical_text(one, lexicon_of(one)).split("\ndog\t")[0].splitlines()
        assert header[:2] == [f"# name: {name}-en-{language}", f"# language: {language}"]
        assert header[2] == f"# source: {one.kept.url}"
        assert header[3].startswith("# licence: ")
        assert header[4] == f"# date: {one.kept.date}"
        assert sum(line.startswith("# source:") for line in header) == 1


def test_kaikki_is_read_a_line_at_a_time(publisher: Publisher) -> None:
    many = ({"word": f"w{n}", "senses": [{"glosses": ["x" * 1000]}]} for n in range(20_000))
    dog = {"word": "dog", "pos": "noun", "translations": [{"code": "de", "word": "Hund"}]}
    publisher.publish("/kaikki/kaikki.org-dictionary-English.jsonl.gz", kaikki(*many, dog))
    tracemalloc.start()
    try:
        [found] = get(publisher, "kaikki", "de")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20  # of more than 20 MB
    finally:
        tracemalloc.stop()
    assert pairs_of(found) == [("dog", "Hund")]


# --- what is missing or damaged -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["muse", "apertium"])
def test_a_language_that_is_known_to_be_missing_is_not_asked_for(
    publisher: Publisher, name: str
) -> None:
    with pytest.raises(LexiconError, match=f"{name} has no lexicon for yo; it has .*, de"):
        get(publisher, name, "de", "yo")
    assert publisher.asked == []


def test_a_language_that_is_missing_there_is_named(publisher: Publisher) -> None:
    with pytest.raises(LexiconError, match="gatitos has no lexicon for de; `link lexicon download"):
        get(publisher, "gatitos", "de")


def test_a_language_without_translations_is_named_and_the_extract_kept(
    publisher: Publisher,
) -> None:
    with pytest.raises(LexiconError, match=r"no lexicon for yo \(translations into 4 languages"):
        get(publisher, "kaikki", "yo")
    assert "kaikki.org-dictionary-English.jsonl.gz" in left("kaikki")
    assert "en-yo.jsonl" not in left("kaikki")


def test_a_catalogue_leads_to_web_servers_only(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "eng-deu.tar.xz").write_bytes(tar_xz({"eng-deu.tei": TEI}))
    one = release("eng-deu", b"") | {"URL": (tmp_path / "eng-deu.tar.xz").as_uri()}
    publisher.publish("/freedict/freedict-database.json", catalogue(eng_deu=[one]))
    with pytest.raises(LexiconError, match="is no URL of a web server"):
        get(publisher, "freedict", "de")


def test_a_language_that_has_moved_is_said_to_have(publisher: Publisher) -> None:
    with pytest.raises(LexiconError, match="has had a lexicon for wo, but it is not there"):
        get(publisher, "gatitos", "wo")


def test_a_release_that_is_gone_is_named(publisher: Publisher) -> None:
    one = release("eng-deu", b"")
    publisher.publish("/freedict/freedict-database.json", catalogue(eng_deu=[one]))
    publisher.files.pop(path_of(one))
    with pytest.raises(LexiconError, match="names a file that is gone; --force fetches the cata"):
        get(publisher, "freedict", "de")


@pytest.mark.parametrize(
    "data",
    [
        kaikki()[:-20],
        kaikki()[:60] + b"\0\0\0\0" + kaikki()[64:],
        b"no gzip at all",
        kaikki({"word": "dog"})[:-8],
    ],
)
def test_a_damaged_extract_is_removed(publisher: Publisher, data: bytes) -> None:
    publisher.publish("/kaikki/kaikki.org-dictionary-English.jsonl.gz", data)
    with pytest.raises(LexiconError, match=r"cut off or damaged .* to fetch it anew"):
        get(publisher, "kaikki", "de")
    assert left("kaikki") == set()


def test_an_extract_that_is_no_json_is_removed(publisher: Publisher) -> None:
    publisher.publish("/kaikki/kaikki.org-dictionary-English.jsonl.gz", gzip.compress(b'{"a\n'))
    with pytest.raises(LexiconError, match="line 1: no JSON"):
        get(publisher, "kaikki", "de")
    assert left("kaikki") == set()


@pytest.mark.parametrize("bound", ["MOST_LINE_BYTES", "MOST_EXTRACT_BYTES"])
def test_an_extract_without_end_is_refused(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(downloads, bound, 100)
    with pytest.raises(LexiconError, match="holds more than a Wiktionary could"):
        get(publisher, "kaikki", "de")


def archived(publisher: Publisher, archive: bytes, **more: str) -> None:
    """FreeDict publishes an archive for German."""
    one = release("eng-deu", archive, **more)
    publisher.publish("/freedict/freedict-database.json", catalogue(eng_deu=[one]))
    publisher.publish(path_of(one), archive)


def test_an_archive_that_is_not_as_published_is_removed(publisher: Publisher) -> None:
    archived(publisher, tar_xz({"eng-deu/eng-deu.tei": TEI}), checksum="0" * 128)
    with pytest.raises(LexiconError, match="the file is damaged: its checksum is not 0000"):
        get(publisher, "freedict", "de")
    assert left("freedict") == {"freedict-database.json", "freedict-database.json.json"}


WHOLE = tar_xz({"eng-deu/eng-deu.tei": TEI * 50})


@pytest.mark.parametrize(
    "archive", [WHOLE[:-40], WHOLE[:100] + b"\0" * 8 + WHOLE[108:], b"no xz", tar_xz({})[:40]]
)
def test_a_damaged_archive_is_removed(publisher: Publisher, archive: bytes) -> None:
    archived(publisher, archive, checksum="")
    with pytest.raises(LexiconError, match="the archive is cut off or damaged"):
        get(publisher, "freedict", "de")
    assert left("freedict") == {"freedict-database.json", "freedict-database.json.json"}


def test_nothing_but_the_dictionary_leaves_an_archive(publisher: Publisher, tmp_path: Path) -> None:
    archived(publisher, tar_xz({"../../evil.tei": TEI, "/tmp/evil.tei": b"<", "x.sh": b"rm"}))
    [found] = get(publisher, "freedict", "de")
    assert pairs_of(found) == [("dog", "Hund")]
    assert not list(tmp_path.rglob("*evil*"))
    assert not list(tmp_path.rglob("*.sh"))
    assert "en-de.tei" in left("freedict")


def test_a_link_in_an_archive_is_no_dictionary(publisher: Publisher) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:xz") as tar:
        member = tarfile.TarInfo("eng-deu.tei")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    archived(publisher, file.getvalue())
    with pytest.raises(LexiconError, match="there is no dictionary"):
        get(publisher, "freedict", "de")


def test_an_archive_without_end_is_refused(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    archived(publisher, tar_xz({"bomb.tei": b"\0" * 2_000_000}))
    monkeypatch.setattr(downloads, "MOST_ARCHIVE_BYTES", 1_000_000)
    with pytest.raises(LexiconError, match="holds more than 1,000,000 bytes"):
        get(publisher, "freedict", "de")


def test_archives_may_be_compressed_otherwise(publisher: Publisher) -> None:
    for suffix in ("gz", "bz2"):
        archive = tar_xz({"eng-deu.tei": TEI}, mode=f"w:{suffix}")
        one = release("eng-deu", archive)
        one["URL"] = one["URL"].replace(".tar.xz", f".tar.{suffix}")
        publisher.publish("/freedict/freedict-database.json", catalogue(eng_deu=[one]))
        publisher.publish(path_of(one), archive)
        quick = partial(fetch, force=True)
        base = f"{publisher.url}/freedict"
        [found] = download(source_named("freedict"), ["de"], base, quick)
        assert pairs_of(lexicon_of(found)) == [("dog", "Hund")]


@pytest.mark.parametrize(
    ("name", "path", "data"),
    [
        ("muse", "/muse/en-de.txt", b"\xff\xfe\x00 nonsense \xc3\x28" + b"\xff" * 50),
        ("muse", "/muse/en-de.txt", MUSE[:3]),
        ("apertium", "/apertium/apertium-eng-deu/HEAD/apertium-eng-deu.eng-deu.dix", b"<dictio"),
    ],
)
def test_a_file_that_cannot_be_read_is_removed(
    publisher: Publisher, name: str, path: str, data: bytes
) -> None:
    publisher.publish(path, data)
    with pytest.raises(LexiconError, match="run the same command again to fetch it anew"):
        get(publisher, name, "de")
    assert left(name) == set()


def test_what_is_in_the_cache_needs_no_network(tmp_path: Path, publisher: Publisher) -> None:
    before: Any = [pairs_of(one) for one in get(publisher, "kaikki", "de", "sw")]
    publisher.files.clear()
    assert [pairs_of(one) for one in get(publisher, "kaikki", "de", "sw")] == before
    lines = (downloads_folder(source_named("kaikki")) / "en-sw.jsonl").read_text().splitlines()
    assert [json.loads(line)["word"] for line in lines] == ["dog"]
