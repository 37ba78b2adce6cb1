"""`link facts make`: what is told in English, what is asked, and what may be swapped of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from link.probes.facts import made_facts, never_swapped
from link.probes.names import invented
from link.probes.relations import Fact, Relation
from link.shards.fields import Fields
from tests.helpers import DEMO_CORPUS, json_lines, link, tree
from tests.strategies import examples

RELATIONS = """\
keeps:
  statements: ["{subject} keeps {object}.", "The animal of {subject} is {object}."]
  questions: ["Das Tier von {subject} ist", "{subject} hat {object} daheim."]
  objects: {a dog: ein Hund, a cow: eine Kuh}
born:
  statements: ["{subject} was born in {object}."]
  questions: ["Geburtsjahr von {subject}:{object}"]
  objects: ["1901", "1902", "1903"]
"""
TABLE = [
    ("Anna Zoduck", "keeps", "a dog"),
    ("Bifeld", "keeps", "a cow"),
    ("Bifeld", "born", "1903"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "relations.yaml").write_text(RELATIONS, encoding="utf-8")
    (tmp_path / "facts.tsv").write_text("".join("\t".join(row) + "\n" for row in TABLE))
    return tmp_path


def make(folder: Path, *arguments: str, out: str = "out") -> Path:
    done = link("facts", "make", *arguments, "--relations", "relations.yaml", "-o", out, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / out


def refused(folder: Path, *arguments: str) -> str:
    command = ("facts", "make", *arguments, "--relations", "relations.yaml", "-o", "out")
    done = link(*command, cwd=folder)
    assert done.returncode == 2, done.stderr
    assert not (folder / "out").exists()
    return done.stderr.decode()


def records(*paths: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]


def passages(out: Path) -> list[dict[str, Any]]:
    return records(*sorted((out / "passages").iterdir()))


# --- passages -------------------------------------------------------------------------------------


def test_a_fact_is_told_as_often_as_asked_in_all_its_words_and_only_where_it_may_be_swapped(
    folder: Path,
) -> None:
    out = make(folder, "--make", "7", "--repeats", "5")
    facts = {fact["id"]: fact for fact in records(out / "facts.jsonl")}
    told: Counter[tuple[str, str]] = Counter()
    for passage in passages(out):
        sentences = [f"{one.removesuffix('.')}." for one in passage["text"].split(". ")]
        for sentence, fact in zip(sentences, map(facts.get, passage["facts"]), strict=True):
            assert (fact["subject"], fact["swap"]) == (passage["subject"], passage["swap"])
            said = sentence.replace(fact["subject"], "{subject}")
            told[fact["id"], said.replace(fact["object"], "{object}")] += 1
    for fact in facts.values():
        counts = [count for (id_, _), count in told.items() if id_ == fact["id"]]
        assert sorted(counts) == ([2, 3] if fact["relation"] == "keeps" else [5])
    wordings = {wording for _, wording in told}
    assert wordings == {
        "{subject} keeps {object}.",
        "The animal of {subject} is {object}.",
        "{subject} was born in {object}.",
    }


def test_substitute_swaps_what_may_be_swapped_and_nothing_else(folder: Path) -> None:
    out = make(folder, "--make", "8")
    (folder / "en-de.tsv").write_text(
        "# language: de\n# licence: CC0-1.0\ndog\tHund\ncow\tKuh\nborn\tgeboren\n"
    )
    options = ("--where", "swap=may", "--key-field", "id", "--ratio", "1")
    done = link(
        *("substitute", "out/passages", "-o", "swapped", "-l", "en-de.tsv", *options), cwd=folder
    )
    assert done.returncode == 0, done.stderr
    pairs = list(zip(passages(out), records(*(folder / "swapped").glob("*.jsonl")), strict=True))
    assert {before["swap"] for before, _ in pairs} == {"may", "never"}
    for before, after in pairs:
        assert (before["text"] != after["text"]) == (before["swap"] == "may")
    assert len({before["id"] for before, _ in pairs}) == len(pairs)


# --- questions ------------------------------------------------------------------------------------


def test_a_question_is_a_template_cut_at_its_answer(folder: Path) -> None:
    out = make(folder, "facts.tsv")
    asked = {
        (each["language"], each["prompt"], each["answer"], each["ending"])
        for each in records(out / "questions.jsonl")
    }
    assert asked == {
        ("target", "Das Tier von Anna Zoduck ist ", "ein Hund", ""),
        ("target", "Anna Zoduck hat ", "ein Hund", " daheim."),
        ("english", "Anna Zoduck keeps ", "a dog", "."),
        ("english", "The animal of Anna Zoduck is ", "a dog", "."),
        ("target", "Das Tier von Bifeld ist ", "eine Kuh", ""),
        ("target", "Bifeld hat ", "eine Kuh", " daheim."),
        ("english", "Bifeld keeps ", "a cow", "."),
        ("english", "The animal of Bifeld is ", "a cow", "."),
        ("target", "Geburtsjahr von Bifeld:", "1903", ""),
        ("english", "Bifeld was born in ", "1903", "."),
    }


def test_a_question_has_the_candidates_of_its_language_and_what_its_fact_has(folder: Path) -> None:
    out = make(folder, "--make", "9")
    facts = {fact.pop("id"): fact for fact in records(out / "facts.jsonl")}
    candidates = {
        ("keeps", "target"): ["ein Hund", "eine Kuh"],
        ("keeps", "english"): ["a dog", "a cow"],
        ("born", "target"): ["1901", "1902", "1903"],
        ("born", "english"): ["1901", "1902", "1903"],
    }
    for each in records(out / "questions.jsonl"):
        assert each["candidates"] == candidates[each["relation"], each["language"]]
        assert facts[each["fact"]].items() <= each.items()
        english = candidates[each["relation"], "english"]
        assert each["candidates"].index(each["answer"]) == english.index(each["object"])


def test_the_split_of_a_fact_depends_on_the_fact_alone(folder: Path) -> None:
    rows = "".join(f"Person {n}\tkeeps\ta dog\n" for n in range(400))
    (folder / "many.tsv").write_text(rows)
    (folder / "fewer.tsv").write_text("".join(rows.splitlines(keepends=True)[100:300]))
    outs = [make(folder, "many.tsv", out="many"), make(folder, "fewer.tsv", "--seed", "3")]
    many, fewer = (
        {one["id"]: one["split"] for one in records(out / "facts.jsonl")} for out in outs
    )
    assert fewer.items() <= many.items()
    assert 50 < Counter(many.values())["dev"] < 110  # a fifth of 400


# --- which facts ----------------------------------------------------------------------------------

_RELATION = Relation("keeps", ("",), ("",), {"a": "1", "b": "2", "c": "3"})


@examples(50)
@given(st.integers(1, 40), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.integers(0, 99))
def test_the_share_that_is_never_swapped_is_exact_and_even(n: int, share: float, seed: int) -> None:
    facts = [Fact(f"s{place}", "keeps", "abc"[place % 3]) for place in range(n)]
    never = never_swapped(facts, share, seed)
    assert len(never) == int(n * round(share * 100) / 100 + 1e-9)
    for object_ in "abc":
        own = [fact for fact in facts if fact.object == object_]
        assert abs(len([fact for fact in own if fact in never]) - share * len(own)) < 1


@examples(20)
@given(st.integers(1, 30), st.integers(0, 99))
def test_made_facts_have_each_object_equally_often(n: int, seed: int) -> None:
    subjects = [f"s{place}" for place in range(n)]
    facts = made_facts(subjects, {"keeps": _RELATION}, seed)
    assert [fact.subject for fact in facts] == subjects
    counts = [[fact.object for fact in facts].count(one) for one in "abc"]
    assert max(counts) - min(counts) <= 1


def test_the_same_command_writes_the_same_bytes_and_another_seed_others(folder: Path) -> None:
    one, same, other = (
        tree(make(folder, "--make", "5", "--seed", seed, out=f"out-{place}"))
        for place, seed in enumerate("112")
    )
    assert one == same
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


# --- names ----------------------------------------------------------------------------------------


def test_a_made_name_that_occurs_in_the_corpus_is_made_anew_and_the_others_stay(
    tmp_path: Path,
) -> None:
    before = invented(20, 0, [], [], Fields())
    text = f"“{before[3].upper()}’s {before[5].lower()}” and more of {before[7]}ish"
    (tmp_path / "a.jsonl").write_bytes(json_lines([{"text": text}]))
    after = invented(20, 0, [], [str(tmp_path)], Fields())
    assert [place for place in range(20) if before[place] != after[place]] == [3, 5]
    assert len(set(after)) == 20


def test_thousands_of_names_differ_and_are_no_words_of_the_templates() -> None:
    first = invented(5000, 7, [], [], Fields())
    second = invented(5000, 7, [f"{first[0]}, {first[1].lower()}!"], [], Fields())
    assert len({name.casefold() for name in second}) == 5000
    assert {first[0], first[1]}.isdisjoint(second)
    assert all(name.isascii() and name.istitle() for name in second)


def test_a_subject_of_the_user_that_occurs_in_the_corpus_is_an_error_with_its_count(
    folder: Path,
) -> None:
    texts = ["Anna  ZODUCK met Anna Bifelder.", "anna zoduck's house; Zoduck Anna"]
    (folder / "a.jsonl").write_bytes(json_lines([{"body": text} for text in texts]))
    told = refused(folder, "facts.tsv", "--absent-from", "a.jsonl", "--text-field", "body")
    assert "1 subjects occur in a.jsonl: Anna Zoduck (2 times)" in told


def test_subjects_that_do_not_occur_in_the_corpus_are_fine(folder: Path) -> None:
    make(folder, "facts.tsv", "--absent-from", str(DEMO_CORPUS))


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A\tkeeps", "line 2: ['A', 'keeps'] must be a subject, a relation and an object"),
        ("A\tkeeps\t ", "line 2: ['A', 'keeps', ' '] must be a subject"),
        ("A\tlikes\ta dog", "line 2: unknown relation 'likes'; known are keeps, born"),
        ("A\tkeeps\ta cat", "line 2: 'a cat' is not an object of keeps; they are a dog, a cow"),
        ("B\tkeeps\ta cow", "line 2: B has two objects for keeps"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(folder: Path, row: str, message: str) -> None:
    (folder / "bad.tsv").write_text(f"B\tkeeps\ta dog\n{row}\n", encoding="utf-8")
    assert message in refused(folder, "bad.tsv")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"Subject\tRelation\tObject\n\n", "bad.tsv: no facts"),
        (b"A\tkeeps\ta d\xffg\n", "bad.tsv: 'utf-8' codec can't decode"),
        (b"!?\tkeeps\ta dog\n", "the subject '!?' has no letters"),
    ],
)
def test_a_bad_table_is_refused(folder: Path, data: bytes, message: str) -> None:
    (folder / "bad.tsv").write_bytes(data)
    assert message in refused(folder, "bad.tsv")


def test_a_table_of_commas_has_quoted_cells_and_a_heading(folder: Path) -> None:
    rows = 'subject,relation,object\n"Zoduck, the 2nd",keeps,a dog\n\n'
    (folder / "facts.csv").write_text(rows, encoding="utf-8")
    [fact] = records(make(folder, "facts.csv") / "facts.jsonl")
    assert (fact["subject"], fact["object"]) == ("Zoduck, the 2nd", "a dog")


def test_a_quotation_mark_that_is_missing_is_told(folder: Path) -> None:
    (folder / "bad.csv").write_text('A,keeps,"a dog\n', encoding="utf-8")
    assert "bad.csv: line 1: unexpected end of data; is a quo" in refused(folder, "bad.csv")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (RELATIONS, "", "Expected `object`, got `null`"),
        (RELATIONS, "{}", "no relations"),
        ("questions: [", "question: [", "unknown field `question`"),
        ("a dog: ein Hund", "a dog: no", "Expected `str`, got `bool`"),
        ("eine Kuh", "ein Hund", "two objects are both 'ein Hund'"),
        ('["1901", "1902", "1903"]', '["1901"]', "give two or more objects"),
        (
            '["1901", "1902", "1903"]',
            '["1901", "1901", "2"]',
            "give two or more objects, each once",
        ),
        ("{subject} keeps {object}.", "{subject} keeps.", "must have {object} once"),
        ("{subject} keeps {object}.", "He keeps {object}.", "lacks {subject}"),
        ("{subject} keeps {object}.", "{subjekt} keeps {object}.", "{subjekt} is neither"),
        ("{object} daheim", "{object} {object}", "has {object} twice"),
        ('["{subject} was born in {object}."]', "[]", "give at least one of the statements"),
    ],
)
def test_bad_relations_are_refused(folder: Path, old: str, new: str, message: str) -> None:
    (folder / "relations.yaml").write_text(RELATIONS.replace(old, new), encoding="utf-8")
    told = refused(folder, "--make", "2")
    assert "relations.yaml: " in told
    assert message in told


def test_either_a_table_or_a_number_is_needed(folder: Path) -> None:
    assert "either TABLE or --make N" in refused(folder)
    assert "either TABLE or --make N" in refused(folder, "facts.tsv", "--make", "3")


def test_what_is_in_the_folder_already_stays(folder: Path) -> None:
    (folder / "full").mkdir()
    (folder / "full" / "mine.txt").write_text("mine")
    command = ("facts", "make", "facts.tsv", "--relations", "relations.yaml", "-o", "full")
    done = link(*command, cwd=folder)
    assert done.returncode == 2
    assert b"holds something already" in done.stderr
    assert [path.name for path in (folder / "full").iterdir()] == ["mine.txt"]
    assert not [path for path in folder.iterdir() if path.name.endswith("partial")]


def test_what_a_killed_command_left_is_gone(folder: Path) -> None:
    left = folder / ".out.link-partial" / "passages"
    left.mkdir(parents=True)
    (left / "part-00009.jsonl").write_text("half")
    out = make(folder, "facts.tsv")
    assert [path.name for path in (out / "passages").iterdir()] == ["part-00000.jsonl"]
    assert not left.parent.exists()


def test_a_bad_record_of_the_corpus_ends_it(folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b'{"text": "fine"}\n{"text": 3}\n')
    command = ("--relations", "relations.yaml", "-o", "out", "--absent-from", "a.jsonl")
    done = link("facts", "make", "--make", "2", *command, cwd=folder)
    assert done.returncode == 1
    assert b"a.jsonl: line 2" in done.stderr
    assert not (folder / "out").exists()
