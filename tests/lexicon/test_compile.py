"""From a lexicon to the arrays of the kernel: which headwords are found, and as what."""

from pathlib import Path

import numpy as np
import pytest

from link.block import block_of
from link.errors import LexiconError
from link.kernel.compiled import CompiledLexicon
from link.kernel.substitute import substitute
from link.language.english import CONTRACTIONS_IN_S
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.lexicon import Lexicon, Translation
from link.lexicon.arrays_file import load_compiled, save_compiled
from link.lexicon.compile import is_matchable, is_one_word
from link.policy import Policy
from link.splice import splice
from tests.reference.helpers import ALL, AS_USUAL


def swap(lexicon: Lexicon, text: str, policy: Policy = ALL) -> str:
    """A text after the words that the lexicon has were swapped."""
    return swapped(text.encode(), lexicon.compiled, policy).decode()


def swapped(text: bytes, compiled: CompiledLexicon, policy: Policy) -> bytes:
    block = block_of([text], np.array([7], np.uint64))
    swaps = substitute(block.texts, block.keys, compiled, policy).swaps
    return bytes(splice(block, swaps, compiled, policy).data)


def lexicon_of(*pairs: tuple[str, str], language: str = "") -> Lexicon:
    return Lexicon.from_pairs(pairs, language=language)


# --- which headwords ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pairs", [[("May", "mai"), ("may", "darf")], [("may", "darf"), ("May", "mai")]]
)
def test_may_and_may_are_two_headwords(pairs: list[tuple[str, str]]) -> None:
    lexicon = lexicon_of(*pairs)
    assert swap(lexicon, "x may May MAY") == "x darf mai DARF"
    assert swap(lexicon, "x may May MAY", AS_USUAL) == "x darf mai MAY"


def test_capitals_and_a_capital_are_two_spellings_too() -> None:
    lexicon = lexicon_of(("US", "sh"), ("Us", "wir"))
    assert swap(lexicon, "x us Us US") == "x wir wir sh"
    assert swap(lexicon, "x us Us US", AS_USUAL) == "x us wir sh"


@pytest.mark.parametrize("pair", [("iPhone", "iphone"), ("i'm", "I'm"), ("ice cream", "ice Cream")])
def test_of_headwords_whose_first_word_is_spelled_alike_the_first_is_taken(
    pair: tuple[str, str],
) -> None:
    for one, other in (pair, pair[::-1]):
        (found,) = lexicon_of((one, "erste"), (other, "zweite")).headwords
        assert found.translations == ("erste",)


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


@pytest.mark.parametrize(
    ("texts", "is_word", "is_found"),
    [
        (["dog", "I", "a", "don't", "café", "cafe\u0301", "x_y", "B2B", "犬"], True, True),
        (["ice cream", "well-known", "jack-in-the box", "don't do"], False, True),
        (["", " ", "3rd", "_dog_", "dogs'", "'s", "dog ", "e.g.", "#tag", "\u0301"], False, False),
        (["dog\u200b", "dog\x00", "don''t", "ice  cream", "ice cream ", "-known"], False, False),
        (["well--known", "ice, cream", "the 3rd", "ice\tcream", "ice – cream"], False, False),
    ],
)
def test_a_headword_is_found_if_it_is_words_with_single_spaces_or_hyphens_between(
    texts: list[str], is_word: bool, is_found: bool
) -> None:
    for text in texts:
        assert (is_one_word(text), is_matchable(text)) == (is_word, is_found), text


def test_headwords_that_no_text_can_match_are_kept_counted_and_not_used() -> None:
    lexicon = lexicon_of(("ice cream", "eis"), ("e.g.", "z.B."), ("the 3rd", "der"), ("cream", "x"))
    assert len(lexicon.entries) == 4
    assert (lexicon.report.headwords, lexicon.report.unused) == (4, 2)
    assert any(line.endswith(": 2") for line in lexicon.report.lines())
    assert len(lexicon.headwords) == 2


def test_each_word_of_a_headword_has_its_own_spelling() -> None:
    (one,) = lexicon_of(("New York-based UN", "x y")).headwords
    assert (one.forms, one.spelling, one.later) == (
        ("new york-based un",),
        CAPITAL,
        (CAPITAL, SMALL, CAPITALS),
    )


# --- capitals -------------------------------------------------------------------------------------


def test_a_headword_with_a_capital_always_has_it() -> None:
    for headword in ("Monday", "English", "US", "I", "i", "I'm", "i’ll", "Émile"):
        assert [one.own_capital for one in lexicon_of((headword, "x y")).headwords] == [True]
    for headword in ("dog", "it", "iPhone", "犬"):
        assert [one.own_capital for one in lexicon_of((headword, "x y")).headwords] == [False]


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


def test_lexicons_of_two_languages_are_not_merged() -> None:
    with pytest.raises(LexiconError, match=r"different languages .*: de, sw"):
        Lexicon.merged(
            [lexicon_of(("dog", "Hund"), language="de"), lexicon_of(("dog", "mbwa"), language="sw")]
        )


PAIRS = [
    *(("dog", "Hund"), ("dog", "Köter"), ("I", "ich"), ("it", "es"), ("café", 'Kaffee"haus"')),
    *(("counterrevolutionaries", 'Konter"revolutionäre'), ("x" * 300, "lang"), ("犬", "Hund")),
    *(
        ("ice cream", "eis"),
        ("ice", "glace"),
        ("New York-based", "a b"),
        ("us", "uns"),
        ("US", "VS"),
    ),
]
TEXT = (
    f"Dog's dogs, I. It's it; CAFÉ cafe\u0301! Counterrevolutionaries {'X' * 300} 犬 x Dog. "
    "Mr. Ice cream of the US in us, New York-based ice\n"
)


def test_a_compiled_lexicon_comes_back_from_its_files_the_same(tmp_path: Path) -> None:
    compiled = lexicon_of(*PAIRS, language="de").compiled
    save_compiled(compiled, tmp_path)
    loaded = load_compiled(tmp_path)
    for seed in range(20):
        policy = Policy(ratio=0.8, seed=seed, names="swap" if seed % 2 else "keep")
        new = swapped(TEXT.encode(), loaded, policy)
        assert new == swapped(TEXT.encode(), compiled, policy) != TEXT.encode()
