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
    "default": "5396587f626809510ad26c28e6badbca19286918ea468c54ec7bbf1d9db12566",
    "another seed": "c3326967cd377481556199113a38892c972f0166aa6509e83ad2ac33e9c594ef",
    "all that may be swapped": "6b22b92ef9b8c8fd39ef551fda7a6b7e0b4986f3bf673b58756af73c13336a78",
    "names": "ac4a6d9e6cbc67a5c8768ca5fac69a73994d15a74d91c5cb23d389d1fab66e05",
    "protected: nothing": "49578adc72d8993c72b26c60c708b707c5ddb6a5a8174db28994ea0e2af6da15",
    "protected: urls, emails": "098da506f588a9b707a3b417dca93cdfe9925520765dde698636a19f473a8945",
    "protected: markup": "9f59375dea17d509343a8838525f6bb9c58fcd565535664a32569025888df94f",
    "protected: code": "f66c1f6c64ee8acc4414be7a9f343efdc8c583406b9e6ce8e71f6ac75e14222d",
    "everything": "9876399bfbf510506d815e2d75e7de860bcb1bdefedc0a9889e2720d665da3cd",
    "everything, Turkish": "344bfc4cf25723789098cc7fdf7065c218097c560eb25878f3fb8eb3a4903fee",
    "everything, Dutch, first": "3589773636242816b5ce7280fa9a0f0217bc0ccc69ed1e1f149795d5cb4c9c01",
    "per word": "56971aba9d6c42201516af4fc5ce406b14e030b9344f4918d792c9789a38a7b2",
    "of eligible": "7ede07cb7b7c8831fc4bc95071cf29f1ed890eb71e449047c62c4976972f6773",
    "of eligible, names": "2ffdb5cedd2aba2cbd70d8da00997948e60b59f07026e0b53ae411a1d23686e7",
    "half of the documents": "ba622ff841c30e6af4b60f7a5362d4648a57505afb5c70e24903ded325f6b5d6",
    "two languages": "9682b12670fbf330c238dc501ca4dc20edd38301b9e4a8efa13adac550e2469c",
    "two languages, by word": "3eec52dd3e53ec2226e4bcfd5501f4d2702dc65a0026eb3f4a0803dd57ac1a08",
    "two languages, eligible": "c3b11a6374d3b2b6babebd3041b58dd57c00bad9267b705325942a5a4b2343c6",
    "annotated": "535507148b84d7a99158017e80c1617f65401e19a4373ed5060b543a16e658c2",
    "annotated, in quotes": "0552d41e73d72af0650a7b92045a457572c4d8b5933344eeb8940513c312c62c",
    "a mixture": "322dc764f54fffc1f8d5220450d00c44aac4b047ec9cc54c725368905ce1819b",
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
