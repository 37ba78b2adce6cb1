"""What counts as a name and is kept: capitals amid text that the lexicon does not explain."""

import pytest

from link.policy import Policy
from tests.kernel.helpers import ALL, AS_USUAL, both, headwords_of, swapped_text

SMALL = {"dog": "hund", "us": "uns", "it": "es", "mark": "zeichen", "the": "der", "of": "von"}
SPELLED = {
    **SMALL,
    "US": "VS",
    "Monday": "montag",
    "Polish": "polnisch",
    "polish": "putzen",
    "may": "darf",
    "May": "mai",
    "MAY": "luftFahrt",
    "who": "wer",
    "WHO": "weltGes",
}


def kept(text: str) -> str:
    return swapped_text(text, headwords_of(SPELLED), AS_USUAL)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        # in capitals: only what the lexicon has in capitals
        ("x US, us, IT, it, DOG, WHO, who", "x VS, uns, IT, es, DOG, weltGes, wer"),
        ("x MONDAY", "x MONDAY"),
        ("yes. DOG, IT x", "yes. DOG, IT x"),  # also where a sentence begins
        ("yes. US x", "yes. VS x"),
        ("DOG x", "DOG x"),
        ("x DOG's x", "x DOG's x"),
        ("x US's x", "x VS's x"),
        # capitalised: only what the lexicon has capitalised
        ("x Mark, mark, Monday, Dog", "x Mark, zeichen, montag, Dog"),
        ("x Us", "x Us"),
        ("x Mark's dog", "x Mark's hund"),
        ("x Monday’s", "x montag’s"),
        ("x monday", "x monday"),
        # which of two or three
        ("x Polish polish POLISH", "x polnisch putzen POLISH"),
        ("x may May MAY", "x darf mai luftFahrt"),
        ("x Who", "x Who"),
        # other ways to spell
        ("x dOG", "x hund"),
        ("x DoG", "x DoG"),
        ("x doG, uS", "x hund, uns"),
        ("x DOg", "x DOg"),
    ],
)
def test_amid_text_a_word_must_be_spelled_as_in_the_lexicon(text: str, becomes: str) -> None:
    assert swapped_text(text, headwords_of(SPELLED), Policy(ratio=1, protect="none")) == becomes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Dog x", "Hund x"),
        ("yes. Dog x", "yes. Hund x"),
        ("yes! Dog? Dog", "yes! Hund? Hund"),
        ('yes." Dog', 'yes." Hund'),
        ("x\n\nDog x", "x\n\nHund x"),
        ("x y\n- Dog x y", "x y\n- Hund x y"),
        ("x, Dog", "x, Dog"),
        ("x: Dog", "x: Dog"),
        ("x\nDog y z", "x\nDog y z"),
        # nothing tells to polish from Polish: the small one counts
        ("Polish yes. May x", "Putzen yes. Darf x"),
        ("yes. Monday x", "yes. Montag x"),
        ("Mark yes. Mark", "Zeichen yes. Zeichen"),
    ],
)
def test_where_a_sentence_begins_a_capital_says_nothing(text: str, becomes: str) -> None:
    assert kept(text) == becomes


@pytest.mark.parametrize(
    "before",
    [
        *(
            "Mr. ",
            "mr. ",
            "Dr. ",
            "St. ",
            "Prof.\n",
            "vs. ",
            "J. ",
            "x. ",
            "Mrs.",
            "Jr.  ",
            "Fig.\t",
        ),
        *("MR. ", "Mr.\u00a0", "ed. ", "Gov. ", "Mr.\r\n", "eg. "),
    ],
)
def test_the_full_stop_of_an_abbreviation_or_an_initial_begins_no_sentence(before: str) -> None:
    for text in (f"{before}Dog x", f"yes. {before}Dog x"):
        assert kept(text) == text


@pytest.mark.parametrize(
    "before",
    [
        *("Mr! ", 'Mr." ', "Mr.) ", "Mr.\n\n", "Mr. - . ", "etc. ", "Mister. ", "é. ", "1. "),
        *("Mr.\n- ", "Mr... ", "x's. ", "Mr. 5. "),
    ],
)
def test_any_other_end_begins_one(before: str) -> None:
    assert kept(f"yes {before}Dog") == f"yes {before}Hund"


def test_initials_before_a_name() -> None:
    assert (
        kept("yes. J. R. Mark and J.\nMark, Dr. Mark") == "yes. J. R. Mark and J.\nMark, Dr. Mark"
    )


# --- headings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        # a line of capitals
        ("THE DOG", "DER HUND"),
        ("x y z\nTHE DOG\nx y z", "x y z\nDER HUND\nx y z"),
        ("x y\r\n3. THE DOG!\r\nx y", "x y\r\n3. DER HUND!\r\nx y"),
        ("IT'S A DOG", "IT'S A HUND"),
        ("x y\nTHE A X DOG", "x y\nDER A X HUND"),  # letters among capitals
        ("MONDAY, MAY", "MONTAG, DARF"),
        ("POLISH DOG", "PUTZEN HUND"),
        ("US DOG", "UNS HUND"),
        ("x y\nTHE\u2028dog", "x y\nTHE\u2028hund"),
        # a word of five letters or more alone
        ("x y\nMONDAY\nx y", "x y\nMONTAG\nx y"),
        ("x y\nPOLISH.\nx", "x y\nPUTZEN.\nx"),
        ("x y\nDOG\nx y", "x y\nDOG\nx y"),
        ("x y\n\nUS\n\nx", "x y\n\nVS\n\nx"),
        # not where any other word stands in the line
        ("THE DOG x", "THE DOG x"),
        ("THE Dog y", "THE Dog y"),
        ("x THE DOG\nTHE DOG", "x THE DOG\nDER HUND"),
    ],
)
def test_in_a_line_of_capitals_capitals_say_nothing(text: str, becomes: str) -> None:
    assert kept(text) == becomes


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        # alone between blank lines, with small function words
        ("x y\n\nHouse of the Dog\n\nx y", "x y\n\nHouse von der Hund\n\nx y"),
        ("A House of Dog", "A House von Hund"),
        ("x y\n\nHouse of Dog", "x y\n\nHouse von Hund"),
        ("x y\n \t\n House and The Dog \n\nx", "x y\n \t\n House and Der Hund \n\nx"),
        ("x y\n\nThe Dog\n\nx y", "x y\n\nDer Hund\n\nx y"),  # `The` is one, too
        # marked by #
        ("x y\n# Big Dog\nx y", "x y\n# Big Hund\nx y"),
        ("  ### Big Dog", "  ### Big Hund"),
        ("x\n## Mark and House", "x\n## Zeichen and House"),
        # both at once
        ("# Big DOG", "# Big DOG"),
        ("# Big US", "# Big VS"),
        # no heading
        ("x y\nHouse of the Dog\nx y", "x y\nHouse von der Dog\nx y"),
        ("x y\n\nHouse of the Dog\nx y", "x y\n\nHouse von der Dog\nx y"),
        ("x y\n\nBig Dog\n\nx y", "x y\n\nBig Dog\n\nx y"),  # may be a name
        ("# Big Dog x", "# Big Dog x"),
        ("x y\n\nHouse of a small Dog\n\nx", "x y\n\nHouse von a small Dog\n\nx"),
        ("x y z# Big Dog", "x y z# Big Dog"),
    ],
)
def test_in_a_heading_of_capitalised_words_a_capital_says_nothing(text: str, becomes: str) -> None:
    assert kept(text) == becomes


# --- one letter -----------------------------------------------------------------------------------

LETTERS = {"I": "ich", "a": "ein", "b": "be", "x": "iks", "é": "eh", "I'm": "bin", "I'd": "hätt"}


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("yes I do, i do", "yes ich do, ich do"),
        ("yes I'm, I’m, I'd", "yes bin, bin, hätt"),
        ("yes. I do. I'm", "yes. Ich do. Bin"),
        ("yes I'M", "yes BIN"),
        ("yes I's", "yes ich's"),
        ("WHAT I SAY", "WHAT ich SAY"),
    ],
)
def test_i_is_never_a_name(text: str, becomes: str) -> None:
    assert swapped_text(text, headwords_of(LETTERS), AS_USUAL) == becomes


@pytest.mark.parametrize("word", ["i", "I", "I'm", "I’d've", "I’d’nt’ve"])
def test_i_counts_as_small_behind_a_word_that_a_colon_introduces(word: str) -> None:
    assert swapped_text(f"yes: Dog {word} x", headwords_of({"dog": "hund"}), AS_USUAL) == (
        f"yes: Hund {word} x"
    )


def test_a_letter_that_is_no_word_is_kept() -> None:
    headwords = headwords_of(LETTERS)
    assert (
        swapped_text("b and x, x's, a dog, é", headwords, AS_USUAL) == "b and x, x's, ein dog, eh"
    )
    assert swapped_text("b and x, x's, a dog", headwords, ALL) == "be and iks, iks's, ein dog"


def test_a_lone_letter_may_be_part_of_a_phrase() -> None:
    assert swapped_text("plan b", headwords_of({"plan b": "ersatz"}), AS_USUAL) == "ersatz"


# --- names=swap -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("x DOG Dog dog", "x HUND Hund hund"),
        ("x IT us US", "x ES uns VS"),
        ("x monday MONDAY Monday", "x montag MONTAG montag"),
        ("x Polish polish POLISH", "x polnisch putzen PUTZEN"),
        ("yes. Polish x", "yes. Putzen x"),
        ("x may May MAY", "x darf mai luftFahrt"),
        ("x Who WHO", "x Wer weltGes"),
        ("Mr. Dog, J. Mark", "Mr. Hund, J. Zeichen"),
    ],
)
def test_with_names_swapped_any_spelling_will_do_and_the_same_is_preferred(
    text: str, becomes: str
) -> None:
    assert swapped_text(text, headwords_of(SPELLED), ALL) == becomes


# --- counts ---------------------------------------------------------------------------------------


def test_names_are_covered_and_not_eligible() -> None:
    counts = both([b"x DOG Dog dog IT Mark"], headwords_of(SMALL), AS_USUAL).counts
    assert (counts.words.tolist(), counts.covered.tolist()) == ([6], [5])
    assert (counts.eligible.tolist(), counts.swapped.tolist()) == ([1], [1])
    assert counts.lost.tolist() == [4, *(0 for _ in counts.lost[1:])]
