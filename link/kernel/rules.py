"""What is protected: the rules' names, what they belong to, and the patterns both kernels share.

docs/words.md has each rule as an algorithm, with its reason and its cost.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from link.kernel.flat import FLAT_BLANKS

URLS, EMAILS, MARKUP, CODE = "urls", "emails", "markup", "code"
PROTECT = (URLS, EMAILS, MARKUP, CODE)

# Rule -> the kind of spans (`--protect`) it belongs to. Where several hold, the first is named.
RULES = {
    "url": URLS,
    "email": EMAILS,
    "fence": CODE,
    "code span": CODE,
    "math": CODE,
    "indented": CODE,
    "path": CODE,
    "version": CODE,
    "identifier": CODE,
    "tag": MARKUP,
    "entity": MARKUP,
    "latex": MARKUP,
    "link": MARKUP,
}

BLANKS = FLAT_BLANKS.decode("latin-1")

# Patterns with a literal first character, which regular expressions find fast; on flat text.
LONGEST_ENTITY = 31  # characters between `&` or `&#` and `;`
ENTITY = re.compile(f"&#?[A-Za-z0-9]{{1,{LONGEST_ENTITY}}};")
LATEX = re.compile(r"\\[A-Za-z]+")
ARGUMENT_COMMANDS = re.compile(
    r"\\(?:cite[a-z]*|[a-z]*ref|label|begin|end|input|include[a-z]*|usepackage|documentclass"
    r"|bibliography[a-z]*|url|href)\*?(?:\[[^\]\n]{0,200}\]){0,3}\{[^{}\n]*\}"
)

# What opens and closes in a block: formulas, environments of formulas and code, elements of code,
# comments.
_ENVIRONMENTS = (
    "equation|align|alignat|gather|multline|eqnarray|displaymath|math|verbatim|lstlisting|minted"
    "|tikzpicture"
)
ELEMENTS = ("code", "pre", "script", "style", "kbd", "samp", "var", "tt")
EVENT = re.compile(
    rf"\\begin\{{(?P<begin>(?:{_ENVIRONMENTS})\*?)\}}|\\end\{{(?P<end>(?:{_ENVIRONMENTS})\*?)\}}"
    rf"|<(?P<tag>{'|'.join(ELEMENTS)})(?:[{BLANKS}\n][^<>]*)?>|</(?P<untag>{'|'.join(ELEMENTS)})>"
    r"|\\(?P<open>[(\[])|\\(?P<close>[)\]])|(?P<comment><!--)|(?P<uncomment>-->)"
)
_CLOSES = {"end": "begin", "untag": "tag", "close": "open", "uncomment": "comment"}
_RULE_OF = {"begin": "math", "open": "math", "tag": "tag", "comment": "tag"}
_OPENED_BY = {"-->": "<!--", ")": "(", "]": "["}


class Event(NamedTuple):
    """Something that opens or closes, found by `EVENT`: the group of the pattern that it is of."""

    block: int
    kind: str
    name: str
    begin: int
    end: int


def enclosed(events: Iterable[Event]) -> Iterator[tuple[str, int, int]]:
    """Rule, begin and end of what stands between what opens it and the first thing behind that
    closes it, in one block. One pass, however much is left open.
    """
    opened: dict[tuple[str, str], int] = {}
    before = -1
    for block, kind, name, begin, end in events:
        if block != before:
            opened.clear()
            before = block
        if kind in _RULE_OF:
            opened.setdefault((kind, name), begin)
            continue
        start = opened.pop((_CLOSES[kind], _OPENED_BY.get(name, name)), None)
        if start is not None:
            yield _RULE_OF[_CLOSES[kind]], start, end


# What goes on across blank lines.
CLOSED_BY = {"!--": "-->", "pre": "</pre>", "script": "</script>", "style": "</style>"}
OPENS_RAW = re.compile(rf"<(!--|(?:pre|script|style)(?=[{BLANKS}\n>]|$))")
DIRECTIVES_OF_CODE = (
    "code", "code-block", "sourcecode", "parsed-literal", "prompt", "testcode", "testoutput",
    "doctest", "ipython", "math", "raw", "graphviz", "digraph", "productionlist", "mermaid",
    "toctree",
)  # fmt: skip


DEEP = 1 << 40
"""The indent of a line that a tab indents: more than any number of spaces."""


class Carried(NamedTuple):
    """What is open where a piece of a text begins or ends.

    `container`: a fence (its characters), or an element or comment (a key of `CLOSED_BY`).
    `literal`: how far the line is indented that a literal block hangs on.
    """

    container: str = ""
    literal: int | None = None


NOTHING_OPEN = Carried()
