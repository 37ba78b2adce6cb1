"""A file of each format, what stands in it, and ways to read it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from link.errors import LexiconError
from link.lexicon import Lexicon, formats
from link.lexicon.formats.parsed import Parsed, Row
from link.lexicon.read import Request, read_parsed

Pair = tuple[str, str, str, str]  # source, target, part of speech, weight as it is written


def read_texts(texts: Sequence[str], paths: Sequence[str], name: str | None = None) -> Parsed:
    """The rows of the files that make a lexicon together."""
    return formats.format_of(texts, name).rows_of(texts, paths)


def read(text: str, name: str | None = None) -> Parsed:
    return read_texts([text], ["words"], name)


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


def lexicon_of(parsed: Parsed, *, is_canonical: bool = False, **request: Any) -> Lexicon:
    """The lexicon of some rows; `request`: as of `Lexicon.load`."""
    return Lexicon(**vars(read_parsed(parsed, "x", Request(**request), is_canonical=is_canonical)))


def words_of(lexicon: Lexicon) -> dict[str, list[str]]:
    return {word: [one.text for one in every] for word, every in lexicon.entries.items()}


def pairs_of(lexicon: Lexicon) -> list[tuple[str, str]]:
    return [(word, one.text) for word, every in lexicon.entries.items() for one in every]


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

TSV = 'en\tde\tpos\ndog\tHund\tnoun\nquote\t"Zitat"\t\n\tx\t\n'
TABLE = (
    '{"word": "dog", "translation": ["Hund", "Köter"], "pos": "NOUN", "weight": 2}\n'
    '{"word": "hand", "translation": null, "pos": null}\n{"word": "cat", "other": 1}\n'
    '{"word": "see", "translation": ["sehen", null, "schauen"], "weight": [3, 9, 0.5]}\n'
)
TABLE_TRANSLATION = (
    '{"id": "0", "translation": {"en": "dog", "de": "Hund"}}\n'
    '{"id": "1", "translation": {"language": ["de", "en"], "translation": ["Katze", "cat"]}}\n'
)
CONCEPTS = """\
meaning,language,text
7,deu-000,Hund
7,eng-000,dog
8,eng-000,dog
8,German,Hund
7,eng-000,hound
9,deu,Katze
9,deu,
"""


def _pairs(text: str) -> list[Pair]:
    """`source=target|part of speech|weight; …`"""
    found = [pair.split("=", 1) for pair in text.split("; ")]
    return [(source, *[*rest.split("|"), "", ""][:3]) for source, rest in found]  # type: ignore[misc]


# name of the format, text, rows, and how many lines or entries were dropped; of Apertium, the pair
# that holds only towards English is a row, and left to who asks
ONE_FILE: dict[str, tuple[str, str, list[Pair], int]] = {
    "tabs": ("pairs", TABS, _pairs("the=der; as usual=wie immer; the=die"), 0),
    "spaces": ("pairs", SPACES, _pairs("the=die; the=der; bank=banken"), 0),
    "gatitos": (
        "pairs",
        GATITOS,
        _pairs("are you married or single=आप विवाहित हैं; day=दिन; I don’t know=पता नहीं"),
        0,
    ),
    "canonical": ("canonical", CANONICAL, _pairs("dog=Hund|noun|1; dog=Köter|noun|0.2"), 0),
    "csv-comma": ("csv", CSV_COMMA, _pairs("dog=Hund|noun|0.9; well, now=nun|adv"), 0),
    "csv-semicolon": ("csv", CSV_SEMICOLON, _pairs("dog=Hund; house=Haus"), 0),
    "csv-bar": ("csv", CSV_BAR, _pairs("dog=mbwa"), 0),
    "csv-swapped": ("csv", CSV_WORD, _pairs('dog=Hund; greet=say "hi"'), 0),
    "kaikki": ("kaikki", KAIKKI, _pairs("dog=Hund|noun; dog=mbwa|noun; run=rennen|verb"), 1),
    "buchmeier": (
        "buchmeier",
        BUCHMEIER,
        _pairs("dog=कुत्ता {m} /kuttā/|noun; dog=कुत्ती {f} /kuttī/|noun; run=दौड़ना|verb"),
        2,
    ),
    "apertium": (
        "apertium",
        DIX,
        _pairs("dog=Hund|noun; hound=Hund|noun; in spite of=trotz|prep; plus=plus|noun"),
        2,
    ),
    "tei-quote": ("tei", TEI_QUOTE, _pairs("dog=hond|noun; dog=reu|noun"), 1),
    "tei-def": ("tei", TEI_DEF, _pairs("above=juu ya|prep; above=zaidi (ya, kuliko)|prep"), 0),
    "cedict": (
        "cedict",
        CEDICT,
        _pairs(
            "convenient=便当||1; bento=便当||0.5; box lunch=便当||0.5; change into=变成|verb|1; "
            "individual=个||1"
        ),
        2,
    ),
    "dsl": (
        "dsl",
        DSL,
        _pairs(
            "dog=Hund|noun; hound=Hund|noun; dog=Köter|noun; hound=Köter|noun; run=rennen; "
            "run=laufen [schnell]"
        ),
        1,
    ),
    "tsv": ("csv", TSV, _pairs('dog=Hund|noun; quote="Zitat"'), 1),
    "table": (
        "table",
        TABLE,
        _pairs("dog=Hund|noun|2; dog=Köter|noun|2; see=sehen||3; see=schauen||0.5"),
        2,
    ),
    "table-translation": ("table", TABLE_TRANSLATION, _pairs("dog=Hund; cat=Katze"), 0),
    "concepts": ("concepts", CONCEPTS, _pairs("dog=Hund||2; hound=Hund||1"), 2),
    "json": (
        "json",
        JSON_OBJECT,
        _pairs("dog=Hund; house=Haus; house=Gebäude; see=sehen||3; see=erblicken||0.5"),
        0,
    ),
}

CLDR_ENGLISH = """\
<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE ldml SYSTEM "../../common/dtd/ldml.dtd">
<ldml><identity><version number="$Revision$"/><language type="en"/></identity><annotations>
<annotation cp="🐕">animal | dog | pet</annotation><annotation cp="🐕" type="tts">dog</annotation>
<annotation cp="🐈">animal | cat | pet</annotation><annotation cp="🐈" type="tts">cat</annotation>
<annotation cp="🦌">animal</annotation><annotation cp="🦌" type="tts">deer</annotation>
</annotations></ldml>
"""
CLDR_GERMAN = """\
<?xml version="1.0" encoding="UTF-8" ?>
<ldml><identity><language type="de"/><territory type="AT"/></identity><annotations>
<annotation cp="🐕">Haustier | Tier</annotation><annotation cp="🐕" type="tts">Hund</annotation>
<annotation cp="🐈">Haustier | Tier</annotation><annotation cp="🐈" type="tts">Katze</annotation>
<annotation cp="🦌">Tier</annotation><annotation cp="🦌" type="tts">↑↑↑</annotation>
<annotation cp="🦊">Fuchs</annotation>
</annotations></ldml>
"""
PANLEXIA_ENGLISH = "id\tnum\tword\nAnimal:dog.N\t1\tdog\nMotion:run.V\t\trun\n"
PANLEXIA_GERMAN = (
    "id\tnum\tword\nAnimal:dog.N\t1\tHund\nAnimal:dog.N\t2\tKöter\nMotion:run.V\t\trennen\n"
)
CLDF = {
    "cldf-metadata.json": json.dumps(
        {
            "dc:conformsTo": "http://cldf.clld.org/v1.0/terms.rdf#Wordlist",
            "dc:license": "CC BY 4.0",
            "rdf:ID": "demo",
            "tables": [
                {
                    "url": "words.csv",
                    "dc:conformsTo": "http://cldf.clld.org/v1.0/terms.rdf#FormTable",
                    "tableSchema": {
                        "columns": [
                            {
                                "name": "Lexeme",
                                "propertyUrl": "http://cldf.clld.org/v1.0/terms.rdf#form",
                            }
                        ]
                    },
                },
            ],
        }
    ),
    "words.csv": """\
ID,Language_ID,Parameter_ID,Lexeme
1,G,1,Hund
2,S,1,zhim
3,T,1,ma³
4,G,2,Hand
5,G,2,Arm
6,S,3,
7,E,1,dog
8,T2,4,kay
""",
    "languages.csv": """\
ID,Name,Glottocode,ISO639P3code
G,German,stan1295,deu
S,Sui of Sandong,sand1270,
T,Tingpai,sand1271,
T2,Tangzhou,sand1271,
E,English,stan1293,eng
""",
    "parameters.csv": """\
ID,Name
1,the dog (animal)
2,hand/arm
3,fire
4,"TO BURN, TO LIGHT"
""",
}
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
