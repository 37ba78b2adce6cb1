"""Characters, words, sections, sentences and headings."""

import pytest

from link.language.headwords import CAPITAL, CAPITALS, SMALL
from link.reference.text import Text, begins_sentence, decode, find_words, sections, shape_of


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in find_words(shape_of(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("_dog_ 3rd don’t rock'n'roll", "dog don’t rock'n'roll"),
        ("well-known dogs' m² हिन्दी", "well known dogs m हिन्दी"),
        ("B2B 4x4 x86_64 _3rd _a3_ dog_3_", "B2B x86_64 a3 dog_3"),
        ("x٣ ٣٤ 犬 𐐨𐐩 нет", "x٣ 犬 𐐨𐐩 нет"),
        ("dog\u200bcat dog\u00adcat dog😀cat", "dog cat dog\u00adcat dog cat"),
        ("＿dog‿cat", "dog cat"),  # only `_` is an underscore
        # marks that a word begins with are put aside, those behind belong to it
        ("\u0301acute _\u0301_b a\u0301 a_\u0301", "acute b a\u0301 a_\u0301"),
        # an apostrophe joins a letter, which may carry marks, and a letter
        ("donʼt cafe\u0301's dog''s dog'_s dog_'s", "donʼt cafe\u0301's dog s dog s dog s"),
        ("'dog' 'tis 5's a1's a'1 a_\u0301's", "dog tis s a1 s a a_\u0301 s"),
    ],
)
def test_a_word_is_a_run_of_letters_marks_digits_and_underscores(text: str, expected: str) -> None:
    assert words(text) == expected.split()


@pytest.mark.parametrize(
    ("raw", "spans"),
    [
        (b"a\xffb", [(0, 1), (2, 3)]),
        (b"a\xed\xa0\x80b", [(0, 1), (4, 5)]),  # a lone surrogate
        (b"\xe2\x80", []),
        ("é犬".encode(), [(0, 5)]),
        ("\x80\xdf\ud7ff\uffff".encode() + b"x\xc3", [(2, 4), (10, 11)]),
    ],
)
def test_bytes_that_are_no_text_separate_words_and_none_is_lost(
    raw: bytes, spans: list[tuple[int, int]]
) -> None:
    text, offsets = decode(raw)
    assert len(offsets) == len(text) + 1
    assert offsets[-1] == len(raw)
    assert text.encode("utf-8", "surrogateescape") == raw
    found = find_words(shape_of(text))
    assert [(offsets[start], offsets[end]) for start, end in found] == spans


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("ab", 2, ["ab"]),
        ("", 2, [""]),
        ("a\n\nb\n\ncd", 7, ["a\n\nb\n\n", "cd"]),  # the last blank line
        ("a\nb\r\n\r\ncd", 8, ["a\nb\r\n\r\n", "cd"]),
        ("a\n\n```\n\nb```\nc", 13, ["a\n\n", "```\n\nb```\nc"]),  # not in a fence
        ("```\na\n\nb\nc", 9, ["```\na\n\n", "b\nc"]),  # or in one, where all are
        ("a b\nc d", 6, ["a b\n", "c d"]),
        ("ab cd", 4, ["ab ", "cd"]),
        ("abcde", 2, ["ab", "cd", "e"]),
        ("éé", 3, ["é", "é"]),  # whole characters
        ("\udcff\udcff犬", 2, ["\udcff\udcff", "犬"]),
        ("a \n b", 2, ["a ", "\n", " b"]),
    ],
)
def test_a_long_document_is_cut_where_little_is_torn(
    text: str, size: int, expected: list[str]
) -> None:
    decoded, offsets = decode(text.encode("utf-8", "surrogateescape"))
    spans = sections(decoded, offsets, size)
    assert [decoded[begin:end] for begin, end in spans] == expected


@pytest.mark.parametrize(
    ("gap", "begins"),
    [
        *((gap, True) for gap in (". ", "!\n", "?\u00a0", "… ", ".\u2028", '." ', ".’) ", ".** ")),
        *((gap, True) for gap in ("\n\n", "\n \n", ",\r\n\r\n", "\n- ", "\r\n\t* ", "\n• ", "\n#")),
        *((gap, False) for gap in (" ", "", ", ", ": ", " — ", "\n", "\r\n", "\u2028", "\u2029\n")),
        *((gap, False) for gap in (".", ".-", './"', '."', ".5 ", ".\u200b ", "- \n", "\n1 ")),
    ],
)
def test_a_gap_begins_a_sentence_or_it_does_not(gap: str, begins: bool) -> None:
    assert begins_sentence(gap) is begins


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("dog. dog", True),
        *((f"{short}dog", False) for short in ("Mr. ", "MR. ", "J. ", "vs.\n", "St.\u00a0")),
        *((f"{short}dog", True) for short in ("Mr! ", "Mr.) ", "Mr.\n\n", "é. ", "Mr. - . ")),
    ],
)
def test_the_full_stop_of_an_abbreviation_or_initial_ends_no_sentence(
    text: str, begins: bool
) -> None:
    assert Text(text).begins == [True, begins]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *(
            (text, CAPITALS)
            for text in ("THE DOG", "IT'S A DOG", "3. THE DOG!", "CHAPTER", "É DOG")
        ),
        *((text, SMALL) for text in ("NASA", "THE Dog x", "THE DOG x", "x y", "Dog")),
        *((text, CAPITAL) for text in ("The Dog", "House of Dog", "# Big Dog", " ## Big DOG")),
        *((text, SMALL) for text in ("Big Dog", "# Big Dog x", "House of a small Dog", "of the")),
    ],
)
def test_a_heading_is_a_line_of_capitals_or_of_capitalised_words(text: str, kind: int) -> None:
    count = len(words(text))
    assert Text(text).headings == [kind] * count
    assert Text(f"x\n\t\n{text}\r\n\ny").headings == [SMALL, *[kind] * count, SMALL]


def test_only_some_headings_stand_alone() -> None:
    assert Text("x\nTHE DOG\nx").headings == [SMALL, CAPITALS, CAPITALS, SMALL]
    assert Text("x\n# Big Dog\nx").headings == [SMALL, CAPITAL, CAPITAL, SMALL]
    assert Text("x\nThe Dog\nx").headings == [SMALL] * 4
