"""Reading a canonical lexicon file: what is kept, mended and dropped, and what is said of it."""

import gc
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link import Policy, Substituter
from link.errors import LexiconError
from link.lexicon import Lexicon, Translation
from link.lexicon.clean import DROPPED_WEIGHTLESS, MENDED_WEIGHT, MERGED_DUPLICATE
from link.lexicon.decode import decoded
from link.lexicon.formats import canonical
from link.lexicon.formats.parsed import BLANK as SKIPPED_BLANK
from link.lexicon.formats.parsed import INCOMPLETE as DROPPED_INCOMPLETE
from link.lexicon.steps import MENDED_NFC
from tests.lexicon import samples
from tests.lexicon.samples import lexicon_of, pairs_of
from tests.strategies import examples


def load(folder: Path, data: str | bytes) -> Lexicon:
    return samples.load(folder, data, "lexicon.tsv", format="canonical")


# --- lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "dog\tHund\ncat\tKatze\n",
        "dog\tHund\ncat\tKatze",
        "dog\tHund\r\ncat\tKatze\r\n",
        "\ufeffdog\tHund\ncat\tKatze\n",
        "\ufeff# name: x\r\ndog\tHund\r\ncat\tKatze",
        " dog \t Hund \n\u00a0cat\tKatze\u3000\n",
        *(" dog\tHund\ncat\tKatze", "dog \tHund\ncat\tKatze", "dog\t Hund\ncat\tKatze"),
        *("dog\tHund \ncat\tKatze", "dog\tHund\n cat\tKatze", "dog\tHund\ncat\tKatze "),
        *(
            "dog\tHund\u2003\ncat\tKatze",
            "dog\tHund\ncat\tKatze\x0b",
            "dog\tHund\ncat\t\ufeffKatze",
        ),
        "dog\tHund\t1\tnoun\t\ncat\tKatze\t\t\t\t\n",
        "dog\tHund\t\ncat\tKatze\t\t\n",
    ],
)
def test_a_file_may_be_spelled_in_several_ways(tmp_path: Path, data: str) -> None:
    lexicon = load(tmp_path, data)
    assert pairs_of(lexicon) == [("dog", "Hund"), ("cat", "Katze")]
    assert lexicon.report.remarks == {}
    assert (lexicon.report.rows, lexicon.report.pairs, lexicon.report.headwords) == (2, 2, 2)


def test_what_became_of_each_line_is_told_with_its_number(tmp_path: Path) -> None:
    lexicon = load(
        tmp_path,
        "# a comment\n"
        "dog\tHund\n"
        "\n"
        "lonely\n"
        "\tHund\n"
        "cat\t\n"
        "dog\tHund\r\n"
        "hand\tHand\n"
        " \t \n"
        "cat\tKatze\tmuch\n"
        "cafe\u0301\tKaffeehaus\n",
    )
    assert pairs_of(lexicon) == [
        ("dog", "Hund"),
        ("hand", "Hand"),
        ("cat", "Katze"),
        ("café", "Kaffeehaus"),
    ]
    assert lexicon.report.remarks == {
        DROPPED_INCOMPLETE: [4, 5, 6],
        MERGED_DUPLICATE: [7],
        MENDED_WEIGHT: [10],
        MENDED_NFC: [11],
        SKIPPED_BLANK: [3, 9],
    }
    assert (lexicon.report.rows, lexicon.report.pairs, lexicon.report.headwords) == (8, 4, 4)


def test_the_account_names_the_first_lines_of_each_reason(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\tHund\n" * 1235 + "a/b\tc\nlonely\n")
    assert lexicon.report.lines() == [
        "2 headwords, 2 pairs, from 1,237 rows",
        f"{DROPPED_INCOMPLETE}: 1 (line 1237)",
        f"{MERGED_DUPLICATE}: 1,234 (lines 2, 3, 4, 5, 6, …): dog → Hund; dog → Hund; dog → Hund",
        "headwords that are not words, and match nothing: 1",
    ]


# --- pairs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("hand", "hand"),
        ("hand", "Hand"),
        ("HAND", "hand"),
        ("café", "cafe\u0301"),
        ("cafe\u0301", "CAFÉ"),
        ("σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("k", "\u212a"),
    ],
)
def test_a_word_that_is_its_own_translation_stays(tmp_path: Path, source: str, target: str) -> None:
    lexicon = load(tmp_path, f"{source}\t{target}\ndog\tHund\n")
    swap_all = Substituter(lexicon, Policy(ratio=1, names="swap"))
    assert swap_all(f"a {source} dog") == f"a {source} Hund"


def test_equal_pairs_are_one_pair_of_their_weights_sum(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\tHund\t2\tnoun\ndog\tKöter\ndog\tHund\ndog\tKo\u0308ter\t0.5\n")
    assert lexicon.entries == {
        "dog": (
            Translation("Hund", 2.0, "noun"),
            Translation("Köter", 1.5, ""),
            Translation("Hund", 1.0, ""),
        )
    }
    assert lexicon.report.remarks[MERGED_DUPLICATE] == [4]


@pytest.mark.parametrize(
    ("column", "weight"), [("", 1), ("1", 1), ("0.25", 0.25), ("1e3", 1000), (" 2 ", 2)]
)
def test_a_weight_is_a_positive_number(tmp_path: Path, column: str, weight: float) -> None:
    lexicon = load(tmp_path, f"dog\tHund\t{column}\tnoun\n")
    assert lexicon.entries["dog"] == (Translation("Hund", weight, "noun"),)
    assert lexicon.report.remarks == {}


@pytest.mark.parametrize("column", ["1_0", "\u0663", "nan", "inf", "1,5", "noun"])
def test_what_is_no_number_weighs_1(tmp_path: Path, column: str) -> None:
    lexicon = load(tmp_path, f"dog\tHund\t{column}\tnoun\n")
    assert lexicon.entries["dog"] == (Translation("Hund", 1.0, "noun"),)
    assert lexicon.report.remarks == {MENDED_WEIGHT: [1]}


@pytest.mark.parametrize("weight", ["0", "-1", "-1e300"])
def test_what_weighs_nothing_is_dropped(tmp_path: Path, weight: str) -> None:
    lexicon = load(tmp_path, f"dog\tHund\t{weight}\ndog\tKöter\t1\n")
    assert pairs_of(lexicon) == [("dog", "Köter")]
    assert lexicon.report.remarks == {DROPPED_WEIGHTLESS: [1]}


# --- metadata -------------------------------------------------------------------------------------


def test_comments_of_a_key_and_a_value_are_metadata(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "# Name: mine\n#language:sw\n# Licence: CC0-1.0\n# note\ndog\tmbwa\n")
    assert (lexicon.name, lexicon.language, lexicon.licence) == ("mine", "sw", "CC0-1.0")
    assert lexicon.comments == ("# Name: mine", "#language:sw", "# Licence: CC0-1.0", "# note")


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "line", "byte"),
    [
        (b"dog\tH\xfcnd\n", 1, 5),
        (b"# x\ndog\tHund\ncaf\xe9\tx\n", 3, 16),
        (b"\xef\xbb\xbfdog\tH\xfcnd\n", 1, 8),
        (b"dog\tHund\n\xff\xfe", 2, 9),
    ],
)
def test_bytes_that_are_no_utf8_are_an_error_that_says_where(
    tmp_path: Path, data: bytes, line: int, byte: int
) -> None:
    with pytest.raises(
        LexiconError, match=rf"lexicon\.tsv: line {line}, byte {byte}: .*--encoding"
    ):
        load(tmp_path, data)


@pytest.mark.parametrize(
    "data", ["", "\n\n", "# name: x\n", "dog Hund\ncat Katze\n", "dog\t\n", "\ufeff"]
)
def test_a_file_without_any_pair_is_an_error_that_says_what_is_expected(
    tmp_path: Path, data: str
) -> None:
    with pytest.raises(
        LexiconError, match=r"lexicon\.tsv: no line holds a pair.*source<tab>target"
    ):
        load(tmp_path, data)


# --- the canonical text ---------------------------------------------------------------------------

CANONICAL = [
    "dog\tHund\n",
    "# name: x\n# free text\ndog\tHund\ndog\tKöter\ncat\tKatze\n",
    "dog\tHund\t2\ndog\tKöter\t0.25\n",
    "dog\tHund\t1\tnoun\nrun\tlaufen\t0.333333\tverb\nx\ty\t1\t\n",
    "a b c\td e\t1e-07\n",
    "don't\tnicht\nCafé\tKaffeehaus\nहिन्दी\tHindi\n",
]


@pytest.mark.parametrize("text", CANONICAL)
def test_a_canonical_file_stays_as_it_is(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).canonical_text() == text


def test_reading_the_canonical_text_gives_the_same_lexicon(tmp_path: Path) -> None:
    messy = "# language: de\r\n dog\tHund\t2\t noun\r\n\r\ncat\tKatze\t0.1\ndog\tHund\n"
    lexicon = load(tmp_path, messy)
    again = load(tmp_path, lexicon.canonical_text())
    assert again.entries == lexicon.entries
    assert again.comments == lexicon.comments
    assert again.report.remarks == {}
    assert again.sha256 == lexicon.sha256


_FIELDS = st.sampled_from(
    [
        *"dog Dog Hund hand Hand café cafe\u0301 don’t #tag x 1 2.5 1e308 0.1 -1 nan noun".split(),
        *("a b", "", " ", "\u200b", "\ufeff", "\x85", "\x00"),
    ]
) | st.text(st.characters(codec="utf-8"), max_size=4)
_LINES = st.lists(_FIELDS, max_size=5).map("\t".join) | st.sampled_from(
    ("# name: x", "#", "# language: tr\r", "dog\tHund", "dog\tHund\t0.1\tnoun", "cat\tKatze\t3")
)
_FILES = st.tuples(
    st.sampled_from(("", "\ufeff")),
    st.sampled_from(("\n", "\r\n")),
    st.lists(_LINES, min_size=1, max_size=12),
).map(lambda parts: parts[0] + parts[1].join(parts[2]))


def _parsed(text: str) -> Lexicon:
    text = decoded(text.encode(), "lexicon.tsv")
    return lexicon_of(canonical.FORMAT.rows_of([text], ["lexicon.tsv"]), is_canonical=True)


@examples(80)
@given(_FILES)
@example("# a comment\r\r\ndog\tHund\n")
@example(" #tag\tMarke\ndog\tHund\n")
@example("\ufeff\ufeffdog\tHund\n")
@example("dog\tHund\t1e308\ndog\tHund\t1e308\n")
def test_the_canonical_text_is_a_fixed_point(text: str) -> None:
    try:
        lexicon = _parsed(text)
    except LexiconError:
        return
    if not lexicon.entries:
        return
    once = lexicon.canonical_text()
    assert _parsed(once).canonical_text() == once
    assert _parsed(once).entries == lexicon.entries


_COLUMNS = st.sampled_from(
    ["dog", "Hund", "", " ", "#", "# a: b", "ein Hund", "1", "\ufeffx", "x\r"]
)
_TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(_COLUMNS, min_size=width, max_size=width), min_size=1, max_size=5
    )
)


@examples(60)
@given(_TABLES, st.integers(0, 2), st.sampled_from(["", "\n", "\r\n"]))
@example([["dog", "Hund"], ["# cat", "Katze"]], 1, "\n")
@example([["dog", "Hund"], ["cat", "\ufeffx"]], 0, "")
@example([["dog"], ["cat", "Katze", "2"]], 0, "")
@example([["dog", "Hund", "2", "noun", "more"], ["cat", "Katze", "", "", ""]], 2, "\n")
def test_a_line_means_the_same_whatever_other_lines_look_like(
    table: list[list[str]], comments: int, end: str
) -> None:
    lines = ["# name: x"] * comments + ["\t".join(row) for row in [["a", "b"], *table]]
    lines[comments] += "\t" * (len(table[0]) - 2)
    alone = canonical.read("\n".join(lines) + end, "x")
    beside = canonical.read("\n".join([*lines, "odd"]) + end, "x")
    beside.dropped[DROPPED_INCOMPLETE].remove(len(lines) + 1)
    assert alone.rows == beside.rows
    assert alone.comments == beside.comments
    assert alone.dropped == {why: numbers for why, numbers in beside.dropped.items() if numbers}


def test_the_collector_of_garbage_is_left_as_it_was(tmp_path: Path) -> None:
    assert gc.isenabled()
    before = gc.get_freeze_count()
    load(tmp_path, "dog\tHund\n").compiled  # noqa: B018
    assert gc.isenabled()
    assert gc.get_freeze_count() == before
    gc.freeze()  # as a program does that forks
    try:
        frozen = gc.get_freeze_count()
        load(tmp_path, "cat\tKatze\n").compiled  # noqa: B018
        assert gc.get_freeze_count() >= frozen - 1000
    finally:
        gc.unfreeze()
