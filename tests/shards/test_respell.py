"""Places in text that is escaped for JSON, and back: by Python's `json` one character at a time."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.block import Block
from link.shards.respell import decoded, escaping, raw_places, unescaping
from tests.strategies import examples

TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('\\"\n/u𝄞')))


def _inside(text: str, *, ensure_ascii: bool) -> bytes:
    return json.dumps(text, ensure_ascii=ensure_ascii)[1:-1].encode()


def _ends(spelled: list[bytes]) -> list[int]:
    """Where each character ends, and the begin."""
    return np.cumsum([0, *map(len, spelled)]).tolist()


def _check(text: str, before: bytes, after: bytes) -> None:
    plain = before + text.encode() + after
    for ensure_ascii in (False, True):
        inside = [_inside(character, ensure_ascii=ensure_ascii) for character in text]
        spelled = before + b"".join(inside) + after
        places = np.array(_ends([character.encode() for character in text])) + len(before)
        moved = np.array(_ends(inside)) + len(before)
        back = unescaping(spelled).moved(moved)
        assert (back - back[0]).tolist() == (places - places[0]).tolist()
        if not ensure_ascii:
            there = escaping(plain).moved(places)
            assert (there - there[0]).tolist() == (moved - moved[0]).tolist()


@examples(100)
@given(TEXTS, TEXTS, TEXTS)
@example("\\u0041", "", "")
@example('\\\\"\\', "", "")
@example("\x00\x1f\x7f\x80", "", "")
@example("é€𝄞\ud7ff\ue000\u2028", "", "")
def test_places_move_as_json_spells_the_text_whatever_is_around_it(
    text: str, before: str, after: str
) -> None:
    _check(text, json.dumps(before).encode(), json.dumps(after).encode())


# --- of whole blocks ------------------------------------------------------------------------------

# A pair of surrogates is one character; a backslash is never one by itself.
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}|\\[^u]|[^\\]",
    re.DOTALL,
)
_ESCAPES = (
    *(r"\n", r"\\", r"\"", r"\/", r"\u0000", r"\u005c", r"\u0041", r"\u00e9", r"\u20AC"),
    *(r"\ud83d", r"\uDE00", r"\ud83d\ude00", "n", "u", "ud83d", "é", "犬", "😀", "dog ", "/"),
)
SPELLED = st.lists(st.sampled_from(_ESCAPES), max_size=30).map("".join)
GAPS = st.sampled_from(('{"text":"', '"},{"":"\\\\","text":"', r'"\ud83d":"\u00e9","t":"'))


def _walked(spelled: str) -> tuple[bytes, list[int], list[int]]:
    """A text in UTF-8, and where its characters begin in it, and as it is spelled."""
    plain, raw, at, size = b"", [0], [0], 0
    for match in _CHARACTER.finditer(spelled):
        plain += json.loads(f'"{match[0]}"', strict=False).encode("utf-8", "surrogatepass")
        size += len(match[0].encode())
        at.append(len(plain))
        raw.append(size)
    return plain, at, raw


def _block_of(documents: list[str], gaps: list[str]) -> tuple[Block, list[list[int]]]:
    """A block of spelled texts with JSON between them, and where each one's characters begin."""
    data, starts, ends, raws = b"", [], [], []
    for gap, spelled in zip(gaps, documents, strict=True):
        _, _, raw = _walked(spelled)
        data += gap.encode()
        starts.append(len(data))
        raws.append([len(data) + place for place in raw])
        data += spelled.encode()
        ends.append(len(data))
    keys = np.arange(len(documents), dtype=np.uint64)
    data += b'"}\n'
    spans = np.array(starts), np.array(ends)
    return Block(data, *spans, keys, escaped=True, texts=decoded(data, *spans)), raws


@examples(120)
@given(st.lists(st.tuples(SPELLED, GAPS), min_size=1, max_size=4))
def test_offsets_of_decoded_documents_are_found_in_the_raw_block(
    parts: list[tuple[str, str]],
) -> None:
    documents, gaps = map(list, zip(*parts, strict=True))
    block, raws = _block_of(documents, gaps)
    walked = list(map(_walked, documents))
    assert list(map(bytes, block.texts)) == [plain for plain, _, _ in walked]
    for number, ((_, own, _), raw) in enumerate(zip(walked, raws, strict=True)):
        first, last = (each.ravel() for each in np.meshgrid(*[range(len(own))] * 2))
        first, last = np.minimum(first, last), np.maximum(first, last)
        order = np.argsort(first)
        first, last = first.take(order), last.take(order)
        starts, ends = np.array(own).take(first), np.array(own).take(last)
        for texts in (block.texts, list(block.texts)):  # it is known how they were decoded, or not
            known = replace(block, texts=texts)
            found = raw_places(known, np.full(len(starts), number), starts, ends)
            assert found[0].tolist() == np.array(raw).take(first).tolist()
            assert found[1].tolist() == np.array(raw).take(last).tolist()


@pytest.mark.parametrize("escaped", [False, True])
def test_a_block_without_swaps_has_no_places(escaped: bool) -> None:
    nothing = np.empty(0, np.int64)
    block = Block(b"dog", nothing, nothing, nothing.astype(np.uint64), escaped, [])
    for found in raw_places(block, nothing, nothing, nothing):
        assert found.tolist() == []
