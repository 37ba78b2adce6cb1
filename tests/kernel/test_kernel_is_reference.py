"""The fast kernel swaps and counts as the reference does, whatever it is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.policy import TRANSLATION, Policy
from tests.kernel.helpers import AS_USUAL, both, fast, headwords_of
from tests.kernel.seeded import case_of
from tests.reference.test_protect import CASES
from tests.strategies import (
    Document,
    Lexicon,
    documents,
    examples,
    lexicons,
    long_text,
    policies,
    raw_bytes,
    section_sizes,
    texts,
    window_sizes,
)

PAIRS = {"dog": "Hund", "I": "ich", "it's": 'es "ist"', "café": "Ka\nffee", "don't": "nicht"}
HEADWORDS = headwords_of({**PAIRS, "a": "ein", "b": "zwei", "dog house": "Hütte", "us": "uns"})


@examples(500)
@given(documents(), lexicons(), policies(), window_sizes(), section_sizes())
def test_any_documents_with_any_lexicon_and_policy(
    some: list[Document], lexicon: Lexicon, policy: Policy, window_bytes: int, section_bytes: int
) -> None:
    raw, keys = [text for text, _ in some], [key for _, key in some]
    sizes = {"window_bytes": window_bytes, "section_bytes": section_bytes}
    both(raw, lexicon[0], policy, lexicon[1], keys=keys, **sizes)


@examples(40)
@given(st.integers(0, (1 << 64) - 1))
def test_a_dozen_documents_of_a_number(seed: int) -> None:
    case = case_of(seed)
    both(case.texts, case.headwords, case.policy, case.languages, keys=case.keys, **case.sizes)


@examples(300)
@given(texts(max_pieces=60).map(str.encode) | raw_bytes(), section_sizes())
def test_any_text_as_usual(raw: bytes, section_bytes: int) -> None:
    both([raw], HEADWORDS, AS_USUAL, section_bytes=section_bytes)


@pytest.mark.parametrize("seed", range(6))
def test_long_texts_full_of_swaps(seed: int) -> None:
    policy = Policy(ratio=1 - seed / 10, translation=TRANSLATION[seed % 3], seed=seed)
    both([long_text(400, seed).encode()], HEADWORDS, policy, section_bytes=1000 + seed)


@pytest.mark.parametrize(("rule", "text", "taken"), CASES)
def test_every_example_of_a_rule(rule: str, text: str, taken: str) -> None:
    words = headwords_of(dict.fromkeys(("dog", *"abcdefgh"), "x"))
    both([text.encode(), f"dog\r\n\r\n{text}\n\ndog".encode()], words, AS_USUAL)


@examples(200)
@given(st.text(st.sampled_from("`~$\\/<>{}()[]|.:=_@#&-%!,;'\"’“…\n \t\ra1é"), max_size=8))
def test_a_short_string_repeated(unit: str) -> None:
    both([(unit * 300).encode(), (unit * 41 + " a").encode()], HEADWORDS, AS_USUAL)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_may_hold_a_document(kind: type) -> None:
    assert fast([kind(b"the dog"), kind(b"")], HEADWORDS).texts == [b"the Hund", b""]


def test_nothing_comes_of_nothing() -> None:
    assert both([], HEADWORDS).texts == []
    assert both([b"", b""], HEADWORDS).texts == [b"", b""]
    assert both([b"it's a dog's"], []).texts == [b"it's a dog's"]
