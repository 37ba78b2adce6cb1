"""Replacing and annotating: what is written, and that the same words are swapped in all modes."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given

from link.block import Block
from link.kernel.compiled import Headword, Language
from link.policy import Policy
from tests.kernel.helpers import (
    ALL,
    AS_USUAL,
    block_of,
    both,
    fast,
    headwords_of,
    swapped_text,
    swaps_of,
)
from tests.strategies import blocks, examples, lexicons, policies, spell_ascii, spell_utf8

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
def test_any_brackets_are_written_and_escaped_in_json(brackets: str) -> None:
    policy = replace(ANNOTATE, brackets=brackets)
    half = len(brackets) // 2
    becomes = f"the dog {brackets[:half]}Hund{brackets[half:]} x"
    assert swapped_text("the dog x", headwords_of(PAIRS), policy) == becomes


def test_brackets_are_escaped_as_json_must_have_them_and_no_more() -> None:
    block = block_of(rb"\u0064og \u72ac", escaped=True)
    pairs = (('""', rb"\"Hund\""), ("\\\\", rb"\\Hund\\"), ("「」", "「Hund」".encode()))
    for brackets, written in pairs:
        (document,) = both(block, headwords_of(PAIRS), replace(ANNOTATE, brackets=brackets))
        assert document == rb"\u0064og " + written + rb" \u72ac"


def test_a_translation_is_escaped_in_an_annotation_too() -> None:
    (document,) = both(block_of(b"dog", escaped=True), headwords_of({"dog": 'a"\\b\n'}), ANNOTATE)
    assert document == rb"dog (a\"\\b\n)"
    assert swapped_text("dog", headwords_of({"dog": 'a"\\b\n'}), ANNOTATE) == 'dog (a"\\b\n)'


@pytest.mark.parametrize(
    ("share", "mode"), [(0.5, "replace=1,annotate=1"), (0.2, "annotate=2,replace=8")]
)
@pytest.mark.parametrize("of", ["words", "eligible"])
def test_a_mixture_has_the_shares_asked_for(share: float, mode: str, of: str) -> None:
    count = 20_000
    counts = fast(
        block_of(b"dog " * count), headwords_of(PAIRS), Policy(ratio=1, mode=mode, of=of)
    ).counts
    assert counts.swapped.tolist() == [count]
    bound = 5 * math.sqrt(count * share * (1 - share))
    assert abs(int(counts.annotated[0]) - count * share) <= bound


def test_one_document_has_both_kinds_in_a_mixture() -> None:
    text = swapped_text("dog dog's ice cream. " * 30, headwords_of(PAIRS), MIXTURE)
    kinds = " dog (Hund) | Hund | dog's (Hund) | Hund's |ice cream (eis).| eis."
    for kind in kinds.split("|"):
        assert kind in f" {text}"


def test_raising_the_share_of_annotations_only_turns_replacements_into_annotations() -> None:
    block, headwords = block_of(b"dog's dog ice cream " * 200), headwords_of(PAIRS)
    nested = []
    for mode in ("replace", "replace=0.7,annotate=0.3", "replace=0.2,annotate=0.8", "annotate"):
        policy = Policy(ratio=0.6, mode=mode)
        swaps = swaps_of(fast(block, headwords, policy))
        nested.append({(one.start, one.end) for one in swaps if one.annotated})
    assert set() == nested[0] < nested[1] < nested[2] < nested[3]


@examples(60)
@given(blocks(), lexicons(), policies())
def test_the_same_words_are_swapped_in_all_modes(
    block: Block, lexicon: tuple[list[Headword], list[Language]], policy: Policy
) -> None:
    headwords, languages = lexicon
    found = set()
    counts = set()
    for mode in ("replace", "annotate", "replace=0.3,annotate=0.7"):
        result = fast(block, headwords, replace(policy, mode=mode), languages)
        assert result.swaps is not None
        rows = zip(
            *(swaps_of(result), result.swaps.row.tolist()),
            strict=True,
        )
        found.add(tuple((one.document, one.start, one.end, one.language, row) for one, row in rows))
        counts.add((*result.counts.swapped.tolist(), *result.counts.eligible.tolist()))
        share = {"replace": 0, "annotate": int(result.counts.swapped.sum())}
        assert result.counts.annotated[0] == share.get(mode, result.counts.annotated[0])
    assert len(found) == len(counts) == 1


TEXT = (
    "The dog's tail. Ice cream (and a DOG) and ice\ncream, “dog” I don’t; _dog_ \\ dog\t犬 "
    "dog's life"
)


@pytest.mark.parametrize("mode", ["annotate", "replace=0.5,annotate=0.5"])
@pytest.mark.parametrize("ratio", [0.3, 1])
@pytest.mark.parametrize("brackets", ["()", '""', "\\\\"])
def test_without_its_annotations_a_text_is_the_original(
    mode: str, ratio: float, brackets: str
) -> None:
    policy = replace(AS_USUAL, mode=mode, ratio=ratio, brackets=brackets)
    spellings = ((TEXT.encode(), False), (spell_utf8(TEXT), True), (spell_ascii(TEXT), True))
    for raw, escaped in spellings:
        result = fast(block_of(raw, escaped=escaped), headwords_of(PAIRS), policy)
        start = int(result.starts[0])
        new = result.data()[start : int(result.ends[0])]
        opening, closing = policy.bracket_pair
        if escaped:
            opening, closing = (json.dumps(one)[1:-1] for one in (opening, closing))
        back, done = [], 0
        for swap in swaps_of(result):
            written = new[swap.new_start : swap.new_end]
            if swap.annotated:
                assert written.startswith(f" {opening}".encode())
                assert written.endswith(closing.encode())
            original = b"" if swap.annotated else raw[swap.start : swap.end]
            back += [new[done : swap.new_start], original]
            done = swap.new_end
        assert b"".join([*back, new[done:]]) == raw


@pytest.mark.parametrize("window_bytes", [1, 20, 1 << 20])
def test_annotations_in_pieces_are_the_same(window_bytes: int) -> None:
    text = "dog's dog\n\nice cream\n\n" * 20
    whole = both(block_of(text.encode()), headwords_of(PAIRS), MIXTURE)
    pieces = both(block_of(text.encode()), headwords_of(PAIRS), MIXTURE, window_bytes=window_bytes)
    assert pieces == whole
