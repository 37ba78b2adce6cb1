"""All texts at once in all spellings are what `unicode.py` says of each alone."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.kernel.texts import in_all_spellings, in_json
from link.language.unicode import capitalised_text, tables, upper_text
from tests.strategies import examples

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
    texts = [text for one in tables().capitals for text in (one, f"-{one}{one}", f"a{one}")]
    assert in_arrays(texts, [(language, len(texts))]) == spelled(texts, language)


TEXTS = st.lists(
    st.text(st.sampled_from("iIjJßŉǆﬁΐaZ9-' éя漢😀\U00010428\u0307")) | st.text(), max_size=5
)


@examples(200)
@given(st.lists(st.tuples(st.sampled_from(LANGUAGES), TEXTS), max_size=4))
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


@examples(100)
@given(TEXTS)
@example(['"', "\\", "\x1f", "\x7f", "é"])
@example(["a", "é"])
def test_in_json_a_text_reads_back_as_itself(texts: list[str]) -> None:
    array = in_all_spellings(texts, [])
    again = [json.loads(f'"{text.decode()}"') for text in in_json(array).to_pylist()]
    assert again == [text.decode() for text in array.to_pylist()]
