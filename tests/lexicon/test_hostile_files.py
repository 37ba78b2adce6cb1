"""A lexicon is read or refused whatever its bytes: encodings, errors, harmful XML, anything."""

import gzip
import signal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.errors import LexiconError
from link.lexicon.formats import BY_NAME
from tests.lexicon.samples import (
    CLDR_ENGLISH,
    CLDR_GERMAN,
    DIX,
    KAIKKI,
    OMW_ENGLISH,
    OMW_SLOVENE,
    ONE_FILE,
    PANLEXIA_GERMAN,
    SWADESH,
    TABS,
    TEI_P4,
    TEI_QUOTE,
    is_harmless,
    load,
    outcome,
    pairs_of,
    read,
    read_texts,
)
from tests.strategies import examples

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


def test_latin_1_is_read_where_it_is_named(tmp_path: Path) -> None:
    data = "green\tgrün\n".encode("latin-1")
    assert pairs_of(load(tmp_path, data, encoding="latin-1")) == [("green", "grün")]
    with pytest.raises(LexiconError, match=r"words: line 1, byte 8: .*--encoding latin-1"):
        load(tmp_path, data)


@pytest.mark.parametrize(
    ("data", "encoding", "words"),
    [
        (gzip.compress(WIDE.encode(), mtime=0)[:-9], None, "gzip data is truncated or damaged"),
        (gzip.compress(WIDE.encode(), mtime=0) + b"dog", None, "gzip data is truncated or damaged"),
        (b"\x28\xb5\x2f\xfd\x00", None, "Zstandard data is truncated or damaged"),
        (WIDE.encode("utf-16-le")[:-1], None, "not UTF-16-LE .*--encoding"),
        (b"dog\tHund", "klingon", "'klingon' is not an encoding; name one"),
        (b"dog\tHund", "hex", "'hex' is not an encoding; name one"),
        (b"dog\tHund", "undefined", "encoding"),
    ],
)
def test_what_is_no_text_is_an_error_that_says_what_to_do(
    tmp_path: Path, data: bytes, encoding: str | None, words: str
) -> None:
    with pytest.raises(LexiconError, match=words):
        load(tmp_path, data, encoding=encoding)


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("dog\ncat\n", None, r"source<tab>target.*--from"),
        ("# name: x\ndog\n", None, r"source<tab>target"),
        ("a,b\nx,y\n", "csv", r"line 1 .*header"),
        ("en,de\n,\n", None, r"below the header"),
        ('en,de\ndog,Hund\n"cat,Katze\n', None, r"line 3"),
        (KAIKKI + '{"word": \n', None, r"line 4: not JSON"),
        ('{"dog": "Hund"', None, r"not JSON"),
        ('["dog", "Hund"]', "json", r"one JSON object"),
        ("# a :: b\na {article} SEE: an ::\n", None, r":: translation"),
        (DIX[:400], None, r"line \d+, column \d+: damaged, or not XML"),
        (TEI_QUOTE[:500], None, r"line \d+, column \d+: damaged, or not XML"),
        ("<dictionary><e/></dictionary>", None, r"bilingual dictionary\?"),
        ("<TEI><text/></TEI>", None, r"a word and a translation"),
        ('#NAME "x"\ndog\n', None, r"translation"),
        (OMW_SLOVENE, None, r"comes in two files; name both"),
        (CLDR_GERMAN, None, r"comes in two files; name both"),
        ("dog\tA\tB\n", "dictd", r"two files, NAME.index and NAME.dict.dz"),
        ("00databaseutf8\tA\tB\n", None, r"two files, NAME.index and NAME.dict.dz"),
        ('{"dc:conformsTo": "http://cldf.clld.org/v1.0/terms.rdf#Wordlist"}', None, r"the folder"),
        ("a,b\nc,d\n", "concepts", r"line 1 is not a header that names columns of concepts"),
        ("meaning,lang,text\n1,de,Hund\n", None, r"no row is English"),
        ("meaning,lang,text\n1,en,dog\n2,de,Hund\n", None, r"no concept has words of English"),
        ('meaning,lang,text\n1,en,"dog\n', None, r"line 2: unexpected end"),
        ("I\nyou\n", "swadesh", r"name both"),
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
        ((CLDR_GERMAN, CLDR_GERMAN), None, r"one and two: one must be English"),
        ((CLDR_ENGLISH, CLDR_GERMAN.replace("cp=", "at=")), None, r"one and two: .*no character"),
        ((CLDR_ENGLISH, CLDR_GERMAN[:-9]), None, r"two: line \d+, column \d+: damaged, or not XML"),
        ((PANLEXIA_GERMAN, "id\tword\n"), None, r"one and two: no concept"),
        ((TABS, TABS), "pairs", r"two: a lexicon of .* is one file"),
    ],
)
def test_two_files_that_do_not_belong_together_are_an_error(
    texts: tuple[str, ...], name: str | None, words: str
) -> None:
    with pytest.raises(LexiconError, match=words):
        read_texts(texts, ["one", "two", "three"][: len(texts)], name)


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


# --- anything -------------------------------------------------------------------------------------

_MORE = (CLDR_ENGLISH, CLDR_GERMAN, PANLEXIA_GERMAN)
_TEXTS = [
    *(one[1] for one in ONE_FILE.values()),
    TEI_P4,
    OMW_ENGLISH,
    OMW_SLOVENE,
    *SWADESH,
    *_MORE,
]
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


@examples(80)
@given(_texts())
@example("a\rb,c\nd,e\n")
@example('{"word":1,"pos":1,"senses":1}')
def test_any_text_is_rows_or_an_error_in_every_format(text: str) -> None:
    for name in (None, *BY_NAME):
        assert is_harmless(outcome(text, name)), name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


_BYTES = (
    st.binary(max_size=40)
    | _texts().map(lambda text: text.encode("utf-8", "replace"))
    | _texts().map(lambda text: text.encode("utf-16", "replace"))
    | _texts().map(lambda text: gzip.compress(text.encode("utf-8", "replace"), 1))
)


@examples(100)
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
