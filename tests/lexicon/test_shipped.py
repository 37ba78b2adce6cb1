"""The lexicons that come with LINK are clean: nothing in them has to be mended or dropped."""

import re
from collections import Counter
from pathlib import Path

import pytest

from link import Policy, Substituter
from link.language.context import PARTS, shares
from link.lexicon import Lexicon
from link.lexicon.find import shipped_folder
from link.lexicon.languages import in_scripts, scripts_of

SHIPPED = sorted(shipped_folder().glob("*.tsv"))
SENSES = Path(__file__).parents[2] / "docs" / "senses.md"
NAMES = {
    "ar": "Arabic",
    "de": "German",
    "es": "Spanish",
    "hi": "Hindi",
    "id": "Indonesian",
    "ru": "Russian",
    "sw": "Swahili",
    "tr": "Turkish",
}


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    chosen: Path = request.param
    return chosen


@pytest.fixture(scope="module")
def lexicon(path: Path) -> Lexicon:
    return Lexicon.load(path)


def test_eight_languages_are_shipped() -> None:
    assert [path.stem for path in SHIPPED] == [f"en-{language}" for language in NAMES]


def test_it_has_at_least_5_000_headwords_of_every_part_of_speech(lexicon: Lexicon) -> None:
    assert lexicon.report.headwords - lexicon.report.unused >= 5_000
    parts = Counter(one.pos for translations in lexicon.entries.values() for one in translations)
    for part in ("NOUN", "VERB", "ADJ", "ADV", "PRON", "ADP", "SCONJ", "DET", "NUM", "INTJ"):
        assert parts[part] >= 8, part
    assert set(parts) <= set(PARTS)


def test_every_translation_is_in_the_languages_script(lexicon: Lexicon) -> None:
    scripts = scripts_of(lexicon.language)
    assert scripts is not None
    assert [
        one.text
        for translations in lexicon.entries.values()
        for one in translations
        if not in_scripts(one.text, scripts)
    ] == []


def test_nothing_had_to_be_mended_or_dropped(lexicon: Lexicon) -> None:
    assert lexicon.report.remarks == {}
    assert lexicon.report.rows == lexicon.report.pairs


def test_it_is_a_canonical_file(path: Path, lexicon: Lexicon) -> None:
    assert lexicon.canonical_text().encode() == path.read_bytes()


def test_its_name_language_and_licence_are_stated(path: Path, lexicon: Lexicon) -> None:
    assert lexicon.name == path.stem == f"en-{lexicon.language}"
    assert lexicon.licence == "CC0-1.0"


def test_every_headword_is_a_word_or_a_phrase(lexicon: Lexicon) -> None:
    assert lexicon.report.unused == 0


def test_every_frequent_word_has_a_row_unless_docs_senses_says_why_not(lexicon: Lexicon) -> None:
    rows = re.findall(r"^\| (\w+) \| (`.*`) \| .+ \|$", SENSES.read_text(encoding="utf-8"), re.M)
    excused = [
        word
        for language, words in rows
        if language in ("all", NAMES[lexicon.language])
        for word in re.findall("`(.+?)`", words)
    ]
    words = {one.forms[0] for one in lexicon.headwords if len(one.forms) == 1}
    assert sorted({*shares()} - words) == sorted(excused)


def test_contractions_of_be_have_a_row(lexicon: Lexicon) -> None:
    assert {"it's", "that's", "I'm", "he's", "there's", "isn't", "let's"} <= {*lexicon.entries}


def test_every_pair_has_a_part_of_speech(lexicon: Lexicon) -> None:
    every = [one for translations in lexicon.entries.values() for one in translations]
    assert [one for one in every if not one.pos] == []


def test_german_nouns_have_their_capitals_and_other_words_have_none() -> None:
    lexicon = Lexicon.load(shipped_folder() / "en-de.tsv")
    every = [one for translations in lexicon.entries.values() for one in translations]
    nouns = [one.text for one in every if one.pos == "NOUN"]
    verbs = [one.text for one in every if one.pos in ("VERB", "ADV", "SCONJ", "CCONJ")]
    assert nouns
    assert verbs
    small = [text for text in nouns if not any(word[0].isupper() for word in text.split())]
    assert len(small) < len(nouns) / 100  # such as `others`
    assert len([text for text in verbs if text[0].isupper()]) < len(verbs) / 100


def test_auxiliaries_and_reflexive_pronouns_are_told_by_what_is_beside_them() -> None:
    lexicon = Lexicon.load(shipped_folder() / "en-de.tsv")
    substituter = Substituter(lexicon, Policy(ratio=1, translation="first"))
    for sentence, swapped in (
        ("The house was built here.", "Das Haus wurde gebaut hier."),
        ("The house was small.", "Das Haus war klein."),
        ("He hurt himself.", "Er verletzen sich."),
        ("He himself came.", "Er selbst kam."),
        ("He said that it's true.", "Er sagte dass es ist wahr."),
        ("The house that slept.", "Das Haus das schlief."),
    ):
        assert substituter(sentence).casefold().split()[2:] == swapped.casefold().split()[2:]
