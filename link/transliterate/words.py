"""Texts transliterated: word by word, everything between verbatim.

"Шта је \\u0442\\u043e?"    the text of a JSON string, as it is spelled there
"Šta je to?"
"""

import json
import re
import warnings
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from unicodedata import normalize

from link.errors import UsageError
from link.language.unicode import capitalised_text, upper_text
from link.transliterate.model import CharacterModel
from link.transliterate.rules import Rules, read_rules

UROMAN, AKSHARAMUKHA = "uroman", "aksharamukha"
_KEPT_WORDS = 1 << 18
_LONGEST_KEPT = 64  # characters
# Addresses. Where one may begin is said, so that 100,000 digits are not tried from each of them.
_KEPT = r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w"
_ESCAPE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.")


class Transliterator:
    """Transliterates words and texts. URLs and e-mail addresses stay.

    `of_word`: what makes one word of another; `word`: what counts as one. Short ones are kept.
    """

    def __init__(self, of_word: Callable[[str], str], word: re.Pattern[str]) -> None:
        self._word = re.compile(f"({_KEPT})|{word.pattern}")
        self._of_word = of_word
        self._of_short_word = lru_cache(_KEPT_WORDS)(of_word)

    def _new(self, match: re.Match[str]) -> str:
        word = match[0]
        if match[1]:
            return word
        return (self._of_short_word if len(word) <= _LONGEST_KEPT else self._of_word)(word)

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
        letters: list[str] = []
        places: list[int] = []  # of the escapes in the decoded text
        longer = [0]  # by how much the escapes before are longer than what they stand for
        done = 0
        for match in _ESCAPE.finditer(text):
            letters += [text[done : match.start()], json.loads(f'"{match[0]}"')]
            places.append(match.start() - longer[-1])
            done = match.end()
            longer.append(longer[-1] + len(match[0]) - 1)
        decoded = "".join([*letters, text[done:]])
        out: list[str] = []
        done = 0
        for match in self._word.finditer(decoded):
            new = self._new_escaped(match)
            if new != match[0]:
                start, end = (at + longer[bisect_left(places, at)] for at in match.span())
                out += [text[done:start], new]
                done = end
        return "".join([*out, text[done:]])


def by_rules(rules: Rules, model: CharacterModel | None = None) -> Transliterator:
    """A transliterator by rules. `model`: decides between alternatives; without it the first wins.

    >>> from link.transliterate.rules import parsed
    >>> by_rules(parsed("љ\\tlj\\nу\\tu\\nд\\td\\nи\\ti")).text("Људи, ЉУДИ!")
    'Ljudi, LJUDI!'
    """

    def of_word(written: str) -> str:
        word = normalize("NFC", written)  # as the rules are
        parts = rules.parts(_small(word) if rules.follows_case else word)
        if all(targets is None for _, targets in parts):
            return written
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

            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)  # it only warns of unknown scripts
                transliterate.process(*scripts, "a")
            return Transliterator(lambda word: str(transliterate.process(*scripts, word)), _WORD)
    except ImportError:
        raise UsageError(
            f"{kind} is not installed: pip install 'link-corpus[transliterate]'"
        ) from None
    except UserWarning as warning:
        raise UsageError(f"{name}: {warning}") from None
    raise UsageError(f"{name!r} is neither {UROMAN} nor {AKSHARAMUKHA}:FROM:TO")


def transliterator(name: str, model: CharacterModel | None = None) -> Transliterator:
    """By the name of a library, the name of shipped rules, or a file of rules."""
    if name.split(":")[0] in (UROMAN, AKSHARAMUKHA):
        if model is not None:
            raise UsageError(f"{name} has no alternatives that a model could decide between")
        return by_library(name)
    return by_rules(read_rules(name), model)
