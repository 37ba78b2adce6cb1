"""`link transliterate`: letters by rules, everything else verbatim, in every format."""

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from link.cli import cli
from link.errors import LinkError, UsageError
from link.run.folder import RunFolder
from link.transliterate import shards
from link.transliterate.model import CharacterModel, words_in
from link.transliterate.rules import parsed, shipped
from link.transliterate.shards import target_words
from link.transliterate.words import by_rules, transliterator
from tests.helpers import compress, json_lines, stored_lines, tree
from tests.strategies import examples

SERBIAN = "Људи и ЊУШКА су у „Београду“: https://људи.рс џеп, a 3. ред!"
LATIN = "Ljudi i NJUŠKA su u „Beogradu“: https://људи.рс džep, a 3. red!"


def link(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.mark.parametrize(
    ("rules", "text", "wanted"),
    [
        ("sr-Cyrl-Latn", SERBIAN, LATIN),
        ("sr-Latn-Cyrl", "Njen konj: Džep! me@njen.rs", "Њен коњ: Џеп! me@njen.rs"),
        (
            "uz-Cyrl-Latn",
            "Ўзбекистон, ер, поэма, цирк, шаҳар",
            "Oʻzbekiston, yer, poema, sirk, shahar",
        ),
        (
            "uz-Latn-Cyrl",
            "O'zbekiston, 'yer', tog‘, maʼno, eshik",
            "Ўзбекистон, 'ер', тоғ, маъно, эшик",
        ),
        ("ar-Arab-mt", "الكِتاب", "il-kitab"),
    ],
)
def test_shipped_rules_transliterate(rules: str, text: str, wanted: str) -> None:
    assert transliterator(rules).text(text) == wanted


def test_the_pairs_of_one_language_lead_back() -> None:
    latin, cyrillic = transliterator("sr-Cyrl-Latn"), transliterator("sr-Latn-Cyrl")
    assert (
        latin.text(cyrillic.text("Njen konj, đak, ČAČAK, ljubav"))
        == "Njen konj, đak, ČAČAK, ljubav"
    )


def test_a_model_of_the_target_decides_between_alternatives() -> None:
    model = CharacterModel({"инјекција": 3, "њен": 50, "коњ": 30, "конјунктура": 2})
    text = transliterator("sr-Latn-Cyrl", model).text("Injekcija, njen KONJ i konjunktura")
    assert text == "Инјекција, њен КОЊ и конјунктура"
    assert transliterator("sr-Latn-Cyrl").text("Injekcija") == "Ињекција"


@examples(100)
@given(
    st.lists(st.lists(st.text("аб", max_size=2), min_size=1, max_size=3), max_size=5),
    st.dictionaries(st.text("аб", min_size=1, max_size=4), st.integers(1, 5), max_size=5),
)
def test_the_likeliest_of_all_combinations_is_found(
    parts: list[list[str]], words: dict[str, int]
) -> None:
    model = CharacterModel(words)

    def score(word: str) -> float:
        padded = f"\n\n{word}\n"
        return sum(model.score(padded[at - 2 : at], padded[at]) for at in range(2, len(padded)))

    combinations = [""]
    for part in parts:
        combinations = [text + more for text in combinations for more in part]
    assert score(model.best(parts)) == pytest.approx(max(map(score, combinations)))


RULES = parsed("а\tx\nаб\ty\nв\t\nг\t\"\\\n'\tz\tа\tб\n")
TEXTS = st.text(st.sampled_from("абвгАБ'’ x1\n\"\\é😀\ud800\u0301"), max_size=20)


@examples(300)
@given(TEXTS, st.booleans(), st.booleans())
def test_however_a_text_is_spelled_it_becomes_the_same(text: str, ascii: bool, mixed: bool) -> None:
    change = by_rules(RULES)
    spelled = json.dumps(text, ensure_ascii=ascii)[1:-1]
    if mixed:
        spelled = spelled.replace("а", "\\u0430").replace("x", "\\u0078")
    assert json.loads(f'"{change.spelled(spelled, is_escaped=True)}"') == change.text(text)


@examples(100)
@given(st.text(st.characters(exclude_characters="абвг", exclude_categories=["Cs"]), max_size=30))
def test_what_no_rule_is_about_stays(text: str) -> None:
    change = by_rules(parsed("а\tx\nб\ty\nв\tw\nг\tq"))
    if not set(text.lower()) & set("абвг"):
        assert change.text(text) == text
        spelled = json.dumps(text)[1:-1]
        assert change.spelled(spelled, is_escaped=True) == spelled


def test_a_shard_keeps_everything_but_its_letters(tmp_path: Path) -> None:
    line = '{"id": 1.0, "text": "Људи\\n\\u0438 \\/ „их“", "n": 12345678901234567890123}\r\n\n'
    table = pa.table({"n": [1, 2], "text": ["људи", None]})
    corpus = tmp_path / "corpus"
    (corpus / "sub").mkdir(parents=True)
    (corpus / "a.jsonl.gz").write_bytes(compress(line.encode(), "gz"))
    (corpus / "sub/b.txt").write_bytes("Људи\r\n\nњуха".encode())
    pq.write_table(table, corpus / "c.parquet")
    out = tmp_path / "out"
    done = link("transliterate", corpus, "-o", out, "--rules", "sr-Cyrl-Latn")
    assert (done.exit_code, done.exception) == (0, None)
    assert stored_lines(out / "a.jsonl.gz").decode() == line.replace("Људи", "Ljudi").replace(
        "\\u0438", "i"
    ).replace("их", "ih")
    assert (out / "sub/b.txt").read_bytes() == b"Ljudi\r\n\nnjuha"
    assert pq.read_table(out / "c.parquet").to_pydict() == {"n": [1, 2], "text": ["ljudi", None]}


def test_the_number_of_processes_does_not_change_the_files(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in "abc":
        (corpus / f"{name}.jsonl").write_bytes(json_lines([{"text": SERBIAN + name}]))
    one, two = tmp_path / "one", tmp_path / "two"
    for out, jobs in ((one, 1), (two, 2)):
        arguments = ("transliterate", corpus, "-o", out, "--rules", "sr-Cyrl-Latn", "-j", str(jobs))
        assert link(*arguments).exit_code == 0
    assert tree(one) == tree(two)


def test_a_second_run_does_what_is_missing_and_refuses_other_settings(tmp_path: Path) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    for name in "ab":
        (corpus / f"{name}.jsonl").write_bytes(json_lines([{"text": "људи"}]))
    (corpus / "bad.jsonl").write_bytes(b'{"text": "a"}\n{"tex": 1}\n')
    run = ("transliterate", corpus, "-o", out, "--rules", "sr-Cyrl-Latn")
    done = link(*run)
    assert done.exit_code == 1
    assert "bad.jsonl: record 2:" in done.stderr
    assert not (out / "bad.jsonl").exists()
    (corpus / "bad.jsonl").unlink()
    (out / "a.jsonl").unlink()
    (out / "b.jsonl").write_bytes(b"kept")
    assert link(*run).exit_code == 0
    assert (out / "a.jsonl").read_bytes() == json_lines([{"text": "ljudi"}])
    assert (out / "b.jsonl").read_bytes() == b"kept"
    other = ("transliterate", corpus, "-o", out, "--rules", "uz-Cyrl-Latn")
    assert "other settings" in str(link(*other).exception)
    assert link(*other, "--overwrite").exit_code == 0
    assert "something else" in str(link(*run[:2], "-o", corpus, *run[4:]).exception)


def test_the_target_text_teaches_the_model(tmp_path: Path) -> None:
    (tmp_path / "target.jsonl").write_bytes(json_lines([{"text": "инјекција и инјекције"}]))
    (tmp_path / "in.jsonl").write_bytes(json_lines([{"text": "injekcija"}]))
    run = ("transliterate", tmp_path / "in.jsonl", "-o", tmp_path / "out")
    more = ("--rules", "sr-Latn-Cyrl", "--target-text", tmp_path / "target.jsonl")
    assert link(*run, *more).exit_code == 0
    assert json.loads((tmp_path / "out/in.jsonl").read_bytes()) == {"text": "инјекција"}


def test_a_lexicon_keeps_weights_and_merges_what_becomes_the_same(tmp_path: Path) -> None:
    lexicon, out = tmp_path / "en-sr.tsv", tmp_path / "latin.tsv"
    rows = "dog\tпас\t3\tNOUN\ndog\tpas\t1\tNOUN\nman\tчовек\t1\tNOUN\n"
    lexicon.write_text(f"# name: my\n# language: sr\n# licence: CC0-1.0\n{rows}", encoding="utf-8")
    done = link("lexicon", "transliterate", lexicon, "-o", out, "--rules", "sr-Cyrl-Latn")
    assert (done.exit_code, done.exception) == (0, None)
    assert done.stderr == f"link: 2 pairs written to {out}; 1 became equal to another, or empty\n"
    header, _, table = out.read_text(encoding="utf-8").rpartition("#")
    assert "# licence: CC0-1.0" in header
    assert table.splitlines() == [
        " transliterated: sr-Cyrl-Latn",
        "dog\tpas\t4\tNOUN",
        "man\tčovek\t1\tNOUN",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no rules"),
        ("а b", "line 1: a rule is source .without white space. and target"),
        ("# name\nа\tb\tc\td\te", "line 2: a rule is source "),
        ("а\tb\t[", "line 1: the text before or after is a regular expression of RE2"),
        ("а\tb\t\t\\w", r"line 1: .*\\w knows only ASCII; \\pL is any letter"),
        ("а \tb", "line 1: a rule is source .without white space"),
    ],
)
def test_a_file_that_holds_no_rules_is_an_error(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parsed(text)


@pytest.mark.parametrize("name", ["no-such", "aksharamukha:Latn", "uroman:x"])
def test_an_unknown_name_is_an_error(name: str) -> None:
    with pytest.raises(UsageError):
        transliterator(name)


def test_all_shipped_rules_can_be_read() -> None:
    assert len(shipped()) == 5
    for name in shipped():
        transliterator(name)


@pytest.mark.parametrize(
    ("name", "package", "text", "wanted"),
    [
        ("uroman", "uroman", "Привет, 你!", "Privet, ni!"),
        ("aksharamukha:Devanagari:IAST", "aksharamukha", "नमस्ते 3 dogs", "namaste 3 dogs"),
    ],
)
def test_libraries_are_named_alternatives(name: str, package: str, text: str, wanted: str) -> None:
    pytest.importorskip(package)
    assert transliterator(name).text(text) == wanted


def test_an_address_whose_slashes_are_escaped_stays() -> None:
    change = transliterator("sr-Cyrl-Latn")
    text = change.spelled(r"шта https:\/\/сајт.срб\/шума\nшта \"шта\"", is_escaped=True)
    assert text == r"šta https:\/\/сајт.срб\/шума\nšta \"šta\""


def test_a_quotation_mark_in_a_word_is_the_same_with_and_without_escapes() -> None:
    change = by_rules(parsed('а"б\tx'))
    assert change.text('а"б') == change.spelled('а\\"б', is_escaped=True) == "x"


def test_decomposed_letters_are_those_of_the_rules() -> None:
    change = transliterator("sr-Latn-Cyrl")
    assert change.text("s\u030cta C\u030cac\u030cak") == "шта Чачак"
    assert by_rules(parsed("щ\tx")).text("e\u0301") == "e\u0301"


def test_what_stands_before_is_found_far_inside_a_word() -> None:
    change = by_rules(parsed("а\tx\t^|б\nа\ty"))
    assert change.text("а" + "в" * 500 + "абаа") == "x" + "в" * 500 + "yбxy"


def test_no_context_can_hang() -> None:
    rules = "а\tx\t(а+)+б\nа\ty\t\t(а|а)*б\nа\tz\t(а*)*(а*)*(а*)*б"
    assert by_rules(parsed(rules)).text("а" * 5_000) == "а" * 5_000


def test_an_end_that_is_far_away_is_no_end() -> None:
    change = by_rules(parsed("а\tx\t^в*\tв*$"))
    for many in (0, 50, 99, 100):
        assert change.text("в" * many + "а") == "в" * many + "x"
        assert change.text("а" + "в" * many) == "x" + "в" * many
    for text in ("в" * 101 + "а", "а" + "в" * 101):
        assert change.text(text) == text


def test_long_words_are_not_remembered() -> None:
    change = by_rules(parsed("а\tb"))
    tracemalloc.start()
    try:
        for number in range(200):
            change.text("в" * number + "а" * 500)
        assert tracemalloc.get_traced_memory()[0] < 1 << 17
    finally:
        tracemalloc.stop()


def test_overwriting_that_is_killed_is_resumed_with_the_new_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    for name in "ab":
        (corpus / f"{name}.jsonl").write_bytes(json_lines([{"text": "ха"}]))
    run = ("transliterate", corpus, "-o", out, "-q", "--rules")
    assert link(*run, "sr-Cyrl-Latn").exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(shards, "_write", lambda *_: os._exit(9))
        if not (child := os.fork()):
            link(*run, "uz-Cyrl-Latn", "--overwrite")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    done = link(*run[:-2], "--rules", "uz-Cyrl-Latn")
    assert (done.exit_code, done.stderr) == (0, "link: 2 shards transliterated to " + f"{out}\n")
    assert {path.read_text() for path in out.glob("*.jsonl")} == {'{"text": "xa"}\n'}
    again = link(*run[:-2], "--rules", "uz-Cyrl-Latn")
    assert again.stderr == f"link: 0 shards transliterated to {out}, 2 shards there already\n"
    (corpus / "a.jsonl").unlink()
    done = link(*run, "sr-Cyrl-Latn", "--overwrite")
    assert "a.jsonl was made otherwise" in str(done.exception)


def test_two_runs_in_one_folder_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": "шта"}]))
    out = tmp_path / "out"
    with RunFolder(out).locked():
        done = link("transliterate", tmp_path / "a.jsonl", "-o", out, "--rules", "sr-Cyrl-Latn")
    assert "another run is at work" in str(done.exception)


def test_a_lexicon_that_is_read_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lexicons").mkdir()
    own = Path("lexicons/en-xx.tsv")
    own.write_text("# language: sr\ndog\tпас\n", encoding="utf-8")
    before = own.read_bytes()
    for command in (("transliterate", "--rules", "sr-Cyrl-Latn"), ("convert",), ("merge", "en-xx")):
        done = link("lexicon", *command, "en-xx", "-o", own)
        assert "is an input, and would be overwritten" in str(done.exception)
    assert own.read_bytes() == before


def test_a_model_learns_words_without_quotation_marks(tmp_path: Path) -> None:
    assert words_in(["„Шта“ — а\u0301 «шта», o1o"]) == {"Шта": 1, "а\u0301": 1, "шта": 1, "o": 2}


def test_no_more_target_text_is_read_than_asked_for(tmp_path: Path) -> None:
    lines = b'{"text": "\xd1\x88\xd1\x88"}\nno record\n'
    (tmp_path / "target.jsonl").write_bytes(lines)
    with pytest.raises(LinkError, match=r"target\.jsonl: line 2"):
        target_words([str(tmp_path / "target.jsonl")], 100)
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": "шш"}]))
    both = [str(tmp_path / name) for name in ("a.jsonl", "target.jsonl")]
    assert target_words(both, 4) == (("шш", 1),)


def test_standard_input_becomes_plain_json_lines(tmp_path: Path) -> None:
    options = ["-o", str(tmp_path / "out"), "--rules", "sr-Cyrl-Latn", "-q"]
    command = [sys.executable, "-m", "link", "transliterate", "-", *options]
    subprocess.run(command, input='{"text": "шта"}\n'.encode(), check=True)
    assert (tmp_path / "out/stdin.jsonl").read_text() == '{"text": "šta"}\n'


def test_its_own_output_is_no_input(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": "шта"}]))
    options = ("-o", tmp_path / "out", "--rules", "sr-Cyrl-Latn", "-q")
    assert link("transliterate", tmp_path, *options).exit_code == 0
    done = link("transliterate", tmp_path, *options)
    assert isinstance(done.exception, UsageError)
    assert "out/a.jsonl lies in" in str(done.exception)


@pytest.mark.parametrize("output", ["-", "nowhere/a.tsv"])
def test_where_a_lexicon_cannot_go_is_told(output: str, tmp_path: Path) -> None:
    done = link("lexicon", "transliterate", "en-ru", "-o", output, "--rules", "sr-Cyrl-Latn")
    assert isinstance(done.exception, UsageError)
    assert "folder" in str(done.exception) or "a file" in str(done.exception)


def test_an_unknown_script_is_an_error() -> None:
    pytest.importorskip("aksharamukha")
    with pytest.raises(UsageError, match="Nope"):
        transliterator("aksharamukha:Nope:IAST")
