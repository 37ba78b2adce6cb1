"""The aligner: it explains what either kernel may write, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import link.audit.recompute as recompute
from link.audit.align import Aligner
from link.lexicon import Lexicon
from link.policy import Policy
from link.substituter import Substituter
from tests.helpers import json_lines
from tests.run.helpers import run
from tests.run.verified import GERMAN, PAIRS, RECORDS, checked, shards, spec
from tests.strategies import examples
from tests.structure import structured_text

ALIGNER = Aligner([*PAIRS, ("see", "sich anschauen"), ("at the end", "am Ende"), ("end", "Ende")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("The dog walks.", "Der Hund läuft."),
        ("The dog walks.", "The Köter walks."),
        ("THE DOG's house, the dog\u2019s", "DER HUND's Haus, der Hund\u2019s"),
        ("I don't, don&#39;t", "ich nicht, nicht"),
        ("an ice  cream, ice-cream’s", "an Eis, Eis’s"),
        ("We see it at the end", "We sich anschauen it am Ende"),
        ("at the end", "at der Ende"),
        ("_dog_ dog_house dog1", "_Hund_ Hund_Haus dog1"),
        ("do\u00adg cafe\u0301", 'Hund Ca"fé'),
        ("dog犬 dog", "dog犬 Hund"),
    ],
)
def test_translations_in_any_case_are_explained(old: str, new: str) -> None:
    assert ALIGNER.mismatch(old, new) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("The dog walks.", "The dog walks"),
        ("The dog walks.", "The dog  walks."),
        ("The dog walks.", "Der Hund"),
        ("The dog", "The Hund Hund"),
        ("hot dogs", "hot Hunds"),
        ("ice tea", "Eis"),
        ("ice dog", "Eis"),
        ("one two three", "one three two"),
        ("the", ""),
        ("", "the"),
    ],
)
def test_everything_else_is_not(old: str, new: str) -> None:
    assert ALIGNER.mismatch(old, new) is not None


@pytest.mark.parametrize(("old", "new"), [("The cat", "The Hund"), ("The dog is", "Der Katze is")])
def test_the_word_that_is_not_explained_is_named(old: str, new: str) -> None:
    assert ALIGNER.mismatch(old, new) == 4


@pytest.mark.parametrize("mode", ["replace", "annotate", "replace=1,annotate=1"])
@given(st.integers(0, 1 << 30), st.integers(1, 60), st.sampled_from([0.3, 1.0]))
def test_what_the_kernel_writes_is_explained(
    mode: str, seed: int, count: int, ratio: float
) -> None:
    policy = Policy(ratio=ratio, seed=seed, mode=mode, translation="per-word", names="swap")
    aligner = Aligner(PAIRS, None if mode == "replace" else policy.bracket_pair)
    text = structured_text(count, seed)
    assert aligner.mismatch(text, Substituter(GERMAN, policy)(text)) is None


@examples(50)
@given(st.integers(0, 1 << 30))
def test_a_changed_letter_is_found(seed: int) -> None:
    text = f"The river and the green house of Mark {seed}."
    new = Substituter(GERMAN, Policy(ratio=0.5, seed=seed))(text)
    assert ALIGNER.mismatch(text, new) is None
    assert ALIGNER.mismatch(text, new.replace("Mark", "Marc")) is not None
    assert ALIGNER.mismatch(text, new + "!") is not None


def test_a_kernel_that_writes_what_no_lexicon_allows_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    run(spec(corpus, tmp_path / "out"))
    monkeypatch.setattr(Aligner, "mismatch", lambda _self, old, new: 3 if old != new else None)
    shown = checked(corpus, tmp_path / "out").differences.shown
    assert "the lexicon does not explain what became of" in shown[0]


@pytest.mark.parametrize("change", ["swaps", "counts", "lost"])
def test_a_fast_kernel_that_is_not_the_reference_is_found(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = shards(tmp_path, a_jsonl=json_lines(RECORDS))
    run(spec(corpus, tmp_path / "out"))
    substitute: Callable[..., Any] = recompute.substitute

    def wrong(*arguments: Any) -> Any:
        done = substitute(*arguments)
        if change == "swaps":
            return replace(done, swaps=replace(done.swaps, start=done.swaps.start + 1))
        if change == "counts":
            return replace(done, counts=replace(done.counts, words=done.counts.words + 1))
        return replace(done, counts=replace(done.counts, lost=done.counts.lost + 1))

    monkeypatch.setattr(recompute, "substitute", wrong)
    shown = checked(corpus, tmp_path / "out", sample=1.0).differences.shown
    assert "the fast kernel and the reference" in shown[0]


def test_forms_are_explained_by_their_lemmas(tmp_path: Path) -> None:
    lexicon = replace(Lexicon.from_pairs([("wolf", "Wolf"), ("see", "sehen")]), inflect=True)
    (tmp_path / "l.tsv").write_text(lexicon.canonical_text())
    (tmp_path / "i.tsv").write_text("wolves\twolf\nsaws\tsee,saw\n")
    aligner = Aligner.from_files([tmp_path / "l.tsv"], [tmp_path / "i.tsv"])
    assert aligner.mismatch("The wolves, saws", "The Wolf, sehen") is None
    assert aligner.mismatch("The wolfs", "The Wolf") == 4
