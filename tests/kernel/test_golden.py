"""Golden hashes: the swaps of a fixed corpus, which no release may change in silence.

After a change that is meant, raise `KERNEL_VERSION` and print the table anew:

    python -m tests.kernel.test_golden
"""

import hashlib
from collections.abc import Callable

import pytest

from link.block import Block
from link.kernel import KERNEL_VERSION, reference
from link.kernel.compiled import Headword
from link.kernel.reference import DocumentCounts
from link.policy import FIRST, OF_ELIGIBLE, PER_WORD, Policy
from tests.kernel.helpers import counts_by_document, fast, headword
from tests.strategies import make_block

GOLDEN_VERSION = 1

ESCAPED = [
    rb"The dog sleeps. The dog\u2019s house is old; I don\u2019t know whose.",
    "The dog sleeps. The dog’s house is old; I don’t know whose.".encode(),
    rb"\u0054he DOG\u0027S h\u006fuse\nMonday\n\n- Monday: it\u2019s late\\night, \"dog\"\t(\/dog)",
    rb"Caf\u00e9, cafe\u0301 and CAF\u00C9: \ud83d\ude00 \ud801\udc28 \ud83d \\u0064og \u0064og",
    b'broken \xc3 dog\xff dog\\x dog\\ud dog \\" dog\\',
    b"",
]
PLAIN = [
    b"It was the best of times, it was the worst of times. " * 3,
    b"I think, therefore I'm. On Monday I think of us; MONDAY! US? us",
    b"_dog_ snake_case dog_ 3rd dogs' 'dog' rock'n'roll dog-house well-known",
    "donʼt DON’T 5's dog3's dog'3 d'og 'I' cafe\u0301's café’S ǅ dog's's dog''s".encode(),
    "Straße STRASSE STRAẞE Σίσυφος ΣΊΣΥΦΟΣ Kelvin: \u212aelvin".encode(),
    "Der Hund schläft. Собака спит. 犬が寝ている。 कुत्ता सो रहा है।".encode(),
    b"dog\r\ndog\r\n\r\nDog\x00dog\x7fdog\xc0\xafdog \xe2\x80 dog",
    b"one house two houses, the house's dogs and every house of counterrevolutionaries " * 4,
    b"",
    b"dog",
]
LEXICON = [
    headword("the", "der", "die", "das", weights=(3, 2, 1)),
    headword("dog", "Hund", "Köter", 'ein "Hund"', weights=(1, 0.25, 0.25)),
    headword("dogs", "Hunde"),
    headword("house", "Haus", "Häuser\\", "haus\n"),
    headword("i", "ich", own_capital=True),
    headword("i'm", "ich bin", own_capital=True),
    headword("don't", "nicht", "kein"),
    headword("monday", "Montag", "montag", own_capital=True),
    headword("us", "uns", "ijs", "iyi"),
    headword("of", "von", "aus", "über", weights=(0.1, 0.1, 1e-9)),
    headword("was", "war"),
    headword("worst", "schlimmste", "straße"),
    headword("counterrevolutionaries", "Konterrevolutionäre"),
    headword("rock'n'roll", "Rock"),
    headword("snake_case", "schlange"),
    Headword(("café", "cafe\u0301"), "café", ("Kaffeehaus", "Café"), (1.0, 1.0)),
    headword("straße", "street"),
    headword("σίσυφος", "sisyphus"),
    headword("kelvin", "grad"),
    headword("собака", "dog"),
    headword("कुत्ता", "dog"),
]
POLICIES = {
    "default": (Policy(), ""),
    "another seed": (Policy(seed=1), ""),
    "everything": (Policy(ratio=1), ""),
    "everything, Turkish": (Policy(ratio=1, seed=2**64 - 1), "tr"),
    "everything, Dutch, first": (Policy(ratio=1, translation=FIRST), "nl"),
    "per word": (Policy(ratio=0.5, translation=PER_WORD, seed=7), "de"),
    "of eligible": (Policy(ratio=0.5, of=OF_ELIGIBLE), ""),
    "half of the documents": (Policy(ratio=0.8, portion=0.5, seed=3), ""),
}
GOLDEN = {
    "default": "b64438e526f75cb9116b8bb61561811193efff024b498db751c05b7081fe14c2",
    "another seed": "67f50069f13cc514c1a762bc90fba2a2dab56b1a6303a39e1e6d283612571863",
    "everything": "22918b9377f103e0393354f14e4ceeffa6f00117cd371e7e00b22f850581b617",
    "everything, Turkish": "a0c5b21753f4c09a74f218fb7f08f9d82dec7aa62419ca4f5e0ed53b4fd04481",
    "everything, Dutch, first": "4a59e1783949efc28618182715a40e9e3b44d1257cf69f223c1a29b33d90daef",
    "per word": "91c857e502d42f4766d33ab630c9fa1431912d6bef22ae6725202c6913814fef",
    "of eligible": "6b0f4059dd21d38b7e4be75450a2a2bcc02937f7959f7ac4a03f1661e5f12ee9",
    "half of the documents": "558f85ba392106a6797d10b224da52cba63246773c6d4b5a1557349c5995e548",
}


def _keys(count: int) -> list[int]:
    return [(n + 1) * 0x9E3779B97F4A7C15 % 2**64 for n in range(count)]


def corpus() -> list[Block]:
    """The escaped documents and the plain ones."""
    return [
        make_block(some, [b"\n"] * len(some), _keys(len(some)), escaped, tail=b"\n")
        for some, escaped in ((ESCAPED, True), (PLAIN, False))
    ]


def digest(outcomes: list[tuple[bytes, list[DocumentCounts]]]) -> str:
    """sha256 of all new bytes and counts."""
    hashed = hashlib.sha256()
    for data, counts in outcomes:
        hashed.update(data)
        for one in counts:
            row = (int(one.touched), one.words, one.covered, one.eligible, one.swapped)
            hashed.update(repr(row).encode())
    return hashed.hexdigest()


def digest_of_reference(name: str) -> str:
    policy, language = POLICIES[name]
    return digest([reference.substitute(block, LEXICON, policy, language) for block in corpus()])


def digest_of_fast(name: str) -> str:
    policy, language = POLICIES[name]
    results = [fast(block, LEXICON, policy, language) for block in corpus()]
    return digest([(result.data(), counts_by_document(result.counts)) for result in results])


@pytest.mark.parametrize("digest_of", [digest_of_reference, digest_of_fast])
@pytest.mark.parametrize("name", POLICIES)
def test_the_swaps_of_the_golden_corpus_have_not_changed(
    name: str, digest_of: Callable[[str], str]
) -> None:
    assert digest_of(name) == GOLDEN[name], (
        "swaps changed: KERNEL_VERSION must rise, then regenerate with "
        "`python -m tests.kernel.test_golden`"
    )


def test_the_golden_hashes_are_of_this_kernel_version() -> None:
    assert GOLDEN_VERSION == KERNEL_VERSION, (
        "KERNEL_VERSION rose: regenerate with `python -m tests.kernel.test_golden`"
    )


def main() -> None:
    """Print the lines that belong above."""
    print(f"GOLDEN_VERSION = {KERNEL_VERSION}\n\nGOLDEN = {{")
    for name in POLICIES:
        print(f'    "{name}": "{digest_of_reference(name)}",')
    print("}")


if __name__ == "__main__":
    main()
