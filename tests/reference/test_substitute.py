"""What becomes of a document: draws, translations, capitals, modes, sections."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

import link.reference
from link.language.headwords import Language
from link.language.rules import LOST_TO
from link.policy import Policy
from link.reference import Headwords, substitute
from tests.reference.helpers import ALL, AS_USUAL, headword, lexicon, run, swapped

PAIRS = {"dog": "perro", "ice cream": "helado", "I": "yo", "US": "Vereinigte Staaten"}
PAIRS |= {"Monday": "montag", "strasse": "straße", "iris": "iyi", "ij": "ijs"}


@pytest.mark.parametrize(
    ("text", "code", "becomes"),
    [
        ("x dog Dog DOG dOG", "", "x perro Perro PERRO perro"),
        ("x Ice cream, Ice Cream ICE CREAM", "", "x Helado, Helado HELADO"),
        ("Monday x Monday. MONDAY", "", "Montag x montag. MONTAG"),
        ("x I. yes. I. yes. I'S", "", "x yo. yes. Yo. yes. Yo'S"),
        ("US x US us", "", "Vereinigte Staaten x Vereinigte Staaten Vereinigte Staaten"),
        ("x STRASSE Iris IRIS", "de", "x STRASSE Iyi IYI"),
        ("x Iris IRIS", "tr", "x İyi İYİ"),
        ("x Ij", "nl", "x IJs"),
        ("x ǅog", "", "x ǅog"),
    ],
)
def test_a_translation_is_capitalised_as_what_it_stands_for(
    text: str, code: str, becomes: str
) -> None:
    assert swapped(text, PAIRS, ALL, code) == becomes


def test_title_case_counts_as_a_capital() -> None:
    assert swapped("x ǅ ǅog ǅO", {"ǆ": "a", "ǆog": "ab", "ǆo": "ac"}) == "x A Ab AC"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("a dog’s (Dog)", "a dog’s (perro) (Dog (Perro))"),
        ("ice\ncream's", "ice\ncream's (helado)"),
    ],
)
def test_an_annotation_follows_the_whole_word(text: str, becomes: str) -> None:
    assert swapped(text, PAIRS, replace(ALL, mode="annotate")) == becomes
    other = swapped(text, PAIRS, replace(ALL, mode="annotate", brackets="[[]]"))
    assert other.count("[[") == becomes.count(" (perro)") + becomes.count("(Perro)") + (
        becomes.count("(helado)")
    )


def test_all_modes_swap_the_same_words_for_the_same_translations() -> None:
    text, headwords = "dog's ice cream Dog x " * 50, lexicon(PAIRS)
    found = []
    for mode in ("replace", "annotate", "replace=1,annotate=1"):
        swaps = run(text, headwords, replace(ALL, ratio=0.5, mode=mode)).swaps
        found.append([(swap.start, swap.end, swap.at, swap.translation) for swap in swaps])
        assert {swap.annotated for swap in swaps} == (
            {mode == "annotate"} if "=" not in mode else {False, True}
        )
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("of", ["words", "eligible"])
def test_swaps_are_nested_and_near_the_ratio(of: str) -> None:
    text, headwords = "the dog and the ice cream " * 400, lexicon(PAIRS)
    before: set[tuple[int, str]] = set()
    for ratio in (0.0, 0.1, 0.3, 0.45, 1.0):
        result = run(text, headwords, Policy(ratio=ratio, of=of))
        now = {(swap.start, swap.translation) for swap in result.swaps}
        assert before <= now
        before = now
        wanted = ratio * (result.counts.words if of == "words" else 1200)
        assert abs(result.counts.swapped - min(wanted, 1200)) < 120
    assert result.counts.swapped == 1200


def test_a_document_is_touched_or_not_and_its_words_are_counted_in_any_case() -> None:
    headwords = lexicon(PAIRS)
    counts = [
        substitute(b"dog dog", key, headwords, Policy(ratio=1, portion=0.5)).counts
        for key in range(200)
    ]
    assert 60 < sum(each.touched for each in counts) < 140
    assert {each.words for each in counts} == {2}
    assert all(each.swapped == (2 if each.touched else 0) for each in counts)


def test_one_translation_a_document_or_one_a_word() -> None:
    headwords = Headwords([headword("dog", "hund", "köter", "tier"), headword("cat", "a", "b")])
    text = "dog cat " * 60
    assert len(set(run(text, headwords, replace(ALL, ratio=1)).text.split())) == 2
    own = run(text, headwords, replace(ALL, translation="per-word")).text.decode().split()
    assert set(own) == {"hund", "köter", "tier", "a", "b"}
    first = run(text, headwords, replace(ALL, translation="first")).text.decode().split()
    assert set(first) == {"hund", "a"}


def test_a_document_or_each_word_takes_one_of_several_languages() -> None:
    languages = [Language("de", 2.0), Language("es", 1.0)]
    headwords = Headwords(
        [headword("dog", "hund"), headword("dog", "perro", language=1), headword("cat", "katze")],
        languages,
    )
    kinds = set()
    for key in range(40):
        result = substitute(b"dog cat dog", key, headwords, ALL)
        kinds.add((result.text, result.language, result.counts.covered))
    assert kinds == {(b"hund katze hund", 0, 3), (b"perro cat perro", 1, 2)}
    result = run("dog cat " * 90, headwords, replace(ALL, mix="word"))
    taken = [swap.language for swap in result.swaps if swap.source == "dog"]
    assert result.language is None
    assert 15 < sum(taken) < 45  # a third of 90
    assert {swap.language for swap in result.swaps if swap.source == "cat"} == {0}


def test_what_is_not_swapped_stays_to_the_byte() -> None:
    raw = b"\xff dog\xc3 \xed\xa0\x80dog\x00 \xe2\x80\x99dog\r\n"
    result = substitute(raw, 7, lexicon(PAIRS), ALL)
    assert result.text == raw.replace(b"dog", b"perro")
    for swap in result.swaps:
        assert raw[swap.start : swap.end].decode() == swap.source == "dog"


def test_counts_are_of_words_and_name_the_rules() -> None:
    counts = run("x ice cream, `dog` DOG dog www.dog", lexicon(PAIRS), AS_USUAL).counts
    assert (counts.words, counts.covered, counts.eligible, counts.swapped) == (8, 6, 3, 3)
    lost = {rule: count for rule, count in zip(LOST_TO, counts.lost, strict=True) if count}
    assert lost == {"names": 1, "code span": 1, "url": 1}


def test_sections_are_texts_of_their_own_but_for_the_draws() -> None:
    headwords = lexicon(PAIRS)
    first, second = "```\ndog\n\n", "Dog ice\n\n"
    text = first + second + "cream Monday"
    result = run(text, headwords, AS_USUAL, section_bytes=12)
    assert result.text.decode() == "```\ndog\n\nPerro ice\n\ncream montag"
    halves = replace(ALL, ratio=0.5, of="eligible")
    whole = run("dog " * 90, headwords, halves)
    cut = run("dog " * 90, headwords, halves, section_bytes=10)
    assert whole.text == cut.text
    assert whole.counts == cut.counts


def test_the_reference_imports_no_room_but_language_and_policy() -> None:
    for path in Path(link.reference.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            own = [name for name in names if name.split(".")[0] == "link"]
            rooms = {tuple(name.split(".")[:2])[-1] for name in own}
            assert rooms <= {"language", "policy", "reference"}, path
