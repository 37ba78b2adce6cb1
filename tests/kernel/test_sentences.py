"""Which gaps begin a sentence, by a table written by hand; both kernels must say the same."""

import pytest

from link.kernel.reference import begins_sentence
from tests.kernel.helpers import block_of, both, headwords_of
from tests.strategies import spell_ascii

BEGIN = [
    *(". ", "! ", "? ", "… ", ".\n", "!\t", "?\u00a0", ".\u2028", ".\u3000", ".\x85", "⁇ ", "‽ "),
    *('." ', ".” ", ".' ", ".’ ", ".) ", ".] ", ".} ", ".» ", ".› ", ".** ", "._ ", ".` ", '.")\n'),
    *("... ", "?! ", ' . "', ". (", ".  ", ". - ", ", etc.; 3. "),
    *("\n\n", "\n \n", "\r\n\r\n", "\n\t \n", "\u2029\n", "\n\u00a0\n", "\n\n\n", ",\n\n"),
    *(
        "\n- ",
        "\n* ",
        "\n# ",
        "\n## ",
        "\n• ",
        "\n  - ",
        "\n+ ",
        "\n— ",
        "\n– ",
        "\r\n\t* ",
        ":\n-",
    ),
]

CONTINUE = [
    *(
        " ",
        "",
        "  ",
        ", ",
        "; ",
        ": ",
        "-",
        " - ",
        " — ",
        "/",
        '" ',
        " (",
        "\t",
        "\u00a0",
        "\u200b",
    ),
    *("\n", "\r\n", " \n ", ",\n", "\r", "\u2028", "\n(", '\n"', "\n> ", "\n1 "),
    *(".", "..", ".-", ".,", "./", '."', ".(", "!", ".5 ", ".\u200b ", '.", ', ".)"),
    *("- \n", "# ", " * ", "\n.-", "\n, -", "!!1 ", "·\u00a0"),
]


def _is_capitalised_after(gap: bytes, escaped: bool) -> bool:
    """Whether a word that always has a capital gets it from where it stands."""
    headwords = headwords_of({"Monday": "montag", "yes": "yes"})
    block = block_of(b"yes" + gap + b"Monday", escaped=escaped)
    (document,) = both(block, headwords)
    assert document.removeprefix(b"yes" + gap) in (b"montag", b"Montag")
    return document.endswith(b"M" + b"ontag")


@pytest.mark.parametrize(
    ("gap", "begins"),
    [*((gap, True) for gap in BEGIN), *((gap, False) for gap in CONTINUE if gap)],
)
def test_a_gap_begins_a_sentence_or_it_does_not(gap: str, begins: bool) -> None:
    assert begins_sentence(gap) is begins
    assert _is_capitalised_after(gap.encode(), escaped=False) is begins
    assert _is_capitalised_after(spell_ascii(gap), escaped=True) is begins


@pytest.mark.parametrize("before", ["", " ", '"', "- ", "3 ", "\n", "…"])
def test_the_first_word_of_a_document_begins_a_sentence(before: str) -> None:
    headwords = headwords_of({"Monday": "montag"})
    document = f"{before}Monday".encode()
    for escaped in (False, True):
        raw = spell_ascii(document.decode()) if escaped else document
        for new in both(block_of(raw, raw, escaped=escaped), headwords):
            assert new.endswith(b"Montag")


def test_only_the_gap_just_before_the_word_counts() -> None:
    headwords = headwords_of({"Monday": "montag"})
    block = block_of(b"Yes. On Monday. Monday, Monday")
    assert both(block, headwords) == [b"Yes. On montag. Montag, montag"]


@pytest.mark.parametrize("window_bytes", [1, 2, 5, 8, 1 << 20])
def test_where_windows_are_cut_changes_no_sentence(window_bytes: int) -> None:
    headwords = headwords_of({"Monday": "montag", "yes": "yes"})
    block = block_of(b'Monday yes. "\'Monday yes, Monday yes." ( Monday\n\n Monday\n Monday')
    expected = b'Montag yes. "\'Montag yes, montag yes." ( Montag\n\n Montag\n montag'
    assert both(block, headwords, window_bytes=window_bytes) == [expected]
