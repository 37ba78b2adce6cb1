"""One text: its characters, sections, words, sentences and headings."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, groupby, pairwise

from link.language import unicode
from link.language.characters import (
    APOSTROPHES,
    BLANKS,
    CLOSERS,
    HYPHENS,
    LIST_MARKERS,
    LOOKALIKES,
    OPENERS,
    TERMINATORS,
)
from link.language.english import ABBREVIATIONS, FUNCTION_WORDS, is_never_name
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LONG_WORD, LONGEST_GAP

Span = tuple[int, int]  # where something begins and ends, in characters


class Text:
    """A text, and what all rules need to know of it.

    `shape` has a character for each of `text`. `lines`: without their line feeds; `is_blank`, a
    line each; `paragraphs`: runs of lines that are not blank. `words`: where each begins and ends;
    a word each have `forms` (folded), `gaps` (what stands behind), `spelled` (SMALL, CAPITAL or
    CAPITALS), `begins` (whether it begins a sentence) and `headings` (CAPITALS in a line of
    capitals, CAPITAL in one of capitalised words, SMALL in no heading).
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.shape = shape_of(text)
        self.lines = [match.span() for match in re.finditer("^.*$", text, re.MULTILINE)]
        self.is_blank = [not text[start:end].strip(BLANKS) for start, end in self.lines]
        self.paragraphs: list[Span] = []
        for is_blank, lines in groupby(range(len(self.lines)), self.is_blank.__getitem__):
            if not is_blank:
                spans = [self.lines[line] for line in lines]
                self.paragraphs.append((spans[0][0], spans[-1][1]))
        self.words = find_words(self.shape)
        self.forms = [unicode.fold_text(text[start:end]) for start, end in self.words]
        self.spelled = [spelling_of(self.shape[start:end]) for start, end in self.words]
        self.gaps = [text[end:start] for (_, end), (start, _) in pairwise(self.words)] + [""]
        self.begins = find_beginnings(self)
        self.headings = find_headings(self)


# Word characters, as patterns over a shape name them.
LOWER_CASE, UPPER_CASE, MARKS = "a-zé", "A-ZÉ", "\u0301"
LETTERS = LOWER_CASE + UPPER_CASE + "犬"
PLAIN = LETTERS + MARKS + "0-9٣"
WORD = PLAIN + "_"


@lru_cache(maxsize=1 << 16)
def _stand_in(character: str) -> str:
    letter = {unicode.LOWER: "é", unicode.UNCASED: "犬"}
    stand_ins = {unicode.MARK: MARKS, unicode.DIGIT: "٣"}
    stand_ins[unicode.LETTER] = letter.get(unicode.character_case(character), "É")
    return stand_ins.get(unicode.character_class(character), character)


def shape_of(text: str) -> str:
    """A text in which each letter, mark and digit beyond ASCII is the same one of its kind.

    So patterns can name them, and tell case, by the Unicode tables of this package.

    >>> shape_of("Ötzi’s 犬, ٤ собака")
    'Étzi’s 犬, ٣ éééééé'
    """
    return text if text.isascii() else "".join(c if c < "\x80" else _stand_in(c) for c in text)


def decode(document: bytes) -> tuple[str, Sequence[int]]:
    """A document's characters, and where each begins in bytes; last, where the document ends.

    A byte of no valid UTF-8 is a character of its own, a lone surrogate that stands for it.

    >>> decode("né!".encode())
    ('né!', [0, 1, 3, 4])
    """
    text = document.decode("utf-8", "surrogateescape")
    if text.isascii():
        return text, range(len(text) + 1)
    sizes = (len(character.encode("utf-8", "surrogateescape")) for character in text)
    return text, list(accumulate(sizes, initial=0))


def sections(text: str, offsets: Sequence[int], section_bytes: int) -> Iterator[Span]:
    """Where the sections of a document begin and end; `offsets`: as `decode` gives them."""
    begin = 0
    while offsets[-1] - offsets[begin] > section_bytes and begin + 1 < len(text):
        most = bisect_right(offsets, offsets[begin] + section_bytes) - 1
        end = begin + _section_end(text[begin : max(most, begin + 1)])
        yield begin, end
        begin = end
    yield begin, len(text)


def _section_end(text: str) -> int:
    """Where a section ends that could be as long as this text.

    >>> [_section_end(text) for text in ("a\\n\\nb", "a\\n\\n```\\n\\nb", "a\\nb c", "a b", "ab")]
    [3, 3, 2, 2, 2]
    """
    blank = [match.end() for match in re.finditer("(?<=\n)\r?\n", text)]
    fences = [match.start() for match in re.finditer("(?m)^```", text)]
    outside = [end for end in blank if bisect_left(fences, end) % 2 == 0]
    if outside or blank:
        return (outside or blank)[-1]
    return text.rfind("\n") + 1 or text.rfind(" ") + 1 or len(text)


_JOINER = f"[{APOSTROPHES}{LOOKALIKES}]"
_RUN = re.compile(f"(?:[{LETTERS}][{MARKS}]*{_JOINER}(?=[{LETTERS}])|[{WORD}])+")


def find_words(shape: str) -> list[Span]:
    """Where words begin and end.

    >>> text = "_dog_ 3rd rock'n'roll dogs' a_"
    >>> [text[start:end] for start, end in find_words(text)]
    ['dog', "rock'n'roll", 'dogs', 'a']
    """
    words = []
    for match in _RUN.finditer(shape):
        word = match[0].lstrip(MARKS + "_")
        start = match.end() - len(word)
        if word[:1].isalpha():
            words.append((start, start + len(word.rstrip("_"))))
    return words


def spelling_of(shape: str) -> int:
    """SMALL, CAPITAL or CAPITALS: how a word or phrase is spelled; `shape`: its shape.

    >>> [spelling_of(word) for word in ("dog", "Dog", "DOG", "DoG", "dOG", "A", "O'B")]
    [0, 1, 2, 1, 0, 1, 2]
    """
    if sum(map(str.isupper, shape)) >= 2 and not any(map(str.islower, shape)):
        return CAPITALS
    return CAPITAL if shape[0].isupper() else SMALL


_BLANK = f"[{re.escape(BLANKS)}]"
_SENTENCE_BEGINS = re.compile(
    f"[{re.escape(TERMINATORS)}][{re.escape(CLOSERS)}]*[{re.escape(BLANKS)}\n]"
    f"|\n{_BLANK}*[\n{re.escape(LIST_MARKERS)}]"
)
_FULL_STOP = re.compile(f"\\.{_BLANK}*(?:\n{_BLANK}*)?")


def begins_sentence(gap: str, before: str = "") -> bool:
    """Whether a word behind this gap begins a sentence; `before`: the form in front of the gap.

    >>> [begins_sentence(gap) for gap in (" ", '." ', "\\n", "\\n \\n", "\\n- ", ", ", "...\\n")]
    [False, True, False, True, True, False, True]
    """
    if gap == " " or not _SENTENCE_BEGINS.search(gap):
        return False
    is_abbreviated = before in ABBREVIATIONS or (len(before) == 1 and "a" <= before <= "z")
    return not (is_abbreviated and _FULL_STOP.fullmatch(gap))


def find_beginnings(text: Text) -> list[bool]:
    """For each word whether it begins a sentence, by what stands before it, or by that and a word
    in small letters behind it.
    """
    begins = [True, *map(begins_sentence, text.gaps, text.forms)][: len(text.words)]
    for word, (gap, gap_behind) in enumerate(pairwise(text.gaps), start=1):
        start = text.words[word - 1][0]
        is_addressed = text.text[start - 1 : start] == "@" and not gap.strip(BLANKS)
        is_small = spelled_gap(gap_behind) == " " and (
            text.spelled[word + 1] == SMALL or is_never_name(text.forms[word + 1])
        )
        begins[word] = begins[word] or (is_small and bool(is_addressed or _MAY_BEGIN.search(gap)))
    return begins


_MAY_BEGIN = re.compile(
    f":[{re.escape(CLOSERS)}]*[{re.escape(BLANKS)}\n]|[\"'{re.escape(OPENERS)}]\\Z"
)
_SPACE_GAP = re.compile(f"{_BLANK}|{_BLANK}*\n{_BLANK}*")


def spelled_gap(gap: str) -> str | None:
    """How a lexicon spells a gap that a phrase may have.

    >>> [spelled_gap(gap) for gap in (" ", "\\n  ", "-", "  ", "")]
    [' ', ' ', '-', None, None]
    """
    if len(gap) == 1 and gap in HYPHENS:
        return "-"
    is_space = len(gap) <= LONGEST_GAP and _SPACE_GAP.fullmatch(gap)
    return " " if is_space and len(gap.encode()) <= LONGEST_GAP else None


def find_headings(text: Text) -> list[int]:
    """For each word the kind of heading that it stands in; SMALL for none."""
    found: list[int] = []
    starts = [start for start, _ in text.words]
    for line, (_, end) in enumerate(text.lines):
        words = slice(len(found), bisect_left(starts, end, len(found)))
        found += [_heading(text, line, words)] * (words.stop - words.start)
    return found


def _heading(text: Text, line: int, words: slice) -> int:
    """The kind of heading that a line is, of these words."""
    spelled, forms = text.spelled[words], text.forms[words]
    sizes = [end - start for start, end in text.words[words]]
    if (
        SMALL not in spelled
        and CAPITALS in spelled
        and all(how == CAPITALS or size == 1 for how, size in zip(spelled, sizes, strict=True))
        and (len(sizes) > 1 or sizes[0] >= LONG_WORD)
    ):
        return CAPITALS
    small = {form for how, form in zip(spelled, forms, strict=True) if how == SMALL}
    start, end = text.lines[line]
    is_marked = text.text[start:end].lstrip(BLANKS).startswith("#")
    is_alone = all(text.is_blank[max(line - 1, 0) : line] + text.is_blank[line + 1 : line + 2])
    if (
        small <= FUNCTION_WORDS
        and {CAPITAL, CAPITALS} & set(spelled)
        and (is_marked or (is_alone and not FUNCTION_WORDS.isdisjoint(forms)))
    ):
        return CAPITAL
    return SMALL
