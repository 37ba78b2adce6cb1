"""The fast kernel gives the reference kernel's bytes, counts and spans, whatever it is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.block import Block
from link.kernel import reference
from link.kernel.compiled import Headword, Language
from link.policy import TRANSLATION, Policy
from tests.kernel.helpers import block_of, both, documents_of, fast, headwords_of
from tests.strategies import (
    KEYS,
    LANGUAGES,
    blocks,
    examples,
    headword_lists,
    headwords_of_words,
    lexicons,
    long_text,
    make_block,
    policies,
    raw_bytes,
    spell_ascii,
    spell_utf8,
    spelled,
    spelled_at_random,
    texts,
    window_sizes,
)

EVERYTHING = headwords_of(
    {
        "dog": "Hund",
        "I": "ich",
        "it's": 'es "ist"',
        "café": "Ka\nffee",
        "don't": "nicht",
        "a": "ein",
    }
)


@examples(200)
@given(blocks(), headword_lists(), policies(), st.sampled_from(LANGUAGES), window_sizes())
def test_any_block_comes_out_as_the_reference_says(
    block: Block, headwords: list[Headword], policy: Policy, language: str, window_bytes: int
) -> None:
    both(block, headwords, policy, language, window_bytes)


@examples(200)
@given(blocks(), lexicons(), policies(), window_sizes(), st.sampled_from((1 << 22, 40, 7)))
def test_any_lexicon_of_any_languages_swaps_as_the_reference_says(
    block: Block,
    lexicon: tuple[list[Headword], list[Language]],
    policy: Policy,
    window_bytes: int,
    block_characters: int,
) -> None:
    headwords, languages = lexicon
    both(block, headwords, policy, languages, window_bytes, block_characters)


@examples(150)
@given(raw_bytes(), KEYS, st.booleans(), window_sizes())
def test_bytes_that_are_no_text_come_out_as_the_reference_says(
    raw: bytes, key: int, escaped: bool, window_bytes: int
) -> None:
    block = make_block([raw], [b""], [key], escaped)
    both(block, EVERYTHING, Policy(ratio=1), window_bytes=window_bytes)


@examples(80)
@given(spelled(texts(surrogates=True, max_pieces=60)), window_sizes())
def test_any_spelling_of_a_text_comes_out_as_the_reference_says(
    raw: bytes, window_bytes: int
) -> None:
    both(block_of(raw, escaped=True), EVERYTHING, Policy(ratio=0.7), window_bytes=window_bytes)


@pytest.mark.parametrize("seed", range(12))
def test_long_texts_full_of_swaps_come_out_as_the_reference_says(seed: int) -> None:
    text = long_text(400, seed)
    raw = [text.encode(), spell_utf8(text), spell_ascii(text), spelled_at_random(text, seed)][
        seed % 4
    ]
    policy = Policy(ratio=1 - seed / 20, translation=TRANSLATION[seed % 3], seed=seed)
    headwords = headwords_of_words(1 - seed / 40, seed)
    for window_bytes in (1 + seed, 100, 1 << 20):
        both(block_of(raw, escaped=seed % 4 > 0), headwords, policy, window_bytes=window_bytes)


@examples(100)
@given(blocks(), headword_lists(), policies(), st.sampled_from(LANGUAGES))
def test_each_new_span_holds_what_its_document_becomes_alone(
    block: Block, headwords: list[Headword], policy: Policy, language: str
) -> None:
    together = documents_of(fast(block, headwords, policy, language))
    data = bytes(block.data)
    for index, (start, end) in enumerate(zip(block.starts, block.ends, strict=True)):
        key = int(block.keys[index])
        alone = make_block([data[start:end]], [b""], [key], block.escaped)
        expected, _ = reference.substitute(alone, headwords, policy, [Language(language)])
        assert together[index] == (expected[1:-1] if block.escaped else expected)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_may_hold_the_block(kind: type) -> None:
    block = block_of(b"the dog", b"a dog")
    held = Block(kind(block.data), block.starts, block.ends, block.keys, False, block.texts)
    assert both(held, EVERYTHING) == [b"the Hund", b"ein Hund"]


@pytest.mark.parametrize("escaped", [False, True])
def test_a_block_without_documents_stays_as_it_is(escaped: bool) -> None:
    block = make_block([], [], [], escaped, tail=b"dog \\ dog\n")
    assert both(block, EVERYTHING) == []
    assert fast(block, EVERYTHING).data() == b"dog \\ dog\n"


def test_a_lexicon_without_headwords_swaps_nothing() -> None:
    assert both(block_of(b"it's a dog's"), []) == [b"it's a dog's"]
