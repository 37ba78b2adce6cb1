"""Policy: what is swapped and how much of it, validated.

A policy says nothing of files, shards or languages: with a seed and a lexicon it decides what
happens to a document.
"""

import math
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any

from link.errors import PolicyError

OF_WORDS, OF_ELIGIBLE = "words", "eligible"
FIRST, PER_WORD, PER_DOCUMENT = "first", "per-word", "per-document"

OF = (OF_WORDS, OF_ELIGIBLE)
TRANSLATION = (PER_DOCUMENT, PER_WORD, FIRST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is swapped and how much.

    `ratio`: the share of words that is swapped, 0 to 1, of the words of a document (`of="words"`)
    or of its eligible words (`of="eligible"`). `portion`: the share of documents that is touched
    at all. `seed`: 0 to 2**64 - 1; draws of one seed are nested, so raising `ratio` or `portion`
    only adds swaps. `translation`: which of several is taken: one draw a document
    (`per-document`), one a word (`per-word`), or always the first.

    >>> Policy(ratio=1.5)
    Traceback (most recent call last):
    link.errors.PolicyError: ratio is 1.5, but must be a number from 0 to 1
    """

    ratio: float = 0.3
    of: str = OF_WORDS
    portion: float = 1.0
    seed: int = 0
    translation: str = PER_DOCUMENT

    def __post_init__(self) -> None:
        for name in ("ratio", "portion"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real):
                raise PolicyError(f"{name} is {value!r}, but must be a number from 0 to 1")
            object.__setattr__(self, name, value := float(value))
            if math.isnan(value) or not 0 <= value <= 1:
                raise PolicyError(f"{name} is {value!r}, but must be a number from 0 to 1")
        if isinstance(self.seed, bool) or not isinstance(self.seed, Integral):
            raise PolicyError(f"seed is {self.seed!r}, but must be a whole number")
        object.__setattr__(self, "seed", int(self.seed))
        if not 0 <= self.seed < 1 << 64:
            raise PolicyError(f"seed is {self.seed}, but must be from 0 to 2**64 - 1")
        for name, allowed in (("of", OF), ("translation", TRANSLATION)):
            value = getattr(self, name)
            if value not in allowed:
                raise PolicyError(f"{name} is {value!r}, but must be one of {', '.join(allowed)}")

    def as_dict(self) -> dict[str, Any]:
        """The policy under its options' names, for manifests."""
        return asdict(self)
