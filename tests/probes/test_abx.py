"""`link probes abx`: triplets that are what they say, and an item file as fastabx documents it."""

import gzip
import json
import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.export.sentences import tokens_of
from link.probes.abx import drawn_pairs, triplets_of
from tests.helpers import json_lines, link, tree
from tests.strategies import examples

ENGLISH = ["The dog sleeps.", "A cat!", "It rains.", "We went home by the river.", "Yes, a house."]
GERMAN = [
    "Der Hund schläft.",
    "Eine Katze!",
    "Es regnet.",
    "Wir gingen am Fluss heim.",
    "Ja, Haus.",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, lines in (("text.en", ENGLISH), ("text.de", GERMAN)):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (tmp_path / "sub").mkdir()
    return tmp_path


def abx(folder: Path, *arguments: str, out: str = "out") -> Path:
    done = link("probes", "abx", *arguments, "-o", out, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / out


def refused(folder: Path, *arguments: str) -> str:
    done = link("probes", "abx", *arguments, "-o", "out", cwd=folder)
    assert done.returncode in (1, 2), done.stderr
    assert not (folder / "out").exists()
    return done.stderr.decode()


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


FILES = ("text.en", "text.de", "--languages", "en,de")


# --- triplets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("b_language", ["x", "a"])
def test_a_and_x_mean_the_same_in_two_languages_and_b_something_else(
    folder: Path, b_language: str
) -> None:
    same = dict(zip(ENGLISH, GERMAN, strict=True))
    same |= {german: english for english, german in same.items()}
    triplets = records(abx(folder, *FILES, "--b-language", b_language) / "triplets.jsonl")
    assert sorted(each["x"]["text"] for each in triplets) == sorted(same)
    for each in triplets:
        a, b, x = each["a"], each["b"], each["x"]
        assert a["text"] == same[x["text"]]
        assert b["text"] not in (a["text"], x["text"])
        assert {a["language"], x["language"]} == {"en", "de"}
        assert b["language"] == each[b_language]["language"]
        assert each["direction"] == f"{a['language']}-{x['language']}"
        for text in (a, b, x):
            assert text["text"] in (ENGLISH if text["language"] == "en" else GERMAN)


_PAIRS = st.lists(
    st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=2, max_size=15, unique=True
).map(lambda sizes: [("a " * one, "b " * other) for one, other in sizes])


@examples(100)
@given(_PAIRS, st.sampled_from("xa"), st.integers(0, 99))
def test_b_is_another_text_of_the_nearest_length(
    pairs: Sequence[tuple[str, str]], b_language: str, seed: int
) -> None:
    found = list(triplets_of(pairs, b_language, seed))
    assert [(each.pair, each.x) for each in found] == [
        (place, x) for place in range(len(pairs)) for x in (0, 1)
    ]
    for each in found:
        assert each.other != each.pair
        assert (each.b == each.x) == (b_language == "x")
        sizes = [len(tokens_of(pair[each.b])) for pair in pairs]
        gaps = [abs(size - sizes[each.pair]) for size in sizes]
        assert gaps[each.other] == min(gaps[: each.pair] + gaps[each.pair + 1 :])


def test_of_equally_near_texts_each_is_drawn_by_some_seed() -> None:
    pairs = [(word, f"{word}-") for word in "abcdef"]
    drawn = {
        (each.pair, each.other) for seed in range(60) for each in triplets_of(pairs, "x", seed)
    }
    assert drawn == {(one, other) for one in range(6) for other in range(6) if one != other}


# --- pairs ----------------------------------------------------------------------------------------


def test_a_larger_number_of_pairs_holds_a_smaller_one() -> None:
    pairs = [(f"one {n}", f"other {n}") for n in range(200)]
    few, more = (drawn_pairs(pairs, most, 5).pairs for most in (20, 90))
    assert (len(few), len(more)) == (20, 90)
    assert more[:20] == few
    assert drawn_pairs(reversed(pairs), 20, 5).pairs == few
    assert drawn_pairs(pairs, 20, 6).pairs != few
    assert sorted(drawn_pairs(pairs, 500, 5).pairs) == sorted(pairs)


def test_pairs_that_tell_nothing_are_left_out_and_counted() -> None:
    pairs = [("a", "b"), ("", "c"), ("d", "  "), ("e", "e "), ("a", "f"), ("g", "b"), ("h", "i")]
    drawn = drawn_pairs(pairs, 10, 0)
    assert (drawn.read, drawn.left_out) == (7, 5)
    assert ("h", "i") in drawn.pairs
    assert len(drawn.pairs) == len(set(map(str.strip, (one for one, _ in drawn.pairs)))) == 2


def test_the_sentences_of_a_run_before_and_after_are_pairs(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text(
        "# language: de\n# licence: CC0-1.0\ndog\tHund\ncat\tKatze\n"
    )
    texts = ["The dog sleeps. Nothing here.", "A “cat” walks."]
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": text} for text in texts]))
    run = ("substitute", "a.jsonl", "-o", "run", "-l", "en-de.tsv", "--ratio", "1", "--swaps")
    assert link(*run, cwd=tmp_path).returncode == 0
    triplets = records(abx(tmp_path, "run") / "triplets.jsonl")
    told = {(each["direction"], each["a"]["text"], each["x"]["text"]) for each in triplets}
    assert told == {
        ("original-swapped", "The dog sleeps.", "The Hund sleeps."),
        ("swapped-original", "The Hund sleeps.", "The dog sleeps."),
        ("original-swapped", "A “cat” walks.", "A “Katze” walks."),
        ("swapped-original", "A “Katze” walks.", "A “cat” walks."),
    }


def test_two_fields_of_shards_of_any_format_are_pairs(folder: Path) -> None:
    rows = [{"en": one, "de": two} for one, two in zip(ENGLISH, GERMAN, strict=True)]
    lines = json_lines([{"de": "Nur deutsch"}, *rows, {"en": "English alone"}])
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    pq.write_table(pa.Table.from_pylist(rows), folder / "a.parquet")
    trees = [
        tree(abx(folder, *arguments, out=f"out-{place}"))
        for place, arguments in enumerate(
            [("a.jsonl.gz", "--fields", "en,de"), ("a.parquet", "--fields", "en,de"), FILES]
        )
    ]
    assert trees[0] == trees[1] == trees[2]


# --- the item file --------------------------------------------------------------------------------


def labels(item: Path) -> pl.DataFrame:
    """An item file read as fastabx's documentation says: a table with a heading, parted by spaces;
    times are exact decimals."""
    times = ["onset", "offset"]
    table = pl.read_csv(item, separator=" ", schema_overrides=dict.fromkeys(times, pl.String))
    exact = [table[name].str.to_decimal(inference_length=len(table)) for name in times]
    table = table.with_columns(*exact)
    assert table.columns[:3] == ["#file", "onset", "offset"]
    reserved = {"index", "score", "size", "is_valid"}
    assert not [
        name for name in table.columns if name in reserved or name[-2:] in ("_a", "_b", "_x")
    ]
    return table


def by_definition(table: pl.DataFrame, on: str, by: str, across: str) -> list[tuple[str, ...]]:
    """All triplets of a task: ON: a = x ≠ b; BY: a = b = x; ACROSS: a = b ≠ x."""
    rows = table.to_dicts()
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[by], []).append(row)
    return sorted(
        (a["#file"], b["#file"], x["#file"])
        for own in groups.values()
        for a in own
        for b in own
        for x in own
        if a[on] == x[on] != b[on] and a[across] == b[across] != x[across]
    )


@pytest.mark.parametrize("b_language", ["x", "a"])
def test_the_task_that_the_documentation_names_has_these_triplets_and_no_others(
    folder: Path, b_language: str
) -> None:
    out = abx(folder, *FILES, "--b-language", b_language)
    triplets = records(out / "triplets.jsonl")
    told = sorted(tuple(each[name]["file"] for name in "abx") for each in triplets)
    table = labels(out / "abx.item")
    assert by_definition(table, "meaning", "triplet", "role") == told
    if b_language == "a":
        assert by_definition(table, "meaning", "triplet", "language") == told
    else:  # form: B and X are of one language, and A of another
        changed = sorted((b, a, x) for a, b, x in told)
        assert by_definition(table, "language", "triplet", "role") == changed


def test_each_row_is_one_frame_of_a_text_that_is_listed(folder: Path) -> None:
    out = abx(folder, *FILES)
    texts = {text["file"]: text for text in records(out / "texts.jsonl")}
    assert sorted(text["text"] for text in texts.values()) == sorted([*ENGLISH, *GERMAN])
    for row in labels(out / "abx.item").to_dicts():
        text = texts[row["#file"]]
        assert (row["meaning"], row["language"]) == (text["meaning"], text["language"])
        # Frames whose middle lies between onset and offset, at a frequency of 1.
        assert math.ceil(row["onset"] - Decimal("0.5")) == 0
        assert math.floor(row["offset"] - Decimal("0.5")) == 0


def test_the_same_command_writes_the_same_bytes_and_another_seed_others(folder: Path) -> None:
    one, same, other = (
        tree(abx(folder, *FILES, "--seed", seed, out=f"out-{place}"))
        for place, seed in enumerate("112")
    )
    assert one == same
    assert one["triplets.jsonl"] != other["triplets.jsonl"]


# --- bad input ------------------------------------------------------------------------------------


def test_files_of_different_length_are_refused(folder: Path) -> None:
    with (folder / "text.en").open("a") as file:
        file.write("More.\n")
    told = refused(folder, *FILES)
    assert "text.de ends after line 5, and text.en goes on" in told


def test_a_line_that_is_no_utf8_is_named(folder: Path) -> None:
    (folder / "text.de").write_bytes(b"Gut.\n\xff\n")
    assert "text.de: line 2: no UTF-8" in refused(folder, *FILES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("text.en",), "text.en is not the folder of a run"),
        (("text.en", "text.de", "text.en"), "two files or one run are taken, not 3"),
        ((".",), "lies in ., which is read"),
        (("sub",), "is not the output of a run"),
        (("text.en", "text.de", "--languages", "en"), "--languages takes two names"),
        (("text.en", "text.de", "--languages", "en,en"), "--languages takes two names"),
        (("text.en", "text.de", "--languages", "en,my de"), "a language is named by letters"),
        (("text.en", "text.en"), "two pairs at least are needed"),
        (("a.jsonl", "--fields", "en"), "--fields takes two names"),
        (("text.en", "--fields", "en,de"), "has no ending of a shard"),
        (("text.en", "missing.de"), "missing.de"),
    ],
)
def test_what_cannot_be_done_is_refused(
    folder: Path, arguments: Sequence[str], message: str
) -> None:
    assert message in refused(folder, *arguments)
