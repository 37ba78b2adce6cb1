"""A model that was trained on English gets a new vocabulary: what are its first rows worth?

    English text ─▶ old vocabulary ─▶ small model
                                          │ link embed init --method random | mean | lexicon
    new vocabulary, of both languages ────▶ model with new rows ─▶ trained on both

Each arm has the same new vocabulary, text and order of it; only the rows differ that `link embed
init` makes. Loss of the target language is measured before training and twice in it.
"""

import hashlib
import json
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from data import Link, Tokens, frequencies, fresh, write, wrong_lexicon
from experiments import lexicon_file, save_validation, texts
from train import Job

PART = "vocabulary"
BASE = "english"
ARMS = ("random", "mean", "wrong_lexicon", "lexicon")
TARGET_SHARE = 0.5  # of the tokens that the new model is trained on
Run = Callable[[list[Job]], list[dict]]


def vocabulary_records(options: Namespace, run: Run) -> tuple[list[dict], list[str]]:
    """The records of all arms and seeds, and the commands of the tool."""
    folder = fresh(options.out / "data" / PART)
    link = Link(folder)
    english, validation, target, target_validation, _ = texts(link, options)
    write(folder / "english-text", english)
    write(folder / "target-text", target)
    size_bytes = sum(len(one["text"].encode()) for one in target)
    pieces = ["--vocab-size", str(options.model.vocabulary), "-q"]
    link("tokenizer", "train", "english-text", "-o", "old", *pieces)
    both = ["english-text=1", "target-text=1", "--sample", f"{2 * size_bytes // 1000}kB"]
    link("tokenizer", "train", *both, "-o", "new", *pieces)
    streams = {"english": english, "target": target}
    held_out = {"english": validation, "target": target_validation}
    tokens = {name: Tokens(folder / f"{name}.model") for name in ("old", "new")}
    for name, own in tokens.items():
        (folder / name).mkdir()
        for language, records in streams.items():
            np.save(folder / name / f"{language}.npy", own.stream(records))
        for language, records in held_out.items():
            save_validation(folder / name, own, language, records, options)

    def job(arm: str, seed: int, vocabulary: str, initial: str = "", **more: object) -> Job:
        data = folder / vocabulary
        read_files = [*sorted(data.glob("*.npy")), *([Path(initial)] if initial else [])]
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in read_files))
        size = replace(options.model, vocabulary=tokens[vocabulary].model.get_piece_size())
        usual = {"tokens": options.tokens, "target_share": 0.0}
        return Job(
            part=PART,
            arm=arm,
            seed=seed,
            size=size,
            data=str(data),
            english="english",
            digest=digest.hexdigest()[:16],
            initial=initial,
            **{**usual, **more},
        )

    models = {seed: options.out / "models" / f"{BASE}-{seed}" for seed in options.seeds}
    run(
        [job(BASE, seed, "old", weights=str(models[seed] / "model.safetensors")) for seed in models]
    )
    counts = frequencies(one["text"] for one in english)
    right = lexicon_file(options.lexicon)
    found = []
    for seed, model in models.items():
        rows = tokens["old"].model.get_piece_size()
        config = {"vocab_size": rows, "tie_word_embeddings": True}
        (model / "config.json").write_text(json.dumps(config) + "\n")
        wrong = folder / f"wrong-{seed}.tsv"
        wrong_lexicon(right, counts, wrong, seed)
        for arm in ARMS:
            method = "lexicon" if arm == "wrong_lexicon" else arm
            link(
                *("embed", "init", "--source", model.resolve(), "--input-tensor", "tokens.weight"),
                *("--source-tokenizer", "old.model", "--target-tokenizer", "new.model"),
                *("-l", wrong.name if arm == "wrong_lexicon" else right, "--method", method),
                *("--seed", str(seed), "-o", f"{arm}-{seed}", "-q"),
            )
            initial = str(folder / f"{arm}-{seed}" / "model.safetensors")
            points = (0, *options.adapt_tokens)
            more = {"target_share": TARGET_SHARE, "points": points, "tokens": max(points)}
            found.append(job(arm, seed, "new", initial, **more))
    return run(found), link.commands
