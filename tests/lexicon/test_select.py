"""Selections: which forms stay, that what stays is unchanged, and what word lists may look like."""

import hashlib
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import link
from link.errors import LexiconError
from link.language.draws import ONE, mix_one, stream
from link.language.headwords import lemma_hash
from link.lexicon import Lexicon
from link.lexicon.select import EVERYTHING, Selection, read_words
from tests.strategies import examples

PAIRS = [
    *(("dog", "Hund"), ("dogs", "Hunde"), ("dog's", "Hundes"), ("Monday", "Montag")),
    *(("it", "es"), ("it's", "es ist"), ("café", "Kaffeehaus"), ("ice", "Eis")),
    *(("ice cream", "Speiseeis"), ("see", "sehen"), ("saw", "Säge")),
]
WHOLE = Lexicon.from_pairs(PAIRS, language="de")
MANY = Lexicon.from_pairs([(f"w{n:04}", f"t{n}") for n in range(1000)])


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled here does not go to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def forms(lexicon: Lexicon) -> set[str]:
    return {headword.forms[0] for headword in lexicon.headwords}


def swapped(lexicon: Lexicon, text: str) -> str:
    return link.Substituter(lexicon, link.Policy(ratio=1.0, of="eligible"))(text)


def inflected(*words: str) -> Lexicon:
    """Each word with itself in angle brackets for a translation, and its inflected forms."""
    return replace(Lexicon.from_pairs([(word, f"<{word}>") for word in words]), inflect=True)


# --- word lists -----------------------------------------------------------------------------------


def test_a_form_that_is_on_both_lists_is_skipped() -> None:
    assert forms(WHOLE.restricted(only=["dog", "dogs"], skip=["dog"])) == {"dogs"}


@pytest.mark.parametrize("listed", ["DOG'S", "dog’s", "Dogʼs"])
def test_case_and_apostrophes_of_a_list_do_not_matter(listed: str) -> None:
    assert forms(WHOLE.restricted(only=[listed])) == {"dog's"}


@pytest.mark.parametrize("listed", ["café", "cafe\u0301", "CAFE\u0301"])
def test_a_composed_and_a_decomposed_word_are_one(listed: str) -> None:
    kept = WHOLE.restricted(only=[listed])
    assert [one.forms for one in kept.headwords] == [("café", "cafe\u0301")]
    assert not {"café", "cafe\u0301"} & {
        form for one in WHOLE.restricted(skip=[listed]).headwords for form in one.forms
    }


def test_a_word_says_nothing_about_a_phrase_that_holds_it_nor_a_phrase_about_its_words() -> None:
    assert "ice" not in forms(WHOLE.restricted(skip=["ice"]))
    phrase = WHOLE.restricted(skip=["ice cream", "Ice  Cream"])
    assert "ice" in forms(phrase)
    assert phrase.selection.skip == {"ice cream"}
    assert not [reason for reason in phrase.report.remarks if "not in the lexicon" in reason]


@examples(40)
@given(st.sets(st.sampled_from([source for source, _ in PAIRS]), min_size=1, max_size=9))
def test_what_stays_is_unchanged_and_only_and_skip_are_complements(listed: set[str]) -> None:
    whole = WHOLE.headwords
    folded = {word.lower() for word in listed}
    kept = [one for one in whole if one.forms[0] in folded]
    if kept:
        assert WHOLE.restricted(only=listed).headwords == kept
    assert WHOLE.restricted(skip=listed).headwords == [one for one in whole if one not in kept]


# --- as if the lexicon did not have it ------------------------------------------------------------


def test_a_contraction_that_is_left_out_is_no_possessive() -> None:
    text = "it's dog's"
    assert swapped(WHOLE, text) == "es ist Hundes"
    skipped = WHOLE.restricted(skip=["it's"])
    assert swapped(skipped, text) == "it's Hundes"
    assert swapped(WHOLE.restricted(only=["it"]), "it it's") == "es it's"


def test_a_possessive_that_is_left_out_is_its_stem_and_an_ending() -> None:
    assert swapped(WHOLE.restricted(skip=["dog's"]), "dog's") == "Hund's"
    assert swapped(WHOLE.restricted(only=["dog"]), "Dog’s dogs") == "Hund’s dogs"
    assert swapped(WHOLE.restricted(skip=["dog"]), "dog's dog dog's") == "Hundes dog Hundes"


def test_an_inflected_form_does_not_take_the_place_of_a_headword_that_is_left_out() -> None:
    lexicon = replace(WHOLE, inflect=True)
    assert swapped(lexicon, "saw seen") == "Säge sehen"
    assert swapped(lexicon.restricted(skip=["saw"]), "saw seen") == "saw sehen"


# --- inflected forms ------------------------------------------------------------------------------


def test_on_request_a_listed_word_stands_for_its_inflected_forms() -> None:
    lexicon = inflected("dog", "cat", "walk")
    kept = lexicon.restricted(only=["Dog", "walk"], inflect_words=True)
    assert {"dog", "dogs", "walk", "walked", "walking", "walks"} <= forms(kept)
    assert not {"cat", "cats"} & forms(kept)
    assert not {"dog", "dogs"} & forms(lexicon.restricted(skip=["dog"], inflect_words=True))


# --- the sample -----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.9])
def test_a_sample_has_about_its_share_of_the_headwords(share: float) -> None:
    kept = len(MANY.restricted(sample=share, seed=3).headwords)
    assert abs(kept - share * 1000) < 4 * math.sqrt(1000 * share * (1 - share))


@examples(30)
@given(st.floats(0.01, 1), st.floats(0.01, 1), st.integers(0, 2**64 - 1))
def test_a_larger_sample_holds_the_smaller_one(one: float, other: float, seed: int) -> None:
    small, large = (Selection(sample=share, seed=seed) for share in sorted((one, other)))
    inflections = MANY.inflections
    kept = small.of(MANY.headwords[:300], inflections)
    assert set(kept) <= set(large.of(MANY.headwords[:300], inflections))


def test_a_sample_does_not_depend_on_rows_case_or_other_filters() -> None:
    kept = forms(MANY.restricted(sample=0.5, seed=3))
    pairs = [(f"W{n:04}", f"t{n}") for n in range(0, 1000, 2)]
    random.Random(1).shuffle(pairs)
    other = Lexicon.from_pairs(pairs).restricted(sample=0.5, seed=3)
    assert forms(other) == {form for form in kept if int(form[1:]) % 2 == 0}
    listed = [f"w{n:04}" for n in range(100)]
    both = MANY.restricted(only=listed, sample=0.5, seed=3)
    assert forms(both) == kept & set(listed)


def test_a_sample_is_drawn_by_the_seed_and_the_text_as_documented() -> None:
    def stays(form: str) -> bool:
        return mix_one(lemma_hash(form) ^ stream(9, 100)) >> 11 < 0.25 * ONE

    assert forms(MANY.restricted(sample=0.25, seed=9)) == set(filter(stays, forms(MANY)))
    assert forms(MANY.restricted(sample=0.25, seed=8)) != forms(MANY.restricted(sample=0.25))


def test_an_inflected_form_stays_with_its_lemma_and_with_any_of_several() -> None:
    words = "dog cat walk see leaf leave house tree river big green child man".split()
    lexicon = inflected(*words)
    lemmas = {form: by for form, (by, _) in lexicon.inflections.forms.items()}
    seen = set()
    for seed in range(30):
        kept = lexicon.restricted(sample=0.4, seed=seed)
        own = forms(kept) & set(words)
        expected = {form for form, by in lemmas.items() if own & set(by)}
        assert forms(kept) == own | expected
        assert set(kept.headwords) <= set(lexicon.headwords)
        seen.add((own >= {"leaf"}, own >= {"leave"}))
    assert len(seen) == 4


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0, -0.1, 1.1, math.nan])
def test_a_sample_is_above_zero_and_at_most_one(share: float) -> None:
    with pytest.raises(LexiconError, match="above 0, at most 1"):
        WHOLE.restricted(sample=share)


def test_a_selection_that_leaves_nothing_is_an_error() -> None:
    with pytest.raises(LexiconError, match="--only-words leaves none of its 11 forms"):
        WHOLE.restricted(only=["zebra"])
    with pytest.raises(LexiconError, match="--only-words, --skip-words leaves none"):
        WHOLE.restricted(only=["dog"], skip=["DOG"])
    with pytest.raises(LexiconError, match="--only-words leaves none"):
        WHOLE.restricted(only=[])


def test_lexicons_are_merged_before_and_restricted_once() -> None:
    restricted = WHOLE.restricted(skip=["dog"])
    with pytest.raises(LexiconError, match="merge first"):
        Lexicon.merged([restricted, WHOLE])
    with pytest.raises(LexiconError, match="restricted already"):
        restricted.restricted(skip=["saw"])
    assert WHOLE.selection == EVERYTHING


# --- files ----------------------------------------------------------------------------------------


def _file(folder: Path, data: bytes) -> Path:
    path = folder / "words.txt"
    path.write_bytes(data)
    return path


def test_a_file_holds_a_word_or_phrase_a_line(tmp_path: Path) -> None:
    data = "\ufeff# words\r\n\r\ndog\r\n  ice cream \t# 3.5\t2\nC#\n\t\n#cat\ncafé".encode()
    assert read_words([_file(tmp_path, data)]) == ["dog", "ice cream", "C#", "café"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"dog\ncaf\xe9\n", ("line 2, byte 7", "not UTF-8", "save it as UTF-8")),
        (b"dog\n\n 42 # x\n", ("line 3", "'42' has no word", "one word or phrase a line")),
        ("dog\n…\n".encode(), ("line 2", "has no word")),
    ],
)
def test_a_file_that_is_no_list_is_refused_by_line(
    tmp_path: Path, data: bytes, words: tuple[str, ...]
) -> None:
    path = _file(tmp_path, data)
    with pytest.raises(LexiconError) as raised:
        read_words([path])
    assert all(word in str(raised.value) for word in (str(path), *words))


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(LexiconError, match="cannot be read"):
        read_words([tmp_path / name])


# --- what is said and written down ----------------------------------------------------------------


def test_the_report_says_what_is_left_out_and_which_words_are_unknown() -> None:
    lines = WHOLE.restricted(only=["dog", "zebra", "yak", "emu", "gnu"]).report.lines()
    assert "left out by --only-words, of 11 headwords and inflected forms: 10" in lines
    assert "of 5 words of --only-words, not in the lexicon: 4: zebra; yak; emu" in lines


def test_a_manifest_has_the_hash_of_the_forms_as_they_are_kept() -> None:
    selection = WHOLE.restricted(
        only=["Dog", "it", "dog"], skip=["it"], sample=0.9, seed=4
    ).selection
    assert selection.texts == {"only-words.txt": "dog\nit\n", "skip-words.txt": "it\n"}
    assert selection.as_dict() == {
        "only_words": {"forms": 2, "sha256": hashlib.sha256(b"dog\nit\n").hexdigest()},
        "skip_words": {"forms": 1, "sha256": hashlib.sha256(b"it\n").hexdigest()},
        "lexicon_sample": {"share": 0.9, "seed": 4},
    }


def test_the_kept_list_selects_what_the_list_did(tmp_path: Path) -> None:
    first = WHOLE.restricted(only=["Dog", "Monday"], inflect_words=True)
    path = _file(tmp_path, first.selection.texts["only-words.txt"].encode())
    again = WHOLE.restricted(only=read_words([path]))
    assert again.selection == first.selection
    assert again.headwords == first.headwords


def test_the_cache_tells_selections_apart() -> None:
    """All of these are compiled from one text, into one cache."""
    text = "dog dogs saw"
    for _ in range(2):
        assert swapped(WHOLE, text) == "Hund Hunde Säge"
        assert swapped(WHOLE.restricted(only=["dog"]), text) == "Hund dogs saw"
        assert swapped(WHOLE.restricted(skip=["dog"]), text) == "dog Hunde Säge"
        assert swapped(WHOLE.restricted(skip=["saw"]), text) == "Hund Hunde saw"
