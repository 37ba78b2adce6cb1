"""Headwords of several words: which are found in a text, and what becomes of their words."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.language.draws import ONE, WORD, mix_one, stream
from link.language.headwords import Headword
from link.lexicon import Lexicon
from link.policy import Policy
from tests.kernel.helpers import ALL, AS_USUAL, both, headwords_of, swapped_text
from tests.strategies import KEYS, examples


def swapped(text: str, pairs: dict[str, str], policy: Policy = ALL) -> str:
    """A text with phrases swapped."""
    return swapped_text(text, headwords_of(pairs), policy)


ABC = {
    "a": "1",
    "b": "2",
    "c": "3",
    "d": "4",
    "a b": "12",
    "b c": "23",
    "a b c": "123",
    "c d": "34",
}


# --- segmentation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("a b c d", "123 4"),  # the longest at a place
        ("a b d c d", "12 4 34"),
        ("b c d", "23 4"),  # left to right: not `c d`
        ("a a b b c c d", "1 12 23 34"),
        ("a b c c d", "123 34"),
        ("x a b x c", "x 12 x 3"),
        ("a x b c", "1 x 23"),
        ("a b", "12"),
        ("b a", "2 1"),
        ("a", "1"),
    ],
)
def test_the_longest_phrase_at_each_place_is_taken_from_left_to_right(
    text: str, becomes: str
) -> None:
    assert swapped(text, ABC) == becomes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("in spite of", "trotz"),
        ("in spite x", "in spite x"),  # a beginning is no phrase
        ("in spite", "in spite"),
        ("in in spite of of", "in trotz of"),
        ("spite of it all", "spite of it all"),
    ],
)
def test_a_part_of_a_phrase_is_no_headword(text: str, becomes: str) -> None:
    assert swapped(text, {"in spite of": "trotz"}) == becomes


@pytest.mark.parametrize("count", [2, 3, 100, 999, 1000])
def test_chains_of_overlapping_phrases_are_cut_from_the_left(count: int) -> None:
    (document,) = both([b" ".join([b"dog"] * count)], headwords_of({"dog dog": "zwei"})).texts
    expected = [b"zwei"] * (count // 2) + [b"dog"] * (count % 2)
    assert document.split() == expected


def test_chains_of_phrases_of_several_lengths_are_cut_from_the_left() -> None:
    pairs = {"a a": "2", "a a a": "3", "b a": "x", "a a a a b": "5"}
    text = " ".join("aaaabaaaaaabaabaaaaa" * 15)
    (document,) = both([text.encode()], headwords_of(pairs)).texts
    words, at, expected = text.split(), 0, []
    while at < len(words):
        sizes = [n for n in (5, 3, 2) if " ".join(words[at : at + n]) in pairs]
        expected.append(pairs[" ".join(words[at : at + sizes[0]])] if sizes else words[at])
        at += sizes[0] if sizes else 1
    assert document.decode().split() == expected


# --- what joins the words of a phrase -------------------------------------------------------------

SPACED, HYPHENED = {"ice cream": "eis"}, {"ice-cream": "eis"}

JOINING = [
    " ",
    "\t",
    "\u00a0",
    "\u3000",
    "\n",
    "\r\n",
    " \n ",
    "\n    ",
    "\u2028",
    "\u2029\n",
    "\x85",
    "\r",
]
NOT_JOINING = [
    *("  ", " \t", "\n\n", "\n \n", "\r\n\r\n", "\u00a0 ", "", ", ", ". ", " - ", "/"),
    *("_", "'", " (", '" "', "\u200b", "\u00ad", "–", "—", " 3 ", "- ", " -", "--", "-\n", "\x00"),
    *("\n" + " " * 40, "\n- ", "\n> ", "*", " *", ". \n"),
]


@pytest.mark.parametrize("gap", JOINING)
def test_a_blank_or_one_line_break_joins_what_the_lexicon_spells_with_a_space(gap: str) -> None:
    assert swapped(f"x ice{gap}cream x", SPACED) == "x eis x"
    assert swapped(f"x ice{gap}cream x", HYPHENED) == f"x ice{gap}cream x"


@pytest.mark.parametrize("gap", ["-", "‐", "‑"])
def test_a_hyphen_joins_what_the_lexicon_spells_with_one(gap: str) -> None:
    assert swapped(f"x ice{gap}cream x", HYPHENED) == "x eis x"
    assert swapped(f"x ice{gap}cream x", SPACED) == f"x ice{gap}cream x"


@pytest.mark.parametrize("gap", NOT_JOINING)
def test_nothing_else_joins(gap: str) -> None:
    text = f"x ice{gap}cream x"
    assert swapped(text, {**SPACED, **HYPHENED}) == text


def test_a_line_break_with_its_blanks_may_be_40_characters_long() -> None:
    for size, joins in ((39, True), (40, False)):
        text = f"ice\n{' ' * size}cream"
        assert (swapped(text, SPACED) == "eis") is joins


@pytest.mark.parametrize(
    ("documents", "become"),
    [
        ([b"ice", b" cream"], [b"ice", b" cream"]),
        ([b"ice ", b"cream"], [b"ice ", b"cream"]),
        ([b"ice ", b"", b"cream"], [b"ice ", b"", b"cream"]),
        ([b"ice cream", b" ice cream"], [b"eis", b" eis"]),
        ([b"ice cre", b"am"], [b"ice cre", b"am"]),
        ([b"x ice", b" cream cream"], [b"x ice", b" cream cream"]),
    ],
)
def test_documents_end_phrases(documents: list[bytes], become: list[bytes]) -> None:
    assert both(documents, headwords_of({**SPACED, **HYPHENED})).texts == become


# --- capitals -------------------------------------------------------------------------------------

PLACES = {"New York": "neu jork", "go Dutch": "teilen", "ice cream": "eis", "the UN": "die VN"}


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        # amid text the words are spelled as in the lexicon
        ("x New York", "x neu jork"),
        ("x new york, New york, new York", "x new york, New york, new York"),
        ("x NEW YORK", "x NEW YORK"),
        ("New York", "Neu jork"),  # a sentence begins
        ("x go Dutch", "x teilen"),
        ("x go dutch", "x go dutch"),
        ("Go Dutch", "Teilen"),
        ("x Go Dutch", "x Go Dutch"),
        ("x ice cream", "x eis"),
        ("Ice cream. Ice Cream", "Eis. Ice Cream"),
        ("x Ice cream", "x Ice cream"),
        ("x ICE CREAM", "x ICE CREAM"),
        ("x the UN", "x die VN"),
        ("x the Un, the un", "x the Un, the un"),
        # a heading explains capitals
        ("ICE CREAM", "EIS"),
        ("THE UN", "DIE VN"),
        ("x y\nNEW YORK\nx y", "x y\nNEU JORK\nx y"),
        ("# Ice Cream", "# Eis"),
        ("x y\n\nThe Best of Ice Cream\n\nx y", "x y\n\nThe Best of Eis\n\nx y"),
        ("# Go Dutch", "# Teilen"),
    ],
)
def test_a_phrase_is_spelled_as_in_the_lexicon_unless_a_heading_explains_why_not(
    text: str, becomes: str
) -> None:
    assert swapped(text, PLACES, AS_USUAL) == becomes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("x New York, new york, NEW YORK", "x neu jork, neu jork, NEU JORK"),
        ("x go dutch, GO DUTCH, Go Dutch", "x teilen, TEILEN, Teilen"),
        ("x Ice Cream, ice CREAM", "x Eis, eis"),
        ("x THE Un", "x Die VN"),  # written in capitals only where all letters are
    ],
)
def test_where_names_are_swapped_phrases_are_found_in_any_case(text: str, becomes: str) -> None:
    assert swapped(text, PLACES, ALL) == becomes


def test_a_phrase_that_begins_with_i_is_no_name() -> None:
    pairs = {"I mean": "also", "I'm here": "da"}
    assert swapped("x I mean, I'm here", pairs, AS_USUAL) == "x also, da"
    assert swapped("Yes. I mean it", pairs, AS_USUAL) == "Yes. Also it"


# --- what releases words, and what blocks them ----------------------------------------------------

WITH_WORDS = {"ice cream": "eis", "ice": "frost", "cream": "sahne", "cream of": "rahm", "of": "v"}


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("x Ice cream", "x Ice sahne"),  # a name
        ("x ICE cream of", "x ICE rahm"),
        ("x ice Cream", "x frost Cream"),
        ("`ice` cream of", "`ice` rahm"),  # protected
        ("ice `cream` of", "frost `cream` v"),
        ("ice-cream of", "frost-rahm"),
        ("ice #cream", "frost #cream"),
    ],
)
def test_a_phrase_that_may_not_be_swapped_releases_its_words(text: str, becomes: str) -> None:
    assert swapped(text, WITH_WORDS, AS_USUAL) == becomes


def test_a_phrase_that_is_not_drawn_blocks_its_words() -> None:
    """However the seed falls, a swapped word never stands in a phrase."""
    headwords = headwords_of(WITH_WORDS)
    seen = set()
    for key in range(40):
        for of in ("words", "eligible"):
            policy = Policy(ratio=0.5, of=of)
            [document] = both([b"ice cream x ice x"], headwords, policy, keys=[key]).texts
            phrase, word = document.split(b" x ", 1)
            assert phrase in (b"ice cream", b"eis")
            seen.add((phrase, word))
    assert len(seen) == 4


@examples(40)
@given(KEYS, KEYS, st.sampled_from(("words", "eligible")))
def test_a_phrase_is_drawn_by_its_first_word(key: int, seed: int, of: str) -> None:
    state = mix_one(key ^ stream(seed, WORD))
    drawn = mix_one((state + 2 * 0x9E3779B97F4A7C15) % 2**64) >> 11
    headwords = headwords_of({"ice cream": "eis"})
    for limit, becomes in ((drawn, b"ice ice cream"), (drawn + 1, b"ice eis")):
        ratio = limit / ONE * (2 / 3 if of == "words" else 1)
        policy = Policy(ratio=ratio, of=of, seed=seed)
        if (ratio * 3 / 2) * ONE == limit or of == "eligible":  # as floats have it
            assert both([b"ice ice cream"], headwords, policy, keys=[key]).texts == [becomes]


# --- counts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [Policy(ratio=1), Policy(ratio=1, of="eligible")])
def test_a_phrase_is_counted_as_its_words(policy: Policy) -> None:
    headwords = headwords_of({"in spite of": "trotz", "dog": "hund"})
    counts = both([b"in spite of a dog, In Spite Of x"], headwords, policy).counts
    assert counts.words.tolist() == [9]
    assert counts.covered.tolist() == counts.eligible.tolist() == counts.swapped.tolist() == [4]
    assert counts.swapped_by_language.tolist() == [4]


def test_the_words_of_a_phrase_that_is_protected_are_lost_as_words() -> None:
    headwords = headwords_of({"ice cream": "eis", "cream": "sahne"})
    counts = both([b"`ice cream`"], headwords, AS_USUAL).counts
    assert (counts.covered.tolist(), counts.eligible.tolist()) == ([1], [0])
    assert counts.lost.sum() == 1


# --- endings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("the ice cream's end", "the eis's end"),
        ("ice cream's cream", "eis's sahne"),
        ("the ice's cream", "the frost's sahne"),
        ("ice cream' ice cream", "eis' eis"),
    ],
)
def test_a_phrase_may_end_in_a_possessive_whose_ending_stays(text: str, becomes: str) -> None:
    assert swapped(text, {"ice cream": "eis", "ice": "frost", "cream": "sahne"}) == becomes


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ"])
def test_a_phrase_may_hold_contractions_and_possessives(apostrophe: str) -> None:
    pairs = {"don't care": "egal", "dog's life": "elend", "it's me": "ich"}
    text = f"x don{apostrophe}t care, dog{apostrophe}s life, it{apostrophe}s me"
    assert swapped(text, pairs) == "x egal, elend, ich"


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Dog's life", "Elend"),
        ("yes. Dog’s life", "yes. Elend"),
        ("DOG'S LIFE", "ELEND"),
        ("# Life of Dog's", "# Hof"),
        ("X'S LIFE", "IKS"),
        ("x Dog's life", "x Dog's life"),
    ],
)
def test_capitals_of_a_possessive_in_a_phrase_are_explained_though_it_is_no_headword(
    text: str, becomes: str
) -> None:
    pairs = {"dog's life": "elend", "life of dog's": "hof", "x's life": "iks"}
    assert swapped(text, pairs, AS_USUAL) == becomes


def test_accents_in_phrases_are_found_composed_and_decomposed() -> None:
    headwords: Sequence[Headword] = Lexicon.from_pairs([("café crème", "kaffee")]).headwords
    text = "x café crème, cafe\u0301 cre\u0300me"
    assert swapped_text(text, headwords, AS_USUAL) == "x kaffee, kaffee"


@pytest.mark.parametrize(
    ("text", "becomes"), [("do n't", "do n't"), ("do ’n\u00ad't", "tun ’n\u00ad't")]
)
def test_a_negation_that_is_apart_stands_right_behind_a_blank(text: str, becomes: str) -> None:
    assert swapped(text, {"do": "tun"}) == becomes


def test_a_word_that_begins_a_sentence_in_a_heading_may_stand_inside_a_phrase() -> None:
    policy = replace(AS_USUAL, protect=())
    assert swapped("# @Dog The of It", {"dog the": "hund"}, policy) == "# @Hund of It"
