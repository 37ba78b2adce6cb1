"""Lexicons: what a run swaps by, one for each target language, and the languages' weights."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from link.errors import LexiconError
from link.kernel.compiled import CompiledLexicon
from link.language.headwords import Headword, Language
from link.lexicon.arrays import compile_headwords
from link.lexicon.cache import cached
from link.lexicon.lexicon import Lexicon


@dataclass(frozen=True)
class Lexicons:
    """One lexicon a language. `weights`: how often each language is drawn, beside the others."""

    parts: tuple[Lexicon, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, lexicons: Iterable[Lexicon], weights: Iterable[float | None] = ()) -> "Lexicons":
        """Lexicons of the same language are merged, and share a weight (None: 1, or the other's).

        Raises `LexiconError` if there is none, if one of several states no language, or if weights
        are not positive or contradict each other.
        """
        given = list(lexicons)
        wanted = list(weights) or [None] * len(given)
        if not given:
            raise LexiconError("no lexicon is given")
        groups: dict[str, list[Lexicon]] = {}
        shares: dict[str, float] = {}
        codes = {lexicon.language for lexicon in given if lexicon.language}
        for lexicon, weight in zip(given, wanted, strict=True):
            language = lexicon.language or ("".join(codes) if len(codes) < 2 else "")
            if not language and len(codes) > 1:
                raise LexiconError(
                    f"lexicon {lexicon.name} does not state its language, which it must beside "
                    f"those of {' and '.join(sorted(codes))}; convert it with --lang first"
                )
            groups.setdefault(language, []).append(lexicon)
            if weight is None:
                continue
            if not 0 < weight < float("inf"):
                raise LexiconError(
                    f"the weight of lexicon {lexicon.name} is {weight}, but must be positive"
                )
            if shares.setdefault(language, weight) != weight:
                raise LexiconError(
                    f"lexicons of one language ({language or 'not stated'}) share a weight, but "
                    f"{shares[language]:g} and {weight:g} are given"
                )
        return cls(
            tuple(Lexicon.merged(group) for group in groups.values()),
            tuple(shares.get(language, 1.0) for language in groups),
        )

    @property
    def name(self) -> str:
        return "+".join(part.name for part in self.parts)

    @property
    def codes(self) -> list[str]:
        """The languages, in the order of the parts."""
        return [part.language for part in self.parts]

    @property
    def headwords(self) -> int:
        """How many."""
        return sum(part.report.headwords for part in self.parts)

    @property
    def unused(self) -> int:
        """How many headwords can be found in no text."""
        return sum(part.report.unused for part in self.parts)

    def restricted(self, **selection: Any) -> "Lexicons":
        """With fewer forms, in all languages alike; see `Lexicon.restricted`."""
        return replace(self, parts=tuple(part.restricted(**selection) for part in self.parts))

    def as_dicts(self) -> list[dict[str, Any]]:
        """What a manifest says of them, each lexicon apart."""
        return [
            {**one.as_dict(), "weight": weight}
            for part, weight in zip(self.parts, self.weights, strict=True)
            for one in part.parts or (part,)
        ]

    def texts(self) -> dict[str, str]:
        """What a run keeps of them: file names and what they hold, "" for what there is not."""
        if len(self.parts) == 1:
            return self.parts[0].texts()
        texts: dict[str, str] = {}
        for part in self.parts:
            for name, text in part.texts().items():
                stem, dot, suffix = name.partition(".")
                is_own = name in OF_ONE_LANGUAGE
                texts[f"{stem}-{part.language}{dot}{suffix}" if is_own else name] = text
        return texts

    def report_lines(self) -> list[str]:
        """What became of the lexicons' lines, in words."""
        if len(self.parts) == 1:
            return self.parts[0].report.lines()
        total = f"{self.headwords:,} headwords, {len(self.parts)} languages"
        each = [f"{part.name}: {line}" for part in self.parts for line in part.report.lines()]
        return [total, *each]

    @cached_property
    def compiled(self) -> CompiledLexicon:
        """The arrays that the kernel works on, from the user's cache if they were made before."""
        if len(self.parts) == 1:
            return self.parts[0].compiled
        languages = [
            Language(part.language, weight)
            for part, weight in zip(self.parts, self.weights, strict=True)
        ]
        content = "\n\0\n".join([repr(self.weights), *(part.content for part in self.parts)])
        return cached(content, lambda: compile_headwords(self._all_headwords(), languages))

    def _all_headwords(self) -> list[Headword]:
        return [
            headword._replace(language=number)
            for number, part in enumerate(self.parts)
            for headword in part.headwords
        ]


OF_ONE_LANGUAGE = frozenset({"lexicon.tsv", "inflections.tsv"})


def parse_weight(text: str) -> tuple[str, float | None]:
    """A lexicon and its weight, from `NAME` or `NAME=WEIGHT`.

    >>> parse_weight("en-de=2"), parse_weight("lexicons/a=b.tsv")
    (('en-de', 2.0), ('lexicons/a=b.tsv', None))
    """
    name, equals, number = text.rpartition("=")
    try:
        return (name, float(number)) if equals and name else (text, None)
    except ValueError:
        return text, None
