"""The `tokenizer.json` of Hugging Face `tokenizers`, from a local file."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from link.errors import UsageError
from link.tokens.counts import BYTE_PIECE, TOKENIZERS, TokenCounts, counts_of, kinds_of
from link.tokens.extra import needed

_BATCH_CHARACTERS = 1 << 20
"""An encoding weighs about a hundred times its text: tokens of so much are held at a time."""

_MOST_NUMBER = 1 << 24

_PARALLEL = "TOKENIZERS_PARALLELISM"
_THREADS = "RAYON_NUM_THREADS"


class HuggingFace:
    """A `tokenizer.json`, from the file's bytes. Raises `UsageError` if they are none.

    `name`: of the file, `path`: for messages. `threads`: how many encode; the package makes its
    threads once in a process, so that the first number above one holds for all. `tokenizer`: the
    package's own object; `description`: what the file says.
    """

    kind = TOKENIZERS

    def __init__(self, name: str, data: bytes, *, threads: int = 1, path: str = "") -> None:
        self.name = name
        self.sha256 = hashlib.sha256(data).hexdigest()
        self.threads = threads
        tokenizer, self.description = _load(data, path or name)
        model = self.description["model"]
        tokenizer.no_truncation()  # a file may ask for either, which is for training
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
        self.vocabulary_size = len(vocabulary)
        most = max(vocabulary.values(), default=-1)
        if most > _MOST_NUMBER:
            raise UsageError(f"{path or name} has a piece of number {most:,}; is it damaged?")
        unknown = _unknown(model, vocabulary)
        falls_back = bool(model.get("byte_fallback"))
        byte = [number for piece, number in vocabulary.items() if BYTE_PIECE.fullmatch(piece)]
        self._kinds = kinds_of(
            most + 1,
            unknown=[] if unknown is None else [unknown],
            byte=byte if falls_back else [],
        )

    def count(self, texts: Sequence[str]) -> TokenCounts:
        """How many tokens each text is."""
        return counts_of(texts, self.encode, self._kinds, _BATCH_CHARACTERS)

    def encode(self, texts: list[str]) -> list[list[int]]:
        """The numbers of each text's tokens."""
        try:
            with _threads(self.threads):
                encoded = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        except Exception as error:  # the package raises nothing more precise
            raise UsageError(f"tokenizer {self.name} cannot split a text: {error}") from error
        return [encoding.ids for encoding in encoded]


def _load(data: bytes, path: str) -> tuple[Any, dict[str, Any]]:
    """The tokenizer, and the file's JSON."""
    try:
        content = json.loads(data)
        if not isinstance(content["model"], dict):
            raise TypeError("its model is not an object")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(
            f"{path} is JSON, or begins like it, but no tokenizer.json, which has a field "
            f"'model'; tokenizer_config.json, config.json and vocab.json are other files: name "
            f"the tokenizer.json beside them"
        ) from error
    tokenizers = needed("tokenizers", path)
    try:
        return tokenizers.Tokenizer.from_buffer(data), content
    except Exception as error:  # the package raises nothing more precise
        raise UsageError(
            f"{path} cannot be read by tokenizers {tokenizers.__version__} "
            f"({' '.join(str(error).split())[:300]}); if a newer version wrote it: "
            f"pip install --upgrade tokenizers"
        ) from error


def _unknown(model: dict[str, Any], vocabulary: dict[str, int]) -> int | None:
    """The number of the unknown piece: Unigram names it by number, all others by its text."""
    if model.get("type") == "Unigram" or "unk_id" in model:
        number = model.get("unk_id")
        return number if number in vocabulary.values() else None
    return vocabulary.get(model.get("unk_token") or "")


@contextmanager
def _threads(threads: int) -> Iterator[None]:
    """The package takes its number of threads from the environment alone."""
    before = os.environ.get(_PARALLEL)
    os.environ[_PARALLEL] = "true" if threads > 1 else "false"
    if threads > 1:
        os.environ.setdefault(_THREADS, str(threads))
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PARALLEL]
        else:
            os.environ[_PARALLEL] = before
