"""Tiny tokenizers of both kinds, trained once."""

import json
from pathlib import Path
from typing import Any

import pytest

from link.tokens.trainer import TrainingOptions, sentences, train

TEXT = "The dog sees the green house by the river.\n  Der Hund sieht das grüne Haus am Fluss.\n"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentencePiece model with byte fallback."""
    path = tmp_path_factory.mktemp("tokens") / "tiny.model"
    path.write_bytes(train(sentences(TEXT.encode() * 5), TrainingOptions(vocabulary_size=320)))
    return path


@pytest.fixture(scope="session")
def plain_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentencePiece model without byte fallback."""
    path = tmp_path_factory.mktemp("tokens") / "plain.model"
    options = TrainingOptions(vocabulary_size=60, byte_fallback=False)
    path.write_bytes(train(sentences(TEXT.encode() * 5), options))
    return path


def _tokenizer(**model: Any) -> Any:
    from tokenizers import Tokenizer, models, trainers

    tokenizer = Tokenizer(models.BPE(**model))
    byte_pieces = [f"<0x{byte:02X}>" for byte in range(256)]
    special = ["<unk>", *(byte_pieces if model.get("byte_fallback") else [])]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([TEXT], trainer)
    return tokenizer


@pytest.fixture(scope="session")
def tokenizer_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `tokenizer.json` with byte fallback that asks for truncation, padding and bos."""
    from tokenizers import processors

    tokenizer = _tokenizer(byte_fallback=True, unk_token="<unk>")
    tokenizer.add_special_tokens(["<s>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    tokenizer.enable_truncation(4)
    tokenizer.enable_padding(length=50)
    path = tmp_path_factory.mktemp("tokens") / "tokenizer.json"
    tokenizer.save(str(path))
    assert json.loads(path.read_bytes())["truncation"]
    return path


@pytest.fixture(scope="session")
def plain_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `tokenizer.json` without byte fallback."""
    path = tmp_path_factory.mktemp("tokens") / "plain.json"
    _tokenizer(unk_token="<unk>").save(str(path))
    return path
