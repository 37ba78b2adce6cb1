"""A document longer than a window goes through in pieces, whatever it is made of."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.block import Block
from link.kernel.compiled import compile_headwords
from link.kernel.pieces import pieces_of
from link.kernel.substitute import substitute_block as substitute
from link.policy import OF, Policy
from tests.kernel.helpers import ALL, AS_USUAL, block_of, both, documents_of, fast, headwords_of
from tests.strategies import (
    examples,
    spell_ascii,
    spell_escapes,
    spell_utf8,
    spelled,
    window_sizes,
)
from tests.structure import container_text, structured_text

WINDOW_BYTES = 4096
HEADWORDS = headwords_of(
    {"dog": "Hund", "I": "ich", "dog house": "Hütte", "Monday": "montag", "house": "Haus"}
)
LEXICON = compile_headwords(HEADWORDS)

# What a long document may consist of, and whether it is the inside of a JSON string.
MADE_OF = [
    ("dog ", False),
    ("dog\\n", True),
    ("dog\\u000a", True),
    ("dog\\u0020", True),
    ("dog.I- ", False),
    ("我們在這裡看書… ", False),
    ("我們。\u3000", False),
    ("\\u6211\\u3002dog\\u2028", True),
    ("😀 ", False),
    ("\\ud83d\\ude00 ", True),
    ('\\\\\\" ', True),
    ("0123456789 ", False),
    (".... ", False),
    ('.")) \x85', False),
    ("— “dog” ", False),
    ("`dog` ~~~ ", False),
]

# How a blank line may be spelled.
BLANK_LINES = [
    ("\n\n", False),
    ("\n \t\n", False),
    ("\r\n\r\n", False),
    ("\u2029\u2028", False),
    ("\x85\u00a0\n", False),
    ("\\n\\n", True),
    ("\\u000a\\u000A", True),
    ("\\n\\u0020\\t\\u000a", True),
    ("\\r\\n\\r\\n", True),
    ("\\u2028\u2029", True),
]


def _pieces(raw: bytes, escaped: bool, window_bytes: int, block_characters: int) -> list[bytes]:
    """The pieces of a document."""
    block = block_of(raw, escaped=escaped)
    windows = pieces_of(block, slice(0, 1), LEXICON, AS_USUAL, True, window_bytes, block_characters)
    return [window.data for window in windows]


def _is_verbatim(raw: bytes, escaped: bool, pieces: list[bytes]) -> bool:
    return b"".join(pieces) == raw


# --- bounded --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "escaped"), MADE_OF)
def test_without_blank_lines_no_piece_is_much_longer_than_the_longest_block(
    part: str, escaped: bool
) -> None:
    characters = 500
    raw = (part * (40_000 // len(part.encode()))).encode()
    pieces = _pieces(raw, escaped, WINDOW_BYTES, characters)
    assert _is_verbatim(raw, escaped, pieces)
    longest = 12 * characters  # bytes: an escaped surrogate pair has twelve
    assert max(map(len, pieces)) < longest + len(part.encode())
    assert len(pieces) > 4


@pytest.mark.parametrize(("blank_line", "escaped"), BLANK_LINES)
def test_a_piece_ends_behind_the_last_blank_line_that_fits_a_window(
    blank_line: str, escaped: bool
) -> None:
    part = f"A dog, é.{blank_line}".encode()
    raw = part * 400
    pieces = _pieces(raw, escaped, 1000, 1 << 22)
    assert _is_verbatim(raw, escaped, pieces)
    assert max(map(len, pieces)) <= 1000
    assert all(piece.endswith(part) for piece in pieces)
    assert len(pieces) < 2 * len(raw) / 1000


@pytest.mark.parametrize("of", OF)
@pytest.mark.parametrize("escaped", [False, True])
def test_the_new_pieces_are_as_many_and_as_short(of: str, escaped: bool) -> None:
    raw = (b"dog house\\n\\n" if escaped else b"dog house\n\n") * 8000
    block = block_of(raw, escaped=escaped)
    done = substitute(block, LEXICON, Policy(ratio=1, of=of), WINDOW_BYTES)
    assert len(done.pieces) > 10
    assert max(memoryview(piece).nbytes for piece in done.pieces) <= WINDOW_BYTES


def test_a_block_that_fits_no_window_is_a_piece_as_a_whole() -> None:
    long_block = b"dog " * 1000 + b"\n\n"
    raw = b"dog\n\n" + long_block + b"dog\n\n" * 1000
    first, second, *others = _pieces(raw, False, 100, 1 << 22)
    assert (first, second) == (b"dog\n\n", long_block)
    assert max(map(len, others)) <= 100


def test_a_run_without_any_space_is_never_cut() -> None:
    raw = b"dog " + b"x-" * 5000 + b" dog dog"
    pieces = _pieces(raw, False, 100, 10)
    assert _is_verbatim(raw, False, pieces)
    assert max(pieces, key=len).rstrip(b" ").endswith(b"x-" * 5000)


def test_an_untouched_document_passes_in_pieces_too() -> None:
    block = block_of(b"dog house\n\n" * 2000)
    for policy in (Policy(portion=0), Policy(portion=0, of="eligible")):
        done = substitute(block, LEXICON, policy, 100)
        assert done.data() == block.data
        assert done.counts.words.tolist() == [4000]
        assert done.counts.covered.tolist() == [0]


# --- as if in one piece ---------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "escaped"), MADE_OF)
@pytest.mark.parametrize("between", ["I", "yes. ", ". I", '."', " " * 9, "- "])
def test_context_is_known_across_pieces_without_words(
    part: str, escaped: bool, between: str
) -> None:
    filling = part * (3 * 64 // len(part.encode()) + 1)
    if escaped:
        between = between.replace('"', '\\"')
    raw = f"dog{between}{filling}I dog {filling}{between} Monday".encode()
    block = block_of(raw, escaped=escaped)
    for policy in (ALL, AS_USUAL):
        (whole,) = both(block, HEADWORDS, policy)
        for window_bytes in (1, 7, 64):
            assert both(block, HEADWORDS, policy, window_bytes=window_bytes) == [whole]


FENCES = [
    "```\n{0}dog\n```\n\ndog",
    "~~~ python\n{0}dog\n~~~\n\ndog",
    "```\n{0}dog",  # never closed
    "````\n{0}```\n{0}dog\n```\n{0}dog\n````\ndog",
    "> ```\n{0}dog\n> ```\ndog",
    "~~~\n{0}```\n{0}dog\n{0}~~~\n\ndog\n\n```\n{0}dog\n```\n\ndog",
    "```\n{0}```\n\ndog\n\n~~~\n{0}dog",
    "dog {0}``` dog ```\n\ndog {0}```\n{0}dog",
    "```\n{0}``` dog\n{0}dog\n```\n{0}dog",  # what closes has nothing behind it
    "<!-- dog\n\n{0}dog --> dog\n\ndog",
    "<!-- dog\n\n{0}```\n{0}-->\n\ndog",
    "<pre>\n{0}dog</pre> dog\n\n{0}",
    "```\n{0}<!--\n\n```\n{0}dog",
    "<script>\n{0}</pre>{0}",
    ".. code::\n\n   dog\n\n   {0}",
    "dog::\n\n   dog\n\n{0}dog",
    "  dog::\n\n   dog\n\n   {0}",
    "dog\n.. code:: dog\n\n  dog\n\n    dog::\n\n      dog\n\n   dog\n\n\tdog\n\n{0}",
]


@pytest.mark.parametrize("fences", FENCES)
@pytest.mark.parametrize("spell", [spell_ascii, spell_escapes, None])
def test_a_fence_stays_open_across_pieces(
    fences: str, spell: Callable[[str], bytes] | None
) -> None:
    text = fences.format("dog house, Dog.\n\nx y. dog\n\n" * 6)
    raw = spell(text) if spell else text.encode()
    block = block_of(raw, escaped=spell is not None)
    (whole,) = both(block, HEADWORDS, AS_USUAL)
    assert whole != raw or "Hund" not in fences
    for window_bytes in (1, 30, 64, 200):
        assert both(block, HEADWORDS, AS_USUAL, window_bytes=window_bytes) == [whole]


@pytest.mark.parametrize("fences", FENCES)
@pytest.mark.parametrize("block_characters", [5, 9, 40])
def test_a_fence_stays_open_across_forced_cuts(fences: str, block_characters: int) -> None:
    text = fences.format("dog house, Dog.\nx y. dog " * 6)
    for raw, escaped in ((text.encode(), False), (spell_utf8(text), True)):
        both(
            block_of(raw, escaped=escaped),
            HEADWORDS,
            AS_USUAL,
            window_bytes=17,
            block_characters=block_characters,
        )


def test_code_that_is_not_protected_is_not_fenced_in_any_piece() -> None:
    block = block_of(b"```\n\ndog\n\n" * 3 + b"dog\n\n" * 20)
    policy = Policy(ratio=1, protect="urls,emails,markup")
    (document,) = both(block, HEADWORDS, policy, window_bytes=7)
    assert b"dog" not in document


def test_a_word_or_a_phrase_is_never_cut_by_a_window() -> None:
    block = block_of(b"dog house " * 50 + b"\n\n" + b"dog\nhouse " * 50)
    (whole,) = both(block, HEADWORDS, ALL)
    for window_bytes in range(1, 40):
        assert documents_of(fast(block, HEADWORDS, ALL, window_bytes=window_bytes)) == [whole]


def test_a_forced_cut_is_as_a_blank_line() -> None:
    """Behind `block_characters` of a block the next space ends it: no phrase goes on across."""
    (document,) = both(block_of(b"dog house dog house"), HEADWORDS, ALL, block_characters=12)
    assert document == b"H\xc3\xbctte Hund Haus"
    (document,) = both(block_of(b"dog house dog house"), HEADWORDS, ALL, block_characters=18)
    assert document == b"H\xc3\xbctte H\xc3\xbctte"


@pytest.mark.parametrize("escaped", [False, True])
def test_the_length_of_a_block_is_in_characters_and_not_in_bytes(escaped: bool) -> None:
    """So that documents of other spellings are cut at the same places."""
    text = "é犬😀 dog house dog house"
    spellings = [text.encode()] if not escaped else [spell_utf8(text), spell_ascii(text)]
    for block_characters in range(1, len(text) + 2):
        outcomes = {
            documents_of(
                fast(
                    block_of(raw, escaped=escaped),
                    HEADWORDS,
                    ALL,
                    block_characters=block_characters,
                )
            )[0][-12:]
            for raw in spellings
        }
        assert len(outcomes) == 1


@examples(25)
@given(
    st.builds(structured_text, st.integers(5, 60), st.integers(0, 1 << 32)).flatmap(
        lambda text: st.tuples(st.just(text), spelled(st.just(text)))
    ),
    window_sizes(),
    st.sampled_from((3, 17, 1 << 22)),
)
def test_the_spelling_changes_no_piece(
    texts: tuple[str, bytes], window_bytes: int, block_characters: int
) -> None:
    text, raw = texts
    plain: Block = block_of(text.encode())
    sizes = {"window_bytes": window_bytes, "block_characters": block_characters}
    one = fast(plain, HEADWORDS, AS_USUAL, **sizes)
    other = fast(block_of(raw, escaped=True), HEADWORDS, AS_USUAL, **sizes)
    assert np.array_equal(one.counts.swapped, other.counts.swapped)
    assert np.array_equal(one.counts.eligible, other.counts.eligible)


@examples(150)
@given(
    st.builds(container_text, st.integers(2, 40), st.integers(0, 1 << 32)),
    st.sampled_from([None, spell_utf8, spell_ascii]),
    window_sizes(),
    st.sampled_from((1 << 22, 40, 7)),
)
def test_what_goes_on_across_blank_lines_goes_on_across_pieces(
    text: str, spell: Callable[[str], bytes] | None, window_bytes: int, block_characters: int
) -> None:
    raw = spell(text) if spell else text.encode()
    block = block_of(raw, escaped=spell is not None)
    sizes = {"window_bytes": window_bytes, "block_characters": block_characters}
    both(block, HEADWORDS, AS_USUAL, **sizes)
