"""`link mix` of a plan that is damaged, edited by hand or wrong."""

import json
from pathlib import Path

import pytest

from link.errors import UsageError
from link.mixture.plan import load_plan
from tests.mixture.test_mix import plan, run


def test_a_damaged_plan_is_told(corpora: Path) -> None:
    planned = plan()
    for change in ({"tokens": 1}, {"version": 2}, {"sources": planned["sources"] * 2}):
        Path("plan.json").write_text(json.dumps(planned | change))
        with pytest.raises(UsageError, match=r"plan\.json"):
            load_plan("plan.json")
    with pytest.raises(UsageError, match="was not written by"):
        load_plan("v.model")


def test_a_plan_edited_by_hand_is_told(corpora: Path) -> None:
    planned = plan("--share", "target=0.1")
    for change, what in (
        ({"weight": 0.9}, "weight of english is 0.9"),
        ({"epochs": 3.0}, "epochs of english is 3.0"),
        ({"max_epochs": 0.01}, "gives tokens that it does not have"),
        ({"inputs": []}, "was not written by"),
        ({"name": "a/../b"}, "was not written by"),
    ):
        first, *others = planned["sources"]
        Path("plan.json").write_text(json.dumps(planned | {"sources": [first | change, *others]}))
        with pytest.raises(UsageError, match=what):
            load_plan("plan.json")
    assert planned["budget"] == 20_000


def test_a_shard_in_two_sources_is_told(corpora: Path) -> None:
    Path("same").symlink_to("en")
    for sources, where in (
        (("english=en", "other=same/0.jsonl"), "in english and other"),
        (("english=e*/*", "target=en/1.jsonl"), "in english and target"),
    ):
        named = [part for source in sources for part in ("--source", source)]
        done = run("plan", *named, "--tokens", "1k", "--tokenizer", "v.model")
        assert where in str(done.exception)
    Path("twice.yaml").write_text("sources: [{name: english, input: [en, en/0.jsonl]}]")
    done = run("plan", "twice.yaml", "--tokens", "1k", "--tokenizer", "v.model")
    assert "twice in source english" in str(done.exception)
