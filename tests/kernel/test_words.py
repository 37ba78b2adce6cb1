"""What a word is, by a table written by hand; both kernels must find the same."""

import pytest

import link.reference.text as reference
from link.kernel.window import window_of
from link.kernel.words import find_words

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
    ("\u0301acute _\u0301_b", "acute b"),
    ("a\u0301", "a\u0301"),
    ("हिन्दी में", "हिन्दी में"),
    ("犬 和 собака", "犬 和 собака"),
    ("𐐨𐐩 𝓪", "𐐨𐐩 𝓪"),
    ("x² Ⅷ ①a", "x a"),  # other numbers separate
    ("dog\u200bcat dog\u200dcat dog\u00adcat", "dog cat dog\u200dcat dog\u00adcat"),
    ("dog😀cat", "dog cat"),
    ("dog\x00cat\x7f", "dog cat"),
    ("dog\u00a0cat\u3000犬", "dog cat 犬"),
    ("dog\ufffdcat", "dog\ufffdcat"),
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
    ("dog'\u0301s", "dog s"),  # no letter follows
    ("dog`s dog´s dog′s", "dog`s dog´s dog′s"),
    ("ʼ ʼdog", "dog"),
]


def words_of(*documents: bytes) -> list[list[bytes]]:
    """The words that both kernels find in some documents side by side."""
    window = window_of(documents)
    found = find_words(window)
    spans = list(zip(found.starts.tolist(), found.ends.tolist(), strict=True))
    runs = zip(found.first.tolist(), found.last.tolist(), strict=True)
    fast = [[window.data[start:end] for start, end in spans[first:last]] for first, last in runs]
    slow = []
    for document in documents:
        text, offsets = reference.decode(document)
        places = reference.find_words(reference.shape_of(text))
        slow.append([document[offsets[start] : offsets[end]] for start, end in places])
    assert fast == slow
    return fast


@pytest.mark.parametrize(("text", "words"), TEXTS)
def test_words_are_found(text: str, words: str) -> None:
    assert [word.decode() for word in words_of(text.encode())[0]] == words.split()


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
def test_bytes_of_no_valid_character_separate(trouble: bytes) -> None:
    assert words_of(b"dog" + trouble + b"cat") == [[b"dog", b"cat"]]
    assert words_of(trouble + b"dog'" + trouble + b"s" + trouble) == [[b"dog", b"s"]]


def test_a_torn_character_takes_no_whole_one_with_it() -> None:
    assert words_of(b"dog\xc3" + "é".encode()) == [[b"dog", "é".encode()]]


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
def test_documents_end_words(documents: list[bytes], words: list[list[bytes]]) -> None:
    assert words_of(*documents) == words
