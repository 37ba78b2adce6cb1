"""How JSON may spell a text inside of a string."""

import random
from collections.abc import Callable

from hypothesis import strategies as st

_SHORT_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def _unicode_escape(character: str, random_: random.Random) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    style = random_.choice(("04x", "04X"))
    return "".join(
        f"\\u{int.from_bytes(units[at : at + 2], 'big'):{style}}" for at in range(0, len(units), 2)
    )


def spell_utf8(text: str) -> bytes:
    """Inside of a JSON string: escaped only where it must be."""
    return spell_json(text, lambda options: options[0])


def spell_ascii(text: str) -> bytes:
    """Inside of a JSON string: everything beyond ASCII escaped, as most tools write it."""
    return spell_json(text, lambda options: options[0] if options[0].isascii() else options[-1])


def spell_json(text: str, choose: Callable[[list[str]], str]) -> bytes:
    """Inside of a JSON string; `choose` picks each character's spelling.

    Options are in order: as it stands, short escape, `\\uXXXX`; each where there is one.
    """
    random_ = random.Random(len(text))
    out = []
    for character in text:
        options = []
        if character not in '"\\' and character >= " " and not "\ud800" <= character <= "\udfff":
            options.append(character)
        if character in _SHORT_ESCAPES:
            options.append(_SHORT_ESCAPES[character])
        options.append(_unicode_escape(character, random_))
        out.append(choose(options))
    return "".join(out).encode()


def spelled(text: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """JSON spellings of texts: one spelling throughout, or another one for every character."""
    return st.one_of(
        text.map(spell_utf8),
        text.map(spell_ascii),
        st.builds(
            lambda one, seed: spell_json(one, random.Random(seed).choice), text, st.integers(0, 99)
        ),
    )
