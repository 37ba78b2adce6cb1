"""`link plan` on the command line: its YAML, what it prints where, and what it refuses."""

import json
from pathlib import Path

import pytest

from link.errors import UsageError
from link.mixture.plan import WEIGHT_ONE, weights_of
from tests.helpers import link
from tests.mixture.test_mix import run

YAML = """\
tokenizer: v.model
tokens: 20k
portion: 0.5
max-epochs: 3
share: {target: 0.1}
count: true
key-field: id
sources:
  - {name: english, input: en, max-epochs: 1, copies-of: web}
  - {name: de, input: [de/0.jsonl, de/1.jsonl], role: substituted, keep: 0.9}
  - {name: target, input: xx}
"""
ONE = ("plan", "--source", "target=xx", "--tokenizer", "v.model")


def test_everything_can_stand_in_a_file_and_the_command_line_wins(corpora: Path) -> None:
    Path("plan.yaml").write_text(YAML)
    done = run("plan", "plan.yaml", "--json", "-", "-q")
    assert done.exit_code == 0, done.exception
    planned = json.loads(done.stdout)
    assert [each["name"] for each in planned["sources"]] == ["english", "de", "target"]
    assert [each["max_epochs"] for each in planned["sources"]] == [1, 3, 3]
    assert [each["copies_of"] for each in planned["sources"]] == ["web", "substituted", None]
    assert planned["sources"][1]["inputs"] == ["de/0.jsonl", "de/1.jsonl"]
    assert 150 < planned["sources"][1]["available"]["documents"] < 200
    assert (planned["budget"], planned["key_field"]) == (20_000, "id")
    other = json.loads(run("plan", "plan.yaml", "--tokens", "10k", "--json", "-").stdout)
    assert other["tokens"] == 10_000
    assert other["sources"][0]["tokens"] == 4500


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tokenz: 20k\n", "unknown key 'tokenz'; the nearest known one is 'tokens'"),
        ("sources: en\n", "sources must be a list"),
        ("sources: [{name: a, input: en, rol: english}]\n", "a source has no 'rol'"),
        ("sources: [{name: target, input: 3}]\n", "needs an input"),
        ("sources: [{name: target, input: xx, keep: true}]\n", "keep of target"),
        ("portion: [1, 2]\n", "portion takes one value"),
        ("a: b: c\n", "not YAML"),
    ],
)
def test_what_is_wrong_in_the_file_is_told(text: str, told: str, corpora: Path) -> None:
    Path("plan.yaml").write_text(text)
    done = run("plan", "plan.yaml", "--tokens", "1k", "--tokenizer", "v.model")
    assert isinstance(done.exception, UsageError)
    assert told in str(done.exception)


def test_the_table_goes_to_standard_output_and_what_is_short_to_the_other(corpora: Path) -> None:
    done = run(*ONE, "--tokens", "1M", "--max-epochs", "2", "--source", "english=en,max-epochs=1",
               "--share", "target=0.5")  # fmt: skip
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split()[:3] == ["source", "role", "has"]
    assert "target, 0.5 of the budget, should have 500,000 tokens" in done.stderr
    assert "each of these would help: " in done.stderr
    assert "a cap of " in done.stderr


def test_a_plan_that_was_made_is_printed_again(corpora: Path) -> None:
    assert run(*ONE, "--tokens", "1k", "--json", "plan.json").exit_code == 0
    again = run("plan", "plan.json", "--json", "-")
    assert again.stdout == Path("plan.json").read_text()
    assert run("plan", "plan.json", "--for", "megatron", "--prepared", "bin/").stdout == (
        "1 bin/target_text_document\n"
    )
    done = run("plan", "plan.json", "--tokens", "2k")
    assert "--tokens would change a plan that is made" in str(done.exception) + done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--tokens", "1k", "--for", "megatron", "--json", "-"), "both print"),
        ((), "--tokens is required"),
        (("--tokens", "many"), "a number of tokens"),
        (("--tokens", "1k", "--share", "target=1", "--share", "target=1"), "twice"),
        (("--tokens", "1k", "--portion", "2"), "--portion is a number from 0 to 1"),
        (("--tokens", "1k", "--source", "target=en"), "two sources are called target"),
        (("--tokens", "1k", "--source", "english=nowhere"), "nowhere does not exist"),
        (("--tokens", "1k", "--json", "no/where"), "no such folder"),
    ],
)
def test_what_cannot_be_done_is_told(options: tuple[str, ...], told: str, corpora: Path) -> None:
    done = run(*ONE, *options)
    assert done.exit_code != 0
    assert told in str(done.exception) + done.stderr


@pytest.mark.parametrize("file", ["xx/0.jsonl", "plan.yaml", "v.model", "same.jsonl"])
def test_the_plan_is_not_written_over_what_it_is_made_from(file: str, corpora: Path) -> None:
    Path("plan.yaml").write_text(YAML)
    Path("same.jsonl").symlink_to("xx/0.jsonl")
    before = Path(file).read_bytes()
    done = run("plan", "plan.yaml", "--json", file)
    assert f"{file} is an input, and would be overwritten" in str(done.exception)
    assert Path(file).read_bytes() == before


def test_errors_are_one_line(corpora: Path) -> None:
    Path("xx/0.jsonl").write_bytes(b'{"text": "the dog"}\n{"text": 3}\n')
    done = link(*ONE, "--tokens", "1k", cwd=corpora)
    assert done.returncode == 1
    assert done.stderr.startswith(b"link: error: xx/0.jsonl: line 2, byte ")
    assert b"\n" not in done.stderr.rstrip(b"\n")
    done = link("mix", "plan.json", "-o", "out", cwd=corpora)
    assert (done.returncode, b"plan.json cannot be read" in done.stderr) == (2, True)


def test_processes_count_the_same(corpora: Path) -> None:
    one = run(*ONE, "--tokens", "1k", "--json", "-")
    two = link(*ONE, "--tokens", "1k", "--json", "-", "-j", "2", cwd=corpora)
    assert two.stdout.decode() == one.stdout


def test_weights_do_not_depend_on_the_order_of_the_sources() -> None:
    tokens = {"english": 29_912, "swapped": 29_912, "target": 176}
    found = weights_of(tokens)
    assert sum(found.values()) == WEIGHT_ONE
    assert weights_of(dict(reversed(tokens.items()))) == found
