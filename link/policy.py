"""Policy: what is swapped and how much of it, validated.

A policy says nothing of files, shards or languages: with a seed and a lexicon it decides what
happens to a document.
"""

import math
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any

from link.errors import PolicyError
from link.language.patterns import compiled

OF_WORDS, OF_ELIGIBLE = "words", "eligible"
FIRST, PER_WORD, PER_DOCUMENT = "first", "per-word", "per-document"

CONTEXT, WEIGHT, STRICT = "context", "weight", "strict"
KEEP, SWAP = "keep", "swap"
MIX_DOCUMENT, MIX_WORD = "document", "word"
REPLACE, ANNOTATE = "replace", "annotate"

OF = (OF_WORDS, OF_ELIGIBLE)
TRANSLATION = (PER_DOCUMENT, PER_WORD, FIRST)
SENSE = (CONTEXT, WEIGHT, STRICT)
NAMES = (KEEP, SWAP)
MIX = (MIX_DOCUMENT, MIX_WORD)
MODES = (REPLACE, ANNOTATE)
PROTECT = ("urls", "emails", "markup", "code")
NOTHING = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is swapped and how much.

    `ratio`: the share of words that is swapped, 0 to 1, of the words of a document (`of="words"`)
    or of its eligible words (`of="eligible"`). `portion`: the share of documents that is touched at
    all. `seed`: 0 to 2**64 - 1; draws of one seed are nested, so raising `ratio` or `portion` only
    adds swaps. `translation`: which of several is taken: one draw a document (`per-document`), one
    a word (`per-word`), or always the first. `sense`: whether the words around a word choose the
    part of speech of its translation (`context`), leaving the word if the lexicon lacks that
    (`strict`), or weights alone (`weight`). `names`: whether what looks like a name stays (`keep`).
    `protect`: in which kinds of spans no word is swapped, some of `PROTECT`, as a sequence or
    joined by commas, or `none`. `protect_pattern`: regular expressions in RE2's syntax; no word is
    swapped in what one of them matches. `mix`: with several languages, whether a document takes one
    of them or each word does. `mode`: `replace`, `annotate` (the word stays, and its translation
    follows in brackets), or a mixture such as `replace=0.5,annotate=0.5`; `brackets`: what opens
    and then what closes, of equal length.

    >>> Policy(ratio=1.5)
    Traceback (most recent call last):
    link.errors.PolicyError: ratio is 1.5, but must be a number from 0 to 1
    """

    ratio: float = 0.3
    of: str = OF_WORDS
    portion: float = 1.0
    seed: int = 0
    translation: str = PER_DOCUMENT
    sense: str = CONTEXT
    names: str = KEEP
    protect: tuple[str, ...] = PROTECT
    protect_pattern: tuple[str, ...] = ()
    mix: str = MIX_DOCUMENT
    mode: str = REPLACE
    brackets: str = "()"

    def __post_init__(self) -> None:
        for name in ("ratio", "portion"):
            value = getattr(self, name)
            is_number = isinstance(value, Real) and not isinstance(value, bool)
            if not (is_number and 0 <= value <= 1):
                raise PolicyError(f"{name} is {value!r}, but must be a number from 0 to 1")
            object.__setattr__(self, name, float(value))
        if isinstance(self.seed, bool) or not isinstance(self.seed, Integral):
            raise PolicyError(f"seed is {self.seed!r}, but must be a whole number")
        object.__setattr__(self, "seed", int(self.seed))
        if not 0 <= self.seed < 1 << 64:
            raise PolicyError(f"seed is {self.seed}, but must be from 0 to 2**64 - 1")
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise PolicyError(f"{name} is {value!r}, but must be one of {', '.join(allowed)}")
        object.__setattr__(self, "protect", _protect(self.protect))
        object.__setattr__(self, "protect_pattern", _patterns(self.protect_pattern))
        object.__setattr__(self, "mode", _mode(self.mode))
        _check_brackets(self.brackets)

    @property
    def annotate_share(self) -> float:
        """The share of swaps that are annotations."""
        return _shares(self.mode)[ANNOTATE]

    @property
    def bracket_pair(self) -> tuple[str, str]:
        """What opens and what closes an annotation."""
        half = len(self.brackets) // 2
        return self.brackets[:half], self.brackets[half:]

    def as_dict(self) -> dict[str, Any]:
        """The policy under its options' names, for manifests."""
        lists = {name: list(getattr(self, name)) for name in ("protect", "protect_pattern")}
        return asdict(self) | lists


_CHOICES = {"of": OF, "translation": TRANSLATION, "sense": SENSE, "names": NAMES, "mix": MIX}


def _protect(value: Any) -> tuple[str, ...]:
    """The kinds of spans, in the order of `PROTECT`."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    try:
        given = list(value)
    except TypeError:
        raise PolicyError(
            f"protect is {value!r}, but must be {NOTHING}, or some of {', '.join(PROTECT)}"
        ) from None
    if given in ([NOTHING], [""]):
        given = []
    for one in given:
        if one not in PROTECT:
            raise PolicyError(
                f"protect names {one!r}, but must be {NOTHING}, or some of {', '.join(PROTECT)}"
            )
    return tuple(one for one in PROTECT if one in given)


def _patterns(value: Any) -> tuple[str, ...]:
    """Regular expressions, each once."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise PolicyError(f"protect_pattern is {value!r}, but must be regular expressions")
    for pattern in given:
        if not pattern:
            raise PolicyError("protect_pattern is empty, but must match something")
        try:
            compiled(pattern)
        except ValueError as error:
            raise PolicyError(
                f"protect_pattern is {pattern!r}, which is not a regular expression of RE2: {error}"
            ) from None
    return tuple(dict.fromkeys(given))


def _mode(value: Any) -> str:
    """A mode in its shortest form: a mixture of one kind only is that kind."""
    shares = _shares(value)
    for mode in MODES:
        if shares[mode] == 1:
            return mode
    return ",".join(f"{mode}={share}" for mode, share in shares.items())


def _shares(value: Any) -> dict[str, float]:
    """What share of swaps is of which kind; they sum to 1."""
    wrong = PolicyError(
        f"mode is {value!r}, but must be {REPLACE}, {ANNOTATE}, or weights of both such as "
        f"{REPLACE}=0.5,{ANNOTATE}=0.5"
    )
    if not isinstance(value, str):
        raise wrong
    weights = dict.fromkeys(MODES, 0.0)
    for part in value.split(","):
        name, equals, number = part.strip().partition("=")
        try:
            weight = float(number) if equals else 1.0
        except ValueError:
            raise wrong from None
        if name not in weights or weights[name] or not 0 <= weight < math.inf:
            raise wrong
        weights[name] = weight
    total = sum(weights.values())
    if not total:
        raise wrong
    return {name: weight / total for name, weight in weights.items()}


def _check_brackets(value: Any) -> None:
    if not isinstance(value, str) or not value or len(value) % 2:
        raise PolicyError(
            f"brackets are {value!r}, but must be an opening and a closing bracket "
            f"of equal length, such as () or 「」"
        )
    if not value.isprintable():
        raise PolicyError(f"brackets are {value!r}, but must be printable characters")
