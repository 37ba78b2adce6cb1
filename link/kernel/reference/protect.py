"""Protected spans of one document, by regular expressions over its flat text.

Part of the reference kernel: docs/words.md says why each rule is there.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from link.kernel.rules import (
    ARGUMENT_COMMANDS,
    CODE,
    EMAILS,
    ENTITY,
    LATEX,
    MARKUP,
    RULES,
    URLS,
    enclosed,
)

Span = tuple[int, int]

_BLANK = r"[ \t\r\f\v\x88]"
_WORD = r"[A-Za-z0-9_\x80-\x84]"  # what words are made of
_PLAIN = r"[A-Za-z0-9\x80-\x84]"
_LETTER = r"[A-Za-z\x80-\x82]"
_SEGMENT = r'[^ \t\r\f\v\x88\n"()\[\]{}<>,;|`\x86\x87]'
_BEGINS = f"(?<!{_SEGMENT})"  # a segment begins here
_OPTION_BEGINS = r"(?<![^ \t\r\f\v\x88\n`(\[])"

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
_URL_ENDS = re.compile(r'[ \t\r\f\v\x88\n<>"`{}]|$')
_CALL = re.compile(f"(?<={_WORD})\\((?=[)\"'0-9_&*$@-])")
_VARIABLE = re.compile(r"\$\{")
_CAMEL = re.compile("[a-z\x80][A-Z\x81]")
_LINK_TARGET = re.compile(r"\]\((?:[^)\n]*(?=\)))?")
_ROLE = re.compile(f"{_BEGINS}:{_SEGMENT}+:(?=`)")
_TAG = re.compile(r"<([A-Za-z/!?][^<>]*)>")
_TICKS = re.compile("`+")
_DOLLARS = re.compile(r"\$+")
_FENCE = re.compile(r"[ \t\r\f\v\x88>]*(`{3,}|~{3,})([^\n]*)")
_MARK_OF_CODE = re.compile(f"[={{}}<>\\\\]|::|(?<={_WORD})\\(|(?<={_PLAIN})_(?={_PLAIN})")
_PROMPT = re.compile(f"{_BLANK}*(?:\\$ [A-Za-z./~]|>>> )")
_INDENTED = re.compile(r" {0,2}\t| {3}")


def protected(flat: str, protect: Collection[str]) -> list[tuple[str, Span]]:
    """The protected spans: name of the rule, begin and end in the flat text. They may overlap."""
    blocks = list(_blocks(flat))
    found: list[tuple[str, Span]] = []
    if URLS in protect:
        found += [("url", span) for span in _urls(flat)]
    if EMAILS in protect:
        found += _by_segments(flat, "email")
    if CODE in protect:
        fences, fence_lines = _fences(flat)
        found += [("fence", span) for span in fences]
        spans = list(_code_spans(flat, blocks, fences + fence_lines))
        found += [("code span", span) for span in spans]
        found += [("math", span) for span in _math(flat, blocks, fences + spans)]
        found += [("math", (begin, end)) for rule, begin, end in enclosed(flat) if rule == "math"]
        found += [("code span", match.span()) for match in _ROLE.finditer(flat)]
        found += [("indented", span) for span in _indented(flat, blocks)]
        for rule in ("path", "version", "identifier"):
            found += _by_segments(flat, rule)
        found += [("identifier", span) for span in _identifiers(flat)]
    if MARKUP in protect:
        found += [("tag", span) for span in _tags(flat, blocks)]
        found += [("entity", match.span()) for match in ENTITY.finditer(flat)]
        found += [("latex", match.span()) for match in LATEX.finditer(flat)]
        found += [("latex", match.span()) for match in ARGUMENT_COMMANDS.finditer(flat)]
        found += [("tag", (begin, end)) for rule, begin, end in enclosed(flat) if rule == "tag"]
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


def _fences(flat: str) -> tuple[list[Span], list[Span]]:
    """Fenced code from opening to closing line, or to the end; and all lines that look like one."""
    fences, fence_lines = [], []
    opened: tuple[int, str] | None = None  # where, and by what
    above = ""
    for start, end in lines(flat):
        under, above = above.strip(" \t\r\f\v\x88"), flat[start:end]
        match = _FENCE.fullmatch(flat[start:end])
        if not match:
            continue
        fence_lines.append((start, end))
        fence, info = match[1], match[2]
        if opened is None:
            is_underline = fence[0] == "~" and under and not info.strip(" \t\r\f\v\x88")
            if fence[0] not in info and not is_underline:
                opened = start, fence
        elif fence.startswith(opened[1]) and not info.strip(" \t\r\f\v\x88"):
            fences.append((opened[0], end))
            opened = None
    if opened is not None:
        fences.append((opened[0], len(flat)))
    return fences, fence_lines


def open_fence(flat: str) -> str:
    """The fence that is open at the end of a text."""
    spans, fence_lines = _fences(flat)
    if not spans:
        return ""
    start, end = spans[-1]
    first = next(line for line in fence_lines if line[0] == start)
    closing = [line for line in fence_lines if line[0] > start and line[1] == end]
    opening = _FENCE.fullmatch(flat[slice(*first)])
    assert opening is not None, "it looks like a fence"
    if closing:
        match = _FENCE.fullmatch(flat[slice(*closing[0])])
        assert match is not None, "so does this"
        if match[1].startswith(opening[1]) and not match[2].strip(" \t\r\f\v\x88"):
            return ""
    return opening[1]


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
    return not 0 <= at < len(flat) or flat[at] in " \t\r\f\v\x88\n"


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
