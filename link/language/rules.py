"""The names of the rules about protected spans, and their closed lists.

docs/words.md has each rule with its reason and its cost.
"""

URLS, EMAILS, MARKUP, CODE = "urls", "emails", "markup", "code"
PATTERNS = "patterns"
"""The user's own, asked for by giving some."""

# Rule -> the kind of spans (`--protect`) it belongs to. Where several hold, the first is named.
RULES = {
    "pattern": PATTERNS,
    "url": URLS,
    "email": EMAILS,
    "fence": CODE,
    "code span": CODE,
    "math": CODE,
    "code line": CODE,
    "identifier": CODE,
    "tag": MARKUP,
    "placeholder": MARKUP,
    "entity": MARKUP,
    "latex": MARKUP,
    "link": MARKUP,
}

NAMES = "names"
SENSE, ITSELF = "sense", "itself"
LOST_TO = (NAMES, *RULES, SENSE, ITSELF)
"""What may take a covered word away; a word that several rules take counts for the first.

`sense`: the lexicon has no translation of its part of speech (`--sense strict`). `itself`: the
translation that is drawn is the word."""

COMMANDS_WITH_NAMES = tuple(
    "begin end label input usepackage documentclass url href include includegraphics bibliography "
    "bibliographystyle cite citep citet ref eqref pageref autoref cref".split()
)
"""LaTeX commands whose argument names something."""

OPTIONS_WITH_NAMES = ("target", "name", "class", "align", "width", "height")
"""Options of reStructuredText whose value is no text."""

LONGEST_GAP = 40
"""Bytes between two words of a phrase."""

LONG_WORD = 5
"""Letters of a word in capitals that, alone in its line, is a heading; shorter ones are names."""

SECTION_BYTES = 1 << 19
"""A longer document is worked on in sections of at most so many bytes."""

CODE_LINE_WEIGHTS = {
    "mark": 4,
    "join": 4,
    "note": 12,
    "end": 3,
    "literal": 24,
    "pair": -1,
    "flush": -13,
}
"""What each mark of code, or of prose, adds to its paragraph."""
CODE_LINE_LEAST = 4
"""A paragraph of which the marks add up to this is code."""

ELEMENTS = {"pre": True, "script": True, "style": True}
ELEMENTS |= dict.fromkeys(("code", "kbd", "samp", "tt", "var"), False)
"""HTML elements of code, and whether they may go on across blank lines."""
