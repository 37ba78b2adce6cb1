"""Window: some texts side by side, and the three readings of them that all rules work on.

    data     ⏎ ⏎ S é e   m y  D o g ’ s  ⏎ ⏎ …     the texts' own bytes, a blank line between two
    flat     ⏎ ⏎ S l l   m y  D o g a a a s ⏎ ⏎     what each byte is part of: a letter, a quote, …
    folded   ⏎ ⏎ s é é   m y  d o g ' 0 0 s ⏎ ⏎     lower case, one kind of apostrophe

All three are of one length, so a place is the same in each. In `flat` ASCII stands for itself and
the bytes of any other character are its class, from 0x80 on. In `folded` a character whose fold is
shorter leaves zeros behind; no other zero is part of a word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from link.arrays import NO_PLACES, NO_SPANS, Bools, Spans, UInt8s, where_true
from link.block import Buffer, Int64s
from link.kernel import alphabet
from link.language.unicode import CODE_POINTS

PAD = 16
"""Zero bytes behind the texts, so that looking a few bytes ahead needs no bounds check."""

BETWEEN = b"\n\n"


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Texts side by side; see the module's drawing.

    `starts`, `ends`: int64, shape (texts,). `flat`: uint8, shape (bytes,), `folded`: as long as
    `data`. `kinds`: uint8, what rules ask of each place: the class that it has for words, and
    whether it SEPARATES, is of SPACE, ENDS_URL, is a MARK, or UPPER case. `apostrophes`: begins and
    ends of what may be one, but for `'` and the backtick. `holes`: int64, where the characters end
    whose folds are shorter: there `folded` has a zero. `has_uncased`: whether there are letters
    without case. `marks`: where each of `alphabet.MARKS` stands, ascending.
    """

    data: bytes
    starts: Int64s
    ends: Int64s
    flat: UInt8s
    kinds: UInt8s
    folded: bytearray
    apostrophes: Spans
    holes: Int64s
    has_uncased: bool
    marks: dict[str, Int64s]


def window_of(texts: Sequence[Buffer]) -> Window:
    """The window of some texts in UTF-8; bytes that are none are of class OTHER."""
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(sizes + len(BETWEEN))
    data = BETWEEN.join((b"", *texts, bytes(PAD)))
    flat: bytes | bytearray = data
    folded = bytearray(data)
    lower = np.frombuffer(folded, np.uint8)
    lower += (lower - np.uint8(ord("A")) < 26) * np.uint8(ord("a") - ord("A"))
    apostrophes, holes = NO_SPANS, NO_PLACES
    if not data.isascii():
        flat, apostrophes, holes = _beyond_ascii(data, lower)
    kinds = np.frombuffer(flat.translate(alphabet.KINDS), np.uint8)
    raw = np.frombuffer(flat, np.uint8)
    has_uncased = not data.isascii() and alphabet.OTHER_LETTER in flat
    every = where_true(kinds & np.uint8(alphabet.MARK))
    which = raw.take(every)
    every = every.take(np.argsort(which, kind="stable"))
    stops = np.bincount(which, minlength=256).cumsum()
    marks = {one: every[stops[ord(one) - 1] : stops[ord(one)]] for one in alphabet.MARKS}
    lower[marks["`"]] = ord("'")
    begins = ends - sizes
    return Window(data, begins, ends, raw, kinds, folded, apostrophes, holes, has_uncased, marks)


def _beyond_ascii(data: bytes, folded: UInt8s) -> tuple[bytearray, Spans, Int64s]:
    """Flat, apostrophes and holes of bytes that are not all ASCII.

    `folded`: the bytes in ASCII lower case; the others are folded in it.
    """
    raw = np.frombuffer(data, np.uint8)
    leads = where_true(raw >= _FIRST_LEAD)
    sizes = _SIZE_OF_LEAD.take(raw.take(leads))
    characters = [
        (size, *_decoded(data, leads.compress(sizes == size), size)) for size in (2, 3, 4)
    ]
    strays = np.count_nonzero(raw >= 0x80) - sum(size * len(at) for size, at, _ in characters)
    classified = bytearray(data.translate(_ALL_OTHER) if strays else data)
    flat = np.frombuffer(classified, np.uint8)
    begins, ends, holes = [NO_PLACES], [NO_PLACES], [NO_PLACES]
    for size, starts, points in characters:
        classes = alphabet.class_table().take(points)
        rows = where_true(classes & alphabet.FOLDS)
        if rows.size:
            classes[rows] &= ~np.uint8(alphabet.FOLDS)
            own, packed = alphabet.fold_table()
            at = starts.take(rows)
            folds_to = packed.take(own.searchsorted(points.take(rows)))
            for k, written in enumerate(folds_to.view(np.uint8).reshape(-1, 4).T[:size]):
                folded[at + k] = written
            holes.append(at.compress(written == 0) + (size - 1))  # its last byte
        for k in range(size):
            flat[starts + k] = classes
        curly = starts.compress(
            (classes >= alphabet.CURLY_APOSTROPHE) & (classes <= alphabet.OPENING_APOSTROPHE)
        )
        begins.append(curly)
        ends.append(curly + size)
    apostrophes = np.concatenate(begins), np.concatenate(ends)
    return classified, apostrophes, np.concatenate(holes)


def _decoded(data: bytes, starts: Int64s, size: int) -> tuple[Int64s, Int64s]:
    """Those sequences of some bytes that are well formed (Unicode standard, table 3-7), and the
    code points that they spell.
    """
    view = np.ndarray((len(data) - 3,), np.dtype("<u4"), data, 0, (1,))
    four = view[starts]
    valid = four & np.uint32(_CONTINUATION_BITS[size]) == _CONTINUATION[size]
    points = four & np.uint32(_LEAD_BITS[size])
    for _ in range(size - 1):
        four >>= np.uint32(8)
        points = points << np.uint32(6) | four & np.uint32(0x3F)
    valid &= (points >= _SMALLEST[size]) & (points < CODE_POINTS)
    valid &= points >> 11 != _SURROGATES
    if not valid.all():
        starts, points = starts.compress(valid), points.compress(valid)
    return starts, points.astype(np.intp)


def begins_character(window: Window, places: Int64s) -> Bools:
    """Whether a character begins at each place: it is no UTF-8 continuation byte."""
    result: Bools = np.frombuffer(window.data, np.uint8).take(places) & 0xC0 != 0x80
    return result


_FIRST_LEAD = 0xC2
_SIZE_OF_LEAD = np.zeros(256, np.uint8)
_SIZE_OF_LEAD[0xC2:0xE0], _SIZE_OF_LEAD[0xE0:0xF0], _SIZE_OF_LEAD[0xF0:0xF5] = 2, 3, 4
_LEAD_BITS = {2: 0x1F, 3: 0x0F, 4: 0x07}
_SMALLEST = {2: 0x80, 3: 0x800, 4: 0x10000}
_CONTINUATION_BITS = {2: 0xC000, 3: 0xC0C000, 4: 0xC0C0C000}
_SURROGATES = 0xD800 >> 11
_CONTINUATION = {2: 0x8000, 3: 0x808000, 4: 0x80808000}
_ALL_OTHER = bytes(range(0x80)) + bytes([alphabet.OTHER]) * 0x80


# --- sections of a long document (docs/words.md) --------------------------------------------------

_FEED, _RETURN, _TICK = b"\n\r`"


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
