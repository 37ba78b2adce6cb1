"""The user's own patterns of what is not to be swapped: RE2's syntax, of linear cost.

RE2 (https://github.com/google/re2/wiki/Syntax) never backtracks. A match stays within a line, and
`^` and `$` are the line's begin and end.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re2


@lru_cache(maxsize=64)
def compiled(pattern: str) -> "re2._Regexp":
    """The pattern, to be matched with UTF-8.

    Raises ValueError, with RE2's words, if it is none.
    """
    import re2

    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    try:
        return re2.compile(f"(?m:{pattern})", options)
    except re2.error as error:
        reason = error.args[0]
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None


def spans_of(pattern: str, text: bytes) -> list[tuple[int, int]]:
    """Where the pattern matches a text of UTF-8, empty matches aside, left to right."""
    return [match.span() for match in compiled(pattern).finditer(text) if match[0]]
