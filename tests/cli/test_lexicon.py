"""`link lexicon`: what it says of lexicons, what it writes, and with which status it ends."""

import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from link.cli import main
from link.lexicon import Lexicon
from tests.helpers import SHIPPED_LEXICON, json_lines, link

Run = Callable[..., tuple[int, str, str]]

BUCHMEIER = """\
# English :: Turkish dictionary extracted from http://en.wiktionary.org/
# License :: CC BY-SA 3.0
# URL :: http://en.wiktionary.org/wiki/User:Matthias_Buchmeier
a {article} (an) SEE: an ::
dog {n} (animal) :: köpek, it
see {v} (to perceive) :: görmek
"""
CLEAN = "# name: en-de\n# language: de\n# licence: CC0-1.0\ndog\tHund\t1\tnoun\n"
BAD = "dog\tмбва\ncat\tпака\nhouse\tnyumba\n"
ENGLISH = "# Wiktionary\teng\thttp://x\tCC BY-SA\n00000001-n\teng:lemma\tdog\n"
SLOVENE = "# sloWNet\tslv\thttp://y\tCC BY 4.0\n00000001-n\tslv:lemma\tpes\n"


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """`link lexicon …` in a folder of its own, with a user's cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name, text in (
        ("clean.tsv", CLEAN),
        ("en-tr.txt", BUCHMEIER),
        ("bad.tsv", BAD),
        ("messy.tsv", "dog\tHund {m}\nhand\tHand\n"),
        ("eng.tab", ENGLISH),
        ("slv.tab", SLOVENE),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)

    def run_link(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["link", "lexicon", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return code, out, err

    yield run_link
    signal.signal(signal.SIGTERM, handler)


def one_error(result: tuple[int, str, str]) -> str:
    """The one line of a request that cannot be carried out."""
    code, out, err = result
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("link: error: ")
    return line


# --- list -----------------------------------------------------------------------------------------


def test_list_shows_shipped_own_and_downloaded_lexicons(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lexicons").mkdir()
    (tmp_path / "lexicons" / "mine.tsv").write_text(CLEAN)
    cache = tmp_path / "cache" / "link-corpus" / "lexicons"
    cache.mkdir(parents=True)
    (cache / "en-gsw.tsv").write_text("# name: en-gsw\n# language: gsw\ndog\tmbwa\n")
    (cache / "broken.tsv").write_text("")
    code, out, err = run("list")
    assert code == 0
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in out.splitlines()}
    assert rows["mine"] == ["de", "1", "CC0-1.0", "lexicons/mine.tsv"]
    assert rows["en-gsw"] == ["gsw", "1", "not stated", str(cache / "en-gsw.tsv")]
    assert rows["en-de"][0] == "de"
    assert rows["en-de"][2] == "CC0-1.0"
    assert "broken" in err


# --- info -----------------------------------------------------------------------------------------


def info_of(out: str) -> dict[str, str]:
    pairs = [re.split(r"\s{2,}", line, maxsplit=1) for line in out.splitlines()]
    return dict(pairs)


def test_info_says_what_a_lexicon_holds(run: Run) -> None:
    code, out, _ = run("info", "en-tr.txt")
    assert code == 0
    about = info_of(out)
    assert (about["name"], about["language"], about["licence"]) == ("en-tr", "tr", "CC BY-SA 3.0")
    assert about["headwords"] == "2, that match nothing 0"
    assert about["pairs"] == "3, 1.50 a headword"
    assert about["parts of speech"] == "noun 2, verb 1"
    assert about["inflected forms"] == "none added"
    assert re.fullmatch("[0-9a-f]{64}", about["sha256"])
    assert info_of(run("info", "en-tr.txt", "--inflect")[1])["inflected forms"].endswith(" added")


def test_info_counts_the_words_of_a_corpus_with_and_without_forms(run: Run, tmp_path: Path) -> None:
    shard = json_lines([{"text": "The dog sees dogs."}, {"text": "Dogs see the house today."}])
    (tmp_path / "a.jsonl").write_bytes(shard)
    code, out, _ = run("info", "en-tr.txt", "--corpus", "a.jsonl")
    assert code == 0
    about = info_of(out)
    assert about["words of the corpus"] == "9"
    assert about["covered"] == "22.2% without inflected forms, 55.6% with them"
    assert run("info", "en-tr.txt", "--no-inflect", "--corpus", "a.jsonl")[1] == out


# --- check ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "verdict"),
    [
        (("clean.tsv",), 0, "clean.tsv: clean"),
        (("clean.tsv", "--strict"), 0, "clean.tsv: clean"),
        (("en-tr.txt", "--strict"), 0, "en-tr.txt: clean"),
        (("messy.tsv",), 0, "messy.tsv: usable, but it does not state its language and licence"),
        (("messy.tsv", "--strict"), 1, "messy.tsv: not clean: "),
        (("bad.tsv", "--lang", "sw"), 1, "bad.tsv: bad: 2 of 3 rows are dropped"),
        (("bad.tsv", "--lang", "ru", "--keep", "scripts"), 0, "bad.tsv: usable"),
        (("no-such.tsv",), 1, "no-such.tsv: error: "),
        (("eng.tab",), 1, "eng.tab: error: eng.tab: Open Multilingual Wordnet comes in two files"),
        (("slv.tab", "eng.tab", "--pair"), 0, "slv.tab + eng.tab: clean"),
    ],
)
def test_check_gives_a_verdict_and_a_status(
    run: Run, arguments: tuple[str, ...], code: int, verdict: str
) -> None:
    got, out, err = run("check", *arguments)
    assert out.splitlines()[0].startswith(verdict)
    assert (got, err) == (code, "")


def test_check_prints_what_was_mended_and_dropped(run: Run) -> None:
    assert run("check", "messy.tsv")[1].splitlines()[1:] == [
        "  1 headword, 1 pair, from 2 rows",
        "  mended, brackets and labels removed: 1 (line 1): dog → Hund {m}",
        "  dropped, translation is the word itself: 1 (line 2): hand → Hand",
    ]


def test_check_looks_at_every_file_and_fails_if_one_is_bad(run: Run) -> None:
    Path("clean.tsv").write_text(CLEAN.replace("language: de", "language: sw"))
    code, out, _ = run("check", "no-such.tsv", "clean.tsv", "bad.tsv", "--lang", "sw")
    assert code == 1
    verdicts = [line.split(": ")[:2] for line in out.splitlines() if not line.startswith(" ")]
    assert verdicts == [["no-such.tsv", "error"], ["clean.tsv", "clean"], ["bad.tsv", "bad"]]


# --- convert --------------------------------------------------------------------------------------


def test_convert_writes_source_licence_and_date(run: Run, tmp_path: Path) -> None:
    code, out, err = run("convert", "en-tr.txt", "-o", "out.tsv", "--date", "2015-01-02")
    assert (code, out) == (0, "")
    lines = (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[:5] == [
        "# name: en-tr",
        "# language: tr",
        "# source: http://en.wiktionary.org/wiki/User:Matthias_Buchmeier",
        "# licence: CC BY-SA 3.0",
        "# date: 2015-01-02",
    ]
    assert lines[-3:] == ["dog\tköpek\t1\tnoun", "dog\tit\t1\tnoun", "see\tgörmek\t1\tverb"]
    assert "link: skipped, redirect to another entry: 1 (line 4)" in err
    assert Lexicon.load(tmp_path / "out.tsv").report.remarks == {}


def test_convert_says_where_a_file_without_a_header_comes_from(run: Run, tmp_path: Path) -> None:
    run("convert", "messy.tsv", "-o", "out.tsv", "--lang", "de", "--licence", "CC BY 4.0")
    header = (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()[:-1]
    assert header[:4] == [
        "# name: messy",
        "# language: de",
        "# source: messy.tsv",
        "# licence: CC BY 4.0",
    ]
    assert re.fullmatch(r"# date: \d{4}-\d\d-\d\d", header[4])
    run("convert", "messy.tsv", "-o", "named.tsv", "--source", "a friend")
    assert "# source: a friend\n# licence: not stated\n" in (tmp_path / "named.tsv").read_text()


@pytest.mark.parametrize("name", ["clean.tsv", "shipped.tsv"])
def test_convert_leaves_a_canonical_file_as_it_is(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "shipped.tsv").write_bytes(SHIPPED_LEXICON.read_bytes())
    code, _, _ = run("convert", name, "-o", "out.tsv", "--licence", "mine", "--source", "me")
    assert code == 0
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize(
    ("option", "is_inflected"), [((), False), (("--inflect",), True), (("--no-inflect",), False)]
)
def test_convert_keeps_whether_forms_are_found(
    run: Run, tmp_path: Path, option: tuple[str, ...], is_inflected: bool
) -> None:
    run("convert", "en-tr.txt", "-o", "out.tsv", *option)
    assert Lexicon.load(tmp_path / "out.tsv").inflect is is_inflected


def test_convert_reverses_and_limits(run: Run, tmp_path: Path) -> None:
    (tmp_path / "de-en.tsv").write_text("Hund\tdog\nKöter\tdog\n", encoding="utf-8")
    options = ("--reverse", "--lang", "de", "--max-translations", "1")
    run("convert", "de-en.tsv", "-o", "out.tsv", *options)
    assert (tmp_path / "out.tsv").read_text().endswith("\ndog\tHund\n")


# --- merge ----------------------------------------------------------------------------------------


@pytest.fixture
def two(run: Run, tmp_path: Path) -> None:
    header = "# name: {}\n# language: de\n# licence: {}\n"
    first = "dog\tHund\t2\ncat\tKatze\n"
    second = "dog\tHund\t1\ndog\tKöter\t1\nbird\tVogel\t3\n"
    (tmp_path / "one.tsv").write_text(header.format("one", "MIT") + first)
    (tmp_path / "two.tsv").write_text(header.format("two", "CC0-1.0") + second)


def translations(path: Path) -> dict[str, list[tuple[str, float]]]:
    entries = Lexicon.load(path).entries
    return {word: [(one.text, one.weight) for one in every] for word, every in entries.items()}


@pytest.mark.usefixtures("two")
def test_merge_takes_a_word_from_the_first_lexicon_that_has_it(run: Run, tmp_path: Path) -> None:
    assert run("merge", "one.tsv", "two.tsv", "-o", "out.tsv")[0] == 0
    assert translations(tmp_path / "out.tsv") == {
        "dog": [("Hund", 2.0)],
        "cat": [("Katze", 1.0)],
        "bird": [("Vogel", 3.0)],
    }


@pytest.mark.usefixtures("two")
def test_merge_may_take_the_translations_of_all(run: Run, tmp_path: Path) -> None:
    assert run("merge", "--union", "one.tsv", "two.tsv", "-o", "out.tsv")[0] == 0
    merged = Lexicon.load(tmp_path / "out.tsv")
    assert translations(tmp_path / "out.tsv")["dog"] == [("Hund", 3.0), ("Köter", 1.0)]
    assert (merged.name, merged.language, merged.licence) == ("one+two", "de", "MIT; CC0-1.0")
    assert merged.report.remarks == {}


@pytest.mark.usefixtures("two")
def test_merge_refuses_lexicons_of_different_languages(run: Run, tmp_path: Path) -> None:
    error = one_error(run("merge", "one.tsv", "en-tr.txt", "-o", "out.tsv"))
    assert "different languages" in error
    assert "de, tr" in error
    assert not (tmp_path / "out.tsv").exists()


# --- what cannot be done --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("info", "clean.tsv", "--keep", "soap"),
            ["'soap' is not a cleaning step", "markup", "identity"],
        ),
        (
            ("info", "clean.tsv", "--from", "xls"),
            ["'xls' is not a format", "canonical", "apertium"],
        ),
        (("info", "clean.tsv", "--from", "tei"), ["clean.tsv: line 1", "not XML"]),
        (("info", "clean.tsv", "--encoding", "klingon"), ["'klingon' is not an encoding"]),
        (("info", "eng.tab"), ["name both"]),
        (("info", "en-dd"), ["'en-dd'", "did you mean ", "en-de"]),
        (("convert", "bad.tsv", "--lang", "th", "-o", "out.tsv"), ["no pair is left of 3"]),
        (("convert", "a", "b", "c", "-o", "out.tsv"), ["name one file, or the two"]),
        (("convert", "clean.tsv"), ["-o"]),
        (("merge", "clean.tsv", "no-such.tsv", "-o", "out.tsv"), ["'no-such.tsv'"]),
        (("check", "clean.tsv", "--max-translations", "0"), ["--max-translations"]),
        (("check", "bad.tsv", "--keep", "soap"), ["'soap' is not a cleaning step"]),
        (("check", "bad.tsv", "--from", "xls"), ["'xls' is not a format"]),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: list[str]
) -> None:
    error = one_error(run(*arguments))
    assert all(word in error for word in words), error
    assert not (tmp_path / "out.tsv").exists()


def test_a_file_cannot_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("dog (\x1b[31m)\tHund\ncat\tKatze\n# name: \x1b[31m\n")
    for command in ("check", "info"):
        _, out, err = run(command, "x.tsv", "--from", "pairs")
        assert "\x1b" not in out + err


# --- in a run -------------------------------------------------------------------------------------


def test_the_licence_of_a_converted_file_reaches_the_run(run: Run, tmp_path: Path) -> None:
    run("convert", "en-tr.txt", "-o", "out.tsv")
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": "The dog sees the dogs."}]))
    done = link("substitute", "a.jsonl", "-o", "out", "-l", "out.tsv", cwd=tmp_path)
    assert done.returncode == 0
    assert "CC BY-SA 3.0" in done.stderr.decode()
    folder = tmp_path / "out" / "_link"
    assert "# licence: CC BY-SA 3.0\n" in (folder / "lexicon.tsv").read_text(encoding="utf-8")
    assert b"CC BY-SA 3.0" in (folder / "manifest.json").read_bytes()


def test_a_stated_language_is_overruled_on_request(run: Run, tmp_path: Path) -> None:
    assert "add --force-lang" in one_error(run("convert", "clean.tsv", "--lang", "sw", "-o", "x"))
    code, _, err = run("convert", "clean.tsv", "--lang", "sw", "--force-lang", "-o", "out.tsv")
    assert code == 0
    assert "link: the language is sw (Swahili), as asked for, though the file states de" in err
    assert Lexicon.load(tmp_path / "out.tsv").language == "sw"
    assert "name one with --lang" in one_error(run("check", "clean.tsv", "--force-lang"))


@pytest.mark.parametrize(
    ("command", "groups"),
    [
        ("list", []),
        ("info", ["Reading", "Cleaning", "Report"]),
        ("check", ["Reading", "Cleaning", "Report"]),
        ("convert", ["Output", "Reading", "Cleaning"]),
        ("merge", ["Output"]),
        ("download", ["Download", "Output"]),
    ],
)
def test_help_stands_in_groups_with_an_example(run: Run, command: str, groups: list[str]) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    titles = [one for one in re.findall(r"^(\w+):$", out, re.M) if one != "Options"]
    assert titles == ([*groups, "Help"] if groups else [])
    assert re.search(r"^  Examples?:$", out, re.M)
    assert f"    link lexicon {command}" in out
