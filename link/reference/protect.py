"""Protected spans of one text; docs/words.md says why each rule is there.

Rules look at the text's shape, in which word characters beyond ASCII have stand-ins. Spans may
overlap, and nothing here depends on which kinds of spans are asked for, or on the lexicon.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from link.language import rules
from link.language.characters import APOSTROPHES, BLANKS, CLOSERS, OPENERS, SEPARATORS
from link.language.english import SLASHED
from link.language.patterns import spans_of
from link.language.rules import LOST_TO, PATTERNS, RULES
from link.reference.text import LETTERS, PLAIN, WORD, Span, Text, decode


def protecting_rules(text: Text, protect: Collection[str], patterns: Sequence[str]) -> list[int]:
    """For each word the first rule that protects it, as an index into `LOST_TO`; 0 for none.

    `protect`: the kinds of spans asked for; `patterns`: the user's own.
    """
    spans = {
        (LOST_TO.index(rule), span)
        for rule, span in (*protected(text), *_matches(text.text, patterns))
        if RULES[rule] in (*protect, PATTERNS)
    }
    by_character = bytearray(len(text.text))
    for number, (begin, end) in sorted(spans, reverse=True):  # the first rule last
        by_character[begin:end] = bytes([number]) * (end - begin)
    return [min(filter(None, by_character[start:end]), default=0) for start, end in text.words]


def _matches(text: str, patterns: Sequence[str]) -> Iterator[tuple[str, Span]]:
    """What the user's own patterns match."""
    raw = text.encode("utf-8", "surrogateescape")
    _, offsets = decode(raw)
    for pattern in patterns:
        for begin, end in spans_of(pattern, raw):
            yield "pattern", (bisect_left(offsets, begin), bisect_left(offsets, end))


def protected(text: Text) -> list[tuple[str, Span]]:
    """The protected spans of all kinds."""
    segments = [match.span() for match in re.finditer(f"{_SEGMENT}+", text.shape)]
    ends = [end for _, end in segments]
    found = list(_pairs(text))
    for rule, pattern in _OF_SEGMENTS:
        for match in re.finditer(pattern, text.shape):
            found.append((rule, segments[bisect_right(ends, match.start())]))
    for rule, pattern in _OF_THEMSELVES:
        found += [(rule, match.span()) for match in re.finditer(pattern, text.shape)]
    links = re.finditer(r"\]\([^)\n]*(\))?", text.shape)  # closed or not, so that it is linear
    found += [("link", match.span()) for match in links if match[1]]
    quiet = [span for rule, span in found if rule not in ("email", "identifier")]
    return found + [("code line", span) for span in _code_lines(text, quiet)]


_SPACE = BLANKS + "\n"
_QUOTES = '"' + "".join(c for c in OPENERS + CLOSERS if c > "\x7f" and c not in APOSTROPHES)
_SEGMENT = f"[^{re.escape(SEPARATORS)}]"
_BEGINS = f"(?<!{_SEGMENT})"  # a segment begins here
_URL = rf"(?:://|(?<![{WORD}])www\.)[^{_SPACE}{_QUOTES}`<>{{}}]*"

# What protects the segment that it begins in.
_OF_SEGMENTS = (
    ("url", _URL),
    ("entity", "&#?[A-Za-z0-9]+;"),
    ("email", f"@(?=[{WORD}])|(?<!#)#(?=[{LETTERS}_])"),
    ("identifier", rf"(?<=[{WORD}])\.(?=_{{0,2}}[{LETTERS}])"),
    ("identifier", f"(?<=[{WORD}])=(?=[{WORD}\"'-])"),
    ("identifier", f"(?<=[{PLAIN}])_(?=[{PLAIN}])"),
    ("identifier", f"::(?=[{WORD}])"),
    ("identifier", rf"(?<=\.\. ){_SEGMENT}*::(?!{_SEGMENT})"),  # directives
    ("identifier", rf"\$(?=[{LETTERS}])"),
    ("identifier", f"(?<=[{WORD}])#(?=[0-9])"),
    ("identifier", r"\\'"),
    ("identifier", rf"(?<![^{_SPACE}])--(?=[{LETTERS}])"),
    ("identifier", f"{_BEGINS}(?!(?i:{'|'.join(SLASHED)})/){_SEGMENT}*?/{_SEGMENT}*?/"),
    ("identifier", rf"{_BEGINS}(?:/(?=[{WORD}.])|\.\.?/|~/|[A-Za-z]:\\)"),  # paths
    ("identifier", rf"[{WORD}](?=\([)\"'0-9_&*$@-])"),  # calls
    ("identifier", f"{_BEGINS}:(?=[{WORD}]){_SEGMENT}*:(?!{_SEGMENT})"),  # roles
)
_LINE_BEGINS = f"(?m:^)[{BLANKS}]*"
_IN_TAG = rf"(?:[^<>\n]|\n(?![{BLANKS}]*\n))"  # of one paragraph
# What protects no more than itself.
_OF_THEMSELVES = (
    ("url", _URL),
    ("placeholder", rf"(?<![{WORD}])\{{(?=[{WORD}]){_SEGMENT}+\}}"),
    ("placeholder", rf"(?:(?<=%\()|(?<=<\|)|(?<=\|>)){_SEGMENT}+"),
    ("tag", f"<[A-Za-z][^<>{_SPACE}]*>"),
    ("tag", f"<[A-Za-z](?=[^<>=]*=){_IN_TAG}*>"),
    ("tag", f"<[A-Za-z]{_IN_TAG}*/>"),
    ("tag", f"<[/!?]{_IN_TAG}*>"),
    ("latex", r"\\[A-Za-z]+"),
    ("latex", rf"\\(?:{'|'.join(rules.COMMANDS_WITH_NAMES)})\{{[^{{}}\n]*\}}"),
    ("link", rf"\]\({_SEGMENT}*"),
    ("link", r"(?<=\])\[[^\]\n]*\]"),
    ("link", rf"{_LINE_BEGINS}\[[^\]\n]*\](?=:)"),
    ("link", rf"{_LINE_BEGINS}\[(?!\^)[^\]\n]*\]: {_SEGMENT}+"),
    ("link", rf"{_LINE_BEGINS}:(?:{'|'.join(rules.OPTIONS_WITH_NAMES)}): {_SEGMENT}+"),
)

_FENCE = rf"(?m)^[{BLANKS}>]*(([`~])\2{{2,}})"
_OPENS_FENCE = rf"{_FENCE}((?:(?!\2).)*)$"
# Rule, what opens, what closes, and whether anywhere in the text, not only in the paragraph. What
# the first group matches, if there is one, is the same in both.
_PAIRS = (
    ("fence", _OPENS_FENCE, rf"{_FENCE}[{BLANKS}]*$", True),
    ("tag", "<!--", "-->", True),
    *(
        ("tag", f"<{name}(?=[{_SPACE}>])", f"</{name}>", is_wide)
        for name, is_wide in rules.ELEMENTS.items()
    ),
    ("code span", f"(?<!`)(`+)(?=[^`{_SPACE}])", f"(?<=[^`{_SPACE}])(`+)(?!`)", False),
    ("math", rf"(?<!\$)\$(?=[^${_SPACE}0-9])", rf"(?<=[^${_SPACE}])\$(?![${WORD}])", False),
    ("math", r"(?<!\$)\$\$(?!\$)", r"(?<!\$)\$\$(?!\$)", False),
    ("math", r"\\\(", r"\\\)", False),
    ("math", r"\\\[", r"\\\]", False),
    ("placeholder", r"\{\{", r"\}\}", False),
    ("placeholder", r"\{%", r"%\}", False),
    ("placeholder", r"<%", r"%>", False),
)


def _pairs(text: Text) -> Iterator[tuple[str, Span]]:
    """What stands between what opens and what closes, left to right in one pass."""
    # Backticks of lines that open or close a fence are no run.
    runs = re.sub(_OPENS_FENCE, lambda line: line[0].replace("`", "."), text.shape)
    begins, ends = {begin for begin, _ in text.paragraphs}, [end for _, end in text.paragraphs]
    openings = []
    closings = defaultdict(list)
    for number, (rule, opens, closes, _) in enumerate(_PAIRS):
        shape = text.shape if rule == "fence" else runs
        for match in re.finditer(opens, shape):
            is_underline = rule == "fence" and match[2] == "~" and not match[3].strip(BLANKS)
            if not is_underline or match.start() in begins:
                openings.append((*match.span(), number, match.groups()[:1]))
        for match in re.finditer(closes, shape):
            closings[number, match.groups()[:1]].append(match.span())
    done = 0
    for begin, end, number, run in sorted(openings):
        if begin < done:
            continue
        rule, _, _, is_wide = _PAIRS[number]
        within = len(runs) if is_wide else ends[bisect_right(ends, begin)]
        possible = closings[number, run]
        closing = bisect_left(possible, (end, end))
        if closing < len(possible) and possible[closing][0] < within:
            done = possible[closing][1]
            yield rule, (begin, done)
        elif rule == "fence":
            done = within
            yield rule, (begin, done)


_COUNTED = {
    "mark": r"(?<!=)=|(?<!\{)\{",
    "join": rf"(?<=[{WORD}])[(\[]|(?<=[{PLAIN}])_(?=[{PLAIN}])",
    "note": r"(?<=[ \t])(?:#|//)(?=[ \t])",
    "pair": rf"(?<=[{LETTERS}])[ \t](?=[{LETTERS}])",
    "end": r"(?m:(?:(?<!:):|[{}])\r?$)",
    "flush": rf"(?m:^)[ \r\f\v]?(?=[^{_SPACE}])",
}


def _code_lines(text: Text, quiet: Sequence[Span]) -> Iterator[Span]:
    """The paragraphs that are code by the marks of it that they hold, outside of quiet spans."""
    heard = list(text.shape)
    for start, end in quiet:
        heard[start:end] = re.sub(f"[^{_SPACE}]", "\0", text.shape[start:end])
    shape = "".join(heard)
    opened = False
    for start, end in text.paragraphs:
        total = rules.CODE_LINE_WEIGHTS["literal"] * opened
        for name, pattern in _COUNTED.items():
            total += rules.CODE_LINE_WEIGHTS[name] * len(re.findall(pattern, shape[start:end]))
        if total >= rules.CODE_LINE_LEAST:
            yield start, end
        last = text.shape[start:end].rpartition("\n")[2].removesuffix("\r")
        opened = last.endswith("::") and not last.lstrip(BLANKS).startswith(".")
