"""The aligner: it explains what the fast kernel may write, and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

import link.audit.recompute as recompute
import link.run.job as job
from link.audit.align import Aligner, Claim, UnexplainedError
from link.kernel.substitute import Substitution, substitute
from link.lexicon import Lexicon
from link.policy import Policy
from link.splice import Spliced
from link.substituter import Substituter
from tests.helpers import json_lines
from tests.run.helpers import run
from tests.run.verified import GERMAN, PAIRS, RECORDS, checked, passes, shards, spec
from tests.strategies import examples
from tests.structure import structured_text

ALIGNER = Aligner(
    [
        *PAIRS,
        *(("see", "sich anschauen"), ("sure", "'türlich"), ("at the end", "am Ende")),
        *(("ice", "ijs"), ("light", "ışık"), ("big", "iri")),
    ]
)


def claim_of(text: str, swaps: Sequence[tuple[str, str]], added: bool = False) -> Claim:
    """That each word in turn, where it is found next, became a translation."""
    starts, ends, at = [], [], 0
    for word, _ in swaps:
        start = text.encode().index(word.encode(), at)
        at = start + len(word.encode())
        starts.append(start)
        ends.append(at)
    places = [np.array(each, np.int64) for each in ([0] * len(swaps), starts, ends, ends)]
    written = pa.array([new.encode() for _, new in swaps], pa.large_binary())
    return Claim(*places, np.full(len(swaps), added), written)


@pytest.mark.parametrize(
    ("old", "swaps", "new"),
    [
        ("", [], ""),
        ("The dog walks.", [("The", "Der"), ("dog", "Hund")], "Der Hund walks."),
        ("The dog walks.", [("dog", "Köter")], "The Köter walks."),
        ("THE DOG's house\u2019s", [("DOG", "HUND"), ("house", "HAUS")], "THE HUND's HAUS\u2019s"),
        ("I don't, don&#39;t", [("don't", "nicht"), ("don&#39;t", "nicht")], "I nicht, nicht"),
        ("ice  cream, ice-cream’s", [("ice  cream", "Eis"), ("ice-cream", "Eis")], "Eis, Eis’s"),
        ("We see it", [("see", "sich anschauen")], "We sich anschauen it"),
        ("at the\nend", [("at the\nend", "am Ende")], "am Ende"),
        ("_dog_ 'dog' “dog”", [("dog", "Hund")] * 3, "_Hund_ 'Hund' “Hund”"),
        ("do\u00adg cafe\u0301", [("do\u00adg", "Hund"), ("cafe\u0301", 'Ca"fé')], 'Hund Ca"fé'),
        ("²dog th'\ndog", [("dog", "Hund"), ("dog", "Hund")], "²Hund th'\nHund"),
        ("Sure. Ice", [("Sure", "'Türlich"), ("Ice", "IJs")], "'Türlich. IJs"),
        ("Light BIG", [("Light", "Işık"), ("BIG", "İRİ")], "Işık İRİ"),
    ],
)
def test_translations_of_whole_words_in_any_case_are_explained(
    old: str, swaps: list[tuple[str, str]], new: str
) -> None:
    assert ALIGNER.made([old.encode()], claim_of(old, swaps)) == [new.encode()]


@pytest.mark.parametrize(
    ("old", "swaps", "said"),
    [
        ("The cat", [("cat", "Hund")], "'Hund' is not a translation of 'cat'"),
        ("The dog", [("dog", "Katze")], "'Katze' is not a translation"),
        ("The dog", [("dog", "")], "'' is not a translation"),
        ("The dog", [("The dog", "Hund")], "not a translation of 'The dog'"),
        ("dogs", [("dog", "Hund")], "'dog' is not a whole word in 'dogs'"),
        ("hotdog", [("dog", "Hund")], "not a whole word"),
        ("dog犬", [("dog", "Hund")], "not a whole word"),
        ("dog1", [("dog", "Hund")], "not a whole word"),
        ("dog\u0301", [("dog", "Hund")], "not a whole word"),
        ("o'dog", [("dog", "Hund")], "not a whole word"),
        ("dog'll", [("dog", "Hund")], "not a whole word"),
        ("dog'sx", [("dog", "Hund")], "not a whole word"),
        ("ice tea", [("ice tea", "Eis")], "not a translation of 'ice tea'"),
    ],
)
def test_everything_else_is_not(old: str, swaps: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(UnexplainedError, match=said):
        ALIGNER.made([old.encode()], claim_of(old, swaps))


def test_a_translation_is_added_behind_its_word_and_nowhere_else() -> None:
    text, aligner = b"the dog's house", Aligner(PAIRS, ("(", ")"))
    claim = replace(claim_of(text.decode(), [("dog", "Hund")], added=True), at=np.array([9]))
    assert aligner.made([text], claim) == [b"the dog's (Hund) house"]
    for at in (8, 10, 15, 16, 4):
        with pytest.raises(UnexplainedError):
            aligner.made([text], replace(claim, at=np.array([at])))


@pytest.mark.parametrize("shift", [(-1, 0), (1, 0), (0, -1), (0, 1), (-9, 0), (0, 9), (4, -4)])
def test_a_place_that_is_no_word_is_found(shift: tuple[int, int]) -> None:
    claim = claim_of("the dog the", [("the", "der"), ("dog", "Hund"), ("the", "der")])
    by = np.outer(shift, [0, 1, 0])
    moved = replace(claim, start=claim.start + by[0], end=claim.end + by[1])
    with pytest.raises(UnexplainedError):
        ALIGNER.made([b"the dog the"], moved)


def test_a_word_that_is_swapped_twice_is_found() -> None:
    twice = replace(
        claim_of("dog dog", [("dog", "Hund"), ("dog", "Hund")]),
        start=np.array([0, 0]),
        end=np.array([3, 3]),
    )
    with pytest.raises(UnexplainedError, match="overlap"):
        ALIGNER.made([b"dog dog"], twice)


@examples(150)
@given(
    st.sampled_from(["replace", "annotate", "replace=1,annotate=1"]),
    st.integers(0, 1 << 30),
    st.integers(1, 60),
    st.sampled_from([0.3, 1.0]),
)
def test_what_the_kernel_writes_is_explained(
    mode: str, seed: int, count: int, ratio: float
) -> None:
    policy = Policy(ratio=ratio, seed=seed, mode=mode, translation="per-word", names="swap")
    texts = [structured_text(count, seed), "", structured_text(3, seed + 1)]
    utf8 = [text.encode("utf-8", "surrogatepass") for text in texts]
    keys = np.fromiter(map(xxhash.xxh3_64_intdigest, utf8), np.uint64)
    claim = recompute.claim_of(
        substitute(utf8, keys, GERMAN.compiled, policy).swaps, GERMAN.compiled
    )
    made = Aligner(PAIRS, policy.bracket_pair).made(utf8, claim)
    wanted = Substituter(GERMAN, policy).batch(texts)
    assert [text.decode("utf-8", "surrogatepass") for text in made] == wanted


def other_row(done: Substitution) -> Substitution:
    """Every word became the next translation of the lexicon."""
    rows = (done.swaps.row + 1) % len(GERMAN.compiled.texts)
    return replace(done, swaps=replace(done.swaps, row=rows))


@pytest.mark.parametrize("container", [None, "jsonl", "parquet", "text"])
@pytest.mark.parametrize("name", ["a_jsonl", "a_txt"])
def test_a_kernel_that_writes_what_no_lexicon_allows_is_found(
    name: str, container: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [str(one["text"]).replace("\n", " ") for one in RECORDS if one["text"]]
    lines = json_lines([{"text": text} for text in texts])
    corpus = shards(tmp_path, **{name: lines if name == "a_jsonl" else "\n".join(texts).encode()})
    run(spec(corpus, tmp_path / "out", container=container))
    passes(corpus, tmp_path / "out")
    kernel: Callable[..., Substitution] = recompute.substitute
    splice: Callable[..., Spliced] = job.splice

    def spliced(*arguments: Any) -> Spliced:
        """As it should be, but for a letter."""
        done = splice(*arguments)
        return replace(done, data=bytes(done.data).replace(b"line", b"lime", 1))

    with monkeypatch.context() as patched:
        patched.setattr(recompute, "substitute", lambda *given: other_row(kernel(*given)))
        [said, *_] = checked(corpus, tmp_path / "out").differences.shown
    assert "the lexicon does not explain a swap: " in said
    assert "is not a translation of" in said
    monkeypatch.setattr(job, "splice", spliced)
    [said, *_] = checked(corpus, tmp_path / "out").differences.shown
    assert "the lexicon does not explain what became of" in said


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
    aligner = Aligner.from_files([tmp_path / "l.tsv"], [tmp_path / "i.tsv"], ("", ""))
    claim = claim_of("The wolves, saws", [("wolves", "Wolf"), ("saws", "sehen")])
    assert aligner.made([b"The wolves, saws"], claim) == [b"The Wolf, sehen"]
    with pytest.raises(UnexplainedError):
        aligner.made([b"wolfs"], claim_of("wolfs", [("wolfs", "Wolf")]))
