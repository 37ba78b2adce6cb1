"""Whole cases from one number: documents, a lexicon, a policy and sizes, made fast.

Hypothesis draws the number, so a long run (`LINK_TEST_EXAMPLES=200`) sees a hundred thousand
documents in minutes; what fails is one number, to be tried again.
"""

import random
from dataclasses import dataclass

from link.language.headwords import Headword, Language
from link.policy import MIX, NAMES, OF, TRANSLATION, Policy
from tests.reference.helpers import headword
from tests.strategies import GAPS, WORDS, WORDS_IN_TEXT
from tests.structure import CONTAINERS, STRUCTURE, structured_text

PATTERNS = ("d[oO]g?", "^the [a-z]+$", r"\\b[[:upper:]]\\w*|é.", "a{0,2}")

_SPELLED = (
    *("dog", "Dog", "DOG", "house", "House", "the", "a", "of", "Of", "I", "it", "IT", "us", "US"),
    *("Monday", "mr", "x", "é", "犬", "dog's", "it's", "dog_a", "a1", "dog house", "the dog"),
    *("Dog House", "dog-house", "of the dog", "the dog's", "ice cream", "DOG HOUSE", "I house"),
    *WORDS,
)


@dataclass(frozen=True)
class Case:
    """What both kernels are given."""

    texts: list[bytes]
    keys: list[int]
    headwords: list[Headword]
    languages: list[Language]
    policy: Policy
    sizes: dict[str, int]


def case_of(seed: int) -> Case:
    """The case of a number."""
    chance = random.Random(seed)
    texts = [_text(chance) for _ in range(chance.randint(8, 16))]
    headwords, languages = _lexicon(chance)
    return Case(
        texts,
        [chance.randrange(1 << 64) for _ in texts],
        headwords,
        languages,
        _policy(chance),
        {
            "window_bytes": chance.choice((1, 100, 1 << 20)),
            "section_bytes": chance.choice((20, 100, 1 << 20, 1 << 20)),
        },
    )


def _text(chance: random.Random) -> bytes:
    kind = chance.random()
    if kind < 0.45:
        text = structured_text(chance.randint(1, 60), chance.randrange(1 << 30))
    elif kind < 0.6:
        text = "".join(chance.choices(CONTAINERS, k=chance.randint(1, 60)))
    elif kind < 0.8:
        count = chance.randint(1, 40)
        pairs = zip(chance.choices(WORDS_IN_TEXT, k=count), chance.choices(GAPS, k=count))  # noqa: B905
        text = "".join(word + gap for word, gap in pairs)
    else:
        text = "".join(chance.choices(STRUCTURE, k=chance.randint(1, 50)))
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    if raw and chance.random() < 0.1:
        for _ in range(chance.randint(1, 5)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw)


def _lexicon(chance: random.Random) -> tuple[list[Headword], list[Language]]:
    codes = chance.choices(("de", "tr", "nl", ""), k=chance.choice((1, 1, 1, 2, 3)))
    languages = [Language(code, chance.choice((1.0, 1.0, 2.5))) for code in codes]
    headwords = []
    for one in range(len(languages)):
        some = chance.sample(_SPELLED, chance.randint(3, len(_SPELLED)))
        for number, spelled in enumerate(some):
            translations = [f"t{number}{n}" for n in range(chance.choice((1, 1, 2, 3)))]
            headwords.append(headword(spelled, *translations, language=one))
    return headwords, languages


def _policy(chance: random.Random) -> Policy:
    return Policy(
        ratio=chance.choice((0, 0.1, 0.3, 0.5, 1, 1)),
        of=chance.choice(OF),
        portion=chance.choice((1, 1, 1, 0.5)),
        seed=chance.randrange(1 << 40),
        translation=chance.choice(TRANSLATION),
        names=chance.choice(NAMES),
        protect=chance.choice(("urls,emails,markup,code",) * 3 + ("none", "code", "markup")),
        protect_pattern=chance.choice(((),) * 4 + (PATTERNS,)),
        mix=chance.choice(MIX),
        mode=chance.choice(("replace", "annotate", "replace=1,annotate=2")),
    )
