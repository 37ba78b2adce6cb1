"""How much text a source has: counted exactly, or from a sample whose error is honest."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from link.errors import ShardError, UsageError
from link.mixture.choose import Choice
from link.mixture.count import Amount, Counted, count_source
from link.mixture.make import engine_for, found_in
from link.run.progress import Meter
from link.shards.fields import Fields
from link.tokens import load_tokenizer
from tests.helpers import json_lines, some_records

FIELDS = Fields(key="id")


def counted(folder: Path, choice: Choice | None = None, **options: object) -> Counted:
    tasks = found_in([str(folder)], FIELDS, None).tasks
    engine = engine_for(1, Meter())
    choice = choice or Choice("a", 0)
    return count_source(engine, tasks, choice, str(folder.parent / "v.model"), **options)  # type: ignore[arg-type]


def texts(folder: Path) -> list[str]:
    lines = [line for path in folder.iterdir() for line in path.read_bytes().splitlines()]
    return [json.loads(line)["text"] for line in lines]


def test_all_text_is_counted_as_the_tokenizer_counts_it(corpora: Path) -> None:
    found = texts(corpora / "en")
    tokens = int(load_tokenizer(str(corpora / "v.model")).count(found).tokens.sum())
    amount = counted(corpora / "en").amount
    assert (amount.documents, amount.tokens) == (300, tokens)
    assert amount.bytes == sum(len(text.encode()) for text in found)
    assert counted(corpora / "en").errors is None


def test_a_sample_is_as_far_off_as_it_says(corpora: Path) -> None:
    """Of twenty samples, each with an interval for 95 in 100, at most four miss."""
    whole = counted(corpora / "en").amount
    misses = 0
    for seed in range(20):
        sample = counted(corpora / "en", Choice("a", seed), sample_bytes=15_000)
        assert sample.errors is not None
        assert sample.amount.documents == whole.documents
        assert 0 < sample.errors.tokens < whole.tokens / 4
        misses += abs(sample.amount.tokens - whole.tokens) > sample.errors.tokens
        assert abs(sample.amount.words - whole.words) < 0.15 * whole.words
    assert misses <= 4


def test_of_many_shards_some_are_read(corpora: Path) -> None:
    folder = corpora / "many"
    folder.mkdir()
    for number in range(60):
        records = some_records(20, number)  # with ids that differ
        (folder / f"{number}.jsonl").write_bytes(json_lines(records))
    whole = counted(folder).amount
    sample = counted(folder, sample_bytes=2_500)
    assert sample.errors is not None
    assert sample.errors.documents
    for name in ("documents", "tokens", "words", "bytes"):
        error = getattr(sample.errors, name)
        assert 0 <= abs(getattr(sample.amount, name) - getattr(whole, name)) <= 2 * error + 1


def test_what_is_not_kept_is_not_there(corpora: Path) -> None:
    whole = counted(corpora / "en").amount
    kept = counted(corpora / "en", Choice("a", 0, Fraction(1, 4))).amount
    assert 40 < kept.documents < 110
    assert kept.tokens / whole.tokens == pytest.approx(kept.documents / 300, rel=0.3)
    assert counted(corpora / "en", Choice("a", 0, Fraction(0))).amount == Amount(0, 0, 0, 0)
    assert counted(corpora / "en", Choice("a", 0, Fraction(0)), sample_bytes=9) == Counted(
        Amount(0, 0, 0, 0), None, 0
    )


def test_a_bad_record_is_told_or_left_out(corpora: Path) -> None:
    with (corpora / "en/1.jsonl").open("ab") as file:
        file.write(b'{"id": 1}\n')
    with pytest.raises(ShardError, match=r"1\.jsonl: line 101, byte .*no field 'text'"):
        counted(corpora / "en")
    assert counted(corpora / "en", skip_bad=True).bad == 1


def test_a_pipe_is_no_source() -> None:
    with pytest.raises(UsageError, match="files, which are read more than once"):
        found_in(["-"], FIELDS, None)
