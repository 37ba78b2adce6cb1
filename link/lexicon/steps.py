"""What is done to one pair of a file that is not canonical: each step has a name, to switch it off.

What is done to the pairs of a headword together is left to `clean`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from link.lexicon.account import Account
from link.lexicon.formats.parsed import Row, trimmed
from link.lexicon.languages import scripts_of
from link.lexicon.parting import Habits, parted
from link.lexicon.scripts import in_scripts

MOST_TRANSLATIONS = 8
MOST_WORDS = 5
"""A headword or translation of more words is a sentence or an explanation."""

STEPS = {
    "markup": "brackets, labels and transliterations are taken off, alternatives parted where that "
    "is a habit of the file",
    "placeholders": "redirects, placeholders and translations without a letter are dropped",
    "invisible": "invisible characters are taken out (joiners that are spelling stay)",
    "headwords": "headwords that are not written like English are dropped",
    "scripts": "translations in another script than the language's are dropped",
    "particles": "headwords such as `to run`, `a dog`, `the sea` stand for `run`, `dog`, `sea` too",
    "sentences": f"sentences and phrases of more than {MOST_WORDS} words are dropped",
    "affixes": "prefixes and suffixes (`ab-`) and Semitic roots (`ن و م`) are dropped",
    "identity": "headwords whose only translation is the word itself are dropped",
    "most": "translations beyond --max-translations are dropped",
}


@dataclass(frozen=True, slots=True)
class Hygiene:
    """What is done to the rows of a file that is not canonical.

    `language`: the target's tag; it decides which script a translation must be in. `off`: names of
    `STEPS` not to be done.
    """

    language: str = ""
    off: frozenset[str] = frozenset()
    most_translations: int = MOST_TRANSLATIONS

    def does(self, step: str) -> bool:
        """Whether a step is done."""
        return step not in self.off


MENDED_NFC = "mended, not in normal form C"
MENDED_APOSTROPHE = "mended, another apostrophe or hyphen in the headword"
MENDED_INVISIBLE = "mended, invisible characters"
MENDED_MARKUP = "mended, brackets and labels taken off"
PARTED = "parted, several translations in one"
DROPPED_EMPTY = "dropped, nothing is left of it"
DROPPED_CONTROL = "dropped, control characters"
DROPPED_HEADWORD = "dropped, headword is not written like English"
DROPPED_SCRIPT = "dropped, translation is in another script than the language's"
DROPPED_SENTENCE = "dropped, a sentence or a long phrase"
DROPPED_AFFIX = "dropped, a prefix or suffix"
DROPPED_ROOT = "dropped, the letters of a root"
DROPPED_PLACEHOLDER = "dropped, redirect or placeholder"
DROPPED_LETTERLESS = "dropped, translation has no letter"
DROPPED_LONG = "dropped, longer than any word"

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
_HYPHEN = re.compile("[\u2010\u2011]")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>")
_TRANSLITERATION = re.compile(r"(?<!\S)/[^/]+/(?!\S)")
_EDGES = ' \t#*,;|{}[]()<>=…·•"“”„«»'
_MARKUP = re.compile(f"[/{re.escape(_EDGES.replace(' ', ''))}]|  ")
_PLACEHOLDER = re.compile(
    r"(?:PSEUDO)?GAP!|^[{\[(]?(?:NS|WL|N/A)[}\])]?$|\bSEE:|^(?:see|cf\.?|same as)\b.*:$|^[-–—?.]+$"
)
_IDIOM = re.compile(r"\d+(?:/\d+)+")  # `08/15`, `24/7`
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENGLISH = re.compile(r"'?[^\W_](?:[^\W_]|[ .'&/+-])*", re.UNICODE)
_LATIN = {"LATIN"}
_MARKS = {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Zs", "Sm", "Sk"}
_ROOT = re.compile("[\u0590-\u08ff](?: [\u0590-\u08ff]){2,4}")
_SENTENCE_END = tuple("?!।॥؟。！？")
_COMMA = re.compile(r"(?<!\d),|,(?!\d)|[،、，]")  # `8,5` is a number
_MOST_CHARACTERS = 80
_MOST_READ = 10_000  # characters; brackets within brackets take long, and no word is as long


def cleaned_rows(row: Row, hygiene: Hygiene, account: Account, habits: Habits) -> Iterator[Row]:
    """A row without what does not belong to its words; several rows if it holds alternatives.

    What is mended or dropped is added to the account.
    """
    if max(len(row.source), len(row.target)) > _MOST_READ:
        account.note(DROPPED_LONG, row)
        return
    if _CONTROL.search(row.source + row.target):
        account.note(DROPPED_CONTROL, row)
        return
    source, target = _storable(row.source), _storable(row.target)
    if (source, target) != (_spaced(row.source), _spaced(row.target)):
        account.note(MENDED_MARKUP, row)
    if not (row.source.isascii() and row.target.isascii()):
        composed = unicodedata.normalize("NFC", source), unicodedata.normalize("NFC", target)
        if composed != (source, target):
            account.note(MENDED_NFC, row)
        source, target = composed
    if hygiene.does("invisible"):
        source, target = _visible(source), _visible(target)
        if any(map(_INVISIBLE.search, (row.source, row.target))):
            account.note(MENDED_INVISIBLE, row)
    if hygiene.does("placeholders") and any(map(_PLACEHOLDER.search, (source, target))):
        account.note(DROPPED_PLACEHOLDER, row)
        return
    targets = [target]
    if hygiene.does("markup"):
        bare = _bare(source), _bare(target)
        if bare != (source, target):
            account.note(MENDED_MARKUP, row)
        source, target = bare
        targets = parted(source, target, habits.separators, habits.of_words)
        if len(targets) > 1:
            account.note(PARTED, row)
    unified = _HYPHEN.sub("-", source).replace("’", "'").replace("ʼ", "'")
    if unified != source:
        account.note(MENDED_APOSTROPHE, row)
    for one in targets:
        new = row._replace(source=unified, target=one)
        reason = _why_dropped(new, hygiene)
        if reason:
            account.note(reason, row)
        else:
            yield new


def _why_dropped(row: Row, hygiene: Hygiene) -> str | None:
    source, target = row.source, row.target
    if not (source and target):
        return DROPPED_EMPTY
    if hygiene.does("placeholders") and (
        any(map(_PLACEHOLDER.search, (source, target))) or all(map(_is_mark, target))
    ):
        return DROPPED_PLACEHOLDER
    if hygiene.does("affixes"):
        if "-" in (source[0], source[-1], target[0], target[-1]):
            return DROPPED_AFFIX
        if _ROOT.fullmatch(target):
            return DROPPED_ROOT
    if hygiene.does("sentences") and (_is_sentence(source) or _is_sentence(target)):
        return DROPPED_SENTENCE
    if hygiene.does("headwords") and not (
        _ENGLISH.fullmatch(source) and in_scripts(source, _LATIN) and any(map(str.isalpha, source))
    ):
        return DROPPED_HEADWORD
    scripts = scripts_of(hygiene.language)
    if hygiene.does("scripts") and scripts and not in_scripts(target, scripts):
        return DROPPED_SCRIPT
    if hygiene.does("placeholders") and not (
        any(map(str.isalpha, target)) or _IDIOM.fullmatch(target)
    ):
        return DROPPED_LETTERLESS
    return None


def _is_mark(character: str) -> bool:
    """Punctuation, spaces and mathematical signs: `@`, `->`, `|||`."""
    return unicodedata.category(character) in _MARKS


def _storable(text: str) -> str:
    """Without what a canonical file could not hold: line breaks, tabs, a `#` that begins a line."""
    return trimmed(_spaced(text).lstrip("# "))


def _visible(text: str) -> str:
    """Without invisible characters; zero-width joiner and non-joiner are spelling, and stay."""
    return _spaced(_INVISIBLE.sub("", text))


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _bare(text: str) -> str:
    """Without brackets and what is in them, transliterations, and stray marks at the ends."""
    before = None
    while before != text:
        before = text
        text = _spaced(_TRANSLITERATION.sub(" ", _BRACKETS.sub(" ", text)))
    return text.strip(_EDGES)


def _is_sentence(text: str) -> bool:
    words = text.split()
    return (
        len(words) > MOST_WORDS
        or text.endswith(_SENTENCE_END)
        or (text.endswith(".") and len(words) > 1)
        or _COMMA.search(text) is not None
        or len(text) > _MOST_CHARACTERS
    )


def bare_if_marked(text: str) -> str:
    """A text without brackets and stray marks, if it has any."""
    return _bare(text) if _MARKUP.search(text) else text


# Most pairs of most files need nothing, and one look tells. These are words without any character
# that a step looks for: what they pass over needs a closer look, not mending.
_NO_PLAIN = re.escape(_EDGES + "/!?.:،؛、；，।॥؟。！？-–—") + (
    "\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
)
_PLAIN_SOURCE = re.compile(r"(?!(?:NS|WL)$)[A-Za-z][A-Za-z0-9]*(?:[ '&+-][A-Za-z0-9]+)*")
_PLAIN_TARGET = re.compile(rf"(?!(?:NS|WL)$)[^\s{_NO_PLAIN}]+(?:[ -][^\s{_NO_PLAIN}]+)*")


class PlainPairs:
    """Pairs that every step of hygiene leaves as they are, told at a look."""

    def __init__(self, language: str) -> None:
        self._scripts = scripts_of(language)
        # characters that are of the language's scripts, or no letters
        self._known: set[str] = set()

    def holds(self, source: str, target: str) -> bool:
        """False where it takes a closer look."""
        return (
            _PLAIN_SOURCE.fullmatch(source) is not None
            and _PLAIN_TARGET.fullmatch(target) is not None
            and target[1:2] != " "  # as a root has it
            and any(map(str.isalpha, target))
            and source.count(" ") < MOST_WORDS
            and target.count(" ") < MOST_WORDS
            and len(source) <= _MOST_CHARACTERS
            and len(target) <= _MOST_CHARACTERS
            and self._is_written(target)
            and (target.isascii() or unicodedata.is_normalized("NFC", target))
        )

    def _is_written(self, target: str) -> bool:
        """Whether all of it is in the language's scripts."""
        if self._scripts is None or self._known.issuperset(target):
            return True
        if not all(in_scripts(character, self._scripts) for character in target):
            return False
        self._known.update(target)
        return True
