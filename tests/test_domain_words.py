"""`scripts/domain_words.py`: the formula, what is counted, and the list that comes of it."""

import importlib.util
import json
import math
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.errors import LinkError
from link.lexicon.select import read_words
from link.shards.fields import Fields
from tests.helpers import DEMO_CORPUS, ROOT, compress, environment, json_lines

SCRIPT = ROOT / "scripts" / "domain_words.py"


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("domain_words", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["domain_words"] = module  # where dataclasses look for their annotations
    spec.loader.exec_module(module)
    return module


script = _module()


def _run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )


# --- the formula ----------------------------------------------------------------------------------


def naive_z(word: str, domain: Counter[str], general: Counter[str], prior: float) -> float:
    """Monroe, Colaresi and Quinn 2008, one word at a time."""
    n_i, n_j = sum(domain.values()), sum(general.values())
    y_i, y_j = domain[word], general[word]
    alpha = prior * (y_i + y_j) / (n_i + n_j)
    delta = math.log((y_i + alpha) / (n_i + prior - y_i - alpha))
    delta -= math.log((y_j + alpha) / (n_j + prior - y_j - alpha))
    variance = 1 / (y_i + alpha) + 1 / (y_j + alpha)
    return delta / math.sqrt(variance)


_counts = st.dictionaries(
    st.sampled_from("abcdefgh"), st.integers(1, 10**6), min_size=1, max_size=8
).map(Counter)


@given(_counts, _counts, st.floats(0.1, 1e6))
def test_scores_are_those_of_the_formula(
    domain: Counter[str], general: Counter[str], prior: float
) -> None:
    if len(domain | general) == 1:
        return
    words = script.domain_words(domain, general, prior)
    assert {word.form for word in words} == set(domain | general)
    for word in words:
        assert (word.in_domain, word.in_general) == (domain[word.form], general[word.form])
        assert math.isfinite(word.z)
        expected = naive_z(word.form, domain, general, prior)
        assert word.z == pytest.approx(expected, rel=1e-6, abs=1e-6)
    scores = [word.z for word in words]
    assert scores == sorted(scores, reverse=True)


def test_scores_worked_out_by_hand() -> None:
    """Of 4 words each and a prior of 4, of which either word's share is 2.

    a: log((4 + 2) / (8 - 6)) - log((0 + 2) / (8 - 2)) = log 3 + log 3, variance 1/6 + 1/2.
    """
    [a, b] = script.z_scores(np.array([4.0, 0.0]), np.array([0.0, 4.0]), prior=4.0)
    assert a == pytest.approx(2 * math.log(3) / math.sqrt(2 / 3))
    assert b == pytest.approx(-a)


def test_a_word_as_frequent_on_both_sides_scores_nothing() -> None:
    words = script.domain_words(Counter(a=10, b=30), Counter(a=100, b=300), 50)
    assert [word.z for word in words] == pytest.approx([0, 0])


def test_swapped_sides_swap_the_sign() -> None:
    domain, general = Counter(a=10, b=3, c=5), Counter(a=4, b=90)
    there = {word.form: word.z for word in script.domain_words(domain, general, 20)}
    back = {word.form: word.z for word in script.domain_words(general, domain, 20)}
    assert there == pytest.approx({form: -z for form, z in back.items()})


def test_more_evidence_is_surer_and_a_larger_prior_more_careful() -> None:
    def score(times: int, prior: float) -> float:
        domain, general = Counter(a=6 * times, b=94 * times), Counter(a=2 * times, b=98 * times)
        return next(w.z for w in script.domain_words(domain, general, prior) if w.form == "a")

    assert score(1, 10) < score(10, 10) < score(100, 10)
    assert score(1, 10) > score(1, 100) > score(1, 1000) > 0


@pytest.mark.parametrize(
    ("domain", "general", "words"),
    [
        (Counter(), Counter(a=1), "the domain corpus has no words"),
        (Counter(a=1), Counter(), "the general corpus has no words"),
        (Counter(a=1), Counter(a=3), "no other word than 'a'"),
    ],
)
def test_corpora_that_tell_nothing_are_an_error(
    domain: Counter[str], general: Counter[str], words: str
) -> None:
    with pytest.raises(LinkError, match=words):
        script.domain_words(domain, general, 500)


# --- counting -------------------------------------------------------------------------------------

TEXT = "The DOG’s dog; it's snake_case, 3rd Café cafe\u0301 don’t “dogs”"
COUNTED = Counter(
    {"the": 1, "dog": 2, "it's": 1, "snake_case": 1, "café": 2, "don't": 1, "dogs": 1}
)


def test_words_are_counted_as_the_kernel_finds_and_folds_them(tmp_path: Path) -> None:
    records = [{"text": TEXT, "title": "x"}, {"text": ""}, {"text": None}]
    table = pa.Table.from_pylist(records)
    (tmp_path / "a.jsonl").write_bytes(json_lines(records))
    (tmp_path / "b.jsonl.zst").write_bytes(compress(json_lines(records, ensure_ascii=False), "zst"))
    pq.write_table(table, tmp_path / "c.parquet")
    with pa.ipc.new_file(tmp_path / "d.arrow", table.schema) as file:
        file.write_table(table)
    (tmp_path / "e.txt").write_text(f"{TEXT}\n\n", encoding="utf-8")
    for path in sorted(tmp_path.iterdir()):
        assert script.count_words([str(path)], Fields()) == COUNTED, path
    everything = script.count_words([str(tmp_path)], Fields())
    assert everything == Counter({form: 5 * count for form, count in COUNTED.items()})


def test_only_the_asked_for_records_and_fields_count(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        json_lines([{"body": "dog", "n": 1}, {"body": "cat", "n": 2}, {"body": "dog cow", "n": 1}])
    )
    fields = Fields(("body",), where=(("n", "1"),))
    assert script.count_words([str(path)], fields) == Counter(dog=2, cow=1)


def test_bad_records_are_left_out_and_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text":"dog"}\n{"text":\n{"text":"cat"}\n[]\n')
    assert script.count_words([str(path)], Fields()) == Counter(dog=1, cat=1)
    assert f"{path}: 2 bad records left out" in capsys.readouterr().err


def test_counts_do_not_depend_on_blocks(tmp_path: Path) -> None:
    random_ = random.Random(3)
    texts = [" ".join(random_.choices("dog cat cow hen".split(), k=3000)) for _ in range(400)]
    path = tmp_path / "a.jsonl"
    path.write_bytes(json_lines([{"text": text} for text in texts]))  # some pieces' worth
    assert script.count_words([str(path)], Fields()) == Counter(" ".join(texts).split())


# --- the list -------------------------------------------------------------------------------------


def test_the_list_of_the_demo_is_about_its_subjects_and_can_be_used(tmp_path: Path) -> None:
    prose, web = DEMO_CORPUS / "prose.jsonl", DEMO_CORPUS / "web.jsonl"
    done = _run(
        *("--domain", prose, "--domain-where", "source=encyclopaedia", "--general", web),
        *("--min-count", "2", "-o", "list.txt"),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "")
    path = tmp_path / "list.txt"
    words = read_words([path])
    assert {"sea", "tide", "graphite", "pencil", "island"} <= set(words[:20])
    assert not {"you", "i", "the", "my"} & set(words)
    header, rows = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        (header if line.startswith("#") else rows).append(line)
    assert "Monroe, Colaresi, Quinn 2008" in "".join(header)
    assert "where source=encyclopaedia, 1,080 words" in "".join(header)
    numbers = [line.partition("# ")[2].split("\t") for line in rows]
    scores = [float(z) for z, _, _ in numbers]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) >= 1.96
    assert min(int(count) for _, count, _ in numbers) >= 2


def _shards(folder: Path) -> tuple[str, ...]:
    (folder / "d.jsonl").write_bytes(
        json_lines([{"text": "atom " * 50 + "atoms " * 20 + "the " * 9}])
    )
    (folder / "g.jsonl").write_bytes(json_lines([{"text": "king " * 50 + "the " * 90}]))
    return ("--domain", "d.jsonl", "--general", "g.jsonl")


def test_without_an_output_the_list_goes_to_standard_output(tmp_path: Path) -> None:
    done = _run(*_shards(tmp_path), cwd=tmp_path)
    assert [line.split()[0] for line in done.stdout.splitlines()[-2:]] == ["atom", "atoms"]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--top", "1"), ["atom"]),
        (("--min-count", "21"), ["atom"]),
        (("--z", "-99", "--min-count", "1"), ["atom", "atoms", "the"]),
    ],
)
def test_options_bound_the_list(tmp_path: Path, options: tuple[str, ...], words: list[str]) -> None:
    done = _run(*_shards(tmp_path), *options, "-o", "list.txt", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert read_words([tmp_path / "list.txt"]) == words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--domain", "missing", "--general", "g.jsonl"), "missing does not exist"),
        (("--domain", "empty.jsonl", "--general", "g.jsonl"), "the domain corpus has no words"),
        (("--domain", "g.jsonl", "--general", "g.jsonl"), "no word reaches z 1.96"),
        (("--domain", "d.jsonl", "--general", "g.jsonl", "--domain-where", "x"), "FIELD=VALUE"),
        (("--domain", "cut.jsonl.gz", "--general", "g.jsonl"), "cut.jsonl.gz"),
        (("--domain", "d.jsonl"), "Missing option '--general'"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    _shards(tmp_path)
    (tmp_path / "empty.jsonl").write_bytes(json_lines([{"text": "…"}]))
    (tmp_path / "cut.jsonl.gz").write_bytes(compress(json_lines([{"text": "dog"}]), "gz")[:-9])
    done = _run(*arguments, "-o", "list.txt", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "list.txt").exists()


def test_the_list_reads_back_as_the_words_that_were_counted() -> None:
    words = [script.Word("dog", 3.5, 4, 1), script.Word("ice", 2.0, 3, 0)]
    text = script.as_list(words, ["made by hand"])
    assert text == "# made by hand\ndog  # 3.50\t4\t1\nice  # 2.00\t3\t0\n"
    assert json.dumps(text).isascii()
