"""Flat text: a byte a character, the same for every spelling, and the way back to the bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.block import Block
from link.kernel.compiled import compile_headwords
from link.kernel.eligible import ProtectedWords
from link.kernel.flat import Flat, flat_code, flatten
from link.kernel.reference import decode
from link.kernel.reference.text import flat_text
from link.language.unicode import SEPARATOR, character_class
from link.kernel.window import Window
from link.kernel.words import find_words
from link.policy import PROTECT
from tests.strategies import blocks, examples, make_block, spelled, texts


def _flat_of(block: Block) -> Flat:
    """With one byte a character in any case."""
    data = bytes(block.data)
    words = find_words(data, block.starts, block.ends, block.escaped)
    return flatten(data, words, block.starts, block.ends, block.escaped, exact=True)


def _flat_documents(block: Block) -> list[bytes]:
    """What the reference makes of each document."""
    data = bytes(block.data)
    return [
        flat_text(list(decode(data[start:end], block.escaped))).encode("latin-1")
        for start, end in zip(block.starts, block.ends, strict=True)
    ]


@examples(200)
@given(blocks())
def test_flat_text_is_as_the_reference_says_with_a_blank_line_between_documents(
    block: Block,
) -> None:
    flat, documents = _flat_of(block), _flat_documents(block)
    assert flat.text == b"\n" + b"\n\n".join(documents) + b"\n"
    begin = 1
    for start, document in zip(flat.starts.tolist(), documents, strict=True):
        if document:  # an empty one that touches the next may share its place
            assert start == begin
        begin += len(document) + 2


@examples(200)
@given(blocks())
def test_each_place_of_flat_text_leads_to_its_character_and_back(block: Block) -> None:
    flat = _flat_of(block)
    data = bytes(block.data)
    places, origins = [], []
    begin = 1
    for start, end in zip(block.starts.tolist(), block.ends.tolist(), strict=True):
        at = start
        characters = list(decode(data[start:end], block.escaped))
        for number, character in enumerate(characters):
            places.append(begin + number)
            is_short = block.escaped and len(character.raw) == 2 and character.raw[:1] == b"\\"
            origins.append(at + is_short)  # of a short escape the letter is kept
            at += len(character.raw)
        begin += len(characters) + 2
    found = flat.original(np.array(places, np.int64))
    assert found.tolist() == origins
    assert flat.position(np.array(origins, np.int64)).tolist() == places


def _two_spellings() -> st.SearchStrategy[tuple[bytes, bytes]]:
    return texts(surrogates=True).flatmap(
        lambda text: st.tuples(spelled(st.just(text)), spelled(st.just(text)))
    )


@examples(150)
@given(_two_spellings())
def test_flat_text_is_the_same_however_a_text_is_spelled(raw: tuple[bytes, bytes]) -> None:
    one, other = (_flat_of(make_block([spelling], [b""], [0], True)).text for spelling in raw)
    assert one == other


def test_the_code_of_every_character_is_the_one_of_flat_code() -> None:
    points = [*range(0xD800), *range(0xE000, 0x30000, 7), *range(0xE000, 0x10000)]
    text = "".join(map(chr, points)).replace("\n", " ")
    flat = _flat_of(make_block([text.encode()], [b""], [0], False)).text
    separators = [ord("'"), ord("_")]
    expected = bytes(flat_code(character) for character in text)
    assert flat[1:-1] == expected
    assert all(flat_code(chr(one)) == one for one in separators)


@pytest.mark.parametrize(
    ("character", "code"),
    [
        *((character, character) for character in "aZ09_'\"-. \n\t`\\\x00\x7f"),
        *(("é", "\x80"), ("É", "\x81"), ("ǅ", "\x82"), ("犬", "\x82"), ("\u0301", "\x83")),
        *(("٣", "\x84"), ("😀", "\x85"), ("²", "\x85"), ("\u200b", "\x85"), ("…", "\x86")),
        *(("‽", "\x86"), ("—", "\x87"), ("•", "\x87"), ("”", '"'), ("»", '"'), ("“", '"')),
        *(("’", "'"), ("ʼ", "'"), ("\u00a0", "\x88"), ("\u3000", "\x88"), ("\u2028", "\n")),
        *(("\x85", "\n"), ("‐", "\x85"), ("‑", "\x85")),
    ],
)
def test_a_character_counts_as_one_of_a_few(character: str, code: str) -> None:
    assert chr(flat_code(character)) == code


def test_what_a_backslash_takes_with_it_is_no_letter() -> None:
    raw = rb"a\nb\"c\\d\/e\xf\u0041\\u0041" + b"\\"
    flat = _flat_of(make_block([raw], [b""], [0], True)).text
    assert flat == b'\na\nb"c\\d/e\x85fA\\u0041\\' + b"\n"


@pytest.mark.parametrize("kind", [None, SEPARATOR])
def test_a_separator_is_itself_whatever_it_is_said_to_be(kind: int | None) -> None:
    for character in "@#/ \n.":
        assert character_class(character) == SEPARATOR
        assert flat_code(character, kind) == ord(character)


def test_of_no_documents_there_are_two_line_feeds() -> None:
    assert _flat_of(make_block([], [], [], False, tail=b"dog")).text == b"\n\n"


@examples(200)
@given(blocks())
def test_the_same_words_are_protected_in_text_that_is_flat_in_place(block: Block) -> None:
    def rules(exact: bool) -> list[int]:
        lexicon = compile_headwords([])
        touched = np.ones(len(block.starts), np.bool_)
        window = Window(
            bytes(block.data),
            slice(0, len(block.starts)),
            block.starts,
            block.ends,
            block.escaped,
            lexicon,
            touched,
            exact=exact,
        )
        return ProtectedWords(window, PROTECT).rule.tolist()

    assert rules(exact=True) == rules(exact=False)
