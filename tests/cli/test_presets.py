"""`--preset`: the fields of well-known corpora; `--config` and the command line win."""

import json
from pathlib import Path
from typing import Any

import pytest

from link.cli.presets import PRESETS
from tests.helpers import json_lines, link

TEXT = "The dog sees the river by the green house. The dog! The house?"

# One record as the corpus spells it, without its text.
RECORDS: dict[str, dict[str, Any]] = {
    "fineweb": {"id": "<urn:uuid:0>", "dump": "CC-MAIN-2024-10", "url": "", "token_count": 9},
    "c4": {"timestamp": "2019-04-25T12:57:54Z", "url": "https://example.org"},
    "dolma": {"id": "http://example.org/1", "source": "c4", "metadata": {}},
    "slimpajama": {"meta": {"redpajama_set_name": "RedPajamaC4"}},
    "redpajama": {"meta": {"url": "https://example.org", "timestamp": "2019"}},
    "culturax": {"timestamp": "2020/11/29", "url": "https://example.org", "source": "mC4"},
}
KEYS = {"fineweb": "id", "dolma": "id"}


def _substituted(work: Path, *options: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    done = link("substitute", "a.jsonl", "-o", "out", "-l", "tiny.tsv", "-q", *options, cwd=work)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = (work / "out" / "a.jsonl").read_text(encoding="utf-8").splitlines()
    manifest = json.loads((work / "out" / "_link" / "manifest.json").read_bytes())
    return [json.loads(line) for line in lines], manifest


def test_every_preset_is_listed_and_tried(work: Path) -> None:
    assert set(PRESETS) == RECORDS.keys()
    for command in ("substitute", "stats", "preview"):
        help_ = link(command, "--help", cwd=work).stdout.decode()
        assert f"[{'|'.join(PRESETS)}]" in help_


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_names_the_fields_of_its_corpus(work: Path, preset: str) -> None:
    record = {"text": TEXT, **RECORDS[preset]}
    (work / "a.jsonl").write_bytes(json_lines([record]))
    [done], manifest = _substituted(work, "--preset", preset)
    assert done["text"] != TEXT
    assert {**done, "text": TEXT} == record
    assert manifest["key_field"] == KEYS.get(preset)


@pytest.mark.parametrize("command", ["stats", "preview"])
def test_other_commands_take_a_preset(work: Path, command: str) -> None:
    (work / "a.jsonl").write_bytes(json_lines([{"raw_content": TEXT, "digest": "sha1:A"}]))
    shown = link(command, "a.jsonl", "-l", "tiny.tsv", "--preset", "redpajama", cwd=work)
    assert (shown.returncode, shown.stderr) == (0, b"")


def test_the_second_redpajama_has_another_text_field(work: Path) -> None:
    records = [{"raw_content": TEXT, "digest": "sha1:A"}, {"text": TEXT, "meta": {}}]
    (work / "a.jsonl").write_bytes(json_lines(records))
    (second, first), manifest = _substituted(work, "--preset", "redpajama")
    assert second["raw_content"] == first["text"] != TEXT
    assert manifest["totals"]["documents"] == 2


@pytest.mark.parametrize("config_first", [True, False])
def test_config_wins_over_a_preset_and_the_command_line_over_both(
    work: Path, config_first: bool
) -> None:
    record = {"id": "1", "name": "2", "text": TEXT, "body": TEXT, "other": TEXT}
    (work / "a.jsonl").write_bytes(json_lines([record]))
    (work / "run.yaml").write_text("text-field: body\nkey-field: name\n")
    both = ["--config", "run.yaml", "--preset", "fineweb"]
    both = both if config_first else both[2:] + both[:2]
    [done], manifest = _substituted(work, *both)
    assert (done["text"], done["body"] != TEXT, manifest["key_field"]) == (TEXT, True, "name")
    _, manifest = _substituted(work, *both, "--text-field", "other", "--overwrite")
    assert (manifest["text_field"], manifest["key_field"]) == (["other"], "name")


def test_a_preset_can_stand_in_the_configuration(work: Path) -> None:
    (work / "a.jsonl").write_bytes(json_lines([{"id": "1", "text": TEXT}]))
    (work / "run.yaml").write_text("preset: dolma\nratio: 0.5\n")
    _, manifest = _substituted(work, "--config", "run.yaml")
    assert manifest["key_field"] == "id"


def test_an_unknown_preset_is_refused_with_the_known_ones(work: Path) -> None:
    done = link("stats", "a.jsonl", "-l", "tiny.tsv", "--preset", "pile", cwd=work)
    assert done.returncode == 2
    assert b"'c4', 'culturax', 'dolma', 'fineweb', 'redpajama', 'slimpajama'" in done.stderr
