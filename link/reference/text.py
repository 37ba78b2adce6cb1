"""One text: its characters, sections, words, sentences and headings."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from link.language import characters, unicode
from link.language.characters import BLANKS, CLOSERS, HYPHENS, JOINERS, OPENERS
from link.language.english import ABBREVIATIONS, FUNCTION_WORDS, is_never_name
from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.language.rules import LONG_WORD, LONGEST_GAP

Span = tuple[int, int]  # where something begins and ends, in characters


class Text:
    """A text, and what all rules need to know of it.

    `shape` has a character for each of `text`. `paragraphs`: runs of lines that are not blank.
    `words`: where each begins and ends; a word each have `forms` (folded), `gaps` (what stands
    behind), `spelled` (SMALL, CAPITAL or CAPITALS), `begins` (whether it begins a sentence) and
    `headings` (CAPITALS in a line of capitals, CAPITAL in one of capitalised words, else SMALL).
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.shape = shape_of(text)
        self.paragraphs = [match.span() for match in _PARAGRAPH.finditer(text)]
        self.words = find_words(self.shape)
        self.forms = [unicode.fold_text(text[start:end]) for start, end in self.words]
        self.spelled = [spelling_of(self.shape[start:end]) for start, end in self.words]
        self.gaps = [text[end:start] for (_, end), (start, _) in pairwise(self.words)] + [""]
        self.begins = find_beginnings(self)
        self.headings = find_headings(self)


_PARAGRAPH = re.compile(f"(?m)^.*[^{BLANKS}\n].*(?:\n.*[^{BLANKS}\n].*)*")

# Word characters, as patterns over a shape name them.
LETTERS, MARKS = "A-Za-zÉé犬", "\u0301"
PLAIN = LETTERS + MARKS + "0-9٣"
WORD = PLAIN + "_"


@lru_cache(maxsize=1 << 16)
def _stand_in(character: str) -> str:
    letter = {unicode.LOWER: "é", unicode.UPPER: "É"}.get(unicode.character_case(character), "犬")
    stand_ins = {unicode.LETTER: letter, unicode.MARK: MARKS, unicode.DIGIT: "٣"}
    return stand_ins.get(unicode.character_class(character), character)


def shape_of(text: str) -> str:
    """A text in which each letter, mark and digit beyond ASCII is the same one of its kind, so that
    patterns can name them, and tell case, by the Unicode tables of this package.

    >>> shape_of("Ötzi’s 犬, ٤ собака")
    'Étzi’s 犬, ٣ éééééé'
    """
    return text if text.isascii() else "".join(c if c < "\x80" else _stand_in(c) for c in text)


def decode(document: bytes) -> tuple[str, list[int]]:
    """A document's characters, and where each begins in bytes; last, where the document ends. A
    byte of no valid UTF-8 is a character of its own, a lone surrogate that stands for it.

    >>> decode("né!".encode())
    ('né!', [0, 1, 3, 4])
    """
    text = document.decode("utf-8", "surrogateescape")
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
    """Where a section ends that could be as long as this text."""
    blank = [match.end() for match in re.finditer("(?<=\n)\r?\n", text)]
    fences = [match.start() for match in re.finditer("(?m)^```", text)]
    outside = [end for end in blank if bisect_left(fences, end) % 2 == 0]
    last = (outside or blank or [0])[-1]
    return last or text.rfind("\n") + 1 or text.rfind(" ") + 1 or len(text)


_RUN = re.compile(f"(?:[{LETTERS}][{MARKS}]*[{JOINERS}](?=[{LETTERS}])|[{WORD}])+")


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


_SENTENCE_BEGINS = re.compile(
    f"[{characters.TERMINATORS}][{re.escape(CLOSERS)}]*[{BLANKS}\n]"
    f"|\n[{BLANKS}]*[\n{re.escape(characters.LIST_MARKERS)}]"
)
_FULL_STOP = re.compile(f"\\.[{BLANKS}]*(?:\n[{BLANKS}]*)?")


def begins_sentence(gap: str, before: str = "") -> bool:
    """Whether a word behind this gap begins a sentence; `before`: the form in front of the gap.

    >>> [begins_sentence(gap) for gap in (" ", '." ', "\\n", "\\n \\n", "\\n- ", ", ", "...\\n")]
    [False, True, False, True, True, False, True]
    """
    is_short = before in ABBREVIATIONS or (len(before) == 1 and "a" <= before <= "z")
    return bool(_SENTENCE_BEGINS.search(gap)) and not (is_short and _FULL_STOP.fullmatch(gap))


def find_beginnings(text: Text) -> list[bool]:
    """For each word whether it begins a sentence, by what stands before and behind it."""
    begins = [True, *map(begins_sentence, text.gaps, text.forms)][: len(text.words)]
    for word, (gap, gap_behind) in enumerate(pairwise(text.gaps), start=1):
        start, _ = text.words[word - 1]
        is_addressed = text.text[start - 1 : start] == "@" and not gap.strip(BLANKS)
        if spelled_gap(gap_behind) == " " and (is_addressed or _MAY_BEGIN.search(gap)):
            begins[word] |= text.spelled[word + 1] == SMALL or is_never_name(text.forms[word + 1])
    return begins


_MAY_BEGIN = re.compile(f":[{re.escape(CLOSERS)}]*[{BLANKS}\n]|[\"'{OPENERS}]\\Z")
_SPACE_GAP = re.compile(f"[{BLANKS}]|[{BLANKS}]*\n[{BLANKS}]*")


def spelled_gap(gap: str) -> str | None:
    """How a lexicon spells a gap that a phrase may have.

    >>> [spelled_gap(gap) for gap in (" ", "\\n  ", "-", "  ", "")]
    [' ', ' ', '-', None, None]
    """
    if _SPACE_GAP.fullmatch(gap) and len(gap.encode()) <= LONGEST_GAP:
        return " "
    return "-" if gap in [*HYPHENS] else None


def find_headings(text: Text) -> list[int]:
    """For each word the kind of heading that it stands in; SMALL for none."""
    found: list[int] = []
    starts = [start for start, _ in text.words]
    for paragraph in text.paragraphs:
        for line in re.compile("(?m)^.*$").finditer(text.text, *paragraph):
            words = slice(len(found), bisect_left(starts, line.end(), len(found)))
            kind = _heading(text, words, line[0], is_alone=line.span() == paragraph)
            found += [kind] * (words.stop - words.start)
    return found


def _heading(text: Text, words: slice, line: str, is_alone: bool) -> int:
    """The kind of heading that a line is, of these words."""
    spelled, forms = text.spelled[words], text.forms[words]
    sizes = [end - start for start, end in text.words[words]]
    longer = {how for how, size in zip(spelled, sizes, strict=True) if size > 1}
    if longer == {CAPITALS} and SMALL not in spelled and (len(sizes) > 1 or sizes[0] >= LONG_WORD):
        return CAPITALS
    small = {form for how, form in zip(spelled, forms, strict=True) if how == SMALL}
    is_capitalised = {*spelled} != {SMALL} and small <= FUNCTION_WORDS
    is_marked = line.lstrip(BLANKS).startswith("#")
    is_apart = is_marked or (is_alone and not FUNCTION_WORDS.isdisjoint(forms))
    return CAPITAL if is_capitalised and is_apart else SMALL
