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
    "default": "52e62df28cfc177aa1f0b164f4134453b89ade93b0e6be57b975134d9e6c6ab2",
    "another seed": "311c5404d55325e1da902f52c2f063913dbde0a840a5e55338fc753fc13c02f2",
    "everything": "e29bc705e93f2c0073978858353347e2f6b623be8af0a43540517af2e1aedce6",
    "everything, Turkish": "1a8d9e3e8eb357086ae0aea725a58f1e7ed6346706f3afac0bb946dba838c0ef",
    "everything, Dutch, first": "e5ee1deba33c5804f6b01705088ea691746f1c7951e0eda72026663cd94d84d1",
    "per word": "f750f2675015191fd7fe7c97356d671143f0ca3d7dfae13d0b2b0698df1d1d48",
    "of eligible": "59527bf850692d039435b75b076d05e3a838f9553d548380e70a5638c2efb8ac",
    "half of the documents": "4fa75dbcc6169b87f793adbcf3c79c6c6b6706de83a7967015e81b0b53c3a9da",
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
