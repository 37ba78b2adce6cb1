"""What is done to one pair of a file that is not canonical: each step has a name, to switch it off.

`STEPS` names the steps, `_MENDING` says what is mended, `_DROPPING` what is dropped: a new rule is
a row in one of these tables. What is done to the pairs of a headword together is left to `clean`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from link.lexicon.formats.parsed import Row, trimmed
from link.lexicon.languages import in_scripts, scripts_of
from link.lexicon.parting import Habits, parted
from link.lexicon.report import Account

MOST_TRANSLATIONS = 8
MOST_WORDS = 5
"""A headword or translation of more words is a sentence or an explanation."""

STEPS = {
    "markup": "brackets, labels and transliterations are removed, alternatives split if the file "
    "separates them so",
    "placeholders": "redirects, placeholders and translations without a letter are dropped",
    "invisible": "invisible characters are removed (joiners that are spelling stay)",
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
MENDED_MARKUP = "mended, brackets and labels removed"
PARTED = "split, several translations in one"
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
_MARKS = {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Zs", "Sm", "Sk"}  # `@`, `->`, `|||`
_ROOT = re.compile("[\u0590-\u08ff](?: [\u0590-\u08ff]){2,4}")
_SENTENCE_END = tuple("?!।॥؟。！？")
_COMMA = re.compile(r"(?<!\d),|,(?!\d)|[،、，]")  # `8,5` is a number
_MOST_CHARACTERS = 80
_MOST_READ = 10_000  # characters; brackets within brackets take long, and no word is as long


def plain_in(language: str) -> Callable[[str, str], bool]:
    """A test for pairs that every step leaves as they are: single words of letters alone, which
    most are. False where it takes a closer look.
    """
    scripts = scripts_of(language)

    def is_plain(source: str, target: str) -> bool:
        return (
            source.isascii()
            and source.isalpha()
            and target.isalpha()
            and len(source) <= _MOST_CHARACTERS >= len(target)
            and unicodedata.is_normalized("NFC", target)
            and not {"NS", "WL"} & {source, target}
            and (scripts is None or in_scripts(target, scripts))
        )

    return is_plain


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
    pair = _spaced(row.source), _spaced(row.target)
    for step, reason, mend in _MENDING:
        if hygiene.does(step):
            if step == "markup" and _is_placeholder(*pair) and hygiene.does("placeholders"):
                account.note(DROPPED_PLACEHOLDER, row)
                return
            before, pair = pair, (mend(pair[0]), mend(pair[1]))
            if pair != before:
                account.note(reason, row)
    source, target = pair
    targets = [target]
    if hygiene.does("markup"):
        targets = parted(source, target, habits.separators, habits.of_words)
        if len(targets) > 1:
            account.note(PARTED, row)
    unified = _HYPHEN.sub("-", source).replace("’", "'").replace("ʼ", "'")
    if unified != source:
        account.note(MENDED_APOSTROPHE, row)
    for one in targets:
        reasons = (
            reason
            for step, reason, is_bad in _DROPPING
            if hygiene.does(step) and is_bad(unified, one, hygiene.language)
        )
        if reason := next(reasons, ""):
            account.note(reason, row)
        else:
            yield row._replace(source=unified, target=one)


def bare_if_marked(text: str) -> str:
    """A text without brackets and stray marks, if it has any."""
    return _bare(text) if _MARKUP.search(text) else text


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _visible(text: str) -> str:
    """Without invisible characters; zero-width joiner and non-joiner are spelling, and stay."""
    return _spaced(_INVISIBLE.sub("", text))


def _storable(text: str) -> str:
    """Without what a canonical file could not hold: a `#` that begins a line, byte order marks."""
    return trimmed(text.lstrip("# "))


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _bare(text: str) -> str:
    """Without brackets and what is in them, transliterations, and stray marks at the ends."""
    before = None
    while before != text:
        before = text
        text = _spaced(_TRANSLITERATION.sub(" ", _BRACKETS.sub(" ", text)))
    return text.strip(_EDGES)


# Step ("": always done), what the account says, what is done to source and target; in order.
_MENDING: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("invisible", MENDED_INVISIBLE, _visible),
    ("", MENDED_MARKUP, _storable),
    ("", MENDED_NFC, _composed),
    ("markup", MENDED_MARKUP, _bare),
)


def _is_placeholder(source: str, target: str) -> bool:
    return any(map(_PLACEHOLDER.search, (source, target)))


def _is_sentence(text: str) -> bool:
    words = text.split()
    return (
        len(words) > MOST_WORDS
        or text.endswith(_SENTENCE_END)
        or (text.endswith(".") and len(words) > 1)
        or _COMMA.search(text) is not None
        or len(text) > _MOST_CHARACTERS
    )


def _is_english(source: str) -> bool:
    is_spelled = _ENGLISH.fullmatch(source) and any(map(str.isalpha, source))
    return bool(is_spelled) and in_scripts(source, {"LATIN"})


def _is_in_other_script(source: str, target: str, language: str) -> bool:
    scripts = scripts_of(language)
    return scripts is not None and not in_scripts(target, scripts)


# Step, what the account says, whether a source and a target of a language are dropped; in order.
_DROPPING: tuple[tuple[str, str, Callable[[str, str, str], bool]], ...] = (
    ("", DROPPED_EMPTY, lambda source, target, _: not (source and target)),
    (
        "placeholders",
        DROPPED_PLACEHOLDER,
        lambda source, target, _: (
            _is_placeholder(source, target)
            or all(unicodedata.category(character) in _MARKS for character in target)
        ),
    ),
    ("affixes", DROPPED_AFFIX, lambda s, t, _: "-" in (s[0], s[-1], t[0], t[-1])),
    ("affixes", DROPPED_ROOT, lambda source, target, _: _ROOT.fullmatch(target) is not None),
    ("sentences", DROPPED_SENTENCE, lambda s, t, _: _is_sentence(s) or _is_sentence(t)),
    ("headwords", DROPPED_HEADWORD, lambda source, target, _: not _is_english(source)),
    ("scripts", DROPPED_SCRIPT, _is_in_other_script),
    (
        "placeholders",
        DROPPED_LETTERLESS,
        lambda source, target, _: not (any(map(str.isalpha, target)) or _IDIOM.fullmatch(target)),
    ),
)
