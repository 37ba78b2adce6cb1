"""A long document in sections, each worked on as a text of its own (docs/words.md)."""

from collections.abc import Iterator

import numpy as np

from link.arrays import where_true
from link.block import Buffer

_FEED, _RETURN, _TICK = b"\n\r`"
_FIRST_LEAD = 0xC2


def sections(text: Buffer, section_bytes: int) -> Iterator[Buffer]:
    """The sections of a document, in order; a short one is its own section."""
    view = memoryview(text)
    while len(view) > section_bytes:
        cut = _cut(bytes(view[:section_bytes]), bytes(view[section_bytes : section_bytes + 3]))
        yield view[:cut]
        view = view[cut:]
    yield view


def _cut(head: bytes, following: bytes) -> int:
    """How much of the begin of a text is its first section."""
    raw = np.frombuffer(b"\0\0" + head + b"\0\0\0", np.uint8)  # what is looked at beside head
    feeds = where_true(raw == _FEED)
    after_return = (raw.take(feeds - 1) == _RETURN) & (raw.take(feeds - 2) == _FEED)
    blank = feeds.compress((raw.take(feeds - 1) == _FEED) | after_return) - 1
    fences = np.append(2, feeds + 1)
    for by in range(3):
        fences = fences.compress(raw.take(fences + by) == _TICK)
    outside = blank.compress((fences - 2).searchsorted(blank) % 2 == 0)
    for places in (outside, blank):
        if places.size:
            return int(places[-1])
    return head.rfind(b"\n") + 1 or head.rfind(b" ") + 1 or _whole_characters(head, following)


def _whole_characters(head: bytes, following: bytes) -> int:
    """How many bytes of the begin of a text are whole characters."""
    for size in range(1, min(4, len(head))):
        lead = head[-size]
        if lead >= _FIRST_LEAD:
            whole = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            try:
                (head[-size:] + following)[:whole].decode()
            except UnicodeDecodeError:
                break
            return len(head) - (size if size < whole else 0)
    return len(head)
