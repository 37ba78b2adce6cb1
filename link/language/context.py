"""What the words around a word tell of its part of speech: frozen tables, as the Unicode ones.

`english.txt`: English words, and which share of their uses is which part of speech. `context.txt`:
scores of a part of speech for what stands before and behind a word, one table for each ending.
Both kernels add them up; docs/words.md says how.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from link.language.characters import BULLETS, CLOSERS, DASHES, HYPHENS, JOINERS, OPENERS

PARTS = (
    *"NOUN VERB ADJ ADV PRON DET ADP AUX CCONJ SCONJ NUM PART INTJ PROPN".split(),
    *"VERB-PART AUX-PART AUX-ING".split(),
)
"""Universal Dependencies' parts of speech, but for punctuation and what is none of these; and what
UD tells by features and relations: a verb's past participle, and forms of `be` and `have` before
one (passive, perfect) and before an `-ing` form (progressive)."""

_NAMES = {
    "NOUN": "noun abbr",
    "VERB": "verb",
    "ADJ": "adj",
    "ADV": "adv",
    "PRON": "pron",
    "DET": "det",
    "ADP": "prep",
    "AUX": "aux",
    "CCONJ": "cconj",
    "SCONJ": "sconj conj",
    "NUM": "num",
    "PART": "part",
    "INTJ": "intj",
    "PROPN": "name propn",
    "VERB-PART": "",
    "AUX-PART": "",
    "AUX-ING": "",
}
_PART_OF = {
    name: number for number, part in enumerate(PARTS) for name in (part, *_NAMES[part].split())
}

# Closed classes of words, and beside them those of what else may stand next to a word.
CLOSED = {
    "THE": "the a an every each another either neither",
    "THIS": "this that these those",
    "POSS": "my your his its our their whose thy",
    "HER": "her",
    "OF": "of",
    "TO": "to",
    "PREP": "in on at by with from into for upon through over under between among against during "
    "without within toward towards onto behind beyond above below across along around near beside "
    "per via about after before until till since off out up down like",
    "I": "i we they he she",
    "YOU": "you it",
    "ME": "me him them us himself herself themselves itself myself yourself",
    "MODAL": "will would can could may might must shall should cannot can't couldn't won't "
    "wouldn't shouldn't i'll he'll she'll we'll they'll you'll it'll i'd he'd she'd we'd they'd "
    "you'd let let's",
    "DO": "do does did don't doesn't didn't",
    "BE": "is was are were be been being am isn't wasn't aren't weren't i'm he's she's it's that's "
    "there's you're we're they're",
    "HAVE": "have has had having haven't hasn't hadn't i've we've they've you've",
    "NOT": "not never n't",
    "AND": "and or nor",
    "BUT": "but",
    "IF": "if because though although while whereas unless whether than as",
    "WHO": "who which what whom",
    "WHEN": "when where why how",
    "VERY": "very so too more most quite rather less least such",
    "ALSO": "also just only even still already always often then now again soon ever here there "
    "yet perhaps once well",
    "ALL": "all some any no many few several both much other own same",
    "ONE": "one two three four five six seven eight nine ten hundred thousand",
}
SHORT_ING = "going doing lying dying using tying"
"""Forms in -ing that are no longer than `bring`, `swing`; class ING beside a word."""
OPEN = tuple("NOUN NOUNS VERB ING ED ADJ ADV NOUN/VERB NOUN/ADJ ADJ/ADV VERB/ADJ MIXED".split())
EDGE, COMMA, QUOTE, NUMBER, NAME, UNKNOWN = range(6)
CLASSES = ("EDGE", "COMMA", "QUOTE", "NUMBER", "NAME", "UNKNOWN", *CLOSED, *OPEN)
_NUMBER_OF = {name: number for number, name in enumerate(CLASSES)}
_CLOSED = {word: _NUMBER_OF[name] for name, words in CLOSED.items() for word in words.split()}
POSSESSIVE, NOUNS, ING, ED, ADVERB = (
    _NUMBER_OF[name] for name in ("POSS", "NOUNS", "ING", "ED", "ADV")
)

OTHER_ENDING, ENDS_ING, ENDS_ED, ENDS_S = range(4)
ENDINGS = 4

DIGITS = "0123456789"
COMMAS = ",;:()" + HYPHENS + DASHES + BULLETS
QUOTES = '"*_' + OPENERS + JOINERS + "".join(c for c in CLOSERS if c > "\x7f")
"""What counts as COMMA and as QUOTE beside a word; a digit is a NUMBER, all else an EDGE."""

SCALE = 8
"""Scores are natural logarithms times this, rounded."""
_PRIOR_COUNTS = 0.7
_LEAST_SHARE = 0.02
LEAST_SCORE = -(1 << 14)
"""Of a part that is not to be chosen."""

_SURE = 0.75
_MIXTURES = (("NOUN", "VERB"), ("NOUN", "ADJ"), ("ADJ", "ADV"), ("VERB", "ADJ"))
_SURE_MIXTURE = 0.85


AFFIXES = tuple(PARTS.index(part) for part in ("AUX", "AUX-PART", "AUX-ING", "PART"))
"""Where a language has no word for one of these, it has an affix or nothing: the word stays."""


def part_number(name: str) -> int:
    """The place of a part of speech in `PARTS`, by UD's name or the canonical file's; -1 for none.

    >>> part_number("ADJ"), part_number("adj"), part_number("phrase")
    (2, 2, -1)
    """
    return _PART_OF.get(name, -1)


def ending_of(form: str) -> int:
    """Which ending a folded form has.

    >>> [ending_of(form) for form in ("walking", "walked", "walks", "thing", "pass")]
    [1, 2, 3, 0, 0]
    """
    size = len(form.encode("utf-8", "surrogatepass"))
    if form.endswith("ing") and size > 5:
        return ENDS_ING
    if form.endswith("ed") and size > 3:
        return ENDS_ED
    return ENDS_S if form.endswith("s") and not form.endswith("ss") else OTHER_ENDING


@cache
def shares() -> Mapping[str, Mapping[int, float]]:
    """English words, and which share of their uses is which part of speech."""
    text = resources.files(__package__).joinpath("english.txt").read_text(encoding="utf-8")
    lines = (line.partition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {word: _shares_in(pairs) for word, _, pairs in lines}


@cache  # most words share theirs with others
def _shares_in(pairs: str) -> Mapping[int, float]:
    """Parts of speech and shares: `NOUN 63 VERB 37`."""
    parts = pairs.split(" ")
    return {
        _PART_OF[part]: int(share) / 100
        for part, share in zip(parts[::2], parts[1::2], strict=True)
    }


@cache
def known_classes() -> Mapping[str, int]:
    """The class of each English word that is known."""
    by_shares = {word: _open_class(word, of) for word, of in shares().items()}
    return by_shares | dict.fromkeys(SHORT_ING.split(), ING) | _CLOSED


def _open_class(word: str, of: Mapping[int, float]) -> int:
    share = {
        "NOUN": of.get(0, 0) + of.get(13, 0),
        "VERB": of.get(1, 0) + of.get(7, 0) + of.get(14, 0),
        "ADJ": of.get(2, 0),
        "ADV": of.get(3, 0),
    }
    ending = ending_of(word)
    if ending in (ENDS_ING, ENDS_ED) and share["VERB"] >= 0.4:
        return ING if ending == ENDS_ING else ED
    if ending == ENDS_S and share["NOUN"] >= 0.7:
        return NOUNS
    for name, own in share.items():
        if own >= _SURE:
            return _NUMBER_OF[name]
    for one, other in _MIXTURES:
        if share[one] + share[other] >= _SURE_MIXTURE:
            return _NUMBER_OF[f"{one}/{other}"]
    return _NUMBER_OF["MIXED"]


def class_of_unknown(form: str) -> int:
    """The class of a word that is not known, by its ending."""
    if form.endswith("'s"):
        return POSSESSIVE
    by_ending = {ENDS_ING: ING, ENDS_ED: ED, ENDS_S: NOUNS, OTHER_ENDING: UNKNOWN}
    return ADVERB if form.endswith("ly") else by_ending[ending_of(form)]


def prior(share: float) -> int:
    """The score of a part that a word has in this share of its uses."""
    return round(SCALE * _PRIOR_COUNTS * math.log(max(share, _LEAST_SHARE)))


def priors(form: str, weights: Mapping[int, float], strict: bool) -> dict[int, int]:
    """The scores of the parts of speech that a word may have, before its context is known.

    `weights`: of a headword's translations by part. They name the parts, and for words that are
    not known their scores. `AFFIXES` that the English word may be are named as well, and all else
    that it may be if `strict`.
    """
    if not weights:
        return {}
    total = sum(weights.values())
    of = shares().get(form) or {part: weight / total for part, weight in weights.items()}
    named = {*weights, *(part for part in of if strict or part in AFFIXES)}
    return {part: prior(of.get(part, 0)) for part in named}


@cache
def scores() -> Sequence[Sequence[Sequence[Sequence[int]]]]:
    """Scores, shape (ENDINGS, parts, 2, classes): of what stands before, and behind."""
    text = resources.files(__package__).joinpath("context.txt").read_text(encoding="ascii")
    rows = [
        [int(number) for number in line.split(" ")[3:]]
        for line in text.splitlines()
        if not line.startswith("#")
    ]
    assert len(rows) == ENDINGS * len(PARTS) * 2
    assert {*map(len, rows)} == {len(CLASSES)}
    size = 2 * len(PARTS)
    return [
        [rows[at : at + 2] for at in range(ending * size, (ending + 1) * size, 2)]
        for ending in range(ENDINGS)
    ]
