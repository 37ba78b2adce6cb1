"""The pitfalls of real lexicons, each with its example line: the sensible thing, counted."""

import gzip
import json
import lzma
import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import link
from link.errors import LexiconError
from link.lexicon import Lexicon
from link.lexicon.clean import DROPPED_IDENTITY, DROPPED_MOST, MERGED_DUPLICATE, WARNED_HUB
from link.lexicon.compile import is_one_word
from link.lexicon.formats.apertium import PATTERN
from link.lexicon.formats.parsed import EMPTY, INCOMPLETE, OTHER_DIRECTION, PLACEHOLDER, REDIRECT
from link.lexicon.report import verdict
from link.lexicon.steps import (
    DROPPED_CONTROL,
    DROPPED_HEADWORD,
    DROPPED_SENTENCE,
    MENDED_APOSTROPHE,
    MENDED_INVISIBLE,
    MENDED_MARKUP,
    MENDED_NFC,
    PARTED,
)
from link.stats.coverage import Coverage, coverage
from tests.lexicon.samples import load, words_of

Words = dict[str, list[str]]
HUB = [f"word{a}{b}" for a in "abcdefghij" for b in "abcdefghij"]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled here does not go to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def swapped(lexicon: Lexicon, text: str) -> str:
    return link.Substituter(lexicon, link.Policy(ratio=1.0, of="eligible", names="swap"))(text)


# what it is: a file, its language, what is left of it, how many lines were mended or dropped
PITFALLS: dict[str, tuple[str, str, Words, dict[str, int]]] = {
    "1 identity": (
        "grime grime\nali ali\nbank Bank\nbank banken\n",
        "",
        {"bank": ["Bank", "banken"]},
        {DROPPED_IDENTITY: 2},
    ),
    "4 hub": (
        "".join(f"{word}\to nama\n" for word in HUB),
        "",
        {word: ["o nama"] for word in HUB},
        {WARNED_HUB: 1},
    ),
    "5 spaces": ("the die\nas wie\n", "", {"the": ["die"], "as": ["wie"]}, {}),
    "5 tabs": (
        "the वह\nand और\nyes हाँ\nare you married or single\tआप विवाहित हैं\n",
        "hi",
        {
            "the": ["वह"],
            "and": ["और"],
            "yes": ["हाँ"],
            "are you married or single": ["आप विवाहित हैं"],
        },
        {},
    ),
    "6 a missing column": (
        "dog\ttrewa\ntükuwküle\nwater\tko\n",
        "",
        {"dog": ["trewa"], "water": ["ko"]},
        {INCOMPLETE: 1},
    ),
    "7 line ends, duplicates": (
        "day\tदن\r\nday\tदن\r\n" + "".join(f"day\tदिन{n}\r\n" for n in range(45)),
        "hi",
        {"day": ["दن", *(f"दिन{n}" for n in range(7))]},
        {MERGED_DUPLICATE: 1, DROPPED_MOST: 38},
    ),
    "8 byte order mark": (
        "\ufeffa\tein\ndog\tHund\n",
        "de",
        {"a": ["ein"], "dog": ["Hund"]},
        {},
    ),
    "10 annotations": (
        "aid\tayuda (verb)\narrogant\tbanidosa (feminine)\n",
        "es",
        {"aid": ["ayuda"], "arrogant": ["banidosa"]},
        {MENDED_MARKUP: 2},
    ),
    "10 transliterations": (
        "dog {n} (animal) :: कुत्ता {m} /kuttā/, कुत्ती {f} /kuttī/\n",
        "hi",
        {"dog": ["कुत्ता", "कुत्ती"]},
        {MENDED_MARKUP: 2},
    ),
    "11 redirects, no translation": (
        "a {article} (an) SEE: an ::\nmaddah {n} (Arabic diacritic) ::\ndog {n} :: köpek\n",
        "tr",
        {"dog": ["köpek"]},
        {REDIRECT: 1, EMPTY: 1},
    ),
    "12 commas part": (
        "Aachen\t亞琛, 亚琛 /Yàchēn/\ndog\t狗\n",
        "zh",
        {"Aachen": ["亞琛", "亚琛"], "dog": ["狗"]},
        {MENDED_MARKUP: 1, PARTED: 1},
    ),
    "12 commas in a sentence": (
        "hello how are you doing\tनमस्ते, आप कैसे हैं\ndog\tकुत्ता\n",
        "hi",
        {"dog": ["कुत्ता"]},
        {DROPPED_SENTENCE: 1},
    ),
    "13 junk": (
        "#the\t#der\nyork,\tยอร์ก\nyes}}\tنعم}}\nหมา\tสุนัข\n",
        "",
        {"the": ["der"], "york": ["ยอร์ก"], "yes": ["نعم"]},
        {MENDED_MARKUP: 3, DROPPED_HEADWORD: 1},
    ),
    "14 explosion": (
        "".join(f"dog\t{chr(0x72AC + n)}\t{1 + n}\n" for n in range(289)),
        "zh",
        {"dog": [chr(0x72AC + n) for n in range(281, 289)]},
        {DROPPED_MOST: 281},
    ),
    "16 apostrophes": (
        "don't\tनहीं\nI don’t know\tपता नहीं\ndon’t\tमत\n",
        "hi",
        {"don't": ["नहीं", "मत"], "I don't know": ["पता नहीं"]},
        {MENDED_APOSTROPHE: 2},
    ),
    "17 invisible": (
        "abide\tपालन \u200b\u200bकरब\ndog\u200b\t\u2060कुकुर\n",
        "hi",
        {"abide": ["पालन करब"], "dog": ["कुकुर"]},
        {MENDED_INVISIBLE: 2},
    ),
    "17 joiners": ("soothing\tالتیام\u200cبخش\n", "fa", {"soothing": ["التیام\u200cبخش"]}, {}),
    "17 normal form": (
        "dog\tKo\u0308ter\ncafe\u0301\tKaffeehaus\n",
        "de",
        {"dog": ["Köter"], "café": ["Kaffeehaus"]},
        {MENDED_NFC: 2},
    ),
    "19 two scripts": (
        "country\t國\ncountry\t国\n",
        "zh",
        {"country": ["國", "国"]},
        {},
    ),
    "21 apertium": (
        '<dictionary><section><e r="RL"><p><l>dog<s n="n"/></l><r>Köter<s n="n"/></r></p></e>'
        '<e><p><l>in<b/>spite<g><b/>of</g><s n="pr"/></l><r>trotz<s n="pr"/></r></p></e>'
        '<e><p><l>green</l><r>grün</r></p><par n="adj"/></e>'
        '<e><i>plus<s n="n"/></i></e><e><re>[0-9]+</re><i><s n="num"/></i></e>'
        "</section></dictionary>",
        "de",
        {"in spite of": ["trotz"], "green": ["grün"]},
        {OTHER_DIRECTION: 1, PATTERN: 1, DROPPED_IDENTITY: 1},
    ),
    "23 sentences": (
        "colorless green ideas slept furiously yesterday\tfarblose grüne Ideen\n"
        "how are you?\twie geht es\nof course\tselbstverständlich\n",
        "de",
        {"of course": ["selbstverständlich"]},
        {DROPPED_SENTENCE: 2},
    ),
    "control characters": (
        "dog\tHu\x00nd\ncat\tKa\x1btze\nhouse\tHaus\n",
        "de",
        {"house": ["Haus"]},
        {DROPPED_CONTROL: 2},
    ),
}


@pytest.mark.parametrize(("text", "language", "words", "counts"), PITFALLS.values(), ids=PITFALLS)
def test_a_pitfall_is_met_and_counted(
    tmp_path: Path, text: str, language: str, words: Words, counts: dict[str, int]
) -> None:
    lexicon = load(tmp_path, text, language=language)
    assert words_of(lexicon) == words
    assert {why: len(lines) for why, lines in lexicon.report.remarks.items()} == counts


def test_2_how_much_of_a_corpus_a_lexicon_covers_is_told(tmp_path: Path) -> None:
    shard = tmp_path / "a.jsonl"
    shard.write_text(json.dumps({"text": "The dog saw the other dogs."}), encoding="utf-8")
    lexicon = load(tmp_path, "the\tder\ndog\tHund\n")
    assert coverage(lexicon, [str(shard)]) == Coverage(words=6, covered=3)
    assert Coverage(6, 3).share == 0.5
    assert Coverage(0, 0).share == 0.0


def test_3_a_file_of_another_language_is_not_taken_for_the_one_that_is_asked_for(
    tmp_path: Path,
) -> None:
    swedish = load(tmp_path, "the\tde\nand\toch\n", "sw2")
    assert swedish.language == ""  # a name such as this one says nothing
    assert "does not state its language" in verdict(swedish, strict=False)[1]
    assert not verdict(swedish, strict=True)[0]
    with pytest.raises(LexiconError, match=r"no pair is left of 2; dropped, .* script .*: 2"):
        load(tmp_path, "the\tэтот\nand\tи\n", language="sw")


def test_9_a_dsl_is_gzip_of_utf_16_and_other_encodings_are_asked_for(tmp_path: Path) -> None:
    dsl = '#NAME "En-De"\r\n#CONTENTS_LANGUAGE "German"\r\ndog\r\n\t[m1][trn]Hund[/trn][/m]\r\n'
    lexicon = load(tmp_path, gzip.compress(dsl.encode("utf-16-le")), "x.dsl.dz")
    assert (words_of(lexicon), lexicon.language) == ({"dog": ["Hund"]}, "de")
    english = tmp_path / "eng.tab"
    english.write_text("00001740-n\teng:lemma\tapple tree\n", encoding="utf-8")
    latin = "00001740-n\tfra:lemma\tpommier franc\n00001740-n\tfra:lemma\tpêcher\n"
    (tmp_path / "fra.tab").write_bytes(latin.encode("latin-1"))
    with pytest.raises(LexiconError, match=r"fra\.tab: line 2, .*--encoding latin-1"):
        Lexicon.load(english, tmp_path / "fra.tab")
    wordnet = Lexicon.load(english, tmp_path / "fra.tab", encoding="latin-1")
    assert words_of(wordnet) == {"apple tree": ["pommier franc", "pêcher"]}


def test_13_a_column_that_is_mostly_not_english_is_a_bad_lexicon(tmp_path: Path) -> None:
    rows = "".join(f"หมา{chr(0xE01 + n)}\tสุนัข\n" for n in range(23))
    rows += "".join(f"{word}\tสุนัข\n" for word in HUB[:20])
    lexicon = load(tmp_path, rows, language="th")
    assert len(lexicon.report.remarks[DROPPED_HEADWORD]) == 23
    assert verdict(lexicon, strict=False)[1].startswith("bad: 23 of 43 rows are dropped (headword")


def test_15_capitals_stay_as_the_file_has_them_and_no_dot_is_added(tmp_path: Path) -> None:
    turkish = load(tmp_path, "cancel\tİptal\ngood\tiyi\nbank\tbanken\n", language="tr")
    text = swapped(turkish, "x cancel Cancel CANCEL good Good GOOD bank")
    assert text == "x İptal İptal İPTAL iyi İyi İYİ banken"


@pytest.mark.parametrize("word", ["हिन्दी", "ভাষা", "தமிழ்", "עִבְרִית", "cafe\u0301"])
def test_18_marks_belong_to_their_word(word: str) -> None:
    assert is_one_word(word)
    lexicon = Lexicon.from_pairs([(word, "Wort"), (word[0], "falsch"), (word[1], "falsch")])
    assert swapped(lexicon, f"x {word} x") == "x Wort x"


def test_20_wordnets_placeholders_definitions_and_roots_are_no_words(tmp_path: Path) -> None:
    (tmp_path / "eng.tab").write_text(
        "00025034-v\teng:lemma\tnap\n00025035-v\teng:lemma\tdoze\n00001740-n\teng:lemma\tentity\n"
    )
    lexicon = load(
        tmp_path,
        "00025034-v\theb:lemma\tGAP!\n00025035-v\theb:lemma\tPSEUDOGAP!\n"
        "00001740-n\theb:def\t0\tמשהו\n00001740-n\theb:lemma:root\tיש\n"
        "00001740-n\theb:lemma\tיישות\n",
        second=tmp_path / "eng.tab",
    )
    assert (words_of(lexicon), lexicon.language) == ({"entity": ["יישות"]}, "he")
    assert lexicon.report.remarks == {PLACEHOLDER: [1, 2]}


class _Trap:
    """Unpickling this says so."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, ("raise SystemError('unpickled')",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_24_no_pickle_is_ever_loaded(tmp_path: Path, protocol: int) -> None:
    data = pickle.dumps({"dog": _Trap(), "cat": ["Katze"]}, protocol)
    for pack in (bytes, lzma.compress):
        with suppress(LexiconError):  # one of text alone may be taken for pairs
            load(tmp_path, pack(data))
    if protocol > 1:
        with pytest.raises(LexiconError, match="words: is a pickle, which is never loaded"):
            load(tmp_path, gzip.compress(data))
