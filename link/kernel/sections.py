"""A long document in sections, each worked on as a text of its own; docs/words.md says where cut."""

from collections.abc import Iterator

from link.block import Buffer


def sections(text: Buffer, section_bytes: int) -> Iterator[Buffer]:
    """The sections of a document, in order; a short one is its own section."""
    view = memoryview(text)
    while len(view) > section_bytes:
        head = bytes(view[:section_bytes])
        cut = _cut(head, bytes(view[section_bytes : section_bytes + 1]))
        yield view[:cut]
        view = view[cut:]
    yield view


def _cut(head: bytes, following: bytes) -> int:
    """How much of the begin of a text is its first section."""
    blank = _behind_blank_line(head)
    if blank and _fences(head, blank) % 2:
        blank = _behind_blank_line(head[: head.rfind(_FENCE, 0, blank)]) or blank
    if blank:
        return blank
    for end in (b"\n", b" "):
        if cut := head.rfind(end) + 1:
            return cut
    cut = len(head)
    if following and following[0] & 0xC0 == 0x80:
        lead = max(cut - 4, 0)
        while cut > lead and head[cut - 1] & 0xC0 == 0x80:
            cut -= 1
        cut -= cut > lead and head[cut - 1] >= 0xC0
    return cut or len(head)


_FENCE = b"\n```"


def _fences(head: bytes, end: int) -> int:
    """How many lines begin with three backticks."""
    return head.count(_FENCE, 0, end) + head.startswith(_FENCE[1:])


def _behind_blank_line(head: bytes) -> int:
    """Where the last blank line ends; 0 if there is none."""
    places = (head.rfind(line) + len(line) for line in (b"\n\n", b"\n\r\n"))
    return max(place if place > 2 else 0 for place in places)
