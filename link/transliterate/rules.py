"""Rules of transliteration: which letters become which, read from a small file.

# source  target    before  after
ш         sh
е         ye        ^|[аоу]              at a word's begin, and behind these vowels
е         e
nj        њ|нј                          either; a model of the target language decides
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from link.errors import UsageError, reason_of
from link.language.patterns import expression
from link.language.unicode import UPPER, character_case, mark_ranges

if TYPE_CHECKING:
    import re2

Alternatives = tuple[str, ...]

SEEN = 100
"""Characters of a word that a context sees, so that time is linear: RE2 never backtracks."""


_ASCII_ONLY = re.compile(r"\\[wWdDsSbB]")


@dataclass(frozen=True, slots=True)
class Rule:
    """`source` becomes one of `targets` where `before` matches up to it and `after` behind it."""

    source: str
    targets: Alternatives
    before: "re2._Regexp | None" = None
    after: "re2._Regexp | None" = None

    def fits(self, word: str, at: int) -> bool:
        """Whether its context is right at a place of a word where its source stands."""
        # One character more is there, and not seen: `^` and `$` fail where the word goes on.
        end = at + len(self.source)
        if self.after is not None and not self.after.match(word[end : end + SEEN + 1], 0, SEEN):
            return False
        if self.before is None:
            return True
        return bool(self.before.search(word[max(0, at - SEEN - 1) : at], int(at > SEEN)))


class Rules:
    """All rules of a file. Longer sources come first, and of equal ones those in the file's order.

    `text`: what the file holds. Unless a source has a capital letter, rules are about small
    letters, and capitals follow.
    """

    def __init__(self, rules: Sequence[Rule], text: str = "") -> None:
        self.text = text
        self.by_letter: dict[str, list[Rule]] = {}
        for rule in sorted(rules, key=lambda rule: -len(rule.source)):
            self.by_letter.setdefault(rule.source[0], []).append(rule)
        self.letters = {letter for rule in rules for letter in rule.source}
        self.follows_case = not any(character_case(letter) == UPPER for letter in self.letters)

    def parts(self, word: str) -> list[tuple[str, Alternatives | None]]:
        """What a word is made of, left to right, the longest source first: what stands there, and
        what it may become; None for a letter without a rule.

        >>> from link.transliterate.rules import parsed
        >>> parsed("n\\tн\\nnj\\tњ|нј\\na\\tа").parts("njan!")
        [('nj', ('њ', 'нј')), ('a', ('а',)), ('n', ('н',)), ('!', None)]
        """
        parts: list[tuple[str, Alternatives | None]] = []
        at = 0
        while at < len(word):
            for rule in self.by_letter.get(word[at], ()):
                if word.startswith(rule.source, at) and rule.fits(word, at):
                    parts.append((rule.source, rule.targets))
                    break
            else:
                parts.append((word[at], None))
            at += len(parts[-1][0])
        return parts

    @cached_property
    def word(self) -> re.Pattern[str]:
        """What is transliterated at once: a letter, then letters, marks, and whatever else the
        rules are about, such as apostrophes.
        """
        more = "".join(letter for letter in sorted(self.letters) if not letter.isalpha())
        return word_pattern(more)


def word_pattern(more: str) -> re.Pattern[str]:
    """A letter, then letters, marks, and some more characters."""
    return re.compile(rf"[^\W\d_](?:[^\W\d_]|[{mark_ranges()}{re.escape(more)}])*")


def parsed(text: str, name: str = "rules") -> Rules:
    """Rules as a file holds them. Raises `UsageError` for a line that is none."""
    rules = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = [unicodedata.normalize("NFC", column) for column in line.split("\t")]
        if not 2 <= len(columns) <= 4 or columns[0].split() != [columns[0]]:
            raise UsageError(
                f"{name}: line {number}: a rule is source (without white space) and target, "
                f"optionally with the text before and after, separated by tabs, not {line!r:.60}"
            )
        before, after = (*columns[2:], "", "")[:2]
        contexts = (f"(?:{before})$" if before else "", after)
        try:
            if ascii_only := _ASCII_ONLY.search(before + after):
                raise ValueError(f"{ascii_only[0]} knows only ASCII; \\pL is any letter")
            compiled = [expression(each) if each else None for each in contexts]
        except ValueError as error:
            raise UsageError(
                f"{name}: line {number}: the text before or after is a regular expression of RE2, "
                f"but one of {before!r} and {after!r} is not: {error}"
            ) from None
        rules.append(Rule(columns[0], tuple(columns[1].split("|")), *compiled))
    if not rules:
        raise UsageError(f"{name}: has no rules")
    return Rules(rules, text)


def shipped() -> list[str]:
    """The names of the rules that come with LINK."""
    return sorted(path.stem for folder in _folders() for path in folder.glob("*.tsv"))


def read_rules(name: str) -> Rules:
    """The rules of a file, or of a name among those that come with LINK."""
    paths = [Path(name), *(folder / f"{name}.tsv" for folder in _folders())]
    for path in paths:
        if path.is_file():
            try:
                return parsed(path.read_text(encoding="utf-8-sig"), str(path))
            except (OSError, UnicodeDecodeError) as error:
                reason = reason_of(error) if isinstance(error, OSError) else "it is not UTF-8"
                raise UsageError(f"{path}: {reason}; a file of rules is text in UTF-8") from error
    raise UsageError(
        f"{name}: there are no rules of this name; give a file, or one of {', '.join(shipped())}"
    )


def _folders() -> Iterable[Path]:
    package = Path(__file__).parent.parent
    return [
        folder
        for folder in (package / "_configs/transliterate", package.parent / "configs/transliterate")
        if folder.is_dir()
    ][:1]
