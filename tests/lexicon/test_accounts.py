"""Accounts add up: what becomes of a file's rows, whatever packs them, and what a file may take."""

import bz2
import gzip
import lzma
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import LexiconError
from link.lexicon import Lexicon, decode
from link.lexicon.clean import DROPPED_IDENTITY
from link.lexicon.formats.canonical import BEHIND
from link.lexicon.formats.parsed import EMPTY, OTHER_DIRECTION, Parsed, Row
from link.lexicon.inflect import ADDED
from link.lexicon.report import verdict
from link.lexicon.steps import DROPPED_LONG
from tests.lexicon.samples import lexicon_of, load, pairs_of
from tests.strategies import examples

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# --- rows -----------------------------------------------------------------------------------------


def entry(source: str, target: str, only: str = "") -> str:
    return f"<e{only and f' r={only!r}'}><p><l>{source}</l><r>{target}</r></p></e>"


def test_what_holds_only_towards_english_is_no_bad_row(tmp_path: Path) -> None:
    only = "".join(entry(word, "Wort", "RL") for word in ("hound", "home", "mist", "lost"))
    text = f"<dictionary>{only}{entry('dog', 'Hund')}{entry('hand', 'Hand')}</dictionary>"
    lexicon = load(tmp_path, text)
    report = lexicon.report
    assert report.remarks == {OTHER_DIRECTION: [1, 2, 3, 4], DROPPED_IDENTITY: [6]}
    assert (report.rows, report.lost, report.identical) == (2, 0, 1)
    assert verdict(lexicon, strict=False)[0]


@pytest.mark.parametrize(
    "text",
    [
        '{"word": "cat", "pos": "noun", "lang_code": "en"}\n' * 9
        + '{"word": "dog", "pos": "noun", "translations": [{"code": "de", "word": "Hund"}]}\n',
        "dog {n} :: Hund\n" + "maddah {n} (Arabic diacritic) ::\n" * 9,
        f"<TEI><entry><orth>dog</orth><tr>Hund</tr></entry>{'<entry><orth>x</orth></entry>' * 9}"
        "</TEI>",
        '{"dog": "Hund", ' + ", ".join(f'"cat{n}": []' for n in range(9)) + "}",
    ],
    ids=["kaikki", "buchmeier", "tei", "json"],
)
def test_an_entry_without_translations_is_no_bad_row(tmp_path: Path, text: str) -> None:
    lexicon = load(tmp_path, text)
    assert (lexicon.report.rows, lexicon.report.lost) == (1, 0)
    assert lexicon.report.remarks == {EMPTY: lexicon.report.remarks[EMPTY]}
    assert len(lexicon.report.remarks[EMPTY]) == 9
    stated = replace(lexicon, language="de", licence="MIT")
    assert verdict(stated, strict=True) == (True, "clean")


_TEXTS = st.sampled_from(
    [
        "dog",
        "Hund",
        "Hund, Köter",
        "a/b",
        "(m)",
        "hand",
        "собака",
        "well, now",
        "ab-",
        "犬",
        "@",
        "",
    ]
)


@examples(150)
@given(
    st.lists(st.tuples(st.integers(1, 99), _TEXTS, _TEXTS, st.sampled_from(["", "0", "2"]))),
    st.sampled_from(["", "de", "ru", "aii"]),
    st.booleans(),
)
def test_every_row_is_kept_lost_or_identical(
    given_rows: list[tuple[int, str, str, str]], tag: str, is_canonical: bool
) -> None:
    rows = [Row(*row) for row in given_rows]
    try:
        found = lexicon_of(Parsed(rows=rows), language=tag, is_canonical=is_canonical)
    except LexiconError:
        return
    report = found.report
    assert report.rows == len(rows)
    assert 0 <= report.lost <= report.rows - report.identical
    clean = {(row.source, row.target) for row in rows} & set(pairs_of(found))
    assert len(clean) <= report.rows - report.lost - report.identical


# --- headwords with a particle --------------------------------------------------------------------

PARTICLES = "to run\tlaufen\na dog\tHund\nan apple\tApfel\nthe sea\tMeer\nto give up\taufgeben\n"


def test_headwords_with_a_particle_cover_the_bare_ones(tmp_path: Path) -> None:
    lexicon = load(tmp_path, PARTICLES, language="de")
    assert pairs_of(lexicon)[:5] == [
        *(("to run", "laufen"), ("a dog", "Hund"), ("an apple", "Apfel"), ("the sea", "Meer")),
        ("to give up", "aufgeben"),
    ]
    added = {word: lexicon.entries[word][0] for word in ("run", "dog", "apple", "sea", "give up")}
    assert [one.text for one in added.values()] == ["laufen", "Hund", "Apfel", "Meer", "aufgeben"]
    assert [one.pos for one in added.values()] == ["verb", "noun", "noun", "noun", "verb"]
    assert len(lexicon.report.remarks[ADDED]) == 5
    assert lexicon.report.examples[ADDED][0] == "to run → run"
    assert len(load(tmp_path, PARTICLES, off=["particles"]).entries) == 5
    assert len(load(tmp_path, f"# language: de\n{PARTICLES}").entries) == 5


def test_a_bare_headword_keeps_its_own_entry(tmp_path: Path) -> None:
    lexicon = load(tmp_path, "the sun\tdie Sonne\nsun\tSonne\na run\tLauf\nto run\tlaufen\n")
    assert [one.text for one in lexicon.entries["sun"]] == ["Sonne"]
    assert [(one.text, one.pos) for one in lexicon.entries["run"]] == [
        ("Lauf", "noun"),
        ("laufen", "verb"),
    ]


@pytest.mark.parametrize(
    "headword",
    ["to the left", "a lot", "a few", "the same", "to and fro", "the black sea", "to ran", "today"],
)
def test_other_words_behind_a_particle_are_not_covered(tmp_path: Path, headword: str) -> None:
    assert list(load(tmp_path, f"{headword}\twort\n").entries) == [headword]


# --- how a file is packed -------------------------------------------------------------------------

TEXT = "dog\tсобака\nhouse\tдом\n"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_a_compressed_lexicon_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    assert len(pairs_of(load(tmp_path, pack(TEXT.encode())))) == 2
    assert len(pairs_of(load(tmp_path, pack(TEXT.encode("utf-16"))))) == 2
    with pytest.raises(LexiconError, match=r"words: the \w+ data is truncated or damaged"):
        load(tmp_path, pack(TEXT.encode())[:-9])


def test_an_archive_is_named_as_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        file.writestr("a.tsv", TEXT)
    with pytest.raises(LexiconError, match=r"x\.zip: is a zip archive; unpack it"):
        Lexicon.load(tmp_path / "x.zip")
    for data, words in ((b"7z\xbc\xaf\x27\x1c\0", "7z"), (b"%PDF-1.4", "PDF"), (b"Rar!", "rar")):
        with pytest.raises(LexiconError, match=f"words: is a .*{words}"):
            load(tmp_path, data)


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize(
    "text", ["dog\tHund\nhouse\tHaus\n", "dog Hund\nhouse Haus", "en;de\ndog;Hund\nhouse;Haus\n"]
)
def test_lines_end_as_they_end(tmp_path: Path, text: str, end: str) -> None:
    lexicon = load(tmp_path, text.replace("\n", end))
    assert pairs_of(lexicon) == [("dog", "Hund"), ("house", "Haus")]
    assert lexicon.report.rows == 2


# --- what a file may take -------------------------------------------------------------------------


def test_a_small_file_that_unpacks_to_very_much_is_refused_before_it_is_all_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "FEWEST_BYTES", 4 << 20)
    (tmp_path / "words").write_bytes(gzip.compress(bytes(48 << 20), 1))
    tracemalloc.start()
    try:
        with pytest.raises(LexiconError, match=r"bytes of gzip hold more than [\d,]+ bytes"):
            Lexicon.load(tmp_path / "words")
        assert tracemalloc.get_traced_memory()[1] < 30 << 20  # of 48 MB, and thrice that as text
    finally:
        tracemalloc.stop()


def test_a_long_line_of_a_plain_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "MOST_LINE_BYTES", 100)
    assert pairs_of(load(tmp_path, "dog\tHund\n" * 50)) == [("dog", "Hund")]
    for text in ("dog\tHund\n" * 9 + "x" * 101, "x" * 101 + "\ndog\tHund\n" * 9, "x" * 500):
        with pytest.raises(LexiconError, match="a line of more than 100 bytes"):
            load(tmp_path, text)


def test_a_cell_that_is_no_word_is_dropped_unseen(tmp_path: Path) -> None:
    nested = "(" * 100_000 + ")" * 100_000
    lexicon = load(tmp_path, f"dog\tHund\ncat\t{nested}\n")
    assert pairs_of(lexicon) == [("dog", "Hund")]
    assert lexicon.report.remarks == {DROPPED_LONG: [2]}
    assert max(map(len, lexicon.report.lines())) < 200


@pytest.mark.parametrize("rest", ["", "cat\tKatze\n"])
def test_further_columns_of_a_canonical_file_are_counted(tmp_path: Path, rest: str) -> None:
    lexicon = load(tmp_path, f"# language: de\ndog\tHund\t1\tnoun\tx\n{rest}")
    assert lexicon.report.remarks == {BEHIND: [2]}
