"""Characters, words and sentences of one document, one after the other.

Part of the reference kernel.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from link.language.english import ABBREVIATIONS
from link.kernel.flat import flat_code
from link.kernel.sentences import BLANKS, CLOSERS, MARKERS, NEWLINES, TERMINATORS
from link.language.unicode import (
    APOSTROPHE,
    DIGIT,
    LETTER,
    MARK,
    SEPARATOR,
    UNDERSCORE,
    character_class,
    fold_text,
)


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a document: what it stands for, and the bytes that spell it."""

    text: str
    raw: bytes
    kind: int  # SEPARATOR, LETTER, MARK, DIGIT, UNDERSCORE or APOSTROPHE


def text_of(characters: Sequence[Character]) -> str:
    """What characters stand for."""
    return "".join(character.text for character in characters)


def folded(characters: Sequence[Character]) -> str:
    """The form under which a word, or what could be one, is looked up."""
    return fold_text(text_of(characters))


def flat_text(characters: Sequence[Character]) -> str:
    """A document as rules about its context see it, a character for each (see `flat.py`)."""
    return "".join(
        chr(flat_code(one.text, SEPARATOR if one.kind == SEPARATOR else None)) for one in characters
    )


_SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_UNICODE_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def decode(raw: bytes, escaped: bool) -> Iterator[Character]:
    """The characters of a document. A byte of no valid character separates words."""
    text = raw.decode("utf-8", "surrogateescape")
    at = 0
    while at < len(text):
        here = text[at]
        if escaped and here == "\\":
            match = _UNICODE_ESCAPE.match(text, at)
            if match:
                spelled, stands_for = match[0], int(match[1], 16)
                second = _UNICODE_ESCAPE.match(text, match.end())
                low = int(second[1], 16) if second else 0
                if second and 0xD800 <= stands_for < 0xDC00 <= low < 0xE000:
                    spelled += second[0]
                    stands_for = 0x10000 + (stands_for - 0xD800) * 0x400 + low - 0xDC00
                character = chr(stands_for)
                yield Character(character, spelled.encode(), character_class(character))
                at += len(spelled)
            elif at + 1 == len(text):
                yield Character(here, b"\\", SEPARATOR)
                at += 1
            else:
                # The backslash takes one byte with it; of a longer character the rest is orphaned.
                first, *orphans = _bytes_of(text[at + 1])
                named = chr(first)
                yield Character(_SHORT_ESCAPES.get(named, named), b"\\" + bytes([first]), SEPARATOR)
                for orphan in orphans:
                    yield Character(chr(orphan), bytes([orphan]), SEPARATOR)
                at += 2
        elif 0xDC80 <= ord(here) <= 0xDCFF:
            byte = ord(here) - 0xDC00
            yield Character(chr(byte), bytes([byte]), SEPARATOR)
            at += 1
        else:
            yield Character(here, _bytes_of(here), character_class(here))
            at += 1


def _bytes_of(character: str) -> bytes:
    return character.encode("utf-8", "surrogateescape")


# --- words ---------------------------------------------------------------------------------------


def find_words(characters: Sequence[Character]) -> list[tuple[int, int]]:
    """Where words begin and end, as indices of characters."""
    kinds = [character.kind for character in characters]
    words = []
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and _in_word(kinds, end):
            end += 1
        start, stop = at, end
        while start < stop and kinds[start] == UNDERSCORE:
            start += 1
        while stop > start and kinds[stop - 1] == UNDERSCORE:
            stop -= 1
        if start < stop and kinds[start] == LETTER:
            words.append((start, stop))
        at = end + 1
    return words


def _in_word(kinds: Sequence[int], at: int) -> bool:
    if kinds[at] == APOSTROPHE:
        return (
            0 < at < len(kinds) - 1 and kinds[at - 1] in (LETTER, MARK) and kinds[at + 1] == LETTER
        )
    return kinds[at] in (LETTER, MARK, DIGIT, UNDERSCORE)


# --- sentences -----------------------------------------------------------------------------------

_CLOSERS = f"[{re.escape(CLOSERS)}]"
_BLANKS = f"[{re.escape(BLANKS)}]"
_NEWLINES = f"[{re.escape(NEWLINES)}]"
_SENTENCE_ENDS = re.compile(
    f"[{re.escape(TERMINATORS)}]{_CLOSERS}*[{re.escape(BLANKS + NEWLINES)}]"
    f"|{_NEWLINES}{_BLANKS}*(?:{_NEWLINES}|[{re.escape(MARKERS)}])"
)


def begins_sentence(gap: str) -> bool:
    """Whether a word behind this gap begins a sentence (see `sentences.py`).

    >>> [begins_sentence(gap) for gap in (" ", '." ', "\\n", "\\n \\n", "\\n- ", ", ", "...\\n")]
    [False, True, False, True, True, False, True]
    """
    return _SENTENCE_ENDS.search(gap) is not None


_ABBREVIATION_GAP = re.compile(f"\\.{_BLANKS}*(?:{_NEWLINES}{_BLANKS}*)?")


def is_abbreviated(word: str, gap: str) -> bool:
    """Whether the full stop behind a (folded) word, the first of a gap, is that of an abbreviation.

    >>> is_abbreviated("mr", ". "), is_abbreviated("j", ". "), is_abbreviated("dog", ". ")
    (True, True, False)
    """
    if not _ABBREVIATION_GAP.fullmatch(gap):
        return False
    return word in ABBREVIATIONS or (len(word) == 1 and "a" <= word <= "z")
