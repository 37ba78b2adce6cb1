"""Each format is recognised by its content and read row by row."""

import json
from pathlib import Path
from typing import Any

import pytest

from link.errors import LexiconError
from link.lexicon.formats import BY_NAME, format_of
from tests.lexicon.samples import (
    BUCHMEIER,
    CANONICAL,
    CEDICT,
    KAIKKI,
    OMW_ENGLISH,
    OMW_SLOVENE,
    ONE_FILE,
    SWADESH,
    TABS,
    TEI_P4,
    TEI_QUOTE,
    Pair,
    is_harmless,
    load,
    outcome,
    pairs_of,
    plain,
    read,
    read_texts,
)

# --- one file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "text", "rows", "dropped"), ONE_FILE.values(), ids=ONE_FILE)
def test_a_format_is_recognised_and_gives_its_rows(
    name: str, text: str, rows: list[Pair], dropped: int
) -> None:
    assert format_of([text]).name == name
    parsed = read(text)
    assert sorted(plain(parsed.rows)) == sorted(rows)
    assert sum(map(len, parsed.dropped.values())) == dropped


@pytest.mark.parametrize(
    "subset", ["", " [\n<!ENTITY % TEI.XML 'INCLUDE'>\n<!ENTITY % TEI.dictionaries 'INCLUDE'>\n]"]
)
def test_a_tei_p4_file_with_a_document_type_is_read_without_its_dtd(subset: str) -> None:
    """What FreeDict's old files declare chooses parts of the DTD; no text refers to it."""
    text = TEI_P4.replace('tei2.dtd"', f'tei2.dtd"{subset}')
    assert format_of([text]).name == "tei"
    assert plain(read(text).rows) == [("dog", "Hund", "noun", ""), ("dog", "Köter", "noun", "")]


def test_an_extract_of_many_languages_gives_the_one_that_is_asked_for(tmp_path: Path) -> None:
    german = load(tmp_path, KAIKKI, language="de")
    assert pairs_of(german) == [("dog", "Hund"), ("run", "rennen")]
    assert (german.language, german.entries["run"][0].pos) == ("de", "verb")
    assert pairs_of(load(tmp_path, KAIKKI, language="sw")) == [("dog", "mbwa")]
    with pytest.raises(LexiconError, match=r"holds 2 languages.*--lang: de, sw"):
        load(tmp_path, KAIKKI)


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (CANONICAL + "# licence: MIT\n", "MIT"),
        ("# license: MIT\ndog\tHund\n", "MIT"),
        ("# license: MIT\ndog\tHund\ncat\tKatze\n", "MIT"),
        ("# license: MIT\ndog hund\ncat katze\n", "MIT"),
        (BUCHMEIER, "CC BY-SA 3.0"),
        (TEI_QUOTE, "GNU General Public License ver. 2.0"),
        (CEDICT, "CC BY-SA 4.0"),
        (TABS, "not stated"),
    ],
)
def test_what_a_file_says_of_its_licence_is_the_lexicons(
    tmp_path: Path, text: str, licence: str
) -> None:
    lexicon = load(tmp_path, text)
    assert lexicon.licence == licence
    if licence != "not stated":
        assert licence in lexicon.canonical_text()


# --- two files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1], ids=["english-first", "english-last"])
def test_two_wordnets_are_joined_on_synsets(tmp_path: Path, order: int) -> None:
    parsed = read_texts([OMW_ENGLISH, OMW_SLOVENE][::order], ["en", "sl"][::order])
    assert plain(parsed.rows) == [
        ("dog", "pes", "noun", "2"),
        ("domestic dog", "pes", "noun", "1"),
    ]
    assert parsed.about["language"] == "slv"
    assert {"CC BY-SA", "CC BY SA 3.0"} == set(parsed.about["licence"].split("; "))
    assert list(parsed.dropped.values()) == [[5]]


def test_two_swadesh_lists_are_joined_by_line() -> None:
    parsed = read_texts(SWADESH, ["en", "de"])
    assert plain(parsed.rows) == [
        ("I", "ich", "", ""),
        ("you", "du", "", ""),
        ("thou", "du", "", ""),
        ("we", "wir", "", ""),
    ]
    assert list(parsed.dropped.values()) == [[4]]


# --- what the user says ---------------------------------------------------------------------------


def test_a_format_may_be_forced(tmp_path: Path) -> None:
    text = "source,target\ndog,Hund\n"
    assert format_of([text], "pairs") is BY_NAME["pairs"]
    assert pairs_of(load(tmp_path, "dog\tHund\n", format="canonical")) == [("dog", "Hund")]
    with pytest.raises(LexiconError, match=r"words: .*no CSV|words: .*header"):
        load(tmp_path, "dog\tHund\n", format="csv")


def test_a_file_from_the_other_language_may_be_reversed(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "Hund\tdog\nKöter\tdog\n", reverse=True, language="de")
    assert pairs_of(lexicon) == [("dog", "Hund"), ("dog", "Köter")]
    assert lexicon.language == "de"


def test_a_reversed_apertium_dictionary_keeps_what_holds_towards_the_other_language(
    tmp_path: Path,
) -> None:
    entries = (
        "<e><p><l>Hund</l><r>dog</r></p></e>"
        '<e r="RL"><p><l>Köter</l><r>mutt</r></p></e>'
        '<e r="LR"><p><l>Rüde</l><r>dog</r></p></e>'
    )
    lexicon = load(tmp_path, f"<dictionary>{entries}</dictionary>", reverse=True, language="de")
    assert pairs_of(lexicon) == [("dog", "Hund"), ("mutt", "Köter")]


# --- details of some formats ----------------------------------------------------------------------


def test_apertiums_paradigms_are_no_words() -> None:
    pardefs = '<pardefs><pardef n="y"><e><p><l>y</l><r>ie</r></p></e></pardef></pardefs>'
    section = "<section><e><p><l>dog</l><r>Hund</r></p></e></section>"
    parsed = read(f"<dictionary>{pardefs}{section}</dictionary>")
    assert plain(parsed.rows) == [("dog", "Hund", "", "")]


def test_a_translated_example_in_tei_is_no_translation_of_the_word() -> None:
    example_ = (
        '<cit type="example"><quote>the dog barks</quote>'
        '<cit type="trans"><quote>der Hund bellt</quote></cit></cit>'
    )
    sense = f'<sense><cit type="trans"><quote>Hund</quote></cit>{example_}</sense>'
    parsed = read(f"<TEI><entry><form><orth>dog</orth></form>{sense}</entry></TEI>")
    assert plain(parsed.rows) == [("dog", "Hund", "", "")]


def test_traditional_characters_are_given_where_they_are_asked_for(tmp_path: Path) -> None:
    assert pairs_of(load(tmp_path, CEDICT, language="zh-Hant"))[0] == ("convenient", "便當")
    assert pairs_of(load(tmp_path, CEDICT, language="zh"))[0] == ("convenient", "便当")


@pytest.mark.parametrize("first", ["a\rb,c", "en\rx,de", '"en,de', "en,de\0"])
def test_a_first_line_that_is_no_csv_is_no_trap(first: str) -> None:
    assert is_harmless(outcome(f"{first}\ndog\tHund\n"))


@pytest.mark.parametrize(
    "entry",
    [
        {"word": "dog", "pos": "noun", "translations": 5},
        {"word": "dog", "pos": "noun", "translations": ["Hund"]},
        {"word": "dog", "pos": "noun", "translations": {"de": "Hund"}},
        {"word": "dog", "pos": "noun", "senses": 5},
        {"word": "dog", "pos": "noun", "senses": {"x": 1}},
        {"word": "dog", "pos": ["noun"], "translations": [{"code": 5, "word": "Hund"}]},
        {"word": "dog", "pos": "noun", "translations": [{"code": "de", "word": ["Hund"]}]},
        {"word": ["dog"], "pos": "noun"},
        {"word": None, "pos": None},
    ],
)
def test_an_entry_of_another_shape_is_counted(entry: dict[str, Any]) -> None:
    good = {"word": "cat", "pos": "noun", "translations": [{"code": "de", "word": "Katze"}]}
    parsed = read(f"{json.dumps(entry)}\n{json.dumps(good)}\n")
    assert plain(parsed.rows) == [("cat", "Katze", "noun", "")]
    assert list(parsed.dropped.values()) == [[1]]


@pytest.mark.parametrize("word", ["\ud800", "dog\ud800", "a\tb", "a\nb", "a\rb"])
@pytest.mark.parametrize("off", [(), ("markup", "invisible", "headwords")])
def test_what_json_can_spell_and_a_line_cannot_is_no_entry(
    tmp_path: Path, word: str, off: tuple[str, ...]
) -> None:
    data = json.dumps({word: "Wort", "cat": "Katze", "dog": f"Hund {word}"})
    lexicon = load(tmp_path, data, off=off)
    again = load(tmp_path, lexicon.canonical_text(), "again", format="canonical")
    assert again.entries == lexicon.entries
    assert ("cat", "Katze") in pairs_of(lexicon)
