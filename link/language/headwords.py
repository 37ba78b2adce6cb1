"""A lexicon's entry as the kernels need it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

import xxhash

from link.language.unicode import fold_text

# How a word is spelled, in a text or in a lexicon.
SMALL, CAPITAL, CAPITALS = range(3)

_WEIGHT_ONE = 1 << 20
_SEPARATOR = re.compile("([ -])")


@dataclass(frozen=True, slots=True)
class Language:
    """A target language: its code, which decides capitals, and its weight beside others."""

    code: str = ""
    weight: float = 1.0


class Headword(NamedTuple):
    """One headword.

    `forms`: the folded spellings that are looked up (composed and decomposed ones), of one word or
    of several with spaces or hyphens between. `lemma`: the folded text whose hash draws the
    translation. `translations`, `weights`: of equal length, at least one, weights positive.
    `own_capital`: the word always has a capital (`Monday`, `I`), so that its capital in a text says
    nothing about its place there. `spelling`: SMALL, CAPITAL or CAPITALS, of the first word, and
    `later` of the others. `language`: an index into the languages it is compiled with. `parts`: of
    each translation its part of speech, an index into `context.PARTS`, -1 for none; or ().
    """

    forms: tuple[str, ...]
    lemma: str
    translations: tuple[str, ...]
    weights: tuple[float, ...]
    own_capital: bool = False
    spelling: int = SMALL
    later: tuple[int, ...] = ()
    language: int = 0
    parts: tuple[int, ...] = ()

    def weight_of_parts(self) -> dict[int, float]:
        """The parts of speech of the translations, and what those of each weigh together."""
        weights: dict[int, float] = {}
        for part, weight in zip(self.parts, self.weights, strict=False):
            if part >= 0:
                weights[part] = weights.get(part, 0) + weight
        return weights

    def narrowed(self, part: int) -> "Headword":
        """The headword with its translations of one part of speech, and those of none."""
        kept = [own in (part, -1) for own in self.parts]
        return self._replace(
            translations=tuple(compress(self.translations, kept)),
            weights=tuple(compress(self.weights, kept)),
            parts=tuple(compress(self.parts, kept)),
        )

    def is_itself(self, translation: str) -> bool:
        """Whether a translation is spelled like the headword, capitals aside."""
        return fold_text(translation) in self.forms


def parts_of(form: str) -> list[str]:
    """Words and what stands between them: `["ice", " ", "cream"]`."""
    return _SEPARATOR.split(form) if " " in form or "-" in form else [form]


def lemma_hash(lemma: str) -> int:
    """A headword's name in the draws: xxh3-64 of the lemma's UTF-8, seed 0."""
    return xxhash.xxh3_64_intdigest(lemma.encode("utf-8", "surrogatepass"))


def integer_weights(languages: Sequence[Language]) -> list[int]:
    """Languages' weights as whole numbers from 1 to 2**20."""
    most = max(language.weight for language in languages)
    return [max(1, round(language.weight / most * _WEIGHT_ONE)) for language in languages]
