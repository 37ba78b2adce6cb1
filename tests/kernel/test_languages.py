"""Several target languages: one a document or one a word, by weight, and nothing else changes."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from link.language.headwords import Headword, Language, integer_weights
from link.policy import MIX, Policy
from tests.kernel.helpers import ALL, fast, headwords_of

DE, SW, TR = Language("de"), Language("sw"), Language("tr")
WORDS = ("dog", "house", "river")
ALL_THREE = [
    *headwords_of({word: f"de-{word}" for word in WORDS}, language=0),
    *headwords_of({word: f"sw-{word}" for word in WORDS}, language=1),
    *headwords_of({word: f"tr-{word}" for word in WORDS}, language=2),
]
SOME = [  # German and Turkish know one word each that the other does not
    *headwords_of({"dog": "de-dog", "house": "de-house"}, language=0),
    *headwords_of({"dog": "sw-dog"}, language=1),
    *headwords_of({"dog": "tr-dog", "river": "tr-river"}, language=2),
]
BY_DOCUMENT = replace(ALL, mix="document")
BY_WORD = replace(ALL, mix="word")


def _documents(
    text: bytes,
    count: int,
    headwords: Sequence[Headword],
    policy: Policy,
    languages: Sequence[Language],
) -> list[str]:
    keys = list(range(count))
    done = fast([text] * count, headwords, policy, languages, keys=keys)
    return [one.decode() for one in done.texts]


def _assert_shares(found: Counter[str], shares: dict[str, float]) -> None:
    """Within five standard deviations of a binomial."""
    total = sum(found.values())
    assert found.keys() <= shares.keys()
    for name, share in shares.items():
        bound = 5 * math.sqrt(total * share * (1 - share)) + 1e-9
        assert abs(found[name] - total * share) <= bound, name


def _languages_in(document: str) -> set[str]:
    return {word.split("-")[0] for word in document.split() if "-" in word}


# --- one language a document ----------------------------------------------------------------------


@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 5), (0.1, 0.1, 0.7), (3, 1e-9, 1)])
def test_each_document_takes_one_language_by_weight(weights: tuple[float, ...]) -> None:
    languages = [replace(one, weight=w) for one, w in zip((DE, SW, TR), weights, strict=True)]
    documents = _documents(b"dog house river dog", 5000, ALL_THREE, BY_DOCUMENT, languages)
    spoken = [_languages_in(document) for document in documents]
    assert {len(some) for some in spoken} == {1}
    shares = dict(zip(("de", "sw", "tr"), (w / sum(weights) for w in weights), strict=True))
    _assert_shares(Counter(some.pop() for some in spoken), shares)


def test_a_word_that_a_documents_language_does_not_cover_stays() -> None:
    documents = _documents(b"dog house river", 200, SOME, BY_DOCUMENT, [DE, SW, TR])
    assert set(documents) == {
        "de-dog de-house river",
        "sw-dog house river",
        "tr-dog house tr-river",
    }


def test_coverage_and_dose_are_those_of_the_documents_language() -> None:
    some = [b"dog house river"] * 50
    counts = fast(some, SOME, Policy(ratio=1 / 3), [DE, SW, TR]).counts
    (new,) = {len(set(counts.covered.tolist()))}
    assert new == 2  # one word for Swahili, two for the others
    assert counts.covered.tolist() == counts.eligible.tolist()
    assert counts.words.tolist() == [3] * 50


def test_a_languages_share_of_documents_is_counted() -> None:
    some = [b"dog"] * 300
    policy = replace(BY_DOCUMENT, portion=0.5)
    result = fast(some, ALL_THREE, policy, [DE, SW, TR])
    spoken = Counter(name for one in result.texts for name in _languages_in(one.decode()))
    assert result.counts.documents_by_language.tolist() == [spoken[n] for n in ("de", "sw", "tr")]
    assert result.counts.swapped_by_language.tolist() == [spoken[n] for n in ("de", "sw", "tr")]
    assert result.counts.touched.sum() == sum(spoken.values()) < 300


# --- one language a word --------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 2, 5)])
def test_each_word_takes_a_language_by_weight(weights: tuple[float, ...]) -> None:
    languages = [replace(one, weight=w) for one, w in zip((DE, SW, TR), weights, strict=True)]
    (document,) = _documents(b"dog house river " * 3000, 1, ALL_THREE, BY_WORD, languages)
    shares = dict(zip(("de", "sw", "tr"), (w / sum(weights) for w in weights), strict=True))
    _assert_shares(Counter(word.split("-")[0] for word in document.split()), shares)


def test_a_word_takes_one_of_the_languages_that_cover_it_by_their_weights() -> None:
    languages = [DE, replace(SW, weight=3), TR]
    (document,) = _documents(b"dog house river " * 3000, 1, SOME, BY_WORD, languages)
    words = document.split()
    _assert_shares(
        Counter(word.split("-")[0] for word in words[::3]), {"de": 0.2, "sw": 0.6, "tr": 0.2}
    )
    assert set(words[1::3]) == {"de-house"}
    assert set(words[2::3]) == {"tr-river"}


def test_words_of_each_language_are_counted() -> None:
    some = [b"dog house river " * 100]
    result = fast(some, SOME, BY_WORD, [DE, SW, TR])
    words = Counter(word.split("-")[0] for word in result.texts[0].decode().split())
    assert result.counts.swapped_by_language.tolist() == [words[n] for n in ("de", "sw", "tr")]
    assert result.counts.documents_by_language.tolist() == [0, 0, 0]


# --- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mix", MIX)
def test_raising_the_ratio_changes_no_words_language(mix: str) -> None:
    some = [b"dog house river " * 10] * 30
    nested = []
    for ratio in (0.2, 0.5, 0.9):
        result = fast(some, SOME, replace(ALL, mix=mix, ratio=ratio), [DE, SW, TR])
        nested.append({(one.document, one.start, one.language) for one in result.swaps})
    assert nested[0] < nested[1] < nested[2]


@pytest.mark.parametrize("mix", MIX)
def test_with_one_language_the_mix_says_nothing(mix: str) -> None:
    headwords = ALL_THREE[:3]
    documents = _documents(b"dog house x", 30, headwords, replace(ALL, mix=mix, ratio=0.5), [DE])
    assert documents == _documents(b"dog house x", 30, headwords, replace(ALL, ratio=0.5), [DE])


@pytest.mark.parametrize("mix", MIX)
def test_a_language_that_covers_nothing_swaps_nothing(mix: str) -> None:
    languages = [DE, SW, TR]
    documents = _documents(b"dog river", 60, ALL_THREE[:3], replace(ALL, mix=mix), languages)
    expected = {"de-dog de-river"} | ({"dog river"} if mix == "document" else set())
    assert set(documents) == expected


def test_with_the_same_words_drawn_languages_are_paired_with_one_alone() -> None:
    """Which words are swapped does not depend on the languages where these cover the same."""
    text = b"dog house river x " * 50
    places = set()
    for headwords, languages in ((ALL_THREE, [DE, SW, TR]), (ALL_THREE[:3], [DE])):
        for mix in MIX:
            result = fast([text], headwords, replace(ALL, ratio=0.4, mix=mix), languages)
            places.add(tuple((one.start, one.end) for one in result.swaps))
    assert len(places) == 1


@pytest.mark.parametrize("mix", MIX)
def test_capitals_follow_the_rules_of_the_language_that_was_taken(mix: str) -> None:
    headwords = [
        *headwords_of({"dog": "iyi"}, language=0),
        *headwords_of({"dog": "ijs"}, language=1),
        *headwords_of({"dog": "it"}, language=2),
    ]
    languages = [TR, Language("nl"), DE]
    documents = _documents(b"x Dog DOG dog", 60, headwords, replace(ALL, mix=mix), languages)
    pairs = {
        (written, position)
        for document in documents
        for position, written in enumerate(document.split()[1:])
    }
    assert pairs == {
        *(("İyi", 0), ("İYİ", 1), ("iyi", 2)),
        *(("IJs", 0), ("IJS", 1), ("ijs", 2)),
        *(("It", 0), ("IT", 1), ("it", 2)),
    }


def test_a_phrase_of_one_language_is_no_phrase_of_another() -> None:
    headwords = [
        *headwords_of({"ice cream": "eis", "ice": "frost"}, language=0),
        *headwords_of({"ice": "barafu", "cream": "malai"}, language=1),
    ]
    documents = _documents(b"ice cream", 40, headwords, BY_DOCUMENT, [DE, SW])
    assert set(documents) == {"eis", "barafu malai"}
    documents = _documents(b"ice cream", 40, headwords, BY_WORD, [DE, SW])
    assert set(documents) == {"eis"}  # the phrase comes first, and one language has it


@pytest.mark.parametrize("mix", MIX)
def test_the_spelling_that_counts_is_that_of_each_language(mix: str) -> None:
    headwords = [
        *headwords_of({"Turkey": "Türkei", "turkey": "pute"}, language=0),
        *headwords_of({"turkey": "bata"}, language=1),
    ]
    policy = Policy(ratio=1, mix=mix)
    documents = _documents(b"x Turkey turkey", 60, headwords, policy, [DE, SW])
    firsts = {document.split()[1] for document in documents}
    seconds = {document.split()[2] for document in documents}
    assert firsts == ({"Türkei", "Turkey"} if mix == "document" else {"Türkei"})
    assert seconds == {"pute", "bata"}


def test_weights_are_whole_numbers_up_to_2_to_the_20() -> None:
    languages = [Language(weight=weight) for weight in (2.0, 1.0, 1e-30)]
    assert integer_weights(languages) == [1 << 20, 1 << 19, 1]
