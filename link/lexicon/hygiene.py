"""From rows to clean pairs, and an account of what was kept, mended and dropped, and why.

Every step has a name by which it can be switched off. A canonical file was cleaned when it was
made: of it only what no lexicon can hold is mended.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from link.lexicon.account import Account
from link.lexicon.formats.parsed import Parsed, Row, trimmed
from link.lexicon.languages import language_name, scripts_of
from link.lexicon.parting import Habits, habits_of, parted
from link.lexicon.scripts import in_scripts, script_of

LEAST_WEIGHT, MOST_WEIGHT = 1e-9, 1e9
MOST_TRANSLATIONS = 8
MOST_WORDS = 5
"""A headword or translation of more words is a sentence or an explanation."""

HUB_HEADWORDS = 20
HUB_SHARE = 0.01

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class Translation(NamedTuple):
    """One translation of a headword. `weight` is positive and counts within its headword."""

    text: str
    weight: float = 1.0
    pos: str = ""


@dataclass(frozen=True, slots=True)
class Hygiene:
    """What is done to the rows of a file that is not canonical. `off`: steps not to be done.

    `language`: the target's tag; it decides which script a translation must be in.
    """

    language: str = ""
    off: frozenset[str] = frozenset()
    most_translations: int = MOST_TRANSLATIONS


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

DROPPED_IDENTITY = "dropped, translation is the word itself"
DROPPED_WEIGHTLESS = "dropped, weight is 0 or less"
MERGED_DUPLICATE = "merged, same pair again"
MENDED_WEIGHT = "mended, weight is no number from 1e-9 to 1e9 (taken as 1)"
MENDED_NFC = "mended, not in normal form C"
MENDED_APOSTROPHE = "mended, another apostrophe or hyphen in the headword"
DROPPED_SURROGATE = "dropped, half of a surrogate pair"
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
DROPPED_MOST = "dropped, more translations than --max-translations"
WARNED_HUB = "warning, one translation of very many headwords"


Entries = dict[str, tuple[Translation, ...]]


def clean(parsed: Parsed, hygiene: Hygiene | None) -> tuple[Entries, Account]:
    """Headword -> translations, in the order of the file, and the account.

    `hygiene` is None for a canonical file.
    """
    account = Account(parsed)
    entries: dict[str, dict[tuple[str, str], Translation]] = {}
    needs_nothing = _is_composed
    habits = Habits()
    if hygiene:
        needs_nothing = _Plain(hygiene.language).holds
        habits = _habits(parsed.rows, hygiene)
        account.notes += [*habits.notes, *_script_note(parsed.rows, hygiene)]
    for row in parsed.rows:
        _, source, target, weight_text, pos, _, _ = row
        if needs_nothing(source, target):
            # Most pairs are new and without a weight, and are taken here as `_take` would.
            if not weight_text and not is_identity(source, target):
                translations = entries.get(source)
                if translations is None:
                    entries[source] = {(target, pos): Translation(target, 1.0, pos)}
                    account.kept += 1
                    continue
                if (target, pos) not in translations:
                    translations[target, pos] = Translation(target, 1.0, pos)
                    account.kept += 1
                    continue
            _take([row], entries, account)
        elif _holds_surrogate(row.source) or _holds_surrogate(row.target):
            account.note(DROPPED_SURROGATE, row._replace(source="?", target="?"))
        elif hygiene:
            _take(_washed(row, hygiene, account, habits), entries, account)
        else:
            _take([row], entries, account)
    if hygiene and not _is_off(hygiene, "identity"):
        _drop_themselves(entries, account)
    result = {source: tuple(found.values()) for source, found in entries.items()}
    if hygiene:
        if not _is_off(hygiene, "most"):
            limit(result, hygiene.most_translations, account)
        _warn_of_hubs(result, account)
    return result, account


def _is_off(hygiene: Hygiene | None, step: str) -> bool:
    return hygiene is not None and step in hygiene.off


def _take(
    rows: Iterable[Row],
    entries: dict[str, dict[tuple[str, str], Translation]],
    account: Account,
) -> None:
    """Put the pairs of a row of the file to the others of their headwords."""
    taken = [_is_taken(row, entries, account) for row in rows]
    account.kept += any(taken)


def _drop_themselves(
    entries: dict[str, dict[tuple[str, str], Translation]], account: Account
) -> None:
    """Drop headwords that are their only translation."""
    for source, rows in account.of_itself.items():
        if all(is_identity(source, target) for target, _ in entries[source]):
            del entries[source]
            for row in rows:
                account.note(DROPPED_IDENTITY, row)
            account.kept -= len(rows)
            account.identical += len(rows)


def _is_taken(
    row: Row, entries: dict[str, dict[tuple[str, str], Translation]], account: Account
) -> bool:
    """Whether a pair is taken; if not, the account says why."""
    _, source, target, weight_text, pos, _, _ = row
    if not (source.isascii() and target.isascii()):
        source = unicodedata.normalize("NFC", source)
        target = unicodedata.normalize("NFC", target)
        if (source, target) != (row.source, row.target):
            account.note(MENDED_NFC, row)
    weight = _weight(weight_text)
    if weight is None:
        account.note(MENDED_WEIGHT, row)
        weight = 1.0
    if weight <= 0:
        account.note(DROPPED_WEIGHTLESS, row)
        return False
    translations = entries.setdefault(source, {})
    before = translations.get((target, pos))
    if is_identity(source, target):
        account.of_itself.setdefault(source, []).append(row)
    if before is None:
        translations[target, pos] = Translation(target, weight, pos)
    else:
        account.note(MERGED_DUPLICATE, row)
        total = min(before.weight + weight, MOST_WEIGHT)
        translations[target, pos] = before._replace(weight=total)
    return True


def _habits(rows: Iterable[Row], hygiene: Hygiene) -> Habits:
    if "markup" in hygiene.off:
        return Habits()
    return habits_of(
        [(row.source, row.target) for row in rows],
        lambda text: _bare(text) if _MARKUP.search(text) else text,
    )


def _script_note(rows: Iterable[Row], hygiene: Hygiene) -> list[str]:
    """Of a language whose scripts are not known: which ones its translations are written in."""
    tag = hygiene.language
    if not tag or "scripts" in hygiene.off or scripts_of(tag):
        return []
    found = Counter(
        Counter(scripts).most_common(1)[0][0]
        for row in rows
        if (scripts := [*filter(None, map(script_of, row.target))])
    )
    total = sum(found.values())
    seen = ", ".join(f"{one.title()} {n / total:.0%}" for one, n in found.most_common(3))
    return [
        f"the script of {tag} ({language_name(tag)}) is not known, so no translation is dropped "
        f"for its script; they are written in {seen or 'no letters'}"
    ]


# --- the steps -----------------------------------------------------------------------------------

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
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENGLISH = re.compile(r"'?[^\W_](?:[^\W_]|[ .'&/+-])*", re.UNICODE)
_LATIN = {"LATIN"}
_MARKS = {"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Zs", "Sm", "Sk"}
_ROOT = re.compile("[\u0590-\u08ff](?: [\u0590-\u08ff]){2,4}")
_SENTENCE_END = tuple("?!।॥؟。！？")
_COMMA = re.compile(r"(?<!\d),|,(?!\d)|[،、，]")  # `8,5` is a number
_MOST_CHARACTERS = 80
_MOST_READ = 10_000  # characters; brackets within brackets take long, and no word is as long

# Most pairs of most files need nothing, and one look tells. These are words without any character
# that a step looks for: what they pass over needs a closer look, not mending.
_NO_PLAIN = re.escape(_EDGES + "/!?.:،؛、；，।॥؟。！？-–—") + (
    "\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff"
)
_PLAIN_SOURCE = re.compile(r"(?!(?:NS|WL)$)[A-Za-z][A-Za-z0-9]*(?:[ '&+-][A-Za-z0-9]+)*")
_PLAIN_TARGET = re.compile(rf"(?!(?:NS|WL)$)[^\s{_NO_PLAIN}]+(?:[ -][^\s{_NO_PLAIN}]+)*")


class _Plain:
    """Pairs that every step of hygiene leaves as they are, told at a look."""

    def __init__(self, language: str) -> None:
        self._scripts = scripts_of(language)
        self._known: set[str] = (
            set()
        )  # characters that are of the language's scripts, or no letters

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


def _is_composed(source: str, target: str) -> bool:
    """Whether both are in normal form C, of printable characters: half a surrogate pair is none.

    False where it takes a closer look.
    """
    return (source.isascii() and target.isascii()) or (
        source.isprintable()
        and target.isprintable()
        and unicodedata.is_normalized("NFC", source)
        and unicodedata.is_normalized("NFC", target)
    )


def _holds_surrogate(text: str) -> bool:
    return not text.isascii() and _SURROGATE.search(text) is not None


def _washed(row: Row, hygiene: Hygiene, account: Account, habits: Habits) -> Iterator[Row]:
    """A row without what does not belong to its words; several rows if it holds alternatives."""
    off = hygiene.off
    if max(len(row.source), len(row.target)) > _MOST_READ:
        account.note(DROPPED_LONG, row)
        return
    if _CONTROL.search(row.source + row.target):
        account.note(DROPPED_CONTROL, row)
        return
    source, target = map(_storable, (row.source, row.target))
    if (source, target) != (_spaced(row.source), _spaced(row.target)):
        account.note(MENDED_MARKUP, row)
    if not (row.source.isascii() and row.target.isascii()):
        composed = unicodedata.normalize("NFC", source), unicodedata.normalize("NFC", target)
        if composed != (source, target):
            account.note(MENDED_NFC, row)
        source, target = composed
    if "invisible" not in off:
        source, target = _visible(source), _visible(target)
        if any(map(_INVISIBLE.search, (row.source, row.target))):
            account.note(MENDED_INVISIBLE, row)
    if "placeholders" not in off and any(map(_PLACEHOLDER.search, (source, target))):
        account.note(DROPPED_PLACEHOLDER, row)
        return
    targets = [target]
    if "markup" not in off:
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
    off = hygiene.off
    source, target = row.source, row.target
    if not (source and target):
        return DROPPED_EMPTY
    if "placeholders" not in off and (
        any(map(_PLACEHOLDER.search, (source, target))) or all(map(_is_mark, target))
    ):
        return DROPPED_PLACEHOLDER
    if "affixes" not in off and any(t.startswith("-") or t.endswith("-") for t in (source, target)):
        return DROPPED_AFFIX
    if "affixes" not in off and _ROOT.fullmatch(target):
        return DROPPED_ROOT
    if "sentences" not in off and (_is_sentence(source) or _is_sentence(target)):
        return DROPPED_SENTENCE
    if "headwords" not in off and not (
        _ENGLISH.fullmatch(source) and in_scripts(source, _LATIN) and any(map(str.isalpha, source))
    ):
        return DROPPED_HEADWORD
    scripts = scripts_of(hygiene.language)
    if "scripts" not in off and scripts and not in_scripts(target, scripts):
        return DROPPED_SCRIPT
    if "placeholders" not in off and not (
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


def limit(entries: Entries, most: int, account: Account) -> None:
    """The best translations of each headword, by weight and then the order of the file."""
    for source, translations in entries.items():
        if len(translations) > most:
            best = sorted(range(len(translations)), key=lambda i: -translations[i].weight)[:most]
            for i in set(range(len(translations))) - set(best):
                account.note(DROPPED_MOST, Row(0, source, translations[i].text))
            entries[source] = tuple(translations[i] for i in sorted(best))


def _warn_of_hubs(entries: Entries, account: Account) -> None:
    """Machine-made lexicons may give one word for everything they do not know."""
    counts = Counter([one.text for translations in entries.values() for one in translations])
    fewest = max(HUB_HEADWORDS, HUB_SHARE * len(entries))
    hubs = Counter({text: count for text, count in counts.items() if count >= fewest})
    for text, count in hubs.most_common():
        account.note(WARNED_HUB, Row(0, f"{count:,} headwords", text))


def is_identity(source: str, target: str) -> bool:
    """Whether a swap would change nothing but capitals; both in normal form C."""
    if source.isascii():
        if target.isascii():
            return len(source) == len(target) and source.lower() == target.lower()
        return source.lower() == unicodedata.normalize("NFC", target.casefold())
    return unicodedata.normalize("NFC", source.casefold()) == unicodedata.normalize(
        "NFC", target.casefold()
    )


@lru_cache(maxsize=1 << 12)
def _weight(text: str) -> float | None:
    if not text:
        return 1.0
    if not _NUMBER.fullmatch(text):
        return None
    weight = float(text)
    return weight if weight <= 0 or LEAST_WEIGHT <= weight <= MOST_WEIGHT else None


def merge(groups: Iterable[tuple[Translation, ...]]) -> tuple[Translation, ...]:
    """Several headwords' translations as one's, weights of equal ones added."""
    merged: dict[tuple[str, str], Translation] = {}
    for group in groups:
        for one in group:
            before = merged.get((one.text, one.pos))
            merged[one.text, one.pos] = (
                one if before is None else before._replace(weight=before.weight + one.weight)
            )
    return tuple(merged.values())
