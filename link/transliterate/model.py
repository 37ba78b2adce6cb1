"""A character trigram model: which of several spellings looks most like words of a language.

Probabilities are interpolated as Witten and Bell (1991) do: a history that was followed by many
different letters trusts the shorter history more.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from link.transliterate.rules import word_pattern

_EDGE = "\n"  # before and behind a word
_Chain: TypeAlias = "tuple[_Chain, str] | None"


class CharacterModel:
    """Log probabilities of letters after the two before. `words`: word -> how often it occurs."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)  # history -> letter -> count
        for word, count in words.items():
            padded = f"{_EDGE}{_EDGE}{word.lower()}{_EDGE}"
            for place in range(2, len(padded)):
                for begin in (place - 2, place - 1, place):
                    self._counts[padded[begin:place]][padded[place]] += count
        self._sums = {history: sum(found.values()) for history, found in self._counts.items()}
        self._known: dict[tuple[str, str], float] = {}

    def score(self, history: str, letter: str) -> float:
        """The log probability of a letter after two others; of an unknown letter it is small."""
        key = (history, letter)
        if key not in self._known:
            self._known[key] = math.log(self._probability(history, letter))
        return self._known[key]

    def _probability(self, history: str, letter: str) -> float:
        shorter = self._probability(history[1:], letter) if history else 1 / 0x110000
        found = self._counts.get(history)
        if not found:
            return shorter
        kinds, size = len(found), self._sums[history]
        return (found[letter] + kinds * shorter) / (size + kinds)

    def best(self, parts: Sequence[Sequence[str]]) -> str:
        """The likeliest word of those that the parts make, one alternative each; of equally likely
        ones that of earlier alternatives.

        The search keeps the best beginning for each two last letters, so it is exact and linear in
        the number of parts.

        >>> CharacterModel({"шум": 3, "схема": 1}).best([("ш", "сх"), ("у",), ("м",)])
        'шум'
        """
        # Two last letters -> score, and what they end: all before, and the last part.
        beginnings: dict[str, tuple[float, _Chain]] = {_EDGE * 2: (0.0, None)}
        for alternatives in [*parts, (_EDGE,)]:
            reached: dict[str, tuple[float, _Chain]] = {}
            for history, (score, before) in beginnings.items():
                for alternative in alternatives:
                    last, total = history, score
                    for letter in alternative:
                        total += self.score(last, letter.lower())
                        last = last[1] + letter.lower()
                    if last not in reached or total > reached[last][0]:
                        reached[last] = (total, (before, alternative))
            beginnings = reached
        _, chain = max(beginnings.values(), key=lambda found: found[0])
        word: list[str] = []
        while chain is not None:
            chain, part = chain
            word.append(part)
        return "".join(word[:0:-1])  # without the edge


def words_in(texts: Iterable[str]) -> Counter[str]:
    """How often each run of letters, and marks behind them, occurs."""
    counts: Counter[str] = Counter()
    word = word_pattern("")
    for text in texts:
        counts.update(word.findall(text))
    return counts
