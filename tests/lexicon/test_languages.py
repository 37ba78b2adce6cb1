"""Languages: one table for codes, names, scripts and capitals, wherever a code comes from."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import link
from link.errors import LexiconError
from link.lexicon import Lexicon, Lexicons
from link.lexicon.download.sources import SOURCES
from link.lexicon.languages import known_tag, language_in, language_tag, scripts_of
from link.lexicon.report import verdict
from tests.helpers import ROOT
from tests.lexicon.samples import DIX, TEI_DEF, load, pairs_of

# --- codes ----------------------------------------------------------------------------------------


SPELLINGS = """
de=de,deu,ger,DE,Deu,deu_Latn,de-Latn nl=nl,nld,dut tr=tr,tur az=az,aze,azj zh=zh,zho,chi,cmn
zh-Hant=zh-Hant,zho_Hant,cmn-hant sw=sw,swa,swh,swh_Latn fa=fa,fas,per,pes fa-AF=fa-AF,prs,fa_af
ar=ar,ara,arb et=et,est,ekk lv=lv,lav,lvs ms=ms,msa,zsm ne=ne,nep,npi or=or,ori,ory he=he,heb,iw
id=id,ind,in tl=tl,tgl,fil sh=sh,hbs ro=ro,ron,rum,mo yue=yue,zh-yue nan=nan,zh-min-nan
mni-Mtei=mni-Mtei,mni_mtei
"""


@pytest.mark.parametrize("case", SPELLINGS.split())
def test_a_language_has_one_code_however_it_is_spelled(case: str) -> None:
    tag, spellings = case.split("=")
    assert {known_tag(each) for each in spellings.split(",")} == {tag}
    assert language_tag(tag) == tag


NEAREST = "xx=xh german=de Germn=de cz=cs jp=ja dk=da de.=de klingon=tlh und= mul= zxx= d= mni-="


@pytest.mark.parametrize("case", NEAREST.split())
def test_a_code_that_names_no_language_is_refused_with_the_nearest(case: str) -> None:
    text, near = case.split("=")
    with pytest.raises(LexiconError, match="is not a language code; ") as error:
        language_tag(text)
    assert f"did you mean {near}" in str(error.value) or not near


@pytest.mark.parametrize("text", ["en", "eng", "en-GB"])
def test_english_is_no_language_to_translate_into(text: str) -> None:
    with pytest.raises(LexiconError, match="is English; name the language to translate into"):
        language_tag(text)


# --- where codes come from ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        *(("en-rus", "ru"), ("en_kaa", "kaa"), ("eng-nld", "nl"), ("eng_Latn-deu_Latn", "de")),
        *(("en-to-de", "de"), ("en-to", "to"), ("en_zh-Hant", "zh-Hant"), ("en-pt-BR", "pt-BR")),
        *(("gatitos-en_mni-Mtei", "mni-Mtei"), ("my-en-sw", "sw"), ("muse.en_sw.clean", "sw")),
        *(("en-hi-enwiktionary", "hi"), ("wiktionary-en-german", "de"), ("english-swahili", "sw")),
        *(("en-xx", ""), ("en-us", ""), ("sw2", ""), ("men-de", ""), ("en-list", ""), ("eng", "")),
    ],
)
def test_a_files_name_may_name_its_language(name: str, tag: str) -> None:
    assert language_in(name) == tag


@pytest.mark.parametrize("asked", ["zh", "cmn", "zho", "zh-Hans", "zh-CN"])
def test_a_formats_own_codes_are_found_by_any_spelling(tmp_path: Path, asked: str) -> None:
    translations = [
        {"lang": "Chinese Mandarin", "lang_code": "cmn", "word": "狗"},
        {"lang": "Yiddish", "lang_code": "yi", "word": "הונט"},
        {"lang": "Cantonese", "lang_code": "yue", "word": "狗仔"},
    ]
    entry = {"word": "dog", "lang_code": "en", "pos": "noun", "translations": translations}
    lexicon = load(tmp_path, json.dumps(entry), language=asked)
    assert (lexicon.language, pairs_of(lexicon)) == ("zh", [("dog", "狗")])


def test_columns_may_be_named_by_any_spelling_and_by_names(tmp_path: Path) -> None:
    text = "eng_Latn,swh_Latn,German,ipa,tag,label,pinyin,num\ndog,mbwa,Hund,x,y,z,p,4\n"
    assert pairs_of(load(tmp_path, text, language="sw")) == [("dog", "mbwa")]
    assert pairs_of(load(tmp_path, text, language="deu")) == [("dog", "Hund")]
    with pytest.raises(LexiconError, match=r"holds 2 languages; name one with --lang: de, sw"):
        load(tmp_path, text)
    assert load(tmp_path, "English,Swahili\ndog,mbwa\n").language == "sw"


@pytest.mark.parametrize(
    "text",
    [
        '#NAME "x"\n#INDEX_LANGUAGE "English"\n#CONTENTS_LANGUAGE "Turkish"\ndog\n\tköpek\n',
        '#NAME "x"\n#INDEX_LANGUAGE "Turkish"\n#CONTENTS_LANGUAGE "English"\ndog\n\tköpek\n',
        "# English :: Turkish dictionary extracted from x\ndog {n} :: köpek\n",
    ],
)
def test_a_format_that_names_its_language_states_it(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).language == "tr"


def test_a_macro_language_stands_for_the_one_that_a_file_has(tmp_path: Path) -> None:
    assert pairs_of(load(tmp_path, "en,nb,sv\ndog,bikkje,hund\n", language="no"))[0][1] == "bikkje"
    with pytest.raises(LexiconError, match=r"no translations into no \(Norwegian\); it has nb, nn"):
        load(tmp_path, "en,nb,nn\ndog,bikkje,bikkja\n", language="no")
    both = "en,zh-Hans,zh-Hant\ncountry,国,國\n"
    assert pairs_of(load(tmp_path, both, language="zh-Hant")) == [("country", "國")]
    assert pairs_of(load(tmp_path, both, language="zh-TW")) == [("country", "國")]
    assert pairs_of(load(tmp_path, both, language="zh")) == [("country", "国")]
    with pytest.raises(LexiconError, match=r"no translations into pt \(Portuguese\); it has pt-BR"):
        load(tmp_path, "en,pt-BR,pt-PT\ntrain,trem,comboio\n", language="pt")


@pytest.mark.parametrize("stated", ["xx", "klingon", "german"])
def test_a_header_that_states_no_language_is_an_error(tmp_path: Path, stated: str) -> None:
    with pytest.raises(
        LexiconError, match=f"states its language, but '{stated}' is not a language"
    ):
        load(tmp_path, f"# language: {stated}\ndog\tHund\n")


def test_what_is_asked_for_may_say_more_than_the_header_states(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "# language: zh\n# licence: X\ndog\t狗\n", language="zh-Hant")
    assert lexicon.canonical_text() == "# licence: X\n# language: zh-Hant\ndog\t狗\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("# language: swh\ndog\tmbwa\n", "words"),
        (TEI_DEF, "eng-swh.tei"),
        (TEI_DEF.replace("<text>", "<title>English-Swahili Dictionary</title><text>"), "words"),
        (DIX, "apertium-en-sw.en-sw.dix"),
    ],
)
def test_another_language_than_the_one_that_a_file_states_is_an_error_that_names_both(
    tmp_path: Path, text: str, name: str
) -> None:
    assert load(tmp_path, text, name, language="sw").language == "sw"
    with pytest.raises(LexiconError, match=r"in sw \(Swahili\), but de \(German\) is asked for"):
        load(tmp_path, text, name, language="de")


@pytest.mark.parametrize(
    "text",
    [
        "# language: nl\ndog\tHund\n",
        "en,nl\ndog,Hund\n",
        "# English :: Dutch dictionary extracted from x\ndog {n} :: Hund\n",
        '{"word": "dog", "pos": "noun", "translations": [{"code": "nl", "word": "Hund"}]}\n',
    ],
    ids=["header", "column", "buchmeier", "kaikki"],
)
def test_the_language_that_a_file_states_is_overruled_on_request_alone(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(LexiconError, match=r"if the file is wrong about it, add --force-lang"):
        load(tmp_path, text, language="de")
    lexicon = load(tmp_path, text, language="deu", force_language=True)
    assert (lexicon.language, pairs_of(lexicon)) == ("de", [("dog", "Hund")])
    assert lexicon.report.lines()[1] == (
        "the language is de (German), as asked for, though the file states nl (Dutch)"
    )
    again = load(tmp_path, lexicon.canonical_text(), "again")
    assert (again.language, again.report.notes) == ("de", ())
    plain = load(tmp_path, text, language="nl", force_language=True)
    assert (plain.language, plain.report.notes) == ("nl", ())
    with pytest.raises(LexiconError, match="name one with --lang"):
        load(tmp_path, text, force_language=True)


def test_of_several_languages_none_is_overruled(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"no translations into fr \(French\); it has de, nl$"):
        load(tmp_path, "en,de,nl\ndog,Hund,hond\n", language="fr", force_language=True)


def test_a_header_keeps_script_and_country(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\tكتا\n", language="pa_arab")
    assert (lexicon.language, "# language: pa-Arab" in lexicon.comments) == ("pa", True)
    assert load(tmp_path, lexicon.canonical_text(), "again").comments == lexicon.comments


def test_a_lexicons_name_may_spell_its_language_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "lexicons" / "mine-en-zh.tsv").write_text("# language: zh\ndog\t狗\n", "utf-8")
    assert pairs_of(Lexicon.load("mine-en-cmn")) == [("dog", "狗")]
    assert Lexicon.load("en-deu").name == "en-de"
    with pytest.raises(LexiconError, match="'en-xx' is neither a file nor a known name"):
        Lexicon.load("en-xx")


def test_help_and_import_load_no_table_of_languages() -> None:
    code = "import sys, link, link.cli, link.cli.lexicon; print('langcodes' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == b"False"


# --- what depends on them -------------------------------------------------------------------------


def test_lexicons_of_one_language_are_one_however_their_codes_are_spelled(tmp_path: Path) -> None:
    codes = ("deu", "de", "ger", "de-AT")
    every = [
        load(tmp_path, f"# language: {code}\ndog\tHund{n}\n", f"{n}.tsv")
        for n, code in enumerate(codes)
    ]
    assert Lexicon.merged(every).language == "de"
    assert Lexicons.of(every).codes == ["de"]


@pytest.mark.parametrize(
    ("code", "word", "capital"),
    [
        *(("tur", "iyi", "İyi"), ("tr-TR", "iyi", "İyi"), ("aze", "it", "İt"), ("azj", "it", "İt")),
        *(("nld", "ijs", "IJs"), ("dut", "ijs", "IJs"), ("deu", "ijs", "Ijs")),
    ],
)
def test_capitals_are_those_of_the_language_however_its_code_is_spelled(
    tmp_path: Path, code: str, word: str, capital: str
) -> None:
    lexicon = load(tmp_path, f"good\t{word}\n", language=code)
    policy = link.Policy(ratio=1.0, of="eligible", names="swap")
    assert link.Substituter(lexicon, policy)("Good") == capital


# --- scripts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "scripts"),
    [
        *(("sr", {"CYRILLIC", "LATIN"}), ("sr-Latn", {"LATIN"}), ("sr-Cyrl", {"CYRILLIC"})),
        *(("ja", {"CJK", "HIRAGANA", "KATAKANA"}), ("ko", {"HANGUL", "CJK"})),
        *(("mni-Mtei", {"MEETEI"}), ("bm-Nkoo", {"NKO"}), ("iu", {"CANADIAN", "LATIN"})),
        *(("ru", {"CYRILLIC"}), ("de", {"LATIN"}), ("dv", {"THAANA"}), ("sat", {"OL"})),
    ],
)
def test_a_language_has_its_scripts_and_a_tag_may_name_one(tag: str, scripts: set[str]) -> None:
    found = scripts_of(tag)
    assert found is not None
    assert scripts <= found
    assert found == scripts or "-" not in tag


def test_the_script_of_an_unknown_language_is_read_off_the_file(tmp_path: Path) -> None:
    assert scripts_of("aii") is None
    lexicon = load(tmp_path, "dog\tܟܠܒܐ\nhouse\tܒܝܬܐ\nBambara\tBambara tili\n", "en_aii.tsv")
    assert len(pairs_of(lexicon)) == 3
    assert lexicon.report.remarks == {}
    assert lexicon.report.lines()[1] == (
        "the script of aii (Assyrian Neo-Aramaic) is not known, so no translation is dropped for "
        "its script; they are written in Syriac 67%, Latin 33%"
    )


def test_a_file_in_another_script_than_its_languages_is_an_error_that_says_so(
    tmp_path: Path,
) -> None:
    with pytest.raises(LexiconError, match=r"hi \(Hindi\) is written in Devanagari; .*--keep scr"):
        load(tmp_path, "dog\tHund\nhouse\tHaus\n", language="hi")


WORDS = {
    "Latn": ("mbwa", "nyumba", "maji"),
    "Cyrl": ("хьэ", "унэ", "псы"),
    "Arab": ("كلب", "بيت", "ماء"),
    "Deva": ("कुकुर", "घर", "पानी"),
    "Beng": ("কুকুৰ", "ঘৰ", "পানী"),
    "Syrc": ("ܟܠܒܐ", "ܒܝܬܐ", "ܡܝܐ"),
    "Nkoo": ("ߥߎߟߎ", "ߓߏ߲", "ߖߌ"),
    "Tibt": ("ཁྱི", "ཁང་པ", "ཆུ"),
    "Thaa": ("ކުއްތާ", "ގެ", "ފެން"),
    "Mtei": ("ꯍꯨꯏ", "ꯌꯨꯝ", "ꯏꯁꯤꯡ"),
    "Mymr": ("မႃ", "ႁိူၼ်း", "ၼမ်ႉ"),
    "Knda": ("ನಾಯಿ", "ಇಲ್ಲ್", "ನೀರ್"),
    "Ethi": ("ከልቢ", "ገዛ", "ማይ"),
    "Hant": ("狗", "屋", "水"),
    "Tfng": ("ⴰⵢⴷⵉ", "ⵜⵉⴳⵎⵎⵉ", "ⴰⵎⴰⵏ"),
    "Cans": ("ᕿᒻᒥᖅ", "ᐃᒡᓗ", "ᐃᒪᖅ"),
}
GATITOS = {
    "Cyrl": "ab ady av ba bua ce chm crh cv kaa kbd kv os sah tyv udm",
    "Arab": "aeb apc apd-SD ar-MA arz ayl bal bjn-Arab ckb fa-AF ks ms-Arab pa-Arab skr",
    "Deva": "awa bho brx doi gom hi hne ks-Deva mag mai mwr new sa",
    "Beng": "as ctg syl",
    "Syrc": "aii",
    "Nkoo": "bm-Nkoo",
    "Tibt": "bo dz",
    "Thaa": "dv",
    "Mtei": "mni-Mtei",
    "Mymr": "shn",
    "Knda": "tcy",
    "Ethi": "ti",
    "Hant": "yue",
    "Tfng": "ber",
    "Cans": "iu",
}
SCRIPT = {tag: script for script, tags in GATITOS.items() for tag in tags.split()}
TAGS = next(source.languages for source in SOURCES if source.name == "gatitos")


def test_every_language_of_gatitos_loads_whole_by_its_tag(tmp_path: Path) -> None:
    """Each in the script that GATITOS has it in, by the name that GATITOS gives the file."""
    assert set(SCRIPT) <= set(TAGS)
    for tag in TAGS:
        words = WORDS[SCRIPT.get(tag, "Latn")]
        text = "dog\t{}\nhouse\t{}\nwater\t{}\n".format(*words)
        lexicon = load(tmp_path, text, f"en_{tag}.tsv")
        assert lexicon.language == tag.partition("-")[0]
        assert len(pairs_of(lexicon)) == 3, tag
        assert lexicon.report.remarks == {}, tag
        assert verdict(lexicon, strict=False)[0]
