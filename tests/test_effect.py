"""`make effect`, end to end at toy size: what it writes, that it repeats and that it resumes.

What the figures are no test says: docs/effect.md does, for the size that users run.
"""

import json
import lzma
import random
import shutil
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from link import Lexicon
from tests.helpers import ROOT, environment

pytest.importorskip("torch", reason="make effect needs torch: pip install 'link-corpus[effect]'")
sys.path.insert(0, str(ROOT / "scripts" / "effect"))

TOY = [
    *"--size tiny --tokens 6000 --facts-tokens 6000 --seeds 3 --people 24 --repeats 2".split(),
    *"--documents 40 --stories 400 --target-tokens 5000 --validation-tokens 2000".split(),
    *"--adapt-tokens 1000 2000".split(),
]


def effect(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    script = str(ROOT / "scripts" / "effect" / "effect.py")
    return subprocess.run(
        [sys.executable, script, *TOY, "--out", str(out), *options],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    out = tmp_path_factory.mktemp("effect")
    done = effect(out, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert "Tokens to the baseline's final loss" in done.stdout
    for suffix in ("json", "html"):
        shutil.copy(out / f"effect.{suffix}", out / f"first.{suffix}")
    return out


@pytest.fixture(scope="module")
def figures(toy: Path) -> dict:
    """What the finished run found. Another test runs a part of it again."""
    return json.loads((toy / "first.json").read_text())


@pytest.fixture(scope="module")
def page(toy: Path) -> str:
    return (toy / "first.html").read_text(encoding="utf-8")


def record(out: Path, name: str) -> dict:
    """A run's record, without how long it took."""
    found = json.loads((out / "records" / f"{name}.json").read_text())
    del found["seconds"]
    return found


def records(folder: Path) -> list[dict]:
    from data import read

    return read(folder)


def test_the_figures_have_the_names_that_others_read(figures: dict) -> None:
    found = figures
    assert found["facts"].keys() == {"baseline", "link", "wrong_lexicon", "chance"}
    assert found["facts"]["chance"] == pytest.approx(1 / 12)
    for arm in ("baseline", "link", "wrong_lexicon"):
        [right] = found["facts"][arm]
        assert 0 <= right <= 1
    shares = found["target"]["tokens_to_equal_loss"]
    assert shares.keys() == found["english_loss_change"].keys() == {"link", "wrong_lexicon"}
    assert all(share is None or 0 < share <= 1 for one in shares.values() for share in one)
    assert found["settings"]["seeds"] == [3]


def test_the_page_holds_its_pictures_and_the_commands(page: str) -> None:
    assert page.count("<polyline") >= 4 * 3
    assert "link substitute english -o link-3 -l en-es --ratio 0.3 --portion 0.5 --seed 3" in page
    assert "link tokenizer train english=2 link-3=1" in page
    assert "link facts make --make 24" in page
    assert "link probes abx pairs.en pairs.es" in page
    fetched = [part for part in ("src=", "<script", "<link", "@import", "url(") if part in page]
    assert fetched == []


def test_all_arms_have_the_same_tokens_and_the_same_target_text(toy: Path) -> None:
    records = [record(toy, f"target-{arm}-3") for arm in ("baseline", "link", "wrong-lexicon")]
    assert len({one["curve"][-1][0] for one in records}) == 1
    assert len({one["job"]["english"] for one in records}) == 3
    assert len({one["curve"][-1][1] for one in records}) == 3


def test_a_run_that_was_stopped_does_what_is_missing_and_finds_the_same(toy: Path) -> None:
    link, baseline = (toy / "records" / f"target-{arm}-3.json" for arm in ("link", "baseline"))
    before, kept = record(toy, "target-link-3"), baseline.stat().st_mtime_ns
    link.unlink()
    done = effect(toy, "--parts", "target", "--jobs", "2", "--knobs", "mode")
    assert "2 of 5 runs are there already" in done.stdout, done.stderr
    assert record(toy, "target-link-3") == before
    assert baseline.stat().st_mtime_ns == kept
    table = done.stdout[done.stdout.index("Settings of LINK") :]
    assert "mode: --ratio 0.3 --portion 0.5 --mode annotate" in table


def test_a_new_vocabulary_is_measured_before_and_in_training(figures: dict, page: str) -> None:
    losses = figures["vocabulary"]
    assert losses.keys() == {"random", "mean", "lexicon", "wrong_lexicon"}
    for by_tokens in losses.values():
        assert list(by_tokens) == ["0", "1024", "2048"]
        assert all(len(by_seed) == 1 for by_seed in by_tokens.values())
    assert len({by_tokens["0"][0] for by_tokens in losses.values()}) == 4
    assert "link embed init --source" in page


def test_facts_told_in_documents_never_to_be_swapped_stay_english(toy: Path) -> None:
    def texts(folder: str, swap: str) -> list[str]:
        every = records(toy / "data" / "facts" / folder)
        return [one["text"] for one in every if one["swap"] == swap]

    assert texts("link-3", "never") == texts("english", "never")
    assert texts("link-3", "may") != texts("english", "may")


def test_the_clone_language_has_a_word_of_its_own_for_each_word() -> None:
    from clone import twins

    counts = Counter({"the": 9, "dog": 3, "don’t": 2})
    found = twins(counts)
    assert found.keys() == counts.keys()
    assert len({*found.values(), *counts}) == 2 * len(counts)


def test_the_right_answers_say_nothing_about_the_question(toy: Path) -> None:
    asked = json.loads((toy / "data" / "facts" / "questions.json").read_text())
    assert len(asked) == 24 * 4 * 2 * 2  # people, relations, wordings, languages
    right = Counter((one["kind"], one["right"]) for one in asked)
    assert set(right.values()) == {4 * 2}  # a fact of each relation, in two wordings
    assert all(len(set(map(tuple, one["candidates"]))) == 12 for one in asked)


def test_questions_are_in_the_clone_language_and_their_facts_are_not(toy: Path) -> None:
    facts = toy / "data" / "facts"
    pairs = (facts / "en-clone.tsv").read_text().splitlines()[2:]
    english, clone = (
        set(column) for column in zip(*(one.split("\t") for one in pairs), strict=True)
    )
    questions = map(json.loads, (facts / "known" / "questions.jsonl").read_text().splitlines())
    known = {"english": english, "target": clone}
    for one in questions:
        words = (one["prompt"] + " ".join(one["candidates"])).casefold().split()
        assert set(words) - known[one["language"]] == {one["subject"].casefold()}
    target = " ".join(one["text"] for one in records(facts / "target-clone")).casefold()
    people = {one["subject"].casefold() for one in records(facts / "known" / "passages")}
    assert len(people) == 24
    assert people.isdisjoint(target.replace(".", "").split())


def test_the_wrong_lexicon_gives_each_word_the_translations_of_a_neighbour(tmp_path: Path) -> None:
    from data import wrong_lexicon

    words = [f"word{letter}" for letter in "abcdefghijklmnopqrst"]
    right = tmp_path / "right.tsv"
    right.write_text("# name: right\n# language: de\n" + "".join(f"{w}\t{w}x\n" for w in words))
    counts = Counter({word: 100 - place for place, word in enumerate(words)})
    wrong_lexicon(right, counts, tmp_path / "wrong.tsv", seed=1)
    pairs = [line.split("\t") for line in (tmp_path / "wrong.tsv").read_text().splitlines()[2:]]
    assert [source for source, _ in pairs] == words
    assert {target for _, target in pairs} == {f"{word}x" for word in words}
    for source, target in pairs:
        assert target != f"{source}x"
        assert words.index(source) // 10 == words.index(target[:-1]) // 10
    assert Lexicon.load(str(tmp_path / "wrong.tsv"))


def test_tokens_to_equal_loss_are_read_off_the_curve() -> None:
    from report import tokens_to

    curve = [(100, 5.0, None), (200, 4.0, None), (400, 3.0, None)]
    assert tokens_to(curve, 4.5) == 150 / 400
    assert tokens_to(curve, 3.0) == 1
    assert tokens_to(curve, 6.0) == 100 / 400
    assert tokens_to(curve, 2.9) is None


def test_meaning_mates_are_told_from_other_sentences(tmp_path: Path) -> None:
    """A model whose states are the embeddings finds a sentence's copy nearer than another."""
    from model import GPT, SIZES
    from train import meaning_mates

    rng = random.Random(0)
    texts = {str(name): [rng.randrange(600) for _ in range(8)] for name in range(20)}
    copies = {f"copy-{name}": ids for name, ids in texts.items()}
    triplets = [[f"copy-{name}", str((int(name) + 1) % 20), name] for name in texts]
    for found, share in ((triplets, 1.0), ([[b, a, x] for a, b, x in triplets], 0.0)):
        told = {"texts": {**texts, **copies}, "triplets": found}
        (tmp_path / "triplets.json").write_text(json.dumps(told))
        assert meaning_mates(GPT(SIZES["tiny"]), tmp_path, "cpu") == share


def test_own_files_are_read_as_link_reads_them(tmp_path: Path) -> None:
    spanish = tmp_path / "es.jsonl"
    with lzma.open(ROOT / "scripts/effect/corpus/spanish.jsonl.xz", "rt", encoding="utf-8") as file:
        spanish.write_text("".join(islice(file, 60)), encoding="utf-8")
    english = ["--english", str(ROOT / "scripts/demo/corpus/prose.jsonl")]
    own = ["--parts", "target", "--jobs", "1", *english, "--target", str(spanish)]
    done = effect(tmp_path / "out", *own)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "effect.json").read_text())
    assert found["settings"]["corpus"] == "given"
    assert found["meaning_mates"]["target"]["link"] == [None]


def test_own_files_need_both_languages(tmp_path: Path) -> None:
    done = effect(tmp_path, "--english", "scripts/demo/corpus")
    assert done.returncode == 2
    assert "give both --english and --target, or neither" in done.stderr
