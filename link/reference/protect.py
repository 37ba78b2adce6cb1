"""Protected spans of one text; docs/words.md says why each rule is there.

Rules look at the text's shape, in which word characters beyond ASCII have stand-ins. Spans may
overlap, and nothing here depends on which kinds of spans are asked for, or on the lexicon.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence

from link.language import rules
from link.language.characters import APOSTROPHES, BLANKS, CLOSERS, OPENERS, SEPARATORS
from link.language.english import SLASHED
from link.language.patterns import spans_of
from link.language.rules import LOST_TO, PATTERNS, RULES
from link.reference.text import LETTERS, PLAIN, WORD, Span, Text, decode


def protecting_rules(text: Text, protect: Collection[str], patterns: Sequence[str]) -> list[int]:
    """For each word the rule that protects it, as an index into `LOST_TO`; 0 for none.

    `protect`: the kinds of spans asked for; `patterns`: the user's own. Of several rules, the first
    in `LOST_TO` is named.
    """
    spans: dict[str, list[Span]] = {rule: [] for rule in RULES}
    for rule, span in protected(text):
        if span[0] < span[1]:
            spans[rule].append(span)
    spans["pattern"] = [span for pattern in patterns for span in _matches(text.text, pattern)]
    starts, ends = [start for start, _ in text.words], [end for _, end in text.words]
    result = [0] * len(text.words)
    for rule in reversed(RULES):
        if RULES[rule] not in (*protect, PATTERNS):
            continue
        number = LOST_TO.index(rule)
        done = 0  # words that spans of this rule have been compared with
        for begin, end in sorted(spans[rule]):
            first, last = max(done, bisect_right(ends, begin)), bisect_left(starts, end)
            result[first:last] = [number] * (last - first)
            done = max(done, last)
    return result


def _matches(text: str, pattern: str) -> Iterator[Span]:
    """What a pattern matches, in characters."""
    raw = text.encode("utf-8", "surrogateescape")
    _, offsets = decode(raw)
    for begin, end in spans_of(pattern, raw):
        yield bisect_left(offsets, begin), bisect_left(offsets, end)


def protected(text: Text) -> Iterator[tuple[str, Span]]:
    """The protected spans of all kinds."""
    found = [*_segments(text.shape), *_links(text.shape), *_tags(text), *_pairs(text)]
    yield from found
    quiet = [span for rule, span in found if rule not in ("email", "identifier")]
    yield from (("code line", span) for span in code_lines(text, quiet))


_BLANK = re.escape(BLANKS)
_SPACE = _BLANK + "\n"
_WIDE = re.escape("".join(blank for blank in BLANKS if blank > "\x7f"))  # more than a byte
_QUOTES = '"' + "".join(c for c in OPENERS + CLOSERS if c > "\x7f" and c not in APOSTROPHES)
_SEGMENT = f"[^{re.escape(SEPARATORS)}]"
_BEGINS = f"(?<!{_SEGMENT})"  # a segment begins here

# What protects the segment that it begins in.
_OF_SEGMENTS = (
    ("entity", "&#?[A-Za-z0-9]+;"),
    ("email", f"@(?=[{WORD}])"),
    ("email", f"(?<!#)#(?=[{LETTERS}_])"),
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
    ("identifier", rf"{_BEGINS}/(?=[{WORD}.])"),  # paths
    ("identifier", rf"{_BEGINS}(?:\.\.?|~)/"),
    ("identifier", rf"{_BEGINS}[A-Za-z]:\\"),
    ("identifier", rf"[{WORD}](?=\([)\"'0-9_&*$@-])"),  # calls
    ("identifier", f"{_BEGINS}:(?=[{WORD}]){_SEGMENT}*:(?!{_SEGMENT})"),  # roles
)
_LINE_BEGINS = f"(?m:^)[{_BLANK}]*"
# What protects no more than itself.
_OF_THEMSELVES = (
    ("placeholder", rf"(?<![{WORD}])\{{(?=[{WORD}]){_SEGMENT}+\}}"),
    ("placeholder", rf"(?:(?<=%\()|(?<=<\|)|(?<=\|>)){_SEGMENT}+"),
    ("latex", r"\\[A-Za-z]+"),
    ("latex", rf"\\(?:{'|'.join(rules.COMMANDS_WITH_NAMES)})\{{[^{{}}\n]*\}}"),
    ("link", r"(?<=\])\[[^\]\n]*\]"),
    ("link", rf"{_LINE_BEGINS}\[[^\]\n]*\](?=:)"),
    ("link", rf"{_LINE_BEGINS}\[(?!\^)[^\]\n]*\]: {_SEGMENT}+"),
    ("link", rf"{_LINE_BEGINS}:(?:{'|'.join(rules.OPTIONS_WITH_NAMES)}): {_SEGMENT}+"),
)
_URL = re.compile(rf"(?:://|(?<![{WORD}])www\.)[^{_SPACE}{_QUOTES}`<>{{}}]*")


def _segments(shape: str) -> Iterator[tuple[str, Span]]:
    segments = [match.span() for match in re.finditer(f"{_SEGMENT}+", shape)]
    ends = [end for _, end in segments]
    for rule, pattern in _OF_SEGMENTS:
        for match in re.finditer(pattern, shape):
            yield rule, segments[bisect_right(ends, match.start())]
    for rule, pattern in _OF_THEMSELVES:
        for match in re.finditer(pattern, shape):
            yield rule, match.span()
    for match in _URL.finditer(shape):
        yield "url", (segments[bisect_right(ends, match.start())][0], match.end())


_LINK = re.compile(r"\]\([^)\n]*(\))?")
_BEGIN_OF_LINK = re.compile(rf"\]\({_SEGMENT}*")


def _links(shape: str) -> Iterator[tuple[str, Span]]:
    """From `](` to `)` in the same line; if there is none, the segment behind the bracket."""
    for match in _LINK.finditer(shape):
        if match[1]:
            yield "link", match.span()
        else:
            for begin in _BEGIN_OF_LINK.finditer(shape, *match.span()):
                yield "link", begin.span()


_TAG = re.compile(r"<([A-Za-z/!?][^<>]*)>")


def _tags(text: Text) -> Iterator[tuple[str, Span]]:
    for paragraph in text.paragraphs:
        for match in _TAG.finditer(text.shape, *paragraph):
            inside = match[1]
            is_spaced = re.search(f"[{_SPACE}]", inside)
            if "=" in inside or inside[0] in "/!?" or inside[-1] == "/" or not is_spaced:
                yield "tag", match.span()


# What opens, what closes (backticks are closed by as many), and whether anywhere in the text, not
# only in the paragraph.
_PAIRS = (
    ("tag", "<!--", "-->", True),
    *(
        ("tag", f"<{name}(?=[{_SPACE}>])", f"</{name}>", is_wide)
        for name, is_wide in rules.ELEMENTS.items()
    ),
    ("code span", f"(?<!`)`+(?=[^`{_SPACE}])", f"(?<=[^`{_SPACE}])`+(?!`)", False),
    ("math", rf"(?<!\$)\$(?=[^${_SPACE}0-9])", rf"(?<=[^${_SPACE}])\$(?![${WORD}])", False),
    ("math", r"(?<!\$)\$\$(?!\$)", r"(?<!\$)\$\$(?!\$)", False),
    ("math", r"\\\(", r"\\\)", False),
    ("math", r"\\\[", r"\\\]", False),
    ("placeholder", r"\{\{", r"\}\}", False),
    ("placeholder", r"\{%", r"%\}", False),
    ("placeholder", r"<%", r"%>", False),
)
_OPENS_FENCE = rf"(?m)^[{_BLANK}>]*(([`~])\2{{2,}})((?:(?!\2).)*)$"
_CLOSES_FENCE = rf"(?m)^[{_BLANK}>]*{{}}{{{{{{}}}}}}[{_BLANK}]*$"


def _pairs(text: Text) -> Iterator[tuple[str, Span]]:
    """What stands between what opens and what closes, left to right in one pass."""
    openings = list(_fences(text))
    fence_lines = {begin for begin, *_ in openings}
    shape = "\n".join(  # backticks of lines that open or close a fence are no run
        text.shape[start:end].replace("`", "." if start in fence_lines else "`")
        for start, end in text.lines
    )
    paragraph_ends = [end for _, end in text.paragraphs]
    closings: dict[str, list[Span]] = {}  # kind of pair -> what closes one
    wide = {str(number) for number, pair in enumerate(_PAIRS) if pair[-1]}
    for number, (rule, opens, closes, _) in enumerate(_PAIRS):
        for match in re.finditer(opens, shape):
            kind = match[0] if rule == "code span" else str(number)
            openings.append((*match.span(), rule, kind))
        for match in re.finditer(closes, shape):
            kind = match[0] if rule == "code span" else str(number)
            closings.setdefault(kind, []).append(match.span())
    done = 0
    for begin, end, rule, kind in sorted(openings):
        if begin < done:
            continue
        if rule == "fence":
            closed = re.compile(_CLOSES_FENCE.format(kind[0], len(kind))).search(text.shape, end)
            done = closed.end() if closed else len(shape)
            yield rule, (begin, done)
            continue
        possible = closings.get(kind, [])
        closing = bisect_left(possible, (end, end))
        paragraph = bisect_right(paragraph_ends, begin)
        within = len(shape) if kind in wide else paragraph_ends[paragraph]
        if closing < len(possible) and possible[closing][0] < within:
            done = possible[closing][1]
            yield rule, (begin, done)


def _fences(text: Text) -> Iterator[tuple[int, int, str, str]]:
    """The lines that open a fence, unless they stand in another pair, and what they open it by."""
    begins = {begin for begin, _ in text.paragraphs}
    for match in re.finditer(_OPENS_FENCE, text.shape):
        is_underline = match[2] == "~" and not match[3].strip(BLANKS)
        if not is_underline or match.start() in begins:
            yield *match.span(), "fence", match[1]


_COUNTED = {
    "mark": r"(?<!=)=|(?<!\{)\{",
    "join": rf"(?<=[{WORD}])[(\[]|(?<=[{PLAIN}])_(?=[{PLAIN}])",
    "note": r"(?<=[ \t])(?:#|//)(?=[ \t])",
    "pair": rf"(?<=[{LETTERS}])[ \t](?=[{LETTERS}])",
    "end": r"(?m:(?:(?<!:):|[{}])\r?$)",
    "flush": rf"(?m:^)(?!\t)(?:(?![{_WIDE}])[{_BLANK}])?(?=[^{_SPACE}])",
}


def code_lines(text: Text, quiet: Sequence[Span]) -> Iterator[Span]:
    """The paragraphs that are code by the marks of it that they hold, outside of quiet spans."""
    heard = list(text.shape)
    for start, end in quiet:
        heard[start:end] = "\0" * (end - start)
    shape = "".join(heard)
    opened = False
    for start, end in text.paragraphs:
        total = rules.CODE_LINE_WEIGHTS["literal"] * opened
        for name, pattern in _COUNTED.items():
            counted = text.shape if name == "flush" else shape
            found = re.compile(pattern).finditer(counted, start, end)
            total += rules.CODE_LINE_WEIGHTS[name] * sum(1 for _ in found)
        if total >= rules.CODE_LINE_LEAST:
            yield start, end
        last = text.shape[text.shape.rfind("\n", 0, end) + 1 : end].removesuffix("\r")
        opened = last.endswith("::") and not last.lstrip(BLANKS).startswith(".")
