"""From rows to headwords with their translations, and an account of what became of each row.

A canonical file was cleaned when it was made: of it only what no lexicon can hold is mended.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from link.lexicon.formats.parsed import Parsed, Row
from link.lexicon.languages import language_name, script_of, scripts_of
from link.lexicon.parting import Habits, habits_of
from link.lexicon.report import Account
from link.lexicon.steps import MENDED_NFC, Hygiene, bare_if_marked, cleaned_rows, plain_in

LEAST_WEIGHT, MOST_WEIGHT = 1e-9, 1e9
HUB_HEADWORDS = 20
HUB_SHARE = 0.01

DROPPED_IDENTITY = "dropped, translation is the word itself"
DROPPED_WEIGHTLESS = "dropped, weight is 0 or less"
DROPPED_SURROGATE = "dropped, half of a surrogate pair"
DROPPED_MOST = "dropped, more translations than --max-translations"
MERGED_DUPLICATE = "merged, same pair again"
MENDED_WEIGHT = "mended, weight is not a number from 1e-9 to 1e9 (taken as 1)"
WARNED_HUB = "warning, one translation of very many headwords"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Translation(NamedTuple):
    """One translation of a headword. `weight` is positive and counts within its headword."""

    text: str
    weight: float = 1.0
    pos: str = ""


Entries = dict[str, tuple[Translation, ...]]
_Taken = dict[tuple[str, str, str], float]  # headword, translation, part of speech -> weight


def clean(parsed: Parsed, hygiene: Hygiene | None) -> tuple[Entries, Account]:
    """Headword -> translations, in the order of the file, and the account.

    `hygiene` is None for a canonical file.
    """
    account = Account(parsed)
    found: _Taken = {}
    is_plain = plain_in(hygiene.language) if hygiene else _is_composed
    habits = Habits()
    if hygiene:
        if hygiene.does("markup"):
            habits = habits_of([(row.source, row.target) for row in parsed.rows], bare_if_marked)
        account.notes += [*habits.notes, *_script_note(parsed.rows, hygiene)]
    with_identity = hygiene is not None and hygiene.does("identity")
    for row in parsed.rows:
        if is_plain(row.source, row.target):
            account.kept += _is_taken(row, found, account, with_identity)
        elif _SURROGATE.search(row.source + row.target):
            account.note(DROPPED_SURROGATE, row._replace(source="?", target="?"))
        else:
            rows = cleaned_rows(row, hygiene, account, habits) if hygiene else (row,)
            taken = [_is_taken(one, found, account, with_identity) for one in rows]
            account.kept += any(taken)
    entries: dict[str, list[Translation]] = {}
    for (source, target, pos), weight in found.items():
        entries.setdefault(source, []).append(Translation(target, weight, pos))
    result = {source: tuple(translations) for source, translations in entries.items()}
    if hygiene:
        if hygiene.does("most"):
            limit(result, hygiene.most_translations, account)
        if with_identity:
            _drop_themselves(result, account)
        _warn_of_hubs(result, account)
    return result, account


def _is_taken(row: Row, found: _Taken, account: Account, with_identity: bool) -> bool:
    """Whether a pair is taken; if not, the account says why."""
    _, source, target, weight_text, pos, _, _ = row
    if not (source.isascii() and target.isascii()):
        source = unicodedata.normalize("NFC", source)
        target = unicodedata.normalize("NFC", target)
        if (source, target) != (row.source, row.target):
            account.note(MENDED_NFC, row)
    weight = _weight(weight_text) if weight_text else 1.0
    if weight is None:
        account.note(MENDED_WEIGHT, row)
        weight = 1.0
    if weight <= 0:
        account.note(DROPPED_WEIGHTLESS, row)
        return False
    if with_identity and is_identity(source, target):
        account.of_itself.setdefault(source, []).append(row)
    pair = source, target, pos
    if pair in found:
        account.note(MERGED_DUPLICATE, row)
        weight = min(found[pair] + weight, MOST_WEIGHT)
    found[pair] = weight
    return True


def _drop_themselves(entries: Entries, account: Account) -> None:
    """Drop headwords that are their only translation."""
    for source, rows in account.of_itself.items():
        if all(is_identity(source, one.text) for one in entries[source]):
            del entries[source]
            for row in rows:
                account.note(DROPPED_IDENTITY, row)
            account.kept -= len(rows)
            account.identical += len(rows)


def _script_note(rows: Iterable[Row], hygiene: Hygiene) -> list[str]:
    """Of a language whose scripts are not known: which ones its translations are written in."""
    tag = hygiene.language
    if not tag or not hygiene.does("scripts") or scripts_of(tag):
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
