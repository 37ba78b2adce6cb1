"""The reference made linear gives the reference's bytes, counts and swaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.block import Block
from link.kernel import reference
from link.kernel.compiled import Headword, Language
from link.kernel.recompute import Headwords, found_in, recompute
from link.kernel.reference import ReferenceSwap
from link.kernel.sampled import recompute_share
from link.policy import Policy
from tests.kernel.helpers import block_of, counts_by_document, headword, headwords_of
from tests.strategies import blocks, examples, lexicons, policies


def compare(
    block: Block,
    headwords: list[Headword],
    languages: list[Language],
    policy: Policy,
    section: int,
    long: int,
) -> None:
    expected: list[ReferenceSwap] = []
    data, counts = reference.substitute(block, headwords, policy, languages, expected, long)
    known = Headwords(headwords, languages)
    result, swaps = recompute(block, known, policy, section, long)
    assert result.data() == data
    assert counts_by_document(result.counts) == counts
    assert [
        ReferenceSwap(
            swap.document,
            swap.start,
            swap.end,
            swap.new_start,
            swap.new_end,
            swap.language,
            swap.annotated,
        )
        for swap in swaps
    ] == expected


@examples(60)
@given(
    blocks(),
    lexicons(),
    policies(),
    st.sampled_from((0, 5, 30, 1 << 13)),
    st.sampled_from((1 << 22, 40, 7)),
)
def test_any_block_in_sections_of_any_size_is_what_the_reference_says(
    block: Block,
    lexicon: tuple[list[Headword], list[Language]],
    policy: Policy,
    section: int,
    long: int,
) -> None:
    headwords, languages = lexicon
    compare(block, headwords, languages, policy, section, long)


CONTEXTS = (
    "```\nthe dog\n\nthe dog\n```\n\nthe dog",
    "~~~ x\nthe dog\n \n```\n\nthe dog\n~~~\nthe dog\n\n```\nthe dog",
    "<pre>the dog\n\nthe dog</pre>\n\nthe dog $x the\n\ndog$",
    "THE DOG\n\nThe Dog of the House\n\nthe dog. \n\n  the dog = {x}\n  dog\n\nMr.\n\nDog",
    "   the dog { }\n\n>>> dog=1\n\nthe\n\n\n\ndog the dog of the dog house the dog the dog",
)


@pytest.mark.parametrize("text", CONTEXTS)
@pytest.mark.parametrize("long", [1 << 20, 12, 25])
def test_what_stands_around_a_section_counts(text: str, long: int) -> None:
    headwords = headwords_of({"dog": "Hund", "the": "der", "house": "Haus", "dog house": "Hütte"})
    for policy in (Policy(ratio=1), Policy(ratio=0.4, seed=3)):
        compare(block_of(text.encode()), headwords, [Language("de")], policy, 0, long)


def test_a_word_with_an_ending_is_not_cut_for_a_phrase_that_does_not_stand_there() -> None:
    headwords = [headword("fool's gold's end", "x"), *headwords_of({"a fool": "y", "fool": "z"})]
    for text in (b"a fool's hat", b"a gold's", b"fool's gold's end"):
        compare(block_of(text), headwords, [Language("de")], Policy(ratio=1), 0, 1 << 20)


def test_what_is_covered_is_told_with_why_it_stays() -> None:
    known = Headwords(headwords_of({"dog": "Hund", "mark": "Zeichen"}), [Language("de")])
    new, found, _ = found_in(b"a dog and Mark", 7, known, Policy(ratio=0.25))
    assert new == b"a Hund and Mark"
    assert [(one.start, one.end, one.eligible, one.drawn) for one in found] == [
        (2, 5, True, True),
        (10, 14, False, False),
    ]


@examples(60)
@given(blocks(), lexicons(), policies(), st.sampled_from((0.0, 0.5)))
def test_a_sample_and_the_rest_make_the_same(
    block: Block, lexicon: tuple[list[Headword], list[Language]], policy: Policy, share: float
) -> None:
    known = Headwords(*lexicon)
    whole, swaps = recompute(block, known, policy)
    result, found = recompute_share(block, known, policy, share, record=True)
    assert result.data() == whole.data()
    assert (result.starts == whole.starts).all()
    assert counts_by_document(result.counts) == counts_by_document(whole.counts)
    assert result.counts.swapped_by_language.tolist() == whole.counts.swapped_by_language.tolist()
    assert result.counts.annotated.tolist() == whole.counts.annotated.tolist()
    assert found == swaps
