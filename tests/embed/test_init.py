"""New rows for a clone of English: what they are, what they depend on, what else is written."""

import itertools
import json
import os
import random
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from link.embed.model import INDEX, new_files, open_model
from link.embed.vocabulary import SPECIAL, TEXT, load_vocabulary
from link.errors import UsageError
from link.lexicon import Lexicon
from tests.embed.helpers import (
    INPUT,
    OTHER,
    OUTPUT,
    WIDTH,
    Clone,
    byte_level,
    clone_word,
    english_of,
    lines,
    run,
    size_of,
    unit,
    write_folder,
    write_model,
)
from tests.helpers import partial_files

DTYPES = {"BF16": ml_dtypes.bfloat16, "F16": np.float16, "F32": np.float32}


def share_of_twins_first(clone: Clone, old: Any, new: Any) -> float:
    """Of the pieces with letters whose twin is a piece of English, those nearest to its row."""
    english, cloned = (load_vocabulary(str(path)) for path in (clone.english, clone.cloned))
    text = english.by_data[TEXT]
    twins = {
        number: text.get(english_of(piece.data.decode()).encode())
        for number, piece in enumerate(cloned.pieces)
        if piece.kind == TEXT and not piece.data.isascii()
    }
    known = {number: twin for number, twin in twins.items() if twin is not None}
    assert len(known) > 200
    nearest = np.argmax(unit(new[list(known)]) @ unit(old).T, axis=1)
    return float(np.mean(nearest == list(known.values())))


@pytest.mark.parametrize("rounds", [0, 5])
def test_the_true_twin_is_nearest(tmp_path: Path, clone: Clone, rounds: int) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    new, report = run(
        tmp_path / "new.safetensors",
        *(model, clone.english, clone.cloned),
        lexicons=[clone.lexicon],
        rounds=rounds,
    )
    old = load_file(model)
    assert share_of_twins_first(clone, old[INPUT], new[INPUT]) > 0.9
    assert share_of_twins_first(clone, old[OUTPUT], new[OUTPUT]) > 0.9
    first = [(one["piece"], one["nearest"][0]["piece"]) for one in report["near"]]
    assert len(first) == 20
    assert sum(english_of(piece) == nearest for piece, nearest in first) >= 18
    assert report["origins"]["random"] == 0


def test_a_wrong_lexicon_gives_the_rows_of_wrong_words(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    shuffled = [other for _, other in clone.pairs]
    random.Random(1).shuffle(shuffled)
    wrong = Lexicon.from_pairs(list(zip((one for one, _ in clone.pairs), shuffled, strict=True)))
    new, _ = run(tmp_path / "new.safetensors", model, clone.english, clone.cloned, lexicons=[wrong])
    assert share_of_twins_first(clone, load_file(model)[INPUT], new[INPUT]) < 0.2


def test_rounds_of_model_1_leave_fewer_sources(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    means = []
    for rounds in (0, 5):
        _, report = run(
            tmp_path / f"{rounds}.safetensors",
            *(model, clone.english, clone.cloned),
            lexicons=[clone.lexicon],
            rounds=rounds,
        )
        means.append(report["effective_sources"]["mean"])
    assert 1 <= means[1] < means[0]


@pytest.mark.parametrize("method", ["lexicon", "salt", "mean", "random"])
def test_no_row_depends_on_the_order_of_the_vocabulary(
    tmp_path: Path, clone: Clone, method: str
) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    words = [other for _, other in clone.pairs]
    tokenizer = byte_level(tmp_path / "one.json", lines(words), 500)
    content = json.loads(tokenizer.read_text())
    vocabulary = content["model"]["vocab"]
    order = list(range(len(vocabulary)))
    random.Random(3).shuffle(order)
    content["model"]["vocab"] = {piece: order[at] for piece, at in vocabulary.items()}
    for added in content["added_tokens"]:
        added["id"] = order[added["id"]]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content))
    more: dict[str, Any] = {"method": method, "lexicons": [clone.lexicon], "rounds": 2}
    if method == "salt":
        donor = write_model(tmp_path / "donor.safetensors", clone.cloned)
        more |= {"donor": donor, "donor_tokenizer": str(clone.cloned)}
    first, _ = run(tmp_path / "a.safetensors", model, clone.english, tokenizer, **more)
    second, _ = run(tmp_path / "b.safetensors", model, clone.english, other, **more)
    for name in (INPUT, OUTPUT):
        assert first[name].tobytes() == second[name][order].tobytes()


def test_the_same_run_gives_the_same_bytes_and_another_seed_other_draws(
    tmp_path: Path, clone: Clone
) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    outs = [tmp_path / f"{name}.safetensors" for name in "abc"]
    for out, seed in zip(outs, (1, 1, 2), strict=True):
        run(out, model, clone.english, clone.cloned, method="random", seed=seed)
    first, second, other = (out.read_bytes() for out in outs)
    assert first == second
    assert first != other


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tied", [False, True])
def test_types_stay_copies_are_exact_and_other_tensors_are_kept(
    tmp_path: Path, clone: Clone, dtype: str, tied: bool
) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english, DTYPES[dtype], tied=tied)
    out = tmp_path / "new.safetensors"
    new, report = run(out, model, clone.english, clone.cloned, lexicons=[clone.lexicon])
    old = load_file(model)
    assert new.keys() == old.keys()
    assert report["is_tied"] is tied
    assert new[OTHER].tobytes() == old[OTHER].tobytes()
    english, cloned = (load_vocabulary(str(path)) for path in (clone.english, clone.cloned))
    twins = cloned.twins(english)
    assert report["origins"]["copied"] == (twins >= 0).sum() > 250
    for name in new.keys() - {OTHER}:
        assert report["tensors"][name] == dtype
        assert new[name].dtype == DTYPES[dtype]
        assert new[name].shape == (len(cloned), WIDTH)
        assert new[name][twins >= 0].tobytes() == old[name][twins[twins >= 0]].tobytes()
    with safe_open(out, "np") as opened:
        assert opened.metadata() == {"format": "pt"}


def test_input_and_output_are_made_by_the_same_coefficients(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    tensors = load_file(model)
    save_file(tensors | {OUTPUT: -2 * tensors[INPUT]}, model)
    new, _ = run(
        tmp_path / "new.safetensors", model, clone.english, clone.cloned, lexicons=[clone.lexicon]
    )
    assert np.array_equal(new[OUTPUT], -2 * new[INPUT])


def test_a_folder_gives_a_folder_with_its_configuration_mended(
    tmp_path: Path, clone: Clone
) -> None:
    tokenizer = byte_level(tmp_path / "new.json", lines([b for _, b in clone.pairs]), 400)
    about = {"bos_token_id": 1, "eos_token_id": [2], "text_config": {"pad_token_id": 5000}}
    about |= {"mask_token_id": -1}
    model = write_folder(tmp_path / "old", clone.english, hidden_size=WIDTH, **about)
    out = tmp_path / "new"
    _, report = run(out, model, clone.english, tokenizer, lexicons=[clone.lexicon], pad_to=64)
    config = json.loads((out / "config.json").read_text())
    assert size_of(tokenizer) == 400
    assert (report["rows"], report["padding"], config["vocab_size"]) == (448, 48, 448)
    # GPT-2's only special piece begins and ends a text.
    assert (config["bos_token_id"], config["eos_token_id"]) == (0, [0])
    assert config["hidden_size"] == WIDTH
    assert any("pad_token_id stays 5000" in remark for remark in report["remarks"])
    assert config["mask_token_id"] == -1
    assert not any("mask_token_id" in remark for remark in report["remarks"])
    tensors = load_file(out / "a.safetensors") | load_file(out / "b.safetensors")
    assert tensors[INPUT].shape == tensors[OUTPUT].shape == (448, WIDTH)
    index = json.loads((out / "model.safetensors.index.json").read_text())
    old = json.loads((model / "model.safetensors.index.json").read_text())
    assert index["weight_map"] == old["weight_map"]
    assert index["metadata"]["total_size"] == sum(one.nbytes for one in tensors.values())
    assert (out / "tokenizer.json").read_bytes() == tokenizer.read_bytes()
    assert not partial_files(tmp_path)


def test_an_end_of_text_that_is_also_its_begin_becomes_what_its_key_says(
    tmp_path: Path, clone: Clone
) -> None:
    """GPT-2's `<|endoftext|>` is `<s>` as bos_token_id, and `</s>` as eos_token_id."""
    old = byte_level(tmp_path / "old.json", lines([one for one, _ in clone.pairs]), 400)
    about = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0, "image_token_index": 0}
    model = write_folder(tmp_path / "old", old, **about)
    (model / "generation_config.json").write_text('{"suppress_tokens": [1, 2], "stop": ["a"]}')
    index = json.loads((model / INDEX).read_text())
    index["metadata"]["total_parameters"] = 2 * 400 * WIDTH + 21
    (model / INDEX).write_text(json.dumps(index))
    out = tmp_path / "new"
    _, report = run(out, model, old, clone.english, method="mean")
    config = json.loads((out / "config.json").read_text())
    special = load_vocabulary(str(clone.english)).by_data[SPECIAL]
    begin, end = special[b"<s>"], special[b"</s>"]
    assert [config[key] for key in about] == [begin, end, begin, begin]
    assert [one for one in report["remarks"] if "suppress_tokens stays [1, 2]" in one]
    written = json.loads((out / INDEX).read_text())["metadata"]
    assert written["total_parameters"] == 2 * size_of(clone.english) * WIDTH + 21


def test_an_index_of_odd_metadata_is_refused(tmp_path: Path, clone: Clone) -> None:
    model = write_folder(tmp_path / "old", clone.english)
    path = model / "model.safetensors.index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"metadata": 5}))
    with pytest.raises(UsageError, match="its metadata is not an object"):
        run(tmp_path / "new", model, clone.english, clone.cloned, method="mean")


def test_a_lexicon_of_which_no_row_was_made_is_told(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    args = (model, clone.english, clone.cloned)
    for lexicon, is_told in (([("dog", "hund")], True), (clone.pairs[:9], False)):
        lexicons = [Lexicon.from_pairs(lexicon, language="el")]
        _, report = run(tmp_path / f"{is_told}.safetensors", *args, lexicons=lexicons)
        assert any("not one row" in remark for remark in report["remarks"]) == is_told


@pytest.mark.parametrize("is_folder", [False, True])
def test_two_runs_at_once_publish_one_whole_model(
    tmp_path: Path, clone: Clone, monkeypatch: pytest.MonkeyPatch, is_folder: bool
) -> None:
    """Seen as by two processes: the second begins and ends while the first writes."""
    make = write_folder if is_folder else write_model
    model = open_model(make(tmp_path / "old", clone.english))
    process = itertools.count(1)
    monkeypatch.setattr(os, "getpid", lambda: next(process))
    out = tmp_path / "new"
    late = pytest.raises(UsageError, match="by another run") if is_folder else nullcontext()
    with late, new_files(out, model) as first, first("a") as file:
        file.write(b"first, ")
        with new_files(out, model) as second, second("a") as other:
            other.write(b"second")
        file.write(b"whole")
    written = (out / "a" if is_folder else out).read_bytes()
    assert written == (b"second" if is_folder else b"first, whole")
    assert not partial_files(tmp_path)


def test_a_file_gets_no_configuration_but_a_warning(tmp_path: Path, clone: Clone) -> None:
    (tmp_path / "config.json").write_text('{"vocab_size": 520}')
    model = write_model(tmp_path / "old.safetensors", clone.english)
    (tmp_path / "out").mkdir()
    args = (model, clone.english, clone.cloned)
    _, report = run(tmp_path / "out" / "new.safetensors", *args, method="mean")
    [remark] = report["remarks"]
    assert remark.startswith(f"write vocab_size {size_of(clone.cloned)}")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["new.safetensors"]


def test_more_rows_than_pieces_are_padding_if_they_are_a_multiple_of_64(
    tmp_path: Path, clone: Clone
) -> None:
    padded = -(-size_of(clone.english) // 64) * 64
    model = write_model(tmp_path / "old.safetensors", padded)
    _, report = run(tmp_path / "new.safetensors", model, clone.english, clone.cloned, method="mean")
    assert (report["old_rows"], report["rows"]) == (padded, size_of(clone.cloned))
    wide = write_model(tmp_path / "wide.safetensors", 2944)  # DeepSeek LLM has 2,385 rows more
    run(tmp_path / "wider.safetensors", wide, clone.english, clone.cloned, method="mean")
    more = write_model(tmp_path / "more.safetensors", padded + 1)
    with pytest.raises(UsageError, match=r"has 577 rows, but english\.model has 520 pieces"):
        run(tmp_path / "none.safetensors", more, clone.english, clone.cloned, method="mean")


def test_a_tensor_that_looks_like_an_output_embedding_is_told(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    tensors = load_file(model)
    save_file({"head": tensors[OUTPUT], INPUT: tensors[INPUT]}, model)
    args = (model, clone.english, clone.cloned)
    new, report = run(tmp_path / "new.safetensors", *args, method="mean")
    assert any(remark.startswith("head has 520 rows too") for remark in report["remarks"])
    new, report = run(tmp_path / "named.safetensors", *args, method="mean", output_tensor="head")
    assert not report["remarks"]
    assert new["head"].shape[0] == size_of(clone.cloned)


def test_a_bias_has_the_same_rows(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    tensors = load_file(model)
    save_file(tensors | {"lm_head.bias": tensors[INPUT][:, 0].copy()}, model)
    new, _ = run(
        tmp_path / "new.safetensors", model, clone.english, clone.cloned, lexicons=[clone.lexicon]
    )
    assert np.allclose(new["lm_head.bias"], new[INPUT][:, 0], atol=1e-6)


def test_methods_make_rows_of_what_they_say(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    tokenizer = byte_level(tmp_path / "new.json", lines([b for _, b in clone.pairs]), 400)
    args = (model, clone.english, tokenizer)
    mean, by_mean = run(tmp_path / "mean.safetensors", *args, method="mean")
    drawn, at_random = run(tmp_path / "random.safetensors", *args, method="random", copy=False)
    old = load_file(model)[INPUT]
    english, new = load_vocabulary(str(clone.english)), load_vocabulary(str(tokenizer))
    number = new.by_data[TEXT][clone_word("a").encode()]  # English knows its bytes alone
    by_byte = old[[english.byte(byte) for byte in clone_word("a").encode()]]
    assert np.allclose(mean[INPUT][number], by_byte.mean(0), atol=1e-6)
    assert by_mean["origins"]["pieces"] > 0
    assert at_random["origins"]["random"] == 400
    assert np.allclose(drawn[INPUT].mean(0), old.mean(0), atol=4 * old.std() / 400**0.5)
    assert np.allclose(drawn[INPUT].std(0), old.std(0), rtol=0.2)


def test_a_model_that_becomes_shorter_meanwhile_is_told(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.safetensors", 9, tied=True)
    tensor = open_model(path).tensors[INPUT]
    assert tensor.rows(np.array([8, 0])).shape == (2, WIDTH)
    with path.open("r+b") as file:
        file.truncate(tensor.start + tensor.size_bytes - 1)
    with pytest.raises(UsageError, match="became shorter"):
        tensor.rows(np.array([8]))


def test_norms_are_matched_on_request(tmp_path: Path, clone: Clone) -> None:
    model = write_model(tmp_path / "old.safetensors", clone.english)
    args = (model, clone.english, clone.cloned)
    plain, _ = run(tmp_path / "a.safetensors", *args, lexicons=[clone.lexicon])
    same, _ = run(tmp_path / "b.safetensors", *args, lexicons=[clone.lexicon], match_norms=True)
    old = np.linalg.norm(load_file(model)[INPUT], axis=1)
    norms = np.linalg.norm(same[INPUT], axis=1)
    assert np.all((norms > 0.999 * old.min()) & (norms < 1.001 * old.max()))
    assert np.linalg.norm(plain[INPUT], axis=1).min() < 0.9 * old.min()
    assert np.allclose(unit(same[INPUT]), unit(plain[INPUT]), atol=1e-5)
