"""The dataset card, and that `load_dataset(folder)` opens an output folder with no arguments."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import load_dataset
from datasets.utils import disable_progress_bars

from tests.helpers import TINY_LEXICON, compress, json_lines, link, some_records

FORMATS = [(), ("--format", "parquet"), ("--format", "arrow"), ("--compression", "gz")]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    records = some_records(40)
    for name in ("a.jsonl.zst", "b.jsonl.zst", "odd [1]/c.jsonl.zst", "odd [1]/in/d.jsonl.zst"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(compress(json_lines(records[:10]), "zst"))
        records = records[10:]
    return tmp_path


def _run(work: Path, *options: str) -> dict[str, Any]:
    done = link("substitute", "in", "-o", "out", "-l", "tiny.tsv", "-q", *options, cwd=work)
    assert (done.returncode, done.stderr) == (0, b"")
    manifest = json.loads((work / "out" / "_link" / "manifest.json").read_bytes())
    assert isinstance(manifest, dict)
    return manifest


def _front_matter(card: str) -> dict[str, Any]:
    front = yaml.safe_load(card.split("---\n")[1])
    assert isinstance(front, dict)
    return front


@pytest.mark.parametrize("options", FORMATS, ids=str)
def test_datasets_opens_the_folder_with_no_arguments(work: Path, options: tuple[str, ...]) -> None:
    disable_progress_bars()
    _run(work, "--swaps", *options)
    dataset = load_dataset(str(work / "out"), cache_dir=str(work / "cache"))
    assert set(dataset["train"]["id"]) == {record["id"] for record in some_records(40)}
    assert len(dataset["train"]) == 40
    streamed = load_dataset(str(work / "out"), split="train", streaming=True)
    assert [one["text"] for one in streamed] == list(dataset["train"]["text"])


def test_the_card_states_lexicon_licence_policy_seed_and_counts(work: Path) -> None:
    totals = _run(work, "--ratio", "0.4", "--seed", "11", "--protect-pattern", "a|b")["totals"]
    card = (work / "out" / "_link" / "README.md").read_text(encoding="utf-8")
    lines = card.splitlines()
    assert any(line.startswith("| tiny | de | 8 | CC0-1.0 | ") for line in lines)
    assert {"| seed | 11 |", "| ratio | 0.4 |", r"| protect_pattern | a\|b |"} <= set(lines)
    assert f"| records | {totals['records_written']} |" in lines
    share = totals["swapped"] / totals["words_touched"]
    assert f"| swapped | {totals['swapped']:,} ({share:.1%} of their words) |" in lines
    assert _front_matter(card)["language"] == ["en", "de"]
    yaml_file = yaml.safe_load((work / "out" / ".huggingface.yaml").read_text(encoding="utf-8"))
    assert yaml_file["configs"] == _front_matter(card)["configs"]


def test_the_card_disturbs_neither_resuming_nor_verify_nor_restore(work: Path) -> None:
    _run(work, "--swaps")
    files = [work / "out" / ".huggingface.yaml", work / "out" / "_link" / "README.md"]
    before = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    (work / "out" / "a.jsonl.zst").unlink()
    _run(work, "--swaps")
    assert [file.read_bytes() for file in files] == before
    for command in (("verify", "in", "out"), ("restore", "out", "-o", "back")):
        done = link(*command, cwd=work)
        assert done.returncode == 0, done.stderr
    assert (work / "back" / "a.jsonl.zst").exists()
    again = link("stats", "out", "-l", "tiny.tsv", cwd=work)
    assert (again.returncode, again.stderr) == (0, b"")
    _run(work, "--ratio", "0.5", "--overwrite", "--format", "parquet")
    assert b"*.parquet" in files[0].read_bytes()


def test_a_run_without_a_swap_has_a_card(work: Path) -> None:
    _run(work, "--portion", "0")
    card = (work / "out" / "_link" / "README.md").read_text(encoding="utf-8")
    assert "| swapped | 0 |" in card
