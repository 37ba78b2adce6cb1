"""What a word is, by a table written by hand; both kernels must find the same."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from link.kernel import reference
from link.kernel.words import find_words
from tests.strategies import make_block, spell_ascii, spell_json, spell_utf8

TEXTS = [
    # text, its words
    ("", ""),
    ("dog", "dog"),
    ("The dog sleeps.", "The dog sleeps"),
    ("  two\tmore\nlines\r\n", "two more lines"),
    # letters, marks, digits
    ("3rd", ""),
    ("a3", "a3"),
    ("B2B 4x4 x86_64", "B2B x86_64"),
    ("42 ٣٤ x٣", "x٣"),
    ("naïve", "naïve"),
    ("nai\u0308ve", "nai\u0308ve"),
    ("\u0301acute", ""),
    ("a\u0301", "a\u0301"),
    ("हिन्दी में", "हिन्दी में"),
    ("犬 和 собака", "犬 和 собака"),
    ("𐐨𐐩 𝓪", "𐐨𐐩 𝓪"),
    ("x² Ⅷ ①a", "x a"),  # other numbers separate
    ("dog\u200bcat dog\u200dcat dog\u00adcat", "dog cat dog cat dog cat"),
    ("dog😀cat", "dog cat"),
    ("dog\x00cat\x7f", "dog cat"),
    ("dog\u00a0cat\u3000犬", "dog cat 犬"),
    ("dog\ufffdcat", "dog cat"),
    # the hyphen and its kin separate
    ("well-known well—known well‐known", "well known well known well known"),
    ("and/or a.b x=1 @me #tag", "and or a b x me tag"),
    # underscores
    ("_dog_", "dog"),
    ("__dog__ ___", "dog"),
    ("snake_case", "snake_case"),
    ("_3rd", ""),
    ("_a3_", "a3"),
    ("dog_3_", "dog_3"),
    ("dog_\u0301", "dog_\u0301"),
    ("dog_'s", "dog s"),
    ("dog'_s", "dog s"),
    ("＿dog‿cat", "dog cat"),  # no other connector is an underscore
    # apostrophes join two letters, and nothing else
    ("don't don’t donʼt", "don't don’t donʼt"),
    ("rock'n'roll", "rock'n'roll"),
    ("'dog'", "dog"),
    ("‘dog’ dogs' dogs’", "dog dogs dogs"),
    ("dog''s dog'’s", "dog s dog s"),
    ("'tis", "tis"),
    ("a'", "a"),
    ("'", ""),
    ("5's the '90s", "s the"),
    ("a1's a'1", "a1 s a"),
    ("cafe\u0301's", "cafe\u0301's"),
    ("dog'\u0301s", "dog"),  # what is left begins with a mark
    ("dog`s dog´s dog′s", "dog s dog s dog s"),
    ("ʼ ʼdog", "dog"),
]

SPELLINGS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "escaped as ASCII": spell_ascii,
    "escaped as UTF-8": spell_utf8,
    "all escaped": lambda text: spell_json(text, lambda options: options[-1]),
}


def words_of(raw: bytes, escaped: bool) -> list[bytes]:
    """The words that both kernels find in a document."""
    block = make_block([raw], [b""], [0], escaped)
    data = bytes(block.data)
    found = find_words(data, block.starts, block.ends, escaped)
    assert (found.first.tolist(), found.last.tolist()) == ([0], [len(found.starts)])
    fast = [data[start:end] for start, end in zip(found.starts, found.ends, strict=True)]
    characters = list(reference.decode(raw, escaped))
    slow = [
        b"".join(character.raw for character in characters[start:end])
        for start, end in reference.find_words(characters)
    ]
    assert fast == slow
    return fast


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("text", "words"), TEXTS)
def test_words_are_found_however_the_text_is_spelled(text: str, words: str, spelling: str) -> None:
    found = words_of(SPELLINGS[spelling](text), spelling != "plain")
    if spelling == "plain":
        decoded = [word.decode() for word in found]
    else:
        decoded = [json.loads(b'"%s"' % word) for word in found]
    assert decoded == words.split()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (rb"a\nb", [b"a", b"b"]),
        (rb"\ndog\tcat\r", [b"dog", b"cat"]),
        (rb"a\\nb", [b"a", b"nb"]),  # an escaped backslash, then letters
        (rb"a\\\nb", [b"a", b"b"]),
        (rb"dog\\u0041", [b"dog", b"u0041"]),
        (rb"dog\\\u0041", [b"dog", rb"\u0041"]),
        (rb"do\u0067", [rb"do\u0067"]),
        (rb"\u0064OG\u2019S", [rb"\u0064OG\u2019S"]),
        (rb"dog\u005f", [b"dog"]),
        (rb"\u005Fdog\u005f_", [b"dog"]),
        (rb"a\u005fb", [rb"a\u005fb"]),
        (rb"a\u0027b \u0027a", [rb"a\u0027b", b"a"]),
        (rb"a\u0020b\u000ac", [b"a", b"b", b"c"]),
        (rb"\ud801\udc28x", [rb"\ud801\udc28x"]),
        (rb"a\ud801b\udc28c", [b"a", b"b", b"c"]),  # halves of a pair are no letters
        (rb"a\udc28\ud801b", [b"a", b"b"]),
        (rb"\ud801\ud801\udc28", [rb"\ud801\udc28"]),
        (rb"a\"b", [b"a", b"b"]),
        (rb"a\/b", [b"a", b"b"]),
        # what JSON does not allow
        (rb"dog\xcat", [b"dog", b"cat"]),
        (rb"dog\u00gt", [b"dog"]),  # 00gt begins with a digit
        (rb"dog\uxcat", [b"dog", b"xcat"]),
        (rb"dog\U0041", [b"dog"]),
        (b"dog\\", [b"dog"]),
        (b"dog\\u", [b"dog"]),
        (b"dog\\u004", [b"dog"]),
        (b"dog\\\xc3\xa9x", [b"dog", b"x"]),  # the backslash takes the first byte of é
        (b'a"b', [b"a", b"b"]),
    ],
)
def test_escapes_count_as_the_characters_they_stand_for(raw: bytes, words: list[bytes]) -> None:
    assert words_of(raw, escaped=True) == words


@pytest.mark.parametrize("text", [rb"a\nb", rb"a\u0041b", rb"a\"b"])
def test_plain_text_has_no_escapes(text: bytes) -> None:
    assert words_of(text, escaped=False) == text.replace(b'"', b"").split(b"\\")


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize(
    "trouble",
    [
        *(b"\x80", b"\xbf", b"\xff", b"\xfe", b"\xc3", b"\xe2\x80", b"\xf0\x9f\x98"),  # torn
        *(b"\xc0\xaf", b"\xc1\x81", b"\xe0\x81\x81", b"\xf0\x80\x81\x81"),  # overlong
        *(b"\xed\xa0\x81", b"\xed\xbf\xbf"),  # surrogates
        *(b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80"),  # beyond U+10FFFF
        *(b"\xc3\xc3", b"\xe2\x80\x80", b"\xe2\xc3"),
    ],
)
def test_bytes_of_no_valid_character_separate(trouble: bytes, escaped: bool) -> None:
    assert words_of(b"dog" + trouble + b"cat", escaped) == [b"dog", b"cat"]
    assert words_of(trouble + b"dog'" + trouble + b"s" + trouble, escaped) == [b"dog", b"s"]


@pytest.mark.parametrize("escaped", [False, True])
def test_a_torn_character_takes_no_whole_one_with_it(escaped: bool) -> None:
    assert words_of(b"dog\xc3" + "é".encode(), escaped) == [b"dog", "é".encode()]


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        ([b"dog", b"cat"], [[b"dog"], [b"cat"]]),
        ([b"dog'", b"s"], [[b"dog"], [b"s"]]),
        ([b"dog", b"'s"], [[b"dog"], [b"s"]]),
        ([b"dog_", b"_cat"], [[b"dog"], [b"cat"]]),
        ([b"3", b"rd"], [[], [b"rd"]]),
        ([b"caf\xc3", b"\xa9x"], [[b"caf"], [b"x"]]),
        ([b"a\xe2\x80", b"\x99s"], [[b"a"], [b"s"]]),
        ([b"\xcc", b"\x81a"], [[], [b"a"]]),
        ([b"a", b"", b"b"], [[b"a"], [], [b"b"]]),
        ([b"", b"", b"a", b""], [[], [], [b"a"], []]),
    ],
)
@pytest.mark.parametrize("between", [b"", b"a", b"3", b"_", b"'"])
def test_documents_end_words_even_where_they_touch(
    documents: list[bytes], words: list[list[bytes]], between: bytes
) -> None:
    gaps = [between] * len(documents)
    block = make_block(documents, gaps, [0] * len(documents), False, tail=between)
    data = bytes(block.data)
    found = find_words(data, block.starts, block.ends, False)
    in_documents = [
        [data[found.starts[n] : found.ends[n]] for n in range(first, last)]
        for first, last in zip(found.first, found.last, strict=True)
    ]
    assert in_documents == words
    assert found.last.dtype == np.int64
