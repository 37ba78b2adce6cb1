"""What is protected: the rules' names, what they belong to, and the patterns both kernels share.

docs/words.md has each rule as an algorithm, with its reason and its cost.
"""

import re

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
    r"|bibliography[a-z]*|url|href)\*?(?:\[[^\]\n]*\])*\{[^{}\n]*\}"
)
LATEX_MATH = re.compile(
    r"\\\((?:[^\n]|\n(?![ \t\r\f\v\x88]*\n))*?\\\)|\\\[(?:[^\n]|\n(?![ \t\r\f\v\x88]*\n))*?\\\]"
)
COMMENT = re.compile(r"<!--(?:[^\n]|\n(?![ \t\r\f\v\x88]*\n))*?-->")
