"""Places in text that is escaped for JSON, and back: by Python's `json` one place at a time."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.shards.respell import escaping, unescaping
from tests.strategies import examples

TEXTS = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('\\"\n/u𝄞')))
ODD = (
    "",
    "\\",
    '\\\\"\\',
    "\\u0041",
    "\x00\x1f\x7f\x80",
    "é€𝄞\ud7ff\ue000",
    "\u2028",
    "\\n\n",
    "//",
)


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


@pytest.mark.parametrize("text", ODD)
def test_odd_characters_move_places_as_json_spells_them(text: str) -> None:
    _check(text, b"", b"")


@examples(200)
@given(TEXTS, TEXTS, TEXTS)
def test_places_move_as_json_spells_the_text_whatever_is_around_it(
    text: str, before: str, after: str
) -> None:
    _check(text, json.dumps(before).encode(), json.dumps(after).encode())
