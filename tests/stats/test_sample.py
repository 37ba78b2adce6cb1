"""`link stats --sample`: how far its figures are off, and what they depend on."""

import random
from pathlib import Path

import numpy as np
import pytest

from link.lexicon.several import Lexicons
from link.policy import Policy
from tests.helpers import some_records
from tests.stats.helpers import stats_of
from tests.stats.test_stats import texts_in, written


def heavy_tailed(folder: Path, documents: int, seed: int) -> Path:
    """Documents of 20 to 20,000 words, of which the long ones are less covered."""
    random_ = random.Random(seed)
    records = []
    for _ in range(documents):
        words = min(20_000, int(20 / random_.random() ** 1.2))
        covered = random_.betavariate(8, 3 + words / 4000)
        text = " ".join(
            random_.choice(("the", "dog", "river")) if random_.random() < covered else "xylem"
            for _ in range(words)
        )
        records.append({"text": text})
    return written(folder, records)


def test_the_error_of_a_sample_is_as_large_as_it_says(tmp_path: Path, german: Lexicons) -> None:
    corpus = heavy_tailed(tmp_path / "in", 300, 3)
    policy = Policy(ratio=0.6)
    truth = stats_of(corpus, german, policy=policy)
    names = ("words", "token_coverage", "ratio_expected", "bytes_text_after")
    held = dict.fromkeys(names, 0)
    sizes = []
    for seed in range(20):
        size = truth["bytes_text"] // 4
        told = stats_of(corpus, german, policy=policy, sample_bytes=size, sample_seed=seed)
        sizes.append(told["sample"]["bytes"] / size)
        assert told["documents"] == truth["documents"]
        assert told["bytes_text"] == truth["bytes_text"]
        for name in names:
            held[name] += abs(told[name] - truth[name]) <= told["sample"]["errors"][name]
    assert min(held.values()) >= 16, held
    assert np.mean(sizes) == pytest.approx(1, abs=0.1)


def test_a_sample_hangs_on_its_seed_and_documents_alone(
    corpus: Path, tmp_path: Path, german: Lexicons
) -> None:
    one = stats_of(corpus, german, sample_bytes=3000)
    assert stats_of(corpus, german, sample_bytes=3000) == one
    assert stats_of(corpus, german, sample_bytes=3000, sample_seed=1) != one
    other_policy = stats_of(corpus, german, sample_bytes=3000, policy=Policy(seed=9, ratio=0.1))
    assert other_policy["words"] == one["words"]
    stored_anew = written(tmp_path / "anew", [{"text": text} for text in texts_in(corpus)[::-1]])
    told = stats_of(stored_anew, german, sample_bytes=3000)
    assert told["sample"]["documents"] == pytest.approx(one["sample"]["documents"], abs=2)


def test_a_sample_of_everything_is_everything(corpus: Path, german: Lexicons) -> None:
    assert stats_of(corpus, german, sample_bytes=10**9) == stats_of(corpus, german)


def test_of_many_shards_only_some_are_read(tmp_path: Path, german: Lexicons) -> None:
    for number in range(25):
        written(tmp_path / "in", some_records(15, number, 60), f"{number:02}.jsonl")
    truth = stats_of(tmp_path / "in", german)
    told = stats_of(tmp_path / "in", german, sample_bytes=truth["bytes_text"] // 60)
    assert (told["inputs"]["shards"], told["inputs"]["shards_found"]) == (20, 25)
    for name in ("words", "documents", "token_coverage", "bytes_text"):
        assert abs(told[name] - truth[name]) <= 2 * told["sample"]["errors"][name], name
