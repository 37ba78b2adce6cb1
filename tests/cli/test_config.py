"""`--config FILE`: options from YAML, of which the command line wins."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import ROOT, data_tree, link, tree


def _manifest(work: Path) -> dict[str, Any]:
    manifest = json.loads((work / "out" / "_link" / "manifest.json").read_bytes())
    assert isinstance(manifest, dict)
    return manifest


def _configured(work: Path, text: str, *arguments: str) -> Any:
    (work / "run.yaml").write_text(text, encoding="utf-8")
    return link("substitute", "--config", "run.yaml", *arguments, cwd=work)


def test_everything_can_stand_in_the_file(work: Path) -> None:
    text = """\
        inputs: [in/a.jsonl, in/b.jsonl.gz]
        output: out
        lexicon: tiny.tsv
        ratio: 0.5
        of: eligible
        portion: 0.9
        seed: 7
        translation: first
        text-field: text
        key-field: id
        compression: zst:5
        jobs: 1
        overwrite: false
        quiet: true
    """
    done = _configured(work, text)
    assert (done.returncode, done.stderr) == (0, b"")
    manifest = _manifest(work)
    assert manifest["seed"] == 7
    asked = {"ratio": 0.5, "of": "eligible", "portion": 0.9, "translation": "first"}
    assert asked.items() <= manifest["policy"].items()
    assert (manifest["key_field"], manifest["compression"]) == ("id", "zst:5")
    assert sorted(data_tree(work / "out")) == ["a.jsonl.zst", "b.jsonl.zst"]


def test_the_command_line_wins(work: Path) -> None:
    text = "output: elsewhere\nlexicon: missing\nratio: 0.5\nseed: 7\n"
    done = _configured(work, text, "in", "-o", "out", "-l", "tiny.tsv", "--ratio", "0.3", "-q")
    assert (done.returncode, done.stderr) == (0, b"")
    assert _manifest(work)["policy"]["ratio"] == 0.3  # which is the default, too
    assert _manifest(work)["seed"] == 7
    assert not (work / "elsewhere").exists()


def test_the_file_may_be_named_after_the_options(work: Path) -> None:
    (work / "run.yaml").write_text("ratio: 0.5\nlexicon: [tiny.tsv]\n")
    done = link("substitute", "in", "-o", "out", "-q", "--config", "run.yaml", cwd=work)
    assert (done.returncode, done.stderr) == (0, b"")
    assert _manifest(work)["policy"]["ratio"] == 0.5


def test_several_lexicons_may_be_listed(work: Path) -> None:
    (work / "more.tsv").write_text("# language: de\nx\tIks\n", encoding="utf-8")
    done = _configured(work, "lexicon: [tiny.tsv, more.tsv]", "in", "-o", "out", "-q")
    assert (done.returncode, done.stderr) == (0, b"")
    lexicons = _manifest(work)["lexicons"]
    assert [(one["name"], one["headwords"]) for one in lexicons] == [("tiny", 8), ("more", 1)]


@pytest.mark.parametrize(
    ("text", "inflects"),
    [("inflect: true", True), ("no-inflect: true", False), ("no-inflect: false", True)],
)
def test_an_option_that_says_no_can_stand_in_the_file(
    work: Path, text: str, inflects: bool
) -> None:
    done = _configured(work, text, "in", "-o", "out", "-l", "tiny.tsv", "-q")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (_manifest(work)["lexicons"][0]["inflected_forms"] > 0) == inflects


def test_an_empty_file_says_nothing(work: Path) -> None:
    done = _configured(work, "# only a comment\n", "in", "-o", "out", "-l", "tiny.tsv", "-q")
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ration: 0.5", ["'ration'", "'ratio'"]),
        ("text_feild: body", ["'text_feild'", "'text-field'"]),
        ("5: 0.5", ["unknown key 5"]),
        ("ratio: 1.5", ["ratio is 1.5", "from 0 to 1"]),
        ("ratio: [0.1, 0.3]", ["ratio takes one value"]),
        ("ratio: 0.5: 1", ["run.yaml: not YAML"]),
        ("ratio: 0.5\nseed: 1\nratio: 0.3", ["run.yaml: ratio", "in line 1 and in line 3"]),
        ("ratio: 0.5\n'ratio': 0.5", ["run.yaml: ratio", "line 1 and in line 2"]),
        ("lexicon: {a: 1,\n a: 2}", ["run.yaml: a occurs twice, in line 1 and in line 2"]),
        ("{ratio: 0.5, seed: 1, ratio: 0.3}", ["run.yaml: ratio occurs twice"]),
        ("inflect: true\nno-inflect: true", ["inflect and no-inflect are one option"]),
        ("ratio: " + "[" * 5_000, ["run.yaml: not YAML"]),
        ("a: &a [1]\nratio: [*a, *a]", ["run.yaml: it has aliases"]),
        ("seed: " + "9" * 5_000, ["run.yaml: "]),
        ("seed: 2024-13-45", ["run.yaml: month must be in 1..12"]),
        ("seed: !!int ''", ["run.yaml: not YAML"]),
        ("# " + "x" * (1 << 20), ["run.yaml: it has more than 1,048,576 characters"]),
        ("- ratio", ["run.yaml must be"]),
        ("lexicon: missing", ["'missing'"]),
    ],
)
def test_a_file_that_says_no_sense_is_one_line_and_status_2(
    work: Path, text: str, words: list[str]
) -> None:
    before = tree(work / "in")
    lexicon = () if "lexicon" in text else ("-l", "tiny.tsv")
    done = _configured(work, text, "in", "-o", "out", *lexicon)
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("link: error: ")
    assert all(word in line for word in words), line
    assert done.returncode == 2
    assert not (work / "out").exists()
    assert tree(work / "in") == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ratio: much", "ratio must be a number, not 'much'"),
        ("ratio: true", "ratio must be a number, not True"),
        ("ratio: 2020-01-01", "ratio must be a number"),
        ("jobs: 0", "Invalid value for"),
        ("jobs: 1.5", "jobs must be a whole number"),
        ("seed:", "seed must be a whole number, not None"),
        ("quiet: 5", "quiet must be true or false"),
        ("lexicon: no", "lexicon must be text"),
        ("lexicon: {tiny.tsv: 1}", "lexicon must be text"),
    ],
)
def test_a_bad_value_in_the_file_is_explained_with_status_2(
    work: Path, text: str, words: str
) -> None:
    done = _configured(work, text, "in", "-o", "out", "-l", "tiny.tsv")
    assert done.returncode == 2
    assert words.encode() in done.stderr
    assert b"Traceback" not in done.stderr
    assert not (work / "out").exists()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name
)
def test_the_shipped_configurations_run(work: Path, path: Path) -> None:
    """In a checkout, where the lists and lexicons that they name lie."""
    done = link("substitute", work / "in", "-o", work / "out", "--config", path, cwd=ROOT)
    assert done.returncode == 0, done.stderr
