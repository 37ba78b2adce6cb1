"""Translations: which a draw takes; all at once in all spellings as `unicode.py` says of each."""

import json

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.kernel.draw import choose_translations
from link.language.draws import ONE, cumulative_thresholds
from link.language.unicode import capitalised_text, capitals, upper_text
from link.lexicon.arrays import compile_headwords, in_all_spellings, in_json
from tests.kernel.helpers import headword
from tests.strategies import examples

WEIGHTS = [
    [1.0],
    [1.0] * 300,
    [float(n) for n in range(1, 200)],
    [1e-9] * 50 + [1.0],
    [1.0] + [1e-9] * 50,
    [1e9, 1e-9, 1.0],
    [1e-300, 1e-300, 1e300],
    [0.1] * 10,
]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_draw_takes_the_translation_whose_threshold_it_is_the_first_below(
    weights: list[float],
) -> None:
    several = headword("dog", *map(str, range(len(weights))), weights=weights)
    lexicon = compile_headwords([headword("cat", "x", "y"), several])
    limits = cumulative_thresholds(weights)
    near = {0, ONE - 1} | {limit + step for limit in limits for step in (-1, 0, 1)}
    draws = np.array(sorted(number for number in near if 0 <= number < ONE))
    draws = np.concatenate((draws, np.linspace(0, ONE - 1, 5000).astype(np.int64)))
    chosen = choose_translations(
        lexicon.first,
        lexicon.cumulative,
        lexicon.guides,
        np.full(len(draws), 2, np.int64),
        draws.astype(np.uint64),
    )
    assert (chosen - 3).tolist() == np.searchsorted(limits, draws, "right").tolist()


LANGUAGES = ("", "tr", "nl", "de")


def spelled(texts: list[str], language: str) -> list[str]:
    return [
        *texts,
        *(capitalised_text(text, language) for text in texts),
        *(upper_text(text, language) for text in texts),
    ]


def in_arrays(texts: list[str], runs: list[tuple[str, int]]) -> list[str]:
    return [text.decode() for text in in_all_spellings(texts, runs).to_pylist()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_with_a_capital_gets_it(language: str) -> None:
    texts = [text for one in capitals() for text in (one, f"-{one}{one}", f"a{one}")]
    assert in_arrays(texts, [(language, len(texts))]) == spelled(texts, language)


TEXTS = st.lists(
    st.text(st.sampled_from("iIjJßŉǆﬁΐaZ9-' éя漢😀\U00010428\u0307")) | st.text(), max_size=5
)


@examples(80)
@given(st.lists(st.tuples(st.sampled_from(LANGUAGES), TEXTS), min_size=1, max_size=4))
@example([("nl", ["ij", "'ijs", "i", "j", "'s-ijs", ""]), ("tr", ["iıß", "-i"])])
@example([("de", []), ("de", ["ß", "ŉß", ""])])
def test_texts_of_several_languages_follow_the_rules_of_their_own(
    groups: list[tuple[str, list[str]]],
) -> None:
    texts: list[str] = []
    runs = []
    for language, own in groups:
        texts += own
        runs.append((language, len(texts)))
    parts = [spelled(own, language) for language, own in groups]
    thirds = [
        [part[len(part) * n // 3 : len(part) * (n + 1) // 3] for part in parts] for n in range(3)
    ]
    assert in_arrays(texts, runs) == [text for third in thirds for part in third for text in part]


@examples(50)
@given(TEXTS)
@example(['"', "\\", "\x1f", "\x7f", "é"])
@example(["a", "é"])
def test_in_json_a_text_reads_back_as_itself(texts: list[str]) -> None:
    array = in_all_spellings(texts, [("", len(texts))])
    again = [json.loads(f'"{text.decode()}"') for text in in_json(array).to_pylist()]
    assert again == [text.decode() for text in array.to_pylist()]
