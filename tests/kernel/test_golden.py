"""Golden hashes: the swaps of a fixed corpus, which no release may change in silence.

After a change that is meant, raise `KERNEL_VERSION` and write the table anew, into this file:

    python -m tests.kernel.test_golden
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from link.block import Block
from link.kernel import KERNEL_VERSION, reference
from link.kernel.compiled import Headword, Language
from link.kernel.reference import DocumentCounts
from link.policy import FIRST, OF_ELIGIBLE, PER_WORD, Policy
from tests.kernel.helpers import counts_by_document, fast, headword
from tests.strategies import make_block

GOLDEN_VERSION = 2

ESCAPED = [
    rb"The dog sleeps. The dog\u2019s house is old; I don\u2019t know whose.",
    "The dog sleeps. The dog’s house is old; I don’t know whose.".encode(),
    rb"\u0054he DOG\u0027S h\u006fuse\nMonday\n\n- Monday: it\u2019s late\\night, \"dog\"\t(\/dog)",
    rb"Caf\u00e9, cafe\u0301 and CAF\u00C9: \ud83d\ude00 \ud801\udc28 \ud83d \\u0064og \u0064og",
    b'broken \xc3 dog\xff dog\\x dog\\ud dog \\" dog\\',
    rb"THE DOG HOUSE\n\n```\nthe dog\n\u000Athe dog\n~~~\n```\nIce\u00a0cream: ice\tcream "
    rb"\u0060dog`",
    rb"\u0023 The Dog\nMr.\u0020Polish, \"yes.\" Polish the dog \u003cdog\u003e "
    rb"<\/dog> a\/b\/dog US",
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
    b"Mr. Polish polishes us in the US. Polish the dog house, IT said; on Monday I'm in New York.",
    b"THE DOG HOUSE\n\nThe House of the Dog\n\n# Polish House\n\nice\ncream, ice-cream, Ice Cream",
    b"see http://dog.org/house, dog@dog.org, /the/dog, `dog`, $dog$ <dog>the dog</dog> &dog; dog",
    b"```\nthe dog\n\n    dog\n```\nthe dog costs $5 and $10, and/or \\emph{dog} "
    b"\\cite{dog} v1.2-dog",
    b"\tif (dog) {\n\t\treturn the_dog;\n\t}\n\n$ dog\n\n    the dog\n    of old\n\n--dog "
    b"dog() x=dog",
    b"in spite of the dog house, the dog's house and the ice cream's end; dog dog dog in spite dog "
    * 3,
]
LEXICON = [
    headword("the", "der", "die", "das", weights=(3, 2, 1)),
    headword("dog", "Hund", "Köter", 'ein "Hund"', weights=(1, 0.25, 0.25)),
    headword("dogs", "Hunde"),
    headword("house", "Haus", "Häuser\\", "haus\n"),
    headword("I", "ich"),
    headword("I'm", "ich bin"),
    headword("don't", "nicht", "kein"),
    headword("Monday", "Montag", "montag"),
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
    headword("US", "Vereinigte Staaten", "VS"),
    headword("it", "es"),
    headword("Polish", "polnisch", "Polnische"),
    headword("polish", "polieren"),
    headword("New York", "neu jork"),
    headword("dog house", "Hundehütte", "Zwinger"),
    headword("the dog house", "die Hundehütte"),
    headword("ice cream", "Eis"),
    headword("ice-cream", "Eiscreme"),
    headword("ice", "frost"),
    headword("cream", "sahne"),
    headword("in spite of", "trotz"),
    headword("dog dog", "zwei Hunde"),
    # the second language
    headword("dog", "mbwa", "jibwa", language=1),
    headword("house", "nyumba", language=1),
    headword("the", "ile", language=1),
    headword("Polish", "Kipolandi", language=1),
    headword("spite of", "licha ya", language=1),
    headword("Monday", "jumatatu", "ijumaa", language=1),
    headword("of", "ya", "iya", language=1),
]
"""Two languages; with one, the second's headwords are left out."""

ONE, TWO = [Language("de")], [Language("de"), Language("tr", 0.7)]
SWAP_ALL = {"ratio": 1, "names": "swap", "protect": "none"}
POLICIES: dict[str, tuple[Policy, Sequence[Language]]] = {
    "default": (Policy(), ONE),
    "another seed": (Policy(seed=1), ONE),
    "all that may be swapped": (Policy(ratio=1), ONE),
    "names": (Policy(ratio=1, names="swap"), ONE),
    "protected: nothing": (Policy(ratio=1, protect="none"), ONE),
    "protected: urls, emails": (Policy(ratio=1, protect="urls,emails"), ONE),
    "protected: markup": (Policy(ratio=1, protect="markup"), ONE),
    "protected: code": (Policy(ratio=1, protect="code", seed=5), ONE),
    "everything": (Policy(**SWAP_ALL), [Language()]),
    "everything, Turkish": (Policy(**SWAP_ALL, seed=2**64 - 1), [Language("tr")]),
    "everything, Dutch, first": (Policy(**SWAP_ALL, translation=FIRST), [Language("nl")]),
    "per word": (Policy(ratio=0.5, translation=PER_WORD, seed=7), ONE),
    "of eligible": (Policy(ratio=0.5, of=OF_ELIGIBLE), ONE),
    "of eligible, names": (Policy(ratio=0.5, of=OF_ELIGIBLE, names="swap", protect=()), ONE),
    "half of the documents": (Policy(ratio=0.8, portion=0.5, seed=3), ONE),
    "two languages": (Policy(ratio=0.6, seed=11), TWO),
    "two languages, by word": (Policy(ratio=0.6, mix="word", names="swap"), TWO),
    "two languages, eligible": (Policy(ratio=0.6, of=OF_ELIGIBLE, mix="word", seed=2), TWO),
    "annotated": (Policy(ratio=0.7, mode="annotate"), ONE),
    "annotated, in quotes": (Policy(ratio=1, mode="annotate", brackets='""', names="swap"), ONE),
    "a mixture": (Policy(ratio=1, mode="replace=0.6,annotate=0.4", translation=PER_WORD), TWO),
}
GOLDEN = {
    "default": "54c4ebec14a997306febf0cd48dfac6c64247b03d6842aa37058a19ed1789b2b",
    "another seed": "bd6fba8ac1841a6aabe2f1549757b13686b07df1387fbd8b6651188a36ab8100",
    "all that may be swapped": "9cc400afa7557fc3a311786a9c0b52413479b5b7119b0546ffe8d58128af3906",
    "names": "f153b291afe3633eb38415646d4104c661a21d29bcaefd339c328b6a45fd0afd",
    "protected: nothing": "0353cda45f5d69e96422a9c9bd0677b5c76ae2a58057459702cf902a721eaf4e",
    "protected: urls, emails": "74de86efc4a44e3d42495c5479a1f090218b9a998a6dcfcf50ee11984f2499ce",
    "protected: markup": "f27091c96e83cd383ba6baced0fe6d17bb5a9471c1578bf5f212dc9c1c338996",
    "protected: code": "52cd0ad6ccae023b52dabb72f778df6d5a7ee2ae9d64225c972a91afb5be8ce8",
    "everything": "f0c2ddf89952d417d58864ddd00d29119300350f8d34fd8070a369e212e69876",
    "everything, Turkish": "4de03aeec4b69a0d8e1a89ea39c230a8ebfbf4e1cb8127a0360aaf79c4b5b81d",
    "everything, Dutch, first": "81f722bea3173b3f7a90772de8caa0c65918286c67b808f6b398455b3da76225",
    "per word": "4413ffc96a73c71acf53e76ced5749880e53f7cb466abe8edab65bd0a63d13f6",
    "of eligible": "5bed71b6bba4cef8e19f456f2750bb086acbe42e26e99bf8cabfa7a8ec092708",
    "of eligible, names": "e84651e26122388a5a365afc390c919dabb4c30d720017b8466ddcbf62be18fe",
    "half of the documents": "ed8d60b56671938578ef4e52ebeb7914e65f95e23de7ddd420ebf3a57ea05990",
    "two languages": "fd0931e268b762236a2ff675ad5c83c7af0d3ce5165c2ca1ab282feebf389802",
    "two languages, by word": "2ae1bc7e3bff3e9699c770bede97eef38a93359f8320b849f386df9ebc0eecba",
    "two languages, eligible": "c47013149936031a771e5a4def5af7a1387c6d2f74a9c2609ae070b963671cf9",
    "annotated": "f20654954685f2758dc3187691e929e743bd192fb561da869c376614d76a6fdd",
    "annotated, in quotes": "5ad02f1ddafce5524019926ce237c5100eef9e895e3aabc6c83dd3cf138e3fe3",
    "a mixture": "55813051f2df9cf0744e37f152ee7a651d06884fe1108047f713292cf14d5ec3",
}


def _keys(count: int) -> list[int]:
    return [(n + 1) * 0x9E3779B97F4A7C15 % 2**64 for n in range(count)]


def corpus() -> list[Block]:
    """The escaped documents and the plain ones."""
    return [
        make_block(some, [b"\n"] * len(some), _keys(len(some)), escaped, tail=b"\n")
        for some, escaped in ((ESCAPED, True), (PLAIN, False))
    ]


def headwords_of(languages: Sequence[Language]) -> list[Headword]:
    """The headwords of the first languages."""
    return [one for one in LEXICON if one.language < len(languages)]


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
    policy, languages = POLICIES[name]
    headwords = headwords_of(languages)
    return digest([reference.substitute(block, headwords, policy, languages) for block in corpus()])


def digest_of_fast(name: str) -> str:
    policy, languages = POLICIES[name]
    results = [fast(block, headwords_of(languages), policy, languages) for block in corpus()]
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


def test_each_golden_policy_gives_other_swaps() -> None:
    assert len(set(GOLDEN.values())) == len(POLICIES)
    assert GOLDEN.keys() == POLICIES.keys()


def test_the_golden_hashes_are_of_this_kernel_version() -> None:
    assert GOLDEN_VERSION == KERNEL_VERSION, (
        "KERNEL_VERSION rose: regenerate with `python -m tests.kernel.test_golden`"
    )


def main() -> None:
    """Write the version and the hashes of both kernels' bytes into this file."""
    lines = ["GOLDEN = {"]
    for name in POLICIES:
        assert digest_of_reference(name) == digest_of_fast(name), f"the kernels differ on {name}"
        lines.append(f'    "{name}": "{digest_of_reference(name)}",')
    path = Path(__file__)
    text = path.read_text(encoding="utf-8")
    text = re.sub("(?m)^GOLDEN_VERSION = .*$", f"GOLDEN_VERSION = {KERNEL_VERSION}", text)
    table = "\n".join([*lines, "}"])
    text = re.sub("(?ms)^GOLDEN = {.*?^}", lambda _: table, text)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
