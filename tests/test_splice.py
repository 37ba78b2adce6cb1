"""What is swapped is spliced into a block's own bytes, escaped or not, and all others are kept."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from link.block import Block
from link.kernel.substitute import Swaps, substitute
from link.language.headwords import Language
from link.lexicon.arrays import compile_headwords
from link.policy import Policy
from link.shards.respell import raw_places
from link.splice import Spliced, splice
from tests.kernel.helpers import ALL, fast, headwords_of
from tests.strategies import Lexicon, blocks, examples, lexicons, make_block, policies

PAIRS = {"dog": "Hund", "ice cream": 'e"is\\\n', "café": "Kaffeehaus"}


def spliced(block: Block, lexicon: Lexicon, policy: Policy) -> tuple[Spliced, Swaps]:
    compiled = compile_headwords(*lexicon)
    swaps = substitute(block.texts, block.keys, compiled, policy).swaps
    return splice(block, swaps, compiled, policy), swaps


def documents_of(block: Block, done: Spliced) -> list[bytes]:
    data = bytes(done.data)
    return [data[start:end] for start, end in zip(done.starts, done.ends, strict=True)]


def in_one_block(*documents: bytes) -> Block:
    return make_block([*documents], [b" "] * len(documents), [7] * len(documents), True)


@examples(200)
@given(blocks(), lexicons(), policies())
def test_documents_become_the_same_however_they_are_spelled_and_nothing_else_changes(
    block: Block, lexicon: Lexicon, policy: Policy
) -> None:
    done, _ = spliced(block, lexicon, policy)
    plain = fast([*block.texts], lexicon[0], policy, lexicon[1], keys=block.keys.tolist())
    new = documents_of(block, done)
    if block.escaped:
        new = [json.loads(b'"%s"' % one).encode("utf-8", "surrogatepass") for one in new]
    assert new == plain.texts
    old_data, new_data = bytes(block.data), bytes(done.data)
    assert _between(new_data, done.starts, done.ends) == _between(
        old_data, block.starts, block.ends
    )


def _between(data: bytes, starts: np.ndarray, ends: np.ndarray) -> list[bytes]:
    gaps = zip([0, *ends.tolist()], [*starts.tolist(), len(data)], strict=True)
    return [data[start:end] for start, end in gaps]


@examples(200)
@given(blocks(), lexicons(), policies())
def test_without_what_was_written_all_bytes_are_the_original(
    block: Block, lexicon: Lexicon, policy: Policy
) -> None:
    """What `link restore` stands on: where each new piece stands, and that the rest was kept."""
    done, swaps = spliced(block, lexicon, policy)
    old, new = bytes(block.data), bytes(done.data)
    starts, ends = raw_places(block, swaps.document, swaps.start, swaps.end)
    back, at = [], 0
    for new_start, new_end, start, end, annotated in zip(
        done.new_starts, done.new_ends, starts, ends, swaps.annotated, strict=True
    ):
        assert at <= new_start <= new_end
        back += [new[at:new_start], b"" if annotated else old[start:end]]
        at = new_end
    assert b"".join([*back, new[at:]]) == old


@pytest.mark.parametrize(
    ("raw", "becomes"),
    [
        (rb"\u0064og\u2019s", rb"Hund\u2019s"),
        (rb"ice\ncream \u0069ce\tcre\u0061m", rb"e\"is\\\n e\"is\\\n"),
        (rb"\u00e9 dog \ud83d\ude00dog\\dog \/", rb"\u00e9 Hund \ud83d\ude00Hund\\Hund \/"),
        (rb"caf\u00e9 cafe \ud800dog", rb"Kaffeehaus cafe \ud800Hund"),
    ],
)
def test_escapes_of_a_swapped_word_go_with_it_and_all_others_stay(
    raw: bytes, becomes: bytes
) -> None:
    block = in_one_block(raw, raw)
    done, _ = spliced(block, (headwords_of(PAIRS), [Language()]), ALL)
    assert documents_of(block, done) == [becomes, becomes]


@pytest.mark.parametrize(
    ("brackets", "written"),
    [('""', rb"\"Hund\""), ("\\\\", rb"\\Hund\\"), ("「」", "「Hund」".encode())],
)
def test_brackets_are_escaped_as_json_must_have_them_and_no_more(
    brackets: str, written: bytes
) -> None:
    block = in_one_block(rb"\u0064og\u0027s \u72ac")
    policy = replace(ALL, mode="annotate", brackets=brackets)
    done, _ = spliced(block, (headwords_of(PAIRS), [Language()]), policy)
    assert documents_of(block, done) == [rb"\u0064og\u0027s " + written + rb" \u72ac"]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_may_hold_the_block(kind: type) -> None:
    block = in_one_block(b"the dog")
    held = replace(block, data=kind(block.data))
    done, _ = spliced(held, (headwords_of(PAIRS), [Language()]), ALL)
    assert documents_of(block, done) == [b"the Hund"]
