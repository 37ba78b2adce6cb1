"""The meter: its figures are those of the run, with any number of processes."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from link.lexicon import Lexicon
from link.policy import Policy
from link.run.context import WorkerContext
from link.run.counts import Totals
from link.run.plan import plan
from link.run.progress import Meter, PendingBytes, SoFar
from link.run.run import execute
from link.run.shard import SubstitutionWork
from link.run.shards import pieces_here
from tests.helpers import compress, json_lines, some_records
from tests.run.helpers import manifest_of, spec_of

CUT = compress(json_lines(some_records(300, 8)), "zst")[:-100]


def metered(corpus: Path, out: Path, lexicon: Lexicon, jobs: int) -> SoFar:
    spec = spec_of(corpus, out, lexicon, jobs=jobs)
    meter = Meter()
    execute(spec, plan(spec), meter)
    return meter.so_far


def test_the_last_figures_are_those_of_the_run_with_any_number_of_processes(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    (corpus / "cut.jsonl.zst").write_bytes(CUT)
    here = metered(corpus, tmp_path / "out1", lexicon, 1)
    assert metered(corpus, tmp_path / "out2", lexicon, 2) == here
    totals = manifest_of(tmp_path / "out1")["totals"]
    assert here.documents == totals["documents"] > 0
    assert (here.words, here.swapped) == (totals["words_touched"], totals["swapped"])
    assert (here.shards, here.shards_done, here.shards_failed) == (6, 5, 1)
    assert here.bytes_done == here.bytes_total > 0
    assert here.bytes_before == 0
    again = metered(corpus, tmp_path / "out2", lexicon, 1)
    assert again == replace(here, bytes_before=here.bytes_total - len(CUT))


def test_a_shard_in_pieces_counts_as_it_goes(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(json_lines(some_records(300, 2)))
    spec = spec_of(tmp_path / "in", tmp_path / "out", lexicon)
    [task] = plan(spec).tasks
    seen: list[SoFar] = []

    class Looking(Meter):
        def add(self, totals: Totals) -> None:
            super().add(totals)
            seen.append(self.so_far)

    policy = Policy()
    small = replace(task, input=replace(task.input, block_bytes=10_000))
    context = WorkerContext(lexicon.compiled, policy, Looking())
    SubstitutionWork().do(small, context, pieces_here(context))
    assert len(seen) > 3
    for before, now in itertools.pairwise(seen):
        assert before.documents < now.documents
        assert before.bytes_done < now.bytes_done <= task.size_bytes
    assert seen[-1].documents == 300


def test_what_is_read_ahead_is_not_done() -> None:
    meter = Meter()
    ahead = PendingBytes(meter)
    ahead.read(100)
    pieces = ahead.pieces(["a", "b"])
    next(pieces)
    ahead.read(50)
    next(pieces)
    assert meter.so_far.bytes_done == 0
    ahead.done(Totals(documents=3))
    assert (meter.so_far.bytes_done, meter.so_far.documents) == (100, 3)
    ahead.done(Totals())
    ahead.read(7)
    ahead.end()
    assert meter.so_far.bytes_done == 157


def test_a_shard_that_fails_counts_for_its_bytes_alone() -> None:
    meter = Meter()
    meter.read(10)
    meter.add(Totals(documents=2, words_touched=20, swapped=5))

    def fail() -> None:
        with meter.shard(1000):
            meter.read(400)
            meter.add(Totals(documents=7, words_touched=70, swapped=7))
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert meter.so_far == SoFar(bytes_done=1010, documents=2, words=20, swapped=5)
