"""Counting tokens: what the libraries say, summed rightly, whatever the text."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from link.errors import UsageError
from link.tokens import SENTENCEPIECE, TOKENIZERS, load_tokenizer

ODD = [
    "",
    "\0",
    "a\0犬b",
    " ",
    "\n\n\t\r\n",
    "▁▅",
    "🙂" * 40,
    "<s></s><unk>",
    "\u2028 x",
    "the dog",
]


def test_a_model_is_told_by_its_content_not_its_name(model: Path, tokenizer_json: Path) -> None:
    first, second = load_tokenizer(str(model)), load_tokenizer(str(tokenizer_json))
    assert (first.kind, first.name) == (SENTENCEPIECE, "tiny.model")
    assert (second.kind, second.name) == (TOKENIZERS, "tokenizer.json")
    assert first.sha256 == hashlib.sha256(model.read_bytes()).hexdigest()
    assert first.vocabulary_size == 320
    assert 257 < second.vocabulary_size <= 401
    renamed = model.with_name("vocabulary.json")
    renamed.write_bytes(model.read_bytes())
    assert load_tokenizer(str(renamed)).kind == SENTENCEPIECE


def test_sentencepiece_counts_are_those_of_its_own_pieces(model: Path) -> None:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    pieces = [processor.encode(text, out_type=str) for text in ODD]
    counts = load_tokenizer(str(model)).count(ODD)
    assert counts.tokens.tolist() == [len(one) for one in pieces]
    byte = [sum(piece.startswith("<0x") for piece in one) for one in pieces]
    assert counts.byte_fallback.tolist() == byte
    assert counts.byte_fallback[ODD.index("a\0犬b")] == 4
    assert counts.unknown.tolist() == [0] * len(ODD)
    for array in (counts.tokens, counts.unknown, counts.byte_fallback):
        assert array.dtype == np.int64
        assert array.shape == (len(ODD),)


def test_tokenizers_counts_neither_padding_nor_truncation_nor_special_tokens(
    tokenizer_json: Path,
) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoded = [tokenizer.encode(text, add_special_tokens=False).tokens for text in ODD]
    counts = load_tokenizer(str(tokenizer_json)).count(ODD)
    assert counts.tokens.tolist() == [len(one) for one in encoded]
    byte = [sum(piece.startswith("<0x") for piece in one) for one in encoded]
    assert counts.byte_fallback.tolist() == byte
    assert counts.byte_fallback[ODD.index("a\0犬b")] == 4


@pytest.mark.parametrize("kind", ["plain_model", "plain_json"])
def test_without_byte_fallback_unknown_pieces_are_counted(
    kind: str, request: pytest.FixtureRequest
) -> None:
    counts = load_tokenizer(str(request.getfixturevalue(kind))).count(["the", "犬 the 犬"])
    assert counts.unknown.tolist() == [0, 2]
    assert counts.byte_fallback.tolist() == [0, 0]


@pytest.mark.parametrize("kind", ["model", "tokenizer_json"])
def test_no_texts_are_no_tokens(kind: str, request: pytest.FixtureRequest) -> None:
    counts = load_tokenizer(str(request.getfixturevalue(kind))).count([])
    assert counts.tokens.shape == counts.unknown.shape == counts.byte_fallback.shape == (0,)


@pytest.mark.parametrize("kind", ["model", "tokenizer_json"])
def test_a_long_line_counts_as_any_other(kind: str, request: pytest.FixtureRequest) -> None:
    tokenizer = load_tokenizer(str(request.getfixturevalue(kind)))
    long = "犬" * 100_000
    counts = tokenizer.count([long, "犬", long])
    assert counts.byte_fallback.tolist()[:2] == [300_000, 3]
    assert counts.tokens[0] == counts.tokens[2]


@pytest.mark.parametrize("kind", ["model", "tokenizer_json"])
def test_threads_change_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    path = str(request.getfixturevalue(kind))
    one = load_tokenizer(path).count(ODD * 20)
    two = load_tokenizer(path, num_threads=2).count(ODD * 20)
    assert one.tokens.tolist() == two.tokens.tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"no model", "neither a SentencePiece model nor a tokenizer.json"),
        (b"\x0a\x03\x0a\x01a", "neither a SentencePiece model nor a tokenizer.json"),
        (b'{"model_type": "llama"}', "name the tokenizer.json beside"),
        (b"{", "name the tokenizer.json beside"),
        (b'{"model": {"type": "BPE"}}', "cannot be read by tokenizers"),
        (b"[" * 100_000, "name the tokenizer.json beside"),
    ],
)
def test_a_file_that_is_no_tokenizer_is_an_error_that_says_what_to_do(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "some.model"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message) as raised:
        load_tokenizer(str(path))
    assert str(path) in str(raised.value)


def word_level(path: Path, **model: Any) -> Path:
    path.write_text(json.dumps({"version": "1.0", "model": {"type": "WordLevel", **model}}))
    return path


def test_a_vocabulary_of_numbers_without_measure_is_refused(tmp_path: Path) -> None:
    path = word_level(tmp_path / "a.json", vocab={"a": 0, "b": 4_000_000_000}, unk_token="a")
    with pytest.raises(UsageError, match=r"a\.json has a piece of number 4,000,000,000"):
        load_tokenizer(str(path))


@pytest.mark.parametrize("number", [7, -7, 10**30])
def test_an_unknown_piece_that_is_not_there_is_none(number: int, tmp_path: Path) -> None:
    path = word_level(tmp_path / "a.json", vocab={"a": 0}, unk_token="a", unk_id=number)
    assert load_tokenizer(str(path)).count(["a", "b"]).unknown.tolist() == [0, 0]


def test_a_text_that_a_tokenizer_cannot_cut_is_said(tmp_path: Path) -> None:
    path = word_level(tmp_path / "a.json", vocab={"a": 0}, unk_token="absent")
    with pytest.raises(UsageError, match=r"tokenizer a\.json cannot split a text"):
        load_tokenizer(str(path)).count(["b"])


def test_a_pipe_is_no_tokenizer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    with pytest.raises(UsageError, match="is not a regular file"):
        load_tokenizer(str(tmp_path / "a.json"))


def test_a_folder_is_answered_with_the_file_in_it(tmp_path: Path, model: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes(model.read_bytes())
    with pytest.raises(UsageError, match=r"name the file: .*tokenizer\.model"):
        load_tokenizer(str(tmp_path))
    with pytest.raises(UsageError, match="cannot be read"):
        load_tokenizer(str(tmp_path / "absent"))


def test_a_missing_package_is_answered_with_the_extra(
    monkeypatch: pytest.MonkeyPatch, model: Path, tokenizer_json: Path
) -> None:
    for package, path in (("sentencepiece", model), ("tokenizers", tokenizer_json)):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(UsageError, match=rf"{package}: pip install 'link-corpus\[tokens\]'"):
            load_tokenizer(str(path))
