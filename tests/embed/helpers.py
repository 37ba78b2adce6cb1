"""What the tests of embeddings share: tokenizers and models made on the spot, and the command."""

import json
import random
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors.numpy import load_file, save_file

from link.embed.init import InitSpec, init_embeddings, plan_init
from link.lexicon import Lexicon
from link.tokens import load_tokenizer
from tests.helpers import link

INPUT, OUTPUT, OTHER = "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight"
WIDTH = 48

_LETTERS = "abdeiklmouc"
_GREEK = str.maketrans(_LETTERS, "αβδεικλμουχ")
_BACK = str.maketrans("αβδεικλμουχ", _LETTERS)


class Clone(NamedTuple):
    """Word pairs of English and a made-up language, and a SentencePiece model of each."""

    pairs: list[tuple[str, str]]
    english: Path
    cloned: Path

    @property
    def lexicon(self) -> Lexicon:
        return Lexicon.from_pairs(self.pairs, language="el")


def clone_word(word: str) -> str:
    """The twin of a word: other letters, so that the languages share no piece with a letter."""
    return word.translate(_GREEK)


def english_of(word: str) -> str:
    """The word that a twin was made from."""
    return word.translate(_BACK)


def lines(words: Sequence[str], count: int = 2000) -> Iterator[str]:
    """Text of these words, each as often as another."""
    draw = random.Random(0)
    return (" ".join(draw.choices(words, k=9)) for _ in range(count))


def byte_level(path: Path, texts: Iterator[str], size: int, **more: Any) -> Path:
    """A trained byte-level tokenizer.json, as GPT-2's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        **more,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(path))
    return path


def write_model(
    path: Path, tokenizer: Path | int, dtype: Any = np.float32, *, tied: bool = False
) -> Path:
    """A model of one file with random embeddings; `tokenizer`: or the number of rows."""
    rows = tokenizer if isinstance(tokenizer, int) else size_of(tokenizer)
    draw = np.random.default_rng(1)
    names = [INPUT] if tied else [INPUT, OUTPUT]
    tensors = {name: draw.normal(0, 1, (rows, WIDTH)).astype(dtype) for name in names}
    tensors[OTHER] = draw.normal(0, 1, (7, 3)).astype(dtype)
    save_file(tensors, path, {"format": "pt"})
    return path


def write_folder(path: Path, tokenizer: Path, **config: Any) -> Path:
    """A model of two files, an index and configurations."""
    path.mkdir()
    whole = load_file(write_model(path / "whole.safetensors", tokenizer))
    (path / "whole.safetensors").unlink()
    files = {"a.safetensors": [INPUT], "b.safetensors": [OTHER, OUTPUT]}
    for file, names in files.items():
        save_file({name: whole[name] for name in names}, path / file)
    index = {
        "metadata": {"total_size": sum(one.nbytes for one in whole.values())},
        "weight_map": {name: file for file, names in files.items() for name in names},
    }
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    about = {"vocab_size": size_of(tokenizer), "tie_word_embeddings": False, **config}
    (path / "config.json").write_text(json.dumps(about))
    return path


def size_of(tokenizer: Path) -> int:
    """How many pieces a tokenizer has."""
    return load_tokenizer(str(tokenizer)).vocabulary_size


def run(
    out: Path, source: Path, old: Path, new: Path, **more: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make embeddings: the tensors of the file that was written, and the report."""
    spec = InitSpec(
        source=source, source_tokenizer=str(old), target_tokenizer=str(new), output=out, **more
    )
    report = init_embeddings(spec, plan_init(spec))
    return ({} if out.is_dir() else load_file(out)), report.as_dict()


def command(
    cwd: Path, source: Path, old: Path, new: Path, *more: str | Path
) -> subprocess.CompletedProcess[bytes]:
    """`link embed init`, which writes to `out.safetensors` unless told otherwise."""
    output = () if "-o" in more else ("-o", "out.safetensors")
    options = ("--source", source, "--source-tokenizer", old, "--target-tokenizer", new)
    return link("embed", "init", *options, *output, *more, cwd=cwd)


def unit(rows: Any) -> Any:
    """Rows of length 1."""
    rows = rows.astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
