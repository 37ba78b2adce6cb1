"""Which gaps begin a sentence, by a table written by hand; both kernels must say the same."""

import pytest

from tests.kernel.helpers import headwords_of, swapped_text

BEGIN = [
    *(". ", "! ", "? ", "… ", ".\n", "!\t", "?\u00a0", ".\u2028", ".\u3000", ".\x85", "⁇ ", "‽ "),
    *('." ', ".” ", ".' ", ".’ ", ".) ", ".] ", ".} ", ".» ", ".› ", ".** ", "._ ", ".` ", '.")\n'),
    *("... ", "?! ", ' . "', ". (", ".  ", ". - ", ", etc.; 3. "),
    *("\n\n", "\n \n", "\r\n\r\n", "\n\t \n", "\n\u00a0\n", "\n\n\n", ",\n\n"),
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
    *("\n", "\r\n", " \n ", "\u2029\n", ",\n", "\r", "\u2028", "\n(", '\n"', "\n> ", "\n1 "),
    *(".", "..", ".-", ".,", "./", '."', ".(", "!", ".5 ", ".\u200b ", '.", ', ".)"),
    *("- \n", "# ", " * ", "\n.-", "\n, -", "!!1 ", "·\u00a0"),
]


HEADWORDS = headwords_of({"Monday": "montag", "yes": "yes"})


@pytest.mark.parametrize(
    ("gap", "begins"), [*((gap, True) for gap in BEGIN), *((gap, False) for gap in CONTINUE if gap)]
)
def test_a_gap_begins_a_sentence_or_it_does_not(gap: str, begins: bool) -> None:
    """A word that always has a capital gets it from where it stands."""
    monday = "Montag" if begins else "montag"
    assert swapped_text(f"yes{gap}Monday", HEADWORDS) == f"yes{gap}{monday}"


@pytest.mark.parametrize("before", ["", " ", '"', "- ", "3 ", "\n", "…"])
def test_the_first_word_of_a_document_begins_a_sentence(before: str) -> None:
    assert swapped_text(f"{before}Monday", HEADWORDS) == f"{before}Montag"


def test_only_the_gap_just_before_the_word_counts() -> None:
    new = swapped_text("Yes. On Monday. Monday, Monday", HEADWORDS)
    assert new == "Yes. On montag. Montag, montag"


@pytest.mark.parametrize(("end", "monday"), [(".", "Montag"), (",", "montag")])
def test_a_long_gap_still_tells_whether_a_sentence_begins(end: str, monday: str) -> None:
    gap = end + " " * 100_000
    assert swapped_text(f"yes{gap}Monday", HEADWORDS) == f"yes{gap}{monday}"
