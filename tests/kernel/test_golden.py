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

GOLDEN_VERSION = 7

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
    "default": "b444c9a0e87271371162c40563578df92edbd67fbb5f2d9c911cf6111ce5d750",
    "another seed": "df3a81a6f0e5a22f96181e3ca169e9f2c223cc31df8374759a91aa2ac0913954",
    "all that may be swapped": "cd243c791c1530b2495dc9e210ffaf6d84fccdbce81631daa630e19edef3ddc4",
    "names": "af5c92b154655d60c981cc8cd47d11fcc6bdc0e39d3bad80a2f59cfab5e97c2c",
    "protected: nothing": "9e70303c99c8f64f236823ef59462126085a3742532aa27bc783c80bd4400bc8",
    "protected: urls, emails": "aededad6d7b3ad7f495fd853614abc41fb65135b3d58e474c4172c084ca23230",
    "protected: markup": "9dd437ea3f03b3facaa503f0c3aa9e1b340568b4f98a55116da760abfad1eb6d",
    "protected: code": "920094c830b06f56c720bbf9abb90ddea6b4871250d1e0ece45519876160411d",
    "everything": "0733ee10c91d87e4ee6468bcbc5322b1c3912a4a6045f01dcc053f75baf6099f",
    "everything, Turkish": "89aa8ecced7d1df8c9ccd2dfec3a7de7d3993b99fa72b3f269405ea73d0eacc0",
    "everything, Dutch, first": "de10befe13646fff1d9543d3d0683edde31cb2fc772530f5d29a154f65972efc",
    "per word": "fcc268560bc88f0d51cccd0fa9d954e886cb2703e75b83a27c04b27f9f376de5",
    "of eligible": "994c97d68469ad0a482538cc6e6535536e0a33243e25bb145edd67918baf76a7",
    "of eligible, names": "0505f702225b41f8c3736f6e109412458126ed32f36fd7d1985e77d3d74f33cf",
    "half of the documents": "273b13384ca81a42e464c42dd1289fccf88bfd7361330fce14e41db944f07b16",
    "two languages": "37b31127a8b2f855a7816596cc4d758f23ee31f48eaa7427241870ba30e7fb32",
    "two languages, by word": "21b8d922ee3f925257c937eca65a0fd8ba54d55bb7ba33f3d0708bf0063a892f",
    "two languages, eligible": "5d528125369a200e224790c91d0ad47609a6e1dc90f00ed2f8e77a3d7ee90f3a",
    "annotated": "deb0f02dea54b15e86d2d06fde2d202becc24fa471db623c92ff1a8ee60c3a5d",
    "annotated, in quotes": "14c53f21c6c1dc1d2bd55dc73ade12bf28ac1dd985e4845b8e4d7be9314e914e",
    "a mixture": "01ac045b02465b6d728aa3a7179f47811fce96bc8b017c6b7450016195aa8d93",
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
