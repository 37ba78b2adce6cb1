"""Word lists and samples on the command line and in configurations."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import DEMO_CORPUS, ROOT, link, stored_lines


def _manifest(out: Path) -> dict[str, Any]:
    manifest = json.loads((out / "_link" / "manifest.json").read_bytes())
    assert isinstance(manifest, dict)
    return manifest


def _lists(work: Path) -> None:
    (work / "only.txt").write_text("# kept\nDog\nhouse  # a comment\n", encoding="utf-8")
    (work / "more.txt").write_text("River\nzebra\n", encoding="utf-8")
    (work / "skip.txt").write_text("house\n", encoding="utf-8")


def _texts(out: Path) -> str:
    names = ("a.jsonl", "b.jsonl.gz", "c.jsonl.zst")
    lines = [line for name in names for line in stored_lines(out / name).splitlines()]
    return "\n".join(json.loads(line)["text"] for line in lines)


EVERYTHING = ("--ratio", "1", "--of", "eligible", "--names", "swap", "--protect", "none")
RUN = ("substitute", "in", "-o", "out", "-l", "tiny.tsv", *EVERYTHING)


def test_lists_restrict_what_is_swapped_and_the_summary_says_so(work: Path) -> None:
    _lists(work)
    lists = ("--only-words", "only.txt", "--only-words", "more.txt", "--skip-words", "skip.txt")
    done = link(*RUN, *lists, cwd=work)
    assert done.returncode == 0, done.stderr
    text = _texts(work / "out").lower()
    assert "hund" in text
    assert "fluss" in text
    assert "dog" not in text.replace("_dog_", "")
    assert "house" in text
    assert not any(word in text for word in ("haus", "montag", "grün", "sehen"))
    said = done.stderr.decode()
    assert "left out by --only-words, --skip-words, of 8 headwords and inflected forms: 6" in said
    assert "of 4 words of --only-words, not in the lexicon: 1: zebra" in said
    assert _manifest(work / "out")["select"]["only_words"]["forms"] == 4


def test_a_configuration_may_hold_the_same(work: Path) -> None:
    _lists(work)
    lists = ("--only-words", "only.txt", "--only-words", "more.txt", "--skip-words", "skip.txt")
    assert (
        link(*RUN, *lists, "--inflect-words", "--lexicon-sample", "0.9", cwd=work).returncode == 0
    )
    (work / "run.yaml").write_text(
        "only-words: [only.txt, more.txt]\nskip-words: skip.txt\ninflect-words: true\n"
        "lexicon-sample: 0.9\n"
    )
    done = link(*RUN, "--config", "run.yaml", cwd=work)  # the same run, so that it resumes
    assert done.returncode == 0, done.stderr
    assert b"3 done before" in done.stderr


def test_a_run_with_a_changed_list_is_refused(work: Path) -> None:
    _lists(work)
    options = ("--only-words", "only.txt", "-q")
    assert link(*RUN, *options, cwd=work).returncode == 0
    (work / "only.txt").write_text("house # first\nDOG\n")
    assert link(*RUN, *options, cwd=work).returncode == 0
    (work / "only.txt").write_text("dog\nriver\n")
    done = link(*RUN, *options, cwd=work)
    assert done.returncode == 2
    assert b"select.only_words.sha256 was" in done.stderr


def test_the_sample_is_drawn_by_the_runs_seed(work: Path) -> None:
    assert link(*RUN, "--lexicon-sample", "0.5", "--seed", "7", "-q", cwd=work).returncode == 0
    sample = _manifest(work / "out")["select"]["lexicon_sample"]
    assert sample == {"share": 0.5, "seed": 7}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--only-words", "missing.txt"), ["missing.txt cannot be read", "one word a line"]),
        (("--skip-words", "latin.txt"), ["latin.txt: line 2, byte 7: not UTF-8"]),
        (("--only-words", "number.txt"), ["number.txt: line 1: '42' has no word"]),
        (("--only-words", "none.txt"), ["--only-words leaves none of its 8 forms"]),
        (("--lexicon-sample", "0"), ["sample is 0.0", "above 0"]),
        (("--lexicon-sample", "2"), ["sample is 2.0"]),
        (("--inflect-words",), ["--inflect-words needs --only-words or --skip-words"]),
    ],
)
def test_what_cannot_be_selected_is_one_line_and_status_2(
    work: Path, options: tuple[str, ...], words: list[str]
) -> None:
    (work / "latin.txt").write_bytes(b"dog\ncaf\xe9\n")
    (work / "number.txt").write_bytes(b"42\n")
    (work / "none.txt").write_bytes(b"zebra\n")
    done = link(*RUN, *options, cwd=work)
    (line,) = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert line.startswith("link: error: ")
    assert all(word in line for word in words), line
    assert not (work / "out").exists()


def test_the_shipped_arms_have_one_dose_and_parted_words(tmp_path: Path) -> None:
    totals, manifests = {}, {}
    for arm in ("uniform", "domain", "non-domain", "coverage"):
        out = tmp_path / arm
        config = ROOT / "configs" / f"{arm}.yaml"
        done = link("substitute", DEMO_CORPUS, "-o", out, "--config", config, "-q", cwd=ROOT)
        assert done.returncode == 0, done.stderr
        manifests[arm] = _manifest(out)
        totals[arm] = manifests[arm]["totals"]
    for twins in (("domain", "non-domain"), ("uniform", "coverage")):
        one, other = (manifests[arm] for arm in twins)
        assert one["policy"] == other["policy"]
        assert one["seed"] == other["seed"]
        doses = [
            (totals[arm]["swapped"] + totals[arm]["words_short"]) / totals[arm]["words_touched"]
            for arm in twins
        ]
        assert doses == pytest.approx([one["policy"]["ratio"]] * 2, rel=0.2)
    domain, others = (totals[arm]["covered"] for arm in ("domain", "non-domain"))
    assert 0.01 < domain / (domain + others) < 0.1
    assert totals["coverage"]["covered"] < 0.7 * totals["uniform"]["covered"]
    listed = [manifests["domain"]["select"][key] for key in ("only_words", "skip_words")]
    assert listed == [manifests["non-domain"]["select"][k] for k in ("skip_words", "only_words")]


@pytest.mark.parametrize("name", ["science.txt", "function.txt"])
def test_the_shipped_lists_are_sorted_and_of_single_lower_case_words(name: str) -> None:
    text = (ROOT / "configs" / "words" / name).read_text(encoding="ascii")
    words = [line for line in text.splitlines() if not line.startswith("#")]
    assert words == sorted(set(words))
    assert all(word.isalpha() and word.islower() for word in words)
    assert "CC0-1.0" in text
