"""What is joined: the files of dictd, of CLDR, of CLDF, and tables on concepts."""

import gzip
import json
import string
from collections.abc import Sequence
from pathlib import Path

import pytest

from link.errors import LexiconError
from link.lexicon import Lexicon
from link.lexicon.formats import concepts, dictd
from link.lexicon.formats.parsed import Parsed
from tests.lexicon.samples import (
    CLDF,
    CLDR_ENGLISH,
    CLDR_GERMAN,
    CONCEPTS,
    PANLEXIA_ENGLISH,
    PANLEXIA_GERMAN,
    load,
    pairs_of,
    plain,
    read_texts,
)

# --- dictd ----------------------------------------------------------------------------------------

INFO = """\
English-Dutch FreeDict Dictionary

Availability:

    Copyright (C) 1999-2017 by various authors.
    Available under the terms of the GNU GPL.

Published at: http://freedict.org/
"""
ENTRIES = {
    "00databaseinfo": INFO,
    "00databaseshort": "English-Dutch FreeDict Dictionary\n",
    "above": "above /əbouv/\n\n",
    "dog": "dog /dɒg/ <n, sg>\n1. hond, reu\n2. mannetje (van de hond)\n   See also: {hound}\n",
    "dutch": "Dutch /dʌtʃ/ <adj>\n\nHollands\n",
    "zoölogy": "zoölogy\ndierkunde\n",
}
_DIGITS = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}+/"


def base64(number: int) -> str:
    return (base64(number // 64) if number > 63 else "") + _DIGITS[number % 64]


def dictionary(
    folder: Path, encoding: str = "utf-8", name: str = "freedict-eng-nld", *, is_packed: bool = True
) -> Path:
    """Write a dictionary of dictd; its index."""
    index, entries = "", b""
    for word, entry in ENTRIES.items():
        data = entry.encode(encoding, "replace")
        index += f"{word}\t{base64(len(entries))}\t{base64(len(data))}\n"
        entries += data
    packed = folder / f"{name}.dict{'.dz' * is_packed}"
    packed.write_bytes(gzip.compress(entries) if is_packed else entries)
    path = folder / f"{name}.index"
    path.write_text(index, encoding=encoding)
    return path


DUTCH = [
    ("dog", "hond"),
    ("dog", "reu"),
    ("dog", "mannetje"),
    ("Dutch", "Hollands"),
    ("zoölogy", "dierkunde"),
]


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_dictionary_of_dictd_is_read_by_either_of_its_files_and_by_both(
    tmp_path: Path, is_packed: bool
) -> None:
    index = dictionary(tmp_path, is_packed=is_packed)
    entries = index.with_suffix(".dict" + ".dz" * is_packed)
    for files in ((index,), (entries,), (index, entries), (entries, index)):
        lexicon = Lexicon.load(*files)
        assert pairs_of(lexicon) == DUTCH
        assert lexicon.language == "nl"
        assert lexicon.licence.endswith("Available under the terms of the GNU GPL.")
        assert {one.pos for one in lexicon.entries["dog"]} == {"noun"}


def test_a_dictionary_of_dictd_says_which_language_it_is_in(tmp_path: Path) -> None:
    assert Lexicon.load(dictionary(tmp_path, name="words")).language == "nl"


def test_a_dictionary_of_dictd_may_be_reversed_and_in_another_encoding(tmp_path: Path) -> None:
    index = dictionary(tmp_path, "latin-1")
    with pytest.raises(LexiconError, match=r"line 6, byte \d+: not UTF-8.*--encoding"):
        Lexicon.load(index)
    assert ("dierkunde", "zoölogy") in pairs_of(
        Lexicon.load(index, encoding="latin-1", reverse=True)
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("cat\tA\n", r"line 7: no `headword<tab>offset<tab>length`"),
        ("cat\tA\t_\n", r"line 7: no `headword"),
        ("cat\tBAAA\tB\n", r"line 7: points at bytes 262,144 to 262,145, but .*\.dict\.dz has \d+"),
        ("cat\tA\tCA\n" * 1_000, r"line \d+: its entries overlap"),
    ],
)
def test_an_index_that_is_none_is_an_error(tmp_path: Path, line: str, words: str) -> None:
    index = dictionary(tmp_path)
    with index.open("a") as file:
        file.write(line)
    with pytest.raises(LexiconError, match=rf"freedict-eng-nld\.index: {words}"):
        Lexicon.load(index)


def test_entries_that_are_cut_off_or_missing_are_an_error(tmp_path: Path) -> None:
    index = dictionary(tmp_path)
    packed = index.with_suffix(".dict.dz")
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(LexiconError, match="gzip data is truncated or damaged"):
        Lexicon.load(index)
    for file, other in ((packed, index), (index, packed)):
        dictionary(tmp_path)
        file.unlink()
        with pytest.raises(LexiconError, match=r"two files, NAME\.index and NAME\.dict\.dz"):
            Lexicon.load(other)


@pytest.mark.parametrize("first", ["dog" + " " * 200_000 + "x", "a <" * 50_000, "a /" * 50_000])
def test_no_entry_keeps_the_reader_busy_for_ever(first: str) -> None:
    entry = f"{first}\n{'A ' * 100_000}\nHund\n".encode()
    index = f"dog\tA\t{base64(len(entry))}\n".encode()
    parsed = dictd.read_files([("x.index", index), ("x.dict", entry)], None)
    assert parsed.rows[-1][1:3] == ("dog", "Hund")


# --- CLDR -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1])
def test_annotations_are_joined_on_characters_and_names_weigh_most(order: int) -> None:
    parsed = read_texts([CLDR_ENGLISH, CLDR_GERMAN][::order], ["en.xml", "de.xml"][::order])
    assert plain(parsed.rows) == [
        ("dog", "Hund", "", "2"),
        ("cat", "Katze", "", "2"),
        ("animal", "Tier", "", "1.00"),
        ("pet", "Haustier", "", "1.00"),
    ]
    assert parsed.dropped == {"skipped, the character has no English name or keywords": [7]}
    assert parsed.about["language"] == "de-AT"


def test_keywords_that_are_too_many_are_told() -> None:
    many = CLDR_ENGLISH.replace("animal | cat | pet", " | ".join(f"k{n}" for n in range(101)))
    parsed = read_texts([many, CLDR_GERMAN], ["en.xml", "de.xml"])
    assert parsed.dropped["ignored, more than 100 keywords of a character"] == [3]


def test_annotations_are_a_lexicon(tmp_path: Path) -> None:
    for name, text in (("en.xml", CLDR_ENGLISH), ("de.xml", CLDR_GERMAN)):
        (tmp_path / name).write_text(text)
    lexicon = Lexicon.load(tmp_path / "de.xml", tmp_path / "en.xml")
    assert (lexicon.language, lexicon.licence) == ("de", "Unicode-3.0")
    assert ("dog", "Hund") in pairs_of(lexicon)


# --- CLDF -----------------------------------------------------------------------------------------


def word_list(folder: Path, **files: str) -> Path:
    """A word list in a folder; `files`: other contents of some, by their names' beginnings."""
    folder.mkdir(exist_ok=True)
    for name, text in CLDF.items():
        folder.joinpath(name).write_text(files.get(name.partition(".")[0], text))
    return folder


@pytest.mark.parametrize(
    ("asked", "tag", "pairs"),
    [
        ("deu", "de", [("dog", "Hund"), ("hand", "Hand"), ("hand", "Arm"), ("arm", "Hand")]),
        ("de", "de", [("dog", "Hund"), ("hand", "Hand"), ("hand", "Arm"), ("arm", "Hand")]),
        ("german", "de", [("dog", "Hund"), ("hand", "Hand"), ("hand", "Arm"), ("arm", "Hand")]),
        ("sui of sandong", "", [("dog", "zhim")]),
        ("sand1271", "", [("dog", "ma³"), ("burn", "kay"), ("light", "kay")]),
    ],
)
def test_a_word_list_gives_the_language_asked_for_by_name_or_code(
    tmp_path: Path, asked: str, tag: str, pairs: Sequence[tuple[str, str]]
) -> None:
    folder = word_list(tmp_path / "list")
    for path in (folder, folder / "cldf-metadata.json"):
        lexicon = Lexicon.load(path, language=asked)
        found = pairs_of(lexicon)
        assert set(pairs) <= set(found)
        assert {target for _, target in found} == {target for _, target in pairs}
        assert (lexicon.language, lexicon.licence, lexicon.name) == (tag, "CC BY 4.0", "demo")


def test_a_word_list_without_metadata_is_named_by_its_forms(tmp_path: Path) -> None:
    folder = word_list(tmp_path / "list")
    (folder / "cldf-metadata.json").unlink()
    text = (folder / "words.csv").read_text().replace("Lexeme", "Form")
    (folder / "words.csv").unlink()
    (folder / "forms.csv").write_text(text)
    assert ("hand", "Hand") in pairs_of(Lexicon.load(folder / "forms.csv", language="deu"))
    assert pairs_of(Lexicon.load(folder, language="Tingpai")) == [
        ("the dog", "ma³"),
        ("dog", "ma³"),
    ]


def test_what_a_word_list_lacks_is_counted(tmp_path: Path) -> None:
    report = Lexicon.load(word_list(tmp_path / "list"), language="sand1271").report
    assert report.remarks["dropped, a column is missing"] == [7]
    assert report.remarks["skipped, English itself"] == [8]
    assert "2 lists go by 'sand1271': Tingpai, Tangzhou" in report.notes


def test_a_word_list_is_a_table_of_latin_1_where_that_is_named(tmp_path: Path) -> None:
    folder = word_list(tmp_path / "list")
    forms = folder / "words.csv"
    forms.write_bytes(forms.read_text().replace("Arm", "Ärm").encode("latin-1"))
    with pytest.raises(LexiconError, match=r"words\.csv: line \d+, byte \d+: not UTF-8"):
        Lexicon.load(folder, language="de")
    lexicon = Lexicon.load(folder, language="de", encoding="latin-1")
    assert ("hand", "Ärm") in pairs_of(lexicon)


def test_a_concept_without_a_gloss_is_no_word(tmp_path: Path) -> None:
    parameters = CLDF["parameters.csv"].replace("3,fire\n", "").replace("2,hand/arm", "2,")
    words = CLDF["words.csv"].replace("6,S,3,", "6,S,3,vi")
    lexicon = Lexicon.load(
        word_list(tmp_path / "list", parameters=parameters, words=words), language="sand1270"
    )
    assert pairs_of(lexicon) == [("the dog", "zhim"), ("dog", "zhim")]
    assert lexicon.report.remarks["skipped, the concept has no English word"] == [5, 6, 7]


@pytest.mark.parametrize("gone", ["words.csv", "languages.csv", "parameters.csv"])
def test_a_table_that_the_metadata_name_must_be_there(tmp_path: Path, gone: str) -> None:
    tables = [("words", "Form"), ("languages", "Language"), ("parameters", "Parameter")]
    terms = "http://cldf.clld.org/v1.0/terms.rdf#"
    named = [{"url": f"{n}.csv", "dc:conformsTo": f"{terms}{term}Table"} for n, term in tables]
    folder = word_list(tmp_path / "list", **{"cldf-metadata": json.dumps({"tables": named})})
    (folder / gone).unlink()
    with pytest.raises(LexiconError, match=rf"names '{gone}', but there is no such file beside it"):
        Lexicon.load(folder, language="de")


@pytest.mark.parametrize(
    ("language", "files", "words"),
    [
        (
            "",
            {},
            r"holds 4 languages; name one with --lang: German, Sui of Sandong, Tangzhou, Ting",
        ),
        ("Klingon", {}, r"has no words of 'Klingon'; it has German, "),
        ("en", {}, r"has no words of 'en'; it has German, "),
        ("de", {"words": "ID,Form\n1,Hund\n"}, r"words\.csv: line 1 names no column 'Language_ID'"),
        ("de", {"words": 'ID,"Lexeme\n'}, r"words\.csv: line \d: unexpected end"),
        ("de", {"parameters": ""}, r"parameters\.csv: line 1 names no column 'ID'.* none"),
        ("de", {"cldf-metadata": "["}, r"cldf-metadata\.json: not JSON"),
        ("de", {"cldf-metadata": "[]"}, r"cldf-metadata\.json: no metadata of CLDF"),
        (
            "de",
            {"cldf-metadata": CLDF["cldf-metadata.json"].replace("words.csv", "../secret.csv")},
            r"cldf-metadata\.json: names '\.\./secret\.csv', but there is no such file beside it",
        ),
        (
            "de",
            {"words": "ID,Language_ID,Parameter_ID,Lexeme\n1,G,,Hund\n"},
            r"words\.csv: no form is joined with a concept",
        ),
    ],
)
def test_a_word_list_that_is_none_is_an_error(
    tmp_path: Path, language: str, files: dict[str, str], words: str
) -> None:
    with pytest.raises(LexiconError, match=words):
        Lexicon.load(word_list(tmp_path / "list", **files), language=language)


# --- tables of concepts ---------------------------------------------------------------------------


def test_a_table_of_concepts_gives_the_language_asked_for(tmp_path: Path) -> None:
    text = f"{CONCEPTS}7,swh-000,mbwa\n"
    assert pairs_of(load(tmp_path, text, language="sw")) == [("dog", "mbwa"), ("hound", "mbwa")]
    assert pairs_of(load(tmp_path, text, language="deu"))[0] == ("dog", "Hund")
    with pytest.raises(LexiconError, match="holds 2 languages"):
        load(tmp_path, text)


def test_english_rows_that_lack_something_are_told() -> None:
    parsed = read_texts([PANLEXIA_ENGLISH + "X\t1\n", PANLEXIA_GERMAN], ["eng.tsv", "deu.tsv"])
    assert parsed.notes == ["eng.tsv: rows without a concept or a word: 1 (line 4, …)"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_lists_of_two_languages_are_joined_on_concepts(tmp_path: Path, order: int) -> None:
    names = ["eng.tsv", "deu.tsv"]
    for name, text in zip(names, (PANLEXIA_ENGLISH, PANLEXIA_GERMAN), strict=True):
        (tmp_path / name).write_text(text)
    lexicon = Lexicon.load(*[tmp_path / name for name in names[::order]])
    assert pairs_of(lexicon) == [("dog", "Hund"), ("dog", "Köter"), ("run", "rennen")]
    assert (lexicon.language, lexicon.entries["run"][0].pos) == ("de", "verb")


def test_a_concept_of_very_many_words_gives_no_pairs_without_end() -> None:
    most = concepts.MOST_ENGLISH
    english = [concepts.Word(n, "c", f"word{n}", "en") for n in range(most + 1)]
    for count in (most, most + 1):
        parsed = Parsed()
        concepts.join(parsed, english[:count], [concepts.Word(200, "c", "Wort", "de")])
        assert len(parsed.rows) == (most if count == most else 0)
        assert parsed.dropped == ({} if count == most else {concepts.TOO_MANY: [200]})


@pytest.mark.parametrize(
    "text",
    [
        "meaning,lang,text\r\n1,eng,dog\r\n1,deu,Hund\r\n",
        "concept;language;word\n1;English;dog\n1;German;Hund\n",
        "mn\tuid\ttxt\n1\teng-000\tdog\n1\tdeu-001\tHund\n",
        "form,variety,concept_id,pos\ndog,en,1,n\nHund,de,1,n\n",
    ],
)
def test_the_columns_of_concepts_go_by_many_names(tmp_path: Path, text: str) -> None:
    lexicon = load(tmp_path, text)
    assert (pairs_of(lexicon), lexicon.language) == ([("dog", "Hund")], "de")
