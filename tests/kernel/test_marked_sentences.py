"""Sentences in which a person has marked the words that may be swapped, and what the kernel swaps.

The table is `marked_sentences.txt`: documents, each below a line `--- title`; a word or phrase that
may be swapped stands in ⟦⟧, and everything else must stay. A line of a document that begins with
`---` is written `\\---`. What no rule of docs/words.md can tell has a reason behind its title, in
brackets; there the kernel must differ from what is marked:

    caps      in a line of capitals names and numerals cannot be told from words
    code      nothing that a rule looks at marks it as code
    head      a heading without `#` or a function word may as well be a name
    hex       between hyphens or behind a `+`, words are words, whatever else is there
    keys      keys and headers are words of the text
    latex     an environment's text, or an argument, is text of its paragraph
    letter    `a` and `I` are words wherever they stand
    list      only the markers of the page begin a list item
    lower     a name or foreign word in small letters looks like a word
    name      a name at the begin of a sentence looks like any word there
    slash     two slashes make a path, one makes none
    title     in a heading capitals say nothing, so names in it cannot be told
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import link
from link.language.english import CONTRACTIONS_IN_S

TABLE = Path(__file__).with_name("marked_sentences.txt")

# Headwords with a capital; their lower-case spelling is no headword unless it is in BOTH.
CAPITALISED = (
    "I I'm I've I'll I'd Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February "
    "April June July August September October November December English German French Spanish "
    "Turkish Greek Latin Christmas Easter Turkey"
).split()
# Headwords with a capital or in capitals whose lower-case spelling is another headword.
BOTH = "Polish May March US IT WHO".split()
PHRASES = ("ice cream", "New York", "in spite of", "well-known", "as well as", "look after")


@dataclass(frozen=True)
class Marked:
    """A document, and where the words and phrases that may be swapped start and end in it."""

    title: str
    text: str
    spans: tuple[tuple[int, int], ...]

    def with_crlf(self) -> "Marked":
        """The same document with Windows line ends, and the marks on the same words."""
        return parse(self.title, mark(self.text, self.spans).replace("\n", "\r\n"))


def parse(title: str, marked: str) -> Marked:
    """A document from its text with marks."""
    text, spans, start = "", [], -1
    for piece in re.split("([⟦⟧])", marked):
        if piece == "⟦":
            assert start < 0, f"{title}: a mark within a mark"
            start = len(text)
        elif piece == "⟧":
            assert 0 <= start < len(text), f"{title}: a mark that holds nothing or was not opened"
            spans.append((start, len(text)))
            start = -1
        else:
            text += piece
    assert start < 0, f"{title}: a mark that is not closed"
    return Marked(title, text, tuple(spans))


def mark(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    """The text with ⟦⟧ around the spans."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [text[at:start], "⟦", text[start:end], "⟧"]
        at = end
    return "".join([*pieces, text[at:]])


@cache
def load() -> tuple[Marked, ...]:
    """The table's documents."""
    head, *documents = re.split("^---", TABLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert head == ""
    pairs = (document.split("\n", 1) for document in documents)
    return tuple(
        parse(title.strip(), re.sub(r"^\\---", "---", body, flags=re.MULTILINE).removesuffix("\n"))
        for title, body in pairs
    )


def is_letter(character: str) -> bool:
    """Whether a character is a Latin letter, or an accent that stands on one."""
    if unicodedata.combining(character):
        return True
    return character.isalpha() and "LATIN" in unicodedata.name(character)


def letter_runs(text: str) -> list[str]:
    """Runs of Latin letters with inner apostrophes (no digits, no underscores)."""
    shape = "".join("a" if is_letter(c) else "'" if c in "'’" else " " for c in text)
    return [text[m.start() : m.end()] for m in re.finditer("a+(?:'a+)*", shape)]


def fold(text: str) -> str:
    """A spelling that tells neither capitals, apostrophes nor ways to write accents apart."""
    return unicodedata.normalize("NFC", text).casefold().replace("’", "'")


def invented(number: int) -> str:
    """A word like no other: the number in Cyrillic letters between two ъ."""
    letters = "абвгдежзиклмнопрстуфхц"
    digits = ""
    while number or not digits:
        number, digit = divmod(number, len(letters))
        digits = letters[digit] + digits
    return f"ъ{digits}ъ"


INVENTED = re.compile("ъ[а-ц]+ъ", re.IGNORECASE)


@cache
def lexicon_entries() -> dict[str, str]:
    """Headword -> invented translation.

    Headwords are all forms that stand anywhere in the table, names and code included, in lower
    case, which is the trap; and a few that have a capital of their own, and phrases.
    """
    forms = {fold(run) for one in load() for run in letter_runs(one.text)}
    stems = {
        form[:-2] if form.endswith("'s") and form not in CONTRACTIONS_IN_S else form
        for form in forms
    }
    capitalised = {fold(word) for word in CAPITALISED}
    lower = (stems | {fold(word) for word in BOTH}) - capitalised
    headwords = [*sorted(lower), *CAPITALISED, *BOTH, *PHRASES]
    return {headword: invented(number) for number, headword in enumerate(headwords)}


@cache
def substituter() -> link.Substituter:
    """What swaps every word that may be swapped."""
    lexicon = link.Lexicon.from_pairs(list(lexicon_entries().items()))
    return link.Substituter(lexicon, link.Policy(ratio=1.0, of="eligible", translation="first"))


def read_back(text: str, swapped: str) -> list[tuple[int, int, str]]:
    """What was swapped in a text: where it starts and ends there, and for which headword."""
    headwords = {translation: headword for headword, translation in lexicon_entries().items()}
    swaps = []
    at_text = at_swapped = 0
    for match in INVENTED.finditer(swapped):
        kept = swapped[at_swapped : match.start()]
        assert text[at_text : at_text + len(kept)] == kept, "more than whole words was changed"
        start = at_text + len(kept)
        headword = headwords[match[0].lower()]
        ends = (end for end in range(start + 1, len(text) + 1) if _same(text[start:end], headword))
        at_text = max(ends, default=-1)
        assert at_text > 0, f"{text[start : start + 40]!r} was swapped for {headword!r}"
        at_swapped = match.end()
        swaps.append((start, at_text, headword))
    assert text[at_text:] == swapped[at_swapped:], "more than whole words was changed"
    return swaps


def _same(text: str, headword: str) -> bool:
    return fold(" ".join(text.split())) == fold(headword) and not text[-1].isspace()


# --- the kernel -----------------------------------------------------------------------------------

DOCUMENTS = [
    pytest.param(one, id=one.title + end)
    for document in load()
    for one, end in ((document, ""), (document.with_crlf(), " (CRLF)"))
    if not end or "\n" in document.text
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_kernel_swaps_what_is_marked(document: Marked) -> None:
    swaps = read_back(document.text, substituter()(document.text))
    actual = mark(document.text, tuple((start, end) for start, end, _ in swaps))
    wanted = mark(document.text, document.spans)
    if document.title.endswith("]"):
        assert actual != wanted, "an exception that is none"
    elif actual != wanted:
        pytest.fail(f"{document.title}\nmarked:\n{wanted}\nswapped:\n{actual}", pytrace=False)
