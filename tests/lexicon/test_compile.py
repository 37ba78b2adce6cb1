"""From a lexicon to the arrays of the kernel: which headwords are found, and as what."""

from pathlib import Path

import pytest

from link.errors import LexiconError
from link.kernel.compiled import load_compiled, save_compiled
from link.kernel.eligible import CONTRACTIONS_IN_S
from link.kernel.substitute import substitute
from link.lexicon import Lexicon, Translation
from link.lexicon.compile import blocked_contractions, is_one_word, to_headwords
from link.policy import Policy
from tests.kernel.helpers import ALL, block_of


def swap(lexicon: Lexicon, text: str, policy: Policy = ALL) -> str:
    """A text after the words that the lexicon has were swapped."""
    return substitute(block_of(text.encode()), lexicon.compiled, policy).data().decode().strip("\n")


def lexicon_of(*pairs: tuple[str, str], language: str = "") -> Lexicon:
    return Lexicon.from_pairs(pairs, language=language)


# --- which headwords ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pairs", [[("May", "mai"), ("may", "darf")], [("may", "darf"), ("May", "mai")]]
)
def test_of_may_and_may_the_one_in_lower_case_is_taken(pairs: list[tuple[str, str]]) -> None:
    assert swap(lexicon_of(*pairs), "x may May MAY") == "x darf Darf DARF"


def test_of_two_spellings_with_capitals_the_first_is_taken() -> None:
    assert swap(lexicon_of(("US", "sh"), ("Us", "wir")), "x us") == "x sh"


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ"])
def test_a_headword_may_have_any_apostrophe(apostrophe: str) -> None:
    assert (
        swap(lexicon_of((f"don{apostrophe}t", "nicht")), "don't don’t donʼt") == "nicht nicht nicht"
    )


def test_accents_are_found_composed_and_decomposed() -> None:
    text = "x café cafe\u0301 CAFÉ CAFE\u0301 cafe"
    expected = "x haus haus HAUS HAUS cafe"
    assert swap(lexicon_of(("café", "haus")), text) == expected
    assert swap(lexicon_of(("cafe\u0301", "haus")), text) == expected


def test_no_form_belongs_to_two_headwords() -> None:
    entries = {word: (Translation("x"),) for word in ("é", "É", "e\u0301", "I", "i", "Å", "\u212b")}
    forms = [form for headword in to_headwords(entries) for form in headword.forms]
    assert len(forms) == len(set(forms))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *(
            (word, True)
            for word in ("dog", "I", "a", "don't", "café", "cafe\u0301", "x_y", "B2B", "犬")
        ),
        *(
            (word, False)
            for word in ("", " ", "ice cream", "well-known", "3rd", "_dog_", "dogs'", "'s")
        ),
        *(
            (word, False)
            for word in ("dog ", "e.g.", "#tag", "\u0301", "dog\u200b", "dog\x00", "don''t")
        ),
    ],
)
def test_a_headword_is_of_one_word_if_the_kernel_finds_it_whole(text: str, answer: bool) -> None:
    assert is_one_word(text) is answer


def test_headwords_of_several_words_are_kept_counted_and_not_used() -> None:
    lexicon = lexicon_of(("ice cream", "eis"), ("well-known", "bekannt"), ("cream", "sahne"))
    assert len(lexicon.entries) == 3
    assert (lexicon.report.headwords, lexicon.report.unused) == (3, 2)
    assert "headwords of several words, not used yet: 2" in lexicon.report.lines()
    assert swap(lexicon, "x ice cream well-known") == "x ice sahne well-known"


# --- capitals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headword", "has_own_capital"),
    [
        ("Monday", True),
        ("English", True),
        ("US", True),
        ("I", True),
        ("i", True),
        ("I'm", True),
        ("i’ll", True),
        ("Émile", True),
        ("dog", False),
        ("it", False),
        ("iPhone", False),
        ("犬", False),
    ],
)
def test_a_headword_with_a_capital_always_has_it(headword: str, has_own_capital: bool) -> None:
    (found,) = lexicon_of((headword, "x y")).headwords
    assert found.own_capital is has_own_capital


def test_the_language_of_the_lexicon_decides_how_translations_are_capitalised() -> None:
    for language, expected in (("tr", "x İyi"), ("", "x Iyi")):
        assert swap(lexicon_of(("good", "iyi"), language=language), "x Good") == expected


# --- contractions ---------------------------------------------------------------------------------

STEMS = [contraction.removesuffix("'s") for contraction in CONTRACTIONS_IN_S]


@pytest.mark.parametrize("stem", STEMS)
def test_a_contraction_is_looked_up_whole_or_not_at_all(stem: str) -> None:
    text = f"x {stem}'s {stem}’s {stem.upper()}'S {stem}"
    assert swap(lexicon_of((stem, "stamm")), text) == f"{text.removesuffix(stem)}stamm"
    whole = lexicon_of((stem, "stamm"), (f"{stem}'s", "ganz"))
    assert swap(whole, text) == "x ganz ganz GANZ stamm"


@pytest.mark.parametrize("stem", ["dog", "one", "somebody", "us", "x"])
def test_any_other_word_keeps_its_possessive_ending(stem: str) -> None:
    assert swap(lexicon_of((stem, "stamm")), f"x's {stem}'s {stem}’S").endswith("stamm's stamm’S")


def test_a_possessive_that_is_a_headword_is_taken_whole() -> None:
    assert swap(lexicon_of(("dog", "Hund"), ("dog's", "Hundes")), "x dog's") == "x Hundes"


def test_contractions_that_are_headwords_are_not_blocked() -> None:
    headwords = lexicon_of(("it’s", "es ist"), ("he", "er")).headwords
    blocked = blocked_contractions(headwords)
    assert sorted([*blocked, "it's"]) == sorted(CONTRACTIONS_IN_S)


# --- merging, sharing -----------------------------------------------------------------------------


def test_merged_lexicons_have_the_pairs_of_all_and_weights_add_up() -> None:
    one = lexicon_of(("dog", "Hund"), ("cat", "Katze"), language="de")
    other = lexicon_of(("cat", "Kater"), ("dog", "Hund"), ("bird", "Vogel"))
    merged = Lexicon.merged([one, other])
    assert merged.entries == {
        "dog": (Translation("Hund", 2.0),),
        "cat": (Translation("Katze"), Translation("Kater")),
        "bird": (Translation("Vogel"),),
    }
    assert (merged.language, merged.report.pairs, merged.report.headwords) == ("de", 4, 3)


def test_one_lexicon_merged_is_itself() -> None:
    one = lexicon_of(("dog", "Hund"))
    assert Lexicon.merged([one]) is one


def test_lexicons_of_two_languages_are_not_merged() -> None:
    with pytest.raises(LexiconError, match=r"different languages .*: de, sw"):
        Lexicon.merged(
            [lexicon_of(("dog", "Hund"), language="de"), lexicon_of(("dog", "mbwa"), language="sw")]
        )


PAIRS = [
    *(("dog", "Hund"), ("dog", "Köter"), ("I", "ich"), ("it", "es"), ("café", 'Kaffee"haus"')),
    *(("counterrevolutionaries", 'Konter"revolutionäre'), ("x" * 300, "lang"), ("犬", "Hund")),
]
TEXT = f"Dog's dogs, I. It's it; CAFÉ cafe\u0301! Counterrevolutionaries {'X' * 300} 犬 x Dog."


def test_a_compiled_lexicon_comes_back_from_its_files_the_same(tmp_path: Path) -> None:
    compiled = lexicon_of(*PAIRS, language="de").compiled
    save_compiled(compiled, tmp_path)
    loaded = load_compiled(tmp_path)
    for seed in range(20):
        for escaped in (False, True):
            block = block_of(TEXT.replace('"', "").encode(), escaped=escaped)
            policy = Policy(ratio=0.8, seed=seed)
            swapped = substitute(block, loaded, policy)
            assert swapped.data() == substitute(block, compiled, policy).data()
            assert swapped.counts.eligible.tolist() == [9]


def test_a_lexicon_without_usable_headwords_comes_back_too(tmp_path: Path) -> None:
    lexicon = lexicon_of(("ice cream", "eis"))
    save_compiled(lexicon.compiled, tmp_path)
    block = block_of(b"ice cream, it's")
    assert substitute(block, load_compiled(tmp_path), ALL).data() == block.data
