"""What the readings of a window are written in: classes of characters, and kinds of classes.

In *flat* ASCII stands for itself and the bytes of any other character are its class, from 0x80 on.
The *kind* of a class is what rules ask of it, as bits: the class that it has for words, and whether
it SEPARATES segments, is of SPACE, ENDS_URL, is a MARK of protected spans, or in UPPER case.
"""

from functools import cache

import numpy as np

from link.arrays import Bools, UInt8s
from link.block import Int64s
from link.language import characters, unicode

# Classes of what is not ASCII.
LOWER_LETTER, UPPER_LETTER, OTHER_LETTER, A_MARK, A_DIGIT = range(0x80, 0x85)
CURLY_APOSTROPHE, LETTER_APOSTROPHE, OPENING_APOSTROPHE = range(0x85, 0x88)
OPENER, CLOSER, OTHER_BLANK, TERMINATOR, MARKER, OTHER_HYPHEN, OTHER = range(0x88, 0x8F)
FOLDS = 0x40
"""Beside a class: the character folds to another one."""

WORD_CLASS = 0x07
"""The bits of a kind in which the class stands that a place has for words."""
SEPARATES, SPACE, ENDS_URL, MARK, UPPER = 0x08, 0x10, 0x20, 0x40, 0x80
MARKS = "\n'`~$\\/<>{}()[]|.:=_@#&-%"
"""Characters that rules about lines, apostrophes and protected spans look at."""


def class_set(own: str, *classes: int) -> Bools:
    """Which of the 256 classes are some classes or ASCII characters; others are passed over."""
    found = np.zeros(256, np.bool_)
    found[[*(ord(character) for character in own if character.isascii()), *classes]] = True
    return found


def _kinds() -> bytes:
    kinds = bytearray(256)
    for byte in range(0x80):
        character = chr(byte)
        kinds[byte] = unicode.character_class(character)
        kinds[byte] %= unicode.APOSTROPHE  # one joins only between letters
        kinds[byte] |= SEPARATES * (character in characters.SEPARATORS)
        kinds[byte] |= SPACE * (character in characters.BLANKS + "\n")
        kinds[byte] |= UPPER * character.isupper()
        kinds[byte] |= MARK * (character in MARKS)
        kinds[byte] |= ENDS_URL * (character in characters.BLANKS + '\n"`<>{}')
    kinds[LOWER_LETTER] = kinds[OTHER_LETTER] = unicode.LETTER
    kinds[UPPER_LETTER] = unicode.LETTER | UPPER
    kinds[A_MARK], kinds[A_DIGIT] = unicode.MARK, unicode.DIGIT
    kinds[OPENING_APOSTROPHE] = kinds[OPENER] = kinds[CLOSER] = SEPARATES | ENDS_URL
    kinds[OTHER_BLANK] = SEPARATES | SPACE | ENDS_URL
    kinds[TERMINATOR] = kinds[MARKER] = SEPARATES
    return bytes(kinds)


KINDS = _kinds()


@cache
def class_table() -> UInt8s:
    """The class of each code point, and whether it folds; uint8, shape (CODE_POINTS,)."""
    of_property = np.full(256, OTHER, np.uint8)
    for case in range(4):
        cased = UPPER_LETTER if case not in (unicode.UNCASED, unicode.LOWER) else LOWER_LETTER
        of_property[unicode.LETTER | case << 4] = OTHER_LETTER if case == unicode.UNCASED else cased
    of_property[unicode.MARK], of_property[unicode.DIGIT] = A_MARK, A_DIGIT
    of_property[unicode.APOSTROPHE] = OTHER
    of_property[unicode.SEPARATOR] = OTHER
    classes = of_property.take(unicode.properties())
    for own, one in (
        (characters.OPENERS, OPENER),
        (characters.CLOSERS, CLOSER),
        (characters.BLANKS, OTHER_BLANK),
        (characters.TERMINATORS, TERMINATOR),
        (characters.BULLETS + characters.DASHES, MARKER),
        (characters.HYPHENS, OTHER_HYPHEN),
        (characters.APOSTROPHES.strip("'"), LETTER_APOSTROPHE),
        ("\u2019", CURLY_APOSTROPHE),
        (characters.LOOKALIKES.strip("`"), LETTER_APOSTROPHE),
        (set(characters.LOOKALIKES) & set(characters.OPENERS), OPENING_APOSTROPHE),
    ):
        classes[[ord(character) for character in own]] = one
    classes[list(unicode.folds())] |= FOLDS
    return classes


@cache
def fold_table() -> tuple[Int64s, UInt8s]:
    """Code points that fold, ascending, and the UTF-8 of their folds: four bytes in a uint32."""
    found = unicode.folds()
    spelled = b"".join(fold.encode().ljust(4, b"\0") for fold in found.values())
    return np.array(list(found)), np.frombuffer(spelled, np.dtype("<u4"))
