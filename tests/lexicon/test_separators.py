"""What parts columns and translations is a habit of a file: read rightly, and said."""

import gzip
from pathlib import Path

import pytest

from link.errors import LexiconError
from link.lexicon import Lexicon
from link.lexicon.formats.pairs import JOINING_SIGN, OTHER_SIGN
from link.lexicon.formats.parsed import FURTHER_COLUMNS, INCOMPLETE
from link.lexicon.report import verdict
from link.lexicon.steps import DROPPED_LETTERLESS, DROPPED_SENTENCE, PARTED
from tests.lexicon.samples import load, pairs_of

PAIRS = [("dog", "Hund"), ("house", "Haus")]


def weights_of(lexicon: Lexicon) -> list[float]:
    return [one.weight for every in lexicon.entries.values() for one in every]


# --- columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "between",
    [
        *("\t", " ", "   ", " ||| ", " @ ", " :: ", " -> ", " => ", " → ", " – ", " - ", " = "),
        *(" | ", " : ", ": ", ";", "; ", ",", ", ", "|", "=", "→", " ; "),
    ],
)
def test_columns_are_parted_by_what_the_file_has_between_them(tmp_path: Path, between: str) -> None:
    lexicon = load(tmp_path, f"dog{between}Hund\nhouse{between}Haus\n")
    assert pairs_of(lexicon) == PAIRS
    assert lexicon.report.remarks == {}


@pytest.mark.parametrize("between", [" ||| ", " @ ", ";", ",", ": ", "\t", "   "])
def test_where_a_sign_parts_columns_spaces_belong_to_the_words(
    tmp_path: Path, between: str
) -> None:
    lexicon = load(tmp_path, f"dog{between}Hund\nice cream{between}kühles Eis\n")
    assert pairs_of(lexicon) == [("dog", "Hund"), ("ice cream", "kühles Eis")]


@pytest.mark.parametrize(
    "text",
    [
        "dog ||| Hund ||| 0.5\nhouse ||| Haus ||| 0.25\n",
        "dog Hund 0.5\nhouse Haus 0.25\n",
        "dog\tHund\t0.5\nhouse\tHaus\t0.25\n",
        "dog;Hund;0,5\nhouse;Haus;0,25\n",
        "dog,Hund,0.5\nhouse,Haus,2.5e-1\n",
        "dog @ Hund @ .5\nhouse @ Haus @ .25\n",
        "dog\tHund\tnoun\t0.5\nhouse\tHaus\tnoun\t0.25\n",
    ],
)
def test_numbers_behind_the_words_are_weights(tmp_path: Path, text: str) -> None:
    lexicon = load(tmp_path, text)
    assert pairs_of(lexicon) == PAIRS
    assert weights_of(lexicon) == [0.5, 0.25]
    assert lexicon.report.remarks == {}


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("dog Hund 0.5 0.3\nhouse Haus 0.25 7\n", [1, 2]),
        ("dog Hund n 0.5\nhouse Haus n 0.25\n", []),
        ("dog Hund 0.5 n\nhouse Haus 0.25 n\n", []),
        ("dog Hund 0.5\nhouse Haus 0.25 3 9\n", [2]),
        ("# - x\ndog Hund 0.5\nhouse Haus 0.25\n", []),
    ],
)
def test_numbers_and_tags_that_end_a_line_of_words_are_no_words(
    tmp_path: Path, text: str, over: list[int]
) -> None:
    lexicon = load(tmp_path, text)
    assert (pairs_of(lexicon), weights_of(lexicon)) == (PAIRS, [0.5, 0.25])
    assert lexicon.report.remarks == ({FURTHER_COLUMNS: over} if over else {})


@pytest.mark.parametrize("number", ["23135851162", "0.05", "२३१", "٣"])
def test_a_list_of_frequencies_holds_no_pair(tmp_path: Path, number: str) -> None:
    with pytest.raises(LexiconError, match=f"no pair is left of 2; {DROPPED_LETTERLESS}: 2"):
        load(tmp_path, f"the {number}\nof {number}\n")


@pytest.mark.parametrize("rest", ["dog\tHund\nice cream\tEis\n", "dog → Hund\nice cream → Eis\n"])
@pytest.mark.parametrize(
    "row", ["house @ Haus", "house ||| Haus", "house ⇒ Haus", "house - Haus", "house\t= Haus"]
)
def test_a_sign_that_parts_other_lines_is_no_word(tmp_path: Path, row: str, rest: str) -> None:
    for text in (f"{row}\n{rest}", f"{row}\n{rest * 9}", f"{row}\n{row}\n{rest}"):
        found = pairs_of(load(tmp_path, text))
        assert {*found} - {("house", "Haus")} == {("dog", "Hund"), ("ice cream", "Eis")}


def test_a_sign_that_parts_the_words_of_a_line_parts_its_weight_too(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog ||| Hund ||| 0.5\nhouse Haus 0.25\n")
    assert (pairs_of(lexicon), weights_of(lexicon)) == (PAIRS, [0.5, 0.25])
    assert lexicon.report.remarks == {OTHER_SIGN: [1]}


def test_a_sign_that_joins_words_is_not_taken_off(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "R & D\ndog Hund\nhouse Haus\n")
    assert (pairs_of(lexicon), lexicon.report.remarks) == (PAIRS, {JOINING_SIGN: [1]})


def test_a_table_without_a_header_may_have_quotes(tmp_path: Path) -> None:
    lexicon = load(tmp_path, '"dog","Hund"\n"house","Haus"\n"so-called","""so"" genannt"\n')
    assert pairs_of(lexicon)[:2] == PAIRS


def test_translations_behind_a_space_may_have_commas_between(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog Hund, Köter\nhouse Haus, Gebäude\n")
    assert pairs_of(lexicon)[:2] == [("dog", "Hund"), ("dog", "Köter")]


@pytest.mark.parametrize("sign", ["@", "|||", "->", "=", "—", "..", "( )"])
def test_signs_alone_are_no_translation(tmp_path: Path, sign: str) -> None:
    lexicon = load(tmp_path, f"cat\t{sign}\ndog\tHund\nhouse\tHaus\n")
    assert pairs_of(lexicon) == PAIRS


def test_further_columns_are_passed_over_and_counted(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\tHund\tKöter\tWauwau\nhouse\tHaus\n")
    assert pairs_of(lexicon) == PAIRS
    assert lexicon.report.remarks == {FURTHER_COLUMNS: [1]}
    assert lexicon.report.examples == {FURTHER_COLUMNS: ["dog → Köter, Wauwau"]}


def test_a_header_makes_further_columns_count(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "en\tde\tde\tnote\ndog\tHund\tKöter\tx\thouse\n")
    assert pairs_of(lexicon) == [("dog", "Hund"), ("dog", "Köter")]
    assert "columns ignored: note" in lexicon.report.lines()
    assert any(line.startswith("ignored, values after") for line in lexicon.report.lines())


# --- swapped columns ------------------------------------------------------------------------------

SWAPPED = "Hund\tdog\nHaus\tthe house\nWasser\twater\nsehen\tto know\n"


def test_swapped_columns_are_told_by_translations_that_are_english(tmp_path: Path) -> None:
    lexicon = load(tmp_path, SWAPPED, language="de")
    assert verdict(lexicon, strict=False) == (False, "bad: source and target seem swapped")
    assert lexicon.report.lines()[1].endswith(
        "4 of the translations are common English words (dog, house, know), and 0 of the "
        "headwords; read it with --reverse"
    )
    assert verdict(load(tmp_path, SWAPPED, language="de", reverse=True), strict=False)[0]


def test_swapped_columns_of_another_script_are_told_where_no_pair_is_left(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"source and target seem swapped.*--reverse"):
        load(tmp_path, "собака\tdog\nдом\thouse\nвода\twater\n", language="ru")


def test_loan_words_do_not_make_a_file_swapped(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "dog\tdog\ncat\tcat\nking\tking\nboss\tking\nhouse\tHaus\n")
    assert lexicon.report.problem == ""


# --- translations ---------------------------------------------------------------------------------


def others(count: int) -> str:
    """Rows of one translation each."""
    letters = "abcdefghij"
    words = [f"w{letters[n // 100]}{letters[n // 10 % 10]}{letters[n % 10]}" for n in range(count)]
    return "".join(f"{word}\t{word}en\n" for word in words)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("guest\tmgeni, wageni", "commas"),
        ("guest\tmgeni; wageni", "semicolons"),
        ("guest\tmgeni / wageni", "slashes"),
        ("guest\tmgeni/wageni", "slashes"),
        ("guest\tmgeni | wageni", "bars"),
        ("guest\tmgeni، wageni", "commas"),
        ("guest\tmgeni؛ wageni", "semicolons"),
        ("guest\tmgeni、wageni", "commas"),
    ],
)
def test_what_a_file_often_has_between_translations_parts_them(
    tmp_path: Path, row: str, name: str
) -> None:
    lexicon = load(tmp_path, f"{row}\n" + others(10))
    assert pairs_of(lexicon)[:2] == [("guest", "mgeni"), ("guest", "wageni")]
    assert lexicon.report.lines()[1] == (
        f"{name} separate translations: they stand in 1 of 11 rows, and 0% of the parts are "
        f"translations of their own"
    )


@pytest.mark.parametrize("row", ["justice\two kein Kläger, da kein Richter", "ordinary\t08/15"])
def test_what_a_file_rarely_has_parts_nothing(tmp_path: Path, row: str) -> None:
    lexicon = load(tmp_path, f"{row}\n" + others(300))
    assert PARTED not in lexicon.report.remarks
    assert {"wo kein Kläger", "08", "15"}.isdisjoint(text for _, text in pairs_of(lexicon))
    if "Richter" in row:
        assert lexicon.report.remarks == {DROPPED_SENTENCE: [1]}
        assert lexicon.report.lines()[1].startswith(
            "commas do not separate translations: they stand"
        )
    else:
        assert pairs_of(lexicon)[0] == ("ordinary", "08/15")


def test_a_separator_of_few_rows_parts_single_words_only(tmp_path: Path) -> None:
    text = "dog\tHund, Köter\njustice\two kein Kläger, da kein Richter\n" + others(6)
    lexicon = load(tmp_path, text)
    assert pairs_of(lexicon)[:3] == [("dog", "Hund"), ("dog", "Köter"), ("waaa", "waaaen")]
    assert lexicon.report.remarks == {PARTED: [1], DROPPED_SENTENCE: [2]}
    assert lexicon.report.lines()[1].startswith(
        "commas separate single words: they stand in 2 of 8"
    )
    alone = load(tmp_path, "both\tnicht nur, sondern auch\n" + others(3))
    assert alone.report.remarks == {DROPPED_SENTENCE: [1]}


def test_what_is_rarer_parts_translations_that_are_entries_themselves(tmp_path: Path) -> None:
    text = "go\twaaaen, waaben\nrun\tlaufen, rennen\nsee\twaacen, waaden\n" + others(200)
    assert ("go", "waaaen") in pairs_of(load(tmp_path, text))
    strangers = text.replace("waa", "xx", 2).replace("waacen", "xy")
    assert ("go", "xxaen") not in pairs_of(load(tmp_path, strangers))


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        *(("08/15", "08/15"), ("24/7", "24/7"), ("km/h", "km/h"), ("8,5 Liter", "8,5 Liter")),
        *(("1/2 Liter", "1/2 Liter"), ("Nr. 12/13", "Nr. 12/13")),
    ],
)
def test_no_translation_is_parted_so_that_a_piece_has_no_letter(
    tmp_path: Path, target: str, kept: str
) -> None:
    lexicon = load(tmp_path, f"word\t{target}\nguest\tmgeni, wageni\nboy\tjongen/knaap\n")
    assert pairs_of(lexicon)[0] == ("word", kept)
    assert len(pairs_of(lexicon)) == 5


# --- neighbours of tables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "dog 0.5 Hund\nhouse 0.25 Haus\n",
        "0.5 dog Hund\n0.25 house Haus\n",
        "0.5\tdog\tHund\n0.25\thouse\tHaus\n",
        "dog ||| 0.5 ||| Hund\nhouse ||| 0.25 ||| Haus\n",
    ],
)
def test_numbers_before_or_between_the_words_are_weights(tmp_path: Path, text: str) -> None:
    lexicon = load(tmp_path, text)
    assert pairs_of(lexicon) == PAIRS
    assert weights_of(lexicon) == [0.5, 0.25]


@pytest.mark.parametrize("first", [0, 1])
def test_numbers_of_lines_are_no_weights(tmp_path: Path, first: int) -> None:
    lexicon = load(tmp_path, f"{first}\tdog\tHund\n{first + 1}\thouse\tHaus\n")
    assert pairs_of(lexicon) == PAIRS
    assert weights_of(lexicon) == [1.0, 1.0]


@pytest.mark.parametrize(
    "text",
    [
        '[["dog", "Hund"], ["house", "Haus"], []]',
        '[["dog", ["Hund"]],\n ["house", "Haus"]]',
        '[{"en": "dog", "de": "Hund"}, {"en": "house", "de": "Haus"}]',
        "sep=;\nen;de\ndog;Hund\nhouse;Haus\n",
        "| en | de |\n|----|----|\n| dog | Hund |\n| house | Haus |\n",
    ],
)
def test_tables_that_other_tools_write_are_read(tmp_path: Path, text: str) -> None:
    assert pairs_of(load(tmp_path, text)) == PAIRS


def test_a_hint_for_excel_does_not_shift_the_lines(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "sep=;\nen;de\ndog;Hund\nhouse;\n")
    assert lexicon.report.remarks == {INCOMPLETE: [4]}


@pytest.mark.parametrize("name", ["part.jsonl", "part.ndjson.gz"])
def test_a_shard_named_as_a_lexicon_is_said_to_be_one(tmp_path: Path, name: str) -> None:
    for text in (
        '{"text": "the dog and a Hund"}\n',
        '{"id": "a", "source": "web", "text": "a dog"}\n' * 2,
    ):
        data = gzip.compress(text.encode()) if name.endswith("gz") else text
        with pytest.raises(
            LexiconError, match=r"a shard of documents, not a lexicon; .* are .*text,"
        ):
            load(tmp_path, data, name)
    assert load(tmp_path, "en,id\ndog,anjing\n").language == "id"
