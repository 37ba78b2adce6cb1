"""Golden hashes: the swaps of a fixed corpus, which no release may change in silence.

After a change that is meant, raise `KERNEL_VERSION` and write the table anew, into this file:

    python -m tests.kernel.test_golden
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest

from link.kernel import KERNEL_VERSION
from link.language.headwords import Headword, Language
from link.policy import FIRST, OF_ELIGIBLE, PER_WORD, Policy
from tests.kernel.helpers import both, headword

GOLDEN_VERSION = 3

CORPUS = [
    "The dog sleeps. The dog’s house is old; I don’t know whose.".encode(),
    'The DOG\'S house\nMonday\n\n- Monday: it’s late\\night, "dog"\t(/dog)'.encode(),
    "Café, cafe\u0301 and CAFÉ: 😀 𐐨 \\u0064og dog".encode(),
    b'caf\xed\xa0\xbd dog \xed\xa0\xbddog broken \xc3 dog\xff dog\\x dog\\ud dog \\" dog\\',
    "THE DOG HOUSE\n\n```\nthe dog\n\nthe dog\n~~~\n```\nIce\u00a0cream: ice\tcream `dog`".encode(),
    b'# The Dog\nMr. Polish, "yes." Polish the dog <dog> </dog> a/b/dog US {{dog}} %(dog)s <|dog|>',
    b"<pre>the dog\n\nthe dog</pre> the <code>dog</code>\n\n[dog](dog)[dog][dog]\n[dog]: the dog",
    b"dog::\n\n    the dog\n    of\n\nthe dog\n\n    dog = the(dog)  # a\n    dog[the] =\n\ndog",
    b"Mr. Polish of the dog house.\n\n" * 40 + b"the dog on Monday " * 20,
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
    "default": "881cd0fe5e402daa5987e2f66c2839797cf798224a510f154124c45befd03c56",
    "another seed": "753f5da6bf98b4843a553eac43bbfc6b91acaa8bb1f2c4568ce8a620f995d6e4",
    "all that may be swapped": "f3e8c550988dea1e3925fc6b8a33b3496b8e89d6fb3e527967df7a576267520f",
    "names": "90fd0c6dfe0599a52b93d151d62e26ea68a2d3c108c63e4c440623d0ff4ba4d3",
    "protected: nothing": "ee5abb942b60d47fe24aaae71d1c80cafe645c8d96ffa170627179d3e327945c",
    "protected: urls, emails": "0c08cbf3b4289d8175e69081406a1d74fa3c872c9e4e29213903fa351ac7aab8",
    "protected: markup": "1b0fe0bb254e2f5e0548e4b80bb65127c918a11035b9cd3ed99fc175fe91733d",
    "protected: code": "e335b8cb1a580988bac8d8a9c22799fd4d9ff50afea3ff47a09229a23128f676",
    "everything": "117978743bfad178fe068ec789d7f350496dd1af2f544a31a7e45b44f46b0067",
    "everything, Turkish": "c64d28c888e9e491425c28d5611de5cbbc87b61c851fddbf57c9a27c04faf7a3",
    "everything, Dutch, first": "9bd963229bd92160d129416edb67cfb25d2864cf07aeae60962c04620d6ddca9",
    "per word": "1aa99af5a2c9fcabb823f40b29f8203dc86ccd21c7aaaace55c5007c52072e5a",
    "of eligible": "b259d0a42760b1a34b0626c7c7d53fefd056977d6956b97f7d407fd762fe088e",
    "of eligible, names": "08854bbd8fd149068bb933c3338ae426c1a191ae3bf569b1abc6b23f3d204aea",
    "half of the documents": "ab1fb73b5ed604296a70af17f52b45eb08b42fe6506876bbb1b2e2877f7070c5",
    "two languages": "5847d1c06f2dbbcc489014954824099ffe9e1e5bbd21cac9fe4b647743eff944",
    "two languages, by word": "92ee060df58cd8b7f0675518fd982bf9b6526646a8d1c15f037cd21dfe7b3830",
    "two languages, eligible": "128846f66034ebb8d3b7456ae22db577798a16dca6bb41efba3e7919a97bc0cf",
    "annotated": "ef7022962f2e97cef4a0d0ff6c7d19530d6acc9ce0f47de2eb4a87ef9b8ec224",
    "annotated, in quotes": "a34219462d172be17ca1d70f55d70c74c5988df6bdfaf5b0f2c3c2a8eec68cc2",
    "a mixture": "ab118c4d8982ee8e1718379989e97094fb39728d112eca6e21dbe961e921cc13",
}


KEYS = [(n + 1) * 0x9E3779B97F4A7C15 % 2**64 for n in range(len(CORPUS))]
SECTION_BYTES = 1000
"""So that a document of the corpus has several sections."""


def digest(name: str) -> str:
    """sha256 of all new bytes and counts, on which both kernels agree."""
    policy, languages = POLICIES[name]
    headwords = [one for one in LEXICON if one.language < len(languages)]
    sizes = {"section_bytes": SECTION_BYTES}
    done = both(CORPUS, headwords, policy, languages, keys=KEYS, **sizes)
    hashed = hashlib.sha256(b"\n".join(done.texts))
    for field in fields(done.counts):
        value = getattr(done.counts, field.name)
        hashed.update(repr(None if value is None else value.tolist()).encode())
    return hashed.hexdigest()


@pytest.mark.parametrize("name", POLICIES)
def test_the_swaps_of_the_golden_corpus_have_not_changed(name: str) -> None:
    assert digest(name) == GOLDEN[name], (
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
        lines.append(f'    "{name}": "{digest(name)}",')
    path = Path(__file__)
    text = path.read_text(encoding="utf-8")
    text = re.sub("(?m)^GOLDEN_VERSION = .*$", f"GOLDEN_VERSION = {KERNEL_VERSION}", text)
    table = "\n".join([*lines, "}"])
    text = re.sub("(?ms)^GOLDEN = {.*?^}", lambda _: table, text)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
