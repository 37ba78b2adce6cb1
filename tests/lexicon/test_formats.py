"""Each format is recognised by its content, read row by row, and harmless whatever it holds."""

import gzip
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.errors import LexiconError
from link.lexicon import Lexicon, decode, formats
from link.lexicon.formats import BY_NAME, FORMATS, format_of
from link.lexicon.formats.parsed import Parsed, Row
from tests.strategies import examples

Pair = tuple[str, str, str, str]  # source, target, part of speech, weight as it is written


def read(text: str, name: str | None = None) -> Parsed:
    return formats.read([text], ["words"], name)


def outcome(text: str, name: str | None = None) -> Parsed | str:
    """What a text gives: rows, or an error's words. Other exceptions are defects."""
    try:
        return read(text, name)
    except LexiconError as error:
        return str(error)


def is_harmless(given: Parsed | str) -> bool:
    """Whether it is an error that names the file, or some rows with words on both sides."""
    if isinstance(given, str):
        return "words" in given
    return bool(given.rows) and all(row.source and row.target for row in given.rows)


def plain(rows: list[Row]) -> list[Pair]:
    """The pairs that are taken from English, and of two scripts the first."""
    return [
        (row.source, row.target, row.pos, row.weight)
        for row in rows
        if row.only != "RL" and row.language != "zh-Hant"
    ]


def load(folder: Path, data: str | bytes, name: str = "words", **options: Any) -> Lexicon:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Lexicon.load(path, **options)


def pairs_of(lexicon: Lexicon) -> list[tuple[str, str]]:
    return [(word, one.text) for word, every in lexicon.entries.items() for one in every]


# --- one file -------------------------------------------------------------------------------------

TABS = "the\tder\nas usual\twie immer\nthe\tdie\n"
SPACES = "the die\nthe der\nbank banken\n"
GATITOS = "are you married or single\tआप विवाहित हैं\nday\tदिन\r\nI don’t know\tपता नहीं\n"
CANONICAL = "# name: en-de\n# language: de\ndog\tHund\t1\tnoun\ndog\tKöter\t0.2\tnoun\n"
CSV_COMMA = 'en,de,pos,score\ndog,Hund,noun,0.9\n"well, now",nun,adv,\n'
CSV_SEMICOLON = "source;target\ndog;Hund\nhouse;Haus\n"
CSV_BAR = "English|Swahili\r\ndog|mbwa\r\n"
CSV_WORD = 'translation,word\nHund,dog\n"say ""hi""",greet\n'
KAIKKI = "".join(
    json.dumps(entry, ensure_ascii=False) + "\n"
    for entry in (
        {
            "word": "dog",
            "pos": "noun",
            "lang_code": "en",
            "translations": [
                {"code": "de", "lang": "German", "word": "Hund", "sense": "animal", "tags": ["m"]},
                {"code": "sw", "lang": "Swahili", "word": "mbwa"},
                {"code": "de", "lang": "German", "note": "please add"},
            ],
        },
        {
            "word": "run",
            "pos": "verb",
            "lang_code": "en",
            "senses": [
                {"glosses": ["move fast"], "translations": [{"lang_code": "de", "word": "rennen"}]},
                {"glosses": ["flow"]},
            ],
        },
        {"word": "chien", "pos": "noun", "lang_code": "fr", "senses": [{"glosses": ["dog"]}]},
    )
)
BUCHMEIER = """\
# English :: Hindi dictionary extracted from http://en.wiktionary.org/
# License :: CC BY-SA 3.0
a {article} (an) SEE: an ::
dog {n} (animal) :: कुत्ता {m} /kuttā/, कुत्ती {f} /kuttī/
run {v} (to move (fast)) :: दौड़ना
maddah {n} (Arabic diacritic) ::
"""
DIX = """\
<?xml version="1.0" encoding="UTF-8"?>
<dictionary>
  <sdefs><sdef n="n" c="noun"/></sdefs>
  <section id="main" type="standard">
    <e><p><l>dog<s n="n"/></l><r>Hund<s n="n"/><s n="m"/></r></p></e>
    <e r="RL"><p><l>dog<s n="n"/></l><r>Köter<s n="n"/></r></p></e>
    <e r="LR"><p><l>hound<s n="n"/></l><r>Hund<s n="n"/></r></p></e>
    <e><p><l>in<b/>spite<g><b/>of</g><s n="pr"/></l><r>trotz<s n="pr"/></r></p></e>
    <e><i>plus<s n="n"/></i></e>
    <e><re>[0-9]+</re><p><l><s n="num"/></l><r><s n="num"/></r></p></e>
    <e><p><l><s n="cm"/></l><r><s n="cm"/></r></p></e>
  </section>
</dictionary>
"""
TEI_QUOTE = """\
<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><publicationStmt>
  <availability status="free"><p>GNU General Public <ref>License ver. 2.0</ref></p></availability>
</publicationStmt></fileDesc></teiHeader><text><body>
  <entry><form><orth>dog</orth><pron>dɔg</pron></form><gramGrp><pos>n</pos></gramGrp>
    <sense><cit type="trans"><quote>hond</quote><quote>reu</quote></cit></sense></entry>
  <entry><form><orth>draft</orth></form><!-- nothing yet --></entry>
</body></text></TEI>
"""
TEI_DEF = """\
<?xml-stylesheet type="text/css" href="freedict-dictionary.css"?>
<!--<!DOCTYPE TEI SYSTEM "freedict-P5.dtd">-->
<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body>
  <entry><form><orth>above</orth></form><gramGrp><pos>prep</pos></gramGrp>
    <sense><def>juu ya, zaidi (ya, kuliko)</def></sense></entry>
</body></text></TEI>
"""
TEI_P4 = """\
<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE TEI.2 PUBLIC "-//TEI P4//DTD Main" "http://www.tei-c.org/tei2.dtd">
<TEI.2><text><body><entry><form><orth>dog</orth></form><gramGrp><pos>n</pos></gramGrp>
<trans><tr>Hund</tr><tr>Köter</tr></trans></entry></body></text></TEI.2>
"""
CEDICT = """\
# CC-CEDICT
#! license=CC BY-SA 4.0
#! date=2024-01-01
便當 便当 [bian4 dang4] /convenient/bento; box lunch/
變成 变成 [bian4 cheng2] /to change into/
個 个 [ge4] /individual/CL:隻|只[zhi1]/variant of 箇|个[ge4]/
"""
DSL = """\
#NAME "English-German"
#INDEX_LANGUAGE "English"
#CONTENTS_LANGUAGE "German"

dog
hound
\t[m1][p]n[/p] [trn]Hund, Köter[/trn][/m]
\t[m2][ex]the dog barks - der Hund bellt[/ex][/m]
run
\t[m1]1) [trn][i]rennen[/i] [com](fast)[/com][/trn][/m]
\t[m1]2) laufen \\[schnell\\][/m]
"""
JSON_OBJECT = (
    '{"dog": "Hund", "house": ["Haus", "Gebäude"], "see": {"sehen": 3, "erblicken": 0.5}}\n'
)

# name of the format, text, rows, and how many lines or entries were dropped
ONE_FILE: dict[str, tuple[str, str, list[Pair], int]] = {
    "tabs": (
        "pairs",
        TABS,
        [("the", "der", "", ""), ("as usual", "wie immer", "", ""), ("the", "die", "", "")],
        0,
    ),
    "spaces": (
        "pairs",
        SPACES,
        [("the", "die", "", ""), ("the", "der", "", ""), ("bank", "banken", "", "")],
        0,
    ),
    "gatitos": (
        "pairs",
        GATITOS,
        [
            ("are you married or single", "आप विवाहित हैं", "", ""),
            ("day", "दिन", "", ""),
            ("I don’t know", "पता नहीं", "", ""),
        ],
        0,
    ),
    "canonical": (
        "canonical",
        CANONICAL,
        [("dog", "Hund", "noun", "1"), ("dog", "Köter", "noun", "0.2")],
        0,
    ),
    "csv-comma": (
        "csv",
        CSV_COMMA,
        [("dog", "Hund", "noun", "0.9"), ("well, now", "nun", "adv", "")],
        0,
    ),
    "csv-semicolon": (
        "csv",
        CSV_SEMICOLON,
        [("dog", "Hund", "", ""), ("house", "Haus", "", "")],
        0,
    ),
    "csv-bar": ("csv", CSV_BAR, [("dog", "mbwa", "", "")], 0),
    "csv-swapped": ("csv", CSV_WORD, [("dog", "Hund", "", ""), ("greet", 'say "hi"', "", "")], 0),
    "kaikki": (
        "kaikki",
        KAIKKI,
        [
            ("dog", "Hund", "noun", ""),
            ("dog", "mbwa", "noun", ""),
            ("run", "rennen", "verb", ""),
        ],
        1,
    ),
    "buchmeier": (
        "buchmeier",
        BUCHMEIER,
        [
            ("dog", "कुत्ता {m} /kuttā/", "noun", ""),
            ("dog", "कुत्ती {f} /kuttī/", "noun", ""),
            ("run", "दौड़ना", "verb", ""),
        ],
        2,
    ),
    "apertium": (
        "apertium",
        DIX,
        [
            ("dog", "Hund", "noun", ""),
            ("hound", "Hund", "noun", ""),
            ("in spite of", "trotz", "prep", ""),
            ("plus", "plus", "noun", ""),
        ],
        2,  # the one that holds only towards English is a row, and left to who asks
    ),
    "tei-quote": ("tei", TEI_QUOTE, [("dog", "hond", "noun", ""), ("dog", "reu", "noun", "")], 1),
    "tei-def": (
        "tei",
        TEI_DEF,
        [("above", "juu ya", "prep", ""), ("above", "zaidi (ya, kuliko)", "prep", "")],
        0,
    ),
    "cedict": (
        "cedict",
        CEDICT,
        [
            ("convenient", "便当", "", "1"),
            ("bento", "便当", "", "0.5"),
            ("box lunch", "便当", "", "0.5"),
            ("change into", "变成", "verb", "1"),
            ("individual", "个", "", "1"),
        ],
        2,
    ),
    "dsl": (
        "dsl",
        DSL,
        [
            ("dog", "Hund", "noun", ""),
            ("hound", "Hund", "noun", ""),
            ("dog", "Köter", "noun", ""),
            ("hound", "Köter", "noun", ""),
            ("run", "rennen", "", ""),
            ("run", "laufen [schnell]", "", ""),
        ],
        1,
    ),
    "tsv": (
        "csv",
        'en\tde\tpos\ndog\tHund\tnoun\nquote\t"Zitat"\t\n\tx\t\n',
        [("dog", "Hund", "noun", ""), ("quote", '"Zitat"', "", "")],
        1,
    ),
    "table": (
        "table",
        '{"word": "dog", "translation": ["Hund", "Köter"], "pos": "NOUN", "weight": 2}\n'
        '{"word": "hand", "translation": null, "pos": null}\n{"word": "cat", "other": 1}\n'
        '{"word": "see", "translation": ["sehen", null, "schauen"], "weight": [3, 9, 0.5]}\n',
        [
            ("dog", "Hund", "noun", "2"),
            ("dog", "Köter", "noun", "2"),
            ("see", "sehen", "", "3"),
            ("see", "schauen", "", "0.5"),
        ],
        2,
    ),
    "table-translation": (
        "table",
        '{"id": "0", "translation": {"en": "dog", "de": "Hund"}}\n'
        '{"id": "1", "translation": {"language": ["de", "en"], "translation": ["Katze", "cat"]}}\n',
        [("dog", "Hund", "", ""), ("cat", "Katze", "", "")],
        0,
    ),
    "json": (
        "json",
        JSON_OBJECT,
        [
            ("dog", "Hund", "", ""),
            ("house", "Haus", "", ""),
            ("house", "Gebäude", "", ""),
            ("see", "sehen", "", "3"),
            ("see", "erblicken", "", "0.5"),
        ],
        0,
    ),
}


@pytest.mark.parametrize(("name", "text", "rows", "dropped"), ONE_FILE.values(), ids=ONE_FILE)
def test_a_format_is_recognised_and_gives_its_rows(
    name: str, text: str, rows: list[Pair], dropped: int
) -> None:
    assert format_of([text]).name == name
    parsed = read(text)
    assert sorted(plain(parsed.rows)) == sorted(rows)
    assert sum(map(len, parsed.dropped.values())) == dropped


@pytest.mark.parametrize(("name", "text", "rows"), [one[:3] for one in ONE_FILE.values()])
@pytest.mark.parametrize("change", [str, lambda text: text.replace("\n", "\r\n"), str.rstrip])
def test_line_endings_change_no_row(name: str, text: str, rows: list[Pair], change: Any) -> None:
    changed = change(text.replace("\r\n", "\n"))
    assert format_of([changed]).name == name
    assert sorted(plain(read(changed).rows)) == sorted(rows)


@pytest.mark.parametrize(
    "subset", ["", " [\n<!ENTITY % TEI.XML 'INCLUDE'>\n<!ENTITY % TEI.dictionaries 'INCLUDE'>\n]"]
)
def test_a_tei_p4_file_with_a_document_type_is_read_without_its_dtd(subset: str) -> None:
    """What FreeDict's old files declare chooses parts of the DTD; no text refers to it."""
    text = TEI_P4.replace('tei2.dtd"', f'tei2.dtd"{subset}')
    assert format_of([text]).name == "tei"
    assert plain(read(text).rows) == [("dog", "Hund", "noun", ""), ("dog", "Köter", "noun", "")]


def test_rows_name_their_lines_or_entries() -> None:
    assert [row.line for row in read("\ndog\tHund\n\ncat\tKatze\n").rows] == [2, 4]
    assert [row.line for row in read(DIX).rows] == [1, 2, 3, 4, 5]
    assert read(DIX).unit == read(TEI_DEF).unit == read(JSON_OBJECT).unit == "entry"


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

OMW_ENGLISH = """\
# Wiktionary\teng\thttp://wiktionary.org/\tCC BY-SA
02084071-n\teng:lemma\tdog
02084071-n\teng:lemma\tdomestic_dog
10114209-n\teng:lemma\tdog
00025034-v\teng:lemma\tnap
"""
OMW_SLOVENE = """\
# sloWNet\tslv\thttp://lojze.lugos.si/\tCC BY SA 3.0
02084071-n\tslv:lemma\tpes
02084071-n\tslv:def\t0\tdomača žival
10114209-n\tslv:lemma\tpes
00025034-v\tslv:lemma\tGAP!
00025034-v\tslv:lemma:root\tdrem
99999999-n\tslv:lemma\tsirota
"""
SWADESH = ("I\nyou\tthou\nwe\nthis\n", "ich\ndu\nwir\n\n")


@pytest.mark.parametrize("order", [1, -1], ids=["english-first", "english-last"])
def test_two_wordnets_are_joined_on_synsets(tmp_path: Path, order: int) -> None:
    parsed = formats.read([OMW_ENGLISH, OMW_SLOVENE][::order], ["en", "sl"][::order])
    assert plain(parsed.rows) == [
        ("dog", "pes", "noun", "2"),
        ("domestic dog", "pes", "noun", "1"),
    ]
    assert parsed.about["language"] == "sl"
    assert {"CC BY-SA", "CC BY SA 3.0"} == set(parsed.about["licence"].split("; "))
    assert list(parsed.dropped.values()) == [[5]]


def test_two_swadesh_lists_are_joined_by_line() -> None:
    parsed = formats.read(SWADESH, ["en", "de"])
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


@pytest.mark.parametrize("name", BY_NAME)
def test_a_forced_format_that_a_file_is_not_of_is_an_error_that_names_the_file(name: str) -> None:
    with pytest.raises(LexiconError, match="words"):
        formats.read(["?\n"], ["words"], name)


def test_an_unknown_format_is_an_error_that_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"'xls' is no format; known are canonical, .*pairs"):
        load(tmp_path, TABS, format="xls")


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


# --- encodings ------------------------------------------------------------------------------------

WIDE = "dog\tсобака\nhouse\tдом\nold man\tстарик\nriver\tрека\n"
ENCODED = {
    "utf-8": (WIDE.encode(), None),
    "utf-8 with a mark": (WIDE.encode("utf-8-sig"), None),
    "utf-8 with a mark, named": (WIDE.encode("utf-8-sig"), "UTF-8"),
    "utf-16-le with a mark": ("\ufeff".encode("utf-16-le") + WIDE.encode("utf-16-le"), None),
    "utf-16-be with a mark": ("\ufeff".encode("utf-16-be") + WIDE.encode("utf-16-be"), None),
    "utf-16-le": (WIDE.encode("utf-16-le"), None),
    "utf-16-be": (WIDE.encode("utf-16-be"), None),
    "utf-16-le, named": (WIDE.encode("utf-16-le"), "utf-16-le"),
    "koi8-r, named": (WIDE.encode("koi8-r"), "koi8-r"),
    "gzip": (gzip.compress(WIDE.encode()), None),
    "gzip of utf-16-le": (gzip.compress(WIDE.encode("utf-16-le")), None),
}


@pytest.mark.parametrize(("data", "encoding"), ENCODED.values(), ids=ENCODED)
def test_a_text_is_read_in_any_of_these_encodings(
    tmp_path: Path, data: bytes, encoding: str | None
) -> None:
    lexicon = load(tmp_path, data, encoding=encoding, language="ru")
    assert pairs_of(lexicon) == [
        ("dog", "собака"),
        ("house", "дом"),
        ("old man", "старик"),
        ("river", "река"),
    ]
    assert lexicon.report.remarks == {}


@pytest.mark.parametrize("encoding", ["utf8", "UTF_8", "utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_text_however_its_encoding_is_spelled(
    tmp_path: Path, encoding: str
) -> None:
    data = b'\xef\xbb\xbf{"dog": "Hund"}'
    assert pairs_of(load(tmp_path, data, encoding=encoding)) == [("dog", "Hund")]


def test_latin_1_is_read_where_it_is_named(tmp_path: Path) -> None:
    data = "green\tgrün\n".encode("latin-1")
    assert pairs_of(load(tmp_path, data, encoding="latin-1")) == [("green", "grün")]
    with pytest.raises(LexiconError, match=r"words: line 1, byte 8: .*--encoding latin-1"):
        load(tmp_path, data)


def test_a_dictionary_of_lingvo_is_read_as_it_is_published(tmp_path: Path) -> None:
    data = gzip.compress(DSL.replace("\n", "\r\n").encode("utf-16-le"))
    lexicon = load(tmp_path, data, "en-de.dsl.dz")
    assert sorted(plain(read(DSL).rows)) == sorted(ONE_FILE["dsl"][2])
    assert [one.text for one in lexicon.entries["hound"]] == ["Hund", "Köter"]
    assert lexicon.language == "de"


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        (gzip.compress(WIDE.encode(), mtime=0)[:-9], None, "gzip data is cut off or damaged"),
        (gzip.compress(WIDE.encode(), mtime=0) + b"dog", None, "gzip data is cut off or damaged"),
        (b"\x28\xb5\x2f\xfd\x00", None, "Zstandard; decompress it first"),
        (WIDE.encode("utf-16-le")[:-1], None, "not UTF-16-LE .*--encoding"),
        (b"dog\tHund", "klingon", "'klingon' is no encoding; name one"),
        (b"dog\tHund", "hex", "'hex' is no encoding; name one"),
        (b"dog\tHund", "undefined", "encoding"),
    ],
)
def test_what_is_no_text_is_an_error_that_says_what_to_do(
    tmp_path: Path, data: bytes, encoding: str | None, words: str
) -> None:
    with pytest.raises(LexiconError, match=words):
        load(tmp_path, data, encoding=encoding)


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "_MOST_BYTES", 10_000)
    assert pairs_of(load(tmp_path, gzip.compress(b"dog\tHund\n"))) == [("dog", "Hund")]
    with pytest.raises(LexiconError, match="words"):
        load(tmp_path, gzip.compress(b"dog\tHund\n" * 10_000))


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("dog\ncat\n", None, r"source<tab>target.*--from"),
        ("# name: x\ndog\n", None, r"source<tab>target"),
        ("a,b\nx,y\n", "csv", r"line 1 .*header"),
        ("en,de\n,\n", None, r"below the header"),
        ('en,de\ndog,Hund\n"cat,Katze\n', None, r"line 3"),
        (KAIKKI + '{"word": \n', None, r"line 4: no JSON"),
        ('{"dog": "Hund"', None, r"no JSON"),
        ('["dog", "Hund"]', "json", r"one JSON object"),
        ("# a :: b\na {article} SEE: an ::\n", None, r":: translation"),
        (DIX[:400], None, r"line \d+, column \d+: no XML"),
        (TEI_QUOTE[:500], None, r"line \d+, column \d+: no XML"),
        ("<dictionary><e/></dictionary>", None, r"bilingual dictionary\?"),
        ("<TEI><text/></TEI>", None, r"a word and a translation"),
        ('#NAME "x"\ndog\n', None, r"translation"),
        (OMW_SLOVENE, None, r"name two of them"),
        ("I\nyou\n", "swadesh", r"name two"),
    ],
)
def test_an_error_names_the_file_and_what_is_wrong(text: str, name: str | None, words: str) -> None:
    with pytest.raises(LexiconError, match=rf"(?s)^words: .*{words}"):
        read(text, name)


@pytest.mark.parametrize(
    ("texts", "name", "words"),
    [
        ((OMW_SLOVENE, OMW_SLOVENE), None, r"one and two: .*English \(eng:lemma\)"),
        ((OMW_ENGLISH, OMW_ENGLISH), None, r"one and two: .*English \(eng:lemma\)"),
        ((OMW_ENGLISH, OMW_SLOVENE.replace("0", "5")), None, r"one and two: .*no synset in common"),
        (("I\nyou\n", "ich\n"), None, r"one has 2 lines and two has 1"),
        (("\n", "\n"), None, r"one and two: no line holds words on both sides"),
        ((TABS, TABS), "pairs", r"two: a lexicon of .* is one file"),
        ((TABS, TABS, TABS), None, r"3 files make no lexicon"),
    ],
)
def test_two_files_that_do_not_belong_together_are_an_error(
    texts: tuple[str, ...], name: str | None, words: str
) -> None:
    with pytest.raises(LexiconError, match=words):
        formats.read(texts, ["one", "two", "three"][: len(texts)], name)


# --- XML that means harm --------------------------------------------------------------------------

BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol" * 100}">' for n in range(10))
HARMFUL = {
    "billion laughs": (f"<!DOCTYPE TEI [{BOMB}]>", "&e9;"),
    "quadratic": (f'<!DOCTYPE TEI [<!ENTITY a "{"x" * 10_000}">]>', "&a;" * 1_000),
    "external file": ('<!DOCTYPE TEI [<!ENTITY x SYSTEM "SECRET">]>', "&x;"),
    "external parameter": ('<!DOCTYPE TEI [<!ENTITY % x SYSTEM "SECRET"> %x;]>', "Hund"),
    "undefined": ("", "H&uuml;tte"),
    "undefined beside a DTD": ('<!DOCTYPE TEI SYSTEM "SECRET">', "H&uuml;tte"),
}


@pytest.mark.parametrize("name", ["tei", "apertium"])
@pytest.mark.parametrize(("prolog", "word"), HARMFUL.values(), ids=HARMFUL)
def test_xml_that_refers_to_entities_is_refused_and_no_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, prolog: str, word: str
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("swordfish", encoding="utf-8")
    body = {
        "tei": f"<TEI><entry><orth>dog</orth><tr>{word}</tr></entry></TEI>",
        "apertium": f"<dictionary><e><p><l>dog</l><r>{word}</r></p></e></dictionary>",
    }[name]
    text = prolog.replace("SECRET", secret.as_uri()) + body
    opened: list[object] = []
    monkeypatch.setattr("builtins.open", lambda *args, **_: opened.append(args))
    with pytest.raises(LexiconError, match="words: ") as error:
        read(text, name)
    assert "swordfish" not in str(error.value)
    assert opened == []


def test_a_dtd_that_is_only_named_is_neither_read_nor_an_error(tmp_path: Path) -> None:
    prolog = f'<!DOCTYPE TEI.2 SYSTEM "{(tmp_path / "missing.dtd").as_uri()}">'
    body = "<TEI.2><entry><orth>dog</orth><tr>Hund</tr></entry></TEI.2>"
    assert plain(read(prolog + body).rows) == [("dog", "Hund", "", "")]


def test_a_dictionary_of_inclusions_names_the_files_to_name(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<entry><orth>dog</orth><tr>Hund</tr></entry>")
    text = (
        '<TEI xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="a.xml"/>'
        '<xi:include href="letters/b.xml"/></TEI>'
    )
    with pytest.raises(LexiconError, match=r"words: .*a\.xml.*name those files"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "<dictionary><e><i>" + "<g>" * 5_000 + "x" + "</g>" * 5_000 + "</i></e></dictionary>",
        "<TEI>" + "<entry>" * 5_000 + "</entry>" * 5_000 + "</TEI>",
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"word":"a","pos":' + "[" * 5_000 + "]" * 5_000 + "}",
        "{" * 100 + "[" * 100_000,
        "dog {n} :: " + "(" * 2_000 + ")" * 2_000,
    ],
    ids=["g", "entries", "objects", "arrays", "open", "brackets"],
)
def test_what_is_nested_very_deep_is_rows_or_an_error(text: str) -> None:
    assert is_harmless(outcome(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a" + " " * 20_000 + "[ :: x\n", "buchmeier"),
        ("a" + " {" * 20_000 + " :: x\n", "buchmeier"),
        ("a :: " + "/" * 20_000 + "\n", "buchmeier"),
        ('#NAME "x"\ndog\n\t' + "[ex]" * 2_000 + "Hund\n", "dsl"),
        ("犬 犬 [a1] " + "/" * 20_000 + "x\n", "cedict"),
    ],
)
def test_no_line_keeps_a_reader_busy_for_ever(text: str, name: str) -> None:
    def give_up(*_: object) -> None:
        raise TimeoutError

    handler = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        assert is_harmless(outcome(text, name))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)


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


def test_a_gloss_that_begins_like_a_reference_is_a_gloss() -> None:
    text = "種子 种子 [zhong3 zi5] /seed/\n訪 访 [fang3] /seek/see 訪問|访问[fang3 wen4]/\n"
    assert plain(read(text).rows) == [("seed", "种子", "", "1"), ("seek", "访", "", "1")]


def test_traditional_characters_are_given_where_they_are_asked_for(tmp_path: Path) -> None:
    assert pairs_of(load(tmp_path, CEDICT, language="zh-Hant"))[0] == ("convenient", "便當")
    assert pairs_of(load(tmp_path, CEDICT, language="zh"))[0] == ("convenient", "便当")


def test_labels_in_a_dsl_translation_are_no_part_of_it() -> None:
    text = '#NAME "x"\ndog\n\t[m1][trn][p]n[/p] Hund [ex]der Hund bellt[/ex][/trn][/m]\n'
    assert plain(read(text).rows) == [("dog", "Hund", "noun", "")]


def test_words_with_slashes_are_parted_at_commas_too() -> None:
    parsed = read("he {pron} :: er/sie, der/die\n")
    assert [row.target for row in parsed.rows] == ["er/sie", "der/die"]


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


# --- anything -------------------------------------------------------------------------------------

_TEXTS = [*(one[1] for one in ONE_FILE.values()), TEI_P4, OMW_ENGLISH, OMW_SLOVENE, *SWADESH]
_PIECES = st.sampled_from(
    r"""dog Hund 犬 , ; | :: / # { } [ ] ( ) " ' : \ <TEI> <e> </e> <entry> <i> <b/> <!-- --> &amp;
    &x; <? ]]> {"word": "translations": "senses": null 1e999 -1 "\ud800" [trn] [/trn] [ex] [p]
    #NAME eng:lemma slv:lemma 00001740-n GAP! SEE: <dictionary> en word""".split()
) | st.sampled_from(
    (
        *("\t", "\n", "\r", " ", "\0", "\ufeff", "\u200d", "e\u0301", "\x85"),
        *("# name: x\n", "en,de\n", "[a1] /x/", "犬 狗 ", "<!DOCTYPE x ["),
    )
)


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Something else in the midst of a file that is a lexicon, or pieces alone."""
    inserted = "".join(draw(st.lists(_PIECES | st.text(max_size=3), max_size=8)))
    text = draw(st.sampled_from(_TEXTS) | st.just(""))
    start = draw(st.integers(0, len(text)))
    end = draw(st.sampled_from((start, min(len(text), start + 5), len(text))))
    return text[:start] + inserted + text[end:]


@examples(250)
@given(_texts())
@example("a\rb,c\nd,e\n")
@example('{"word":1,"pos":1,"senses":1}')
def test_any_text_is_rows_or_an_error_in_every_format(text: str) -> None:
    for name in (None, *BY_NAME):
        assert is_harmless(outcome(text, name)), name


@examples(200)
@given(_texts(), _texts())
@example(OMW_ENGLISH, OMW_SLOVENE)
@example("", "")
def test_any_two_texts_are_rows_or_an_error_in_every_format(one: str, two: str) -> None:
    for name in (None, *BY_NAME):
        try:
            assert isinstance(formats.read([one, two], ["one", "two"], name), Parsed)
        except LexiconError:
            continue


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


_BYTES = (
    st.binary(max_size=40)
    | _texts().map(lambda text: text.encode("utf-8", "replace"))
    | _texts().map(lambda text: text.encode("utf-16", "replace"))
    | _texts().map(lambda text: gzip.compress(text.encode("utf-8", "replace"), 1))
)


@examples(300)
@given(
    _BYTES,
    st.sampled_from((None, *BY_NAME)),
    st.sampled_from(("", "de", "zh", "slv")),
    st.booleans(),
    st.sets(st.sampled_from(("markup", "invisible", "headwords", "scripts", "identity"))),
)
@example(b'{"word":"dog","pos":1,"translations":[1]}', None, "de", False, set())
@example(b'{"\\ud800":"Hund"}', None, "de", False, set())
@example(b'{"a\\tb":"c"}', None, "", False, {"markup", "invisible", "headwords"})
def test_any_bytes_are_a_lexicon_or_a_clear_error(
    folder: Path, data: bytes, name: str | None, language: str, reverse: bool, off: set[str]
) -> None:
    try:
        lexicon = load(folder, data, format=name, language=language, reverse=reverse, off=off)
    except LexiconError:
        return
    text = lexicon.canonical_text()
    if "identity" not in off:  # of a canonical file such pairs are always dropped
        again = load(folder, text, "again", format="canonical", language=language)
        assert again.entries == lexicon.entries


def test_every_format_but_the_joined_ones_has_an_example() -> None:
    joined = {format_.name for format_ in FORMATS if format_.files == 2}
    assert {one[0] for one in ONE_FILE.values()} | joined == set(BY_NAME)
