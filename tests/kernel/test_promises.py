"""The kernel's promises: verbatim, a function of the document, nested, dosed, of any size."""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from link.language.draws import GOLDEN, MASK, ONE, PORTION, WORD, mix_one, stream
from link.language.headwords import Headword
from link.language.unicode import fold_text
from link.policy import FIRST, OF_ELIGIBLE, OF_WORDS, PER_DOCUMENT, PER_WORD, Policy
from tests.kernel.helpers import Done, Swap, both, fast, headword, headwords_of
from tests.strategies import (
    KEYS,
    Document,
    Lexicon,
    documents,
    examples,
    lexicons,
    policies,
    section_sizes,
    window_sizes,
)

DOG = headwords_of({"dog": "Hund", "Monday": "montag", "a": "ein"})


def of(some: Sequence[Document], lexicon: Lexicon, policy: Policy, **sizes: int) -> Done:
    """What becomes of documents with their keys."""
    texts, keys = [text for text, _ in some], [key for _, key in some]
    return fast(texts, lexicon[0], policy, lexicon[1], keys=keys, **sizes)


# --- verbatim -------------------------------------------------------------------------------------


@examples(150)
@given(documents(), lexicons(), policies(), window_sizes())
def test_every_byte_outside_of_swapped_words_is_kept(
    some: list[Document], lexicon: Lexicon, policy: Policy, window_bytes: int
) -> None:
    """Swaps ascend, are whole words of the lexicon, and are all that is changed."""
    done = of(some, lexicon, policy, window_bytes=window_bytes)
    for number, (text, _) in enumerate(some):
        new, at = b"", 0
        for swap in (swap for swap in done.swaps if swap.document == number):
            assert at <= swap.start < swap.end <= swap.at
            form = _as_headword(text[swap.start : swap.end].decode())
            own = [one for one in lexicon[0] if one.language == swap.language]
            assert any(form in one.forms for one in own)
            written = swap.translation.encode()
            if swap.annotated:
                opening, closing = policy.bracket_pair
                written = b" " + opening.encode() + written + closing.encode()
            end = swap.at if swap.annotated else swap.end
            new += text[at : end if swap.annotated else swap.start] + written
            at = end
        assert done.texts[number] == new + text[at:]


def _as_headword(source: str) -> str:
    """As a lexicon spells the words of a text, whatever blanks and hyphens it has."""
    return re.sub("[\u2010\u2011]", "-", re.sub(r"\s+", " ", fold_text(source)))


@examples(60)
@given(documents(), lexicons(), policies(), st.sampled_from(("ratio", "portion")))
def test_ratio_0_and_portion_0_give_the_bytes_back(
    some: list[Document], lexicon: Lexicon, policy: Policy, which: str
) -> None:
    done = of(some, lexicon, replace(policy, **{which: 0}))
    assert done.texts == [text for text, _ in some]
    assert not done.counts.swapped.any()


# --- a function of the document -------------------------------------------------------------------


@examples(150)
@given(documents(), lexicons(), policies(), window_sizes(), section_sizes(), st.randoms())
def test_company_order_and_windows_change_nothing(
    some: list[Document],
    lexicon: Lexicon,
    policy: Policy,
    window_bytes: int,
    section_bytes: int,
    random_: random.Random,
) -> None:
    alone = [of([one], lexicon, policy, section_bytes=section_bytes).texts[0] for one in some]
    order = random_.sample(range(len(some)), len(some))
    sizes = {"window_bytes": window_bytes, "section_bytes": section_bytes}
    together = of([some[n] for n in order], lexicon, policy, **sizes).texts
    assert together == [alone[n] for n in order]


# --- nested ---------------------------------------------------------------------------------------


@examples(150)
@given(
    documents(),
    lexicons(),
    policies(),
    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted),
    st.sampled_from(("ratio", "portion")),
)
def test_raising_a_ratio_or_a_portion_only_adds_swaps(
    some: list[Document], lexicon: Lexicon, policy: Policy, shares: list[float], raised: str
) -> None:
    nested = [set(of(some, lexicon, replace(policy, **{raised: share})).swaps) for share in shares]
    assert nested[0] <= nested[1] <= nested[2]


@examples(60)
@given(KEYS, KEYS, st.sampled_from((OF_WORDS, OF_ELIGIBLE)), st.booleans())
def test_a_share_takes_exactly_what_is_drawn_below_it(
    key: int, seed: int, ratio_of: str, of_documents: bool
) -> None:
    purpose = PORTION if of_documents else WORD
    state = mix_one(key ^ stream(seed, purpose))
    number = state if of_documents else mix_one((state + GOLDEN) & MASK)
    drawn = number >> 11
    for share, becomes in ((drawn / ONE, b"dog"), ((drawn + 1) / ONE, b"Hund")):
        ratio, portion = (1.0, share) if of_documents else (share, 1.0)
        policy = Policy(ratio=ratio, portion=portion, of=ratio_of, seed=seed)
        assert both([b"dog"], DOG, policy, keys=[key]).texts == [becomes]


def _filler(words: Sequence[str], count: int, seed: int = 1) -> bytes:
    random_ = random.Random(seed)
    return " ".join(random_.choices(words, k=count)).encode()


def test_swaps_are_nested_strictly_in_a_large_document() -> None:
    text = _filler(["dog", "cat", "a"], 2000)
    nested = [set(fast([text], DOG, Policy(ratio=r)).swaps) for r in (0.1, 0.2, 0.4)]
    assert nested[0] < nested[1] < nested[2]


# --- dose -----------------------------------------------------------------------------------------

WORDS = 100_000


def _within_binomial_bounds(successes: int, trials: int, probability: float) -> bool:
    """Within five standard deviations."""
    expected = trials * probability
    return abs(successes - expected) <= 5 * math.sqrt(expected * (1 - probability)) + 1e-9


@pytest.mark.parametrize("ratio", [0.001, 0.05, 0.3, 0.5])
@pytest.mark.parametrize("covered_of_ten", [5, 7, 10])
def test_the_ratio_of_words_is_reached_where_coverage_allows(
    ratio: float, covered_of_ten: int
) -> None:
    vocabulary = [f"word{'abcdefghij'[n]}" for n in range(10)]
    headwords = [headword(word, "x") for word in vocabulary[:covered_of_ten]]
    counts = fast([_filler(vocabulary, WORDS)], headwords, Policy(ratio=ratio)).counts
    words, eligible = int(counts.words[0]), int(counts.eligible[0])
    assert words == WORDS
    assert _within_binomial_bounds(eligible, WORDS, covered_of_ten / 10)
    probability = min(1.0, ratio * words / eligible)
    assert _within_binomial_bounds(int(counts.swapped[0]), eligible, probability)


@pytest.mark.parametrize("ratio", [0.001, 0.3, 0.9])
def test_the_ratio_of_eligible_words_is_reached(ratio: float) -> None:
    text = _filler(["dog", "cat"], WORDS)
    in_text = text.count(b"dog")
    counts = fast([text], DOG, Policy(ratio=ratio, of=OF_ELIGIBLE)).counts
    assert _within_binomial_bounds(int(counts.swapped[0]), in_text, ratio)


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("ratio_of", [OF_WORDS, OF_ELIGIBLE])
def test_the_ratio_is_reached_in_words_where_phrases_have_several(
    ratio: float, ratio_of: str
) -> None:
    """A phrase is drawn once and counts as its words, so the variance is that of its square."""
    headwords = headwords_of({"ice cream": "eis", "in spite of it": "doch", "dog": "hund"})
    pieces = ["ice cream", "in spite of it", "dog", "x", "y z"]
    text = " ".join(random.Random(1).choices(pieces, k=WORDS // 2)).encode()
    counts = fast([text], headwords, Policy(ratio=ratio, of=ratio_of)).counts
    words, eligible, swapped = (
        int(one[0]) for one in (counts.words, counts.eligible, counts.swapped)
    )
    by_phrase = {phrase: text.count(phrase.encode()) for phrase in pieces[:3]}
    sizes = {phrase: len(phrase.split()) for phrase in by_phrase}
    probability = ratio * words / sum(by_phrase[one] * sizes[one] for one in by_phrase)
    if ratio_of == OF_ELIGIBLE:
        probability = ratio
    else:
        assert eligible == sum(by_phrase[one] * sizes[one] for one in by_phrase)
    expected = probability * sum(by_phrase[one] * sizes[one] for one in by_phrase)
    variance = probability * (1 - probability)
    variance *= sum(by_phrase[one] * sizes[one] ** 2 for one in by_phrase)
    assert abs(swapped - expected) <= 5 * math.sqrt(variance)


@pytest.mark.parametrize("ratio", [0.6, 0.99, 1.0])
def test_where_coverage_is_below_the_ratio_every_eligible_word_is_swapped(ratio: float) -> None:
    result = fast([_filler(["dog", "cat"], 10_000)], DOG, Policy(ratio=ratio))
    assert b"dog" not in result.texts[0]
    assert result.counts.swapped[0] == result.counts.eligible[0] < ratio * 10_000


def test_the_portion_of_documents_is_reached_and_the_rest_is_verbatim() -> None:
    count = 20_000
    result = fast([b"dog"] * count, DOG, Policy(ratio=1, portion=0.3), keys=range(count))
    touched = result.counts.touched
    assert _within_binomial_bounds(int(touched.sum()), count, 0.3)
    assert result.texts == [b"Hund" if one else b"dog" for one in touched.tolist()]
    assert result.counts.words.tolist() == [1] * count


def test_which_words_are_swapped_is_independent_of_seed_and_key() -> None:
    """Two seeds, or two keys, agree on a word as often as chance has it."""
    text = [_filler(["dog"], 20_000)]
    policy = Policy(ratio=0.5)
    first = _places(fast(text, DOG, policy, keys=[1]).swaps)
    for key, seed in ((2, 0), (1, 1)):
        other = _places(fast(text, DOG, replace(policy, seed=seed), keys=[key]).swaps)
        assert _within_binomial_bounds(len(first & other), 20_000, 0.25)


def _places(swaps: Sequence[Swap]) -> set[tuple[int, int]]:
    return {(one.start, one.end) for one in swaps}


# --- translations ---------------------------------------------------------------------------------

SENSES = [headword("bank", *"123456"), headword("spring", *"abcdef")]


def _senses(policy: Policy, documents: int = 50) -> list[set[str]]:
    """Of each document of 20 times `bank`, the translations that were taken."""
    done = fast([b"bank " * 20] * documents, SENSES, policy)
    return [set(one.decode().split()) for one in done.texts]


def test_per_document_gives_a_document_one_sense_of_a_word() -> None:
    senses = _senses(Policy(ratio=1, translation=PER_DOCUMENT))
    assert {len(of_document) for of_document in senses} == {1}
    assert set.union(*senses) == set("123456")


def test_per_word_varies_within_a_document() -> None:
    senses = _senses(Policy(ratio=1, translation=PER_WORD))
    assert all(len(of_document) > 1 for of_document in senses)


def test_first_is_always_the_first() -> None:
    assert set.union(*_senses(Policy(ratio=1, translation=FIRST))) == {"1"}


def test_translations_are_drawn_by_weight() -> None:
    headwords = [headword("bank", "1", "2", "3", weights=(1, 2, 7))]
    policy = Policy(ratio=1, translation=PER_WORD)
    (document,) = fast([b"bank " * WORDS], headwords, policy).texts
    for translation, share in ((b"1", 0.1), (b"2", 0.2), (b"3", 0.7)):
        assert _within_binomial_bounds(document.count(translation), WORDS, share)


def test_a_translation_does_not_depend_on_the_rows_around_it() -> None:
    more = [headword("aardvark", "x", "y"), SENSES[1], SENSES[0], headword("zebra", "z")]
    some = [b"bank spring"] * 30
    assert fast(some, SENSES).texts == fast(some, more).texts


@examples(40)
@given(KEYS, KEYS)
def test_inflections_that_share_a_lemma_share_the_draw(key: int, seed: int) -> None:
    lemma = [Headword((form,), "bank", tuple("123456"), (1.0,) * 6) for form in ("bank", "banks")]
    done = fast([b"bank banks"], lemma, Policy(ratio=1, seed=seed), keys=[key])
    one, other = done.texts[0].split()
    assert one == other


@examples(20)
@given(st.lists(st.sampled_from("123456"), min_size=2, max_size=6, unique=True), KEYS)
def test_the_translations_do_not_change_which_words_are_drawn(order: list[str], key: int) -> None:
    """Arms with other translations of the same headwords are paired: the same words are swapped."""
    assume(order != sorted(order))
    places = [
        _places(
            fast([b"bank spring dog " * 20], [headword("bank", *some)], Policy(), keys=[key]).swaps
        )
        for some in (order, order[:1])
    ]
    assert places[0] == places[1]
