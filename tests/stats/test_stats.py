"""`link stats`: its figures are what a run then does, whoever counts, and a sample says how far."""

import json
import pickle
import types
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from link.cli import cli
from link.cli.sizes import parse_size
from link.errors import ShardError, UsageError
from link.lexicon import Lexicon
from link.lexicon.several import Lexicons
from link.policy import Policy
from link.run.context import WorkerContext
from link.shards.store import Store
from link.stats import count
from tests.helpers import TINY_LEXICON, data_tree, json_lines, some_records, stored_lines
from tests.run.helpers import manifest_of, run, spec_of
from tests.stats.helpers import stats_of

SPANISH = Lexicon.from_pairs([("the", "el"), ("dog", "perro"), ("river", "río")], language="es")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a small lexicon."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.tsv"
    path.write_text(TINY_LEXICON, encoding="utf-8")
    return str(path)


def written(folder: Path, records: Sequence[object], name: str = "a.jsonl") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(json_lines(records))
    return folder


def texts_in(folder: Path) -> list[str]:
    """All texts in a folder of JSON Lines, read by Python's `json`."""
    lines = [
        line.removeprefix(b"\xef\xbb\xbf")
        for name in data_tree(folder)
        if not name.endswith(".md")
        for line in stored_lines(folder / name).split(b"\n")
    ]
    return [json.loads(line)["text"] or "" for line in lines if line.strip()]


def text_bytes(folder: Path) -> int:
    return len("".join(texts_in(folder)).encode("utf-8", "surrogatepass"))


# --- what is told is what is done ---


@pytest.mark.parametrize(
    "policy",
    [
        Policy(seed=5),
        Policy(seed=6, ratio=0.6, portion=0.5),
        Policy(ratio=0.5, of="eligible", mode="annotate"),
    ],
    ids=str,
)
def test_a_run_does_what_was_foretold(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, german: Lexicons, policy: Policy
) -> None:
    told = stats_of(corpus, german, policy=policy)
    run(spec_of(corpus, tmp_path / "out", lexicon, policy))
    totals = manifest_of(tmp_path / "out")["totals"]
    for name in ("documents", "documents_touched", "words", "words_touched", "swapped"):
        assert told[name] == totals[name], name
    assert told["bytes_text"] == text_bytes(corpus)
    assert told["bytes_text_after"] == text_bytes(tmp_path / "out")
    assert told["swapped_expected"] == pytest.approx(totals["swapped"], rel=0.15)
    if policy.of == "words":
        assert told["documents_short"] == totals["documents_capped"]
    if policy.portion == 1 and policy.of == "words":
        assert {k: v for k, v in told["lost"].items() if v} == totals["lost"]


def test_words_are_counted_whatever_the_policy_touches(corpus: Path, german: Lexicons) -> None:
    everything = stats_of(corpus, german)
    for policy in (Policy(portion=0.1), Policy(of="eligible", ratio=0.1)):
        told = stats_of(corpus, german, policy=policy)
        for name in ("words", "covered", "eligible", "word_types", "top_uncovered", "lost"):
            assert told[name] == everything[name], name


def test_the_figures_of_a_small_text(tmp_path: Path, german: Lexicons) -> None:
    text = "The dog and the cat see Rex. The cat walks."
    told = stats_of(written(tmp_path / "in", [{"text": text}]), german, policy=Policy(ratio=0.8))
    assert (told["words"], told["covered"], told["eligible"]) == (10, 5, 5)
    assert told["top_uncovered"] == [["cat", 2], ["and", 1], ["rex", 1], ["walks", 1]]
    assert told["top_covered"] == [
        ["the", 3, "der", "die"],
        ["dog", 1, "Hund", "Köter"],
        ["see", 1, "sehen", "erblicken"],
    ]
    assert (told["word_types"], told["word_types_covered"]) == (7, 3)
    assert (told["headwords"], told["headwords_seen"]) == (8, 3)
    assert told["headwords_unseen_examples"] == ["house", "river", "green", "don't", "Monday"]
    assert told["documents_short"] == 1
    assert (told["ratio_expected"], told["reachable_quantiles"]["0.5"]) == (0.5, 0.5)
    assert told["pos"] == {"DET": 3, "NOUN": 1, "VERB": 1}
    assert told["translations_per_covered_word"] == 2
    assert told["coverage_by_rank"][-1] == [7, 10, 5]
    assert told["reach_by_length"] == [[8, 15, 1, 0.5, 0.5, 0.5, 0.5, 0.5]]


# --- whoever counts ---


class Elsewhere:
    """An engine whose workers know only what is pickled, and give their results in any order.

    What real processes do beyond that is for the tests of `run`.
    """

    jobs = 2
    splits_shards = True

    def __init__(self, context: WorkerContext) -> None:
        self.context = context

    def map(
        self, function: Any, items: Iterable[tuple[Any, Any]], *, in_order: bool = False, **_: Any
    ) -> Iterator[tuple[Any, Any]]:
        done = [(key, self._done(function, argument)) for key, argument in items]
        yield from done if in_order else done[::-1]

    def _done(self, function: Any, argument: Any) -> Any:
        try:
            result = function(self.context, pickle.loads(ForkingPickler.dumps(argument)))
        except ShardError as error:
            result = error
        return pickle.loads(ForkingPickler.dumps(result))


def test_the_number_of_processes_changes_nothing(
    corpus: Path, german: Lexicons, monkeypatch: pytest.MonkeyPatch
) -> None:
    (corpus / "damaged.jsonl.gz").write_bytes(b"no gzip")
    pq.write_table(pa.Table.from_pylist(some_records(50, 9)), corpus / "e.parquet")
    options = {"by": "id", "sample_bytes": 3000, "inputs": [str(corpus), str(corpus / "a.jsonl")]}
    alone = stats_of(corpus, german, **options)
    monkeypatch.setattr(
        count, "engine_of", lambda jobs, context, ray: nullcontext(Elsewhere(context))
    )
    assert stats_of(corpus, german, jobs=2, **options) == alone
    assert len(alone["inputs"]["failed"]) == 1


def test_a_large_shard_that_is_named_twice_counts_twice(
    tmp_path: Path, german: Lexicons, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"a": 5, "large": 100, "b": 5, "c": 5}
    for name, size in sizes.items():
        written(tmp_path / "in", some_records(size, 1), f"{name}.jsonl")
    inputs = [str(tmp_path / "in" / f"{name}.jsonl") for name in (*sizes, "large")]
    alone = stats_of(inputs, german)
    assert alone["documents"] == 215
    monkeypatch.setattr(Elsewhere, "jobs", 3)
    monkeypatch.setattr(count, "engine_of", lambda _, context, ray: nullcontext(Elsewhere(context)))
    assert stats_of(inputs, german, jobs=3) == alone


# --- groups, languages ---


def test_groups_add_up_to_everything(tmp_path: Path, german: Lexicons) -> None:
    records = [
        {**record, "meta": {"source": ["a", "b", 3, None][n % 4]}}
        for n, record in enumerate(some_records(40))
    ]
    del records[7]["meta"]
    told = stats_of(written(tmp_path / "in", records), german, by="meta.source")
    groups = told["by"]["values"]
    assert set(groups) == {"a", "b", "3", "(none)"}
    for name in ("documents", "words", "covered", "swapped", "bytes_text_after"):
        assert sum(own[name] for own in groups.values()) == told[name]


def test_a_column_tells_groups_apart(tmp_path: Path, german: Lexicons) -> None:
    texts = ["the dog", "a dog", None, "the", "dog"]
    for parts, wanted in (
        ([1, 2, 1, 1, None], {"1": 3, "2": 2, "(none)": 1}),
        ([b"x", b"\xff", b"x", b"x", b"x"], {"x": 4, "\ufffd": 2}),
    ):
        pq.write_table(pa.table({"text": texts, "part": parts}), tmp_path / "a.parquet")
        groups = stats_of(tmp_path / "a.parquet", german, by="part")["by"]["values"]
        assert {name: own["words"] for name, own in groups.items()} == wanted


def test_values_beyond_a_hundred_are_told_together(tmp_path: Path, german: Lexicons) -> None:
    records = [{"text": "the dog", "n": n} for n in range(130)]
    by = stats_of(written(tmp_path / "in", records), german, by="n")["by"]
    assert by["values_found"] == 130
    assert len(by["values"]) == 101
    assert by["values"]["(other)"]["documents"] == 30


@pytest.mark.parametrize("mix", ["document", "word"])
def test_languages_are_told_apart(corpus: Path, lexicon: Lexicon, mix: str) -> None:
    told = stats_of(corpus, Lexicons.of([lexicon, SPANISH]), policy=Policy(mix=mix))
    languages = told["languages"]
    assert set(languages) == {"de", "es"}
    assert sum(own["swapped"] for own in languages.values()) == told["swapped"]
    if mix == "document":
        assert sum(own["words"] for own in languages.values()) == told["words"]


# --- bad input ---


def test_bad_records_are_passed_over_and_told(tmp_path: Path, tiny: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"text":"the dog"}\n{"no":1}\n{broken\n{"text":"dog"}\n')
    arguments = [str(tmp_path / "a.jsonl"), "-l", tiny, "--json", str(tmp_path / "s.json")]
    done = CliRunner().invoke(cli, ["stats", *arguments])
    assert done.exit_code == 0
    assert "2 bad records were skipped" in done.stderr
    assert "a.jsonl: line 2, byte 19: no field 'text'" in done.stderr
    assert json.loads((tmp_path / "s.json").read_bytes())["documents"] == 2


def test_a_shard_that_cannot_be_read_fails_alone(tmp_path: Path, tiny: str) -> None:
    written(tmp_path, [{"text": "the dog"}])
    (tmp_path / "b.jsonl.gz").write_bytes(b"no gzip")
    done = CliRunner().invoke(cli, ["stats", str(tmp_path), "-l", tiny, "--json", "-"])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["documents"] == 1
    assert "b.jsonl.gz" in told["inputs"]["failed"][0]["reason"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["--sample", "many"], "--sample takes a number of bytes such as 500MB"),
        (["--sample", "0"], "--sample takes a number of bytes"),
        (["--json", "no/such/folder.json"], "there is no such folder"),
        (["--by", "x", "--document", "line"], "plain text has no field 'x' for --by"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, tiny: str, arguments: list[str], wanted: str
) -> None:
    (tmp_path / "a.txt").write_text("the dog\n")
    done = CliRunner().invoke(cli, ["stats", str(tmp_path), "-l", tiny, *arguments])
    assert done.exit_code != 0
    assert wanted in done.stderr + str(done.exception)


def test_standard_input_cannot_be_sampled(german: Lexicons) -> None:
    with pytest.raises(UsageError, match="--sample needs files"):
        stats_of(["-"], german, sample_bytes=100)


@pytest.mark.parametrize(
    ("text", "size"),
    [("500MB", 500_000_000), ("1GB", 10**9), ("2e3", 2000), (" 1.5 kb ", 1500), ("64MiB", 1 << 26)],
)
def test_sizes_are_understood(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_hostile_text_does_not_reach_the_terminal(tmp_path: Path, tiny: str) -> None:
    evil = "\x1b[31m[bold]evil[/bold]\u202e"
    records = [{"text": "zyx the dog", "s": evil}, {"text": "the dog"}]
    arguments = [str(written(tmp_path / "in", records)), "-l", tiny, "--by", "s"]
    shown = CliRunner().invoke(cli, ["stats", *arguments]).stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31m[bold]evil" in shown
    assert max(map(len, shown.splitlines())) <= 80


# --- names ---


def test_the_names_of_the_figures_are_those_of_the_documentation(
    corpus: Path, german: Lexicons
) -> None:
    told = stats_of(corpus, german, by="id", sample_bytes=3000)
    page = (Path(__file__).parents[2] / "docs" / "stats.md").read_text(encoding="utf-8")
    for name in (*told, *told["sample"], *told["inputs"], *told["languages"]["de"]):
        assert f"`{name}`" in page, name
    assert told["format"] == 1


# --- what a run has achieved ---


def test_of_a_run_what_was_asked_and_what_came(corpus: Path, tmp_path: Path) -> None:
    small = Lexicon.from_pairs([("the", "der")], language="de")
    spec = spec_of(corpus, tmp_path / "out", small, Policy(ratio=0.9))
    run(spec)
    done = CliRunner().invoke(cli, ["stats", str(tmp_path / "out"), "--json", "-"])
    told = json.loads(done.stdout)
    totals = manifest_of(tmp_path / "out")["totals"]
    assert told["ratio_asked"] == 0.9
    assert told["ratio_achieved"] == pytest.approx(
        totals["swapped"] / totals["words_touched"], abs=1e-6
    )
    missed = [not shard["is_within_tolerance"] for shard in told["shards"]]
    assert missed == sorted(missed, reverse=True)
    assert told["shards_missing_the_ratio"] == sum(missed) > 0
    shown = CliRunner().invoke(cli, ["stats", str(tmp_path / "out")]).stdout
    assert "MISSED" in shown


def test_of_a_run_at_a_url_the_figures_are_the_same(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tiny.tsv").write_text(TINY_LEXICON, encoding="utf-8")
    told = []
    for out in ("out", f"memory://{tmp_path}/out"):
        CliRunner().invoke(cli, ["substitute", str(corpus), "-o", out, "-l", "tiny.tsv", "-q"])
        told.append(json.loads(CliRunner().invoke(cli, ["stats", out, "--json", "-"]).stdout))
        assert told[-1].pop("run") == out
    assert told[0] == told[1]
    assert told[0]["swapped"] > 0


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_shards_at_a_url_have_the_same_figures(corpus: Path, german: Lexicons, scheme: str) -> None:
    for name in data_tree(corpus):
        Store(f"memory://{corpus}").put(name, (corpus / name).read_bytes())
    here, there = stats_of(corpus, german), stats_of([f"{scheme}://{corpus}"], german)
    for figures in (here, there):
        del figures["inputs"]["inputs"], figures["inputs"]["left_alone"]
    assert there == here
    assert there["inputs"]["shards"] == 5


def test_without_a_lexicon_there_must_be_a_run(corpus: Path) -> None:
    done = CliRunner().invoke(cli, ["stats", str(corpus)])
    assert done.exit_code == 2
    assert "no lexicon given; name one with -l" in done.stderr


# --- tokens ---


class _Characters:
    """A tokenizer whose tokens are characters, and whose bytes are those beyond ASCII."""

    name, kind, sha256, vocabulary_size = "characters", "fake", "0" * 64, 99

    def count(self, texts: Sequence[str]) -> Any:
        tokens = np.array([len(text) for text in texts], np.int64)
        beyond = np.array([sum(c > "\x7f" for c in text) for text in texts], np.int64)
        return types.SimpleNamespace(tokens=tokens, unknown=0 * tokens, byte_fallback=beyond)


def test_tokens_are_those_of_the_text_that_a_run_writes(
    corpus: Path,
    tmp_path: Path,
    lexicon: Lexicon,
    german: Lexicons,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(count, "load_tokenizer", lambda _: _Characters())
    count.tokenizer_of.cache_clear()
    policy = Policy(ratio=0.5, portion=0.7)
    told = stats_of(corpus, german, policy=policy, tokenizer="any")["tokens"]
    count.tokenizer_of.cache_clear()
    run(spec_of(corpus, tmp_path / "out", lexicon, policy))
    before, after = (sum(map(len, texts_in(folder))) for folder in (corpus, tmp_path / "out"))
    assert (told["before"], told["after"]) == (before, after)
    assert told["budget_factor"] == pytest.approx(after / before, abs=1e-6)
