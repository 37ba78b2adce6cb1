"""Texts transliterated: word by word, everything between verbatim.

"Шта је \\u0442\\u043e?"    the text of a JSON string, as it is spelled there
"Šta je to?"
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from link.errors import UsageError
from link.language.unicode import capitalised_text, upper_text
from link.transliterate.model import CharacterModel
from link.transliterate.rules import Rules, read_rules

UROMAN, AKSHARAMUKHA = "uroman", "aksharamukha"
_KEPT_WORDS = 1 << 18
_SIMPLE_ESCAPE = re.compile(r"(\\[^u])")
_KEPT = r"(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.-]*\w"  # addresses
_UNIT = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|[^\\]", re.DOTALL)


class Transliterator:
    """Transliterates words and texts. URLs and e-mail addresses stay.

    `of_word`: what makes one word of another; `word`: what counts as one. Words are remembered.
    """

    def __init__(self, of_word: Callable[[str], str], word: re.Pattern[str]) -> None:
        self._word = re.compile(f"({_KEPT})|{word.pattern}")
        self._of_word = lru_cache(_KEPT_WORDS)(of_word)

    def _new(self, match: re.Match[str]) -> str:
        return match[0] if match[1] else self._of_word(match[0])

    def _new_escaped(self, match: re.Match[str]) -> str:
        new = self._new(match)
        return new if new == match[0] else json.dumps(new, ensure_ascii=False)[1:-1]

    def text(self, text: str) -> str:
        """A text with all its words transliterated."""
        return self._word.sub(self._new, text)

    def spelled(self, text: str, *, is_escaped: bool) -> str:
        """The same for a text as a shard spells it, with JSON's escapes if `is_escaped`.

        What stays is spelled as it was; what is new has only the escapes that it must have.
        """
        if not is_escaped:
            return self.text(text)
        if "\\" not in text:
            return self._word.sub(self._new_escaped, text)
        parts = _SIMPLE_ESCAPE.split(text)
        parts[::2] = map(self._between_escapes, parts[::2])
        return "".join(parts)

    def _between_escapes(self, text: str) -> str:
        """A stretch of a JSON string that has no escapes but `\\u`."""
        if "\\" not in text:
            return self._word.sub(self._new_escaped, text)
        units = [match[0] for match in _UNIT.finditer(text)]
        letters = [json.loads(f'"{unit}"') if unit[0] == "\\" else unit for unit in units]
        out: list[str] = []
        done = 0
        for match in self._word.finditer("".join(letters)):
            new = self._new_escaped(match)
            if new != match[0]:
                out += [*units[done : match.start()], new]
                done = match.end()
        return "".join([*out, *units[done:]])


def by_rules(rules: Rules, model: CharacterModel | None = None) -> Transliterator:
    """A transliterator by rules. `model`: decides between alternatives; without it the first wins.

    >>> from link.transliterate.rules import parsed
    >>> by_rules(parsed("љ\\tlj\\nу\\tu\\nд\\td\\nи\\ti")).text("Људи, ЉУДИ!")
    'Ljudi, LJUDI!'
    """

    def of_word(word: str) -> str:
        parts = rules.parts(_small(word) if rules.follows_case else word)
        in_capitals = _is_in_capitals(word)
        choices: list[Sequence[str]] = []
        at = 0
        for source, targets in parts:
            here = word[at : at + len(source)]
            at += len(source)
            if targets is None:
                choices.append((here,))
            elif here == source:
                choices.append(targets)
            elif in_capitals:
                choices.append([upper_text(target) for target in targets])
            else:
                choices.append([capitalised_text(target) for target in targets])
        if model is None or all(len(targets) == 1 for targets in choices):
            return "".join(targets[0] for targets in choices)
        return model.best(choices)

    return Transliterator(of_word, rules.word)


def _small(word: str) -> str:
    """The word in small letters, of the same length."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in word)


def _is_in_capitals(word: str) -> bool:
    letters = [letter for letter in word if letter.upper() != letter.lower()]
    return len(letters) > 1 and all(map(str.isupper, letters))


_WORD = re.compile(r"[^\W\d_][^\W\d_\u0300-\u036f]*(?:\w|[^\x00-\x7f\s])*")


def by_library(name: str) -> Transliterator:
    """`uroman`, or `aksharamukha:FROM:TO` with names of scripts as it has them.

    Raises `UsageError` if the library is not installed, or does not know a script.
    """
    kind, *scripts = name.split(":")
    try:
        if kind == UROMAN and not scripts:
            from uroman import Uroman

            roman = Uroman()
            return Transliterator(lambda word: str(roman.romanize_string(word)), _WORD)
        if kind == AKSHARAMUKHA and len(scripts) == 2:
            from aksharamukha import transliterate

            known = transliterate.process(*scripts, "")
            if known is None:
                raise UsageError(f"aksharamukha knows no scripts {' and '.join(scripts)}")
            return Transliterator(lambda word: str(transliterate.process(*scripts, word)), _WORD)
    except ImportError:
        raise UsageError(
            f"{kind} is not installed: pip install 'link-corpus[transliterate]'"
        ) from None
    raise UsageError(f"{name!r} is none of {UROMAN} and {AKSHARAMUKHA}:FROM:TO")


def transliterator(name: str, model: CharacterModel | None = None) -> Transliterator:
    """By the name of a library, the name of shipped rules, or a file of rules."""
    if name.split(":")[0] in (UROMAN, AKSHARAMUKHA):
        if model is not None:
            raise UsageError(f"{name} has no alternatives that a model could decide between")
        return by_library(name)
    return by_rules(read_rules(name), model)
