"""What is protected: the rules' names, what they belong to, and the patterns both kernels share.

docs/words.md has each rule as an algorithm, with its reason and its cost.
"""

import re
from collections.abc import Iterator

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

# Patterns with a literal first character, which regular expressions find fast; on flat text.
LONGEST_ENTITY = 31  # characters between `&` or `&#` and `;`
ENTITY = re.compile(f"&#?[A-Za-z0-9]{{1,{LONGEST_ENTITY}}};")
LATEX = re.compile(r"\\[A-Za-z]+")
ARGUMENT_COMMANDS = re.compile(
    r"\\(?:cite[a-z]*|[a-z]*ref|label|begin|end|input|include[a-z]*|usepackage|documentclass"
    r"|bibliography[a-z]*|url|href)\*?(?:\[[^\]\n]{0,200}\]){0,3}\{[^{}\n]*\}"
)

# What opens and closes: formulas, environments of formulas and code, elements of code, comments.
_ENVIRONMENTS = (
    "equation|align|alignat|gather|multline|eqnarray|displaymath|math|verbatim|lstlisting|minted"
    "|tikzpicture"
)
_ELEMENTS = "code|pre|script|style|kbd|samp|var|tt"
_EVENT = re.compile(
    r"(?P<blank>\n[ \t\r\f\v\x88]*(?=\n))"
    rf"|\\begin\{{(?P<begin>(?:{_ENVIRONMENTS})\*?)\}}|\\end\{{(?P<end>(?:{_ENVIRONMENTS})\*?)\}}"
    rf"|<(?P<tag>{_ELEMENTS})(?:[ \t\n][^<>]*)?>|</(?P<untag>{_ELEMENTS})>"
    r"|\\(?P<open>[(\[])|\\(?P<close>[)\]])|(?P<comment><!--)|(?P<uncomment>-->)"
)
_CLOSES = {"end": "begin", "untag": "tag", "close": "open", "uncomment": "comment"}
_RULE_OF = {"begin": "math", "open": "math", "tag": "tag", "comment": "tag"}
_BRACKETS = {")": "(", "]": "["}


def enclosed(flat: str) -> Iterator[tuple[str, int, int]]:
    """Rule, begin and end of what stands between what opens it and the first thing behind that
    closes it, in one block. One pass, however much is left open.
    """
    opened: dict[tuple[str, str], int] = {}
    for match in _EVENT.finditer(flat):
        kind = match.lastgroup or ""
        if kind == "blank":
            opened.clear()
        elif kind in _RULE_OF:
            opened.setdefault((kind, match[kind]), match.start())
        else:
            name = {"-->": "<!--"}.get(match[kind], _BRACKETS.get(match[kind], match[kind]))
            begin = opened.pop((_CLOSES[kind], name), None)
            if begin is not None:
                yield _RULE_OF[_CLOSES[kind]], begin, match.end()
