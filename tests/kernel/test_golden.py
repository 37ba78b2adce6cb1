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
    "default": "9bf313fb1f2aaf3ccf0b54f1caacb0cc77270b7ec364d1d4e867f8ec1be5dc21",
    "another seed": "882671c8c8b3aca0e07a0ec58a802818ecab13034d9d4f9057f3d65d205bce26",
    "all that may be swapped": "dff946c5103b9bce01948e5909a03ad42542742fcd84385df1c56a61c000744d",
    "names": "bc049226339a81b3c0bc08e758431eeb4e19b1deb0dfb6bd677b6cb748ec72f8",
    "protected: nothing": "0d1b17489c98d87547dc730cf5435f12bcaab4f515c78506ac313c5130162885",
    "protected: urls, emails": "de52de015a899d6c35cdd54ed369b9a67f1e5d6b215b46a4987401242ad9b26f",
    "protected: markup": "f02fd2bebc9fdf103a67bfc4651a4fdca58fdeec79b1be2b6ff9ccfaf0ef8ea3",
    "protected: code": "feac3b8f36daf11d33689c0c48090f227023cc54a1960e2bc90f70e5314f938f",
    "everything": "545fe1c3fc7584df08e27f050bc7ac4178613be562fe7957697d4fdf7ff6f124",
    "everything, Turkish": "21db5acf32b0c91ba092c735ad4c576b8b22d3e2269a67ab58a1f8731953f76f",
    "everything, Dutch, first": "4553de9b1969eb2faae5a82e41133e918c5b8fe0ea56c9fb7bbab96dfa01f0e8",
    "per word": "9104e7d6b9768c4032d7c029542f7ed454731ecb98b1df45e2758de3cdd7095d",
    "of eligible": "546b71bfad993927ffcdfb782bd8759b49b435a6a41f2bf5564f1493e1247e17",
    "of eligible, names": "8df81106f2cb06e705fd5cba5dd924b934261fe4a5b26d7f764e9b1814abf094",
    "half of the documents": "65cbbe3baad0be55d8b738528f7976fc0eaed7269214d90edecdba35a2c976a5",
    "two languages": "3b446c508ffa2937ebd240a3f686a3e469f6ecd96c31a9db1334c2111eaa9100",
    "two languages, by word": "3137d22428fba17336c465c3c36e365b90b1ad9d511aa5b9c0d9009628bc12eb",
    "two languages, eligible": "12a404bd426b3abb5ce171e7fc88ee7ee8734e3fcdc5d1cafe59aecd04564eca",
    "annotated": "9523184298b42a52afc33883b0035aead343f5841e933f2b584bdf309302d158",
    "annotated, in quotes": "fa018aa728b297637c54a6b1c4ab53a24d76377f29ed6be00631e8174bd0675d",
    "a mixture": "ccad2135d715fd6815e231db2014ad218b30560fb26ede372a625e1f36d7d86a",
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
