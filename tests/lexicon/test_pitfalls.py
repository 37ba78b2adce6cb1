"""Each numbered pitfall of real lexicons, from its example line: the sensible thing, counted."""

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
from link.lexicon.compile import is_one_word
from link.lexicon.formats.apertium import PATTERN
from link.lexicon.formats.parsed import (
    EMPTY,
    INCOMPLETE,
    OTHER_DIRECTION,
    PLACEHOLDER,
    REDIRECT,
)
from link.lexicon.hygiene import (
    DROPPED_CONTROL,
    DROPPED_HEADWORD,
    DROPPED_IDENTITY,
    DROPPED_MOST,
    DROPPED_SCRIPT,
    DROPPED_SENTENCE,
    MENDED_APOSTROPHE,
    MENDED_INVISIBLE,
    MENDED_MARKUP,
    MENDED_NFC,
    MERGED_DUPLICATE,
    PARTED,
    WARNED_HUB,
)
from link.lexicon.verdict import verdict
from link.stats.coverage import Coverage, coverage

Words = dict[str, list[str]]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled here does not go to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def load(folder: Path, data: str | bytes, name: str = "words", **options: Any) -> Lexicon:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Lexicon.load(path, **options)


def words_of(lexicon: Lexicon) -> Words:
    return {word: [one.text for one in every] for word, every in lexicon.entries.items()}


def counts(lexicon: Lexicon) -> dict[str, int]:
    return {reason: len(lines) for reason, lines in lexicon.report.remarks.items()}


def swapped(lexicon: Lexicon, text: str) -> str:
    return link.Substituter(lexicon, link.Policy(ratio=1.0, of="eligible", names="swap"))(text)


def test_1_identity_pairs_are_dropped_and_counted(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "grime grime\nali ali\nbank Bank\nbank banken\n")
    assert words_of(lexicon) == {"bank": ["Bank", "banken"]}
    assert counts(lexicon) == {DROPPED_IDENTITY: 2}
    assert lexicon.report.lines()[1].endswith("(lines 1, 2): grime → grime; ali → ali")


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
    with pytest.raises(LexiconError, match=rf"no pair is left of 2; {DROPPED_SCRIPT}: 2"):
        load(tmp_path, "the\tэтот\nand\tи\n", language="sw")


def test_4_a_translation_of_very_many_headwords_is_warned_of(tmp_path: Path) -> None:
    words = [f"word{'abcdefghij'[n % 10]}{'abcdefghij'[n // 10 % 10]}" for n in range(100)]
    lexicon = load(tmp_path, "".join(f"{word}\to nama\n" for word in words) + "dog\tntša\n")
    assert counts(lexicon) == {WARNED_HUB: 1}
    assert f"{WARNED_HUB}: 1: 100 headwords → o nama" in lexicon.report.lines()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the die\nas wie\n", {"the": ["die"], "as": ["wie"]}),
        ("the\tال\nas usual\tكالعادة\n", {"the": ["ال"], "as usual": ["كالعادة"]}),
        (
            "the वह\nand और\nyes हाँ\nare you married or single\tआप विवाहित हैं\n",
            {
                "the": ["वह"],
                "and": ["और"],
                "yes": ["हाँ"],
                "are you married or single": ["आप विवाहित हैं"],
            },
        ),
    ],
    ids=["spaces", "tabs", "mixed"],
)
def test_5_where_a_tab_is_present_no_space_parts_anything(
    tmp_path: Path, text: str, words: Words
) -> None:
    assert words_of(load(tmp_path, text)) == words


def test_6_a_line_without_a_second_column_is_dropped_and_named(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\ttrewa\n" * 3 + "tükuwküle\nwater\tko\n")
    assert lexicon.report.remarks[INCOMPLETE] == [4]
    assert words_of(lexicon) == {"dog": ["trewa"], "water": ["ko"]}


def test_7_line_endings_vanish_duplicates_merge_and_many_translations_are_few(
    tmp_path: Path,
) -> None:
    many = "".join(f"day\tदिन{n}\r\n" for n in range(45))
    lexicon = load(tmp_path, "day\tدن\r\nday\tدن\r\n" + many)
    assert words_of(lexicon)["day"][0] == "دن"
    assert len(lexicon.entries["day"]) == 8
    assert lexicon.entries["day"][0].weight == 2.0
    assert counts(lexicon) == {MERGED_DUPLICATE: 1, DROPPED_MOST: 38}


def test_8_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "\ufeffa\tein\ndog\tHund\n")
    assert words_of(lexicon) == {"a": ["ein"], "dog": ["Hund"]}


def test_9_a_dsl_is_gzip_of_utf_16_and_other_encodings_are_asked_for(tmp_path: Path) -> None:
    dsl = '#NAME "En-De"\r\n#CONTENTS_LANGUAGE "German"\r\ndog\r\n\t[m1][trn]Hund[/trn][/m]\r\n'
    lexicon = load(tmp_path, gzip.compress(dsl.encode("utf-16-le")), "x.dsl.dz")
    assert words_of(lexicon) == {"dog": ["Hund"]}
    iscii = b"dog\t\xb3\xdd\xc2\xda\xc2\xe8\n"
    with pytest.raises(LexiconError, match=r"words: line 1, byte 4: not UTF-8.*--encoding"):
        load(tmp_path, iscii)
    english = tmp_path / "eng.tab"
    english.write_text("00001740-n\teng:lemma\tapple tree\n", encoding="utf-8")
    latin = "00001740-n\tfra:lemma\tpommier franc\n00001740-n\tfra:lemma\tpêcher\n"
    (tmp_path / "fra.tab").write_bytes(latin.encode("latin-1"))
    with pytest.raises(LexiconError, match=r"fra\.tab: line 2, .*--encoding latin-1"):
        Lexicon.load(english, tmp_path / "fra.tab")
    wordnet = Lexicon.load(english, tmp_path / "fra.tab", encoding="latin-1")
    assert words_of(wordnet) == {"apple tree": ["pommier franc", "pêcher"]}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("aid\tayuda (verb)", {"aid": ["ayuda"]}),
        ("arrogant\tbanidosa (feminine)", {"arrogant": ["banidosa"]}),
        (
            "Aalborg {prop} (city in northern Denmark) :: Aalborg {n}, Ålborg {n}, "
            "Aalburg {n} [archaic spelling]",
            {"Aalborg": ["Aalborg", "Ålborg", "Aalburg"]},
        ),
        (
            "dog {n} (animal) :: कुत्ता {m} /kuttā/, कुत्ती {f} /kuttī/",
            {"dog": ["कुत्ता", "कुत्ती"]},
        ),
    ],
)
def test_10_annotations_are_taken_off_a_translation(
    tmp_path: Path, line: str, words: Words
) -> None:
    lexicon = load(tmp_path, line + "\n")
    assert words_of(lexicon) == words
    assert counts(lexicon)[MENDED_MARKUP] >= 1


def test_11_redirects_and_words_without_a_translation_are_dropped(tmp_path: Path) -> None:
    lexicon = load(
        tmp_path,
        "a {article} (an) SEE: an ::\nmaddah {n} (Arabic diacritic) ::\ndog {n} :: köpek\n",
    )
    assert words_of(lexicon) == {"dog": ["köpek"]}
    assert counts(lexicon) == {REDIRECT: 1, EMPTY: 1}


def test_12_a_comma_parts_the_translations_of_a_word_and_not_a_sentence(tmp_path: Path) -> None:
    variants = load(tmp_path, "Aachen\t亞琛, 亚琛 /Yàchēn/\ndog\t狗\n", language="zh")
    assert words_of(variants) == {"Aachen": ["亞琛", "亚琛"], "dog": ["狗"]}
    assert counts(variants) == {MENDED_MARKUP: 1, PARTED: 1}
    greeting = "hello how are you doing\tनमस्ते, आप कैसे हैं\ndog\tकुत्ता\n"
    assert words_of(load(tmp_path, greeting)) == {"dog": ["कुत्ता"]}
    assert counts(load(tmp_path, greeting)) == {DROPPED_SENTENCE: 1}
    kept = words_of(load(tmp_path, greeting, off=["sentences"]))
    assert kept["hello how are you doing"] == ["नमस्ते, आप कैसे हैं"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("#the\t#der", {"the": ["der"]}),
        ("york,\tยอร์ก", {"york": ["ยอร์ก"]}),
        ("yes}}\tنعم}}", {"yes": ["نعم"]}),
        ("หมา\tสุนัข", {}),
    ],
)
def test_13_junk_in_the_english_column_is_taken_off_or_dropped(
    tmp_path: Path, line: str, words: Words
) -> None:
    lexicon = load(tmp_path, f"{line}\ndog\tmbwa\n")
    assert words_of(lexicon) == {**words, "dog": ["mbwa"]}
    assert counts(lexicon) == {MENDED_MARKUP if words else DROPPED_HEADWORD: 1}


def test_13_a_column_that_is_mostly_not_english_is_a_bad_lexicon(tmp_path: Path) -> None:
    rows = "".join(f"หมา{chr(0xE01 + n)}\tสุนัข\n" for n in range(23))
    rows += "".join(f"dog{'abcdefghij'[n % 10]}{n // 10 * 'x'}\tสุนัข\n" for n in range(20))
    lexicon = load(tmp_path, rows, language="th")
    assert counts(lexicon)[DROPPED_HEADWORD] == 23
    assert verdict(lexicon, strict=False)[0] is False


def test_14_of_hundreds_of_translations_the_best_or_the_first_are_kept(tmp_path: Path) -> None:
    dogs = [chr(0x72AC + n) for n in range(289)]
    plain = load(tmp_path, "".join(f"dog\t{dog}\n" for dog in dogs), language="zh")
    assert words_of(plain) == {"dog": dogs[:8]}
    assert counts(plain) == {DROPPED_MOST: 281}
    weighted = "".join(f"dog\t{dog}\t{1 + n}\n" for n, dog in enumerate(dogs))
    assert words_of(load(tmp_path, weighted, language="zh")) == {"dog": dogs[-8:]}
    few = load(tmp_path, "bank\tकिनारा\nbank\tबैंक\n", most_translations=1)
    assert words_of(few) == {"bank": ["किनारा"]}


def test_15_capitals_stay_as_the_file_has_them_and_no_dot_is_added(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "bank banken\nEnglish englisch\n", language="de")
    assert words_of(lexicon) == {"bank": ["banken"], "English": ["englisch"]}
    turkish = load(tmp_path, "cancel\tİptal\ngood\tiyi\nDon't worry\tEndişelenme\n", language="tr")
    assert words_of(turkish)["Don't worry"] == ["Endişelenme"]
    text = swapped(turkish, "x cancel Cancel CANCEL good Good GOOD")
    assert text == "x İptal İptal İPTAL iyi İyi İYİ"
    assert "\u0307" not in text


def test_16_apostrophes_are_one_in_headwords(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "don't\tनहीं\nI don’t know\tपता नहीं\ndon’t\tमत\n")
    assert words_of(lexicon) == {"don't": ["नहीं", "मत"], "I don't know": ["पता नहीं"]}
    assert lexicon.report.remarks == {MENDED_APOSTROPHE: [2, 3]}
    assert swapped(lexicon, "x don’t").removeprefix("x ") in ("नहीं", "मत")


def test_17_invisible_characters_go_and_those_that_are_spelling_stay(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "abide\tपालन \u200b\u200bकरब\ndog\u200b\t\u2060कुकुर\n")
    assert words_of(lexicon) == {"abide": ["पालन करब"], "dog": ["कुकुर"]}
    assert lexicon.report.remarks == {MENDED_INVISIBLE: [1, 2]}
    for line, language in (
        ("meet\tসাক্ষাত্\u200dকাৰ", "as"),
        ("soothing\tالتیام\u200cبخش", "fa"),
    ):
        kept = load(tmp_path, line + "\n", language=language)
        assert words_of(kept) == {line.split("\t")[0]: [line.split("\t")[1]]}
        assert kept.report.remarks == {}


def test_17_a_file_in_another_normal_form_is_mended(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\tKo\u0308ter\ncafe\u0301\tKaffeehaus\n")
    assert words_of(lexicon) == {"dog": ["Köter"], "café": ["Kaffeehaus"]}
    assert lexicon.report.remarks == {MENDED_NFC: [1, 2]}


@pytest.mark.parametrize("word", ["हिन्दी", "कुत्ता", "ভাষা", "தமிழ்", "עִבְרִית", "cafe\u0301"])
def test_18_marks_belong_to_their_word(word: str) -> None:
    assert is_one_word(word)
    lexicon = Lexicon.from_pairs([(word, "Wort"), (word[0], "falsch"), (word[1], "falsch")])
    assert swapped(lexicon, f"x {word} x") == "x Wort x"


def test_18_a_translation_without_spaces_between_its_words_stays_whole(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "hindi\tहिन्दी\nthanks\tขอบคุณมากครับ\nsoon\t近いうちに\n")
    assert swapped(lexicon, "x hindi, thanks soon.") == "x हिन्दी, ขอบคุณมากครับ 近いうちに."


def test_19_both_scripts_of_a_language_are_kept(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "country\t國\ncountry\t国\nlove\t愛\n", language="zh")
    assert words_of(lexicon) == {"country": ["國", "国"], "love": ["愛"]}
    assert lexicon.report.remarks == {}
    serbian = load(tmp_path, "dog\tпас\ndog\tpas\n", language="sr")
    assert words_of(serbian) == {"dog": ["пас", "pas"]}


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
    assert words_of(lexicon) == {"entity": ["יישות"]}
    assert lexicon.language == "he"
    assert lexicon.report.remarks == {PLACEHOLDER: [1, 2]}


def test_21_apertiums_directions_blanks_groups_and_patterns(tmp_path: Path) -> None:
    lexicon = load(
        tmp_path,
        '<dictionary><section><e r="RL"><p><l>dog<s n="n"/></l><r>Köter<s n="n"/></r></p></e>'
        '<e><p><l>in<b/>spite<g><b/>of</g><s n="pr"/></l><r>trotz<s n="pr"/></r></p></e>'
        '<e><p><l>green</l><r>grün</r></p><par n="adj"/></e>'
        '<e><i>plus<s n="n"/></i></e><e><re>[0-9]+</re><i><s n="num"/></i></e>'
        "</section></dictionary>",
    )
    assert words_of(lexicon) == {"in spite of": ["trotz"], "green": ["grün"]}
    assert lexicon.entries["in spite of"][0].pos == "prep"
    assert counts(lexicon) == {OTHER_DIRECTION: 1, PATTERN: 1, DROPPED_IDENTITY: 1}
    assert lexicon.report.unit == "entry"


def test_22_tei_is_read_in_all_its_shapes_and_nothing_external_with_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("<entry><orth>x</orth><tr>secret</tr></entry>")
    shapes = (
        '<TEI xmlns="http://www.tei-c.org/ns/1.0"><entry><form><orth>dog</orth></form><sense>'
        '<cit type="trans"><quote>mbwa</quote></cit></sense></entry></TEI>',
        '<TEI xmlns="http://www.tei-c.org/ns/1.0"><entry><form><orth>dog</orth></form>'
        "<sense><def>mbwa</def></sense></entry></TEI>",
        f'<!DOCTYPE TEI.2 SYSTEM "{tmp_path}/secret"><TEI.2><entry><form><orth>dog</orth></form>'
        "<trans><tr>mbwa</tr></trans></entry></TEI.2>",
    )
    for text in shapes:
        assert words_of(load(tmp_path, text)) == {"dog": ["mbwa"]}
    for text in (
        '<TEI xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="secret"/></TEI>',
        f'<!DOCTYPE TEI [<!ENTITY x SYSTEM "{tmp_path}/secret">]><TEI>&x;</TEI>',
    ):
        with pytest.raises(LexiconError, match=r"words: .*(not followed|entities)"):
            load(tmp_path, text)


def test_23_sentences_are_no_entries(tmp_path: Path) -> None:
    lexicon = load(
        tmp_path,
        "colorless green ideas slept furiously yesterday\tfarblose grüne Ideen\n"
        "how are you?\twie geht es\nof course\tselbstverständlich\n"
        "colorless green ideas slept furiously\tfarblose grüne Ideen schliefen wütend ein.\n",
    )
    assert words_of(lexicon) == {"of course": ["selbstverständlich"]}
    assert lexicon.report.remarks == {DROPPED_SENTENCE: [1, 2, 4]}


class _Trap:
    """Unpickling this says so."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, ("raise SystemError('unpickled')",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_24_no_pickle_is_ever_loaded(tmp_path: Path, protocol: int, pack: Any) -> None:
    data = pickle.dumps({"dog": _Trap(), "cat": ["Katze"]}, protocol)
    with suppress(LexiconError):  # one of text alone may be taken for pairs
        load(tmp_path, pack(data))


def test_24_a_compressed_pickle_is_an_error_that_asks_for_text(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="words: is a pickle, which is never loaded"):
        load(tmp_path, lzma.compress(pickle.dumps(_Trap())))


def test_control_characters_are_dropped_and_counted(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\tHu\x00nd\ncat\tKa\x1btze\nhouse\tHaus\n")
    assert words_of(lexicon) == {"house": ["Haus"]}
    assert counts(lexicon) == {DROPPED_CONTROL: 2}
