"""A document that is longer than a section is worked on in sections, as the page says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import link.reference.text as reference
from link.kernel.window import sections
from link.policy import Policy
from tests.kernel.helpers import AS_USUAL, both, fast, headwords_of
from tests.strategies import examples, raw_bytes, texts

HEADWORDS = headwords_of({"dog": "Hund", "dog house": "Hütte", "house": "Haus", "Monday": "montag"})
PIECES = ("\n\n", "\n", "\r\n\r\n", "\r", "```\n", "\n```", " ", "é", "犬", "😀", "dog house. Dog")


def cuts(raw: bytes, section_bytes: int) -> list[bytes]:
    """The sections of a document, on which both kernels agree."""
    found = [bytes(section) for section in sections(raw, section_bytes)]
    text, offsets = reference.decode(raw)
    spans = reference.sections(text, offsets, section_bytes)
    assert found == [raw[offsets[start] : offsets[end]] for start, end in spans]
    return found


@examples(300)
@given(
    st.lists(st.sampled_from(PIECES), max_size=60).map(lambda some: "".join(some).encode())
    | texts().map(str.encode)
    | raw_bytes(),
    st.integers(8, 60),
)
def test_sections_are_all_of_a_document_and_none_is_too_long(raw: bytes, size: int) -> None:
    found = cuts(raw, size)
    assert b"".join(found) == raw
    assert all(len(section) <= size for section in found)
    assert all(found) or not raw


@pytest.mark.parametrize(
    ("text", "size", "first"),
    [
        ("a\n\nb\n\nc d\ne f", 10, "a\n\nb\n\n"),
        ("a\n\n```\n\nc d\ne f", 10, "a\n\n"),  # not in what three backticks opened
        ("```\na\n\n\nc d\ne f", 10, "```\na\n\n\n"),  # if there is no other blank line
        ("a b\n c\nc d\ne f", 10, "a b\n c\n"),
        ("a b c defgh", 10, "a b c "),
        ("abcdefghijk", 10, "abcdefghij"),
        ("abcdefghé", 9, "abcdefgh"),
    ],
)
def test_a_section_ends_at_the_best_place_that_there_is(text: str, size: int, first: str) -> None:
    assert cuts(text.encode(), size)[0].decode() == first


def test_a_section_is_a_text_of_its_own_but_for_ratio_and_places() -> None:
    [text] = both([b"x dog house, dog Monday"], HEADWORDS, section_bytes=6).texts
    assert text == b"x Hund Haus, Hund Montag"  # no phrase and no sentence goes on
    policy = Policy(ratio=0.25)
    done = both([b"dog x x x\n\n" * 200], HEADWORDS, policy, section_bytes=11)
    assert done.counts.swapped.tolist() == [200]
    other = both([b"x x x x\n\n" * 100 + b"dog\n\n" * 100], HEADWORDS, policy, section_bytes=90)
    assert other.counts.swapped.tolist() == [100]


@pytest.mark.parametrize("of", ["words", "eligible"])
def test_a_document_of_several_real_sections_is_as_the_reference_says(of: str) -> None:
    paragraph = "The dog house, `dog`; dog’s on Monday — of 犬.\nDog\n\n".encode()
    raw = paragraph * (2_500_000 // len(paragraph))
    done = fast([raw, b"dog"], HEADWORDS, Policy(of=of))
    again = fast([raw, b"dog"], HEADWORDS, Policy(of=of), window_bytes=50_021)
    assert done.texts == again.texts
    short = raw[:30_000]
    both([short], HEADWORDS, Policy(of=of), section_bytes=4000)


@pytest.mark.parametrize("word", [b"a" * 3_000_000, "犬".encode() * 1_000_000, b"\xff" * 3_000_000])
def test_what_cannot_be_cut_well_is_cut_all_the_same(word: bytes) -> None:
    done = fast([b"dog " + word + b" dog"], HEADWORDS, AS_USUAL)
    assert done.texts == [b"Hund " + word + b" Hund"]
