"""Cleaning: what each step mends and drops, that it can be left out, and that it is told."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from link.errors import LexiconError
from link.lexicon import Translation, clean, steps
from link.lexicon.clean import clean as clean_rows
from link.lexicon.formats import canonical
from link.lexicon.formats.parsed import Parsed, Row
from link.lexicon.parting import Habits
from link.lexicon.report import Account
from link.lexicon.steps import STEPS, Hygiene, cleaned_rows, plain_in
from tests.lexicon.samples import lexicon_of
from tests.strategies import examples

Rows = list[tuple[str, str]]


def cleaned(
    *pairs: tuple[str, ...], language: str = "", off: tuple[str, ...] = (), most: int = 8
) -> tuple[Rows, dict[str, list[int]]]:
    """What is left of rows of source, target and maybe weight and part of speech; and why."""
    rows = [Row(number, *pair) for number, pair in enumerate(pairs, start=1)]
    request = Hygiene(language=language, off=frozenset(off), most_translations=most)
    entries, account = clean_rows(Parsed(rows=rows), request)
    return [(word, one.text) for word, every in entries.items() for one in every], account.remarks


# --- the steps ------------------------------------------------------------------------------------

# step | source | target | language | what is left of it | reason | what is left without the step
TABLE = """
markup       | aid (help)   | ayuda (verb)   | es | aid=ayuda      | MENDED_MARKUP |
markup       | dog          | Hund {m}       | de | dog=Hund       | MENDED_MARKUP | dog=Hund {m}
markup       | old          | alt [archaic]  | de | old=alt        | MENDED_MARKUP | old=alt [archaic]
markup       | dog          | कुत्ता /kuttā/    | hi | dog=कुत्ता        | MENDED_MARKUP |
markup       | x            | <b>(a)</b> y   |    | x=y            | MENDED_MARKUP | x=<b>(a)</b> y
markup       | see          | ona; tazama / omba | sw | see=ona & see=tazama & see=omba | PARTED | see=ona; tazama / omba
markup       | see          | ona, tazama    | sw | see=ona & see=tazama | PARTED |
placeholders | an           | SEE: a         | de |                | DROPPED_PLACEHOLDER | an=SEE: a
placeholders | nap          | GAP!           |    |                | DROPPED_PLACEHOLDER |
placeholders | nap          | PSEUDOGAP!     |    |                | DROPPED_PLACEHOLDER |
placeholders | nap          | —              |    |                | DROPPED_PLACEHOLDER | nap=—
placeholders | nap          | {NS}           |    |                | DROPPED_PLACEHOLDER |
headwords    | собака       | mbwa           | sw |                | DROPPED_HEADWORD | собака=mbwa
headwords    | 42           | arobaini       | sw |                | DROPPED_HEADWORD | 42=arobaini
scripts      | king         | מלך            | ar |                | DROPPED_SCRIPT | king=מלך
scripts      | dog          | dog-ka         | ru |                | DROPPED_SCRIPT | dog=dog-ka
scripts      | dog          | собака         | de |                | DROPPED_SCRIPT | dog=собака
sentences    | how are you  | wie geht es?   | de |                | DROPPED_SENTENCE | how are you=wie geht es?
sentences    | abide        | akka isaan waa gochuu fi jiraa | om | | DROPPED_SENTENCE | abide=akka isaan waa gochuu fi jiraa
affixes      | off          | ab-            | de |                | DROPPED_AFFIX | off=ab-
affixes      | e-           | alt            | de |                | DROPPED_AFFIX | e-=alt
affixes      | sleep        | ن و م          | ar |                | DROPPED_ROOT  | sleep=ن و م
identity     | hand         | Hand           | de |                | DROPPED_IDENTITY | hand=Hand
invisible    | a            | ei\u00adn      | de | a=ein          | MENDED_INVISIBLE | a=ei\u00adn
invisible    | do\u200bg    | \u200fكلب\u200f | ar | dog=كلب       | MENDED_INVISIBLE |
"""  # noqa: E501
CASES = [[cell.strip(" ") for cell in line.split("|")] for line in TABLE.strip().split("\n")]


def pairs_in(cell: str) -> Rows:
    return [(pair.split("=")[0], pair.split("=", 1)[1]) for pair in cell.split(" & ") if pair]


@pytest.mark.parametrize(
    ("step", "source", "target", "language", "left", "reason", "kept"), CASES, ids=str
)
def test_a_step_mends_or_drops_unless_it_is_left_out(
    step: str, source: str, target: str, language: str, left: str, reason: str, kept: str
) -> None:
    why = getattr(clean if reason == "DROPPED_IDENTITY" else steps, reason)
    rows, remarks = cleaned((source, target), language=language)
    assert (rows, remarks[why]) == (pairs_in(left), [1])
    without, remarks = cleaned((source, target), language=language, off=(step,))
    assert without == pairs_in(kept)
    assert why not in remarks or not kept


def test_the_last_step_keeps_the_best_by_weight_and_then_by_the_files_order() -> None:
    pairs = [("dog", letter) for letter in "abcdefghij"]
    assert cleaned(*pairs) == (pairs[:8], {clean.DROPPED_MOST: [0, 0]})
    assert cleaned(*pairs, most=2, off=("most",)) == (pairs, {})
    weights = {"a": "1", "b": "3", "c": "", "d": "2", "e": "1"}
    rows, _ = cleaned(*(("dog", text, weight) for text, weight in weights.items()), most=3)
    assert rows == [("dog", "a"), ("dog", "b"), ("dog", "d")]


def test_every_step_has_an_example() -> None:
    assert {one[0] for one in CASES} | {"most", "particles"} == STEPS.keys()


# --- what stays -----------------------------------------------------------------------------------

GOOD = """
dog=Hund=de o'clock=Uhr=de rock_'n'_roll=Rock=de 'tis=es_ist=de well-known=bekannt=de
naïve=naiv=de etc.=usw.=de e.g.=z.B.=de St._John=Johannes=de 3D=dreidimensional=de R&D=FuE=de
in_spite_of=trotz=de speed=km/h=de above=ci_kaw=wo abroad=bitim_réew=wo hello=សួស្តី=km
Japan=日本国=ja tea=お茶=ja hotel=호텔=ko T-shirt=Tシャツ=ja meet=সাক্ষাত্\u200dকাৰ=as
soothing=التیام\u200cبخش=fa address=pu'aka=gn dog=пас=sr dog=pas=sr dog=собака= and_her=و_هي=ar
"""


@pytest.mark.parametrize("good", GOOD.split())
def test_a_pair_that_is_good_stays_as_it_is(good: str) -> None:
    source, target, language = good.replace("_", " ").split("=")
    assert cleaned((source, target), language=language) == ([(source, target)], {})


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (("dog (animal) (pet)", "Hund (Tier (Haustier))"), ("dog", "Hund")),
        (("dog", "“(der) Hund” ;"), ("dog", "Hund")),
        (("  dog\u00a0 house ", "Hunde\u2003hütte"), ("dog house", "Hunde hütte")),
        (("donʼt", "l’eau"), ("don't", "l’eau")),
        (("well\u2011known", "bekannt"), ("well-known", "bekannt")),
        (("cafe\u0301", "Ko\u0308ter"), ("café", "Köter")),
    ],
)
def test_a_pair_that_can_be_mended_is(given: tuple[str, str], left: tuple[str, str]) -> None:
    assert cleaned(given)[0] == [left]


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("Lehrer/Meister", ["Lehrer", "Meister"]),
        ("km/h", ["km/h"]),
        ("亞琛, 亚琛 /Yàchēn/", ["亞琛", "亚琛"]),
        ("犬、狗；汪", ["犬", "狗", "汪"]),
        ("كلب، جرو", ["كلب", "جرو"]),
        ("a, a, b", ["a", "b"]),
        ("(x, y) z", ["z"]),
        (", ,", []),
    ],
)
def test_alternatives_are_parted_and_counted(target: str, parts: list[str]) -> None:
    rows, remarks = cleaned(("word", target))
    assert [text for _, text in rows] == parts
    assert (steps.PARTED in remarks) is (len(parts) > 1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("dog", "Hu\x00nd"), steps.DROPPED_CONTROL),
        (("d\x1bog", "Hund\x9f"), steps.DROPPED_CONTROL),
        (("dog", "(m)"), steps.DROPPED_EMPTY),
        (("(m)", "Hund"), steps.DROPPED_EMPTY),
        (("dog", "Hund", "-3"), clean.DROPPED_WEIGHTLESS),
    ],
)
def test_what_no_lexicon_can_use_is_dropped_whatever_is_left_out(
    row: tuple[str, ...], reason: str
) -> None:
    assert cleaned(row)[0] == []
    assert cleaned(row)[1][reason] == [1]
    assert cleaned(row, off=tuple(step for step in STEPS if step != "markup"))[0] == []


def test_weights_add_up_where_cleaning_makes_two_pairs_one() -> None:
    rows = [Row(1, "dog", "Hund", "2", "noun"), Row(2, "dog (animal)", "Hund {m}", "x", "noun")]
    entries, account = clean_rows(Parsed(rows=rows), Hygiene())
    assert entries == {"dog": (Translation("Hund", 3.0, "noun"),)}
    reasons = (steps.MENDED_MARKUP, clean.MENDED_WEIGHT, clean.MERGED_DUPLICATE)
    assert account.remarks == {reason: [2] for reason in reasons}


def test_a_translation_of_many_headwords_is_no_hub_in_a_large_lexicon() -> None:
    words = [
        f"w{a}{b}{c}" for a in "abcdefghijklmn" for b in "abcdefghijklmn" for c in "abcdefghijkl"
    ]
    assert cleaned(*((word, f"x{max(n, 20)}") for n, word in enumerate(words)))[1] == {}


# --- the report -----------------------------------------------------------------------------------


def test_the_report_has_reasons_lines_and_examples() -> None:
    text = (
        "# x\ndog\tHund {m}\ncat\tKatze {f}\nlonely\nhouse\tHaus {n}\nriver\tFluss {m}\n"
        "don’t\tnicht\nhand\tHand\nand/or\tundoder\n"
    )
    assert lexicon_of(canonical.read(text, "x")).report.lines() == [
        "6 headwords, 6 pairs, from 8 rows",
        "dropped, a column is missing: 1 (line 4)",
        f"{steps.MENDED_MARKUP}: 4 (lines 2, 3, 5, 6): "
        "dog → Hund {m}; cat → Katze {f}; house → Haus {n}",
        f"{steps.MENDED_APOSTROPHE}: 1 (line 7): don’t → nicht",
        f"{clean.DROPPED_IDENTITY}: 1 (line 8): hand → Hand",
        "headwords that are not words, and match nothing: 1",
    ]


# --- cleaning again -------------------------------------------------------------------------------

_ODD = st.sampled_from(
    """dog Hund don’t o’clock cafe\u0301 e\u0301 犬 собака मैं (m) [x] {f} <i> ( ) [ ] { } < > /x/ /
    (( )) , ; 、 | = # · “ ” ' " * - – — . ? ! ... SEE: see GAP! NS N/A I 1 1.5 ß İ ﬁ \u212b
    well\u2010known \u1100\u1161 \u200b \u200c \u200d \ufeff \u00ad \u200e \u2060 \u0301 \ufe0f
    \U000e0001""".split()
) | st.sampled_from(
    (
        *(" ", " / ", "# ", "same as:", "\u00a0", "\u2003", "\x85", "\u2028"),
        *("\x1c", "\t", "\r", "\n", "\x00", "\ud800"),
    )
)
_TEXT = (
    st.lists(_ODD, min_size=1, max_size=5).map("".join)
    | st.lists(_ODD, min_size=1, max_size=7).map(" ".join)
    | st.text(st.characters(codec="utf-8"), min_size=1, max_size=5)
)
_WEIGHT = st.sampled_from(("", "1", "0.25", "7", "1e9", "1e-9", "x", "0", "1e308", "0.1", "1/3"))
_POS = st.sampled_from(("", "noun", "verb", "1"))
_ROWS = st.lists(
    st.builds(Row, st.integers(1, 99), _TEXT, _TEXT, _WEIGHT, _POS), min_size=1, max_size=6
)


@examples(80)
@given(
    _ROWS,
    st.sampled_from(("", "de", "hi", "zh", "ru", "ar")),
    st.sets(st.sampled_from(list(STEPS))),
    st.integers(1, 3),
)
@example([Row(1, "cafe\u0301", "Haus")], "", set(), 3)
@example([Row(1, "a", "#b"), Row(1, "#a", "b")], "", {"markup", "headwords"}, 3)
@example([Row(1, "a\tb", "b\nc")], "", {"markup", "headwords", "invisible"}, 3)
@example([Row(1, "dog", "\u200d")], "", set(), 3)
@example([Row(1, "dog", "dog"), Row(2, "dog", "Hund"), Row(3, "cat", "Katze")], "", set(), 1)
@example([Row(1, "dog", "Hund", "1e9"), Row(2, "dog", "Hund", "1e9")], "", set(), 3)
def test_a_clean_lexicon_is_clean_when_it_is_read_again(
    rows: list[Row], language: str, off: set[str], most: int
) -> None:
    request = {"language": language, "off": off, "most_translations": most}
    try:
        lexicon = lexicon_of(Parsed(rows=rows), **request)
    except LexiconError:
        return
    text = lexicon.canonical_text()
    parsed = canonical.read(text, "x")
    twice = lexicon_of(parsed, **request)
    assert twice.entries == lexicon.entries
    if "identity" not in off:  # of a canonical file such pairs are always dropped
        again = lexicon_of(canonical.read(text, "x"), is_canonical=True)
        assert again.entries == lexicon.entries
        assert again.headwords == lexicon.headwords


@examples(100)
@given(_ROWS)
def test_every_row_is_kept_or_accounted_for(rows: list[Row]) -> None:
    rows = [row._replace(line=number) for number, row in enumerate(rows, start=1)]
    entries, account = clean_rows(Parsed(rows=rows), Hygiene())
    told = {line for numbers in account.remarks.values() for line in numbers}
    for row in rows:
        pair = row.source in entries and row.target in [one.text for one in entries[row.source]]
        spaced = [" ".join(text.split()) for text in (row.source, row.target)]
        assert pair or row.line in told or spaced != [row.source, row.target]


@examples(60)
@given(
    _TEXT | st.from_regex(r"[A-Za-z]+", fullmatch=True),
    _TEXT | st.text(st.characters(categories=["L"]), min_size=1),
    st.sampled_from(("", "de", "hi", "zh", "ru", "ja")),
)
@example("I", "WL", "de")
@example("dog", "e\u0301", "de")
@example("a b c d e f", "Hund", "de")
@example("dog", "собака犬", "ru")
def test_what_is_plain_at_a_look_needs_nothing_at_a_closer_one(
    source: str, target: str, language: str
) -> None:
    row = Row(1, source, target)
    account = Account(Parsed())
    alone = list(cleaned_rows(row, Hygiene(language), account, Habits()))
    if plain_in(language)(source, target):
        assert alone == [row]
        assert account.remarks == {}


def test_single_words_are_plain() -> None:
    assert plain_in("de")("dog", "Hund")
    assert plain_in("ru")("dog", "собака")
    assert not plain_in("ru")("dog", "Hund")


def test_a_canonical_file_is_not_washed() -> None:
    text = "# name: x\n# language: de\nab-\tweg (fort)\nwho?\twer, wen\nсобака\tHund\n"
    lexicon = lexicon_of(canonical.read(text, "x"), is_canonical=True)
    assert lexicon.canonical_text() == text
    assert lexicon.report.remarks == {}
