"""Replacing and annotating: what is written, and that the same words are swapped in all modes."""

import math
from dataclasses import replace

import pytest
from hypothesis import given

from link.policy import Policy
from tests.kernel.helpers import ALL, fast, headwords_of, swapped_text
from tests.strategies import Document, Lexicon, documents, examples, lexicons, policies

PAIRS = {"dog": "Hund", "ice cream": "eis", "I": "ich", "don't": "nicht", "dog's life": "elend"}
ANNOTATE = replace(ALL, mode="annotate")
MIXTURE = replace(ALL, mode="replace=0.5,annotate=0.5")


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("the dog sleeps", "the dog (Hund) sleeps"),
        ("dog", "dog (Hund)"),
        ("Dog, DOG.", "Dog (Hund), DOG (HUND)."),
        ("_dog_ dog_", "_dog (Hund)_ dog (Hund)_"),
        ("(dog)", "(dog (Hund))"),
        # behind the whole of a possessive
        ("the dog's tail", "the dog's (Hund) tail"),
        ("the DOG’S tail", "the DOG’S (HUND) tail"),
        ("dog's's dogs'", "dog's's dogs'"),
        # phrases
        ("x ice cream, ice\ncream", "x ice cream (eis), ice\ncream (eis)"),
        ("x a dog's life", "x a dog's life (elend)"),
        ("I don't. I x", "I (Ich) don't (nicht). I (Ich) x"),
        ("dog dog", "dog (Hund) dog (Hund)"),
        ("dog-dog", "dog (Hund)-dog (Hund)"),
    ],
)
def test_an_annotation_keeps_the_word_and_follows_it_in_brackets(text: str, becomes: str) -> None:
    assert swapped_text(text, headwords_of(PAIRS), ANNOTATE) == becomes


@pytest.mark.parametrize(
    "brackets", ["()", "[]", "<<>>", "「」", '""', "\\\\", "{{}}", "''", "😀😀"]
)
def test_any_brackets_are_written(brackets: str) -> None:
    policy = replace(ANNOTATE, brackets=brackets)
    half = len(brackets) // 2
    becomes = f"the dog {brackets[:half]}Hund{brackets[half:]} x"
    assert swapped_text("the dog x", headwords_of(PAIRS), policy) == becomes


@pytest.mark.parametrize(
    ("share", "mode"), [(0.5, "replace=1,annotate=1"), (0.2, "annotate=2,replace=8")]
)
@pytest.mark.parametrize("of", ["words", "eligible"])
def test_a_mixture_has_the_shares_asked_for(share: float, mode: str, of: str) -> None:
    count = 20_000
    counts = fast([b"dog " * count], headwords_of(PAIRS), Policy(ratio=1, mode=mode, of=of)).counts
    assert counts.swapped.tolist() == [count]
    bound = 5 * math.sqrt(count * share * (1 - share))
    assert abs(int(counts.annotated[0]) - count * share) <= bound


def test_one_document_has_both_kinds_in_a_mixture() -> None:
    text = swapped_text("dog dog's ice cream. " * 30, headwords_of(PAIRS), MIXTURE)
    kinds = " dog (Hund) | Hund | dog's (Hund) | Hund's |ice cream (eis).| eis."
    for kind in kinds.split("|"):
        assert kind in f" {text}"


def test_raising_the_share_of_annotations_only_turns_replacements_into_annotations() -> None:
    headwords = headwords_of(PAIRS)
    nested = []
    for mode in ("replace", "replace=0.7,annotate=0.3", "replace=0.2,annotate=0.8", "annotate"):
        policy = Policy(ratio=0.6, mode=mode)
        swaps = fast([b"dog's dog ice cream " * 200], headwords, policy).swaps
        nested.append({(one.start, one.end) for one in swaps if one.annotated})
    assert set() == nested[0] < nested[1] < nested[2] < nested[3]


@examples(60)
@given(documents(), lexicons(), policies())
def test_the_same_words_are_swapped_for_the_same_in_all_modes(
    some: list[Document], lexicon: Lexicon, policy: Policy
) -> None:
    found = set()
    for mode in ("replace", "annotate", "replace=0.3,annotate=0.7"):
        texts = [text for text, _ in some]
        own = replace(policy, mode=mode)
        done = fast(texts, lexicon[0], own, lexicon[1], keys=[key for _, key in some])
        found.add(tuple(one._replace(annotated=False) for one in done.swaps))
        share = {"replace": 0, "annotate": int(done.counts.swapped.sum())}
        assert done.counts.annotated[0] == share.get(mode, done.counts.annotated[0])
    assert len(found) == 1


@examples(60)
@given(documents(), lexicons(), policies())
def test_without_its_annotations_a_text_is_the_original(
    some: list[Document], lexicon: Lexicon, policy: Policy
) -> None:
    texts = [text for text, _ in some]
    policy = replace(policy, mode="annotate")
    done = fast(texts, lexicon[0], policy, lexicon[1], keys=[key for _, key in some])
    opening, closing = policy.bracket_pair
    back = list(done.texts)
    for swap in done.swaps:
        written = f" {opening}{swap.translation}{closing}".encode()
        text, at = back[swap.document], swap.at
        assert text[at : at + len(written)] == written
        back[swap.document] = text[:at] + text[at + len(written) :]
    assert back == texts
