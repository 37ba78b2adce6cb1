"""`link tokenizer train`: who gets how much of the sample, what is drawn, and what is published."""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from link.cli import cli
from link.errors import LinkError, ShardError, UsageError
from link.run.documents import PASSAGE_BYTES, passages_of, reading_tasks
from link.shards.fields import Fields
from link.shards.find import find_shards
from link.tokens import load_tokenizer
from link.tokens.sample import Drawn, draw_passages
from tests.helpers import compress, json_lines, partial_files

ENGLISH = ("the", "dog", "sees", "green", "house", "river", "and", "walks", "over", "old")
GERMAN = ("der", "Hund", "sieht", "grüne", "Haus", "Fluss", "und", "läuft", "über", "alte")


def documents(words: tuple[str, ...], count: int, seed: int = 0) -> list[str]:
    """Texts of about 100 words, each with a name of its own."""
    random_ = random.Random(seed)
    return [
        f"[{words[0]}-{seed}-{n}] " + " ".join(random_.choice(words) for _ in range(100)) + "."
        for n in range(count)
    ]


def records(texts: list[str]) -> bytes:
    return json_lines([{"text": text} for text in texts])


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """`en/` with three shards, `de.parquet`, and `de.txt`."""
    folder = tmp_path / "en"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(records(documents(ENGLISH, 60, 1)))
    (folder / "b.jsonl.gz").write_bytes(compress(records(documents(ENGLISH, 60, 2)), "gz"))
    (folder / "c.jsonl.zst").write_bytes(compress(records(documents(ENGLISH, 60, 3)), "zst"))
    german = documents(GERMAN, 180)
    pq.write_table(pa.table({"text": german}), tmp_path / "de.parquet")
    (tmp_path / "de.txt").write_text("\n".join(german), encoding="utf-8")
    return tmp_path


def train(*arguments: object) -> Result:
    options = ("tokenizer", "train", "--vocab-size", "310", *arguments)
    return CliRunner().invoke(cli, [str(option) for option in options])


def trained(corpora: Path, *arguments: object, output: str = "m") -> dict[str, Any]:
    """What the JSON beside a model says."""
    result = train(*arguments, "-o", corpora / output, "-q")
    assert result.exception is None, result.exception
    how = json.loads((corpora / f"{output}.json").read_bytes())
    assert isinstance(how, dict)
    return how


# --- the sample -----------------------------------------------------------------------------------


def drawn_of(
    inputs: list[Path], wanted: int, seed: int = 0, fields: Fields | None = None, **more: Any
) -> Drawn:
    tasks = reading_tasks(find_shards(map(str, inputs)), fields or Fields(), None)
    return draw_passages(tasks, wanted, seed, **more)


def sample(inputs: list[Path], wanted: int, seed: int = 0, **more: Any) -> set[bytes]:
    """The passages for training."""
    return set(drawn_of(inputs, wanted, seed, **more).train)


def test_a_sample_comes_from_all_of_an_input(corpora: Path) -> None:
    drawn = sample([corpora / "en"], 30_000)
    assert 29_000 < sum(map(len, drawn)) < 31_000
    for seed in (1, 2, 3):
        of_shard = [text for text in drawn if text.startswith(b"[the-%d-" % seed)]
        numbers = [int(text.split(b"]")[0].split(b"-")[2]) for text in of_shard]
        assert 5 < len(of_shard) < 40
        assert min(numbers) < 20
        assert max(numbers) > 40


def test_a_sample_does_not_depend_on_shards_or_their_order(corpora: Path) -> None:
    one = corpora / "one.jsonl"
    texts = [text for seed in (3, 1, 2) for text in documents(ENGLISH, 60, seed)]
    one.write_bytes(records(texts[::-1]))
    shards = [corpora / "en" / name for name in ("c.jsonl.zst", "a.jsonl", "b.jsonl.gz")]
    assert sample([one], 30_000) == sample([corpora / "en"], 30_000) == sample(shards, 30_000)


def test_a_sample_depends_on_the_seed_and_a_larger_one_holds_a_smaller(corpora: Path) -> None:
    small, large = sample([corpora / "en"], 20_000), sample([corpora / "en"], 50_000)
    assert small < large
    assert sample([corpora / "en"], 20_000, seed=1) != small


def test_no_more_shards_are_read_than_are_needed_and_not_only_the_first(corpora: Path) -> None:
    first = {tuple(drawn_of([corpora / "en"], 1000, seed).shards) for seed in range(20)}
    assert {len(read) for read in first} == {1}
    assert len({read[0].name for read in first}) == 3


@pytest.mark.parametrize("line", ["the dog\n", "the dog ", "犬"])
def test_a_long_document_is_drawn_from_in_passages(tmp_path: Path, line: str) -> None:
    text = (line * 60_000).encode()
    cut = list(passages_of(text))
    assert b"".join(cut) == text
    assert max(map(len, cut)) <= PASSAGE_BYTES
    for passage in cut:
        passage.decode()


def test_copies_do_not_overfill_a_sample(tmp_path: Path) -> None:
    path = tmp_path / "copies.jsonl"
    path.write_bytes(records(["the dog sees the house"] * 5000))
    drawn = drawn_of([path], 10_000)
    assert 10_000 <= drawn.train_bytes + drawn.held_out_bytes < 10_100


def test_escapes_are_read_and_lone_surrogates_replaced(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_bytes(
        b'{"text":"gr\\u00fcn \\ud83d\\ude00\\n\\ud800!"}\n{"text":null}\n{"text":""}\n'
    )
    assert sample([path], 1000) == {"grün 😀\n\ufffd!".encode()}


def test_a_bad_record_is_an_error_that_says_where_or_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(records(["the dog"]) + b"{\n")
    with pytest.raises(ShardError, match=r"bad\.jsonl: line 2, byte 2\d: .*--on-error skip"):
        sample([path], 1000)
    assert sample([path], 1000, skip_bad=True) == {b"the dog"}


def test_conditions_and_fields_choose_the_text(tmp_path: Path) -> None:
    path = tmp_path / "fields.jsonl"
    path.write_bytes(
        json_lines([{"body": "one", "lang": "en"}, {"body": "zwei", "lang": "de"}, {"body": "x"}])
    )
    fields = Fields(("body",), where=(("lang", "de"),))
    assert sample([path], 1000, fields=fields) == {b"zwei"}


# --- the command ----------------------------------------------------------------------------------


def test_inputs_get_their_shares_by_weight(corpora: Path) -> None:
    how = trained(corpora, f"{corpora}/en=1", f"{corpora}/de.parquet=3", "--sample", "40kB")
    english, german = how["inputs"]
    assert (english["share_bytes"], german["share_bytes"]) == (10_000, 30_000)
    assert english["weight"] == 1
    assert 9_000 < english["training_bytes"] <= 10_000
    assert 28_500 < german["training_bytes"] <= 30_600
    assert german["held_out"]["bytes"] > 0


def test_what_is_published_fits_together(corpora: Path) -> None:
    how = trained(corpora, corpora / "en", corpora / "de.txt", "--sample", "60kB")
    model = corpora / "m.model"
    assert how["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert how["vocabulary_size"] == 310
    assert load_tokenizer(str(model)).vocabulary_size == 310
    lines = (corpora / "m.vocab").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 310
    assert all(line.count("\t") == 1 for line in lines)
    assert {"<unk>", "\\n", "\\t", "<0x00>"} < {line.split("\t")[0] for line in lines}
    for one in how["inputs"]:
        held_out = one["held_out"]
        assert held_out["fertility"] == held_out["tokens"] / held_out["words"] > 1
        assert held_out["bytes_per_token"] > 1
        assert held_out["unknown"] == 0
    assert not partial_files(corpora)


@pytest.mark.parametrize("model_type", ["bpe", "unigram"])
def test_the_same_command_gives_the_same_bytes(corpora: Path, model_type: str) -> None:
    arguments = (corpora / "en", corpora / "de.txt", "--sample", "60kB", "--model-type", model_type)
    first = trained(corpora, *arguments)
    assert trained(corpora, *arguments, output="n")["sha256"] == first["sha256"]
    assert trained(corpora, *arguments, "--seed", "1", output="o")["sha256"] != first["sha256"]


def test_an_input_that_is_too_small_is_named_and_how_to_keep_the_mixture(corpora: Path) -> None:
    small = corpora / "small.jsonl"
    small.write_bytes(records(documents(GERMAN, 20)))
    result = train(corpora / "en", f"{small}=1", "-o", corpora / "m", "--sample", "60kB")
    assert result.exception is None
    assert f"{small} fills " in result.stderr
    assert "it has no more text" in result.stderr
    most = int(result.stderr.split("--sample ")[1].split()[0])
    arguments = (corpora / "en", small, "-o", corpora / "n", "--sample", most)
    assert "fills" not in train(*arguments).stderr


def test_a_model_that_is_there_is_replaced_only_when_asked(corpora: Path) -> None:
    trained(corpora, corpora / "en", "--sample", "30kB")
    before = (corpora / "m.model").read_bytes()
    again = (corpora / "de.txt", "-o", corpora / "m.model", "--sample", "30kB")
    refused = train(*again).exception
    assert isinstance(refused, UsageError)
    assert "--overwrite" in str(refused)
    assert (corpora / "m.model").read_bytes() == before
    assert train(*again, "--overwrite").exception is None
    assert (corpora / "m.model").read_bytes() != before


def test_nothing_is_published_when_training_fails(corpora: Path) -> None:
    result = train(corpora / "en", "-o", corpora / "m", "--sample", "30kB", "--vocab-size", "90000")
    assert isinstance(result.exception, UsageError)
    assert "--vocab-size" in str(result.exception)
    assert not list(corpora.glob("m.*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-",), "not on -"),
        (("en=0",), "above 0"),
        (("en", "en=2"), "named twice"),
        (("absent=2",), "absent does not exist"),
        (("en", "--text-field", "body"), "no field 'body'"),
        (("blank.jsonl",), "has no text"),
        (("en", "--user-symbol", "<s>"), "there already"),
    ],
)
def test_what_cannot_be_done_is_said(
    corpora: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(corpora)
    Path("blank.jsonl").write_bytes(json_lines([{"text": ""}, {"text": None}]))
    result = train(*arguments, "-o", "m")
    assert isinstance(result.exception, LinkError)
    assert message in str(result.exception)


@pytest.mark.parametrize("size", ["", "x", "-5", "1XB", "nan"])
def test_a_size_that_is_none_is_refused(corpora: Path, size: str) -> None:
    result = train(corpora / "en", "-o", corpora / "m", f"--sample={size}")
    assert result.exit_code == 2
    assert "a number of bytes such as 500MB" in result.output


def test_names_of_inputs_may_not_steer_a_terminal(
    corpora: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpora)
    Path("a\x1b[31m.jsonl").write_bytes(records(documents(ENGLISH, 20)))
    result = train("a\x1b[31m.jsonl", "-o", "m", "--sample", "60kB")
    assert result.exception is None
    assert "a\\x1b[31m.jsonl, held out" in result.stderr
    assert "\x1b[31m.jsonl" not in result.stderr


def test_names_of_inputs_need_not_be_utf_8(corpora: Path) -> None:
    name = corpora / "\udce9.jsonl"
    name.write_bytes(records(documents(ENGLISH, 60)))
    how = trained(corpora, name, "--sample", "60kB", output="\udce9")
    assert str(name) in json.dumps(how, ensure_ascii=False)
