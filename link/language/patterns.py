"""The user's own patterns of what is not to be swapped: RE2's syntax, of linear cost.

RE2 (https://github.com/google/re2/wiki/Syntax) never backtracks. A match stays within a line, and
`^` and `$` are the line's begin and end; a line of more than 4,096 bytes is matched in pieces.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re2


@lru_cache(maxsize=64)
def compiled(pattern: str) -> "re2._Regexp":
    """The pattern, to be matched with UTF-8.

    Raises ValueError, with RE2's words, if it is none.
    """
    return expression(f"(?m:{pattern})", is_of_lines=True)


def expression(pattern: str, *, is_of_lines: bool = False) -> "re2._Regexp":
    """A regular expression of RE2. `is_of_lines`: whether a match stays within a line.

    Raises ValueError, with RE2's words, if it is none.
    """
    import re2

    options = re2.Options()
    options.never_nl = is_of_lines
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None


LONGEST_PIECE = 4096
"""Bytes of a line that are matched at once. A search may look through all of them and find a short
match, so this bounds what a byte of text can cost."""


def spans_of(pattern: str, text: bytes) -> Iterator[tuple[int, int]]:
    """Where the pattern matches a text of UTF-8, empty matches aside, left to right."""
    expression = compiled(pattern)
    for begin, end in _pieces(text):
        for match in expression.finditer(text[begin:end]):
            if match[0]:
                yield begin + match.start(), begin + match.end()


def _pieces(text: bytes) -> Iterator[tuple[int, int]]:
    """Runs of whole lines; of longer lines what fits, up to a space if there is one."""
    begin = 0
    while len(text) - begin > LONGEST_PIECE:
        end = text.rfind(b"\n", begin, begin + LONGEST_PIECE) + 1
        end = end or text.rfind(b" ", begin, begin + LONGEST_PIECE) + 1
        if not end:
            end = begin + LONGEST_PIECE
            while end > begin + 1 and text[end] & 0xC0 == 0x80:  # amid a character
                end -= 1
        yield begin, end
        begin = end
    yield begin, len(text)
