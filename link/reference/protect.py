"""Protected spans of one document, by regular expressions over its flat text.

Part of the reference kernel: docs/words.md says why each rule is there.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from link.kernel.rules import (
    ARGUMENT_COMMANDS,
    BLANKS,
    CLOSED_BY,
    CODE,
    DEEP,
    DIRECTIVES_OF_CODE,
    EMAILS,
    ENTITY,
    EVENT,
    LATEX,
    MARKUP,
    NOTHING_OPEN,
    OPENS_RAW,
    RULES,
    URLS,
    Carried,
    Event,
    enclosed,
)

Span = tuple[int, int]

_BLANK = f"[{BLANKS}]"
_WORD = r"[A-Za-z0-9_\x80-\x84]"  # what words are made of
_PLAIN = r"[A-Za-z0-9\x80-\x84]"
_LETTER = r"[A-Za-z\x80-\x82]"
_SEGMENT = rf'[^{BLANKS}\n"()\[\]{{}}<>,;|`\x86\x87]'
_BEGINS = f"(?<!{_SEGMENT})"  # a segment begins here
_OPTION_BEGINS = rf"(?<![^{BLANKS}\n`(\[])"

# Rule -> what, anywhere in a segment, protects the segment it stands in.
_OF_SEGMENTS = {
    "email": f"@(?={_WORD})|(?<!#)#(?={_LETTER}|_)",
    "path": f"/(?={_SEGMENT}*/)"
    f"|{_BEGINS}/(?={_WORD}|\\.)"
    rf"|{_BEGINS}(?:\.\.?|~)/"
    rf"|{_BEGINS}[A-Za-z]:\\",
    "version": rf"(?<=[0-9])\.(?=[0-9](?:{_SEGMENT}*[0-9])?\.[0-9])"
    rf"|{_BEGINS}[vV](?=[0-9]{_SEGMENT}*\.[0-9])"
    f"|{_BEGINS}(?=[0-9a-fA-F-]*[0-9])[0-9a-fA-F]+(?:-[0-9a-fA-F]+){{4,}}(?!{_SEGMENT})",
    "identifier": rf"(?<={_WORD})\.(?=_{{0,2}}{_LETTER})"
    f"|(?<={_WORD})=(?={_WORD}|[\"'-])"
    f"|(?<={_PLAIN})_(?={_PLAIN})"
    f"|::(?={_SEGMENT})"
    f"|(?<=\\.\\. ){_SEGMENT}+::"
    f"|{_OPTION_BEGINS}--(?={_LETTER})"
    rf"|\$(?=[A-Za-z_])",
}
_URL = re.compile(f"://|(?<!{_WORD})www\\.")
_URL_ENDS = re.compile(rf'[{BLANKS}\n<>"`{{}}]|$')
_CALL = re.compile(f"(?<={_WORD})\\((?=[)\"'0-9_&*$@-])")
_VARIABLE = re.compile(r"\$\{")
_CAMEL = re.compile("[a-z\x80][A-Z\x81]")
_LINK_TARGET = re.compile(r"\]\((?:[^)\n]*(?=\)))?")
_ROLE = re.compile(f"{_BEGINS}:{_SEGMENT}+:(?=`)")
_TAG = re.compile(r"<([A-Za-z/!?][^<>]*)>")
_TICKS = re.compile("`+")
_DOLLARS = re.compile(r"\$+")
_FENCE = re.compile(rf"[{BLANKS}>]*(`{{3,}}|~{{3,}})([^\n]*)")
_RAW = re.compile(f"[{BLANKS}>]*{OPENS_RAW.pattern}")
_SPACES = re.compile(" *(\t?)")
_DIRECTIVE_OF_CODE = re.compile(rf"{_BLANK}*\.\. (?:{'|'.join(DIRECTIVES_OF_CODE)})::")
_OPENS_LITERAL = re.compile(rf"(?!{_BLANK}*\.\. ).*::{_BLANK}*")
_MARK_OF_CODE = re.compile(f"[={{}}<>\\\\]|::|(?<={_WORD})\\(|(?<={_PLAIN})_(?={_PLAIN})")
_PROMPT = re.compile(f"{_BLANK}*(?:\\$ [A-Za-z./~]|>>> )")
_INDENTED = re.compile(r" {0,2}\t| {3}")


def protected(
    flat: str, protect: Collection[str], carried: Carried = NOTHING_OPEN
) -> list[tuple[str, Span]]:
    """The protected spans: name of the rule, begin and end in the flat text. They may overlap.

    `carried`: what is open where the text begins.
    """
    blocks = list(_blocks(flat))
    containers = _containers(flat, carried.container)
    literals, _ = _literals(flat, carried.literal)
    inner = list(enclosed(_events(flat, blocks)))
    found: list[tuple[str, Span]] = []
    if URLS in protect:
        found += [("url", span) for span in _urls(flat)]
    if EMAILS in protect:
        found += _by_segments(flat, "email")
    if CODE in protect:
        fences = [span for rule, span in containers.spans if rule == "fence"]
        found += [("fence", span) for span in fences]
        spans = list(_code_spans(flat, blocks, fences + containers.fence_lines))
        found += [("code span", span) for span in spans]
        found += [("math", span) for span in _math(flat, blocks, fences + spans)]
        found += [("math", (begin, end)) for rule, begin, end in inner if rule == "math"]
        found += [("code span", match.span()) for match in _ROLE.finditer(flat)]
        found += [("indented", span) for span in literals]
        found += [("indented", span) for span in _indented(flat, blocks)]
        for rule in ("path", "version", "identifier"):
            found += _by_segments(flat, rule)
        found += [("identifier", span) for span in _identifiers(flat)]
    if MARKUP in protect:
        found += [("tag", span) for span in _tags(flat, blocks)]
        found += [("entity", match.span()) for match in ENTITY.finditer(flat)]
        found += [("latex", match.span()) for match in LATEX.finditer(flat)]
        found += [("latex", match.span()) for match in ARGUMENT_COMMANDS.finditer(flat)]
        found += [("tag", span) for rule, span in containers.spans if rule == "tag"]
        found += [("tag", (begin, end)) for rule, begin, end in inner if rule == "tag"]
        found += [("link", span) for span in _links(flat)]
    assert {rule for rule, _ in found} <= RULES.keys()
    return found


# --- segments ------------------------------------------------------------------------------------


def _segment(flat: str, at: int) -> Span:
    """The segment that a place is in, or that begins there."""
    start = end = at
    while start > 0 and re.fullmatch(_SEGMENT, flat[start - 1]):
        start -= 1
    while end < len(flat) and re.fullmatch(_SEGMENT, flat[end]):
        end += 1
    return start, end


def _by_segments(flat: str, rule: str) -> Iterator[tuple[str, Span]]:
    for match in re.finditer(_OF_SEGMENTS[rule], flat):
        yield rule, _segment(flat, match.start())


def _urls(flat: str) -> Iterator[Span]:
    for match in _URL.finditer(flat):
        end = _URL_ENDS.search(flat, match.start())
        assert end is not None, "the end of the text is an end"
        yield _segment(flat, match.start())[0], end.start()


def _links(flat: str) -> Iterator[Span]:
    """What stands in brackets behind `]`; if they are not closed in the line, what begins there."""
    for match in _LINK_TARGET.finditer(flat):
        start = match.start() + 2
        yield (start, match.end()) if match.end() > start else _segment(flat, start)


def _identifiers(flat: str) -> Iterator[Span]:
    for match in _CALL.finditer(flat):
        yield _segment(flat, match.start() - 1)[0], match.start()
    for match in _VARIABLE.finditer(flat):
        yield match.start(), _segment(flat, match.end())[1]
    for match in _CAMEL.finditer(flat):
        yield match.span()


# --- lines and blocks ----------------------------------------------------------------------------


def lines(flat: str) -> list[Span]:
    """Where lines begin and end, without their line feeds."""
    ends = [match.start() for match in re.finditer("\n", flat)] + [len(flat)]
    return list(zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True))


def _blocks(flat: str) -> Iterator[list[Span]]:
    """Runs of lines that are not blank."""
    block: list[Span] = []
    for start, end in lines(flat):
        if re.fullmatch(f"{_BLANK}*", flat[start:end]):
            if block:
                yield block
            block = []
        else:
            block.append((start, end))
    if block:
        yield block


@dataclass
class _Containers:
    """Fenced code ("fence"), elements and comments that begin a line ("tag"); all lines that look
    like a fence; and what is open at the end: a fence, or a key of `CLOSED_BY`.
    """

    spans: list[tuple[str, Span]]
    fence_lines: list[Span]
    opened: str


def _containers(flat: str, opened: str) -> _Containers:
    """From what opens one to what closes it, or to the end; `opened`: what is open at the begin."""
    found = _Containers([], [], opened)
    begin = 0
    above = ""
    for start, end in lines(flat):
        under, above = above.strip(BLANKS), flat[start:end]
        fence = _FENCE.fullmatch(flat, start, end)
        if fence:
            found.fence_lines.append((start, end))
        behind = start
        if not found.opened:
            raw = _RAW.match(flat, start)
            if fence and _opens_fence(fence, under):
                found.opened, begin = fence[1], start
                continue
            if not raw:
                continue
            found.opened, begin, behind = raw[1], start, raw.end()
        closing = CLOSED_BY.get(found.opened)
        if closing:
            at = flat.find(closing, behind, end)
            if at >= 0:
                found.spans.append(("tag", (begin, at + len(closing))))
                found.opened = ""
        elif fence and fence[1].startswith(found.opened) and not fence[2].strip(BLANKS):
            found.spans.append(("fence", (begin, end)))
            found.opened = ""
    if found.opened:
        found.spans.append(("tag" if found.opened in CLOSED_BY else "fence", (begin, len(flat))))
    return found


def _opens_fence(fence: "re.Match[str]", above: str) -> bool:
    """Whether what looks like a fence opens one. Tildes right below text underline it."""
    characters, info = fence[1], fence[2]
    if characters[0] == "~" and above and not info.strip(BLANKS):
        return False
    return characters[0] not in info


def _literals(flat: str, hung_on: int | None) -> tuple[list[Span], int | None]:
    """Literal blocks of reStructuredText, and the indent that the open one at the end hangs on.

    All that is indented more than a line that ends with `::` and has a blank one below; a directive
    of code, and all that is indented more.
    """
    spans, begin, end = [], 0, 0
    every = [*lines(flat), (len(flat), len(flat))]
    for (start, stop), (below, below_stop) in pairwise(every):
        if not flat[start:stop].strip(BLANKS):
            continue
        indent = _indent(flat, start, stop)
        if hung_on is not None and indent <= hung_on:
            spans.append((begin, end))
            hung_on = None
        end = stop
        is_last = not flat[below:below_stop].strip(BLANKS)
        directive = _DIRECTIVE_OF_CODE.match(flat, start, stop)
        opens = directive or (is_last and _OPENS_LITERAL.fullmatch(flat, start, stop))
        if hung_on is None and opens:
            hung_on, begin = indent, start if directive else stop
    if hung_on is not None:
        spans.append((begin, end))
    return spans, hung_on


def _indent(flat: str, start: int, end: int) -> int:
    """How many spaces a line begins with; if a tab follows, more than any number."""
    match = _SPACES.match(flat, start, end)
    assert match is not None, "no spaces are some"
    return DEEP if match[1] else len(match[0])


def open_at_end(flat: str, carried: Carried) -> Carried:
    """What is open at the end of a text."""
    return Carried(_containers(flat, carried.container).opened, _literals(flat, carried.literal)[1])


def _events(flat: str, blocks: Sequence[list[Span]]) -> Iterator[Event]:
    """What opens and closes in blocks."""
    for number, block in enumerate(blocks):
        for match in EVENT.finditer(flat, block[0][0], block[-1][1]):
            kind = match.lastgroup or ""
            yield Event(number, kind, match[kind], match.start(), match.end())


def _inside(at: int, spans: Sequence[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def _code_spans(flat: str, blocks: Sequence[list[Span]], outside: Sequence[Span]) -> Iterator[Span]:
    """Between runs of as many backticks in one block, which touch what they enclose, or do not."""
    for block in blocks:
        runs = [
            match.span()
            for match in _TICKS.finditer(flat, block[0][0], block[-1][1])
            if not _inside(match.start(), outside)
        ]
        at = 0
        while at < len(runs):
            start, end = runs[at]
            loose = _is_space(flat, end)
            closing = next(
                (
                    later
                    for later in range(at + 1, len(runs))
                    if runs[later][1] - runs[later][0] == end - start
                    and _is_space(flat, runs[later][0] - 1) == loose
                ),
                None,
            )
            if closing is None:
                at += 1
            else:
                yield start, runs[closing][1]
                at = closing + 1


def _math(flat: str, blocks: Sequence[list[Span]], outside: Sequence[Span]) -> Iterator[Span]:
    r"""`$…$`, which touch what they enclose and are no prices; `$$…$$`."""
    for block in blocks:
        runs = [
            match.span()
            for match in _DOLLARS.finditer(flat, block[0][0], block[-1][1])
            if not _inside(match.start(), outside)
        ]
        for size, opens, closes in ((1, _opens_math, _closes_math), (2, _any, _any)):
            own = [run for run in runs if run[1] - run[0] == size]
            at = 0
            while at < len(own):
                closing = next(
                    (
                        later
                        for later in range(at + 1, len(own))
                        if opens(flat, own[at]) and closes(flat, own[later])
                    ),
                    None,
                )
                if closing is None:
                    at += 1
                else:
                    yield own[at][0], own[closing][1]
                    at = closing + 1


def _any(_flat: str, _run: Span) -> bool:
    return True


def _opens_math(flat: str, run: Span) -> bool:
    following = flat[run[1] : run[1] + 1]
    return bool(following) and not _is_space(flat, run[1]) and not following.isdigit()


def _closes_math(flat: str, run: Span) -> bool:
    return not _is_space(flat, run[0] - 1) and not re.match(_WORD, flat[run[1] :])


def _is_space(flat: str, at: int) -> bool:
    return not 0 <= at < len(flat) or flat[at] in BLANKS + "\n"


def _indented(flat: str, blocks: Sequence[list[Span]]) -> Iterator[Span]:
    """Blocks that are indented and in which a third of the lines looks like code; and prompts."""
    for block in blocks:
        if all(_INDENTED.match(flat, start, end) for start, end in block):
            marked = sum(bool(_MARK_OF_CODE.search(flat, start, end)) for start, end in block)
            if 3 * marked >= len(block):
                yield block[0][0], block[-1][1]
        for start, end in block:
            prompt = _PROMPT.match(flat, start, end)
            if prompt and ("$" in prompt[0] or _MARK_OF_CODE.search(flat, prompt.end(), end)):
                yield start, end


def _tags(flat: str, blocks: Sequence[list[Span]]) -> Iterator[Span]:
    """Tags, which hold no space, or an attribute, or end themselves; comments; declarations."""
    for block in blocks:
        start, end = block[0][0], block[-1][1]
        for match in _TAG.finditer(flat, start, end):
            inside = match[1]
            spaced = any(_is_space(inside, at) for at in range(len(inside)))
            if not spaced or "=" in inside or inside[0] in "/!?" or inside[-1] == "/":
                yield match.span()
