"""The kernel's promises: verbatim, a function of the document, nested, dosed, of any size."""

import hashlib
import json
import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from link.block import Block
from link.kernel.compiled import Headword, Language, compile_headwords
from link.kernel.draw import ONE, PORTION, WORD, mix_one, stream
from link.kernel.reference import decode
from link.kernel.reference.text import folded
from link.policy import FIRST, OF_ELIGIBLE, OF_WORDS, PER_DOCUMENT, PER_WORD, Policy
from tests.kernel.helpers import (
    ALL,
    Swap,
    block_of,
    both,
    documents_of,
    fast,
    framed,
    headword,
    headwords_of,
    read_swaps,
)
from tests.kernel.helpers import swaps_of as recorded
from tests.strategies import (
    KEYS,
    blocks,
    examples,
    headword_lists,
    lexicons,
    make_block,
    policies,
    spell_ascii,
    spell_utf8,
    spelled,
    texts,
    window_sizes,
)


def lexicon_and(
    lexicon: tuple[list[Headword], list[Language]], policy: Policy
) -> tuple[list[Headword], Policy, list[Language]]:
    """The arguments of `fast` behind the block."""
    headwords, languages = lexicon
    return headwords, policy, languages


DOG = headwords_of({"dog": "Hund", "Monday": "montag", "a": "ein"})


def swaps_of(block: Block, headwords: Sequence[Headword], policy: Policy) -> set[Swap]:
    """Which words of a block are swapped for which translation, read from the new bytes."""
    headwords = framed(headwords)
    return read_swaps(block, fast(block, headwords, policy).data(), headwords)


# --- verbatim -------------------------------------------------------------------------------------


@examples(100)
@given(blocks(), headword_lists(), policies(), window_sizes())
def test_every_byte_outside_of_swapped_words_is_kept(
    block: Block, headwords: list[Headword], policy: Policy, window_bytes: int
) -> None:
    headwords, policy = framed(headwords), replace(policy, mode="replace")
    result = fast(block, headwords, policy, window_bytes=window_bytes)
    swaps = read_swaps(block, result.data(), headwords)
    assert len(swaps) == result.counts.swapped.sum()


@examples(100)
@given(blocks(), lexicons(), policies(), window_sizes())
def test_the_original_comes_back_from_the_recorded_swaps(
    block: Block,
    lexicon: tuple[list[Headword], list[Language]],
    policy: Policy,
    window_bytes: int,
) -> None:
    """What `link restore` stands on: the swaps say where each new piece stands and what it was."""
    result = fast(block, *lexicon_and(lexicon, policy), window_bytes=window_bytes)
    new, old = result.data(), bytes(block.data)
    back, done = [], 0
    for swap in recorded(result):
        begin, old_begin = int(result.starts[swap.document]), int(block.starts[swap.document])
        start, end = begin + swap.new_start, begin + swap.new_end
        assert start >= done, "swaps ascend and do not overlap"
        assert swap.start < swap.end
        original = b"" if swap.annotated else old[old_begin + swap.start : old_begin + swap.end]
        back += [new[done:start], original]
        done = end
    assert b"".join([*back, new[done:]]) == old


@examples(100)
@given(blocks(), lexicons(), policies())
def test_what_a_swap_writes_is_its_translation_and_what_it_replaces_its_headword(
    block: Block, lexicon: tuple[list[Headword], list[Language]], policy: Policy
) -> None:
    headwords, languages = lexicon
    compiled = compile_headwords(headwords, languages)
    result = fast(block, headwords, policy, languages)
    assert result.swaps is not None
    texts = (compiled.json_texts if block.escaped else compiled.texts).to_pylist()
    opening, closing = (
        (json.dumps(one, ensure_ascii=False)[1:-1] if block.escaped else one).encode()
        for one in policy.bracket_pair
    )
    new = result.data()
    for swap, row in zip(recorded(result), result.swaps.row.tolist(), strict=True):
        begin = int(result.starts[swap.document])
        written = new[begin + swap.new_start : begin + swap.new_end]
        expected = texts[row]
        assert written == (b" " + opening + expected + closing if swap.annotated else expected)
        old_begin = int(block.starts[swap.document])
        raw = bytes(block.data)[old_begin + swap.start : old_begin + swap.end]
        form = folded(list(decode(raw, block.escaped)))
        candidates = [one for one in headwords if one.language == swap.language]
        assert any(_matches(form, own) for one in candidates for own in one.forms)


def _matches(form: str, headword: str) -> bool:
    """Whether a folded piece of text is a headword, whatever blanks and hyphens it has."""
    blanks = re.sub("[ \t\r\f\v\n\x85\u00a0\u2028\u3000]+", " ", form)
    return re.sub("[\u2010\u2011]", "-", blanks) == headword


@examples(60)
@given(blocks(), headword_lists(), st.sampled_from((OF_WORDS, OF_ELIGIBLE)), st.booleans(), KEYS)
def test_ratio_0_and_portion_0_give_the_bytes_back(
    block: Block, headwords: list[Headword], of: str, no_ratio: bool, seed: int
) -> None:
    policy = Policy(ratio=0 if no_ratio else 1, portion=1 if no_ratio else 0, of=of, seed=seed)
    assert fast(block, headwords, policy).data() == bytes(block.data)


# --- a function of the document -------------------------------------------------------------------


def _decoded(document: bytes, escaped: bool) -> str:
    text = document.decode()
    return json.loads(f'"{text}"', strict=False) if escaped else text


@examples(70)
@given(
    texts(),
    KEYS,
    st.lists(st.tuples(texts(max_pieces=8), KEYS), max_size=4),
    headword_lists(),
    policies(),
    st.data(),
)
def test_a_document_gets_the_same_swaps_however_it_is_spelled_and_wherever_it_stands(
    text: str,
    key: int,
    others: list[tuple[str, int]],
    headwords: list[Headword],
    policy: Policy,
    data: st.DataObject,
) -> None:
    at = data.draw(st.integers(0, len(others)))
    everybody = [*others[:at], (text, key), *others[at:]]
    keys = [one for _, one in everybody]
    outcomes = set()
    for escaped, spell in ((False, str.encode), (True, spell_ascii), (True, spell_utf8)):
        documents = [spell(one) for one, _ in everybody]
        gaps = [data.draw(st.sampled_from((b"", b" ", b"a"))) for _ in documents]
        forward = fast(make_block(documents, gaps, keys, escaped), headwords, policy)
        backward = fast(make_block(documents[::-1], gaps, keys[::-1], escaped), headwords, policy)
        alone = fast(make_block([spell(text)], [b""], [key], escaped), headwords, policy)
        outcomes |= {
            _decoded(documents_of(forward)[at], escaped),
            _decoded(documents_of(backward)[-1 - at], escaped),
            _decoded(documents_of(alone)[0], escaped),
        }
    assert len(outcomes) == 1


@examples(70)
@given(texts(), headword_lists(), policies(), st.data())
def test_mixed_escapes_change_no_swap(
    text: str, headwords: list[Headword], policy: Policy, data: st.DataObject
) -> None:
    raw = data.draw(spelled(st.just(text)))
    plain = documents_of(fast(block_of(text.encode()), headwords, policy))[0]
    escaped = documents_of(fast(block_of(raw, escaped=True), headwords, policy))[0]
    assert _decoded(escaped, True) == _decoded(plain, False)


@examples(60)
@given(blocks(), headword_lists(), policies(), window_sizes(), window_sizes())
def test_the_size_of_windows_changes_nothing(
    block: Block, headwords: list[Headword], policy: Policy, one: int, other: int
) -> None:
    assert (
        fast(block, headwords, policy, window_bytes=one).data()
        == fast(block, headwords, policy, window_bytes=other).data()
    )


@examples(80)
@given(
    texts(),
    KEYS,
    st.lists(st.tuples(texts(max_pieces=8), KEYS), max_size=3),
    lexicons(),
    policies(),
    window_sizes(),
    st.sampled_from((1 << 22, 1 << 14)),
    st.data(),
)
def test_with_everything_on_a_document_is_still_all_that_counts(
    text: str,
    key: int,
    others: list[tuple[str, int]],
    lexicon: tuple[list[Headword], list[Language]],
    policy: Policy,
    window_bytes: int,
    block_characters: int,
    data: st.DataObject,
) -> None:
    """Spelling, neighbours, windows, and a block size above the document's change nothing."""
    at = data.draw(st.integers(0, len(others)))
    everybody = [*others[:at], (text, key), *others[at:]]
    raw = data.draw(spelled(st.just(text)))
    sizes = {"window_bytes": window_bytes, "block_characters": block_characters}
    arguments = lexicon_and(lexicon, policy)
    (alone,) = documents_of(fast(block_of(raw, escaped=True, key=key), *arguments))
    outcomes = {_decoded(alone, True)}
    for escaped in (False, True):
        spell = spell_ascii if escaped else str.encode
        gaps = [data.draw(st.sampled_from((b"", b" ", b"a", b"`"))) for _ in everybody]
        block = make_block(
            [spell(one) for one, _ in everybody], gaps, [one for _, one in everybody], escaped
        )
        result = fast(block, *arguments, **sizes)
        outcomes.add(_decoded(documents_of(result)[at], escaped))
    assert len(outcomes) == 1


# --- nested ---------------------------------------------------------------------------------------


@examples(70)
@given(
    blocks(),
    headword_lists(),
    policies(),
    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted),
    st.sampled_from(("ratio", "portion")),
)
def test_raising_a_ratio_or_a_portion_only_adds_swaps(
    block: Block, headwords: list[Headword], policy: Policy, shares: list[float], raised: str
) -> None:
    nested = [
        swaps_of(block, headwords, replace(policy, mode="replace", **{raised: share}))
        for share in shares
    ]
    assert nested[0] <= nested[1] <= nested[2]


@examples(60)
@given(KEYS, KEYS, st.sampled_from((OF_WORDS, OF_ELIGIBLE)), st.booleans())
def test_a_share_takes_exactly_what_is_drawn_below_it(
    key: int, seed: int, of: str, of_documents: bool
) -> None:
    purpose = PORTION if of_documents else WORD
    state = mix_one(key ^ stream(seed, purpose))
    number = state if of_documents else mix_one((state + 0x9E3779B97F4A7C15) % 2**64)
    drawn = number >> 11
    block = make_block([b"dog"], [b""], [key], False)
    for share, becomes in ((drawn / ONE, b"dog"), ((drawn + 1) / ONE, b"Hund")):
        ratio, portion = (1.0, share) if of_documents else (share, 1.0)
        policy = Policy(ratio=ratio, portion=portion, of=of, seed=seed)
        assert both(block, DOG, policy) == [becomes]


@examples(70)
@given(
    blocks(),
    lexicons(),
    policies(),
    st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted),
    st.sampled_from(("ratio", "portion")),
)
def test_swaps_are_nested_with_phrases_names_languages_and_modes_too(
    block: Block,
    lexicon: tuple[list[Headword], list[Language]],
    policy: Policy,
    shares: list[float],
    raised: str,
) -> None:
    nested = []
    for share in shares:
        result = fast(block, *lexicon_and(lexicon, replace(policy, **{raised: share})))
        assert result.swaps is not None
        nested.append(
            {
                (one.document, one.start, one.end, one.language, one.annotated, row)
                for one, row in zip(recorded(result), result.swaps.row.tolist(), strict=True)
            }
        )
    assert nested[0] <= nested[1] <= nested[2]


def _filler(words: Sequence[str], count: int, seed: int = 1) -> bytes:
    random_ = random.Random(seed)
    return " ".join(random_.choices(words, k=count)).encode()


def test_swaps_are_nested_strictly_in_a_large_document() -> None:
    block = block_of(_filler(["dog", "cat", "a"], 2000))
    headwords = [headword("dog", "1", "2"), headword("a", "3", "4", "5")]
    sizes = [len(swaps_of(block, headwords, Policy(ratio=r))) for r in (0.1, 0.2, 0.4)]
    assert 0 < sizes[0] < sizes[1] < sizes[2]


# --- dose -----------------------------------------------------------------------------------------

WORDS = 100_000


def _within_binomial_bounds(successes: int, trials: int, probability: float) -> bool:
    """Within five standard deviations."""
    expected = trials * probability
    return abs(successes - expected) <= 5 * math.sqrt(expected * (1 - probability)) + 1e-9


@pytest.mark.parametrize("ratio", [0.001, 0.05, 0.3, 0.5])
@pytest.mark.parametrize("covered_of_ten", [5, 7, 10])
@pytest.mark.parametrize("escaped", [False, True])
def test_the_ratio_of_words_is_reached_where_coverage_allows(
    ratio: float, covered_of_ten: int, escaped: bool
) -> None:
    vocabulary = [f"word{'abcdefghij'[n]}" for n in range(10)]
    headwords = [headword(word, "x") for word in vocabulary[:covered_of_ten]]
    block = block_of(_filler(vocabulary, WORDS), escaped=escaped)
    counts = fast(block, headwords, Policy(ratio=ratio)).counts
    words, eligible = int(counts.words[0]), int(counts.eligible[0])
    assert words == WORDS
    assert _within_binomial_bounds(eligible, WORDS, covered_of_ten / 10)
    probability = min(1.0, ratio * words / eligible)
    assert _within_binomial_bounds(int(counts.swapped[0]), eligible, probability)


@pytest.mark.parametrize("ratio", [0.001, 0.3, 0.9])
def test_the_ratio_of_eligible_words_is_reached(ratio: float) -> None:
    block = block_of(_filler(["dog", "cat"], WORDS))
    in_text = bytes(block.data).count(b"dog")
    counts = fast(block, DOG, Policy(ratio=ratio, of=OF_ELIGIBLE)).counts
    assert _within_binomial_bounds(int(counts.swapped[0]), in_text, ratio)


@pytest.mark.parametrize("ratio", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("of", [OF_WORDS, OF_ELIGIBLE])
def test_the_ratio_is_reached_in_words_where_phrases_have_several(ratio: float, of: str) -> None:
    """A phrase is drawn once and counts as its words, so the variance is that of its square."""
    headwords = headwords_of({"ice cream": "eis", "in spite of it": "doch", "dog": "hund"})
    pieces = ["ice cream", "in spite of it", "dog", "x", "y z"]
    text = " ".join(random.Random(1).choices(pieces, k=WORDS // 2)).encode()
    counts = fast(block_of(text), headwords, Policy(ratio=ratio, of=of)).counts
    words, eligible, swapped = (
        int(one[0]) for one in (counts.words, counts.eligible, counts.swapped)
    )
    by_phrase = {phrase: text.count(phrase.encode()) for phrase in pieces[:3]}
    sizes = {phrase: len(phrase.split()) for phrase in by_phrase}
    probability = ratio * words / sum(by_phrase[one] * sizes[one] for one in by_phrase)
    if of == OF_ELIGIBLE:
        probability = ratio
    else:
        assert eligible == sum(by_phrase[one] * sizes[one] for one in by_phrase)
    expected = probability * sum(by_phrase[one] * sizes[one] for one in by_phrase)
    variance = probability * (1 - probability)
    variance *= sum(by_phrase[one] * sizes[one] ** 2 for one in by_phrase)
    assert abs(swapped - expected) <= 5 * math.sqrt(variance)


@pytest.mark.parametrize("ratio", [0.6, 0.99, 1.0])
def test_where_coverage_is_below_the_ratio_every_eligible_word_is_swapped(ratio: float) -> None:
    block = block_of(_filler(["dog", "cat"], 10_000))
    result = fast(block, DOG, Policy(ratio=ratio))
    assert b"dog" not in result.data()
    assert result.counts.swapped[0] == result.counts.eligible[0] < ratio * 10_000


def test_the_portion_of_documents_is_reached_and_the_rest_is_verbatim() -> None:
    documents = 20_000
    block = make_block([b"dog"] * documents, [b"\n"] * documents, list(range(documents)), False)
    result = fast(block, DOG, Policy(ratio=1, portion=0.3))
    touched = result.counts.touched
    assert _within_binomial_bounds(int(touched.sum()), documents, 0.3)
    assert documents_of(result) == [b"Hund" if one else b"dog" for one in touched.tolist()]


def test_which_words_are_swapped_is_independent_of_seed_and_key() -> None:
    """Two seeds, or two keys, agree on a word as often as chance has it."""
    text = _filler(["dog"], 20_000)
    policy = Policy(ratio=0.5)
    first = swaps_of(block_of(text, key=1), DOG, policy)
    for block, other in (
        (block_of(text, key=2), policy),
        (block_of(text, key=1), Policy(ratio=0.5, seed=1)),
    ):
        assert _within_binomial_bounds(len(first & swaps_of(block, DOG, other)), 20_000, 0.25)


# --- sizes ----------------------------------------------------------------------------------------

VOCABULARY = (
    "dog",
    "Dog's",
    "DOG",
    "cat",
    "Monday.",
    "a",
    "don’t",
    "3rd",
    "_a_",
    "«dog»\n\n",
    "犬",
)


@pytest.mark.parametrize("escaped", [False, True])
def test_a_document_of_4_mb_is_the_same_in_large_and_small_windows(escaped: bool) -> None:
    text = _filler(VOCABULARY, 1_000).decode()
    raw = (spell_ascii(text) if escaped else text.encode()) + b" "
    block = block_of(raw * (4_000_000 // len(raw)), escaped=escaped)
    digests = {
        hashlib.sha256(
            fast(block, DOG, Policy(ratio=0.3), window_bytes=window_bytes).data()
        ).hexdigest()
        for window_bytes in (1 << 20, 50_021)
    }
    assert len(digests) == 1


@pytest.mark.parametrize("policy", [Policy(), Policy(of=OF_ELIGIBLE, translation=PER_WORD)])
def test_a_document_of_40_kb_in_small_windows_is_as_the_reference_says(policy: Policy) -> None:
    both(block_of(_filler(VOCABULARY, 6_000)), DOG, policy, window_bytes=1_001)


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("window_bytes", [1, 2, 1 << 20])
@pytest.mark.parametrize(
    ("document", "becomes"),
    [(b"", b""), (b"dog", b"Hund"), (b"x", b"x"), (b".", b"."), (b"\\", b"\\"), (b"'", b"'")],
)
def test_the_smallest_documents(
    document: bytes, becomes: bytes, window_bytes: int, escaped: bool
) -> None:
    block = block_of(document, document, document, escaped=escaped)
    assert both(block, DOG, window_bytes=window_bytes) == [becomes] * 3


@pytest.mark.parametrize("window_bytes", [1 << 10, 1 << 20])
def test_a_word_of_1_mb_is_a_word(window_bytes: int) -> None:
    word = b"a" * 1_000_000
    result = fast(block_of(b"a dog " + word + b" dog"), DOG, window_bytes=window_bytes)
    assert documents_of(result) == [b"ein Hund " + word + b" Hund"]
    assert result.counts.words.tolist() == [4]


@pytest.mark.parametrize("window_bytes", [1 << 10, 1 << 20])
@pytest.mark.parametrize(("end", "monday"), [(b".", b"Montag"), (b",", b"montag")])
def test_a_gap_of_1_mb_still_tells_whether_a_sentence_begins(
    window_bytes: int, end: bytes, monday: bytes
) -> None:
    gap = end + b" " * 1_000_000
    result = fast(block_of(b"dog" + gap + b"Monday"), DOG, ALL, window_bytes=window_bytes)
    assert documents_of(result) == [b"Hund" + gap + monday]


# --- translations ---------------------------------------------------------------------------------

SENSES = [headword("bank", *"123456"), headword("spring", *"abcdef")]


def _senses(policy: Policy, documents: int = 50) -> list[set[str]]:
    """Of each document of 20 times `bank`, the translations that were taken."""
    block = block_of(*[b"bank " * 20] * documents)
    return [set(one.decode().split()) for one in documents_of(fast(block, SENSES, policy))]


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
    (document,) = documents_of(fast(block_of(b"bank " * WORDS), headwords, policy))
    for translation, share in ((b"1", 0.1), (b"2", 0.2), (b"3", 0.7)):
        assert _within_binomial_bounds(document.count(translation), WORDS, share)


def test_a_translation_does_not_depend_on_the_rows_around_it() -> None:
    more = [headword("aardvark", "x", "y"), SENSES[1], SENSES[0], headword("zebra", "z")]
    text = block_of(*[b"bank spring"] * 30)
    assert documents_of(fast(text, SENSES)) == documents_of(fast(text, more))


@examples(40)
@given(KEYS, KEYS)
def test_inflections_that_share_a_lemma_share_the_draw(key: int, seed: int) -> None:
    lemma = [Headword((form,), "bank", tuple("123456"), (1.0,) * 6) for form in ("bank", "banks")]
    block = make_block([b"bank banks"], [b""], [key], False)
    one, other = documents_of(fast(block, lemma, Policy(ratio=1, seed=seed)))[0].split()
    assert one == other


@examples(20)
@given(st.lists(st.sampled_from("123456"), min_size=2, max_size=6, unique=True), KEYS)
def test_the_kept_words_do_not_change_which_words_are_drawn(order: list[str], key: int) -> None:
    """Arms with other translations of the same headwords are paired: the same words are swapped."""
    assume(order != sorted(order))
    block = make_block([b"bank spring dog " * 20], [b""], [key], False)
    places = [
        {(start, end) for start, end, *_ in swaps_of(block, [headword("bank", *some)], Policy())}
        for some in (order, order[:1])
    ]
    assert places[0] == places[1]
