"""The paper's arms: dose, pairing and nesting over a corpus, and what a run writes of its lists."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import link
from link.errors import UsageError
from link.lexicon import Lexicon
from link.lexicon.select import read_words
from link.policy import Policy
from tests.helpers import DEMO_CORPUS, ROOT, SHIPPED_LEXICON, tree
from tests.run.helpers import lines_of, manifest_of, run, spec_of

SCIENCE = read_words([ROOT / "configs" / "words" / "science.txt"])
WITH_PHRASES = Lexicon.load(SHIPPED_LEXICON, inflect=False)
WHOLE = replace(
    WITH_PHRASES, entries={word: of for word, of in WITH_PHRASES.entries.items() if " " not in word}
)
DOMAIN = WHOLE.restricted(only=SCIENCE, inflect_words=True)
OTHERS = WHOLE.restricted(skip=SCIENCE, inflect_words=True)

Swaps = dict[tuple[int, int], str]
"""(document, offset of the word in it) -> what it was swapped for."""


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is compiled here does not go to the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def _texts() -> list[str]:
    lines = (DEMO_CORPUS / "prose.jsonl").read_text(encoding="utf-8").splitlines()
    return [unicodedata.normalize("NFC", json.loads(line)["text"]) for line in lines]


def _marked(lexicon: Lexicon) -> Lexicon:
    """The lexicon with three translations a headword that tell it, its length, and which one."""
    entries = {
        headword: tuple(
            translations[0]._replace(text=f"§{headword}§{len(headword)}§{n}§") for n in range(3)
        )
        for headword, translations in lexicon.entries.items()
    }
    return replace(lexicon, entries=entries)


def swaps(lexicon: Lexicon, **policy: Any) -> Swaps:
    """Every swap in the demo's prose."""
    substituter = link.Substituter(_marked(lexicon), Policy(**{"seed": 5, **policy}))
    found: Swaps = {}
    for number, (old, new) in enumerate(zip(_texts(), substituter.batch(_texts()), strict=True)):
        at = 0
        for gap, word, size, which in re.findall(r"([^§]*)(?:§([^§]+)§(\d+)§(\d)§)?", new):
            assert old[at : at + len(gap)] == gap
            at += len(gap)
            if word:
                assert old[at : at + int(size)].lower().replace("’", "'") == word.lower()
                found[number, at] = f"{word.lower()} {which}"
                at += int(size)
        assert at == len(old)
    return found


# --- pairing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("translation", ["per-document", "per-word", "first"])
@pytest.mark.parametrize("of", ["words", "eligible"])
@pytest.mark.parametrize(
    "arm",
    [DOMAIN, OTHERS, WHOLE.restricted(sample=0.5, seed=5), WHOLE.restricted(sample=0.2, seed=1)],
    ids=["domain", "non-domain", "half", "fifth"],
)
def test_a_word_swapped_in_two_arms_has_the_same_translation(
    arm: Lexicon, of: str, translation: str
) -> None:
    one = swaps(WHOLE, ratio=0.5, of=of, translation=translation)
    other = swaps(arm, ratio=0.5, of=of, translation=translation)
    both = one.keys() & other.keys()
    assert len(both) > 20
    assert {place: one[place] for place in both} == {place: other[place] for place in both}
    if translation != "first":
        assert len({one[place][-1] for place in both}) > 1


def test_of_eligible_domain_and_other_words_are_the_uniform_arm_in_two_parts() -> None:
    uniform, domain, others = (
        swaps(lexicon, ratio=0.4, of="eligible") for lexicon in (WHOLE, DOMAIN, OTHERS)
    )
    assert domain
    assert not domain.keys() & others.keys()
    assert domain | others == uniform


def test_of_words_the_arm_with_fewer_words_to_choose_from_swaps_those_of_the_uniform_arm() -> None:
    uniform, domain = (swaps(lexicon, ratio=0.05) for lexicon in (WHOLE, DOMAIN))
    listed = {form for headword in DOMAIN.headwords for form in headword.forms}
    of_the_domain = {
        place: word for place, word in uniform.items() if word.rpartition(" ")[0] in listed
    }
    assert of_the_domain
    assert of_the_domain.items() <= domain.items()


def test_samples_of_eligible_words_are_nested_in_text() -> None:
    seen: Swaps = {}
    for share in (0.1, 0.3, 0.6, 1.0):
        more = swaps(WHOLE.restricted(sample=share, seed=5), ratio=0.5, of="eligible")
        assert seen.items() <= more.items()
        assert len(more) > len(seen)
        seen = more


# --- dose -----------------------------------------------------------------------------------------


def _totals(tmp_path: Path, lexicon: Lexicon, **policy: Any) -> dict[str, int]:
    out = tmp_path / "out"
    inputs = [str(DEMO_CORPUS / "prose.jsonl")]
    run(spec_of(inputs, out, lexicon, Policy(**{"seed": 5, **policy})))
    totals = manifest_of(out)["totals"]
    assert isinstance(totals, dict)
    return totals


@pytest.mark.parametrize("lexicon", [WHOLE, OTHERS], ids=["uniform", "non-domain"])
def test_arms_with_enough_words_reach_the_dose(tmp_path: Path, lexicon: Lexicon) -> None:
    totals = _totals(tmp_path, lexicon, ratio=0.05)
    assert totals["documents_capped"] <= 3  # one of a single word, and those in other languages
    asked = 0.05 * totals["words_touched"] - totals["words_short"]
    assert abs(totals["swapped"] - asked) < 4 * asked**0.5


def test_the_domain_arm_reaches_the_dose_as_far_as_it_has_words_and_says_where_not(
    tmp_path: Path,
) -> None:
    totals = _totals(tmp_path, DOMAIN, ratio=0.05)
    asked = 0.05 * totals["words_touched"]
    assert totals["documents_capped"] > 5
    assert 0 < totals["words_short"] < asked
    assert totals["swapped"] <= totals["eligible"]
    assert abs(totals["swapped"] - (asked - totals["words_short"])) < 4 * asked**0.5


def test_a_capped_document_has_all_its_domain_words_swapped(tmp_path: Path) -> None:
    totals = _totals(tmp_path, DOMAIN, ratio=1.0, names="swap", protect="none")
    assert totals["swapped"] == totals["eligible"]
    left = sum(totals["lost"].get(rule, 0) for rule in ("sense", "itself"))  # in every arm
    assert totals["eligible"] + left == totals["covered"]
    assert totals["words_short"] == totals["words_touched"] - totals["eligible"]


# --- what is written down, and resuming -----------------------------------------------------------


def test_a_run_keeps_the_forms_of_its_lists_and_their_hashes(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    restricted = lexicon.restricted(only=["Dog", "house", "see"], skip=["see"])
    run(spec_of(corpus, out, restricted))
    manifest = manifest_of(out)
    assert manifest["select"]["only_words"]["forms"] == 3
    assert manifest["select"]["lexicon_sample"] is None
    for name, key in (("only-words.txt", "only_words"), ("skip-words.txt", "skip_words")):
        kept = (out / "_link" / name).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == manifest["select"][key]["sha256"]
    assert (out / "_link" / "only-words.txt").read_text() == "dog\nhouse\nsee\n"
    assert (out / "_link" / "lexicon.tsv").read_text() == lexicon.canonical_text()
    assert json.loads((out / "_link" / "run.json").read_bytes())["select"] == manifest["select"]
    text = b"".join(lines_of(out).values())
    assert b"Hund" in text
    assert b"Haus" in text
    assert b"sehen" not in text
    assert b"Fluss" not in text


def test_a_run_without_lists_keeps_none(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon))
    assert manifest_of(out)["select"] is None
    assert not {"only-words.txt", "skip-words.txt"} & {p.name for p in (out / "_link").iterdir()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"only": ["dog", "the"]}, "select.only_words.forms was 1, now 2"),
        ({"only": ["house"]}, "select.only_words.sha256 was"),
        ({"only": ["dog"], "skip": ["the"]}, "select.skip_words was null, now"),
        ({"only": ["dog"], "inflect_words": True}, "select.only_words.forms was 1, now"),
        ({"sample": 0.5}, "select.only_words was"),
        ({}, "select was"),
    ],
)
def test_a_changed_selection_is_refused_with_the_difference(
    corpus: Path, tmp_path: Path, lexicon: Lexicon, change: dict[str, Any], words: str
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon.restricted(only=["dog"])))
    before = tree(out)
    other = lexicon.restricted(**change) if change else lexicon
    with pytest.raises(UsageError, match="holds another run") as raised:
        run(spec_of(corpus, out, other))
    assert words in str(raised.value)
    assert tree(out) == before


def test_a_changed_sample_is_refused(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    run(spec_of(corpus, tmp_path / "out", lexicon.restricted(sample=0.9, seed=5)))
    with pytest.raises(UsageError, match=r"lexicon_sample\.share was 0\.9, now 0\.8"):
        run(spec_of(corpus, tmp_path / "out", lexicon.restricted(sample=0.8, seed=5)))


def test_the_same_list_in_other_words_resumes(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon.restricted(only=["dog", "house"])))
    report = run(spec_of(corpus, out, lexicon.restricted(only=["HOUSE", "dog", "Dog"])))
    assert report.done_before == 5


def test_overwriting_leaves_no_list_of_the_former_run(
    corpus: Path, tmp_path: Path, lexicon: Lexicon
) -> None:
    out = tmp_path / "out"
    run(spec_of(corpus, out, lexicon.restricted(only=["dog"], skip=["the"])))
    run(spec_of(corpus, out, lexicon, overwrite=True))
    run(spec_of(corpus, tmp_path / "fresh", lexicon))
    assert tree(out) == tree(tmp_path / "fresh")


def test_processes_share_a_selection(corpus: Path, tmp_path: Path, lexicon: Lexicon) -> None:
    restricted = lexicon.restricted(skip=["dog"], sample=0.9, seed=1)
    for jobs in (1, 2):
        run(spec_of(corpus, tmp_path / str(jobs), restricted, jobs=jobs))
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
