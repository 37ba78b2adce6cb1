"""A document longer than a window goes through in pieces, whatever it is made of."""

import numpy as np
import pytest

from link.block import Block
from link.kernel import reference
from link.kernel.compiled import Headword, compile_headwords
from link.kernel.substitute import substitute
from link.policy import OF, Policy

WINDOW_BYTES = 4096
HEADWORDS = [
    Headword(("dog",), "dog", ("Hund",), (1.0,)),
    Headword(("i",), "i", ("ich",), (1.0,), own_capital=True),
]
LEXICON = compile_headwords(HEADWORDS)

# What a long document may consist of, and whether it is the inside of a JSON string.
MADE_OF = [
    ("dog ", False),
    ("dog\\n", True),
    ("dog.I-", False),
    ("a/b.c-", False),
    ("我們在這裡看書…", False),
    ("我們。", False),
    ("\\u6211\\u3002dog", True),
    ("😀", False),
    ("\\ud83d\\ude00", True),
    ('\\\\\\"', True),
    ("0123456789 ", False),
    ("   \n\t", False),
    ("....", False),
    ('."))', False),
    ("— “dog” ", False),
]


def block_of(text: str, escaped: bool) -> Block:
    raw = text.encode()
    data = b'"' + raw + b'"'
    starts, ends = np.array([1]), np.array([1 + len(raw)])
    return Block(data, starts, ends, np.array([7], np.uint64), escaped)


@pytest.mark.parametrize(("part", "escaped"), MADE_OF)
@pytest.mark.parametrize("of", OF)
def test_no_piece_is_much_longer_than_a_window(part: str, escaped: bool, of: str) -> None:
    text = part * (20 * WINDOW_BYTES // len(part.encode()))
    done = substitute(block_of(text, escaped), LEXICON, Policy(ratio=1, of=of), WINDOW_BYTES)
    assert len(done.pieces) > 10
    assert max(memoryview(piece).nbytes for piece in done.pieces) < 3 * WINDOW_BYTES


@pytest.mark.parametrize(("part", "escaped"), MADE_OF)
@pytest.mark.parametrize("between", ["I", "x. ", ". I", '."', "\\n" * 2, "- "])
def test_a_sentence_is_known_across_pieces_without_words(
    part: str, escaped: bool, between: str
) -> None:
    filling = part * (3 * 64 // len(part.encode()) + 1)
    text = f"dog{between}{filling}I dog {filling}{between} I"
    block = block_of(text, escaped)
    expected, _ = reference.substitute(block, HEADWORDS, Policy(ratio=1))
    for window_bytes in (1, 7, 64, 1 << 20):
        assert substitute(block, LEXICON, Policy(ratio=1), window_bytes).data() == expected
